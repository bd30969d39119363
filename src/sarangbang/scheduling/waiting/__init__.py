"""The waiting list: who waits for what, what is offered to whom, and what they answer."""

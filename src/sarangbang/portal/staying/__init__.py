"""Booking and the stay: from a free time to the way home."""

"""What stays tell the floors above, inside the transaction of the change."""

from django.dispatch import Signal

# kwargs: stay (Stay), purpose (str, people.Consent.Purpose), actor (str)
consent_withdrawn = Signal()

# kwargs: flight (Flight), actor (str); sent when number, terminal or time of a known flight changed
flight_changed = Signal()

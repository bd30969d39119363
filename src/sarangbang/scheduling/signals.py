"""What scheduling tells the floors above, inside the transaction of the change."""

from django.dispatch import Signal

# kwargs: appointment (Appointment), change (str: "confirmed", "moved", "cancelled", "arrived", "fulfilled",
# "noshow_guest", "noshow_host", "corrected"), actor (str); of several that are cancelled at once also together (all of
# them, the same list for each)
appointment_changed = Signal()

# kwargs: appointment (Appointment), language (str), actor (str); it is booked, and keeps the time of an interpreter of
# this language, whom nobody has told yet
interpreter_kept = Signal()

# kwargs: reservation (Reservation); its time is free again after the commit
time_freed = Signal()

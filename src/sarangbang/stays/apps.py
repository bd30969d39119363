from django.apps import AppConfig
from django.utils.translation import gettext_lazy as _


class StaysConfig(AppConfig):
    name = "sarangbang.stays"
    label = "stays"
    verbose_name = _("Stays")
    default_auto_field = "django.db.models.BigAutoField"

    def ready(self) -> None:
        from sarangbang.messages.rendering import ATTACHING, RESOLVERS
        from sarangbang.scheduling.signals import appointment_changed

        from .receivers import on_appointment_changed
        from .reminders import as_calendar_file, still_ahead

        RESOLVERS["_reminded"] = still_ahead
        ATTACHING["stay_reminder"] = as_calendar_file
        appointment_changed.connect(on_appointment_changed, dispatch_uid="stays.appointment_changed")

from django.apps import AppConfig
from django.utils.translation import gettext_lazy as _


class StaysConfig(AppConfig):
    name = "sarangbang.stays"
    label = "stays"
    verbose_name = _("Stays")
    default_auto_field = "django.db.models.BigAutoField"

    def ready(self) -> None:
        from sarangbang.messages.rendering import RESOLVERS
        from sarangbang.scheduling.signals import appointment_changed

        from .receivers import on_appointment_changed
        from .reminders import still_ahead

        RESOLVERS["_reminded"] = still_ahead
        appointment_changed.connect(on_appointment_changed, dispatch_uid="stays.appointment_changed")

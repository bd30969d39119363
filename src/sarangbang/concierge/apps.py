from django.apps import AppConfig
from django.utils.translation import gettext_lazy as _


class ConciergeConfig(AppConfig):
    name = "sarangbang.concierge"
    label = "concierge"
    verbose_name = _("Concierge")
    default_auto_field = "django.db.models.BigAutoField"

    def ready(self) -> None:
        from sarangbang.messages.rendering import RESOLVERS
        from sarangbang.scheduling.interpreters import SOURCES
        from sarangbang.scheduling.signals import appointment_changed, interpreter_kept
        from sarangbang.stays.signals import consent_withdrawn, flight_changed

        from .actions import asking, following
        from .crew import queries as crew_queries
        from .proposals import agreeing

        RESOLVERS["_question"] = agreeing.still_asked
        SOURCES.append(crew_queries.speaking)

        appointment_changed.connect(following.on_appointment_changed, dispatch_uid="concierge.appointment")
        interpreter_kept.connect(asking.on_interpreter_kept, dispatch_uid="concierge.interpreter_kept")
        flight_changed.connect(following.on_flight_changed, dispatch_uid="concierge.flight")
        consent_withdrawn.connect(following.on_consent_withdrawn, dispatch_uid="concierge.consent")

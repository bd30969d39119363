from django.apps import AppConfig
from django.db.models.signals import m2m_changed, post_delete, post_save
from django.utils.translation import gettext_lazy as _


class SchedulingConfig(AppConfig):
    name = "sarangbang.scheduling"
    label = "scheduling"
    verbose_name = _("Scheduling")
    default_auto_field = "django.db.models.BigAutoField"

    def ready(self) -> None:
        from . import receivers, signals
        from .models import Requirement
        from .waiting.follow import WHERE

        signals.appointment_changed.connect(
            receivers.on_appointment_changed, dispatch_uid="scheduling.appointment_changed"
        )
        signals.time_freed.connect(receivers.on_time_freed, dispatch_uid="scheduling.time_freed")
        for model in WHERE:
            for changed in (post_save, post_delete):
                changed.connect(receivers.on_ground_changed, sender=model, dispatch_uid=f"scheduling.{model}")
        m2m_changed.connect(
            receivers.on_needs_changed, sender=Requirement.resources.through, dispatch_uid="scheduling.needs"
        )

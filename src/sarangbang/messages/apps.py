from django.apps import AppConfig
from django.utils.module_loading import autodiscover_modules
from django.utils.translation import gettext_lazy as _


class MessagesConfig(AppConfig):
    name = "sarangbang.messages"
    label = "outbox"
    verbose_name = _("Messages")
    default_auto_field = "django.db.models.BigAutoField"

    def ready(self) -> None:
        from .accounts import reset_address
        from .rendering import RESOLVERS

        RESOLVERS["_reset"] = reset_address
        autodiscover_modules("jobs")

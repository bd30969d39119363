"""What guests say of the service afterwards."""

from __future__ import annotations

from django.core.validators import MaxValueValidator, MinValueValidator
from django.db import models
from django.db.models import Q
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from sarangbang.stays.models import Stay

FROM_ONE_TO_FIVE = [MinValueValidator(1), MaxValueValidator(5)]


class Survey(models.Model):
    """Four questions after a stay about the service, never about the treatment: being met, the car, the interpreter,
    and the whole. 1 is worst, 5 best; a service that was not used stays empty. Asked once, answered once."""

    stay = models.OneToOneField(Stay, on_delete=models.CASCADE, related_name="survey")
    language = models.CharField(max_length=10, verbose_name=_("Language"))
    asked_at = models.DateTimeField(default=timezone.now)
    answered_at = models.DateTimeField(null=True, blank=True)
    reception = models.PositiveSmallIntegerField(null=True, blank=True, validators=FROM_ONE_TO_FIVE)
    car = models.PositiveSmallIntegerField(null=True, blank=True, validators=FROM_ONE_TO_FIVE)
    interpreter = models.PositiveSmallIntegerField(null=True, blank=True, validators=FROM_ONE_TO_FIVE)
    overall = models.PositiveSmallIntegerField(null=True, blank=True, validators=FROM_ONE_TO_FIVE)
    comment = models.CharField(max_length=1000, blank=True)

    class Meta:
        verbose_name = _("survey")
        verbose_name_plural = _("surveys")
        constraints = [
            models.CheckConstraint(
                condition=Q(answered_at__isnull=True) | Q(overall__isnull=False), name="survey_answered_has_overall"
            ),
            *[
                models.CheckConstraint(
                    condition=Q(**{f"{name}__isnull": True}) | Q(**{f"{name}__gte": 1, f"{name}__lte": 5}),
                    name=f"survey_{name}_in_range",
                )
                for name in ("reception", "car", "interpreter", "overall")
            ],
        ]

    def __str__(self) -> str:
        return str(self.stay_id)

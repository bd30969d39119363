"""What is free at an interpreting and who pays for the rest, as sentences: for the guest to read, and for the
interpreter beside them."""

from __future__ import annotations

from django.utils.functional import Promise as Lazy
from django.utils.translation import get_language, gettext_lazy, override
from django.utils.translation import gettext as _

from sarangbang.concierge.models import Interpreting
from sarangbang.ui import locales

from . import hours
from .metering import MINUTE

PAYERS: dict[str, Lazy | str] = {
    "guest": gettext_lazy("If it takes longer, you pay for the time beyond that. You can end the interpreting there."),
    "institution": gettext_lazy("If it takes longer, your clinic pays for the time beyond that."),
    "district": gettext_lazy("If it takes longer, the district pays for the time beyond that."),
}


def _sentences(job: Interpreting) -> list[str]:
    length = locales.duration(hours.free_time(job) // MINUTE, get_language() or "en")
    said = [
        _("The interpreter is free for %(time)s at this appointment.") % {"time": length},
        _("The time counts from when your visit begins until it is over."),
    ]
    payer = hours.payer(job)
    return [*said, str(PAYERS[payer])] if payer in PAYERS else said


def terms_for(job: Interpreting, spoken: str) -> list[tuple[str, str]]:
    """Each sentence in the guest's language and in the reader's."""
    with override(spoken):
        for_guest = _sentences(job)
    return list(zip(for_guest, _sentences(job), strict=True))

"""The pages of staff, by permission: where each role lands after signing in, and what stands in the staff navigation.

Pages are named by their URL names, as strings: the rooms above are not imported here.
"""

from __future__ import annotations

from dataclasses import dataclass

from django.http import HttpRequest
from django.urls import NoReverseMatch, reverse
from django.utils.functional import Promise as Lazy
from django.utils.translation import gettext_lazy as _

from sarangbang.ui.context import Link

from .queries import AnyUser
from .rules import may


@dataclass(frozen=True)
class StaffPage:
    """A page in the staff navigation. ``perm`` empty: for those who may enter the administration."""

    perm: str
    url_name: str
    label: Lazy | str
    icon: str


PAGES = (
    StaffPage("desk.use", "concierge:desk", _("Desk"), "layout-list"),
    StaffPage("desk.use", "concierge:timeline", _("Board"), "chart-gantt"),
    StaffPage("clinic.use", "scheduling:calendar", _("Calendar"), "calendar-days"),
    StaffPage("clinic.use", "concierge:clinic_agree", _("To agree"), "circle-check"),
    StaffPage("clinic.use", "reports:start", _("Yearly report"), "file-spreadsheet"),
    StaffPage("desk.use", "scheduling:waiting", _("Waiting list"), "hourglass"),
    StaffPage("desk.use", "visitors:center", _("Walk-ins"), "footprints"),
    StaffPage("desk.use", "concierge:statements", _("Statements"), "receipt-text"),
    StaffPage("clinic.use", "concierge:own_statements", _("Statements"), "receipt-text"),
    StaffPage("policy.use", "policy:dashboard", _("Figures"), "chart-column"),
    StaffPage("", "admin:index", _("Administration"), "settings"),
    StaffPage("outbox.see", "outbox:list", _("Messages"), "mails"),
)
"""In the order of landing: the first page that an account may see is where it lands."""


def pages_of(user: AnyUser) -> list[tuple[StaffPage, str]]:
    """The pages that this account may see, with their addresses; rooms that are not installed are left out."""
    found = []
    for page in PAGES:
        if may(user, page.perm) if page.perm else user.is_authenticated and user.is_staff:
            try:
                found.append((page, reverse(page.url_name)))
            except NoReverseMatch:
                continue
    return found


def links(request: HttpRequest) -> list[Link]:
    """The navigation of a staff page, ending with the account's own security page."""
    if not request.user.is_authenticated:
        return []
    found = pages_of(request.user)
    # Of pages that lie within each other, the innermost is where the reader is; else the page of the same room.
    here = max((url for _page, url in found if request.path.startswith(url)), key=len, default="")
    match = request.resolver_match
    if not here and match and match.namespace:
        here = next((url for page, url in found if page.url_name.startswith(f"{match.namespace}:")), "")
    pages = [Link(str(page.label), url, page.icon, current=url == here) for page, url in found]
    own = reverse("mfa_index")
    return [*pages, Link(str(_("Account")), own, "user-round", current=request.path.startswith(own))]

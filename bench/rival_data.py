"""Fills a pretix of its own: one organiser, one event, many products with a quota each, one API token.

Runs inside pretix's virtual environment (``python rival_data.py PRODUCTS``) and prints what a client needs, as JSON.
"""

from __future__ import annotations

import datetime as dt
import json
import sys

PLACES = 1_000_000


def main(products: int) -> None:
    import django

    django.setup()
    from django.utils import timezone
    from django_scopes import scopes_disabled
    from pretix.base.models import Event, Organizer, Team

    with scopes_disabled():
        organizer = Organizer.objects.create(name="Bench", slug="bench")
        begins = timezone.now() + dt.timedelta(days=90)
        event = Event.objects.create(
            organizer=organizer, name="Consultations", slug="visits", currency="EUR", date_from=begins, live=True,
            plugins="pretix.plugins.banktransfer,pretix.plugins.sendmail",
        )  # fmt: skip
        event.settings.timezone = "Asia/Seoul"
        event.settings.attendee_names_asked = False
        team = Team.objects.create(
            organizer=organizer, name="Programs", all_events=True, all_event_permissions=True,
            all_organizer_permissions=True,
        )  # fmt: skip
        items = []
        for number in range(products):
            item = event.items.create(name=f"Consultation {number}", default_price=0, admission=True)
            quota = event.quotas.create(name=f"Places {number}", size=PLACES)
            quota.items.add(item)
            items.append(item.pk)
        token = team.tokens.create(name="bench").token
    sys.stdout.write(json.dumps({"token": token, "items": items, "path": "/api/v1/organizers/bench/events/visits"}))


if __name__ == "__main__":
    main(int(sys.argv[1]))

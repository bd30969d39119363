"""Every message of a stay can be written in all ten languages, and none says why somebody comes."""

from __future__ import annotations

from types import SimpleNamespace

import pytest

from sarangbang.messages.models import Message
from sarangbang.messages.periodic import JOBS
from sarangbang.messages.rendering import render
from sarangbang.stays import actions, proof
from sarangbang.ui.locales import LANGUAGES

from .world import DETAILS, booked, free, held

TELLING = ("laser", "toning", "dermatology", "haneul", "하늘", "doctor 0")


@pytest.mark.once
@pytest.mark.parametrize("language", [each.code for each in LANGUAGES])
def test_messages_are_neutral_in_every_language(town: SimpleNamespace, language: str) -> None:
    proof.ask(actions.save_intake(held(town), {**DETAILS, "language": language}))
    stay, appointment = booked(town, 1, language=language)
    actions.reschedule_appointment(stay, appointment, town.doctor, free(town, 6), actor="guest:x")
    actions.cancel_appointment(appointment, actor="guest:x")
    actions.replace_links(stay, actor="guest:x")
    messages = list(Message.objects.all())
    assert {one.kind for one in messages} == {"stay_code", "stay_booked", "stay_changed", "stay_cancelled", "stay_link"}
    for message in messages:
        written = render(message)
        assert written.subject
        assert "http" in written.body
        assert not any(word in f"{written.subject} {written.body}".lower() for word in TELLING)


def test_forgetting_is_a_periodic_job() -> None:
    from sarangbang.stays import jobs

    assert "stays.jobs.forget_expired_intakes" in JOBS
    assert jobs.forget_expired_intakes

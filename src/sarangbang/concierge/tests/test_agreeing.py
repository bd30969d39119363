"""Those who must agree to a proposal are asked and answer, and it is accepted when they have, or with a reason."""

from __future__ import annotations

import re

import pytest
from django.urls import reverse

from sarangbang.concierge import actions
from sarangbang.concierge.actions import Who
from sarangbang.concierge.actions.telling import crew_link
from sarangbang.concierge.models import Agreement, Proposal, ProposedChange
from sarangbang.concierge.months import day_of
from sarangbang.concierge.proposals import agreeing
from sarangbang.messages.models import Message
from sarangbang.messages.rendering import NoLongerNeeded, render
from sarangbang.people.links import token_of
from sarangbang.people.models import Membership, User
from sarangbang.stays.actions import link_to

from .test_asking import speak
from .test_browser import signed_in, url
from .test_pages import text

ASKED, AGREED, DECLINED = Agreement.Answer.values
BY_TELEPHONE = {"actor": "user:1", "way": Agreement.Way.TELEPHONE}


@pytest.fixture(autouse=True)
def _demo(settings):
    settings.DEMO = True


def asking(town, *asks) -> Proposal:
    """A proposal that gives the guest an interpreter, to which these must agree."""
    job = speak(town)
    proposal = Proposal.objects.create(day=day_of(job.starts_at), kind="mend", made_by="user:1")
    ProposedChange.objects.create(
        proposal=proposal, ordinal=1, interpreting=job, seen=job.sequence, before={"crew": None},
        after={"crew": str(town.oyuun.pk)}, reason="ill", asks=list(asks),
    )  # fmt: skip
    return proposal


@pytest.fixture
def proposal(town):
    return asking(town, "guest", "institution", "interpreter")


def everybody(town) -> list[Who]:
    keys = (town.guest.pk, town.institution.pk, town.oyuun.pk)
    return [Who(party, str(key)) for party, key in zip(Agreement.Party.values, keys, strict=True)]


def test_it_is_accepted_when_everybody_who_must_has_agreed(town, proposal):
    for missing in range(3, 0, -1):
        with pytest.raises(actions.NotAgreed) as refused:
            actions.accept(proposal, actor="user:1")
        assert refused.value.missing == everybody(town)[3 - missing :]
        actions.answer_proposal(proposal, everybody(town)[3 - missing], AGREED, **BY_TELEPHONE)
    found = actions.accept(proposal, actor="user:1", despite="not needed")
    assert (found.status, found.despite) == ("accepted", "")
    with pytest.raises(actions.Decided):
        actions.answer_proposal(proposal, everybody(town)[0], DECLINED, **BY_TELEPHONE)


def test_the_last_answer_counts_nothing_is_overwritten_and_a_reason_overrides(town, proposal):
    guest = everybody(town)[0]
    for answer in (AGREED, AGREED, DECLINED):
        actions.answer_proposal(proposal, guest, answer, **BY_TELEPHONE)
    assert list(proposal.agreements.values_list("answer", flat=True)) == [AGREED, DECLINED]
    assert guest in agreeing.missing(everybody(town), agreeing.said(proposal))
    with pytest.raises(actions.NotAsked):
        actions.answer_proposal(proposal, Who("guest", str(town.oyuun.pk)), AGREED, **BY_TELEPHONE)
    with pytest.raises(actions.NotAgreed):
        actions.accept(proposal, actor="user:1", despite="  ")
    assert actions.accept(proposal, actor="user:1", despite="Already on the way").despite == "Already on the way"


def test_guests_and_interpreters_are_written_to_once_in_their_language(town, proposal):
    Message.objects.all().delete()
    asked = actions.ask_to_agree(proposal, actor="user:1")
    assert asked == [everybody(town)[0], everybody(town)[2]]
    assert actions.ask_to_agree(proposal, actor="user:2") == []
    letters = {each.kind: each for each in Message.objects.all()}
    assert set(letters) == {"agreement_asked", "crew_question"}
    assert letters["agreement_asked"].language == town.guest.language
    words = render(letters["agreement_asked"])
    assert "/stay/" in words.body
    assert town.institution.name_latin not in words.body
    assert "/crew/i/" in render(letters["crew_question"]).body


@pytest.mark.once
def test_an_institution_is_written_to_once_and_not_any_more_when_nothing_is_asked(town, proposal):
    clinic = User.objects.create(email="c@demo.example", name="Clinic", language="ja", is_demo=True)
    gone = User.objects.create(email="gone@demo.example", name="Gone", is_active=False)
    for person in (clinic, gone):
        Membership.objects.create(user=person, role="clinic", institution=town.institution)
    other = asking(town, "institution")
    house = everybody(town)[1]
    assert house in actions.ask_to_agree(proposal, actor="user:1")
    assert actions.ask_to_agree(proposal, actor="user:2") == []
    assert actions.ask_to_agree(other, actor="user:1") == [house]
    letter, again = Message.objects.filter(kind="house_question").order_by("created_at")
    assert (letter.address, letter.language) == (clinic.email, "ja")
    words = render(letter)
    assert reverse("concierge:clinic_agree").removeprefix("/en") in words.body
    assert town.guest.name not in words.body + words.subject
    actions.answer_proposal(proposal, house, AGREED, **BY_TELEPHONE)
    actions.discard(other, actor="user:1")
    for each in (letter, again):
        with pytest.raises(NoLongerNeeded):
            render(each)
        assert render(each, reveal=False).subject
    question = Message.objects.get(kind="crew_question")
    assert render(question).body  # the interpreter has not answered
    actions.discard(proposal, actor="user:1")
    with pytest.raises(NoLongerNeeded):
        render(question)


def test_a_guest_agrees_on_their_own_page(client, town, proposal):
    token = token_of(link_to(town.stay))
    page = client.get(reverse("portal:stay", args=[token])).content.decode()
    url = reverse("concierge:agree", args=[token])
    assert url in page
    shown = client.get(url)
    assert shown.headers["Cache-Control"] == "private, no-store"
    assert "Interpreter: Mongolian" in text(shown)
    hidden = dict(re.findall(r'name="(proposal|key)" value="([^"]+)"', shown.content.decode()))
    assert "sees your answer" in text(client.post(url, {**hidden, "answer": "agreed"}, follow=True))
    said = agreeing.said(proposal)[everybody(town)[0]]
    assert (said.answer, said.way, said.actor) == (AGREED, "page", f"guest:{town.guest.pk}")
    # For another guest, an invented answer or another party's key nothing is written down.
    other = town.new_stay(town.new_guest("Бат", email="b@example.org"))
    elsewhere = reverse("concierge:agree", args=[token_of(link_to(other))])
    client.post(elsewhere, {**hidden, "answer": "declined"})
    client.post(url, {**hidden, "answer": "asked"})
    client.post(url, {**hidden, "key": str(town.oyuun.pk), "answer": "agreed"})
    assert proposal.agreements.count() == 1
    actions.discard(proposal, actor="user:1")
    assert "decided meanwhile" in text(client.post(url, {**hidden, "answer": "declined"}, follow=True))
    assert client.get(reverse("concierge:agree", args=["x" * 43])).status_code in (404, 410)


def test_an_interpreter_and_an_institution_answer_on_theirs(client, town, proposal):
    crew = token_of(crew_link(town.oyuun))
    url = reverse("concierge:interpreter_agree", args=[crew])
    assert url in client.get(reverse("concierge:interpreter", args=[crew])).content.decode()
    clinic = User.objects.create(email="c@demo.example", name="Clinic", is_demo=True)
    Membership.objects.create(user=clinic, role="clinic", institution=town.institution)
    for address, number in ((url, 2), (reverse("concierge:clinic_agree"), 1)):
        client.force_login(clinic)
        page = client.get(address)
        hidden = dict(re.findall(r'name="(proposal|key)" value="([^"]+)"', page.content.decode()))
        client.post(address, {**hidden, "answer": "agreed"})
        assert agreeing.said(proposal)[everybody(town)[number]].answer == AGREED
    other = User.objects.create(email="d@demo.example", name="Other", is_demo=True)
    client.force_login(other)
    assert client.get(reverse("concierge:clinic_agree")).status_code == 403


def test_the_desk_writes_down_what_was_said_on_the_telephone_and_must_say_why_it_goes_on(client, town, proposal):
    client.force_login(town.coordinator)
    url = reverse("concierge:proposal", args=[proposal.pk])
    page = text(client.get(url))
    assert "Must agree" in page
    assert "Not asked yet" in page
    assert "They are asked" in text(client.post(url, {"answer": "asked"}, follow=True))
    guest = everybody(town)[0]
    said = {"answer": "agreed", "party": guest.party, "key": guest.key}
    assert "Agrees Telephone, Kim Desk, " in text(client.post(url, said, follow=True))
    refused = client.post(url, {"do": "accept"})
    assert (refused.status_code, "say why it cannot wait" in text(refused)) == (422, True)
    done = text(client.post(url, {"do": "accept", "despite": "The car leaves now"}, follow=True))
    assert "Accepted without everybody's agreement: The car leaves now" in done.replace("’", "'")
    for hostile in ("\x01", "x" * 900, "'", "guest:1"):
        answer = client.post(url, {"answer": "agreed", "party": hostile, "key": hostile})
        assert answer.status_code == 302


def test_of_accepting_and_declining_at_once_one_is_first(town_of_threads, at_once):
    town = town_of_threads
    proposal = asking(town, "guest")
    guest = everybody(town)[0]
    actions.answer_proposal(proposal, guest, AGREED, **BY_TELEPHONE)
    results = at_once([
        lambda: actions.accept(proposal, actor="user:1"),
        lambda: actions.answer_proposal(proposal, guest, DECLINED, **BY_TELEPHONE),
        lambda: actions.answer_proposal(proposal, guest, DECLINED, actor="user:2", way=Agreement.Way.TELEPHONE),
    ])  # fmt: skip
    proposal.refresh_from_db()
    answers = list(proposal.agreements.values_list("answer", flat=True))
    if proposal.status == "accepted":
        assert answers == [AGREED]
        assert [type(each) for each in results[1:]] == [actions.Decided] * 2
    else:
        assert answers == [AGREED, DECLINED]
        assert isinstance(results[0], actions.NotAgreed)


@pytest.mark.browser
@pytest.mark.once
def test_the_pages_are_clean(town_of_threads, live_server, new_page, client, axe):
    """axe reads the question to a guest on a phone, in Arabic, and the proposal at the desk with what it refuses."""
    town = town_of_threads
    proposal = asking(town, "guest", "institution")
    page = new_page(width=375)
    page.goto(f"{live_server.url}/ar/agree/{token_of(link_to(town.stay))}/")
    axe(page)
    assert page.evaluate("document.documentElement.scrollWidth <= innerWidth")
    signed_in(page, live_server, client, town.coordinator)
    page.goto(f"{live_server.url}{url('en', 'proposal', proposal.pk)}")
    page.get_by_role("button", name="Accept").click()
    page.get_by_text("say why it cannot wait").wait_for()
    axe(page)
    page.get_by_label("Accept without everybody").fill("The car leaves now")
    page.get_by_role("button", name="Accept").click()
    page.get_by_text("The car leaves now").wait_for()
    assert page.locator(".tag.ok").count() == 1

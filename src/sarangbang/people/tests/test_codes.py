"""A one-time code opens once, for a quarter of an hour, and cannot be guessed."""

from __future__ import annotations

import datetime as dt

import pytest
from django.db import transaction
from django.utils import timezone

from sarangbang.people import codes
from sarangbang.people.models import OneTimeCode

ADDRESS = "sarnai@example.org"


def other(digits: str) -> str:
    """Digits that are not these."""
    return f"{(int(digits) + 1) % 10**6:06}"


@pytest.mark.django_db
def test_the_right_digits_open_once() -> None:
    digits = codes.start("confirm", "a", ADDRESS)
    assert len(digits) == 6
    assert digits.isdigit()
    codes.check("confirm", "a", digits)
    with pytest.raises(codes.CodeUsed):
        codes.check("confirm", "a", digits)


@pytest.mark.django_db
def test_the_digits_are_not_stored() -> None:
    digits = codes.start("confirm", "a", ADDRESS)
    row = OneTimeCode.objects.get()
    assert digits not in (row.code_hash, row.subject, row.address)
    assert len(row.code_hash) == 64


@pytest.mark.django_db
@pytest.mark.parametrize(("purpose", "subject"), [("confirm", "b"), ("other", "a")])
def test_digits_open_only_what_they_were_made_for(purpose: str, subject: str) -> None:
    digits = codes.start("confirm", "a", ADDRESS)
    with pytest.raises(codes.CodeWrong):
        codes.check(purpose, subject, digits)


@pytest.mark.django_db
def test_after_five_wrong_tries_the_right_digits_do_not_open() -> None:
    digits = codes.start("confirm", "a", ADDRESS)
    for _try in range(4):
        with pytest.raises(codes.CodeWrong):
            codes.check("confirm", "a", other(digits))
    with pytest.raises(codes.TooManyAttempts):
        codes.check("confirm", "a", other(digits))
    with pytest.raises(codes.TooManyAttempts):
        codes.check("confirm", "a", digits)


@pytest.mark.django_db
def test_a_code_ends_after_fifteen_minutes() -> None:
    digits = codes.start("confirm", "a", ADDRESS)
    OneTimeCode.objects.update(expires_at=timezone.now())
    with pytest.raises(codes.CodeExpired):
        codes.check("confirm", "a", digits)


@pytest.mark.django_db
def test_a_new_code_replaces_the_one_before() -> None:
    first = codes.start("confirm", "a", ADDRESS)
    second = codes.start("confirm", "a", ADDRESS)
    if first != second:
        with pytest.raises(codes.CodeWrong):
            codes.check("confirm", "a", first)
    codes.check("confirm", "a", second)


@pytest.mark.django_db
def test_an_address_gets_five_codes_in_a_quarter_of_an_hour_however_it_is_written() -> None:
    for place in range(5):
        codes.start("confirm", place, ADDRESS)
    with pytest.raises(codes.TooManyCodes):
        codes.start("confirm", "another", f" {ADDRESS.upper()} ")
    codes.start("confirm", "a", "someone.else@example.org")
    OneTimeCode.objects.update(created_at=timezone.now() - dt.timedelta(minutes=15))
    codes.start("confirm", "a", ADDRESS)


@pytest.mark.django_db
@pytest.mark.parametrize("typed", ["", "x" * 100_000, "１２３４５６", "\0"])
def test_whatever_is_typed_is_only_wrong(typed: str) -> None:
    codes.start("confirm", "a", ADDRESS)
    with pytest.raises(codes.CodeProblem):
        codes.check("confirm", "a", typed)


@pytest.mark.django_db
def test_pressing_twice_is_recognised_and_guessing_a_used_code_is_not_possible() -> None:
    digits = codes.start("confirm", "a", ADDRESS)
    codes.check("confirm", "a", digits)
    for _press in range(20):
        assert codes.is_right("confirm", "a", digits)
    for _guess in range(5):
        assert not codes.is_right("confirm", "a", other(digits))
    assert not codes.is_right("confirm", "a", digits)
    assert not codes.is_right("confirm", "nothing", digits)


@pytest.mark.django_db(transaction=True)
def test_a_check_inside_a_transaction_is_refused_because_its_rollback_would_give_the_attempt_back() -> None:
    digits = codes.start("confirm", "a", ADDRESS)
    with pytest.raises(RuntimeError), transaction.atomic():
        codes.check("confirm", "a", digits)


@pytest.mark.django_db(transaction=True)
def test_of_two_who_send_the_same_code_at_once_one_wins(at_once) -> None:  # type: ignore[no-untyped-def]
    digits = codes.start("confirm", "a", ADDRESS)
    answers = at_once([lambda: codes.check("confirm", "a", digits)] * 3)
    assert sum(isinstance(answer, OneTimeCode) for answer in answers) == 1
    assert sum(isinstance(answer, codes.CodeUsed) for answer in answers) == 2


@pytest.mark.django_db(transaction=True)
def test_many_guesses_at_once_are_five_guesses(at_once) -> None:  # type: ignore[no-untyped-def]
    digits = codes.start("confirm", "a", ADDRESS)
    answers = at_once([lambda: codes.check("confirm", "a", other(digits))] * 8)
    assert all(isinstance(answer, codes.CodeProblem) for answer in answers)
    assert OneTimeCode.objects.get().attempts == 5

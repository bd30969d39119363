"""The reference data that comes with the platform."""

from __future__ import annotations

from typing import Any

import pytest

from sarangbang.config.testing.kept import made_once
from sarangbang.directory.actions import LANGUAGES, load_reference, source_hash
from sarangbang.directory.models import Department, PriceFact, Procedure, ProcedureTerm

pytestmark = pytest.mark.django_db


def test_every_procedure_has_ten_names_a_department_and_fresh_texts() -> None:
    load_reference()
    procedures = Procedure.objects.prefetch_related("departments")
    assert procedures.count() >= 35
    for procedure in procedures:
        assert all(getattr(procedure, f"name_{language}") for language in LANGUAGES)
        assert procedure.main_department in procedure.departments.all()
        assert set(procedure.summary_sources.values()) <= {source_hash(procedure.summary_en)}


def test_loading_again_changes_nothing_and_is_cheap(django_assert_max_num_queries: Any) -> None:
    made_once(load_reference)
    counts = [model.objects.count() for model in (Department, Procedure, ProcedureTerm, PriceFact)]
    with django_assert_max_num_queries(10):
        load_reference()
    assert counts == [model.objects.count() for model in (Department, Procedure, ProcedureTerm, PriceFact)]


def test_what_was_changed_by_hand_is_brought_back() -> None:
    made_once(load_reference)
    Procedure.objects.filter(slug="lasik").update(name_ja="")
    PriceFact.objects.filter(procedure__slug="rhinoplasty").update(amount_low=1)
    load_reference()
    assert Procedure.objects.get(slug="lasik").name_ja
    assert PriceFact.objects.get(procedure__slug="rhinoplasty").amount_low == 5_300_000


def test_known_prices_are_in_won_with_source_and_status() -> None:
    made_once(load_reference)
    assert PriceFact.objects.get(procedure__slug="two-jaw-surgery").amount_high == 17_000_000
    assert set(PriceFact.objects.values_list("status", flat=True)) == {"verified", "unofficial"}
    assert not PriceFact.objects.filter(source="").exists()

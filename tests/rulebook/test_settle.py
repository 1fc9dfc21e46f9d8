"""What is due now: new, corrected or withdrawn."""

from __future__ import annotations

from decimal import Decimal

from rulebook import LineKey, due
from rulebook.settle import entitled_by_key
from tests.rulebook.examples import entitlement, facts_document

EDUCATION = LineKey("t1", "2026-Q4", "ht26", "payer:utbildningsnamnden", None)


def test_the_first_settlement_is_all_new() -> None:
    items = due(entitlement(), {})
    assert {item.kind for item in items} == {"new"}
    assert sum(item.amount for item in items) == Decimal("25000.00")
    assert items[0].key == EDUCATION


def test_a_corrected_fact_gives_the_difference_as_its_own_amount() -> None:
    granted = {**entitled_by_key(entitlement()), EDUCATION: Decimal("7000.00")}
    (item,) = due(entitlement(), granted)
    assert (item.key, item.kind, item.amount, item.granted, item.entitled) == (
        EDUCATION,
        "correction",
        Decimal("200.00"),
        Decimal("7000.00"),
        Decimal("7200.00"),
    )


def test_what_is_no_longer_owed_is_withdrawn_and_moves_the_cap() -> None:
    granted = entitled_by_key(entitlement())
    later = entitlement(facts=facts_document(claims=[facts_document()["claims"][1]]))
    assert later.total == 0
    items = due(later, granted)
    assert {item.kind for item in items} == {"withdrawn"}
    assert sum(item.amount for item in items) == Decimal("-25000.00")


def test_a_key_may_come_back_from_storage_as_a_plain_tuple() -> None:
    granted = {tuple(key): amount for key, amount in entitled_by_key(entitlement()).items()}
    assert due(entitlement(), granted) == []  # type: ignore[arg-type]

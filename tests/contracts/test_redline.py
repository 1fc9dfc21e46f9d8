"""What differs between two texts, in words and in the document."""

import copy
from typing import Any

import pytest
from django.urls import reverse
from hypothesis import given
from hypothesis import strategies as st

from contracts import actions
from contracts.actions.designing import edit_design
from contracts.redline import Change, changed_only, clauses_compared, values_compared, words
from rulebook import clauses, parse_terms
from tests.contracts.conftest import AT, Drafting, browser
from tests.world import TERMS

TEXT = st.text(alphabet="ab c\n,.å", max_size=40)


@given(TEXT, TEXT)
def test_the_pieces_give_both_texts_back(before: str, after: str) -> None:
    pieces = words(before, after)
    assert "".join(p.text for p in pieces if p.change is not Change.ADDED) == before
    assert "".join(p.text for p in pieces if p.change is not Change.REMOVED) == after


@given(TEXT)
def test_the_same_text_has_no_changes(text: str) -> None:
    assert all(piece.change is Change.SAME for piece in words(text, text))


def read(document: Any) -> Any:
    terms, problems = parse_terms(document)
    assert terms is not None, problems
    return clauses(terms, "en")


def changed(**more: Any) -> dict[str, Any]:
    return copy.deepcopy(TERMS) | more


def test_a_changed_price_is_one_change_in_one_clause() -> None:
    after = changed()
    after["terms"][0]["price"]["amount"] = "14000.00"
    diffs = changed_only(clauses_compared(read(TERMS), read(after)))
    assert [(diff.place, diff.change) for diff in diffs] == [("terms/t1", Change.CHANGED)]
    marked = [(piece.change, piece.text) for piece in diffs[0].pieces if piece.change is not Change.SAME]
    assert len(marked) == 2
    assert "12,000.00" in marked[0][1]
    assert "14,000.00" in marked[1][1]


def test_an_amount_is_one_word() -> None:
    marked = [piece.text for piece in words("betalas 12\u00a0000,00\u00a0kr.", "betalas 14\u00a0000,00\u00a0kr.")]
    assert marked == ["betalas ", "12\u00a0000,00\u00a0kr.", "14\u00a0000,00\u00a0kr."]


def test_a_clause_that_only_got_another_number_is_the_same() -> None:
    after = changed()
    after["metrics"].insert(0, {"id": "ny", "level": "contract", "unit": "score", "en": "New"})
    diffs = changed_only(clauses_compared(read(TERMS), read(after)))
    assert [(diff.place, diff.change) for diff in diffs] == [("metrics/ny", Change.ADDED)]


def test_a_removed_clause_stands_where_it_stood() -> None:
    after = changed(terms=TERMS["terms"][:1])
    places = [diff.place for diff in clauses_compared(read(TERMS), read(after))]
    assert places.index("terms/t2") == places.index("terms/t1") + 1
    gone = [diff for diff in clauses_compared(read(TERMS), read(after)) if diff.change is Change.REMOVED]
    assert [diff.place for diff in gone] == ["terms/t2"]


def test_a_new_label_is_told() -> None:
    after = changed()
    after["metrics"][0]["en"] = "Attendance"
    diffs = {diff.place: diff for diff in changed_only(clauses_compared(read(TERMS), read(after)))}
    assert "three months" in diffs["metrics/att3"].heading_before


def test_limits_are_known_by_what_they_limit() -> None:
    after = changed(limits=[TERMS["limits"][1], TERMS["limits"][0] | {"at_most": "30000.00"}])
    diffs = changed_only(clauses_compared(read(TERMS), read(after)))
    assert [diff.place for diff in diffs] == ["limits/person"]


def test_the_document_is_compared_by_ids() -> None:
    after = changed()
    after["terms"].reverse()
    after["terms"][0]["price"]["amount"] = "1.00"
    del after["metrics"][0]["once"]
    after["new"] = True
    assert [(diff.path, diff.change) for diff in values_compared(TERMS, after)] == [
        ("metrics[att3].once", Change.REMOVED),
        ("terms[t2].price.amount", Change.CHANGED),
        ("new", Change.ADDED),
    ]


JSON = st.recursive(
    st.none() | st.booleans() | st.integers(0, 3) | st.sampled_from(["a", "b"]),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.sampled_from(["id", "x", "y"]), inner, max_size=3),
    max_leaves=8,
)


@given(JSON, JSON)
def test_documents_differ_exactly_when_something_is_listed(before: Any, after: Any) -> None:
    if before == after:
        assert values_compared(before, after) == []


# --- The page --------------------------------------------------------------------------------------------------------


def two_versions(drafting: Drafting) -> Drafting:
    drafting.propose()
    drafting.accept("signe")
    actions.return_proposal(actor=drafting.actor("ines"), contract=drafting.contract, reason="För lågt", at=AT)
    after = changed()
    after["terms"][0]["price"]["amount"] = "14000.00"
    actions.edit_terms(actor=drafting.actor("anna"), contract=drafting.contract, terms=after, at=AT)
    return drafting


def page(drafting: Drafting, who: str, query: str = "", status: int = 200) -> str:
    path = reverse("contracts:redline", args=[drafting.contract.code])
    response = browser(drafting.world, who).get(path + query)
    assert response.status_code == status
    return response.content.decode()


@pytest.mark.parametrize("query", ["", "?fran=1&till=2"])
def test_the_page_marks_what_was_removed_and_added(drafting: Drafting, query: str) -> None:
    text = page(two_versions(drafting), "signe", query)
    assert "<del>" in text
    assert "<ins>" in text
    assert "removed:" in text, "a screen reader is told, not only shown"
    assert "terms[t1].price.amount" in text
    assert "1 clause differs" in text


def test_all_clauses_are_shown_when_asked_for(drafting: Drafting) -> None:
    two_versions(drafting)
    assert "Limits" not in page(drafting, "signe")
    assert "Limits" in page(drafting, "signe", "?fran=1&till=2&allt=1")


@pytest.mark.parametrize("query", ["?fran=9", "?till=x", "?fran=1&till=-1"])
def test_a_version_that_does_not_exist_is_not_found(drafting: Drafting, query: str) -> None:
    page(two_versions(drafting), "signe", query, 404)


def test_a_draft_that_cannot_be_read_is_compared_in_the_document(drafting: Drafting) -> None:
    two_versions(drafting)
    actions.edit_terms(actor=drafting.actor("anna"), contract=drafting.contract, terms={"currency": "kr"}, at=AT)
    text = page(drafting, "anna", "?fran=1&till=2")
    assert "cannot be read in words yet" in text
    assert "<code>currency</code>" in text


@pytest.mark.parametrize("who", ["signe", "ines"])
def test_whoever_decides_sees_what_has_changed_since(drafting: Drafting, who: str) -> None:
    two_versions(drafting)
    drafting.propose()
    path = reverse("contracts:contract_accept", args=[drafting.contract.code])
    text = browser(drafting.world, who).get(path).content.decode()
    assert "What has changed since version 1: 1 clause" in text
    assert "14,000.00" in text


def later_reports(drafting: Drafting) -> Drafting:
    """Two versions whose terms are the same and whose schedules are not."""
    for number, days in ((1, 45), (2, 90)):
        who, changes = drafting.actor("anna"), {"report_within_days": days}
        edit_design(actor=who, contract=drafting.contract, changes=changes, at=AT)
        drafting.propose()
        if number == 1:
            ines = drafting.actor("ines")
            actions.return_proposal(actor=ines, contract=drafting.contract, reason="För snabbt", at=AT)
    return drafting


def test_whoever_decides_sees_what_else_has_changed_in_the_agreement(drafting: Drafting) -> None:
    path = reverse("contracts:contract_accept", args=[later_reports(drafting).contract.code])
    text = browser(drafting.world, "signe").get(path).content.decode()
    assert "What has changed since version 1: 0 clauses" in text
    assert "Besides the clauses, this differs in the agreement: the schedule." in text
    assert reverse("reports:agreement_version", args=[drafting.contract.code, 2]) in text
    assert "<code>schedule.report_within_days</code>" in page(drafting, "signe", "?fran=1&till=2")


def test_an_observer_sees_of_the_document_the_terms_only(drafting: Drafting) -> None:
    later_reports(drafting).contract.readers.add(drafting.world.organisations["utanfor"])
    assert "schedule" not in page(drafting, "charlie", "?fran=1&till=2")

"""Two changes of the same terms as one, and a choice where they collide."""

import copy
import json
from datetime import timedelta
from typing import Any

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.urls import reverse
from hypothesis import given
from hypothesis import strategies as st

from contracts import actions
from contracts.merging import ABSENT, merge
from tests.contracts.conftest import AT, Drafting, browser
from tests.world import TERMS

VALUE = st.sampled_from(["1", "2", None, True, 0])
ROWS = st.lists(
    st.fixed_dictionaries({"id": st.sampled_from(["a", "b", "c"]), "x": VALUE}),
    max_size=3,
    unique_by=lambda row: row["id"],
)
DOCUMENT = st.fixed_dictionaries({}, optional={"k": VALUE, "rows": ROWS, "inner": st.fixed_dictionaries({"y": VALUE})})


@given(DOCUMENT, DOCUMENT)
def test_where_only_one_has_changed_there_is_nothing_to_choose(base: Any, changed: Any) -> None:
    assert merge(base, base, changed).document == changed
    assert merge(base, changed, base).document == changed
    assert not merge(base, base, changed).conflicts
    assert not merge(base, changed, base).conflicts


@given(DOCUMENT, DOCUMENT, DOCUMENT)
def test_a_conflict_is_a_conflict_from_both_sides(base: Any, mine: Any, theirs: Any) -> None:
    one = {conflict.path for conflict in merge(base, mine, theirs).conflicts}
    other = {conflict.path for conflict in merge(base, theirs, mine).conflicts}
    assert one == other


@given(DOCUMENT, DOCUMENT, DOCUMENT, st.sampled_from(["mine", "theirs"]))
def test_every_conflict_is_settled_by_its_choice(base: Any, mine: Any, theirs: Any, side: str) -> None:
    conflicts = merge(base, mine, theirs).conflicts
    settled = merge(base, mine, theirs, {conflict.path: side for conflict in conflicts})
    assert not settled.conflicts


@given(DOCUMENT, DOCUMENT, DOCUMENT)
def test_nothing_that_was_given_is_changed(base: Any, mine: Any, theirs: Any) -> None:
    before = copy.deepcopy((base, mine, theirs))
    merged = merge(base, mine, theirs).document
    merged.clear()
    assert (base, mine, theirs) == before


def priced(amount: str, place: int = 0) -> dict[str, Any]:
    terms = copy.deepcopy(TERMS)
    terms["terms"][place]["price"]["amount"] = amount
    return terms


def test_changes_of_different_rows_fit_together() -> None:
    merged = merge(TERMS, priced("13000.00"), priced("20000.00", 1))
    assert [term["price"]["amount"] for term in merged.document["terms"]] == ["13000.00", "20000.00"]
    assert merged.conflicts == ()
    assert merged.taken == ("terms[t2].price.amount",)


def test_two_who_each_add_a_row_keep_both() -> None:
    mine, theirs = copy.deepcopy(TERMS), copy.deepcopy(TERMS)
    mine["cohorts"].append({"id": "vt27", "enrols": ["2027-01-01", "2027-06-30"]})
    theirs["cohorts"].insert(0, {"id": "vt26", "enrols": ["2026-01-01", "2026-06-30"]})
    assert [cohort["id"] for cohort in merge(TERMS, mine, theirs).document["cohorts"]] == ["ht26", "vt27", "vt26"]


def test_the_same_price_changed_by_both_is_a_conflict() -> None:
    merged = merge(TERMS, priced("13000.00"), priced("14000.00"))
    (conflict,) = merged.conflicts
    assert (conflict.path, conflict.base) == ("terms[t1].price.amount", "12000.00")
    assert (conflict.mine, conflict.theirs) == ("13000.00", "14000.00")


def test_what_one_removed_and_the_other_changed_is_a_conflict() -> None:
    mine = copy.deepcopy(TERMS)
    del mine["terms"][0]
    (conflict,) = merge(TERMS, mine, priced("14000.00")).conflicts
    assert (conflict.path, conflict.mine) == ("terms[t1]", ABSENT)
    taken = merge(TERMS, mine, priced("14000.00"), {"terms[t1]": "theirs"}).document
    assert sorted(term["id"] for term in taken["terms"]) == ["t1", "t2"]


def test_legs_are_known_by_who_pays_whom() -> None:
    mine, theirs = copy.deepcopy(TERMS), copy.deepcopy(TERMS)
    mine["legs"][0]["share"], mine["legs"][1]["share"] = "0.70", "0.30"
    theirs["legs"][0]["due_days"] = 30
    merged = merge(TERMS, mine, theirs)
    assert merged.conflicts == ()
    assert [leg["share"] for leg in merged.document["legs"]] == ["0.70", "0.30"]
    assert merged.document["legs"][0]["due_days"] == 30


# --- The page --------------------------------------------------------------------------------------------------------


def amending(drafting: Drafting) -> str:
    drafting.activate()
    anna, on = drafting.actor("anna"), AT.date() + timedelta(days=200)
    actions.amend(actor=anna, contract=drafting.contract, effective_on=on, at=AT)
    actions.edit_terms(actor=anna, contract=drafting.contract, terms=priced("13000.00"), at=AT)
    return reverse("contracts:terms_merge", args=[drafting.contract.code])


def sent(drafting: Drafting, document: Any, **more: str) -> dict[str, Any]:
    return {
        "base": "1",
        "source": "file",
        "text": json.dumps(document),
        "seen_at": drafting.version.edited_at.isoformat(),
        **more,
    }


def test_a_variant_that_fits_comes_into_the_draft(drafting: Drafting) -> None:
    path, anna = amending(drafting), browser(drafting.world, "anna")
    file = SimpleUploadedFile("variant.json", json.dumps(priced("20000.00", 1)).encode())
    seen = anna.post(path, {"base": "1", "source": "file", "file": file}).content.decode()
    assert "terms[t2].price.amount" in seen
    assert "0 places where the two collide" in seen
    assert drafting.version.terms["terms"][1]["price"]["amount"] == "18000", "looking saves nothing"
    assert anna.post(path, sent(drafting, priced("20000.00", 1), save="1")).status_code == 302
    assert [term["price"]["amount"] for term in drafting.version.terms["terms"]] == ["13000", "20000"]


def test_a_conflict_is_chosen_before_it_is_saved(drafting: Drafting) -> None:
    path, anna = amending(drafting), browser(drafting.world, "anna")
    asked = sent(drafting, priced("14000.00"), save="1")
    answer = anna.post(path, asked)
    assert answer.status_code == 422
    assert "Choose which side" in answer.content.decode()
    assert anna.post(path, asked | {"side:terms[t1].price.amount": "theirs"}).status_code == 302
    assert drafting.version.terms["terms"][0]["price"]["amount"] == "14000"


def test_a_colleague_is_not_overwritten_by_a_merge(drafting: Drafting) -> None:
    path, anna = amending(drafting), browser(drafting.world, "anna")
    asked = sent(drafting, priced("20000.00", 1), save="1")
    actions.edit_terms(actor=drafting.actor("anna"), contract=drafting.contract, terms=TERMS, at=AT)
    answer = anna.post(path, asked)
    assert answer.status_code == 409
    assert "saved this draft" in answer.content.decode()


@pytest.mark.parametrize("fault", [{"text": "{"}, {"text": ""}, {"text": "[]"}, {"base": "9"}, {"source": "9"}])
def test_a_variant_that_cannot_be_read_is_refused(drafting: Drafting, fault: dict[str, str]) -> None:
    path = amending(drafting)
    assert browser(drafting.world, "anna").post(path, sent(drafting, TERMS) | fault).status_code == 422


def test_only_an_open_draft_takes_in_changes(drafting: Drafting) -> None:
    drafting.activate()
    path = reverse("contracts:terms_merge", args=[drafting.contract.code])
    assert "There is no draft" in browser(drafting.world, "anna").get(path).content.decode()
    assert browser(drafting.world, "ines").get(path).status_code == 403

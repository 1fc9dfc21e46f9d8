"""Two people in one draft see each other's changes as a message at the field, never as a lost update."""

import html
import re
from datetime import timedelta
from typing import Any

import pytest
from django.urls import reverse

from contracts.actions import designing
from contracts.actions import measures as acts
from contracts.actions.saving import EditConflict, changed_since
from contracts.models import ChainLink, Contract, Design, Measure
from tests.contracts.conftest import AT, Drafting, browser

LATE = AT + timedelta(minutes=1)
LABELS = {"a": "the first", "b": "the second"}


def url(name: str, contract: Contract, *args: Any) -> str:
    return reverse(f"contracts:{name}", args=[contract.code, *args])


def seen_in(response: Any) -> str:
    """What the page remembers that its reader saw."""
    found = re.search(r'name="seen" value="([^"]*)"', response.content.decode())
    assert found is not None
    return html.unescape(found[1])


def test_only_what_was_changed_is_saved() -> None:
    stored = {"a": "1", "b": "2"}
    assert changed_since(stored, {"a": "1", "b": "3"}, stored, LABELS) == {"b": "3"}


def test_a_field_left_alone_is_not_put_back() -> None:
    assert changed_since({"a": "theirs", "b": "2"}, {"a": "1", "b": "3"}, {"a": "1", "b": "2"}, LABELS) == {"b": "3"}


def test_two_who_write_the_same_are_not_told() -> None:
    assert changed_since({"a": "same"}, {"a": "same"}, {"a": "1"}, LABELS) == {}


def test_two_who_write_different_things_are_told_what_and_where() -> None:
    with pytest.raises(EditConflict) as conflict:
        changed_since({"a": "theirs", "b": "2"}, {"a": "mine", "b": "mine"}, {"a": "1", "b": "2"}, LABELS)
    assert conflict.value.theirs == {"a": "theirs"}
    assert "the first" in conflict.value.reasons[0]


def test_without_anything_seen_the_writer_wins() -> None:
    assert changed_since({"a": "theirs"}, {"a": "mine"}, None, LABELS) == {"a": "mine"}


@pytest.fixture
def measure(drafting: Drafting) -> Measure:
    return acts.add_measure(actor=drafting.actor("anna"), contract=drafting.contract, name_sv="Närvaro", at=AT)


def test_a_conflict_shows_both_texts_and_saving_again_is_deliberate(drafting: Drafting) -> None:
    client, path = browser(drafting.world, "anna"), url("design_need", drafting.contract)
    seen = seen_in(client.get(path))
    designing.edit_design(
        actor=drafting.actor("anna"), contract=drafting.contract, changes={"need": "Kollegans"}, at=LATE
    )
    sent = {"need": "Mitt", "today": "Nytt", "evidence": "", "seen": seen}
    response = client.post(path, sent)
    page = response.content.decode()
    assert response.status_code == 409
    assert "Kollegans" in page
    assert ">\nMitt</textarea>" in page
    assert "the need" in page
    assert Design.objects.get(contract=drafting.contract).today == "", "all or nothing"
    assert client.post(path, sent | {"seen": seen_in(response)}).status_code == 302
    design = Design.objects.get(contract=drafting.contract)
    assert (design.need, design.today) == ("Mitt", "Nytt")


def test_the_same_holds_for_statements_definitions_and_scores(drafting: Drafting, measure: Measure) -> None:
    anna, client = drafting.actor("anna"), browser(drafting.world, "anna")
    row = designing.add_chain_link(actor=anna, contract=drafting.contract, link=ChainLink.Link.EFFECT, text="A", at=AT)
    other = designing.add_chain_link(actor=anna, contract=drafting.contract, link=ChainLink.Link.VALUE, text="B", at=AT)
    pages = {name: url(name, drafting.contract, measure.pk) for name in ("measure_define", "measure_score")}
    pages["chain_change"] = url("chain_change", drafting.contract, row.pk)
    seen = {name: seen_in(client.get(path)) for name, path in pages.items()}
    designing.change_chain_link(actor=anna, link=row, changes={"text": "Kollegans"}, at=LATE)
    acts.define_measure(
        actor=anna, measure=measure, changes={"link": other, "window_months": 12, "unit": "dagar"}, at=LATE
    )
    acts.score_measure(actor=anna, measure=measure, scores={"validity": 2}, note="", at=LATE)

    answer = client.post(pages["chain_change"], {"link": "effect", "text": "Mitt", "seen": seen["chain_change"]})
    assert (answer.status_code, "Kollegans" in answer.content.decode()) == (409, True)

    sheet = {"name_sv": "Närvaro", "key": measure.key, "suppression_threshold": "5"}
    mine = sheet | {"link": str(row.pk), "window_months": "24", "unit": ""}
    answer = client.post(pages["measure_define"], mine | {"seen": seen["measure_define"]})
    page = answer.content.decode()
    assert answer.status_code == 409
    assert "Value: B" in page
    assert "<dd>12</dd>" in page
    assert "<dd>dagar</dd>" not in page, "a field that the writer left alone is no conflict"

    answer = client.post(pages["measure_score"], {"validity": "5", "power": "3", "seen": seen["measure_score"]})
    assert answer.status_code == 409
    assert "<dd>2</dd>" in answer.content.decode()
    answer = client.post(pages["measure_score"], {"power": "3", "seen": seen["measure_score"]})
    assert answer.status_code == 302
    measure.refresh_from_db()
    assert measure.scores == {"validity": 2, "power": 3}


@pytest.mark.parametrize("seen", ["", "not json", "[]", '{"need": 5}', '{"nothing": "x"}'])
def test_what_is_not_ours_counts_as_nothing_seen(drafting: Drafting, seen: str) -> None:
    sent = {"need": "Mitt", "today": "", "evidence": "", "seen": seen}
    assert browser(drafting.world, "anna").post(url("design_need", drafting.contract), sent).status_code in {302, 409}

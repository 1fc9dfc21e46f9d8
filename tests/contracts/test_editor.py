"""The editor of a draft's terms: forms from the rulebook's shapes, nothing lost or overwritten, no script needed."""

import json
import re
from collections.abc import Callable
from copy import deepcopy
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from django.db import connection
from django.template.loader import render_to_string
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from django.utils import translation

from config.demo import nordviken, norrkoping
from contracts import actions
from contracts.editor.described import described, general, sections
from contracts.editor.draft import Draft
from contracts.editor.nodes import Desk
from contracts.editor.posted import Posted
from contracts.editor.spots import Spot
from contracts.models import ContractVersion
from rulebook import canonical_json, parse_terms, terms_hash
from rulebook.registers import ADJUSTMENTS, MEASURES, PRICES
from rulebook.shapes import (
    ByDay,
    ByName,
    Choice,
    Day,
    DayOrName,
    Either,
    Flag,
    Kinds,
    ListOf,
    Name,
    Number,
    OneOrMany,
    Record,
    Text,
    Whole,
)
from tests.contracts.conftest import AT, Drafting, browser
from tests.contracts.editor_form import Page, PlainBrowser
from tests.rulebook.reading import files
from tests.world import TERMS

TERM_WITH_GATE = {
    "id": "t3",
    "measure": {"kind": "count", "metric": "att3"},
    "price": {"kind": "unit", "amount": "12000"},
    "gate": {"metric": "well", "at_least": "3.5"},
}


def address(drafting: Drafting, place: str = "") -> str:
    return reverse("contracts:editor_overview", args=[drafting.contract.code]) + place


def on(drafting: Drafting, place: str, who: str = "anna", language: str = "sv") -> PlainBrowser:
    return PlainBrowser(browser(drafting.world, who, language), address(drafting, place))


def stored(drafting: Drafting) -> dict[str, Any]:
    terms: dict[str, Any] = ContractVersion.objects.get(contract=drafting.contract).terms
    return terms


def begin(drafting: Drafting, terms: dict[str, Any]) -> None:
    actions.edit_terms(actor=drafting.actor("anna"), contract=drafting.contract, terms=terms, at=AT)


def act(drafting: Drafting, do: str, client: Client | None = None) -> Any:
    """Press a button of the whole draft."""
    client = client or browser(drafting.world, "anna", "sv")
    seen_at = Page(client.get(address(drafting)).content.decode()).sent["seen_at"]
    return client.post(address(drafting), {"do": do, "seen_at": seen_at})


def text_of(response: Any) -> str:
    return re.sub(r"\s+", " ", response.content.decode())


# --- From nothing to whole contracts, without script -----------------------------------------------------------------


@pytest.mark.parametrize("folder", [nordviken.FOLDER, norrkoping.FOLDER], ids=lambda folder: str(folder.name))
def test_the_demos_terms_are_built_without_script(drafting: Drafting, folder: Path) -> None:
    begin(drafting, {})
    document = json.loads((folder / "terms.json").read_text(encoding="utf-8"))
    page = on(drafting, "allmant/")
    for entry in general():
        if entry.key in document:
            page.write(f"f.{entry.key}", document[entry.key])
    assert page.save().status_code == 302
    for section in sections():
        for number, item in enumerate(document.get(section, []), 1):
            page = on(drafting, f"{section}/{number}/")
            page.write_object("f", item)
            assert page.save().status_code == 302
    assert terms_hash(stored(drafting)) == terms_hash(document)


IDS = {"metrics": "att3", "terms": "t1", "cohorts": "ht26", "groups": "unga", "calendars": "lov", "events": "slut"}
MORE = {
    "groups": [{"id": "unga"}],
    "calendars": [{"id": "lov", "days": [["2027-06-10", "2027-08-20"]]}],
    "events": [{"id": "slut"}],
}


LEAST: dict[type, Callable[[Any], Any]] = {
    Text: lambda shape: "Text",
    Name: lambda shape: next(iter(shape.words), IDS.get(shape.of, "n1")),
    Number: lambda shape: "1",
    Whole: lambda shape: "1",
    Flag: lambda shape: True,
    Choice: lambda shape: shape.options[0],
    Day: lambda shape: "2027-01-01",
    DayOrName: lambda shape: "2027-01-01",
    ListOf: lambda shape: [least(shape.item)] * (shape.exactly or max(shape.at_least, 1)),
    OneOrMany: lambda shape: least(shape.item),
    ByDay: lambda shape: {"2027-01-01": least(shape.item)},
    ByName: lambda shape: {IDS[shape.of]: least(shape.item)},
    Either: lambda shape: least(shape.plain),
    Record: lambda shape: {entry.key: least(entry.shape) for entry in described(shape.cls) if entry.required},
    Kinds: lambda shape: of_kind(shape.register, next(iter(shape.register))),
}


def least(shape: Any) -> Any:
    """The least that can be written where the shape stands."""
    return LEAST[type(shape)](shape)


def of_kind(register: Any, kind: str) -> dict[str, Any]:
    params = described(register[kind].Params)
    return {"kind": kind} | {entry.key: least(entry.shape) for entry in params if entry.required}


REGISTERS = {"measure": MEASURES, "price": PRICES, "adjust": ADJUSTMENTS}
EVERY_KIND = [(place, kind) for place, register in REGISTERS.items() for kind in register]


@pytest.mark.parametrize(("place", "kind"), EVERY_KIND)
def test_every_kind_is_added_filled_in_and_removed(drafting: Drafting, place: str, kind: str) -> None:
    begin(drafting, TERMS | MORE)
    rule = of_kind(REGISTERS[place], kind)
    term: dict[str, Any] = {"id": "ny", "price": of_kind(PRICES, "unit")}
    term |= {"measure": of_kind(MEASURES, "count"), place: [rule] if place == "adjust" else rule}
    page = on(drafting, "terms/3/")
    page.write_object("f", term)
    assert page.save().status_code == 302
    assert canonical_json(stored(drafting)["terms"][2]) == canonical_json(term)
    _terms, problems = parse_terms(stored(drafting))
    assert not {problem.code for problem in problems} & {"missing", "unknown_key", "object", "list", "choice"}
    act(drafting, "remove:terms:3")
    assert canonical_json(stored(drafting)) == canonical_json(TERMS | MORE)


@pytest.mark.parametrize("name", list(files()))
def test_what_is_opened_and_saved_untouched_stays_as_it_was(name: str) -> None:
    document = files()[name].cases[0].terms
    draft = Draft(document, "sv", {})
    with translation.override("sv"):
        for spot in [Spot(), *(Spot(key, index) for key in sections() for index in range(len(draft.items(key))))]:
            root = spot.draw(spot.value_in(document), "", Desk("sv", items=draft.options()))
            template = "contracts/_editor_parts.html" if hasattr(root, "parts") else root.template
            page = Page(render_to_string(template, {"group": root, "node": root, "action": ""}))
            read = spot.put(document, spot.read(Posted(page.sent)))
            assert canonical_json(read) == canonical_json(document), f"{spot}"


# --- Nothing is lost -------------------------------------------------------------------------------------------------


def test_what_is_wrong_is_kept_as_typed_and_said_at_its_field(drafting: Drafting) -> None:
    page = on(drafting, "terms/1/")
    page.put("f.price.amount", "tolvtusen")
    page.put("f.id", "1:an")
    response = page.save()
    assert stored(drafting)["terms"][0]["price"]["amount"] == "tolvtusen"
    again = PlainBrowser(page.client, response["Location"])
    assert again.value("f.price.amount") == "tolvtusen"
    assert again.value("f.id") == "1:an"
    text = text_of(again.response)
    assert "Sparat. 2 saker återstår att rätta här." in text
    assert re.search(r'href="#f-price-amount">Pris per utfall: ”tolvtusen” är inget tal', text)
    assert re.search(r'id="f-price-amount-problems"[^>]*><p[^>]*>”tolvtusen” är inget tal', text)


def test_numbers_are_read_as_people_write_them(drafting: Drafting) -> None:
    page = on(drafting, "terms/1/")
    page.put("f.price.amount", "12\u00a0500,50")
    page.save()
    assert stored(drafting)["terms"][0]["price"]["amount"] == "12500.5"
    assert on(drafting, "terms/1/").value("f.price.amount") == "12500,5"


def test_switching_kind_keeps_what_was_written_for_the_other(drafting: Drafting) -> None:
    page = on(drafting, "terms/1/")
    page.put("f.price.amount", "777")
    page.choose_kind("f.price", "steps")
    assert not page.is_there("f.price.amount")
    page.put("f.price.steps.0.at_least", "10")
    page.choose_kind("f.price", "unit")
    assert page.value("f.price.amount") == "777"
    page.choose_kind("f.price", "steps")
    assert page.value("f.price.steps.0.at_least") == "10"
    assert stored(drafting)["terms"][0]["price"] == {"kind": "unit", "amount": "12000"}, "nothing is saved until then"


def test_switching_form_keeps_what_was_written_in_the_other(drafting: Drafting) -> None:
    page = on(drafting, "terms/1/")
    page.put("f.price.amount", "777")
    page.act("other:f.price.amount")
    page.put("f.price.amount.share", "0,40")
    page.act("other:f.price.amount")
    assert page.value("f.price.amount") == "777"
    page.act("other:f.price.amount")
    assert page.value("f.price.amount.share") == "0,40"


def test_rows_are_added_moved_copied_and_removed(drafting: Drafting) -> None:
    begin(drafting, TERMS | {"terms": [*TERMS["terms"], TERM_WITH_GATE]})
    page = on(drafting, "terms/3/")
    page.act("add:f.gate")
    page.put("f.gate.1.metric", "att3")
    page.act("up:f.gate.1")
    page.act("copy:f.gate.0")
    assert [page.value(f"f.gate.{row}.metric") for row in range(3)] == ["att3", "att3", "well"]
    page.act("remove:f.gate.1")
    page.act("down:f.gate.0")
    page.save()
    gates = [{"metric": "well", "at_least": "3.5"}, {"metric": "att3"}]
    assert stored(drafting)["terms"][2]["gate"] == gates
    page = on(drafting, "terms/3/")
    page.act("remove:f.gate.1")
    page.save()
    assert stored(drafting)["terms"][2]["gate"] == gates[0], "one stands by itself"
    page = on(drafting, "terms/3/")
    page.act("remove:f.gate.0")
    page.save()
    assert "gate" not in stored(drafting)["terms"][2]


def test_what_no_form_can_show_is_carried_along(drafting: Drafting) -> None:
    strange = deepcopy(TERMS) | {"fritt": {"a": [1, None]}, "rounding": "halv"}
    strange["terms"][0] |= {"price": ["tolv"], "gate": "nej", "okänt": "kvar"}
    begin(drafting, strange)
    for place in ("allmant/", "terms/1/"):
        page = on(drafting, place)
        page.save()
    assert stored(drafting) == strange
    page = on(drafting, "terms/1/")
    page.act("clear:f.price")
    page.act("clear:f")
    page.choose_kind("f.price", "unit")
    page.save()
    assert stored(drafting)["terms"][0]["price"] == {"kind": "unit"}
    assert "okänt" not in stored(drafting)["terms"][0]


def test_what_lies_too_deep_for_a_form_is_carried_along(drafting: Drafting) -> None:
    deep: dict[str, Any] = {"kind": "number", "value": "1"}
    for _level in range(50):
        deep = {"kind": "sum", "parts": [{"of": deep}]}
    begin(drafting, TERMS | {"terms": [TERMS["terms"][0] | {"measure": deep}]})
    page = on(drafting, "terms/1/")
    page.put("f.price.amount", "5")
    page.save()
    assert stored(drafting)["terms"][0]["measure"] == deep
    assert stored(drafting)["terms"][0]["price"]["amount"] == "5"


def test_rows_with_the_same_day_are_both_kept(drafting: Drafting) -> None:
    page = on(drafting, "terms/1/")
    for row, amount in enumerate(("1", "2")):
        page.act("add:f.price.from")
        page.put(f"f.price.from.{row}.key", "2027-07-01")
        page.put(f"f.price.from.{row}.value", amount)
    page.save()
    assert sorted(stored(drafting)["terms"][0]["price"]["from"].values()) == ["1", "2"]


def test_a_personal_identity_number_is_refused_and_not_repeated(drafting: Drafting) -> None:
    before = stored(drafting)
    page = on(drafting, "terms/1/")
    page.put("f.sv", "Anna 19900101-2385")
    page.put("f.price.amount", "500")
    response = page.save()
    assert response.status_code == 422
    assert "Det här ser ut som ett personnummer" in text_of(response)
    assert "19900101" not in text_of(response)
    assert page.value("f.price.amount") == "500"
    assert stored(drafting) == before


# --- Beside the form -------------------------------------------------------------------------------------------------


def check(drafting: Drafting, page: PlainBrowser, **more: str) -> str:
    """What htmx asks while somebody writes."""
    headers = {"HX-Request": "true", "HX-Target": "editor-live"}
    response = page.client.post(page.path, page.page.sent | more, headers=headers)
    assert response.status_code == 200
    return text_of(response)


def test_the_sentence_and_the_example_follow_what_is_written(drafting: Drafting) -> None:
    page = on(drafting, "terms/1/")
    page.put("f.price.amount", "7000")
    answer = check(drafting, page)
    assert "För varje godkänt anspråk på ”Närvaro minst 80 % i tre månader” betalas 7 000,00 kr." in answer
    assert "70 000,00 kr" in answer, "ten claims, unless somebody says otherwise"
    assert "21 000,00 kr" in check(drafting, page, **{"x.att3": "3"})
    assert stored(drafting)["terms"][0]["price"]["amount"] == "12000"


def test_a_check_never_saves_even_when_the_last_button_was_save(drafting: Drafting) -> None:
    page = on(drafting, "terms/1/")
    page.put("f.price.amount", "1")
    check(drafting, page, do="save")
    assert stored(drafting)["terms"][0]["price"]["amount"] == "12000"


def test_what_is_only_missing_is_listed_but_not_held_against_the_field(drafting: Drafting) -> None:
    page = on(drafting, "terms/3/")
    page.put("f.id", "t3")
    answer = check(drafting, page)
    assert '<a class="ds-link" href="#f-price-kind">Vad det är värt: Fyll i uppgiften.</a>' in answer
    assert re.search(r'id="f-price-problems" hx-swap-oob="true"></div>', answer)


def test_an_unfinished_draft_can_be_heard_item_by_item(drafting: Drafting) -> None:
    begin(drafting, {"metrics": TERMS["metrics"]})
    assert "Mäts för varje person." in text_of(on(drafting, "metrics/1/").response)
    broken = deepcopy(TERMS)
    broken["terms"][0]["price"]["amount"] = "x"
    begin(drafting, broken)
    page = on(drafting, "terms/2/")
    assert "betalas 18 000,00 kr" in text_of(page.response)
    assert "På andra ställen i utkastet återstår 1 sak." in text_of(page.response)


# --- The whole draft -------------------------------------------------------------------------------------------------


def test_items_are_moved_and_copied(drafting: Drafting) -> None:
    assert act(drafting, "down:metrics:1")["Location"].endswith("#metrics-2")
    assert [metric["id"] for metric in stored(drafting)["metrics"]] == ["att6", "att3", "well"]
    act(drafting, "up:metrics:2")
    assert act(drafting, "copy:terms:1")["Location"].endswith("#terms-2")
    assert [term["id"] for term in stored(drafting)["terms"]] == ["t1", "t1_2", "t2"]


def test_a_removal_can_be_undone_until_something_else_is_saved(drafting: Drafting) -> None:
    client = browser(drafting.world, "anna", "sv")
    before = stored(drafting)
    act(drafting, "remove:limits:1", client)
    act(drafting, "remove:limits:1", client)
    assert "limits" not in stored(drafting), "an empty list is left out"
    assert "Ångra" in text_of(client.get(address(drafting)))
    act(drafting, "undo", client)
    act(drafting, "remove:metrics:2", client)
    act(drafting, "undo", client)
    assert stored(drafting)["metrics"] == before["metrics"]
    act(drafting, "remove:metrics:2", client)
    act(drafting, "up:metrics:2", client)
    assert "Ångra" not in text_of(client.get(address(drafting)))
    assert act(drafting, "undo", client).status_code == 409


def test_an_empty_draft_says_where_to_begin(drafting: Drafting) -> None:
    begin(drafting, {})
    assert "Utkastet är tomt. Gör så här" in text_of(browser(drafting.world, "anna", "sv").get(address(drafting)))


@pytest.mark.parametrize("do", ["up:metrics:9", "remove:nonsense:1", "copy:metrics:x", "fly:metrics:1", "undo", ""])
def test_nonsense_changes_nothing(drafting: Drafting, do: str) -> None:
    before = stored(drafting)
    act(drafting, do)
    assert stored(drafting) == before


# --- Who, and who else -----------------------------------------------------------------------------------------------


def test_a_colleague_is_never_overwritten_and_both_are_kept(drafting: Drafting) -> None:
    page = on(drafting, "terms/1/")
    page.put("f.price.amount", "1")
    theirs = deepcopy(TERMS)
    theirs["terms"][0]["price"]["amount"] = "99"
    actions.edit_terms(
        actor=drafting.actor("anna"), contract=drafting.contract, terms=theirs, at=AT + timedelta(minutes=1)
    )
    response = page.save()
    assert response.status_code == 409
    assert stored(drafting)["terms"][0]["price"]["amount"] == "99"
    assert "&quot;amount&quot;: &quot;99&quot;" in response.content.decode()
    assert page.value("f.price.amount") == "1"
    assert page.save().status_code == 302, "saving once more is deliberate"
    assert stored(drafting)["terms"][0]["price"]["amount"] == "1"


def test_after_a_conflict_the_form_follows_its_item_to_its_new_place(drafting: Drafting) -> None:
    page = on(drafting, "terms/2/")
    page.put("f.price.amount", "1")
    act(drafting, "remove:terms:1")
    assert page.save().status_code == 409
    action = re.search(r'id="editor-form"[^>]*action="([^"]+)"', page.response.content.decode())
    assert action
    assert action[1].endswith("/terms/1/")
    page.path = action[1]
    page.save()
    assert [(term["id"], term["price"]["amount"]) for term in stored(drafting)["terms"]] == [("t2", "1")]


@pytest.mark.parametrize("place", ["", "allmant/", "terms/1/", "limits/9/"])
def test_only_a_case_officer_of_the_payer_edits(drafting: Drafting, place: str) -> None:
    before = stored(drafting)
    for who, status in {"charlie": 404, "signe": 403, "dag": 403}.items():
        client = browser(drafting.world, who)
        for response in (client.get(address(drafting, place)), client.post(address(drafting, place), {"do": "save"})):
            assert response.status_code == status
    assert stored(drafting) == before


def test_a_proposal_is_not_edited(drafting: Drafting) -> None:
    page = on(drafting, "terms/1/")
    drafting.propose()
    assert page.save().status_code == 409
    client = browser(drafting.world, "anna", "en")
    for place in ("", "allmant/", "terms/1/"):
        response = client.get(address(drafting, place))
        assert response.status_code == 200
        assert "is proposed and cannot be changed" in text_of(response)
        assert "editor-form" not in text_of(response)


def test_an_item_that_is_not_there_is_404(drafting: Drafting) -> None:
    client = browser(drafting.world, "anna")
    for place in ("terms/0/", "terms/4/", "currency/1/", "nonsense/1/"):
        assert client.get(address(drafting, place)).status_code == 404, place


def test_no_page_asks_the_database_more_for_more_items(drafting: Drafting) -> None:
    many = deepcopy(TERMS)
    many["terms"] = [TERMS["terms"][0] | {"id": f"t{number}"} for number in range(40)]
    begin(drafting, many)
    client = browser(drafting.world, "anna")
    for place in ("", "allmant/", "terms/7/"):
        with CaptureQueriesContext(connection) as queries:
            assert client.get(address(drafting, place)).status_code == 200
        assert len(queries) <= 15, place

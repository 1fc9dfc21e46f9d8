"""How a measure is made: scored, chosen, defined, approved by two, and brought into the terms."""

import re
from datetime import timedelta
from decimal import Decimal
from typing import Any

import pytest
from django.urls import reverse

from actors.models import AuditEvent
from actors.policies import NotAllowed, Refused
from contracts import actions
from contracts.actions import measures as acts
from contracts.measuring import CRITERIA_KEYS, disagreements, is_enough, missing_fields, scored, sheet_hash, with_metric
from contracts.models import Baseline, ChainLink, Contract, Measure, MeasureApproval
from contracts.queries.measures import MeasureState, organisations_of, state_of, states_of
from tests.contracts.conftest import AT, Drafting, browser, draft_in
from tests.world import World

LATE = AT + timedelta(minutes=1)
SHEET: dict[str, Any] = {
    "numerator": "Elever med minst 80 % närvaro tre månader i rad",
    "denominator": "Inskrivna elever",
    "unit": "personer",
    "source_system": "Närvarosystemet",
    "extraction": "Den femte dagen efter kvartalet",
    "missing": "Räknas som ej uppnått",
    "window": "Två år från inskrivningen",
    "window_months": 24,
    "weaknesses": "Lov räknas inte",
    "target": Decimal(40),
}


def url(name: str, contract: Contract, *args: Any) -> str:
    return reverse(f"contracts:{name}", args=[contract.code, *args])


def text_of(response: Any) -> str:
    return re.sub(r"\s+", " ", response.content.decode())


def fields_of(text: str) -> dict[str, str]:
    inputs = re.findall(r'<input[^>]*type="hidden"[^>]*>', text)
    found = [(re.search(r'name="(\w+)"', item), re.search(r'value="([^"]*)"', item)) for item in inputs]
    return {name[1]: value[1] for name, value in found if name and value}


@pytest.fixture
def measure(drafting: Drafting) -> Measure:
    return acts.add_measure(actor=drafting.actor("anna"), contract=drafting.contract, name_sv="Närvaro 80 %", at=AT)


@pytest.fixture
def whole(drafting: Drafting, measure: Measure) -> Measure:
    """Chosen for payment and completely defined."""
    anna = drafting.actor("anna")
    acts.choose_measure(actor=anna, measure=measure, use=Measure.Use.PAYMENT, at=AT)
    return acts.define_measure(actor=anna, measure=measure, changes=SHEET, at=AT)


def state(drafting: Drafting, measure: Measure) -> MeasureState:
    contract = drafting.refresh()
    return next(found for found in states_of(contract) if found.measure.pk == measure.pk)


def approve(drafting: Drafting, measure: Measure, who: str) -> MeasureApproval:
    return acts.approve_measure(
        actor=drafting.actor(who), measure=measure, sheet_hash=state(drafting, measure).hash, at=AT
    )


@pytest.mark.parametrize("language", ["sv", "en"])
@pytest.mark.parametrize(
    "name", ["measure_detail", "measure_define", "measure_score", "measure_metric", "measure_choose", "measure_approve"]
)
@pytest.mark.parametrize("who", ["anna", "signe", "rut"])
def test_every_page_opens_for_those_who_may(
    drafting: Drafting, whole: Measure, name: str, language: str, who: str
) -> None:
    needs = {"measure_choose": {"anna"}, "measure_approve": {"anna", "signe"}}.get(name, {"anna", "signe", "rut"})
    response = browser(drafting.world, who, language).get(url(name, drafting.contract, whole.pk))
    assert response.status_code == (200 if who in needs else 403), text_of(response)


@pytest.mark.parametrize("language", ["sv", "en"])
@pytest.mark.parametrize("name", ["measures", "measure_compare", "measure_add", "measure_adopt", "baselines"])
def test_every_list_opens_empty_and_filled(world: World, name: str, language: str) -> None:
    drafting = draft_in(world)
    client = browser(world, "anna", language)
    assert client.get(url(name, drafting.contract)).status_code == 200
    measure = acts.add_measure(actor=drafting.actor("anna"), contract=drafting.contract, name_sv="Närvaro", at=AT)
    acts.add_measure(actor=drafting.actor("anna"), contract=drafting.contract, name_sv="Mående", at=AT)
    acts.choose_measure(actor=drafting.actor("anna"), measure=measure, use=Measure.Use.GUARD, at=AT)
    assert client.get(url(name, drafting.contract)).status_code == 200


# --- What is pure ----------------------------------------------------------------------------------------------------


def test_the_sum_and_the_lowest_are_of_the_seven() -> None:
    found = scored({"validity": 5, "robustness": 1, "power": 3, "unknown": 5, "cost": 9, "legal": True})
    assert (found.total, found.lowest, found.weakest, found.is_weak) == (9, 1, ("robustness",), True)
    assert len(found.unanswered) == len(CRITERIA_KEYS) - 3
    nothing = scored({})
    assert (nothing.total, nothing.lowest, nothing.is_weak) == (0, None, False)


def test_what_is_paid_for_needs_a_target() -> None:
    sheet = SHEET | {"name_sv": "Närvaro", "target": None}
    assert missing_fields(sheet, is_paid_for=True) == ("target",)
    assert missing_fields(sheet, is_paid_for=False) == ()
    assert missing_fields(sheet | {"missing": "  "}, is_paid_for=False) == ("missing",)


def test_equal_numbers_have_one_hash() -> None:
    one = sheet_hash("m", "payment", SHEET | {"target": Decimal("0.5")}, None)
    assert one == sheet_hash("m", "payment", SHEET | {"target": Decimal("0.500000")}, None)
    assert one != sheet_hash("m", "guard", SHEET | {"target": Decimal("0.5")}, None)
    assert one != sheet_hash("m", "payment", SHEET | {"target": Decimal("0.5")}, {"value": Decimal(1)})
    assert one != sheet_hash("m", "payment", SHEET | {"target": Decimal("0.5"), "name_sv": "X"}, None)


@pytest.mark.parametrize(
    ("approvals", "organisations", "enough"),
    [
        ([(1, 1)], [1], False),
        ([(1, 1), (2, 1)], [1], True),
        ([(1, 1), (1, 1)], [1], False),
        ([(1, 1), (2, 1)], [1, 2], False),
        ([(1, 1), (2, 2)], [1, 2], True),
        ([(1, 1), (2, 1), (3, 2)], [1, 2, 3], True),
        ([], [], False),
    ],
)
def test_two_persons_of_two_organisations_once_there_are_two(
    approvals: list[tuple[int, int]], organisations: list[int], enough: bool
) -> None:
    assert is_enough(approvals, organisations) is enough


def test_a_metric_keeps_what_the_measure_says_nothing_of() -> None:
    terms = {"currency": "SEK", "metrics": [{"id": "a", "sv": "Förr", "after": "b"}, {"id": "b"}]}
    written = with_metric(terms, {"id": "a", "sv": "Nu", "role": "guard", "unit": None})
    assert written == {
        "currency": "SEK",
        "metrics": [{"id": "a", "sv": "Nu", "after": "b", "role": "guard"}, {"id": "b"}],
    }
    assert with_metric({"metrics": "nonsense"}, {"id": "c"}) == {"metrics": [{"id": "c"}]}
    assert terms["metrics"][0] == {"id": "a", "sv": "Förr", "after": "b"}, "the document that was read stays as it was"


def test_sheet_and_terms_disagree_about_what_both_say() -> None:
    sheet = {"name_sv": "Närvaro", "name_en": "", "window_months": 24}
    assert disagreements(sheet, "payment", {"sv": "Närvaro"}) == ()
    wrong = {"sv": "Annat", "role": "guard", "window": {"from": "enrolment", "months": 12}}
    assert disagreements(sheet, "payment", wrong) == ("name_sv", "use", "window_months")


# --- The long list ---------------------------------------------------------------------------------------------------


def test_a_measure_is_named_after_itself_and_once(drafting: Drafting) -> None:
    anna = drafting.actor("anna")
    keys = [
        acts.add_measure(actor=anna, contract=drafting.contract, name_sv=name, at=AT).key
        for name in ("Närvaro 80 %", "Närvaro 80 %", "3 månader", "!")
    ]
    assert keys == ["narvaro_80", "narvaro_80_2", "m_3_manader", "matt"]
    with pytest.raises(Refused, match="narvaro_80"):
        acts.add_measure(actor=anna, contract=drafting.contract, name_sv="X", key="narvaro_80", at=AT)


def test_an_indicator_of_the_library_comes_with_its_definition(drafting: Drafting) -> None:
    from library.models import Indicator

    indicator = Indicator.objects.create(
        key="narvaro",
        name_sv="Närvaro",
        name_en="Attendance",
        area="school",
        certainty="assumed",
        sheet={"sv": {"numerator": "Elever"}, "en": {"numerator": "Pupils"}},
    )
    client, path = browser(drafting.world, "anna"), url("measure_adopt", drafting.contract)
    assert client.post(path, {"indicator": "narvaro"}).status_code == 302
    measure = Measure.objects.get(contract=drafting.contract)
    assert measure.indicator == indicator
    assert measure.numerator in {"Elever", "Pupils"}
    assert "Among the measures" in text_of(client.get(path))
    assert client.post(path, {"indicator": "narvaro"}).status_code == 409
    assert client.post(path, {"indicator": "nonsense"}).status_code == 404


def test_scores_are_compared_with_sum_and_lowest(drafting: Drafting, measure: Measure) -> None:
    client = browser(drafting.world, "anna")
    sent = dict.fromkeys(CRITERIA_KEYS, "4") | {"robustness": "1", "score_note": "Kan fuskas"}
    assert client.post(url("measure_score", drafting.contract, measure.pk), sent).status_code == 302
    page = text_of(client.get(url("measure_compare", drafting.contract)))
    assert '<td class="number">25</td>' in page
    assert "(weak)" in page
    assert "Kan fuskas" in page
    assert client.post(url("measure_score", drafting.contract, measure.pk), {"validity": "6"}).status_code == 422


def test_a_measure_is_dropped_with_a_reason_and_may_come_back(drafting: Drafting, measure: Measure) -> None:
    client, path = browser(drafting.world, "anna"), url("measure_choose", drafting.contract, measure.pk)
    assert client.post(path, {"choice": "leave", "reason": " "}).status_code == 422
    assert client.post(path, {"choice": "leave", "reason": "Kan fuskas"}).status_code == 302
    measure.refresh_from_db()
    assert (measure.status, measure.use, measure.reason) == ("dropped", "", "Kan fuskas")
    assert "Kan fuskas" in text_of(client.get(url("measures", drafting.contract)))
    assert client.post(path, {"choice": "relist"}).status_code == 302
    measure.refresh_from_db()
    assert (measure.status, measure.reason) == ("candidate", "")
    assert client.post(path, {"choice": "guard"}).status_code == 302
    measure.refresh_from_db()
    assert (measure.status, measure.use) == ("chosen", "guard")


@pytest.mark.parametrize("who", ["signe", "rut", "ines"])
def test_who_does_not_design_changes_no_measure(drafting: Drafting, measure: Measure, who: str) -> None:
    client = browser(drafting.world, who)
    sent = {"name_sv": "X", "key": "x", "suppression_threshold": "5"}
    assert client.post(url("measure_define", drafting.contract, measure.pk), sent).status_code == 403
    assert client.post(url("measure_score", drafting.contract, measure.pk), {"validity": "1"}).status_code == 403
    assert client.post(url("measure_choose", drafting.contract, measure.pk), {"choice": "guard"}).status_code == 403
    with pytest.raises(NotAllowed):
        acts.add_measure(actor=drafting.actor(who), contract=drafting.contract, name_sv="X", at=AT)


def test_a_measure_of_another_contract_is_not_there(drafting: Drafting) -> None:
    other = Measure.objects.create(contract=drafting.world.contract, key="x", name_sv="Annans")
    client = browser(drafting.world, "anna")
    assert client.get(url("measure_detail", drafting.contract, other.pk)).status_code == 404


# --- The definition and its approvals --------------------------------------------------------------------------------


def test_what_the_definition_lacks_is_listed_with_the_way_to_it(drafting: Drafting, measure: Measure) -> None:
    acts.choose_measure(actor=drafting.actor("anna"), measure=measure, use=Measure.Use.PAYMENT, at=AT)
    page = text_of(browser(drafting.world, "anna").get(url("measure_detail", drafting.contract, measure.pk)))
    path = url("measure_define", drafting.contract, measure.pk)
    for name in ("numerator", "denominator", "source_system", "missing", "window", "target"):
        assert f'href="{path}#id_{name}"' in page
    assert "It can be approved when the definition is complete." in page


def test_two_of_different_organisations_freeze_it(drafting: Drafting, whole: Measure) -> None:
    approve(drafting, whole, "anna")
    approve(drafting, whole, "dag")
    found = state(drafting, whole)
    assert not found.is_frozen, "two of the same organisation are not enough once there is another"
    assert found.awaits == 1
    approve(drafting, whole, "signe")
    found = state(drafting, whole)
    assert found.is_frozen
    assert found.awaits == 0
    assert AuditEvent.objects.filter(event="contracts.approve_measure").count() == 3


def test_without_other_parties_two_of_ones_own_are_enough(world: World) -> None:
    from datetime import date

    anna = world.actors["anna"]
    contract = actions.draft_contract(
        actor=anna, name="Nytt", starts_on=date(2027, 1, 1), ends_on=date(2029, 1, 1), at=AT
    )
    measure = acts.add_measure(actor=anna, contract=contract, name_sv="Närvaro", at=AT)
    acts.choose_measure(actor=anna, measure=measure, use=Measure.Use.GUARD, at=AT)
    acts.define_measure(actor=anna, measure=measure, changes=SHEET, at=AT)
    for who in ("anna", "dag"):
        found = state_of(Measure.objects.get(pk=measure.pk), organisations_of(contract))
        assert not found.is_frozen
        acts.approve_measure(actor=world.actors[who], measure=measure, sheet_hash=found.hash, at=AT)
    assert state_of(Measure.objects.get(pk=measure.pk), organisations_of(contract)).is_frozen


def test_nobody_approves_twice_or_what_is_not_complete(drafting: Drafting, whole: Measure, measure: Measure) -> None:
    approve(drafting, whole, "anna")
    with pytest.raises(Refused, match="already approved"):
        approve(drafting, whole, "anna")
    acts.define_measure(actor=drafting.actor("anna"), measure=whole, changes={"missing": ""}, at=LATE)
    with pytest.raises(Refused, match="when data are missing"):
        approve(drafting, whole, "dag")
    acts.relist_measure(actor=drafting.actor("anna"), measure=whole, at=LATE)
    with pytest.raises(Refused, match="chosen"):
        approve(drafting, whole, "dag")


def test_a_change_leaves_the_approvals_behind_and_says_so_first(drafting: Drafting, whole: Measure) -> None:
    for who in ("anna", "signe"):
        approve(drafting, whole, who)
    client, path = browser(drafting.world, "anna"), url("measure_define", drafting.contract, whole.pk)
    page = text_of(client.get(path))
    assert "The definition is frozen" in page
    assert "their approvals no longer count" in page
    assert "Save and let the approvals go" in page
    acts.define_measure(actor=drafting.actor("anna"), measure=whole, changes={"target": Decimal(50)}, at=LATE)
    found = state(drafting, whole)
    assert (found.is_frozen, found.is_stale, len(found.approvals), len(found.earlier)) == (False, True, 0, 2)
    assert AuditEvent.objects.filter(event="contracts.define_measure").latest("at").data["approvals_lost"] == 2
    acts.define_measure(actor=drafting.actor("anna"), measure=whole, changes={"target": Decimal(40)}, at=LATE)
    assert state(drafting, whole).is_frozen, "what they approved is exactly what stands there again"


def test_use_and_baseline_are_part_of_what_is_approved(drafting: Drafting, whole: Measure) -> None:
    for who in ("anna", "signe"):
        approve(drafting, whole, who)
    Baseline.objects.create(measure=whole, method=Baseline.Method.OWN_PERIOD, description="Förra läsåret")
    assert not state(drafting, whole).is_frozen
    Baseline.objects.all().delete()
    acts.choose_measure(actor=drafting.actor("anna"), measure=whole, use=Measure.Use.FOLLOW_UP, at=LATE)
    assert not state(drafting, whole).is_frozen


def test_scores_and_place_in_the_chain_are_not(drafting: Drafting, whole: Measure) -> None:
    for who in ("anna", "signe"):
        approve(drafting, whole, who)
    anna = drafting.actor("anna")
    row = ChainLink.objects.create(contract=drafting.contract, link="effect", text="A")
    acts.define_measure(actor=anna, measure=whole, changes={"link": row}, at=LATE)
    acts.score_measure(actor=anna, measure=whole, scores={"validity": 3}, note="", at=LATE)
    assert state(drafting, whole).is_frozen


def test_what_was_changed_after_it_was_shown_is_not_approved(drafting: Drafting, whole: Measure) -> None:
    client, path = browser(drafting.world, "signe"), url("measure_approve", drafting.contract, whole.pk)
    sent = fields_of(client.get(path).content.decode())
    acts.define_measure(actor=drafting.actor("anna"), measure=whole, changes={"weaknesses": "Fler"}, at=LATE)
    response = client.post(path, sent)
    assert response.status_code == 409
    assert "has been changed since you opened it" in text_of(response)
    assert not MeasureApproval.objects.exists()
    assert client.post(path, fields_of(client.get(path).content.decode())).status_code == 302
    assert MeasureApproval.objects.get().user == drafting.world.users["signe"]


@pytest.mark.parametrize("who", ["rut", "stina"])
def test_who_does_not_negotiate_does_not_approve(drafting: Drafting, whole: Measure, who: str) -> None:
    with pytest.raises(NotAllowed):
        approve(drafting, whole, who)


def test_nothing_is_changed_or_approved_while_the_parties_read(drafting: Drafting, whole: Measure) -> None:
    drafting.propose()
    with pytest.raises(Refused, match="before the parties"):
        acts.define_measure(actor=drafting.actor("anna"), measure=whole, changes={"unit": "x"}, at=LATE)
    with pytest.raises(Refused, match="before the parties"):
        approve(drafting, whole, "signe")


# --- The metric of the terms -----------------------------------------------------------------------------------------


def test_a_chosen_measure_becomes_a_metric_and_the_terms_say_so(drafting: Drafting, whole: Measure) -> None:
    client, path = browser(drafting.world, "anna"), url("measure_metric", drafting.contract, whole.pk)
    page = client.get(path)
    assert "Write it into the terms" in text_of(page)
    sent = fields_of(page.content.decode()) | {"level": "person", "unit": "claim"}
    assert client.post(path, sent).status_code == 302
    metric = next(m for m in drafting.version.terms["metrics"] if m["id"] == whole.key)
    assert metric == {
        "id": whole.key,
        "level": "person",
        "role": "payment",
        "unit": "claim",
        "sv": "Närvaro 80 %",
        "window": {"from": "enrolment", "months": "24"},
    }
    assert "says the same" in text_of(client.get(url("measure_detail", drafting.contract, whole.pk)))


def test_where_they_disagree_it_is_shown_and_brought_into_line(drafting: Drafting, whole: Measure) -> None:
    anna = drafting.actor("anna")
    acts.make_metric(actor=anna, measure=whole, level="person", unit="claim", direction="up", missing="", at=AT)
    acts.define_measure(actor=anna, measure=whole, changes={"window_months": 36, "name_sv": "Närvaro 90 %"}, at=LATE)
    page = text_of(browser(drafting.world, "vera").get(url("measure_detail", drafting.contract, whole.pk)))
    assert "disagree about: name in Swedish, window in months" in page
    acts.make_metric(actor=anna, measure=whole, level="person", unit="", direction="", missing="", at=LATE)
    metric = next(m for m in drafting.version.terms["metrics"] if m["id"] == whole.key)
    assert (metric["sv"], int(metric["window"]["months"]), metric["unit"], metric["direction"]) == (
        "Närvaro 90 %",
        36,
        "claim",
        "up",
    )


def test_who_saved_the_terms_meanwhile_is_not_overwritten(drafting: Drafting, whole: Measure) -> None:
    client, path = browser(drafting.world, "anna"), url("measure_metric", drafting.contract, whole.pk)
    sent = fields_of(client.get(path).content.decode()) | {"level": "person"}
    actions.edit_terms(actor=drafting.actor("anna"), contract=drafting.contract, terms={"currency": "SEK"}, at=LATE)
    response = client.post(path, sent)
    assert response.status_code == 409
    assert drafting.version.terms == {"currency": "SEK"}
    assert client.post(path, sent | fields_of(response.content.decode())).status_code == 302
    assert drafting.version.terms["metrics"][0]["id"] == whole.key


def test_only_the_payer_writes_in_the_terms(drafting: Drafting, whole: Measure) -> None:
    response = browser(drafting.world, "signe").post(
        url("measure_metric", drafting.contract, whole.pk), {"level": "person", "seen_at": AT.isoformat()}
    )
    assert response.status_code == 403


def test_only_a_chosen_measure_is_written_there(drafting: Drafting, measure: Measure) -> None:
    with pytest.raises(Refused, match="chosen"):
        acts.make_metric(
            actor=drafting.actor("anna"), measure=measure, level="person", unit="", direction="", missing="", at=AT
        )


@pytest.mark.parametrize("bad", ["a\x00b", "9" * 5_000, "9999-12-31", ""])
def test_nonsense_is_answered(drafting: Drafting, whole: Measure, bad: str) -> None:
    client = browser(drafting.world, "anna")
    row = ChainLink.objects.create(contract=drafting.contract, link="effect", text="A")
    names = [*SHEET, "name_sv", "name_en", "key", "link", "text", "grounds", "need", "inclusion", "indicator", "seen"]
    names += ["expected_participants", "suppression_threshold", "choice", "reason", "level", "seen_at", "sheet_hash"]
    sent = dict.fromkeys([*names, *CRITERIA_KEYS], bad)
    pages = ["measure_define", "measure_score", "measure_choose", "measure_approve", "measure_metric"]
    paths = [url(name, drafting.contract, whole.pk) for name in pages]
    paths += [url(name, drafting.contract) for name in ("measure_add", "measure_adopt", "design_need", "chain_add")]
    paths += [url("design_target_group", drafting.contract), url("chain_change", drafting.contract, row.pk)]
    for path in paths:
        assert client.post(path, sent).status_code in {302, 404, 409, 422}, path
    asked = client.get(url("measure_adopt", drafting.contract), {"q": bad[:300], "area": "x", "page": "x"})
    assert asked.status_code in {200, 404}

"""Who pays and who gains: every budget by itself, with what is missing told and never guessed."""

import csv
import io
import xml.etree.ElementTree as ET
from decimal import Decimal
from fractions import Fraction
from typing import Any

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from actors.policies import NotAllowed, Refused
from contracts import actions
from contracts.actions.assumptions import change_benefit, remove_assumption, remove_benefit
from contracts.models import Benefit
from contracts.queries.calculation import Budget, calculation_of
from contracts.queries.register import register_of
from library.models import UnitCost
from tests.contracts.calculating import NUMBERS, add, fill, state, state_all
from tests.contracts.conftest import AT, Drafting, browser

OTHER = "The municipality, no board named"


def page(drafting: Drafting, name: str = "calculation", *more: Any, who: str = "anna", language: str = "en") -> Any:
    address = reverse(f"contracts:{name}", args=[drafting.contract.code, *more])
    return browser(drafting.world, who, language).get(address)


def post(drafting: Drafting, name: str, data: dict[str, Any], *more: int, who: str = "anna") -> Any:
    return browser(drafting.world, who).post(reverse(f"contracts:{name}", args=[drafting.contract.code, *more]), data)


def budgets(drafting: Drafting) -> dict[str, Budget]:
    return {budget.label: budget for budget in calculation_of(drafting.refresh()).budgets}


# --- The numbers -----------------------------------------------------------------------------------------------------


def test_every_board_is_a_budget_of_its_own(drafting: Drafting) -> None:
    fill(drafting)
    found = budgets(drafting)
    assert list(found) == ["Socialnämnden", "Utbildningsnämnden", OTHER, "The region"]
    assert [budget.pays for budget in found.values()] == [True, True, False, False]
    # 40 pupils × 50 % × 30 lessons × 1,500 kr × 60 %
    assert [*map(int, found[OTHER].account.gross)] == [540_000, 540_000, 540_000, 0, 0]
    assert [*map(int, found["The region"].account.gross)] == [0, 256_000, 256_000, 0, 0]
    paid = {name: sum(budget.account.payments, Fraction(0)) for name, budget in found.items()}
    # 20 reach three months (12,000 kr), 16 of them six (at most 25,000 kr a person): 60 and 40 per cent
    assert float(sum(paid.values())) == pytest.approx(20 * 12_000 + 16 * 13_000, rel=0.05)
    assert float(paid["Utbildningsnämnden"]) == pytest.approx(1.5 * float(paid["Socialnämnden"]))


def test_a_gain_in_the_payers_own_pocket_is_set_against_its_payments(drafting: Drafting) -> None:
    state_all(drafting)
    board = drafting.contract.parties.get(key="utbildningsnamnden").board
    add(drafting, board=board)
    found = budgets(drafting)
    assert list(found) == ["Socialnämnden", "Utbildningsnämnden"]
    education, social = found["Utbildningsnämnden"], found["Socialnämnden"]
    assert education.within(5) > 0 > social.within(5)
    assert education.break_even is not None
    assert education.break_even.answer == "always"
    assert social.break_even is not None
    assert social.break_even.answer == "never"


def test_own_costs_are_borne_whatever_is_reached_so_a_share_breaks_even(drafting: Drafting) -> None:
    state_all(drafting)
    board = drafting.contract.parties.get(key="utbildningsnamnden").board
    add(drafting, board=board)
    state(drafting, "own.posts", "-1", unit="posts")
    state(drafting, "own.post", "300000", unit="amount")
    add(drafting, board=board, label="En samordnare", metric="", volume="own.posts", unit_cost="own.post",
        attribution="", years=1)  # fmt: skip
    education = budgets(drafting)["Utbildningsnämnden"]
    assert education.account.costs[0] == 300_000
    found = education.break_even
    assert found is not None
    assert found.answer == "from"
    assert found.share is not None
    whole = education.within(5) + 300_000  # gains less payments when all is reached; both follow the share
    assert float(found.share) == pytest.approx(300_000 / float(whole), rel=0.03)


def test_without_rates_nothing_is_discounted_and_it_is_said(drafting: Drafting) -> None:
    state_all(drafting)
    add(drafting)
    for key in ("discount_rate", "price_index"):
        remove_assumption(actor=drafting.actor("anna"), contract=drafting.contract, key=key, at=AT)
    found = calculation_of(drafting.refresh())
    assert {one.key for one in found.missing} == {"discount_rate", "price_index"}
    assert {budget.label: budget for budget in found.budgets}[OTHER].within(5) == 3 * 540_000


def test_what_the_terms_lack_leaves_the_gains_standing(drafting: Drafting) -> None:
    state_all(drafting)
    add(drafting, metric="", attribution="")
    anna = drafting.actor("anna")
    remove_assumption(actor=anna, contract=drafting.contract, key="outcome.att6.months", at=AT)
    found = calculation_of(drafting.refresh())
    assert found.payments is None
    assert [budget.label for budget in found.budgets] == [OTHER]
    assert "outcome.att6.months" in {one.key for one in found.missing}
    assert "cannot be reckoned yet" in page(drafting).content.decode()


@pytest.mark.parametrize(
    ("metric", "text"), [("gone", "no metric"), ("well", "not counted in persons"), ("att3", "not stated how many")]
)
def test_a_benefit_that_cannot_be_reckoned_says_what_it_lacks(drafting: Drafting, metric: str, text: str) -> None:
    for key in ("own.lessons", "own.lesson", "own.due"):
        label, unit, value, _low, _high = NUMBERS[key]
        state(drafting, key, value, label=label, unit=unit)
    add(drafting, metric=metric)
    (line,) = calculation_of(drafting.refresh()).lines
    assert line.yearly is None
    assert text in line.lacks[0]
    assert text in page(drafting).content.decode()


def test_payments_of_measured_values_follow_the_share_in_a_straight_line(drafting: Drafting) -> None:
    terms = drafting.version.terms
    paid = {"id": "t3", "measure": {"kind": "value", "metric": "well"}, "price": {"kind": "unit", "amount": "100.00"}}
    problems = actions.edit_terms(
        actor=drafting.actor("anna"),
        contract=drafting.contract,
        terms=terms | {"terms": [*terms["terms"], paid]},
        at=AT,
    )
    assert problems == []
    fill(drafting)
    state(drafting, "value.well", "3", unit="value")
    found = calculation_of(drafting.refresh())
    assert found.is_proportional
    assert found.together is not None
    assert "straight line" in page(drafting).content.decode()


# --- The page --------------------------------------------------------------------------------------------------------


def test_an_empty_calculation_says_what_is_missing_with_a_way_there(drafting: Drafting) -> None:
    text = page(drafting).content.decode()
    assert "What is missing" in text
    assert "?key=discount_rate" in text
    assert "No benefits yet" in text


def test_the_answer_comes_first_in_words(drafting: Drafting) -> None:
    fill(drafting)
    text = page(drafting).content.decode()
    assert "The municipality, no board named gains 1.6 million kronor" in text
    assert "The municipality in all: the gains cover the payments however many outcomes are reached." in text
    assert text.index("in 5 years.") < text.index("Budget by budget")
    assert "Socialnämnden loses" in text
    swedish = page(drafting, language="sv").content.decode()
    assert "Kommunen i allt vinner 1,2 miljoner kronor på 5 år." in swedish


def test_the_page_keeps_to_its_queries_and_is_quick(drafting: Drafting) -> None:
    fill(drafting)
    for number in range(10):
        add(drafting, label=f"Nytta {number}")
    client = browser(drafting.world, "anna")
    with CaptureQueriesContext(connection) as queries:
        assert client.get(reverse("contracts:calculation", args=[drafting.contract.code])).status_code == 200
    assert len(queries) <= 15


@pytest.mark.parametrize(("who", "may_change"), [("anna", True), ("vera", True), ("signe", False), ("ines", False)])
def test_every_party_reads_the_calculation(drafting: Drafting, who: str, may_change: bool) -> None:
    fill(drafting)
    answer = page(drafting, who=who)
    assert answer.status_code == 200
    pk = Benefit.objects.earliest("pk").pk
    href = reverse("contracts:benefit_change", args=[drafting.contract.code, pk])
    assert (href in answer.content.decode()) == may_change


def test_who_may_not_design_cannot_add_benefits(drafting: Drafting) -> None:
    fill(drafting)
    assert page(drafting, "benefit_add", who="ines").status_code == 403
    with pytest.raises(NotAllowed):
        remove_benefit(actor=drafting.actor("ines"), benefit=Benefit.objects.earliest("pk"), at=AT)


def test_the_file_holds_every_budget_and_line(drafting: Drafting) -> None:
    fill(drafting)
    text = page(drafting, "calculation_csv", language="sv").content.decode("utf-8-sig")
    rows = list(csv.reader(io.StringIO(text), delimiter=";"))
    assert rows[0][:3] == ["Budget", "Rad", "År 1"]
    gains = next(row for row in rows if row[:2] == ["Kommunen, ingen nämnd angiven", "Nytta"])
    assert gains[2:5] == ["540000", "550800", "561816"]
    assert any(row[0] == "Socialnämnden" and row[2].startswith("-") for row in rows)


@pytest.mark.parametrize("name", ["calculation_waterfall", "calculation_cumulative"])
@pytest.mark.parametrize("width", ["", "smal"])
def test_charts_are_drawn_by_addresses_of_their_own(drafting: Drafting, name: str, width: str) -> None:
    fill(drafting)
    address = reverse(f"contracts:{name}", args=[drafting.contract.code])
    answer = browser(drafting.world, "anna", "sv").get(address, {"bredd": width})
    assert answer["Content-Type"] == "image/svg+xml"
    root = ET.fromstring(answer.content)  # noqa: S314 – our own
    assert "Kommunen i allt vinner" in (root.findtext("{http://www.w3.org/2000/svg}desc") or "")
    assert browser(drafting.world, "charlie").get(address).status_code == 404


def test_charts_of_nothing_are_drawn_too(drafting: Drafting) -> None:
    for name in ("calculation_waterfall", "calculation_cumulative"):
        assert page(drafting, name).status_code == 200


# --- Benefits --------------------------------------------------------------------------------------------------------

WRITTEN = {
    "holder": "municipality",
    "board": "",
    "label": "Färre dygn på HVB",
    "metric": "att3",
    "volume": "new",
    "volume_value": "12,5",
    "volume_unit": "dygn",
    "unit_cost": "new",
    "unit_cost_value": "5 000",
    "attribution": "new",
    "attribution_value": "60",
    "from_year": "1",
    "years": "2",
}


def test_a_benefit_is_written_with_its_numbers_in_one_go(drafting: Drafting) -> None:
    assert post(drafting, "benefit_add", WRITTEN).status_code == 302
    benefit = Benefit.objects.select_related("volume", "unit_cost", "attribution").get()
    register = register_of(drafting.contract)
    assert register[benefit.volume.key].value == Decimal("12.5")
    assert register[benefit.volume.key].unit == "dygn"
    assert register[benefit.unit_cost.key].unit == "amount"
    assert benefit.attribution is not None
    assert register[benefit.attribution.key].value == Decimal("0.6")
    assert register[benefit.volume.key].lacks_source


def test_a_number_that_is_to_be_new_must_be_written(drafting: Drafting) -> None:
    answer = post(drafting, "benefit_add", WRITTEN | {"volume_value": "", "attribution_value": "160"})
    assert answer.status_code == 422
    assert {"volume_value", "attribution_value"} <= set(answer.context["form"].errors)
    assert not Benefit.objects.exists()
    assert register_of(drafting.contract) == {}


def test_a_unit_cost_from_the_library_brings_its_source_and_certainty(drafting: Drafting) -> None:
    cost = UnitCost.objects.create(
        key="hvb-test",
        name_sv="HVB",
        name_en="Residential care",
        area="placements",
        certainty="uncertain",
        sources=[{"text": "SKL 2015", "url": "https://skl.example/hvb", "certainty": "published"}],
        amount=Decimal("5200.00"),
        unit_sv="dygn",
        unit_en="day",
        holder="municipality",
        price_year=2015,
    )
    data = WRITTEN | {"unit_cost": "shelf:hvb-test", "attribution": ""}
    assert post(drafting, "benefit_add", data).status_code == 302
    entry = register_of(drafting.contract)["own.cost.hvb-test"]
    assert entry.value == Decimal(5200)
    assert "SKL 2015" in entry.revision.source
    assert "2015" in entry.revision.source
    assert entry.revision.source_url == "https://skl.example/hvb"
    assert entry.certainty == "uncertain"
    assert Benefit.objects.get().shelf_cost == cost
    assert post(drafting, "benefit_add", data | {"label": "Andra dygn"}).status_code == 302
    assert register_of(drafting.contract)["own.cost.hvb-test"].number == 1


def test_a_benefit_is_changed_and_removed(drafting: Drafting) -> None:
    state_all(drafting)
    benefit = add(drafting)
    assert page(drafting, "benefit_change", benefit.pk).context["form"]["volume"].value() == "own.lessons"
    data = WRITTEN | {"volume": "own.lessons", "unit_cost": "own.lesson", "attribution": "own.due", "years": "4"}
    assert post(drafting, "benefit_change", data, benefit.pk).status_code == 302
    assert Benefit.objects.get().years == 4
    assert page(drafting, "benefit_remove", benefit.pk).status_code == 200
    assert post(drafting, "benefit_remove", {}, benefit.pk).status_code == 302
    assert not Benefit.objects.exists()
    assert "own.lessons" in register_of(drafting.contract)


def test_a_benefit_rests_on_the_register_only(drafting: Drafting) -> None:
    state_all(drafting)
    with pytest.raises(Refused, match=r"no assumption «own\.none»"):
        add(drafting, volume="own.none")
    benefit = add(drafting)
    outside = drafting.world.organisations["utanfor"].boards.create(name="Utanförnämnden")
    with pytest.raises(Refused, match="belongs to nobody"):
        change_benefit(
            actor=drafting.actor("anna"),
            benefit=benefit,
            holder="municipality",
            label="X",
            volume="own.lessons",
            unit_cost="own.lesson",
            board=outside,
            at=AT,
        )


def test_a_benefit_of_another_contract_is_not_found(drafting: Drafting) -> None:
    state_all(drafting)
    benefit = add(drafting)
    address = reverse("contracts:benefit_change", args=[drafting.world.contract.code, benefit.pk])
    assert browser(drafting.world, "anna").get(address).status_code == 404


# --- Horizon and savings return --------------------------------------------------------------------------------------


def test_the_horizon_and_the_savings_return_are_agreed_here(drafting: Drafting) -> None:
    fill(drafting)
    seen = page(drafting, "calculation_frame").context["form"]["seen"].value()
    text = "Utbildningsnämnden återför hälften till fonden."
    data = {"horizon_years": "8", "savings_return": text, "seen": seen}
    assert post(drafting, "calculation_frame", data).status_code == 302
    shown = page(drafting).content.decode()
    assert text in shown
    assert "8 years" in shown
    assert "Year 8" in shown
    late = data | {"horizon_years": "9"}
    assert post(drafting, "calculation_frame", late).status_code == 409

"""The shelf that comes with the product: complete, in two languages, with a source for everything, and ready to use."""

from __future__ import annotations

import json
import shutil
from copy import deepcopy
from datetime import date
from decimal import Decimal
from io import StringIO
from pathlib import Path
from typing import Any

import pytest
from django.core.management import CommandError, call_command

from actors.roles import Role
from contracts.actions.adopt import draft_from_template
from contracts.actions.readiness import problems_before_proposing
from contracts.models import Contract, ContractParty, ContractVersion
from contracts.queries.register import asked_of, gaps_of, register_of
from contracts.queries.register import figures_of as figures_in
from library.documents import DESIGN_TEXTS, check_document, figures_of, shifted
from library.management.commands.load_shelf import (
    SHELF,
    guides_of,
    indicators_of,
    load,
    read,
    templates_of,
    unit_costs_of,
)
from library.models import ContractTemplate, Guide, Indicator, TemplateStatusChange, UnitCost
from library.sheets import SHEET_KEYS, gaps_in
from library.states import UNSURE, Area, BudgetHolder, Certainty, ShelfStatus
from rulebook import Terms, clauses, parse_terms
from rulebook.forecast import expected_outcomes, forecast, slots
from rulebook.problems import Language
from rulebook.simulate import parse_assumptions, simulate
from tests.world import NOW, World

TEMPLATES = templates_of()
BY_KEY = {template["key"]: template for template in TEMPLATES}
INDICATORS = {row["key"] for row in indicators_of()}
COSTS = {row["key"]: row for row in unit_costs_of()}
STEPS = [
    "need", "target_group", "chain", "indicators", "baseline", "payment", "calculation", "parties", "decision",
    "agreement",
]  # fmt: skip

each_template = pytest.mark.parametrize("template", TEMPLATES, ids=lambda template: template["key"])
each_thing = pytest.mark.parametrize(
    "row", [*indicators_of(), *unit_costs_of(), *guides_of(), *TEMPLATES], ids=lambda row: row["key"]
)


def document_of(template: dict[str, Any]) -> dict[str, Any]:
    """The document as the database keeps it."""
    return dict(json.loads(json.dumps(template["document"])))


def terms_of(template: dict[str, Any]) -> Terms:
    terms, problems = parse_terms(document_of(template)["terms"])
    assert terms is not None, problems
    return terms


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """A shelf of the test's own."""
    return Path(shutil.copytree(SHELF, tmp_path / "shelf"))


# --- everything on it ----------------------------------------------------------------------------------------------


@each_thing
def test_everything_is_named_in_both_languages_with_an_area_and_sources(row: dict[str, Any]) -> None:
    assert row["name_sv"]
    assert row["name_en"]
    assert row["area"] in Area.values
    assert row["certainty"] in Certainty.values
    assert row["sources"]
    for source in row["sources"]:
        assert source["text"]
        assert source["certainty"] in Certainty.values
        assert source["url"] or source["certainty"] != Certainty.PUBLISHED, f"{source['text']} has no address"


def test_no_key_is_used_twice() -> None:
    for rows in (indicators_of(), unit_costs_of(), guides_of(), TEMPLATES):
        keys = [row["key"] for row in rows]
        assert len(keys) == len(set(keys))


def test_the_shelf_is_well_stocked() -> None:
    assert len(TEMPLATES) >= 7
    assert len(INDICATORS) >= 25
    assert len(COSTS) >= 30


@pytest.mark.parametrize("row", indicators_of(), ids=lambda row: row["key"])
def test_every_indicator_says_everything_in_both_languages(row: dict[str, Any]) -> None:
    assert gaps_in(row["sheet"]) == []
    assert set(row["sheet"]["sv"]) == set(row["sheet"]["en"]) == set(SHEET_KEYS)
    assert row["suppression_threshold"] >= 5
    for key in set(SHEET_KEYS) - {"unit"}:
        assert row["sheet"]["sv"][key] != row["sheet"]["en"][key]


@pytest.mark.parametrize("row", unit_costs_of(), ids=lambda row: row["key"])
def test_every_unit_cost_has_a_unit_a_scope_and_caveats(row: dict[str, Any]) -> None:
    assert row["amount"] > 0
    assert row["holder"] in BudgetHolder.values
    for field in ("unit", "scope", "caveats"):
        assert row[f"{field}_sv"]
        assert row[f"{field}_en"]


def test_the_full_cost_of_secure_care_is_the_charge_without_its_subsidy() -> None:
    full = {key.removesuffix("_full"): row["amount"] for key, row in COSTS.items() if key.endswith("_full")}
    assert full
    for key, amount in full.items():
        assert COSTS[f"{key}_charge"]["amount"] == amount * Decimal("0.72")
        assert COSTS[f"{key}_full"]["certainty"] == Certainty.COMPUTED


def test_there_is_a_guide_for_every_step() -> None:
    assert [guide["key"] for guide in guides_of()] == STEPS
    assert [guide["ordinal"] for guide in guides_of()] == list(range(1, 11))
    for guide in guides_of():
        assert len(guide["body_sv"].split("\n\n")) == len(guide["body_en"].split("\n\n")) > 2


# --- templates -----------------------------------------------------------------------------------------------------


@each_template
def test_a_template_has_no_problems_and_names_only_what_is_there(template: dict[str, Any]) -> None:
    assert check_document(document_of(template), indicators=INDICATORS, unit_costs=COSTS) == []


@each_template
def test_a_template_states_every_number_that_is_asked_for(template: dict[str, Any]) -> None:
    asked = {slot.key for slot in slots(terms_of(template))}
    stated = {row["key"] for row in document_of(template)["assumptions"]}
    assert asked | {"discount_rate", "price_index"} <= stated
    assert all(key.startswith("own.") for key in stated - asked - {"discount_rate", "price_index"})
    used = {
        benefit[name]
        for benefit in document_of(template)["benefits"]
        for name in ("volume", "unit_cost", "attribution")
    }
    assert {key for key in stated if key.startswith("own.")} - used <= {"own.employees"}


@each_template
def test_what_is_made_up_says_what_to_replace_it_with(template: dict[str, Any]) -> None:
    for row in document_of(template)["assumptions"]:
        assert row["source"]
        if row["certainty"] in {Certainty.PUBLISHED, Certainty.COMPUTED}:
            assert row["source_url"].startswith("http")
        if row["certainty"] == Certainty.INVENTED:
            assert "Ersätt med" in row["source"]
    assert any(row["certainty"] in UNSURE for row in document_of(template)["assumptions"])


@each_template
def test_a_template_simulates_with_its_own_figures(template: dict[str, Any]) -> None:
    terms, figures = terms_of(template), figures_of(document_of(template))
    found = forecast(terms, figures)
    assert found.is_complete
    assumptions, problems = parse_assumptions(json.loads(json.dumps(found.document)), terms)
    assert assumptions is not None, problems
    drawn = simulate(terms, assumptions, 500, seed=1)
    assert drawn.total.mean > 0
    assert drawn.worth is not None
    assert "no_assumption" not in {note.code for note in drawn.notes}
    personal = {metric.id for metric in terms.metrics if metric.level == "person"}
    assert set(expected_outcomes(terms, figures)) == personal


@each_template
def test_a_template_is_whole(template: dict[str, Any]) -> None:
    document = document_of(template)
    uses = {measure["use"] for measure in document["measures"]}
    assert uses == {"payment", "follow_up", "guard"}
    measured = {measure["key"] for measure in document["measures"]}
    assert {metric.id for metric in terms_of(template).metrics} <= measured
    assert {link["link"] for link in document["chain"]} == {
        "intervention", "activity", "output", "effect", "influence", "value"
    }  # fmt: skip
    assert len({benefit["holder"] for benefit in document["benefits"]}) >= 3
    assert {measure["chain"] for measure in document["measures"]} <= {link["id"] for link in document["chain"]}
    languages: tuple[Language, ...] = ("sv", "en")
    for language in languages:
        assert set(document["design"][language]) == set(DESIGN_TEXTS)
        assert clauses(terms_of(template), language)


@each_template
def test_a_contract_made_from_a_template_can_be_proposed(template: dict[str, Any], world: World) -> None:
    first, last = date(2028, 3, 1), date(2032, 2, 29)
    document = shifted(document_of(template), first, last)
    contract = Contract.objects.create(
        code="UK-2028-09", name="Ny", starts_on=first, ends_on=last, owner=world.organisations["nordviken"]
    )
    of_role = {"outcome_payer": "nordviken", "investor": "norrsken", "service_provider": "spranget"}
    for party in document["parties"]:
        ContractParty.objects.create(
            contract=contract,
            key=party["key"],
            role=Role(party["role"]),
            organisation=world.organisations[of_role.get(party["role"], "mitt")],
        )
    version = ContractVersion.objects.create(
        contract=contract, number=1, terms=document["terms"], effective_on=contract.starts_on
    )
    assert problems_before_proposing(world.actors["anna"], contract, version, NOW.date()) == []


@pytest.mark.parametrize(("first", "last"), [("2027-02-01", "2031-01-31"), ("2028-07-15", "2029-12-31")])
def test_every_template_can_be_adopted_with_all_its_figures(world: World, first: str, last: str) -> None:
    load(at=NOW)
    for template in ContractTemplate.objects.order_by("key"):
        contract = draft_from_template(
            actor=world.actors["anna"],
            template=template,
            name=template.name_sv,
            starts_on=date.fromisoformat(first),
            ends_on=date.fromisoformat(last),
            at=NOW,
        )
        register, asked = register_of(contract), asked_of(contract)
        assert asked.terms is not None
        assert [gap.key for gap in gaps_of(asked, register) if gap.is_needed] == []
        assert forecast(asked.terms, figures_in(register)).is_complete
        assert contract.measures.count() == len(template.document["measures"])
        assert contract.benefits.count() == len(template.document["benefits"])
        assert not contract.measures.filter(indicator=None).exclude(key="cost").exists()


def test_norrkopings_published_figures_come_out_of_its_template() -> None:
    """Guarantee 40 per cent, 60 öre of every krona saved, and at most 120 per cent of the cost (RISE)."""
    found = forecast(terms_of(BY_KEY["placements-saving"]), figures_of(document_of(BY_KEY["placements-saving"])))
    terms = terms_of(BY_KEY["placements-saving"])
    for saving, school, paid in (
        ("0", "1", 4.0),
        ("5000000", "1", 7.0),
        ("11000000", "0", 10.0),
        ("20000000", "1", 12.0),
    ):
        document = deepcopy(found.document)
        values = {"cost": "10000000", "saving": saving, "school": school, "wellbeing": "7"}
        document["measured"] = [{"metric": metric, "value": value} for metric, value in values.items()]
        assumptions, _ = parse_assumptions(document, terms)
        assert assumptions is not None
        assert simulate(terms, assumptions, 2, seed=1).total.mean == pytest.approx(paid * 1_000_000)


# --- dates ---------------------------------------------------------------------------------------------------------


def test_dates_move_with_the_contract_and_its_life_ends_with_it() -> None:
    terms = shifted(document_of(BY_KEY["school-completion"]), date(2028, 1, 1), date(2030, 12, 31))["terms"]
    assert terms["life"] == {"from": "2028-01-01", "to": "2030-12-31"}
    assert [cohort["enrols"] for cohort in terms["cohorts"]] == [
        ["2028-02-01", "2028-06-30"], ["2028-07-01", "2028-12-31"]
    ]  # fmt: skip


def test_what_falls_due_on_the_last_day_still_does() -> None:
    terms = shifted(document_of(BY_KEY["diabetes-band"]), date(2028, 1, 15), date(2030, 6, 30))["terms"]
    assert terms["terms"][0]["price"]["on"] == ["2030-06-30"]


def test_a_month_end_stays_a_month_end_and_a_days_price_moves_too() -> None:
    document: dict[str, Any] = {
        "terms": {
            "life": {"from": "2026-01-01", "to": "2027-12-31"},
            "terms": [{"price": {"from": {"2026-07-01": "5"}}, "sv": "2026-07-01", "on": ["2026-06-30", "2029-01-31"]}],
        }
    }
    (term,) = shifted(document, date(2026, 9, 1), date(2028, 8, 31))["terms"]["terms"]
    assert term["price"] == {"from": {"2027-03-01": "5"}}
    assert term["on"] == ["2027-02-28", "2029-09-30"]
    assert term["sv"] == "2026-07-01"
    assert document["terms"]["life"]["from"] == "2026-01-01"


def test_a_cohort_that_the_contract_is_too_short_for_is_left_out_unless_it_is_named() -> None:
    document = document_of(BY_KEY["young-adults-work"])
    short = shifted(document, date(2027, 1, 1), date(2027, 12, 31))["terms"]
    assert [cohort["id"] for cohort in short["cohorts"]] == ["k27"]
    document["terms"]["terms"][0]["cohorts"] = ["k28"]
    named = shifted(document, date(2027, 1, 1), date(2027, 12, 31))["terms"]
    assert [cohort["id"] for cohort in named["cohorts"]] == ["k27", "k28"]


# --- what is wrong with a document ---------------------------------------------------------------------------------


def test_every_problem_of_a_document_is_told_with_its_place() -> None:
    document = document_of(BY_KEY["young-adults-work"])
    document["parties"] = [party for party in document["parties"] if party["role"] != "verifier"]
    document["measures"][0] |= {"indicator": "gone", "chain": "nowhere", "target": "many", "name_en": ""}
    document["assumptions"] = [row for row in document["assumptions"] if row["key"] != "outcome.m3.share"]
    document["assumptions"][0] |= {"low": "200", "certainty": "surely"}
    document["benefits"][0] |= {"holder": "nobody", "metric": "left", "volume": "own.gone", "years": 0}
    document["chain"] = [link for link in document["chain"] if link["link"] != "influence"]
    document["design"]["en"]["need"] = " "
    document["extra"] = 1
    found = {
        (problem.where, problem.code) for problem in check_document(document, indicators=INDICATORS, unit_costs=COSTS)
    }
    assert found >= {
        ("extra", "unknown_key"),
        ("parties", "no_party"),
        ("design.en.need", "missing"),
        ("chain", "link_missing"),
        ("measures[0].name_en", "missing"),
        ("measures[0].indicator", "unknown"),
        ("measures[0].chain", "chain"),
        ("measures[0].target", "number"),
        ("assumptions.outcome.m3.share", "no_figure"),
        ("assumptions[0].low", "range"),
        ("assumptions[0].certainty", "certainty"),
        ("benefits[0].holder", "holder"),
        ("benefits[0].metric", "metric"),
        ("benefits[0].volume", "assumption"),
        ("benefits[0].years", "whole"),
    }


def test_a_document_in_one_language_needs_no_other() -> None:
    document = document_of(BY_KEY["home-care-quality"])
    del document["design"]["en"]
    for part in ("parties", "chain", "measures", "assumptions", "benefits"):
        for row in document[part]:
            for key in [key for key in row if key == "en" or key.endswith("_en")]:
                row[key] = ""
    assert check_document(document)
    assert check_document({**document, "language": "sv"}) == []


def test_whoever_verifies_may_not_be_paid_by_outcomes() -> None:
    document = document_of(BY_KEY["home-care-quality"])
    document["terms"]["legs"][0]["payee"] = "granskaren"
    assert {problem.code for problem in check_document(document)} == {"verifier"}
    document["terms"]["legs"][0] |= {"payer": "utforaren", "payee": "kommunen"}
    assert {problem.code for problem in check_document(document)} == {"payer", "payee"}


@pytest.mark.parametrize("document", [None, [], {}, {"terms": 3, "parties": [1], "design": [], "measures": {"a": 1}}])
def test_what_is_no_document_has_problems_rather_than_breaking(document: object) -> None:
    assert check_document(document)


# --- loading it ----------------------------------------------------------------------------------------------------


@pytest.mark.django_db
def test_loading_twice_writes_once() -> None:
    said = StringIO()
    call_command("load_shelf", stdout=said)
    assert f"templates: {len(TEMPLATES)} added, 0 changed, 0 unchanged" in said.getvalue()
    assert Indicator.objects.count() == len(INDICATORS)
    assert UnitCost.objects.count() == len(COSTS)
    assert Guide.objects.count() == len(STEPS)
    assert set(ContractTemplate.objects.values_list("status", flat=True)) == {ShelfStatus.PUBLISHED}
    again = load(at=NOW)
    assert (again.added, again.changed) == ({}, {})
    assert again.same["templates"] == len(TEMPLATES)


@pytest.mark.django_db
def test_a_changed_template_is_the_next_version_and_the_one_before_is_taken_down(folder: Path) -> None:
    load(at=NOW, folder=folder)
    path = folder / "templates" / "housing_first.yaml"
    path.write_text(path.read_text("utf-8").replace("amount: '25000.00'", "amount: '26000.00'"), "utf-8")
    written = load(at=NOW, folder=folder)
    assert written.changed == {"templates": 1}
    rows = ContractTemplate.objects.filter(key="housing-first").order_by("version")
    assert [(row.version, row.status) for row in rows] == [(1, ShelfStatus.RETIRED), (2, ShelfStatus.PUBLISHED)]
    assert rows[1].document["terms"]["terms"][0]["price"]["amount"] == "26000.00"
    assert TemplateStatusChange.objects.filter(template__key="housing-first").count() == 3
    assert load(at=NOW, folder=folder).changed == {}


@pytest.mark.django_db
def test_a_changed_indicator_is_changed_in_place(folder: Path) -> None:
    load(at=NOW, folder=folder)
    path = folder / "indicators.yaml"
    path.write_text(path.read_text("utf-8").replace("name_en: Evictions carried out", "name_en: Evictions"), "utf-8")
    assert load(at=NOW, folder=folder).changed == {"indicators": 1}
    assert Indicator.objects.get(key="evictions").name_en == "Evictions"


@pytest.mark.django_db
def test_what_the_support_took_down_stays_down() -> None:
    load(at=NOW)
    ContractTemplate.objects.filter(key="housing-first").update(status=ShelfStatus.RETIRED)
    assert load(at=NOW).same["templates"] == len(TEMPLATES)
    assert not ContractTemplate.objects.filter(key="housing-first", status=ShelfStatus.PUBLISHED).exists()


@pytest.mark.django_db
def test_a_template_with_problems_is_refused_and_nothing_is_written(folder: Path) -> None:
    path = folder / "templates" / "housing_first.yaml"
    path.write_text(path.read_text("utf-8").replace("indicator: moved_in", "indicator: gone"), "utf-8")
    with pytest.raises(CommandError, match="housing-first"):
        load(at=NOW, folder=folder)
    assert not Indicator.objects.exists()


@pytest.mark.django_db
def test_the_key_of_somebody_elses_template_is_not_taken(world: World) -> None:
    ContractTemplate.objects.create(
        key="housing-first", name_sv="Vår", name_en="Ours", area="housing", certainty="assumed",
        summary_sv="x", summary_en="x", author=world.organisations["nordviken"],
    )  # fmt: skip
    written = load(at=NOW)
    assert written.taken == ["housing-first"]
    assert "housing-first" in list(written.lines())[-1]
    assert ContractTemplate.objects.get(key="housing-first").name_en == "Ours"


def test_no_number_of_the_shelf_is_a_float_and_no_day_is_anything_but_text(tmp_path: Path) -> None:
    path = tmp_path / "x.yaml"
    path.write_text("a: 1.10\nb: 2027-01-01\nc: 7\non: true\nd: no\ne: ~\nf: 010\n", "utf-8")
    assert read(path) == {"a": "1.10", "b": "2027-01-01", "c": 7, "on": True, "d": "no", "e": None, "f": "010"}

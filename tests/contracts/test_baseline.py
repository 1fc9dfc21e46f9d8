"""Figures from Kolada in a contract, and the baselines of its measures: acts, pages, and who reaches them."""

import csv
import io
from decimal import Decimal
from typing import Any

import pytest
from django.conf import settings
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from actors.models import AuditEvent
from actors.policies import NotAllowed, NotVisible, Refused
from contracts.actions.baseline import edit_baseline
from contracts.actions.kolada import add_need_figure, fetch_figure, remove_need_figure
from contracts.actions.saving import EditConflict
from contracts.models import Baseline, Measure
from contracts.queries.baseline import GROUP, OWN, filled_from, said_in, seeing, whole_of
from contracts.queries.kolada import chart_of, fitting_group, get_snapshot_for, own_place, table_of, usable_snapshots
from library.kolada import Group, KeyFigure, KoladaProblem, Municipality
from library.models import KoladaSnapshot
from library.snapshots import Wanted
from tests.contracts.conftest import AT, Drafting, browser
from tests.world import NOW, World

WANTED = Wanted("N33816", "0581", "G36604", (2021, 2022, 2023, 2024))


def snapshot_of(world: World, **changes: Any) -> KoladaSnapshot:
    """A kept figure with known numbers: 0581 beside three members, one of them missing in 2024."""
    numbers = {"0581": ("5.0", "6.0"), "0580": ("4.0", "4.5"), "0680": ("0", None), "1283": ("3.5", "6.0")}
    said = {
        "kpi": "N33816",
        "title": "Placerade på HVB, antal/1000 inv",
        "definition": "Antal placerade.",
        "municipality": "0581",
        "municipality_name": "Norrköping",
        "group": "G36604",
        "group_name": "Liknande kommuner IFO, Norrköping, 2024",
        "members": [{"id": key, "name": key} for key in ("0580", "0680", "1283")],
        "values": [
            {"municipality": key, "year": year, "gender": "T", "value": value, "status": "" if value else "Missing"}
            for key, values in numbers.items()
            for year, value in zip((2023, 2024), values, strict=True)
        ],
        "base_address": "https://kolada.example/v3",
        "fetched_at": NOW,
        "fetched_by": world.users["anna"],
        "organisation": world.organisations["nordviken"],
    }
    return KoladaSnapshot.objects.create(**said | changes)


@pytest.fixture
def measure(drafting: Drafting) -> Measure:
    return Measure.objects.create(
        contract=drafting.contract,
        key="att3",
        name_sv="Närvaro",
        unit="procent",
        target=Decimal(70),
        status="candidate",
    )


def url(name: str, drafting: Drafting, *args: Any) -> str:
    return reverse(f"contracts:{name}", args=[drafting.contract.code, *args])


def text_of(response: Any) -> str:
    return " ".join(response.content.decode().replace("\xa0", " ").split())


# --- The table, the mean and the chart -------------------------------------------------------------------------------


def test_the_mean_is_unweighted_of_those_that_have_a_value_and_a_missing_one_is_not_zero(world: World) -> None:
    table = table_of(snapshot_of(world))
    assert table.years == (2023, 2024)
    assert [cell.value for cell in table.own.cells] == [Decimal("5.0"), Decimal("6.0")]
    assert [(mean.value, mean.counted, mean.of) for mean in table.means] == [
        (Decimal("2.50"), 3, 3),  # nought counts
        (Decimal("5.25"), 2, 3),  # missing does not
    ]
    assert table.missing == 1
    assert table.mean_in(2030) is None


def test_without_a_group_there_is_no_mean(world: World) -> None:
    table = table_of(snapshot_of(world, group="", group_name="", members=[]))
    assert table.means == ()
    assert table.members == ()


def test_the_chart_breaks_its_line_where_a_year_is_missing(world: World) -> None:
    values = [
        {"municipality": "0581", "year": year, "gender": "T", "value": value, "status": ""}
        for year, value in zip(range(2020, 2025), ("-3", "5", None, "7", "8"), strict=True)
    ]
    chart = chart_of(table_of(snapshot_of(world, values=values, members=[])))
    assert chart is not None
    assert [len(run.split()) for run in chart.own] == [2, 2]
    assert len(chart.own_dots) == 4
    assert chart.across[0][1] <= -3
    assert chart.across[-1][1] >= 8
    assert chart.mean == chart.span == ()


def test_one_year_or_no_value_makes_no_chart(world: World) -> None:
    one = [{"municipality": "0581", "year": 2024, "gender": "T", "value": "5", "status": ""}]
    none = [{"municipality": "0581", "year": year, "gender": "T", "value": None, "status": ""} for year in (2023, 2024)]
    for values in (one, none, []):
        assert chart_of(table_of(snapshot_of(world, values=values))) is None


def test_equal_values_make_a_chart_too(world: World) -> None:
    same = [{"municipality": "0581", "year": year, "gender": "T", "value": "5", "status": ""} for year in (2023, 2024)]
    chart = chart_of(table_of(snapshot_of(world, values=same)))
    assert chart is not None
    assert len(chart.across) >= 2


# --- What is suggested -----------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("organisation", "title"),
    [
        ("Norrköpings kommun", "Norrköping"),
        ("Lillbergs kommun", "Lillbergs kommun (påhittad)"),
        ("Borås Stad", "Borås"),
        ("Region Skåne", "Region Skåne"),
    ],
)
def test_an_organisation_is_known_by_its_name(organisation: str, title: str) -> None:
    places = [Municipality(str(n), t, "K") for n, t in enumerate(["Köping", "Ås", title, "Skara"])]
    found = own_place(organisation, places)
    assert found is not None
    assert found.title == title
    assert own_place("Föreningen Språnget", places) is None


def test_the_group_of_the_subject_is_suggested_first() -> None:
    groups = [
        Group(str(n), f"Liknande kommuner{s}, Ale, 2024", ()) for n, s in enumerate([" LSS", " IFO", ", övergripande"])
    ]

    def figure(area: str) -> KeyFigure:
        return KeyFigure("N1", "t", "d", area, "K", False, None, "2024")

    def suggested(area: str, among: list[Group]) -> str:
        found = fitting_group(figure(area), among)
        return found.id if found else ""

    assert suggested("Individ- och familjeomsorg", groups) == "1"
    assert suggested("Kultur", groups) == "2"
    assert suggested("Kultur", groups[:1]) == "0"
    assert suggested("Kultur", []) == ""


# --- Keeping a figure ------------------------------------------------------------------------------------------------


def test_a_figure_is_kept_for_the_need_and_taken_away_again(drafting: Drafting, kolada: str) -> None:
    anna, contract = drafting.actor("anna"), drafting.contract
    snapshot = fetch_figure(actor=anna, contract=contract, wanted=WANTED, at=AT)
    add_need_figure(actor=anna, contract=contract, snapshot=snapshot, at=AT)
    assert list(contract.design.need_figures.all()) == [snapshot]
    remove_need_figure(actor=anna, contract=contract, snapshot=snapshot, at=AT)
    assert not contract.design.need_figures.exists()
    events = AuditEvent.objects.filter(contract_code=contract.code).values_list("event", flat=True)
    assert {"library.fetch_snapshot", "contracts.add_need_figure", "contracts.remove_need_figure"} <= set(events)


def test_only_those_who_design_fetch_and_only_while_there_is_a_draft(drafting: Drafting, kolada: str) -> None:
    for name in ("signe", "ines", "dag", "charlie"):
        with pytest.raises(NotAllowed):
            fetch_figure(actor=drafting.actor(name), contract=drafting.contract, wanted=WANTED, at=AT)
    drafting.propose()
    with pytest.raises(Refused):
        fetch_figure(actor=drafting.actor("anna"), contract=drafting.contract, wanted=WANTED, at=AT)
    assert KoladaSnapshot.objects.count() == 0


def test_nothing_is_kept_when_kolada_does_not_answer(drafting: Drafting) -> None:
    with pytest.raises(KoladaProblem):
        fetch_figure(actor=drafting.actor("anna"), contract=drafting.contract, wanted=WANTED, at=AT)
    assert KoladaSnapshot.objects.count() == 0


def test_a_kept_figure_is_seen_by_its_organisation_and_by_the_contracts_it_is_used_in(drafting: Drafting) -> None:
    snapshot, contract = snapshot_of(drafting.world), drafting.contract
    assert list(usable_snapshots(drafting.actor("anna"), contract)) == [snapshot]
    with pytest.raises(NotVisible):
        get_snapshot_for(drafting.actor("vera"), contract, snapshot.pk)
    contract.design.need_figures.add(snapshot)
    assert get_snapshot_for(drafting.actor("vera"), contract, snapshot.pk) == snapshot
    with pytest.raises(NotVisible):
        get_snapshot_for(drafting.actor("vera"), drafting.world.contract, snapshot.pk)


# --- The baseline ----------------------------------------------------------------------------------------------------


def test_a_baseline_is_described_finished_or_not(drafting: Drafting, measure: Measure) -> None:
    anna = drafting.actor("anna")
    edit_baseline(actor=anna, measure=measure, changes={"method": Baseline.Method.HISTORICAL_COHORT}, at=AT)
    changes = {"value": Decimal("55.5"), "persons": 61, "period": "2021–2023", "source": "Lokalt register"}
    edit_baseline(actor=anna, measure=measure, changes=changes, at=AT)
    baseline = Baseline.objects.get(measure=measure)
    assert (baseline.method, baseline.value, baseline.persons) == ("historical_cohort", Decimal("55.5"), 61)
    trail = sorted(event.data["fields"] for event in AuditEvent.objects.filter(event="contracts.edit_baseline"))
    assert trail == [["method"], ["period", "persons", "source", "value"]]


def test_a_value_of_too_few_persons_is_refused(drafting: Drafting, measure: Measure) -> None:
    """Everybody who reads the design and the agreement sees it."""
    changes = {"method": "own_period", "value": Decimal(50), "persons": 4}
    with pytest.raises(Refused, match="fewer than 5 persons"):
        edit_baseline(actor=drafting.actor("anna"), measure=measure, changes=changes, at=AT)
    edit_baseline(actor=drafting.actor("anna"), measure=measure, changes=changes | {"persons": 5}, at=AT)


def test_two_who_change_the_same_field_do_not_overwrite_each_other(drafting: Drafting, measure: Measure) -> None:
    anna = drafting.actor("anna")
    edit_baseline(actor=anna, measure=measure, changes={"method": "own_period", "value": Decimal(50)}, at=AT)
    with pytest.raises(EditConflict) as conflict:
        edit_baseline(
            actor=drafting.actor("vera"), measure=measure, changes={"value": Decimal(60)}, seen={"value": None}, at=AT
        )
    assert conflict.value.theirs == {"value": Decimal(50)}
    assert Baseline.objects.get(measure=measure).value == 50


def test_a_baseline_measured_later_has_no_value(drafting: Drafting, measure: Measure) -> None:
    changes = {"method": "own_period", "is_measured_later": True, "value": Decimal(5)}
    with pytest.raises(Refused, match="no value yet"):
        edit_baseline(actor=drafting.actor("anna"), measure=measure, changes=changes, at=AT)
    assert not Baseline.objects.filter(measure=measure).exists()


def test_others_and_proposed_terms_stop_a_change(drafting: Drafting, measure: Measure) -> None:
    for name in ("signe", "ines", "dag", "charlie"):
        with pytest.raises(NotAllowed):
            edit_baseline(actor=drafting.actor(name), measure=measure, changes={"method": "own_period"}, at=AT)
    drafting.propose()
    measure.refresh_from_db()
    with pytest.raises(Refused):
        edit_baseline(actor=drafting.actor("anna"), measure=measure, changes={"method": "own_period"}, at=AT)


def test_somebody_elses_figure_cannot_be_the_ground(drafting: Drafting, measure: Measure) -> None:
    theirs = snapshot_of(drafting.world, organisation=drafting.world.organisations["utanfor"])
    with pytest.raises(Refused, match="not one of this contract's"):
        edit_baseline(
            actor=drafting.actor("anna"), measure=measure, changes={"method": "comparable", "snapshot": theirs}, at=AT
        )


def test_a_snapshot_fills_in_the_groups_mean_or_the_own_value(world: World) -> None:
    snapshot = snapshot_of(world)
    mean = filled_from(snapshot, 2024, GROUP)
    assert mean is not None
    assert (mean["method"], mean["value"], mean["period"]) == (Baseline.Method.COMPARABLE, Decimal("5.25"), "2024")
    assert "2 of the 3" in mean["description"]
    assert mean["source"].startswith("Kolada, N33816")
    own = filled_from(snapshot, 2023, OWN)
    assert own is not None
    assert (own["method"], own["value"]) == (Baseline.Method.OWN_PERIOD, Decimal("5.0"))
    assert filled_from(snapshot, 2019, GROUP) is None


def test_a_value_that_is_not_the_figures_is_told(drafting: Drafting, measure: Measure) -> None:
    snapshot, client = snapshot_of(drafting.world), browser(drafting.world, "anna")
    baseline = Baseline.objects.create(
        measure=measure, method="comparable", value=Decimal("5.25"), period="2024", snapshot=snapshot
    )
    path, told = url("baseline_edit", drafting, measure.pk), "is not the one of the figure from Kolada"
    assert told not in text_of(client.get(path))
    baseline.value = Decimal(55)
    baseline.save()
    text = text_of(client.get(path))
    assert told in text
    assert "For 2024 it says 6 for the municipality and 5.25 for the group" in text
    assert 'value="55"' in text  # not 55.000000
    baseline.period = "2010–2012"
    baseline.save()
    assert "has no value for the period" in text_of(client.get(path))


@pytest.mark.parametrize("nonsense", ["9" * 5000, "-1", "²", "\x00", "1 OR 1=1", ""])
def test_nonsense_in_the_address_fills_in_nothing(
    drafting: Drafting, measure: Measure, kolada: str, nonsense: str
) -> None:
    client = browser(drafting.world, "anna")
    asked = {"uttag": nonsense, "ar": nonsense, "av": nonsense}
    assert client.get(url("baseline_edit", drafting, measure.pk), asked).status_code in {200, 404}
    chosen = dict.fromkeys(("kommun", "grupp", "fran", "till", "matt", "page", "q"), nonsense)
    assert client.get(url("kolada_search", drafting), chosen).status_code in {200, 404}
    assert client.get(url("kolada_figure", drafting, "N33816"), chosen).status_code in {200, 404}


# --- What the measurement can see ------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("unit", "whole"),
    [("procent", 100), ("andel (%)", 100), ("per cent of pupils", 100), ("andel", 1), ("share", 1), ("kr/inv", None)],
)
def test_the_unit_says_what_the_whole_is(unit: str, whole: int | None) -> None:
    assert whole_of(unit) == whole


def test_a_historical_cohort_is_a_sample_and_comparable_municipalities_are_known(measure: Measure) -> None:
    said: dict[str, Any] = {"method": "historical_cohort", "value": Decimal(55), "persons": 61}
    cohort, known = seeing(measure, said, 40), seeing(measure, said | {"method": "comparable"}, 40)
    assert cohort.power is not None
    assert known.power is not None
    assert cohort.power.base_persons == 61
    assert known.power.base_persons is None
    assert cohort.power.chance is not None
    assert known.power.chance is not None
    assert cohort.power.chance < known.power.chance
    assert cohort.tone == "danger"


def test_what_is_lacking_is_named(measure: Measure) -> None:
    assert seeing(measure, {}, None).lacks == ("expected_participants", "value")
    assert seeing(measure, {"value": Decimal(0)}, 40).lacks == ()
    measure.unit = "timmar"
    assert seeing(measure, {"value": Decimal(30)}, 0).lacks == ("expected_participants", "spread")
    measure.unit = "andel"
    assert seeing(measure, {"value": Decimal("0.55")}, 40).lacks == ("unit",)  # its target is 70


def test_without_a_target_the_smallest_change_says_what_is_looked_for(measure: Measure) -> None:
    measure.target = None
    fewer = seeing(measure, {"value": Decimal(55), "smallest_change": Decimal(-15)}, 400)
    assert fewer.power is not None
    assert fewer.power.target == pytest.approx(0.40)
    assert fewer.tone == "success"
    assert said_in(None) == {}


def test_few_persons_are_warned_of_also_when_the_change_would_show(measure: Measure) -> None:
    few = seeing(measure, {"value": Decimal(5)}, 20)
    assert few.power is not None
    assert few.power.warning == "none"
    assert few.tone == "warning"


# --- Pages -----------------------------------------------------------------------------------------------------------


def test_search_shows_titles_with_definitions_and_that_the_values_are_invented(drafting: Drafting, kolada: str) -> None:
    response = browser(drafting.world, "anna").get(url("kolada_search", drafting), {"q": "placerade HVB"})
    text = text_of(response)
    assert response.status_code == 200
    assert "N33816" in text
    assert "Socialstyrelsen" in text
    assert "These values are invented" in text
    assert "Source: Kolada" in text


def test_a_search_by_htmx_is_a_part_of_the_page(drafting: Drafting, kolada: str) -> None:
    client = browser(drafting.world, "anna")
    part = client.get(url("kolada_search", drafting), {"q": "N15428"}, headers={"HX-Request": "true"})
    assert text_of(part) in text_of(client.get(url("kolada_search", drafting), {"q": "N15428"}))
    assert "<html" not in text_of(part)
    assert "Kolada has no key figure with «enhörningar»" in text_of(
        client.get(url("kolada_search", drafting), {"q": "enhörningar"})
    )


def test_without_kolada_the_pages_say_what_to_do(drafting: Drafting) -> None:
    client = browser(drafting.world, "anna", "sv")
    response = client.get(url("kolada_search", drafting), {"q": "placerade"})
    assert response.status_code == 200
    assert "Kolada svarar inte just nu" in text_of(response)
    response = client.get(url("kolada_figure", drafting, "N33816"))
    assert response.status_code == 503
    assert "Kolada svarar inte just nu" in text_of(response)


def test_an_unknown_key_figure_is_not_found(drafting: Drafting, kolada: str) -> None:
    client = browser(drafting.world, "anna")
    for key in ("N99999", "nonsense"):
        response = client.get(url("kolada_figure", drafting, key))
        assert response.status_code == 404
        assert "Kolada has no key figure" in text_of(response)


def test_the_own_municipality_and_a_fitting_group_are_there_at_once(drafting: Drafting, kolada: str) -> None:
    response = browser(drafting.world, "anna").get(url("kolada_figure", drafting, "N33816"))
    text = text_of(response)
    assert response.status_code == 200
    assert "Nordvikens kommun (påhittad)" in text  # Anna's is Nordvikens kommun
    assert "Liknande kommuner IFO, Nordvikens kommun (påhittad), 2024" in text
    assert "Mean of the group" in text
    assert "<svg" in text


def test_a_preview_of_another_municipality_and_years(drafting: Drafting, kolada: str) -> None:
    asked = {"kommun": "0581", "grupp": "G36604", "fran": "2022", "till": "2024"}
    response = browser(drafting.world, "anna").get(url("kolada_figure", drafting, "N33816"), asked)
    table = response.context["table"]
    assert table.years == (2022, 2023, 2024)
    assert [row.name for row in table.rows][:2] == ["Norrköping", "Linköping"]
    assert KoladaSnapshot.objects.count() == 0


@pytest.mark.parametrize(
    "asked",
    [
        {"kommun": "9999"},
        {"kommun": "0581", "grupp": "G1", "fran": "x", "till": "²²²²"},
        {"kommun": "0581", "grupp": "-", "fran": "2030", "till": "1900"},
        {"kommun": "0005"},
    ],
)
def test_what_does_not_fit_is_replaced_and_never_an_error(
    drafting: Drafting, kolada: str, asked: dict[str, str]
) -> None:
    assert browser(drafting.world, "anna").get(url("kolada_figure", drafting, "N33816"), asked).status_code == 200


def test_keeping_a_figure_for_the_need(drafting: Drafting, kolada: str) -> None:
    asked = {"kommun": "0581", "grupp": "G36604", "fran": "2022", "till": "2024", "act": "need"}
    response = browser(drafting.world, "anna").post(url("kolada_figure", drafting, "N33816"), asked, follow=True)
    snapshot = KoladaSnapshot.objects.get()
    assert response.redirect_chain[0][0] == url("kolada_snapshot", drafting, snapshot.pk)
    assert list(drafting.contract.design.need_figures.all()) == [snapshot]
    text = text_of(response)
    assert "It shows the need of the contract" in text
    assert "Linköping" in text
    assert "The values are invented" in text


def test_a_figure_becomes_a_baseline_only_when_it_has_been_read(
    drafting: Drafting, measure: Measure, kolada: str
) -> None:
    client = browser(drafting.world, "anna")
    asked = {"kommun": "0581", "grupp": "", "fran": "2020", "till": "2024", "act": "baseline"}
    said = {"measure": measure.pk, "year": "2023", "whose": "group"}
    response = client.post(url("kolada_figure", drafting, "N15428"), asked | said)
    assert response.status_code == 302
    page = client.get(response.headers["Location"])
    assert "Filled in from Kolada" in text_of(page)
    assert not Baseline.objects.exists()
    form = page.context["form"]
    posted = {name: form[name].value() for name in form.fields}
    sent = {name: getattr(value, "pk", value) for name, value in posted.items() if value not in (None, False)}
    done = client.post(url("baseline_edit", drafting, measure.pk), sent)
    assert done.status_code == 302, done.context["form"].errors
    baseline = Baseline.objects.get(measure=measure)
    assert baseline.method == Baseline.Method.COMPARABLE
    assert baseline.period == "2023"
    assert baseline.snapshot == KoladaSnapshot.objects.get()
    assert baseline.value == table_of(baseline.snapshot).mean_in(2023)


def test_a_baseline_without_its_measure_is_asked_for_again(drafting: Drafting, measure: Measure, kolada: str) -> None:
    asked = {"kommun": "0581", "act": "baseline", "year": "2023", "whose": "own"}
    response = browser(drafting.world, "anna").post(url("kolada_figure", drafting, "N15428"), asked)
    assert response.status_code == 422
    assert "error-summary" in text_of(response)
    assert KoladaSnapshot.objects.count() == 0


def test_a_year_without_a_value_fills_in_nothing_and_says_so(drafting: Drafting, measure: Measure) -> None:
    snapshot = snapshot_of(drafting.world)
    path = f"{url('baseline_edit', drafting, measure.pk)}?uttag={snapshot.pk}&ar=2019&av=group"
    response = browser(drafting.world, "anna").get(path)
    assert "Kolada has no value of N33816 for 2019" in text_of(response)


def test_the_values_come_as_a_file_with_the_source(drafting: Drafting) -> None:
    snapshot = snapshot_of(drafting.world, is_recorded=True)
    response = browser(drafting.world, "anna").get(url("kolada_snapshot_csv", drafting, snapshot.pk))
    rows = list(csv.DictReader(io.StringIO(response.content.decode("utf-8-sig"))))
    assert len(rows) == 8
    missing = next(row for row in rows if row["municipality"] == "0680" and row["year"] == "2024")
    assert (missing["value"], missing["status"]) == ("", "Missing")
    assert {row["source"] for row in rows} == {"Kolada (CC BY 4.0), INVENTED VALUES"}


def test_the_baseline_page_says_what_the_measurement_can_see(drafting: Drafting, measure: Measure) -> None:
    drafting.contract.design.expected_participants = 40
    drafting.contract.design.save()
    Baseline.objects.create(measure=measure, method="comparable", value=55)
    text = text_of(browser(drafting.world, "anna", "sv").get(url("baseline_edit", drafting, measure.pk)))
    assert "Med 40 personer och en baslinje på 55 % är chansen 44 % att en ökning till 70 % syns" in text
    assert "Mätningen ser troligen inte förändringen" in text


def test_the_baseline_page_names_what_is_lacking_with_where_to_mend_it(drafting: Drafting, measure: Measure) -> None:
    text = text_of(browser(drafting.world, "anna").get(url("baseline_edit", drafting, measure.pk)))
    assert url("design_target_group", drafting) in text
    assert "#id_value" in text


def test_what_contradicts_the_unit_is_told_at_the_field(drafting: Drafting, measure: Measure) -> None:
    client, path = browser(drafting.world, "anna"), url("baseline_edit", drafting, measure.pk)
    for sent in ({"value": "155"}, {"value": "55", "is_measured_later": "on"}, {"persons": "0"}, {"method": "magic"}):
        response = client.post(path, {"method": "own_period"} | sent)
        assert response.status_code == 422
        assert set(response.context["form"].errors) == {next(iter(sent))}
    assert not Baseline.objects.exists()


def test_a_colleagues_change_is_shown_and_nothing_is_lost(drafting: Drafting, measure: Measure) -> None:
    path = url("baseline_edit", drafting, measure.pk)
    anna = browser(drafting.world, "anna")
    seen = anna.get(path).context["form"]["seen"].value()
    edit_baseline(
        actor=drafting.actor("vera"), measure=measure, changes={"method": "own_period", "value": Decimal(50)}, at=AT
    )
    response = anna.post(path, {"method": "own_period", "value": "60", "seen": seen})
    assert response.status_code == 409
    assert "What your colleague wrote" in text_of(response)
    assert 'value="60"' in text_of(response)
    again = response.context["form"]["seen"].value()
    assert anna.post(path, {"method": "own_period", "value": "60", "seen": again}).status_code == 302
    assert Baseline.objects.get(measure=measure).value == 60


def test_a_reader_sees_the_baseline_and_changes_nothing(drafting: Drafting, measure: Measure) -> None:
    Baseline.objects.create(measure=measure, method="comparable", value=55, description="Så här.")
    response = browser(drafting.world, "signe").get(url("baseline_edit", drafting, measure.pk))
    text = text_of(response)
    assert response.status_code == 200
    assert "Så här." in text
    assert "Save the baseline" not in text
    posted = browser(drafting.world, "signe").post(url("baseline_edit", drafting, measure.pk), {"method": "own_period"})
    assert posted.status_code == 403


def pages(drafting: Drafting, measure: Measure) -> list[str]:
    snapshot = snapshot_of(drafting.world)
    drafting.contract.design.need_figures.add(snapshot)
    return [
        url("kolada_search", drafting),
        url("kolada_figure", drafting, "N33816"),
        url("kolada_snapshot", drafting, snapshot.pk),
        url("kolada_snapshot_csv", drafting, snapshot.pk),
        url("kolada_need_add", drafting, snapshot.pk),
        url("kolada_need_remove", drafting, snapshot.pk),
        url("baseline_edit", drafting, measure.pk),
    ]


def test_an_outsider_learns_nothing(drafting: Drafting, measure: Measure, kolada: str) -> None:
    client = browser(drafting.world, "charlie")
    for path in pages(drafting, measure):
        for response in (client.get(path), client.post(path, {"act": "need"})):
            assert response.status_code in {404, 405}, path
            assert drafting.contract.name not in text_of(response)


def test_a_measure_or_figure_of_another_contract_is_not_there(drafting: Drafting, measure: Measure) -> None:
    other = drafting.world.contract.code
    theirs = snapshot_of(drafting.world, organisation=drafting.world.organisations["utanfor"])
    client = browser(drafting.world, "anna")
    for path in (
        reverse("contracts:baseline_edit", args=[other, measure.pk]),
        reverse("contracts:kolada_snapshot", args=[other, theirs.pk]),
        f"{url('baseline_edit', drafting, measure.pk)}?uttag={theirs.pk}&ar=2023&av=own",
    ):
        assert client.get(path).status_code == 404, path


@pytest.mark.parametrize("language", ["sv", "en"])
def test_every_page_asks_few_questions_however_much_is_kept(
    drafting: Drafting, measure: Measure, kolada: str, language: str
) -> None:
    paths = pages(drafting, measure)
    for number in range(12):
        snapshot_of(drafting.world, kpi=f"N{number:05}")
        Measure.objects.create(contract=drafting.contract, key=f"m{number}", name_sv="x", unit="procent")
    client = browser(drafting.world, "anna", language)
    for path in (*paths[:4], paths[-1]):
        with CaptureQueriesContext(
            connection,
        ) as asked:
            assert client.get(path).status_code == 200
        assert len(asked) <= 15, (path, len(asked))


def test_tests_never_call_the_world() -> None:
    assert settings.KOLADA_URL.startswith("http://127.0.0.1")

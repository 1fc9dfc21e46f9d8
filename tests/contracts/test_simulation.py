"""Simulations: the same seed gives the same result, a run stays as it was, and the worker draws what waits."""

import csv
import io
import json
import re
from datetime import timedelta
from decimal import Decimal
from typing import Any

import pytest
from django.db import DatabaseError, connection, transaction
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from actors.policies import Refused
from contracts import actions, tasks
from contracts.actions import drawing, simulating
from contracts.actions.assumptions import add_benefit, state_assumption
from contracts.models import AssumptionRevision, Scenario, SimulationRun
from contracts.queries.register import register_of
from contracts.queries.simulated import result_of, scenarios_in, tornado_of
from contracts.queries.simulation import inputs_of, since
from tests.contracts.conftest import Drafting, browser
from tests.world import NOW, TERMS

AT = NOW + timedelta(minutes=2)
FIGURES: dict[str, tuple[str, str, str, str | None, str | None]] = {
    # key: (label, unit, value, low, high)
    "size.ht26": ("Elever", "persons", "40", "30", "50"),
    "outcome.att3.share": ("Når tre månader", "share", "0.5", "0.3", "0.7"),
    "outcome.att3.months": ("Månader", "months", "12", None, None),
    "outcome.att6.share": ("Når sex månader", "share", "0.6", "0.4", "0.8"),
    "outcome.att6.months": ("Månader till", "months", "6", None, None),
    "cash.cost": ("Insatsens kostnad", "amount", "300000", "250000", "350000"),
}


def state(drafting: Drafting, key: str, value: str, low: str | None = None, high: str | None = None) -> None:
    label, unit, *_ = FIGURES.get(key, (key, "amount", ""))
    state_assumption(
        actor=drafting.actor("anna"),
        contract=drafting.contract,
        key=key,
        label=label,
        unit=unit,
        value=Decimal(value),
        low=None if low is None else Decimal(low),
        high=None if high is None else Decimal(high),
        source="Egen uppskattning",
        source_url="",
        certainty="assumed",
        owner="Anna",
        stated_on=NOW.date(),
        reason="bättre underlag",
        at=AT,
    )


@pytest.fixture
def figured(drafting: Drafting) -> Drafting:
    """A draft with every number that its terms ask for."""
    for key, (_label, _unit, value, low, high) in FIGURES.items():
        state(drafting, key, value, low, high)
    return drafting


def draw(drafting: Drafting, seed: int = 1, draws: int = 2_000, **more: Any) -> SimulationRun:
    return simulating.simulate_now(
        actor=drafting.actor("anna"), contract=drafting.contract, seed=seed, at=AT, draws=draws, **more
    )


def url(name: str, drafting: Drafting, *args: Any) -> str:
    return reverse(f"contracts:{name}", args=[drafting.contract.code, *args])


def text_of(response: Any) -> str:
    return re.sub(r"\s+", " ", response.content.decode())


def ask(drafting: Drafting, kind: str) -> SimulationRun:
    return simulating.request_run(
        actor=drafting.actor("anna"), contract=drafting.contract, kind=kind, seed=1, at=AT, draws=500
    )


def finish(run: SimulationRun) -> SimulationRun:
    tasks.run_simulation(str(run.pk))
    run.refresh_from_db()
    return run


# --- Drawing ---------------------------------------------------------------------------------------------------------


def test_the_same_seed_gives_the_same_run_and_another_seed_another(figured: Drafting) -> None:
    first = draw(figured)
    assert draw(figured) == first
    assert SimulationRun.objects.count() == 1
    other = draw(figured, seed=2)
    assert result_of(other)["simulation"]["total"] != result_of(first)["simulation"]["total"]


def test_a_stored_run_can_be_drawn_again_from_itself_alone(figured: Drafting) -> None:
    run = SimulationRun.objects.get(pk=draw(figured).pk)
    state(figured, "outcome.att3.share", "0.2", "0.1", "0.3")
    assert drawing.draw(run) == run.result


def test_an_old_run_stands_as_it_was_when_an_assumption_changes_and_says_what_changed(figured: Drafting) -> None:
    run = draw(figured)
    kept = SimulationRun.objects.get(pk=run.pk)
    state(figured, "outcome.att3.share", "0.55", "0.35", "0.7")
    page = text_of(browser(figured.world, "anna").get(url("simulation_run", figured, run.pk)))
    assert "Out of date" in page
    assert "Når tre månader: 50% (30%–70%) → 55% (35%–70%)" in page
    again = SimulationRun.objects.get(pk=run.pk)
    assert (again.result, again.register) == (kept.result, kept.register)
    assert draw(figured) != run


def test_a_new_source_for_the_same_number_is_no_change_in_the_result(figured: Drafting) -> None:
    run = draw(figured)
    entry = register_of(figured.contract)["size.ht26"]
    AssumptionRevision.objects.create(
        assumption=entry.assumption,
        value=entry.value,
        low=entry.low,
        high=entry.high,
        source="Skolenheten",
        stated_on=NOW.date(),
        user=figured.actor("anna").user,
        at=AT,
    )
    assert not since(run, inputs_of(figured.contract)).is_anything


def test_changed_terms_and_gains_are_said(figured: Drafting) -> None:
    run = draw(figured)
    cap = {"limits": [{"scope": "contract", "at_most": "1000.00"}]}
    problems = actions.edit_terms(actor=figured.actor("anna"), contract=figured.refresh(), terms=TERMS | cap, at=AT)
    assert problems == []
    gain(figured)
    found = since(run, inputs_of(figured.refresh()))
    assert found.terms == "version 1"
    assert found.others == ["Who gains what has been changed."]


def gain(drafting: Drafting, metric: str = "att3") -> None:
    for key, value in (("own.volume", "20"), ("own.cost", "3000")):
        state(drafting, key, value)
    add_benefit(
        actor=drafting.actor("anna"),
        contract=drafting.contract,
        holder="municipality",
        label="Färre placeringsdygn",
        metric=metric,
        volume="own.volume",
        unit_cost="own.cost",
        years=2,
        at=AT,
    )


def test_gains_are_set_beside_the_payments_of_the_same_draws(figured: Drafting) -> None:
    gain(figured)
    result = result_of(draw(figured))
    budget = result["budgets"]["municipality"]
    assert budget["net"]["mean"] == pytest.approx(budget["gain"]["mean"] - budget["paid"]["mean"], abs=0.02)
    assert budget["paid"]["mean"] == pytest.approx(result["simulation"]["total"]["mean"], abs=0.02)
    assert result["together"]["correlation"] > 0.5


def test_a_gain_that_rests_on_nothing_is_told_rather_than_left_out_in_silence(figured: Drafting) -> None:
    gain(figured, metric="unheard-of")
    page = text_of(browser(figured.world, "anna").get(url("simulation_run", figured, draw(figured).pk)))
    assert "“Färre placeringsdygn” is left out" in page


def test_the_histogram_holds_every_draw_in_at_most_forty_bars(figured: Drafting) -> None:
    histogram = result_of(draw(figured))["histogram"]
    assert sum(histogram["counts"]) == 2_000
    assert 1 < len(histogram["counts"]) <= 40


def test_the_database_refuses_to_change_or_delete_a_finished_run(figured: Drafting) -> None:
    run = draw(figured)
    for act in (
        lambda: SimulationRun.objects.filter(pk=run.pk).update(seed=9),
        lambda: SimulationRun.objects.filter(pk=run.pk).delete(),
    ):
        with pytest.raises(DatabaseError), transaction.atomic():
            act()


@pytest.mark.parametrize("seed", [-1, 2**31])
def test_a_seed_beyond_its_range_is_refused(figured: Drafting, seed: int) -> None:
    with pytest.raises(Refused):
        draw(figured, seed=seed)


def test_nothing_is_drawn_from_terms_that_do_not_hold_together(figured: Drafting) -> None:
    version = figured.version
    version.terms = {"currency": "SEK"}
    version.save(update_fields=["terms"])
    with pytest.raises(Refused, match="do not hold together"):
        draw(figured)


# --- The worker ------------------------------------------------------------------------------------------------------


def test_the_worker_draws_a_tornado_and_reports_how_far_it_has_come(
    figured: Drafting, monkeypatch: pytest.MonkeyPatch
) -> None:
    run = ask(figured, "tornado")
    assert ask(figured, "tornado") == run, "the same question is the same run"
    seen: list[int] = []
    monkeypatch.setattr(simulating, "_progress", lambda row, lease, per_cent: seen.append(per_cent))
    finish(run)
    assert (run.status, run.progress, run.attempts, run.lease_until) == ("done", 100, 1, None)
    assert seen == [25, 50, 75, 100]
    found = tornado_of(run, "payments")
    assert [row.key for row in found.rows] == ["outcome.att3.share", "size.ht26", "outcome.att6.share"]
    assert found.still == ["Insatsens kostnad"]
    assert ask(figured, "tornado") == run, "and so is its answer"


def test_scenarios_stand_side_by_side_with_ones_own(figured: Drafting) -> None:
    scenario(figured, "Färre elever", {"size.ht26": "20"})
    run = finish(ask(figured, "scenarios"))
    columns = scenarios_in(run)
    assert [column.label for column in columns] == [
        "All at the low end",
        "As assumed",
        "All at the high end",
        "Färre elever",
    ]
    means = [column.distribution.total.mean for column in columns]
    assert means[0] < means[3] < means[1] < means[2]
    assert [(label, figure.value) for label, figure in columns[3].differs] == [("Elever", Decimal(20))]


def test_only_one_worker_takes_a_run_and_the_sweep_finds_what_a_dead_one_left(
    figured: Drafting, monkeypatch: pytest.MonkeyPatch
) -> None:
    run = ask(figured, "tornado")
    assert simulating._claim(run.pk, AT) is not None
    assert simulating._claim(run.pk, AT) is None
    later = AT + simulating.LEASE + timedelta(seconds=1)
    assert simulating.requeue_expired(at=AT + timedelta(minutes=1)) == 0
    assert simulating.requeue_expired(at=later) == 1
    assert simulating.waiting(at=later) == [run.pk]
    rung: list[str] = []
    monkeypatch.setattr(tasks.run_simulation, "delay", rung.append)
    tasks.simulate_waiting()
    assert rung == [str(run.pk)]
    assert simulating.run(run.pk, clock=lambda: later)


def test_it_gives_up_after_three_attempts_and_says_so_in_the_readers_words(
    figured: Drafting, monkeypatch: pytest.MonkeyPatch
) -> None:
    run = ask(figured, "tornado")

    def broken(*_: object) -> dict[str, Any]:
        raise ZeroDivisionError

    monkeypatch.setattr(simulating, "draw", broken)
    at = AT
    for attempt in (1, 2, 3):
        with pytest.raises(ZeroDivisionError):
            simulating.run(run.pk, clock=lambda: at)  # noqa: B023 – called at once
        run.refresh_from_db()
        assert run.attempts == attempt
        at = run.next_attempt_at
    assert run.status == "failed"
    page = text_of(browser(figured.world, "anna", "sv").get(url("simulation_run", figured, run.pk)))
    assert "Något oväntat gick fel när simuleringen drogs" in page
    assert ask(figured, "tornado") != run, "one may ask again"


def test_without_ranges_there_is_nothing_to_turn(drafting: Drafting) -> None:
    for key, (_label, _unit, value, *_range) in FIGURES.items():
        state(drafting, key, value)
    with pytest.raises(Refused, match="No assumption has a range"):
        ask(drafting, "tornado")


# --- Scenarios -------------------------------------------------------------------------------------------------------


def scenario(drafting: Drafting, name: str, values: dict[str, str]) -> Scenario:
    return simulating.add_scenario(
        actor=drafting.actor("anna"), contract=drafting.contract, name=name, values=values, at=AT
    )


@pytest.mark.parametrize(
    ("name", "values", "reason"),
    [
        (" ", {"size.ht26": "20"}, "a name"),
        ("Färre", {}, "at least one"),
        ("Färre", {"unknown": "1"}, "no assumption"),
        ("Färre", {"size.ht26": "NaN"}, "not a number"),
        ("Färre", {"outcome.att3.share": "1.5"}, "at most 100 per cent"),
        ("FLER", {"size.ht26": "20"}, "already"),
    ],
)
def test_a_scenario_must_have_a_name_of_its_own_and_values_that_can_be(
    figured: Drafting, name: str, values: dict[str, str], reason: str
) -> None:
    scenario(figured, "Fler", {"size.ht26": "60"})
    with pytest.raises(Refused, match=reason):
        scenario(figured, name, values)


def test_a_scenario_is_written_in_the_units_of_people_and_kept_as_numbers(figured: Drafting) -> None:
    client = browser(figured.world, "anna", "sv")
    form = {"name": "Hälften", "value-outcome.att3.share": "25,5", "value-size.ht26": ""}
    assert client.post(url("scenario_add", figured), form).status_code == 302
    kept = Scenario.objects.get()
    assert kept.values == {"outcome.att3.share": "0.255"}
    path = url("scenario_change", figured, kept.pk)
    assert 'value="25,5"' in client.get(path).content.decode()
    assert client.post(path, {"name": "Hälften", "value-size.ht26": "abc"}).status_code == 422
    assert client.post(path, {"name": "Hälften"}).status_code == 409
    assert client.post(path, {"name": "Halva", "value-size.ht26": "20"}).status_code == 302
    kept.refresh_from_db()
    assert (kept.name, kept.values) == ("Halva", {"size.ht26": "20"})
    assert client.post(url("scenario_remove", figured, kept.pk)).status_code == 302
    assert not Scenario.objects.exists()


# --- Pages -----------------------------------------------------------------------------------------------------------


def test_a_draft_without_figures_lists_what_is_missing(drafting: Drafting) -> None:
    page = text_of(browser(drafting.world, "anna").get(url("simulation", drafting)))
    assert "Missing before it can be simulated" in page
    assert "share of all who enrol" in page
    response = browser(drafting.world, "anna").post(url("simulation_draw", drafting), {"seed": "1"})
    assert response.status_code == 409
    assert "Missing: " in text_of(response)
    assert not SimulationRun.objects.exists()


@pytest.mark.parametrize("language", ["sv", "en"])
def test_every_page_opens_with_and_without_runs(figured: Drafting, language: str) -> None:
    client = browser(figured.world, "anna", language)
    pages = ["simulation", "tornado", "scenarios", "scenario_add", "simulation_compare"]
    for name in pages:
        assert client.get(url(name, figured)).status_code == 200, name
    runs = [draw(figured), finish(ask(figured, "tornado")), finish(ask(figured, "scenarios"))]
    for name in pages:
        assert client.get(url(name, figured)).status_code == 200, name
    for run in runs:
        assert run.status == "done", run.error
        for name in ("simulation_run", "simulation_json", "simulation_csv"):
            assert client.get(url(name, figured, run.pk)).status_code == 200, (name, run.kind)
    assert client.get(url("simulation_chart", figured, runs[0].pk, "betalningar")).status_code == 200
    assert client.get(url("simulation_chart", figured, runs[1].pk, "ranta")).status_code == 200


def test_two_versions_are_compared_with_the_same_assumptions(figured: Drafting) -> None:
    """A proposal is returned, and the next draft has a lower cap."""
    figured.propose()
    actions.return_proposal(actor=figured.actor("ines"), contract=figured.refresh(), reason="För dyrt", at=AT)
    cap = {"limits": [{"scope": "person", "at_most": "25000.00"}, {"scope": "contract", "at_most": "300000.00"}]}
    actions.edit_terms(actor=figured.actor("anna"), contract=figured.refresh(), terms=TERMS | cap, at=AT)
    client = browser(figured.world, "anna")
    path = url("simulation_compare", figured)
    assert "These two are not drawn" in text_of(client.get(f"{path}?first=1&second=2"))
    answer = client.post(url("simulation_compare_draw", figured), {"first": 1, "second": 2}, follow=True)
    page = text_of(answer)
    assert answer.redirect_chain == [(f"{path}?first=1&second=2", 302)]
    assert "95 % of the draws give at most" in page
    assert "300,000" in page
    assert SimulationRun.objects.count() == 2
    assert {run.version_number for run in SimulationRun.objects.all()} == {1, 2}
    assert client.get(f"{path}?first=1&second=1").status_code == 422
    assert client.get(f"{path}?first=1&second=77").status_code == 422


def test_a_reader_sees_everything_and_may_draw_nothing(figured: Drafting) -> None:
    runs = [draw(figured), finish(ask(figured, "tornado"))]
    reader = browser(figured.world, "ines")
    for path in (
        url("simulation", figured),
        url("tornado", figured),
        url("scenarios", figured),
        url("simulation_compare", figured),
        *(url("simulation_run", figured, run.pk) for run in runs),
    ):
        page = reader.get(path)
        assert page.status_code == 200
        assert "/dra/" not in text_of(page)
    for name in ("simulation_draw", "tornado_ask", "scenarios_ask", "simulation_compare_draw", "scenario_add"):
        assert reader.post(url(name, figured), {"seed": "3"}).status_code == 403, name
    assert SimulationRun.objects.count() == len(runs)


def test_an_outsider_does_not_learn_that_a_simulation_exists(figured: Drafting) -> None:
    run, kept = draw(figured), scenario(figured, "Färre", {"size.ht26": "20"})
    outsider = browser(figured.world, "charlie")
    for path in (
        url("simulation", figured),
        url("tornado", figured),
        url("scenarios", figured),
        url("simulation_compare", figured),
        url("simulation_run", figured, run.pk),
        url("simulation_json", figured, run.pk),
        url("simulation_csv", figured, run.pk),
        url("simulation_chart", figured, run.pk, "betalningar"),
        url("scenario_change", figured, kept.pk),
    ):
        assert outsider.get(path).status_code == 404, path
    other = figured.world.contract
    path = reverse("contracts:simulation_run", args=[other.code, run.pk])
    assert browser(figured.world, "anna").get(path).status_code == 404, "nor in another contract"


def test_the_seed_is_read_from_the_form_and_shown_on_the_run(figured: Drafting) -> None:
    client = browser(figured.world, "anna")
    assert client.post(url("simulation_draw", figured), {"seed": "many"}).status_code == 422
    answer = client.post(url("simulation_draw", figured), {"seed": "77"}, follow=True)
    run = SimulationRun.objects.get()
    assert (run.seed, run.draws, run.requested_by) == (77, 100_000, figured.actor("anna").user)
    page = text_of(answer)
    assert run.terms_hash in page
    assert "With nine chances out of ten the payers together pay between" in page


def test_the_files_hold_everything_the_run_was_drawn_from(figured: Drafting) -> None:
    run = draw(figured)
    client = browser(figured.world, "anna", "sv")
    kept = json.loads(client.get(url("simulation_json", figured, run.pk)).content)
    assert (kept["register"], kept["result"], kept["terms"]) == (run.register, run.result, figured.version.terms)
    text = client.get(url("simulation_csv", figured, run.pk)).content.decode("utf-8-sig")
    rows = list(csv.reader(io.StringIO(text), delimiter=";"))
    assert rows[0] == ["Del", "Vilken", "Mått", "Tal"]
    [mean] = [row[3] for row in rows if row[1:3] == ["total", "mean"]]
    assert Decimal(mean.replace(",", ".")) == Decimal(str(result_of(run)["simulation"]["total"]["mean"]))


def test_no_page_asks_the_database_more_than_fifteen_times(figured: Drafting) -> None:
    gain(figured)
    for seed in range(1, 4):
        draw(figured, seed=seed, draws=200)
    runs = [finish(ask(figured, "tornado")), finish(ask(figured, "scenarios"))]
    client = browser(figured.world, "anna")
    for path in (
        url("simulation", figured),
        url("tornado", figured),
        url("scenarios", figured),
        url("simulation_compare", figured),
        url("scenario_add", figured),
        *(url("simulation_run", figured, run.pk) for run in runs),
    ):
        client.get(path)
        with CaptureQueriesContext(connection) as queries:
            assert client.get(path).status_code == 200
        assert len(queries) <= 15, (path, len(queries), [query["sql"][:150] for query in queries])


def test_htmx_asks_for_the_part_that_changes_until_it_is_done(figured: Drafting) -> None:
    run = ask(figured, "tornado")
    client = browser(figured.world, "anna")
    path = url("simulation_run", figured, run.pk)
    part = text_of(client.get(path, headers={"HX-Request": "true"}))
    assert "<html" not in part
    assert 'hx-trigger="every 1s"' in part
    finish(run)
    part = text_of(client.get(path, headers={"HX-Request": "true"}))
    assert "hx-trigger" not in part
    assert "What matters most is" in part

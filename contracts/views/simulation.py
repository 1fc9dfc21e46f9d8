"""The pages of simulations: what may be paid, what matters most, scenarios, and two versions beside each other."""

import csv
import io
import json
import secrets
from collections.abc import Mapping
from typing import Any
from uuid import UUID

from django.core.paginator import Paginator
from django.http import Http404, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils import timezone
from django.utils.http import urlencode
from django.utils.translation import get_language
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from actors.http import ActorRequest, access, done, page_or_fragment
from actors.policies import Refused, can
from actors.roles import Permission
from contracts import charts, tasks
from contracts.actions import simulating
from contracts.forms.simulation import CompareForm, DrawForm, ScenarioForm
from contracts.models import Contract, ContractVersion, SimulationRun
from contracts.policies import roles_of
from contracts.queries import get_contract_for
from contracts.queries.register import reader_language, register_of
from contracts.queries.simulated import (
    Distribution,
    distribution_of,
    limit_pairs,
    measures_of,
    pairs_of,
    result_of,
    rows_of,
    scenarios_in,
    tornado_of,
)
from contracts.queries.simulation import (
    DRAWS,
    FIRST_SEED,
    Inputs,
    get_scenario_for,
    get_simulation_for,
    inputs_of,
    latest_run,
    runs_of,
    same_run,
    scenarios_of,
    since,
)
from contracts.views.deciding import posted
from contracts.views.lists import harmless

GET_AND_POST = ["GET", "HEAD", "POST"]
PER_PAGE = 10
MOVING = {SimulationRun.Status.QUEUED, SimulationRun.Status.RUNNING}
Kind = SimulationRun.Kind
PICTURES_KEEP = "private, max-age=86400"  # a run never changes, but whoever may read it can


# --- The distribution ------------------------------------------------------------------------------------------------


@require_safe
@access(Permission.VIEW_DESIGN, in_contract=True)
def simulation(request: ActorRequest, code: str) -> HttpResponse:
    """The latest distribution, what is missing before one can be drawn, and all runs that are kept."""
    contract = get_contract_for(request.actor, code, Permission.VIEW_DESIGN)
    inputs = inputs_of(contract)
    page = Paginator(runs_of(contract), PER_PAGE).get_page(request.GET.get("page"))
    run = next((one for one in page if one.kind == Kind.DISTRIBUTION and one.status == SimulationRun.Status.DONE), None)
    run = run or latest_run(contract, Kind.DISTRIBUTION)
    context = _frame(request, contract, "simulation", inputs) | {
        "page": page,
        "rows": [_row(one, inputs) for one in page],
        "form": DrawForm(initial={"seed": _new_seed() if run else FIRST_SEED}),
        "draws": DRAWS,
        **(_run_context(run, inputs) if run else {}),
    }
    return render(request, "contracts/simulation.html", context)


@require_POST
@access(Permission.EDIT_DESIGN, in_contract=True)
def simulation_draw(request: ActorRequest, code: str) -> HttpResponse:
    """Draw the distribution with a seed."""
    contract = get_contract_for(request.actor, code, Permission.EDIT_DESIGN)
    form = DrawForm(request.POST)
    inputs = inputs_of(contract)
    reasons: tuple[str, ...] = ()
    if form.is_valid():
        try:
            run = simulating.simulate_now(
                actor=request.actor,
                contract=contract,
                seed=form.cleaned_data["seed"],
                at=timezone.now(),
                inputs=inputs,
            )
        except Refused as refusal:
            reasons = refusal.reasons
        else:
            return redirect("contracts:simulation_run", code, run.pk)
    context = _frame(request, contract, "simulation", inputs) | {"form": form, "reasons": reasons, "draws": DRAWS}
    return render(request, "contracts/simulation_draw.html", context, status=409 if reasons else 422)


@require_safe
@access(Permission.VIEW_DESIGN, in_contract=True)
def simulation_run(request: ActorRequest, code: str, simulation: UUID) -> HttpResponse:
    """One run as it was drawn, and how far it has come; htmx asks again and again until it is done."""
    run = get_simulation_for(request.actor, code, simulation)
    inputs = inputs_of(run.contract)
    place = {Kind.DISTRIBUTION: "simulation", Kind.TORNADO: "tornado", Kind.SCENARIOS: "scenarios"}[Kind(run.kind)]
    context = _frame(request, run.contract, place, inputs) | _run_context(run, inputs, request.GET.get("visa", ""))
    return page_or_fragment(request, "contracts/simulation_run.html", "contracts/_simulation_run.html", context)


@require_safe
@access(Permission.VIEW_DESIGN, in_contract=True)
def simulation_json(request: ActorRequest, code: str, simulation: UUID) -> HttpResponse:
    """The run with everything that it was drawn from, to be checked or drawn again elsewhere."""
    run = _finished(request, code, simulation)
    names = ("kind", "version_number", "terms", "terms_hash", "register", "benefits", "settings", "inputs_hash")
    document = {
        "contract": run.contract.code,
        "id": str(run.pk),
        **{name: getattr(run, name) for name in (*names, "rulebook_version", "draws", "seed")},
        "requested_at": run.requested_at.isoformat(),
        "result": run.result,
    }
    text = json.dumps(document, ensure_ascii=False, indent=1)
    return _file(text, "application/json", f"{code}-{run.version_number}-{run.seed}.json")


@require_safe
@access(Permission.VIEW_DESIGN, in_contract=True)
def simulation_csv(request: ActorRequest, code: str, simulation: UUID) -> HttpResponse:
    """The result as rows for a spreadsheet."""
    run = _finished(request, code, simulation)
    is_english = get_language() == "en"
    text = io.StringIO()
    writer = csv.writer(text, delimiter="," if is_english else ";")
    for row in rows_of(run):
        writer.writerow([_cell(value, is_english) for value in row])
    return _file("\ufeff" + text.getvalue(), "text/csv; charset=utf-8", f"{code}-{run.version_number}-{run.seed}.csv")


def _cell(value: Any, is_english: bool) -> str:
    if isinstance(value, float | int):
        text = f"{value:.6f}".rstrip("0").rstrip(".") if isinstance(value, float) else str(value)
        return text if is_english else text.replace(".", ",")
    return "" if value is None else harmless(str(value))


def _file(text: str, kind: str, name: str) -> HttpResponse:
    response = HttpResponse(text, content_type=kind)
    response["Content-Disposition"] = f'attachment; filename="{name}"'
    return response


def _finished(request: ActorRequest, code: str, simulation: UUID) -> SimulationRun:
    run = get_simulation_for(request.actor, code, simulation)
    if run.status != SimulationRun.Status.DONE:
        raise Http404
    return run


# --- What matters most -----------------------------------------------------------------------------------------------


@require_safe
@access(Permission.VIEW_DESIGN, in_contract=True)
def tornado(request: ActorRequest, code: str) -> HttpResponse:
    """Which assumptions move the result most."""
    contract = get_contract_for(request.actor, code, Permission.VIEW_DESIGN)
    inputs = inputs_of(contract)
    run = latest_run(contract, Kind.TORNADO)
    context = _frame(request, contract, "tornado", inputs)
    context |= _run_context(run, inputs, request.GET.get("visa", "")) if run else {}
    return render(request, "contracts/simulation_tornado.html", context)


@require_POST
@access(Permission.EDIT_DESIGN, in_contract=True)
def tornado_ask(request: ActorRequest, code: str) -> HttpResponse:
    """Ask for it to be drawn."""
    return _ask(request, code, Kind.TORNADO)


def _ask(request: ActorRequest, code: str, kind: str) -> HttpResponse:
    contract = get_contract_for(request.actor, code, Permission.EDIT_DESIGN)
    run = simulating.request_run(actor=request.actor, contract=contract, kind=kind, seed=FIRST_SEED, at=timezone.now())
    if run.status in MOVING:
        tasks.ring(run.pk)
    return redirect("contracts:simulation_run", code, run.pk)


# --- Scenarios -------------------------------------------------------------------------------------------------------


@require_safe
@access(Permission.VIEW_DESIGN, in_contract=True)
def scenarios(request: ActorRequest, code: str) -> HttpResponse:
    """The scenarios, and the latest run of them side by side."""
    contract = get_contract_for(request.actor, code, Permission.VIEW_DESIGN)
    inputs = inputs_of(contract)
    run = latest_run(contract, Kind.SCENARIOS)
    own = scenarios_of(contract)
    context = _frame(request, contract, "scenarios", inputs)
    context |= _run_context(run, inputs) if run else {}
    context["own"] = [(one, [_scenario_value(key, text, inputs) for key, text in one.values.items()]) for one in own]
    if run and [{"name": one.name, "values": one.values} for one in own] != run.settings.get("scenarios", []):
        context["scenarios_changed"] = True
    return render(request, "contracts/simulation_scenarios.html", context)


def _scenario_value(key: str, text: str, inputs: Inputs) -> dict[str, Any]:
    entry = inputs.register.get(key)
    return {"label": entry.label if entry else key, "value": text, "unit": entry.unit if entry else "", "entry": entry}


@require_POST
@access(Permission.EDIT_DESIGN, in_contract=True)
def scenarios_ask(request: ActorRequest, code: str) -> HttpResponse:
    """Ask for them to be drawn side by side."""
    return _ask(request, code, Kind.SCENARIOS)


@require_http_methods(GET_AND_POST)
@access(Permission.EDIT_DESIGN, in_contract=True)
def scenario_add(request: ActorRequest, code: str) -> HttpResponse:
    """A new scenario."""
    contract = get_contract_for(request.actor, code, Permission.EDIT_DESIGN)
    form = ScenarioForm(posted(request), register=register_of(contract))
    if form.is_valid():
        try:
            simulating.add_scenario(
                actor=request.actor,
                contract=contract,
                name=form.cleaned_data["name"],
                values=form.values,
                at=timezone.now(),
            )
        except Refused as refusal:
            return _scenario_page(request, contract, form, refusal.reasons)
        return done(request, _("The scenario is saved."), "contracts:scenarios", code)
    return _scenario_page(request, contract, form)


@require_http_methods(GET_AND_POST)
@access(Permission.EDIT_DESIGN, in_contract=True)
def scenario_change(request: ActorRequest, code: str, scenario: int) -> HttpResponse:
    """Change a scenario."""
    row = get_scenario_for(request.actor, code, scenario)
    form = ScenarioForm(posted(request), register=register_of(row.contract), scenario=row)
    if form.is_valid():
        try:
            simulating.change_scenario(
                actor=request.actor,
                scenario=row,
                name=form.cleaned_data["name"],
                values=form.values,
                at=timezone.now(),
            )
        except Refused as refusal:
            return _scenario_page(request, row.contract, form, refusal.reasons, scenario=row)
        return done(request, _("The scenario is saved."), "contracts:scenarios", code)
    return _scenario_page(request, row.contract, form, scenario=row)


def _scenario_page(
    request: ActorRequest, contract: Contract, form: ScenarioForm, reasons: tuple[str, ...] = (), **more: Any
) -> HttpResponse:
    context = {"contract": contract, "section": "calculation", "place": "scenarios", "form": form, "reasons": reasons}
    status = 409 if reasons else 422 if form.is_bound else 200
    return render(request, "contracts/scenario_edit.html", context | more, status=status)


@require_POST
@access(Permission.EDIT_DESIGN, in_contract=True)
def scenario_remove(request: ActorRequest, code: str, scenario: int) -> HttpResponse:
    """Take a scenario away."""
    row = get_scenario_for(request.actor, code, scenario)
    simulating.remove_scenario(actor=request.actor, scenario=row, at=timezone.now())
    return done(request, _("The scenario is removed."), "contracts:scenarios", code)


# --- Two versions ----------------------------------------------------------------------------------------------------


@require_safe
@access(Permission.VIEW_DESIGN, in_contract=True)
def simulation_compare(request: ActorRequest, code: str) -> HttpResponse:
    """Two versions of the terms with the same assumptions and the same random numbers."""
    contract = get_contract_for(request.actor, code, Permission.VIEW_DESIGN)
    versions = _versions(contract)
    form = CompareForm(request.GET if "first" in request.GET else None, versions=versions)
    newest, before = (*(version.number for version in versions), None, None)[:2]
    form.initial = {"first": before, "second": newest}
    context: dict[str, Any] = {
        "contract": contract,
        "section": "calculation",
        "place": "compare",
        "may_draw": can(request.actor, Permission.EDIT_DESIGN, roles_of(request.actor, contract)),
        "form": form,
        "versions": versions,
        "language": reader_language(),
    }
    if form.is_valid():
        context |= _comparison(contract, form.cleaned_data["first"], form.cleaned_data["second"])
    status = 422 if form.is_bound and form.errors else 200
    return render(request, "contracts/simulation_compare.html", context, status=status)


def _versions(contract: Contract) -> list[ContractVersion]:
    """Every version, the newest first: what was returned is worth comparing with what came after."""
    return sorted(contract.versions.all(), key=lambda version: -version.number)


def _comparison(contract: Contract, first: int, second: int) -> dict[str, Any]:
    """Both versions drawn with what is assumed now, where that has been done; else what is missing."""
    register = register_of(contract)
    both = [inputs_of(contract, number, register) for number in (first, second)]
    found: dict[str, Any] = {"both": both, "first": first, "second": second}
    if not all(inputs.is_complete for inputs in both):
        return found | {"gaps": [(one, simulating.gaps_in_words(one)) for one in both if not one.is_complete]}
    runs = [same_run(inputs.row(Kind.DISTRIBUTION, seed=FIRST_SEED, draws=DRAWS)) for inputs in both]
    if None in runs:
        return found | {"is_undrawn": True}
    ones = [distribution_of(run) for run in runs if run]
    return found | {
        "runs": runs,
        "unit": _unit(ones[0].currency),
        "pairs": pairs_of(ones[0], ones[1]),
        "limits": limit_pairs(ones[0], ones[1]),
        "same_terms": runs[0].terms_hash == runs[1].terms_hash if runs[0] and runs[1] else False,
    }


@require_POST
@access(Permission.EDIT_DESIGN, in_contract=True)
def simulation_compare_draw(request: ActorRequest, code: str) -> HttpResponse:
    """Draw both versions."""
    contract = get_contract_for(request.actor, code, Permission.EDIT_DESIGN)
    form = CompareForm(request.POST, versions=_versions(contract))
    if not form.is_valid():
        return redirect("contracts:simulation_compare", code)
    numbers = [form.cleaned_data[name] for name in ("first", "second")]
    for number in numbers:
        simulating.simulate_now(
            actor=request.actor, contract=contract, seed=FIRST_SEED, at=timezone.now(), number=number
        )
    address = reverse("contracts:simulation_compare", args=[code])
    return redirect(f"{address}?{urlencode({'first': numbers[0], 'second': numbers[1]})}")


# --- Pictures --------------------------------------------------------------------------------------------------------


@require_safe
@access(Permission.VIEW_DESIGN, in_contract=True)
def simulation_chart(request: ActorRequest, code: str, simulation: UUID, picture: str) -> HttpResponse:
    """A run as a picture; the page holds the same numbers in a table."""
    run = _finished(request, code, simulation)
    width: charts.Width = "narrow" if request.GET.get("bredd") == "smal" else "wide"
    if picture == "betalningar" and run.kind == Kind.DISTRIBUTION:
        content = _histogram(run, width)
    elif picture in TORNADO_PICTURES and run.kind == Kind.TORNADO:
        content = _tornado(run, TORNADO_PICTURES[picture], width)
    else:
        raise Http404
    response = HttpResponse(content, content_type="image/svg+xml")
    response["Cache-Control"] = PICTURES_KEEP
    return response


TORNADO_PICTURES = {"betalningar": "payments", "netto": "net", "ranta": "irr", "overskott": "surplus"}
PICTURE_OF = {measure: picture for picture, measure in TORNADO_PICTURES.items()}


def _histogram(run: SimulationRun, width: charts.Width) -> bytes:
    found, histogram = distribution_of(run), result_of(run)["histogram"]
    marks = [("5 %", found.total.low), ("50 %", found.total.median), ("95 %", found.total.high)]
    return charts.histogram(
        histogram["edges"],
        histogram["counts"],
        reader_language(),
        title=_("How often the payments come to how much"),
        description=_("Between %(low)s and %(high)s in nine draws out of ten, half of them below %(median)s.")
        % {"low": found.total.low, "high": found.total.high, "median": found.total.median},
        marks=marks,
        currency=found.currency,
        width=width,
    )


def _tornado(run: SimulationRun, measure: str, width: charts.Width) -> bytes:
    found = tornado_of(run, measure)
    times = 100 if found.is_rate else 1
    rows = [
        (row.label, row.at_low * times, row.at_high * times)
        for row in found.rows
        if row.at_low is not None and row.at_high is not None
    ]
    if found.base is None or not rows:
        raise Http404
    return charts.tornado(
        rows,
        found.base * times,
        reader_language(),
        title=measure_names()[measure],
        description=_("What it becomes at the low and at the high end of each assumption, the widest first."),
        currency="%" if found.is_rate else result_of(run)["currency"],
        width=width,
    )


def measure_names() -> dict[str, str]:
    """The results that assumptions can move, in the reader's language."""
    return {
        "payments": _("Payments in all"),
        "irr": _("The investor's rate of return"),
        "net": _("Net of those who pay"),
        "surplus": _("What the investor gets back, less what is paid in"),
    }


# --- What the pages share --------------------------------------------------------------------------------------------


def _frame(request: ActorRequest, contract: Contract, place: str, inputs: Inputs) -> dict[str, Any]:
    return {
        "contract": contract,
        "section": "calculation",
        "place": place,
        "inputs": inputs,
        "language": reader_language(),
        "gaps": [] if inputs.is_complete else [slot.label(reader_language()) for slot in _missing(inputs)],
        "unfit": [problem.message(reader_language()) for problem in inputs.unfit],
        "may_draw": can(request.actor, Permission.EDIT_DESIGN, roles_of(request.actor, contract)),
    }


def _missing(inputs: Inputs) -> tuple[Any, ...]:
    return inputs.forecast.missing if inputs.forecast else ()


def _new_seed() -> int:
    return secrets.randbelow(999_999) + 2


def _row(run: SimulationRun, inputs: Inputs) -> dict[str, Any]:
    """A line of the list of runs."""
    found: dict[str, Any] = {"run": run, "is_stale": since(run, inputs).is_anything}
    if run.kind == Kind.DISTRIBUTION and run.result:
        found["total"] = distribution_of(run).total
    return found


def _run_context(run: SimulationRun, inputs: Inputs, measure: str = "") -> dict[str, Any]:
    """One run as its page shows it."""
    context: dict[str, Any] = {
        "run": run,
        "is_moving": run.status in MOVING,
        "since": since(run, inputs),
        "error": _(run.error) if run.error else "",
    }
    if run.status != SimulationRun.Status.DONE:
        return context
    if run.kind == Kind.DISTRIBUTION:
        found: Distribution = distribution_of(run)
        context |= {"found": found, "unit": _unit(found.currency), "valued": result_of(run)["valued"]}
    elif run.kind == Kind.TORNADO:
        measures = measures_of(run)
        chosen = measure if measure in measures else measures[0]
        found_bars = tornado_of(run, chosen)
        context |= {
            "tornado": found_bars,
            "has_picture": found_bars.base is not None and any(row.swing is not None for row in found_bars.rows),
            "measures": [(name, measure_names()[name]) for name in measures],
            "measure_name": measure_names()[chosen],
            "picture": PICTURE_OF[chosen],
            "unit": _unit(result_of(run)["currency"]),
        }
    else:
        columns = scenarios_in(run)
        context |= {"columns": columns, "unit": _unit(result_of(run)["currency"]), "budgets": _budgets(columns)}
    return context


def _budgets(columns: list[Any]) -> list[tuple[str, list[Any]]]:
    """The net of each budget in each scenario, a row a budget."""
    labels = dict.fromkeys(row.label for column in columns for row in column.distribution.budgets)
    each: list[Mapping[str, Any]] = [{row.label: row for row in column.distribution.budgets} for column in columns]
    return [(label, [one.get(label) for one in each]) for label in labels]


def _unit(currency: str) -> str:
    return "kr" if currency == "SEK" and reader_language() == "sv" else currency

"""Pages of Kolada: search a key figure, look at it beside the comparison group, keep it, and use it."""

import csv
import io
from typing import Any

from django.core.paginator import Paginator
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from actors.http import ActorRequest, access, done, page_or_fragment
from actors.roles import Permission
from contracts.actions.kolada import add_need_figure, fetch_figure, remove_need_figure
from contracts.forms.kolada import MOST_YEARS, NO_GROUP, KoladaChoiceForm, KoladaSearchForm, UseAsBaselineForm
from contracts.models import Contract, Measure
from contracts.policies import Act, permit_for
from contracts.queries import get_contract_for, open_version
from contracts.queries.kolada import (
    YEARS_SHOWN,
    FigureTable,
    chart_of,
    fitting_group,
    get_snapshot_for,
    own_place,
    places_for,
    table_of,
    usable_snapshots,
)
from library.kolada import Group, KeyFigure, KoladaProblem, Municipality, NotInKolada, kolada
from library.models import KoladaSnapshot
from library.snapshots import Wanted, ask

GET_AND_POST = ["GET", "HEAD", "POST"]
PER_PAGE = 20
FETCHED_SHOWN = 20


# --- Search ----------------------------------------------------------------------------------------------------------


@access(Permission.EDIT_DESIGN, in_contract=True)
@require_safe
def kolada_search(request: ActorRequest, code: str) -> HttpResponse:
    """Search key figures. `matt` is the measure that a figure is sought for, if any."""
    contract = get_contract_for(request.actor, code, Permission.EDIT_DESIGN)
    form = KoladaSearchForm(request.GET)
    text = form.cleaned_data["q"].strip() if form.is_valid() else ""
    found, problem = _search(text)
    rest = request.GET.copy()
    rest.pop("page", None)
    context = {
        "contract": contract,
        "section": "measuring",
        "form": form,
        "text": text,
        "measure": request.GET.get("matt", ""),
        "page": Paginator(found, PER_PAGE).get_page(request.GET.get("page")),
        "querystring": rest.urlencode(),
        "problem": problem,
        "is_recorded": bool(found) and kolada().is_recorded,
    }
    if not request.htmx:
        context["fetched"] = usable_snapshots(request.actor, contract).defer("values", "definition")[:FETCHED_SHOWN]
    return page_or_fragment(request, "contracts/kolada_search.html", "contracts/_kolada_results.html", context)


def _search(text: str) -> tuple[list[KeyFigure], str]:
    try:
        return (kolada().search_key_figures(text) if text else []), ""
    except KoladaProblem as problem:
        return [], str(problem)


# --- One key figure --------------------------------------------------------------------------------------------------


@access(Permission.EDIT_DESIGN, in_contract=True)
@require_http_methods(GET_AND_POST)
def kolada_figure(request: ActorRequest, code: str, figure: str) -> HttpResponse:
    """Look at a key figure for a municipality and its comparison group; post keeps it, for the need or a baseline."""
    contract = get_contract_for(request.actor, code, Permission.EDIT_DESIGN)
    try:
        return _figure(request, contract, figure)
    except KoladaProblem as problem:
        context = {"contract": contract, "section": "measuring", "problem": str(problem)}
        status = 404 if isinstance(problem, NotInKolada) else 503
        return render(request, "contracts/kolada_problem.html", context, status=status)


def _figure(request: ActorRequest, contract: Contract, figure: str) -> HttpResponse:
    key_figure = kolada().key_figure(figure)
    asked = request.POST if request.method == "POST" else request.GET
    choice = _choice(request, key_figure, asked)
    wanted, at = _wanted(key_figure, choice), timezone.now()
    snapshot = ask(wanted, at) if wanted else None
    table = table_of(snapshot) if snapshot else None
    use = _use_form(request, contract, table, choice)
    if request.method == "POST" and wanted and table:
        if request.POST.get("act") == "need":
            kept = fetch_figure(actor=request.actor, contract=contract, wanted=wanted, at=at)
            add_need_figure(actor=request.actor, contract=contract, snapshot=kept, at=at)
            message = _("The figure is kept and shows the need of the contract.")
            return done(request, message, "contracts:kolada_snapshot", contract.code, kept.pk)
        if use.is_valid():
            kept = fetch_figure(actor=request.actor, contract=contract, wanted=wanted, at=at)
            return _to_baseline(contract, kept, use)
    context = {
        "contract": contract,
        "section": "measuring",
        "figure": key_figure,
        "choice": choice,
        "snapshot": snapshot,
        "table": table,
        "chart": chart_of(table) if table else None,
        "use": use,
        "has_measures": contract.measures.exists(),
        "permit": permit_for(request.actor, Act.EDIT_DESIGN, contract, open_version(contract)),
        "wanted": choice["hidden"],
    }
    status = 422 if request.method == "POST" else 200
    return render(request, "contracts/kolada_figure.html", context, status=status)


def _choice(request: ActorRequest, key_figure: KeyFigure, asked: Any) -> dict[str, Any]:
    """Place, group and years as asked for; what is left out or does not fit becomes what is nearest at hand."""
    places = places_for(key_figure, kolada().municipalities())
    organisation = request.actor.organisation
    place = next((each for each in places if each.id == asked.get("kommun")), None)
    if place is None and not asked.get("kommun") and organisation is not None:
        place = own_place(organisation.name, places)
    groups = kolada().comparison_groups(place) if place else []
    group: Group | None = None
    if asked.get("grupp") != NO_GROUP:
        group = next((each for each in groups if each.id == asked.get("grupp")), fitting_group(key_figure, groups))
    last = timezone.localdate().year
    first = last - MOST_YEARS + 1
    till = _year(asked.get("till"), first, last, last)
    fran = _year(asked.get("fran"), first, till, max(first, till - YEARS_SHOWN))
    chosen = {"kommun": place.id if place else "", "grupp": group.id if group else NO_GROUP, "fran": fran, "till": till}
    form = KoladaChoiceForm(initial=chosen, places=places, groups=groups, years=range(first, last + 1))
    return {"form": form, "place": place, "group": group, "years": range(fran, till + 1), "hidden": chosen}


def _year(text: Any, least: int, most: int, otherwise: int) -> int:
    return min(max(int(text), least), most) if str(text or "").isdecimal() and len(str(text)) == 4 else otherwise


def _wanted(key_figure: KeyFigure, choice: dict[str, Any]) -> Wanted | None:
    place: Municipality | None = choice["place"]
    if place is None:
        return None
    return Wanted(key_figure.id, place.id, choice["group"].id if choice["group"] else "", tuple(choice["years"]))


def _use_form(
    request: ActorRequest, contract: Contract, table: FigureTable | None, choice: dict[str, Any]
) -> UseAsBaselineForm:
    measures = contract.measures.exclude(status=Measure.Status.DROPPED).order_by("pk")
    posted = request.POST if request.method == "POST" and request.POST.get("act") == "baseline" else None
    initial = {"measure": request.GET["matt"]} if request.GET.get("matt", "").isdecimal() else {}
    return UseAsBaselineForm(
        posted,
        measures=measures,
        years=table.years if table else (),
        has_group=bool(choice["group"]),
        initial=initial,
    )


def _to_baseline(contract: Contract, kept: KoladaSnapshot, use: UseAsBaselineForm) -> HttpResponse:
    said = use.cleaned_data
    path = reverse("contracts:baseline_edit", args=[contract.code, said["measure"].pk])
    return redirect(f"{path}?uttag={kept.pk}&ar={said['year']}&av={said['whose']}")


# --- What is kept ----------------------------------------------------------------------------------------------------


@access(Permission.VIEW_DESIGN, in_contract=True)
@require_safe
def kolada_snapshot(request: ActorRequest, code: str, snapshot: int) -> HttpResponse:
    contract = get_contract_for(request.actor, code, Permission.VIEW_DESIGN)
    kept = get_snapshot_for(request.actor, contract, snapshot)
    table = table_of(kept)
    context = {
        "contract": contract,
        "section": "measuring",
        "snapshot": kept,
        "table": table,
        "chart": chart_of(table),
        "is_need": contract.design.need_figures.filter(pk=kept.pk).exists(),
        "measures": list(contract.measures.filter(baseline__snapshot=kept)),
        "permit": permit_for(request.actor, Act.EDIT_DESIGN, contract, open_version(contract)),
    }
    return render(request, "contracts/kolada_snapshot.html", context)


@access(Permission.VIEW_DESIGN, in_contract=True)
@require_safe
def kolada_snapshot_csv(request: ActorRequest, code: str, snapshot: int) -> HttpResponse:
    """Every value with its gender and status, as Kolada gave it: an empty value is missing, never zero."""
    contract = get_contract_for(request.actor, code, Permission.VIEW_DESIGN)
    kept = get_snapshot_for(request.actor, contract, snapshot)
    names = {kept.municipality: kept.municipality_name} | {each["id"]: each["name"] for each in kept.members}
    text = io.StringIO()
    rows = csv.writer(text, lineterminator="\r\n")
    rows.writerow(["key_figure", "title", "municipality", "name", "year", "gender", "value", "status", "source"])
    source = "Kolada (CC BY 4.0)" + (", INVENTED VALUES" if kept.is_recorded else "")
    for each in kept.values:
        place, year, gender = each["municipality"], each["year"], each["gender"]
        said = [each["value"] or "", each["status"], source]
        rows.writerow([kept.kpi, kept.title, place, names.get(place, ""), year, gender, *said])
    name = f"kolada-{kept.kpi}-{kept.municipality}.csv"
    return HttpResponse(
        "\ufeff" + text.getvalue(),
        content_type="text/csv; charset=utf-8",
        headers={"Content-Disposition": f'attachment; filename="{name}"'},
    )


@access(Permission.EDIT_DESIGN, in_contract=True)
@require_POST
def kolada_need_add(request: ActorRequest, code: str, snapshot: int) -> HttpResponse:
    contract = get_contract_for(request.actor, code, Permission.EDIT_DESIGN)
    kept = get_snapshot_for(request.actor, contract, snapshot)
    add_need_figure(actor=request.actor, contract=contract, snapshot=kept, at=timezone.now())
    return done(request, _("The figure shows the need of the contract."), "contracts:kolada_snapshot", code, kept.pk)


@access(Permission.EDIT_DESIGN, in_contract=True)
@require_POST
def kolada_need_remove(request: ActorRequest, code: str, snapshot: int) -> HttpResponse:
    contract = get_contract_for(request.actor, code, Permission.EDIT_DESIGN)
    kept = get_snapshot_for(request.actor, contract, snapshot)
    remove_need_figure(actor=request.actor, contract=contract, snapshot=kept, at=timezone.now())
    message = _("The need of the contract does not rest on the figure any longer. The figure itself is kept.")
    return done(request, message, "contracts:kolada_search", code)

"""The front of the library, its indicators, unit costs and guides."""

import csv
import io
from typing import Any

from django.http import HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.utils.translation import get_language
from django.utils.translation import gettext as _
from django.views.decorators.http import require_safe

from actors.http import ActorRequest, access, page_or_fragment
from actors.policies import can
from actors.roles import Permission
from library.forms import SearchForm, ShelfFilterForm, UnitCostFilterForm
from library.models import Guide, Indicator, UnitCost
from library.queries import (
    COST_SORTS,
    INDICATOR_SORTS,
    areas_of,
    counts,
    found_everywhere,
    listed_guides,
    listed_indicators,
    listed_unit_costs,
    sheet_said,
    shelved,
    sources_said,
    waiting_templates,
)
from library.views.lists import list_context, sort_of


@access(Permission.VIEW_LIBRARY)
@require_safe
def shelf(request: ActorRequest) -> HttpResponse:
    form = SearchForm(request.GET or None)
    search = form.cleaned_data["q"].strip() if form.is_valid() else ""
    may_review = bool(can(request.actor, Permission.REVIEW_LIBRARY))
    context = {
        "form": form,
        "search": search,
        "kinds": _kinds(),
        "found": _found(search) if search else [],
        "may_draft": can(request.actor, Permission.DRAFT_CONTRACT),
        "waiting": waiting_templates().count() if may_review else None,
    }
    return render(request, "library/shelf.html", context)


_PAGES = {"templates": "template", "indicators": "indicator", "unit_costs": "unit_cost", "guides": "guide"}


def _titles() -> dict[str, tuple[str, str]]:
    return {
        "templates": (
            _("Contract templates"),
            _("Whole contracts to begin from: terms, effect chain, measures, assumptions and gains."),
        ),
        "indicators": (
            _("Indicators"),
            _("What can be measured, with its whole definition and its known weaknesses."),
        ),
        "unit_costs": (
            _("Unit costs"),
            _("What one unit costs whoever pays for it today, with price year, scope and caveats."),
        ),
        "guides": (_("Method guides"), _("How to do one step well, and what others learnt.")),
    }


def _kinds() -> list[dict[str, Any]]:
    count = counts()
    return [
        {"title": title, "text": text, "href": reverse(f"library:{kind}"), "count": count[kind]}
        for kind, (title, text) in _titles().items()
    ]


def _found(search: str) -> list[dict[str, Any]]:
    titles = _titles()
    return [
        {
            "title": titles[found.kind][0],
            "all": reverse(f"library:{found.kind}"),
            "count": found.count,
            "rows": [(row, reverse(f"library:{_PAGES[found.kind]}", args=[row.key])) for row in found.rows],
        }
        for found in found_everywhere(search)
        if found.count
    ]


# --- Indicators ------------------------------------------------------------------------------------------------------


@access(Permission.VIEW_LIBRARY)
@require_safe
def indicators(request: ActorRequest) -> HttpResponse:
    form = ShelfFilterForm(request.GET, areas=areas_of(Indicator.objects.all()))
    chosen, sort = form.chosen(), sort_of(request, INDICATOR_SORTS)
    rows = listed_indicators(search=chosen["q"], area=chosen["area"], sort=sort)
    context = list_context(request, rows, form, sort)
    return page_or_fragment(request, "library/indicators.html", "library/_indicator_list.html", context)


@access(Permission.VIEW_LIBRARY)
@require_safe
def indicator(request: ActorRequest, slug: str) -> HttpResponse:
    shown = shelved(Indicator, slug)
    context = {
        "indicator": shown,
        "rows": sheet_said(shown),
        "sources": sources_said(shown.sources),
        "may_draft": can(request.actor, Permission.DRAFT_CONTRACT),
    }
    return render(request, "library/indicator.html", context)


# --- Unit costs ------------------------------------------------------------------------------------------------------


def _costs(request: ActorRequest) -> tuple[UnitCostFilterForm, str, Any]:
    form = UnitCostFilterForm(request.GET, areas=areas_of(UnitCost.objects.all()))
    chosen, sort = form.chosen(), sort_of(request, COST_SORTS)
    rows = listed_unit_costs(search=chosen["q"], area=chosen["area"], holder=chosen["holder"], sort=sort)
    return form, sort, rows


@access(Permission.VIEW_LIBRARY)
@require_safe
def unit_costs(request: ActorRequest) -> HttpResponse:
    form, sort, rows = _costs(request)
    context = list_context(request, rows, form, sort)
    return page_or_fragment(request, "library/unit_costs.html", "library/_unit_cost_list.html", context)


@access(Permission.VIEW_LIBRARY)
@require_safe
def unit_costs_csv(request: ActorRequest) -> HttpResponse:
    """All rows of the list as it is narrowed and sorted, for a spreadsheet."""
    _form, _sort, rows = _costs(request)
    text = io.StringIO()
    writer = csv.writer(text, delimiter="," if get_language() == "en" else ";")
    head = [_("Key"), _("Name"), _("Area"), _("Budget holder"), _("Amount"), _("Currency"), _("Unit")]
    writer.writerow([*head, _("Price year"), _("How sure"), _("Scope"), _("Caveats"), _("Sources")])
    for cost in rows:
        cells = [cost.key, cost.name, cost.area_name, cost.get_holder_display(), _plain(cost), cost.currency, cost.unit]
        cells += [str(cost.price_year or ""), cost.get_certainty_display(), cost.scope, cost.caveats]
        cells.append("; ".join(f"{source.text} {source.url}".strip() for source in sources_said(cost.sources)))
        writer.writerow([_harmless(cell) for cell in cells])
    response = HttpResponse("\ufeff" + text.getvalue(), content_type="text/csv; charset=utf-8")
    response["Content-Disposition"] = f'attachment; filename="{_("unit-costs")}.csv"'
    return response


def _plain(cost: UnitCost) -> str:
    return str(cost.amount) if get_language() == "en" else str(cost.amount).replace(".", ",")


def _harmless(cell: str) -> str:
    """A cell that a spreadsheet cannot take for a formula."""
    return f"'{cell}" if cell.lstrip()[:1] in {"=", "+", "-", "@"} or cell[:1] in {"\t", "\r", "\n"} else cell


@access(Permission.VIEW_LIBRARY)
@require_safe
def unit_cost(request: ActorRequest, slug: str) -> HttpResponse:
    cost = shelved(UnitCost, slug)
    return render(request, "library/unit_cost.html", {"cost": cost, "sources": sources_said(cost.sources)})


# --- Guides ----------------------------------------------------------------------------------------------------------


@access(Permission.VIEW_LIBRARY)
@require_safe
def guides(request: ActorRequest) -> HttpResponse:
    form = SearchForm(request.GET)
    search = form.cleaned_data["q"].strip() if form.is_valid() else ""
    context = list_context(request, listed_guides(search=search), None, "")
    return render(request, "library/guides.html", context | {"form": form, "is_narrowed": bool(search)})


@access(Permission.VIEW_LIBRARY)
@require_safe
def guide(request: ActorRequest, slug: str) -> HttpResponse:
    shown = shelved(Guide, slug)
    paragraphs = [text.strip() for text in shown.body.split("\n\n") if text.strip()]
    context = {"guide": shown, "paragraphs": paragraphs, "sources": sources_said(shown.sources)}
    return render(request, "library/guide.html", context)

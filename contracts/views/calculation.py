"""Who pays and who gains: the page of every budget, its charts and file, and how far it looks ahead."""

from collections.abc import Callable
from dataclasses import dataclass
from decimal import Decimal
from fractions import Fraction
from functools import partial
from typing import Any

from django.http import HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from django.views.decorators.http import require_http_methods, require_safe

from actors.http import ActorRequest, access, done
from actors.roles import Permission
from contracts import charts
from contracts.actions.designing import edit_design
from contracts.forms.calculation import FrameForm
from contracts.models import Contract
from contracts.policies import Act, permit_for
from contracts.queries import get_contract_for
from contracts.queries.calculation import Budget, Calculation, Missing, calculation_of
from contracts.queries.register import asked_of, reader_language
from contracts.views.assumptions import csv_file, csv_number
from contracts.views.deciding import posted
from contracts.views.in_words import about, break_even_in_words, kronor, net_in_words, signed
from contracts.views.saving import attempt

GET_AND_POST = ["GET", "HEAD", "POST"]


# --- The page --------------------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Row:
    """One line of a budget's table: an amount for each year, their sum, and what they are worth today."""

    label: str
    amounts: list[Decimal]
    total: Decimal
    present: Decimal
    is_net: bool = False
    is_part: bool = False


def _rows(budget: Budget, horizon: int) -> list[Row]:
    account = budget.account
    parts: list[tuple[str, tuple[Fraction, ...], bool, bool]] = [
        (_("What it gains"), account.gains, False, False),
        (_("of which money that is freed"), account.cashable, False, True),
        (_("Own costs"), tuple(-cost for cost in account.costs), False, False),
        (_("Payments for outcomes"), tuple(-paid for paid in account.payments), False, False),
        (_("Net"), account.net, True, False),
    ]
    return [
        Row(
            label,
            [kronor(amount) for amount in amounts[:horizon]],
            kronor(sum(amounts[:horizon], Fraction(0))),
            kronor(account.present(amounts, horizon)),
            is_net,
            is_part,
        )
        for label, amounts, is_net, is_part in parts
        if is_net or any(amounts)
    ]


def _tables(found: Calculation, horizon: int) -> list[dict[str, Any]]:
    return [
        {
            "budget": budget,
            "rows": _rows(budget, horizon),
            "payback": budget.account.payback_year,
            "has_costs": any((*budget.account.costs, *budget.account.payments)),
            "least": signed(budget.account.present(budget.account.least, horizon), found.currency),
            "most": signed(budget.account.present(budget.account.most, horizon), found.currency),
        }
        for budget in found.budgets
    ]


def _answers(found: Calculation) -> list[dict[str, Any]]:
    """Every budget's net after the first year, after five and after the contract's own horizon."""
    rows: list[tuple[str, bool, Callable[[int], Fraction]]] = [
        (budget.label, budget.pays, budget.within) for budget in found.budgets
    ]
    for holder, name in found.divided:
        rows.append((_("%(holder)s in all") % {"holder": name}, False, partial(found.whole, holder=holder)))
    if len(found.budgets) > 1:
        rows.append((_("All budgets together"), False, found.whole))
    return [
        {
            "label": label,
            "pays": pays,
            "amounts": [kronor(within(years)) for years in found.horizons],
            "words": net_in_words(label, within(found.horizon), found.horizon, found.currency),
        }
        for label, pays, within in rows
    ]


def _break_evens(found: Calculation) -> list[str]:
    """For whom the gains cover the payments: the largest whole first, then each of its boards."""
    words = []
    if found.together is not None and len(found.by_holder) > 1:
        words.append(break_even_in_words(found.together, _("Those who pay, together")))
    divided = dict(found.divided)
    for holder, answer in found.by_holder.items():
        if holder in divided:
            words.append(break_even_in_words(answer, _("%(holder)s in all") % {"holder": divided[holder]}))
    words += [break_even_in_words(budget.break_even, budget.label) for budget in found.payers if budget.break_even]
    return words


@access(Permission.VIEW_DESIGN, in_contract=True)
@require_safe
def calculation(request: ActorRequest, code: str) -> HttpResponse:
    contract = get_contract_for(request.actor, code, Permission.VIEW_DESIGN)
    found = calculation_of(contract)
    years = max(found.horizon, 1)
    context = {
        "contract": contract,
        "section": "calculation",
        "tab": "calculation",
        "found": found,
        "design": contract.design,
        "answers": _answers(found),
        "tables": _tables(found, years),
        "years": [(year, found.first_day(year)) for year in range(1, years + 1)],
        "break_evens": _break_evens(found),
        "missing": [_mend(contract, one) for one in found.missing],
        "freed": _freed(found),
        "used": found.used,
        "unsure": sum(entry.is_unsure for entry in found.used),
        "later": about(found.later, found.currency) if found.later else "",
        "permit": permit_for(request.actor, Act.EDIT_CALCULATION, contract, found.asked.open_version),
        "frame_permit": permit_for(request.actor, Act.EDIT_DESIGN, contract, found.asked.open_version),
    }
    return render(request, "contracts/calculation.html", context)


def _mend(contract: Contract, one: Missing) -> dict[str, str]:
    """What is missing, with the address where it is mended."""
    if one.key:
        return {"text": one.text, "href": f"{reverse('contracts:assumption_add', args=[contract.code])}?key={one.key}"}
    return {"text": one.text, "href": reverse(one.path, args=[contract.code]) if one.path else ""}


def _freed(found: Calculation) -> list[dict[str, Any]]:
    """Whose money is freed, board by board, over the horizon: what an agreement on savings return can be about."""
    sums: dict[str, Fraction] = {}
    years = range(1, found.horizon + 1)
    for line in found.lines:
        if line.yearly is None or line.yearly <= 0 or not line.benefit.is_cashable:
            continue
        owner = str(line.benefit.board) if line.benefit.board else line.benefit.get_holder_display()
        worth = sum(
            (
                found.rates.present(found.rates.indexed(line.yearly, year), year)
                for year in years
                if line.gain.lasts_in(year)
            ),
            Fraction(0),
        )
        sums[owner] = sums.get(owner, Fraction(0)) + worth
    return [{"owner": owner, "amount": kronor(amount)} for owner, amount in sums.items()]


@access(Permission.VIEW_DESIGN, in_contract=True)
@require_safe
def calculation_csv(request: ActorRequest, code: str) -> HttpResponse:
    """Every budget, line and year, for a spreadsheet."""
    contract = get_contract_for(request.actor, code, Permission.VIEW_DESIGN)
    found = calculation_of(contract)
    years = range(1, found.horizon + 1)
    heads = [_("Budget"), _("Line"), *(_("Year %(year)s") % {"year": year} for year in years)]
    heads += [_("Sum"), _("Worth today")]
    rows = [
        [budget.label, row.label, *(csv_number(amount) for amount in (*row.amounts, row.total, row.present))]
        for budget in found.budgets
        for row in _rows(budget, found.horizon)
    ]
    return csv_file(f"{contract.code}-{_('calculation')}", heads, rows)


# --- Charts ----------------------------------------------------------------------------------------------------------


def _width(request: ActorRequest) -> charts.Width:
    return "narrow" if request.GET.get("bredd") == "smal" else "wide"


def _svg(picture: bytes) -> HttpResponse:
    return HttpResponse(picture, content_type="image/svg+xml")


@access(Permission.VIEW_DESIGN, in_contract=True)
@require_safe
def calculation_waterfall(request: ActorRequest, code: str) -> HttpResponse:
    """From what is paid to what is gained, budget by budget, in today's worth over the contract's own horizon."""
    found = calculation_of(get_contract_for(request.actor, code, Permission.VIEW_DESIGN))
    rows: list[tuple[str, charts.Amount]] = []
    for budget in found.budgets:
        account, years = budget.account, found.horizon
        paid = account.present(account.payments, years) + account.present(account.costs, years)
        if paid:
            rows.append((_("%(budget)s pays") % {"budget": budget.label}, -paid))
    for budget in found.budgets:
        gained = budget.account.present(budget.account.gains, found.horizon)
        if gained:
            rows.append((_("%(budget)s gains") % {"budget": budget.label}, gained))
    years = found.horizon
    title = ngettext("Who pays and who gains in %(years)s year", "Who pays and who gains in %(years)s years", years)
    description = " ".join(answer["words"] for answer in _answers(found))
    picture = charts.waterfall(
        rows,
        reader_language(),
        title=title % {"years": years},
        description=description,
        total=_("Net for all"),
        currency=found.currency,
        width=_width(request),
    )
    return _svg(picture)


@access(Permission.VIEW_DESIGN, in_contract=True)
@require_safe
def calculation_cumulative(request: ActorRequest, code: str) -> HttpResponse:
    """The net of each budget so far, year by year, in the money of each year."""
    found = calculation_of(get_contract_for(request.actor, code, Permission.VIEW_DESIGN))
    years = range(1, found.horizon + 1)
    series: dict[str, tuple[charts.Amount, ...]] = {
        budget.label: budget.account.net[: found.horizon] for budget in found.budgets
    }
    picture = charts.cumulative(
        series,
        [_("Year %(year)s") % {"year": year} for year in years],
        reader_language(),
        title=_("Net of each budget so far, year by year"),
        description=" ".join(answer["words"] for answer in _answers(found)),
        currency=found.currency,
        width=_width(request),
    )
    return _svg(picture)


# --- Horizon and savings return --------------------------------------------------------------------------------------


@access(Permission.EDIT_DESIGN, in_contract=True)
@require_http_methods(GET_AND_POST)
def calculation_frame(request: ActorRequest, code: str) -> HttpResponse:
    contract = get_contract_for(request.actor, code, Permission.EDIT_DESIGN)
    design, asked = contract.design, asked_of(contract)
    stored = {"horizon_years": design.horizon_years, "savings_return": design.savings_return}
    form = FrameForm(posted(request), stored=stored)
    tried = attempt(
        form,
        lambda changes, seen: edit_design(
            actor=request.actor, contract=contract, changes=changes, seen=seen, at=timezone.now()
        ),
    )
    if tried.is_saved:
        return done(request, _("The calculation is saved."), "contracts:calculation", contract.code)
    context = {
        "contract": contract,
        "section": "calculation",
        "tab": "calculation",
        "form": form,
        "permit": permit_for(request.actor, Act.EDIT_DESIGN, contract, asked.open_version),
    }
    return render(request, "contracts/calculation_frame.html", context | tried.context, status=tried.status)

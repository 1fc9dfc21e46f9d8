"""Who pays and who gains: the page of every budget, its charts and file, and the forms of the benefits."""

from collections.abc import Callable
from dataclasses import dataclass
from decimal import Decimal
from fractions import Fraction
from functools import partial
from typing import Any

from django.db import transaction
from django.http import HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from django.views.decorators.http import require_http_methods, require_safe

from actors.http import ActorRequest, access, done
from actors.models import Board
from actors.policies import NotVisible, Refused
from actors.roles import Permission
from contracts import charts
from contracts.actions.assumptions import add_benefit, change_benefit, remove_benefit, state_assumption
from contracts.actions.designing import edit_design
from contracts.forms import DecisionForm
from contracts.forms.calculation import BenefitForm, FrameForm
from contracts.models import Assumption, Benefit, Contract
from contracts.policies import Act, permit_for
from contracts.queries import get_contract_for
from contracts.queries.calculation import Budget, Calculation, Missing, calculation_of, metric_label
from contracts.queries.register import Asked, asked_of, reader_language, register_of
from contracts.views.assumptions import csv_file, csv_number, own_key
from contracts.views.deciding import decide, posted
from contracts.views.saving import attempt
from library.models import UnitCost
from library.states import Certainty
from rulebook.benefits import BreakEven

GET_AND_POST = ["GET", "HEAD", "POST"]
MILLION, THOUSAND = 1_000_000, 10_000


# --- In words --------------------------------------------------------------------------------------------------------


def about(amount: Fraction, currency: str = "SEK") -> str:
    """An estimate as people say it: «1,2 miljoner kronor», «340 000 kronor». Without its sign."""
    size, language = abs(amount), reader_language()
    kronor = _("kronor") if currency == "SEK" else currency
    if size >= MILLION:
        number = charts.number_text(float(size) / MILLION, language, "#,##0.0")
        return _("%(number)s million %(kronor)s") % {"number": number, "kronor": kronor}
    step = 1000 if size >= THOUSAND else 1
    number = charts.number_text(float(round(size / step) * step), language, "#,##0")
    return f"{number} {kronor}"


def _signed(amount: Fraction, currency: str) -> str:
    return f"{'−' if round(amount) < 0 else ''}{about(amount, currency)}"


def kronor(amount: Fraction) -> Decimal:
    """An estimate in whole kronor, for tables."""
    return Decimal(round(amount))


def net_in_words(name: str, amount: Fraction, years: int, currency: str) -> str:
    """«Kommunen vinner 1,2 miljoner kronor på fem år.»"""
    texts = {"name": name, "amount": about(amount, currency), "years": years}
    if round(amount) == 0:
        return (
            ngettext(
                "%(name)s neither gains nor loses in %(years)s year.",
                "%(name)s neither gains nor loses in %(years)s years.",
                years,
            )
            % texts
        )
    if amount > 0:
        return (
            ngettext(
                "%(name)s gains %(amount)s in %(years)s year.", "%(name)s gains %(amount)s in %(years)s years.", years
            )
            % texts
        )
    return (
        ngettext("%(name)s loses %(amount)s in %(years)s year.", "%(name)s loses %(amount)s in %(years)s years.", years)
        % texts
    )


def break_even_in_words(found: BreakEven, who: str) -> str:
    """At which share of the expected outcomes gains cover what is paid."""
    share, until = (_percent(part) for part in (found.share, found.until))
    texts = {"who": who, "share": share, "until": until}
    return {
        "always": _("%(who)s: the gains cover the payments however many outcomes are reached."),
        "never": _("%(who)s: the gains never cover the payments, not even when all expected outcomes are reached."),
        "from": _(
            "%(who)s: the gains cover the payments when at least %(share)s of the expected outcomes are reached."
        ),
        "until": _(
            "%(who)s: the gains cover the payments only while at most %(until)s of the expected outcomes are reached."
        ),
        "between": _(
            "%(who)s: the gains cover the payments when %(share)s to %(until)s of the expected outcomes are reached."
        ),
    }[found.answer] % texts


def _percent(share: Fraction | None) -> str:
    if share is None:
        return ""
    text = charts.number_text(float(share * 100), reader_language(), "#,##0")
    return f"{text}\u00a0%" if reader_language() == "sv" else f"{text}%"


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
            "least": _signed(budget.account.present(budget.account.least, horizon), found.currency),
            "most": _signed(budget.account.present(budget.account.most, horizon), found.currency),
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
    payers = found.payers
    words = [break_even_in_words(budget.break_even, budget.label) for budget in payers if budget.break_even]
    if found.together is not None and len(payers) > 1:
        words.insert(0, break_even_in_words(found.together, _("Those who pay, together")))
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


# --- Benefits --------------------------------------------------------------------------------------------------------


def _benefit(contract: Contract, pk: int) -> Benefit:
    rows = Benefit.objects.select_related("volume", "unit_cost", "attribution", "board", "shelf_cost")
    found = rows.filter(contract=contract, pk=pk).first()
    if found is None:
        raise NotVisible
    found.contract = contract
    return found


def _form(request: ActorRequest, contract: Contract, asked: Asked, benefit: Benefit | None = None) -> BenefitForm:
    metrics = asked.terms.metrics if asked.terms else ()
    organisations = {contract.owner_id, *(party.organisation_id for party in contract.parties.all())}
    return BenefitForm(
        posted(request),
        register=register_of(contract),
        boards=list(
            Board.objects.filter(organisation__in=organisations).select_related("organisation").order_by("name")
        ),
        metrics=[(metric.id, metric_label(metric.id, asked.terms)) for metric in metrics if metric.level == "person"],
        costs=list(UnitCost.objects.order_by("area", "name_sv")),
        benefit=benefit,
    )


@access(Permission.EDIT_DESIGN, in_contract=True)
@require_http_methods(GET_AND_POST)
def benefit_add(request: ActorRequest, code: str) -> HttpResponse:
    contract = get_contract_for(request.actor, code, Permission.EDIT_DESIGN)
    asked = asked_of(contract)
    form = _form(request, contract, asked)
    if form.is_valid():
        try:
            with transaction.atomic():
                numbers = _numbers(request, contract, form)
                benefit = add_benefit(actor=request.actor, contract=contract, at=timezone.now(), **form.said, **numbers)
        except Refused as refusal:
            return _benefit_page(request, contract, asked, form, refusal)
        message = _("«%(label)s» is part of the calculation.") % {"label": benefit.label}
        return done(request, message, "contracts:calculation", contract.code)
    return _benefit_page(request, contract, asked, form)


@access(Permission.EDIT_DESIGN, in_contract=True)
@require_http_methods(GET_AND_POST)
def benefit_change(request: ActorRequest, code: str, benefit: int) -> HttpResponse:
    contract = get_contract_for(request.actor, code, Permission.EDIT_DESIGN)
    changed, asked = _benefit(contract, benefit), asked_of(contract)
    form = _form(request, contract, asked, changed)
    if form.is_valid():
        try:
            with transaction.atomic():
                numbers = _numbers(request, contract, form, changed)
                changed = change_benefit(
                    actor=request.actor, benefit=changed, at=timezone.now(), **form.said, **numbers
                )
        except Refused as refusal:
            return _benefit_page(request, contract, asked, form, refusal, benefit=changed)
        message = _("«%(label)s» is saved.") % {"label": changed.label}
        return done(request, message, "contracts:calculation", contract.code)
    return _benefit_page(request, contract, asked, form, benefit=changed)


@access(Permission.EDIT_DESIGN, in_contract=True)
@require_http_methods(GET_AND_POST)
def benefit_remove(request: ActorRequest, code: str, benefit: int) -> HttpResponse:
    contract = get_contract_for(request.actor, code, Permission.EDIT_DESIGN)
    gone = _benefit(contract, benefit)
    return decide(
        request,
        contract,
        Act.EDIT_CALCULATION,
        template="contracts/benefit_remove.html",
        form=DecisionForm(posted(request)),
        perform=lambda _said: remove_benefit(actor=request.actor, benefit=gone, at=timezone.now()),
        message=lambda: _("«%(label)s» is no longer part of the calculation.") % {"label": gone.label},
        to="contracts:calculation",
        section="calculation",
        context=lambda _version: {"benefit": gone, "tab": "calculation"},
    )


def _benefit_page(
    request: ActorRequest,
    contract: Contract,
    asked: Asked,
    form: BenefitForm,
    refusal: Refused | None = None,
    **more: Any,
) -> HttpResponse:
    context = {
        "contract": contract,
        "section": "calculation",
        "tab": "calculation",
        "form": form,
        "permit": permit_for(request.actor, Act.EDIT_CALCULATION, contract, asked.open_version),
        "reasons": refusal.reasons if refusal else (),
    }
    status = 409 if refusal else 422 if form.is_bound else 200
    return render(request, "contracts/benefit_form.html", context | more, status=status)


def _numbers(
    request: ActorRequest, contract: Contract, form: BenefitForm, benefit: Benefit | None = None
) -> dict[str, Any]:
    """The keys of volume, unit cost and attribution; what is new, or from the library, is stated in the register."""
    keys = {name: form.cleaned_data[name] for name in ("volume", "unit_cost", "attribution")}
    taken = set(Assumption.objects.filter(contract=contract).values_list("key", flat=True))
    common: dict[str, Any] = {
        "actor": request.actor,
        "contract": contract,
        "low": None,
        "high": None,
        "at": timezone.now(),
    }
    for name, (value, unit, label) in form.new_numbers.items():
        keys[name] = own_key(label, taken)
        taken.add(keys[name])
        state_assumption(
            **common,
            key=keys[name],
            label=label,
            unit=unit,
            value=value,
            source="",
            source_url="",
            certainty=Certainty.ASSUMED,
            owner=str(request.actor.user),
            stated_on=timezone.localdate(),
            reason="",
        )
    cost = form.shelf_cost
    if cost is not None:
        keys["unit_cost"] = f"own.cost.{cost.key}"
        _from_library(common, keys["unit_cost"], cost, request, taken)
        return {**keys, "shelf_cost": cost}
    is_kept = benefit is not None and benefit.unit_cost.key == keys["unit_cost"]
    return {**keys, "shelf_cost": benefit.shelf_cost if benefit is not None and is_kept else None}


def _from_library(common: dict[str, Any], key: str, cost: UnitCost, request: ActorRequest, taken: set[str]) -> None:
    """Copy a unit cost with where it comes from and how sure it is. What the register holds already stays."""
    if Assumption.objects.filter(contract=common["contract"], key=key, removed_at__isnull=True).exists():
        return
    first = cost.sources[0] if cost.sources else {}
    year = _("price year %(year)s") % {"year": cost.price_year} if cost.price_year else ""
    words = ", ".join(part for part in (str(first.get("text", "")), year) if part)
    state_assumption(
        **common,
        key=key,
        label=_("%(cost)s, one %(unit)s") % {"cost": cost.name, "unit": cost.unit},
        unit="amount",
        value=cost.amount,
        source=words[:300],
        source_url=str(first.get("url", ""))[:500],
        certainty=cost.certainty,
        owner=str(request.actor.user),
        stated_on=timezone.localdate(),
        reason=_("Taken from the library again.") if key in taken else "",
    )

"""The register of assumptions: all of them, one with its history, and stating, changing and removing one."""

import csv
import io
from collections.abc import Callable, Sequence
from decimal import Decimal
from typing import Any

from django.core.paginator import Paginator
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.utils.text import slugify
from django.utils.translation import get_language
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_safe

from actors.http import ActorRequest, access, done
from actors.policies import NotVisible, Refused
from actors.roles import Permission
from contracts.actions.assumptions import remove_assumption, state_assumption
from contracts.forms import DecisionForm
from contracts.forms.assumptions import AssumptionForm, RegisterFilterForm
from contracts.models import Assumption, Contract
from contracts.policies import Act, permit_for
from contracts.queries import get_contract_for
from contracts.queries.register import (
    CALCULATION_SLOTS,
    OWN,
    Asked,
    Entry,
    Use,
    UseKind,
    all_uses,
    asked_of,
    entry_of,
    gaps_of,
    history_of,
    register_of,
    slot_label,
)
from contracts.views.deciding import decide, posted
from contracts.views.lists import harmless

GET_AND_POST = ["GET", "HEAD", "POST"]
PER_PAGE = 50
SORTS = ("label", "certainty", "owner", "stated_on", "uses")


# --- The register ----------------------------------------------------------------------------------------------------


@access(Permission.VIEW_DESIGN, in_contract=True)
@require_safe
def assumptions(request: ActorRequest, code: str) -> HttpResponse:
    contract = get_contract_for(request.actor, code, Permission.VIEW_DESIGN)
    asked, register = asked_of(contract), register_of(contract)
    form, rows, sort = _narrowed(request, register, all_uses(contract, asked, register))
    page = Paginator(rows, PER_PAGE).get_page(request.GET.get("page"))
    gaps = _gaps(asked, register)
    rest = request.GET.copy()
    rest.pop("page", None)
    unsorted = rest.copy()
    unsorted.pop("sort", None)
    context = {
        "contract": contract,
        "section": "calculation",
        "tab": "assumptions",
        "form": form,
        "page": page,
        "total": len(register),
        "unsure": sum(entry.is_unsure for entry in register.values()),
        "sort": sort,
        "is_narrowed": bool(rest.get("q") or rest.get("show")),
        "querystring": rest.urlencode(),
        "filter_querystring": unsorted.urlencode(),
        "gaps": [gap for gap in gaps if gap["is_needed"]],
        "optional": [gap for gap in gaps if not gap["is_needed"]],
        "asked": asked,
        "permit": permit_for(request.actor, Act.EDIT_CALCULATION, contract, asked.open_version),
    }
    return render(request, "contracts/assumptions.html", context)


def _gaps(asked: Asked, register: dict[str, Entry]) -> list[dict[str, Any]]:
    """What is asked for and not stated: by the terms, and by every sum over several years."""
    found = [
        {"key": slot.key, "label": slot_label(slot), "is_needed": slot.is_needed, "why": ""}
        for slot in gaps_of(asked, register)
    ]
    rates = [
        {"key": key, "label": label, "is_needed": True, "why": why}
        for key, (label, _unit, why) in CALCULATION_SLOTS.items()
        if key not in register
    ]
    return [*found, *rates]


def _narrowed(
    request: ActorRequest, register: dict[str, Entry], uses: dict[str, list[Use]]
) -> tuple[RegisterFilterForm, list[dict[str, Any]], str]:
    """The rows as they are searched, filtered and sorted; anything unknown in the address is left out."""
    form = RegisterFilterForm(request.GET)
    form.is_valid()
    words = str(form.cleaned_data.get("q", "")).casefold().split()
    show = form.cleaned_data.get("show", "")
    tests: dict[str, Callable[[Entry], bool]] = {
        "no_source": lambda entry: entry.lacks_source,
        "unsure": lambda entry: entry.is_unsure,
        "no_range": lambda entry: entry.low is None,
        "unused": lambda entry: not _now(uses[entry.key]),
    }
    kept = tests.get(show)
    rows = [
        {"entry": entry, "uses": _now(uses[entry.key])}
        for entry in register.values()
        if (kept is None or kept(entry)) and all(word in _text_of(entry) for word in words)
    ]
    sort = request.GET.get("sort", "")
    sort = sort if sort.removeprefix("-") in SORTS else "label"
    rows.sort(key=lambda row: _sort_value(row, sort.removeprefix("-")), reverse=sort.startswith("-"))
    return form, rows, sort


def _now(uses: list[Use]) -> list[Use]:
    """Where it is used today: old simulations and agreements hold copies of their own."""
    return [use for use in uses if use.kind in {UseKind.SLOT, UseKind.CALCULATION, UseKind.BENEFIT}]


def _text_of(entry: Entry) -> str:
    revision = entry.revision
    texts = (entry.label, revision.source, revision.owner, entry.unit_label, str(entry.certainty.label))
    return " ".join(texts).casefold()


def _sort_value(row: dict[str, Any], sort: str) -> Any:
    entry: Entry = row["entry"]
    return {
        "label": entry.label.casefold(),
        "certainty": (entry.certainty.label.casefold(), entry.label.casefold()),
        "owner": (entry.revision.owner.casefold(), entry.label.casefold()),
        "stated_on": (entry.revision.stated_on, entry.label.casefold()),
        "uses": (len(row["uses"]), entry.label.casefold()),
    }[sort]


@access(Permission.VIEW_DESIGN, in_contract=True)
@require_safe
def assumptions_csv(request: ActorRequest, code: str) -> HttpResponse:
    """The register as it is narrowed and sorted, for a spreadsheet."""
    contract = get_contract_for(request.actor, code, Permission.VIEW_DESIGN)
    register = register_of(contract)
    _form, rows, _sort = _narrowed(request, register, all_uses(contract, asked_of(contract), register))
    heads = [_("What is assumed"), _("Value"), _("Low"), _("High"), _("Unit"), _("Source"), _("Address of the source")]
    heads += [_("How sure"), _("Who answers for it"), _("As of"), _("Revision"), _("Where it is used"), _("Key")]
    table: list[list[object]] = [
        [
            entry.label,
            *(csv_number(number) for number in (entry.value, entry.low, entry.high)),
            _("share (0–1)") if entry.unit == "share" else entry.unit_label,
            entry.revision.source,
            entry.revision.source_url,
            str(entry.certainty.label),
            entry.revision.owner,
            entry.revision.stated_on.isoformat(),
            entry.number,
            "; ".join(use.label for use in row["uses"]),
            entry.key,
        ]
        for row in rows
        for entry in [row["entry"]]
    ]
    return csv_file(f"{contract.code}-{_('assumptions')}", heads, table)


def csv_number(number: Decimal | None) -> str:
    """A number as the reader's spreadsheet takes it."""
    if number is None:
        return ""
    text = f"{number.normalize():f}"
    return text if get_language() == "en" else text.replace(".", ",")


def csv_file(name: str, heads: list[str], rows: Sequence[Sequence[object]]) -> HttpResponse:
    """A file that a spreadsheet opens, where no text is taken for a formula."""
    text = io.StringIO()
    writer = csv.writer(text, delimiter="," if get_language() == "en" else ";")
    writer.writerow(heads)
    for row in rows:
        writer.writerow([_cell(str(cell)) for cell in row])
    response = HttpResponse("\ufeff" + text.getvalue(), content_type="text/csv; charset=utf-8")
    response["Content-Disposition"] = f'attachment; filename="{slugify(name)}.csv"'
    return response


def _cell(cell: str) -> str:
    """A negative number is no formula; any other text that begins like one is made harmless."""
    return cell if cell[:1] == "-" and cell[1:].replace(",", "").replace(".", "").isdigit() else harmless(cell)


# --- One assumption --------------------------------------------------------------------------------------------------


def _assumption(contract: Contract, register: dict[str, Entry], pk: int) -> Assumption:
    """The assumption, also one that is removed."""
    entry = entry_of(register, pk)
    found = entry.assumption if entry else Assumption.objects.filter(contract=contract, pk=pk).first()
    if found is None:
        raise NotVisible
    return found


@access(Permission.VIEW_DESIGN, in_contract=True)
@require_safe
def assumption(request: ActorRequest, code: str, assumption: int) -> HttpResponse:
    contract = get_contract_for(request.actor, code, Permission.VIEW_DESIGN)
    register, asked = register_of(contract), asked_of(contract)
    shown = _assumption(contract, register, assumption)
    revisions = history_of(shown)
    context = {
        "contract": contract,
        "section": "calculation",
        "tab": "assumptions",
        "assumption": shown,
        "entry": register.get(shown.key),
        "revisions": revisions,
        "uses": all_uses(contract, asked, register).get(shown.key, []),
        "permit": permit_for(request.actor, Act.EDIT_CALCULATION, contract, asked.open_version),
    }
    return render(request, "contracts/assumption.html", context)


@access(Permission.EDIT_DESIGN, in_contract=True)
@require_http_methods(GET_AND_POST)
def assumption_add(request: ActorRequest, code: str) -> HttpResponse:
    contract = get_contract_for(request.actor, code, Permission.EDIT_DESIGN)
    asked, register = asked_of(contract), register_of(contract)
    key = request.GET.get("key", "")
    if key in register:
        return redirect("contracts:assumption_change", contract.code, register[key].assumption.pk)
    wanted, why = _wanted(asked, key)
    initial = {"stated_on": timezone.localdate(), "owner": str(request.actor.user)}
    form = AssumptionForm(posted(request), key=key if wanted else "", asked=wanted, initial=initial)
    if form.is_valid():
        taken = set(Assumption.objects.filter(contract=contract).values_list("key", flat=True))
        key = key if wanted else own_key(form.said["label"], taken)
        try:
            revision = state_assumption(
                actor=request.actor, contract=contract, key=key, at=timezone.now(), **_reason(form.said, contract, key)
            )
        except Refused as refusal:
            return _form_page(request, contract, asked, form, refusal, wanted=wanted, why=why)
        message = _("«%(label)s» is in the register.") % {"label": revision.assumption.label}
        return done(request, message, "contracts:assumptions", contract.code)
    return _form_page(request, contract, asked, form, wanted=wanted, why=why)


def _reason(said: dict[str, Any], contract: Contract, key: str) -> dict[str, Any]:
    """An assumption that was removed and is stated anew has its reason in that."""
    is_back = Assumption.objects.filter(contract=contract, key=key, removed_at__isnull=False).exists()
    return said | {"reason": _("Stated anew after it had been removed.")} if is_back else said


def _wanted(asked: Asked, key: str) -> tuple[tuple[str, str] | None, str]:
    """Label and unit of what is asked for under this key, and why."""
    if key in CALCULATION_SLOTS:
        label, unit, why = CALCULATION_SLOTS[key]
        return (str(label), unit), str(why)
    slot = next((slot for slot in asked.slots if slot.key == key), None)
    return ((slot_label(slot), slot.unit), "") if slot else (None, "")


def own_key(label: str, taken: set[str]) -> str:
    """A free key for an assumption that nothing asks for by name."""
    base = f"{OWN}{slugify(label)[:60].strip('-') or 'a'}"
    numbered = (base if number == 1 else f"{base}-{number}" for number in range(1, len(taken) + 2))
    return next(key for key in numbered if key not in taken)


@access(Permission.EDIT_DESIGN, in_contract=True)
@require_http_methods(GET_AND_POST)
def assumption_change(request: ActorRequest, code: str, assumption: int) -> HttpResponse:
    contract = get_contract_for(request.actor, code, Permission.EDIT_DESIGN)
    asked, register = asked_of(contract), register_of(contract)
    entry = entry_of(register, assumption)
    if entry is None:
        raise NotVisible
    initial = {"stated_on": timezone.localdate()}
    form = AssumptionForm(posted(request), key=entry.key, entry=entry, initial=initial)
    uses = all_uses(contract, asked, register)[entry.key]
    if form.is_valid():
        try:
            revision = state_assumption(
                actor=request.actor, contract=contract, key=entry.key, at=timezone.now(), **form.said
            )
        except Refused as refusal:
            return _form_page(request, contract, asked, form, refusal, entry=entry, uses=uses)
        texts = {"label": revision.assumption.label}
        if revision.pk == entry.revision.pk:
            message = _("«%(label)s» says the same as before, so nothing is changed.") % texts
        else:
            message = _("«%(label)s» is changed. What was simulated before is marked out of date.") % texts
        return done(request, message, "contracts:assumption", contract.code, entry.assumption.pk)
    return _form_page(request, contract, asked, form, entry=entry, uses=uses)


def _form_page(
    request: ActorRequest,
    contract: Contract,
    asked: Asked,
    form: AssumptionForm,
    refusal: Refused | None = None,
    **more: Any,
) -> HttpResponse:
    context = {
        "contract": contract,
        "section": "calculation",
        "tab": "assumptions",
        "form": form,
        "permit": permit_for(request.actor, Act.EDIT_CALCULATION, contract, asked.open_version),
        "reasons": refusal.reasons if refusal else (),
    }
    status = 409 if refusal else 422 if form.is_bound else 200
    return render(request, "contracts/assumption_form.html", context | more, status=status)


@access(Permission.EDIT_DESIGN, in_contract=True)
@require_http_methods(GET_AND_POST)
def assumption_remove(request: ActorRequest, code: str, assumption: int) -> HttpResponse:
    contract = get_contract_for(request.actor, code, Permission.EDIT_DESIGN)
    register = register_of(contract)
    gone = _assumption(contract, register, assumption)
    uses = all_uses(contract, asked_of(contract), register).get(gone.key, [])
    return decide(
        request,
        contract,
        Act.EDIT_CALCULATION,
        template="contracts/assumption_remove.html",
        form=DecisionForm(posted(request)),
        perform=lambda _said: remove_assumption(
            actor=request.actor, contract=contract, key=gone.key, at=timezone.now()
        ),
        message=lambda: _("«%(label)s» is no longer in the register.") % {"label": gone.label},
        to="contracts:assumptions",
        section="calculation",
        context=lambda _version: {"assumption": gone, "uses": uses, "tab": "assumptions"},
    )

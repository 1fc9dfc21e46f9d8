"""The page of a measure's baseline: how the state before is found, and what the design can see."""

from decimal import Decimal
from typing import Any

from django.http import HttpResponse
from django.shortcuts import render
from django.utils import timezone
from django.utils.translation import get_language
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods

from actors.http import ActorRequest, access, done
from actors.policies import NotVisible
from actors.roles import Permission
from contracts.actions.baseline import FIELDS, edit_baseline
from contracts.forms.baseline import BaselineForm
from contracts.models import Baseline, Contract, Measure
from contracts.policies import Act, permit_for
from contracts.queries import get_contract_for, open_version
from contracts.queries.baseline import OWN, differs_from_figure, filled_from, said_in, seeing
from contracts.queries.kolada import get_snapshot_for, usable_snapshots
from contracts.queries.measures import baseline_of
from contracts.views.deciding import posted
from contracts.views.saving import attempt
from rulebook.problems import Language

GET_AND_POST = ["GET", "HEAD", "POST"]
MOST_DIGITS = 19


@access(Permission.VIEW_DESIGN, in_contract=True)
@require_http_methods(GET_AND_POST)
def baseline_edit(request: ActorRequest, code: str, measure: int) -> HttpResponse:
    """The baseline; `uttag`, `ar` and `av` name a kept figure from Kolada that fills the form in, unsaved."""
    contract = get_contract_for(request.actor, code, Permission.VIEW_DESIGN)
    row = _measure(contract, measure)
    saved = baseline_of(row)
    form = BaselineForm(
        posted(request),
        stored={name: _plain(getattr(saved or Baseline(), name)) for name in FIELDS},
        unit=row.unit,
        snapshots=usable_snapshots(request.actor, contract).defer("values", "definition"),
    )
    filled, reasons = _fill(request, contract, form)
    tried = attempt(
        form,
        lambda changes, seen: edit_baseline(
            actor=request.actor, measure=row, changes=changes, seen=seen, at=timezone.now()
        ),
    )
    if tried.is_saved:
        return done(request, _("The baseline is saved."), "contracts:baseline_edit", contract.code, row.pk)
    said = form.cleaned_data if form.is_bound and form.is_valid() else said_in(saved) | (filled or {})
    seen = seeing(row, said, contract.design.expected_participants)
    language: Language = "en" if get_language() == "en" else "sv"
    context = {
        "contract": contract,
        "section": "measuring",
        "measure": row,
        "baseline": saved,
        "form": form,
        "filled": filled,
        "differs": differs_from_figure(saved),
        "is_later": bool(said.get("is_measured_later")),
        "seen": seen,
        "sentences": seen.power.words(language, row.unit) if seen.power else (),
        "participants": contract.design.expected_participants,
        "permit": permit_for(request.actor, Act.EDIT_DESIGN, contract, open_version(contract)),
        **tried.context,
    }
    context["reasons"] = (*reasons, *tried.reasons)
    return render(request, "contracts/baseline_edit.html", context, status=tried.status)


def _is_number(text: str) -> bool:
    return text.isdecimal() and len(text) < MOST_DIGITS


def _plain(value: Any) -> Any:
    """55.000000, as the database keeps it, is written 55."""
    return value.normalize() if isinstance(value, Decimal) else value


def _measure(contract: Contract, pk: int) -> Measure:
    row = contract.measures.select_related("baseline__snapshot").filter(pk=pk).first()
    if row is None:
        raise NotVisible
    row.contract = contract
    return row


def _fill(
    request: ActorRequest, contract: Contract, form: BaselineForm
) -> tuple[dict[str, Any] | None, tuple[str, ...]]:
    """What the figure from Kolada says in the fields, put into the form; or why it says nothing."""
    number, year = request.GET.get("uttag", ""), request.GET.get("ar", "")
    if form.is_bound or not _is_number(number) or not _is_number(year):
        return None, ()
    kept = get_snapshot_for(request.actor, contract, int(number))
    filled = filled_from(kept, int(year), request.GET.get("av", OWN))
    if filled is None:
        text = _("Kolada has no value of %(kpi)s for %(year)s. Choose another year, or write the value by hand.")
        return None, (text % {"kpi": kept.kpi, "year": year},)
    form.initial.update(filled)
    return filled, ()

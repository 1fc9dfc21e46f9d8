"""Who gains what: the forms of the benefits, with the numbers that are made along with them."""

from typing import Any

from django.db import transaction
from django.http import HttpResponse
from django.shortcuts import render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods

from actors.http import ActorRequest, access, done
from actors.models import Board
from actors.policies import NotVisible, Refused
from actors.roles import Permission
from contracts.actions.assumptions import add_benefit, change_benefit, remove_benefit, state_assumption
from contracts.forms import DecisionForm
from contracts.forms.calculation import BenefitForm
from contracts.models import Assumption, Benefit, Contract
from contracts.policies import Act, permit_for
from contracts.queries import get_contract_for
from contracts.queries.calculation import metric_label
from contracts.queries.register import Asked, asked_of, register_of
from contracts.views.assumptions import own_key
from contracts.views.deciding import decide, posted
from library.models import UnitCost
from library.states import Certainty

GET_AND_POST = ["GET", "HEAD", "POST"]


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

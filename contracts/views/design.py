"""The guided path and its first steps: need, target group and effect chain."""

from collections.abc import Iterable
from datetime import date
from typing import Any

from django.http import HttpResponse, HttpResponseRedirect
from django.shortcuts import render
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from actors.http import ActorRequest, access, done
from actors.policies import NotVisible, Refused, can
from actors.roles import Permission
from contracts.actions import designing
from contracts.actions.readiness import problems_of_fit, problems_of_parties, reader_language
from contracts.editor.described import sections
from contracts.editor.draft import Draft, name_of
from contracts.editor.faults import Fault
from contracts.editor.overview import faults_of
from contracts.editor.spots import Spot
from contracts.forms import DecisionForm
from contracts.forms.design import ChainLinkForm, InterventionForm, NeedForm, NewChainLinkForm, TargetGroupForm
from contracts.models import ChainLink, Contract, Design
from contracts.policies import EDITABLE_FIELDS, Act, permit_for, roles_of
from contracts.queries import get_contract_for, open_version
from contracts.queries.ground import Gap, Ground, Step, ground_of
from contracts.queries.path import known_of, steps_of
from contracts.stages import stage_of, stages_of
from contracts.states import VersionStatus
from contracts.views.deciding import decide, posted
from contracts.views.saving import Attempt, attempt

GET_AND_POST = ["GET", "HEAD", "POST"]


# --- The path --------------------------------------------------------------------------------------------------------


@access(Permission.VIEW_DESIGN, in_contract=True)
@require_safe
def design(request: ActorRequest, code: str) -> HttpResponse:
    contract = get_contract_for(request.actor, code, Permission.VIEW_DESIGN)
    ground = ground_of(contract)
    steps = _steps(request, ground)
    known = known_of(ground, steps)
    context = {
        "contract": contract,
        "section": "design",
        "steps": steps,
        "done": sum(step.is_done for step in steps),
        "next": next((step for step in steps if not step.is_done), None),
        "stages": stages_of(known),
        "stage": stage_of(known),
        "allowed": allowed(request, contract),
        "permit": permit_for(request.actor, Act.EDIT_DESIGN, contract, ground.open),
        "own": request.actor.organisation,
        "template": ground.design.template,
    }
    return render(request, "contracts/design.html", context)


def allowed(request: ActorRequest, contract: Contract) -> frozenset[Permission]:
    """What the reader may do in this contract: which links lead somewhere."""
    roles = sorted(roles_of(request.actor, contract))
    return frozenset(permission for permission in Permission if can(request.actor, permission, roles))


def _steps(request: ActorRequest, ground: Ground) -> list[Step]:
    """The ten steps, with what the rulebook and the parties' roles say of a draft."""
    version = ground.open
    if version is None or version.status != VersionStatus.DRAFT:
        return steps_of(ground)
    rows = list(ground.contract.parties.all())
    href = reverse("contracts:contract_parties", args=[ground.contract.code])
    parties = [Gap(text, href, Permission.EDIT_CONTRACT) for text in problems_of_parties(request.actor, rows)]
    return steps_of(ground, payment=list(_terms_gaps(ground, timezone.localdate())), parties=parties)


def _terms_gaps(ground: Ground, today: date) -> Iterable[Gap]:
    """What is wrong in the draft of the terms, each with the way to its field in the editor."""
    contract, version = ground.contract, ground.open
    if version is None:
        return
    overview = reverse("contracts:editor_overview", args=[contract.code])
    if not ground.document:
        yield Gap(_("The terms are empty. Begin with what is general: currency, days and periods."), overview, _EDIT)
        return
    draft = Draft(ground.document, reader_language(), {party.key: str(party) for party in contract.parties.all()})
    page = reverse("contracts:editor_general", args=[contract.code])
    yield from _fault_gaps(_("General"), faults_of(draft, Spot()), page)
    for section, entry in sections().items():
        title = entry.title(draft.language)
        for problem in draft.problems_of(section):
            text = _("Nothing is written yet.") if problem.code == "missing" else problem.message(draft.language)
            yield Gap(f"{title}: {text}", f"{overview}#{section}", _EDIT)
        for index, item in enumerate(draft.items(section)):
            page = reverse("contracts:editor_item", args=[contract.code, section, index + 1])
            where = f"{title}, {name_of(item, draft.language) or index + 1}"
            yield from _fault_gaps(where, faults_of(draft, Spot(section, index)), page)
    rows = sorted(contract.parties.all(), key=lambda party: party.key)
    for text in problems_of_fit(contract, version, parties=rows, terms=ground.terms, latest=ground.latest, on=today):
        yield Gap(text, overview, _EDIT)


_EDIT = Permission.EDIT_CONTRACT


def _fault_gaps(where: str, faults: Iterable[Fault], page: str) -> Iterable[Gap]:
    for fault in faults:
        text = f"{where}: {fault.label}: {fault.text}" if fault.label else f"{where}: {fault.text}"
        yield Gap(text, f"{page}#{fault.target}" if fault.target else page, _EDIT)


# --- Need and target group -------------------------------------------------------------------------------------------


@access(Permission.VIEW_DESIGN, in_contract=True)
@require_http_methods(GET_AND_POST)
def design_need(request: ActorRequest, code: str) -> HttpResponse:
    contract, row = _fetched(request, code)
    form = NeedForm(posted(request), stored={name: getattr(row, name) for name in ("need", "today", "evidence")})
    tried = attempt(form, lambda changes, seen: _save(request, contract, changes, seen))
    if tried.is_saved:
        return done(request, _("The need is saved."), "contracts:design_need", contract.code)
    context = {"figures": list(row.need_figures.order_by("title", "pk"))}
    return _page(request, contract, "contracts/design_need.html", form, tried, **context)


@access(Permission.VIEW_DESIGN, in_contract=True)
@require_http_methods(GET_AND_POST)
def design_target_group(request: ActorRequest, code: str) -> HttpResponse:
    contract, row = _fetched(request, code)
    stored = {name: getattr(row, name) for name in ("inclusion", "exclusion", "expected_participants")}
    texts = _editable_texts(contract, "target_population")
    form = TargetGroupForm(posted(request), stored={**texts, **stored})
    tried = attempt(form, lambda changes, seen: _save(request, contract, changes, seen))
    if tried.is_saved:
        return done(request, _("The target group is saved."), "contracts:design_target_group", contract.code)
    return _page(request, contract, "contracts/design_target_group.html", form, tried)


def _fetched(request: ActorRequest, code: str) -> tuple[Contract, Design]:
    contract = get_contract_for(request.actor, code, Permission.VIEW_DESIGN)
    return contract, Design.objects.get(contract=contract)


def _editable_texts(contract: Contract, name: str) -> dict[str, Any]:
    """A text of the contract itself, as long as it may be changed."""
    return {name: getattr(contract, name)} if name in EDITABLE_FIELDS[contract.status] else {}


def _save(request: ActorRequest, contract: Contract, changes: Any, seen: Any) -> object:
    return designing.edit_design(actor=request.actor, contract=contract, changes=changes, seen=seen, at=timezone.now())


def _page(
    request: ActorRequest, contract: Contract, template: str, form: Any, tried: Attempt, **context: Any
) -> HttpResponse:
    """A step with one form: the form for those who may change it now, the text for everybody else."""
    page = {
        "contract": contract,
        "section": "design",
        "form": form,
        "permit": permit_for(request.actor, Act.EDIT_DESIGN, contract, open_version(contract)),
        "texts": [(field.label, field.initial) for field in form.visible_fields()],
    }
    return render(request, template, page | tried.context | context, status=tried.status)


# --- The effect chain ------------------------------------------------------------------------------------------------

_SAYS: dict[str, Any] = {
    ChainLink.Link.INTERVENTION: lambda: _("What is done for those who take part."),
    ChainLink.Link.ACTIVITY: lambda: _("What those who work with it do: meetings, calls, lessons."),
    ChainLink.Link.OUTPUT: lambda: _("What is delivered, and can be counted the same week."),
    ChainLink.Link.EFFECT: lambda: _("What becomes different for those who take part."),
    ChainLink.Link.INFLUENCE: lambda: _("How much of it would not have happened anyway."),
    ChainLink.Link.VALUE: lambda: _("What it is worth, to whom."),
}


@access(Permission.VIEW_DESIGN, in_contract=True)
@require_http_methods(GET_AND_POST)
def chain(request: ActorRequest, code: str) -> HttpResponse:
    contract = get_contract_for(request.actor, code, Permission.VIEW_DESIGN)
    form = InterventionForm(posted(request), stored=_editable_texts(contract, "intervention"))
    tried = attempt(form, lambda changes, seen: _save(request, contract, changes, seen))
    if tried.is_saved:
        return done(request, _("The intervention is saved."), "contracts:chain", contract.code)
    rows = list(ChainLink.objects.filter(contract=contract).prefetch_related("measures"))
    links = []
    for number, link in enumerate(ChainLink.Link, start=1):
        own = [row for row in rows if row.link == link]
        ends = (own[0].pk, own[-1].pk) if own else (0, 0)
        links.append(
            {"key": link.value, "number": number, "label": link.label, "says": _SAYS[link](), "rows": own, "ends": ends}
        )
    return _page(request, contract, "contracts/chain.html", form, tried, links=links, count=len(rows))


@access(Permission.EDIT_DESIGN, in_contract=True)
@require_http_methods(GET_AND_POST)
def chain_add(request: ActorRequest, code: str) -> HttpResponse:
    contract = get_contract_for(request.actor, code, Permission.EDIT_DESIGN)
    wanted = request.GET.get("link", "")
    initial = {"link": wanted} if wanted in ChainLink.Link.values else {}
    form = NewChainLinkForm(posted(request), initial=initial)
    reasons: tuple[str, ...] = ()
    if form.is_valid():
        said = form.cleaned_data | {"link": ChainLink.Link(form.cleaned_data["link"])}
        try:
            added = designing.add_chain_link(actor=request.actor, contract=contract, at=timezone.now(), **said)
        except Refused as refusal:
            reasons = refusal.reasons
        else:
            return _to_chain(contract, added.link)
    page = {
        "contract": contract,
        "section": "design",
        "form": form,
        "reasons": reasons,
        "permit": permit_for(request.actor, Act.EDIT_DESIGN, contract, open_version(contract)),
    }
    status = 409 if reasons else 422 if form.is_bound else 200
    return render(request, "contracts/chain_add.html", page, status=status)


@access(Permission.EDIT_DESIGN, in_contract=True)
@require_http_methods(GET_AND_POST)
def chain_change(request: ActorRequest, code: str, link: int) -> HttpResponse:
    contract = get_contract_for(request.actor, code, Permission.EDIT_DESIGN)
    row = _link(contract, link)
    form = ChainLinkForm(posted(request), stored={"link": row.link, "text": row.text, "grounds": row.grounds})
    tried = attempt(
        form,
        lambda changes, seen: designing.change_chain_link(
            actor=request.actor, link=row, changes=changes, seen=seen, at=timezone.now()
        ),
    )
    if tried.is_saved:
        return _to_chain(contract, form.cleaned_data["link"])
    return _page(request, contract, "contracts/chain_change.html", form, tried, link=row)


@access(Permission.EDIT_DESIGN, in_contract=True)
@require_POST
def chain_move(request: ActorRequest, code: str, link: int) -> HttpResponse:
    contract = get_contract_for(request.actor, code, Permission.EDIT_DESIGN)
    row = _link(contract, link)
    up = request.POST.get("do") == "up"
    designing.move_chain_link(actor=request.actor, link=row, up=up, at=timezone.now())
    return _to_chain(contract, f"statement-{row.pk}")


@access(Permission.EDIT_DESIGN, in_contract=True)
@require_http_methods(GET_AND_POST)
def chain_remove(request: ActorRequest, code: str, link: int) -> HttpResponse:
    contract = get_contract_for(request.actor, code, Permission.EDIT_DESIGN)
    row = _link(contract, link)
    return decide(
        request,
        contract,
        Act.EDIT_DESIGN,
        template="contracts/chain_remove.html",
        form=DecisionForm(posted(request)),
        perform=lambda _said: designing.remove_chain_link(actor=request.actor, link=row, at=timezone.now()),
        message=lambda: _("«%(text)s» is removed from the chain.") % {"text": row.text},
        to="contracts:chain",
        section="design",
        context=lambda _version: {"link": row, "measures": list(row.measures.all()) if row.pk else []},
    )


def _link(contract: Contract, pk: int) -> ChainLink:
    row = ChainLink.objects.filter(contract=contract, pk=pk).first()
    if row is None:
        raise NotVisible
    row.contract = contract
    return row


def _to_chain(contract: Contract, place: str) -> HttpResponse:
    """The chain, with focus where the change was: browsers focus what an address points to."""
    return HttpResponseRedirect(f"{reverse('contracts:chain', args=[contract.code])}#{place}")

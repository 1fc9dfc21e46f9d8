"""How a measure is made: the long list, scores, choice, definition, approvals, and its metric in the terms."""

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.contrib import messages
from django.core.paginator import Paginator
from django.http import HttpResponse, HttpResponseRedirect
from django.shortcuts import render
from django.urls import reverse
from django.utils import timezone
from django.utils.dateparse import parse_datetime
from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from django.views.decorators.http import require_http_methods, require_safe

from actors.http import ActorRequest, access, done
from actors.policies import NotVisible, Permit, Refused
from actors.roles import Permission
from contracts import actions
from contracts.actions import measures as acts
from contracts.actions.adopt import adopt_indicator
from contracts.actions.readiness import reader_language
from contracts.editor.draft import Draft
from contracts.editor.spots import Spot
from contracts.forms.measures import (
    AdoptForm,
    ApproveForm,
    ChooseForm,
    DefinitionForm,
    MetricForm,
    NewMeasureForm,
    ScoreForm,
    TakeForm,
)
from contracts.measuring import CRITERIA, disagreements, metric_of
from contracts.models import ChainLink, Contract, Measure
from contracts.policies import Act, permit_for
from contracts.queries import get_contract_for, open_version
from contracts.queries.measures import (
    MeasureState,
    baseline_of,
    label_of,
    measure_for,
    organisations_of,
    sheet_of,
    state_of,
    states_of,
)
from contracts.views.deciding import decide, posted
from contracts.views.saving import attempt
from library.models import Indicator
from library.queries import listed_indicators
from library.states import Area

GET_AND_POST = ["GET", "HEAD", "POST"]
PER_PAGE = 25


@dataclass(frozen=True)
class Row:
    """A measure in a list, with how it agrees with the terms: empty words where there is nothing to say."""

    state: MeasureState
    in_terms: bool
    disagreeing: list[str]

    @property
    def measure(self) -> Measure:
        return self.state.measure


def _rows(contract: Contract) -> list[Row]:
    version = open_version(contract)
    document = version.terms if version is not None else {}
    return [_row(state, document) for state in states_of(contract)]


def _row(state: MeasureState, document: Any) -> Row:
    found = metric_of(document, state.measure.key)
    fields = disagreements(sheet_of(state.measure), state.measure.use, found[1]) if found and state.is_chosen else ()
    return Row(state, found is not None, [label_of(name) for name in fields])


def _permit(request: ActorRequest, contract: Contract) -> Permit:
    return permit_for(request.actor, Act.EDIT_DESIGN, contract, open_version(contract))


# --- The list --------------------------------------------------------------------------------------------------------


@access(Permission.VIEW_DESIGN, in_contract=True)
@require_safe
def measures(request: ActorRequest, code: str) -> HttpResponse:
    contract = get_contract_for(request.actor, code, Permission.VIEW_DESIGN)
    rows = _rows(contract)
    candidates = [row for row in rows if row.measure.status == Measure.Status.CANDIDATE]
    groups: list[tuple[str, list[Row]]] = [
        (str(link.label), [row for row in candidates if row.measure.link and row.measure.link.link == link])
        for link in ChainLink.Link
    ]
    groups.append((_("Not tied to the effect chain yet"), [row for row in candidates if row.measure.link is None]))
    context = {
        "contract": contract,
        "section": "measuring",
        "chosen": sorted((row for row in rows if row.state.is_chosen), key=_by_use),
        "groups": [(label, of_link) for label, of_link in groups if of_link],
        "candidates": len(candidates),
        "dropped": [row for row in rows if row.measure.status == Measure.Status.DROPPED],
        "count": len(rows),
        "permit": _permit(request, contract),
    }
    return render(request, "contracts/measures.html", context)


def _by_use(row: Row) -> tuple[int, int]:
    return list(Measure.Use.values).index(row.measure.use), row.measure.pk


@access(Permission.VIEW_DESIGN, in_contract=True)
@require_safe
def baselines(request: ActorRequest, code: str) -> HttpResponse:
    """How the state before is found, for each chosen measure."""
    contract = get_contract_for(request.actor, code, Permission.VIEW_DESIGN)
    chosen = sorted((row for row in _rows(contract) if row.state.is_chosen), key=_by_use)
    context = {
        "contract": contract,
        "section": "measuring",
        "rows": [(row.measure, baseline_of(row.measure)) for row in chosen],
        "permit": _permit(request, contract),
    }
    return render(request, "contracts/measure_baselines.html", context)


@access(Permission.VIEW_DESIGN, in_contract=True)
@require_safe
def measure_compare(request: ActorRequest, code: str) -> HttpResponse:
    contract = get_contract_for(request.actor, code, Permission.VIEW_DESIGN)
    states = [state for state in states_of(contract) if state.measure.status != Measure.Status.DROPPED]
    rows = [
        (state, [state.measure.scores.get(criterion.key) for criterion in CRITERIA])
        for state in sorted(states, key=lambda state: (-state.scored.total, state.measure.name_sv))
    ]
    context = {
        "contract": contract,
        "section": "measuring",
        "criteria": CRITERIA,
        "rows": rows,
        "permit": _permit(request, contract),
    }
    return render(request, "contracts/measure_compare.html", context)


@access(Permission.EDIT_DESIGN, in_contract=True)
@require_http_methods(GET_AND_POST)
def measure_add(request: ActorRequest, code: str) -> HttpResponse:
    contract = get_contract_for(request.actor, code, Permission.EDIT_DESIGN)
    form = NewMeasureForm(posted(request), contract=contract)
    reasons: tuple[str, ...] = ()
    if form.is_valid():
        try:
            measure = acts.add_measure(actor=request.actor, contract=contract, at=timezone.now(), **form.cleaned_data)
        except Refused as refusal:
            reasons = refusal.reasons
        else:
            message = _("«%(name)s» is on the long list.") % {"name": measure.name_sv}
            return done(request, message, "contracts:measures", contract.code)
    context = {
        "contract": contract,
        "section": "measuring",
        "form": form,
        "permit": _permit(request, contract),
        "reasons": reasons,
    }
    status = 409 if reasons else 422 if form.is_bound else 200
    return render(request, "contracts/measure_add.html", context, status=status)


@access(Permission.EDIT_DESIGN, in_contract=True)
@require_http_methods(GET_AND_POST)
def measure_adopt(request: ActorRequest, code: str) -> HttpResponse:
    """The indicators of the library, to put on the long list one by one."""
    contract = get_contract_for(request.actor, code, Permission.EDIT_DESIGN)
    reasons: tuple[str, ...] = ()
    if request.method == "POST":
        wanted = TakeForm(request.POST)
        key = wanted.cleaned_data["indicator"] if wanted.is_valid() else ""
        indicator = Indicator.objects.filter(key=key).first()
        if indicator is None:
            raise NotVisible
        try:
            measure = adopt_indicator(actor=request.actor, contract=contract, indicator=indicator, at=timezone.now())
        except Refused as refusal:
            reasons = refusal.reasons
        else:
            message = _("«%(name)s» is on the long list, with its definition.") % {"name": measure.name_sv}
            return done(request, message, "contracts:measure_adopt", contract.code)
    form = AdoptForm(request.GET)
    form.is_valid()
    search, area = form.cleaned_data.get("q", ""), form.cleaned_data.get("area", "")
    found = listed_indicators(search=search, area=area if area in Area.values else "")
    page = Paginator(found, PER_PAGE).get_page(request.GET.get("page"))
    query = request.GET.copy()
    query.pop("page", None)
    context = {
        "contract": contract,
        "section": "measuring",
        "form": form,
        "page": page,
        "querystring": query.urlencode(),
        "taken": set(Measure.objects.filter(contract=contract).values_list("indicator", flat=True)),
        "permit": _permit(request, contract),
        "reasons": reasons,
    }
    return render(request, "contracts/measure_adopt.html", context, status=409 if reasons else 200)


# --- One measure -----------------------------------------------------------------------------------------------------


def _fetched(request: ActorRequest, code: str, pk: int) -> tuple[Contract, MeasureState]:
    contract = get_contract_for(request.actor, code, Permission.VIEW_DESIGN)
    return contract, state_of(measure_for(contract, pk), organisations_of(contract))


def _context(request: ActorRequest, contract: Contract, state: MeasureState) -> dict[str, Any]:
    return {
        "contract": contract,
        "section": "measuring",
        "state": state,
        "measure": state.measure,
        "permit": _permit(request, contract),
    }


def _said(measure: Measure) -> list[tuple[str, str, Any]]:
    """The definition sheet as it is read: field, what it is called, what it says."""
    return [(name, label_of(name), value) for name, value in sheet_of(measure).items()]


@access(Permission.VIEW_DESIGN, in_contract=True)
@require_safe
def measure_detail(request: ActorRequest, code: str, measure: int) -> HttpResponse:
    contract, state = _fetched(request, code, measure)
    version = open_version(contract)
    context = _context(request, contract, state) | {
        "row": _row(state, version.terms if version is not None else {}),
        "is_draft": version is not None,
        "sheet": _said(state.measure),
        "scores": [(criterion, state.measure.scores.get(criterion.key)) for criterion in CRITERIA],
        "baseline": baseline_of(state.measure),
        "approve": permit_for(request.actor, Act.APPROVE_MEASURE, contract, version),
        "has_approved": any(a.user_id == request.actor.user.pk for a in state.approvals),
    }
    return render(request, "contracts/measure_detail.html", context)


@access(Permission.VIEW_DESIGN, in_contract=True)
@require_http_methods(GET_AND_POST)
def measure_define(request: ActorRequest, code: str, measure: int) -> HttpResponse:
    contract, state = _fetched(request, code, measure)
    row = state.measure
    stored = {name: getattr(row, name) for name in DefinitionForm.base_fields if name != "seen"}
    form = DefinitionForm(posted(request), contract=contract, stored=stored)
    tried = attempt(
        form,
        lambda changes, seen: acts.define_measure(
            actor=request.actor, measure=row, changes=changes, seen=seen, at=timezone.now()
        ),
    )
    if tried.is_saved:
        return _to(request, contract, row, _("The definition is saved."))
    context = _context(request, contract, state) | {"form": form, "sheet": _said(row)}
    return render(request, "contracts/measure_define.html", context | tried.context, status=tried.status)


@access(Permission.VIEW_DESIGN, in_contract=True)
@require_http_methods(GET_AND_POST)
def measure_score(request: ActorRequest, code: str, measure: int) -> HttpResponse:
    contract, state = _fetched(request, code, measure)
    row = state.measure
    stored = {criterion.key: row.scores.get(criterion.key) for criterion in CRITERIA} | {"score_note": row.score_note}
    form = ScoreForm(posted(request), stored=stored)
    tried = attempt(
        form,
        lambda changes, seen: acts.score_measure(
            actor=request.actor,
            measure=row,
            scores=form.scores,
            note=changes["score_note"],
            seen=seen,
            at=timezone.now(),
        ),
    )
    if tried.is_saved:
        return _to(request, contract, row, _("The scores are saved."))
    context = _context(request, contract, state) | {
        "form": form,
        "scores": [(criterion, row.scores.get(criterion.key)) for criterion in CRITERIA],
    }
    return render(request, "contracts/measure_score.html", context | tried.context, status=tried.status)


@access(Permission.EDIT_DESIGN, in_contract=True)
@require_http_methods(GET_AND_POST)
def measure_choose(request: ActorRequest, code: str, measure: int) -> HttpResponse:
    contract = get_contract_for(request.actor, code, Permission.EDIT_DESIGN)
    state = state_of(measure_for(contract, measure), organisations_of(contract))
    form = ChooseForm(posted(request), measure=state.measure)
    reasons: tuple[str, ...] = ()
    if form.is_valid():
        try:
            _choose(request, state.measure, form.cleaned_data["choice"], form.cleaned_data["reason"])
        except Refused as refusal:
            reasons = refusal.reasons
        else:
            return done(request, _("The choice is saved."), "contracts:measures", contract.code)
    context = _context(request, contract, state) | {"form": form, "reasons": reasons}
    status = 409 if reasons else 422 if form.is_bound else 200
    return render(request, "contracts/measure_choose.html", context, status=status)


def _choose(request: ActorRequest, measure: Measure, choice: str, reason: str) -> None:
    who: dict[str, Any] = {"actor": request.actor, "measure": measure, "at": timezone.now()}
    if choice == ChooseForm.LEAVE:
        acts.drop_measure(**who, reason=reason)
    elif choice == ChooseForm.RELIST:
        acts.relist_measure(**who)
    else:
        acts.choose_measure(**who, use=Measure.Use(choice), reason=reason)


@access(Permission.COMMENT, in_contract=True)
@require_http_methods(GET_AND_POST)
def measure_approve(request: ActorRequest, code: str, measure: int) -> HttpResponse:
    contract = get_contract_for(request.actor, code, Permission.COMMENT)
    state = state_of(measure_for(contract, measure), organisations_of(contract))
    return decide(
        request,
        contract,
        Act.APPROVE_MEASURE,
        template="contracts/measure_approve.html",
        form=ApproveForm(posted(request), initial={"sheet_hash": state.hash}),
        perform=lambda said: acts.approve_measure(
            actor=request.actor, measure=state.measure, sheet_hash=said["sheet_hash"], at=timezone.now()
        ),
        message=lambda: _("You have approved the definition of «%(name)s».") % {"name": state.measure},
        to="contracts:measures",
        section="measuring",
        context=lambda _version: {
            "state": state,
            "measure": state.measure,
            "sheet": _said(state.measure),
            "baseline": baseline_of(state.measure),
            "has_approved": any(a.user_id == request.actor.user.pk for a in state.approvals),
            "organisations": len(organisations_of(contract)),
        },
    )


# --- The metric of the terms -----------------------------------------------------------------------------------------


@access(Permission.VIEW_DESIGN, in_contract=True)
@require_http_methods(GET_AND_POST)
def measure_metric(request: ActorRequest, code: str, measure: int) -> HttpResponse:
    contract, state = _fetched(request, code, measure)
    version = open_version(contract)
    document = version.terms if version is not None and isinstance(version.terms, dict) else {}
    found = metric_of(document, state.measure.key)
    seen_at = version.edited_at.isoformat() if version is not None else ""
    form = MetricForm(posted(request), metric=found[1] if found else {}, seen_at=seen_at)
    reasons: tuple[str, ...] = ()
    if form.is_valid():
        try:
            problems = acts.make_metric(
                actor=request.actor,
                measure=state.measure,
                **{name: form.cleaned_data[name] for name in ("level", "unit", "direction", "missing")},
                seen_at=_instant(form.cleaned_data["seen_at"]),
                at=timezone.now(),
            )
        except Refused as refusal:
            reasons = refusal.reasons
            if isinstance(refusal, actions.TermsConflict):
                form.data = {**dict(form.data.items()), "seen_at": refusal.version.edited_at.isoformat()}
        else:
            _tell(request, state.measure, len(problems))
            return HttpResponseRedirect(reverse("contracts:measure_detail", args=[contract.code, state.measure.pk]))
    context = _context(request, contract, state) | {
        "form": form,
        "permit": permit_for(request.actor, Act.EDIT_TERMS, contract, version),
        "row": _row(state, document),
        "sides": _sides(state, found[1] if found else {}),
        "sentence": _sentence(contract, document, found[0]) if found else "",
        "editor_href": reverse("contracts:editor_item", args=[contract.code, "metrics", found[0] + 1]) if found else "",
        "reasons": reasons,
    }
    status = 409 if reasons else 422 if form.is_bound else 200
    return render(request, "contracts/measure_metric.html", context, status=status)


def _instant(text: str) -> datetime:
    try:
        seen_at = parse_datetime(text)
    except ValueError:
        seen_at = None
    if seen_at is None:
        raise Refused(_("The page does not say which draft you read. Open it again."))
    return seen_at


def _sides(state: MeasureState, metric: dict[str, Any]) -> list[tuple[str, Any, Any, bool]]:
    """What the definition and the terms say about the same things, and whether they disagree."""
    measure = state.measure
    wrong = disagreements(sheet_of(measure), measure.use, metric) if metric else ()
    role = metric.get("role", Measure.Use.PAYMENT.value) if metric else ""
    window = metric.get("window")
    theirs = {
        "name_sv": metric.get("sv", ""),
        "name_en": metric.get("en", ""),
        "use": Measure.Use(role).label if role in Measure.Use.values else role,
        "window_months": window.get("months", "") if isinstance(window, dict) else "",
    }
    ours = {
        "name_sv": measure.name_sv,
        "name_en": measure.name_en,
        "use": measure.get_use_display(),
        "window_months": measure.window_months,
    }
    return [(label_of(name), ours[name], theirs[name], name in wrong) for name in ours]


def _sentence(contract: Contract, document: dict[str, Any], index: int) -> str:
    """The metric as the terms say it in words."""
    draft = Draft(document, reader_language(), {party.key: str(party) for party in contract.parties.all()})
    return draft.sentence("metrics", index) if Spot("metrics", index).exists_in(draft) else ""


def _tell(request: ActorRequest, measure: Measure, problems: int) -> None:
    text = _("«%(name)s» stands in the terms as a metric.") % {"name": measure}
    if problems:
        left = ngettext(
            "%(count)s thing remains to be mended in the terms.",
            "%(count)s things remain to be mended in the terms.",
            problems,
        )
        messages.warning(request, f"{text} {left % {'count': problems}}")
    else:
        messages.success(request, text)


def _to(request: ActorRequest, contract: Contract, measure: Measure, message: str) -> HttpResponse:
    messages.success(request, message)
    return HttpResponseRedirect(reverse("contracts:measure_detail", args=[contract.code, measure.pk]))

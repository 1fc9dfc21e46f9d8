"""Pages of claim periods: the list, one period, opening one, reporting one."""

import csv
from datetime import date
from typing import Any

from django.http import HttpResponse, HttpResponseBase, StreamingHttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import pgettext
from django.views.decorators.http import require_http_methods, require_safe

from actors.http import ActorRequest, access, done
from actors.policies import Actor, Refused
from actors.roles import Permission
from contracts.models import Contract
from contracts.queries import get_contract_for
from outcomes import actions
from outcomes.forms import EmptyForm, NothingForm, PeriodOpenForm
from outcomes.models import ClaimPeriod
from outcomes.policies import limited_to, sees_persons
from outcomes.queries import (
    STANDING,
    Vocabulary,
    claims_seen,
    evidence_seen,
    get_period_for,
    observations_of,
    observations_seen,
    periods_of,
    progress_of,
    shown_totals,
    vocabulary_of,
)
from outcomes.states import Decision, PeriodStatus
from outcomes.views.common import (
    GET_AND_POST,
    act_page,
    list_claims,
    observation_rows,
    period_tag,
    permit_for,
    permit_in,
    posted,
)
from rulebook import periods_between
from rulebook.periods import Period


def whose_turn(period: ClaimPeriod) -> str:
    """Who is to do what next, in words."""
    if period.status == PeriodStatus.OPEN:
        return _("The provider reports")
    return _("The verifier decides") if period.status == PeriodStatus.REPORTED else _("Nobody: the period is verified")


@access(Permission.VIEW_TOTALS, in_contract=True)
@require_safe
def periods(request: ActorRequest, code: str) -> HttpResponse:
    contract = get_contract_for(request.actor, code, Permission.VIEW_TOTALS)
    words, listed = vocabulary_of(contract), list(periods_of(contract))
    persons = sees_persons(request.actor, contract)
    context = {
        "contract": contract,
        "section": "outcomes",
        "rows": _period_rows(listed, persons and limited_to(request.actor, contract) is None),
        "totals": _totals(request.actor, contract, words),
        "sees_persons": persons,
        "may_open": permit_in(request.actor, contract, Permission.EDIT_CONTRACT),
        "may_report": permit_in(request.actor, contract, Permission.REPORT_OUTCOMES),
    }
    return render(request, "outcomes/periods.html", context)


def _period_rows(listed: list[ClaimPeriod], with_progress: bool) -> list[dict[str, Any]]:
    """The periods with how far each has come. Progress counts persons, so only those see it who see the rows."""
    progress = progress_of(listed) if with_progress else {}
    return [
        {"period": period, "tag": period_tag(period), "turn": whose_turn(period), "progress": progress.get(period.pk)}
        for period in listed
    ]


def _totals(actor: Actor, contract: Contract, words: Vocabulary, period: int | None = None) -> list[dict[str, Any]]:
    """Sums per metric in the order of the terms, of one period or of all together."""
    order = {metric.id: place for place, metric in enumerate(words.of_level("person"))}
    shown = {metric: counts for (pk, metric), counts in shown_totals(actor, contract).items() if pk == period}
    metrics = sorted(shown, key=lambda metric: order.get(metric, len(order)))
    return [{"metric": words.metric_label(metric), "counts": shown[metric]} for metric in metrics]


@access(Permission.EDIT_CONTRACT, in_contract=True)
@require_http_methods(GET_AND_POST)
def period_open(request: ActorRequest, code: str) -> HttpResponse:
    contract = get_contract_for(request.actor, code, Permission.EDIT_CONTRACT)
    form = PeriodOpenForm(posted(request), periods=_not_yet_opened(contract))
    problems: tuple[str, ...] = ()
    if form.is_valid():
        try:
            period = actions.open_period(
                actor=request.actor,
                contract=contract,
                day=_day_within(form.periods[form.cleaned_data["period"]], contract),
                report_due_on=form.cleaned_data["report_due_on"],
                at=timezone.now(),
            )
        except Refused as refused:
            problems = refused.reasons
        else:
            message = _("%(period)s is open for reporting.") % {"period": period.name}
            return done(request, message, "outcomes:period_detail", contract.code, period.name)
    return act_page(
        request,
        contract,
        section="outcomes",
        title=_("Open a claim period"),
        label=_("Open the period"),
        cancel=reverse("outcomes:periods", args=[contract.code]),
        form=form,
        problems=problems,
        consequences=[_("The provider can report outcomes in the period from now on.")],
    )


def _not_yet_opened(contract: Contract) -> list[Period]:
    words = vocabulary_of(contract)
    opened = set(contract.claim_periods.values_list("name", flat=True))
    found = {
        period.id: period
        for version in words.versions
        for period in periods_between(contract.starts_on, contract.ends_on, version.terms.periods)
    }
    return [period for period in sorted(found.values(), key=lambda p: p.starts_on) if period.id not in opened]


def _day_within(period: Period, contract: Contract) -> date:
    """A day that both the period and the contract hold."""
    return min(max(period.starts_on, contract.starts_on), contract.ends_on)


@access(Permission.VIEW_TOTALS, in_contract=True)
@require_http_methods(GET_AND_POST)
def period_detail(request: ActorRequest, code: str, period: str) -> HttpResponse:
    """One period: rows about persons for those who may see them, sums for the others. POST only looks for somebody."""
    found = get_period_for(request.actor, code, period, Permission.VIEW_TOTALS)
    contract, words = found.contract, vocabulary_of(found.contract)
    context: dict[str, Any] = {
        "contract": contract,
        "section": "outcomes",
        "period": found,
        "tag": period_tag(found),
        "turn": whose_turn(found),
        "may_report": permit_for(request.actor, found, "report"),
        "may_verify": permit_for(request.actor, found, "verify"),
        "sees_persons": sees_persons(request.actor, contract),
    }
    if context["sees_persons"]:
        context |= _person_parts(request, found, words)
    else:
        context["totals"] = _totals(request.actor, contract, words, found.pk)
    return render(request, "outcomes/period_detail.html", context)


def _person_parts(request: ActorRequest, period: ClaimPeriod, words: Vocabulary) -> dict[str, Any]:
    provider = limited_to(request.actor, period.contract)
    imports = period.imports.select_related("uploaded_by").order_by("-uploaded_at")
    if provider is not None:
        imports = imports.filter(organisation=provider)
    return {
        "claims": list_claims(request, claims_seen(request.actor, period), words),
        "observations": observation_rows(observations_seen(request.actor, period), words),
        "evidence": [
            {"evidence": row, "metric": words.metric_label(row.metric) if row.metric else ""}
            for row in evidence_seen(request.actor, period.contract).filter(claim_period=period).order_by("uploaded_at")
        ],
        "imports": imports[:50],
    }


@access(Permission.VIEW_PERSONS, in_contract=True)
@require_safe
def period_claims_csv(request: ActorRequest, code: str, period: str) -> HttpResponseBase:
    """All claims that the page's filter shows, one row each, as a spreadsheet can read them."""
    found = get_period_for(request.actor, code, period, Permission.VIEW_PERSONS)
    words = vocabulary_of(found.contract)
    claims = list_claims(request, claims_seen(request.actor, found), words).matching.order_by("event_on", "pk")
    response = StreamingHttpResponse(_csv_lines(claims, words), content_type="text/csv; charset=utf-8")
    response["Content-Disposition"] = f'attachment; filename="{found.contract.code}-{found.name}-claims.csv"'
    return response


class _Echo:
    def write(self, text: str) -> str:
        return text


def _csv_lines(claims: Any, words: Vocabulary) -> Any:
    lines = csv.writer(_Echo(), delimiter=";")
    header = [
        _("Claim"),
        _("Pseudonym"),
        _("Cohort"),
        _("Enrolled"),
        _("Metric"),
        _("Event date"),
        _("Units"),
        _("Decision"),
        _("Event date as verified"),
        _("Units as verified"),
        _("Reason"),
        pgettext("claim", "Withdrawn"),
        _("Corrected"),
    ]
    yield "\ufeff" + lines.writerow([guarded(str(cell)) for cell in header])
    for claim in claims.iterator(chunk_size=2_000):
        row = [
            claim.pk,
            claim.participant.pseudonym,
            claim.participant.cohort.key,
            claim.participant.enrolled_on,
            words.metric_label(claim.metric),
            claim.event_on,
            _number(claim.units),
            Decision(claim.decision).label if claim.decision else "",
            claim.decided_event_on or "",
            _number(claim.decided_units),
            claim.decided_reason or "",
            claim.is_withdrawn,
            claim.is_replaced,
        ]
        yield lines.writerow([guarded(str(cell)) for cell in row])


def _number(value: Any) -> str:
    return "" if value is None else f"{value.normalize():f}".replace(".", ",")


def guarded(cell: str) -> str:
    """A cell that a spreadsheet would take for a formula is made text: nobody's value may run on another's machine."""
    return f"'{cell}" if cell.startswith(("=", "+", "-", "@", "\t", "\r")) else cell


@access(Permission.REPORT_OUTCOMES, in_contract=True)
@require_http_methods(GET_AND_POST)
def period_report(request: ActorRequest, code: str, period: str) -> HttpResponse:
    found = get_period_for(request.actor, code, period, Permission.REPORT_OUTCOMES)
    claims = claims_seen(request.actor, found).filter(STANDING).count()
    values = observations_of(found).filter(STANDING).count()
    is_empty = not claims and not values
    form = (NothingForm if is_empty else EmptyForm)(posted(request))
    problems: tuple[str, ...] = ()
    if form.is_valid():
        try:
            actions.report_period(
                actor=request.actor,
                claim_period=found,
                nothing_to_report=form.cleaned_data.get("nothing_to_report", False),
                at=timezone.now(),
            )
        except Refused as refused:
            problems = refused.reasons
        else:
            message = _("%(period)s is reported. The verifier takes over.") % {"period": found.name}
            return done(request, message, "outcomes:period_detail", code, found.name)
    warnings = []
    if is_empty:
        warnings.append(_("Nothing has been reported in this period."))
    if timezone.localdate() <= found.ends_on:
        warnings.append(_("The period does not end until %(last)s.") % {"last": found.ends_on})
    return act_page(
        request,
        found.contract,
        section="outcomes",
        title=_("Report %(period)s") % {"period": found.name},
        label=_("Report the period"),
        cancel=reverse("outcomes:period_detail", args=[code, found.name]),
        form=form,
        facts=[(_("Claims"), claims), (_("Measured values"), values)],
        warning=" ".join(warnings),
        problems=problems,
        consequences=[
            _("You say that everything for the period has been reported."),
            _("The verifier decides on each claim and each value."),
            _("You can change nothing more, unless the verifier returns the period."),
        ],
    )

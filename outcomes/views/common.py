"""What the pages of outcomes share: lists of claims, pages of one decision, and what the actor may do now."""

from collections.abc import Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from django.core.paginator import Page, Paginator
from django.db.models import Count, Q, QuerySet
from django.http import HttpResponse, QueryDict
from django.shortcuts import render
from django.utils.formats import get_format
from django.utils.translation import gettext as _
from django.utils.translation import pgettext

from actors.http import ActorRequest
from actors.policies import Actor, Permit, can
from actors.roles import Permission
from contracts.models import Contract
from contracts.policies import roles_of
from outcomes.forms import ClaimFilterForm, PseudonymSearchForm
from outcomes.models import Claim, ClaimPeriod
from outcomes.queries import DECIDED_AS, STANDING, UNDECIDED, Vocabulary
from outcomes.states import Decision, PeriodStatus

PER_PAGE = 50
GET_AND_POST = ["GET", "HEAD", "POST"]
SORTS = {
    "event": "event_on",
    "metric": "metric",
    "cohort": "participant__cohort__key",
    "participant": "participant__pseudonym",
    "decision": "decision",
    "reported": "reported_at",
}
TONES = {Decision.ACCEPT: "success", Decision.ADJUST: "warning", Decision.REJECT: "danger"}
PERIOD_TONES = {PeriodStatus.OPEN: "info", PeriodStatus.REPORTED: "warning", PeriodStatus.VERIFIED: "success"}
ACTS = {
    "report": (Permission.REPORT_OUTCOMES, PeriodStatus.OPEN),
    "verify": (Permission.VERIFY_OUTCOMES, PeriodStatus.REPORTED),
}


def posted(request: ActorRequest) -> QueryDict | None:
    """What was sent, or None for a page that is only shown: what a form is bound to."""
    return request.POST if request.method == "POST" else None


def permit_for(actor: Actor, period: ClaimPeriod, act: str) -> Permit:
    """May the actor report in, or verify, this period now? The reason is shown beside the disabled button."""
    permission, status = ACTS[act]
    permit = can(actor, permission, roles_of(actor, period.contract))
    if permit and period.status != status:
        text = _("%(period)s is %(status)s.")
        return Permit(False, text % {"period": period.name, "status": str(period.get_status_display()).lower()})
    return permit


def permit_in(actor: Actor, contract: Contract, permission: Permission) -> Permit:
    return can(actor, permission, roles_of(actor, contract))


def period_tag(period: ClaimPeriod) -> dict[str, str]:
    return {"label": str(period.get_status_display()), "tone": PERIOD_TONES[PeriodStatus(period.status)]}


def state_tag(row: Any) -> dict[str, str]:
    """The state of a claim or a measured value in words, with its tone."""
    if row.is_withdrawn:
        return {"label": pgettext("claim", "Withdrawn"), "tone": "neutral"}
    if row.is_replaced:
        return {"label": _("Corrected"), "tone": "neutral"}
    if row.decision is None:
        return {"label": pgettext("decision on a claim", "Undecided"), "tone": "info"}
    return {"label": str(Decision(row.decision).label), "tone": TONES[Decision(row.decision)]}


@dataclass(frozen=True, slots=True)
class ClaimList:
    """One page of claims as it was filtered and sorted, and how far all of them have come."""

    page: Page[Claim]
    rows: list[dict[str, Any]]
    form: ClaimFilterForm
    search: PseudonymSearchForm
    querystring: str
    sort: str
    matching: QuerySet[Claim]
    counts: dict[str, int]


class CountedPaginator(Paginator):  # type: ignore[type-arg] # generic for mypy only
    """A paginator that is told how many there are."""

    def __init__(self, rows: QuerySet[Claim], count: int) -> None:
        super().__init__(rows, PER_PAGE)
        self.counted = count

    @property
    def count(self) -> int:
        return self.counted


def list_claims(request: ActorRequest, claims: QuerySet[Claim], words: Vocabulary, default_show: str = "") -> ClaimList:
    """The claims that the address asks for. A pseudonym is looked for only in what was posted."""
    query = request.GET.copy()
    if default_show and "show" not in query:
        query["show"] = default_show
    form = ClaimFilterForm(query, words=words)
    search = PseudonymSearchForm(posted(request) if "pseudonym" in request.POST else None)
    wanted = matching(form)
    if search.is_bound and search.is_valid():
        wanted &= Q(participant__pseudonym__icontains=search.cleaned_data["pseudonym"])
    counts = claims.aggregate(
        standing=Count("pk", filter=STANDING),
        decided=Count("pk", filter=STANDING & ~UNDECIDED),
        matching=Count("pk", filter=wanted),
        undecided_matching=Count("pk", filter=wanted & UNDECIDED),
    )
    sort = query.get("sort", "event")
    column = SORTS.get(sort.lstrip("-"), "event_on")
    found = claims.filter(wanted)
    ordered = found.order_by(f"{'-' if sort.startswith('-') else ''}{column}", "event_on", "pk")
    page = CountedPaginator(ordered, counts["matching"]).get_page(query.get("page"))
    rest = QueryDict(mutable=True)
    rest.update({key: str(query[key]) for key in ("metric", "show", "q") if key in query})
    rows = [claim_row(claim, words) for claim in page.object_list]
    return ClaimList(page, rows, form, search, rest.urlencode(), sort, found, counts)


def matching(form: ClaimFilterForm) -> Q:
    """The condition that a filter of claims stands for."""
    if not form.is_valid():
        return Q()
    asked, wanted = form.cleaned_data, Q()
    if asked["metric"]:
        wanted &= Q(metric=asked["metric"])
    if asked["q"]:
        wanted &= Q(id__startswith=asked["q"].strip().lower())  # people read out the first characters
    match asked["show"]:
        case "":
            return wanted
        case "undecided":
            return wanted & UNDECIDED
        case "gone":
            return wanted & ~STANDING
        case decision:
            return wanted & DECIDED_AS[Decision(decision)]


def claim_row(claim: Any, words: Vocabulary) -> dict[str, Any]:
    """A claim as a row of a table."""
    adjusted = claim.decision == Decision.ADJUST
    return {
        "claim": claim,
        "number": str(claim.pk)[:8],
        "metric": words.metric_label(claim.metric),
        "cohort": words.cohort_label(claim.participant.cohort.key),
        "state": state_tag(claim),
        "verified_event_on": claim.decided_event_on if adjusted and claim.decided_event_on != claim.event_on else None,
        "verified_units": claim.decided_units if adjusted and claim.decided_units != claim.units else None,
        "can_decide": not claim.is_withdrawn and not claim.is_replaced,
        "units_written": written(claim.units),
    }


def observation_rows(observations: QuerySet[Any], words: Vocabulary) -> list[dict[str, Any]]:
    return [
        {
            "observation": row,
            "metric": words.metric_label(row.metric),
            "cohort": words.cohort_label(row.cohort.key) if row.cohort else _("The whole contract"),
            "state": state_tag(row),
            "can_decide": not row.is_withdrawn and not row.is_replaced,
            "value_written": written(row.value),
            "verified_value": row.decided_value if row.decision == Decision.ADJUST else None,
        }
        for row in observations
    ]


def written(number: Decimal) -> str:
    """A number as people write it in a field: no spaces, the language's own decimal sign."""
    return f"{number.normalize():f}".replace(".", get_format("DECIMAL_SEPARATOR"))


def act_page(
    request: ActorRequest,
    contract: Contract,
    *,
    section: str,
    title: str,
    label: str,
    cancel: str,
    form: Any,
    facts: Sequence[tuple[str, Any]] = (),
    consequences: Sequence[str] = (),
    warning: str = "",
    color: str = "",
    problems: Sequence[str] = (),
    multipart: bool = False,
) -> HttpResponse:
    """A decision has a page of its own: what, on what ground, what happens then, and one button named with the verb."""
    has_faults = bool(problems) or (form.is_bound and not form.is_valid())
    context = {
        "contract": contract,
        "section": section,
        "act_title": title,
        "label": label,
        "cancel": cancel,
        "form": form,
        "facts": facts,
        "consequences": consequences,
        "warning": warning,
        "color": color,
        "problems": problems,
        "multipart": multipart,
    }
    return render(request, "outcomes/act.html", context, status=422 if has_faults else 200)

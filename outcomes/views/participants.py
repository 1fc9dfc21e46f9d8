"""Pages of participants: the list, enrolling, erasing a pseudonym."""

from uuid import UUID

from django.core.paginator import Paginator
from django.db.models import Count
from django.http import HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods

from actors.http import ActorRequest, access, done
from actors.policies import Permit, Refused, can
from actors.roles import Permission
from contracts.policies import roles_of
from contracts.queries import get_contract_for
from outcomes import actions
from outcomes.forms import EmptyForm, EnrolForm, PseudonymSearchForm
from outcomes.models import Participant
from outcomes.policies import participants_seen
from outcomes.queries import get_participant_for, vocabulary_of
from outcomes.views.common import GET_AND_POST, PER_PAGE, act_page, permit_in, posted

SORTS = {"participant": "pseudonym", "cohort": "cohort__key", "enrolled": "enrolled_on", "claims": "claim_count"}


@access(Permission.VIEW_PERSONS, in_contract=True)
@require_http_methods(GET_AND_POST)
def participants(request: ActorRequest, code: str) -> HttpResponse:
    """The participants that the actor may see. POST only looks for somebody."""
    contract = get_contract_for(request.actor, code, Permission.VIEW_PERSONS)
    words = vocabulary_of(contract)
    search = PseudonymSearchForm(posted(request))
    rows = Participant.objects.filter(participants_seen(request.actor, contract), contract=contract)
    if search.is_bound and search.is_valid():
        rows = rows.filter(pseudonym__icontains=search.cleaned_data["pseudonym"])
    cohort = request.GET.get("cohort", "")
    if cohort:
        rows = rows.filter(cohort__key=cohort)
    sort = request.GET.get("sort", "participant")
    column = SORTS.get(sort.lstrip("-"), "pseudonym")
    rows = rows.select_related("cohort", "provider").annotate(claim_count=Count("claims"))
    ordered = rows.order_by(f"{'-' if sort.startswith('-') else ''}{column}", "pk")
    page = Paginator(ordered, PER_PAGE).get_page(request.GET.get("page"))
    context = {
        "contract": contract,
        "section": "outcomes",
        "page": page,
        "rows": [{"participant": row, "cohort": words.cohort_label(row.cohort.key)} for row in page.object_list],
        "cohorts": [(key, words.cohort_label(key)) for key in words.cohorts],
        "cohort": cohort,
        "sort": sort,
        "querystring": f"cohort={cohort}" if cohort in words.cohorts else "",
        "search": search,
        "may_enrol": permit_in(request.actor, contract, Permission.REPORT_OUTCOMES),
        "may_erase": _may_erase(request, contract),
    }
    return render(request, "outcomes/participants.html", context)


def _may_erase(request: ActorRequest, contract: object) -> Permit:
    roles = roles_of(request.actor, contract)  # type: ignore[arg-type]
    as_payer = can(request.actor, Permission.EDIT_CONTRACT, roles)
    return as_payer if as_payer else can(request.actor, Permission.REPORT_OUTCOMES, roles)


@access(Permission.REPORT_OUTCOMES, in_contract=True)
@require_http_methods(GET_AND_POST)
def participant_enrol(request: ActorRequest, code: str) -> HttpResponse:
    contract = get_contract_for(request.actor, code, Permission.REPORT_OUTCOMES)
    form = EnrolForm(posted(request), words=vocabulary_of(contract))
    problems: tuple[str, ...] = ()
    if form.is_valid():
        says = form.cleaned_data
        people = [
            actions.Enrolment(pseudonym=line.strip(), cohort=says["cohort"], enrolled_on=says["enrolled_on"])
            for line in says["pseudonyms"].splitlines()
            if line.strip()
        ]
        try:
            enrolled = actions.enrol(actor=request.actor, contract=contract, people=people, at=timezone.now())
        except actions.ReportFaults as faults:
            form.add_faults(faults)
        except Refused as refused:
            problems = refused.reasons
        else:
            message = _("%(n)s participants are enrolled.") % {"n": len(enrolled)}
            return done(request, message, "outcomes:participants", code)
    return act_page(
        request,
        contract,
        section="outcomes",
        title=_("Enrol participants"),
        label=_("Enrol the participants"),
        cancel=reverse("outcomes:participants", args=[code]),
        form=form,
        problems=problems,
        consequences=[_("Participants are known here by pseudonym only. The key stays with you.")],
    )


@access(Permission.VIEW_PERSONS, in_contract=True)
@require_http_methods(GET_AND_POST)
def participant_erase(request: ActorRequest, code: str, participant: UUID) -> HttpResponse:
    contract = get_contract_for(request.actor, code, Permission.VIEW_PERSONS)
    found = get_participant_for(request.actor, contract, participant)
    form = EmptyForm(posted(request))
    permit = _may_erase(request, contract)
    problems: tuple[str, ...] = () if permit else (permit.reason,)
    if permit and form.is_valid():
        try:
            actions.erase_pseudonym(actor=request.actor, participant=found, at=timezone.now())
        except Refused as refused:
            problems = refused.reasons
        else:
            return done(request, _("The pseudonym is erased."), "outcomes:participants", code)
    return act_page(
        request,
        contract,
        section="outcomes",
        title=_("Erase a pseudonym"),
        label=_("Erase the pseudonym"),
        cancel=reverse("outcomes:participants", args=[code]),
        form=form,
        facts=[(_("Participant"), found.pseudonym), (_("Enrolled"), found.enrolled_on)],
        problems=problems,
        color="danger",
        consequences=[
            _("The pseudonym is replaced by a random word and cannot be brought back."),
            _("Import files in which it stands are removed; their hashes stay."),
            _("Claims, decisions and amounts stay as they are, and calculations can still be repeated."),
        ],
    )

"""Adding evidence, and opening it: only through here, only for those who may, and never run by the browser."""

import logging
from typing import cast

from django.http import FileResponse, HttpResponse, HttpResponseBase
from django.shortcuts import render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_safe

from actors.http import ActorRequest, access, done
from actors.policies import NotVisible, Permit, Refused
from actors.roles import Permission
from contracts.queries import get_contract_for
from outcomes import actions
from outcomes.forms import EvidenceForm, content_of
from outcomes.models import ClaimPeriod
from outcomes.queries import evidence_seen, get_period_for, vocabulary_of
from outcomes.views.common import GET_AND_POST, permit_for, posted

logger = logging.getLogger(__name__)


def may_add(request: ActorRequest, period: ClaimPeriod) -> Permit:
    """The provider while the period is open, the verifier while it is being verified."""
    reports, verifies = permit_for(request.actor, period, "report"), permit_for(request.actor, period, "verify")
    return verifies if verifies else reports


@access(Permission.VIEW_PERSONS, in_contract=True)
@require_http_methods(GET_AND_POST)
def evidence_add(request: ActorRequest, code: str, period: str) -> HttpResponse:
    found = get_period_for(request.actor, code, period, Permission.VIEW_PERSONS)
    form = EvidenceForm(posted(request), request.FILES or None, words=vocabulary_of(found.contract))
    problems: tuple[str, ...] = ()
    if form.is_valid():
        upload = form.cleaned_data["file"]
        try:
            actions.add_evidence(
                actor=request.actor,
                claim_period=found,
                file_name=upload.name,
                content=content_of(upload),
                description=form.cleaned_data["description"],
                metric=form.cleaned_data["metric"],
                at=timezone.now(),
            )
        except Refused as refused:
            problems = refused.reasons
        else:
            return done(request, _("The evidence is added."), "outcomes:period_detail", code, found.name)
    context = {
        "contract": found.contract,
        "section": "outcomes",
        "period": found,
        "form": form,
        "problems": problems,
        "may_add": may_add(request, found),
    }
    return render(request, "outcomes/evidence_add.html", context, status=422 if form.is_bound else 200)


@access(Permission.VIEW_PERSONS, in_contract=True)
@require_safe
def evidence_file(request: ActorRequest, code: str, evidence: int) -> HttpResponseBase:
    contract = get_contract_for(request.actor, code, Permission.VIEW_PERSONS)
    found = evidence_seen(request.actor, contract).filter(pk=evidence).first()
    if found is None:
        raise NotVisible
    try:
        stored = found.file.open("rb")
    except OSError as error:
        logger.exception("the file of evidence %s cannot be opened", found.pk)
        text = _("The file is not where it was stored. Tell the administrator: evidence %(n)s, sha256 %(hash)s.")
        raise Refused(text % {"n": found.pk, "hash": found.sha256}) from error
    response = FileResponse(stored, as_attachment=True, filename=found.file_name)
    response["Content-Type"] = found.content_type
    response["X-Content-Type-Options"] = "nosniff"
    response["Content-Security-Policy"] = "default-src 'none'; sandbox"
    return cast(HttpResponseBase, response)

"""The agreement as a page and as a file: drafts for reading, and the sealed original."""

import logging

from django.http import FileResponse, Http404, HttpResponse, HttpResponseBase
from django.shortcuts import redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST, require_safe

from actors.http import ActorRequest, access
from actors.policies import NotVisible, Refused
from actors.roles import Permission
from contracts.models import Contract, ContractVersion
from contracts.queries import get_contract_for
from contracts.states import VersionStatus
from reports import actions, seal, tasks
from reports.definitions import agreement as definition
from reports.definitions.agreement_data import Agreement
from reports.queries.agreement import sealed_of
from reports.render import file_name
from reports.views.documents import reader_language

logger = logging.getLogger(__name__)


@require_safe
@access(Permission.VIEW_DESIGN, in_contract=True)
def agreement(request: ActorRequest, code: str) -> HttpResponse:
    """The version in force, or the one that is on its way."""
    contract = get_contract_for(request.actor, code, Permission.VIEW_DESIGN)
    versions = _versions(contract)
    agreed = [version for version in versions if version.status == VersionStatus.AGREED]
    shown = max(agreed, key=lambda version: (version.effective_on, version.number)) if agreed else versions[0]
    return _page(request, shown, versions)


@require_safe
@access(Permission.VIEW_DESIGN, in_contract=True)
def agreement_version(request: ActorRequest, code: str, number: int) -> HttpResponse:
    """One version of the agreement."""
    contract = get_contract_for(request.actor, code, Permission.VIEW_DESIGN)
    versions = _versions(contract)
    return _page(request, _one_of(versions, number), versions)


@require_POST
@access(Permission.VIEW_DESIGN, in_contract=True)
def agreement_pdf(request: ActorRequest, code: str, number: int) -> HttpResponse:
    """Ask for a version as a PDF to read."""
    contract = get_contract_for(request.actor, code, Permission.VIEW_DESIGN)
    run = actions.request_report(
        actor=request.actor,
        contract=contract,
        report="agreement",
        params={"version": _one_of(_versions(contract), number).number},
        language=reader_language(),
        at=timezone.now(),
    )
    tasks.ring(run.pk)
    return redirect("reports:report_run", code, run.pk)


@require_safe
@access(Permission.VIEW_DESIGN, in_contract=True)
def agreement_file(request: ActorRequest, code: str, number: int) -> HttpResponseBase:
    """The sealed original, byte for byte."""
    contract = get_contract_for(request.actor, code, Permission.VIEW_DESIGN)
    sealed = sealed_of(contract).get(number)
    if sealed is None:
        raise NotVisible
    try:
        stored = sealed.file.open()
    except OSError as error:
        logger.exception("the file of sealed agreement %s cannot be opened", sealed.pk)
        raise Refused(
            _("The file is not where it was stored. Tell the administrator; nothing is lost of its data.")
        ) from error
    name = file_name(_("agreement"), contract.code, f"v{number}", _("sealed"))
    response = FileResponse(stored, as_attachment=True, filename=name, content_type="application/pdf")
    response["X-Content-SHA256"] = sealed.sha256
    return response


@require_safe
@access(Permission.VIEW_DESIGN, in_contract=True)
def agreement_annex(request: ActorRequest, code: str, number: int, annex: str) -> HttpResponse:
    """One of the files that the PDF holds."""
    contract = get_contract_for(request.actor, code, Permission.VIEW_DESIGN)
    data = _data(_one_of(_versions(contract), number))
    for file in definition.attached(data):
        if file.name == annex:
            kind = "text/csv; charset=utf-8" if annex.endswith(".csv") else "application/json; charset=utf-8"
            response = HttpResponse(file.content, content_type=kind)
            stem, _dot, suffix = annex.rpartition(".")
            name = file_name(stem, contract.code, f"v{number}", suffix=suffix)
            response["Content-Disposition"] = f'attachment; filename="{name}"'
            return response
    raise Http404


def _versions(contract: Contract) -> list[ContractVersion]:
    """All versions, the newest first, each knowing the contract that was fetched."""
    versions = list(contract.versions.order_by("-number"))
    for version in versions:
        version.contract = contract
    return versions


def _one_of(versions: list[ContractVersion], number: int) -> ContractVersion:
    for version in versions:
        if version.number == number:
            return version
    raise NotVisible


def _data(version: ContractVersion) -> Agreement:
    params = definition.Params(version.contract.code, version.number, reader_language())
    return definition.build_for(version, params, timezone.now())


def _page(request: ActorRequest, version: ContractVersion, versions: list[ContractVersion]) -> HttpResponse:
    is_agreed = version.status == VersionStatus.AGREED
    sealed = sealed_of(version.contract).get(version.number) if is_agreed else None
    waits = is_agreed and sealed is None and not version.contract.computed_from_published_facts
    context = {
        "contract": version.contract,
        "section": "agreement",
        "version": version,
        "versions": versions,
        "data": _data(version),
        "sealed": sealed,
        "waits_for_seal": waits,
        "seal_hindrance": seal.hindrance(timezone.now()) if waits else "",
    }
    return render(request, "reports/agreement.html", context)

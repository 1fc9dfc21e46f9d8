"""What differs between two versions of the terms, in words and in the document."""

import json
from typing import Any

from django.http import HttpResponse
from django.shortcuts import render
from django.utils.translation import gettext_lazy as _
from django.views.decorators.http import require_safe

from actors.http import ActorRequest, access
from actors.policies import NotVisible, can
from actors.roles import Permission
from contracts.actions.readiness import reader_language
from contracts.models import Contract, ContractVersion
from contracts.policies import roles_of
from contracts.queries import get_contract_for, versions_with_acceptances
from contracts.queries.negotiation import compared, read_before
from contracts.redline import changed_only, parts_compared, values_compared
from contracts.snapshot import agreement_document
from contracts.states import VersionStatus

PARTS: dict[str, Any] = {
    "effective_on": _("the day it takes effect"),
    "parties": _("the parties"),
    "successions": _("who takes a party's place"),
    "data_protection": _("the roles in data protection"),
    "design": _("the design"),
    "schedule": _("the schedule"),
    "about": _("the name and the days of the contract"),
    "measurement": _("the measures"),
    "assumptions": _("the assumptions"),
}
"""What the parties accept besides the terms, part by part as `contracts.snapshot.agreement_document` names it."""


@access(Permission.VIEW_CONTRACT, in_contract=True)
@require_safe
def redline(request: ActorRequest, code: str) -> HttpResponse:
    """Any two versions: ?fran=1&till=2, and ?allt=1 for the clauses that read the same too."""
    contract = get_contract_for(request.actor, code, Permission.VIEW_CONTRACT)
    versions = list(versions_with_acceptances(contract))
    after = _chosen(versions, request.GET.get("till")) or versions[0]
    usual = read_before(versions, after, request.actor.organisation) or next(
        (v for v in versions if v.number < after.number), after
    )
    before = _chosen(versions, request.GET.get("fran")) or usual
    diffs = compared(contract, before, after, reader_language())
    changed = changed_only(diffs)
    values = values_compared(before.terms, after.terms)
    if can(request.actor, Permission.VIEW_DESIGN, roles_of(request.actor, contract)):
        old, new = _document(before), _document(after)
        parts = parts_compared(old, new) if old and new else []
        values += values_compared(_only(parts, old), _only(parts, new))
    shows_all = request.GET.get("allt") == "1"
    context = {
        "contract": contract,
        "section": "terms",
        "versions": versions,
        "before": before,
        "after": after,
        "diffs": diffs if shows_all else changed,
        "count": len(changed),
        "shows_all": shows_all,
        "values": [_value(diff) for diff in values],
        "is_readable": any(diff.before for diff in diffs) and any(diff.after for diff in diffs),
    }
    return render(request, "contracts/redline.html", context)


def since(request: ActorRequest, contract: Contract, version: ContractVersion) -> dict[str, Any]:
    """What has changed since the reader's organisation accepted last, or since the last proposal: for pages where
    somebody decides about a text."""
    before = read_before(versions_with_acceptances(contract), version, request.actor.organisation)
    changes = changed_only(compared(contract, before, version, reader_language())) if before else []
    return {"before": before, "changes": changes, "others": others_changed(before, version)}


def others_changed(before: ContractVersion | None, after: ContractVersion) -> list[str]:
    """What differs in the agreement besides the clauses, in the reader's words: it is accepted and signed with them."""
    old, new = _document(before) if before else {}, _document(after)
    return [str(PARTS.get(name, name)) for name in parts_compared(old, new)] if old and new else []


def _document(version: ContractVersion) -> dict[str, Any]:
    """The agreement of a version: as it was proposed, as a draft would be now, or nothing for one never proposed."""
    if version.document is None and version.status == VersionStatus.DRAFT:
        return agreement_document(version)
    return version.document or {}


def _only(parts: list[str], document: dict[str, Any]) -> dict[str, Any]:
    return {name: document[name] for name in parts if name in document}


def _chosen(versions: list[ContractVersion], number: str | None) -> ContractVersion | None:
    """The version asked for. One that does not exist is 404; no number is no choice."""
    if not number:
        return None
    found = next((v for v in versions if str(v.number) == number), None)
    if found is None:
        raise NotVisible
    return found


def _value(diff: Any) -> dict[str, str]:
    return {"path": diff.path, "change": str(diff.change), "before": _json(diff.before), "after": _json(diff.after)}


def _json(value: object) -> str:
    return "" if value is None else json.dumps(value, ensure_ascii=False, indent=1)

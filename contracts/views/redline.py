"""What differs between two versions of the terms, in words and in the document."""

import json
from typing import Any

from django.http import HttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_safe

from actors.http import ActorRequest, access
from actors.policies import NotVisible
from actors.roles import Permission
from contracts.actions.readiness import reader_language
from contracts.models import Contract, ContractVersion
from contracts.queries import get_contract_for, versions_with_acceptances
from contracts.queries.negotiation import compared, read_before
from contracts.redline import changed_only, values_compared


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
        "values": [_value(diff) for diff in values_compared(before.terms, after.terms)],
        "is_readable": any(diff.before for diff in diffs) and any(diff.after for diff in diffs),
    }
    return render(request, "contracts/redline.html", context)


def since(request: ActorRequest, contract: Contract, version: ContractVersion) -> dict[str, Any]:
    """What has changed since the reader's organisation accepted last, or since the last proposal: for pages where
    somebody decides about a text."""
    before = read_before(versions_with_acceptances(contract), version, request.actor.organisation)
    changes = changed_only(compared(contract, before, version, reader_language())) if before else []
    return {"before": before, "changes": changes}


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

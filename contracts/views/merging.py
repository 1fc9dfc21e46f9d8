"""Bringing another variant of the terms into the open draft, with a choice where the two do not fit together."""

import json
from datetime import datetime
from typing import Any

from django.http import HttpResponse
from django.shortcuts import render
from django.utils import timezone
from django.utils.dateparse import parse_datetime
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods

from actors.http import ActorRequest, access, done
from actors.policies import Refused
from actors.roles import Permission
from contracts import actions
from contracts.forms.negotiation import MergeForm
from contracts.merging import ABSENT, Conflict, Merged, Side, merge
from contracts.models import Contract, ContractVersion
from contracts.policies import Act, permit_for
from contracts.queries import get_contract_for
from contracts.states import VersionStatus
from contracts.views.deciding import posted
from rulebook import parse_terms


@access(Permission.EDIT_CONTRACT, in_contract=True)
@require_http_methods(["GET", "HEAD", "POST"])
def terms_merge(request: ActorRequest, code: str) -> HttpResponse:
    contract = get_contract_for(request.actor, code, Permission.EDIT_CONTRACT)
    versions = list(contract.versions.order_by("-number"))
    draft = next((v for v in versions if v.status == VersionStatus.DRAFT), None)
    others = [v for v in versions if v != draft]
    form = MergeForm(posted(request), request.FILES or None, versions=others, initial=_usual(others, draft))
    merged: Merged | None = None
    reasons: tuple[str, ...] = ()
    status = 422 if form.is_bound else 200
    if draft is not None and form.is_valid():
        merged, status = merge(*_variants(form, draft), form.choices), 200
        if "save" in request.POST:
            if merged.conflicts:
                status, reasons = 422, (_("Choose which side to keep at each place where the two collide."),)
            else:
                try:
                    return _saved(request, contract, draft, form, merged)
                except Refused as refusal:
                    status, reasons = 409, refusal.reasons
    context = {
        "contract": contract,
        "section": "terms",
        "version": draft,
        "permit": permit_for(request.actor, Act.EDIT_TERMS, contract, draft),
        "form": form,
        "merged": merged,
        "conflicts": [_shown(conflict) for conflict in _asked(form, draft)] if merged and draft else [],
        "reasons": reasons,
    }
    return render(request, "contracts/terms_merge.html", context, status=status)


def _usual(others: list[ContractVersion], draft: ContractVersion | None) -> dict[str, str]:
    """A variant is mostly begun from what was agreed last; without any, from the version before."""
    agreed = [v for v in others if v.status == VersionStatus.AGREED]
    usual = next(iter(agreed or others), None)
    return {
        "base": str(usual.number) if usual else "",
        "source": "file",
        "seen_at": draft.edited_at.isoformat() if draft else "",
    }


def _variants(form: MergeForm, draft: ContractVersion) -> tuple[Any, Any, Any]:
    """Base, mine and theirs, written alike: 12000.00 and 12000 are the same amount."""
    return _plain(form.begun_from.terms), _plain(draft.terms), _plain(form.theirs)


def _plain(document: Any) -> Any:
    terms, _problems = parse_terms(document)
    return document if terms is None else terms.document


def _asked(form: MergeForm, draft: ContractVersion) -> list[tuple[Conflict, str]]:
    """Every conflict there is, chosen or not, with the side that is chosen."""
    every = merge(*_variants(form, draft)).conflicts
    return [(conflict, form.choices.get(conflict.path, "")) for conflict in every]


def _shown(asked: tuple[Conflict, str]) -> dict[str, Any]:
    conflict, chosen = asked
    sides = [
        (Side.MINE, _("Keep what stands in the draft"), _json(conflict.mine)),
        (Side.THEIRS, _("Take what stands in the variant"), _json(conflict.theirs)),
    ]
    return {"path": conflict.path, "base": _json(conflict.base), "chosen": chosen, "sides": sides}


def _json(value: Any) -> str:
    return "" if value is ABSENT else json.dumps(value, ensure_ascii=False, indent=1, default=str)


def _saved(
    request: ActorRequest, contract: Contract, draft: ContractVersion, form: MergeForm, merged: Merged
) -> HttpResponse:
    seen_at: datetime | None = parse_datetime(form.cleaned_data["seen_at"]) or draft.edited_at
    problems = actions.edit_terms(
        actor=request.actor, contract=contract, terms=merged.document, seen_at=seen_at, at=timezone.now()
    )
    message = _("The changes are in the draft.")
    if problems:
        message = _("The changes are in the draft. Look at what remains before it can be proposed.")
    return done(request, message, "contracts:contract_terms", contract.code)

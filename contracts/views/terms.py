"""The terms: in sentences, version by version, and the draft's editor."""

import json

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from actors.http import ActorRequest, access, page_or_fragment
from actors.policies import NotVisible, Refused
from actors.roles import Permission
from contracts import actions
from contracts.forms import TermsForm
from contracts.models import Contract, ContractVersion
from contracts.policies import Act, can_act, permit_for
from contracts.queries import get_contract_for, open_version, terms_page, versions_with_acceptances
from contracts.views.deciding import posted
from contracts.views.reading import Words, in_words, read_aloud

GET_AND_POST = ["GET", "HEAD", "POST"]


@access(Permission.VIEW_CONTRACT, in_contract=True)
@require_safe
def contract_terms(request: ActorRequest, code: str) -> HttpResponse:
    contract = get_contract_for(request.actor, code, Permission.VIEW_CONTRACT)
    page = terms_page(contract)
    context = {
        "contract": contract,
        "section": "terms",
        "page": page,
        "agreed_words": in_words(contract, page.agreed) if page.agreed else None,
        "open_words": in_words(contract, page.open) if page.open else None,
        "permits": {act.value: permit_for(request.actor, act, contract, page.open) for act in Act},
        "may_decide": can_act(request.actor, Act.EDIT, contract),
        "has_accepted": any(a.organisation == request.actor.organisation for a in page.acceptances),
    }
    return render(request, "contracts/contract_terms.html", context)


def _version(contract: Contract, number: int) -> ContractVersion:
    version = versions_with_acceptances(contract).filter(number=number).first()
    if version is None:
        raise NotVisible
    return version


@access(Permission.VIEW_CONTRACT, in_contract=True)
@require_safe
def contract_version(request: ActorRequest, code: str, number: int) -> HttpResponse:
    contract = get_contract_for(request.actor, code, Permission.VIEW_CONTRACT)
    version = _version(contract, number)
    context = {
        "contract": contract,
        "section": "terms",
        "version": version,
        "words": in_words(contract, version),
        "moves": list(version.status_changes.select_related("user").order_by("at")),
    }
    return render(request, "contracts/contract_version.html", context)


@access(Permission.VIEW_CONTRACT, in_contract=True)
@require_safe
def terms_download(request: ActorRequest, code: str, number: int) -> HttpResponse:
    """The terms as a file: what an upload, the command line or another system reads."""
    contract = get_contract_for(request.actor, code, Permission.VIEW_CONTRACT)
    version = _version(contract, number)
    response = HttpResponse(as_text(version.terms), content_type="application/json; charset=utf-8")
    response["Content-Disposition"] = f'attachment; filename="{contract.code}-v{version.number}.json"'
    return response


@access(Permission.EDIT_CONTRACT, in_contract=True)
@require_http_methods(GET_AND_POST)
def terms_edit(request: ActorRequest, code: str) -> HttpResponse:
    contract = get_contract_for(request.actor, code, Permission.EDIT_CONTRACT)
    version = open_version(contract)
    form = _terms_form(request, version)
    if not form.is_valid():
        words = in_words(contract, version) if version and not form.is_bound else None
        return _edit_page(request, contract, version, form, words=words, status=422 if form.is_bound else 200)
    try:
        problems = actions.edit_terms(
            actor=request.actor,
            contract=contract,
            terms=form.document,
            effective_on=form.cleaned_data["effective_on"],
            note=form.cleaned_data["note"],
            seen_at=form.cleaned_data["seen_at"],
            at=timezone.now(),
        )
    except actions.TermsConflict as conflict:
        form.show_again(seen_at=conflict.version.edited_at.isoformat())
        return _edit_page(
            request, contract, conflict.version, form, reasons=conflict.reasons, is_conflict=True, status=409
        )
    except Refused as refusal:
        return _edit_page(request, contract, version, form, reasons=refusal.reasons, status=409)
    if problems:
        text = ngettext(
            "The draft is saved. %(count)s thing remains before it can be proposed.",
            "The draft is saved. %(count)s things remain before it can be proposed.",
            len(problems),
        )
        messages.warning(request, text % {"count": len(problems)})
        return redirect("contracts:terms_edit", contract.code)
    messages.success(request, _("The draft is saved, and the terms hold together."))
    return redirect("contracts:contract_terms", contract.code)


@access(Permission.EDIT_CONTRACT, in_contract=True)
@require_POST
def terms_check(request: ActorRequest, code: str) -> HttpResponse:
    """Read what is in the editor back in sentences, or list every problem. Nothing is saved."""
    contract = get_contract_for(request.actor, code, Permission.EDIT_CONTRACT)
    version = open_version(contract)
    form = _terms_form(request, version)
    is_valid = form.is_valid()
    words = read_aloud(contract, form.document) if is_valid else None
    context = {
        "contract": contract,
        "section": "terms",
        "version": version,
        "form": form,
        "words": words,
        "is_checked": True,
        "permit": permit_for(request.actor, Act.EDIT_TERMS, contract, version),
    }
    if is_valid:
        form.show_again()
    status = 200 if is_valid else 422
    return page_or_fragment(
        request, "contracts/terms_edit.html", "contracts/_terms_reading.html", context, status=status
    )


def _terms_form(request: ActorRequest, version: ContractVersion | None) -> TermsForm:
    files = request.FILES if request.method == "POST" else None
    if version is None:
        return TermsForm(posted(request), files)
    initial = {
        "effective_on": version.effective_on,
        "note": version.note,
        "text": as_text(version.terms),
        "seen_at": version.edited_at.isoformat(),
    }
    return TermsForm(posted(request), files, initial=initial)


def _edit_page(
    request: ActorRequest,
    contract: Contract,
    version: ContractVersion | None,
    form: TermsForm,
    *,
    status: int,
    words: Words | None = None,
    reasons: tuple[str, ...] = (),
    is_conflict: bool = False,
) -> HttpResponse:
    context = {
        "contract": contract,
        "section": "terms",
        "version": version,
        "form": form,
        "words": words,
        "reasons": reasons,
        "theirs": as_text(version.terms) if is_conflict and version else "",
        "permit": permit_for(request.actor, Act.EDIT_TERMS, contract, version),
    }
    return render(request, "contracts/terms_edit.html", context, status=status)


def as_text(document: object) -> str:
    """A document as people read and write it."""
    return json.dumps(document, ensure_ascii=False, indent=2)

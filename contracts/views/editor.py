"""The editor of a draft's terms: the whole draft at a glance, and a page with a form for each part of it."""

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.contrib import messages
from django.http import HttpResponse, HttpResponseRedirect
from django.shortcuts import render
from django.urls import reverse
from django.utils import timezone
from django.utils.dateparse import parse_datetime
from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from django.views.decorators.http import require_http_methods

from actors.http import ActorRequest, access, page_or_fragment
from actors.policies import NotVisible, Refused
from actors.roles import Permission
from contracts import actions
from contracts.actions.readiness import reader_language
from contracts.editor.described import sections
from contracts.editor.draft import (
    Document,
    Draft,
    name_of,
    with_copied,
    with_inserted,
    with_moved,
    without_item,
)
from contracts.editor.example import example, figures_of
from contracts.editor.faults import Fault, place_problems, place_refusals
from contracts.editor.nodes import Desk, Option
from contracts.editor.overview import faults_of, general_view, section_views
from contracts.editor.posted import ABSENT, Act, Posted, carried
from contracts.editor.spots import Spot
from contracts.models import Contract, ContractVersion
from contracts.policies import Act as ContractAct
from contracts.policies import permit_for
from contracts.queries import get_contract_for, open_version
from contracts.views.terms import GET_AND_POST, as_text

UNDO = "editor_undo"  # the session's word for what was last removed


@dataclass(frozen=True)
class Ground:
    """What every page of the editor stands on."""

    request: ActorRequest
    contract: Contract
    version: ContractVersion | None

    @property
    def may_edit(self) -> bool:
        return bool(permit_for(self.request.actor, ContractAct.EDIT_TERMS, self.contract, self.version))

    @property
    def stored(self) -> Document:
        terms = self.version.terms if self.version else {}
        return terms if isinstance(terms, dict) else {}

    def draft(self, document: Document | None = None) -> Draft:
        names = {party.key: str(party) for party in self.contract.parties.all()}
        return Draft(self.stored if document is None else document, reader_language(), names)

    @property
    def context(self) -> dict[str, Any]:
        permit = permit_for(self.request.actor, ContractAct.EDIT_TERMS, self.contract, self.version)
        seen_at = self.version.edited_at.isoformat() if self.version else ""
        return {"contract": self.contract, "section": "terms", "version": self.version} | {
            "permit": permit,
            "seen_at": seen_at,
        }

    def save(self, document: Document, posted: Posted) -> None:
        """Save the draft with this document, unless somebody else saved it after the page was opened."""
        actions.edit_terms(
            actor=self.request.actor,
            contract=self.contract,
            terms=document,
            seen_at=_seen_at(posted),
            at=timezone.now(),
        )


def _ground(request: ActorRequest, code: str) -> Ground:
    contract = get_contract_for(request.actor, code, Permission.EDIT_CONTRACT)
    return Ground(request, contract, open_version(contract))


def _seen_at(posted: Posted) -> datetime:
    try:
        seen_at = parse_datetime(posted.text("seen_at"))
    except ValueError:
        seen_at = None
    if seen_at is None:
        raise Refused(_("The page does not say which draft you read. Open it again."))
    return seen_at


# --- The whole draft -------------------------------------------------------------------------------------------------


@access(Permission.EDIT_CONTRACT, in_contract=True)
@require_http_methods(GET_AND_POST)
def editor_overview(request: ActorRequest, code: str) -> HttpResponse:
    ground = _ground(request, code)
    if request.method != "POST":
        return _overview(ground)
    posted = Posted(request.POST)
    try:
        return _undone(ground, posted) if posted.act.verb == "undo" else _changed(ground, posted)
    except Refused as refusal:
        return _overview(_ground(request, code), reasons=refusal.reasons, status=409)


def _overview(ground: Ground, *, reasons: tuple[str, ...] = (), status: int = 200) -> HttpResponse:
    draft = ground.draft()
    undo = ground.request.session.get(UNDO)
    is_undoable = undo is not None and undo["seen_at"] == ground.context["seen_at"]
    context = ground.context | {
        "lists": section_views(draft),
        "general": general_view(draft),
        "general_faults": faults_of(draft, Spot()),
        "problems": draft.problems,
        "is_empty": not ground.stored,
        "removed": undo["name"] if undo is not None and is_undoable else "",
        "reasons": reasons,
    }
    return render(ground.request, "contracts/editor_overview.html", context, status=status)


def _changed(ground: Ground, posted: Posted) -> HttpResponse:
    """Move, copy or remove an item, and show where it is now."""
    section, _colon, number = posted.act.name.partition(":")
    index = int(number) - 1 if number.isascii() and number.isdecimal() and len(number) < 6 else -1
    items = ground.draft().items(section) if section in sections() else []
    if not 0 <= index < len(items):
        raise Refused(_("What you wanted to change is not in the draft any more. This is how it stands now."))
    verb, document = posted.act.verb, ground.stored
    if verb == "remove":
        ground.save(without_item(document, section, index), posted)
        _remember(ground, section, index, items[index])
        return _to_overview(ground, section, min(index + 1, len(items) - 1))
    if verb == "copy":
        ground.save(with_copied(document, section, index), posted)
        return _to_overview(ground, section, index + 2)
    to = {"up": max(index - 1, 0), "down": min(index + 1, len(items) - 1)}.get(verb, index)
    ground.save(with_moved(document, section, index, to), posted)
    return _to_overview(ground, section, to + 1)


def _remember(ground: Ground, section: str, index: int, item: Any) -> None:
    """Keep what was removed in the session, for as long as nothing else is saved."""
    version = open_version(ground.contract)
    name = name_of(item, reader_language()) or sections()[section].title(reader_language())
    ground.request.session[UNDO] = {
        "section": section,
        "index": index,
        "item": item,
        "name": name,
        "seen_at": version.edited_at.isoformat() if version else "",
    }


def _undone(ground: Ground, posted: Posted) -> HttpResponse:
    """Put back what was last removed. Whoever saves in between makes this a conflict, like any other."""
    undo = ground.request.session.get(UNDO)
    if not undo or undo["seen_at"] != posted.text("seen_at"):
        raise Refused(_("The draft has been saved since then, so the removal cannot be undone here."))
    ground.save(with_inserted(ground.stored, undo["section"], undo["index"], undo["item"]), posted)
    del ground.request.session[UNDO]
    return _to_overview(ground, undo["section"], undo["index"] + 1)


def _to_overview(ground: Ground, section: str, number: int) -> HttpResponse:
    """The whole draft, with focus where the change was: browsers focus what an address points to."""
    place = f"{section}-{number}" if section and number else section or "general"
    return HttpResponseRedirect(f"{reverse('contracts:editor_overview', args=[ground.contract.code])}#{place}")


# --- One part of it --------------------------------------------------------------------------------------------------


@access(Permission.EDIT_CONTRACT, in_contract=True)
@require_http_methods(GET_AND_POST)
def editor_general(request: ActorRequest, code: str) -> HttpResponse:
    return _part(_ground(request, code), Spot())


@access(Permission.EDIT_CONTRACT, in_contract=True)
@require_http_methods(GET_AND_POST)
def editor_item(request: ActorRequest, code: str, part: str, item: int) -> HttpResponse:
    ground, spot = _ground(request, code), Spot(part, item - 1)
    if request.method != "POST" and not spot.exists_in(ground.draft()):
        raise NotVisible
    if spot.section not in sections() or spot.index < 0:
        raise NotVisible
    return _part(ground, spot)


def _part(ground: Ground, spot: Spot) -> HttpResponse:
    if ground.request.method != "POST" or not ground.may_edit:
        status = 409 if ground.request.method == "POST" else 200
        return _page(ground, spot, Posted({}), spot.value_in(ground.stored), is_typed=False, status=status)
    posted = Posted(ground.request.POST)
    if _is_check(ground.request):
        posted.act = Act()  # htmx sends the button that was pressed last with every check, also «save»
    value = spot.read(posted)
    if posted.refused or posted.act != Act("save"):
        return _page(ground, spot, posted, value, status=422 if posted.refused else 200)
    return _saved(ground, spot, posted, value)


def _saved(ground: Ground, spot: Spot, posted: Posted, value: Any) -> HttpResponse:
    try:
        if not spot.exists_in(ground.draft()) and ground.version and _seen_at(posted) == ground.version.edited_at:
            raise Refused(_("What you wanted to change is not in the draft any more. This is how it stands now."))
        ground.save(spot.put(ground.stored, value), posted)
    except actions.TermsConflict as conflict:
        opened = posted.value("opened")
        theirs = Ground(ground.request, ground.contract, conflict.version)
        now = spot.found_in(theirs.stored, opened)
        return _page(theirs, now, posted, value, reasons=conflict.reasons, is_conflict=True, status=409)
    except Refused as refusal:
        return _page(ground, spot, posted, value, reasons=refusal.reasons, status=409)
    left = len(spot.problems(ground.draft(spot.put(ground.stored, value))))
    if not left:
        messages.success(ground.request, _("Saved."))
        return _to_overview(ground, spot.section, spot.index + 1)
    text = ngettext(
        "Saved. %(count)s thing remains to be mended here.", "Saved. %(count)s things remain to be mended here.", left
    )
    messages.warning(ground.request, text % {"count": left})
    return HttpResponseRedirect(f"{_address(ground, spot)}?kvar=1")


def _address(ground: Ground, spot: Spot) -> str:
    if spot.is_general:
        return reverse("contracts:editor_general", args=[ground.contract.code])
    return reverse("contracts:editor_item", args=[ground.contract.code, spot.section, spot.index + 1])


def _page(
    ground: Ground,
    spot: Spot,
    posted: Posted,
    value: Any,
    *,
    is_typed: bool = True,
    reasons: tuple[str, ...] = (),
    is_conflict: bool = False,
    status: int = 200,
) -> HttpResponse:
    """The form as it stands, with what is wrong, what it says in words, and what it pays in the example."""
    saved = ground.draft()
    is_new = spot.is_new_in(saved)
    draft = ground.draft(spot.put(ground.stored, value)) if is_typed or not is_new else saved
    title = _("General") if spot.is_general else sections()[spot.section].title(draft.language)
    desk = Desk(
        language=draft.language,
        items=saved.options() if is_new else draft.options(),
        parties=[Option(key, name) for key, name in draft.parties.items()],
        kept=posted.kept,
        focus=posted.focus,
    )
    root = spot.draw(value, title, desk)
    is_fresh = is_new and not is_typed
    is_live = is_typed and posted.act != Act("save")
    faults: list[Fault] = place_refusals(posted.refused, desk, root=root)
    if not is_fresh:
        faults += place_problems(spot.problems(draft), desk, root=root, quiet=is_live)
    texts = {name: posted.text(name) for name in posted.names()}
    figures = figures_of(draft, texts)
    opened = posted.value("opened") if is_typed and not is_conflict else ABSENT
    context = ground.context | {
        "spot": spot,
        "title": title,
        "name": "" if spot.is_general else name_of(value, draft.language),
        "is_new": is_new,
        "action": _address(ground, spot),
        "root": root,
        "shown": [node for node in desk.nodes.values() if node is not root and not node.is_absent],
        "faults": faults,
        "others": len(draft.problems) - len(spot.problems(draft)) if not is_fresh else len(saved.problems),
        "is_live": is_live,
        "is_left": bool(faults) and (ground.request.GET.get("kvar") == "1" or bool(posted.refused)),
        "sentence": "" if spot.is_general or is_fresh else draft.sentence(spot.section, spot.index),
        "figures": figures,
        "is_tried": any(figure.text for figure in figures),
        "example": example(draft, figures, None if spot.is_general else value) if spot.is_heard_in(draft) else None,
        "opened": carried(spot.value_in(ground.stored) if opened is ABSENT else opened),
        "reasons": reasons,
        "theirs": as_text(spot.value_in(ground.stored)) if is_conflict and not is_new else "",
        "is_gone": is_conflict and is_new,
        "has_example": bool(figures),
    }
    fragment = "contracts/_editor_answer.html" if _is_check(ground.request) else "contracts/_editor_form.html"
    return page_or_fragment(ground.request, "contracts/editor_item.html", fragment, context, status=status)


def _is_check(request: ActorRequest) -> bool:
    """Does htmx ask what is written so far would mean? Nothing else is done then."""
    return request.headers.get("HX-Target") == "editor-live"

"""The calendar of obligations: of one contract, of all of one's contracts, and as a feed for other calendars."""

import csv
from typing import Any

from django.conf import settings
from django.core.paginator import Paginator
from django.http import HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.utils import timezone, translation
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from actors.actions import secret_hash
from actors.http import ActorRequest, access, done
from actors.models import CalendarFeed
from actors.policies import Actor, NotVisible, Refused, can
from actors.roles import Permission
from contracts.models import Contract
from contracts.obligations import Kind
from contracts.policies import roles_of
from contracts.queries import get_contract_for, visible_contracts
from reports import reminding
from reports.calendar_feed import as_icalendar
from reports.forms import CalendarFilterForm, MeetingForm
from reports.queries.obligations import Entry, entries_of, feed_holder

PAGE = 30


@require_safe
@access(Permission.VIEW_CONTRACT, in_contract=True)
def obligations(request: ActorRequest, code: str) -> HttpResponse:
    """Who must do what by when in one contract."""
    contract = get_contract_for(request.actor, code, Permission.VIEW_CONTRACT)
    return _page(request, "reports/obligations.html", [contract], contract=contract, section="calendar")


@require_safe
@access(Permission.OWN_ACCOUNT)
def calendar(request: ActorRequest) -> HttpResponse:
    """The same for all of one's contracts."""
    has_feed = CalendarFeed.objects.filter(membership=request.actor.membership, revoked_at__isnull=True).exists()
    return _page(request, "reports/calendar.html", _contracts(request.actor), has_feed=has_feed)


@require_safe
@access(Permission.OWN_ACCOUNT)
def calendar_csv(request: ActorRequest) -> HttpResponse:
    """The calendar as a file for a spreadsheet."""
    response = HttpResponse(content_type="text/csv; charset=utf-8")
    response["Content-Disposition"] = 'attachment; filename="kalender.csv"'
    response.write("\ufeff")  # so that a spreadsheet reads å, ä and ö
    writer = csv.writer(response, delimiter=";")
    writer.writerow([_("Day"), _("What"), _("Period"), _("Who"), _("Contract"), _("Done")])
    for entry in _narrowed(request, entries_of(request.actor, _contracts(request.actor), timezone.localdate())):
        one = entry.obligation
        cells = [one.kind.label, one.period, ", ".join(entry.who), entry.contract.code]
        writer.writerow([one.due_on.isoformat(), *(_inert(str(cell)) for cell in cells), entry.done_on or ""])
    return response


def _inert(cell: str) -> str:
    """Text that a spreadsheet would take for a formula is marked as text."""
    return f"'{cell}" if cell[:1] in "=+-@\t\r" else cell


@require_http_methods(["GET", "HEAD", "POST"])
@access(Permission.COMMENT, in_contract=True)
def meeting_held(request: ActorRequest, code: str, meeting: str) -> HttpResponse:
    """Record that a meeting was held."""
    contract = get_contract_for(request.actor, code, Permission.COMMENT)
    key = f"{Kind.MEET}:{meeting}"
    entry = next(
        (e for e in entries_of(request.actor, [contract], timezone.localdate()) if e.obligation.key == key), None
    )
    if entry is None:
        raise NotVisible
    form = MeetingForm(request.POST if request.method == "POST" else None, initial={"held_on": entry.obligation.due_on})
    if form.is_valid():
        try:
            reminding.hold_meeting(
                actor=request.actor, contract=contract, key=key, at=timezone.now(), **form.cleaned_data
            )
        except Refused as refusal:
            for reason in refusal.reasons:
                form.add_error(None, reason)
        else:
            return done(request, _("The meeting is recorded."), "reports:obligations", code)
    context = {"contract": contract, "section": "calendar", "form": form, "entry": entry}
    return render(request, "reports/meeting_held.html", context, status=422 if form.is_bound else 200)


@require_POST
@access(Permission.OWN_ACCOUNT)
def feed_make(request: ActorRequest) -> HttpResponse:
    """A new secret address, shown once."""
    secret = reminding.make_feed(actor=request.actor, at=timezone.now())
    address = f"{settings.BASE_URL.rstrip('/')}{reverse('reports:calendar_feed', args=[secret])}"
    return render(request, "reports/feed_made.html", {"address": address}, status=201)


@require_POST
@access(Permission.OWN_ACCOUNT)
def feed_end(request: ActorRequest) -> HttpResponse:
    reminding.end_feed(actor=request.actor, at=timezone.now())
    return done(request, _("The address of your calendar no longer works."), "reports:calendar")


@require_safe
@access(Permission.PUBLIC)
def calendar_feed(request: ActorRequest, token: str) -> HttpResponse:
    """The calendar for a calendar program, which knows nothing but its secret address."""
    feed = feed_holder(secret_hash(token))
    if feed is None:
        raise NotVisible
    actor = Actor(feed.membership.user, feed.membership)
    with translation.override(actor.user.language):
        entries = [e for e in entries_of(actor, _contracts(actor), timezone.localdate()) if e.is_mine]
        content = as_icalendar(entries, at=timezone.now())
    return HttpResponse(content, content_type="text/calendar; charset=utf-8")


def _contracts(actor: Actor) -> list[Contract]:
    """Those whose own calendar the actor may open."""
    found = visible_contracts(actor)
    return [one for one in found if can(actor, Permission.VIEW_CONTRACT, roles_of(actor, one))]


def _narrowed(request: ActorRequest, entries: list[Entry]) -> list[Entry]:
    """The entries that the reader asked for: whose, in which state, of which kind."""
    form = CalendarFilterForm(request.GET)
    wanted: dict[str, Any] = form.cleaned_data if form.is_valid() else {}
    state, kind = wanted.get("state") or "open", wanted.get("kind")
    states = {"open": {"overdue", "soon", "later"}, "all": {"overdue", "soon", "later", "done"}}.get(state, {state})
    return [
        entry
        for entry in entries
        if entry.state in states
        and (not kind or entry.obligation.kind == kind)
        and (entry.is_mine or not wanted.get("mine"))
    ]


def _page(request: ActorRequest, template: str, contracts: list[Contract], **context: Any) -> HttpResponse:
    entries = entries_of(request.actor, contracts, timezone.localdate())
    shown = _narrowed(request, entries)
    query = request.GET.copy()
    query.pop("page", None)
    context |= {
        "form": CalendarFilterForm(request.GET),
        "page": Paginator(shown, PAGE).get_page(request.GET.get("page")),
        "querystring": query.urlencode(),
        "overdue": [entry for entry in entries if entry.is_overdue],
        "has_any": bool(entries),
        "may_meet": {c.code for c in contracts if can(request.actor, Permission.COMMENT, roles_of(request.actor, c))},
    }
    return render(request, template, context)

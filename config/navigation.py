"""The menus: which pages the reader may reach, read from what each address demands.

A section is shown when its address exists and the permission declared there (`@access`) is granted, so that a menu
can never promise a page that refuses.
"""

from dataclasses import dataclass
from typing import Any

from django import template
from django.http import HttpRequest
from django.template.loader import render_to_string
from django.urls import NoReverseMatch, resolve, reverse
from django.utils.safestring import SafeString
from django.utils.translation import gettext as _
from django.utils.translation import gettext_noop

from actors.policies import Actor, can
from actors.roles import Permission, Role
from contracts.models import Contract
from contracts.policies import roles_of
from contracts.queries.ground import NUMBERS, STEPS
from contracts.states import ContractStatus

register = template.Library()

# key, address, label – in the order people should see them
SITE_SECTIONS = [
    ("start", "reports:start", gettext_noop("Start")),
    ("contracts", "contracts:contract_list", gettext_noop("Contracts")),
    ("calendar", "reports:calendar", gettext_noop("Calendar")),
    ("library", "library:shelf", gettext_noop("Library")),
]
CONTRACT_SECTIONS = [
    ("overview", "reports:contract_overview", gettext_noop("Overview")),
    ("design", "contracts:design", gettext_noop("The path")),
    ("measuring", "contracts:measures", gettext_noop("Measurement")),
    ("terms", "contracts:contract_terms", gettext_noop("Terms")),
    ("calculation", "contracts:calculation", gettext_noop("Business case")),
    ("parties", "contracts:contract_parties", gettext_noop("Parties")),
    ("negotiation", "contracts:negotiation", gettext_noop("Negotiation")),
    ("agreement", "reports:agreement", gettext_noop("Agreement")),
    ("calendar", "reports:obligations", gettext_noop("Calendar")),
    ("outcomes", "outcomes:periods", gettext_noop("Outcomes")),
    ("verification", "outcomes:verification_queue", gettext_noop("Verification")),
    ("payments", "payments:settlements", gettext_noop("Settlements")),
    ("investment", "reports:investment", gettext_noop("Investment")),
    ("documents", "reports:documents", gettext_noop("Reports")),
    ("history", "reports:history", gettext_noop("History")),
]
TONES = {
    ContractStatus.DRAFT: "neutral",
    ContractStatus.PROPOSED: "warning",
    ContractStatus.AGREED: "info",
    ContractStatus.ACTIVE: "success",
    ContractStatus.CLOSED: "neutral",
    ContractStatus.TERMINATED: "danger",
}


@dataclass(frozen=True)
class Section:
    """One entry of a menu."""

    key: str
    label: str
    href: str
    is_current: bool = False
    current: str = "page"  # aria-current: the page itself, or true for a page below it


@register.simple_tag
def site_sections(request: HttpRequest, actor: Actor | None) -> list[Section]:
    """The entries of the main menu that exist and that the reader may reach."""
    found = []
    for key, name, label in SITE_SECTIONS:
        href = _reachable(name, [], actor, [])
        if href:
            here = request.path == href
            found.append(
                Section(key, _(label), href, here or request.path.startswith(href), "page" if here else "true")
            )
    return found


@register.simple_tag
def contract_sections(contract: Contract, actor: Actor | None) -> list[Section]:
    """The entries of a contract's side menu that exist and that the reader may reach."""
    roles = sorted(roles_of(actor, contract)) if actor else []
    found = []
    for key, name, label in CONTRACT_SECTIONS:
        href = _reachable(name, [contract.code], actor, roles)
        if href:
            found.append(Section(key, _(label), href))
    return found


@register.simple_tag
def contract_head(contract: Contract) -> dict[str, Any]:
    """Status and parties of a contract, for the head of its pages; `parties` is a list of (role, names)."""
    boards: dict[str, dict[str, list[str]]] = {}
    for party in contract.parties.all():
        of_organisation = boards.setdefault(party.role, {}).setdefault(party.organisation.name, [])
        if party.board:
            of_organisation.append(party.board.name)
    return {
        "status": contract.get_status_display(),
        "tone": TONES[ContractStatus(contract.status)],
        "parties": [
            (role.label, [f"{name} ({', '.join(its)})" if its else name for name, its in boards[role].items()])
            for role in Role
            if role in boards
        ],
    }


def _reachable(name: str, arguments: list[str], actor: Actor | None, roles: list[Role]) -> str:
    """The address, if there is one and the actor may open it; otherwise nothing."""
    try:
        href = reverse(name, args=arguments)
    except NoReverseMatch:
        return ""
    permission = getattr(resolve(href).func, "permission", None)
    if actor is None or permission is None:
        return href if permission is Permission.PUBLIC else ""
    return href if can(actor, permission, roles) else ""


@register.simple_tag(takes_context=True)
def path_place(context: template.Context, contract: Contract, step: str) -> dict[str, Any]:
    """Where on the guided path a page is: its step, those before and after, and the path itself, as far as the reader
    may reach them. Each is (number, name, address)."""
    actor = getattr(getattr(context, "request", None), "actor", None)
    roles = sorted(roles_of(actor, contract)) if actor else []

    def place(index: int) -> tuple[int, str, str] | None:
        if not 0 <= index < len(STEPS):
            return None
        pages = (_reachable(name, [contract.code], actor, roles) for name in STEPS[index].pages)
        return index + 1, str(STEPS[index].name), next(filter(None, pages), "")

    here = NUMBERS[step] - 1
    path = _reachable("contracts:design", [contract.code], actor, roles)
    before, after = place(here - 1), place(here + 1)
    return {"here": place(here), "before": before, "after": after, "path": path, "count": len(STEPS)}


@register.simple_tag
def component(name: str, values: dict[str, Any]) -> SafeString:
    """Render a component with these values alone; for the developers' page, pages include them by name."""
    return render_to_string(f"components/{name}.html", values)

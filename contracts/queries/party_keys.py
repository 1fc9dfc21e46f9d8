"""What the terms call their parties, and which of those names nobody in the contract has yet."""

from collections.abc import Iterator, Mapping
from typing import Any

from django.utils.text import slugify

from actors.models import Board, Organisation, OrganisationKind
from actors.roles import PARTY_ROLES, Role
from contracts.models import Contract
from contracts.states import OPEN_STATUSES

# The names that templates use, and what goes with them.
WORDS: dict[str, Role] = {
    "kommunen": Role.OUTCOME_PAYER,
    "regionen": Role.OUTCOME_PAYER,
    "staten": Role.OUTCOME_PAYER,
    "investeraren": Role.INVESTOR,
    "utforaren": Role.SERVICE_PROVIDER,
    "intermediaren": Role.INTERMEDIARY,
    "granskaren": Role.VERIFIER,
}
_KINDS = {
    OrganisationKind.MUNICIPALITY: "kommun",
    OrganisationKind.REGION: "region",
    OrganisationKind.STATE_AGENCY: "stat",
}
_PAYEES = (Role.INVESTOR, Role.SERVICE_PROVIDER)  # who takes a name that only says that somebody is paid


def role_word(role: Role) -> str:
    """What a template calls a party in this role."""
    return next(word for word, of in WORDS.items() if of is role)


def keys_in_terms(document: Any) -> dict[str, set[Role]]:
    """The parties that a document of terms names, in its order, and the roles each may have by what it does there."""
    found: dict[str, set[Role]] = {}
    for name, key in _named(document):
        if key not in found:
            may = {WORDS[key]} if key in WORDS else {Role.OUTCOME_PAYER} if name == "payer" else set(_PAYEES)
            found[key] = may
    return found


def open_party_keys(contract: Contract) -> dict[str, set[Role]]:
    """The names of parties in the draft and in its template that no party has yet, with the roles that fit them."""
    version = contract.versions.filter(status__in=OPEN_STATUSES).first()
    found = keys_in_terms(version.terms) if version else {}
    template = contract.design.template if hasattr(contract, "design") else None
    for party in template.document.get("parties", []) if template else []:
        if party.get("role") in set(PARTY_ROLES):
            found[str(party["key"])] = {Role(party["role"])}
    taken = set(contract.parties.values_list("key", flat=True))
    return {key: roles for key, roles in found.items() if key not in taken}


def fitting_party_key(contract: Contract, role: Role, organisation: Organisation, board: Board | None = None) -> str:
    """The name in the draft terms that a new party should have: one that fits its role and is not taken, or nothing.

    Its own name comes first, then what its kind of organisation is called, then the first there is. A name that says
    another kind (`kommunen` for a region) goes to whoever drafts the contract only.
    """
    own = slugify(board.name if board else organisation.name)
    kind = _KINDS.get(OrganisationKind(organisation.kind), "")
    others = tuple(word for word in _KINDS.values() if word != kind)

    def fit(key: str) -> int:
        if key == own:
            return 0
        if kind and key.startswith(kind):
            return 1
        return 3 if role is Role.OUTCOME_PAYER and key.startswith(others) else 2

    names = [key for key, roles in open_party_keys(contract).items() if role in roles]
    most = 3 if organisation.pk == contract.owner_id else 2
    return min((key for key in names if fit(key) <= most), key=fit, default="")


def _named(value: Any) -> Iterator[tuple[str, str]]:
    if isinstance(value, Mapping):
        for name in ("payer", "payee"):
            if isinstance(value.get(name), str) and value[name]:
                yield name, value[name]
        for item in value.values():
            yield from _named(item)
    elif isinstance(value, list):
        for item in value:
            yield from _named(item)

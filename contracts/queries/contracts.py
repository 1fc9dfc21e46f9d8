"""The only ways to a contract, and the read models of its pages."""

from dataclasses import dataclass
from typing import Any

from django.contrib.postgres.expressions import ArraySubquery
from django.db.models import Exists, F, Func, OuterRef, Prefetch, Q, QuerySet, TextField
from django.db.models.functions import JSONObject
from django.utils.text import slugify

from actors.models import AuditEvent, Organisation
from actors.policies import Actor, NotAllowed, NotVisible, can
from actors.roles import Permission, Role
from contracts.models import Acceptance, Contract, ContractParty, ContractVersion, Delegate, Succession
from contracts.policies import may, roles_of
from contracts.queries.succession import negotiating_parties
from contracts.states import BEFORE_THE_PARTIES, OPEN_STATUSES, ContractStatus, VersionStatus


def _held_parties(actor: Actor) -> Q:
    """The party rows the actor acts for; the database's reading of `contracts.policies.holds`."""
    membership = actor.membership
    if membership is None:
        return Q(pk__in=[])
    held = Q(organisation=membership.organisation_id)
    if membership.board_id is not None:
        held &= Q(board__isnull=True) | Q(board=membership.board_id)
    return held


def _delegations() -> QuerySet[Delegate, Any]:
    """Who is named to speak for a party, as `contracts.policies.is_delegate` reads it."""
    running = Delegate.objects.filter(contract=OuterRef("pk"), ended_at__isnull=True)
    return running.values(
        json=JSONObject(
            user="user_id", organisation="organisation_id", may="may", from_on="from_on", until_on="until_on"
        )
    )


def _successions() -> QuerySet[Succession]:
    """Who would take a party's place by the amendment that is before the parties of the contract at hand."""
    return Succession.objects.filter(version__contract=OuterRef("pk"), version__status__in=BEFORE_THE_PARTIES)


def _successors() -> QuerySet[Succession, Any]:
    """The same, as `contracts.policies.incoming` reads it."""
    row = JSONObject(organisation_id="organisation_id", board_id="board_id", role="party__role", key="party__key")
    return _successions().order_by("party__key").values(json=row)


def _parties(where: Q) -> Exists:
    return Exists(ContractParty.objects.filter(where, contract=OuterRef("pk")))


def _own_drafts(actor: Actor) -> Q:
    """Drafts one's own organisation works on; but one board's draft is not another's."""
    membership = actor.membership
    if membership is None:
        return Q(pk__in=[])
    own = Q(owner=membership.organisation_id, status=ContractStatus.DRAFT)
    if membership.board_id is not None:
        own &= ~Q(_parties(Q(organisation=membership.organisation_id)))
    return own


def visible_contracts(actor: Actor) -> QuerySet[Contract]:
    """Every contract the actor may know of, with its parties at hand."""
    contracts = Contract.objects.prefetch_related("parties__organisation", "parties__board", "readers")
    contracts = contracts.annotate(delegations=ArraySubquery(_delegations()), successors=ArraySubquery(_successors()))
    membership = actor.membership
    if membership is None or not actor.duties:
        return contracts.none()
    seen = Q(_parties(_held_parties(actor))) | _own_drafts(actor)
    seen |= Q(Exists(_successions().filter(_held_parties(actor))))
    seen |= Q(
        pk__in=Contract.readers.through.objects.filter(organisation=membership.organisation_id).values("contract")
    )
    if membership.organisation.is_national_support:
        seen |= Q(open_to_support=True)
    return contracts.filter(seen)


def with_role(actor: Actor, contracts: QuerySet[Contract], role: Role) -> QuerySet[Contract]:
    """Those of the visible contracts in which the actor holds the role."""
    if role is Role.NATIONAL_SUPPORT:
        is_support = bool(actor.organisation and actor.organisation.is_national_support)
        return contracts.filter(open_to_support=True) if is_support else contracts.none()
    if role is Role.OBSERVER:
        return contracts.filter(readers=actor.organisation)
    if role is Role.SUCCESSOR:
        return contracts.filter(Exists(_successions().filter(_held_parties(actor))))
    held = Q(_parties(_held_parties(actor) & Q(role=role)))
    return contracts.filter(held | _own_drafts(actor) if role is Role.OUTCOME_PAYER else held)


def get_contract_for(actor: Actor, code: str, permission: Permission) -> Contract:
    """The contract, if the actor may know of it and do this with it.

    Raises NotVisible (404) where the actor may not know that it exists, NotAllowed (403, with the reason) where the
    actor may see the contract but not do this.
    """
    contract = visible_contracts(actor).filter(code=code).first()
    if contract is None:
        raise NotVisible
    roles = roles_of(actor, contract)
    if not can(actor, Permission.VIEW_CONTRACT, roles):
        raise NotVisible
    permit = may(actor, permission, contract)
    if not permit:
        raise NotAllowed(permit.reason)
    return contract


def agreed_versions(contract: Contract) -> QuerySet[ContractVersion]:
    """The versions in force over the contract's life, in the order they take effect."""
    return contract.versions.filter(status=VersionStatus.AGREED).order_by("effective_on", "number")


def current_version(contract: Contract) -> ContractVersion | None:
    """The version people read: the latest agreed one; before there is any, the open draft or proposal."""
    agreed = agreed_versions(contract).last()
    return agreed or contract.versions.order_by("-number").first()


def open_version(contract: Contract) -> ContractVersion | None:
    """The version being drafted or proposed now, if any."""
    return contract.versions.filter(status__in=OPEN_STATUSES).first()


def last_editor(version: ContractVersion) -> AuditEvent | None:
    """Who saved the draft last, from the trail."""
    subject = f"{version._meta.label_lower}:{version.pk}"
    events = AuditEvent.objects.filter(subject=subject, event="contracts.edit_terms")
    return events.select_related("user").order_by("at").last()


def unique_party_key(contract: Contract, name: str) -> str:
    """A name in the terms, made from the party's own name and free in this contract."""
    base = slugify(name)[:34].strip("-") or "part"
    base = base if base[0].isalpha() else f"p-{base}"
    taken = set(contract.parties.values_list("key", flat=True))
    return next(key for number in range(1, len(taken) + 2) if (key := _numbered(base, number)) not in taken)


def _numbered(base: str, number: int) -> str:
    return base if number == 1 else f"{base}-{number}"


# --- The list ------------------------------------------------------------------------------------------------------

SORTS: dict[str, F | Func] = {
    "name": Func(F("name"), function="sv_sort", output_field=TextField()),
    "code": F("code"),
    "status": F("status"),
    "starts_on": F("starts_on"),
}


def listed_contracts(
    actor: Actor, *, search: str = "", status: str = "", role: str = "", sort: str = "name"
) -> QuerySet[Contract]:
    """The visible contracts, narrowed and sorted as the list shows them. `sort` is a key of SORTS, with - for down."""
    contracts = visible_contracts(actor)
    if search:
        of_party = _parties(Q(organisation__name__icontains=search) | Q(board__name__icontains=search))
        contracts = contracts.filter(Q(name__icontains=search) | Q(code__icontains=search) | Q(of_party))
    if status:
        contracts = contracts.filter(status=status)
    if role:
        contracts = with_role(actor, contracts, Role(role))
    column = SORTS[sort.removeprefix("-")]
    return contracts.order_by(column.desc() if sort.startswith("-") else column.asc(), "code")


# --- The terms -----------------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class TermsPage:
    """What the page of the terms shows: the agreed version in force last, the open one beside it, and all of them."""

    versions: list[ContractVersion]
    agreed: ContractVersion | None
    open: ContractVersion | None
    acceptances: list[Acceptance]
    awaited: list[Organisation]


def versions_with_acceptances(contract: Contract) -> QuerySet[ContractVersion]:
    """All versions, the newest first, with who accepted them."""
    acceptances = Acceptance.objects.select_related("organisation", "user").order_by("at")
    return contract.versions.order_by("-number").prefetch_related(Prefetch("acceptances", acceptances))


def terms_page(contract: Contract) -> TermsPage:
    """The versions of a contract's terms, and who is awaited before the open one is agreed."""
    versions = list(versions_with_acceptances(contract))
    agreed = sorted((v for v in versions if v.status == VersionStatus.AGREED), key=lambda v: (v.effective_on, v.number))
    opened = next((v for v in versions if v.status in OPEN_STATUSES), None)
    acceptances = list(opened.acceptances.all()) if opened else []
    proposed = opened is not None and opened.status == VersionStatus.PROPOSED
    return TermsPage(
        versions=versions,
        agreed=agreed[-1] if agreed else None,
        open=opened,
        acceptances=acceptances,
        awaited=awaited_organisations(contract, acceptances) if proposed else [],
    )


def awaited_organisations(contract: Contract, acceptances: list[Acceptance]) -> list[Organisation]:
    """The organisations that have not accepted yet, successors too, each once, by name."""
    done = {acceptance.organisation_id for acceptance in acceptances}
    waiting = {p.organisation for p in negotiating_parties(contract) if p.organisation_id not in done}
    return sorted(waiting, key=lambda organisation: organisation.name)

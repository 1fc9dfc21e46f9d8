"""Who signs, in which order, who has signed, and whose turn it is."""

from collections.abc import Iterable
from dataclasses import dataclass

from actors.models import Membership, Organisation, User
from actors.policies import Actor
from actors.roles import Permission
from contracts.models import Contract, ContractVersion, Signature, SigningGroup, SigningTurn
from contracts.policies import incoming, may
from contracts.queries.succession import bring_along, negotiating_parties


@dataclass(frozen=True)
class Seat:
    """One place that must be signed in: a group of an organisation, or the organisation itself where it has none."""

    organisation: Organisation
    turn: int
    group: SigningGroup | None
    signatures: tuple[Signature, ...]

    @property
    def order(self) -> tuple[int, int]:
        """The organisation's turn first, then the group's place in its own organisation."""
        return self.turn, self.group.order if self.group else 1

    @property
    def needed(self) -> int:
        return self.group.needed if self.group else 1

    @property
    def missing(self) -> int:
        return max(self.needed - len(self.signatures), 0)

    @property
    def is_done(self) -> bool:
        return self.missing == 0

    @property
    def members(self) -> list[User]:
        """The people named; none means anybody who signs for the organisation."""
        return list(self.group.members.all()) if self.group else []

    def is_open_to(self, user: User) -> bool:
        """May this person sign here, being somebody who signs for the organisation?"""
        return self.group is None or user in self.members


@dataclass(frozen=True)
class SigningPlan:
    """Every seat in the order they are signed in."""

    seats: tuple[Seat, ...]

    @property
    def is_done(self) -> bool:
        return all(seat.is_done for seat in self.seats)

    @property
    def next_order(self) -> tuple[int, int] | None:
        """The order whose seats are signed in now; None when nothing is left."""
        return min((seat.order for seat in self.seats if not seat.is_done), default=None)

    @property
    def awaited(self) -> list[Seat]:
        """The seats whose turn it is."""
        return [seat for seat in self.seats if not seat.is_done and seat.order == self.next_order]

    @property
    def later(self) -> list[Seat]:
        """The seats that wait for others."""
        return [seat for seat in self.seats if not seat.is_done and seat.order != self.next_order]

    def seats_of(self, organisation: Organisation) -> list[Seat]:
        return [seat for seat in self.seats if seat.organisation == organisation]

    def has_signed(self, user: User, organisation: Organisation) -> bool:
        return any(s.user_id == user.pk for seat in self.seats_of(organisation) for s in seat.signatures)


def signing_plan(contract: Contract, version: ContractVersion | None) -> SigningPlan:
    """The seats of the contract's organisations, successors too, with the version's signatures in them.

    At most five queries; two more where a party is replaced.
    """
    groups = list(contract.signing_groups.filter(ended_at__isnull=True).prefetch_related("members"))
    turns = dict(SigningTurn.objects.filter(contract=contract).values_list("organisation", "turn"))
    signatures = list(version.signatures.select_related("user", "organisation").order_by("at")) if version else []
    organisations = {party.organisation_id: party.organisation for party in negotiating_parties(contract)}
    seats = [
        seat
        for organisation in organisations.values()
        for seat in _seats(organisation, turns.get(organisation.pk, 1), groups, signatures)
    ]
    return SigningPlan(tuple(sorted(seats, key=lambda seat: (seat.order, seat.organisation.name))))


def _seats(
    organisation: Organisation, turn: int, groups: Iterable[SigningGroup], signatures: Iterable[Signature]
) -> list[Seat]:
    own = [group for group in groups if group.organisation_id == organisation.pk]
    signed = [signature for signature in signatures if signature.organisation_id == organisation.pk]
    if not own:
        return [Seat(organisation, turn, None, tuple(signed))]
    return [Seat(organisation, turn, group, tuple(s for s in signed if s.group_id == group.pk)) for group in own]


def signatories_of(contract: Contract) -> dict[Organisation, list[User]]:
    """Who may sign for each party, by duty or as a delegate of today. Three queries."""
    bring_along(contract)
    organisations = {party.organisation_id for party in [*contract.parties.all(), *incoming(contract)]}
    memberships = Membership.objects.filter(
        organisation__in=organisations, ended_at__isnull=True, user__is_active=True
    ).select_related("user", "organisation", "board")
    found: dict[Organisation, list[User]] = {}
    for membership in memberships.order_by("organisation__name", "user__name", "pk"):
        people = found.setdefault(membership.organisation, [])
        signs = may(Actor(membership.user, membership), Permission.SIGN_AGREEMENT, contract)
        if signs and membership.user not in people:
            people.append(membership.user)
    return found

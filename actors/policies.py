"""Who is asking, and may they: the one place where a permission is granted or refused."""

from collections.abc import Iterable
from dataclasses import dataclass

from actors.models import Membership, Organisation, User
from actors.roles import GRANTS, ORGANISATION_GRANTS, REASONS, Duty, Permission, Role


@dataclass(frozen=True)
class Actor:
    """A person acting for one organisation at a time; `membership` is None for one who has none (yet)."""

    user: User
    membership: Membership | None = None

    @property
    def organisation(self) -> Organisation | None:
        return self.membership.organisation if self.membership else None

    @property
    def duties(self) -> frozenset[Duty]:
        return frozenset(Duty(duty) for duty in self.membership.duties) if self.membership else frozenset()


@dataclass(frozen=True)
class Permit:
    """An answer to «may I?»: the same one disables the button and refuses the request."""

    allowed: bool
    reason: str = ""

    def __bool__(self) -> bool:
        return self.allowed


class NotVisible(Exception):
    """The actor may not know that the thing exists: answered with 404."""


class NotAllowed(Exception):
    """The actor may see the thing but not do this: answered with 403 and the reason."""

    def __init__(self, reason: str) -> None:
        super().__init__(reason)
        self.reason = reason


class Refused(Exception):
    """The act is not possible now (wrong state, missing ground): answered with 409 and all the reasons."""

    def __init__(self, *reasons: str) -> None:
        super().__init__("; ".join(reasons))
        self.reasons = reasons


def granted(roles: Iterable[Role], duties: Iterable[Duty]) -> frozenset[Permission]:
    """Everything that these roles and duties together may do in a contract."""
    duties = list(duties)
    return frozenset().union(*(GRANTS.get((role, duty), frozenset()) for role in roles for duty in duties))


def can(actor: Actor, permission: Permission, roles: Iterable[Role] = ()) -> Permit:
    """May the actor do this, holding these roles in the contract concerned?"""
    if permission in {Permission.PUBLIC, Permission.OWN_ACCOUNT}:
        return Permit(True)
    if permission is Permission.DRAFT_CONTRACT and not (actor.organisation and actor.organisation.is_public):
        return Permit(False, str(REASONS[permission]))
    if permission is Permission.REVIEW_LIBRARY and not (actor.organisation and actor.organisation.is_national_support):
        return Permit(False, str(REASONS[permission]))
    own = frozenset().union(*(ORGANISATION_GRANTS.get(duty, frozenset()) for duty in actor.duties))
    if permission in own | granted(roles, actor.duties):
        return Permit(True)
    return Permit(False, str(REASONS.get(permission, "")))


def require(actor: Actor, permission: Permission, roles: Iterable[Role] = ()) -> None:
    """Raise NotAllowed with the reason unless the actor may."""
    permit = can(actor, permission, roles)
    if not permit:
        raise NotAllowed(permit.reason)

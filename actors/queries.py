"""What the pages of people and organisations read."""

from datetime import datetime
from typing import Any, TypeVar

from django.db.models import F, Func, Model, Q, QuerySet

from actors.models import ApiToken, Board, Invitation, Membership, Notice, Organisation, User
from actors.policies import Actor, NotVisible

Row = TypeVar("Row", bound=Model)

MEMBER_ORDERS: dict[str, list[Any]] = {
    "name": [Func(F("user__name"), function="sv_sort").asc(), "pk"],
    "-name": [Func(F("user__name"), function="sv_sort").desc(), "pk"],
    "email": ["user__email", "pk"],
    "-email": ["-user__email", "pk"],
}


def members_of(organisation: Organisation, *, search: str = "", sort: str = "name") -> QuerySet[Membership]:
    """The running memberships, found by name or address."""
    members = organisation.memberships.filter(ended_at__isnull=True).select_related("user", "board")
    if search:
        members = members.filter(Q(user__name__icontains=search) | Q(user__email__icontains=search))
    return members.order_by(*MEMBER_ORDERS.get(sort, MEMBER_ORDERS["name"]))


def get_membership_for(actor: Actor, pk: int) -> Membership:
    """A running membership of the actor's own organisation."""
    found = Membership.objects.select_related("user", "board", "organisation").filter(
        pk=pk, organisation=actor.organisation, ended_at__isnull=True
    )
    return _the_one(found)


def open_invitations(organisation: Organisation) -> QuerySet[Invitation]:
    """Neither accepted nor withdrawn, the latest first; expired ones too, so that they can be seen and renewed."""
    return (
        organisation.invitations.filter(accepted_at__isnull=True, withdrawn_at__isnull=True)
        .select_related("board", "invited_by")
        .order_by("-invited_at")
    )


def get_invitation_for(actor: Actor, pk: int) -> Invitation:
    """An invitation to the actor's own organisation."""
    return _the_one(Invitation.objects.filter(pk=pk, organisation=actor.organisation))


def boards_of(organisation: Organisation) -> QuerySet[Board]:
    return organisation.boards.order_by(Func(F("name"), function="sv_sort"))


def tokens_of(actor: Actor) -> QuerySet[ApiToken]:
    """The person's own tokens that have not been revoked, in all their organisations."""
    mine = ApiToken.objects.filter(membership__user=actor.user, revoked_at__isnull=True)
    return mine.select_related("membership__organisation").order_by("-created_at")


def get_token_for(actor: Actor, pk: int) -> ApiToken:
    """One of the person's own tokens."""
    return _the_one(ApiToken.objects.filter(pk=pk, membership__user=actor.user))


def invitation_by_hash(token_hash: str, *, at: datetime) -> Invitation | None:
    """The invitation that this link opens, if it still opens anything."""
    return (
        Invitation.objects.select_related("organisation", "board", "invited_by")
        .filter(token_hash=token_hash, accepted_at__isnull=True, withdrawn_at__isnull=True, expires_at__gt=at)
        .first()
    )


def _the_one(rows: QuerySet[Row]) -> Row:
    row = rows.first()
    if row is None:
        raise NotVisible
    return row


def notices_to(user: User, *, only_unread: bool = False) -> QuerySet[Notice]:
    """What the person has been told, the latest first."""
    notices = Notice.objects.filter(user=user).order_by("-at", "-pk")
    return notices.filter(read_at__isnull=True) if only_unread else notices

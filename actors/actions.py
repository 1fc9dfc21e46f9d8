"""What people do with accounts, memberships and organisations. One act, one function."""

import hashlib
import logging
import secrets
from collections.abc import Sequence
from datetime import datetime, timedelta

from axes.utils import reset as reset_axes
from django.contrib.auth.tokens import default_token_generator
from django.db import transaction
from django.db.models import QuerySet
from django.urls import reverse
from django.utils.encoding import force_bytes
from django.utils.http import urlsafe_base64_encode
from django.utils.translation import get_language
from django.utils.translation import gettext as _

from actors import audit
from actors.mail import send_letter
from actors.models import ApiToken, Board, Invitation, Membership, Notice, Organisation, OrganisationKind, User
from actors.policies import Actor, NotVisible, Refused, require
from actors.roles import Duty, Permission

INVITATION_LASTS = timedelta(days=14)
TOKEN_LASTS_AT_MOST = timedelta(days=366)
KINDS_WITH_BOARDS = {OrganisationKind.MUNICIPALITY, OrganisationKind.REGION}

logger = logging.getLogger(__name__)


def secret_hash(secret: str) -> str:
    """What is stored of a link or token. It is random, so a plain sha256 is enough."""
    return hashlib.sha256(secret.encode()).hexdigest()


# --- Organisations ---------------------------------------------------------------------------------------------------


@transaction.atomic
def create_organisation(
    *, name: str, kind: str, organisation_number: str, at: datetime, is_national_support: bool = False
) -> Organisation:
    """Make an organisation. Done by whoever runs the installation, from the command line."""
    organisation = Organisation(
        name=name, kind=kind, organisation_number=organisation_number, is_national_support=is_national_support
    )
    organisation.full_clean()
    organisation.save()
    audit.record(actor=None, event="organisation.created", subject=organisation, at=at)
    return organisation


@transaction.atomic
def add_board(*, actor: Actor, name: str, at: datetime) -> Board:
    """Add a board to the actor's own municipality or region."""
    require(actor, Permission.MANAGE_ORGANISATION)
    organisation = _own_organisation(actor)
    if organisation.kind not in KINDS_WITH_BOARDS:
        raise Refused(_("Only a municipality or a region has boards."))
    if organisation.boards.filter(name__iexact=name).exists():
        raise Refused(_("%(organisation)s already has a board named %(name)s.") % _named(organisation, name))
    board = Board.objects.create(organisation=organisation, name=name)
    audit.record(actor=actor, event="board.added", subject=board, at=at)
    return board


# --- Invitations -----------------------------------------------------------------------------------------------------


@transaction.atomic
def invite(
    *, actor: Actor, email: str, name: str, duties: Sequence[str], board: Board | None, at: datetime
) -> tuple[Invitation, str]:
    """Invite a person to the actor's organisation, by a letter with a link; returns the link's path as well."""
    require(actor, Permission.MANAGE_ORGANISATION)
    organisation = _own_organisation(actor)
    _check_duties(organisation, duties, board)
    email = email.strip().lower()
    if organisation.memberships.filter(user__email__iexact=email, board=board, ended_at__isnull=True).exists():
        raise Refused(_("%(email)s is already a member with the same board.") % {"email": email})
    waiting = organisation.invitations.filter(
        email__iexact=email, board=board, accepted_at__isnull=True, withdrawn_at__isnull=True
    )
    if waiting.filter(expires_at__gt=at).exists():
        raise Refused(
            _("%(email)s already has an invitation. Withdraw it if you want to send a new one.") % {"email": email}
        )
    waiting.update(withdrawn_at=at)  # it has expired: the new one takes its place
    return _send_invitation(organisation, actor, email=email, name=name, duties=duties, board=board, at=at)


@transaction.atomic
def invite_first_administrator(
    *, organisation: Organisation, email: str, name: str, at: datetime
) -> tuple[Invitation, str]:
    """Invite the administrator of a new organisation; only while it has no administrator."""
    Organisation.objects.select_for_update().get(pk=organisation.pk)
    if _administrators(organisation).exists():
        raise Refused(_("%(organisation)s already has an administrator, who can invite others.") % _named(organisation))
    return _send_invitation(
        organisation, None, email=email.strip().lower(), name=name, duties=[Duty.ADMINISTRATOR], board=None, at=at
    )


def _send_invitation(
    organisation: Organisation,
    actor: Actor | None,
    *,
    email: str,
    name: str,
    duties: Sequence[str],
    board: Board | None,
    at: datetime,
) -> tuple[Invitation, str]:
    secret = secrets.token_urlsafe(32)
    invitation = Invitation.objects.create(
        organisation=organisation,
        board=board,
        email=email,
        name=name,
        duties=list(duties),
        token_hash=secret_hash(secret),
        invited_by=actor.user if actor else None,
        invited_at=at,
        expires_at=at + INVITATION_LASTS,
    )
    audit.record(actor=actor, event="invitation.sent", subject=invitation, at=at, duties=list(duties))
    path = reverse("actors:accept_invitation", args=[secret])
    known = User.objects.filter(email__iexact=email).first()
    language = known.language if known else (get_language() or "sv")
    transaction.on_commit(lambda: _write_letter("invitation", invitation.email, language, path, invitation=invitation))
    return invitation, path


@transaction.atomic
def withdraw_invitation(*, actor: Actor, invitation_pk: int, at: datetime) -> None:
    """Take back an invitation that has not been accepted: its link stops working."""
    require(actor, Permission.MANAGE_ORGANISATION)
    invitation = (
        Invitation.objects.select_for_update().filter(pk=invitation_pk, organisation=actor.organisation).first()
    )
    if invitation is None:
        raise NotVisible
    if invitation.accepted_at or invitation.withdrawn_at:
        raise Refused(_("The invitation has already been accepted or withdrawn."))
    invitation.withdrawn_at = at
    invitation.save(update_fields=["withdrawn_at"])
    audit.record(actor=actor, event="invitation.withdrawn", subject=invitation, at=at)


@transaction.atomic
def accept_invitation(
    *, token: str, at: datetime, user: User | None = None, name: str = "", password: str = "", language: str = "sv"
) -> Membership:
    """Become a member by the link in the letter: as the logged-in `user`, or as a new one with name and password.

    The link alone opens no account that exists: its owner logs in first.
    """
    invitation = (
        Invitation.objects.select_for_update(of=("self",))
        .select_related("organisation", "board")
        .filter(token_hash=secret_hash(token))
        .first()
    )
    if invitation is None or invitation.withdrawn_at or invitation.accepted_at or invitation.expires_at <= at:
        raise Refused(_("The invitation is no longer valid. Ask for a new one."))
    owner = User.objects.filter(email__iexact=invitation.email).first()
    if owner != user:
        raise Refused(_("The invitation belongs to %(email)s. Log in with that address.") % {"email": invitation.email})
    if user is None:
        user = User.objects.create_user(invitation.email, password, name=name, language=language, joined_at=at)
    if user.memberships.filter(
        organisation=invitation.organisation, board=invitation.board, ended_at__isnull=True
    ).exists():
        raise Refused(_("You are already a member of %(organisation)s.") % _named(invitation.organisation))
    membership = Membership.objects.create(
        user=user, organisation=invitation.organisation, board=invitation.board, duties=invitation.duties
    )
    invitation.accepted_at = at
    invitation.save(update_fields=["accepted_at"])
    audit.record(actor=Actor(user, membership), event="invitation.accepted", subject=invitation, at=at)
    return membership


# --- Memberships -----------------------------------------------------------------------------------------------------


@transaction.atomic
def change_duties(*, actor: Actor, membership_pk: int, duties: Sequence[str], at: datetime) -> Membership:
    """Give a member other duties in the actor's organisation."""
    membership = _lock_membership(actor, membership_pk)
    _check_duties(membership.organisation, duties, membership.board)
    if Duty.ADMINISTRATOR not in duties:
        _keep_an_administrator(membership)
    old, membership.duties = membership.duties, list(duties)
    membership.save(update_fields=["duties"])
    audit.record(actor=actor, event="membership.duties_changed", subject=membership, at=at, old=old, new=list(duties))
    return membership


@transaction.atomic
def end_membership(*, actor: Actor, membership_pk: int, at: datetime) -> Membership:
    """End a membership: the person no longer acts for the organisation, and the membership's tokens stop working."""
    membership = _lock_membership(actor, membership_pk)
    _keep_an_administrator(membership)
    membership.ended_at = at
    membership.save(update_fields=["ended_at"])
    membership.tokens.filter(revoked_at__isnull=True).update(revoked_at=at)
    audit.record(actor=actor, event="membership.ended", subject=membership, at=at)
    return membership


def _lock_membership(actor: Actor, pk: int) -> Membership:
    """Lock the organisation first: two administrators who remove each other at once would leave nobody."""
    require(actor, Permission.MANAGE_ORGANISATION)
    organisation = Organisation.objects.select_for_update().get(pk=_own_organisation(actor).pk)
    membership = (
        organisation.memberships.select_for_update(of=("self",))
        .select_related("user", "organisation", "board")
        .filter(pk=pk, ended_at__isnull=True)
        .first()
    )
    if membership is None:
        raise NotVisible
    return membership


def _administrators(organisation: Organisation) -> QuerySet[Membership]:
    return organisation.memberships.filter(ended_at__isnull=True, duties__contains=[Duty.ADMINISTRATOR])


def _keep_an_administrator(membership: Membership) -> None:
    if Duty.ADMINISTRATOR not in membership.duties:
        return
    if not _administrators(membership.organisation).exclude(pk=membership.pk).exists():
        raise Refused(
            _("%(name)s is the only administrator of %(organisation)s. Make someone else administrator first.")
            % _named(membership.organisation, membership.user.name)
        )


def _check_duties(organisation: Organisation, duties: Sequence[str], board: Board | None) -> None:
    reasons = []
    if not duties:
        reasons.append(_("Choose at least one duty."))
    if unknown := set(duties) - set(Duty.values):
        reasons.append(_("Unknown duty: %(duty)s.") % {"duty": ", ".join(sorted(unknown))})
    if board is not None and board.organisation_id != organisation.pk:
        reasons.append(_("The board belongs to another organisation."))
    if board is not None and Duty.ADMINISTRATOR in duties:
        reasons.append(_("An administrator serves the whole organisation: choose no board."))
    if reasons:
        raise Refused(*reasons)


def _own_organisation(actor: Actor) -> Organisation:
    if actor.organisation is None:
        raise NotVisible
    return actor.organisation


def _named(organisation: Organisation, name: str = "") -> dict[str, str]:
    return {"organisation": organisation.name, "name": name}


# --- One's own account -----------------------------------------------------------------------------------------------


@transaction.atomic
def change_account(*, actor: Actor, name: str, language: str, notices: str, at: datetime) -> None:
    """Change one's name and language, and how often one gets letters (a `NoticeRhythm`)."""
    actor.user.name, actor.user.language, actor.user.notices = name, language, notices
    actor.user.save(update_fields=["name", "language", "notices"])
    audit.record(actor=actor, event="account.changed", subject=actor.user, at=at)


@transaction.atomic
def change_password(*, actor: Actor, password: str, at: datetime) -> None:
    """Set a new password; every other session of the person ends by itself."""
    actor.user.set_password(password)
    actor.user.save(update_fields=["password"])
    reset_axes(username=actor.user.email)  # whoever reads the letter to the address is its owner: unlock
    audit.record(actor=actor, event="account.password_changed", subject=actor.user, at=at)


def request_password_reset(*, email: str, at: datetime) -> None:
    """Send a link to set a new password, if the address has an account; the caller says the same either way."""
    user = User.objects.filter(email__iexact=email.strip(), is_active=True).first()
    if user is None:
        return
    audit.record(actor=None, event="account.password_reset_requested", subject=user, at=at)
    place = urlsafe_base64_encode(force_bytes(user.pk))
    path = reverse("actors:password_reset_confirm", args=[place, default_token_generator.make_token(user)])
    _write_letter("password_reset", user.email, user.language, path, user=user)


@transaction.atomic
def make_token(
    *, actor: Actor, name: str, scopes: Sequence[str], expires_at: datetime, secret: str, at: datetime
) -> ApiToken:
    """Store the hash of a new `secret`, by which another system acts with the actor's present membership."""
    if actor.membership is None:
        raise Refused(_("You act for no organisation, so a token could do nothing."))
    reasons = []
    if not scopes or set(scopes) - set(ApiToken.Scope.values):
        reasons.append(_("Choose what the token may do."))
    if not at < expires_at <= at + TOKEN_LASTS_AT_MOST:
        reasons.append(_("A token lasts at least a day and at most a year."))
    if reasons:
        raise Refused(*reasons)
    token = ApiToken.objects.create(
        membership=actor.membership,
        name=name,
        prefix=secret[:12],
        token_hash=secret_hash(secret),
        scopes=list(scopes),
        created_at=at,
        expires_at=expires_at,
    )
    audit.record(actor=actor, event="token.made", subject=token, at=at, scopes=list(scopes))
    return token


@transaction.atomic
def revoke_token(*, actor: Actor, token_pk: int, at: datetime) -> None:
    """Make one of one's own tokens stop working, at once and for good."""
    token = ApiToken.objects.select_for_update().filter(pk=token_pk, membership__user=actor.user).first()
    if token is None:
        raise NotVisible
    if token.revoked_at:
        raise Refused(_("The token has already been revoked."))
    token.revoked_at = at
    token.save(update_fields=["revoked_at"])
    audit.record(actor=actor, event="token.revoked", subject=token, at=at)


def _write_letter(letter: str, to: str, language: str, path: str, **values: object) -> None:
    """A letter that cannot be sent is logged, without its link; the page does not fail for it."""
    try:
        send_letter(letter, to=to, language=language, path=path, **values)
    except OSError:  # smtplib's errors are OSErrors
        logger.exception("the letter %s could not be sent", letter)


# --- Notices ---------------------------------------------------------------------------------------------------------


def read_notices(*, actor: Actor, at: datetime) -> int:
    """Mark everything the person has been told as read. Returns how many there were."""
    return Notice.objects.filter(user=actor.user, read_at__isnull=True, at__lte=at).update(read_at=at)

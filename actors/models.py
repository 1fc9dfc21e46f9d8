"""Organisations, boards, people, their duties and tokens, and the append-only trail of what they did."""

import uuid
from typing import Any, ClassVar

import pgtrigger
from django.contrib.auth.base_user import AbstractBaseUser, BaseUserManager
from django.contrib.auth.models import PermissionsMixin
from django.contrib.postgres.fields import ArrayField
from django.core.exceptions import ValidationError
from django.db import models
from django.db.models import Q
from django.db.models.functions import Lower
from django.utils import timezone
from django.utils.translation import gettext_lazy as _
from stdnum.exceptions import ValidationError as StdnumError
from stdnum.se import orgnr

from actors.roles import Duty


class AppendOnly(models.Model):
    """Rows that are written once. The database refuses UPDATE, DELETE and TRUNCATE, whoever asks."""

    append_only: ClassVar[bool] = True

    class Meta:
        abstract = True
        triggers: ClassVar = [
            pgtrigger.Protect(name="append_only", operation=pgtrigger.Update | pgtrigger.Delete),
            pgtrigger.Trigger(
                name="no_truncate",
                level=pgtrigger.Statement,
                when=pgtrigger.Before,
                operation=pgtrigger.Truncate,
                func="RAISE EXCEPTION 'append-only: % cannot be truncated', TG_TABLE_NAME;",
            ),
        ]


def validate_organisation_number(value: str) -> None:
    """Refuse anything but a Swedish organisation number with a right check digit."""
    try:
        orgnr.validate(value)
    except StdnumError as error:
        raise ValidationError(
            _("%(value)s is not a Swedish organisation number. Write ten digits, such as 212000-0456."),
            params={"value": value},
        ) from error


class OrganisationKind(models.TextChoices):
    MUNICIPALITY = "municipality", _("Municipality")
    REGION = "region", _("Region")
    STATE_AGENCY = "state_agency", _("State agency")
    COMPANY = "company", _("Company")
    ASSOCIATION = "association", _("Association")
    FOUNDATION = "foundation", _("Foundation")


PUBLIC_KINDS = frozenset({OrganisationKind.MUNICIPALITY, OrganisationKind.REGION, OrganisationKind.STATE_AGENCY})


class Organisation(models.Model):
    """A legal person with a Swedish organisation number, stored as ten digits without hyphen."""

    name = models.CharField(_("name"), max_length=200)
    kind = models.CharField(_("kind"), max_length=20, choices=OrganisationKind.choices)
    organisation_number = models.CharField(  # noqa: DJ001 - unique where known
        _("organisation number"),
        max_length=13,
        unique=True,
        null=True,  # only for a party of a historical contract whose number no source gives
        validators=[validate_organisation_number],
    )
    is_national_support = models.BooleanField(_("is the national support"), default=False)
    is_invented = models.BooleanField(_("is invented for the demo"), default=False)

    class Meta:
        verbose_name = _("organisation")
        verbose_name_plural = _("organisations")

    def __str__(self) -> str:
        return self.name

    def clean(self) -> None:
        if self.organisation_number is not None:
            validate_organisation_number(self.organisation_number)
            self.organisation_number = orgnr.compact(self.organisation_number)

    @property
    def formatted_number(self) -> str:
        """`NNNNNN-NNNN`, as people write it; empty where no source gives it."""
        return orgnr.format(self.organisation_number) if self.organisation_number else ""

    @property
    def is_public(self) -> bool:
        """May it answer for outcomes: municipality, region or state agency."""
        return self.kind in PUBLIC_KINDS


class Board(models.Model):
    """A board (nämnd) of a municipality or region: the holder of a budget."""

    organisation = models.ForeignKey(Organisation, models.PROTECT, related_name="boards")
    name = models.CharField(_("name"), max_length=200)

    class Meta:
        verbose_name = _("board")
        verbose_name_plural = _("boards")
        constraints: ClassVar = [
            models.UniqueConstraint(fields=["organisation", "name"], name="board_name_once_per_organisation")
        ]

    def __str__(self) -> str:
        return self.name


class UserManager(BaseUserManager["User"]):
    """Users are made by invitation; `create_superuser` exists for the first administrator of an installation."""

    def create_user(self, email: str, password: str | None = None, **fields: Any) -> "User":
        user = self.model(email=self.normalize_email(email).lower(), **fields)
        user.set_password(password)
        user.save(using=self._db)
        return user

    def create_superuser(self, email: str, password: str | None = None, **fields: Any) -> "User":
        return self.create_user(email, password, is_superuser=True, **fields)

    def get_by_natural_key(self, username: str | None) -> "User":
        return self.get(email__iexact=username)


class NoticeRhythm(models.TextChoices):
    """How often a person wants e-mail. Notices are always on the page, whatever is chosen."""

    EACH = "each", _("at once")
    DAILY = "daily", _("once a day, together")
    NONE = "none", _("never")


class User(AbstractBaseUser, PermissionsMixin):
    """A person who logs in with an e-mail address."""

    email = models.EmailField(_("e-mail address"), unique=True)
    name = models.CharField(_("name"), max_length=200)
    language = models.CharField(
        _("language"), max_length=2, choices=[("sv", "Svenska"), ("en", "English")], default="sv"
    )
    notices = models.CharField(
        _("e-mail about what happens"), max_length=10, choices=NoticeRhythm.choices, default=NoticeRhythm.EACH
    )
    is_active = models.BooleanField(default=True)
    is_invented = models.BooleanField(_("is invented for the demo"), default=False)
    joined_at = models.DateTimeField(default=timezone.now)

    objects = UserManager()

    USERNAME_FIELD = "email"
    REQUIRED_FIELDS: ClassVar = ["name"]

    class Meta:
        verbose_name = _("user")
        verbose_name_plural = _("users")
        constraints: ClassVar = [models.UniqueConstraint(Lower("email"), name="email_once_whatever_case")]

    def __str__(self) -> str:
        return self.name

    def get_full_name(self) -> str:
        return self.name


def _duties_field() -> "ArrayField[list[str], list[str]]":
    return ArrayField(models.CharField(max_length=20, choices=Duty.choices), verbose_name=_("duties"))


class Membership(models.Model):
    """A person's duties in an organisation, for all its boards or for one."""

    user = models.ForeignKey(User, models.PROTECT, related_name="memberships")
    organisation = models.ForeignKey(Organisation, models.PROTECT, related_name="memberships")
    board = models.ForeignKey(Board, models.PROTECT, null=True, blank=True, verbose_name=_("board"))
    duties = _duties_field()
    ended_at = models.DateTimeField(_("ended"), null=True, blank=True)

    class Meta:
        verbose_name = _("membership")
        verbose_name_plural = _("memberships")
        constraints: ClassVar = [
            models.UniqueConstraint(
                fields=["user", "organisation", "board"],
                condition=Q(ended_at__isnull=True),
                nulls_distinct=False,
                name="one_running_membership_each",
            )
        ]

    def __str__(self) -> str:
        return f"{self.user} – {self.organisation}"

    @property
    def duty_labels(self) -> list[str]:
        return [str(Duty(duty).label) for duty in self.duties]


class Invitation(models.Model):
    """An invitation to join an organisation with given duties. Only the token's hash is stored."""

    organisation = models.ForeignKey(Organisation, models.PROTECT, related_name="invitations")
    board = models.ForeignKey(Board, models.PROTECT, null=True, blank=True, verbose_name=_("board"))
    email = models.EmailField(_("e-mail address"))
    name = models.CharField(_("name"), max_length=200)
    duties = _duties_field()
    token_hash = models.CharField(max_length=64, unique=True)
    invited_by = models.ForeignKey(  # empty: the installation itself, when it made the organisation
        User, models.PROTECT, related_name="+", null=True
    )
    invited_at = models.DateTimeField(default=timezone.now)
    expires_at = models.DateTimeField()
    accepted_at = models.DateTimeField(null=True)
    withdrawn_at = models.DateTimeField(null=True)

    class Meta:
        verbose_name = _("invitation")
        verbose_name_plural = _("invitations")

    def __str__(self) -> str:
        return self.email

    @property
    def duty_labels(self) -> list[str]:
        return [str(Duty(duty).label) for duty in self.duties]


class ApiToken(models.Model):
    """A key for another system, acting with a membership's duties within its scopes. Only the hash is stored."""

    class Scope(models.TextChoices):
        READ = "read", _("Read contracts, outcomes, calculations and payments")
        CLAIMS = "claims", _("Post claims")

    membership = models.ForeignKey(Membership, models.PROTECT, related_name="tokens")
    name = models.CharField(_("name"), max_length=100)
    prefix = models.CharField(max_length=12)
    token_hash = models.CharField(max_length=64, unique=True)
    scopes = ArrayField(models.CharField(max_length=20, choices=Scope.choices), verbose_name=_("scopes"))
    created_at = models.DateTimeField(default=timezone.now)
    expires_at = models.DateTimeField(_("expires"))
    revoked_at = models.DateTimeField(null=True)

    class Meta:
        verbose_name = _("API token")
        verbose_name_plural = _("API tokens")

    def __str__(self) -> str:
        return f"{self.name} ({self.prefix}…)"

    @property
    def scope_labels(self) -> list[str]:
        return [str(ApiToken.Scope(scope).label) for scope in self.scopes]


class Notice(models.Model):
    """Something a person is told. The row is the work: the worker sends it in the person's language and rhythm.

    `kind` names a text in `templates/emails/notices/`; `data` fills it and holds codes and names, never a pseudonym.
    The same `key` is told a person once.
    """

    user = models.ForeignKey(User, models.PROTECT, related_name="received_notices")
    key = models.CharField(max_length=200)
    kind = models.CharField(max_length=60)
    contract_code = models.CharField(max_length=30, blank=True, default="")
    path = models.CharField(max_length=300)  # where to go, without the host
    data = models.JSONField(default=dict)
    at = models.DateTimeField(default=timezone.now)
    read_at = models.DateTimeField(null=True)
    sent_at = models.DateTimeField(null=True)
    skipped_at = models.DateTimeField(null=True)  # the person wants no e-mail
    lease_until = models.DateTimeField(null=True)
    attempts = models.PositiveSmallIntegerField(default=0)

    class Meta:
        verbose_name = _("notice")
        verbose_name_plural = _("notices")
        constraints: ClassVar = [models.UniqueConstraint(fields=["user", "key"], name="told_once")]
        indexes: ClassVar = [models.Index(fields=["sent_at", "skipped_at", "at"])]

    def __str__(self) -> str:
        return f"{self.kind} {self.key}"


class CalendarFeed(models.Model):
    """The secret address of a person's calendar of obligations. Only the token's hash is stored."""

    membership = models.ForeignKey(Membership, models.PROTECT, related_name="calendar_feeds")
    token_hash = models.CharField(max_length=64, unique=True)
    created_at = models.DateTimeField(default=timezone.now)
    revoked_at = models.DateTimeField(null=True)

    class Meta:
        verbose_name = _("calendar feed")
        verbose_name_plural = _("calendar feeds")

    def __str__(self) -> str:
        return f"{self.membership}"


class AuditEvent(AppendOnly):
    """One act by one actor. `data` holds ids and codes, never a pseudonym or a person's details."""

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    at = models.DateTimeField(default=timezone.now)
    user = models.ForeignKey(User, models.PROTECT, null=True, related_name="+")
    organisation = models.ForeignKey(Organisation, models.PROTECT, null=True, related_name="+")
    event = models.CharField(max_length=60)
    subject = models.CharField(max_length=120, help_text="app.model:pk of what the act was done to")
    contract_code = models.CharField(max_length=30, blank=True, default="")
    data = models.JSONField(default=dict)

    class Meta(AppendOnly.Meta):
        verbose_name = _("audit event")
        verbose_name_plural = _("audit events")
        indexes: ClassVar = [models.Index(fields=["contract_code", "at"]), models.Index(fields=["subject"])]

    def __str__(self) -> str:
        return f"{self.at:%Y-%m-%d %H:%M} {self.event} {self.subject}"


class StatusChange(AppendOnly):
    """One move of something that has a status: history, timeline and work list at once."""

    old = models.CharField(max_length=20)
    new = models.CharField(max_length=20)
    act = models.CharField(max_length=20)
    user = models.ForeignKey(User, models.PROTECT, null=True, related_name="+")
    reason = models.TextField(blank=True, default="")
    at = models.DateTimeField(default=timezone.now)

    class Meta(AppendOnly.Meta):
        abstract = True

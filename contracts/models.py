"""Contracts, their parties, the versions of their terms, and who accepted what."""

from typing import ClassVar

import pgtrigger
from django.core.validators import RegexValidator
from django.db import models
from django.db.models import F, Q
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from actors.models import AppendOnly, Board, Organisation, StatusChange, User
from actors.roles import PARTY_ROLES, Role
from contracts.states import VERSION_TONES, ContractStatus, VersionStatus

party_key = RegexValidator(r"^[a-z0-9][a-z0-9_-]{0,39}$", _("Use small letters, digits, hyphen and underscore."))


class Contract(models.Model):
    """One social outcomes contract. `code` is its name in addresses and papers, such as UK-2026-01."""

    code = models.CharField(_("code"), max_length=30, unique=True)
    name = models.CharField(_("name"), max_length=200)
    summary = models.TextField(_("summary"), blank=True, default="")
    target_population = models.TextField(_("target population"), blank=True, default="")
    intervention = models.TextField(_("intervention"), blank=True, default="")
    status = models.CharField(max_length=20, choices=ContractStatus.choices, default=ContractStatus.DRAFT)
    starts_on = models.DateField(_("starts"))
    ends_on = models.DateField(_("ends"))
    committed_capital = models.DecimalField(
        _("capital committed by the investor"), max_digits=14, decimal_places=2, null=True, blank=True
    )
    drawn_capital = models.DecimalField(
        _("capital drawn so far"), max_digits=14, decimal_places=2, null=True, blank=True
    )
    owner = models.ForeignKey(Organisation, models.PROTECT, related_name="+", verbose_name=_("drafted by"))
    open_to_support = models.BooleanField(_("terms and totals are shared with the national support"), default=False)
    readers = models.ManyToManyField(
        Organisation, related_name="+", blank=True, verbose_name=_("organisations that may read along")
    )
    is_invented = models.BooleanField(_("is invented for the demo"), default=False)
    computed_from_published_facts = models.BooleanField(
        _("is a historical contract, computed from published facts and never settled here"), default=False
    )
    created_at = models.DateTimeField(default=timezone.now)

    class Meta:
        verbose_name = _("contract")
        verbose_name_plural = _("contracts")
        constraints: ClassVar = [
            models.CheckConstraint(condition=Q(ends_on__gt=F("starts_on")), name="contract_ends_after_it_starts"),
            models.CheckConstraint(condition=Q(status__in=ContractStatus.values), name="contract_status_is_known"),
        ]

    def __str__(self) -> str:
        return f"{self.code} {self.name}"


_VERIFIER_IS_NOBODY_ELSE = """
    IF EXISTS (
        SELECT 1 FROM contracts_contractparty p
        WHERE p.contract_id = NEW.contract_id AND p.organisation_id = NEW.organisation_id AND p.id <> NEW.id
          AND ((NEW.role = 'verifier' AND p.role IN ('outcome_payer', 'investor', 'service_provider'))
            OR (p.role = 'verifier' AND NEW.role IN ('outcome_payer', 'investor', 'service_provider')))
    ) THEN
        RAISE EXCEPTION 'a verifier may not be the reporter, payer or investor of the same contract';
    END IF;
    RETURN NEW;
"""

_PARTIES_STAND_STILL_ONCE_PROPOSED = """
    IF EXISTS (
        SELECT 1 FROM contracts_contractversion v
        WHERE v.contract_id = COALESCE(OLD.contract_id, NEW.contract_id) AND v.status IN ('proposed', 'agreed')
    ) THEN
        RAISE EXCEPTION 'the parties are frozen while a version is proposed or agreed';
    END IF;
    IF TG_OP = 'DELETE' THEN RETURN OLD; END IF;
    RETURN NEW;
"""


class ContractParty(models.Model):
    """An organisation (or one board of it) in one role of one contract. `key` is its name in the terms."""

    contract = models.ForeignKey(Contract, models.PROTECT, related_name="parties")
    organisation = models.ForeignKey(Organisation, models.PROTECT, related_name="+", verbose_name=_("organisation"))
    board = models.ForeignKey(Board, models.PROTECT, null=True, blank=True, related_name="+", verbose_name=_("board"))
    role = models.CharField(_("role"), max_length=20, choices=[(role.value, role.label) for role in PARTY_ROLES])
    key = models.CharField(_("name in the terms"), max_length=40, validators=[party_key])

    class Meta:
        verbose_name = _("party")
        verbose_name_plural = _("parties")
        constraints: ClassVar = [
            models.UniqueConstraint(fields=["contract", "key"], name="party_key_once_per_contract"),
            models.UniqueConstraint(
                fields=["contract", "organisation", "board", "role"], nulls_distinct=False, name="party_role_once"
            ),
        ]
        triggers: ClassVar = [
            pgtrigger.Trigger(
                name="verifier_is_nobody_else",
                when=pgtrigger.Before,
                operation=pgtrigger.Insert | pgtrigger.Update,
                func=_VERIFIER_IS_NOBODY_ELSE,
            ),
            pgtrigger.Trigger(
                name="frozen_once_proposed",
                when=pgtrigger.Before,
                operation=pgtrigger.Insert | pgtrigger.Update | pgtrigger.Delete,
                func=_PARTIES_STAND_STILL_ONCE_PROPOSED,
            ),
        ]

    def __str__(self) -> str:
        return f"{self.board}, {self.organisation}" if self.board else str(self.organisation)

    @property
    def role_label(self) -> str:
        return str(Role(self.role).label)


class ContractVersion(models.Model):
    """One version of the terms. Editable as a draft; frozen and hashed with the parties when proposed.

    `terms` is the document of the rulebook. `document` is what the parties accept: terms, parties and effective date
    in canonical form, and `document_hash` its sha256.
    """

    contract = models.ForeignKey(Contract, models.PROTECT, related_name="versions")
    number = models.PositiveIntegerField(_("version"))
    status = models.CharField(max_length=20, choices=VersionStatus.choices, default=VersionStatus.DRAFT)
    terms = models.JSONField(_("terms"), default=dict)
    effective_on = models.DateField(_("takes effect"))
    note = models.TextField(_("what is new"), blank=True, default="")
    document = models.JSONField(null=True)
    document_hash = models.CharField(max_length=64, blank=True, default="")
    proposed_at = models.DateTimeField(null=True)
    agreed_at = models.DateTimeField(null=True)
    edited_at = models.DateTimeField(default=timezone.now)

    class Meta:
        verbose_name = _("version of the terms")
        verbose_name_plural = _("versions of the terms")
        constraints: ClassVar = [
            models.UniqueConstraint(fields=["contract", "number"], name="version_number_once"),
            models.UniqueConstraint(
                fields=["contract"], condition=Q(status__in=["draft", "proposed"]), name="one_open_version_at_a_time"
            ),
            models.CheckConstraint(
                condition=Q(status__in=["draft", "withdrawn"]) | ~Q(document_hash=""),
                name="proposed_version_has_a_hash",
            ),
        ]
        triggers: ClassVar = [
            pgtrigger.Trigger(
                name="frozen_once_proposed",
                when=pgtrigger.Before,
                operation=pgtrigger.Update,
                condition=pgtrigger.Q(old__status__in=["proposed", "agreed", "withdrawn"]),
                func="""
                    IF ROW(NEW.contract_id, NEW.number, NEW.terms, NEW.effective_on, NEW.note, NEW.document,
                           NEW.document_hash, NEW.proposed_at)
                       IS DISTINCT FROM
                       ROW(OLD.contract_id, OLD.number, OLD.terms, OLD.effective_on, OLD.note, OLD.document,
                           OLD.document_hash, OLD.proposed_at)
                    THEN RAISE EXCEPTION 'a proposed version cannot be changed'; END IF;
                    IF OLD.status IN ('agreed', 'withdrawn') AND NEW.status <> OLD.status
                    THEN RAISE EXCEPTION 'an agreed or withdrawn version stays so'; END IF;
                    RETURN NEW;
                """,
            ),
            pgtrigger.Protect(name="never_deleted", operation=pgtrigger.Delete),
        ]

    def __str__(self) -> str:
        return f"{self.contract.code} v{self.number}"

    @property
    def tone(self) -> str:
        """How its status is shown, in the words of components/status_tag.html."""
        return VERSION_TONES[VersionStatus(self.status)]


class Acceptance(AppendOnly):
    """An organisation's acceptance of exactly one hash. It accepts once, whatever its roles."""

    version = models.ForeignKey(ContractVersion, models.PROTECT, related_name="acceptances")
    organisation = models.ForeignKey(Organisation, models.PROTECT, related_name="+")
    document_hash = models.CharField(max_length=64)
    user = models.ForeignKey(User, models.PROTECT, related_name="+")
    at = models.DateTimeField(default=timezone.now)

    class Meta(AppendOnly.Meta):
        verbose_name = _("acceptance")
        verbose_name_plural = _("acceptances")
        constraints: ClassVar = [
            models.UniqueConstraint(fields=["version", "organisation"], name="each_party_accepts_once")
        ]

    def __str__(self) -> str:
        return f"{self.organisation} {self.version}"


class ContractStatusChange(StatusChange):
    """A move of the contract."""

    contract = models.ForeignKey(Contract, models.PROTECT, related_name="status_changes")

    class Meta(StatusChange.Meta):
        verbose_name = _("move of the contract")


class VersionStatusChange(StatusChange):
    """A move of a version of the terms."""

    version = models.ForeignKey(ContractVersion, models.PROTECT, related_name="status_changes")

    class Meta(StatusChange.Meta):
        verbose_name = _("move of the version")

    @property
    def title(self) -> str:
        """From what to what, as people read it."""
        return f"{VersionStatus(self.old).label} → {VersionStatus(self.new).label}"


class Statement(models.Model):
    """Something said about a contract's background, with its source and how sure it is."""

    class Kind(models.TextChoices):
        PUBLISHED = "published", _("Published")
        COMPUTED = "computed", _("Computed")
        UNCERTAIN = "uncertain", _("Uncertain")
        INVENTED = "invented", _("Invented")

    contract = models.ForeignKey(Contract, models.PROTECT, related_name="statements")
    ordinal = models.PositiveIntegerField()
    kind = models.CharField(max_length=20, choices=Kind.choices)
    text_sv = models.TextField()
    text_en = models.TextField()
    source = models.CharField(max_length=300, blank=True, default="")
    source_url = models.URLField(blank=True, default="", max_length=500)

    class Meta:
        verbose_name = _("statement")
        verbose_name_plural = _("statements")
        constraints: ClassVar = [models.UniqueConstraint(fields=["contract", "ordinal"], name="statement_order")]

    def __str__(self) -> str:
        return self.text_sv[:60]

"""Contracts, their parties, their moves and what is said about their background."""

from typing import ClassVar

import pgtrigger
from django.core.validators import RegexValidator
from django.db import models
from django.db.models import F, Q
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from actors.models import Board, Organisation, StatusChange
from actors.roles import PARTY_ROLES, Role
from contracts.states import ContractStatus

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

# One change is let through: the organisation and board that an amendment which all have accepted puts in this place.
_PARTIES_STAND_STILL_ONCE_PROPOSED = """
    IF TG_OP = 'UPDATE' THEN
        IF to_jsonb(NEW) - 'organisation_id' - 'board_id' = to_jsonb(OLD) - 'organisation_id' - 'board_id'
           AND EXISTS (
            SELECT 1 FROM contracts_succession s JOIN contracts_contractversion v ON v.id = s.version_id
            WHERE s.party_id = OLD.id AND s.organisation_id = NEW.organisation_id
              AND s.board_id IS NOT DISTINCT FROM NEW.board_id
              AND v.contract_id = OLD.contract_id AND v.status IN ('accepted', 'agreed')
        ) THEN
            RETURN NEW;
        END IF;
    END IF;
    IF EXISTS (
        SELECT 1 FROM contracts_contractversion v
        WHERE v.contract_id = COALESCE(OLD.contract_id, NEW.contract_id)
          AND v.status IN ('proposed', 'accepted', 'agreed')
    ) THEN
        RAISE EXCEPTION 'the parties are frozen while a version is proposed or agreed';
    END IF;
    IF TG_OP = 'DELETE' THEN RETURN OLD; END IF;
    RETURN NEW;
"""


class DataRole(models.TextChoices):
    """What an organisation answers for when personal data are handled in the contract."""

    CONTROLLER = "controller", _("Controller of personal data")
    JOINT = "joint", _("Joint controller")
    PROCESSOR = "processor", _("Processor for a controller")
    NONE = "none", _("Handles no personal data")


class ContractParty(models.Model):
    """An organisation (or one board of it) in one role of one contract. `key` is its name in the terms."""

    contract = models.ForeignKey(Contract, models.PROTECT, related_name="parties")
    organisation = models.ForeignKey(Organisation, models.PROTECT, related_name="+", verbose_name=_("organisation"))
    board = models.ForeignKey(Board, models.PROTECT, null=True, blank=True, related_name="+", verbose_name=_("board"))
    role = models.CharField(_("role"), max_length=20, choices=[(role.value, role.label) for role in PARTY_ROLES])
    key = models.CharField(_("name in the terms"), max_length=40, validators=[party_key])
    data_role = models.CharField(
        _("role in data protection"), max_length=20, choices=DataRole.choices, blank=True, default=""
    )

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


class ContractStatusChange(StatusChange):
    """A move of the contract."""

    contract = models.ForeignKey(Contract, models.PROTECT, related_name="status_changes")

    class Meta(StatusChange.Meta):
        verbose_name = _("move of the contract")


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

"""The versions of a contract's terms, and who accepted what."""

from typing import ClassVar

import pgtrigger
from django.db import models
from django.db.models import Q
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from actors.models import AppendOnly, Organisation, StatusChange, User
from contracts.models.contract import Contract
from contracts.states import VERSION_TONES, VersionStatus


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
    answer_by = models.DateField(_("answer by"), null=True, blank=True)
    accepted_at = models.DateTimeField(null=True)
    agreed_at = models.DateTimeField(null=True)
    edited_at = models.DateTimeField(default=timezone.now)

    class Meta:
        verbose_name = _("version of the terms")
        verbose_name_plural = _("versions of the terms")
        constraints: ClassVar = [
            models.UniqueConstraint(fields=["contract", "number"], name="version_number_once"),
            models.UniqueConstraint(
                fields=["contract"],
                condition=Q(status__in=["draft", "proposed", "accepted"]),
                name="one_open_version_at_a_time",
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
                condition=pgtrigger.Q(old__status__in=["proposed", "accepted", "agreed", "withdrawn"]),
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
    """An organisation's acceptance of exactly one text by its hash. It accepts once, whatever its roles. When all have
    accepted, the text is ready to be signed."""

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


class VersionStatusChange(StatusChange):
    """A move of a version of the terms."""

    version = models.ForeignKey(ContractVersion, models.PROTECT, related_name="status_changes")

    class Meta(StatusChange.Meta):
        verbose_name = _("move of the version")

    @property
    def title(self) -> str:
        """From what to what, as people read it."""
        return f"{VersionStatus(self.old).label} → {VersionStatus(self.new).label}"

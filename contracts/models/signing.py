"""Who must sign, in which order, who has signed, and the political decisions behind it."""

from typing import ClassVar

from django.db import models
from django.db.models import Q
from django.utils import timezone
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from actors.models import AppendOnly, Organisation, User
from contracts.models.contract import Contract
from contracts.models.terms import ContractVersion


class SigningGroup(models.Model):
    """Some of an organisation's people, of whom `needed` must sign. Its groups sign in rising `order`; groups of the
    same order in any. An organisation without groups signs by anyone who may sign for it, once."""

    contract = models.ForeignKey(Contract, models.PROTECT, related_name="signing_groups")
    organisation = models.ForeignKey(Organisation, models.PROTECT, related_name="+")
    label = models.CharField(_("name of the group"), max_length=100)
    order = models.PositiveIntegerField(_("order"), default=1)
    needed = models.PositiveIntegerField(_("how many must sign"), default=1)
    members = models.ManyToManyField(User, related_name="+", verbose_name=_("who may sign"))
    ended_at = models.DateTimeField(null=True, editable=False)  # signatures of earlier versions still name the group

    class Meta:
        verbose_name = _("signing group")
        verbose_name_plural = _("signing groups")
        ordering: ClassVar = ["order", "pk"]
        constraints: ClassVar = [models.CheckConstraint(condition=Q(needed__gte=1), name="somebody_must_sign")]

    def __str__(self) -> str:
        return self.label


class SigningTurn(models.Model):
    """When an organisation signs among the others: those of a lower turn sign first, those of the same in any order.
    An organisation without a row has turn 1."""

    contract = models.ForeignKey(Contract, models.PROTECT, related_name="signing_turns")
    organisation = models.ForeignKey(Organisation, models.PROTECT, related_name="+")
    turn = models.PositiveIntegerField(_("turn"), default=1)

    class Meta:
        verbose_name = _("turn to sign")
        verbose_name_plural = _("turns to sign")
        constraints: ClassVar = [
            models.UniqueConstraint(fields=["contract", "organisation"], name="one_turn_for_each_organisation")
        ]

    def __str__(self) -> str:
        return f"{self.turn} {self.organisation}"


class Signature(AppendOnly):
    """A person's signature for an organisation under exactly one hash, with what they declared and how they proved who
    they are. `evidence` holds what the method gives (issuer, a hash of the subject), never a personal number."""

    version = models.ForeignKey(ContractVersion, models.PROTECT, related_name="signatures")
    organisation = models.ForeignKey(Organisation, models.PROTECT, related_name="+")
    group = models.ForeignKey(SigningGroup, models.PROTECT, null=True, related_name="+")
    user = models.ForeignKey(User, models.PROTECT, related_name="+")
    document_hash = models.CharField(max_length=64)
    intent = models.TextField()
    method = models.CharField(max_length=40)
    evidence = models.JSONField(default=dict)
    proved_at = models.DateTimeField()
    at = models.DateTimeField(default=timezone.now)

    class Meta(AppendOnly.Meta):
        verbose_name = _("signature")
        verbose_name_plural = _("signatures")
        constraints: ClassVar = [
            models.UniqueConstraint(fields=["version", "organisation", "user"], name="each_person_signs_once")
        ]

    def __str__(self) -> str:
        return f"{self.user} {self.version}"


class PoliticalDecision(AppendOnly):
    """A decision of a board or council about the contract, as its minutes record it. A correction is a new row."""

    class Outcome(models.TextChoices):
        APPROVED = "approved", pgettext_lazy("political decision", "Approved")
        REFERRED = "referred", pgettext_lazy("political decision", "Referred back")
        REJECTED = "rejected", pgettext_lazy("political decision", "Rejected")

    contract = models.ForeignKey(Contract, models.PROTECT, related_name="political_decisions")
    version_number = models.PositiveIntegerField(null=True)
    organisation = models.ForeignKey(Organisation, models.PROTECT, related_name="+")
    body = models.CharField(_("board or council"), max_length=120)
    decided_on = models.DateField(_("decided"))
    registry_number = models.CharField(_("registry number"), max_length=60)
    paragraph = models.CharField(_("paragraph of the minutes"), max_length=30)
    outcome = models.CharField(_("outcome"), max_length=20, choices=Outcome.choices)
    note = models.TextField(_("note"), blank=True, default="")
    replaces = models.ForeignKey("self", models.PROTECT, null=True, blank=True, related_name="+")
    user = models.ForeignKey(User, models.PROTECT, related_name="+")
    at = models.DateTimeField(default=timezone.now)

    class Meta(AppendOnly.Meta):
        verbose_name = _("political decision")
        verbose_name_plural = _("political decisions")

    def __str__(self) -> str:
        return f"{self.body} § {self.paragraph}"

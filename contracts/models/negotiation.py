"""What the parties say about a proposal, and who speaks for them in between."""

from typing import ClassVar

import pgtrigger
from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.db.models import F, Q
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from actors.models import Board, Organisation, User
from contracts.models.contract import Contract, ContractParty
from contracts.models.terms import ContractVersion


class Comment(models.Model):
    """Something said about a clause, or about the whole text where `clause` is empty. Words are never changed; a
    comment is resolved, and may be answered."""

    version = models.ForeignKey(ContractVersion, models.PROTECT, related_name="comments")
    clause = models.CharField(max_length=160, blank=True, default="")  # the clause's place: `rulebook.clauses`
    quoted = models.TextField(blank=True, default="")  # the clause as it read then
    text = models.TextField(_("comment"))
    reply_to = models.ForeignKey("self", models.PROTECT, null=True, blank=True, related_name="replies")
    user = models.ForeignKey(User, models.PROTECT, related_name="+")
    organisation = models.ForeignKey(Organisation, models.PROTECT, related_name="+")
    at = models.DateTimeField(default=timezone.now)
    resolved_by = models.ForeignKey(User, models.PROTECT, null=True, related_name="+")
    resolved_at = models.DateTimeField(null=True)

    class Meta:
        verbose_name = _("comment")
        verbose_name_plural = _("comments")
        ordering: ClassVar = ["at", "pk"]

    def __str__(self) -> str:
        return self.text[:60]


class Delegate(models.Model):
    """A person who acts for an organisation in one contract, between two days and for some acts."""

    class May(models.TextChoices):
        COMMENT = "comment", _("comment")
        ACCEPT = "accept", _("accept and return")
        SIGN = "sign", _("sign")

    contract = models.ForeignKey(Contract, models.PROTECT, related_name="delegates")
    organisation = models.ForeignKey(Organisation, models.PROTECT, related_name="+")
    user = models.ForeignKey(User, models.PROTECT, related_name="+", verbose_name=_("person"))
    may = ArrayField(models.CharField(max_length=20, choices=May.choices), verbose_name=_("may"))
    from_on = models.DateField(_("from"))
    until_on = models.DateField(_("until"))
    named_by = models.ForeignKey(User, models.PROTECT, related_name="+")
    named_at = models.DateTimeField(default=timezone.now)
    ended_at = models.DateTimeField(null=True)

    class Meta:
        verbose_name = _("delegate")
        verbose_name_plural = _("delegates")
        constraints: ClassVar = [
            models.CheckConstraint(condition=Q(until_on__gte=F("from_on")), name="delegate_ends_after_it_begins")
        ]

    def __str__(self) -> str:
        return f"{self.user} – {self.organisation}"

    @property
    def may_labels(self) -> list[str]:
        return [str(Delegate.May(may).label) for may in self.may]


_SUCCESSORS_STAND_STILL_ONCE_PROPOSED = """
    IF EXISTS (
        SELECT 1 FROM contracts_contractversion v
        WHERE v.id IN (OLD.version_id, NEW.version_id) AND v.status <> 'draft'
    ) THEN
        RAISE EXCEPTION 'the successors are frozen once their version is proposed';
    END IF;
    IF TG_OP = 'DELETE' THEN RETURN OLD; END IF;
    RETURN NEW;
"""


class Succession(models.Model):
    """An amendment lets another organisation take a party's place when all have signed it."""

    version = models.ForeignKey(ContractVersion, models.PROTECT, related_name="successions")
    party = models.ForeignKey(ContractParty, models.PROTECT, related_name="+")
    organisation = models.ForeignKey(Organisation, models.PROTECT, related_name="+")
    board = models.ForeignKey(Board, models.PROTECT, null=True, blank=True, related_name="+")

    class Meta:
        verbose_name = _("succession")
        verbose_name_plural = _("successions")
        constraints: ClassVar = [
            models.UniqueConstraint(fields=["version", "party"], name="one_successor_for_each_party")
        ]
        triggers: ClassVar = [
            pgtrigger.Trigger(
                name="frozen_with_its_version",
                when=pgtrigger.Before,
                operation=pgtrigger.Insert | pgtrigger.Update | pgtrigger.Delete,
                func=_SUCCESSORS_STAND_STILL_ONCE_PROPOSED,
            )
        ]

    def __str__(self) -> str:
        return f"{self.party.key} → {self.organisation}"

    @property
    def who(self) -> str:
        """The successor by name, as a party is called."""
        return f"{self.board}, {self.organisation}" if self.board else str(self.organisation)

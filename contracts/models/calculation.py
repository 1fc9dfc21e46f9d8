"""Assumptions with their history, who gains what from them, scenarios, and the runs of simulations."""

import uuid
from typing import ClassVar

import pgtrigger
from django.db import models
from django.db.models import Q
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from actors.models import AppendOnly, Board, User
from contracts.models.contract import Contract
from library.models import UnitCost
from library.states import BudgetHolder, Certainty


class Assumption(models.Model):
    """A number that is not a fact. What it says now is its latest revision.

    `key` binds it to where it is used: a place that the terms ask for (`rulebook.forecast.slots`, such as
    «outcome.att3.share»), a fixed word of the calculation («discount_rate», «price_index»), or one of its own («own.…»)
    that benefits refer to.
    """

    contract = models.ForeignKey(Contract, models.PROTECT, related_name="assumptions")
    key = models.CharField(max_length=120)
    label = models.CharField(_("what is assumed"), max_length=200)
    unit = models.CharField(_("unit"), max_length=60, blank=True, default="")
    removed_at = models.DateTimeField(null=True)

    class Meta:
        verbose_name = _("assumption")
        verbose_name_plural = _("assumptions")
        constraints: ClassVar = [
            models.UniqueConstraint(fields=["contract", "key"], name="assumption_key_once_per_contract")
        ]

    def __str__(self) -> str:
        return self.label


class AssumptionRevision(AppendOnly):
    """What an assumption said from one moment on. `low` and `high` are the range: about one chance in twenty beyond
    each end; empty where nothing is uncertain."""

    assumption = models.ForeignKey(Assumption, models.PROTECT, related_name="revisions")
    value = models.DecimalField(_("value"), max_digits=20, decimal_places=6)
    low = models.DecimalField(_("low"), max_digits=20, decimal_places=6, null=True, blank=True)
    high = models.DecimalField(_("high"), max_digits=20, decimal_places=6, null=True, blank=True)
    source = models.CharField(_("source"), max_length=300, blank=True, default="")
    source_url = models.URLField(_("address of the source"), max_length=500, blank=True, default="")
    certainty = models.CharField(_("how sure"), max_length=20, choices=Certainty.choices, default=Certainty.ASSUMED)
    owner = models.CharField(_("who answers for it"), max_length=120, blank=True, default="")
    stated_on = models.DateField(_("as of"))
    reason = models.TextField(_("why it was changed"), blank=True, default="")
    user = models.ForeignKey(User, models.PROTECT, related_name="+")
    at = models.DateTimeField(default=timezone.now)

    class Meta(AppendOnly.Meta):
        verbose_name = _("revision of an assumption")
        verbose_name_plural = _("revisions of assumptions")
        constraints: ClassVar = [
            models.CheckConstraint(condition=Q(low__isnull=True) | Q(low__lte=models.F("value")), name="low_is_low"),
            models.CheckConstraint(
                condition=Q(high__isnull=True) | Q(high__gte=models.F("value")), name="high_is_high"
            ),
            models.CheckConstraint(
                condition=Q(low__isnull=True, high__isnull=True) | Q(low__isnull=False, high__isnull=False),
                name="a_range_has_two_ends",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.assumption}: {self.value}"


class Benefit(models.Model):
    """What a budget holder is spared, or gains: volume × unit cost × attribution, every year of its life.

    With a `metric` of the terms the volume is for each outcome reached; without one it is for the whole contract.
    `from_year` is the first year of the gain, 1 being the contract's first; it lasts `years`. A negative volume is a
    cost that the intervention brings.
    """

    contract = models.ForeignKey(Contract, models.PROTECT, related_name="benefits")
    holder = models.CharField(_("budget holder"), max_length=30, choices=BudgetHolder.choices)
    board = models.ForeignKey(Board, models.PROTECT, null=True, blank=True, related_name="+", verbose_name=_("board"))
    label = models.CharField(_("what is avoided or gained"), max_length=200)
    metric = models.CharField(_("for each outcome of the metric"), max_length=40, blank=True, default="")
    volume = models.ForeignKey(Assumption, models.PROTECT, related_name="+", verbose_name=_("volume"))
    unit_cost = models.ForeignKey(Assumption, models.PROTECT, related_name="+", verbose_name=_("unit cost"))
    attribution = models.ForeignKey(
        Assumption, models.PROTECT, null=True, blank=True, related_name="+", verbose_name=_("share due to the effort")
    )
    shelf_cost = models.ForeignKey(
        UnitCost, models.PROTECT, null=True, blank=True, related_name="+", verbose_name=_("unit cost from the library")
    )
    from_year = models.PositiveIntegerField(_("first year"), default=1)
    years = models.PositiveIntegerField(_("for how many years"), default=1)
    is_cashable = models.BooleanField(_("frees money, not only capacity"), default=False)

    class Meta:
        verbose_name = _("benefit")
        verbose_name_plural = _("benefits")

    def __str__(self) -> str:
        return self.label


class Scenario(models.Model):
    """A named set of other values for some assumptions: {key: decimal as text}."""

    contract = models.ForeignKey(Contract, models.PROTECT, related_name="scenarios")
    name = models.CharField(_("name"), max_length=100)
    values = models.JSONField(default=dict)

    class Meta:
        verbose_name = _("scenario")
        verbose_name_plural = _("scenarios")
        constraints: ClassVar = [
            models.UniqueConstraint(fields=["contract", "name"], name="scenario_name_once_per_contract")
        ]

    def __str__(self) -> str:
        return self.name


class SimulationRun(models.Model):
    """One simulation with everything it was drawn from, so that it stays readable as it was. The row is the work.

    `terms`, `register` (assumption key → value, low, high, label, revision) and `benefits` are copies; `result` is what
    `rulebook` gave, as JSON. A finished run never changes: the database refuses it.
    """

    class Kind(models.TextChoices):
        DISTRIBUTION = "distribution", _("Distribution")
        TORNADO = "tornado", _("What matters most")
        SCENARIOS = "scenarios", _("Scenarios side by side")

    class Status(models.TextChoices):
        QUEUED = "queued", _("Waiting")
        RUNNING = "running", _("Being drawn")
        DONE = "done", _("Done")
        FAILED = "failed", _("Failed")

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    contract = models.ForeignKey(Contract, models.PROTECT, related_name="simulations")
    kind = models.CharField(max_length=20, choices=Kind.choices)
    version_number = models.PositiveIntegerField()
    terms = models.JSONField()
    terms_hash = models.CharField(max_length=64)
    register = models.JSONField()
    benefits = models.JSONField(default=list)
    settings = models.JSONField(default=dict)  # scenarios by name, horizon, discount rate …
    inputs_hash = models.CharField(max_length=64)
    rulebook_version = models.CharField(max_length=20)
    draws = models.PositiveIntegerField()
    seed = models.BigIntegerField()
    result = models.JSONField(null=True)
    status = models.CharField(max_length=10, choices=Status.choices, default=Status.QUEUED)
    progress = models.PositiveSmallIntegerField(default=0, help_text="per cent")
    attempts = models.PositiveSmallIntegerField(default=0)
    lease_until = models.DateTimeField(null=True)
    next_attempt_at = models.DateTimeField(default=timezone.now)
    error = models.TextField(blank=True, default="")
    requested_by = models.ForeignKey(User, models.PROTECT, related_name="+")
    requested_at = models.DateTimeField(default=timezone.now)
    finished_at = models.DateTimeField(null=True)

    class Meta:
        verbose_name = _("simulation")
        verbose_name_plural = _("simulations")
        indexes: ClassVar = [models.Index(fields=["status", "next_attempt_at"])]
        triggers: ClassVar = [
            pgtrigger.Protect(
                name="finished_stays", operation=pgtrigger.Update, condition=pgtrigger.Q(old__status="done")
            ),
            pgtrigger.Protect(name="never_deleted", operation=pgtrigger.Delete),
        ]

    def __str__(self) -> str:
        return str(self.id)

"""Calculations and their lines, payment orders and attestations, and the ledger. No pseudonym is held here."""

import uuid
from typing import ClassVar

import pgtrigger
from django.db import models
from django.db.models import Q
from django.utils import timezone
from django.utils.translation import get_language, pgettext_lazy
from django.utils.translation import gettext_lazy as _

from actors.models import AppendOnly, StatusChange, User
from contracts.models import Contract, ContractParty
from outcomes.models import ClaimPeriod
from payments.states import OrderAct, OrderStatus


class Calculation(AppendOnly):
    """The settlement of one verified claim period: entitlement to date minus what was granted before.

    `inputs` refers to the agreed versions and the frozen decisions by id and hash, and holds what was granted before;
    `entitlement` is the rulebook's answer with its trace. The same inputs give the same `result_hash`, for ever.
    """

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    contract = models.ForeignKey(Contract, models.PROTECT, related_name="calculations")
    number = models.PositiveIntegerField(_("settlement number"), default=1, help_text="in the order of computing")
    claim_period = models.OneToOneField(ClaimPeriod, models.PROTECT, related_name="calculation")
    as_of = models.DateField(_("facts verified on or before"))
    currency = models.CharField(max_length=3)
    rulebook_version = models.CharField(max_length=20)
    inputs = models.JSONField()
    inputs_hash = models.CharField(max_length=64)
    entitlement = models.JSONField()
    result_hash = models.CharField(max_length=64)
    total = models.DecimalField(_("due for this period"), max_digits=14, decimal_places=2)
    entitled_to_date = models.DecimalField(_("entitlement to date"), max_digits=14, decimal_places=2)
    computed_at = models.DateTimeField(default=timezone.now)

    class Meta(AppendOnly.Meta):
        verbose_name = _("calculation")
        verbose_name_plural = _("calculations")
        constraints: ClassVar = [
            models.UniqueConstraint(
                fields=["contract", "claim_period", "inputs_hash", "rulebook_version"], name="same_inputs_computed_once"
            ),
            # Two at once would both grant what was not granted before.
            models.UniqueConstraint(fields=["contract", "number"], name="one_calculation_at_a_time"),
        ]

    def __str__(self) -> str:
        return str(self.id)


class CalculationLine(AppendOnly):
    """One term × one measurement period × one payer: what is due now, and how it is worked out."""

    class Kind(models.TextChoices):
        NEW = "new", _("New")
        CORRECTION = "correction", _("Correction")
        WITHDRAWN = "withdrawn", pgettext_lazy("line", "Withdrawn")

    calculation = models.ForeignKey(Calculation, models.PROTECT, related_name="lines")
    ordinal = models.PositiveIntegerField()
    kind = models.CharField(max_length=12, choices=Kind.choices)
    term = models.CharField(max_length=40)
    measurement_period = models.CharField(max_length=20)
    cohort = models.CharField(max_length=40, blank=True, default="")
    payer = models.ForeignKey(ContractParty, models.PROTECT, related_name="+")
    payee = models.ForeignKey(ContractParty, models.PROTECT, related_name="+")
    entitled = models.DecimalField(_("entitlement to date"), max_digits=14, decimal_places=2)
    granted_before = models.DecimalField(_("granted before"), max_digits=14, decimal_places=2)
    amount = models.DecimalField(_("due now"), max_digits=14, decimal_places=2)

    class Meta(AppendOnly.Meta):
        verbose_name = _("calculation line")
        verbose_name_plural = _("calculation lines")
        constraints: ClassVar = [
            models.UniqueConstraint(fields=["calculation", "ordinal"], name="line_order"),
            models.CheckConstraint(
                condition=Q(amount=models.F("entitled") - models.F("granted_before")),
                name="due_is_entitled_minus_granted",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.term} {self.measurement_period}"


class CalculationFailure(AppendOnly):
    """A computation that did not come through: why, in both languages, and when it will be tried again."""

    claim_period = models.ForeignKey(ClaimPeriod, models.PROTECT, related_name="calculation_failures")
    text = models.TextField()
    text_en = models.TextField(default="")
    at = models.DateTimeField(default=timezone.now)
    next_attempt_at = models.DateTimeField()

    class Meta(AppendOnly.Meta):
        verbose_name = _("failed computation")

    def __str__(self) -> str:
        return self.text_en or self.text if get_language() == "en" else self.text


class PaymentOrder(models.Model):
    """An order to pay one payee what one payer owes for one calculation. Negative: the payee owes it back."""

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    calculation = models.ForeignKey(Calculation, models.PROTECT, related_name="orders")
    payer = models.ForeignKey(ContractParty, models.PROTECT, related_name="+")
    payee = models.ForeignKey(ContractParty, models.PROTECT, related_name="+")
    amount = models.DecimalField(_("amount"), max_digits=14, decimal_places=2)
    currency = models.CharField(max_length=3)
    due_on = models.DateField(_("to be paid by"))
    reference = models.CharField(_("reference"), max_length=60, blank=True, default="")
    status = models.CharField(max_length=20, choices=OrderStatus.choices, default=OrderStatus.PREPARED)
    ordered_at = models.DateTimeField(default=timezone.now)
    paid_on = models.DateField(_("paid"), null=True)

    class Meta:
        verbose_name = _("payment order")
        verbose_name_plural = _("payment orders")
        constraints: ClassVar = [
            models.UniqueConstraint(
                fields=["calculation", "payer", "payee"],
                condition=~Q(status="refused"),
                name="one_standing_order_per_leg",
            ),
            models.CheckConstraint(condition=~Q(amount=0), name="order_is_not_zero"),
            models.CheckConstraint(
                condition=Q(status="paid", paid_on__isnull=False) | (~Q(status="paid") & Q(paid_on__isnull=True)),
                name="paid_order_says_when",
            ),
        ]
        triggers: ClassVar = [
            pgtrigger.Protect(name="never_deleted", operation=pgtrigger.Delete),
            pgtrigger.Trigger(
                name="amount_stands",
                when=pgtrigger.Before,
                operation=pgtrigger.Update,
                func="""
                    IF ROW(NEW.calculation_id, NEW.payer_id, NEW.payee_id, NEW.amount, NEW.currency)
                       IS DISTINCT FROM ROW(OLD.calculation_id, OLD.payer_id, OLD.payee_id, OLD.amount, OLD.currency)
                    THEN RAISE EXCEPTION 'what an order is for cannot be changed; refuse it and order again'; END IF;
                    IF OLD.status IN ('paid', 'refused')
                    THEN RAISE EXCEPTION 'a paid or refused order stays so'; END IF;
                    RETURN NEW;
                """,
            ),
        ]

    def __str__(self) -> str:
        return str(self.id)


class OrderStatusChange(StatusChange):
    """A move of a payment order."""

    order = models.ForeignKey(PaymentOrder, models.PROTECT, related_name="status_changes")

    class Meta(StatusChange.Meta):
        verbose_name = _("move of the payment order")


class Attestation(AppendOnly):
    """Who ordered, reviewed, decided or refused. Nobody stands twice on one order: the database sees to it."""

    order = models.ForeignKey(PaymentOrder, models.PROTECT, related_name="attestations")
    kind = models.CharField(
        max_length=12,
        choices=[(act.value, act.label) for act in (OrderAct.ORDER, OrderAct.REVIEW, OrderAct.DECIDE, OrderAct.REFUSE)],
    )
    user = models.ForeignKey(User, models.PROTECT, related_name="+")
    amount = models.DecimalField(_("amount attested"), max_digits=14, decimal_places=2)
    result_hash = models.CharField(max_length=64)
    comment = models.TextField(blank=True, default="")
    at = models.DateTimeField(default=timezone.now)

    class Meta(AppendOnly.Meta):
        verbose_name = _("attestation")
        verbose_name_plural = _("attestations")
        constraints: ClassVar = [
            models.UniqueConstraint(fields=["order", "kind"], name="each_attestation_once"),
            models.UniqueConstraint(
                fields=["order", "user"], condition=~Q(kind="refuse"), name="nobody_attests_the_same_order_twice"
            ),
        ]

    def __str__(self) -> str:
        return f"{self.kind} {self.order_id}"


class Account(models.TextChoices):
    """The accounts of the platform's own ledger, per party. Mapping to a chart of accounts belongs to the exports."""

    OUTCOME_COST = "outcome_cost", _("Cost of outcomes")
    PAYABLE = "payable", _("Owed to the payee")
    BANK = "bank", _("Paid out")


class LedgerEntry(AppendOnly):
    """One event in the ledger. Its postings sum to zero, which the database checks at commit."""

    class Event(models.TextChoices):
        DECIDED = "decided", _("Payment decided")
        PAID = "paid", _("Payment made")

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    contract = models.ForeignKey(Contract, models.PROTECT, related_name="ledger_entries")
    order = models.ForeignKey(PaymentOrder, models.PROTECT, related_name="ledger_entries")
    event = models.CharField(max_length=10, choices=Event.choices)
    booked_on = models.DateField()
    user = models.ForeignKey(User, models.PROTECT, related_name="+")
    at = models.DateTimeField(default=timezone.now)

    class Meta(AppendOnly.Meta):
        verbose_name = _("ledger entry")
        verbose_name_plural = _("ledger entries")
        constraints: ClassVar = [models.UniqueConstraint(fields=["order", "event"], name="each_event_booked_once")]
        triggers: ClassVar = [
            *AppendOnly.Meta.triggers,
            pgtrigger.Trigger(
                name="entry_balances",
                level=pgtrigger.Row,
                when=pgtrigger.After,
                operation=pgtrigger.Insert,
                timing=pgtrigger.Deferred,
                func="""
                    IF (SELECT count(*) < 2 OR sum(amount) <> 0 FROM payments_posting WHERE entry_id = NEW.id)
                    THEN RAISE EXCEPTION 'ledger entry % does not balance', NEW.id; END IF;
                    RETURN NULL;
                """,
            ),
        ]

    def __str__(self) -> str:
        return str(self.id)


class Posting(AppendOnly):
    """One side of a ledger entry: debit is positive, credit negative."""

    entry = models.ForeignKey(LedgerEntry, models.PROTECT, related_name="postings")
    party = models.ForeignKey(ContractParty, models.PROTECT, related_name="+")
    account = models.CharField(max_length=20, choices=Account.choices)
    amount = models.DecimalField(max_digits=14, decimal_places=2)
    currency = models.CharField(max_length=3)

    class Meta(AppendOnly.Meta):
        verbose_name = _("posting")
        verbose_name_plural = _("postings")
        constraints: ClassVar = [
            models.CheckConstraint(condition=~Q(amount=0), name="posting_is_not_zero"),
        ]
        triggers: ClassVar = [
            *AppendOnly.Meta.triggers,
            pgtrigger.Trigger(
                name="entry_still_balances",
                level=pgtrigger.Row,
                when=pgtrigger.After,
                operation=pgtrigger.Insert,
                timing=pgtrigger.Deferred,
                func="""
                    IF (SELECT count(*) < 2 OR sum(amount) <> 0 FROM payments_posting WHERE entry_id = NEW.entry_id)
                    THEN RAISE EXCEPTION 'ledger entry % does not balance', NEW.entry_id; END IF;
                    RETURN NULL;
                """,
            ),
        ]

    def __str__(self) -> str:
        return f"{self.account} {self.amount}"

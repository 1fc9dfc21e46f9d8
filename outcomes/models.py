"""Claim periods, participants (pseudonyms), claims and measured values as reported, evidence, and decisions on them.

Pseudonyms stand in `Participant.pseudonym` and nowhere else, so that they can be erased without touching a fact.
"""

import uuid
from typing import ClassVar

import pgtrigger
from django.db import models
from django.db.models import F, Q
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from actors.models import AppendOnly, Organisation, StatusChange, User
from contracts.models import Contract
from outcomes.states import Decision, ImportStatus, PeriodStatus, ReasonCode


class ClaimPeriod(models.Model):
    """The time for which outcomes are reported, verified and settled together, such as 2026-Q3."""

    contract = models.ForeignKey(Contract, models.PROTECT, related_name="claim_periods")
    name = models.CharField(_("period"), max_length=20)
    starts_on = models.DateField(_("starts"))
    ends_on = models.DateField(_("ends"))
    report_due_on = models.DateField(_("to be reported by"))
    status = models.CharField(max_length=20, choices=PeriodStatus.choices, default=PeriodStatus.OPEN)
    reported_at = models.DateTimeField(null=True)
    verified_at = models.DateTimeField(null=True)

    class Meta:
        verbose_name = _("claim period")
        verbose_name_plural = _("claim periods")
        constraints: ClassVar = [
            models.UniqueConstraint(fields=["contract", "name"], name="claim_period_once"),
            models.CheckConstraint(condition=Q(ends_on__gte=F("starts_on")), name="claim_period_ends_after_start"),
            models.CheckConstraint(condition=Q(status__in=PeriodStatus.values), name="claim_period_status_is_known"),
            models.CheckConstraint(
                condition=Q(status=PeriodStatus.VERIFIED, verified_at__isnull=False)
                | (~Q(status=PeriodStatus.VERIFIED) & Q(verified_at__isnull=True)),
                name="verified_period_says_when",
            ),
        ]
        triggers: ClassVar = [
            pgtrigger.Protect(
                name="verified_stays_verified",
                operation=pgtrigger.Update,
                condition=pgtrigger.Q(old__status="verified"),
            ),
        ]

    def __str__(self) -> str:
        return f"{self.contract.code} {self.name}"


class PeriodStatusChange(StatusChange):
    """A move of a claim period."""

    claim_period = models.ForeignKey(ClaimPeriod, models.PROTECT, related_name="status_changes")

    class Meta(StatusChange.Meta):
        verbose_name = _("move of the claim period")


class Cohort(models.Model):
    """A group enrolled in the same span; `key` is its name in the terms."""

    contract = models.ForeignKey(Contract, models.PROTECT, related_name="cohorts")
    key = models.CharField(_("cohort"), max_length=40)
    name_sv = models.CharField(max_length=200)
    name_en = models.CharField(max_length=200)
    size = models.PositiveIntegerField(_("planned number of participants"), null=True)

    class Meta:
        verbose_name = _("cohort")
        verbose_name_plural = _("cohorts")
        constraints: ClassVar = [models.UniqueConstraint(fields=["contract", "key"], name="cohort_once")]

    def __str__(self) -> str:
        return self.key


class Participant(models.Model):
    """Somebody enrolled, known here by pseudonym only. `id` is what facts refer to; the pseudonym can be erased."""

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    contract = models.ForeignKey(Contract, models.PROTECT, related_name="participants")
    cohort = models.ForeignKey(Cohort, models.PROTECT, related_name="participants")
    provider = models.ForeignKey(Organisation, models.PROTECT, related_name="+")
    pseudonym = models.CharField(_("pseudonym"), max_length=40)
    enrolled_on = models.DateField(_("enrolled"))
    erased_at = models.DateTimeField(null=True)

    class Meta:
        verbose_name = _("participant")
        verbose_name_plural = _("participants")
        constraints: ClassVar = [
            # Per provider: nobody can find out another provider's pseudonyms by trying them.
            models.UniqueConstraint(fields=["contract", "provider", "pseudonym"], name="pseudonym_once_per_provider")
        ]
        triggers: ClassVar = [
            # Facts rest on the cohort and the day of enrolment; only the pseudonym may be erased.
            pgtrigger.ReadOnly(
                name="only_the_pseudonym_changes",
                fields=["id", "contract", "cohort", "provider", "enrolled_on"],
            ),
            pgtrigger.Protect(name="never_deleted", operation=pgtrigger.Delete),
        ]

    def __str__(self) -> str:
        return str(self.id)  # never the pseudonym: this text reaches logs and traces


class ImportBatch(models.Model):
    """A file that came in: read, previewed with all its problems, and confirmed or discarded.

    Of a file refused for identity numbers only the hash and the positions are kept.
    """

    Status = ImportStatus

    claim_period = models.ForeignKey(ClaimPeriod, models.PROTECT, related_name="imports")
    organisation = models.ForeignKey(Organisation, models.PROTECT, related_name="+")
    file_name = models.CharField(max_length=200)
    sha256 = models.CharField(max_length=64)
    file = models.FileField(upload_to="imports/%Y/", blank=True)
    status = models.CharField(max_length=20, choices=ImportStatus.choices, default=ImportStatus.PREVIEWED)
    reading = models.JSONField(default=dict, help_text="how each column was understood, rows read, problems found")
    row_count = models.PositiveIntegerField(default=0)
    problem_count = models.PositiveIntegerField(default=0)
    uploaded_by = models.ForeignKey(User, models.PROTECT, related_name="+")
    uploaded_at = models.DateTimeField(default=timezone.now)
    confirmed_at = models.DateTimeField(null=True)

    class Meta:
        verbose_name = _("import")
        verbose_name_plural = _("imports")
        constraints: ClassVar = [
            models.UniqueConstraint(
                fields=["claim_period", "organisation", "sha256"],
                condition=Q(status="confirmed"),
                name="same_file_confirmed_once",
            )
        ]

    def __str__(self) -> str:
        return f"{self.pk}"


class ImportStatusChange(StatusChange):
    """A move of an import."""

    batch = models.ForeignKey(ImportBatch, models.PROTECT, related_name="status_changes")

    class Meta(StatusChange.Meta):
        verbose_name = _("move of the import")


class Claim(AppendOnly):
    """A reported person-level event that asks to be paid. What was reported is never changed: a correction is a new
    claim that supersedes the old one.
    """

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    claim_period = models.ForeignKey(ClaimPeriod, models.PROTECT, related_name="claims")
    participant = models.ForeignKey(Participant, models.PROTECT, related_name="claims")
    metric = models.CharField(_("metric"), max_length=40)
    event_on = models.DateField(_("event date"))
    units = models.DecimalField(_("units"), max_digits=12, decimal_places=4, default=1)
    ordinal = models.PositiveIntegerField(default=1, help_text="1 for the first claim of this metric for the person")
    supersedes = models.OneToOneField("self", models.PROTECT, null=True, related_name="superseded_by")
    batch = models.ForeignKey(ImportBatch, models.PROTECT, null=True, related_name="claims")
    reported_by = models.ForeignKey(User, models.PROTECT, related_name="+")
    reported_for = models.ForeignKey(Organisation, models.PROTECT, related_name="+")
    reported_at = models.DateTimeField(default=timezone.now)

    class Meta(AppendOnly.Meta):
        verbose_name = _("claim")
        verbose_name_plural = _("claims")
        indexes: ClassVar = [models.Index(fields=["claim_period", "metric", "event_on"])]
        constraints: ClassVar = [
            # The same event reported twice is one claim; a correction is told apart by what it supersedes.
            models.UniqueConstraint(
                fields=["participant", "metric", "event_on", "supersedes"],
                nulls_distinct=False,
                name="same_event_claimed_once",
            ),
            models.CheckConstraint(condition=Q(units__gt=0), name="claim_units_are_positive"),
        ]

    def __str__(self) -> str:
        return str(self.id)


class Observation(AppendOnly):
    """A reported value of a metric for a cohort or the whole contract in one measurement period of the terms."""

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    claim_period = models.ForeignKey(ClaimPeriod, models.PROTECT, related_name="observations")
    metric = models.CharField(_("metric"), max_length=40)
    cohort = models.ForeignKey(Cohort, models.PROTECT, null=True, related_name="observations")
    measurement_period = models.CharField(_("measurement period"), max_length=20)
    value = models.DecimalField(_("value"), max_digits=18, decimal_places=6)
    due = models.PositiveIntegerField(_("number due to be measured"), null=True)
    measured = models.PositiveIntegerField(_("number measured"), null=True)
    supersedes = models.OneToOneField("self", models.PROTECT, null=True, related_name="superseded_by")
    batch = models.ForeignKey(ImportBatch, models.PROTECT, null=True, related_name="observations")
    reported_by = models.ForeignKey(User, models.PROTECT, related_name="+")
    reported_for = models.ForeignKey(Organisation, models.PROTECT, related_name="+")
    reported_at = models.DateTimeField(default=timezone.now)

    class Meta(AppendOnly.Meta):
        verbose_name = _("measured value")
        verbose_name_plural = _("measured values")
        constraints: ClassVar = [
            models.UniqueConstraint(
                fields=["claim_period", "metric", "cohort", "measurement_period", "supersedes"],
                nulls_distinct=False,
                name="same_value_reported_once",
            )
        ]

    def __str__(self) -> str:
        return str(self.id)


class Withdrawal(AppendOnly):
    """A claim or a measured value taken back by its provider before the period was reported. The row itself stays."""

    claim = models.OneToOneField(Claim, models.PROTECT, null=True, related_name="withdrawal")
    observation = models.OneToOneField(Observation, models.PROTECT, null=True, related_name="withdrawal")
    reason = models.TextField(_("reason"))
    withdrawn_by = models.ForeignKey(User, models.PROTECT, related_name="+")
    withdrawn_at = models.DateTimeField(default=timezone.now)

    class Meta(AppendOnly.Meta):
        verbose_name = _("withdrawal")
        verbose_name_plural = _("withdrawals")
        constraints: ClassVar = [
            models.CheckConstraint(
                condition=Q(claim__isnull=False, observation__isnull=True)
                | Q(claim__isnull=True, observation__isnull=False),
                name="withdrawal_is_of_one_thing",
            ),
        ]

    def __str__(self) -> str:
        return str(self.claim_id or self.observation_id)


class Evidence(AppendOnly):
    """A file behind the reports of a period: an extract, a protocol, a certificate. Scanned for identity numbers."""

    claim_period = models.ForeignKey(ClaimPeriod, models.PROTECT, related_name="evidence")
    metric = models.CharField(_("metric"), max_length=40, blank=True, default="")
    claim = models.ForeignKey(Claim, models.PROTECT, null=True, related_name="evidence")
    description = models.CharField(_("description"), max_length=200)
    file = models.FileField(upload_to="evidence/%Y/")
    file_name = models.CharField(max_length=200)
    content_type = models.CharField(max_length=100)
    sha256 = models.CharField(max_length=64)
    uploaded_by = models.ForeignKey(User, models.PROTECT, related_name="+")
    uploaded_for = models.ForeignKey(Organisation, models.PROTECT, related_name="+")
    uploaded_at = models.DateTimeField(default=timezone.now)

    class Meta(AppendOnly.Meta):
        verbose_name = _("evidence")
        verbose_name_plural = _("evidence")
        constraints: ClassVar = [
            models.UniqueConstraint(
                fields=["claim_period", "sha256", "claim"], nulls_distinct=False, name="same_evidence_once"
            )
        ]

    def __str__(self) -> str:
        return str(self.pk)


class Verification(AppendOnly):
    """The verifier's decision on one claim or one measured value. The latest decision counts; all of them stay.

    `claim_period` is the period in whose verification the decision was taken: for a correction a later one than the
    claim's own. `frozen_hash` is the sha256 of what was decided on and what was decided, the hash that calculations
    refer to.
    """

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    claim_period = models.ForeignKey(ClaimPeriod, models.PROTECT, related_name="verifications")
    claim = models.ForeignKey(Claim, models.PROTECT, null=True, related_name="verifications")
    observation = models.ForeignKey(Observation, models.PROTECT, null=True, related_name="verifications")
    decision = models.CharField(max_length=10, choices=Decision.choices)
    event_on = models.DateField(_("event date as verified"), null=True)
    units = models.DecimalField(_("units as verified"), max_digits=12, decimal_places=4, null=True)
    value = models.DecimalField(_("value as verified"), max_digits=18, decimal_places=6, null=True)
    reason_code = models.CharField(
        _("kind of reason"), max_length=20, choices=ReasonCode.choices, blank=True, default=""
    )
    reason = models.TextField(_("reason"), blank=True, default="")
    frozen_hash = models.CharField(max_length=64)
    verified_by = models.ForeignKey(User, models.PROTECT, related_name="+")
    verified_for = models.ForeignKey(Organisation, models.PROTECT, related_name="+")
    verified_at = models.DateTimeField(default=timezone.now)

    class Meta(AppendOnly.Meta):
        verbose_name = _("verification")
        verbose_name_plural = _("verifications")
        indexes: ClassVar = [
            models.Index(fields=["claim", "verified_at"]),
            models.Index(fields=["observation", "verified_at"]),
        ]
        constraints: ClassVar = [
            models.CheckConstraint(
                condition=Q(claim__isnull=False, observation__isnull=True)
                | Q(claim__isnull=True, observation__isnull=False),
                name="verification_is_of_one_thing",
            ),
            models.CheckConstraint(
                condition=Q(decision=Decision.ACCEPT) | ~Q(reason=""), name="adjusting_or_rejecting_needs_a_reason"
            ),
        ]

    def __str__(self) -> str:
        return f"{self.decision} {self.claim_id or self.observation_id}"


class IdempotentPost(AppendOnly):
    """The first answer to a request of another system, kept so that the same key always gives the same effect once."""

    organisation = models.ForeignKey(Organisation, models.PROTECT, related_name="+")
    key = models.CharField(max_length=255)
    request_hash = models.CharField(max_length=64)
    status_code = models.PositiveSmallIntegerField()
    body = models.JSONField()
    at = models.DateTimeField(default=timezone.now)

    class Meta(AppendOnly.Meta):
        constraints: ClassVar = [models.UniqueConstraint(fields=["organisation", "key"], name="one_effect_per_key")]

    def __str__(self) -> str:
        return self.key

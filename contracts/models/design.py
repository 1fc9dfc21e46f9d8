"""How a contract is designed: need, target group, effect chain, measures with baselines, and who approved them."""

from typing import ClassVar

from django.db import models
from django.db.models import Q
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from actors.models import AppendOnly, Organisation, User
from contracts.models.contract import Contract, party_key
from library.models import ContractTemplate, Indicator, KoladaSnapshot, spoken


class Design(models.Model):
    """What the design workspace knows of a contract besides its terms: one row a contract, made with it.

    The schedule (`report_within_days` after a period's end, `verify_within_days` after that, `pay_within_days` after
    that again, `meets_every` months) is agreed with the terms and gives the calendar of obligations.
    """

    class Meets(models.IntegerChoices):
        MONTHLY = 1, _("every month")
        QUARTERLY = 3, _("every quarter")
        HALF_YEARLY = 6, _("every half-year")
        YEARLY = 12, _("every year")

    contract = models.OneToOneField(Contract, models.PROTECT, related_name="design")
    template = models.ForeignKey(
        ContractTemplate, models.PROTECT, null=True, related_name="+", verbose_name=_("made from the template")
    )
    # need
    need = models.TextField(_("the need"), blank=True, default="")
    today = models.TextField(_("what is done today"), blank=True, default="")
    evidence = models.TextField(_("what is known to help"), blank=True, default="")
    need_figures = models.ManyToManyField(KoladaSnapshot, related_name="+", blank=True)
    # target group
    inclusion = models.TextField(_("who belongs to it"), blank=True, default="")
    exclusion = models.TextField(_("who does not"), blank=True, default="")
    expected_participants = models.PositiveIntegerField(_("how many will take part"), null=True, blank=True)
    # calculation
    horizon_years = models.PositiveIntegerField(_("years to look ahead"), default=5)
    savings_return = models.TextField(_("agreement on savings return"), blank=True, default="")
    # schedule
    report_within_days = models.PositiveIntegerField(_("days to report, after the end of a period"), default=31)
    verify_within_days = models.PositiveIntegerField(_("days to verify, after the last day to report"), default=30)
    pay_within_days = models.PositiveIntegerField(_("days to pay, after the last day to verify"), default=30)
    meets_every = models.PositiveIntegerField(
        _("the steering group meets"), choices=Meets.choices, default=Meets.QUARTERLY
    )

    class Meta:
        verbose_name = _("design")
        verbose_name_plural = _("designs")

    def __str__(self) -> str:
        return f"{self.contract.code}"


class ChainLink(models.Model):
    """One statement in the effect chain (beviskedjan), in one of its six links."""

    class Link(models.TextChoices):
        INTERVENTION = "intervention", _("Interventions")
        ACTIVITY = "activity", _("Activities")
        OUTPUT = "output", _("Outputs")
        EFFECT = "effect", _("Effects")
        INFLUENCE = "influence", _("Influence: the part caused by the effort")
        VALUE = "value", _("Value")

    contract = models.ForeignKey(Contract, models.PROTECT, related_name="chain")
    link = models.CharField(_("link"), max_length=20, choices=Link.choices)
    ordinal = models.PositiveIntegerField(default=0)
    text = models.CharField(_("what happens"), max_length=300)
    grounds = models.TextField(_("why we believe it"), blank=True, default="")

    class Meta:
        verbose_name = _("link of the effect chain")
        verbose_name_plural = _("links of the effect chain")
        ordering: ClassVar = ["ordinal", "pk"]

    def __str__(self) -> str:
        return self.text


class Measure(models.Model):
    """A candidate or chosen measure: what is counted and how. `key` is the metric's id in the terms.

    `scores` is {criterion: 1–5} by `contracts.measuring.CRITERIA`. The definition is frozen when two persons have
    approved the same `sheet_hash` (`MeasureApproval`); any later change of it takes the approvals away.
    """

    class Status(models.TextChoices):
        CANDIDATE = "candidate", _("On the long list")
        CHOSEN = "chosen", _("Chosen")
        DROPPED = "dropped", _("Not chosen")

    class Use(models.TextChoices):
        PAYMENT = "payment", _("Grounds for payment")
        FOLLOW_UP = "follow_up", _("Follow-up")
        GUARD = "guard", _("Guard: must not get worse")

    contract = models.ForeignKey(Contract, models.PROTECT, related_name="measures")
    key = models.CharField(_("name in the terms"), max_length=40, validators=[party_key])
    name_sv = models.CharField(_("name in Swedish"), max_length=200)
    name_en = models.CharField(_("name in English"), max_length=200, blank=True, default="")
    link = models.ForeignKey(ChainLink, models.SET_NULL, null=True, blank=True, related_name="measures")
    indicator = models.ForeignKey(
        Indicator, models.PROTECT, null=True, blank=True, related_name="+", verbose_name=_("from the indicator")
    )
    status = models.CharField(max_length=20, choices=Status.choices, default=Status.CANDIDATE)
    use = models.CharField(_("used as"), max_length=20, choices=Use.choices, blank=True, default="")
    scores = models.JSONField(default=dict)
    score_note = models.TextField(_("why these scores"), blank=True, default="")
    reason = models.TextField(_("why it was chosen or not"), blank=True, default="")
    # definition
    numerator = models.TextField(_("numerator: what is counted"), blank=True, default="")
    denominator = models.TextField(_("denominator: out of what"), blank=True, default="")
    unit = models.CharField(_("unit"), max_length=60, blank=True, default="")
    source_system = models.CharField(_("source system"), max_length=200, blank=True, default="")
    extraction = models.TextField(_("how and when data are taken out"), blank=True, default="")
    missing = models.TextField(_("when data are missing"), blank=True, default="")
    window = models.TextField(_("window for each person"), blank=True, default="")
    window_months = models.PositiveIntegerField(_("window in months"), null=True, blank=True)
    suppression_threshold = models.PositiveIntegerField(_("fewest persons that may be shown"), default=5)
    weaknesses = models.TextField(_("known weaknesses"), blank=True, default="")
    kolada_id = models.CharField(_("Kolada id"), max_length=20, blank=True, default="")
    # target
    target = models.DecimalField(_("target"), max_digits=16, decimal_places=6, null=True, blank=True)

    class Meta:
        verbose_name = _("measure")
        verbose_name_plural = _("measures")
        constraints: ClassVar = [
            models.UniqueConstraint(fields=["contract", "key"], name="measure_key_once_per_contract"),
            models.CheckConstraint(
                condition=~Q(status="chosen") | ~Q(use=""), name="chosen_measure_says_what_it_is_used_as"
            ),
        ]

    def __str__(self) -> str:
        """Its name in the reader's language; in Swedish where nobody has written the other."""
        return spoken(self, "name") or self.name_sv


class Baseline(models.Model):
    """The state before the intervention for one measure, and how it is found.

    `value` is in the measure's unit. A baseline that is measured after signing (`is_measured_later`) has no value here:
    the terms hold the method, and the value becomes a verified fact.
    """

    class Method(models.TextChoices):
        HISTORICAL_COHORT = "historical_cohort", _("A historical cohort")
        OWN_PERIOD = "own_period", _("The own period before")
        COMPARABLE = "comparable", _("Comparable municipalities")
        COMPARISON_GROUP = "comparison_group", _("A comparison group")

    measure = models.OneToOneField(Measure, models.CASCADE, related_name="baseline")
    method = models.CharField(_("method"), max_length=30, choices=Method.choices)
    description = models.TextField(_("how it is found"), blank=True, default="")
    is_measured_later = models.BooleanField(_("is measured after signing"), default=False)
    value = models.DecimalField(_("value"), max_digits=16, decimal_places=6, null=True, blank=True)
    persons = models.PositiveIntegerField(_("persons behind the value"), null=True, blank=True)
    period = models.CharField(_("period"), max_length=60, blank=True, default="")
    source = models.CharField(_("source"), max_length=300, blank=True, default="")
    snapshot = models.ForeignKey(KoladaSnapshot, models.PROTECT, null=True, blank=True, related_name="+")
    spread = models.DecimalField(
        _("spread between persons (standard deviation)"), max_digits=16, decimal_places=6, null=True, blank=True
    )
    smallest_change = models.DecimalField(
        _("smallest change worth finding"), max_digits=16, decimal_places=6, null=True, blank=True
    )

    class Meta:
        verbose_name = _("baseline")
        verbose_name_plural = _("baselines")

    def __str__(self) -> str:
        return f"{self.measure} – {self.get_method_display()}"


class MeasureApproval(AppendOnly):
    """One person's approval of exactly one definition of a measure. Two persons freeze it."""

    measure = models.ForeignKey(Measure, models.PROTECT, related_name="approvals")
    sheet_hash = models.CharField(max_length=64)
    user = models.ForeignKey(User, models.PROTECT, related_name="+")
    organisation = models.ForeignKey(Organisation, models.PROTECT, related_name="+")
    at = models.DateTimeField(default=timezone.now)

    class Meta(AppendOnly.Meta):
        verbose_name = _("approval of a measure")
        verbose_name_plural = _("approvals of measures")
        constraints: ClassVar = [
            models.UniqueConstraint(fields=["measure", "sheet_hash", "user"], name="each_person_approves_once")
        ]

    def __str__(self) -> str:
        return f"{self.measure} {self.user}"

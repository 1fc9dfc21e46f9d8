"""What stands on the shelf – templates, indicators, unit costs, guides – and the snapshots of Kolada's figures."""

from typing import ClassVar

from django.core.serializers.json import DjangoJSONEncoder
from django.db import models
from django.db.models import Q
from django.utils import timezone
from django.utils.translation import get_language
from django.utils.translation import gettext_lazy as _

from actors.models import AppendOnly, Organisation, StatusChange, User
from library.states import CERTAINTY_TONES, SHELF_TONES, BudgetHolder, Certainty, ShelfStatus, area_label


def spoken(thing: models.Model, field: str) -> str:
    """The field in the reader's language: `name` is `name_sv` or `name_en`."""
    language = "en" if (get_language() or "sv").startswith("en") else "sv"
    return str(getattr(thing, f"{field}_{language}"))


class Shelved(models.Model):
    """Something on the shelf: a key that stays, a name in two languages, how sure it is and where it comes from.

    `sources` is a list of {"text", "url", "certainty"}; `area` groups the shelf (placements, school, work, …).
    """

    key = models.SlugField(max_length=60, unique=True)
    name_sv = models.CharField(_("name in Swedish"), max_length=200)
    name_en = models.CharField(_("name in English"), max_length=200)
    area = models.CharField(_("area"), max_length=40)
    certainty = models.CharField(_("how sure"), max_length=20, choices=Certainty.choices)
    sources = models.JSONField(_("sources"), default=list, encoder=DjangoJSONEncoder)
    updated_at = models.DateTimeField(default=timezone.now)

    class Meta:
        abstract = True

    def __str__(self) -> str:
        return self.name

    @property
    def name(self) -> str:
        return spoken(self, "name")

    @property
    def area_name(self) -> str:
        return area_label(self.area)

    @property
    def certainty_tone(self) -> str:
        """How its certainty is shown, in the words of components/status_tag.html."""
        return CERTAINTY_TONES[Certainty(self.certainty)]


class Indicator(Shelved):
    """Something observable with its whole definition. A contract that uses it makes a measure of it.

    `sheet` is {"sv": {…}, "en": {…}} with the keys of `library.sheets.SHEET_KEYS`: numerator, denominator, unit,
    source_system, extraction, missing, window, weaknesses – each a text.
    """

    sheet = models.JSONField(default=dict)
    suppression_threshold = models.PositiveIntegerField(_("fewest persons that may be shown"), default=5)
    kolada_id = models.CharField(_("Kolada id"), max_length=20, blank=True, default="")

    class Meta:
        verbose_name = _("indicator")
        verbose_name_plural = _("indicators")


class UnitCost(Shelved):
    """What one unit costs whoever pays for it today: for business cases, never a price of a contract."""

    amount = models.DecimalField(_("amount"), max_digits=14, decimal_places=2)
    currency = models.CharField(max_length=3, default="SEK")
    unit_sv = models.CharField(_("unit in Swedish"), max_length=60)
    unit_en = models.CharField(_("unit in English"), max_length=60)
    holder = models.CharField(_("budget holder"), max_length=30, choices=BudgetHolder.choices)
    price_year = models.PositiveIntegerField(_("price year"), null=True)
    scope_sv = models.TextField(blank=True, default="")
    scope_en = models.TextField(blank=True, default="")
    caveats_sv = models.TextField(blank=True, default="")
    caveats_en = models.TextField(blank=True, default="")

    class Meta:
        verbose_name = _("unit cost")
        verbose_name_plural = _("unit costs")

    @property
    def unit(self) -> str:
        return spoken(self, "unit")

    @property
    def scope(self) -> str:
        return spoken(self, "scope")

    @property
    def caveats(self) -> str:
        return spoken(self, "caveats")


class Guide(Shelved):
    """A page of method: how to do one step well. `body_*` is paragraphs divided by empty lines."""

    ordinal = models.PositiveIntegerField(default=0)
    body_sv = models.TextField()
    body_en = models.TextField()

    class Meta:
        verbose_name = _("guide")
        verbose_name_plural = _("guides")

    @property
    def body(self) -> str:
        return spoken(self, "body")


class ContractTemplate(Shelved):
    """A contract that others may begin from.

    `document` holds what a draft copies (`library.documents`): terms, parties by role, effect chain, measures by
    indicator key, assumptions with value, range, source and certainty, and benefits. A revised template is a new row
    with the next `version`; drafts remember which they came from.
    """

    key = models.SlugField(max_length=60)
    version = models.PositiveIntegerField(default=1)
    status = models.CharField(max_length=20, choices=ShelfStatus.choices, default=ShelfStatus.OFFERED)
    summary_sv = models.TextField()
    summary_en = models.TextField()
    document = models.JSONField(default=dict)
    author = models.ForeignKey(
        Organisation, models.PROTECT, null=True, related_name="+", verbose_name=_("author")
    )  # empty: the support's own
    contract_code = models.CharField(max_length=30, blank=True, default="")  # the contract it was made from
    offered_by = models.ForeignKey(User, models.PROTECT, null=True, related_name="+")
    offered_at = models.DateTimeField(default=timezone.now)

    class Meta:
        verbose_name = _("contract template")
        verbose_name_plural = _("contract templates")
        constraints: ClassVar = [
            models.UniqueConstraint(fields=["key", "version"], name="template_version_once"),
            models.UniqueConstraint(fields=["key"], condition=Q(status="published"), name="one_template_on_the_shelf"),
            models.CheckConstraint(condition=Q(status__in=ShelfStatus.values), name="template_status_is_known"),
        ]

    @property
    def summary(self) -> str:
        return spoken(self, "summary")

    @property
    def status_tone(self) -> str:
        return SHELF_TONES[ShelfStatus(self.status)]


class TemplateStatusChange(StatusChange):
    """A move of a template."""

    template = models.ForeignKey(ContractTemplate, models.PROTECT, related_name="status_changes")

    class Meta(StatusChange.Meta):
        verbose_name = _("move of the template")

    @property
    def title(self) -> str:
        """From what to what, as people read it."""
        return f"{ShelfStatus(self.old).label} → {ShelfStatus(self.new).label}"


class KoladaSnapshot(AppendOnly):
    """Figures as Kolada gave them on a day: one key figure, one municipality and its comparison group, some years.

    `values` is a list of {"municipality", "year", "gender", "value" (decimal as text, or null: missing, never zero),
    "status"}; `members` a list of {"id", "name"} of the comparison group in the year of its name.
    """

    kpi = models.CharField(max_length=20)
    title = models.CharField(max_length=300)
    definition = models.TextField()
    municipality = models.CharField(max_length=10)
    municipality_name = models.CharField(max_length=100)
    group = models.CharField(max_length=20, blank=True, default="")
    group_name = models.CharField(max_length=200, blank=True, default="")
    members = models.JSONField(default=list)
    values = models.JSONField(default=list)
    published_on = models.DateField(null=True)
    base_address = models.CharField(max_length=200)
    is_recorded = models.BooleanField(default=False)  # from the local stub, whose figures are invented
    fetched_at = models.DateTimeField(default=timezone.now)
    fetched_by = models.ForeignKey(User, models.PROTECT, null=True, related_name="+")
    organisation = models.ForeignKey(Organisation, models.PROTECT, null=True, related_name="+")

    class Meta(AppendOnly.Meta):
        verbose_name = _("Kolada snapshot")
        verbose_name_plural = _("Kolada snapshots")

    def __str__(self) -> str:
        return f"{self.kpi} {self.municipality_name}"

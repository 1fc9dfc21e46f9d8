"""The form of a baseline: how it is found, its value or that it is measured later, and what is worth finding."""

from collections.abc import Mapping
from decimal import Decimal
from typing import Any

from django import forms
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from actors.forms import DecimalField
from contracts.forms.saving import SavingForm
from contracts.models import Baseline
from contracts.queries.baseline import whole_of
from library.models import KoladaSnapshot

METHODS = [
    (
        Baseline.Method.HISTORICAL_COHORT,
        gettext_lazy("A historical cohort: how it went for a group like this one some years ago"),
    ),
    (Baseline.Method.OWN_PERIOD, gettext_lazy("The own period before: the same persons or place, before the start")),
    (Baseline.Method.COMPARABLE, gettext_lazy("Comparable municipalities: how it goes elsewhere meanwhile")),
    (Baseline.Method.COMPARISON_GROUP, gettext_lazy("A comparison group: persons who do not get the intervention")),
]
_AMOUNT: dict[str, Any] = {"required": False, "max_digits": 16, "decimal_places": 6}


class BaselineForm(SavingForm):
    """A baseline may be unfinished, but not wrong: what contradicts itself is told at its field."""

    method = forms.ChoiceField(label=gettext_lazy("Method"), choices=METHODS, widget=forms.RadioSelect)
    description = forms.CharField(
        label=gettext_lazy("How it is found"),
        help_text=gettext_lazy("So that somebody else would find the same number: who, when, from which register."),
        required=False,
        max_length=20_000,
        widget=forms.Textarea(attrs={"rows": 3}),
    )
    is_measured_later = forms.BooleanField(
        label=gettext_lazy("The baseline is measured after signing"),
        help_text=gettext_lazy(
            "Then the agreement holds the method, and the value becomes a verified fact. Leave the value empty."
        ),
        required=False,
    )
    value = DecimalField(label=gettext_lazy("Value"), **_AMOUNT)
    persons = forms.IntegerField(
        label=gettext_lazy("Persons behind the value"),
        help_text=gettext_lazy("How many the value was measured on. Few persons make an unsure baseline."),
        required=False,
        min_value=1,
        max_value=10_000_000,
        widget=forms.TextInput(attrs={"inputmode": "numeric", "autocomplete": "off"}),
    )
    period = forms.CharField(
        label=gettext_lazy("Period"), help_text=gettext_lazy("For example 2021–2023"), required=False, max_length=60
    )
    source = forms.CharField(label=gettext_lazy("Source"), required=False, max_length=300)
    snapshot = forms.ModelChoiceField(
        label=gettext_lazy("Figure from Kolada"),
        queryset=KoladaSnapshot.objects.none(),
        required=False,
        empty_label=gettext_lazy("No figure"),
    )
    spread = DecimalField(
        label=gettext_lazy("Spread between persons (standard deviation)"),
        help_text=gettext_lazy(
            "How much single persons differ from the mean. It says what the measurement can see of a mean or a rate."
        ),
        min_value=Decimal(0),
        **_AMOUNT,
    )
    smallest_change = DecimalField(
        label=gettext_lazy("Smallest change worth finding"),
        help_text=gettext_lazy("In the same unit as the value; write a minus for a decrease."),
        **_AMOUNT,
    )

    def __init__(self, *args: Any, unit: str, snapshots: Any, stored: Mapping[str, Any], **kwargs: Any) -> None:
        super().__init__(*args, stored=stored, **kwargs)
        self.unit = unit
        self.whole = whole_of(unit)
        if self.whole is not None:
            del self.fields["spread"]
        self.fields["snapshot"].queryset = snapshots  # type: ignore[attr-defined]
        self.fields["value"].help_text = _("In the unit of the measure: %(unit)s.") % {"unit": unit} if unit else ""

    def clean_value(self) -> Decimal | None:
        value: Decimal | None = self.cleaned_data["value"]
        if value is not None and self.whole is not None and not 0 <= value <= self.whole:
            raise forms.ValidationError(
                _("The unit is «%(unit)s», so the value lies between 0 and %(whole)s."),
                params={"unit": self.unit, "whole": self.whole},
            )
        return value

    def clean(self) -> dict[str, Any]:
        cleaned = super().clean() or {}
        if cleaned.get("is_measured_later") and cleaned.get("value") is not None:
            self.add_error(
                "value",
                _("A baseline that is measured after signing has no value yet. Leave it empty, or take the tick away."),
            )
        return cleaned

"""The forms of the register of assumptions."""

from decimal import Decimal
from typing import Any

from django import forms
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from actors.forms import DateField, DecimalField, Form
from contracts.actions.assumptions import faults_of
from contracts.queries.register import UNITS, Entry
from library.states import Certainty

HUNDRED = Decimal(100)
SHARE = "share"


class RegisterFilterForm(Form):
    """What the register is narrowed to."""

    q = forms.CharField(label=gettext_lazy("Search what is assumed, source or owner"), required=False, max_length=200)
    show = forms.ChoiceField(label=gettext_lazy("Show"), required=False)

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["show"].choices = [  # type: ignore[attr-defined]
            ("", _("All")),
            ("no_source", _("Without a source")),
            ("unsure", _("Uncertain or assumed")),
            ("no_range", _("Without a range")),
            ("unused", _("Not used anywhere")),
        ]
        self.fields["show"].widget.attrs["data-submit"] = ""


class AssumptionForm(Form):
    """What an assumption says. Shares are written in per cent and kept as shares.

    `asked` is (label, unit) where the terms or the calculation ask for the number; `entry` is what stands there now.
    """

    label = forms.CharField(label=gettext_lazy("What is assumed"), max_length=200)
    unit = forms.ChoiceField(label=gettext_lazy("Unit"))
    unit_words = forms.CharField(
        label=gettext_lazy("Unit in words"),
        help_text=gettext_lazy("If no unit above fits, such as «days» or «lessons»."),
        required=False,
        max_length=60,
    )
    value = DecimalField(label=gettext_lazy("Value"), max_digits=18, decimal_places=6)
    low = DecimalField(
        label=gettext_lazy("Low"),
        help_text=gettext_lazy("The lowest that is believable: about one chance in twenty that it is lower."),
        required=False,
        max_digits=18,
        decimal_places=6,
    )
    high = DecimalField(
        label=gettext_lazy("High"),
        help_text=gettext_lazy("The highest that is believable, in the same way."),
        required=False,
        max_digits=18,
        decimal_places=6,
    )
    source = forms.CharField(
        label=gettext_lazy("Source"),
        help_text=gettext_lazy("Who says so, where, and for which year. Your own judgement is a source too: write so."),
        required=False,
        max_length=300,
    )
    source_url = forms.URLField(
        label=gettext_lazy("Address of the source"), required=False, max_length=500, assume_scheme="https"
    )
    certainty = forms.ChoiceField(
        label=gettext_lazy("How sure"), choices=Certainty.choices, initial=Certainty.ASSUMED, widget=forms.RadioSelect
    )
    owner = forms.CharField(
        label=gettext_lazy("Who answers for it"),
        help_text=gettext_lazy("A person or a function that can be asked."),
        required=False,
        max_length=120,
    )
    stated_on = DateField(label=gettext_lazy("As of"))
    reason = forms.CharField(
        label=gettext_lazy("Why it is changed"), widget=forms.Textarea(attrs={"rows": 3}), max_length=5000
    )

    def __init__(
        self, *args: Any, key: str = "", asked: tuple[str, str] | None = None, entry: Entry | None = None, **kwargs: Any
    ) -> None:
        self.key, self.entry = key, entry
        self.fixed_unit = entry.unit if entry else asked[1] if asked else None
        initial = {**(_initial(entry) if entry else {}), **kwargs.pop("initial", {})}
        if asked and not entry:
            initial["label"] = asked[0][:200]
        kwargs["initial"] = initial
        super().__init__(*args, **kwargs)
        if entry is None:
            del self.fields["reason"]
        if self.fixed_unit is not None:
            del self.fields["unit"]
            del self.fields["unit_words"]
            for name in ("value", "low", "high"):
                self.fields[name].label = _with_unit(self.fields[name].label, self.fixed_unit)
        else:
            self.fields["unit"].choices = list(UNITS.items())  # type: ignore[attr-defined]
            self.fields["unit"].help_text = _("Per cent is written as 35 for 35 per cent.")

    @property
    def chosen_unit(self) -> str:
        if self.fixed_unit is not None:
            return self.fixed_unit
        return str(self.cleaned_data.get("unit_words") or self.cleaned_data.get("unit") or "")

    def clean(self) -> dict[str, Any]:
        cleaned = super().clean() or {}
        if self.chosen_unit == SHARE:
            for name in ("value", "low", "high"):
                if cleaned.get(name) is not None:
                    cleaned[name] = cleaned[name] / HUNDRED
        if cleaned.get("value") is not None and not self.errors:
            numbers = {name: cleaned.get(name) for name in ("low", "high")}
            for name, fault in faults_of(key=self.key, unit=self.chosen_unit, value=cleaned["value"], **numbers):
                self.add_error(name, fault)
        return cleaned

    @property
    def said(self) -> dict[str, Any]:
        """What `state_assumption` takes, besides who, where and when."""
        names = ("label", "value", "low", "high", "source", "source_url", "certainty", "owner", "stated_on")
        found = {name: self.cleaned_data[name] for name in names}
        return {**found, "unit": self.chosen_unit, "reason": self.cleaned_data.get("reason", "")}


def _with_unit(label: Any, unit: str) -> str:
    words = UNITS.get(unit, unit)
    return f"{label} ({words})" if words and unit != "value" else str(label)


def _initial(entry: Entry) -> dict[str, Any]:
    times = HUNDRED if entry.unit == SHARE else Decimal(1)

    def number(value: Decimal | None) -> Decimal | None:
        if value is None:
            return None
        shown = (value * times).normalize()
        return shown.quantize(Decimal(1)) if shown == shown.to_integral() else shown

    revision = entry.revision
    return {
        "label": entry.label,
        "value": number(entry.value),
        "low": number(entry.low),
        "high": number(entry.high),
        "source": revision.source,
        "source_url": revision.source_url,
        "certainty": revision.certainty,
        "owner": revision.owner,
    }

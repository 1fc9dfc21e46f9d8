"""The forms of simulations: the seed, the scenarios, and which versions to set beside each other."""

from collections.abc import Mapping, Sequence
from decimal import Decimal
from typing import Any

from django import forms
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from actors.forms import DecimalField, Form
from contracts.actions.simulating import MOST_SEED
from contracts.models import ContractVersion, Scenario
from contracts.queries.register import Entry

HUNDRED = Decimal(100)


class DrawForm(Form):
    """The seed of the random numbers: the same seed gives the same draws."""

    seed = forms.IntegerField(
        label=gettext_lazy("Seed"),
        min_value=0,
        max_value=MOST_SEED,
        help_text=gettext_lazy("Any whole number. The same number gives exactly the same draws again."),
    )


class ScenarioForm(Form):
    """A name, and other values for some assumptions. An empty field means as assumed."""

    name = forms.CharField(label=gettext_lazy("Name of the scenario"), max_length=100)

    def __init__(
        self, *args: Any, register: Mapping[str, Entry], scenario: Scenario | None = None, **kwargs: Any
    ) -> None:
        super().__init__(*args, **kwargs)
        self.entries = dict(sorted(register.items(), key=lambda pair: (pair[1].low is None, pair[1].label)))
        kept: Mapping[str, str] = scenario.values if scenario else {}
        if scenario:
            self.initial["name"] = scenario.name
        for key, entry in self.entries.items():
            self.fields[_field(key)] = DecimalField(
                label=f"{entry.label} ({entry.unit_label})" if entry.unit_label else entry.label,
                required=False,
                max_digits=20,
                decimal_places=6,
                help_text=_assumed(entry),
            )
            if key in kept:
                self.initial[_field(key)] = _shown(Decimal(kept[key]), entry)

    @property
    def values(self) -> dict[str, str]:
        """The values that were filled in, as they are stored: a share is a number from 0 to 1."""
        found = {}
        for key, entry in self.entries.items():
            value = self.cleaned_data.get(_field(key))
            if value is not None:
                found[key] = f"{(value / HUNDRED if entry.unit == 'share' else value).normalize():f}"
        return found


def _field(key: str) -> str:
    return f"value-{key}"


def _shown(value: Decimal, entry: Entry) -> Decimal:
    """A stored number as people write it: a share in per cent."""
    shown = (value * HUNDRED if entry.unit == "share" else value).normalize()
    return shown if shown != shown.to_integral_value() else shown.quantize(Decimal(1))


def _assumed(entry: Entry) -> str:
    """What the field would be if left empty."""
    field = DecimalField()
    value, low, high = (
        None if number is None else field.prepare_value(_shown(number, entry))
        for number in (entry.value, entry.low, entry.high)
    )
    if low is None:
        return _("Assumed: %(value)s.") % {"value": value}
    return _("Assumed: %(value)s, between %(low)s and %(high)s.") % {"value": value, "low": low, "high": high}


class CompareForm(Form):
    """Two versions of the terms."""

    first = forms.TypedChoiceField(label=gettext_lazy("First version"), coerce=int)
    second = forms.TypedChoiceField(label=gettext_lazy("Second version"), coerce=int)

    def __init__(self, *args: Any, versions: Sequence[ContractVersion], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        choices = [
            (
                version.number,
                _("Version %(number)s, %(status)s")
                % {"number": version.number, "status": version.get_status_display().lower()},
            )
            for version in versions
        ]
        for name in ("first", "second"):
            self.fields[name].choices = choices  # type: ignore[attr-defined]

    def clean(self) -> dict[str, Any] | None:
        if self.cleaned_data.get("first") == self.cleaned_data.get("second") is not None:
            self.add_error("second", _("Choose two different versions."))
        return self.cleaned_data

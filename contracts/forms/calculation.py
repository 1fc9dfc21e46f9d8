"""The forms of the calculation: who gains what, how far to look ahead, and the agreement on savings return."""

from decimal import Decimal
from typing import Any

from django import forms
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from actors.forms import DecimalField, Form
from actors.models import Board
from contracts.actions.assumptions import faults_of
from contracts.forms.saving import SavingForm
from contracts.models import Benefit
from contracts.queries.register import CALCULATION_SLOTS, UNITS, Entry
from library.models import UnitCost
from library.states import BudgetHolder

MOST_YEARS = 60
NEW = "new"
SHELF = "shelf:"


class FrameForm(SavingForm):
    """How far to look ahead, and what the parties agree about savings."""

    horizon_years = forms.IntegerField(
        label=gettext_lazy("Years to look ahead"),
        help_text=gettext_lazy("One and five years are always shown as well."),
        min_value=1,
        max_value=40,
    )
    savings_return = forms.CharField(
        label=gettext_lazy("Agreement on savings return"),
        help_text=gettext_lazy(
            "Whose budget is cut when costs fall, by how much and when, and who gets the money. Leave it empty where "
            "everyone keeps what they save."
        ),
        required=False,
        max_length=20_000,
        widget=forms.Textarea(attrs={"rows": 6}),
    )


class BenefitForm(Form):
    """What one budget gains each year. Each of the three numbers is chosen from the register or made here."""

    holder = forms.ChoiceField(label=gettext_lazy("Whose budget gains"))
    board = forms.ChoiceField(label=gettext_lazy("Board"), required=False)
    label = forms.CharField(
        label=gettext_lazy("What is avoided or gained"),
        help_text=gettext_lazy("Such as «days in residential care» or «income tax»."),
        max_length=200,
    )
    metric = forms.ChoiceField(
        label=gettext_lazy("For each outcome of"),
        required=False,
        help_text=gettext_lazy("With an outcome the volume is for each person who reaches it."),
    )
    volume = forms.ChoiceField(label=gettext_lazy("Volume a year"))
    volume_value = DecimalField(
        label=gettext_lazy("New volume a year"),
        help_text=gettext_lazy("How many units are avoided or gained a year; with a minus sign for what is added."),
        required=False,
        max_digits=18,
        decimal_places=6,
    )
    volume_unit = forms.CharField(
        label=gettext_lazy("Unit of the new volume"),
        help_text=gettext_lazy("Such as «days» or «visits»."),
        required=False,
        max_length=60,
    )
    unit_cost = forms.ChoiceField(label=gettext_lazy("What one unit costs"))
    unit_cost_value = DecimalField(
        label=gettext_lazy("New unit cost, kronor"), required=False, max_digits=18, decimal_places=6
    )
    attribution = forms.ChoiceField(
        label=gettext_lazy("Share due to the effort"),
        required=False,
        help_text=gettext_lazy("How much of the change would not have come anyway."),
    )
    attribution_value = DecimalField(
        label=gettext_lazy("New share, per cent"), required=False, max_digits=9, decimal_places=4
    )
    from_year = forms.IntegerField(
        label=gettext_lazy("First year of the gain"),
        help_text=gettext_lazy("Year 1 begins on the first day of the contract."),
        min_value=1,
        max_value=MOST_YEARS,
        initial=1,
    )
    years = forms.IntegerField(label=gettext_lazy("For how many years"), min_value=1, max_value=MOST_YEARS, initial=1)
    is_cashable = forms.BooleanField(
        label=gettext_lazy("It frees money that can be used for something else, not only capacity"), required=False
    )

    def __init__(
        self,
        *args: Any,
        register: dict[str, Entry],
        boards: list[Board],
        metrics: list[tuple[str, str]],
        costs: list[UnitCost],
        benefit: Benefit | None = None,
        **kwargs: Any,
    ) -> None:
        if benefit is not None:
            kwargs["initial"] = _initial(benefit)
        super().__init__(*args, **kwargs)
        self.register, self.costs = register, {f"{SHELF}{cost.key}": cost for cost in costs}
        self.boards = {str(board.pk): board for board in boards}
        self._choose("holder", [("", _("Choose …")), *BudgetHolder.choices])
        self._choose("board", [("", _("No board")), *((pk, str(board)) for pk, board in self.boards.items())])
        if benefit is not None and benefit.metric and benefit.metric not in dict(metrics):
            metrics = [*metrics, (benefit.metric, benefit.metric)]
        self._choose("metric", [("", _("The whole contract, whatever the outcomes")), *metrics])
        free = {key: entry for key, entry in register.items() if not _is_asked(key)}
        new = (NEW, _("A new assumption, written below"))
        volumes, amounts, shares = (
            [(key, entry.label) for key, entry in free.items() if fits(entry.unit)]
            for fits in (
                lambda unit: unit not in {"share", "amount"},
                lambda unit: unit not in {"share", "persons", "months", "times"},
                lambda unit: unit == "share",
            )
        )
        shelf = [(key, _cost(cost)) for key, cost in self.costs.items()]
        grouped = [(_("From the register"), amounts), (_("From the library"), shelf)]
        self._choose("volume", [new, *volumes])
        self._choose("unit_cost", [new, *(group for group in grouped if group[1])])
        self._choose("attribution", [("", _("All of it")), new, *shares])

    def _choose(self, name: str, choices: list[Any]) -> None:
        self.fields[name].choices = choices  # type: ignore[attr-defined]

    def clean(self) -> dict[str, Any]:
        cleaned = super().clean() or {}
        for name, unit in (("volume", ""), ("unit_cost", "amount"), ("attribution", "share")):
            field, value = f"{name}_value", cleaned.get(f"{name}_value")
            if cleaned.get(name) != NEW:
                continue
            if value is None:
                if field not in self.errors:
                    self.add_error(field, _("Write the number, or choose one above."))
                continue
            cleaned[field] = value = value / Decimal(100) if unit == "share" else value
            for _name, fault in faults_of(key="", unit=unit, value=value, low=None, high=None):
                self.add_error(field, fault)
        return cleaned

    @property
    def shelf_cost(self) -> UnitCost | None:
        """The unit cost chosen from the library."""
        return self.costs.get(self.cleaned_data["unit_cost"])

    @property
    def said(self) -> dict[str, Any]:
        """What `add_benefit` takes, besides the keys of its numbers."""
        names = ("holder", "label", "metric", "from_year", "years", "is_cashable")
        found = {name: self.cleaned_data[name] for name in names}
        return {**found, "board": self.boards.get(self.cleaned_data["board"])}

    @property
    def new_numbers(self) -> dict[str, tuple[Decimal, str, str]]:
        """The assumptions to make: which, with value, unit and label."""
        label, data = self.cleaned_data["label"], self.cleaned_data
        units = {"volume": data["volume_unit"] or "value", "unit_cost": "amount", "attribution": "share"}
        labels = {
            "volume": _("%(what)s: volume a year") % {"what": label},
            "unit_cost": _("%(what)s: cost of one unit") % {"what": label},
            "attribution": _("%(what)s: share due to the effort") % {"what": label},
        }
        return {
            name: (data[f"{name}_value"], units[name], labels[name][:200]) for name in units if data.get(name) == NEW
        }


def _is_asked(key: str) -> bool:
    """Whether the terms or the calculation ask for the number: then it is not one that a benefit rests on."""
    return key in CALCULATION_SLOTS or key == "dropout" or key.startswith(("size.", "outcome.", "value.", "cash."))


def _cost(cost: UnitCost) -> str:
    year = f", {cost.price_year}" if cost.price_year else ""
    return f"{cost.name}: {cost.amount:f} {UNITS['amount']}/{cost.unit}{year} ({cost.get_certainty_display()})"


def _initial(benefit: Benefit) -> dict[str, Any]:
    return {
        "holder": benefit.holder,
        "board": str(benefit.board_id or ""),
        "label": benefit.label,
        "metric": benefit.metric,
        "volume": benefit.volume.key,
        "unit_cost": benefit.unit_cost.key,
        "attribution": benefit.attribution.key if benefit.attribution else "",
        "from_year": benefit.from_year,
        "years": benefit.years,
        "is_cashable": benefit.is_cashable,
    }

"""The forms of a measure: on the long list, scored, chosen, defined, approved, and made a metric of the terms."""

from collections.abc import Mapping
from dataclasses import fields
from typing import Any

from django import forms
from django.core.validators import RegexValidator
from django.utils.text import format_lazy
from django.utils.translation import get_language, gettext_lazy
from django.utils.translation import gettext as _

from actors.forms import DecimalField, Form
from contracts.forms.design import text_field, waiting
from contracts.forms.saving import SavingForm
from contracts.measuring import CRITERIA, HIGHEST, LOWEST
from contracts.models import ChainLink, Contract, Measure
from library.states import Area
from rulebook.terms import METRIC_UNITS, MISSING_RULES, Metric

metric_key = RegexValidator(
    r"^[a-z][a-z0-9_-]{0,39}$", gettext_lazy("Begin with a small letter; then small letters, digits, hyphen and _.")
)


class _OfTheChain(forms.ModelChoiceField):  # type: ignore[type-arg]
    """A statement of the contract's effect chain, under its link."""

    def label_from_instance(self, obj: Any) -> str:
        return f"{ChainLink.Link(obj.link).label}: {obj.text}"


def _of_the_chain() -> _OfTheChain:
    return _OfTheChain(
        label=gettext_lazy("What in the effect chain it measures"),
        queryset=ChainLink.objects.none(),
        required=False,
        empty_label=gettext_lazy("Nothing yet"),
    )


def _whole(label: Any, help_text: Any = "", *, required: bool = False, highest: int = 1200) -> forms.IntegerField:
    return forms.IntegerField(
        label=label,
        help_text=help_text,
        required=required,
        min_value=1,
        max_value=highest,
        widget=forms.TextInput(attrs={"inputmode": "numeric", "autocomplete": "off"}),
    )


class NewMeasureForm(Form):
    """A measure of one's own for the long list."""

    name_sv = forms.CharField(
        label=gettext_lazy("Name in Swedish"),
        help_text=gettext_lazy("What is counted, so that anybody understands it: «Närvaro minst 80 % i tre månader»."),
        max_length=200,
    )
    name_en = forms.CharField(label=gettext_lazy("Name in English"), required=False, max_length=200)
    link = _of_the_chain()
    unit = forms.CharField(
        label=gettext_lazy("Unit"),
        help_text=gettext_lazy("Persons, per cent, days, points …"),
        required=False,
        max_length=60,
    )

    def __init__(self, *args: Any, contract: Contract, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["link"].queryset = ChainLink.objects.filter(contract=contract)  # type: ignore[attr-defined]


class TakeForm(Form):
    """The indicator to take from the library, by its key."""

    indicator = forms.SlugField(max_length=60)


class AdoptForm(Form):
    """Which indicators of the library are listed. Anything unknown is left out rather than refused."""

    q = forms.CharField(label=gettext_lazy("Search the indicators"), required=False, max_length=200)
    area = forms.ChoiceField(label=gettext_lazy("Area"), required=False)

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["area"].choices = [("", _("All")), *Area.choices]  # type: ignore[attr-defined]
        self.fields["area"].widget.attrs["data-submit"] = ""


class DefinitionForm(SavingForm):
    """The definition sheet: so exact that two persons who follow it get the same number."""

    name_sv = forms.CharField(label=gettext_lazy("Name in Swedish"), max_length=200)
    name_en = forms.CharField(label=gettext_lazy("Name in English"), required=False, max_length=200)
    key = forms.CharField(
        label=gettext_lazy("Name in the terms"),
        help_text=gettext_lazy("The metric has this id in the terms."),
        max_length=40,
        validators=[metric_key],
    )
    link = _of_the_chain()
    numerator = text_field(
        gettext_lazy("Numerator: what is counted"),
        gettext_lazy("What must have happened for a person or a case to count, with every limit."),
        rows=3,
    )
    denominator = text_field(
        gettext_lazy("Denominator: out of what"),
        gettext_lazy("All whom it could have happened to. For a plain count: say that there is none."),
        rows=3,
    )
    unit = waiting(forms.CharField(label=gettext_lazy("Unit"), max_length=60))
    source_system = waiting(
        forms.CharField(
            label=gettext_lazy("Source system"),
            help_text=gettext_lazy("Where the data stand, such as the case system of the social services."),
            max_length=200,
        )
    )
    extraction = text_field(
        gettext_lazy("How and when data are taken out"),
        gettext_lazy("Who takes them out, on which day, by which search, and what is done with what comes late."),
        rows=3,
    )
    missing = text_field(
        gettext_lazy("When data are missing"),
        gettext_lazy("Left out, counted as failures, last known value … Whoever cannot be reached must not decide."),
        rows=3,
    )
    window = text_field(
        gettext_lazy("Window for each person"),
        gettext_lazy("From when to when something counts for one person. Effects often come after two years."),
        rows=3,
    )
    window_months = _whole(gettext_lazy("Window in months"))
    suppression_threshold = _whole(
        gettext_lazy("Fewest persons that may be shown"),
        gettext_lazy("Smaller groups are hidden outside the parties that may see persons."),
        required=True,
        highest=1000,
    )
    weaknesses = text_field(
        gettext_lazy("Known weaknesses"),
        gettext_lazy("How it can mislead or be gamed, and what is done about that."),
        rows=3,
    )
    kolada_id = forms.CharField(
        label=gettext_lazy("Kolada id"),
        help_text=gettext_lazy("If the same is followed nationally, such as N15428."),
        required=False,
        max_length=20,
    )
    target = waiting(
        DecimalField(
            label=gettext_lazy("Target"),
            help_text=gettext_lazy("The level that the parties aim at, in the unit of the measure."),
            max_digits=16,
            decimal_places=6,
        )
    )

    def __init__(self, *args: Any, contract: Contract, stored: Mapping[str, Any], **kwargs: Any) -> None:
        super().__init__(*args, stored=stored, **kwargs)
        self.fields["link"].queryset = ChainLink.objects.filter(contract=contract)  # type: ignore[attr-defined]


_SCORES = range(LOWEST, HIGHEST + 1)
_CRITERIA = {criterion.key: criterion for criterion in CRITERIA}


def _score(key: str) -> forms.TypedChoiceField:
    criterion = _CRITERIA[key]
    ends = {LOWEST: criterion.low, HIGHEST: criterion.high}
    said = [(n, format_lazy("{} – {}", str(n), ends[n]) if n in ends else str(n)) for n in _SCORES]
    return waiting(
        forms.TypedChoiceField(
            label=criterion.name,
            help_text=criterion.question,
            coerce=int,
            empty_value=None,
            choices=[("", "–"), *said],
        )
    )


class ScoreForm(SavingForm):
    """A score for each of the seven criteria, which may wait."""

    validity = _score("validity")
    sensitivity = _score("sensitivity")
    data_source = _score("data_source")
    legal = _score("legal")
    robustness = _score("robustness")
    power = _score("power")
    cost = _score("cost")
    score_note = text_field(
        gettext_lazy("Why these scores"), gettext_lazy("What the parties should know of the weakest ones."), rows=3
    )

    @property
    def scores(self) -> dict[str, int | None]:
        return {criterion.key: self.cleaned_data[criterion.key] for criterion in CRITERIA}


class ChooseForm(Form):
    """Choose a measure for a use, leave it, or put it back on the list."""

    LEAVE, RELIST = "leave", "relist"

    choice = forms.ChoiceField(label=gettext_lazy("What it is used as"), widget=forms.RadioSelect)
    reason = text_field(
        gettext_lazy("Why"), gettext_lazy("Needed when the measure is not chosen; good to have otherwise."), rows=3
    )

    def __init__(self, *args: Any, measure: Measure, **kwargs: Any) -> None:
        stands = {Measure.Status.CHOSEN: measure.use, Measure.Status.DROPPED: self.LEAVE}.get(
            Measure.Status(measure.status), ""
        )
        kwargs["initial"] = {"choice": stands, "reason": measure.reason}
        super().__init__(*args, **kwargs)
        others = [(self.LEAVE, _("Not chosen"))]
        if measure.status != Measure.Status.CANDIDATE:
            others.append((self.RELIST, _("Back on the long list")))
        self.fields["choice"].choices = [*Measure.Use.choices, *others]  # type: ignore[attr-defined]

    def clean(self) -> dict[str, Any]:
        cleaned = super().clean() or {}
        if cleaned.get("choice") == self.LEAVE and not cleaned.get("reason", "").strip():
            self.add_error(
                "reason", _("Write why the measure is not chosen: the next one who thinks of it needs to know.")
            )
        return cleaned


class ApproveForm(Form):
    """Approval of exactly the definition that was shown."""

    sheet_hash = forms.CharField(widget=forms.HiddenInput, max_length=64)


class MetricForm(Form):
    """What the terms need to know of a measure besides its name and use."""

    level = forms.ChoiceField(label=gettext_lazy("Measured for"), widget=forms.RadioSelect)
    unit = forms.ChoiceField(label=gettext_lazy("Unit"), required=False)
    direction = forms.ChoiceField(label=gettext_lazy("Which way is good"), required=False)
    missing = forms.ChoiceField(
        label=gettext_lazy("If a value is missing"),
        help_text=gettext_lazy("Of what is measured for a group or the whole contract."),
        required=False,
    )
    seen_at = forms.CharField(widget=forms.HiddenInput, required=False, max_length=40)

    def __init__(self, *args: Any, metric: Mapping[str, Any], seen_at: str, **kwargs: Any) -> None:
        names = ("level", "unit", "direction", "missing")
        stands = {name: metric[name] for name in names if isinstance(metric.get(name), str)}
        kwargs["initial"] = {"level": "person", **stands, "seen_at": seen_at}
        super().__init__(*args, **kwargs)
        described = {item.name: item.metadata["shape"] for item in fields(Metric) if "shape" in item.metadata}
        choices = {name: described[name] for name in ("level", "direction")}
        choices |= {"unit": METRIC_UNITS, "missing": MISSING_RULES}
        language = "en" if (get_language() or "sv").startswith("en") else "sv"
        for name, choice in choices.items():
            words = [(option, choice.word(option, language)) for option in choice.options]
            empty = [] if name == "level" else [("", _("As it stands in the terms, or not said"))]
            self.fields[name].choices = [*empty, *words]  # type: ignore[attr-defined]

"""The forms of Kolada's pages: search, whom and when, and what to use the figure for."""

from typing import Any, ClassVar

from django import forms
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from actors.forms import Form
from contracts.models import Measure
from contracts.queries.baseline import GROUP, OWN
from library.kolada import Group, Municipality

NO_GROUP = "-"
MOST_YEARS = 25


class KoladaSearchForm(Form):
    """A word of the title, or the id."""

    q = forms.CharField(
        label=gettext_lazy("Search key figures in Kolada"),
        required=False,
        max_length=100,
        help_text=gettext_lazy("A word of the title, or an id such as N15428."),
        widget=forms.TextInput(attrs={"type": "search", "autocomplete": "off"}),
    )


class KoladaChoiceForm(Form):
    """Which municipality, against which group, which years. Anything that does not fit is replaced, never refused."""

    kommun = forms.ChoiceField(label=gettext_lazy("Municipality or region"), required=False)
    grupp = forms.ChoiceField(label=gettext_lazy("Compare with"), required=False)
    fran = forms.TypedChoiceField(label=gettext_lazy("From the year"), coerce=int, required=False)
    till = forms.TypedChoiceField(label=gettext_lazy("To the year"), coerce=int, required=False)

    names: ClassVar = ("kommun", "grupp", "fran", "till")

    def __init__(
        self, *args: Any, places: list[Municipality], groups: list[Group], years: range, **kwargs: Any
    ) -> None:
        super().__init__(*args, **kwargs)
        found = sorted(places, key=lambda place: (place.kind != "K", place.title.casefold()))
        spans = [(year, str(year)) for year in reversed(years)]
        choices: dict[str, list[Any]] = {
            "kommun": [("", _("Choose …")), *((place.id, place.title) for place in found)],
            "grupp": [*((group.id, group.title) for group in groups), (NO_GROUP, _("No group"))],
            "fran": spans,
            "till": spans,
        }
        for name, its in choices.items():
            self.fields[name].choices = its  # type: ignore[attr-defined]
            self.fields[name].widget.attrs["data-submit"] = ""


class UseAsBaselineForm(Form):
    """Of which measure, which year, and whose value."""

    measure = forms.ModelChoiceField(
        label=gettext_lazy("Measure"), queryset=Measure.objects.none(), empty_label=gettext_lazy("Choose …")
    )
    year = forms.TypedChoiceField(label=gettext_lazy("Year"), coerce=int)
    whose = forms.ChoiceField(label=gettext_lazy("Value"), widget=forms.RadioSelect)

    def __init__(self, *args: Any, measures: Any, years: tuple[int, ...], has_group: bool, **kwargs: Any) -> None:
        latest = years[-1] if years else None
        kwargs["initial"] = {"year": latest, "whose": GROUP if has_group else OWN} | kwargs.get("initial", {})
        super().__init__(*args, **kwargs)
        self.fields["measure"].queryset = measures  # type: ignore[attr-defined]
        self.fields["year"].choices = [(year, str(year)) for year in reversed(years)]  # type: ignore[attr-defined]
        own = (OWN, _("The municipality's own value"))
        mean = (GROUP, _("The comparison group's mean"))
        self.fields["whose"].choices = [mean, own] if has_group else [own]  # type: ignore[attr-defined]

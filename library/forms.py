"""The forms of the library: what a list is narrowed to, and the decisions on an offered template."""

from collections.abc import Iterable
from typing import Any

from django import forms
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from actors.forms import Form
from library.states import BudgetHolder, area_label


class ShelfFilterForm(Form):
    """What a list of the shelf is narrowed to. Anything unknown is left out rather than refused."""

    q = forms.CharField(label=gettext_lazy("Search"), required=False, max_length=200)
    area = forms.ChoiceField(label=gettext_lazy("Area"), required=False)

    def __init__(self, *args: Any, areas: Iterable[str], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        choices = sorted(((area, area_label(area)) for area in areas), key=lambda choice: choice[1].lower())
        self.fields["area"].choices = [("", _("All")), *choices]  # type: ignore[attr-defined]
        self.fields["area"].widget.attrs["data-submit"] = ""

    def chosen(self) -> dict[str, str]:
        self.is_valid()
        return {name: self.cleaned_data.get(name, "") for name in self.fields}


class UnitCostFilterForm(ShelfFilterForm):
    """The same for unit costs, which also belong to a budget."""

    holder = forms.ChoiceField(label=gettext_lazy("Budget holder"), required=False)

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["holder"].choices = [("", _("All")), *BudgetHolder.choices]  # type: ignore[attr-defined]
        self.fields["holder"].widget.attrs["data-submit"] = ""


class SearchForm(Form):
    """Words to look for on the whole shelf."""

    q = forms.CharField(label=gettext_lazy("Search the whole library"), required=False, max_length=200)


class PublishForm(Form):
    """A decision without anything to write."""


class ReasonForm(Form):
    """A decision that its author reads the reason of."""

    reason = forms.CharField(label=gettext_lazy("Why"), widget=forms.Textarea(attrs={"rows": 4}), max_length=5000)

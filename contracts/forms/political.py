"""What the minutes say about a contract."""

from typing import Any

from django import forms
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from actors.forms import DateField, Form
from contracts.models import Contract, PoliticalDecision


class PoliticalDecisionForm(Form):
    """A decision of a board or council. With `corrects`, what it says now is filled in."""

    body = forms.CharField(
        label=gettext_lazy("Board or council"),
        max_length=120,
        help_text=gettext_lazy("For example: kommunstyrelsen, socialnämnden."),
    )
    decided_on = DateField(label=gettext_lazy("Date of the decision"))
    registry_number = forms.CharField(
        label=gettext_lazy("Registry number"),
        max_length=60,
        help_text=gettext_lazy("The number of the matter in the register: KS 2026/123."),
    )
    paragraph = forms.CharField(label=gettext_lazy("Paragraph of the minutes"), max_length=30)
    outcome = forms.ChoiceField(
        label=gettext_lazy("What was decided"), choices=PoliticalDecision.Outcome.choices, widget=forms.RadioSelect
    )
    version = forms.TypedChoiceField(
        label=gettext_lazy("Which version the decision is about"), required=False, coerce=int, empty_value=None
    )
    note = forms.CharField(
        label=gettext_lazy("Note"), required=False, max_length=2000, widget=forms.Textarea(attrs={"rows": 3})
    )

    def __init__(
        self, *args: Any, contract: Contract, corrects: PoliticalDecision | None = None, **kwargs: Any
    ) -> None:
        if corrects is not None:
            names = ("body", "decided_on", "registry_number", "paragraph", "outcome", "note")
            shown = {name: getattr(corrects, name) for name in names}
            kwargs["initial"] = shown | {"version": corrects.version_number}
        super().__init__(*args, **kwargs)
        numbers = contract.versions.order_by("-number").values_list("number", flat=True)
        versions = [(number, _("Version %(number)s") % {"number": number}) for number in numbers]
        self.fields["version"].choices = [("", _("The contract as a whole")), *versions]  # type: ignore[attr-defined]

    @property
    def decision(self) -> dict[str, Any]:
        said = dict(self.cleaned_data)
        return {"version_number": said.pop("version")} | said

"""The forms between a contract and the library: begin from a template, use an indicator, offer a template."""

from collections.abc import Iterable
from typing import Any

from django import forms
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from actors.forms import Form
from contracts.models import Contract
from library.models import ContractTemplate
from library.states import Area


class TemplateChoiceForm(Form):
    """Which template a draft takes in, and that the person knows what it replaces."""

    mall = forms.ChoiceField(label=gettext_lazy("Template"))
    is_confirmed = forms.BooleanField(
        label=gettext_lazy("Replace what the draft holds with the template"), required=False
    )

    def __init__(self, *args: Any, templates: Iterable[ContractTemplate], is_empty: bool, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.templates = {template.key: template for template in templates}
        self.fields["mall"].choices = [  # type: ignore[attr-defined]
            ("", _("Choose …")),
            *((key, template.name) for key, template in self.templates.items()),
        ]
        if is_empty:
            del self.fields["is_confirmed"]

    @property
    def template(self) -> ContractTemplate:
        return self.templates[self.cleaned_data["mall"]]

    @property
    def said_yes(self) -> bool:
        return bool(self.cleaned_data.get("is_confirmed"))


class DraftChoiceForm(Form):
    """In which draft an indicator is to be used."""

    contract = forms.ChoiceField(label=gettext_lazy("Draft"), widget=forms.RadioSelect)

    def __init__(self, *args: Any, drafts: Iterable[Contract], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["contract"].choices = [  # type: ignore[attr-defined]
            (draft.code, f"{draft.code} {draft.name}") for draft in drafts
        ]


class OfferForm(Form):
    """What a template is called on the shelf."""

    name_sv = forms.CharField(label=gettext_lazy("Name in Swedish"), max_length=200)
    name_en = forms.CharField(label=gettext_lazy("Name in English"), max_length=200)
    summary_sv = forms.CharField(
        label=gettext_lazy("Summary in Swedish"),
        max_length=2000,
        widget=forms.Textarea(attrs={"rows": 3}),
        help_text=gettext_lazy("For whom it is, what is paid for, and what you would do otherwise next time."),
    )
    summary_en = forms.CharField(
        label=gettext_lazy("Summary in English"), max_length=2000, widget=forms.Textarea(attrs={"rows": 3})
    )
    area = forms.ChoiceField(label=gettext_lazy("Area"), choices=Area.choices)
    language = forms.ChoiceField(
        label=gettext_lazy("The contract's texts are written in"),
        choices=[("sv", gettext_lazy("Swedish")), ("en", gettext_lazy("English"))],
        widget=forms.RadioSelect,
        initial="sv",
    )

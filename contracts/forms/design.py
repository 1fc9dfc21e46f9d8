"""The forms of the first steps: need, target group and effect chain."""

from typing import TYPE_CHECKING, TypeVar

from django import forms
from django.utils.translation import gettext_lazy

from actors.forms import Form
from contracts.forms.saving import SavingForm
from contracts.models import ChainLink

if TYPE_CHECKING:
    from django_stubs_ext import StrOrPromise


F = TypeVar("F", bound=forms.Field)


def waiting(field: F) -> F:
    """A field that is wanted, but may be saved empty so far: it is not called optional."""
    field.required = False
    field.may_wait = True  # type: ignore[attr-defined]
    return field


def text_field(label: "StrOrPromise", help_text: "StrOrPromise" = "", *, rows: int = 5) -> forms.CharField:
    """A text of some lines that may still be empty."""
    area = forms.Textarea(attrs={"rows": rows})
    return waiting(forms.CharField(label=label, help_text=help_text, max_length=20_000, widget=area))


class NeedForm(SavingForm):
    """Why something should be done."""

    need = text_field(
        gettext_lazy("The need"),
        gettext_lazy("What is the problem, for whom, how many are they, and how do you know?"),
    )
    today = text_field(
        gettext_lazy("What is done today"),
        gettext_lazy("What do they get now, from whom, and what does it cost roughly? Where does it fail?"),
    )
    evidence = text_field(
        gettext_lazy("What is known to help"),
        gettext_lazy("Experience, research, what others have done. Say how sure it is, and where it comes from."),
    )


class TargetGroupForm(SavingForm):
    """Whom it is about."""

    target_population = text_field(
        gettext_lazy("Target population"),
        gettext_lazy("In one or two sentences, such as «pupils in years 7–9 who are absent more than a fifth»."),
        rows=3,
    )
    inclusion = text_field(
        gettext_lazy("Who belongs to it"),
        gettext_lazy("Conditions that two officials would read in the same way: age, place, what has happened, when."),
        rows=4,
    )
    exclusion = text_field(
        gettext_lazy("Who does not"),
        gettext_lazy("Those who fulfil the conditions and still are not offered a place, and why."),
        rows=4,
    )
    expected_participants = waiting(
        forms.IntegerField(
            label=gettext_lazy("How many will take part"),
            help_text=gettext_lazy("Over the whole contract. The fewer they are, the more chance decides."),
            min_value=1,
            max_value=1_000_000,
            widget=forms.TextInput(attrs={"inputmode": "numeric", "autocomplete": "off"}),
        )
    )


class InterventionForm(SavingForm):
    """What will be done, before it is divided into links."""

    intervention = text_field(
        gettext_lazy("Intervention"),
        gettext_lazy("What is done for those who take part, by whom, how often and for how long."),
        rows=4,
    )


class ChainLinkForm(SavingForm):
    """One statement of the chain."""

    link = forms.ChoiceField(label=gettext_lazy("Link"), choices=ChainLink.Link.choices)
    text = forms.CharField(label=gettext_lazy("What happens"), max_length=300)
    grounds = text_field(
        gettext_lazy("Why we believe it"),
        gettext_lazy("Research, experience or an assumption. A chain is as strong as its weakest link."),
        rows=4,
    )


class NewChainLinkForm(Form):
    """A statement to write."""

    link = forms.ChoiceField(label=gettext_lazy("Link"), choices=ChainLink.Link.choices)
    text = forms.CharField(label=gettext_lazy("What happens"), max_length=300)
    grounds = text_field(gettext_lazy("Why we believe it"), rows=3)

"""The forms of signing and of naming people."""

from collections.abc import Sequence
from typing import Any

from django import forms
from django.utils.translation import gettext_lazy

from actors.forms import DateField, Form
from actors.models import Organisation, User
from contracts.models import Delegate, SigningGroup


class SignForm(Form):
    """The hash and the sentence that were shown. What is posted is what was read."""

    document_hash = forms.CharField(widget=forms.HiddenInput, max_length=64)
    intent = forms.CharField(widget=forms.HiddenInput, max_length=1000)


class PasswordForm(Form):
    """The account's password once more."""

    password = forms.CharField(
        label=gettext_lazy("Your password"),
        strip=False,
        max_length=200,
        widget=forms.PasswordInput(attrs={"autocomplete": "current-password"}),
        help_text=gettext_lazy("The one you log in with."),
    )


def _people(people: Sequence[User]) -> list[tuple[str, str]]:
    return [(str(user.pk), f"{user.name} ({user.email})") for user in people]


class SigningGroupForm(Form):
    """Who signs for the organisation, and how many of them."""

    label = forms.CharField(
        label=gettext_lazy("Name of the group"),
        max_length=100,
        help_text=gettext_lazy("For example «Chair of the board and director»."),
    )
    members = forms.MultipleChoiceField(
        label=gettext_lazy("Who may sign"),
        widget=forms.CheckboxSelectMultiple,
        help_text=gettext_lazy("Only those who may sign for the organisation, by their duty or as delegates."),
    )
    needed = forms.IntegerField(label=gettext_lazy("How many of them must sign"), min_value=1, max_value=99, initial=1)
    order = forms.IntegerField(
        label=gettext_lazy("Order within the organisation"),
        min_value=1,
        max_value=99,
        initial=1,
        help_text=gettext_lazy("Groups with a lower number sign first. The same number: in any order."),
    )

    def __init__(self, *args: Any, people: Sequence[User], group: SigningGroup | None = None, **kwargs: Any) -> None:
        if group is not None:
            kwargs["initial"] = {
                "label": group.label,
                "members": [str(user.pk) for user in group.members.all()],
                "needed": group.needed,
                "order": group.order,
            }
        super().__init__(*args, **kwargs)
        self._by_pk = {str(user.pk): user for user in people}
        self.fields["members"].choices = _people(people)  # type: ignore[attr-defined]

    @property
    def group(self) -> dict[str, Any]:
        said = self.cleaned_data
        return said | {"members": [self._by_pk[pk] for pk in said["members"]]}


class TurnsForm(Form):
    """One number for each organisation: lower signs first."""

    def __init__(self, *args: Any, turns: dict[Organisation, int], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self._organisations = {f"turn_{organisation.pk}": organisation for organisation in turns}
        for name, organisation in self._organisations.items():
            self.fields[name] = forms.IntegerField(
                label=str(organisation), min_value=1, max_value=99, initial=turns[organisation]
            )

    @property
    def turns(self) -> dict[Organisation, int]:
        return {organisation: self.cleaned_data[name] for name, organisation in self._organisations.items()}


class DelegateForm(Form):
    """Who may act for the organisation, with what, and when."""

    user = forms.ChoiceField(label=gettext_lazy("Person"))
    may = forms.MultipleChoiceField(
        label=gettext_lazy("May"), choices=Delegate.May.choices, widget=forms.CheckboxSelectMultiple
    )
    from_on = DateField(label=gettext_lazy("From"))
    until_on = DateField(label=gettext_lazy("Until and including"))

    def __init__(self, *args: Any, people: Sequence[User], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self._by_pk = {str(user.pk): user for user in people}
        self.fields["user"].choices = [("", "–"), *_people(people)]  # type: ignore[attr-defined]

    @property
    def delegate(self) -> dict[str, Any]:
        return self.cleaned_data | {"user": self._by_pk[self.cleaned_data["user"]]}

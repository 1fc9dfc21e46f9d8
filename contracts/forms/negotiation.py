"""The forms of the negotiation: comments, and a proposal with a day to answer by."""

from django import forms
from django.utils.translation import gettext_lazy

from actors.forms import DateField, Form


class ProposeForm(Form):
    """By when the parties are asked to answer."""

    answer_by = DateField(
        label=gettext_lazy("Answer by"),
        required=False,
        help_text=gettext_lazy("The parties are reminded before the day. It binds nobody."),
    )


class CommentForm(Form):
    """Something said about a clause, or about the whole text where `clause` is empty."""

    clause = forms.CharField(widget=forms.HiddenInput, required=False, max_length=160)
    text = forms.CharField(
        label=gettext_lazy("Your comment"), max_length=5000, widget=forms.Textarea(attrs={"rows": 3})
    )


class ReplyForm(Form):
    """An answer to a comment."""

    text = forms.CharField(label=gettext_lazy("Your answer"), max_length=5000, widget=forms.Textarea(attrs={"rows": 2}))

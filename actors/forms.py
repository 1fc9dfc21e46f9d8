"""The forms every app builds on."""

from django import forms


class Form(forms.Form):
    """Base of every form."""


class ModelForm(forms.ModelForm):  # type: ignore[type-arg]
    """Base of every form of a row."""

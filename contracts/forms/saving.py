"""A form that carries what its writer saw, so that nobody is overwritten (`contracts.actions.saving`)."""

import json
from collections.abc import Mapping
from datetime import date
from decimal import Decimal
from typing import Any

from django import forms
from django.core.exceptions import ValidationError

from actors.forms import Form


class SavingForm(Form):
    """A form of some fields of a row. `stored` is what stands in them now; fields that are not in it are left out."""

    seen = forms.CharField(widget=forms.HiddenInput, required=False, max_length=400_000)

    def __init__(self, *args: Any, stored: Mapping[str, Any], **kwargs: Any) -> None:
        shown = {name: _as_text(value) for name, value in stored.items()}
        kwargs["initial"] = {**stored, "seen": json.dumps(shown)}
        super().__init__(*args, **kwargs)
        for name in set(self.fields) - set(stored) - {"seen"}:
            del self.fields[name]

    @property
    def changes(self) -> dict[str, Any]:
        """What is written in the fields, lines divided as the database keeps them."""
        return {
            name: value.replace("\r\n", "\n") if isinstance(value, str) else value
            for name, value in self.cleaned_data.items()
            if name != "seen"
        }

    @property
    def seen_values(self) -> dict[str, Any]:
        """What stood in the fields when the page was drawn. Text that is not ours counts as nothing seen."""
        try:
            shown = json.loads(self.cleaned_data.get("seen") or "{}")
        except ValueError:
            return {}
        if not isinstance(shown, dict):
            return {}
        return {n: _from_text(self.fields[n], text) for n, text in shown.items() if n in self.fields}

    def show_again(self, stored: Mapping[str, Any]) -> None:
        """Draw the writer's own text again, now knowing what the colleague wrote: saving once more is deliberate."""
        data = dict(self.data.items())
        shown = {name: _as_text(value) for name, value in self.seen_values.items()}
        data["seen"] = json.dumps(shown | {name: _as_text(value) for name, value in stored.items()})
        self.data = data

    def theirs(self, stored: Mapping[str, Any]) -> list[tuple[str, str]]:
        """What the colleague wrote, with the labels of the form, choices in words."""
        return [(str(self.fields[name].label), self._said(name, value)) for name, value in stored.items()]

    def _said(self, name: str, value: Any) -> str:
        choices = getattr(self.fields[name], "choices", None)
        if choices is not None:
            key = "" if value is None else str(getattr(value, "pk", value))
            return str(dict(_flat(choices)).get(key, value) or "–")
        return str(self.fields[name].prepare_value(value) if value not in (None, "") else "–")


def _flat(choices: Any) -> list[tuple[str, str]]:
    found: list[tuple[str, str]] = []
    for key, label in choices:
        if isinstance(label, list | tuple):
            found += _flat(label)
        else:
            found.append((str(getattr(key, "value", key) or ""), str(label)))
    return found


def _as_text(value: Any) -> str:
    if value is None:
        return ""
    if isinstance(value, date):
        return value.isoformat()
    if isinstance(value, Decimal):
        return f"{value:f}"
    return str(getattr(value, "pk", value))


def _from_text(field: forms.Field, text: Any) -> Any:
    if isinstance(field, forms.BooleanField):
        return text == "True"
    if isinstance(field, forms.CharField):
        return text
    for read in (field.clean, field.to_python):  # the one gives choices their type, the other lets empty fields pass
        try:
            return read(str(text))
        except ValidationError:
            continue
    return text

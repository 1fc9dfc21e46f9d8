"""The forms of the negotiation: comments, a proposal with a day to answer by, and a variant to bring in."""

from collections.abc import Sequence
from typing import Any

from django import forms
from django.core.exceptions import ValidationError
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from actors.forms import DateField, Form
from contracts.forms.contract import TERMS_MAX_BYTES, read_document, text_of
from contracts.models import ContractVersion


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


class MergeForm(Form):
    """Another variant of the terms, and the version it was begun from."""

    base = forms.ChoiceField(
        label=gettext_lazy("The version it was begun from"),
        help_text=gettext_lazy("What differs from that version is what is brought in."),
    )
    source = forms.ChoiceField(label=gettext_lazy("The variant"))
    file = forms.FileField(
        label=gettext_lazy("The file, where the variant is a file"),
        required=False,
        widget=forms.FileInput(attrs={"accept": ".json,application/json"}),
        help_text=gettext_lazy("A JSON file of at most 1 MB, such as one that was downloaded here and changed."),
    )
    text = forms.CharField(required=False, strip=False, widget=forms.HiddenInput, max_length=TERMS_MAX_BYTES)
    seen_at = forms.CharField(required=False, widget=forms.HiddenInput, max_length=40)

    theirs: Any

    def __init__(self, *args: Any, versions: Sequence[ContractVersion], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self._versions = {str(version.number): version for version in versions}
        named = [
            (number, _("Version %(number)s – %(status)s") % {"number": number, "status": v.get_status_display()})
            for number, v in self._versions.items()
        ]
        self.fields["base"].choices = named  # type: ignore[attr-defined]
        self.fields["source"].choices = [("file", _("A file")), *named]  # type: ignore[attr-defined]

    def clean(self) -> dict[str, Any]:
        cleaned = super().clean() or {}
        source = cleaned.get("source")
        if source and source != "file":
            self.theirs = self._versions[source].terms
        elif source:
            self._read(cleaned)
        return cleaned

    def _read(self, cleaned: dict[str, Any]) -> None:
        upload, text = cleaned.get("file"), cleaned.get("text") or ""
        try:
            if upload is not None:
                text = text_of(upload)
            elif not text:
                raise ValidationError(_("Choose the file."))
            self.theirs = read_document(text)
        except ValidationError as error:
            self.add_error("file", error)
        else:
            self.data = self.data.copy() if hasattr(self.data, "copy") else dict(self.data)
            self.data["text"] = text

    @property
    def begun_from(self) -> ContractVersion:
        return self._versions[self.cleaned_data["base"]]

    @property
    def choices(self) -> dict[str, str]:
        """Which side each conflict takes, by its path."""
        return {key.removeprefix("side:"): self.data[key] for key in self.data if key.startswith("side:")}

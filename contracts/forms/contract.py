"""The forms of contracts, parties and terms."""

import json
from collections.abc import Iterable, Iterator
from datetime import datetime
from decimal import Decimal, InvalidOperation
from typing import TYPE_CHECKING, Any, NoReturn

from django import forms
from django.core.exceptions import ValidationError
from django.core.files.uploadedfile import UploadedFile
from django.utils.dateparse import parse_datetime
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from actors.forms import IDENTITY_NUMBER_REFUSED, AmountField, DateField, Form
from actors.identity import contains_identity_number
from actors.models import Board, Organisation
from actors.roles import PARTY_ROLES, Role
from contracts.forms.saving import SavingForm
from contracts.models import Contract, ContractParty, DataRole, party_key
from contracts.states import ContractStatus
from library.models import ContractTemplate

if TYPE_CHECKING:
    from django_stubs_ext import StrOrPromise

TERMS_MAX_BYTES = 1024 * 1024
MOST_DIGITS = 40  # of a number in the terms, before and after the decimal sign


def _text(label: "StrOrPromise", *, rows: int = 4) -> forms.CharField:
    return forms.CharField(label=label, required=False, widget=forms.Textarea(attrs={"rows": rows}), max_length=20_000)


# --- The list ------------------------------------------------------------------------------------------------------


class FilterForm(Form):
    """What the list is narrowed to. Anything unknown is left out rather than refused."""

    q = forms.CharField(label=gettext_lazy("Search name, code or party"), required=False, max_length=200)
    status = forms.ChoiceField(label=gettext_lazy("Status"), required=False)
    role = forms.ChoiceField(label=gettext_lazy("Your role"), required=False)

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["status"].choices = [("", _("All")), *ContractStatus.choices]  # type: ignore[attr-defined]
        self.fields["role"].choices = [("", _("All")), *Role.choices]  # type: ignore[attr-defined]
        for name in ("status", "role"):
            self.fields[name].widget.attrs["data-submit"] = ""


# --- The contract --------------------------------------------------------------------------------------------------


class _ContractForm(Form):
    name = forms.CharField(label=gettext_lazy("Name"), max_length=200)
    summary = _text(gettext_lazy("Summary"))
    target_population = _text(gettext_lazy("Target population"), rows=3)
    intervention = _text(gettext_lazy("Intervention"), rows=3)
    starts_on = DateField(label=gettext_lazy("First day"))
    ends_on = DateField(label=gettext_lazy("Last day"))

    def clean(self) -> dict[str, Any]:
        cleaned = super().clean() or {}
        starts_on, ends_on = cleaned.get("starts_on"), cleaned.get("ends_on")
        if starts_on and ends_on and ends_on <= starts_on:
            self.add_error("ends_on", _("The last day, %(day)s, must come after the first.") % {"day": ends_on})
        return cleaned


class ContractDraftForm(_ContractForm):
    """A new contract, from a template of the library or from nothing. What a template says fills texts left empty."""

    mall = forms.ChoiceField(
        label=gettext_lazy("Begin from"),
        required=False,
        help_text=gettext_lazy("A template gives you texts, effect chain, measures, terms, assumptions and gains."),
    )
    field_order = ("mall", "name", "starts_on", "ends_on")

    def __init__(self, *args: Any, templates: Iterable[ContractTemplate] = (), mall: str = "", **kwargs: Any) -> None:
        self._templates = {template.key: template for template in templates}
        known = self._templates.get(mall)
        kwargs["initial"] = {"mall": mall, "name": known.name} if known else {}
        super().__init__(*args, **kwargs)
        choices = [(key, template.name) for key, template in self._templates.items()]
        self.fields["mall"].choices = [("", _("Nothing: I write everything myself")), *choices]  # type: ignore[attr-defined]

    @property
    def template(self) -> ContractTemplate | None:
        return self._templates.get(self.cleaned_data["mall"])

    @property
    def shown_template(self) -> ContractTemplate | None:
        """The template that stands chosen in the page."""
        return self._templates.get(str(self["mall"].value() or ""))

    @property
    def fields_of_the_contract(self) -> dict[str, Any]:
        return {name: value for name, value in self.cleaned_data.items() if name != "mall"}

    @property
    def details(self) -> list[forms.BoundField]:
        """The texts, which can wait."""
        return [self[name] for name in ("summary", "target_population", "intervention")]

    @property
    def first_fields(self) -> list[forms.BoundField]:
        return [self[name] for name in self.field_order]

    @property
    def details_have_errors(self) -> bool:
        return any(field.errors for field in self.details)


class ContractEditForm(SavingForm, _ContractForm):
    """What may still be changed about a contract."""

    committed_capital = AmountField(
        label=gettext_lazy("Capital committed by the investor"), required=False, min_value=Decimal(0)
    )
    drawn_capital = AmountField(label=gettext_lazy("Capital drawn so far"), required=False, min_value=Decimal(0))
    open_to_support = forms.BooleanField(
        label=gettext_lazy("Share terms and totals with the national support"), required=False
    )

    def __init__(self, *args: Any, contract: Contract, editable: frozenset[str], **kwargs: Any) -> None:
        super().__init__(*args, stored={name: getattr(contract, name) for name in editable}, **kwargs)


# --- Parties -------------------------------------------------------------------------------------------------------


class WhoForm(Form):
    """Which organisation. An organisation and its boards are one choice, so none can mismatch."""

    who = forms.ChoiceField(label=gettext_lazy("Organisation or board"))

    def __init__(self, *args: Any, organisations: list[Organisation], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self._known = {_who(o, b): (o, b) for o in organisations for b in (None, *o.boards.all())}
        choices: list[Any] = [("", _("Choose …"))]
        for organisation in organisations:
            boards = [(_who(organisation, board), str(board)) for board in organisation.boards.all()]
            whole = (_who(organisation, None), str(organisation))
            choices.append((str(organisation), [whole, *boards]) if boards else whole)
        self.fields["who"].choices = choices  # type: ignore[attr-defined]

    def clean_who(self) -> tuple[Organisation, Board | None]:
        return self._known[self.cleaned_data["who"]]


class PartyForm(WhoForm):
    """Who, as what, and what the terms call it."""

    role = forms.ChoiceField(label=gettext_lazy("Role"), choices=[(role.value, role.label) for role in PARTY_ROLES])
    key = forms.CharField(
        label=gettext_lazy("Name in the terms"),
        required=False,
        max_length=40,
        validators=[party_key],
        help_text=gettext_lazy("Small letters a–z, digits, hyphen and underscore. Leave it empty to get a suggestion."),
    )
    data_role = forms.ChoiceField(
        label=gettext_lazy("Role in data protection"),
        required=False,
        choices=[("", gettext_lazy("Not decided yet")), *DataRole.choices],
        help_text=gettext_lazy("Who decides why and how personal data are handled is a controller."),
    )

    def __init__(
        self,
        *args: Any,
        organisations: list[Organisation],
        party: ContractParty | None = None,
        open_keys: Iterable[str] = (),
        **kwargs: Any,
    ) -> None:
        if party is not None:
            shown = {"role": party.role, "key": party.key, "data_role": party.data_role}
            kwargs["initial"] = {"who": _who(party.organisation, party.board), **shown}
        super().__init__(*args, organisations=organisations, **kwargs)
        waiting = ", ".join(open_keys)
        if party is not None:
            self.fields["key"].required = True
            self.fields["key"].help_text = _("Small letters a–z, digits, hyphen and underscore.")
        if waiting:
            self.fields["key"].help_text = _(
                "The draft terms name parties that are not here yet: %(keys)s. Leave the field empty to get the one "
                "that fits the role."
            ) % {"keys": waiting}

    @property
    def party(self) -> dict[str, Any]:
        role = Role(self.cleaned_data["role"])
        kept = {name: self.cleaned_data[name] for name in ("key", "data_role")}
        organisation, board = self.cleaned_data["who"]
        return {"organisation": organisation, "board": board, "role": role, **kept}


def _who(organisation: Organisation, board: Board | None) -> str:
    return f"{organisation.pk}:{board.pk}" if board else str(organisation.pk)


# --- Terms ---------------------------------------------------------------------------------------------------------


class TermsForm(Form):
    """The draft of the terms as one JSON document, written or uploaded, and when it takes effect."""

    effective_on = DateField(label=gettext_lazy("Takes effect"))
    note = _text(gettext_lazy("What is new"), rows=2)
    text = forms.CharField(
        label=gettext_lazy("The terms, as JSON"),
        strip=False,
        max_length=TERMS_MAX_BYTES,
        widget=forms.Textarea(attrs={"rows": 28, "class": "code", "spellcheck": "false", "autocomplete": "off"}),
    )
    file = forms.FileField(
        label=gettext_lazy("Or choose a file with the terms"),
        required=False,
        widget=forms.FileInput(attrs={"accept": ".json,application/json"}),
        help_text=gettext_lazy("A JSON file of at most 1 MB. It replaces the text above."),
    )
    seen_at = forms.CharField(widget=forms.HiddenInput, max_length=40)

    document: dict[str, Any]

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["text"].required = not self.files.get("file")

    def clean_file(self) -> str:
        upload = self.cleaned_data.get("file")
        return "" if upload is None else text_of(upload)

    def clean(self) -> dict[str, Any]:
        cleaned = super().clean() or {}
        place = "file" if cleaned.get("file") else "text"
        text = cleaned.get("file") or cleaned.get("text") or ""
        if not self.errors.get("text") and not self.errors.get("file"):
            try:
                self.document = read_document(text)
            except ValidationError as error:
                self.add_error(place, error)
        return cleaned

    def clean_seen_at(self) -> datetime:
        try:
            seen_at = parse_datetime(self.cleaned_data["seen_at"])
        except ValueError:
            seen_at = None
        if seen_at is None:
            raise ValidationError(_("The page does not say which draft you read. Open it again."))
        return seen_at

    def show_again(self, **values: str) -> None:
        """Draw the page again with other values in the hidden fields, and the uploaded text where it can be read."""
        data = dict(self.data.items())
        data.update(values)
        if self.cleaned_data.get("file"):
            data["text"] = self.cleaned_data["file"]
        self.data = data


def text_of(upload: "UploadedFile[Any]") -> str:
    """The text of an uploaded file with terms. Raises ValidationError that says what is wrong with it."""
    if (upload.size or 0) > TERMS_MAX_BYTES:
        raise ValidationError(_("The file is larger than 1 MB. Terms are far smaller: is it the right file?"))
    try:
        text: str = upload.read().decode("utf-8-sig")
    except UnicodeDecodeError:
        raise ValidationError(_("The file is not text in UTF-8. Save it as JSON in UTF-8.")) from None
    if contains_identity_number(text):
        raise ValidationError(str(IDENTITY_NUMBER_REFUSED), code="identity_number")
    return text


def read_document(text: str) -> dict[str, Any]:
    """The JSON object in the text, numbers exact. Raises ValidationError that says where it cannot be read."""
    try:
        document = json.loads(text, parse_float=_exact, parse_constant=_no_constant, object_pairs_hook=_no_double_keys)
    except json.JSONDecodeError as error:
        raise ValidationError(
            _("The text is not JSON: it cannot be read from line %(line)s, character %(column)s on. (%(what)s)")
            % {"line": error.lineno, "column": error.colno, "what": error.msg}
        ) from None
    except (ValueError, RecursionError):
        raise ValidationError(_("The text holds a number or a nesting that is too large to be terms.")) from None
    if not isinstance(document, dict):
        raise ValidationError(_("Terms are one JSON object: they begin with { and end with }."))
    if any(_cannot_be_stored(string) for string in _strings(document)):
        raise ValidationError(
            _("The text holds a character that cannot be stored. Remove \\u0000 and broken \\ud800 pairs.")
        )
    if any(contains_identity_number(string) for string in _strings(document)):  # spelt with \u0031 for 1
        raise ValidationError(str(IDENTITY_NUMBER_REFUSED), code="identity_number")
    return document


def _exact(text: str) -> Decimal:
    """A number with decimals or an exponent. 1e999999999 would fill the memory when it is written out."""
    try:
        number = Decimal(text)
    except InvalidOperation as error:
        raise ValueError(text) from error
    if abs(number.adjusted()) > MOST_DIGITS or len(text) > 2 * MOST_DIGITS:
        raise ValueError(text)
    return number


def _no_constant(name: str) -> NoReturn:
    raise ValidationError(_("%(name)s is not a number that can be used. Write digits.") % {"name": name})


def _no_double_keys(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    """JSON lets the last of two equal keys win; in terms that would drop a promise without a word."""
    found: dict[str, Any] = {}
    for key, value in pairs:
        if key in found:
            raise ValidationError(
                _("The key «%(key)s» stands twice in the same object. Keep one of them.") % {"key": key}
            )
        found[key] = value
    return found


def _strings(value: Any) -> Iterator[str]:
    if isinstance(value, dict):
        for key, item in value.items():
            yield key
            yield from _strings(item)
    elif isinstance(value, list):
        for item in value:
            yield from _strings(item)
    elif isinstance(value, str):
        yield value


def _cannot_be_stored(text: str) -> bool:
    return "\x00" in text or any("\ud800" <= character <= "\udfff" for character in text)


# --- Decisions -----------------------------------------------------------------------------------------------------


class DecisionForm(Form):
    """A decision without anything to write."""


class AcceptForm(Form):
    """Acceptance of exactly the hash that was shown."""

    document_hash = forms.CharField(widget=forms.HiddenInput, max_length=64)


class ReturnForm(Form):
    reason = forms.CharField(
        label=gettext_lazy("Why you return the proposal"), widget=forms.Textarea(attrs={"rows": 4}), max_length=5000
    )


class NoteForm(Form):
    reason = forms.CharField(
        label=gettext_lazy("A note for the parties"),
        required=False,
        widget=forms.Textarea(attrs={"rows": 3}),
        max_length=5000,
    )


class TerminateForm(Form):
    reason = forms.CharField(
        label=gettext_lazy("Why the contract is terminated"),
        widget=forms.Textarea(attrs={"rows": 4}),
        max_length=5000,
    )
    typed_code = forms.CharField(label=gettext_lazy("Write the contract's code to confirm"), max_length=30)

    def __init__(self, *args: Any, code: str, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.code = code
        self.fields["typed_code"].help_text = _("The code is %(code)s.") % {"code": code}

    def clean_typed_code(self) -> str:
        typed: str = self.cleaned_data["typed_code"].strip()
        if typed.upper() != self.code.upper():
            raise ValidationError(
                _("You wrote «%(typed)s», but the contract's code is %(code)s."),
                params={"typed": typed, "code": self.code},
            )
        return typed


class AmendForm(Form):
    effective_on = DateField(label=gettext_lazy("Takes effect"))
    note = forms.CharField(
        label=gettext_lazy("What is new"),
        required=False,
        widget=forms.Textarea(attrs={"rows": 3}),
        max_length=5000,
        help_text=gettext_lazy("The parties read it beside the new terms."),
    )

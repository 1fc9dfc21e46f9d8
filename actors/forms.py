"""The forms every app builds on, and the forms of people and organisations.

Every form inherits Form or ModelForm: they refuse personal identity numbers wherever they are entered, and the number
is shown neither in the error nor in the page that comes back. Amounts and numbers are read as people write them.
"""

import re
import unicodedata
from decimal import Decimal
from typing import Any, ClassVar

from django import forms
from django.contrib.auth import password_validation
from django.contrib.auth.forms import AuthenticationForm, SetPasswordForm
from django.core.exceptions import ValidationError
from django.core.files.uploadedfile import UploadedFile
from django.utils.formats import get_format
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from actors.identity import contains_identity_number
from actors.models import ApiToken, Board, Organisation, User
from actors.roles import Duty

IDENTITY_NUMBER_REFUSED = gettext_lazy(
    "This looks like a personal identity number, and has been removed. Utfall never holds such numbers; "
    "use the participant's pseudonym."
)


class RefusesIdentityNumbers(forms.BaseForm):
    """Looks at everything that was sent before any field does."""

    use_required_attribute = False  # the server's messages are better than the browser's

    def full_clean(self) -> None:
        refused = self._remove_identity_numbers() if self.is_bound else []
        super().full_clean()
        for name in refused:
            error = ValidationError(str(IDENTITY_NUMBER_REFUSED), code="identity_number")
            self.errors[name] = self.error_class([error], renderer=self.renderer)
            self.cleaned_data.pop(name, None)

    def _remove_identity_numbers(self) -> list[str]:
        """Blank what holds one, in the data that the page is drawn from again; the names of the fields concerned."""
        refused = [name for name in self.fields if _holds_one(self[name].data)]
        if refused:
            data = self.data.copy() if hasattr(self.data, "copy") else dict(self.data)
            for key in list(data):
                values = data.getlist(key) if hasattr(data, "getlist") else [data[key]]
                if any(_holds_one(value) for value in values):
                    data[key] = ""
            self.data = data
        return refused


def _holds_one(value: Any) -> bool:
    if isinstance(value, UploadedFile):
        return contains_identity_number(value.name or "")
    if isinstance(value, list | tuple):
        return any(_holds_one(item) for item in value)
    return isinstance(value, str) and contains_identity_number(value)


class Form(RefusesIdentityNumbers, forms.Form):
    """Base of every form."""


class ModelForm(RefusesIdentityNumbers, forms.ModelForm):  # type: ignore[type-arg]
    """Base of every form of a row. Name AmountField, DecimalField and DateField in `Meta.field_classes`."""


# --- Numbers and dates as people write them --------------------------------------------------------------------------

_NUMBER = re.compile(r"-?(?:\d+|\d{1,3}(?: \d{3})+)(?:[.,]\d+)?")


def read_number(text: str) -> Decimal | None:
    """`1 234,50`, `1234.50`, `−12`, with any kind of space between thousands; None when it is not a number.

    A comma and a point in the same number are not guessed at.
    """
    plain = unicodedata.normalize("NFKC", text).strip()
    plain = re.sub(r"\s", " ", plain).replace("−", "-").replace("–", "-")
    if not _NUMBER.fullmatch(plain):
        return None
    return Decimal(plain.replace(" ", "").replace(",", "."))


class DecimalField(forms.DecimalField):
    """A number with a decimal comma or point, spaces between thousands, and either minus sign."""

    widget = forms.TextInput
    default_error_messages: ClassVar = {
        "invalid": gettext_lazy("«%(value)s» is not a number. Write digits with a decimal comma, such as 1 234,50."),
        "max_decimal_places": gettext_lazy("Write at most %(max)s decimals."),
        "max_digits": gettext_lazy("The number is too long: write at most %(max)s digits."),
        "max_whole_digits": gettext_lazy("The number is too large: write at most %(max)s digits before the decimals."),
    }

    def to_python(self, value: Any) -> Decimal | None:  # type: ignore[override] # the stubs' own slip
        if value in self.empty_values:
            return None
        if isinstance(value, Decimal | int):
            return Decimal(value)
        number = read_number(str(value))
        if number is None:
            raise ValidationError(self.error_messages["invalid"], code="invalid", params={"value": value})
        return number

    def prepare_value(self, value: Any) -> Any:
        if isinstance(value, Decimal | int) and not isinstance(value, bool):
            return f"{value:f}".replace(".", get_format("DECIMAL_SEPARATOR"))
        return value

    def widget_attrs(self, widget: forms.Widget) -> dict[str, Any]:
        return {"inputmode": "decimal", "autocomplete": "off"}


class AmountField(DecimalField):
    """An amount of money with at most two decimals."""

    def __init__(self, **options: Any) -> None:
        super().__init__(**({"max_digits": 14, "decimal_places": 2} | options))

    def to_python(self, value: Any) -> Decimal | None:  # type: ignore[override] # the stubs' own slip
        return super().to_python(re.sub(r"\s*(kr|SEK)\.?$", "", value) if isinstance(value, str) else value)


class DateField(forms.DateField):
    """An ISO date, whatever the language: 2026-11-03."""

    widget = forms.DateInput(format="%Y-%m-%d", attrs={"type": "date"})
    default_error_messages: ClassVar = {"invalid": gettext_lazy("Write the date as year-month-day: 2026-11-03.")}

    def __init__(self, **options: Any) -> None:
        super().__init__(**({"input_formats": ["%Y-%m-%d"]} | options))


# --- People and organisations ----------------------------------------------------------------------------------------

_CURRENT = forms.PasswordInput(attrs={"autocomplete": "current-password"})
_NEW = {"autocomplete": "new-password"}
PASSWORD_HELP = gettext_lazy("At least 12 characters. A few words that only you would put together work well.")


class LoginForm(RefusesIdentityNumbers, AuthenticationForm):
    """Log in. What looks like an identity number never reaches the log of failed attempts."""

    error_messages = {
        "invalid_login": gettext_lazy(
            "The e-mail address and the password do not belong together. After five failures the account is locked "
            "for a quarter of an hour."
        ),
        "inactive": gettext_lazy("The account is closed."),
    }

    def __init__(self, *arguments: Any, **options: Any) -> None:
        super().__init__(*arguments, **options)
        self.fields["username"].label = _("E-mail address")
        self.fields["username"].widget = forms.EmailInput(attrs={"autocomplete": "username"})
        self.fields["password"].label = _("Password")
        self.fields["password"].widget = _CURRENT

    def clean_username(self) -> str:
        """One spelling, so that failed attempts are counted together."""
        return str(self.cleaned_data["username"]).strip().lower()


class PasswordResetForm(Form):
    """Ask for a link to set a new password."""

    email = forms.EmailField(
        label=gettext_lazy("E-mail address"), widget=forms.EmailInput(attrs={"autocomplete": "username"})
    )


class NewPasswordForm(RefusesIdentityNumbers, SetPasswordForm):  # type: ignore[type-arg]
    """Set a new password, written twice."""

    def __init__(self, *arguments: Any, **options: Any) -> None:
        super().__init__(*arguments, **options)
        self.fields["new_password1"].label = _("New password")
        self.fields["new_password1"].help_text = str(PASSWORD_HELP)
        self.fields["new_password2"].label = _("The new password once more")
        self.fields["new_password2"].help_text = ""


class PasswordChangeForm(NewPasswordForm):
    """Change one's password, knowing the old one."""

    old_password = forms.CharField(label=gettext_lazy("Present password"), strip=False, widget=_CURRENT)
    field_order = ["old_password", "new_password1", "new_password2"]

    def clean_old_password(self) -> str:
        password = str(self.cleaned_data["old_password"])
        if not self.user.check_password(password):
            raise ValidationError(_("This is not your present password."), code="wrong")
        return password


class AcceptInvitationForm(Form):
    """Name and password of a new person."""

    name = forms.CharField(
        label=gettext_lazy("Your name"), max_length=200, widget=forms.TextInput(attrs={"autocomplete": "name"})
    )
    password = forms.CharField(
        label=gettext_lazy("Choose a password"), help_text=PASSWORD_HELP, strip=False, widget=forms.PasswordInput(_NEW)
    )
    password_again = forms.CharField(
        label=gettext_lazy("The password once more"), strip=False, widget=forms.PasswordInput(_NEW)
    )

    def __init__(self, *arguments: Any, email: str, **options: Any) -> None:
        super().__init__(*arguments, **options)
        self.email = email

    def clean_password(self) -> str:
        password = str(self.cleaned_data["password"])
        password_validation.validate_password(password, User(email=self.email, name=self.cleaned_data.get("name", "")))
        return password

    def clean(self) -> None:
        if "password" in self.cleaned_data and self.cleaned_data["password"] != self.cleaned_data.get("password_again"):
            self.add_error("password_again", ValidationError(_("The two passwords differ."), code="differ"))


class AccountForm(ModelForm):
    """One's name, language, and how often one wants letters."""

    class Meta:
        model = User
        fields = ("name", "language", "notices")
        labels: ClassVar = {
            "name": gettext_lazy("Name"),
            "language": gettext_lazy("Language"),
            "notices": gettext_lazy("E-mail about what happens in your contracts"),
        }
        help_texts: ClassVar = {"notices": gettext_lazy("The notices are always on your page Notices as well.")}
        widgets: ClassVar = {"language": forms.RadioSelect, "notices": forms.RadioSelect}


def _duties() -> forms.MultipleChoiceField:
    return forms.MultipleChoiceField(
        label=gettext_lazy("Duties"), choices=Duty.choices, widget=forms.CheckboxSelectMultiple
    )


class InvitationForm(Form):
    """Whom to invite, to what."""

    email = forms.EmailField(label=gettext_lazy("E-mail address"), max_length=254)
    name = forms.CharField(label=gettext_lazy("Name"), max_length=200)
    duties = _duties()
    board = forms.ModelChoiceField(
        label=gettext_lazy("Board"),
        queryset=Board.objects.none(),
        required=False,
        empty_label=gettext_lazy("The whole organisation"),
        help_text=gettext_lazy("With a board, the person reaches only that board's contracts."),
    )

    def __init__(self, *arguments: Any, organisation: Organisation, **options: Any) -> None:
        super().__init__(*arguments, **options)
        boards = organisation.boards.order_by("name")
        if boards.exists():
            self.fields["board"].queryset = boards  # type: ignore[attr-defined]
        else:
            del self.fields["board"]


class DutiesForm(Form):
    """A member's duties."""

    duties = _duties()


class BoardForm(Form):
    """A board to add."""

    name = forms.CharField(label=gettext_lazy("Name of the board"), max_length=200)


class TokenForm(Form):
    """A token to make."""

    name = forms.CharField(
        label=gettext_lazy("What is the token for?"),
        max_length=100,
        help_text=gettext_lazy("For example: the case system"),
    )
    scopes = forms.MultipleChoiceField(
        label=gettext_lazy("What may it do?"), choices=ApiToken.Scope.choices, widget=forms.CheckboxSelectMultiple
    )
    days = forms.TypedChoiceField(
        label=gettext_lazy("How long shall it last?"),
        choices=[(30, gettext_lazy("30 days")), (90, gettext_lazy("90 days")), (365, gettext_lazy("A year"))],
        coerce=int,
        initial=90,
        widget=forms.RadioSelect,
    )

"""What is entered: identity numbers are refused and not repeated; numbers and dates are read as people write them."""

from decimal import Decimal
from typing import Any

import pytest
from django import forms
from django.core.files.uploadedfile import SimpleUploadedFile, UploadedFile
from django.http import QueryDict
from django.utils import translation
from django.utils.datastructures import MultiValueDict

from actors.forms import AmountField, DateField, DecimalField, Form, read_number
from tests.actors.people import identity_number

NUMBER = identity_number(separator="-")


class Example(Form):
    note = forms.CharField()
    place = forms.CharField()
    choices = forms.MultipleChoiceField(choices=[("a", "A")], required=False)
    file = forms.FileField(required=False)


def test_an_identity_number_is_refused_and_not_repeated() -> None:
    form = Example({"note": f"Gäller {NUMBER}", "place": "Nordviken"})
    assert not form.is_valid()
    assert form.errors["note"].as_data()[0].code == "identity_number"
    assert form.cleaned_data == {"place": "Nordviken", "choices": [], "file": None}
    assert NUMBER[:8] not in form.as_p() + str(form.errors) + str(form.data)


def test_the_rest_of_what_was_written_is_kept() -> None:
    form = Example(QueryDict(f"note={NUMBER}&place=Nordviken"))
    assert not form.is_valid()
    assert "Nordviken" in form.as_p()
    assert NUMBER not in form.as_p()


def test_the_name_of_a_file_is_read_too() -> None:
    files: MultiValueDict[str, UploadedFile[bytes]] = MultiValueDict(
        {"file": [SimpleUploadedFile(f"{NUMBER}.pdf", b"x")]}
    )
    form = Example({"note": "a", "place": "b"}, files)
    assert list(form.errors) == ["file"]


def test_a_choice_cannot_smuggle_one_in() -> None:
    form = Example(QueryDict(f"note=a&place=b&choices={NUMBER}"))
    assert not form.is_valid()
    assert NUMBER not in str(form.errors)


def test_an_organisation_number_is_welcome() -> None:
    assert Example({"note": "212000-0456", "place": "5560009903"}).is_valid()


@pytest.mark.parametrize(
    ("written", "read"),
    [
        ("1234,50", "1234.50"),
        ("1 234,50", "1234.50"),
        ("1\u00a0234,50", "1234.50"),
        ("1\u202f234\u202f567,5", "1234567.5"),
        ("1\u2009234", "1234"),
        ("1234.50", "1234.50"),
        ("-12,5", "-12.5"),
        ("−12,5", "-12.5"),
        (" 7 ", "7"),
        ("１２", "12"),
        ("0,005", "0.005"),
    ],
)
def test_numbers_are_read_as_people_write_them(written: str, read: str) -> None:
    assert read_number(written) == Decimal(read)


@pytest.mark.parametrize(
    "written", ["", "x", "1,2,3", "1.234,50", "1,234.50", "12 34", "1e5", "NaN", "--1", "1 - 2", "½"]
)
def test_what_is_not_one_number_is_not_guessed_at(written: str) -> None:
    assert read_number(written) is None


def _errors(field: forms.Field, value: Any) -> list[str]:
    with pytest.raises(forms.ValidationError) as caught:
        field.clean(value)
    return [error.code or "" for error in caught.value.error_list]


def test_an_amount_has_at_most_two_decimals() -> None:
    assert AmountField().clean("1 234,50 kr") == Decimal("1234.50")
    assert _errors(AmountField(), "1,234") == ["max_decimal_places"]
    assert _errors(AmountField(), "1.234,50") == ["invalid"]
    assert _errors(AmountField(), "1" * 20) == ["max_digits"]
    assert DecimalField().clean("0,12345") == Decimal("0.12345")


def test_an_amount_is_shown_with_the_readers_decimal_sign() -> None:
    class Amount(Form):
        amount = AmountField(initial=Decimal("1234.50"))

    with translation.override("sv"):
        assert 'value="1234,50"' in str(Amount()["amount"])
        assert 'value="1 2,x"' in str(Amount({"amount": "1 2,x"})["amount"])
    with translation.override("en"):
        assert 'value="1234.50"' in str(Amount()["amount"])


def test_a_date_is_an_iso_date_in_both_languages() -> None:
    for language in ("sv", "en"):
        with translation.override(language):
            assert str(DateField().clean("2026-11-03")) == "2026-11-03"
            assert _errors(DateField(), "11/03/2026") == ["invalid"]
            assert _errors(DateField(), "3 november 2026") == ["invalid"]


def test_errors_and_help_belong_to_their_field_for_a_screen_reader() -> None:
    class Described(Form):
        name = forms.CharField(label="Namn", help_text="Hela namnet.")
        kind = forms.ChoiceField(label="Typ", choices=[("a", "A")], widget=forms.RadioSelect)

    page = Described({"name": "", "kind": ""}).render()
    assert 'aria-describedby="id_name_helptext id_name_error"' in page
    assert 'id="id_name_helptext"' in page
    assert 'id="id_name_error"' in page
    assert 'aria-invalid="true"' in page
    assert '<fieldset class="ds-fieldset" id="id_kind" tabindex="-1" aria-describedby="id_kind_error">' in page

"""The API reads exact decimals, and refuses a body with an identity number without repeating it."""

import io
import json
from decimal import Decimal
from typing import Any

import pytest
from rest_framework.exceptions import ParseError, ValidationError

from config.parsers import JSONParser
from tests.actors.people import identity_number

NUMBER = identity_number()


def parse(body: Any) -> Any:
    raw = body if isinstance(body, bytes) else json.dumps(body).encode()
    return JSONParser().parse(io.BytesIO(raw))


def test_decimals_are_exact() -> None:
    assert parse(b'{"value": 0.1}') == {"value": Decimal("0.1")}


@pytest.mark.parametrize(
    ("body", "places"),
    [
        ({"claims": [{"person": "p1"}, {"person": NUMBER}]}, ["claims[1].person"]),
        ({"note": f"se {NUMBER}"}, ["note"]),
        ({"value": int(NUMBER)}, ["value"]),
        ({NUMBER: "x"}, ["<key 1>"]),
        ({"a": {NUMBER: NUMBER}}, ["a<key 1>", "a.<1>"]),
        ([NUMBER], ["[0]"]),
        (NUMBER, ["$"]),
    ],
)
def test_an_identity_number_is_refused_wherever_it_stands(body: Any, places: list[str]) -> None:
    from django.utils import translation

    with translation.override("en"), pytest.raises(ValidationError) as refused:
        parse(body)
    assert isinstance(refused.value.detail, dict)
    assert list(refused.value.detail) == places
    assert NUMBER not in str(refused.value)
    assert "identity_number" in str(refused.value.get_codes())


def test_identity_number_written_as_a_decimal_is_found() -> None:
    for spelling in (f"{NUMBER}.0", f"{NUMBER[0]}.{NUMBER[1:]}E{len(NUMBER) - 1}"):
        with pytest.raises(ValidationError) as refused:
            parse(f'{{"pseudonym": {spelling}}}'.encode())
        assert NUMBER not in str(refused.value)


@pytest.mark.parametrize(
    "body",
    [b'{"a": "\\u0000"}', b'{"\\ud800": 1}', b'{"a": [1e999999999]}', b'{"a": 1e-999999999}', b'{"a": 1, "a": 2}'],
)
def test_what_cannot_be_stored_or_read_in_one_way_is_refused(body: bytes) -> None:
    with pytest.raises(ParseError):
        parse(body)


def test_body_larger_than_a_file_may_be_is_refused(settings: Any) -> None:
    settings.UPLOAD_MAX_BYTES = 1024
    with pytest.raises(ParseError):
        parse({"a": "b" * 1024})


@pytest.mark.parametrize("body", [b"{", b"\xff\xfe", b'{"a": NaN}', b"[" * 100_000, b"1" * 5000])
def test_what_is_not_json_is_told(body: bytes) -> None:
    with pytest.raises(ParseError):
        parse(body)


def test_other_numbers_pass() -> None:
    body = {"organisation": "212000-0456", "amount": "163000.00", "id": "550e8400-e29b-41d4-a716-446655440000"}
    assert parse(body) == body

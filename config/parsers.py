"""How the API reads a body: JSON with exact decimals, refused whole if it holds a personal identity number."""

import json
from collections.abc import Iterator, Mapping
from decimal import Decimal, InvalidOperation
from typing import IO, Any

from django.conf import settings
from django.utils.translation import gettext as _
from rest_framework.exceptions import ErrorDetail, ParseError, ValidationError
from rest_framework.parsers import JSONParser as FrameworkJSONParser

from actors.identity import contains_identity_number

MOST_DIGITS = 40  # before and after the decimal sign: 1e999999999 would fill the memory when it is written out


class _Unusable(ValueError):
    """JSON that another reader would understand differently, or that cannot be stored."""


class JSONParser(FrameworkJSONParser):
    """Numbers with decimals become Decimal. Answers 400 with the places of identity numbers, never the numbers."""

    def parse(
        self, stream: IO[Any], media_type: str | None = None, parser_context: Mapping[str, Any] | None = None
    ) -> Any:
        try:
            body = json.loads(
                _whole(stream).decode("utf-8-sig"),
                parse_float=_exact,
                parse_constant=_refuse_constant,
                object_pairs_hook=_without_double_keys,
            )
        except _Unusable as error:
            raise ParseError(_("The body has a key twice in the same object. Keep one of them.")) from error
        except UnicodeDecodeError as error:
            raise ParseError(_("The body is not UTF-8.")) from error
        except json.JSONDecodeError as error:
            raise ParseError(
                _("The body is not JSON: line %(line)s, column %(column)s.")
                % {"line": error.lineno, "column": error.colno}
            ) from error
        except (ValueError, RecursionError) as error:  # NaN, an integer of ten thousand digits, a thousand brackets
            raise ParseError(_("The body holds a number or a depth that cannot be read.")) from error
        if _has_unstorable_text(body):
            raise ParseError(_("The body has a character that cannot be stored: \\u0000, or half of a \\ud800 pair."))
        found = list(places(body))
        if found:
            message = _("This looks like a personal identity number. Nothing was stored. Use the pseudonym instead.")
            raise ValidationError({place: [ErrorDetail(message, code="identity_number")] for place in found})
        return body


def places(value: Any, path: str = "") -> Iterator[str]:
    """Where in the body identity numbers stand: `claims[0].note`. A key that is one is given by its number in order."""
    if isinstance(value, dict):
        for index, (key, item) in enumerate(value.items()):
            if contains_identity_number(key):
                yield f"{path}<{_('key')} {index + 1}>"
                key = f"<{index + 1}>"  # noqa: PLW2901 - what is below it must not name it either
            yield from places(item, f"{path}.{key}" if path else key)
    elif isinstance(value, list):
        for index, item in enumerate(value):
            yield from places(item, f"{path}[{index}]")
    elif isinstance(value, str | int | Decimal) and not isinstance(value, bool) and _holds_one(value):
        yield path or "$"


def _holds_one(value: str | int | Decimal) -> bool:
    """A number is looked at as it would be written: 1.98E11 and 198000000000.0 are whole numbers in disguise."""
    if isinstance(value, Decimal) and value == value.to_integral_value():
        value = int(value)
    return contains_identity_number(str(value))


def _whole(stream: IO[Any]) -> bytes:
    """The body, unless it is larger than a file may be."""
    most: int = settings.UPLOAD_MAX_BYTES
    data: bytes = stream.read(most + 1)
    if len(data) > most:
        raise ParseError(_("The body is larger than %(most)s MB. Send it in parts.") % {"most": most // 1024 // 1024})
    return data


def _exact(text: str) -> Decimal:
    try:
        number = Decimal(text)
    except InvalidOperation as error:
        raise ValueError(text) from error
    exponent = number.as_tuple().exponent
    if abs(number.adjusted()) > MOST_DIGITS or not isinstance(exponent, int) or abs(exponent) > MOST_DIGITS:
        raise ValueError(text)
    return number


def _without_double_keys(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    found = dict(pairs)
    if len(found) != len(pairs):
        raise _Unusable
    return found


def _has_unstorable_text(value: Any) -> bool:
    if isinstance(value, dict):
        return any(_has_unstorable_text(part) for pair in value.items() for part in pair)
    if isinstance(value, list):
        return any(_has_unstorable_text(item) for item in value)
    return isinstance(value, str) and ("\x00" in value or any("\ud800" <= sign <= "\udfff" for sign in value))


def _refuse_constant(name: str) -> None:
    raise ValueError(name)

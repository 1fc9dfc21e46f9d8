"""How the API reads a body: JSON with exact decimals, refused whole if it holds a personal identity number."""

import json
from collections.abc import Iterator, Mapping
from decimal import Decimal
from typing import IO, Any

from django.utils.translation import gettext as _
from rest_framework.exceptions import ErrorDetail, ParseError, ValidationError
from rest_framework.parsers import JSONParser as FrameworkJSONParser

from actors.identity import contains_identity_number


class JSONParser(FrameworkJSONParser):
    """Numbers with decimals become Decimal. Answers 400 with the places of identity numbers, never the numbers."""

    def parse(
        self, stream: IO[Any], media_type: str | None = None, parser_context: Mapping[str, Any] | None = None
    ) -> Any:
        try:
            body = json.loads(stream.read().decode("utf-8-sig"), parse_float=Decimal, parse_constant=_refuse_constant)
        except UnicodeDecodeError as error:
            raise ParseError(_("The body is not UTF-8.")) from error
        except json.JSONDecodeError as error:
            raise ParseError(
                _("The body is not JSON: line %(line)s, column %(column)s.")
                % {"line": error.lineno, "column": error.colno}
            ) from error
        except (ValueError, RecursionError) as error:  # NaN, an integer of ten thousand digits, a thousand brackets
            raise ParseError(_("The body holds a number or a depth that cannot be read.")) from error
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
    elif isinstance(value, str | int) and not isinstance(value, bool) and contains_identity_number(str(value)):
        yield path or "$"


def _refuse_constant(name: str) -> None:
    raise ValueError(name)

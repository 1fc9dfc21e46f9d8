"""The parts of a form that hold one value: a text, a number, a date, a name, a choice, a yes or no."""

from __future__ import annotations

from dataclasses import replace
from decimal import Decimal
from typing import Any, Final

from django.utils.formats import get_format
from django.utils.translation import gettext as _

from actors.forms import read_number
from contracts.editor.nodes import Desk, Line, Node, Option, Place, Select, Tick
from contracts.editor.posted import ABSENT, Posted
from rulebook.shapes import as_day

PARTY_KEYS: Final = frozenset({"payer", "payee"})
"""Keys whose names are those of the contract's parties, which the rulebook does not know."""


class Part:
    """One shape as a part of a form: here one that is a line of text."""

    types: tuple[type, ...] = (str,)

    def fits(self, shape: Any, value: Any) -> bool:
        """Can the form show this value?"""
        return isinstance(value, self.types)

    def blank(self, shape: Any) -> Any:
        """What a new one begins as."""
        return ""

    def draw(self, shape: Any, value: Any, place: Place, desk: Desk) -> Node:
        """The part for a value, or for ABSENT."""
        return Line(place, value="" if value is ABSENT else value)

    def read(self, shape: Any, name: str, posted: Posted) -> Any:
        """What was typed, or ABSENT."""
        return posted.text(name).strip() or ABSENT


class NumberPart(Part):
    """Numbers as people write them, with the reader's decimal sign; stored with a point and without spaces."""

    types = (str, int, Decimal)

    def draw(self, shape: Any, value: Any, place: Place, desk: Desk) -> Node:
        return Line(place, value="" if value is ABSENT else shown_number(value), is_number=True)

    def read(self, shape: Any, name: str, posted: Posted) -> Any:
        text = posted.text(name).strip()
        if getattr(shape, "yes_no", False) and text.lower() in {"ja", "yes", "true", "nej", "no", "false"}:
            return text.lower() in {"ja", "yes", "true"}
        number = read_number(text)
        return text or ABSENT if number is None else f"{number:f}"


class DayPart(Part):
    """A date. What is no date is shown as text, for the browser's own field would hide it."""

    def draw(self, shape: Any, value: Any, place: Place, desk: Desk) -> Node:
        text = "" if value is ABSENT else value
        return Line(place, value=text, type="date" if not text or as_day(text) else "text")


class NamePart(Part):
    """An id that is made here, or a choice among those that the draft has."""

    def draw(self, shape: Any, value: Any, place: Place, desk: Desk) -> Node:
        text = "" if value is ABSENT else value
        if not shape.of and not shape.words:
            is_party = place.name.rpartition(".")[2] in PARTY_KEYS
            return Line(place, value=text, is_code=True, suggestions=desk.parties if is_party else ())
        words = [Option(word, says[1 if desk.language == "en" else 0]) for word, says in shape.words.items()]
        return select(place, text, [*words, *desk.items.get(shape.of, [])])


class DayOrNamePart(DayPart):
    """A date, or something with an id that will have its day; where the draft has none such, simply a date."""

    def draw(self, shape: Any, value: Any, place: Place, desk: Desk) -> Node:
        named = desk.items.get(shape.of, [])
        if not named:
            return super().draw(shape, value, place, desk)
        return Line(place, value="" if value is ABSENT else value, is_code=True, suggestions=named)


class ChoicePart(Part):
    """One of a few words, in the reader's language."""

    def draw(self, shape: Any, value: Any, place: Place, desk: Desk) -> Node:
        options = [Option(option, _capital(shape.word(option, desk.language))) for option in shape.options]
        return select(place, "" if value is ABSENT else value, options)


class FlagPart(Part):
    """Yes or no. Where no is the usual answer it is a box to tick; not ticking it writes a no only where one stood."""

    types = (bool,)

    def draw(self, shape: Any, value: Any, place: Place, desk: Desk) -> Node:
        if place.required or place.default is False:
            return Tick(place, checked=value is True, off="no" if place.required or value is False else "")
        options = [Option("yes", _("Yes")), Option("no", _("No"))]
        chosen = "" if value is ABSENT else ("yes" if value else "no")
        return select(replace(place, default="yes" if place.default else None), chosen, options)

    def read(self, shape: Any, name: str, posted: Posted) -> Any:
        said = posted.text(name) or posted.text(f"{name}.off")
        return {"yes": True, "no": False}.get(said, ABSENT)


def select(place: Place, value: str, options: list[Option]) -> Select:
    """A choice among options; a value that is none of them is kept and said to be none."""
    if value and value not in {option.value for option in options}:
        options = [*options, Option(value, _("%(name)s (is not in the draft)") % {"name": value})]
    default = next((option.label for option in options if option.value == place.default), "")
    if place.required:
        empty = _("Choose …")
    elif default:
        empty = _("%(default)s (not stated)") % {"default": default}
    else:
        empty = _("Not stated")
    return Select(place, options=options, value=value, empty=empty)


def shown_number(value: Any) -> str:
    """A number of the document with the reader's decimal sign; anything else as it stands."""
    if isinstance(value, bool):
        return _("yes") if value else _("no")
    text = str(value)
    return text.replace(".", get_format("DECIMAL_SEPARATOR")) if read_number(text) is not None else text


def _capital(text: str) -> str:
    return text[:1].upper() + text[1:]

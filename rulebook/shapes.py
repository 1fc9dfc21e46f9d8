"""How a JSON value becomes a typed one, which JSON Schema says so, and what to answer when it cannot.

A document is described once, as frozen dataclasses whose fields carry a shape. The same description reads the document,
finds every problem in it, and writes its JSON Schema, so the three can never disagree.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import MISSING, dataclass, field, fields, is_dataclass
from datetime import date
from decimal import Decimal
from difflib import get_close_matches
from enum import Enum
from fractions import Fraction
from functools import cache, lru_cache
from typing import Any, Final, Protocol, TypeVar

from rulebook.money import exact_text
from rulebook.problems import Language, Problem, inside

Schema = dict[str, Any]
Found = TypeVar("Found")

IDENTIFIER: Final = r"^[A-Za-zÅÄÖåäö][0-9A-Za-zÅÄÖåäö_:.-]{0,99}$"
NUMBER: Final = r"^-?[0-9]{1,24}(\.[0-9]{1,24})?$"
PARTS: Final = r"^[0-9]{1,9}/[1-9][0-9]{0,8}$"
LARGEST: Final = 10**24


class Refused(Enum):
    """Stands in for a value that could not be read; the reason is among the problems."""

    REFUSED = "refused"


REFUSED: Final = Refused.REFUSED


class Shape(Protocol):
    """One form that a JSON value can have."""

    def read(self, value: object, where: str, problems: list[Problem]) -> Any:
        """The typed value, or REFUSED after adding at least one problem."""

    def schema(self) -> Schema:
        """JSON Schema draft 2020-12 of what `read` accepts."""


def entry(shape: Shape, sv: str, en: str, *, key: str = "", default: Any = MISSING) -> Any:
    """A dataclass field that comes from a document: its shape, what it means in both languages, and its JSON key."""
    notes = {"shape": shape, "sv": sv, "en": en, "key": key}
    return field(metadata=notes) if default is MISSING else field(default=default, metadata=notes)


def refuse(problems: list[Problem], code: str, where: str, sv: str, en: str) -> Refused:
    problems.append(Problem(where, code, sv, en))
    return REFUSED


def shown(value: object) -> str:
    """A refused value as the writer wrote it, short enough for a message."""
    if isinstance(value, str):
        return f"”{value[:60]}”"
    if isinstance(value, Mapping):
        return "{…}"
    if isinstance(value, list):
        return "[…]"
    if value is None or isinstance(value, bool):
        return {None: "null", True: "true", False: "false"}[value]
    return str(value)[:60]


@dataclass(frozen=True, slots=True)
class Text:
    """Words for people to read."""

    def read(self, value: object, where: str, problems: list[Problem]) -> Any:
        if isinstance(value, str) and value.strip():
            return value
        sv, en = (
            f"{shown(value)} är ingen text. Skriv minst ett tecken.",
            f"{shown(value)} is not a text. Write something.",
        )
        return refuse(problems, "text", where, sv, en)

    def schema(self) -> Schema:
        return {"type": "string", "minLength": 1}


@dataclass(frozen=True, slots=True)
class Name:
    """An identifier: it begins with a letter, so that it can never be mistaken for a number.

    `of` names the list of the document whose items it refers to, and `words` the ids that mean something by themselves.
    """

    pattern: str = IDENTIFIER
    of: str = ""
    words: Mapping[str, tuple[str, str]] = field(default_factory=dict)

    def read(self, value: object, where: str, problems: list[Problem]) -> Any:
        if isinstance(value, str) and re.match(self.pattern, value) and value.strip() == value:
            return value
        return refuse(
            problems,
            "id",
            where,
            f"{shown(value)} kan inte vara en beteckning. "
            "Börja med en bokstav och använd sedan bokstäver, siffror, _ : . eller -.",
            f"{shown(value)} cannot be an id. Begin with a letter, then use letters, digits, _ : . or -.",
        )

    def schema(self) -> Schema:
        return {"type": "string", "pattern": self.pattern}


@dataclass(frozen=True, slots=True)
class Reference:
    """An id that another system chose for a claim, a person or a value: any short text without line breaks."""

    def read(self, value: object, where: str, problems: list[Problem]) -> Any:
        if isinstance(value, str) and 0 < len(value) <= 200 and value.isprintable():
            return value
        return refuse(
            problems,
            "reference",
            where,
            f"{shown(value)} kan inte vara en beteckning. Skriv 1–200 tecken på en rad.",
            f"{shown(value)} cannot be a reference. Write 1–200 characters on one line.",
        )

    def schema(self) -> Schema:
        return {"type": "string", "minLength": 1, "maxLength": 200}


@dataclass(frozen=True, slots=True)
class Number:
    """An exact number, spelt as a string ("12000.00") or as a JSON number; a yes or a no counts as 1 or 0."""

    minimum: Fraction | None = None
    above: Fraction | None = None
    maximum: Fraction | None = None
    yes_no: bool = False
    parts: bool = False
    as_decimal: bool = False

    def read(self, value: object, where: str, problems: list[Problem]) -> Any:
        number = _number(value, self.parts)
        if number is None and self.yes_no and isinstance(value, bool):
            number = Fraction(int(value))
        if number is None:
            return refuse(
                problems,
                "number",
                where,
                f"{shown(value)} är inget tal som går att räkna exakt med. "
                "Skriv siffror med decimalpunkt och utan mellanslag, "
                'till exempel "12000.00".',
                f"{shown(value)} is not a number that can be used exactly. "
                "Write digits with a decimal point and no spaces, "
                'for example "12000.00".',
            )
        if self.minimum is not None and number < self.minimum:
            return self._outside(number, where, problems, f"minst {self.minimum}", f"at least {self.minimum}")
        if self.above is not None and number <= self.above:
            return self._outside(number, where, problems, f"större än {self.above}", f"more than {self.above}")
        if self.maximum is not None and number > self.maximum:
            return self._outside(number, where, problems, f"högst {self.maximum}", f"at most {self.maximum}")
        return Decimal(exact_text(number)) if self.as_decimal else number

    def _outside(self, number: Fraction, where: str, problems: list[Problem], sv: str, en: str) -> Refused:
        text = exact_text(number)
        return refuse(
            problems, "range", where, f"{text} är utanför gränsen: ange {sv}.", f"{text} is out of range: give {en}."
        )

    def schema(self) -> Schema:
        number: Schema = {"type": "number"}
        if self.minimum is not None:
            number["minimum"] = int(self.minimum)
        if self.above is not None:
            number["exclusiveMinimum"] = int(self.above)
        if self.maximum is not None:
            number["maximum"] = int(self.maximum)
        spelt = [{"type": "string", "pattern": NUMBER}, number]
        if self.parts:
            spelt.append({"type": "string", "pattern": PARTS})
        if self.yes_no:
            spelt.append({"type": "boolean"})
        return {"anyOf": spelt}


@lru_cache(maxsize=65536)
def _spelt(text: str) -> Fraction | None:
    return Fraction(text) if re.match(NUMBER, text) and not text.endswith("\n") else None


def _number(value: object, parts: bool) -> Fraction | None:
    if isinstance(value, str):
        if parts and re.match(PARTS, value) and not value.endswith("\n"):
            return Fraction(value)
        return _spelt(value)
    if isinstance(value, int) and not isinstance(value, bool):
        return Fraction(value) if abs(value) < LARGEST else None
    if isinstance(value, Decimal) and value.is_finite() and -24 <= value.as_tuple().exponent <= 24:  # type: ignore[operator]
        return Fraction(value) if abs(value) < LARGEST else None
    return None


@dataclass(frozen=True, slots=True)
class Whole:
    """A whole number of things, months or days."""

    minimum: int = 0
    maximum: int = 1_000_000

    def read(self, value: object, where: str, problems: list[Problem]) -> Any:
        number = _number(value, parts=False)
        if number is not None and number.denominator == 1 and self.minimum <= number <= self.maximum:
            return int(number)
        return refuse(
            problems,
            "whole",
            where,
            f"{shown(value)} går inte att använda. Skriv ett heltal från {self.minimum} till {self.maximum}.",
            f"{shown(value)} cannot be used. Write a whole number from {self.minimum} to {self.maximum}.",
        )

    def schema(self) -> Schema:
        bounds = {"minimum": self.minimum, "maximum": self.maximum}
        return {"anyOf": [{"type": "integer", **bounds}, {"type": "string", "pattern": r"^-?[0-9]{1,9}$"}]}


@dataclass(frozen=True, slots=True)
class Flag:
    """Yes or no."""

    def read(self, value: object, where: str, problems: list[Problem]) -> Any:
        if isinstance(value, bool):
            return value
        sv, en = f"{shown(value)} är varken true eller false.", f"{shown(value)} is neither true nor false."
        return refuse(problems, "flag", where, sv, en)

    def schema(self) -> Schema:
        return {"type": "boolean"}


@dataclass(frozen=True, slots=True)
class Choice:
    """One of a few words; `words` says each in Swedish and English."""

    options: tuple[str, ...]
    words: Mapping[str, tuple[str, str]] = field(default_factory=dict)

    @classmethod
    def of(cls, **words: tuple[str, str]) -> Choice:
        """The options with what people call them.

        >>> Choice.of(up=("uppåt", "up"), down=("nedåt", "down")).options
        ('up', 'down')
        """
        return cls(tuple(words), words)

    def word(self, option: str, language: Language) -> str:
        """What people call the option; the option itself where nothing better was said."""
        sv, en = self.words.get(option, (option, option))
        return en if language == "en" else sv

    def read(self, value: object, where: str, problems: list[Problem]) -> Any:
        if isinstance(value, str) and value in self.options:
            return value
        allowed = ", ".join(self.options)
        near = nearest(value, self.options)
        sv, en = (f" Menade du {near}?", f" Did you mean {near}?") if near else ("", "")
        return refuse(
            problems,
            "choice",
            where,
            f"{shown(value)} finns inte att välja på. Välj ett av: {allowed}.{sv}",
            f"{shown(value)} is not among the choices. Choose one of: {allowed}.{en}",
        )

    def schema(self) -> Schema:
        return {"enum": list(self.options)}


@dataclass(frozen=True, slots=True)
class Day:
    """A date, year first: 2027-03-05."""

    def read(self, value: object, where: str, problems: list[Problem]) -> Any:
        day = as_day(value)
        if day is not None:
            return day
        return refuse(
            problems,
            "date",
            where,
            f"{shown(value)} är inget datum. Skriv år-månad-dag, till exempel 2027-03-05.",
            f"{shown(value)} is not a date. Write year-month-day, for example 2027-03-05.",
        )

    def schema(self) -> Schema:
        return {"type": "string", "format": "date"}


def as_day(value: object) -> date | None:
    if not isinstance(value, str) or not re.match(r"\d{4}-\d\d-\d\d\Z", value):
        return None
    try:
        return date.fromisoformat(value)
    except ValueError:
        return None


@dataclass(frozen=True, slots=True)
class DayOrName:
    """A date, or the id of an item in one of the document's lists: ids begin with a letter, so they are told apart."""

    of: str

    def read(self, value: object, where: str, problems: list[Problem]) -> Any:
        is_name = isinstance(value, str) and value[:1].isalpha()
        return (Name(of=self.of) if is_name else Day()).read(value, where, problems)

    def schema(self) -> Schema:
        return {"anyOf": [Day().schema(), Name().schema()]}


@dataclass(frozen=True, slots=True)
class ListOf:
    """A list, read as a tuple."""

    item: Shape
    at_least: int = 0
    exactly: int | None = None

    def read(self, value: object, where: str, problems: list[Problem]) -> Any:
        if not isinstance(value, list):
            sv, en = f"{shown(value)} är ingen lista. Skriv [ … ].", f"{shown(value)} is not a list. Write [ … ]."
            return refuse(problems, "list", where, sv, en)
        if len(value) < self.at_least or (self.exactly is not None and len(value) != self.exactly):
            wanted = self.at_least if self.exactly is None else self.exactly
            return refuse(
                problems,
                "length",
                where,
                f"Listan har {len(value)} värden men behöver {'minst ' if self.exactly is None else ''}{wanted}.",
                f"The list has {len(value)} values but needs {'at least ' if self.exactly is None else ''}{wanted}.",
            )
        items = [self.item.read(item, inside(where, index), problems) for index, item in enumerate(value)]
        return REFUSED if REFUSED in items else tuple(items)

    def schema(self) -> Schema:
        schema: Schema = {"type": "array", "items": self.item.schema()}
        low = self.at_least if self.exactly is None else self.exactly
        if low:
            schema["minItems"] = low
        if self.exactly is not None:
            schema["maxItems"] = self.exactly
        return schema


@dataclass(frozen=True, slots=True)
class ByDay:
    """Values that begin to apply on given days, read as pairs in order of time."""

    item: Shape

    def read(self, value: object, where: str, problems: list[Problem]) -> Any:
        if not isinstance(value, Mapping):
            return refuse(
                problems,
                "by_day",
                where,
                f'{shown(value)} går inte att läsa. Skriv datum och värde, till exempel {{"2027-07-01": "16000.00"}}.',
                f'{shown(value)} cannot be read. Write dates and values, for example {{"2027-07-01": "16000.00"}}.',
            )
        days = [Day().read(day, inside(where, str(day)), problems) for day in value]
        items = [self.item.read(item, inside(where, str(day)), problems) for day, item in value.items()]
        return (
            REFUSED
            if REFUSED in days or REFUSED in items
            else tuple(sorted(zip(days, items, strict=True), key=lambda pair: pair[0]))
        )

    def schema(self) -> Schema:
        days = {"type": "string", "format": "date"}
        return {"type": "object", "propertyNames": days, "additionalProperties": self.item.schema(), "minProperties": 1}


@dataclass(frozen=True, slots=True)
class ByName:
    """Values for items of one of the document's lists, read as pairs in order of name."""

    item: Shape
    of: str

    def read(self, value: object, where: str, problems: list[Problem]) -> Any:
        if not isinstance(value, Mapping):
            return refuse(
                problems,
                "by_name",
                where,
                f'{shown(value)} går inte att läsa. Skriv beteckning och värde, till exempel {{"ht26": "0.33"}}.',
                f'{shown(value)} cannot be read. Write ids and values, for example {{"ht26": "0.33"}}.',
            )
        names = [Name(of=self.of).read(name, inside(where, str(name)), problems) for name in value]
        items = [self.item.read(item, inside(where, str(name)), problems) for name, item in value.items()]
        return (
            REFUSED
            if REFUSED in names or REFUSED in items
            else tuple(sorted(zip(names, items, strict=True), key=lambda pair: pair[0]))
        )

    def schema(self) -> Schema:
        return {
            "type": "object",
            "propertyNames": Name().schema(),
            "additionalProperties": self.item.schema(),
            "minProperties": 1,
        }


@dataclass(frozen=True, slots=True)
class OneOrMany:
    """One value, or a list of them; always read as a tuple."""

    item: Shape

    def read(self, value: object, where: str, problems: list[Problem]) -> Any:
        if isinstance(value, list):
            return ListOf(self.item, at_least=1).read(value, where, problems)
        item = self.item.read(value, where, problems)
        return REFUSED if item is REFUSED else (item,)

    def schema(self) -> Schema:
        return {"anyOf": [self.item.schema(), ListOf(self.item, at_least=1).schema()]}


@dataclass(frozen=True, slots=True)
class Either:
    """A simple value, or something richer when it is written with braces or brackets."""

    plain: Shape
    rich: Shape
    rich_is: type = dict

    def read(self, value: object, where: str, problems: list[Problem]) -> Any:
        return (self.rich if isinstance(value, self.rich_is) else self.plain).read(value, where, problems)

    def schema(self) -> Schema:
        return {"anyOf": [self.plain.schema(), self.rich.schema()]}


@dataclass(frozen=True, slots=True)
class Record:
    """An object with known keys, read as the dataclass that names them."""

    cls: type[Any]

    def read(self, value: object, where: str, problems: list[Problem]) -> Any:
        return _read_record(self.cls, value, where, problems)

    def schema(self) -> Schema:
        return record_schema(self.cls)


@dataclass(frozen=True, slots=True)
class Rule:
    """A rule as it stands in the terms: which kind it is, and that kind's parameters."""

    kind: str
    params: Any


@dataclass(frozen=True, slots=True)
class Kinds:
    """An object whose `kind` says which of a register's kinds its other keys belong to.

    The register maps a kind's name to its module, with `Params` and `label`. It may be filled after the shape is made.
    """

    name: str
    register: Mapping[str, Any]

    def params_of(self, kind: str) -> type[Any]:
        """The dataclass of the kind's parameters."""
        params: type[Any] = self.register[kind].Params
        return params

    def label_of(self, kind: str, language: Language) -> str:
        """What people call the kind."""
        return str(self.register[kind].label[language])

    def read(self, value: object, where: str, problems: list[Problem]) -> Any:
        if not isinstance(value, Mapping):
            return _not_an_object(value, where, problems)
        kind = Choice(tuple(self.register)).read(value.get("kind"), inside(where, "kind"), problems)
        if kind is REFUSED:
            return REFUSED
        others = {key: item for key, item in value.items() if key != "kind"}
        params = _read_record(self.params_of(kind), others, where, problems)
        return REFUSED if params is REFUSED else Rule(kind, params)

    def schema(self) -> Schema:
        return {"$ref": f"#/$defs/{self.name}"}

    def definition(self) -> Schema:
        """What the reference of `schema` stands for."""
        return {"oneOf": [record_schema(self.params_of(kind), kind) for kind in self.register]}


@cache
def entries(cls: Any) -> dict[str, tuple[str, Shape, bool]]:
    """JSON key → (field name, shape, whether it must be given), for the fields that come from a document."""
    return {
        item.metadata["key"] or item.name: (item.name, item.metadata["shape"], item.default is MISSING)
        for item in fields(cls)
        if "shape" in item.metadata
    }


def _not_an_object(value: object, where: str, problems: list[Problem]) -> Refused:
    sv, en = f"{shown(value)} är inget objekt. Skriv {{ … }}.", f"{shown(value)} is not an object. Write {{ … }}."
    return refuse(problems, "object", where, sv, en)


def _read_record(cls: Any, value: object, where: str, problems: list[Problem]) -> Any:
    if not isinstance(value, Mapping):
        return _not_an_object(value, where, problems)
    known = entries(cls)
    found: dict[str, Any] = {}
    refused = False
    for key in value:
        if key not in known:
            refused = True
            _unknown_key(str(key), known, where, problems)
    for key, (name, shape, required) in known.items():
        given = value.get(key)
        if given is not None:
            found[name] = shape.read(given, inside(where, key), problems)
            refused = refused or found[name] is REFUSED
        elif required:
            refused = True
            sv, en = f"Uppgiften {key} saknas. Lägg till den.", f"{key} is missing. Add it."
            refuse(problems, "missing", inside(where, key), sv, en)
    return REFUSED if refused else cls(**found)


def _unknown_key(key: str, known: Mapping[str, Any], where: str, problems: list[Problem]) -> None:
    near = nearest(key, known)
    allowed = ", ".join(known)
    refuse(
        problems,
        "unknown_key",
        inside(where, key),
        f"Nyckeln {key} är okänd här. " + (f"Menade du {near}?" if near else f"Här kan stå: {allowed}."),
        f"The key {key} is unknown here. " + (f"Did you mean {near}?" if near else f"What may stand here: {allowed}."),
    )


def nearest(word: object, known: Mapping[str, Any] | tuple[str, ...]) -> str | None:
    """The known word that the writer probably meant."""
    return next(iter(get_close_matches(str(word), list(known), n=1)), None)


def found_in(value: Any, cls: type[Found]) -> Iterator[Found]:
    """Everything of one class that stands in the parameters, outermost first, in the order of the document."""
    if isinstance(value, cls):
        yield value
    if isinstance(value, tuple):
        for item in value:
            yield from found_in(item, cls)
    elif is_dataclass(value) and not isinstance(value, type):
        for item in fields(value):
            yield from found_in(getattr(value, item.name), cls)


def rules_in(value: Any) -> Iterator[Rule]:
    """Every rule that stands in the parameters, outermost first, in the order of the document."""
    return found_in(value, Rule)


def inner_rules(value: Any) -> Iterator[Rule]:
    """The outermost rules that stand in the parameters, also those that a bound is a share of."""
    if isinstance(value, Rule):
        yield value
    elif isinstance(value, tuple):
        for item in value:
            yield from inner_rules(item)
    elif is_dataclass(value) and not isinstance(value, type):
        for item in fields(value):
            yield from inner_rules(getattr(value, item.name))


@dataclass(frozen=True, slots=True)
class Place:
    """One value of a document that has been read: where it stands, and its shape."""

    where: str
    shape: Shape
    value: Any


def places(shape: Shape, value: Any, where: str) -> Iterator[Place]:
    """Every value in a document that has been read, outermost first, with its path as `Problem` writes it."""
    if value is None or value == ():
        return
    yield Place(where, shape, value)
    if isinstance(shape, Record):
        yield from _places_in_record(shape.cls, value, where)
    elif isinstance(shape, Kinds):
        yield from _places_in_record(shape.params_of(value.kind), value.params, where)
    elif isinstance(shape, Either):
        is_rich = isinstance(value, tuple | Rule) or is_dataclass(value)
        yield from places(shape.rich if is_rich else shape.plain, value, where)
    elif isinstance(shape, ListOf) or (isinstance(shape, OneOrMany) and len(value) > 1):
        for index, item in enumerate(value):
            yield from places(shape.item, item, inside(where, index))
    elif isinstance(shape, OneOrMany):
        yield from places(shape.item, value[0], where)
    elif isinstance(shape, ByDay | ByName):
        for key, item in value:
            yield from places(shape.item, item, inside(where, str(key)))


def _places_in_record(cls: Any, value: Any, where: str) -> Iterator[Place]:
    for key, (name, shape, _) in entries(cls).items():
        yield from places(shape, getattr(value, name), inside(where, key))


def record_schema(cls: Any, kind: str = "") -> Schema:
    """JSON Schema of an object read as `cls`; `title` is the Swedish meaning and `description` the English."""
    notes = {item.metadata["key"] or item.name: item.metadata for item in fields(cls) if "shape" in item.metadata}
    properties: Schema = {"kind": {"const": kind}} if kind else {}
    for key, (_, shape, _required) in entries(cls).items():
        properties[key] = {"title": notes[key]["sv"], "description": notes[key]["en"], **shape.schema()}
    required = (["kind"] if kind else []) + [key for key, (_, _, needed) in entries(cls).items() if needed]
    described = {"description": " ".join((cls.__doc__ or "").split())}
    return {
        "type": "object",
        **described,
        "properties": properties,
        "required": required,
        "additionalProperties": False,
    }

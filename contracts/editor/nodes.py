"""The parts of a drawn form. Each class has its template, which says how the part looks."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from typing import Any, ClassVar

from rulebook.problems import Language, inside


@dataclass(frozen=True)
class Place:
    """Where a part stands: the name of its inputs, its place in the document, and what it is called."""

    name: str
    where: str
    label: str
    required: bool = True
    default: Any = None

    def inside(self, step: str | int, label: str, *, required: bool = True, default: Any = None) -> Place:
        return Place(f"{self.name}.{step}", inside(self.where, step), label, required, default)

    def called(self, label: str) -> Place:
        return replace(self, label=label)

    @property
    def id(self) -> str:
        return self.name.replace(".", "-")


@dataclass
class Node:
    """One part of a form, with the problems that belong to it."""

    template: ClassVar[str] = ""

    place: Place
    problems: list[str] = field(default_factory=list)
    has_focus: bool = False

    @property
    def first(self) -> Node:
        """The first part in it that can be written in."""
        return self

    @property
    def is_absent(self) -> bool:
        """Is it optional and not there: shown as a button that adds it?"""
        return False


@dataclass(frozen=True)
class Option:
    """One of the values that can be chosen."""

    value: str
    label: str


@dataclass
class Line(Node):
    """A text, a number or a date."""

    template = "contracts/_editor_line.html"

    value: str = ""
    type: str = "text"
    is_number: bool = False
    is_code: bool = False
    suggestions: Sequence[Option] = ()


@dataclass
class Select(Node):
    """A choice of one value; an empty one says what not choosing means."""

    template = "contracts/_editor_select.html"

    options: list[Option] = field(default_factory=list)
    value: str = ""
    empty: str = ""


@dataclass
class Tick(Node):
    """Yes or no. `off` is what to write in the document when it is not ticked: "no", or nothing at all."""

    template = "contracts/_editor_tick.html"

    checked: bool = False
    off: str = ""


@dataclass
class Group(Node):
    """Named parts that belong together. `more` carries keys that the form does not know, so that they are not lost."""

    template = "contracts/_editor_group.html"

    parts: list[Node] = field(default_factory=list)
    is_there: bool = True
    more: str = ""
    more_shown: str = ""

    @property
    def first(self) -> Node:
        return self.present[0].first if self.present else self

    @property
    def is_absent(self) -> bool:
        return not self.is_there

    @property
    def present(self) -> list[Node]:
        return [part for part in self.parts if not part.is_absent]

    @property
    def addable(self) -> list[Node]:
        return [part for part in self.parts if part.is_absent]


@dataclass
class Row:
    """One row of a list: its number from 1, and which moves it has."""

    node: Node
    number: int
    may_rise: bool
    may_sink: bool


@dataclass
class Rows(Node):
    """A list. A fixed one has a given number of rows; one that keeps its own order has no moves."""

    template = "contracts/_editor_rows.html"

    rows: list[Row] = field(default_factory=list)
    is_fixed: bool = False
    is_ordered: bool = True

    @property
    def first(self) -> Node:
        return self.rows[0].node.first if self.rows else self

    @property
    def is_absent(self) -> bool:
        return not self.rows and not self.place.required


@dataclass
class Pair(Node):
    """A key and its value: a price from a day, a share for a cohort."""

    template = "contracts/_editor_pair.html"

    key: Node | None = None
    value: Node | None = None

    @property
    def first(self) -> Node:
        return self.key.first if self.key else self


@dataclass
class KindChoice(Node):
    """Which kind it is, and that kind's own parts. `kept` carries what was written for the other kinds."""

    template = "contracts/_editor_kind.html"

    choice: Select | None = None
    kind: str = ""
    group: Group | None = None
    kept: str = ""

    @property
    def first(self) -> Node:
        return self.choice or self


@dataclass
class TwoForms(Node):
    """A value in one of two forms, with a button for the other form."""

    template = "contracts/_editor_forms.html"

    inner: Node | None = None
    form: str = "plain"
    other: str = ""
    kept: str = ""

    @property
    def first(self) -> Node:
        return self.inner.first if self.inner else self

    @property
    def is_absent(self) -> bool:
        return self.inner is not None and self.inner.is_absent


@dataclass
class Unreadable(Node):
    """Something that no form can show, carried as it is until it is mended in the JSON view or taken away."""

    template = "contracts/_editor_unreadable.html"

    raw: str = ""
    shown: str = ""


@dataclass
class Desk:
    """What drawing needs to know: the language, what names can refer to, and what was asked for.

    `items` has the ids and labels of each list of the document; `parties` the names of the contract's parties in the
    terms. Drawing fills `nodes`: the part at each place of the document.
    """

    language: Language
    items: dict[str, list[Option]] = field(default_factory=dict)
    parties: list[Option] = field(default_factory=list)
    kept: dict[str, dict[str, Any]] = field(default_factory=dict)
    focus: str = ""
    nodes: dict[str, Node] = field(default_factory=dict)

"""What a form of the editor sent: its texts by name, and the one act that its button asks for."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from enum import Enum
from typing import Any, Final

from django.core.exceptions import ValidationError

from actors.identity import contains_identity_number
from contracts.forms import read_document

MOST_ROWS: Final = 500


class Absent(Enum):
    """Stands for a key that a document does not have."""

    ABSENT = "absent"


ABSENT: Final = Absent.ABSENT


@dataclass(frozen=True)
class Act:
    """What a button asks for: `add:f.gate` adds a row to the list of that name."""

    verb: str = ""
    name: str = ""

    @classmethod
    def of(cls, text: str) -> Act:
        verb, _, name = text.partition(":")
        return cls(verb, name)


class Posted:
    """The texts that were sent. Whatever holds a personal identity number is emptied, and its name is in `refused`.

    `kept` holds what was written for a kind that is not chosen now, by the name of the choice, and `focus` the name of
    what the act added or moved.
    """

    def __init__(self, data: Mapping[str, str]) -> None:
        self._texts = {name: data.get(name, "").replace("\x00", "") for name in data}
        self.refused = [name for name, text in self._texts.items() if contains_identity_number(text)]
        self._texts.update(dict.fromkeys(self.refused, ""))
        self.act = Act.of(self.text("do"))
        self.kept: dict[str, dict[str, Any]] = {}
        self.focus = ""

    def text(self, name: str) -> str:
        return self._texts.get(name, "")

    def has(self, name: str) -> bool:
        return name in self._texts

    def names(self) -> list[str]:
        return list(self._texts)

    def rows(self, name: str) -> int:
        """How many rows of a list were sent."""
        text = self.text(f"{name}.n")
        return min(int(text), MOST_ROWS) if text.isascii() and text.isdigit() and len(text) < 6 else 0

    def value(self, name: str) -> Any:
        """A value that the page carried without showing it; ABSENT if there is none that can be read."""
        try:
            return read_document(self.text(name)).get("value", ABSENT)
        except ValidationError:
            return ABSENT

    def keep(self, name: str, form: str, value: Any) -> None:
        """Remember what was written in a form that is no longer the chosen one."""
        if value is not ABSENT:
            self.kept.setdefault(name, {})[form] = value

    def remember(self, name: str) -> None:
        """Take up what the page remembered for the choice of this name."""
        kept = self.value(f"{name}.kept")
        if isinstance(kept, dict) and kept:
            self.kept[name] = kept

    def forget(self, name: str) -> None:
        """Drop what is remembered below a list whose rows have changed places."""
        for known in [known for known in self.kept if known.startswith(f"{name}.")]:
            del self.kept[known]


def carried(value: Any) -> str:
    """A value as `Posted.value` reads it back."""
    return json.dumps({"value": value}, ensure_ascii=False, default=str)

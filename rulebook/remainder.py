"""The part of a document that can be read although other parts cannot, so that every problem shows the first time."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import replace
from typing import Any, Final

from rulebook.problems import Problem

_PLACE: Final = re.compile(r"(\w+)(?:\[(\d+)\])?")


class Remainder:
    """A document without the list items and the top-level keys that have problems."""

    def __init__(self, document: Mapping[str, Any], problems: Iterable[Problem]) -> None:
        places = [_PLACE.match(problem.where) for problem in problems]
        dropped = {(place[1], None if place[2] is None else int(place[2])) for place in places if place}
        self.damaged: set[str] = {key for key, _ in dropped}
        self.document: dict[str, Any] = {}
        self._kept: dict[str, list[int]] = {}
        for key, value in document.items():
            if (key, None) in dropped:
                continue
            self.document[key] = value
            if isinstance(value, list):
                self._kept[key] = [index for index in range(len(value)) if (key, index) not in dropped]
                self.document[key] = [value[index] for index in self._kept[key]]

    def placed(self, problems: Iterable[Problem], caused_by: Mapping[str, frozenset[str]]) -> Iterator[Problem]:
        """Problems of the remainder, at their places in the whole document.

        Left out are those that only came from the dropping: about a damaged list as a whole, or of a code that the
        damage to a key explains.
        """
        for problem in problems:
            explained = any(problem.code in caused_by.get(key, ()) for key in self.damaged)
            if explained or problem.where in self.damaged:
                continue
            yield replace(problem, where=self._whole_place(problem.where))

    def _whole_place(self, where: str) -> str:
        place = _PLACE.match(where)
        if place is None or place[2] is None or place[1] not in self._kept:
            return where
        return f"{place[1]}[{self._kept[place[1]][int(place[2])]}]{where[place.end() :]}"

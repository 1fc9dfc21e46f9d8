"""The text of a JSON file as the rulebook wants it: no number loses a digit and no key is said twice."""

from __future__ import annotations

import json
from decimal import Decimal
from typing import Any

from rulebook.problems import Problem


def loads(text: str) -> tuple[Any, list[Problem]]:
    """The document in the text, or the one reason why it is not JSON, with line and column."""
    try:
        return json.loads(text, parse_float=Decimal, parse_constant=_constant, object_pairs_hook=_once), []
    except json.JSONDecodeError as fault:
        where = f"{fault.lineno}:{fault.colno}"
        sv = f"Filen är inte giltig JSON: rad {fault.lineno}, kolumn {fault.colno} ({fault.msg})."
        en = f"The file is not valid JSON: line {fault.lineno}, column {fault.colno} ({fault.msg})."
        return None, [Problem(where, "json", sv, en)]
    except (_NotPlainError, RecursionError, ArithmeticError, ValueError) as fault:
        said = str(fault)
        return None, [Problem("", "json", f"Filen går inte att läsa: {said}.", f"The file cannot be read: {said}.")]


class _NotPlainError(Exception):
    pass


def _constant(name: str) -> None:
    raise _NotPlainError(f"{name} is not a number")


def _once(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    found = dict(pairs)
    if len(found) < len(pairs):
        keys = [key for key, _ in pairs]
        twice = next(key for key in keys if keys.count(key) > 1)
        raise _NotPlainError(f'"{twice}" stands twice in the same object')
    return found

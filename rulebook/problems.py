"""What is wrong with a document, said so that the writer can mend it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

Language = Literal["sv", "en"]


@dataclass(frozen=True, slots=True, order=True)
class Problem:
    """One fault: a stable `code`, `where` it is (`terms[0].price.amount`) and the message in both languages."""

    where: str
    code: str
    sv: str
    en: str

    def message(self, language: Language) -> str:
        return self.en if language == "en" else self.sv


def inside(where: str, step: str | int) -> str:
    """The path one step further in.

    >>> inside(inside("terms", 0), "price")
    'terms[0].price'
    """
    if isinstance(step, int):
        return f"{where}[{step}]"
    return f"{where}.{step}" if where else step

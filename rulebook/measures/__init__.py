"""The kinds of measure: how verified facts become a quantity to price.

Each kind is a module with a one-sentence rule, a label, its parameters and its words. A kind knows no price, no limit
and no other kind.
"""

from __future__ import annotations

from typing import Final

from rulebook.kinds import MeasureKind
from rulebook.measures import count, value

MEASURES: Final[dict[str, MeasureKind]] = {
    "count": count,
    "value": value,
}

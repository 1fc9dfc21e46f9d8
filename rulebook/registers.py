"""The three registers of kinds, and the shapes of a document's places where one of a register's kinds may stand.

They are empty here: each package of kinds enters its own. A measure may contain measures and a price prices, so the
shapes must be there before the kinds are.
"""

from __future__ import annotations

from typing import Any, Final

from rulebook.shapes import Kinds, Schema

MEASURES: Final[dict[str, Any]] = {}
PRICES: Final[dict[str, Any]] = {}
ADJUSTMENTS: Final[dict[str, Any]] = {}

MEASURE: Final = Kinds("measure", MEASURES)
PRICE: Final = Kinds("price", PRICES)
ADJUSTMENT: Final = Kinds("adjustment", ADJUSTMENTS)


def definitions() -> Schema:
    """The `$defs` of a JSON Schema in which kinds are referred to by name."""
    return {shape.name: shape.definition() for shape in (MEASURE, PRICE, ADJUSTMENT)}

"""The kinds of measure: how verified facts become a quantity to price.

Each kind is a module with a one-sentence rule, a label, its parameters and its words. A measure may contain measures,
but a kind knows no other kind by name, no price and no limit.
"""

from __future__ import annotations

from typing import Final

from rulebook.kinds import MeasureKind
from rulebook.measures import (
    bounded,
    change,
    count,
    difference,
    effect,
    elapsed,
    enrolled,
    first,
    greatest,
    least,
    number,
    paid,
    product,
    ratio,
    total,
    value,
)
from rulebook.registers import MEASURES as REGISTER

MEASURES: Final[dict[str, MeasureKind]] = {
    "count": count,
    "value": value,
    "enrolled": enrolled,
    "number": number,
    "sum": total,
    "difference": difference,
    "product": product,
    "ratio": ratio,
    "least": least,
    "greatest": greatest,
    "bounded": bounded,
    "change": change,
    "effect": effect,
    "first": first,
    "paid": paid,
    "elapsed": elapsed,
}
REGISTER.update(MEASURES)

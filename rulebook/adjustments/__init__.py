"""The kinds of adjustment: what scales an amount after its price and before the limits.

Each kind is a module with a one-sentence rule, a label, its parameters and its factor. A kind knows no other kind.
"""

from __future__ import annotations

from typing import Final

from rulebook.adjustments import deadweight, discount, scale
from rulebook.kinds import AdjustmentKind
from rulebook.registers import ADJUSTMENTS as REGISTER

ADJUSTMENTS: Final[dict[str, AdjustmentKind]] = {"deadweight": deadweight, "scale": scale, "discount": discount}
REGISTER.update(ADJUSTMENTS)

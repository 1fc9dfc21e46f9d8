"""What a calculation gives: lines with their working, what became of each claim, and one total.

Nothing here names a person. A claim is referred to by its id alone.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from fractions import Fraction
from hashlib import sha256
from typing import Any, Final, NamedTuple, overload

from rulebook.money import Rounding, exact_text, round_money

TRACE_VERSION: Final = 1
NEVER_ENDING: Final = Rounding(Decimal("0.000001"), "half_even")
"""How one claim's amount is shown when it has no last decimal, as a third; lines are summed from exact amounts."""


class ClaimIds(Sequence[str]):
    """The ids of the claims in some rows of a table, written out only when they are read."""

    def __init__(self, ids: Sequence[str], rows: Any) -> None:
        self._ids, self._rows = ids, rows

    def __len__(self) -> int:
        return len(self._rows)

    @overload
    def __getitem__(self, index: int) -> str: ...
    @overload
    def __getitem__(self, index: slice) -> Sequence[str]: ...
    def __getitem__(self, index: int | slice) -> str | Sequence[str]:
        if isinstance(index, slice):
            return ClaimIds(self._ids, self._rows[index])
        return self._ids[int(self._rows[index])]

    def __iter__(self) -> Iterator[str]:
        return (self._ids[row] for row in self._rows.tolist())

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Sequence) and list(self) == list(other)

    def __hash__(self) -> int:
        return hash(tuple(self))

    def __repr__(self) -> str:
        return repr(list(self))


class LineKey(NamedTuple):
    """What a granted amount is remembered by from one settlement to the next."""

    term: str
    period: str
    cohort: str | None
    payer: str
    payee: str | None


@dataclass(frozen=True, slots=True)
class Share:
    """One payer's part of a line."""

    payer: str
    payee: str | None
    amount: Decimal


@dataclass(frozen=True, slots=True)
class Taken:
    """What a limit took from a line, and which claims lost; `limit` is the limit's id, or its scope and metric."""

    limit: str
    amount: Decimal
    claims: Sequence[str]


@dataclass(frozen=True, slots=True)
class Line:
    """One term in one measurement period: its rounded amount, who pays it, and how it was worked out."""

    term: str
    period: str
    cohort: str | None
    version: int
    amount: Decimal
    shares: tuple[Share, ...]
    working: Mapping[str, Any]
    taken: tuple[Taken, ...]

    def keyed_shares(self) -> dict[LineKey, Decimal]:
        return {
            LineKey(self.term, self.period, self.cohort, share.payer, share.payee): share.amount
            for share in self.shares
        }

    def to_json(self) -> dict[str, Any]:
        return {
            "term": self.term,
            "period": self.period,
            "cohort": self.cohort,
            "version": self.version,
            "amount": str(self.amount),
            "shares": [
                {"payer": share.payer, "payee": share.payee, "amount": str(share.amount)} for share in self.shares
            ],
            "working": {
                name: list(part) if isinstance(part, ClaimIds) else part for name, part in self.working.items()
            },
            "taken": [
                {"limit": taken.limit, "amount": str(taken.amount), "claims": list(taken.claims)}
                for taken in self.taken
            ],
        }

    @classmethod
    def from_json(cls, stored: Mapping[str, Any]) -> Line:
        return cls(
            stored["term"],
            stored["period"],
            stored["cohort"],
            stored["version"],
            Decimal(stored["amount"]),
            tuple(Share(share["payer"], share["payee"], Decimal(share["amount"])) for share in stored["shares"]),
            stored["working"],
            tuple(Taken(taken["limit"], Decimal(taken["amount"]), tuple(taken["claims"])) for taken in stored["taken"]),
        )


class ClaimOutcome(NamedTuple):
    """What became of one claim.

    `counted` says whether the claim passed the counting rules, and `amount` what it earned by itself after the limits
    (a lump sum belongs to no claim; an amount that has no last decimal is shown to the sixth). `reason` says why it
    did not count, or why it earned less than its price: "gate", "missing" and "cap".
    """

    claim: str
    counted: bool
    amount: Decimal
    reason: str | None


class ClaimOutcomes(Sequence[ClaimOutcome]):
    """What became of every claim, in order of event date, written out only when it is read."""

    def __init__(self, ids: Sequence[str], order: Any, *, counted: Any, reasons: Any, kept: Any, ticks: int) -> None:
        """`reasons` are words and each row's number among them; `kept` is what each row earned, in 1 / `ticks`."""
        self._ids, self._order, self._counted = ids, order, counted
        self._names, self._reason = reasons
        self._kept, self._ticks = kept, ticks
        self._amounts: dict[int, Decimal] = {}

    def __len__(self) -> int:
        return len(self._order)

    @overload
    def __getitem__(self, index: int) -> ClaimOutcome: ...
    @overload
    def __getitem__(self, index: slice) -> Sequence[ClaimOutcome]: ...
    def __getitem__(self, index: int | slice) -> ClaimOutcome | Sequence[ClaimOutcome]:
        if isinstance(index, slice):
            return [self[place] for place in range(*index.indices(len(self)))]
        row = int(self._order[index])
        reason = self._names[int(self._reason[row])]
        return ClaimOutcome(
            self._ids[row], bool(self._counted[row]), self._amount(int(self._kept[row])), reason or None
        )

    def _amount(self, ticks: int) -> Decimal:
        if ticks not in self._amounts:
            exact = Fraction(ticks, self._ticks)
            text = exact_text(exact)
            self._amounts[ticks] = round_money(exact, NEVER_ENDING) if "/" in text else Decimal(text)
        return self._amounts[ticks]

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Sequence) and list(self) == list(other)

    def __hash__(self) -> int:
        return hash(tuple(self))

    def __repr__(self) -> str:
        return repr(list(self))


@dataclass(frozen=True, slots=True)
class Entitlement:
    """All that is owed to date by the terms, before what was granted earlier."""

    currency: str
    as_of: date | None
    lines: tuple[Line, ...]
    claims: Sequence[ClaimOutcome]
    total: Decimal

    def to_json(self) -> dict[str, Any]:
        """A JSON-able dict that `from_json` reads back to an equal entitlement."""
        return {
            "trace_version": TRACE_VERSION,
            "currency": self.currency,
            "as_of": self.as_of.isoformat() if self.as_of else None,
            "total": str(self.total),
            "lines": [line.to_json() for line in self.lines],
            "claims": [
                {"claim": claim.claim, "counted": claim.counted, "amount": str(claim.amount), "reason": claim.reason}
                for claim in self.claims
            ],
        }

    @classmethod
    def from_json(cls, stored: Mapping[str, Any]) -> Entitlement:
        """Raises ValueError when the trace was written in a form this rulebook does not read."""
        if stored.get("trace_version") != TRACE_VERSION:
            raise ValueError(f"trace version {stored.get('trace_version')} is not {TRACE_VERSION}")
        return cls(
            stored["currency"],
            date.fromisoformat(stored["as_of"]) if stored["as_of"] else None,
            tuple(Line.from_json(line) for line in stored["lines"]),
            tuple(
                ClaimOutcome(claim["claim"], claim["counted"], Decimal(claim["amount"]), claim["reason"])
                for claim in stored["claims"]
            ),
            Decimal(stored["total"]),
        )

    def hash(self) -> str:
        """The sha256, in hex, of the canonical JSON."""
        canonical = json.dumps(self.to_json(), ensure_ascii=False, sort_keys=True, separators=(",", ":"))
        return sha256(canonical.encode()).hexdigest()

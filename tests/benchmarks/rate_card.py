"""The rule that every engine works out: a rate card of 23 lines with a cap per person, and invented claims on it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Final

import numpy as np
import numpy.typing as npt

from rulebook import ClaimTable, Facts, Terms, Version, parse_terms

Lines = dict[tuple[str, str], int]
"""What is paid for a metric in a quarter, in whole pounds; ("", "") for an engine that only gives the total."""


@dataclass(frozen=True)
class Price:
    """A line of the card; `weight` is how many of it were paid in the first published contract."""

    metric: str
    pounds: int
    weight: int
    once: bool


# The care leavers' rate card of the Department for Education (UK), as published for the contracts of 2018–2022. There
# the five lines on wellbeing were paid several times for a person, the others about once.
CARD: Final = tuple(
    Price(f"m{number:02}", pounds, weight, once=number > 5)
    for number, (pounds, weight) in enumerate(
        [
            *[(220, 706), (220, 521), (220, 593), (220, 221), (220, 120), (220, 99), (220, 90), (220, 88)],
            *[(1760, 50), (4730, 22), (4730, 6), (660, 13), (2750, 9), (2750, 5), (4730, 2)],
            *[(110, 4), (220, 3), (330, 1), (660, 159), (2750, 149), (2750, 129), (2750, 103), (2750, 72)],
        ],
        start=1,
    )
)
PERSON_CAP: Final = 8200
CLAIMS_PER_PERSON: Final = 3.4
FIRST_DAY: Final = np.datetime64("2027-01-01")
DAYS: Final = 1461
"""Sixteen quarters."""


@dataclass(frozen=True)
class Claims:
    """Claims in columns: the person's number, the metric's place in the card, the day. A claim's id is its place."""

    person: npt.NDArray[np.int64]
    metric: npt.NDArray[np.int64]
    event_on: npt.NDArray[np.datetime64]

    def __len__(self) -> int:
        return len(self.person)


def invented(count: int, seed: int = 2027) -> Claims:
    """So many claims by one person for every 3.4, in no order, the same for the same seed."""
    chance = np.random.default_rng(seed)
    weights = np.array([price.weight for price in CARD], dtype=np.float64)
    return Claims(
        chance.integers(max(1, round(count / CLAIMS_PER_PERSON)), size=count),
        chance.choice(len(CARD), size=count, p=weights / weights.sum()),
        FIRST_DAY + chance.integers(DAYS, size=count),
    )


def terms() -> Terms:
    document: dict[str, Any] = {
        "currency": "GBP",
        "metrics": [{"id": price.metric, "level": "person", "once": price.once} for price in CARD],
        "terms": [
            {
                "id": f"t{price.metric}",
                "measure": {"kind": "count", "metric": price.metric},
                "price": {"kind": "unit", "amount": price.pounds},
            }
            for price in CARD
        ],
        "limits": [{"scope": "person", "at_most": PERSON_CAP}],
        "legs": [{"payer": "department", "payee": "provider", "share": 1}],
    }
    read, problems = parse_terms(document)
    if read is None:
        raise ValueError(problems)
    return read


def version() -> Version:
    return Version(1, None, terms())


def facts(claims: Claims) -> Facts:
    """The claims as facts in columns; ids sort as their numbers do."""
    table = ClaimTable.from_columns(
        ids=[f"c{number:08}" for number in range(len(claims))],
        persons=[f"p{person:07}" for person in claims.person.tolist()],
        metrics=[CARD[metric].metric for metric in claims.metric.tolist()],
        event_on=claims.event_on,
    )
    return Facts(claims=table)


def one_by_one(claims: Claims) -> Facts:
    """The same facts as claims one by one, as a reader of files or rows gives them."""
    return Facts(claims=tuple(facts(claims).claims))

"""The baseline of a measure: what stands there, what a snapshot fills in, and what the design can see."""

from dataclasses import dataclass
from decimal import Decimal
from typing import Any, Final

from django.utils.translation import gettext as _

from contracts.models import Baseline, Measure
from contracts.queries.kolada import table_of
from library.models import KoladaSnapshot
from rulebook.power import DesignPower, design_power

_PER_CENT: Final = ("%", "procent", "per cent", "percent")
_SHARE: Final = ("andel", "share", "proportion")
GROUP, OWN = "group", "own"


# --- What the unit says --------------------------------------------------------------------------------------------


def whole_of(unit: str) -> int | None:
    """What the whole is in this unit: 100 for per cent, 1 for a share; None for what is no share."""
    said = unit.casefold()
    if any(word in said for word in _PER_CENT):
        return 100
    return 1 if any(word in said for word in _SHARE) else None


# --- From a snapshot -----------------------------------------------------------------------------------------------


def filled_from(snapshot: KoladaSnapshot, year: int, whose: str) -> dict[str, Any] | None:
    """What a snapshot's year says in the fields of a baseline: the group's mean, or the municipality's own value.

    None where Kolada has no value for it.
    """
    table = table_of(snapshot)
    value = table.mean_in(year) if whose == GROUP else table.own_in(year)
    if value is None:
        return None
    if whose == GROUP:
        mean = next(mean for mean in table.means if mean.year == year)
        description = _(
            "The mean of %(counted)s of the %(of)s municipalities in «%(group)s». Each of them counts as much."
        ) % {"counted": mean.counted, "of": mean.of, "group": snapshot.group_name}
    else:
        description = _("The municipality's own value, %(name)s.") % {"name": snapshot.municipality_name}
    return {
        "method": Baseline.Method.COMPARABLE if whose == GROUP else Baseline.Method.OWN_PERIOD,
        "description": description,
        "is_measured_later": False,
        "value": value,
        "period": str(year),
        "source": f"Kolada, {snapshot.kpi} {snapshot.title}"[:300],
        "snapshot": snapshot,
    }


@dataclass(frozen=True)
class Difference:
    """A baseline that says something else than the figure it names as its ground."""

    year: int
    own: Decimal | None
    mean: Decimal | None


def differs_from_figure(baseline: Baseline | None) -> Difference | None:
    """What the kept figure says for the year of the baseline, where its value is neither the mean nor the own value."""
    if baseline is None or baseline.snapshot is None or baseline.value is None:
        return None
    table = table_of(baseline.snapshot)
    year = int(baseline.period) if baseline.period.isdecimal() else 0  # of at most 60 characters
    own, mean = table.own_in(year), table.mean_in(year)
    return None if baseline.value in {own, mean} else Difference(year, own, mean)


# --- What the design can see ---------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Seeing:
    """What the measurement can see, or why that cannot be said yet; `lacks` names the fields that say too little."""

    power: DesignPower | None
    lacks: tuple[str, ...] = ()

    @property
    def tone(self) -> str:
        if self.power is None:
            return "info"
        tone = {"none": "success", "weak": "warning", "poor": "danger", "unknown": "info"}[self.power.warning]
        return "warning" if tone in {"success", "info"} and self.power.has_few else tone


def seeing(measure: Measure, said: dict[str, Any], participants: int | None) -> Seeing:
    """What the measurement can see with what is said of the baseline (its fields by name), saved or not."""
    whole = whole_of(measure.unit)
    value, change = said.get("value"), said.get("smallest_change")
    target = measure.target
    if target is None and value is not None and change is not None:
        target = value + change
    spread = said.get("spread")
    needed = {"expected_participants": participants or None, "value": value}
    needed |= {"spread": spread or None} if whole is None else {}
    lacks = tuple(name for name, known in needed.items() if known is None)
    if lacks or participants is None or value is None:
        return Seeing(None, lacks)
    share = whole or 1
    if whole is not None and not (0 <= value <= whole and (target is None or 0 <= target <= whole)):
        return Seeing(None, ("unit",))
    # Comparable municipalities are many persons together: their mean counts as known, not as a sample.
    behind = None if said.get("method") == Baseline.Method.COMPARABLE else said.get("persons") or None
    return Seeing(
        design_power(
            kind="number" if whole is None else "share",
            baseline=float(value / share),
            target=None if target is None else float(target / share),
            persons=participants,
            base_persons=behind,
            spread=None if spread is None else float(spread),
        )
    )


def said_in(baseline: Baseline | None) -> dict[str, Any]:
    """What a saved baseline says, in the words of `seeing`."""
    names = ("method", "value", "persons", "spread", "smallest_change")
    return {} if baseline is None else {name: getattr(baseline, name) for name in names}

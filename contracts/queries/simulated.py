"""A stored run as its page reads it: only what the run itself holds, rounded for people and named in their language."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from decimal import ROUND_HALF_EVEN, Decimal
from fractions import Fraction
from typing import Any

from django.utils.translation import gettext as _

from contracts.models import SimulationRun
from contracts.queries.register import reader_language, unit_label
from library.states import BudgetHolder

SHOWN = ("5", "25", "50", "75", "95")
PERCENTILES = ("1", "5", "10", "25", "50", "75", "90", "95", "99")
WHOLE, HUNDREDTH, THOUSANDTH = Decimal(1), Decimal("0.01"), Decimal("0.001")


def whole(amount: float) -> Decimal:
    """An estimate in whole units of the currency."""
    found = Decimal(str(amount)).quantize(WHOLE, ROUND_HALF_EVEN)
    return found if found else Decimal(0)  # never minus nothing


def chance(share: float) -> Decimal:
    """A chance to a tenth of a per cent."""
    return Decimal(str(share)).quantize(THOUSANDTH, ROUND_HALF_EVEN)


def hundredth(number: float) -> Decimal:
    """A number to two decimals."""
    return Decimal(str(number)).quantize(HUNDREDTH, ROUND_HALF_EVEN)


@dataclass(frozen=True)
class SpreadRow:
    """How one amount spreads over the draws."""

    label: str
    mean: Decimal
    at: Mapping[str, Decimal]
    nothing: Decimal

    @classmethod
    def of(cls, label: str, spread: Mapping[str, Any]) -> SpreadRow:
        at = {percent: whole(amount) for percent, amount in spread["percentiles"].items()}
        return cls(label, whole(spread["mean"]), at, chance(spread["chance_of_nothing"]))

    @property
    def low(self) -> Decimal:
        return self.at["5"]

    @property
    def median(self) -> Decimal:
        return self.at["50"]

    @property
    def high(self) -> Decimal:
        return self.at["95"]

    @property
    def shown(self) -> list[Decimal]:
        return [self.at[percent] for percent in SHOWN]


@dataclass(frozen=True)
class LimitRow:
    """How often a limit binds, and what it takes on average over all draws."""

    label: str
    chance: Decimal
    taken: Decimal


@dataclass(frozen=True)
class BudgetRow:
    """What one budget gains and pays, and what is left."""

    label: str
    gain: SpreadRow
    paid: SpreadRow
    net: SpreadRow
    minus: Decimal


@dataclass(frozen=True)
class Investor:
    """What the contract is worth to the investor. Where no rate fits, the answer says so instead of a number."""

    name: str
    paid_in: list[Decimal]
    received: list[Decimal]
    multiples: list[Decimal]
    """Received over paid in, at the percentiles shown."""
    rates: list[Decimal]
    """At the percentiles shown; empty where no draw has a rate."""
    answers: Mapping[str, Decimal]
    """How large a share of the draws have one rate, may have several, or have none."""
    loss: Decimal
    expected: Decimal | None
    expected_answer: str
    present_values: list[Decimal]

    @property
    def has_rate_always(self) -> bool:
        return self.answers["defined"] == 1


@dataclass(frozen=True)
class BarRow:
    """One bar of a histogram."""

    low: Decimal
    high: Decimal
    share: Decimal


@dataclass(frozen=True)
class Distribution:
    """Everything the page of a distribution shows."""

    currency: str
    payer: str
    """Who pays, where it is one party; otherwise nothing."""
    total: SpreadRow
    percentiles: list[tuple[str, Decimal]]
    bars: list[BarRow]
    payers: list[SpreadRow]
    periods: list[SpreadRow]
    terms: list[tuple[str, Decimal]]
    limits: list[LimitRow]
    investor: Investor | None
    budgets: list[BudgetRow]
    together: Mapping[str, Any] | None
    standard_error: Decimal
    notes: list[str] = field(default_factory=list)

    @property
    def shown(self) -> tuple[str, ...]:
        return SHOWN


def distribution_of(run: SimulationRun) -> Distribution:
    """The page of one distribution."""
    return _distribution(run, result_of(run))


def result_of(run: SimulationRun) -> Mapping[str, Any]:
    """What a run that is done holds."""
    if run.result is None:
        raise ValueError(f"simulation {run.pk} is not done")
    found: Mapping[str, Any] = run.result
    return found


def _distribution(run: SimulationRun, result: Mapping[str, Any]) -> Distribution:
    simulation, labels = result["simulation"], result_of(run)["labels"]
    names: Mapping[str, str] = run.settings.get("names", {})
    to = reader_language()
    payers = [SpreadRow.of(names.get(key, key), spread) for key, spread in simulation["payers"].items()]
    total = SpreadRow.of(_("The whole contract"), simulation["total"])
    return Distribution(
        currency=simulation["currency"],
        payer=payers[0].label if len(payers) == 1 else "",
        total=total,
        percentiles=[(percent, total.at[percent]) for percent in PERCENTILES],
        bars=list(_bars(result["histogram"], run.draws)),
        payers=payers,
        periods=[SpreadRow.of(period, spread) for period, spread in simulation["periods"].items()],
        terms=[
            (labels["terms"].get(term, {}).get(to, term), whole(mean)) for term, mean in simulation["terms"].items()
        ],
        limits=[
            LimitRow(
                labels["limits"].get(bite["limit"], {}).get(to, bite["limit"]),
                chance(bite["chance"]),
                whole(bite["mean_taken"]),
            )
            for bite in simulation["limits"]
        ],
        investor=_investor(simulation["cash_flow"], names) if simulation["cash_flow"] else None,
        budgets=[
            BudgetRow(
                holder_label(holder, names),
                SpreadRow.of("", budget["gain"]),
                SpreadRow.of("", budget["paid"]),
                SpreadRow.of("", budget["net"]),
                chance(budget["chance_of_minus"]),
            )
            for holder, budget in result["budgets"].items()
        ],
        together=_together(result["together"]),
        standard_error=whole(simulation["total"]["standard_error"]),
        notes=[note[to] for note in (*simulation["notes"], *result.get("remarks", []))],
    )


def holder_label(holder: str, names: Mapping[str, str]) -> str:
    """Whose budget it is, in the reader's words."""
    return str(BudgetHolder(holder).label) if holder in BudgetHolder.values else names.get(holder, holder)


def _bars(histogram: Mapping[str, Any] | None, draws: int) -> Iterator[BarRow]:
    if histogram:
        edges, counts = histogram["edges"], histogram["counts"]
        for low, high, count in zip(edges, edges[1:], counts, strict=False):
            yield BarRow(whole(low), whole(high), chance(count / draws))


def _investor(worth: Mapping[str, Any], names: Mapping[str, str]) -> Investor:
    found, answers = worth["percentiles"], worth["irr_answers"]
    expected = worth["expected"]
    return Investor(
        name=names.get(expected["party"], expected["party"]),
        paid_in=[whole(found["paid_in"][percent]) for percent in SHOWN],
        received=[whole(found["received"][percent]) for percent in SHOWN],
        multiples=[hundredth(found["multiple"][percent]) for percent in SHOWN] if found["multiple"] else [],
        rates=[chance(found["irr"][percent]) for percent in SHOWN] if found["irr"] else [],
        answers={answer: chance(count / worth["draws"]) for answer, count in answers.items()},
        loss=chance(worth["chance_of_loss"]),
        expected=chance(float(expected["irr"]["value"])) if expected["irr"]["value"] is not None else None,
        expected_answer=expected["irr"]["answer"],
        present_values=[whole(found["npv"][percent]) for percent in SHOWN] if found["npv"] else [],
    )


def _together(together: Mapping[str, Any] | None) -> dict[str, Any] | None:
    if together is None:
        return None
    least, most = whole(together["gain_where_least_is_paid"]), whole(together["gain_where_most_is_paid"])
    found = together["correlation"]
    return {
        "least": least,
        "most": most,
        "correlation": None if found is None else hundredth(found),
    }


# --- What matters most ---------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class TornadoRow:
    """One assumption turned to each end of its range, and what the result becomes there."""

    key: str
    label: str
    low: Shown
    high: Shown
    at_low: Decimal | None
    at_high: Decimal | None
    swing: Decimal | None


@dataclass(frozen=True)
class Tornado:
    """The assumptions in order of how far they move one result."""

    measure: str
    is_rate: bool
    base: Decimal | None
    rows: list[TornadoRow]
    still: list[str]
    """Assumptions that do not move it at all."""


MEASURES = ("payments", "net", "irr", "surplus")


def measures_of(run: SimulationRun) -> list[str]:
    """The results that the run has: without a cost there is no rate, without gains no net."""
    bars = [bar[end] for bar in result_of(run)["bars"] for end in ("at_low", "at_high")]
    points = [result_of(run)["base"], *bars]
    return [measure for measure in MEASURES if any(point[measure] is not None for point in points)]


def tornado_of(run: SimulationRun, measure: str) -> Tornado:
    """The page of what matters most for one result."""
    is_rate = measure == "irr"
    shown = chance if is_rate else whole
    slight = 1e-9 * max(1.0, abs(result_of(run)["base"][measure] or 0))
    rows, still = [], []
    for bar in sorted(result_of(run)["bars"], key=lambda bar: -_width(bar, measure)):
        kept = run.register.get(bar["key"], {})
        label = kept.get("label", bar["key"])
        if _width(bar, measure) <= slight:
            still.append(label)
            continue
        ends = [bar[end][measure] for end in ("at_low", "at_high")]
        low, high = (None if end is None else shown(end) for end in ends)
        swing = None if low is None or high is None else abs(high - low)
        unit = kept.get("unit", "")
        rows.append(
            TornadoRow(bar["key"], label, Shown.of(bar["low"], unit), Shown.of(bar["high"], unit), low, high, swing)
        )
    base = result_of(run)["base"][measure]
    return Tornado(measure, is_rate, None if base is None else shown(base), rows, still)


def _width(bar: Mapping[str, Any], measure: str) -> float:
    """How far it moves the result; what has no result at one end matters most of all."""
    ends = [bar[end][measure] for end in ("at_low", "at_high")]
    if ends == [None, None]:
        return 0.0
    return float("inf") if None in ends else abs(ends[1] - ends[0])


@dataclass(frozen=True)
class Shown:
    """A stored figure with its unit."""

    value: Decimal | None
    unit: str

    @classmethod
    def of(cls, number: str | None, unit: str) -> Shown:
        if number is None:
            return cls(None, unit)
        exact = Fraction(number)
        return cls((Decimal(exact.numerator) / Decimal(exact.denominator)).normalize(), unit)

    @property
    def is_share(self) -> bool:
        return self.unit == "share"

    @property
    def unit_label(self) -> str:
        return unit_label(self.unit)


# --- Scenarios -----------------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class ScenarioColumn:
    """One scenario beside the others."""

    label: str
    is_own: bool
    distribution: Distribution
    differs: list[tuple[str, Shown]]
    """The assumptions that are not as assumed, with their values."""


def scenarios_in(run: SimulationRun) -> list[ScenarioColumn]:
    """The scenarios of a run, the built-in ones first."""
    names = {"low": _("All at the low end"), "assumed": _("As assumed"), "high": _("All at the high end")}
    found = []
    for one in result_of(run)["scenarios"]:
        values = one["values"]
        differs = [
            (kept["label"], Shown.of(values[key], kept["unit"]))
            for key, kept in run.register.items()
            if key in values and Fraction(values[key]) != Fraction(kept["value"])
        ]
        label = names.get(one["key"], one["name"])
        found.append(ScenarioColumn(label, one["key"] not in names, _distribution(run, one), differs))
    return found


# --- Two beside each other -----------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Pair:
    """A number of each of two runs, and the second less the first."""

    label: str
    first: Decimal | None
    second: Decimal | None
    is_share: bool = False

    @property
    def difference(self) -> Decimal | None:
        return None if self.first is None or self.second is None else self.second - self.first


def pairs_of(first: Distribution, second: Distribution) -> list[Pair]:
    """What differs between two distributions: percentiles, chances and the investor's rate."""
    found = [Pair(_("Mean"), first.total.mean, second.total.mean)]
    found += [
        Pair(
            _("%(percent)s %% of the draws give at most") % {"percent": percent},
            first.total.at[percent],
            second.total.at[percent],
        )
        for percent in PERCENTILES
    ]
    found.append(Pair(_("Chance that nothing is paid"), first.total.nothing, second.total.nothing, is_share=True))
    if first.investor or second.investor:
        ones = [one.investor for one in (first, second)]
        rates = [one.expected if one else None for one in ones]
        losses = [one.loss if one else None for one in ones]
        found.append(
            Pair(_("The investor's rate of return on the expected payments"), rates[0], rates[1], is_share=True)
        )
        found.append(Pair(_("The investor's chance of a loss"), losses[0], losses[1], is_share=True))
    return found


@dataclass(frozen=True)
class LimitPair:
    """A limit in each of two versions; None where one of them does not have it."""

    label: str
    first: LimitRow | None
    second: LimitRow | None


def limit_pairs(first: Distribution, second: Distribution) -> list[LimitPair]:
    """The limits of both, by name."""
    ones, others = ({row.label: row for row in each.limits} for each in (first, second))
    return [LimitPair(label, ones.get(label), others.get(label)) for label in dict.fromkeys([*ones, *others])]


# --- Files ---------------------------------------------------------------------------------------------------------


def rows_of(run: SimulationRun) -> Iterator[Sequence[Any]]:
    """The result as rows for a spreadsheet: what, which, measure, number. Numbers as they are stored."""
    yield (_("Part"), _("Which"), _("Measure"), _("The number"))
    if run.kind == SimulationRun.Kind.TORNADO:
        for bar in result_of(run)["bars"]:
            label = run.register.get(bar["key"], {}).get("label", bar["key"])
            for end in ("at_low", "at_high"):
                for measure in MEASURES:
                    yield (label, bar["low" if end == "at_low" else "high"], measure, bar[end][measure])
        return
    results = result_of(run)["scenarios"] if run.kind == SimulationRun.Kind.SCENARIOS else [result_of(run)]
    for one in results:
        name = one.get("name") or one.get("key") or _("Distribution")
        yield from _rows(name, one)


def _rows(name: str, result: Mapping[str, Any]) -> Iterator[Sequence[Any]]:
    simulation = result["simulation"]
    spreads = {"total": simulation["total"], **simulation["payers"], **simulation["periods"]}
    spreads |= {
        f"{holder} {part}": budget[part]
        for holder, budget in result["budgets"].items()
        for part in ("gain", "paid", "net")
    }
    for label, spread in spreads.items():
        yield (name, label, "mean", spread["mean"])
        yield from ((name, label, f"p{percent}", amount) for percent, amount in spread["percentiles"].items())
        yield (name, label, "chance_of_nothing", spread["chance_of_nothing"])
    for bite in simulation["limits"]:
        yield (name, bite["limit"], "chance_binds", bite["chance"])
        yield (name, bite["limit"], "mean_taken", bite["mean_taken"])
    if simulation["cash_flow"]:
        yield (name, "investor", "chance_of_loss", simulation["cash_flow"]["chance_of_loss"])
        rates = simulation["cash_flow"]["percentiles"]["irr"] or {}
        yield from ((name, "investor", f"irr_p{percent}", rate) for percent, rate in rates.items())
    histogram = result["histogram"] or {"edges": [], "counts": []}
    for low, high, count in zip(histogram["edges"], histogram["edges"][1:], histogram["counts"], strict=False):
        yield (name, f"{low}–{high}", "draws", count)

"""From what a run has stored to its result. Nothing else is read, so that an old run can always be drawn again."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from fractions import Fraction
from typing import Any

from contracts.models import SimulationRun
from contracts.queries.simulation import life_of
from rulebook import Terms, parse_terms
from rulebook.benefits import Gain, Rates, drawn, missing_of, year_of
from rulebook.forecast import Figure, expected_outcomes, forecast
from rulebook.outlook import Gains, Outlook, outlook_on
from rulebook.periods import Period, add_time
from rulebook.problems import Language
from rulebook.sensitivity import BUILT_IN, Figures, Point, bars_to_draw, certain, sets_of_values, tornado
from rulebook.simulate import Assumptions, Draws, Simulation, parse_assumptions, simulate_each
from rulebook.terms import SCOPES, Limit, label_of

Progress = Callable[[int], None]
THREADS = 2
KEPT = 4
"""Simulations kept at hand while others are drawn."""
LEAST_RATE = Fraction(-99, 100)
LAG = "cash.lag_months"
RATES = {"discount": "discount_rate", "index": "price_index"}
LANGUAGES: tuple[Language, ...] = ("sv", "en")


class NotDrawableError(Exception):
    """The stored inputs cannot be simulated, which the request should have found."""


def draw(run: SimulationRun, progress: Progress = lambda per_cent: None) -> dict[str, Any]:
    """The result of a run, as it is stored. `progress` is told per cent as they come."""
    drawer = _Drawer(run)
    result = {
        SimulationRun.Kind.DISTRIBUTION: drawer.distribution,
        SimulationRun.Kind.TORNADO: drawer.tornado,
        SimulationRun.Kind.SCENARIOS: drawer.scenarios,
    }[SimulationRun.Kind(run.kind)](progress)
    return result | {"labels": _labels(drawer.terms), "currency": drawer.terms.currency}


class _Drawer:
    """One run's inputs as the rulebook reads them."""

    def __init__(self, run: SimulationRun) -> None:
        terms, problems = parse_terms(run.terms)
        if terms is None:
            raise NotDrawableError("; ".join(problem.en for problem in problems))
        self.run, self.terms = run, terms
        self.figures = {LAG: Figure(Fraction(run.settings["lag_months"])), **figures_in(run.register)}
        self.life = life_of(run.settings)
        self.gains = [gain_in(kept) for kept in run.benefits]
        self.horizon: int = run.settings["horizon_years"]
        self._drawn: dict[tuple[str, Rates, int], tuple[Simulation, Draws]] = {}

    # --- the three kinds --------------------------------------------------------------------------------------------

    def distribution(self, progress: Progress) -> dict[str, Any]:
        del progress
        rates = rates_in(self.figures)
        value = {"discount": str(rates.discount), "index": str(rates.index), "horizon": self.horizon}
        return self._outlook(self.figures).to_json() | {"remarks": list(self._remarks()), "valued": value}

    def tornado(self, progress: Progress) -> dict[str, Any]:
        base = self._weigh(certain(self.figures))
        bars = []
        number = len(bars_to_draw(self.figures))
        for place, bar in enumerate(tornado(self.figures, self._weigh), start=1):
            bars.append(bar.to_json())
            progress(100 * place // number)
        return {"base": base.to_json(), "bars": bars}

    def scenarios(self, progress: Progress) -> dict[str, Any]:
        own = {
            f"own.{place}": {key: Fraction(text) for key, text in scenario["values"].items()}
            for place, scenario in enumerate(self.run.settings.get("scenarios", []))
        }
        names = {f"own.{place}": one for place, one in enumerate(self.run.settings.get("scenarios", []))}
        found = []
        sets = sets_of_values(self.figures, own)
        for place, (key, figures) in enumerate(sets.items(), start=1):
            result = self._outlook(figures).to_json()
            values = {name: str(figure.value) for name, figure in figures.items()}
            found.append(
                {"key": key, "name": "" if key in BUILT_IN else names[key]["name"], "values": values, **result}
            )
            progress(100 * place // len(sets))
        return {"scenarios": found}

    # --- what they share --------------------------------------------------------------------------------------------

    def _outlook(self, figures: Figures) -> Outlook:
        rates = rates_in(figures)
        simulation, each = self._simulated(figures, rates)
        return outlook_on(simulation, each, gains=self._gains(figures, rates), holder_of=self.run.settings["holders"])

    def _gains(self, figures: Figures, rates: Rates) -> Gains | None:
        """What each budget gains within the horizon, in the money of the first year."""
        if not self.gains:
            return None
        draws, seed = self.run.draws, self.run.seed
        return lambda each: drawn(
            self.gains, figures, draws, seed, reached=each.reached, rates=rates, horizon=self.horizon
        )

    def _simulated(self, figures: Figures, rates: Rates) -> tuple[Simulation, Draws]:
        """The payments, drawn once for all figures that do not bear on them."""
        assumptions = self._assumptions(figures)
        lag = round(figures[LAG].value)
        key = (assumptions.hash, rates, lag)
        if key not in self._drawn:
            if len(self._drawn) > KEPT:
                self._drawn.popitem()  # the first one, as assumed, is asked for most
            self._drawn[key] = simulate_each(
                self.terms,
                assumptions,
                self.run.draws,
                self.run.seed,
                threads=THREADS,
                weight=lambda period: self._weight(period, rates, lag),
            )
        return self._drawn[key]

    def _weight(self, period: Period, rates: Rates, lag: int) -> Fraction:
        """What a krona for the period is worth in the first year; nothing when it is paid beyond the horizon."""
        year = year_of(add_time(period.ends_on, lag, 0), self.life[0])
        return rates.present(Fraction(1), year) if year <= self.horizon else Fraction(0)

    def _weigh(self, figures: Figures) -> Point:
        found = self._outlook(figures)
        worth = found.simulation.worth
        rate = worth.expected.irr if worth else None
        return Point(
            float(found.simulation.total.mean),
            None if rate is None or rate.value is None else float(rate.value),
            rate.answer if rate else "",
            float(found.payers.net.mean) if found.payers else None,
            float(worth.expected.received - worth.expected.paid_in) if worth else None,
        )

    def _assumptions(self, figures: Figures) -> Assumptions:
        made = forecast(self.terms, figures, self.life)
        assumptions, problems = parse_assumptions(made.document, self.terms)
        if assumptions is None or made.missing:
            raise NotDrawableError("; ".join([*(one.en for one in problems), *(slot.en for slot in made.missing)]))
        return assumptions

    def _remarks(self) -> Iterator[dict[str, str]]:
        made = forecast(self.terms, self.figures, self.life)
        for one in (*made.problems, *made.remarks):
            yield {"code": one.code, "sv": one.sv, "en": one.en}
        outcomes = expected_outcomes(self.terms, self.figures)
        for gain in self.gains:
            if missing_of(gain, self.figures, outcomes):
                sv = f"«{gain.label}» räknas inte med: en siffra eller ett utfall som den bygger på saknas."
                en = f"“{gain.label}” is left out: a figure or an outcome that it rests on is missing."
                yield {"code": "gain_left_out", "sv": sv, "en": en}


def figures_in(register: Mapping[str, Mapping[str, Any]]) -> dict[str, Figure]:
    """The figures of a stored register."""
    return {
        key: Figure(*(None if kept[name] is None else Fraction(kept[name]) for name in ("value", "low", "high")))  # type: ignore[arg-type]
        for key, kept in register.items()
    }


def gain_in(kept: Mapping[str, Any]) -> Gain:
    """A stored gain as the rulebook reads it."""
    return Gain(
        id=str(kept["id"]),
        **{name: kept[name] for name in ("holder", "label", "metric", "volume", "unit_cost", "attribution")},
        **{name: kept[name] for name in ("from_year", "years", "is_cashable")},
    )


def rates_in(figures: Figures) -> Rates:
    """The discount rate and the price rise; nothing where nobody has stated them."""
    found = {name: max(figures[key].value, LEAST_RATE) for name, key in RATES.items() if key in figures}
    return Rates(**found)


def _labels(terms: Terms) -> dict[str, Any]:
    """What limits, terms and metrics are called, so that a run reads the same whatever becomes of the terms."""
    return {
        "limits": {limit.name: {to: _limit(limit, to) for to in LANGUAGES} for limit in terms.limits},
        "terms": {term.id: {to: label_of(term, to) for to in LANGUAGES} for term in terms.terms},
        "metrics": {metric.id: {to: label_of(metric, to) for to in LANGUAGES} for metric in terms.metrics},
    }


def _limit(limit: Limit, language: Language) -> str:
    """The limit's own name, or what it is reckoned for."""
    only = [part for part in (limit.metric, limit.term, limit.cohort, limit.payer) if part]
    return label_of(limit, language) or " ".join([SCOPES.word(limit.scope, language), *only])

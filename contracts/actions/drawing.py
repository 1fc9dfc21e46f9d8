"""From what a run has stored to its result. Nothing else is read, so that an old run can always be drawn again."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from fractions import Fraction
from typing import Any

from contracts.models import SimulationRun
from contracts.queries.simulation import life_of
from rulebook import Terms, parse_terms
from rulebook.forecast import Figure, forecast
from rulebook.outlook import Gains, Outlook, outlook_on
from rulebook.problems import Language
from rulebook.sensitivity import BUILT_IN, Figures, Point, bars_to_draw, certain, sets_of_values, tornado
from rulebook.simulate import Assumptions, Draws, Simulation, parse_assumptions, simulate_each
from rulebook.terms import SCOPES, Limit, label_of

Progress = Callable[[int], None]
THREADS = 2
KEPT = 4
"""Simulations kept at hand while others are drawn."""
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
        self.figures = figures_in(run.register)
        self.life = life_of(run.settings)
        self._drawn: dict[str, tuple[Simulation, Draws]] = {}

    # --- the three kinds --------------------------------------------------------------------------------------------

    def distribution(self, progress: Progress) -> dict[str, Any]:
        del progress
        return self._outlook(self.figures).to_json() | {"remarks": self._remarks()}

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
            drawn = self._outlook(figures).to_json()
            values = {name: str(figure.value) for name, figure in figures.items()}
            found.append({"key": key, "name": "" if key in BUILT_IN else names[key]["name"], "values": values, **drawn})
            progress(100 * place // len(sets))
        return {"scenarios": found}

    # --- what they share --------------------------------------------------------------------------------------------

    def _outlook(self, figures: Figures) -> Outlook:
        simulation, each = self._simulated(self._assumptions(figures))
        return outlook_on(simulation, each, gains=self._gains(figures), holder_of=self.run.settings["holders"])

    def _simulated(self, assumptions: Assumptions) -> tuple[Simulation, Draws]:
        """The payments, drawn once for all figures that do not bear on them."""
        if assumptions.hash not in self._drawn:
            if len(self._drawn) > KEPT:
                self._drawn.pop(next(reversed(self._drawn)))  # the first one, as assumed, is asked for most
            self._drawn[assumptions.hash] = simulate_each(
                self.terms, assumptions, self.run.draws, self.run.seed, THREADS
            )
        return self._drawn[assumptions.hash]

    def _weigh(self, figures: Figures) -> Point:
        drawn = self._outlook(figures)
        worth = drawn.simulation.worth
        rate = worth.expected.irr if worth else None
        return Point(
            float(drawn.simulation.total.mean),
            None if rate is None or rate.value is None else float(rate.value),
            rate.answer if rate else "",
            float(drawn.payers.net.mean) if drawn.payers else None,
        )

    def _assumptions(self, figures: Figures) -> Assumptions:
        made = forecast(self.terms, figures, self.life)
        assumptions, problems = parse_assumptions(made.document, self.terms)
        if assumptions is None or made.missing:
            raise NotDrawableError("; ".join([*(one.en for one in problems), *(slot.en for slot in made.missing)]))
        return assumptions

    def _remarks(self) -> list[dict[str, str]]:
        made = forecast(self.terms, self.figures, self.life)
        return [{"code": one.code, "sv": one.sv, "en": one.en} for one in (*made.problems, *made.remarks)]

    def _gains(self, figures: Figures) -> Gains | None:
        return None


def figures_in(register: Mapping[str, Mapping[str, Any]]) -> dict[str, Figure]:
    """The figures of a stored register."""
    return {
        key: Figure(*(None if kept[name] is None else Fraction(kept[name]) for name in ("value", "low", "high")))  # type: ignore[arg-type]
        for key, kept in register.items()
    }


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

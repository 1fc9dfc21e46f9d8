"""The drawing itself: from the assumptions and a stream of random numbers to one chunk of draws."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from fractions import Fraction
from typing import Any

import numpy as np
from numpy.typing import NDArray

from rulebook.shapes import Rule
from rulebook.simulation.assumptions import Assumptions, Measured, is_uncertain, places_of
from rulebook.simulation.correlation import factor_of, in_drawing_order, matrix_of
from rulebook.simulation.distributions import Array, Distribution, real
from rulebook.simulation.drawn import Drawn, Key
from rulebook.simulation.paths import Link, Lot, Paths
from rulebook.terms import Terms

Random = np.random.Generator


@dataclass(slots=True)
class Raw:
    """The random numbers of one chunk, and nothing that follows from them."""

    size: int
    times: NDArray[Any]
    values: dict[Key, Array] = field(default_factory=dict)
    gone: dict[Key, NDArray[np.bool_]] = field(default_factory=dict)


class Drawer:
    """Draws from the assumptions; the same stream of random numbers always gives the same draws."""

    def __init__(self, assumptions: Assumptions, terms: Terms, paths: Paths) -> None:
        self.assumptions, self.terms, self.paths = assumptions, terms, paths
        self._plans = [_Plan(measured, terms) for measured in assumptions.measured]
        self._latent = _Latent(assumptions, terms)

    @property
    def values(self) -> int:
        """How many measured values one draw holds."""
        return sum(len(plan.keys) for plan in self._plans)

    def random(self, random: Random, size: int) -> Raw:
        """The random numbers of one chunk."""
        normal = self._latent.start(random, size)
        raw = Raw(size, np.zeros((len(self.paths.persons), size)))
        for pool in self.paths.pools:
            persons = self._persons(pool.entry.size, random, size)
            spread = [persons]
            if len(pool.shares) > 1:
                spread = list(random.multinomial(persons, pool.shares).T)
            for part, lots in zip(spread, pool.lots, strict=True):
                for lot in lots:
                    self._draw_lot(lot, part, normal, raw, pool.entry.based_on)
        for plan in self._plans:
            plan.draw(normal, raw)
        return raw

    def drawn(self, raw: Raw) -> Drawn:
        """What the random numbers say: counts and values with their drift, range and gaps."""
        drawn = Drawn(raw.size, raw.times, {}, {}, {}, may_miss=bool(raw.gone))
        for plan in self._plans:
            plan.finish(raw, drawn)
        return drawn

    @staticmethod
    def _persons(size: Fraction | Rule, random: Random, draws: int) -> NDArray[np.int64]:
        if isinstance(size, Rule):
            distribution: Distribution = size.params
            return np.maximum(np.rint(distribution.sample(random, draws)), 0).astype(np.int64)
        return np.full(draws, int(size))

    def _draw_lot(
        self, lot: Lot, persons: NDArray[np.int64], normal: _Normals, raw: Raw, based_on: Fraction | None
    ) -> None:
        shares = [self._share(link, normal) for link in lot.links]
        split = _split(lot.links, shares, persons, normal.random)
        for pattern, number in zip(lot.patterns, split, strict=True):
            if len(pattern.histories) == 1:
                raw.times[pattern.histories[0]] += number
                continue
            likely: Array = pattern.shares / pattern.shares.sum()
            if lot.is_uncertain and based_on is not None:
                likely = normal.random.dirichlet(likely * real(based_on), raw.size)
            times = normal.random.multinomial(number, likely)
            for place, history in enumerate(pattern.histories):
                raw.times[history] += times[:, place]

    @staticmethod
    def _share(link: Link, normal: _Normals) -> Array | np.float64:
        share = link.outcome.share
        if not isinstance(share, Rule):
            return real(share)
        distribution: Distribution = share.params
        if not is_uncertain(share):
            return np.float64(distribution.range[0] or 0)
        return np.clip(distribution.at(normal.lasting(link.outcome.metric, None)), 0, 1)


def _split(
    links: Sequence[Link], shares: Sequence[Any], persons: Any, random: Random, so_far: tuple[bool, ...] = ()
) -> Iterator[Any]:
    """How many persons reach which of the outcomes, in the order of `paths.reached_by`."""
    if len(so_far) == len(links):
        yield persons
        return
    after = links[len(so_far)].after
    if after is not None and not so_far[after]:
        yield from _split(links, shares, persons, random, (*so_far, False))
        return
    share = shares[len(so_far)]
    reach = persons if np.ndim(share) == 0 and share == 1 else random.binomial(persons, share)
    yield from _split(links, shares, reach, random, (*so_far, True))
    yield from _split(links, shares, persons - reach, random, (*so_far, False))


# --- values that go together -----------------------------------------------------------------------------------------


class _Latent:
    """Which uncertain metrics are correlated, and the factor that makes independent normal numbers go together so."""

    def __init__(self, assumptions: Assumptions, terms: Terms) -> None:
        self.once = {outcome.metric: True for entry in assumptions.participants for outcome in entry.outcomes}
        self.once |= {measured.metric: measured.drawn == "once" for measured in assumptions.measured}
        self.level = {metric.id: metric.level for metric in terms.metrics}
        pairs = [(pair.between, pair.rho) for pair in assumptions.correlations]
        self.names = in_drawing_order(pairs, self.once, self.level)
        self.factor = factor_of(matrix_of(self.names, pairs)) if self.names else np.eye(0)

    def start(self, random: Random, size: int) -> _Normals:
        return _Normals(self, random, size, {})


@dataclass(slots=True)
class _Normals:
    """Standard normal numbers of one chunk, drawn when they are first asked for."""

    latent: _Latent
    random: Random
    size: int
    own: dict[tuple[str, str | None, str | None], Array]

    def lasting(self, metric: str, cohort: str | None) -> Array:
        """One number a draw for the whole contract."""
        return self._together(metric, cohort, None)

    def passing(self, metric: str, cohort: str | None, period: str) -> Array:
        """One number a draw and period."""
        return self._together(metric, cohort, period)

    def is_free(self, metric: str) -> bool:
        """Whether the metric goes together with no other."""
        return metric not in self.latent.names

    def _together(self, metric: str, cohort: str | None, period: str | None) -> Array:
        latent = self.latent
        if self.is_free(metric):
            return self._own(metric, cohort, period)
        total = np.zeros(self.size)
        row = latent.factor[latent.names.index(metric)]
        for weight, name in zip(row.tolist(), latent.names, strict=True):
            if weight:
                where = cohort if latent.level[name] == "cohort" else None
                total += weight * self._own(name, where, None if latent.once[name] else period)
        return total

    def _own(self, metric: str, cohort: str | None, period: str | None) -> Array:
        key = (metric, cohort, period)
        if key not in self.own:
            self.own[key] = self.random.standard_normal(self.size)
        return self.own[key]


class _Plan:
    """One assumption about measured values, with every place where it says something."""

    def __init__(self, measured: Measured, terms: Terms) -> None:
        metric = terms.metric_by_id[measured.metric]
        self.measured = measured
        self.keys = places_of(measured, metric, terms)
        self.lowest = None if metric.lowest is None else real(metric.lowest)
        self.highest = None if metric.highest is None else real(metric.highest)
        names = list(dict.fromkeys(key[2] for key in self.keys))
        self.drift = {key: real(measured.drift * names.index(key[2])) for key in self.keys}

    def draw(self, normal: _Normals, raw: Raw) -> None:
        """The random numbers: values, and whether each is missing."""
        missing = real(self.measured.missing)
        for key in self.keys:
            raw.values[key] = self._value(key, normal, raw)
            if missing:
                raw.gone[key] = normal.random.random(raw.size) < missing

    def _value(self, key: Key, normal: _Normals, raw: Raw) -> Array:
        metric, cohort, period = key
        value = self.measured.value
        if not isinstance(value, Rule):
            return np.full(raw.size, real(value))
        distribution: Distribution = value.params
        if self.measured.drawn == "once":
            return distribution.at(normal.lasting(metric, cohort))
        if normal.is_free(metric):
            return distribution.sample(normal.random, raw.size)
        return distribution.at(normal.passing(metric, cohort, period))

    def finish(self, raw: Raw, drawn: Drawn) -> None:
        """The values as they will be measured."""
        values: dict[Key, Array] = drawn.values  # type: ignore[assignment]
        for key in self.keys:
            value = raw.values[key]
            if self.drift[key]:
                value += self.drift[key]
            if self.lowest is not None or self.highest is not None:
                np.clip(value, self.lowest, self.highest, out=value)
            if key in raw.gone:
                value[raw.gone[key]] = np.nan
            values[key] = value
            self._beside(key, raw.size, drawn)

    def _beside(self, key: Key, size: int, drawn: Drawn) -> None:
        sides: Sequence[tuple[Mapping[Key, Array], Fraction | None]] = (
            (drawn.errors, self.measured.standard_error),
            (drawn.weights, self.measured.weight),
        )
        for side, number in sides:
            if number is not None:
                side[key] = np.full(size, real(number))  # type: ignore[index]

"""Several values of a metric as one: the latest, their sum, their mean, pooled, the highest or the lowest."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Final

import numpy as np

from rulebook.simulation.algebra import Array

Weights = Sequence[Array | None]


def _last(values: Sequence[Array], weights: Weights) -> Array:
    del weights
    latest = values[0]
    for value in values[1:]:
        latest = np.where(np.isnan(value), latest, value)
    return latest


def _sum(values: Sequence[Array], weights: Weights) -> Array:
    del weights
    return np.where(_all_gone(values), np.nan, np.nansum(values, axis=0))


def _mean(values: Sequence[Array], weights: Weights) -> Array:
    del weights
    known = len(values) - np.isnan(values).sum(axis=0)
    return np.where(known == 0, np.nan, np.nansum(values, axis=0) / np.maximum(known, 1))


def _highest(values: Sequence[Array], weights: Weights) -> Array:
    del weights
    return np.asarray(np.fmax.reduce(values))


def _lowest(values: Sequence[Array], weights: Weights) -> Array:
    del weights
    return np.asarray(np.fmin.reduce(values))


def _pooled(values: Sequence[Array], weights: Weights) -> Array:
    """All numerators by all denominators; a value without weight does not count."""
    above, below = np.zeros_like(values[0]), np.zeros_like(values[0])
    for value, weight in zip(values, weights, strict=True):
        if weight is not None:
            known = ~np.isnan(value) & ~np.isnan(weight)
            above += np.where(known, value * weight, 0)
            below += np.where(known, weight, 0)
    with np.errstate(invalid="ignore", divide="ignore"):
        return np.where(below == 0, np.nan, above / below)


def _all_gone(values: Sequence[Array]) -> Array:
    return np.asarray(np.isnan(values).all(axis=0))


COMBINE: Final[Mapping[str, Callable[[Sequence[Array], Weights], Array]]] = {
    "last": _last,
    "sum": _sum,
    "mean": _mean,
    "highest": _highest,
    "lowest": _lowest,
    "pooled": _pooled,
}

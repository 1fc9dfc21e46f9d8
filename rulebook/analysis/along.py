"""A term as a function of one leaf: what it pays as one count or one value goes from its least to its most.

The other leaves stand still at chosen numbers: their ends, their middle, and the bounds that conditions and prices
name. Each such choice is a setting, and the settings that matter are those in which the term pays something at all.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from fractions import Fraction
from itertools import islice, product
from typing import Final

from rulebook.analysis.exposure import Exposure
from rulebook.analysis.given import GivenScene, Leaf, conditions, leaf_of, leaves, metric_leaf
from rulebook.analysis.slopes import Formula, Moving, Piece, Slopes, amount_at, pieces
from rulebook.checks import by_cohort
from rulebook.language import Voice
from rulebook.periods import Period
from rulebook.prices import PRICES
from rulebook.shapes import rules_in
from rulebook.terms import Metric, Term
from rulebook.values import shares_in

ZERO: Final = Fraction(0)
MOST_SETTINGS: Final = 60
"""How many combinations of the other leaves are tried for each leaf of a term."""
TYPICAL: Final = {"amount": 10_000_000, "share": 1, "yes_no": 1}
MANY: Final = 100
"""Stands in for the upper end of a number that has none, where a number is needed."""
STEPS: Final = {"share": Fraction(1, 100)}

Setting = Mapping[Leaf, Fraction]


@dataclass(frozen=True)
class Curve:
    """What one term pays along one leaf, in one period and one setting of the others."""

    term: Term
    leaf: Leaf
    setting: Setting
    pieces: tuple[Piece, ...]
    formula: Formula

    def at(self, x: Fraction) -> Fraction:
        return amount_at(self.formula, x)

    @property
    def is_flat(self) -> bool:
        """Whether the leaf makes no difference at all."""
        if any(piece.slope for piece in self.pieces):
            return False
        return len({piece.value for piece in self.pieces} | {self.at(place) for place in self.places}) <= 1

    @property
    def places(self) -> list[Fraction]:
        """Where pieces meet, and the ends where there are any."""
        ends = {end for piece in self.pieces for end in (piece.low, piece.high) if end is not None}
        return sorted(ends)

    def before(self, place: Fraction) -> Piece | None:
        return next((piece for piece in self.pieces if piece.high == place), None)

    def after(self, place: Fraction) -> Piece | None:
        return next((piece for piece in self.pieces if piece.low == place), None)


class Along:
    """The terms of one contract, leaf by leaf."""

    def __init__(self, exposure: Exposure) -> None:
        self.terms, self.exposure = exposure.terms, exposure
        self._known: dict[tuple[str, Leaf], Sequence[Curve]] = {}

    # --- leaves -------------------------------------------------------------------------------------------------

    def metric(self, leaf: Leaf) -> Metric | None:
        return self.terms.metric_by_id.get(leaf.name)

    def ends(self, leaf: Leaf) -> tuple[Fraction | None, Fraction | None]:
        """The least and the most that the leaf can show; None is without end."""
        span = self.exposure.bounds.leaf(leaf, self.exposure.bounds.reach.cohorts)
        return span.least, span.most

    def typical(self, leaf: Leaf) -> tuple[Fraction, Fraction]:
        """The ends, with a number where there is none."""
        low, high = self.ends(leaf)
        metric = self.metric(leaf)
        unit = metric.unit if metric else ("amount" if leaf.kind == "paid" else None)
        if high is None:
            named = [2 * place for term in self.terms.terms for place in self.named(term, leaf)]
            high = max([Fraction(TYPICAL.get(unit or "", MANY)), low or ZERO, *named])
        return (min(ZERO, high) if low is None else low), high

    def step(self, leaf: Leaf) -> Fraction:
        """One step of the leaf: one outcome, one percentage point, one of anything else."""
        metric = self.metric(leaf)
        return STEPS.get((metric.unit if metric else None) or "", Fraction(1))

    def shown(self, leaf: Leaf, x: Fraction, voice: Voice) -> str:
        """A number of the leaf in words."""
        if leaf.kind in ("count", "enrolled"):
            return voice.number(x)
        return voice.money(x) if leaf.kind == "paid" else voice.level(leaf.name, x)

    # --- curves -------------------------------------------------------------------------------------------------

    def curves(self, term: Term, leaf: Leaf) -> Sequence[Curve]:
        """The term along the leaf, in every setting in which the leaf makes a difference, the dearest first."""
        if (term.id, leaf) not in self._known:
            self._known[term.id, leaf] = list(self._curves(term, leaf))
        return self._known[term.id, leaf]

    def _curves(self, term: Term, leaf: Leaf) -> Iterator[Curve]:
        low, high = self.ends(leaf)
        for period in self._periods(term):
            found: list[tuple[Fraction, int, Curve]] = []
            for setting in self.settings(term, leaf):
                formula = self.formula(term, leaf, setting, period)
                known = pieces(formula, low, high)
                curve = Curve(term, leaf, setting, tuple(known), formula)
                if not curve.is_flat:
                    found.append((max(abs(piece.value) for piece in known), -len(found), curve))
            yield from (curve for _, _, curve in sorted(found, key=lambda item: item[:2], reverse=True))

    def formula(self, term: Term, leaf: Leaf, setting: Setting, period: Period) -> Formula:
        cohort = next(iter(term.cohorts), None)
        if cohort is None and by_cohort(self.terms, term) and self.terms.cohorts:
            cohort = self.terms.cohorts[0].id

        def amount(algebra: Slopes) -> Moving:
            given: dict[Leaf, Moving] = {other: algebra.number(x) for other, x in setting.items()}
            scene = GivenScene(self.terms, {**given, leaf: algebra.moving()}, period, algebra, cohort)
            paid: Moving = scene.paid_by(term)
            return paid

        return amount

    def _periods(self, term: Term) -> list[Period]:
        """The last period; for a term that changes with time the first one too."""
        periods = self.exposure.bounds.periods
        in_time = any(rule.kind in ("elapsed", "discount") for rule in rules_in((term.measure, term.price, term.gates)))
        return [periods[-1]] if not in_time or len(periods) == 1 else [periods[-1], periods[0]]

    def settings(self, term: Term, leaf: Leaf) -> list[Setting]:
        """Numbers for the other leaves, the highest first; what only gives the scale stands at its highest."""
        others = [other for other in leaves(self.terms, term) if other != leaf]
        scale = set(leaves(self.terms, (term.measure, tuple(shares_in((term.price, term.measure))))))
        choices = [[self.typical(other)[1]] if other in scale else self.choices(term, other) for other in others]
        return [dict(zip(others, chosen, strict=True)) for chosen in islice(product(*choices), MOST_SETTINGS)]

    def choices(self, term: Term, leaf: Leaf) -> list[Fraction]:
        """The numbers of a leaf that are worth trying: its ends, its middle, and the bounds the term names for it."""
        low, high = self.typical(leaf)
        step = self.step(leaf)
        near = {place + move * step for place in self.named(term, leaf) for move in (-1, 0, 1)}
        middle = (low + high) / 2
        if leaf.is_whole:
            middle = Fraction(middle // 1)
        return sorted({low, high, middle, *(place for place in near if low <= place <= high)}, reverse=True)

    def named(self, term: Term, leaf: Leaf) -> Iterator[Fraction]:
        """The bounds that the term's conditions and prices name for the leaf."""
        for condition in conditions(term):
            own = [metric_leaf(self.terms.metric_by_id[condition.metric])] if condition.metric else []
            if leaf in (own or leaves(self.terms, condition.measure)):
                yield from (bound for bound in condition.bounds.values() if isinstance(bound, Fraction))
        for rule in rules_in(term.price):
            if rule.kind == "choose" and leaf in leaves(self.terms, rule.params.by):
                yield from (case.bound for case in rule.params.cases if isinstance(case.bound, Fraction))
        if term.measure is not None and leaf_of(term.measure) == leaf:
            corners = PRICES[term.price.kind].corners(term.price.params)
            yield from (corner for corner in corners if isinstance(corner, Fraction))

    # --- words --------------------------------------------------------------------------------------------------

    def name(self, leaf: Leaf, voice: Voice) -> str:
        """What the leaf is, as the subject of a sentence."""
        if leaf.kind == "count":
            return voice.pick("antalet ", "the number of ") + voice.metric(leaf.name)
        if leaf.kind == "enrolled":
            return voice.pick("antalet inskrivna", "the number enrolled")
        if leaf.kind == "paid":
            return voice.pick("det som andra villkor betalar", "what other terms pay")
        return voice.metric(leaf.name)

    def others(self, curve: Curve, voice: Voice) -> str:
        """The setting, as the end of a sentence; "" where nothing else has a say."""
        told = [
            f"{self.name(leaf, voice)} {voice.pick('är', 'is')} {self.shown(leaf, x, voice)}"
            for leaf, x in curve.setting.items()
            if leaf.kind != "event"
        ]
        return voice.pick(", givet att ", ", given that ") + voice.listed(told) if told else ""


def each_leaf(exposure: Exposure, terms: Iterable[Term]) -> Iterator[tuple[Term, Leaf]]:
    """Every term with every leaf that facts move and that its amount depends on."""
    for term in terms:
        for leaf in leaves(exposure.terms, term):
            if leaf.kind in ("count", "value", "effect", "paid"):
                yield term, leaf

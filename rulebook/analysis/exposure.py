"""The most and the least that a contract can cost, in all and for each payer: ends that are proved.

The terms' own ends (`analysis.bounds`) are added up, and every limit is a ceiling over what it concerns: what passes a
limit never adds up to more than its amount, and what limits and conditions do later only takes away. Each way of
dividing the terms (by metric, by person, by cohort, by period) gives a ceiling of its own, and the lowest of them
holds. For the least, limits are not counted on, for they take nothing from what is paid back.

It is proved for facts that keep to what is assumed (`analysis.assumed`). What is held back is only paid later, and is
counted in.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from fractions import Fraction
from functools import cached_property
from typing import Final

from rulebook.analysis.bounds import Bounds
from rulebook.analysis.given import leaves
from rulebook.analysis.ground import NONE_AT_ALL, TermBound, grain
from rulebook.analysis.ranges import ENDLESS, NOTHING, End, Range, Span
from rulebook.checks import builds_on
from rulebook.shapes import rules_in
from rulebook.terms import Leg, Limit, Terms
from rulebook.values import ShareOf

ZERO: Final = Fraction(0)


class Exposure:
    """The proved ends of one contract's payments, and what they rest on."""

    def __init__(self, terms: Terms) -> None:
        self.terms, self.bounds = terms, Bounds(terms)
        self.by_term: dict[str, TermBound] = {}
        self.total = self._in_all()
        self.payers = self._each_payer()
        high = min(self.total.high.plus(self._loosened()), together(span.high for span in self.payers.values()))
        self.total = Span(self.total.low, high)

    # --- in order of what builds on what --------------------------------------------------------------------------

    def _in_all(self) -> Span:
        """Terms that look at what others pay come after those, and their own ends go into the sum as formulas do.

        A floor under what the others pay is then worth no more than the floor, not the floor on top of the others.
        """
        builders = [term for term in self.terms.terms if any(rule.kind == "paid" for rule in term.measures)]
        simple = [term for term in self.terms.terms if term not in builders]
        for term in simple:
            self.by_term[term.id] = self.bounds.of(term)
        paid = self.capped(self._of(term.id for term in simple))
        for term in sorted(builders, key=lambda term: len(builds_on(self.terms, term.id))):
            self._look_at_paid(term.id)
            self.by_term[term.id] = self.bounds.of(term)
        high = min(self.capped(self.by_term.values()).high, self._filled_up(paid, [term.id for term in builders]))
        cap = self.contract_cap()
        return Span(self._low(self.by_term.values()), high if cap is None else min(high, cap))

    def _look_at_paid(self, term_id: str) -> None:
        """What the term can see of the others' payments; early on nothing may have been paid yet."""
        for leaf in leaves(self.terms, self.terms.term_by_id[term_id]):
            if leaf.kind == "paid":
                seen = self._of(leaf.name.split() or self._simple)
                low = together(min(bound.span.low, NOTHING) for bound in seen)
                high = self.capped(seen).high
                if leaf.over == "period" and low < NOTHING:
                    high = together(_most_in_a_period(bound) for bound in seen)
                cap = self.contract_cap()
                self.bounds.paid[leaf.name, leaf.over] = Span(low, high if cap is None else min(high, cap))

    @property
    def _simple(self) -> list[str]:
        return [term.id for term in self.terms.terms if not any(rule.kind == "paid" for rule in term.measures)]

    def _of(self, ids: Iterable[str]) -> list[TermBound]:
        return [self.by_term[term_id] for term_id in ids]

    def _filled_up(self, paid: Span, builders: Sequence[str]) -> End:
        """The most in all when one term builds on what all others pay over the contract, as one formula."""
        if len(builders) != 1:
            return ENDLESS
        term = self.terms.term_by_id[builders[0]]
        seen = leaves(self.terms, term)
        at_the_end = len(self.bounds.periods) == 1 or (seen[:1] and seen[0].over == "contract")
        plain = len(seen) == 1 and not seen[0].name and term.measure is not None and term.measure.kind == "paid"
        if not (at_the_end and plain) or term.on or self.bounds.reach.periods is None:
            return ENDLESS
        if term.gates or term.adjust or any(rule is not term.price for rule in rules_in(term.price)):
            return ENDLESS
        scene = self.bounds.scene(term, self.bounds.periods[-1], None, self.bounds.reach.cohorts)
        quantity: Range = Range.within(Span(min(paid.low, NOTHING), paid.high))
        slack = Span.of(0, self.bounds.rounds_up * len(self.bounds.periods)) if len(self.bounds.periods) > 1 else None
        span = self.bounds.rounded((quantity + scene.worth(term, quantity)).span)
        fine = slack is None or self.bounds.is_fine(self.by_term[term.id].grain)
        return span.high if fine or slack is None else span.plus(slack).high

    # --- limits -------------------------------------------------------------------------------------------------

    def cap(self, limit: Limit) -> End | None:
        """The most that a limit can be; None when it may be lifted for want of a value."""
        if not isinstance(limit.at_most, ShareOf):
            return End(0, limit.at_most)
        seen = leaves(self.terms, limit.at_most)
        metrics = [self.terms.metric_by_id.get(leaf.name) for leaf in seen]
        if any(metric is not None and metric.missing == "exclude" for metric in metrics):
            return None
        reach = self.bounds.reach
        scenes = (self.bounds.scene(limit.at_most, period, None, reach.cohorts) for period in self.bounds.periods)
        ends: list[End] = [scene.amount(limit.at_most).span.high for scene in scenes]
        return max([NOTHING, *ends])

    def contract_cap(self) -> End | None:
        """The lowest limit on the contract as a whole."""
        return self._lowest(limit for limit in self.terms.limits if limit.scope == "contract")

    def _lowest(self, limits: Iterable[Limit]) -> End | None:
        caps = [cap for limit in limits if (cap := self.cap(limit)) is not None]
        return min(caps, default=None)

    def _limits(self, without: Limit | None, scope: str, **only: str | None) -> Iterator[Limit]:
        for limit in self.terms.limits:
            narrowed = {name: getattr(limit, name) for name in ("metric", "term", "cohort")}
            if limit is not without and limit.scope == scope and narrowed == {**dict.fromkeys(narrowed), **only}:
                yield limit

    def capped(self, bounds: Iterable[TermBound], without: Limit | None = None) -> Span:
        """The ends of some terms together under all limits but those on the whole contract and on payers."""
        bounds = list(bounds)
        if not bounds:
            return NONE_AT_ALL
        ceilings = [
            self._by_metric(bounds, without),
            self._by_person(bounds, without),
            self._by_cohort(bounds, without),
            self._by_period(bounds, without),
        ]
        return Span(self._low(bounds), min(ceilings).plus(self._rounded_up(bounds)))

    def _by_metric(self, bounds: Sequence[TermBound], without: Limit | None) -> End:
        """What belongs to one metric together, under its limits; each term under its own."""
        groups: dict[str | None, list[TermBound]] = {}
        for bound in bounds:
            groups.setdefault(bound.term.metric, []).append(bound)
        return together(self._one_metric(metric, group, without) for metric, group in groups.items())

    def _one_metric(self, metric: str | None, bounds: Sequence[TermBound], without: Limit | None) -> End:
        ceilings = [together(self._one_term(bound, without) for bound in bounds)]
        if metric is not None:
            cap = self._lowest(self._limits(without, "metric", metric=metric))
            ceilings += [] if cap is None else [cap]
            ceilings.append(self._period_by_period(bounds, self._limits(without, "period", metric=metric)))
            ceilings.append(self._person_by_person(bounds, [*self._limits(without, "person", metric=metric)], without))
        return min(ceilings)

    def _one_term(self, bound: TermBound, without: Limit | None) -> End:
        cap = self._lowest(self._limits(without, "term", term=bound.term.id))
        by_period = self._period_by_period([bound], self._limits(without, "period", term=bound.term.id))
        return min(bound.span.high, by_period, *([] if cap is None else [cap]))

    def _by_period(self, bounds: Sequence[TermBound], without: Limit | None) -> End:
        return self._period_by_period(bounds, self._limits(without, "period"))

    def _period_by_period(self, bounds: Sequence[TermBound], limits: Iterable[Limit]) -> End:
        """No period pays more than its limit; what waits for room in a later period is paid under that one's."""
        limits = list(limits)
        cap = self._lowest(limits)
        periods = self.bounds.reach.periods
        if cap is None or periods is None:
            return ENDLESS
        if any(limit.surplus == "banked" for limit in limits) or not all(bound.by_period for bound in bounds):
            return cap.times(End(0, Fraction(len(self.bounds.periods))))
        names = {name for bound in bounds for name in bound.by_period}
        return together(
            min(cap, together(bound.by_period.get(name, NONE_AT_ALL).high for bound in bounds)) for name in names
        )

    def _by_person(self, bounds: Sequence[TermBound], without: Limit | None) -> End:
        return self._person_by_person(bounds, [*self._limits(without, "person")], without)

    def _person_by_person(self, bounds: Sequence[TermBound], limits: Sequence[Limit], without: Limit | None) -> End:
        """No person earns more than the limit; what is not earned by persons stands beside it."""
        cap = self._lowest(limits)
        if cap is None:
            return ENDLESS
        personal = [bound for bound in bounds if bound.single is not None]
        others = [bound for bound in bounds if bound.single is None]
        ends = [self._one_term(bound, without) for bound in others]
        for cohort in self.bounds.reach.cohorts:
            name = cohort.id if cohort else None
            each = together(bound.per_person.get(name, NONE_AT_ALL).high for bound in personal)
            persons = Span.of(0, self.bounds.reach.persons(cohort))
            ends.append(Span(NOTHING, min(cap, each)).times(persons).high)
        return together(ends)

    def _by_cohort(self, bounds: Sequence[TermBound], without: Limit | None) -> End:
        if not any(limit.scope == "cohort" for limit in self.terms.limits):
            return ENDLESS
        ends = []
        for name in {name for bound in bounds for name in bound.by_cohort}:
            groups: dict[str | None, list[End]] = {}
            for bound in bounds:
                groups.setdefault(bound.term.metric, []).append(bound.by_cohort.get(name, NONE_AT_ALL).high)
            ends.append(self._one_cohort(name, {metric: together(parts) for metric, parts in groups.items()}, without))
        return together(ends)

    def _one_cohort(self, name: str | None, by_metric: dict[str | None, End], without: Limit | None) -> End:
        if name is None:
            return together(by_metric.values())

        def cap(**only: str | None) -> End:
            found = self._lowest([*self._limits(without, "cohort", **only)])
            return ENDLESS if found is None else found

        within = [
            min(end, *(cap(metric=metric, cohort=which) for which in (None, name))) if metric else end
            for metric, end in by_metric.items()
        ]
        return min(together(within), cap(), cap(cohort=name))

    # --- the least ----------------------------------------------------------------------------------------------

    def _low(self, bounds: Iterable[TermBound]) -> End:
        """What is certain counts only where no limit can take it away."""
        return together(self._least(bound) for bound in bounds)

    def _least(self, bound: TermBound) -> End:
        low = bound.span.low
        if low >= NOTHING:
            return NOTHING if self.terms.limits else low
        rounds = self._rounds(bound)
        return low.plus(End(-rounds.sign, -rounds.number))

    # --- rounding and payers ------------------------------------------------------------------------------------

    @cached_property
    def _caps_grain(self) -> Fraction | None:
        cutting = [limit.at_most for limit in self.terms.limits if limit.scope not in ("composition", "payer")]
        return grain(None if isinstance(cap, ShareOf) else cap for cap in cutting)

    def _grain_of(self, bound: TermBound) -> Fraction | None:
        """What every line of the term is a multiple of, also when limits have cut it."""
        caps = self._caps_grain
        return None if bound.grain is None or caps is None or bound.term.holdback else grain([bound.grain, caps])

    def _rounded_up(self, bounds: Iterable[TermBound]) -> End:
        """What rounding can add to what some terms pay."""
        return together(self._rounds(bound) for bound in bounds if bound.span.high > NOTHING)

    def _rounds(self, bound: TermBound) -> End:
        """What rounding can move lines that are made of claims of any price, or cut by a limit per person."""
        cut = any(limit.scope in ("person", "composition") for limit in self.terms.limits)
        is_rounded = bound.single is None or (bound.lines == 1 and not cut)
        if is_rounded or self.bounds.is_fine(self._grain_of(bound) if cut else bound.grain):
            return NOTHING
        return ENDLESS if bound.lines is None else End(0, bound.lines * self.bounds.rounds_up)

    def _each_payer(self) -> dict[str, Span]:
        """Each payer's ends, in the order of the document."""
        names = dict.fromkeys(leg.payer for term in self.terms.terms for leg in self.terms.legs_of(term))
        return {name: self.payer(name) for name in names}

    def payer(self, name: str, without: Limit | None = None) -> Span:
        """The payer's shares of what each term can pay, and of what all can pay together, the dearest first."""
        parts = []
        extra = NOTHING
        for bound in self.by_term.values():
            share = _share(self.terms.legs_of(bound.term), name)
            most = self._one_term(bound, None).plus(self._rounded_up([bound]))
            parts.append((share, most, self._least(bound)))
            extra = extra.plus(self._split_up(bound, share))
        owed_back = together(min(low, NOTHING) for _, _, low in parts)
        left = self.total.high if not owed_back.sign else ENDLESS
        left = left.plus(End(-owed_back.sign, -owed_back.number))
        high = NOTHING
        for share, most, _ in sorted(parts, key=lambda part: -part[0]):
            taken = min(most, left)
            high = high.plus(taken.times(End(0, share)))
            left = left if left.sign else End(0, max(ZERO, left.number - taken.number))
        low = together(low.times(End(0, share)) for share, _, low in parts)
        low = low if low == NOTHING else low.plus(End(-extra.sign, -extra.number))
        cap = self._lowest(
            limit
            for limit in self.terms.limits
            if limit is not without and limit.scope == "payer" and limit.payer in (None, name)
        )
        high = high.plus(extra) if high > NOTHING else high
        least = NOTHING if cap is not None and low > NOTHING else low
        return Span(least, (high if cap is None else min(high, cap)).plus(self._loosened()))

    def _loosened(self) -> End:
        """What is taken out of debts to the payers after the limits, and so is missing from what keeps within them.

        Part of a debt may be held back for a while, and a limit on the composition may lose claims that cost the payee.
        """
        unit = Fraction(self.terms.rounding.unit)
        composed = any(limit.scope == "composition" for limit in self.terms.limits)
        missing = NOTHING
        for bound in self.by_term.values():
            debt, holdback = self._least(bound), bound.term.holdback
            if debt >= NOTHING:
                continue
            if composed and bound.single is not None:
                missing = missing.plus(debt.times(End(0, Fraction(-1))))
            elif holdback is not None:
                rounded = ENDLESS if bound.lines is None else End(0, unit * bound.lines)
                missing = missing.plus(debt.times(End(0, -holdback.share))).plus(rounded)
        return missing

    def _split_up(self, bound: TermBound, share: Fraction) -> End:
        """What dividing lines into whole units can add to a payer's part."""
        fine = self._grain_of(bound)
        if share in (0, 1) or (fine is not None and self.bounds.is_fine(fine * share)):
            return NOTHING
        unit = Fraction(self.terms.rounding.unit)
        return End(1) if bound.lines is None else End(0, unit * bound.lines)


def _most_in_a_period(bound: TermBound) -> End:
    return max((span.high for span in bound.by_period.values()), default=ENDLESS)


def _share(legs: Sequence[Leg], payer: str) -> Fraction:
    return sum((leg.share for leg in legs if leg.payer == payer), ZERO)


def together(ends: Iterable[End]) -> End:
    """The sum of some ends, all of them lower or all of them upper."""
    sum_of = NOTHING
    for end in ends:
        sum_of = sum_of.plus(end)
    return sum_of

"""What can be claimed twice, and what cannot be claimed as often as the terms say, or at all."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from fractions import Fraction
from itertools import combinations

from rulebook.analysis.along import Along, Curve
from rulebook.analysis.findings import Finding, figures, said
from rulebook.analysis.given import Leaf, leaves
from rulebook.analysis.reach import Days
from rulebook.language import Voice
from rulebook.terms import Cohort, Metric, Term


def repeats(along: Along) -> list[Finding]:
    """Every metric, and every pair of terms, by which one event may be paid for more than once."""
    counted = _paid_for(along)
    return [
        *_by_two_terms(along),
        *(finding for metric in counted for finding in _over_and_over(along, metric)),
        *(finding for metric in counted for finding in _on_one_day(along, metric, counted)),
    ]


def reach(along: Along) -> list[Finding]:
    """Every person-level metric that its windows and its chain keep from counting, or from counting so often."""
    return [finding for metric in along.terms.metrics for finding in _reach_of(along, metric)]


def _paid_for(along: Along) -> list[Metric]:
    """The person-level metrics that some term's payment is reckoned on."""
    paid = {
        leaf.name for term in along.terms.terms for leaf in leaves(along.terms, term.measure) if leaf.kind == "count"
    }
    return [metric for metric in along.terms.metrics if metric.id in paid]


def _place(along: Along, metric: Metric) -> str:
    return f"metrics[{along.terms.metric_rank[metric.id]}]"


# --- one event, two terms ---------------------------------------------------------------------------------------


def _by_two_terms(along: Along) -> Iterator[Finding]:
    """Two terms of which both pay for one more of the same thing, where both do."""
    for first, second in combinations(along.terms.terms, 2):
        if _are_apart(first, second):
            continue
        for mine in leaves(along.terms, first.measure):
            for other in leaves(along.terms, second.measure):
                if mine.name and (mine.kind, mine.name) == (other.kind, other.name) and mine.kind != "paid":
                    stretch = _both_pay(along, first, mine, second, other)
                    if stretch is not None:
                        yield _twice(along, first, second, mine, stretch)


def _are_apart(first: Term, second: Term) -> bool:
    """Whether the terms are for different cohorts or groups."""
    cohorts = bool(first.cohorts and second.cohorts) and not set(first.cohorts) & set(second.cohorts)
    groups = bool(first.groups and second.groups) and not set(first.groups) & set(second.groups)
    return cohorts or groups


def _both_pay(
    along: Along, first: Term, mine: Leaf, second: Term, other: Leaf
) -> tuple[Fraction | None, Fraction | None] | None:
    """A stretch on which one more raises both payments."""
    for one in along.curves(first, mine):
        for two in along.curves(second, other):
            found = _common_rise(one, two)
            if found is not None:
                return found
    return None


def _common_rise(one: Curve, two: Curve) -> tuple[Fraction | None, Fraction | None] | None:
    for piece in one.pieces:
        for other in two.pieces:
            if piece.slope * other.slope <= 0:
                continue
            lows = [end for end in (piece.low, other.low) if end is not None]
            highs = [end for end in (piece.high, other.high) if end is not None]
            low, high = max(lows, default=None), min(highs, default=None)
            if low is None or high is None or low < high:
                return low, high
    return None


def _twice(
    along: Along, first: Term, second: Term, leaf: Leaf, stretch: tuple[Fraction | None, Fraction | None]
) -> Finding:
    def tell(voice: Voice) -> str:
        terms, metric = voice.listed(voice.term(term.id) for term in (first, second)), voice.metric(leaf.name)
        return voice.pick(
            f"{metric} betalas två gånger: både villkoren {terms} ger mer för samma utfall.",
            f"{metric} is paid for twice: the terms {terms} both pay more for the same outcome.",
        )

    low, high = stretch
    values = {"metric": leaf.name, "terms": f"{first.id} {second.id}", **figures(**{"from": low, "to": high})}
    return said("twice", f"terms[{along.terms.term_rank[second.id]}]", along.terms, tell, values)


# --- one event, many claims -------------------------------------------------------------------------------------


def _over_and_over(along: Along, metric: Metric) -> Iterator[Finding]:
    """A metric that counts more than once for a person with nothing between the times."""
    if metric.most_per_person == 1 or metric.min_gap_days:
        return

    def tell(voice: Voice) -> str:
        name = voice.metric(metric.id)
        if metric.duration is not None:
            return voice.pick(
                f"Två perioder på {name} för samma person får överlappa, och då räknas dagarna två gånger. "
                "Ange once, at_most eller min_gap_days.",
                f"Two spells of {name} for one person may overlap, and their days then count twice. "
                "Give once, at_most or min_gap_days.",
            )
        often = voice.pick("hur många gånger som helst", "any number of times")
        if metric.at_most is not None:
            often = voice.pick(f"upp till {metric.at_most} gånger", f"up to {metric.at_most} times")
        return voice.pick(
            f"{name} kan räknas {often} för samma person, även samma dag: inget skiljer en händelse från nästa. "
            "Ange once eller min_gap_days.",
            f"{name} can count {often} for one person, even on one day: nothing sets one event apart from the next. "
            "Give once or min_gap_days.",
        )

    values = {"metric": metric.id, **figures(times=metric.at_most)}
    yield said("twice", _place(along, metric), along.terms, tell, values)


def _on_one_day(along: Along, metric: Metric, counted: Sequence[Metric]) -> Iterator[Finding]:
    """Two paid links of a chain that may be claimed for the same day."""
    before = along.terms.metric_by_id.get(metric.after or "")
    if before is None or before not in counted or _must_wait(metric, before):
        return
    earlier = before.id

    def tell(voice: Voice) -> str:
        name, first = voice.metric(metric.id), voice.metric(earlier)
        return voice.pick(
            f"{name} får räknas samma dag som {first}, så en och samma händelse kan ge betalt för båda. "
            "Ange window med not_before, om det ska gå en tid emellan.",
            f"{name} may count on the same day as {first}, so that one event may be paid for as both. "
            "Give window with not_before, if time must pass in between.",
        )

    yield said("twice", _place(along, metric), along.terms, tell, {"metric": metric.id, "after": earlier})


def _must_wait(metric: Metric, before: Metric) -> bool:
    """Whether time must pass between the two."""
    window = metric.window
    if window is None or window.not_before is None:
        return False
    if window.start == before.id:
        return bool(window.not_before.months or window.not_before.days)
    earlier = before.window.not_before if before.window and before.window.start == window.start else None
    mine, other = window.not_before, earlier
    return other is None or (mine.months, mine.days) > (other.months, other.days)


# --- never, or not so often -------------------------------------------------------------------------------------


def _reach_of(along: Along, metric: Metric) -> Iterator[Finding]:
    if metric.level != "person":
        return
    limits = along.exposure.bounds.reach
    shut_out = [cohort for cohort in limits.cohorts if limits.days(metric, cohort) is None]
    if shut_out:
        yield _never(along, metric, shut_out)
        return
    often = max(
        (times for cohort in limits.cohorts if (times := limits.times(metric, cohort)) is not None), default=None
    )
    if metric.most_per_person is not None and often is not None and often < metric.most_per_person:
        yield _seldom(along, metric, often)


def _never(along: Along, metric: Metric, shut_out: Sequence[Cohort | None]) -> Finding:
    everyone = len(shut_out) == len(along.exposure.bounds.reach.cohorts)
    named = [cohort.id for cohort in shut_out if cohort is not None]
    clash = along.exposure.bounds.reach.clash(metric, shut_out[0])
    values = {"metric": metric.id, "cohorts": " ".join(named)}
    if clash is not None:
        values |= {"blocked_by": clash[0], "earliest": clash[1].first.isoformat(), "latest": clash[1].last.isoformat()}

    def tell(voice: Voice) -> str:
        return _never_text(metric, [] if everyone else named, clash, voice)

    return said("never_counts" if everyone else "seldom_counts", _place(along, metric), along.terms, tell, values)


def _never_text(metric: Metric, cohorts: Sequence[str], clash: tuple[str, Days] | None, voice: Voice) -> str:
    whom = voice.pick(" för ", " for ") + voice.listed(map(voice.cohort, cohorts)) if cohorts else ""
    text = voice.pick(
        f"{voice.metric(metric.id)} kan aldrig räknas{whom}.", f"{voice.metric(metric.id)} can never count{whom}."
    )
    if clash is None:
        return text
    blocked, days = clash
    who = voice.pick("Det", "It") if blocked == metric.id else voice.metric(blocked)
    first, last = voice.day(days.first), voice.day(days.last)
    return text + voice.pick(
        f" {who} kan räknas tidigast den {first}, men senast den {last}.",
        f" {who} can count on {first} at the earliest, but on {last} at the latest.",
    )


def _seldom(along: Along, metric: Metric, often: int) -> Finding:
    wanted = metric.most_per_person or 0

    def tell(voice: Voice) -> str:
        name = voice.metric(metric.id)
        return voice.pick(
            f"{name} får räknas {wanted} gånger, men tiden och avstånden räcker bara till {often}.",
            f"{name} may count {wanted} times, but its time and gaps only leave room for {often}.",
        )

    values = {"metric": metric.id, **figures(times=wanted, possible=often)}
    return said("seldom_counts", _place(along, metric), along.terms, tell, values)

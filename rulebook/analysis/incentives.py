"""What the terms reward: cliffs, stretches where more pays nothing, and places where worse pays more.

Each term is followed along each of its leaves (`analysis.along`), exactly: for a term with one measure nothing between
the leaf's ends can be missed; for a measure of several leaves it is complete along each leaf in the settings tried.
"""

from __future__ import annotations

from collections.abc import Iterator
from fractions import Fraction
from math import ceil, floor
from typing import Final, NamedTuple

from rulebook.analysis.along import Along, Curve, each_leaf
from rulebook.analysis.findings import Finding, figures, said
from rulebook.analysis.given import Leaf, leaves
from rulebook.analysis.slopes import Piece
from rulebook.language import Voice
from rulebook.terms import Term

ZERO: Final = Fraction(0)


class Jump(NamedTuple):
    """From one number of the leaf to the next, and what is paid at each; on a value both are the same place."""

    low: Fraction
    high: Fraction
    before: Fraction
    after: Fraction

    @property
    def size(self) -> Fraction:
        return self.after - self.before


def incentives(along: Along) -> list[Finding]:
    """Every cliff, dead zone and perverse stretch, term by term, each once."""
    found: dict[tuple[str, ...], Finding] = {}
    for term, leaf in each_leaf(along.exposure, along.terms.terms):
        metric = along.metric(leaf)
        if metric is not None and metric.unit == "yes_no":
            continue
        for curve in along.curves(term, leaf):
            for finding in _along(along, curve):
                spot = finding.values.get("at") or finding.values.get("from") or finding.values.get("to") or ""
                found.setdefault((finding.kind, term.id, *leaf, spot), finding)
    return list(found.values())


def _along(along: Along, curve: Curve) -> Iterator[Finding]:
    good = _good_direction(along, curve)
    jumps = [jump for place in curve.places if (jump := _jump(curve, place))]
    for jump in jumps:
        if good is not None and jump.size * good < 0:
            yield _perverse_jump(along, curve, jump, good)
        else:
            yield _cliff(along, curve, jump)
    for piece in curve.pieces:
        if good is not None and _slope(curve, piece) * good < 0:
            yield _perverse_stretch(along, curve, piece)
    if curve.leaf in leaves(along.terms, curve.term.measure):
        yield from (_dead_zone(along, curve, stretch) for stretch in _dead_stretches(curve))


def _slope(curve: Curve, piece: Piece) -> Fraction:
    """What one more pays in all: a term on what others pay comes on top of what they pay."""
    return piece.slope + 1 if curve.leaf.kind == "paid" else piece.slope


def _good_direction(along: Along, curve: Curve) -> int | None:
    """1 where more is better, -1 where less is; None where the terms do not say and the leaf is not what is paid for.

    Where they do not say of what is paid for, the way the payment goes from end to end is taken to be meant.
    """
    metric = along.metric(curve.leaf)
    if metric is not None and metric.direction is not None:
        return 1 if metric.direction == "up" else -1
    if curve.leaf not in leaves(along.terms, curve.term.measure):
        return None
    if curve.leaf.kind == "paid":
        return 1
    first, last = curve.pieces[0], curve.pieces[-1]
    start = first.limit(first.at if first.low is None else first.low)
    end = last.limit(last.at if last.high is None else last.high)
    return -1 if (end - start or first.slope + last.slope) < 0 else 1


# --- jumps ------------------------------------------------------------------------------------------------------


def _jump(curve: Curve, place: Fraction) -> Jump | None:
    """The jump at a place where pieces meet, or at an end of the range; None where the amount only bends."""
    here = curve.at(place)
    before, after = curve.before(place), curve.after(place)
    from_below = here if before is None else before.limit(place)
    from_above = here if after is None else after.limit(place)
    if from_below == here == from_above:
        return None
    if not curve.leaf.is_whole:
        return (
            Jump(place, place, from_below, from_above)
            if from_below != from_above
            else Jump(place, place, from_below, here)
        )
    low = Fraction(ceil(place) - 1 if from_below != here or place.denominator != 1 else floor(place))
    if before is None and low < place:
        low = place
    return Jump(low, low + 1, curve.at(low), curve.at(low + 1))


def _cliff(along: Along, curve: Curve, jump: Jump) -> Finding:
    at = jump.high
    average = jump.after / at if curve.leaf.is_whole and at > 0 and jump.after > 0 else None
    times = abs(jump.size) / average if average else None

    def tell(voice: Voice) -> str:
        term, name, change = voice.term(curve.term.id), along.name(curve.leaf, voice), _changed(jump, voice)
        shown = along.shown(curve.leaf, at, voice) + along.others(curve, voice)
        text = voice.pick(
            f"I villkoret {term} {change} när {name} når {shown}.",
            f"In the term {term}, {change} when {name} reaches {shown}.",
        )
        if times is None or average is None or times <= 1:
            return text
        return text + voice.pick(
            f" Ett utfall till ger då {_times(times, voice)} så mycket som ett utfall i genomsnitt "
            f"({voice.money(average)}).",
            f" One more outcome then pays {_times(times, voice)} as much as an outcome on average "
            f"({voice.money(average)}).",
        )

    values = figures(at=at, before=jump.before, after=jump.after, size=jump.size, average=average, times_average=times)
    return said("cliff", _where(along, curve.term), along.terms, tell, {**_about(curve), **values})


def _times(times: Fraction, voice: Voice) -> str:
    shown = voice.number(Fraction(round(times * 10), 10))
    return voice.pick(f"{shown} gånger", f"{shown} times")


def _changed(jump: Jump, voice: Voice) -> str:
    size = voice.money(abs(jump.size))
    if jump.size > 0:
        return voice.pick(f"ökar betalningen på en gång med {size}", f"the payment rises at once by {size}")
    return voice.pick(f"minskar betalningen på en gång med {size}", f"the payment falls at once by {size}")


def _perverse_jump(along: Along, curve: Curve, jump: Jump, good: int) -> Finding:
    """The loss, and how far on the payment is back where it was."""
    back = _regained(curve, jump) if good > 0 else None

    def tell(voice: Voice) -> str:
        term, name, given = voice.term(curve.term.id), along.name(curve.leaf, voice), along.others(curve, voice)
        low, high = (along.shown(curve.leaf, x, voice) for x in (jump.low, jump.high))
        before, after = voice.money(jump.before), voice.money(jump.after)
        when = voice.pick(f"från {low} till {high}", f"from {low} to {high}")
        if jump.low == jump.high:
            when = voice.pick(f"över {high}", f"above {high}")
        text = voice.pick(
            f"I villkoret {term} ändras betalningen från {before} till {after} när {name} går {when}{given}: "
            "ett sämre utfall ger mer.",
            f"In the term {term} the payment goes from {before} to {after} when {name} goes {when}{given}: "
            "a worse outcome pays more.",
        )
        if back is None:
            return text
        shown = along.shown(curve.leaf, back, voice)
        return text + voice.pick(
            f" Först vid {shown} är betalningen lika hög igen.", f" Only at {shown} is the payment as high again."
        )

    values = figures(at=jump.high, before=jump.before, after=jump.after, size=jump.size, regained_at=back)
    return said("perverse", _where(along, curve.term), along.terms, tell, {**_about(curve), **values})


def _regained(curve: Curve, jump: Jump) -> Fraction | None:
    """The first number above the jump at which the payment is what it was before it."""
    for piece in curve.pieces:
        if piece.low is None or piece.low < jump.low or piece.slope <= 0:
            continue
        x = piece.at + (jump.before - piece.value) / piece.slope
        x = Fraction(ceil(x)) if curve.leaf.is_whole else x
        if x >= piece.low and (piece.high is None or x <= piece.high):
            return x
    return None


# --- stretches --------------------------------------------------------------------------------------------------


def _perverse_stretch(along: Along, curve: Curve, piece: Piece) -> Finding:
    step = along.step(curve.leaf)
    change = _slope(curve, piece) * step

    def tell(voice: Voice) -> str:
        term, name, given = voice.term(curve.term.id), along.name(curve.leaf, voice), along.others(curve, voice)
        stretch, one = _stretch(along, curve.leaf, piece.low, piece.high, voice), _one_step(along, curve.leaf, voice)
        moved = voice.pick("ökar", "raises") if change > 0 else voice.pick("minskar", "lowers")
        size = voice.money(abs(change))
        return voice.pick(
            f"I villkoret {term} ger ett sämre utfall mer: {stretch} {moved} {one} av {name} betalningen med {size}"
            f"{given}.",
            f"In the term {term} a worse outcome pays more: {stretch}, {one} of {name} {moved} the payment by {size}"
            f"{given}.",
        )

    values = figures(**{"from": piece.low, "to": piece.high, "step": step, "change": change})
    return said("perverse", _where(along, curve.term), along.terms, tell, {**_about(curve), **values})


Stretch = tuple[Fraction | None, Fraction | None, Fraction]
"""From, to, and what is paid there."""


def _dead_stretches(curve: Curve) -> list[Stretch]:
    """Where one more pays nothing; on counts only where at least one whole outcome is added."""
    found: list[Stretch] = []
    for piece in curve.pieces:
        if _slope(curve, piece) != 0:
            continue
        low, high, paid = piece.low, piece.high, piece.value
        if curve.leaf.is_whole:
            low = (
                None if low is None else Fraction(ceil(low) if curve.at(Fraction(ceil(low))) == paid else ceil(low) + 1)
            )
            high = (
                None
                if high is None
                else Fraction(floor(high) if curve.at(Fraction(floor(high))) == paid else ceil(high) - 1)
            )
            if low is not None and high is not None and high <= low:
                continue
        joins = found and found[-1][1] is not None and found[-1][1] == low and found[-1][2] == paid
        if joins and curve.leaf.kind != "paid" and low is not None and curve.at(low) == paid:
            found[-1] = (found[-1][0], high, paid)
        else:
            found.append((low, high, paid))
    return found


def _dead_zone(along: Along, curve: Curve, stretch: Stretch) -> Finding:
    low, high, paid = stretch

    def tell(voice: Voice) -> str:
        term, name, given = voice.term(curve.term.id), along.name(curve.leaf, voice), along.others(curve, voice)
        where, amount = _stretch(along, curve.leaf, low, high, voice), voice.money(paid)
        if curve.leaf.kind == "paid":
            return voice.pick(
                f"Villkoret {term} fyller upp skillnaden så länge {name} går {where}: ett utfall till ger inget.",
                f"The term {term} fills up the difference while {name} goes {where}: one more outcome pays nothing.",
            )
        return voice.pick(
            f"I villkoret {term} spelar {name} ingen roll {where}: betalningen är {amount}{given}.",
            f"In the term {term}, {name} makes no difference {where}: the payment is {amount}{given}.",
        )

    values = figures(**{"from": low, "to": high, "paid": paid})
    return said("dead_zone", _where(along, curve.term), along.terms, tell, {**_about(curve), **values})


# --- words ------------------------------------------------------------------------------------------------------


def _stretch(along: Along, leaf: Leaf, low: Fraction | None, high: Fraction | None, voice: Voice) -> str:
    least = None if low is None else along.shown(leaf, low, voice)
    most = None if high is None else along.shown(leaf, high, voice)
    if least is not None and most is not None:
        return voice.pick(f"från {least} till {most}", f"from {least} to {most}")
    if least is not None:
        return voice.pick(f"från {least} och uppåt", f"from {least} upwards")
    return voice.pick(f"upp till {most}", f"up to {most}") if most is not None else voice.pick("överallt", "everywhere")


def _one_step(along: Along, leaf: Leaf, voice: Voice) -> str:
    if leaf.kind == "count":
        return voice.pick("ett utfall till", "one more outcome")
    metric = along.metric(leaf)
    if metric is not None and metric.unit == "share":
        return voice.pick("en procentenhet till", "one more percentage point")
    return voice.pick("en enhet till", "one more unit")


def _about(curve: Curve) -> dict[str, str]:
    return {"term": curve.term.id, **({"metric": curve.leaf.name} if curve.leaf.name else {})}


def _where(along: Along, term: Term) -> str:
    return f"terms[{along.terms.term_rank[term.id]}]"

"""The exact reading of the terms: what is owed to date, to the smallest unit, with every step shown."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import replace
from datetime import date
from decimal import Decimal
from fractions import Fraction
from math import lcm
from typing import Final

import numpy as np

from rulebook import limits
from rulebook.checks import paid_terms
from rulebook.claims import CODE, REFUSALS, Judged, judge
from rulebook.columns import sums
from rulebook.earnings import NOBODY, Docket, earn, joined
from rulebook.facts import Facts
from rulebook.limits import Cut, Draft, Limits
from rulebook.money import EXACT, Rounding, exact_text, round_money, split, total
from rulebook.readings import Readings
from rulebook.results import ClaimIds, ClaimOutcomes, Entitlement, Line, Share, Taken
from rulebook.scene import ZERO, Granted
from rulebook.terms import Holdback, Limit, Terms
from rulebook.timeline import Timeline, Version

__all__ = ["Version", "calculate"]

COUNTED: Final = CODE[""]


def calculate(versions: Sequence[Version], facts: Facts, as_of: date | None) -> Entitlement:
    """All that is owed by the terms for the facts verified on or before `as_of` (None: for all of them).

    Each fact is priced by the version in force on its event date, a measured value on its period's last day; the
    counting rules run over the whole life of the contract. Terms that build on what others pay are worked out after
    them. Raises ValueError when there is no version, or when the versions differ in currency or share a number.
    """
    timeline = Timeline(versions)
    known = facts.known_on(as_of)
    judged = judge(known, timeline)
    readings = Readings(known, judged, timeline)
    docket = Docket(timeline, readings, as_of)
    caps = Limits(timeline, readings, as_of)
    drafts: list[Draft] = []
    cuts: list[Cut] = []
    in_turn = strata(timeline)
    caps.has_strata = len(in_turn) > 1
    for stratum in in_turn:
        granted = [Granted(_line(draft, judged), draft.earning.period.ends_on) for draft in drafts]
        earnings = earn(replace(docket, granted=granted), stratum)
        cut = limits.apply(joined(earnings), earnings, caps)
        fresh = len(drafts)
        drafts += _drafts(cut)
        limits.clip(drafts, caps, fresh)
        cuts.append(cut)
    drafts.sort(key=lambda draft: draft.earning.order)
    lines = tuple(_held(line, draft, docket) for line, draft in _within_payers(drafts, judged))
    outcomes = _outcomes(judged, cuts)
    return Entitlement(timeline.latest.terms.currency, as_of, lines, outcomes, total(line.amount for line in lines))


def strata(timeline: Timeline) -> list[set[str]]:
    """The terms' ids in the order they are worked out: those that look at others' payments after those others."""
    looks_at: dict[str, set[str]] = {}
    for version in timeline.versions:
        for term in version.terms.terms:
            looks_at.setdefault(term.id, set()).update(paid_terms(version.terms, term) - {term.id})
    done: set[str] = set()
    order: list[set[str]] = []
    while len(done) < len(looks_at):
        ready = {term for term, others in looks_at.items() if term not in done and others & looks_at.keys() <= done}
        ready = ready or looks_at.keys() - done
        order.append(set(ready))
        done |= ready
    return order


def _drafts(cut: Cut) -> list[Draft]:
    """One draft for each earning: what the limits left, rounded once."""
    size = len(cut.earnings)
    kept = sums(cut.portions.line, cut.kept, size)
    drafts = []
    for number, earning in enumerate(cut.earnings):
        exact = Fraction(int(kept[number]), cut.ticks)
        draft = Draft(earning, exact, round_money(exact, earning.version.terms.rounding))
        if earning.term.holdback is not None and earning.term.holdback.metric is not None:
            of_line = cut.portions.line == number
            draft.by_row = (cut.portions.row[of_line], cut.kept[of_line], cut.ticks)
        drafts.append(draft)
    for name, portions, lost in cut.lost:
        line = cut.portions.line[portions]
        for number in np.unique(line).tolist():
            of_line = line == number
            rows = cut.portions.row[portions[of_line]]
            before, earlier = drafts[number].taken.get(name, (ZERO, rows[:0]))
            amount = before + Fraction(int(lost[of_line].sum()), cut.ticks)
            drafts[number].taken[name] = (amount, np.concatenate([earlier, rows[rows != NOBODY]]))
    return drafts


def _line(draft: Draft, judged: Judged) -> Line:
    earning = draft.earning
    terms = earning.version.terms
    legs = terms.legs_of(earning.term)
    parts = split(draft.amount, [leg.share for leg in legs], terms.rounding.unit)
    shares = tuple(Share(leg.payer, leg.payee, part) for leg, part in zip(legs, parts, strict=True))
    ids = judged.table.ids
    taken = tuple(
        Taken(limit, round_money(amount, terms.rounding), ClaimIds(ids, rows))
        for limit, (amount, rows) in draft.taken.items()
    )
    working = dict(earning.working)
    if "waited" in working:
        working["waited"] = {**working["waited"], "amount": exact_text(working["waited"]["amount"])}
    if earning.claims is not None:
        working["claims"] = ClaimIds(ids, earning.claims)
    return Line(
        earning.term.id, earning.period.id, earning.cohort, earning.version.number, draft.amount, shares, working, taken
    )


# --- limits per payer and what is held back ---------------------------------------------------------------------


def _within_payers(drafts: Sequence[Draft], judged: Judged) -> Iterator[tuple[Line, Draft]]:
    """The lines, each payer's part cut to what the payer's limit leaves: the later line loses."""
    paid: dict[str, Decimal] = {}
    for draft in drafts:
        line = _line(draft, judged)
        terms = draft.earning.version.terms
        caps = [limit for limit in terms.limits if limit.scope == "payer"]
        yield (_capped(line, caps, terms, paid) if caps else line), draft


def _capped(line: Line, caps: Sequence[Limit], terms: Terms, paid: dict[str, Decimal]) -> Line:
    shares, taken = [], list(line.taken)
    for share in line.shares:
        amount = share.amount
        for cap in (cap for cap in caps if cap.payer in (None, share.payer)):
            assert isinstance(cap.at_most, Fraction)  # noqa: S101 – the checks demand a number
            room = round_money(
                max(cap.at_most - Fraction(paid.get(share.payer, Decimal(0))), ZERO),
                Rounding(terms.rounding.unit, "down"),
            )
            left = min(amount, room) if amount > 0 else amount
            if left < amount:
                taken.append(Taken(cap.name, EXACT.subtract(amount, left), ()))
                amount = left
        paid[share.payer] = EXACT.add(paid.get(share.payer, Decimal(0)), amount)
        shares.append(Share(share.payer, share.payee, amount))
    return Line(
        line.term,
        line.period,
        line.cohort,
        line.version,
        total(share.amount for share in shares),
        tuple(shares),
        line.working,
        tuple(taken),
    )


def _held(line: Line, draft: Draft, docket: Docket) -> Line:
    """The line without the part that is still held back."""
    holdback = draft.earning.term.holdback
    if holdback is None or not line.amount:
        return line
    terms = draft.earning.version.terms
    held = round_money(_still_held(holdback, line, draft, docket), terms.rounding)
    if not held:
        return line
    amount = EXACT.subtract(line.amount, held)
    parts = split(amount, [abs(Fraction(share.amount)) for share in line.shares], terms.rounding.unit)
    shares = tuple(Share(share.payer, share.payee, part) for share, part in zip(line.shares, parts, strict=True))
    until = holdback.metric or (holdback.on.isoformat() if isinstance(holdback.on, date) else holdback.on)
    trace = {"share": exact_text(holdback.share), "amount": exact_text(held), "until": until}
    return Line(
        line.term, line.period, line.cohort, line.version, amount, shares, {**line.working, "held": trace}, line.taken
    )


def _still_held(holdback: Holdback, line: Line, draft: Draft, docket: Docket) -> Fraction:
    """What of the line waits: the share of all of it, or of the persons who have not counted on the metric."""
    waiting = Fraction(line.amount)
    if isinstance(holdback.on, date):
        waiting = ZERO if docket.has_come(holdback.on) else waiting
    elif holdback.on is not None:
        waiting = ZERO if docket.readings.happened.get(holdback.on) else waiting
    elif draft.by_row is not None:
        rows, kept, ticks = draft.by_row
        judged = docket.readings.judged
        released = np.unique(judged.table.person[judged.of_metric(holdback.metric or "").row])
        waits = ~np.isin(judged.table.person[rows], released)
        waiting = min(waiting, Fraction(int(kept[waits].sum()), ticks))
    return holdback.share * waiting


# --- what became of each claim ----------------------------------------------------------------------------------


def _outcomes(judged: Judged, cuts: Sequence[Cut]) -> ClaimOutcomes:
    size = len(judged.table)
    reason = judged.reason.astype(np.int16)
    names = [*REFUSALS, "cap", "gate", "missing"]
    ticks = lcm(1, *(cut.ticks for cut in cuts))
    kept, earned = np.zeros(size, np.int64), np.zeros(size, np.int64)
    for cut in cuts:
        portions = cut.portions
        ours = portions.row != NOBODY
        if ours.any():
            kept = kept + sums(portions.row[ours], cut.kept[ours], size) * (ticks // cut.ticks)
            first = np.flatnonzero(ours[: len(cut.earned)])
            earned = earned + sums(portions.row[first], cut.earned[first], size) * (ticks // cut.ticks)
        for earning in cut.earnings:
            if earning.shut_by and earning.claims is not None:
                reason[earning.claims] = names.index(earning.shut_by)
    reason[kept < earned] = names.index("cap")
    counted = judged.reason == COUNTED
    return ClaimOutcomes(
        judged.table.ids, judged.order, counted=counted, reasons=(names, reason), kept=kept, ticks=ticks
    )

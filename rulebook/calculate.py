"""The exact reading of the terms: what is owed to date, to the smallest unit, with every step shown."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from datetime import date
from decimal import Decimal
from fractions import Fraction

from rulebook import limits
from rulebook.claims import Accepted, Verdict, judge
from rulebook.earnings import Earning, earn
from rulebook.facts import Facts
from rulebook.limits import Draft, Limits
from rulebook.money import exact_text, round_money, split, total
from rulebook.readings import Readings
from rulebook.results import ClaimOutcome, Entitlement, Line, Share, Taken
from rulebook.timeline import Timeline, Version

__all__ = ["Version", "calculate"]


def calculate(versions: Sequence[Version], facts: Facts, as_of: date | None) -> Entitlement:
    """All that is owed by the terms for the facts verified on or before `as_of` (None: for all of them).

    Each fact is priced by the version in force on its event date, a measured value on its period's last day; the
    counting rules run over the whole life of the contract. Raises ValueError when there is no version, or when the
    versions differ in currency or share a number.
    """
    timeline = Timeline(versions)
    known = facts.known_on(as_of)
    verdicts = judge(known, timeline)
    accepted = [verdict for verdict in verdicts if isinstance(verdict, Accepted)]
    readings = Readings(known.measured, accepted, timeline)
    earnings = sorted(earn(timeline, accepted, readings, as_of), key=_line_order)
    caps = Limits(timeline, readings)
    ticks = limits.apply(earnings, caps)
    drafts = [_draft(earning, ticks) for earning in earnings]
    limits.clip(drafts, caps)
    lines = tuple(_line(draft) for draft in drafts)
    outcomes = tuple(_outcomes(verdicts, earnings, ticks))
    return Entitlement(timeline.latest.terms.currency, as_of, lines, outcomes, total(line.amount for line in lines))


def _line_order(earning: Earning) -> tuple[date, str, int, str, date]:
    effective = earning.version.effective_on or date.min
    return earning.period.ends_on, earning.period.id, earning.term_rank, earning.cohort or "", effective


def _draft(earning: Earning, ticks: int) -> Draft:
    exact = Fraction(sum(portion.kept for portion in earning.portions), ticks)
    draft = Draft(earning, exact, round_money(exact, earning.version.terms.rounding))
    lost: dict[str, int] = defaultdict(int)
    losers: dict[str, list[str]] = defaultdict(list)
    for portion in earning.portions:
        for limit, amount in portion.lost:
            lost[limit] += amount
            losers[limit] += [portion.claim] if portion.claim else []
    draft.taken = {limit: (Fraction(amount, ticks), losers[limit]) for limit, amount in lost.items()}
    return draft


def _line(draft: Draft) -> Line:
    earning = draft.earning
    terms = earning.version.terms
    legs = terms.legs_of(earning.term)
    parts = split(draft.amount, [leg.share for leg in legs], terms.rounding.unit)
    shares = tuple(Share(leg.payer, leg.payee, part) for leg, part in zip(legs, parts, strict=True))
    taken = tuple(
        Taken(limit, round_money(amount, terms.rounding), tuple(claims))
        for limit, (amount, claims) in draft.taken.items()
    )
    return Line(
        earning.term.id,
        earning.period.id,
        earning.cohort,
        earning.version.number,
        draft.amount,
        shares,
        earning.working,
        taken,
    )


def _outcomes(verdicts: Sequence[Verdict], earnings: Sequence[Earning], ticks: int) -> list[ClaimOutcome]:
    kept: dict[str, int] = {}
    reasons: dict[str, str] = {}
    for earning in earnings:
        for portion in earning.portions:
            if portion.claim is not None:
                kept[portion.claim] = kept.get(portion.claim, 0) + portion.kept
                if portion.lost:
                    reasons[portion.claim] = "cap"
        if earning.shut_by:
            reasons |= dict.fromkeys(earning.working.get("claims", ()), earning.shut_by)
    amounts = {ticks_kept: Decimal(exact_text(Fraction(ticks_kept, ticks))) for ticks_kept in {0, *kept.values()}}
    return [
        ClaimOutcome(verdict.claim.id, True, amounts[kept.get(verdict.claim.id, 0)], reasons.get(verdict.claim.id))
        if isinstance(verdict, Accepted)
        else ClaimOutcome(verdict.claim.id, False, Decimal(0), verdict.reason)
        for verdict in verdicts
    ]

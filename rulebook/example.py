"""The worked example of an annex: what was invented, each line in words and in numbers, and what it comes to."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from decimal import Decimal

from rulebook.facts import MeasuredFact, Person
from rulebook.invented import Example, example_facts, example_of
from rulebook.language import Voice
from rulebook.money import total
from rulebook.problems import Language
from rulebook.results import Entitlement, Line
from rulebook.sentences import Clause, clauses
from rulebook.table import ClaimFact
from rulebook.terms import Metric, Terms, label_of
from rulebook.wording import capital, period_name, spoken
from rulebook.workings import working

__all__ = ["annex", "example", "example_facts", "example_of"]


def annex(terms: Terms, language: Language, parties: Mapping[str, str] | None = None) -> list[Clause]:
    """The whole annex: the clauses of the terms, and last a worked example; `parties` names the payers and payees."""
    found = clauses(terms, language, parties)
    return [*found, *example(terms, language, parties, int(found[-1].number.partition(".")[0]) + 1)]


def example(
    terms: Terms, language: Language, parties: Mapping[str, str] | None = None, number: int = 1
) -> list[Clause]:
    """The example as clauses numbered under `number`: what is assumed, a line of each term, and the sum."""
    voice, worked = spoken(terms, language, parties), example_of(terms)
    parts = [
        (voice.pick("påhittade uppgifter", "invented facts"), _assumed(worked, terms, voice)),
        *_lines(worked.entitlement, terms, voice),
        (voice.pick("tillsammans", "in all"), _sum(worked.entitlement, voice)),
    ]
    heading = voice.pick("Räkneexempel", "Example")
    return [
        Clause(f"{number}.{place}", f"{heading}: {name}", text, f"example/{place}")
        for place, (name, text) in enumerate(parts, 1)
    ]


# --- what was invented --------------------------------------------------------------------------------------------


def _assumed(worked: Example, terms: Terms, voice: Voice) -> str:
    facts = worked.facts
    return " ".join(
        [
            voice.pick(
                "Uppgifterna är påhittade och visar bara hur villkoren räknas.",
                "The facts are invented and only show how the terms are worked out.",
            ),
            *_people(facts.persons, voice),
            *(sentence for metric in terms.metrics for sentence in _claimed(metric, facts.claims, voice)),
            *(sentence for metric in terms.metrics for sentence in _measured(metric, facts.measured, terms, voice)),
            *(
                voice.pick(
                    f"{voice.event(fact.event)} inträffar den {voice.day(fact.on)}.",
                    f"{voice.event(fact.event)} happens on {voice.day(fact.on)}.",
                )
                for fact in facts.events
            ),
            voice.pick(
                f"Ersättningen räknas till och med den {voice.day(worked.as_of)}.",
                f"Payment is reckoned up to and including {voice.day(worked.as_of)}.",
            ),
        ]
    )


def _people(persons: Sequence[Person], voice: Voice) -> Iterator[str]:
    if not persons:
        return
    first, many = persons[0], len(persons) > 1
    who = _span([person.id for person in persons], voice)
    place = voice.pick(f" i {voice.cohort(first.cohort)}", f" in {voice.cohort(first.cohort)}") if first.cohort else ""
    day = voice.day(first.enrolled_on) if first.enrolled_on else ""
    noun = voice.pick("personer" if many else "person", "persons" if many else "person")
    yield voice.pick(
        f"{len(persons)} {noun}, {who}, skrivs in{place} den {day}.",
        f"{len(persons)} {noun}, {who}, {'are' if many else 'is'} enrolled{place} on {day}.",
    )
    members: dict[str, list[str]] = {}
    for person in persons:
        for group in person.groups:
            members.setdefault(group, []).append(person.id)
    for group, ids in members.items():
        who, name, belong = _span(ids, voice), voice.group(group), "belongs" if len(ids) == 1 else "belong"
        yield voice.pick(f"{who} hör till {name}.", f"{who} {belong} to {name}.")


def _claimed(metric: Metric, claims: Sequence[ClaimFact], voice: Voice) -> Iterator[str]:
    ours = [claim for claim in claims if claim.metric == metric.id]
    if not ours:
        return
    first, one, name = ours[0], len(ours) == 1, voice.metric(metric.id)
    who, day = _span([claim.person for claim in ours], voice), voice.day(first.event_on)
    when = voice.pick(f"den {day}", f"on {day}")
    if first.until is not None:
        last = voice.day(first.until)
        when = voice.pick(
            f"från och med den {day} till och med den {last}", f"from {day} to {last}, both days included"
        )
    units = "" if first.units == 1 else voice.measured(metric.unit or "", first.units)
    if one:
        of = units and voice.pick(f", på {units}", f", of {units}")
        yield voice.pick(
            f"{who} har ett godkänt anspråk på {name} {when}{of}.",
            f"{who} has one accepted claim of {name} {when}{of}.",
        )
    else:
        of = units and voice.pick(f", vart och ett på {units}", f", each of {units}")
        yield voice.pick(
            f"{who} har vars ett godkänt anspråk på {name} {when}{of}.",
            f"{who} have one accepted claim each of {name} {when}{of}.",
        )


def _span(ids: Sequence[str], voice: Voice) -> str:
    """The persons' names, with those that follow one another drawn together: E1–E3 and E7."""
    numbers = [int(person.removeprefix("E")) for person in ids]
    runs: list[tuple[int, int]] = []
    for number in numbers:
        start = runs.pop()[0] if runs and runs[-1][1] == number - 1 else number
        runs.append((start, number))
    return voice.listed(f"E{first}" if first == last else f"E{first}–E{last}" for first, last in runs)


def _measured(metric: Metric, measured: Sequence[MeasuredFact], terms: Terms, voice: Voice) -> Iterator[str]:
    ours = [fact for fact in measured if fact.metric == metric.id]
    if not ours or ours[0].value is None:
        return
    fact, name = ours[0], voice.metric(metric.id)
    periods = voice.listed(period_name(fact.period, terms, voice) for fact in ours)
    value = voice.level(metric.id, ours[0].value)
    place = voice.pick(f" för {voice.cohort(fact.cohort)}", f" for {voice.cohort(fact.cohort)}") if fact.cohort else ""
    notes = []
    if fact.due is not None:
        due = voice.number(fact.due)
        notes.append(voice.pick(f"alla {due} som skulle mätas mättes", f"all {due} who were due were measured"))
    if fact.standard_error is not None:
        error = voice.level(metric.id, fact.standard_error)
        notes.append(voice.pick(f"medelfelet är {error}", f"the standard error is {error}"))
    note = f"; {voice.listed(notes)}" if notes else ""
    during = voice.pick(
        "för" if terms.period_terms == "contract" else "i", "for" if terms.period_terms == "contract" else "in"
    )
    yield f"{name} {voice.pick('är', 'is')} {value}{place} {during} {periods}{note}."


# --- what it comes to ---------------------------------------------------------------------------------------------


def _lines(entitlement: Entitlement, terms: Terms, voice: Voice) -> Iterator[tuple[str, str]]:
    """The first line of each term that pays anything, and what its other lines come to."""
    for term in terms.terms:
        lines = [line for line in entitlement.lines if line.term == term.id]
        name = label_of(term, voice.language)
        if not lines:
            yield name, voice.pick("Villkoret ger ingenting i exemplet.", "The term gives nothing in the example.")
            continue
        shown = next((line for line in lines if line.amount), lines[0])
        worked = working(_without_claims(shown.to_json()), terms, voice.language, voice.parties)
        notes = [*worked.conditions, *worked.limits]
        text = f"{capital(worked.words)}: {worked.numbers} = {worked.amount}."
        period = period_name(shown.period, terms, voice)
        place = ", ".join(part for part in (period, shown.cohort and voice.cohorts[shown.cohort]) if part)
        yield (
            f"{name}, {place}",
            " ".join([text, *(f"{capital(note)}." for note in notes), *_more(lines, shown, voice)]),
        )


def _without_claims(line: dict[str, object]) -> dict[str, object]:
    """Which of the invented claims lost at a limit is more than the reader needs."""
    taken: list[dict[str, object]] = line["taken"]  # type: ignore[assignment]
    return {**line, "taken": [{**item, "claims": []} for item in taken]}


def _more(lines: Sequence[Line], shown: Line, voice: Voice) -> Iterator[str]:
    others = [line.amount for line in lines if line is not shown and line.amount]
    if others:
        amount = voice.money(total(others))
        if len(others) == 1:
            yield voice.pick(f"Villkoret ger en rad till, på {amount}.", f"The term gives one more line, of {amount}.")
        else:
            yield voice.pick(
                f"Villkoret ger {len(others)} rader till, på tillsammans {amount}.",
                f"The term gives {len(others)} more lines, of {amount} in all.",
            )


def _sum(entitlement: Entitlement, voice: Voice) -> str:
    by_payer: dict[str, Decimal] = {}
    for line in entitlement.lines:
        for share in line.shares:
            by_payer[share.payer] = total((by_payer.get(share.payer, Decimal(0)), share.amount))
    paid = (
        voice.listed(
            f"{voice.party(payer)} {voice.pick('betalar', 'pays')} {voice.money(amount)}"
            for payer, amount in by_payer.items()
        )
        if by_payer
        else ""
    )
    whole = voice.pick(
        f"Tillsammans blir det {voice.money(entitlement.total)}.",
        f"In all it comes to {voice.money(entitlement.total)}.",
    )
    return f"{whole} {capital(paid)}." if len(by_payer) > 1 else whole

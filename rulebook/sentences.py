"""The terms in plain Swedish and English: the annex that the parties sign.

The sentences live here and in the kinds, not in a translation file: a signed text is versioned with its meaning.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from fractions import Fraction
from typing import Final

from rulebook.adjustments import ADJUSTMENTS
from rulebook.checks import observed_kinds
from rulebook.definitions import defined
from rulebook.language import Voice
from rulebook.prices import PRICES, SCHEDULED
from rulebook.problems import Language
from rulebook.shapes import rules_in
from rulebook.terms import (
    SCOPES,
    STARTS,
    Calendar,
    Cohort,
    Condition,
    Duration,
    Event,
    Gate,
    GivenValue,
    Holdback,
    Leg,
    Limit,
    Metric,
    Paper,
    Term,
    Terms,
    Window,
    label_of,
)
from rulebook.values import ShareOf
from rulebook.wording import BOUNDS, capital, limit_amount, limit_scope, spoken, tested
from rulebook.workings import subject_of

__all__ = ["Clause", "clauses", "exact_share", "term_sentence"]


@dataclass(frozen=True, slots=True)
class Clause:
    """One numbered clause of a contract annex.

    `place` is where in the terms it comes from, such as `terms/t1`: the same from version to version and in both
    languages, whatever the number and the label.
    """

    number: str
    heading: str
    text: str
    place: str = ""


def clauses(terms: Terms, language: Language, parties: Mapping[str, str] | None = None) -> list[Clause]:
    """The whole of the terms as numbered clauses; `parties` gives the names behind the keys of payers and payees."""
    voice = spoken(terms, language, parties)
    say = voice.pick

    sections: list[tuple[str, str, list[_Part]]] = [
        ("payment", say("Betalning", "Payment"), [("", "", _payment(terms, voice))]),
        ("time", say("Tid", "Time"), [("", "", _time(terms, voice))]),
        (
            "cohorts",
            say("Kohorter", "Cohorts"),
            [(cohort.id, label_of(cohort, language), _cohort(cohort, voice)) for cohort in terms.cohorts],
        ),
        ("groups", say("Grupper", "Groups"), [("", "", _groups(terms, voice))] if terms.groups else []),
        (
            "calendars",
            say("Dagar som inte räknas", "Days that do not count"),
            [(calendar.id, label_of(calendar, language), _calendar(calendar, voice)) for calendar in terms.calendars],
        ),
        (
            "events",
            say("Händelser", "Events"),
            [(event.id, label_of(event, language), _event(event, voice)) for event in terms.events],
        ),
        (
            "metrics",
            say("Mått", "Metrics"),
            [(metric.id, label_of(metric, language), _metric(metric, terms, voice)) for metric in terms.metrics],
        ),
        (
            "terms",
            say("Ersättning", "Outcome payments"),
            [(term.id, label_of(term, language), _term(term, voice)) for term in terms.terms],
        ),
        (
            "limits",
            say("Tak", "Limits"),
            [(_limit_place(limit), _limit_heading(limit, voice), _limit(limit, voice)) for limit in terms.limits],
        ),
        ("reckoning", say("Så räknas ersättningen", "How payment is worked out"), [("", "", _reckoning(terms, voice))]),
    ]
    return [
        clause
        for number, section in enumerate((section for section in sections if section[2]), 1)
        for clause in _section(number, *section)
    ]


_Part = tuple[str, str, str]  # its place in the section, its name, its text


def _section(number: int, place: str, heading: str, parts: Sequence[_Part]) -> Iterator[Clause]:
    if len(parts) == 1 and not parts[0][1]:
        yield Clause(str(number), heading, _tidy(parts[0][2]), place)
        return
    taken: Counter[str] = Counter()
    for index, (part, name, text) in enumerate(parts, 1):
        taken[part] += 1
        again = f"/{taken[part]}" if taken[part] > 1 else ""
        yield Clause(f"{number}.{index}", f"{heading}: {name}", _tidy(text), f"{place}/{part}{again}")


def _tidy(text: str) -> str:
    """An inserted clause ends with a comma; where the sentence or another clause ends as well, it is not wanted."""
    for sign in ".,:;":
        text = text.replace("," + sign, sign)
    return text


# --- who pays, and when -------------------------------------------------------------------------------------------


def _payment(terms: Terms, voice: Voice) -> str:
    return _legs(terms.legs, voice) + voice.pick(
        f" Alla belopp anges i {terms.currency}.", f" All amounts are in {terms.currency}."
    )


def _legs(legs: Sequence[Leg], voice: Voice) -> str:
    if len(legs) == 1:
        leg = legs[0]
        whole = voice.pick("betalar hela ersättningen", "pays the whole amount")
        shared = capital(f"{voice.party(leg.payer)} {whole}{_to_payee(leg, voice)}.")
    else:
        shared = voice.pick("Varje belopp delas så här: ", "Every amount is shared as follows: ")
        shared += voice.listed(_part(leg, voice) for leg in legs) + "."
    return " ".join([shared, *_due(legs, voice), *_vat(legs, voice)])


def _part(leg: Leg, voice: Voice) -> str:
    pays = voice.pick("betalar", "pays")
    return f"{voice.party(leg.payer)} {pays} {exact_share(leg.share, voice)}{_to_payee(leg, voice)}"


def _to_payee(leg: Leg, voice: Voice) -> str:
    if leg.payee is None:
        return ""
    return voice.pick(f" till {voice.party(leg.payee)}", f" to {voice.party(leg.payee)}")


def exact_share(share: Fraction, voice: Voice) -> str:
    """A payer's share: in per cent where that is exact, otherwise as parts."""
    text = voice.percent(share)
    return f"{share.numerator}/{share.denominator}" if text.startswith("≈") else text


def _due(legs: Sequence[Leg], voice: Voice) -> Iterator[str]:
    if legs[0].due_days is not None and len({leg.due_days for leg in legs}) == 1:
        yield voice.pick(
            f"Betalningen görs {_within(legs[0].due_days, voice)}.",
            f"Payment is made {_within(legs[0].due_days, voice)}.",
        )
        return
    for leg in legs:
        if leg.due_days is not None:
            payer, when = capital(_payer(leg, legs, voice)), _within(leg.due_days, voice)
            yield voice.pick(f"{payer} betalar {when}.", f"{payer} pays {when}.")


def _within(days: int, voice: Voice) -> str:
    if days == 0:
        return voice.pick("samma dag som avräkningen", "on the day of the settlement")
    span = voice.time(0, days)
    return voice.pick(f"inom {span} från avräkningen", f"within {span} of the settlement")


def _payer(leg: Leg, legs: Sequence[Leg], voice: Voice) -> str:
    """The payer, and the payee where the same payer pays several."""
    several = sum(other.payer == leg.payer for other in legs) > 1
    return voice.party(leg.payer) + (_to_payee(leg, voice) if several else "")


def _vat(legs: Sequence[Leg], voice: Voice) -> Iterator[str]:
    if legs[0].vat and len({leg.vat for leg in legs}) == 1:
        yield voice.pick(*VAT[legs[0].vat])
        return
    for leg in legs:
        if leg.vat:
            sv, en = VAT_OF[leg.vat]
            yield voice.pick(sv, en).format(_payer(leg, legs, voice))


VAT: Final = {
    "none": ("Moms varken ingår eller tillkommer.", "VAT is neither included nor added."),
    "included": ("Moms ingår i beloppen.", "VAT is included in the amounts."),
    "added": ("Moms tillkommer på beloppen.", "VAT is added to the amounts."),
}
VAT_OF: Final = {
    "none": (
        "I det som {} betalar ingår ingen moms, och ingen tillkommer.",
        "VAT is neither included in nor added to what {} pays.",
    ),
    "included": ("I det som {} betalar ingår moms.", "VAT is included in what {} pays."),
    "added": ("På det som {} betalar tillkommer moms.", "VAT is added to what {} pays."),
}


# --- time, people and events --------------------------------------------------------------------------------------


def _time(terms: Terms, voice: Voice) -> str:
    sentences = []
    if terms.life:
        first, last = voice.day(terms.life.starts_on), voice.day(terms.life.ends_on)
        sentences.append(
            voice.pick(
                f"Bara händelser från och med den {first} till och med den {last} kan ge ersättning.",
                f"Only events from {first} to {last}, both days included, can give payment.",
            )
        )
    if isinstance(terms.period_terms, tuple):
        named = [f"{own.id} ({own.starts_on} – {own.ends_on})" for own in terms.period_terms]
        one = len(named) == 1
        sv, en = (
            ("Mätperioden är ", "The measurement period is ")
            if one
            else ("Mätperioderna är ", "The measurement periods are ")
        )
        sentences.append(voice.pick(sv, en) + voice.listed(named) + ".")
    else:
        sv, en = PERIODS[terms.period_terms]
        sentences.append(voice.pick(f"Mätperioden är {sv}.", f"The measurement period is {en}."))
    return " ".join(sentences)


PERIODS: Final = {
    "month": ("en kalendermånad", "a calendar month"),
    "quarter": ("ett kalenderkvartal", "a calendar quarter"),
    "half_year": ("ett kalenderhalvår", "a calendar half-year"),
    "year": ("ett kalenderår", "a calendar year"),
    "contract": ("hela avtalstiden", "the whole life of the contract"),
}


def _cohort(cohort: Cohort, voice: Voice) -> str:
    first, last = map(voice.day, cohort.enrols)
    text = voice.pick(
        f"Hit hör de som skrivs in från och med den {first} till och med den {last}.",
        f"Those who enrol from {first} to {last}, both days included, belong here.",
    )
    if cohort.size is not None:
        persons = voice.pick("person" if cohort.size == 1 else "personer", "person" if cohort.size == 1 else "persons")
        text += voice.pick(
            f" Kohorten är på högst {voice.number(cohort.size)} {persons}.",
            f" The cohort has at most {voice.number(cohort.size)} {persons}.",
        )
    return text


def _groups(terms: Terms, voice: Voice) -> str:
    named = [voice.group(group.id) for group in terms.groups]
    if len(named) == 1:
        return voice.pick(
            f"Vid inskrivningen avgörs om personen hör till gruppen {named[0]}. Det ändras inte sedan.",
            f"At enrolment it is settled whether the person belongs to the group {named[0]}. "
            "It does not change after that.",
        )
    return voice.pick(
        f"Vid inskrivningen avgörs vilka av grupperna {voice.listed(named)} som personen hör till. "
        "Det ändras inte sedan.",
        f"At enrolment it is settled which of the groups {voice.listed(named)} the person belongs to. "
        "It does not change after that.",
    )


def _calendar(calendar: Calendar, voice: Voice) -> str:
    days = voice.listed(_stretch(first, last, voice) for first, last in calendar.days)
    return voice.pick(f"Hit hör {days}.", f"They are {days}.")


def _stretch(first: date, last: date, voice: Voice) -> str:
    if first == last:
        return voice.pick(f"den {voice.day(first)}", voice.day(first))
    return voice.pick(
        f"dagarna från och med den {voice.day(first)} till och med den {voice.day(last)}",
        f"the days from {voice.day(first)} to {voice.day(last)}, both included,",
    )


def _event(event: Event, voice: Voice) -> str:
    if event.ends:
        return voice.pick(
            "Avtalet slutar den dag då detta inträffar. "
            "Det som händer senare ger ingen ersättning, och fasta belopp som skulle ha betalats senare betalas inte.",
            "The contract ends on the day this happens. "
            "What happens later gives no payment, and fixed amounts that would have been due later are not paid.",
        )
    return voice.pick(
        "Avtalet fortsätter när detta inträffar. Vad det betyder för ersättningen framgår av villkoren.",
        "The contract goes on when this happens. What it means for payment is said in the terms.",
    )


# --- metrics ------------------------------------------------------------------------------------------------------

LEVELS: Final = {
    "person": ("för varje person", "for each person"),
    "cohort": ("för varje kohort", "for each cohort"),
    "contract": ("för avtalet som helhet", "for the contract as a whole"),
}
ROLES: Final = {
    "payment": ("", ""),
    "follow_up": (" Måttet följs upp men ger ingen ersättning.", " The metric is followed up but gives no payment."),
    "guard": (" Måttet vaktar kvaliteten.", " The metric guards quality."),
}


def _metric(metric: Metric, terms: Terms, voice: Voice) -> str:
    level_sv, level_en = LEVELS[metric.level]
    text = voice.pick(f"Mäts {level_sv}.", f"Measured {level_en}.") + voice.pick(*ROLES[metric.role])
    is_personal = metric.level == "person"
    rules = [*_unit(metric, voice), *_direction(metric, voice)]
    rules += _person_rules(metric, terms, voice) if is_personal else _missing_rules(metric, voice)
    if metric.evidence:
        papers = voice.listed(
            label_of(paper, voice.language) if isinstance(paper, Paper) else paper.replace("_", " ")
            for paper in metric.evidence
        )
        rules.append(voice.pick(f"Underlag: {papers}.", f"Evidence: {papers}."))
    return " ".join([text, *rules, *_verification(metric, voice)])


def _unit(metric: Metric, voice: Voice) -> Iterator[str]:
    if metric.level == "person":
        if metric.unit in CLAIM_UNITS and not metric.duration:
            yield voice.pick(*CLAIM_UNITS[metric.unit])
        return
    span = _value_range(metric, voice)
    if metric.unit is not None:
        unit = voice.pick(*VALUE_UNITS[metric.unit])
        yield voice.pick(f"Värdet är {unit}{span}.", f"The value is {unit}{span}.")
    elif span:
        yield voice.pick(f"Värdet är ett tal{span}.", f"The value is a number{span}.")


CLAIM_UNITS: Final = {
    "day": ("Ett anspråk gäller ett antal dagar.", "A claim is for a number of days."),
    "week": ("Ett anspråk gäller ett antal veckor.", "A claim is for a number of weeks."),
    "number": ("Ett anspråk gäller ett antal enheter.", "A claim is for a number of units."),
    "score": ("Ett anspråk gäller ett antal poäng.", "A claim is for a number of points."),
    "share": ("Ett anspråk gäller en andel.", "A claim is for a share."),
    "amount": ("Ett anspråk gäller ett belopp.", "A claim is for an amount."),
    "yes_no": ("Ett anspråk gäller ja eller nej.", "A claim is for a yes or a no."),
}
VALUE_UNITS: Final = {
    "claim": ("ett antal anspråk", "a number of claims"),
    "day": ("ett antal dagar", "a number of days"),
    "week": ("ett antal veckor", "a number of weeks"),
    "number": ("ett antal", "a number"),
    "score": ("ett poängtal", "a score"),
    "share": ("en andel", "a share"),
    "amount": ("ett belopp", "an amount"),
    "yes_no": ("ja eller nej", "yes or no"),
}


def _value_range(metric: Metric, voice: Voice) -> str:
    low, high = (None if bound is None else voice.level(metric.id, bound) for bound in (metric.lowest, metric.highest))
    if low is not None and high is not None:
        return voice.pick(f" från {low} till {high}", f" from {low} to {high}")
    if low is not None:
        return voice.pick(f", lägst {low}", f", at least {low}")
    return "" if high is None else voice.pick(f", högst {high}", f", at most {high}")


def _direction(metric: Metric, voice: Voice) -> Iterator[str]:
    if metric.direction is None:
        return
    up = metric.direction == "up"
    if metric.level == "person":
        yield voice.pick(
            "Fler är bättre." if up else "Färre är bättre.", "More is better." if up else "Fewer is better."
        )
    else:
        yield voice.pick(
            f"Ett {'högre' if up else 'lägre'} värde är bättre.", f"A {'higher' if up else 'lower'} value is better."
        )


def _verification(metric: Metric, voice: Voice) -> Iterator[str]:
    if metric.verification.kind == "sample":
        share = voice.percent(metric.verification.share or 1)
        of = voice.pick("anspråken", "claims") if metric.level == "person" else voice.pick("underlaget", "evidence")
        yield voice.pick(
            f"Ett slumpmässigt urval om {share} av {of} granskas.",
            f"A random sample of {share} of the {of} is verified.",
        )
    elif metric.level == "person":
        yield voice.pick("Varje anspråk granskas.", "Every claim is verified.")


def _person_rules(metric: Metric, terms: Terms, voice: Voice) -> list[str]:
    return [
        *(_duration(metric.duration, terms, voice) if metric.duration else ()),
        *_how_often(metric, voice),
        *_who(metric, voice),
        *(_window(metric.window, metric, voice) if metric.window else ()),
        *_claimed_in_time(metric, voice),
    ]


def _duration(duration: Duration, terms: Terms, voice: Voice) -> Iterator[str]:
    days = duration.unit == "day"
    yield voice.pick(
        "Ett anspråk gäller en tid, från och med en dag till och med en annan.",
        "A claim is for a stretch of time, from one day to another, both included.",
    )
    yield (
        voice.pick("Varje dag i den räknas.", "Every day of it counts.")
        if days
        else voice.pick(
            "Varje följd av sju dagar som räknas ger en vecka, som hör till den sjunde dagen.",
            "Every run of seven days that count gives a week, which belongs to the seventh day.",
        )
    )
    if duration.qualifying_days == 1:
        yield voice.pick("Den första dagen av varje tid räknas inte.", "The first day of each stretch does not count.")
    elif duration.qualifying_days:
        first = duration.qualifying_days
        yield voice.pick(
            f"De första {first} dagarna av varje tid räknas inte.",
            f"The first {first} days of each stretch do not count.",
        )
    if duration.excluding:
        name = voice.calendar(duration.excluding)
        week_sv, week_en = ("", "") if days else (", men de bryter inte en följd", ", but they do not break a run")
        yield voice.pick(f"Dagar i {name} räknas inte{week_sv}.", f"Days in {name} do not count{week_en}.")
    if duration.at_most is not None:
        most = voice.measured(duration.unit, duration.at_most)
        yield voice.pick(f"Högst {most} räknas för samma person.", f"At most {most} count for the same person.")
    if terms.life:
        yield voice.pick("Dagar efter avtalstiden räknas inte.", "Days after the contract's life do not count.")


def _how_often(metric: Metric, voice: Voice) -> Iterator[str]:
    most, gap = metric.most_per_person, metric.min_gap_days
    if metric.duration:
        if most is not None:
            sv, en = ("sådan tid", "such stretch") if most == 1 else ("sådana tider", "such stretches")
            yield voice.pick(
                f"Högst {most if most > 1 else 'en'} {sv} räknas per person.",
                f"At most {most if most > 1 else 'one'} {en} count{'s' if most == 1 else ''} per person.",
            )
        if gap:
            span = voice.time(0, gap)
            yield voice.pick(
                f"Mellan de första dagarna av två tider som räknas för samma person ska det gå minst {span}.",
                f"At least {span} must pass between the first days of two stretches that count for the same person.",
            )
        return
    if most == 1:
        yield voice.pick("Det räknas en gång per person.", "It counts once per person.")
    elif most:
        yield voice.pick(f"Det räknas högst {most} gånger per person.", f"It counts at most {most} times per person.")
    if gap:
        span = voice.time(0, gap)
        yield voice.pick(
            f"Mellan två händelser som räknas för samma person ska det gå minst {span}.",
            f"At least {span} must pass between two events that count for the same person.",
        )


def _who(metric: Metric, voice: Voice) -> Iterator[str]:
    if metric.groups:
        groups = voice.either(map(voice.group, metric.groups))
        yield voice.pick(
            f"Det räknas bara för den som vid inskrivningen hörde till {groups}.",
            f"It counts only for those who at enrolment belonged to {groups}.",
        )
    if metric.after:
        first = voice.metric(metric.after)
        yield voice.pick(
            f"Det räknas först när {first} har räknats för samma person, samma dag eller tidigare.",
            f"It counts only once {first} has counted for the same person, on the same day or earlier.",
        )
    if metric.unless:
        other = voice.metric(metric.unless)
        yield voice.pick(
            f"Det räknas inte för den som {other} räknas för, vare sig det sker före eller efter.",
            f"It does not count for a person for whom {other} counts, whether before or after.",
        )


def _window(window: Window, metric: Metric, voice: Voice) -> Iterator[str]:
    event = (
        voice.pick("Tiden ska börja", "The stretch must begin")
        if metric.duration
        else voice.pick("Händelsen ska inträffa", "The event must happen")
    )
    if window.start in STARTS:
        start = voice.pick(*STARTS[window.start])
    else:
        name = voice.metric(window.start)
        start = voice.pick(
            f"den dag då {name} först räknades för personen", f"the day on which {name} first counted for the person"
        )
    last = voice.time(window.months, window.days) if window.months or window.days else None
    if window.not_before is None:
        yield voice.pick(f"{event} inom {last} från {start}.", f"{event} within {last} of {start}.")
    else:
        first = voice.time(window.not_before.months, window.not_before.days)
        end = voice.pick(f" och senast {last}", f" and no later than {last}") if last else ""
        yield voice.pick(
            f"{event} tidigast {first}{end} efter {start}.", f"{event} no earlier than {first}{end} after {start}."
        )
    if window.start == "enrolment":
        yield voice.pick(
            "Saknas inskrivningsdag räknas tiden från kohortens första inskrivningsdag.",
            "Where the day of enrolment is missing, the time runs from the cohort's first day of enrolment.",
        )
    if window.start not in STARTS and window.start != metric.after:
        name = voice.metric(window.start)
        yield voice.pick(
            f"Har {name} inte räknats för personen räknas inte heller detta.",
            f"Where {name} has not counted for the person, this does not count either.",
        )
    if window.restart:
        name = voice.metric(window.restart)
        yield voice.pick(
            f"När {name} räknas för personen börjar tiden om den dagen.",
            f"When {name} counts for the person, the time starts anew on that day.",
        )
    if window.excluding:
        name = voice.calendar(window.excluding)
        yield voice.pick(
            f"Dagar i {name} räknas inte in, utan gör tiden längre.",
            f"Days in {name} are left out and make the time longer.",
        )


def _claimed_in_time(metric: Metric, voice: Voice) -> Iterator[str]:
    if metric.deadline:
        span = voice.time(metric.deadline.months, metric.deadline.days)
        since_sv, since_en = (
            ("tidens första dag", "the first day of the stretch") if metric.duration else ("händelsen", "the event")
        )
        yield voice.pick(
            f"Anspråket ska göras inom {span} från {since_sv}.", f"The claim must be made within {span} of {since_en}."
        )


def _missing_rules(metric: Metric, voice: Voice) -> list[str]:
    rules = []
    if metric.min_measured is not None:
        fewest = voice.number(metric.min_measured)
        rules.append(
            voice.pick(
                f"Har färre än {fewest} mätts i en mätperiod saknas värde för den.",
                f"If fewer than {fewest} were measured in a period, there is no value for it.",
            )
        )
    if isinstance(metric.missing, GivenValue):
        value = voice.level(metric.id, metric.missing.value)
        rules.append(
            voice.pick(
                f"Saknas värde för en mätperiod används {value}.",
                f"If there is no value for a period, {value} is used.",
            )
        )
    else:
        rules.append(voice.pick(*MISSING[metric.missing]))
    if metric.unmeasured == "as_failed":
        rules.append(
            voice.pick(
                "De som skulle ha mätts men inte kunde mätas räknas som att de inte nådde målet.",
                "Those who were due to be measured but could not be count as not having reached the aim.",
            )
        )
    return rules


MISSING: Final = {
    "exclude": (
        "Saknas värde för en mätperiod bortser man från måttet den perioden.",
        "If there is no value for a period, the metric is disregarded in that period.",
    ),
    "worst_case": (
        "Saknas värde för en mätperiod betalas ingenting som beror på måttet den perioden.",
        "If there is no value for a period, nothing that depends on the metric is paid for that period.",
    ),
    "last_known": (
        "Saknas värde för en mätperiod används det senast kända; "
        "finns inget sådant betalas ingenting som beror på måttet.",
        "If there is no value for a period, the last known one is used; "
        "if there is none, nothing that depends on the metric is paid.",
    ),
}


# --- terms --------------------------------------------------------------------------------------------------------


def _term(term: Term, voice: Voice) -> str:
    sentences = [term_sentence(term, voice)]
    if term.legs:
        sentences.append(_legs(term.legs, voice))
    return " ".join(sentences)


def term_sentence(term: Term, voice: Voice) -> str:
    """The rule of one term, conditions included, as the parties sign it."""
    voice, definitions = defined((term.measure, term.price, term.adjust, term.gates), voice)
    rule = PRICES[term.price.kind].sentence(term.price.params, subject_of(term, voice), voice)
    sentences = [
        rule,
        *definitions,
        *_to_date(term, voice),
        *_only_for(term, voice),
        *_worked_out_on(term, voice),
        *_conditions(term, voice),
        *(ADJUSTMENTS[adjustment.kind].sentence(adjustment.params, voice) for adjustment in term.adjust),
        *(_held_back(term.holdback, voice) if term.holdback else ()),
    ]
    return _tidy(" ".join(sentences))


def _to_date(term: Term, voice: Voice) -> Iterator[str]:
    if term.measure is None:
        return
    if term.measure.kind == "count" and term.measure.params.over == "contract":
        yield voice.pick(
            "Varje mätperiod ger det som antalet hittills är värt, minus det som det var värt före perioden.",
            "Each period gives what the number so far is worth, less what it was worth before the period.",
        )
    elif any(getattr(rule.params, "over", "period") == "contract" for rule in rules_in(term.measure)):
        yield voice.pick(
            "Varje gång det räknas ut betalas vad det är värt hittills, minus vad det var värt gången före.",
            "Each time it is worked out, what it is worth to date is paid, less what it was worth the time before.",
        )


def _only_for(term: Term, voice: Voice) -> Iterator[str]:
    if term.cohorts:
        names = voice.listed(map(voice.cohort, term.cohorts))
        one = len(term.cohorts) == 1
        yield voice.pick(
            f"Det gäller bara {'kohorten' if one else 'kohorterna'} {names}.",
            f"This is for the cohort{'' if one else 's'} {names} only.",
        )
    if term.groups:
        names = voice.either(map(voice.group, term.groups))
        yield voice.pick(
            f"Det gäller bara personer som vid inskrivningen hörde till {names}.",
            f"This is only for persons who at enrolment belonged to {names}.",
        )


def _worked_out_on(term: Term, voice: Voice) -> Iterator[str]:
    if term.on:
        days = [when for when in term.on if isinstance(when, date)]
        when = voice.days(days, [when for when in term.on if isinstance(when, str)])
        yield voice.pick(
            f"Detta räknas ut bara {when}, för den mätperiod som dagen ligger i.",
            f"This is worked out only {when}, for the measurement period that the day is in.",
        )
    elif term.price.kind not in SCHEDULED and not observed_kinds(term):
        yield voice.pick(
            "Detta räknas ut för varje mätperiod som har gått.",
            "This is worked out for every measurement period that has ended.",
        )


def _conditions(term: Term, voice: Voice) -> Iterator[str]:
    all_of = [gate for gate in term.gates if not gate.any]
    if all_of:
        conditions = voice.listed(_condition(gate, voice) for gate in all_of)
        yield voice.pick(
            f"Detta betalas bara för mätperioder då {conditions}.",
            f"This is paid only for periods in which {conditions}.",
        )
    for number, gate in enumerate(gate for gate in term.gates if gate.any):
        conditions = voice.either(_condition(condition, voice) for condition in gate.any)
        yield (
            voice.pick(
                f"Dessutom krävs att minst ett av detta gäller: att {conditions}.",
                f"At least one of the following must hold as well: that {conditions}.",
            )
            if all_of or number
            else voice.pick(
                f"Detta betalas bara för mätperioder då minst ett av detta gäller: att {conditions}.",
                f"This is paid only for periods in which at least one of the following holds: that {conditions}.",
            )
        )


def _condition(condition: Condition | Gate, voice: Voice) -> str:
    if condition.event is not None:
        event = voice.event(condition.event)
        return (
            voice.pick(f"{event} har inträffat", f"{event} has happened")
            if condition.happened
            else voice.pick(f"{event} inte har inträffat", f"{event} has not happened")
        )
    subject = tested(condition, voice)
    is_yes_no = voice.units.get(condition.metric or "") == "yes_no"
    if is_yes_no and condition.bounds in ({"at_least": 1}, {"above": 0}):
        return voice.pick(f"{subject.whole} är uppfyllt", f"{subject.whole} is met")
    bounds = voice.listed(
        f"{voice.pick(*BOUNDS[name])} {voice.bound(bound, subject)}" for name, bound in condition.bounds.items()
    )
    return voice.pick(f"{subject.whole} är {bounds}", f"{subject.whole} is {bounds}")


def _held_back(holdback: Holdback, voice: Voice) -> Iterator[str]:
    share = voice.percent(holdback.share)
    if holdback.metric is not None:
        name = voice.metric(holdback.metric)
        yield voice.pick(
            f"{share} av det som ett anspråk ger hålls inne till dess att {name} räknas för samma person. "
            "Sker det aldrig betalas delen inte.",
            f"{share} of what a claim earns is held back until {name} counts for the same person. "
            "If that never happens, the part is not paid.",
        )
    elif isinstance(holdback.on, date):
        day = voice.day(holdback.on)
        yield voice.pick(
            f"{share} av varje belopp hålls inne till den {day}.", f"{share} of each amount is held back until {day}."
        )
    elif holdback.on is not None:
        event = voice.event(holdback.on)
        yield voice.pick(
            f"{share} av varje belopp hålls inne till dess att {event} inträffar. Sker det aldrig betalas delen inte.",
            f"{share} of each amount is held back until {event} happens. If it never does, the part is not paid.",
        )


# --- limits -------------------------------------------------------------------------------------------------------


def _limit_heading(limit: Limit, voice: Voice) -> str:
    if limit.sv or limit.en:
        return label_of(limit, voice.language)
    return limit_scope(limit, voice)


def _limit_place(limit: Limit) -> str:
    return ".".join(part for part in (limit.scope, limit.metric, limit.term, limit.cohort, limit.payer) if part)


def _limit(limit: Limit, voice: Voice) -> str:
    rules = (limit.at_most.of,) if isinstance(limit.at_most, ShareOf) else ()
    voice, definitions = defined(rules, voice)
    return " ".join([_at_most(limit, voice), *definitions, *_surplus(limit, voice)])


def _at_most(limit: Limit, voice: Voice) -> str:
    amount = limit_amount(limit, voice)
    if limit.scope == "composition":
        metric = voice.metric(limit.metric or "")
        return voice.pick(
            f"Av alla godkända anspråk som betalas ett för ett får högst {amount} gälla {metric}. "
            "De anspråk på måttet som därefter kommer sist ger ingenting.",
            f"Of all accepted claims that are paid one by one, at most {amount} may be of {metric}. "
            "The claims on the metric that then come last earn nothing.",
        )
    if limit.scope == "payer":
        payer = voice.party(limit.payer) if limit.payer else voice.pick("varje betalare", "each payer")
        return voice.pick(
            f"{capital(payer)} betalar högst {amount} under hela avtalet.",
            f"{capital(payer)} pays no more than {amount} over the whole contract.",
        )
    within = voice.pick(*WITHIN[limit.scope])
    if limit.cohort:
        name = voice.cohort(limit.cohort)
        within = voice.pick(f"för kohorten {name} under hela avtalet", f"for the cohort {name} over the whole contract")
    what_sv, what_en = _what(limit, voice)
    return voice.pick(f"{what_sv} högst {amount} {within}.", f"{what_en} {amount} is paid {within}.")


def _what(limit: Limit, voice: Voice) -> tuple[str, str]:
    metric = voice.metric(limit.metric) if limit.metric else ""
    term = voice.term(limit.term) if limit.term else ""
    if metric and term:
        return f"För {metric} enligt {term} betalas", f"For {metric} under {term}, no more than"
    if metric:
        return f"För {metric} betalas", f"For {metric}, no more than"
    if term:
        return f"Enligt {term} betalas", f"Under {term}, no more than"
    return "Det betalas", "No more than"


WITHIN: Final = {
    "metric": ("under hela avtalet", "over the whole contract"),
    "term": ("under hela avtalet", "over the whole contract"),
    "person": ("för en och samma person under hela avtalet", "for any one person over the whole contract"),
    "cohort": ("för en och samma kohort under hela avtalet", "for any one cohort over the whole contract"),
    "period": ("för en mätperiod", "for any one measurement period"),
    "contract": ("under hela avtalet", "over the whole contract"),
}


def _surplus(limit: Limit, voice: Voice) -> Iterator[str]:
    if limit.surplus == "banked":
        yield voice.pick(
            "Det som inte ryms väntar och betalas i de följande mätperioderna, så långt taket då räcker.",
            "What does not fit waits and is paid in the following periods, as far as the limit then allows.",
        )
    elif limit.surplus == "lost":
        yield voice.pick("Det som inte ryms går förlorat.", "What does not fit is lost.")


# --- how it is reckoned -------------------------------------------------------------------------------------------


def _reckoning(terms: Terms, voice: Voice) -> str:
    return " ".join(
        [
            voice.pick(
                "Dagen då händelsen inträffade avgör pris, mätperiod och tak. "
                "Ett uppmätt värde hör till mätperiodens sista dag.",
                "The day of the event decides the price, the measurement period and the limits. "
                "A measured value belongs to the last "
                "day of its measurement period.",
            ),
            *_used_up(terms, voice),
            *_builders(terms, voice),
            *_caps(terms, voice),
            *_rounding(terms, voice),
            *_afterwards(terms, voice),
            voice.pick(
                "En ändring av avtalet gäller händelser från och med den dag den börjar gälla och aldrig bakåt.",
                "An amendment applies to events from the day it takes effect and never backwards.",
            ),
        ]
    )


def _used_up(terms: Terms, voice: Voice) -> Iterator[str]:
    gated = (terms.metric_by_id[term.metric] for term in terms.terms if term.gates and term.metric)
    if any(metric.most_per_person is not None for metric in gated):
        yield voice.pick(
            "Ett anspråk räknas även när villkoret för betalning inte är uppfyllt; "
            "en person som då har räknats så många gånger som går kan inte räknas igen.",
            "A claim counts even when the condition for payment is not met; "
            "a person who has then counted as many times as possible cannot count again.",
        )


def _builders(terms: Terms, voice: Voice) -> Iterator[str]:
    building = [term for term in terms.terms if any(rule.kind == "paid" for rule in term.measures)]
    if not building:
        return
    names, one = voice.listed(voice.term(term.id) for term in building), len(building) == 1
    yield voice.pick(
        f"{names} bygger på vad andra villkor betalar. "
        f"{'Det' if one else 'De'} räknas därför ut efter dem och kommer sist när ett tak nås.",
        f"{names} build{'s' if one else ''} on what other terms pay. "
        f"{'It is' if one else 'They are'} therefore worked out after them and come{'s' if one else ''} last "
        "when a limit is reached.",
    )
    if not one and any(rule.kind == "paid" and not rule.params.terms for term in building for rule in term.measures):
        yield voice.pick(
            "Med de andra villkoren menas de som inte själva bygger på vad andra villkor betalar.",
            "The other terms are those that do not themselves build on what other terms pay.",
        )


def _caps(terms: Terms, voice: Voice) -> Iterator[str]:
    scopes = [scope for scope in terms.order if any(limit.scope == scope for limit in terms.limits)]
    if len(scopes) > 1:
        order = voice.pick(", sedan ", ", then ").join(SCOPES.word(scope, voice.language) for scope in scopes)
        yield voice.pick(
            f"Taken räknas av i denna ordning: {order}.", f"The limits are applied in this order: {order}."
        )
    ranks = {(limit.scope, limit.rank[0]) for limit in terms.limits}
    if len(ranks) > len({scope for scope, _ in ranks}):
        yield voice.pick(
            "Av två tak av samma slag räknas det av först som gäller för minst.",
            "Of two limits of the same sort, the one that applies to less comes first.",
        )
    if any(limit.scope != "payer" for limit in terms.limits):
        yield voice.pick(
            "När ett tak nås är det den senare händelsen som blir utan; samma dag avgör måttens ordning i detta avtal.",
            "When a limit is reached, the later event goes without; "
            "on the same day the order of the metrics in this contract decides.",
        )
        banked = any(limit.surplus == "banked" for limit in terms.limits)
        but_sv, but_en = (
            (", om inte taket säger något annat", ", unless the limit says otherwise") if banked else ("", "")
        )
        yield voice.pick(
            f"Det som inte ryms under taket går förlorat{but_sv}.",
            f"What does not fit under the limit is lost{but_en}.",
        )


def _rounding(terms: Terms, voice: Voice) -> Iterator[str]:
    unit = voice.money(terms.rounding.unit)
    sv, en = ROUNDING[terms.rounding.mode]
    yield voice.pick(
        f"Varje rad avrundas en gång, {sv.format(unit)}.", f"Each line is rounded once, {en.format(unit)}."
    )
    if terms.limits:
        yield voice.pick(
            "Avrundningen får aldrig göra att ett tak överskrids.", "Rounding may never lift a sum above a limit."
        )
    if any(len(terms.legs_of(term)) > 1 for term in terms.terms):
        yield voice.pick(
            f"Sedan delas raden mellan betalarna i hela steg om {unit}; "
            "det som inte går jämnt ut läggs på den vars andel ligger "
            "närmast nästa steg och, om det är lika, på den som nämns först.",
            f"The line is then shared between the payers in whole steps of {unit}; "
            "what does not come out even goes to the one whose "
            "share is nearest the next step and, where they are equal, to the one named first.",
        )


ROUNDING: Final = {
    "half_up": (
        "till närmaste {}; mitt emellan går den bort från noll",
        "to the nearest {}; halfway it goes away from zero",
    ),
    "half_even": (
        "till närmaste {}; mitt emellan går den till jämnt antal",
        "to the nearest {}; halfway it goes to the even number",
    ),
    "down": ("mot noll till hela steg om {}", "towards zero, to whole steps of {}"),
    "up": ("bort från noll till hela steg om {}", "away from zero, to whole steps of {}"),
}


def _afterwards(terms: Terms, voice: Voice) -> Iterator[str]:
    if any(limit.scope == "payer" for limit in terms.limits):
        yield voice.pick(
            "Tak för betalare räknas av sist, när raden har delats; då blir den senare raden utan.",
            "Limits on payers are applied last, when the line has been shared; the later line then goes without.",
        )
    if any(term.holdback for term in terms.terms):
        yield voice.pick(
            "Den del som hålls inne dras från raden sedan taken har räknats av.",
            "The part that is held back is deducted from the line after the limits.",
        )
    if any(_may_be_negative(term) for term in terms.terms):
        yield voice.pick(
            "Blir ett belopp negativt betalar mottagaren tillbaka det.",
            "Where an amount is negative, the payee pays it back.",
        )


def _may_be_negative(term: Term) -> bool:
    """Whether a quantity below zero could be priced below zero."""
    return term.price.kind in SIGNED and any(rule.kind in DIFFERENCES for rule in rules_in(term.measure))


SIGNED: Final = frozenset({"unit", "tiers", "share"})
DIFFERENCES: Final = frozenset({"difference", "change", "effect"})

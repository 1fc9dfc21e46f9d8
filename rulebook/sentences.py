"""The terms in plain Swedish and English – what the parties sign – and each line's working in words and in numbers.

The sentences live here and in the kinds, not in a translation file: a signed text is versioned with its meaning.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from fractions import Fraction
from typing import Any, Final

from rulebook.language import NBSP, Subject, Voice
from rulebook.measures import MEASURES
from rulebook.prices import PRICES
from rulebook.problems import Language
from rulebook.terms import Cohort, Gate, GivenValue, Leg, Limit, Metric, Paper, Term, Terms, label_of

BOUNDS: Final = {
    "at_least": ("minst", "at least"),
    "at_most": ("högst", "at most"),
    "above": ("mer än", "more than"),
    "below": ("mindre än", "less than"),
}
SIGNS: Final = {"at_least": "≥", "at_most": "≤", "above": ">", "below": "<"}


@dataclass(frozen=True, slots=True)
class Clause:
    """One numbered clause of a contract annex."""

    number: str
    heading: str
    text: str


@dataclass(frozen=True, slots=True)
class Working:
    """How a line came about: `words` and `numbers` are the same formula; `limits` and `conditions` explain it."""

    words: str
    numbers: str
    amount: str
    limits: list[str]
    conditions: list[str]


# --- the contract text ------------------------------------------------------------------------------------------


def clauses(terms: Terms, language: Language, parties: Mapping[str, str] | None = None) -> list[Clause]:
    """The whole of the terms as numbered clauses; `parties` gives the names behind the keys of payers and payees."""
    voice = terms.voice(language)
    say = voice.pick
    sections = [
        (say("Betalning", "Payment"), [("", _payment(terms, voice, parties or {}))]),
        (say("Tid", "Time"), [("", _time(terms, voice))]),
        (
            say("Kohorter", "Cohorts"),
            [(label_of(cohort, language), _cohort(cohort, voice)) for cohort in terms.cohorts],
        ),
        (say("Mått", "Metrics"), [(label_of(metric, language), _metric(metric, voice)) for metric in terms.metrics]),
        (
            say("Ersättning", "Outcome payments"),
            [(_term_heading(term, language), _term(term, voice, parties or {})) for term in terms.terms],
        ),
        (say("Tak", "Limits"), [(_limit_heading(limit, voice), _limit(limit, voice)) for limit in terms.limits]),
        (say("Så räknas ersättningen", "How payment is worked out"), [("", _reckoning(terms, voice))]),
    ]
    return [
        clause
        for number, section in enumerate(filter(_has_content, sections), 1)
        for clause in _section(number, *section)
    ]


def _has_content(section: tuple[str, Sequence[tuple[str, str]]]) -> bool:
    return bool(section[1])


def _section(number: int, heading: str, parts: Sequence[tuple[str, str]]) -> Iterator[Clause]:
    if len(parts) == 1 and not parts[0][0]:
        yield Clause(str(number), heading, parts[0][1])
        return
    for index, (name, text) in enumerate(parts, 1):
        yield Clause(f"{number}.{index}", f"{heading}: {name}", text)


def _payment(terms: Terms, voice: Voice, parties: Mapping[str, str]) -> str:
    return _legs(terms.legs, voice, parties) + voice.pick(
        f" Alla belopp anges i {terms.currency}.", f" All amounts are in {terms.currency}."
    )


def _legs(legs: Sequence[Leg], voice: Voice, parties: Mapping[str, str]) -> str:
    def name(key: str) -> str:
        return parties.get(key, key)

    def part(leg: Leg) -> str:
        share = f"{exact_share(leg.share, voice)}"
        payee = voice.pick(f" till {name(leg.payee)}", f" to {name(leg.payee)}") if leg.payee else ""
        return voice.pick(f"{name(leg.payer)} betalar {share}{payee}", f"{name(leg.payer)} pays {share}{payee}")

    if len(legs) == 1:
        leg = legs[0]
        whole = voice.pick(f"{name(leg.payer)} betalar hela ersättningen", f"{name(leg.payer)} pays the whole amount")
        payee = voice.pick(f" till {name(leg.payee)}", f" to {name(leg.payee)}") if leg.payee else ""
        return f"{_capital(whole)}{payee}."
    return _capital(
        voice.pick("varje belopp delas så här: ", "every amount is shared as follows: ")
        + voice.listed(map(part, legs))
        + "."
    )


def exact_share(share: Fraction, voice: Voice) -> str:
    """A payer's share: in per cent where that is exact, otherwise as parts."""
    text = voice.percent(share)
    return f"{share.numerator}/{share.denominator}" if text.startswith("≈") else text


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
    return voice.pick(
        f"Hit hör de som skrivs in från och med den {first} till och med den {last}.",
        f"Those who enrol from {first} to {last}, both days included, belong here.",
    )


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


def _metric(metric: Metric, voice: Voice) -> str:
    level_sv, level_en = LEVELS[metric.level]
    text = voice.pick(f"Mäts {level_sv}.", f"Measured {level_en}.") + voice.pick(*ROLES[metric.role])
    rules = _person_rules(metric, voice) if metric.level == "person" else _missing_rules(metric, voice)
    if metric.evidence:
        papers = voice.listed(
            label_of(paper, voice.language) if isinstance(paper, Paper) else paper.replace("_", " ")
            for paper in metric.evidence
        )
        rules = [*rules, voice.pick(f"Underlag: {papers}.", f"Evidence: {papers}.")]
    if metric.level == "person":
        rules = [*rules, voice.pick("Varje anspråk granskas.", "Every claim is verified.")]
    return " ".join([text, *rules])


def _person_rules(metric: Metric, voice: Voice) -> list[str]:
    rules = []
    if metric.most_per_person == 1:
        rules.append(voice.pick("Det räknas en gång per person.", "It counts once per person."))
    elif metric.most_per_person:
        most = metric.most_per_person
        rules.append(
            voice.pick(f"Det räknas högst {most} gånger per person.", f"It counts at most {most} times per person.")
        )
    if metric.min_gap_days:
        gap = metric.min_gap_days
        rules.append(
            voice.pick(
                f"Mellan två händelser som räknas för samma person ska det gå minst {gap} dagar.",
                f"At least {gap} days must pass between two events that count for the same person.",
            )
        )
    if metric.after:
        first = voice.metric(metric.after)
        rules.append(
            voice.pick(
                f"Det räknas först när {first} har räknats för samma person, samma dag eller tidigare.",
                f"It counts only once {first} has counted for the same person, on the same day or earlier.",
            )
        )
    if metric.window:
        span, contract = _span(metric.window.months, metric.window.days, voice), metric.window.start == "contract"
        start = (
            voice.pick("avtalets första dag", "the contract's first day")
            if contract
            else voice.pick("inskrivningen", "enrolment")
        )
        rules.append(
            voice.pick(
                f"Händelsen ska inträffa inom {span} från {start}.", f"The event must happen within {span} of {start}."
            )
        )
        if not contract:
            rules.append(
                voice.pick(
                    "Saknas inskrivningsdag räknas tiden från kohortens första inskrivningsdag.",
                    "Where the day of enrolment is missing, the time runs from the cohort's first day of enrolment.",
                )
            )
    if metric.deadline:
        span = _span(metric.deadline.months, metric.deadline.days, voice)
        rules.append(
            voice.pick(
                f"Anspråket ska göras inom {span} från händelsen.",
                f"The claim must be made within {span} of the event.",
            )
        )
    return rules


def _missing_rules(metric: Metric, voice: Voice) -> list[str]:
    if isinstance(metric.missing, GivenValue):
        value = voice.level(metric.id, metric.missing.value)
        rule = voice.pick(
            f"Saknas värde för en mätperiod används {value}.", f"If there is no value for a period, {value} is used."
        )
    else:
        rule = voice.pick(*MISSING[metric.missing])
    if metric.unmeasured == "as_failed":
        failed = voice.pick(
            "De som skulle ha mätts men inte kunde mätas räknas som att de inte nådde målet.",
            "Those who were due to be measured but could not be count as not having reached the aim.",
        )
        return [rule, failed]
    return [rule]


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


def _span(months: int, days: int, voice: Voice) -> str:
    parts = []
    if months:
        parts.append(
            voice.pick(
                f"{months} {'månad' if months == 1 else 'månader'}", f"{months} month{'' if months == 1 else 's'}"
            )
        )
    if days:
        parts.append(voice.pick(f"{days} {'dag' if days == 1 else 'dagar'}", f"{days} day{'' if days == 1 else 's'}"))
    return voice.listed(parts)


def _term_heading(term: Term, language: Language) -> str:
    return label_of(term, language)


def _term(term: Term, voice: Voice, parties: Mapping[str, str]) -> str:
    sentences = [term_sentence(term, voice)]
    if term.legs:
        sentences.append(_legs(term.legs, voice, parties))
    return " ".join(sentences)


def term_sentence(term: Term, voice: Voice) -> str:
    """The rule of one term, conditions included, as the parties sign it."""
    rule = PRICES[term.price.kind].sentence(term.price.params, subject_of(term, voice), voice)
    if term.measure is not None and term.measure.kind == "count" and term.measure.params.over == "contract":
        rule += voice.pick(
            " Varje mätperiod ger det som antalet hittills är värt, minus det som det var värt före perioden.",
            " Each period gives what the number so far is worth, less what it was worth before the period.",
        )
    if term.gates:
        conditions = voice.listed(_condition(gate, voice) for gate in term.gates)
        rule += voice.pick(
            f" Detta betalas bara för mätperioder då {conditions}.",
            f" This is paid only for periods in which {conditions}.",
        )
    return rule


def subject_of(term: Term, voice: Voice) -> Subject:
    """What the term pays for, in words."""
    if term.measure is None:
        return Subject("", "", "", voice.number)
    return MEASURES[term.measure.kind].subject(term.measure.params, voice)


def _condition(gate: Gate, voice: Voice) -> str:
    metric = voice.metric(gate.metric)
    if voice.units.get(gate.metric) == "yes_no" and gate.bounds in ({"at_least": 1}, {"above": 0}):
        return voice.pick(f"{metric} är uppfyllt", f"{metric} is met")
    bounds = voice.listed(
        f"{voice.pick(*BOUNDS[name])} {voice.level(gate.metric, bound)}" for name, bound in gate.bounds.items()
    )
    return voice.pick(f"{metric} är {bounds}", f"{metric} is {bounds}")


def _limit_heading(limit: Limit, voice: Voice) -> str:
    if limit.sv or limit.en:
        return label_of(limit, voice.language)
    return _scope(limit, voice)


def _scope(limit: Limit, voice: Voice) -> str:
    sv, en = SCOPES[limit.scope]
    if limit.metric is None:
        return voice.pick(sv, en)
    metric = voice.metric(limit.metric)
    return (
        voice.pick(f"för {metric}", f"for {metric}")
        if limit.scope == "metric"
        else voice.pick(f"{sv} för {metric}", f"{en} for {metric}")
    )


SCOPES: Final = {
    "metric": ("per mått", "per metric"),
    "person": ("per person", "per person"),
    "period": ("per mätperiod", "per measurement period"),
    "contract": ("för hela avtalet", "for the whole contract"),
}
WITHIN: Final = {
    "metric": ("under hela avtalet", "over the whole contract"),
    "person": ("för en och samma person under hela avtalet", "for any one person over the whole contract"),
    "period": ("för en mätperiod", "for any one measurement period"),
    "contract": ("under hela avtalet", "over the whole contract"),
}


def _limit(limit: Limit, voice: Voice) -> str:
    what = (
        voice.pick(f"För {voice.metric(limit.metric)} betalas", f"For {voice.metric(limit.metric)}, no more than")
        if limit.metric
        else ""
    )
    within, amount = voice.pick(*WITHIN[limit.scope]), voice.amount(limit.at_most)
    if voice.language == "en":
        return f"{what or 'No more than'} {amount} is paid {within}."
    return f"{what or 'Det betalas'} högst {amount} {within}."


def _reckoning(terms: Terms, voice: Voice) -> str:
    sentences = [
        voice.pick(
            "Dagen då händelsen inträffade avgör pris, mätperiod och tak. "
            "Ett uppmätt värde hör till mätperiodens sista dag.",
            "The day of the event decides the price, the measurement period and the limits. "
            "A measured value belongs to the last "
            "day of its measurement period.",
        )
    ]
    scopes = [scope for scope in terms.order if any(limit.scope == scope for limit in terms.limits)]
    if len(scopes) > 1:
        order = voice.pick(", sedan ", ", then ").join(voice.pick(*SCOPES[scope]) for scope in scopes)
        sentences.append(
            voice.pick(f"Taken räknas av i denna ordning: {order}.", f"The limits are applied in this order: {order}.")
        )
    if terms.limits:
        sentences.append(
            voice.pick(
                "När ett tak nås är det den senare händelsen som blir utan; "
                "samma dag avgör måttens ordning i detta avtal. "
                "Det som ryms i taket går först, och det som inte ryms går förlorat.",
                "When a limit is reached, the later event goes without; "
                "on the same day the order of the metrics in this contract decides. "
                "What does not fit under the limit is lost.",
            )
        )
    unit = voice.money(terms.rounding.unit)
    sv, en = ROUNDING[terms.rounding.mode]
    sentences.append(
        voice.pick(f"Varje rad avrundas en gång, {sv.format(unit)}.", f"Each line is rounded once, {en.format(unit)}.")
    )
    if terms.limits:
        sentences.append(
            voice.pick(
                "Avrundningen får aldrig göra att ett tak överskrids.", "Rounding may never lift a sum above a limit."
            )
        )
    if any(len(terms.legs_of(term)) > 1 for term in terms.terms):
        sentences.append(
            voice.pick(
                f"Sedan delas raden mellan betalarna i hela steg om {unit}; "
                "det som inte går jämnt ut läggs på den vars andel ligger "
                "närmast nästa steg och, om det är lika, på den som nämns först.",
                f"The line is then shared between the payers in whole steps of {unit}; "
                "what does not come out even goes to the one whose "
                "share is nearest the next step and, where they are equal, to the one named first.",
            )
        )
    sentences.append(
        voice.pick(
            "En ändring av avtalet gäller händelser från och med den dag den börjar gälla och aldrig bakåt.",
            "An amendment applies to events from the day it takes effect and never backwards.",
        )
    )
    return " ".join(sentences)


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


def _capital(text: str) -> str:
    return text[:1].upper() + text[1:]


# --- the working of a line --------------------------------------------------------------------------------------


def working(line_json: Mapping[str, Any], terms: Terms, language: Language) -> Working:
    """The working of a stored line (`Line.to_json()`), in the words of the terms it was worked out under."""
    voice = terms.voice(language)
    trace, taken = line_json["working"], line_json["taken"]
    words, numbers = _formula(trace, terms.term_by_id[line_json["term"]], voice)
    for item in taken:
        words += f" {MINUS_SIGN} {_limit_words(item['limit'], terms, voice)}"
        numbers += f" {MINUS_SIGN} {voice.bare_money(item['amount'])}"
    limits = [_limit_taken(item, terms, voice) for item in taken]
    return Working(words, numbers, voice.money(line_json["amount"]), limits, list(_conditions(trace, voice)))


MINUS_SIGN: Final = "−"


def _formula(trace: Mapping[str, Any], term: Term, voice: Voice) -> tuple[str, str]:
    if "missing" in trace:
        name = voice.metric(trace["missing"])
        return voice.pick(
            f"ingen ersättning, eftersom värde saknas för {name}", f"no payment, because {name} has no value"
        ), "0"
    kind, subject = PRICES[trace["price"]], subject_of(term, voice)
    words = kind.words(trace["groups"][0], subject, voice)
    parts = [kind.numbers(group, subject, voice) for group in trace["groups"]]
    numbers = " + ".join(parts)
    if "before" in trace:
        words += f" {MINUS_SIGN} {voice.pick('det som tidigare intjänats', 'what was earned before')}"
        numbers += f" {MINUS_SIGN} {voice.bare_money(trace['before'])}"
    if not all(gate["holds"] for gate in trace.get("gates", ())):
        is_sum = len(parts) > 1 or "before" in trace or "+" in numbers
        words = voice.pick(
            f"({words}) × 0, eftersom villkoret inte är uppfyllt", f"({words}) × 0, because the condition is not met"
        )
        numbers = f"({numbers}) × 0" if is_sum else f"{numbers} × 0"
    return words, numbers


def _limit_words(name: str, terms: Terms, voice: Voice) -> str:
    scope = _scope(terms.limit_by_name[name], voice)
    return voice.pick(f"tak {scope}", f"limit {scope}")


def _limit_taken(item: Mapping[str, Any], terms: Terms, voice: Voice) -> str:
    cap = f" ({voice.amount(terms.limit_by_name[item['limit']].at_most)})"
    claims = ", ".join(item["claims"])
    claim = "claim" if len(item["claims"]) == 1 else "claims"
    losing = voice.pick(f"; anspråk {claims}", f"; {claim} {claims}") if claims else ""
    text = _capital(_limit_words(item["limit"], terms, voice))
    return f"{text}{cap}: {MINUS_SIGN}{voice.money(item['amount'])}{losing}"


def _conditions(trace: Mapping[str, Any], voice: Voice) -> Iterator[str]:
    reading = trace.get("reading", {})
    metric = trace["metric"]
    if reading.get("source") == "last_known":
        yield voice.pick(
            f"Senast kända värdet, från {reading['period']}", f"Last known value, from {reading['period']}"
        )
    if reading.get("source") == "given":
        yield voice.pick("Avtalets värde när uppgift saknas", "The agreed value when there is none")
    if "due" in reading and "measured" in reading:
        measured, due = voice.number(reading["measured"]), voice.number(reading["due"])
        observed = voice.level(metric, reading["observed"])
        yield voice.pick(
            f"{measured} av {due} mättes; av dem {observed}", f"{measured} of {due} were measured; of those {observed}"
        )
    for gate in trace.get("gates", ()):
        yield _gate_shown(gate, voice)


def _gate_shown(gate: Mapping[str, Any], voice: Voice) -> str:
    name = voice.metric(gate["metric"])
    wanted = voice.listed(
        f"{SIGNS[bound]}{NBSP}{voice.level(gate['metric'], level)}" for bound, level in gate["bounds"].items()
    )
    wanted = "" if voice.units.get(gate["metric"]) == "yes_no" else f" {wanted}"
    verdict = voice.pick("uppfyllt", "met") if gate["holds"] else voice.pick("inte uppfyllt", "not met")
    if gate["value"] is None:
        excluded = voice.pick("värde saknas, villkoret gäller inte", "no value, the condition does not apply")
        value = excluded if gate["holds"] else voice.pick("värde saknas", "no value")
        return voice.pick(f"Villkor {name}{wanted}: {value}", f"Condition {name}{wanted}: {value}")
    value = voice.level(gate["metric"], gate["value"])
    source = {
        "last_known": voice.pick(" (senast kända värdet)", " (last known value)"),
        "given": voice.pick(" (avtalets värde när uppgift saknas)", " (the agreed value when there is none)"),
    }.get(gate["source"], "")
    return voice.pick(
        f"Villkor {name}{wanted}: {value}{source}, {verdict}", f"Condition {name}{wanted}: {value}{source}, {verdict}"
    )

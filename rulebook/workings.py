"""How a line came about, in words and in numbers: what a payee reads to check an amount with a pocket calculator."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, replace
from datetime import date
from fractions import Fraction
from typing import Any, Final

from rulebook.adjustments import ADJUSTMENTS
from rulebook.language import MINUS, NBSP, Subject, Voice, bracketed
from rulebook.money import exact_text
from rulebook.prices import PRICES
from rulebook.problems import Language
from rulebook.shapes import Rule, inner_rules
from rulebook.terms import Condition, Gate, Term, Terms
from rulebook.wording import capital, formula, formula_parts, limit_amount, limit_scope, spoken, tested

SIGNS: Final = {"at_least": "≥", "at_most": "≤", "above": ">", "below": "<"}
SUMS: Final = "+−"


@dataclass(frozen=True, slots=True)
class Working:
    """How a line came about: `words` and `numbers` are the same formula; `limits` and `conditions` explain it."""

    words: str
    numbers: str
    amount: str
    limits: list[str]
    conditions: list[str]


def working(
    line_json: Mapping[str, Any], terms: Terms, language: Language, parties: Mapping[str, str] | None = None
) -> Working:
    """The working of a stored line (`Line.to_json()`), in the words of the terms it was worked out under."""
    voice = spoken(terms, language, parties)
    trace, taken = line_json["working"], line_json["taken"]
    term = terms.term_by_id[line_json["term"]]
    words, numbers = _formula(trace, term, voice)
    for item in taken:
        words += f" {MINUS} {_limit_words(item['limit'], terms, voice)}"
        numbers += f" {MINUS} {voice.bare_money(item['amount'])}"
    if "held" in trace:
        words += f" {MINUS} {voice.pick('innehållen del', 'part held back')}"
        numbers += f" {MINUS} {voice.bare_money(trace['held']['amount'])}"
    limits = [_limit_taken(item, terms, voice) for item in taken]
    return Working(words, numbers, voice.money(line_json["amount"]), limits, list(_conditions(trace, term, voice)))


def subject_of(term: Term, voice: Voice) -> Subject:
    """What the term pays for, in words."""
    return Subject("", "", "", voice.number) if term.measure is None else voice.subject(term.measure)


# --- the formula --------------------------------------------------------------------------------------------------


def _formula(trace: Mapping[str, Any], term: Term, voice: Voice) -> tuple[str, str]:
    if "missing" in trace:
        return _nothing(trace["missing"], voice)
    words, numbers = _earned(trace, term, voice) if trace["groups"] else ("", "")
    if "waited" in trace:
        waited = voice.pick("belopp som har väntat", "amounts that have waited")
        words = f"{words} + {waited}" if words else waited
        amount = voice.bare_money(trace["waited"]["amount"])
        numbers = f"{numbers} + {amount}" if numbers else amount
    return words, numbers


def _nothing(metric: str | None, voice: Voice) -> tuple[str, str]:
    if metric is None:
        sv, en = "det inte går att dela med noll", "nothing can be divided by zero"
    else:
        name = voice.metric(metric)
        sv, en = f"värde saknas för {name}", f"{name} has no value"
    return voice.pick(f"ingen ersättning, eftersom {sv}", f"no payment, because {en}"), "0"


def _called(term: Term, voice: Voice) -> Subject:
    """What the term pays for; a measure with a formula of its own is spelt out beside the formula of the price."""
    subject = subject_of(term, voice)
    if term.measure is None or not formula_parts(term.measure):
        return subject
    return replace(subject, short=voice.pick("måttet", "the measure"))


def _earned(trace: Mapping[str, Any], term: Term, voice: Voice) -> tuple[str, str]:
    kind, subject, params = PRICES[trace["price"]], _called(term, voice), term.price.params
    words = kind.words(params, trace["groups"][0], subject, voice)
    numbers = " + ".join(kind.numbers(params, group, subject, voice) for group in trace["groups"])
    if "before" in trace:
        words += f" {MINUS} {voice.pick('det som tidigare intjänats', 'what was earned before')}"
        numbers += f" {MINUS} {bracketed(voice.bare_money(trace['before']))}"
    for rule, adjusted in zip(term.adjust, trace.get("adjusted", ()), strict=False):
        factor = ADJUSTMENTS[rule.kind].words(rule.params, voice)
        words = f"{bracketed(words, SUMS)} × {factor}"
        numbers = f"{bracketed(numbers, SUMS)} × {_factor(adjusted['factor'], voice)}"
    if not all(gate["holds"] for gate in trace.get("gates", ())):
        words = voice.pick(
            f"({words}) × 0, eftersom villkoret inte är uppfyllt", f"({words}) × 0, because the condition is not met"
        )
        numbers = f"{bracketed(numbers, SUMS)} × 0"
    return words, numbers


def _factor(factor: str, voice: Voice) -> str:
    shown = voice.number(factor)
    return f"({shown})" if shown.startswith("≈") else bracketed(shown)


# --- limits -------------------------------------------------------------------------------------------------------


def _limit_words(name: str, terms: Terms, voice: Voice) -> str:
    limit = terms.limit_by_name.get(name)
    scope = limit_scope(limit, voice) if limit else voice.quoted(name)
    return voice.pick(f"tak {scope}", f"limit {scope}")


def _limit_taken(item: Mapping[str, Any], terms: Terms, voice: Voice) -> str:
    limit = terms.limit_by_name.get(item["limit"])
    cap = f" ({limit_amount(limit, voice).rstrip(',')})" if limit else ""
    claims = ", ".join(item["claims"])
    claim = "claim" if len(item["claims"]) == 1 else "claims"
    losing = voice.pick(f"; anspråk {claims}", f"; {claim} {claims}") if claims else ""
    if limit is not None and limit.surplus == "banked":
        losing += voice.pick("; väntar på senare mätperioder", "; waits for later periods")
    text = capital(_limit_words(item["limit"], terms, voice))
    return f"{text}{cap}: {MINUS}{voice.money(item['amount'])}{losing}"


# --- what the formula rests on ------------------------------------------------------------------------------------


def _conditions(trace: Mapping[str, Any], term: Term, voice: Voice) -> Iterator[str]:
    if "quantity" in trace and term.measure is not None:
        yield from _quantity(term.measure, trace["quantity"], voice)
    yield from _reading(trace, voice)
    for gate, shown in zip(term.gates, trace.get("gates", ()), strict=False):
        condition = voice.pick("Villkor", "Condition")
        yield f"{condition} {_gate_shown(gate, shown, voice)}"
    if "waited" in trace:
        periods = voice.listed(trace["waited"]["from"])
        amount = voice.money(trace["waited"]["amount"])
        yield voice.pick(
            f"{amount} intjänades {periods} och har väntat på att rymmas under taket",
            f"{amount} was earned in {periods} and has waited for room under the limit",
        )
    if "held" in trace:
        yield _held(trace["held"], term, voice)


def _quantity(measure: Rule, tree: Mapping[str, Any], voice: Voice) -> Iterator[str]:
    """The formula of a measure that is made of measures: by name, with its figures, and what it comes to."""
    if not formula_parts(measure):
        return
    figure = _figures(measure, tree, voice)
    name, words = voice.pick("Måttet", "The measure"), formula(measure, lambda rule: _leaf_name(rule, voice), voice)
    yield f"{name}: {words} = {formula(measure, figure, voice)} = {figure(measure)}"


def _figures(measure: Rule, tree: Mapping[str, Any], voice: Voice) -> Callable[[Rule], str]:
    """What each measure in the tree came to; one without a value is said to be missing."""
    values: dict[int, str | None] = {}
    _values(measure, tree, values)

    def figure(rule: Rule) -> str:
        value = values.get(id(rule))
        return voice.pick("saknas", "none") if value is None else voice.subject(rule).show(value)

    return figure


def _leaf_name(rule: Rule, voice: Voice) -> str:
    """The measure's name where others stand beside it: a count says what it counts."""
    short = voice.subject(rule).short
    return (
        short if rule.kind != "count" else voice.pick(f"{short} på ", f"{short} of ") + voice.metric(rule.params.metric)
    )


def _values(rule: Rule, tree: Mapping[str, Any], values: dict[int, str | None]) -> None:
    """What each measure in the tree came to, by the identity of its rule: the same rule may stand in two places."""
    values[id(rule)] = tree["value"]
    for part, shown in zip(inner_rules(rule.params), tree.get("parts", ()), strict=False):
        _values(part, shown, values)


def _reading(trace: Mapping[str, Any], voice: Voice) -> Iterator[str]:
    reading, metric = trace.get("reading", {}), trace["metric"]
    if reading.get("source") == "last_known":
        yield voice.pick(
            f"Senast kända värdet, från {reading['period']}", f"Last known value, from {reading['period']}"
        )
    if reading.get("source") == "given":
        yield voice.pick("Avtalets värde när uppgift saknas", "The agreed value when there is none")
    if "due" in reading and "measured" in reading:
        measured, due = voice.number(reading["measured"]), voice.number(reading["due"])
        observed, is_share = voice.level(metric, reading["observed"]), voice.units.get(metric) in ("share", "", None)
        yield voice.pick(
            f"{measured} av {due} mättes; {'av dem' if is_share else 'deras värde är'} {observed}",
            f"{measured} of {due} were measured; {'of those' if is_share else 'their value is'} {observed}",
        )
    if trace["measure"] == "effect" and "standard_error" in reading and "observed" in reading:
        yield _significance(reading, metric, voice)


def _significance(reading: Mapping[str, str], metric: str, voice: Voice) -> str:
    estimate, error = voice.level(metric, reading["observed"]), voice.level(metric, reading["standard_error"])
    text = voice.pick(f"Skattning {estimate}, medelfel {error}", f"Estimate {estimate}, standard error {error}")
    if Fraction(reading["standard_error"]) == 0:
        return text
    times = abs(Fraction(reading["observed"])) / Fraction(reading["standard_error"])
    return text + voice.pick(
        f": {voice.number(exact_text(times))} medelfel från noll",
        f": {voice.number(exact_text(times))} standard errors from zero",
    )


def _held(held: Mapping[str, str], term: Term, voice: Voice) -> str:
    share, amount = voice.percent(held["share"]), voice.money(held["amount"])
    holdback = term.holdback
    if holdback is not None and isinstance(holdback.on, date):
        until = voice.pick(f"till den {voice.day(holdback.on)}", f"until {voice.day(holdback.on)}")
    elif holdback is not None and holdback.metric is not None:
        name = voice.metric(holdback.metric)
        until = voice.pick(
            f"för dem som {name} ännu inte har räknats för", f"for those for whom {name} has not counted yet"
        )
    else:
        event = voice.event(held["until"])
        until = voice.pick(f"till dess att {event} inträffar", f"until {event} happens")
    return voice.pick(f"{share} hålls inne {until}: {amount}", f"{share} is held back {until}: {amount}")


# --- conditions ---------------------------------------------------------------------------------------------------


def _gate_shown(gate: Condition, shown: Mapping[str, Any], voice: Voice) -> str:
    verdict = voice.pick("uppfyllt", "met") if shown["holds"] else voice.pick("inte uppfyllt", "not met")
    if isinstance(gate, Gate) and gate.any:
        tried = "; ".join(_gate_shown(*pair, voice) for pair in zip(gate.any, shown["any"], strict=False))
        return voice.pick(f"minst ett av dessa, {verdict}: {tried}", f"at least one of these, {verdict}: {tried}")
    if gate.event is not None:
        event = voice.event(gate.event)
        has = (
            voice.pick("har inträffat", "has happened")
            if gate.happened
            else voice.pick("har inte inträffat", "has not happened")
        )
        return f"{event} {has}: {verdict}"
    return _bounds_shown(tested(gate, voice), gate, shown, verdict, voice)


def _bounds_shown(subject: Subject, gate: Condition, shown: Mapping[str, Any], verdict: str, voice: Voice) -> str:
    name = subject.short
    if gate.metric:
        name = voice.metric(gate.metric)
    elif gate.measure is not None:
        name = formula(gate.measure, lambda rule: _leaf_name(rule, voice), voice)
    bounds = _numbers_of(gate) | shown["bounds"]
    wanted = voice.listed(f"{SIGNS[bound]}{NBSP}{subject.show(level)}" for bound, level in bounds.items())
    wanted = "" if voice.units.get(gate.metric or "") == "yes_no" else f" {wanted}"
    if shown["value"] is None:
        excluded = voice.pick("värde saknas, villkoret gäller inte", "no value, the condition does not apply")
        value = excluded if shown["holds"] else voice.pick("värde saknas", "no value")
        return f"{name}{wanted}: {value}"
    source = {
        "last_known": voice.pick(" (senast kända värdet)", " (last known value)"),
        "given": voice.pick(" (avtalets värde när uppgift saknas)", " (the agreed value when there is none)"),
    }.get(shown["source"], "")
    value = subject.show(shown["value"])
    if gate.measure is not None and formula_parts(gate.measure):
        value = f"{formula(gate.measure, _figures(gate.measure, shown['measure'], voice), voice)} = {value}"
    return f"{name}{wanted}: {value}{source}, {verdict}"


def _numbers_of(gate: Condition) -> dict[str, str]:
    """The bounds that are plain numbers, for a working that could not work them all out."""
    return {name: exact_text(bound) for name, bound in gate.bounds.items() if isinstance(bound, Fraction)}

"""Pieces of wording that the annex and the workings share: names, formulas, conditions and what limits are called."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import fields, is_dataclass, replace
from functools import partial
from typing import Any, Final

from rulebook.language import Subject, Voice, bracketed
from rulebook.measures import MEASURES
from rulebook.problems import Language
from rulebook.shapes import Rule
from rulebook.terms import SCOPES, Condition, Limit, Terms, label_of
from rulebook.values import ShareOf

BOUNDS: Final = {
    "at_least": ("minst", "at least"),
    "at_most": ("högst", "at most"),
    "above": ("mer än", "more than"),
    "below": ("mindre än", "less than"),
}
ENCLOSING: Final = frozenset({"least", "greatest", "bounded", "first", "sum"})
"""Kinds of measure whose formula keeps its parts apart by itself."""


def spoken(terms: Terms, language: Language, parties: Mapping[str, str] | None = None) -> Voice:
    """The terms' voice, with the names behind the keys of payers and payees."""
    return replace(
        terms.voice(language),
        counted=frozenset(metric.id for metric in terms.metrics if metric.level == "person"),
        groups={group.id: label_of(group, language) for group in terms.groups},
        calendars={calendar.id: label_of(calendar, language) for calendar in terms.calendars},
        parties=parties or {},
    )


def period_name(period: str, terms: Terms, voice: Voice) -> str:
    """What a line's measurement period is called."""
    return voice.pick("hela avtalet", "the whole contract") if terms.period_terms == "contract" else period


def capital(text: str) -> str:
    """The text as the beginning of a sentence."""
    return text[:1].upper() + text[1:]


# --- formulas of measures -----------------------------------------------------------------------------------------


def formula_parts(rule: Rule) -> list[Rule]:
    """The measures that stand in the rule's formula, in the order of its parameters; none when it has no formula."""
    parts = list(_direct(rule.params))
    return parts if rule.kind != "effect" else []


def _direct(value: Any) -> Iterator[Rule]:
    """Like `inner_rules`, but what a bound is a share of is no part of the formula."""
    if isinstance(value, Rule):
        yield value
    elif isinstance(value, tuple):
        for item in value:
            yield from _direct(item)
    elif is_dataclass(value) and not isinstance(value, type | ShareOf):
        for item in fields(value):
            yield from _direct(getattr(value, item.name))


def formula(rule: Rule, shown: Callable[[Rule], str], voice: Voice) -> str:
    """The measure's formula, with what `shown` says for each measure that has no formula of its own."""
    figures = []
    for part in formula_parts(rule):
        figure = formula(part, shown, voice) if formula_parts(part) else shown(part)
        figures.append(figure if rule.kind in ENCLOSING else bracketed(figure))
    return MEASURES[rule.kind].numbers(rule.params, figures, voice) if figures else shown(rule)


def tested(condition: Condition, voice: Voice) -> Subject:
    """What a condition looks at: how many claims counted, what a metric shows, or a measure."""
    if condition.measure is not None:
        return voice.subject(condition.measure)
    metric = condition.metric or ""
    if metric in voice.counted:
        count = MEASURES["count"]
        return count.subject(count.Params(metric), voice)
    name = voice.metric(metric)
    return Subject(name, name, name, partial(voice.level, metric), voice.units.get(metric, ""))


# --- limits -------------------------------------------------------------------------------------------------------


def limit_scope(limit: Limit, voice: Voice) -> str:
    """What a limit applies to: per person, for one metric, for the whole contract."""
    only = limit_only(limit, voice)
    if limit.scope == "composition":
        return voice.pick(f"för andelen {only}", f"on the share of {only}")
    if limit.scope in ("metric", "term") or limit.cohort or limit.payer:
        return voice.pick(f"för {only}", f"for {only}")
    scope = SCOPES.word(limit.scope, voice.language)
    return voice.pick(f"{scope} för {only}", f"{scope} for {only}") if only else scope


def limit_name(limit: Limit, voice: Voice) -> str:
    """What people call the limit: its own name, or what it is a cap on."""
    if limit.sv or limit.en:
        return label_of(limit, voice.language)
    return voice.pick("Tak ", "Cap ") + limit_scope(limit, voice)


def limit_only(limit: Limit, voice: Voice) -> str:
    """What alone a limit applies to, "" for everything within its scope."""
    names = []
    if limit.metric:
        names.append(voice.metric(limit.metric))
    if limit.term:
        names.append(voice.pick("villkoret ", "the term ") + voice.term(limit.term))
    if limit.cohort:
        names.append(voice.pick("kohorten ", "the cohort ") + voice.cohort(limit.cohort))
    if limit.payer:
        names.append(voice.party(limit.payer))
    return voice.pick(" inom ", " within ").join(names)


def limit_amount(limit: Limit, voice: Voice) -> str:
    """The most that a limit lets through: an amount, or a share of the claims."""
    if limit.scope == "composition" and not isinstance(limit.at_most, ShareOf):
        return voice.percent(limit.at_most)
    if isinstance(limit.at_most, ShareOf) and isinstance(limit.at_most.of, str) and limit.scope != "period":
        return voice.weighed(limit.at_most.share, _to_date(limit.at_most.of, voice))
    return voice.amount(limit.at_most)


def _to_date(metric: str, voice: Voice) -> str:
    """A metric as a limit over more than a period sees it."""
    if metric not in voice.counted:
        return voice.metric(metric)
    count = MEASURES["count"]
    return count.subject(count.Params(metric, over="contract"), voice).whole

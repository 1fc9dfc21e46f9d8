"""Letters for measures that are made of measures: a formula and what each letter stands for, instead of a long phrase.

A phrase such as "A minus B divided by C" can be read in two ways; a formula cannot.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from itertools import chain
from typing import Any, Final

from rulebook.language import Voice
from rulebook.measures import MEASURES
from rulebook.shapes import Rule, inner_rules, rules_in
from rulebook.wording import formula, formula_parts

FOR_MEASURES: Final = "MNPQRSTUVXYZ"
FOR_PARTS: Final = "ABCDEFGHIJKL"


def defined(value: Any, voice: Voice) -> tuple[Voice, list[str]]:
    """A voice that calls the involved measures in the parameters by letters, and the sentences that say what they are.

    >>> defined((), Voice("sv", "SEK"))[1]
    []
    """
    called: dict[Rule, str] = {}
    for rule in _outermost_measures(value):
        if _is_involved(rule):
            _name(rule, called)
    if not called:
        return voice, []
    lettered = replace(voice, called=called)
    return lettered, list(chain.from_iterable(_definition(rule, lettered) for rule in called))


def _outermost_measures(value: Any) -> Iterator[Rule]:
    for rule in inner_rules(value):
        if rule.kind in MEASURES:
            yield rule
        else:
            yield from _outermost_measures(rule.params)


def _is_involved(rule: Rule) -> bool:
    """Whether a phrase would be hard to read: a measure made of measures that are made of measures themselves."""
    inside = [part for part in rules_in(rule.params) if part.kind in MEASURES]
    bounded_parts = (bound for part in getattr(rule.params, "parts", ()) for bound in _bounds(part))
    return any(formula_parts(part) for part in inside) or any(bounded_parts)


def _bounds(part: Any) -> list[bool]:
    return [getattr(part, "at_least", None) is not None, getattr(part, "at_most", None) is not None]


def _name(rule: Rule, called: dict[Rule, str]) -> None:
    """A letter for the measure, for each leaf of its formula, and for what its bounds and fallbacks are made of."""
    if rule in called:
        return
    called[rule] = _free(FOR_MEASURES, called)
    for leaf in _leaves(rule):
        if leaf.kind != "number" and leaf not in called:
            called[leaf] = _free(FOR_PARTS, called)
    for hidden in _hidden(rule):
        if formula_parts(hidden) or _is_involved(hidden):
            _name(hidden, called)


def _free(letters: str, called: dict[Rule, str]) -> str:
    taken = set(called.values())
    numbered = (f"{letter}{number or ''}" for number in range(len(taken) + 1) for letter in letters)
    return next(letter for letter in numbered if letter not in taken)


def _leaves(rule: Rule) -> Iterator[Rule]:
    """The measures without a formula of their own that the rule's formula comes down to."""
    for part in formula_parts(rule):
        yield from _leaves(part) if formula_parts(part) else (part,)


def _hidden(rule: Rule) -> Iterator[Rule]:
    """Measures that the formula does not show: what a bound is a share of, what an effect falls back on."""
    parts = formula_parts(rule)
    yield from (part for part in inner_rules(rule.params) if part not in parts)
    for part in parts:
        yield from _hidden(part)


def _definition(rule: Rule, voice: Voice) -> Iterator[str]:
    letter = voice.called[rule]
    if not formula_parts(rule):
        whole = MEASURES[rule.kind].subject(rule.params, voice).whole
        yield voice.pick(f"{letter} är {whole}.", f"{letter} is {whole}.")
        return
    shown = formula(rule, lambda leaf: voice.called.get(leaf) or voice.subject(leaf).short, voice)
    notes = [voice.pick(*note) for name, note in NOTES.items() if name in shown]
    where = voice.pick(", där ", ", where ") + voice.listed(notes) if notes else ""
    yield voice.pick(f"{letter} räknas ut som {shown}{where}.", f"{letter} is worked out as {shown}{where}.")


NOTES: Final = {
    "max(": ("max är det största av talen", "max is the largest of the numbers"),
    "min(": ("min är det minsta av talen", "min is the smallest of the numbers"),
    "första(": ("första är det första av talen som har ett värde", ""),
    "first(": ("", "first is the first of the numbers that has a value"),
}

"""How amounts were worked out, from the stored trace, in the words of the terms they were worked out under."""

from collections.abc import Mapping
from dataclasses import dataclass
from decimal import Decimal
from typing import Any, Literal

from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from rulebook import Terms, working
from rulebook.terms import label_of
from rulebook.wording import limit_amount, limit_name, spoken

Language = Literal["sv", "en"]


@dataclass(frozen=True)
class Working:
    """How an amount came about: the rule in words, with numbers, and the amount; what caps took; conditions."""

    words: str
    numbers: str
    amount: str
    limits: tuple[str, ...]
    conditions: tuple[str, ...]


@dataclass(frozen=True)
class SaidLine:
    """One line of an entitlement with its working."""

    term: str
    period: str
    amount: Decimal
    working: Working


def said_lines(entitlement: Mapping[str, Any], terms: Mapping[int, Terms], language: Language) -> list[SaidLine]:
    """Every line of a stored entitlement."""
    return [
        SaidLine(
            term=label_of(terms[line["version"]].term_by_id[line["term"]], language),
            period=line["period"],
            amount=Decimal(line["amount"]),
            working=said_working(line, terms[line["version"]], language),
        )
        for line in entitlement["lines"]
    ]


def said_working(line: Mapping[str, Any], terms: Terms, language: Language) -> Working:
    """The rulebook's working of a stored line; what a cap took from how many claims, without a list of their ids."""
    shown = working(line, terms, language)
    voice = terms.voice(language)
    caps = []
    for taken in line["taken"]:
        name, at_most = cap_words(terms, taken["limit"], language)
        amount, count = voice.money(taken["amount"]), len(taken["claims"])
        caps.append(
            ngettext(
                "%(cap)s (%(at_most)s) took %(amount)s from %(count)s claim",
                "%(cap)s (%(at_most)s) took %(amount)s from %(count)s claims",
                count,
            )
            % {"cap": name, "at_most": at_most, "amount": amount, "count": count}
            if count
            else _("%(cap)s (%(at_most)s) took %(amount)s") % {"cap": name, "at_most": at_most, "amount": amount}
        )
    return Working(shown.words, shown.numbers, shown.amount, tuple(caps), tuple(shown.conditions))


def cap_words(terms: Terms, name: str, language: Language) -> tuple[str, str]:
    """What a cap is called, and what it allows."""
    limit = terms.limit_by_name.get(name)
    if limit is None:
        return name, ""
    voice = spoken(terms, language)
    return limit_name(limit, voice), limit_amount(limit, voice)

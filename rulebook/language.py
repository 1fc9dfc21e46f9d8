"""Numbers, dates and quotation marks as Swedish and English readers expect them."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from decimal import Decimal
from fractions import Fraction
from typing import Final

from rulebook.money import Rounding, as_fraction, exact_text, round_money
from rulebook.problems import Language
from rulebook.registers import MEASURES
from rulebook.shapes import Rule
from rulebook.values import Amount, ShareOf

NBSP: Final = "\u00a0"
MINUS: Final = "\u2212"
# fmt: off
MONTHS: Final[Mapping[Language, tuple[str, ...]]] = {
    "sv": ("januari", "februari", "mars", "april", "maj", "juni",
           "juli", "augusti", "september", "oktober", "november", "december"),
    "en": ("January", "February", "March", "April", "May", "June",
           "July", "August", "September", "October", "November", "December"),
}
# fmt: on
NOT_MONEY: Final = frozenset({"share", "day", "week", "score", "yes_no", "claim"})
MOST_PERCENT: Final = 2
"""Above twice the whole, "12 times" is easier to read than "1,200 % of"."""
APPROXIMATELY: Final = Rounding(Decimal("0.000001"), "half_even")

Figure = Fraction | Decimal | int | str
"""A number to be shown; as text it is the exact spelling of `exact_text`."""


@dataclass(frozen=True, slots=True)
class Subject:
    """What a price is paid for, in the forms that sentences need.

    `each` is one of it (every accepted claim), `whole` all of it (the number of accepted claims), `short` its name or
    its formula, and `show` writes one value of it. `unit` is a metric's unit, "" where it is unknown or a plain number.
    """

    each: str
    whole: str
    short: str
    show: Callable[[Figure], str]
    unit: str = ""
    claim: str = ""
    """One claim, however many units it is for; "" when claims are not what is counted."""

    @property
    def factor(self) -> str:
        """Its name as one factor of a longer formula: in brackets when it is a formula itself."""
        return bracketed(self.short)


def bracketed(formula: str, operators: str = "+−×/") -> str:
    """The formula as one term of a longer one: in brackets when it has an operator of its own, or a minus in front.

    Inside a product only sums need them: `operators` says which.

    >>> bracketed("a − b"), bracketed("max(a − b; 0)"), bracketed("”a / b”"), bracketed("−2")
    ('(a − b)', 'max(a − b; 0)', '”a / b”', '(−2)')
    """
    plain = NAMES.sub("", formula)
    while INNERMOST.search(plain):
        plain = INNERMOST.sub("", plain)
    is_formula = formula.startswith(MINUS) or not set(operators).isdisjoint(plain.split(" "))
    return f"({formula})" if is_formula else formula


NAMES: Final = re.compile("[“”][^”]*”")
INNERMOST: Final = re.compile(r"\([^()]*\)")


def common_unit(subjects: Iterable[Subject]) -> str:
    """The unit that quantities share when they are added or compared; a plain number takes the unit of the others."""
    units = {subject.unit for subject in subjects} - {"", "number"}
    return units.pop() if len(units) == 1 else ""


@dataclass(frozen=True)
class Voice:
    """One language, one currency, and what the metrics of one agreement are called."""

    language: Language
    currency: str
    metrics: Mapping[str, str] = field(default_factory=dict)
    units: Mapping[str, str] = field(default_factory=dict)
    terms: Mapping[str, str] = field(default_factory=dict)
    cohorts: Mapping[str, str] = field(default_factory=dict)
    events: Mapping[str, str] = field(default_factory=dict)
    counted: frozenset[str] = frozenset()
    """The metrics whose value is how many claims counted."""
    called: Mapping[Rule, str] = field(default_factory=dict)
    """Measures that have been given a letter, because their formula is spelt out elsewhere."""
    groups: Mapping[str, str] = field(default_factory=dict)
    calendars: Mapping[str, str] = field(default_factory=dict)
    parties: Mapping[str, str] = field(default_factory=dict)

    def pick(self, sv: str, en: str) -> str:
        return en if self.language == "en" else sv

    def number(self, figure: Figure, places: int = 0) -> str:
        """The number with grouped thousands and at least that many decimals.

        >>> Voice("sv", "SEK").number("-1234.5", 2), Voice("en", "SEK").number("-1234.5", 2)
        ('−1\\xa0234,50', '−1,234.50')
        """
        value = Fraction(figure) if isinstance(figure, str) else as_fraction(figure)
        text = exact_text(value)
        if "/" in text:
            return ("≈" + NBSP) + self.number(round_money(value, APPROXIMATELY), places)
        whole, _, decimals = text.lstrip("-").partition(".")
        grouped = f"{int(whole):,}".replace(",", self.pick(NBSP, ","))
        decimals = decimals.ljust(places, "0")
        return (MINUS if value < 0 else "") + grouped + (self.pick(",", ".") + decimals if decimals else "")

    def money(self, figure: Figure) -> str:
        """An amount with its currency.

        >>> Voice("sv", "SEK").money(163000), Voice("en", "SEK").money(163000)
        ('163\\xa0000,00\\xa0kr', 'SEK\\xa0163,000.00')
        """
        figures = self.number(figure, 2)
        if self.language == "en":
            return self.currency + NBSP + figures
        return figures + NBSP + ("kr" if self.currency == "SEK" else self.currency)

    def bare_money(self, figure: Figure) -> str:
        """An amount inside a formula, where the currency would be in the way."""
        return self.number(figure, 2)

    def percent(self, figure: Figure) -> str:
        value = Fraction(figure) if isinstance(figure, str) else as_fraction(figure)
        return self.number(value * 100) + self.pick(NBSP + "%", "%")

    def day(self, day: date) -> str:
        return f"{day.day} {MONTHS[self.language][day.month - 1]} {day.year}"

    def quoted(self, words: str) -> str:
        return self.pick(f"”{words}”", f"“{words}”")

    def metric(self, metric: str) -> str:
        """The metric's name in quotation marks."""
        return self.quoted(self.metrics.get(metric, metric))

    def cohort(self, cohort: str) -> str:
        """The cohort's name in quotation marks."""
        return self.quoted(self.cohorts.get(cohort, cohort))

    def group(self, group: str) -> str:
        """The group's name in quotation marks."""
        return self.quoted(self.groups.get(group, group))

    def calendar(self, calendar: str) -> str:
        """The calendar's name in quotation marks."""
        return self.quoted(self.calendars.get(calendar, calendar))

    def party(self, key: str) -> str:
        """The name of a payer or a payee."""
        return self.parties.get(key, key)

    def event(self, event: str) -> str:
        """The event's name in quotation marks."""
        return self.quoted(self.events.get(event, event))

    def days(self, days: Sequence[date], events: Sequence[str]) -> str:
        """When something falls due: "on 1 May 2027 and when “the stop” happens"."""
        dated = [self.pick(f"den {self.day(day)}", f"on {self.day(day)}") for day in days]
        named = [
            self.pick(f"när {self.event(event)} inträffar", f"when {self.event(event)} happens") for event in events
        ]
        return self.listed([*dated, *named])

    def term(self, term: str) -> str:
        """The term's heading in quotation marks."""
        return self.quoted(self.terms.get(term, term))

    def level(self, metric: str, figure: Figure) -> str:
        """A value of the metric, written in the metric's own unit."""
        return self.measured(self.units.get(metric, ""), figure)

    def measured(self, unit: str, figure: Figure) -> str:
        """A value in a metric's unit: a share in per cent, an amount with its currency, days and weeks by name."""
        match unit:
            case "share":
                return self.percent(figure)
            case "amount":
                return self.money(figure)
            case "yes_no" if Fraction(figure) in (0, 1):
                return self.pick("ja", "yes") if Fraction(figure) == 1 else self.pick("nej", "no")
            case "day":
                one = Fraction(figure) == 1
                return self.number(figure) + NBSP + self.pick("dag" if one else "dagar", "day" if one else "days")
            case "week":
                one = Fraction(figure) == 1
                return self.number(figure) + NBSP + self.pick("vecka" if one else "veckor", "week" if one else "weeks")
            case _:
                return self.number(figure)

    def each_of(self, unit: str, whole: str) -> str:
        """One unit of a quantity: each krona of it, each day of it."""
        krona = "krona" if self.currency == "SEK" else self.currency
        ones = {
            "amount": (f"varje {krona} av", f"each {krona} of"),
            "share": (f"varje 100{NBSP}% av", "each 100% of"),
            "day": ("varje dag av", "each day of"),
            "week": ("varje vecka av", "each week of"),
            "score": ("varje poäng av", "each point of"),
        }
        sv, en = ones.get(unit, ("varje enhet av", "each unit of"))
        return self.pick(f"{sv} {whole}", f"{en} {whole}")

    def amount(self, amount: Amount) -> str:
        """An amount of the terms, whether it is a number or a share of a metric."""
        if not isinstance(amount, ShareOf):
            return self.money(amount)
        is_counted = isinstance(amount.of, str) and amount.of in self.counted
        unit = self.units.get(amount.of, "") if isinstance(amount.of, str) else self.subject(amount.of).unit
        if unit in NOT_MONEY or (is_counted and unit != "amount"):
            return self.money(amount.share) + self.pick(" gånger ", " times ") + self.whole_of(amount)
        return self.weighed(amount.share, self.whole_of(amount))

    def whole_of(self, share: ShareOf) -> str:
        """What something is a share of."""
        return self.shown_of(share.of) if isinstance(share.of, str) else self.subject(share.of).whole

    def weighed(self, weight: Fraction, whole: str) -> str:
        """So much of something: all of it, 40 per cent of it, or 12 times it."""
        if weight == 1:
            return whole
        if 0 < weight <= MOST_PERCENT:
            return self.percent(weight) + self.pick(" av ", " of ") + whole
        return self.number(weight) + self.pick(" gånger ", " times ") + whole

    def shown_of(self, metric: str) -> str:
        """What a metric shows: its name, or how many of it counted."""
        if metric not in self.counted:
            return self.metric(metric)
        count = MEASURES["count"]
        counted: Subject = count.subject(count.Params(metric), self)
        return counted.whole

    def subject(self, measure: Rule) -> Subject:
        """A measure in words; one that has been given a letter is called by it."""
        subject: Subject = MEASURES[measure.kind].subject(measure.params, self)
        letter = self.called.get(measure)
        if letter is None:
            return subject
        return Subject(self.each_of(subject.unit, letter), letter, letter, subject.show, subject.unit)

    def bound(self, bound: Amount, subject: Subject) -> str:
        """A bound on a quantity, written in the quantity's own unit."""
        if isinstance(bound, ShareOf):
            return self.weighed(bound.share, self.whole_of(bound))
        return subject.show(bound)

    def time(self, months: int, days: int) -> str:
        """A length of time: 3 months and 2 days."""
        parts = []
        if months:
            parts.append(
                self.pick(f"{months} månad{'er' if months > 1 else ''}", f"{months} month{'s' if months > 1 else ''}")
            )
        if days or not parts:
            parts.append(self.pick(f"{days} dag{'ar' if days != 1 else ''}", f"{days} day{'s' if days != 1 else ''}"))
        return self.listed(parts)

    def paid(self, amount: Amount) -> str:
        """What becomes of an amount, as the end of a sentence: it is paid, nothing is paid, or it is paid back."""
        if isinstance(amount, ShareOf) or amount > 0:
            return self.pick(f"betalas {self.amount(amount)}", f"{self.amount(amount)} is paid")
        if amount == 0:
            return self.pick("betalas ingenting", "nothing is paid")
        back = self.money(-amount)
        return self.pick(f"betalar mottagaren tillbaka {back}", f"the payee pays back {back}")

    def listed(self, words: Iterable[str]) -> str:
        """Words joined as in speech: a, b and c."""
        return self._joined(words, self.pick(" och ", " and "))

    def either(self, words: Iterable[str]) -> str:
        """Words joined as in speech: a, b or c."""
        return self._joined(words, self.pick(" eller ", " or "))

    def _joined(self, words: Iterable[str], last_link: str) -> str:
        *first, last = words
        return f"{', '.join(first)}{last_link}{last}" if first else last

"""The document of a contract template: what it holds, what is wrong with one, and its dates moved to another contract.

It owns the document's shape. It serves the library and whoever adopts a template. It must not know rows: which
indicators and unit costs exist is told to it.
"""

import re
from collections.abc import Collection, Iterator, Mapping, Sequence
from copy import deepcopy
from datetime import date, timedelta
from decimal import Decimal, InvalidOperation
from fractions import Fraction
from typing import Any, Final

from actors.roles import PARTY_ROLES, Role
from library.states import BudgetHolder, Certainty
from rulebook import Problem, Terms, parse_terms
from rulebook.forecast import Figure, forecast
from rulebook.periods import add_time
from rulebook.terms import WORDING

LANGUAGES: Final = ("sv", "en")
KEYS: Final = ("terms", "parties", "design", "chain", "measures", "assumptions", "benefits", "language")
"""`language` stands in a document whose texts are in one language only."""
DESIGN_TEXTS: Final = ("need", "today", "evidence", "inclusion", "exclusion", "target_population", "intervention")
LINKS: Final = ("intervention", "activity", "output", "effect", "influence", "value")
USES: Final = ("payment", "follow_up", "guard")
FIXED_KEYS: Final = ("discount_rate", "price_index")
OWN: Final = "own."
"""What the keys of assumptions begin with that only benefits refer to."""

_DAY: Final = re.compile(r"\d{4}-\d{2}-\d{2}\Z")
_KEY: Final = re.compile(r"[a-z][a-z0-9_]{0,39}\Z")


# --- What is wrong with a document -----------------------------------------------------------------------------------


def check_document(
    document: object,
    *,
    indicators: Collection[str] | None = None,
    unit_costs: Collection[str] | None = None,
) -> list[Problem]:
    """Every problem of a template's document; `indicators` and `unit_costs` are the keys that exist, when known."""
    if not isinstance(document, Mapping):
        return [_problem("", "shape", "Dokumentet är inget objekt.", "The document is no object.")]
    checker = _Checker(document, indicators, unit_costs)
    return list(checker.problems())


def figures_of(document: Mapping[str, Any]) -> dict[str, Figure]:
    """The document's assumptions as the rulebook reads them; what is no number is left out."""
    found = {}
    for row in _rows(document, "assumptions"):
        value, low, high = (_number(row.get(name)) for name in ("value", "low", "high"))
        if value is not None:
            found[str(row.get("key", ""))] = Figure(value, low, high)
    return found


class _Checker:
    def __init__(
        self, document: Mapping[str, Any], indicators: Collection[str] | None, unit_costs: Collection[str] | None
    ) -> None:
        self.document, self.indicators, self.unit_costs = document, indicators, unit_costs
        self.terms, self.term_problems = parse_terms(document.get("terms"))
        self.parties = {str(row.get("key")): str(row.get("role")) for row in _rows(document, "parties")}
        self.assumed = {str(row.get("key")) for row in _rows(document, "assumptions")}
        only = document.get("language")
        self.languages = (str(only),) if only in LANGUAGES else LANGUAGES

    def problems(self) -> Iterator[Problem]:
        for key in sorted(set(self.document) - set(KEYS)):
            yield _problem(
                key, "unknown_key", f"{key} hör inte hemma här. Ta bort det.", f"{key} does not belong here."
            )
        for problem in self.term_problems:
            yield Problem(f"terms.{problem.where}".rstrip("."), problem.code, problem.sv, problem.en)
        yield from self._parties()
        yield from self._design()
        yield from self._chain()
        yield from self._measures()
        yield from self._assumptions()
        yield from self._benefits()
        if self.terms is not None:
            yield from self._legs(self.terms)
            yield from self._figures(self.terms)

    def _parties(self) -> Iterator[Problem]:
        yield from _once(self.document, "parties")
        for where, row in _placed(self.document, "parties"):
            if not _KEY.match(str(row.get("key", ""))):
                yield _problem(f"{where}.key", "key", "Partens namn saknas.", "The party has no name in the terms.")
            if row.get("role") not in {str(role.value) for role in PARTY_ROLES}:
                yield _problem(f"{where}.role", "role", "Rollen finns inte.", "There is no such role.")
            yield from _said(row, where, self.languages)
        for role in (Role.OUTCOME_PAYER, Role.VERIFIER):
            if role not in self.parties.values():
                sv = f"Ingen part har rollen {role.value}. Lägg till en."
                yield _problem("parties", "no_party", sv, f"No party has the role {role.value}. Add one.")

    def _legs(self, terms: Terms) -> Iterator[Problem]:
        """Who pays whom: everybody is a party in a fitting role, and the verifier gains nothing by outcomes."""
        for index, term in enumerate(terms.terms):
            where = f"terms.terms[{index}]"
            for leg in terms.legs_of(term):
                if self.parties.get(leg.payer) != Role.OUTCOME_PAYER:
                    sv = f"{leg.payer} betalar, men är ingen utfallsansvarig part."
                    yield _problem(where, "payer", sv, f"{leg.payer} pays, but is no outcome payer among the parties.")
                role = self.parties.get(leg.payee or "")
                if role in {None, Role.OUTCOME_PAYER}:
                    sv = f"{leg.payee or 'Ingen'} får betalt, men är ingen part som kan få det."
                    en = f"{leg.payee or 'Nobody'} is paid, but is no party that can be."
                    yield _problem(where, "payee", sv, en)
                if term.measure and role == Role.VERIFIER:
                    sv = f"{leg.payee} granskar utfallen och kan inte tjäna på dem."
                    yield _problem(where, "verifier", sv, f"{leg.payee} verifies outcomes and cannot gain by them.")

    def _design(self) -> Iterator[Problem]:
        design = self.document.get("design")
        if not isinstance(design, Mapping):
            yield _problem("design", "missing", "Texterna saknas.", "The texts are missing.")
            return
        for language in self.languages:
            texts = design.get(language)
            yield from _said(texts if isinstance(texts, Mapping) else {}, f"design.{language}", DESIGN_TEXTS)
        for name in ("expected_participants", "horizon_years"):
            value = design.get(name)
            if value is not None and (isinstance(value, bool) or not isinstance(value, int) or value < 1):
                sv = "Ange ett helt antal, minst 1."
                yield _problem(f"design.{name}", "whole", sv, "Give a whole number of 1 or more.")

    def _chain(self) -> Iterator[Problem]:
        yield from _once(self.document, "chain", "id")
        said = set()
        for where, row in _placed(self.document, "chain"):
            said.add(row.get("link"))
            if row.get("link") not in LINKS:
                yield _problem(f"{where}.link", "link", "Ledet finns inte.", "There is no such link.")
            yield from _said(row, where, (*self.languages, *(f"grounds_{language}" for language in self.languages)))
        for link in LINKS:
            if link not in said:
                sv = f"Effektkedjan säger inget om ledet {link}."
                yield _problem("chain", "link_missing", sv, f"The effect chain says nothing of the link {link}.")

    def _measures(self) -> Iterator[Problem]:
        yield from _once(self.document, "measures")
        links = {row.get("id") for row in _rows(self.document, "chain")}
        for where, row in _placed(self.document, "measures"):
            yield from _said(row, where, ("key", *(f"name_{language}" for language in self.languages)))
            if row.get("use") not in USES:
                yield _problem(f"{where}.use", "use", "Användningen finns inte.", "There is no such use.")
            if row.get("chain") and row["chain"] not in links:
                yield _problem(f"{where}.chain", "chain", "Ledet finns inte i kedjan.", "The chain has no such link.")
            yield from self._known(f"{where}.indicator", row.get("indicator"), self.indicators)
            if row.get("target") not in {None, ""} and _number(row["target"]) is None:
                yield _problem(f"{where}.target", "number", "Målet är inget tal.", "The target is no number.")
        if not any(row.get("use") == "payment" for row in _rows(self.document, "measures")):
            sv = "Inget mått är betalningsgrundande."
            yield _problem("measures", "no_payment", sv, "No measure is a ground for payment.")

    def _known(self, where: str, key: object, known: Collection[str] | None) -> Iterator[Problem]:
        if key and known is not None and key not in known:
            sv = f"{key} finns inte i biblioteket."
            yield _problem(where, "unknown", sv, f"The library has no {key}.")

    def _assumptions(self) -> Iterator[Problem]:
        yield from _once(self.document, "assumptions")
        for where, row in _placed(self.document, "assumptions"):
            yield from _said(row, where, (*self.languages, "source"))
            value, low, high = (_number(row.get(name)) for name in ("value", "low", "high"))
            if value is None:
                yield _problem(f"{where}.value", "number", "Värdet är inget tal.", "The value is no number.")
            elif (low is None) != (high is None) or (low is not None and high is not None and not low <= value <= high):
                sv = "Spannet ska ha två ändar, med värdet emellan."
                yield _problem(f"{where}.low", "range", sv, "A range has two ends, with the value between them.")
            if row.get("certainty") not in Certainty.values:
                sv = "Det framgår inte hur säkert det är."
                yield _problem(f"{where}.certainty", "certainty", sv, "It is not said how sure it is.")
            if row.get("certainty") == Certainty.PUBLISHED and not row.get("source_url"):
                sv = "Det som är publicerat behöver en adress till källan."
                yield _problem(
                    f"{where}.source_url", "source", sv, "What is published needs the address of its source."
                )

    def _figures(self, terms: Terms) -> Iterator[Problem]:
        """Numbers that the terms ask for and nobody has stated, and those that do not fit."""
        found = forecast(terms, figures_of(self.document))
        for slot in found.missing:
            sv, en = f"Antagandet «{slot.sv}» saknas.", f"The assumption “{slot.en}” is missing."
            yield _problem(f"assumptions.{slot.key}", "no_figure", sv, en)
        for problem in found.problems:
            yield Problem(f"assumptions.{problem.where}", problem.code, problem.sv, problem.en)

    def _benefits(self) -> Iterator[Problem]:
        metrics = {m.id for m in self.terms.metrics if m.level == "person"} if self.terms else None
        for where, row in _placed(self.document, "benefits"):
            yield from _said(row, where, self.languages)
            if row.get("holder") not in BudgetHolder.values:
                yield _problem(f"{where}.holder", "holder", "Budgeten finns inte.", "There is no such budget.")
            if row.get("metric") and metrics is not None and row["metric"] not in metrics:
                sv = "Måttet finns inte bland villkorens personmått."
                yield _problem(f"{where}.metric", "metric", sv, "The terms have no such metric of persons.")
            for name in ("volume", "unit_cost", "attribution"):
                needed = name != "attribution"
                if row.get(name) not in self.assumed and (needed or row.get(name)):
                    sv, en = f"{name} pekar inte på något antagande.", f"{name} names no assumption."
                    yield _problem(f"{where}.{name}", "assumption", sv, en)
            yield from self._known(f"{where}.shelf_cost", row.get("shelf_cost"), self.unit_costs)
            for name in ("from_year", "years"):
                value = row.get(name)
                if isinstance(value, bool) or not isinstance(value, int) or value < 1:
                    sv = "Ange ett helt antal år, minst 1."
                    yield _problem(f"{where}.{name}", "whole", sv, "Give a whole number of years, 1 or more.")


def _problem(where: str, code: str, sv: str, en: str) -> Problem:
    return Problem(where, code, sv, en)


def _rows(document: Mapping[str, Any], name: str) -> list[Mapping[str, Any]]:
    rows = document.get(name)
    return [row for row in rows if isinstance(row, Mapping)] if isinstance(rows, list) else []


def _placed(document: Mapping[str, Any], name: str) -> Iterator[tuple[str, Mapping[str, Any]]]:
    yield from ((f"{name}[{index}]", row) for index, row in enumerate(_rows(document, name)))


def _said(row: Mapping[str, Any], where: str, names: Sequence[str]) -> Iterator[Problem]:
    for name in names:
        if not str(row.get(name) or "").strip():
            yield _problem(f"{where}.{name}", "missing", f"{name} saknas.", f"{name} is missing.")


def _once(document: Mapping[str, Any], name: str, key: str = "key") -> Iterator[Problem]:
    seen = set()
    for where, row in _placed(document, name):
        if row.get(key) in seen:
            sv, en = f"{row.get(key)} står redan i listan.", f"{row.get(key)} is already in the list."
            yield _problem(f"{where}.{key}", "duplicate", sv, en)
        seen.add(row.get(key))


def _number(value: object) -> Fraction | None:
    if value is None or isinstance(value, bool | float) or str(value).strip() == "":
        return None
    try:
        found = Decimal(str(value))
    except InvalidOperation:
        return None
    return Fraction(found) if found.is_finite() else None


# --- Its dates moved to another contract ----------------------------------------------------------------------------


def shifted(document: Mapping[str, Any], first: date, last: date) -> dict[str, Any]:
    """A copy of the document whose terms begin on `first` and end on `last`.

    Every other day in the terms moves by as many months as the first day does, and stays the last of its month where
    it was that. A day within the template's life stays within the contract's; the template's last day becomes the
    contract's. Cohorts that would begin after the contract's end are left out when nothing names them.
    """
    found = deepcopy(dict(document))
    terms = found.get("terms")
    if isinstance(terms, dict):
        found["terms"] = _Move.of(terms, first, last).terms(terms)
    return found


class _Move:
    """From the days of one life to those of another."""

    def __init__(self, old: tuple[date, date], new: tuple[date, date]) -> None:
        self.old, self.new = old, new
        self.months = (new[0].year - old[0].year) * 12 + new[0].month - old[0].month

    @classmethod
    def of(cls, terms: Mapping[str, Any], first: date, last: date) -> "_Move":
        life = terms.get("life")
        named = [str(life.get(end, "")) for end in ("from", "to")] if isinstance(life, Mapping) else []
        days = [day for name in named if (day := _day(name))] or sorted(_days_in(terms)) or [first, last]
        return cls((days[0], days[-1]), (first, last))

    def terms(self, terms: Mapping[str, Any]) -> dict[str, Any]:
        moved: dict[str, Any] = self._walk(terms)
        moved["life"] = {"from": self.new[0].isoformat(), "to": self.new[1].isoformat()}
        if isinstance(moved.get("periods"), list):
            moved["periods"] = [p for p in moved["periods"] if str(p.get("from", "")) <= str(p.get("to", ""))]
        if isinstance(moved.get("cohorts"), list):
            moved["cohorts"] = self._cohorts(moved)
        return moved

    def _cohorts(self, moved: dict[str, Any]) -> list[Any]:
        """Without those that the contract is too short for: the first always stays, and so does whatever is named."""
        named = set(_texts_in({key: part for key, part in moved.items() if key != "cohorts"}))
        kept = []
        for index, cohort in enumerate(moved["cohorts"]):
            days = cohort.get("enrols") if isinstance(cohort, dict) else None
            is_late = isinstance(days, list) and bool(days) and str(days[0]) >= self.new[1].isoformat()
            if index == 0 or not is_late or cohort.get("id") in named:
                kept.append(cohort)
        return kept

    def _walk(self, value: Any, key: str = "") -> Any:
        if isinstance(value, Mapping):
            return {self._text(str(name)): self._walk(item, str(name)) for name, item in value.items()}
        if isinstance(value, list):
            return [self._walk(item, key) for item in value]
        return self._text(value) if isinstance(value, str) and key not in WORDING else value

    def _text(self, text: str) -> str:
        day = _day(text)
        return text if day is None else self.day(day).isoformat()

    def day(self, day: date) -> date:
        if day in self.old:
            return self.new[self.old.index(day)]
        moved = add_time(day, months=self.months)
        if (day + timedelta(days=1)).day == 1:
            moved = _last_of_month(moved)
        is_within = self.old[0] <= day <= self.old[1]
        return min(max(moved, self.new[0]), self.new[1]) if is_within else moved


def _last_of_month(day: date) -> date:
    return add_time(day.replace(day=1), months=1) - timedelta(days=1)


def _day(text: str) -> date | None:
    if not _DAY.match(text):
        return None
    try:
        return date.fromisoformat(text)
    except ValueError:
        return None


def _texts_in(value: Any) -> Iterator[str]:
    if isinstance(value, Mapping):
        for name, item in value.items():
            if name not in WORDING:
                yield str(name)
                yield from _texts_in(item)
    elif isinstance(value, list):
        for item in value:
            yield from _texts_in(item)
    elif isinstance(value, str):
        yield value


def _days_in(terms: Mapping[str, Any]) -> Iterator[date]:
    yield from (day for text in _texts_in(terms) if (day := _day(text)))

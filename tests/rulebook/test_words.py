"""Everything that the terms say is said in words: nothing that has meaning can change without the annex changing."""

from __future__ import annotations

import copy
import re
from collections.abc import Iterator
from dataclasses import is_dataclass
from typing import Any

import pytest

from rulebook import MEASURES, PRICES, clauses
from rulebook.checks import check
from rulebook.claims import REFUSALS
from rulebook.definitions import defined
from rulebook.language import Voice, bracketed
from rulebook.problems import inside
from rulebook.registers import ADJUSTMENTS
from rulebook.shapes import REFUSED, Choice, DayOrName, Name, Place, Record, entries, places
from rulebook.statement import reason_words
from rulebook.terms import LIMIT_ORDER, Condition, Gate, Terms
from tests.rulebook.examples import sound_terms
from tests.rulebook.reading import cases
from tests.rulebook.rich import OWN_PERIODS, RICH

Path = tuple[str | int, ...]
WORDING = {"sv", "en", "name"}
"""What things are called; a contract's own name stands at the head of the annex, which the rulebook does not write."""
NAMES_ITSELF = {"id", "kind"}
"""An id is changed wherever it is used, and another kind has other parameters."""


def read(document: dict[str, Any]) -> Terms | None:
    """The terms, if they can be read and hang together."""
    terms = Record(Terms).read(document, "", [])
    return None if terms is REFUSED or check(terms) else terms


def said(terms: Terms, language: Any) -> str:
    return "\n".join(f"{clause.heading}\n{clause.text}" for clause in clauses(terms, language)).replace("\u00a0", " ")


def paths(value: Any, path: Path = ()) -> Iterator[Path]:
    """Every place in a document, outermost first."""
    if path:
        yield path
    pairs = value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
    for key, item in pairs:
        yield from paths(item, (*path, key))


def at(document: Any, path: Path) -> Any:
    for key in path:
        document = document[key]
    return document


def where(path: Path) -> str:
    spelt = ""
    for key in path:
        spelt = inside(spelt, key)
    return spelt


def changed(document: dict[str, Any], path: Path, value: Any = None) -> dict[str, Any]:
    """The document with another value in the place, or without it."""
    other = copy.deepcopy(document)
    if value is None:
        del at(other, path[:-1])[path[-1]]
    else:
        at(other, path[:-1])[path[-1]] = value
    return other


def shapes_of(terms: Terms) -> dict[str, list[Place]]:
    found: dict[str, list[Place]] = {}
    for key, (name, shape, _) in entries(Terms).items():
        for place in places(shape, getattr(terms, name), key):
            found.setdefault(place.where, []).append(place)
    return found


def others(terms: Terms, path: Path, value: Any, shapes: list[Place]) -> Iterator[Any]:
    """Other values that may stand in the place: another choice, id, day or number."""
    if isinstance(value, bool):
        yield not value
    elif isinstance(value, int):
        yield from (value + 1, value - 1)
    elif isinstance(value, str) and re.fullmatch(r"\d{4}-\d\d-\d\d", value):
        yield from (value[:-2] + "12", value[:-2] + "13")
    elif isinstance(value, str) and re.fullmatch(r"[-0-9./]+", value):
        yield from (value + "1", value + "01", value + ".1")
    for place in shapes:
        if isinstance(place.shape, Choice):
            yield from (option for option in place.shape.options if option != value)
        elif isinstance(place.shape, Name | DayOrName):
            listed = [item.id for item in getattr(terms, place.shape.of)] if place.shape.of else ["someone"]
            yield from (name for name in listed if name != value)


def unheard(document: dict[str, Any], section: str) -> Iterator[str]:
    """Places of a section that can be changed or left out without a word of the annex changing, in either language."""
    terms = read(document)
    assert terms is not None
    usual = {language: said(terms, language) for language in ("sv", "en")}
    shapes = shapes_of(terms)

    def is_unheard(other: Terms | None) -> bool:
        return other is not None and any(said(other, language) == words for language, words in usual.items())

    for path in paths(document):
        if path[0] != section or path[-1] in WORDING | NAMES_ITSELF:
            continue
        value = at(document, path)
        if is_unheard(read(changed(document, path))):
            yield f"{where(path)}: removed"
        if not isinstance(value, dict | list):
            given = (
                read(changed(document, path, other))
                for other in others(terms, path, value, shapes.get(where(path), []))
            )
            first = next((other for other in given if other is not None), None)
            if is_unheard(first):
                yield f"{where(path)}: changed"


@pytest.mark.parametrize("section", [key for key in RICH if key not in WORDING])
def test_nothing_that_has_meaning_changes_without_a_word(section: str) -> None:
    assert list(unheard(RICH, section)) == []


@pytest.mark.parametrize(
    "changes",
    [
        {"currency": "EUR"},
        {"order": ["metric", "term", "composition", "person", "cohort", "period", "contract"]},
        {"legs": [{"payer": "state", "share": "0.50"}, {"payer": "region", "share": "0.50"}]},
        {"legs": [{"payer": "region", "share": "0.60"}, {"payer": "state", "share": "0.40"}]},
        {"limits": [*RICH["limits"][:9], {"scope": "payer", "payer": "region", "at_most": 100000}]},
    ],
    ids=str,
)
@pytest.mark.parametrize("language", ["sv", "en"])
def test_what_can_only_change_together_is_heard_too(changes: dict[str, Any], language: Any) -> None:
    limited = {key: value for key, value in RICH.items() if key != "limits"} | {"limits": RICH["limits"][:9]}
    assert said(sound_terms({**limited, **changes}), language) != said(sound_terms(limited), language)


def test_own_periods_and_claims_for_amounts_are_said() -> None:
    assert [place for section in OWN_PERIODS for place in unheard(OWN_PERIODS, section)] == []


def used(value: Any) -> Iterator[tuple[type, str]]:
    """Each key of each record that the terms use."""
    if isinstance(value, tuple):
        for item in value:
            yield from used(item)
    elif is_dataclass(value) and not isinstance(value, type):
        if hasattr(value, "kind") and hasattr(value, "params"):
            yield from used(value.params)
            return
        for key, (name, _, needed) in entries(type(value)).items():
            item = getattr(value, name)
            default = type(value).__dataclass_fields__[name].default
            if needed or item != default:
                yield type(value), key
            yield from used(item)


def test_the_rich_terms_use_every_word_of_the_language() -> None:
    found = {*used(sound_terms(RICH)), *used(sound_terms(OWN_PERIODS))}
    unused = {(record, key) for record in {record for record, _ in found} for key in entries(record)} - found
    assert {
        (record.__name__, key) for record, key in unused if (SAME_AS.get(record, record), key) not in found
    } == set()


SAME_AS: dict[type, type] = {Gate: Condition, Condition: Gate}
"""A condition among several says the same as one that stands alone."""


@pytest.mark.parametrize("kind", [*MEASURES, *PRICES, *ADJUSTMENTS])
def test_the_rich_terms_use_every_kind(kind: str) -> None:
    assert f"'kind': '{kind}'" in str(RICH)


def test_the_rich_terms_have_a_limit_of_every_scope() -> None:
    assert {limit["scope"] for limit in RICH["limits"]} == {*LIMIT_ORDER, "payer"}


# --- plain language -----------------------------------------------------------------------------------------------


def annexes() -> list[tuple[str, dict[str, Any]]]:
    return [("rich", RICH), ("own", OWN_PERIODS)] + [(str(case), case.terms) for case in cases()[::3]]


@pytest.mark.parametrize(("name", "document"), annexes(), ids=[name for name, _ in annexes()])
@pytest.mark.parametrize("language", ["sv", "en"])
def test_sentences_are_whole(name: str, document: dict[str, Any], language: Any) -> None:
    del name
    for clause in clauses(sound_terms(document), language):
        text = clause.text.replace("\u00a0", " ")
        without_names = re.sub("[“”][^”]*”", "X", text)
        assert re.match(r"[A-ZÅÄÖ0-9X]", without_names), text
        assert text.endswith(".")
        in_words = re.sub(r"(räknas ut som|worked out as) .*?(?=[,.] )", "", without_names)
        assert not re.search(r"\([^()]*\(", in_words), text
        assert without_names.count("(") == without_names.count(")")
        for flaw in ("  ", " .", "..", " ,", ",.", ",,", "None", "{", "}", "()"):
            assert flaw not in without_names, (flaw, text)
        for sentence in re.split(r"(?<=\.) (?=\S)", without_names):
            assert re.match(r"[A-ZÅÄÖ0-9X]", sentence), sentence


SWEDISH_ONLY = re.compile(r"\b(the|of|and|is|level|cohort|claim|metric|period|contract|above|below|at least)\b")
ENGLISH_ONLY = re.compile(r"\b(och|är|för|eller|som|det|enligt|minst|högst|betalas|avtalet)\b")


@pytest.mark.parametrize(("language", "foreign"), [("sv", SWEDISH_ONLY), ("en", ENGLISH_ONLY)])
def test_one_language_at_a_time(language: Any, foreign: re.Pattern[str]) -> None:
    for document in (RICH, OWN_PERIODS):
        names = re.compile("[“”][^”]*”")
        for clause in clauses(sound_terms(document), language):
            assert not foreign.search(names.sub("", clause.text)), clause.text


@pytest.mark.parametrize("reason", [*REFUSALS[1:], "gate", "missing", "cap", "held"])
def test_every_refusal_has_its_reason(reason: str) -> None:
    assert reason_words(reason, "sv") != reason_words(reason, "en")
    assert reason_words(reason, "sv")


# --- what must be said ----------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "sentence",
    [
        "Betalningen görs inom 30 dagar från avräkningen.",
        "Moms varken ingår eller tillkommer.",
        "På det som state betalar tillkommer moms.",
        "Kohorten är på högst 60 personer.",
        "Hit hör dagarna från och med den 10 juni 2027 till och med den 20 augusti 2027 och den 24 december 2027.",
        "Avtalet slutar den dag då detta inträffar.",
        "Det räknas bara för den som vid inskrivningen hörde till ”Under 18 år” eller ”Hög risk”.",
        "Händelsen ska inträffa tidigast 1 månad och 3 dagar och senast 6 månader och 15 dagar efter inskrivningen.",
        "Händelsen ska inträffa inom 18 månader från den dag då ”Kom i gång” först räknades för personen.",
        "När ”Åter i försörjningsstöd” räknas för personen börjar tiden om den dagen.",
        "De första 14 dagarna av varje tid räknas inte.",
        "Högst 104 veckor räknas för samma person.",
        "Har färre än 30 mätts i en mätperiod saknas värde för den.",
        "Värdet är ett poängtal från 0 till 10.",
        "Ett slumpmässigt urval om 25 % av anspråken granskas.",
        "Detta betalas bara för mätperioder då ”Mående” är minst 3,5 och mindre än 9, ”Barnens säkerhet” är uppfyllt "
        "och ”Förtida stopp” inte har inträffat.",
        "33 % dras av för det som hade hänt även utan insatsen.",
        "30 % av det som ett anspråk ger hålls inne till dess att ”Kvar i arbete” räknas för samma person.",
        "För varje godkänt anspråk på ”Dagar utan placering” betalas 90 000,00 kr om anspråket är på minst 540 dagar, "
        "annars motsvarande del.",
        "För den del av antalet godkända anspråk på ”Kvar i arbete” under hela avtalet som ligger mellan 20 och 50 "
        "är priset 1 000,00 kr.",
        "Detta räknas ut bara den 31 december 2028 och när ”Godkänd revision” inträffar, för den mätperiod som dagen "
        "ligger i.",
        "Av alla godkända anspråk som betalas ett för ett får högst 40 % gälla ”Kvar i arbete”.",
        "Det som inte ryms väntar och betalas i de följande mätperioderna, så långt taket då räcker.",
        "Varje betalare betalar högst 5 000 000,00 kr under hela avtalet.",
        "en person som då har räknats så många gånger som går kan inte räknas igen.",
        "”Golv” och ”Påslag” bygger på vad andra villkor betalar. "
        "De räknas därför ut efter dem och kommer sist när ett tak nås.",
        "Varje gång det räknas ut betalas vad det är värt hittills, minus vad det var värt gången före.",
        "Tak för betalare räknas av sist, när raden har delats; då blir den senare raden utan.",
    ],
)
def test_the_annex_says(sentence: str) -> None:
    assert sentence in said(sound_terms(RICH), "sv")


def test_a_measure_of_measures_is_a_formula_with_letters() -> None:
    annex = said(sound_terms(RICH), "sv")
    assert "Det betalas 60 % av den del av M som ligger mellan 100 000,00 kr och 40 % av ”Kostnad”." in annex
    assert "M räknas ut som min(max(A − B; 0 dagar); 90 % av A) × 4 200" in annex
    assert "A är värdet av ”Vårddagar före” i mätperioden." in annex


def test_a_measure_that_reads_well_is_left_in_words() -> None:
    terms = sound_terms(RICH)
    change = terms.term_by_id["t_change"]
    assert defined(change.measure, terms.voice("sv"))[1] == []


@pytest.mark.parametrize(
    ("formula", "shown"),
    [
        ("a", "a"),
        ("a − b", "(a − b)"),
        ("max(a − b; 0)", "max(a − b; 0)"),
        ("(a − b) / c", "((a − b) / c)"),
        ("”a / b”", "”a / b”"),
        ("”a (b” × ”c) d”", "(”a (b” × ”c) d”)"),
        ("−2", "(−2)"),
    ],
)
def test_a_formula_inside_another_stands_in_brackets(formula: str, shown: str) -> None:
    assert bracketed(formula) == shown


def test_a_day_and_a_week_are_called_so_one_and_many() -> None:
    swedish, english = Voice("sv", "SEK"), Voice("en", "SEK")
    assert [swedish.measured("week", number) for number in (1, 2)] == ["1\u00a0vecka", "2\u00a0veckor"]
    assert [english.measured("day", number) for number in (1, "0.5")] == ["1\u00a0day", "0.5\u00a0days"]

"""Writes the generated pages of docs/rules/ from the rulebook itself and from the cases that the tests run.

python -m tests.rulebook.write_rules
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import MISSING, fields
from decimal import Decimal
from fractions import Fraction
from functools import cache
from pathlib import Path
from typing import Any

from rulebook import ADJUSTMENTS, MEASURES, PRICES, Terms, working
from rulebook.facts import Facts
from rulebook.money import exact_text
from rulebook.problems import Language
from rulebook.sentences import Clause, clauses, term_sentence
from rulebook.shapes import (
    ByDay,
    ByName,
    Choice,
    Day,
    DayOrName,
    Either,
    Flag,
    Kinds,
    ListOf,
    Name,
    Number,
    OneOrMany,
    Record,
    Reference,
    Shape,
    Text,
    Whole,
)
from rulebook.simulation.assumptions import Assumptions
from rulebook.simulation.distributions import KINDS as DISTRIBUTIONS
from rulebook.terms import LIMIT_ORDER, SCOPES, Limit, Metric, Term, label_of
from rulebook.values import AMOUNT, BOUND, ShareOf
from rulebook.wording import spoken
from tests.rulebook.reading import Case, File, cases, files, kinds_in

FOLDER = Path(__file__).parents[2] / "docs" / "rules"
SHOWN = ("zero", "normal", "capped", "rounding")
STATUSES = ("published", "computed", "synthetic")
MANY = 8
"""No more links than this in a row."""


@cache
def pages() -> dict[Path, str]:
    """Every generated page, as Markdown."""
    written = {"kinds.md": _kinds(), "document.md": _document(), "shapes.md": _shapes(), "contracts.md": _contracts()}
    return {FOLDER / name: "\n".join(rows).replace("\u00a0", " ") + "\n" for name, rows in written.items()}


def _head(title: str, *about: str) -> Iterator[str]:
    yield from (f"# {title}", "")
    yield "Generated from the rulebook and its worked cases by `python -m tests.rulebook.write_rules`; a test keeps it"
    yield "fresh. How to write terms is told in [README.md](README.md)."
    yield from (row for text in about for row in ("", text))


# --- the kinds --------------------------------------------------------------------------------------------------


def _kinds() -> Iterator[str]:
    yield from _head(
        "Kinds, limits and rules of metrics",
        "Each kind says what it does, what its parameters are, how it reads in a contract, and what it gives.",
    )
    for title, register in (
        ("Measures – what is counted or measured", MEASURES),
        ("Prices – what it is worth", PRICES),
        ("Adjustments – what scales an amount before the limits", ADJUSTMENTS),
    ):
        yield from ("", f"## {title}", "", *_index(register))
        for name, kind in register.items():
            yield from _kind(name, kind)
    yield from ("", "## Limits – the most that may be paid", "", *_table_of(Limit))
    for scope in SCOPES.options:
        yield from _scope(scope)
    yield from ("", "## Rules of metrics", "", *_metric_rules())


def _index(register: Mapping[str, Any]) -> Iterator[str]:
    yield from ("| kind | in Swedish | in one sentence |", "| --- | --- | --- |")
    for name, kind in register.items():
        yield f"| [`{name}`](#{name}) | {kind.label['sv']} | {' '.join(kind.__doc__.split())} |"


def _kind(name: str, kind: Any) -> Iterator[str]:
    own = [case for case in cases() if name in kinds_in(case.versions[0].terms)]
    yield from ("", f'<a id="{name}"></a>', f"### `{name}` – {kind.label['en']} ({kind.label['sv'].lower()})", "")
    yield from (" ".join(kind.__doc__.split()), " ".join(kind.Params.__doc__.split()), "")
    yield from _table_of(kind.Params)
    plainest = min(own, key=lambda case: (len(kinds_in(case.versions[0].terms)), len(case.versions[0].terms.terms)))
    yield from ("", *_sentences(plainest, name), "", *_table(list(_one_of_each(own)), name))
    yield from ("", f"*Used in: {_used_in(own)}.*")


def _one_of_each(own: list[Case]) -> Iterator[Case]:
    """The first zero, normal, capped and rounding case, if possible of one file."""
    names = list(dict.fromkeys(case.file for case in own))
    best = max(names, key=lambda name: len({case.shows for case in own if case.file == name}))
    in_order = sorted(own, key=lambda case: (case.file != best, len(kinds_in(case.versions[0].terms))))
    for shows in SHOWN:
        yield from [case for case in in_order if case.shows == shows][:1]


def _used_in(own: Iterable[Case]) -> str:
    names = list(dict.fromkeys(case.file for case in own))
    more = f" and {len(names) - MANY} more" if len(names) > MANY else ""
    return ", ".join(_link(files()[name]) for name in names[:MANY]) + more


def _link(file: File) -> str:
    page = "" if file.contract is None else "contracts.md"
    return f"[{file.title}]({page or 'shapes.md'}#{file.name})"


def _sentences(case: Case, kind: str) -> Iterator[str]:
    """The rule of the first of the case's terms that uses the kind, in both languages."""
    terms = case.versions[0].terms
    term = next((term for term in terms.terms if kind in _kinds_of(term)), terms.terms[0])
    yield f"> {term_sentence(term, spoken(terms, 'en'))}"
    yield ">"
    yield f"> {term_sentence(term, spoken(terms, 'sv'))}"


def _rules(case: Case) -> Iterator[str]:
    """What makes the shape, in both languages: its terms, its limits and the metrics that have rules of their own."""
    terms = case.versions[0].terms
    plain = {label for metric in terms.metrics if not _length(metric) for label in _labels(metric)}
    telling = ("Outcome payments", "Ersättning", "Limits", "Tak", "Metrics", "Mått")
    for place, language in enumerate(LANGUAGES):
        told = [clause for clause in clauses(terms, language) if _is_telling(clause, telling, plain)]
        yield from ("",) if place else ()
        for number, clause in enumerate(told):
            yield from (">",) if number else ()
            yield f"> **{clause.heading}.** {clause.text}"


def _is_telling(clause: Clause, sections: Iterable[str], plain: set[str]) -> bool:
    section, _, label = clause.heading.partition(": ")
    return section in sections and label not in plain


LANGUAGES: tuple[Language, ...] = ("en", "sv")


def _labels(metric: Metric) -> Iterator[str]:
    yield from (label_of(metric, language) for language in LANGUAGES)


def _kinds_of(term: Term) -> set[str]:
    return {rule.kind for rule in (*term.measures, term.price, *term.adjust)} | {
        rule.kind for rule in _inner_prices(term)
    }


def _inner_prices(term: Term) -> list[Any]:
    return [case.price for case in getattr(term.price.params, "cases", ())]


def _scope(scope: str) -> Iterator[str]:
    sv, en = SCOPES.words[scope]
    own = [case for case in cases() if any(limit.scope == scope for limit in case.versions[0].terms.limits)]
    yield from ("", f"### `{scope}` – {en} ({sv})", "")
    case = next((case for case in own if case.shows == "capped"), own[0])
    terms = case.versions[0].terms
    place = next(number for number, limit in enumerate(terms.limits) if limit.scope == scope)
    for language in LANGUAGES:
        section = [clause for clause in clauses(terms, language) if clause.heading.startswith(("Limits", "Tak"))]
        yield from (f"> {section[place].text}", ">") if language == "en" else (f"> {section[place].text}",)
    yield from ("", *_table([case]), "", f"*Used in: {_used_in(own)}.*")


def _metric_rules() -> Iterator[str]:
    yield from _table_of(Metric)
    yield from ("", "| rules | read | på svenska | worked in |", "| --- | --- | --- | --- |")
    told: dict[tuple[Case, str], list[str]] = {}
    for item in (item for item in fields(Metric) if item.name not in WORDING):
        having = [(case, metric) for case in cases() for metric in _metrics(case) if _says(metric, item)]
        if having:
            case, metric = min(having, key=lambda found: _length(found[1]))
            told.setdefault((case, metric.id), []).append(item.metadata["key"] or item.name)
    for (case, metric_id), keys in told.items():
        terms = case.versions[0].terms
        en, sv = (_metric_clause(terms, terms.metric_by_id[metric_id], language) for language in LANGUAGES)
        yield f"| {', '.join(f'`{key}`' for key in keys)} | {en} | {sv} | {_link(files()[case.file])} |"


WORDING = {"id", "level", "sv", "en", "role", "unit"}


def _length(metric: Metric) -> int:
    """How many rules the metric has: the fewer, the clearer what each of them does."""
    return sum(_says(metric, item) for item in fields(Metric) if item.name not in WORDING)


def _metrics(case: Case) -> tuple[Metric, ...]:
    return case.versions[0].terms.metrics


def _says(metric: Metric, item: Any) -> bool:
    return bool(getattr(metric, item.name) != item.default)


def _metric_clause(terms: Terms, metric: Metric, language: Language) -> str:
    heading = f"{'Metrics' if language == 'en' else 'Mått'}: {label_of(metric, language)}"
    return next(clause.text for clause in clauses(terms, language) if clause.heading == heading)


# --- worked cases -----------------------------------------------------------------------------------------------


def _table(own: list[Case], kind: str = "") -> Iterator[str]:
    status = any(case.status for case in own) and not kind
    yield "| case | shows | line | working | amount |" + (" status |" if status else "")
    yield "| --- | --- | --- | --- | --- |" + (" --- |" if status else "")
    for case in own:
        end = f" {case.status} |" if status else ""
        by_number = {version.number: version.terms for version in case.versions}
        lines = [line.to_json() for line in case.entitlement.lines]
        if not lines:
            yield f"| {_cell(case.name)} | {case.shows} | – | – | {spoken(by_number[1], 'en').money(0)} |{end}"
        for line in lines:
            shown = working(line, by_number[line["version"]], "en")
            how = _cell("<br>".join([shown.numbers, *shown.conditions]))
            yield f"| {_cell(case.name)} | {case.shows} | {_place(line)} | {how} | {shown.amount} |{end}"


def _place(line: Mapping[str, Any]) -> str:
    return ", ".join(part for part in (line["term"], line["period"], line["cohort"]) if part)


def _cell(text: str) -> str:
    return text.replace("|", "\\|").replace("\n", " ")


# --- the shapes and the contracts -------------------------------------------------------------------------------


def _shapes() -> Iterator[str]:
    yield from _head(
        "Shapes of contracts",
        "Every way of paying that has been found in real outcomes contracts, each with its terms, its sentences and"
        " what it gives. Amounts that a public source does not give are invented, and the source says so.",
    )
    numbered = sorted((file for file in files().values() if file.shape), key=lambda file: file.shape or 0)
    beyond = [file for file in files().values() if file.shape is None and file.contract is None]
    yield from ("", "| # | shape | measures | prices | and |", "| --- | --- | --- | --- | --- |")
    for file in [*numbered, *beyond]:
        used = set().union(*(kinds_in(case.versions[0].terms) for case in file.cases))
        groups = [_names(used, register) for register in (MEASURES, PRICES, ADJUSTMENTS)]
        yield f"| {file.shape or ''} | {_link(file)} | {' | '.join(groups)} |"
    for file in [*(file for file in numbered if file.contract is None), *beyond]:
        yield from _file(file, "###" if file.shape is None else "##")


def _names(used: set[str], register: Iterable[str]) -> str:
    return ", ".join(f"[`{name}`](kinds.md#{name})" for name in register if name in used)


def _contracts() -> Iterator[str]:
    yield from _head(
        "Real contracts",
        "*published*: the result stands in a source. *computed*: it follows from a published rule. *synthetic*: a test"
        " of our own. A computed amount is never an actual payment.",
    )
    real = [file for file in files().values() if file.contract is not None]
    yield from ("", "| contract | published | computed | synthetic |", "| --- | --- | --- | --- |")
    for file in real:
        counts = [sum(case.status == status for case in file.cases) for status in STATUSES]
        yield f"| [{file.title}](#{file.name}) | {' | '.join(str(count or '') for count in counts)} |"
    for file in real:
        yield from _file(file, "##")


def _file(file: File, level: str) -> Iterator[str]:
    number = f"{file.shape}. " if file.shape and file.contract is None else ""
    yield from ("", f'<a id="{file.name}"></a>', f"{level} {number}{file.title}", "", file.source, "")
    if file.links:
        yield from (", ".join(f"<{link}>" for link in file.links), "")
    yield from (*_rules(file.cases[0]), "", *_table(list(file.cases)), "")
    first = next((case for case in file.cases if case.shows == "normal"), file.cases[0])
    folder = "contracts" if file.contract else "shapes" if file.shape else "beyond"
    yield f"<details><summary>Terms and facts of “{first.name}”</summary>"
    yield from ("", "```json", *_json(first.terms), "```", "", "```json", *_json(first.facts), "```", "", "</details>")
    yield from ("", f"Case file: [{file.name}.yaml](../../tests/rulebook/cases/{folder}/{file.name}.yaml)")


def _json(document: Mapping[str, Any]) -> Iterator[str]:
    """A document with one item of each list on a line, as people write them."""
    yield "{"
    for place, (key, value) in enumerate(document.items()):
        comma = "," if place < len(document) - 1 else ""
        if isinstance(value, list) and value and isinstance(value[0], Mapping):
            yield f'  "{key}": ['
            for number, item in enumerate(value):
                yield f"    {_spelt(item)}{',' if number < len(value) - 1 else ''}"
            yield f"  ]{comma}"
        else:
            yield f'  "{key}": {_spelt(value)}{comma}'
    yield "}"


def _spelt(value: Any) -> str:
    match value:
        case Mapping():
            return "{" + ", ".join(f'"{key}": {_spelt(item)}' for key, item in value.items()) + "}"
        case list() | tuple():
            return "[" + ", ".join(map(_spelt, value)) + "]"
        case bool():
            return "true" if value else "false"
        case Decimal():
            return f'"{value}"'
        case _:
            return '"' + str(value).replace('"', '\\"') + '"'


# --- every key of the documents ---------------------------------------------------------------------------------


def _document() -> Iterator[str]:
    yield from _head(
        "Every key of terms, facts and assumptions",
        "*Amount*: a number, or `{share, of}`, a share of a metric or of a measure. *Bound*: the same, where `true`"
        " and `false` count as 1 and 0. *Measure*, *price* and *adjustment*: an object with `kind` and that kind's"
        " parameters, all in [kinds.md](kinds.md). *Id*: a letter, then letters, digits and `_ : . -`.",
    )
    yield from ("", "## Terms", "", *_table_of(Terms), "", "## Amounts that are shares", "", *_table_of(ShareOf))
    yield from ("", f"The default order of limits is {', '.join(f'`{scope}`' for scope in LIMIT_ORDER)}.")
    yield from (
        "",
        "## Facts",
        "",
        *_table_of(Facts),
        "",
        "## Assumptions of a simulation",
        "",
        *_table_of(Assumptions),
    )
    for name, kind in DISTRIBUTIONS.items():
        about = " ".join((kind.Params.__doc__ or "").split())
        yield from ("", f"### Distribution `{name}` – {kind.label['en']} ({kind.label['sv'].lower()})", "", about, "")
        yield from _table_of(kind.Params)


def _table_of(cls: Any) -> Iterator[str]:
    yield from ("| key | form | meaning | på svenska | if left out |", "| --- | --- | --- | --- | --- |")
    yield from _rows(cls, "")


def _rows(cls: Any, inside: str) -> Iterator[str]:
    for item in fields(cls):
        if "shape" not in item.metadata:
            continue
        notes = item.metadata
        key, shape = inside + (notes["key"] or item.name), notes["shape"]
        default = "needed" if item.default is MISSING else _default(item.default)
        yield f"| `{key}` | {_form(shape)} | {notes['en']} | {notes['sv']} | {default} |"
        record, many = _record_in(shape)
        if record is not None and record is not cls:
            yield from _rows(record, f"{key}{'[]' if many else ''}.")


def _default(value: Any) -> str:
    if value is None or value == ():
        return "–"
    if isinstance(value, bool):
        return "no" if value is False else "yes"
    if isinstance(value, Fraction):
        return exact_text(value)
    if isinstance(value, tuple):
        return "see below"
    return str(value) if isinstance(value, str | int) else "as its defaults"


def _record_in(shape: Shape) -> tuple[Any, bool]:
    """The kind of object that stands in a place, if its keys should be told there, and whether in a list."""
    match shape:
        case _ if shape in (AMOUNT, BOUND):
            return None, False
        case Record(cls=cls):
            return cls, False
        case ListOf(item=item) | OneOrMany(item=item):
            return _record_in(item)[0], True
        case Either(rich=rich):
            return _record_in(rich)
        case _:
            return None, False


def _form(shape: Shape) -> str:  # noqa: PLR0911 – one line per form
    if shape in (AMOUNT, BOUND):
        return "amount" if shape == AMOUNT else "bound"
    match shape:
        case Choice(options=options):
            return ", ".join(f"`{option}`" for option in options)
        case Kinds(name=name):
            return f"[{name}](kinds.md)" if name != "distribution" else name
        case Name(of=of, words=words) if of:
            return " or ".join([*(f"`{word}`" for word in words), f"id of one of `{of}`"])
        case DayOrName(of=of):
            return f"date, or id of one of `{of}`"
        case ByDay(item=item):
            return f"{{date: {_form(item)}}}"
        case ByName(item=item, of=of):
            return f"{{id of one of `{of}`: {_form(item)}}}"
        case ListOf(item=item):
            return f"list of {_form(item)}"
        case OneOrMany(item=item):
            return f"{_form(item)}, or a list"
        case Either(plain=plain, rich=rich):
            return f"{_form(plain)}; or {_form(rich)}"
        case Number():
            return _number(shape)
        case _:
            return SIMPLE[type(shape)]


SIMPLE: dict[type[Any], str] = {
    Text: "text", Name: "id", Reference: "any text", Whole: "whole number", Flag: "`true`, `false`", Day: "date",
    Record: "object",
}  # fmt: skip


def _number(shape: Number) -> str:
    bounds = {"at least": shape.minimum, "above": shape.above, "at most": shape.maximum}
    said = [f"{words} {exact_text(bound)}" for words, bound in bounds.items() if bound is not None]
    form = "number" + (" " + ", ".join(said) if said else "")
    return form + (", `true`, `false`" if shape.yes_no else "") + (' or `"1/3"`' if shape.parts else "")


if __name__ == "__main__":
    for path, text in pages().items():
        path.write_text(text, encoding="utf-8")

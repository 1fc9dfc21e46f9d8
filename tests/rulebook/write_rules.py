"""Writes docs/rules/kinds.md from the kinds themselves and from the cases that the tests run.

python -m tests.rulebook.write_rules
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

from rulebook import MEASURES, PRICES, Terms, working
from rulebook.sentences import term_sentence
from rulebook.shapes import record_schema
from tests.rulebook.reading import Case, cases, files

PAGE = Path(__file__).parents[2] / "docs" / "rules" / "kinds.md"


def page() -> str:
    """The whole page as Markdown."""
    rows = [
        "# The kinds of measure and of price",
        "",
        "Generated from the rulebook and its worked cases by `python -m tests.rulebook.write_rules`.",
        "A test keeps it fresh.",
    ]
    for title, register in (
        ("Measures – what is counted or measured", MEASURES),
        ("Prices – what it is worth", PRICES),
    ):
        rows += ["", f"## {title}"]
        for name, kind in register.items():
            rows += _kind(name, kind)
    return "\n".join(rows).replace("\u00a0", " ") + "\n"


def _kind(name: str, kind: Any) -> Iterator[str]:
    own = [case for case in cases() if case.kind == name]
    yield from (
        "",
        f"### `{name}` – {kind.label['en']} ({kind.label['sv'].lower()})",
        "",
        " ".join(kind.__doc__.split()),
        "",
    )
    yield from _parameters(kind)
    yield from ("", *_sentences(own[0]), "", *_table(own), "", f"*{' '.join(files()[name]['source'].split())}*")


def _parameters(kind: Any) -> Iterator[str]:
    schema = record_schema(kind.Params)
    yield "| parameter | meaning | på svenska | needed |"
    yield "| --- | --- | --- | --- |"
    for key, about in schema["properties"].items():
        needed = "yes" if key in schema["required"] else ""
        yield f"| `{key}` | {about['description']} | {about['title']} | {needed} |"


def _sentences(case: Case) -> Iterator[str]:
    terms, _ = case.read()
    term = terms.terms[0]
    yield f"> {term_sentence(term, terms.voice('en'))}"
    yield ">"
    yield f"> {term_sentence(term, terms.voice('sv'))}"


def _table(own: list[Case]) -> Iterator[str]:
    yield "| case | shows | line | working | amount |"
    yield "| --- | --- | --- | --- | --- |"
    for case in own:
        terms, _ = case.read()
        lines = case.calculate().to_json()["lines"]
        if not lines:
            yield f"| {case.name} | {case.shows} | – | – | {terms.voice('en').money(0)} |"
        for line in lines:
            yield f"| {case.name} | {case.shows} | {_place(line)} | {_working(line, terms)} |"


def _place(line: Mapping[str, Any]) -> str:
    return ", ".join(part for part in (line["term"], line["period"], line["cohort"]) if part)


def _working(line: Mapping[str, Any], terms: Terms) -> str:
    shown = working(line, terms, "en")
    return f"{shown.numbers} | {shown.amount}"


if __name__ == "__main__":
    PAGE.write_text(page(), encoding="utf-8")

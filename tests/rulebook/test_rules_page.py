"""The pages about the rules are what the rulebook and its cases say today, and the guide keeps what it promises."""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import Any

import pytest

from rulebook import ADJUSTMENTS, MEASURES, PRICES, Version, calculate, parse_facts, parse_terms
from rulebook.claims import REFUSALS
from rulebook.files import loads
from rulebook.simulate import parse_assumptions, simulate
from rulebook.terms import LIMIT_ORDER, Metric, Terms
from tests.rulebook.write_rules import FOLDER, pages

GUIDE = FOLDER / "README.md"


@pytest.mark.parametrize("path", pages(), ids=lambda path: path.name)
def test_the_page_is_fresh(path: Path) -> None:
    assert path.read_text(encoding="utf-8") == pages()[path], "run: python -m tests.rulebook.write_rules"


def test_the_guides_example_is_sound_and_gives_what_the_guide_says() -> None:
    guide = GUIDE.read_text(encoding="utf-8")
    terms_text, facts_text = re.findall(r"```json\n(\{\s*\"(?:currency|claims)\".*?)```", guide, re.DOTALL)[:2]
    terms, problems = parse_terms(loads(terms_text)[0])
    assert terms is not None, problems
    facts, problems = parse_facts(json.loads(facts_text), terms)
    assert facts is not None, problems
    total = calculate([Version(1, None, terms)], facts, None).total
    assert f"{total:,.2f}" in guide


def test_the_guides_assumptions_can_be_simulated() -> None:
    texts = re.findall(r"```json\n(.*?)```", GUIDE.read_text(encoding="utf-8"), re.DOTALL)
    terms, problems = parse_terms(loads(texts[0])[0])
    assert terms is not None, problems
    document = next(text for text in texts if '"participants"' in text)
    assumptions, problems = parse_assumptions(loads(document)[0], terms)
    assert assumptions is not None, problems
    paid = simulate(terms, assumptions, draws=200, seed=7).total
    assert 0 < paid.mean < 60 * 25_000


def test_every_json_of_the_guide_can_be_read() -> None:
    texts = re.findall(r"```json\n(.*?)```", GUIDE.read_text(encoding="utf-8"), re.DOTALL)
    assert len(texts) >= 5
    for text in texts:
        json.loads(text)


def test_the_guide_speaks_of_every_kind_limit_and_reason() -> None:
    guide = GUIDE.read_text(encoding="utf-8")
    known: list[Any] = [*MEASURES, *PRICES, *ADJUSTMENTS, *LIMIT_ORDER, *filter(None, REFUSALS)]
    rules = {"id", "level", "sv", "en", "groups", "on", "metric"}
    known += [name for cls in (Metric, Terms) for name in _keys(cls) if name not in rules]
    assert [name for name in known if not re.search(rf"\b{name}\b", guide)] == []


def _keys(cls: Any) -> list[str]:
    return [item.metadata["key"] or name for name, item in cls.__dataclass_fields__.items() if "shape" in item.metadata]


def test_every_link_between_the_pages_leads_somewhere() -> None:
    texts = {path.name: path.read_text(encoding="utf-8") for path in (*pages(), GUIDE)}
    anchors = {name: set(re.findall(r'<a id="([^"]+)">', text)) for name, text in texts.items()}
    for name, text in texts.items():
        for page, anchor in re.findall(r"\]\(([a-zA-Z]+\.md)?#([^)]+)\)", text):
            assert anchor in anchors[page or name], f"{name} → {page}#{anchor}"
        for file in re.findall(r"\]\((\.\./[^)]+)\)", text):
            assert (FOLDER / file).exists(), f"{name} → {file}"

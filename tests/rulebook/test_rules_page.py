"""The page about the kinds is what the kinds and their cases say today."""

from __future__ import annotations

import json
import re
from pathlib import Path

from rulebook import Version, calculate, parse_facts, parse_terms
from rulebook.files import loads
from tests.rulebook.write_rules import PAGE, page

GUIDE = Path(__file__).parents[2] / "docs" / "rules" / "README.md"


def test_the_page_is_fresh() -> None:
    assert PAGE.read_text(encoding="utf-8") == page(), "run: python -m tests.rulebook.write_rules"


def test_the_guides_example_is_sound_and_gives_what_the_guide_says() -> None:
    guide = GUIDE.read_text(encoding="utf-8")
    terms_text, facts_text = re.findall(r"```json\n(\{\s*\"(?:currency|claims)\".*?)```", guide, re.DOTALL)[:2]
    terms, problems = parse_terms(loads(terms_text)[0])
    assert terms is not None, problems
    facts, problems = parse_facts(json.loads(facts_text), terms)
    assert facts is not None, problems
    total = calculate([Version(1, None, terms)], facts, None).total
    assert f"{total:,.2f}" in guide

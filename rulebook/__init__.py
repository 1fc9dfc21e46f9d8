"""Arithmetic: what was agreed, what was verified, and what is therefore owed.

The rulebook serves the steps design, compute and settle: the same terms are read exactly, in words and as sentences
that the parties sign. It must not know Django, the clock, files, the network or chance: everything is an argument.
"""

from __future__ import annotations

from typing import Final

from rulebook.adjustments import ADJUSTMENTS
from rulebook.calculate import calculate
from rulebook.disclosure import MIN_CELL, suppress
from rulebook.example import annex
from rulebook.facts import (
    FACTS_SCHEMA,
    EventFact,
    Facts,
    MeasuredFact,
    Person,
    claims_from_csv,
    parse_facts,
)
from rulebook.measures import MEASURES
from rulebook.money import Rounding, round_money, split
from rulebook.periods import Period, period_of, periods_between
from rulebook.prices import PRICES
from rulebook.problems import Problem
from rulebook.results import ClaimOutcome, Entitlement, Line, LineKey, Share, Taken
from rulebook.sentences import Clause, clauses
from rulebook.settle import Due, due
from rulebook.table import ClaimFact, ClaimTable
from rulebook.terms import TERMS_SCHEMA, Terms, canonical_json, parse_terms, terms_hash
from rulebook.timeline import Version
from rulebook.workings import Working, working

__all__ = [
    "ADJUSTMENTS",
    "FACTS_SCHEMA",
    "MEASURES",
    "MIN_CELL",
    "PRICES",
    "RULEBOOK_VERSION",
    "TERMS_SCHEMA",
    "ClaimFact",
    "ClaimOutcome",
    "ClaimTable",
    "Clause",
    "Due",
    "Entitlement",
    "EventFact",
    "Facts",
    "Line",
    "LineKey",
    "MeasuredFact",
    "Period",
    "Person",
    "Problem",
    "Rounding",
    "Share",
    "Taken",
    "Terms",
    "Version",
    "Working",
    "annex",
    "calculate",
    "canonical_json",
    "claims_from_csv",
    "clauses",
    "due",
    "parse_facts",
    "parse_terms",
    "period_of",
    "periods_between",
    "round_money",
    "split",
    "suppress",
    "terms_hash",
    "working",
]

RULEBOOK_VERSION: Final = "2.0"
"""Changes whenever the same terms and facts could give another result."""

"""The example that the specification of the terms is explained with, and small pieces to vary it with."""

from __future__ import annotations

import copy
import json
from decimal import Decimal
from typing import Any

from rulebook import Entitlement, Facts, Terms, Version, calculate, parse_facts, parse_terms

TERMS = """
{"currency": "SEK", "rounding": {"unit": "0.01", "mode": "half_up"},
 "cohorts": [{"id": "ht26", "enrols": ["2026-08-01", "2027-01-31"]}],
 "metrics": [
  {"id": "att3", "level": "person", "role": "payment", "unit": "claim", "sv": "Närvaro minst 80 % i tre månader", "once": true,
   "window": {"from": "enrolment", "months": 24}, "evidence": ["attendance_extract"], "verification": {"kind": "all"}},
  {"id": "att6", "level": "person", "role": "payment", "after": "att3", "once": true, "sv": "… i sex månader"},
  {"id": "well", "level": "cohort", "role": "guard", "unit": "score", "missing": "worst_case", "sv": "Elevernas mående"}],
 "terms": [
  {"id": "t1", "measure": {"kind": "count", "metric": "att3"}, "price": {"kind": "unit", "amount": "12000.00"}},
  {"id": "t2", "measure": {"kind": "count", "metric": "att6"}, "price": {"kind": "unit", "amount": "18000.00", "from": {"2027-07-01": "16000.00"}},
   "gate": {"metric": "well", "at_least": "3.5"}}],
 "limits": [{"scope": "person", "at_most": "25000.00"}, {"scope": "contract", "at_most": "3000000.00"}],
 "legs": [{"payer": "payer:utbildningsnamnden", "share": "0.60"}, {"payer": "payer:socialnamnden", "share": "0.40"}]}
"""  # noqa: E501 – spelt as the specification spells it
FACTS = """
{"claims": [{"id": "c1", "person": "p7f3", "metric": "att3", "cohort": "ht26", "event_on": "2026-12-04", "units": "1"},
            {"id": "c2", "person": "p7f3", "metric": "att6", "cohort": "ht26", "event_on": "2027-03-05", "units": "1"}],
 "measured": [{"metric": "well", "cohort": "ht26", "period": "2027-Q1", "value": "3.8", "due": 120, "measured": 103}]}
"""


def terms_document(**changes: Any) -> dict[str, Any]:
    """The example's terms, with other values for some of its top-level keys."""
    document: dict[str, Any] = json.loads(TERMS, parse_float=Decimal)
    return copy.deepcopy({**document, **changes})


def facts_document(**changes: Any) -> dict[str, Any]:
    document: dict[str, Any] = json.loads(FACTS, parse_float=Decimal)
    return copy.deepcopy({**document, **changes})


def sound_terms(document: dict[str, Any] | None = None) -> Terms:
    terms, problems = parse_terms(document or terms_document())
    assert terms is not None, problems
    return terms


def sound_facts(document: dict[str, Any], *terms: Terms) -> Facts:
    facts, problems = parse_facts(document, terms or [sound_terms()])
    assert facts is not None, problems
    return facts


def entitlement(terms: dict[str, Any] | None = None, facts: dict[str, Any] | None = None) -> Entitlement:
    read = sound_terms(terms)
    return calculate([Version(1, None, read)], sound_facts(facts or facts_document(), read), None)

"""Small contracts to analyse: Nordviken kommun pays Föreningen Språnget for young people who get on."""

from __future__ import annotations

import json
from decimal import Decimal
from pathlib import Path
from typing import Any

from rulebook import parse_terms
from rulebook.analyse import Analysis, Ends, analyse
from rulebook.analysis.findings import Finding

DEMO = Path(__file__).parents[2] / "config" / "demo"

JOB = {"id": "job", "level": "person", "once": True, "sv": "Jobb", "en": "Job"}
STAYED = {"id": "stayed", "level": "person", "once": True, "sv": "Kvar i jobb", "en": "Still in work"}
RATE = {"id": "rate", "level": "contract", "unit": "share", "sv": "Närvaro", "en": "Attendance"}
SAVING = {"id": "saving", "level": "contract", "unit": "amount", "sv": "Besparing", "en": "Saving"}
COHORT = {"id": "ht26", "enrols": ["2026-01-01", "2026-12-31"], "size": 200}
LIFE = {"from": "2026-01-01", "to": "2027-12-31"}
COUNT = {"kind": "count", "metric": "job"}
TO_DATE = {**COUNT, "over": "contract"}
VALUE = {"kind": "value", "metric": "rate"}


def contract(*terms: dict[str, Any], **changes: Any) -> dict[str, Any]:
    """A contract of two years and 200 persons, in one measurement period, with the terms given."""
    return {
        "currency": "SEK",
        "life": LIFE,
        "periods": "contract",
        "cohorts": [COHORT],
        "metrics": [JOB],
        "terms": list(terms),
        "legs": [{"payer": "nordviken", "payee": "spranget", "share": "1"}],
        **changes,
    }


def term(price: dict[str, Any], measure: dict[str, Any] | None = None, **changes: Any) -> dict[str, Any]:
    return {"id": "t1", **({"measure": measure} if measure else {}), "price": price, **changes}


def unit(amount: str, **changes: Any) -> dict[str, Any]:
    """A price for every job."""
    return term({"kind": "unit", "amount": amount}, COUNT, **changes)


def shape(document: dict[str, Any]) -> Analysis:
    terms, problems = parse_terms(document)
    assert terms is not None, problems
    return analyse(terms)


def only(analysis: Analysis, kind: str) -> Finding:
    """The one finding of the kind."""
    (finding,) = analysis.of(kind)
    return finding


def kinds(analysis: Analysis) -> set[str]:
    return {finding.kind for finding in analysis.findings}


def demo(name: str, **metrics: dict[str, str]) -> dict[str, Any]:
    """The terms of a demonstration contract, with more said of some metrics."""
    document: dict[str, Any] = json.loads((DEMO / name / "terms.json").read_text(), parse_float=Decimal)
    for metric in document["metrics"]:
        metric.update(metrics.get(metric["id"], {}))
    return document


def least_and_most(ends: Ends) -> tuple[Any, Any]:
    """The proved bounds; None is without end."""
    return ends.least.bound, ends.most.bound

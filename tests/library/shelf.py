"""Small rows of the shelf for the tests: one template, two indicators, two unit costs and a guide."""

from copy import deepcopy
from decimal import Decimal
from typing import Any

from library.models import ContractTemplate, Guide, Indicator, UnitCost
from library.states import BudgetHolder, Certainty, ShelfStatus
from tests.world import NOW, TERMS

SHEET = {
    language: {
        "numerator": f"{language} numerator",
        "denominator": f"{language} denominator",
        "unit": f"{language} pupils",
        "source_system": f"{language} attendance register",
        "extraction": f"{language} extraction",
        "missing": f"{language} missing",
        "window": f"{language} window",
        "weaknesses": f"{language} weaknesses",
    }
    for language in ("sv", "en")
}

PARTIES = [
    {"key": "kommunen", "role": "outcome_payer", "sv": "kommunen", "en": "the municipality"},
    {"key": "investeraren", "role": "investor", "sv": "investeraren", "en": "the investor"},
    {"key": "utforaren", "role": "service_provider", "sv": "utföraren", "en": "the provider"},
    {"key": "granskaren", "role": "verifier", "sv": "granskaren", "en": "the verifier"},
]


def texts(language: str) -> dict[str, str]:
    names = ("need", "today", "evidence", "inclusion", "exclusion", "target_population", "intervention")
    return {name: f"{language} {name}" for name in names}


def assumption(key: str, value: str, unit: str, certainty: str = "assumed", **more: Any) -> dict[str, Any]:
    return {
        "key": key,
        "sv": f"sv {key}",
        "en": f"en {key}",
        "unit": unit,
        "value": value,
        "low": None,
        "high": None,
        "source": "A report",
        "source_url": "https://example.org/report",
        "certainty": certainty,
    } | more


def document() -> dict[str, Any]:
    """Two prices for attendance, as in the named world, with one payer; 2026-07-01 to 2028-06-30."""
    terms = deepcopy(TERMS)
    terms["legs"] = [{"payer": "kommunen", "payee": "investeraren", "share": "1"}]
    terms["cohorts"] = [{"id": "k1", "enrols": ["2026-07-01", "2026-12-31"], "sv": "Kohort 1", "en": "Cohort 1"}]
    links = ["intervention", "activity", "output", "effect", "influence", "value"]
    return {
        "terms": terms,
        "parties": deepcopy(PARTIES),
        "design": {
            "sv": texts("sv"),
            "en": texts("en"),
            "expected_participants": 40,
            "horizon_years": 7,
        },
        "chain": [
            {
                "id": link,
                "link": link,
                "sv": f"sv {link}",
                "en": f"en {link}",
                "grounds_sv": "Därför",
                "grounds_en": "So",
            }
            for link in links
        ],
        "measures": [
            {
                "key": "att3",
                "indicator": "attendance",
                "use": "payment",
                "name_sv": "Närvaro i tre månader",
                "name_en": "Attendance for three months",
                "chain": "effect",
                "target": "0.5",
            },
            {
                "key": "well",
                "indicator": None,
                "use": "guard",
                "name_sv": "Mående",
                "name_en": "Well-being",
                "chain": None,
                "target": None,
            },
        ],
        "assumptions": [
            assumption("size.k1", "40", "persons"),
            assumption("outcome.att3.share", "0.6", "share", low="0.4", high="0.8"),
            assumption("own.cost", "90000", "amount", certainty="published"),
            assumption("own.days", "1", "times", certainty="invented"),
        ],
        "benefits": [
            {
                "holder": "municipality",
                "sv": "Färre placeringar",
                "en": "Fewer placements",
                "metric": "att3",
                "volume": "own.days",
                "unit_cost": "own.cost",
                "attribution": None,
                "shelf_cost": "foster-care-day",
                "from_year": 2,
                "years": 3,
                "is_cashable": True,
            }
        ],
    }


def source(text: str = "Kolada", certainty: str = Certainty.PUBLISHED) -> dict[str, str]:
    return {"text": text, "url": "https://example.org/source", "certainty": certainty}


def put_on_the_shelf() -> ContractTemplate:
    """Write everything; the template is on the shelf and is the support's own."""
    for key, name in (("attendance", "Attendance"), ("well-being", "Well-being")):
        Indicator.objects.create(
            key=key,
            name_sv=f"{name} på svenska",
            name_en=name,
            area="school",
            certainty=Certainty.UNCERTAIN if key == "well-being" else Certainty.PUBLISHED,
            sources=[source()],
            sheet=SHEET,
            suppression_threshold=10,
            kolada_id="N15428" if key == "attendance" else "",
        )
    for key, holder, amount in (
        ("foster-care-day", BudgetHolder.MUNICIPALITY, "2500.00"),
        ("sick-day", BudgetHolder.REGION, "1800.50"),
    ):
        UnitCost.objects.create(
            key=key,
            name_sv=f"{key} på svenska",
            name_en=key,
            area="placements" if key == "foster-care-day" else "sick_leave",
            certainty=Certainty.ASSUMED,
            sources=[source("A budget", Certainty.ASSUMED)],
            amount=Decimal(amount),
            unit_sv="dygn",
            unit_en="day",
            holder=holder,
            price_year=2024 if key == "foster-care-day" else None,
            scope_en="What it covers",
            caveats_en="=Old figures",
        )
    Guide.objects.create(
        key="effect-chain",
        name_sv="Effektkedjan",
        name_en="The effect chain",
        area="general",
        certainty=Certainty.PUBLISHED,
        ordinal=1,
        body_sv="Första.\n\nAndra.",
        body_en="First.\n\nSecond.",
        sources=[],
    )
    return shelve("school-completion")


def shelve(key: str, **fields: Any) -> ContractTemplate:
    given: dict[str, Any] = {
        "name_sv": "Fullföljd skola",
        "name_en": "School completion",
        "area": "school",
        "certainty": Certainty.UNCERTAIN,
        "sources": [source("The evaluation")],
        "summary_sv": "Sammanfattning",
        "summary_en": "For pupils at risk",
        "document": document(),
        "status": ShelfStatus.PUBLISHED,
        "offered_at": NOW,
        "updated_at": NOW,
    }
    return ContractTemplate.objects.create(key=key, **(given | fields))

"""What stands on the shelf, and the only ways to it."""

from library.queries.reading import (
    LINKS,
    TEXTS,
    TemplateReading,
    language_of_reader,
    reading_of,
    said,
    sheet_said,
    sources_said,
)
from library.queries.shelf import (
    COST_SORTS,
    INDICATOR_SORTS,
    TEMPLATE_SORTS,
    Found,
    areas_of,
    counts,
    found_everywhere,
    listed_guides,
    listed_indicators,
    listed_templates,
    listed_unit_costs,
    shelved,
)
from library.queries.templates import get_template_for, offers_of, published_templates, waiting_templates

__all__ = [
    "COST_SORTS",
    "INDICATOR_SORTS",
    "LINKS",
    "TEMPLATE_SORTS",
    "TEXTS",
    "Found",
    "TemplateReading",
    "areas_of",
    "counts",
    "found_everywhere",
    "get_template_for",
    "language_of_reader",
    "listed_guides",
    "listed_indicators",
    "listed_templates",
    "listed_unit_costs",
    "offers_of",
    "published_templates",
    "reading_of",
    "said",
    "sheet_said",
    "shelved",
    "sources_said",
    "waiting_templates",
]

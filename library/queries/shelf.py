"""Lists of the shelf: searched, narrowed and sorted as the pages and their exports show them."""

from collections.abc import Iterable
from dataclasses import dataclass
from typing import TypeVar

from django.db.models import F, Func, Q, QuerySet, TextField
from django.db.models.expressions import Combinable
from django.utils.translation import get_language

from actors.policies import NotVisible
from library.models import ContractTemplate, Guide, Indicator, Shelved, UnitCost
from library.queries.templates import published_templates

S = TypeVar("S", bound=Shelved)

MOST_FOUND = 5  # of each kind, in a search of everything

TEMPLATE_SORTS = ["name", "area", "updated_at"]
INDICATOR_SORTS = ["name", "area"]
COST_SORTS = ["name", "area", "holder", "amount", "price_year"]


def _language() -> str:
    return "en" if (get_language() or "sv").startswith("en") else "sv"


def _sorted(rows: QuerySet[S], sort: str) -> QuerySet[S]:
    """By the column, with - for down; names in Swedish order, whatever the database was made with."""
    name = sort.removeprefix("-")
    by_name = Func(F(f"name_{_language()}"), function="sv_sort", output_field=TextField())
    column: Combinable = by_name if name == "name" else F(name)
    ordering = column.desc(nulls_last=True) if sort.startswith("-") else column.asc(nulls_last=True)  # type: ignore[attr-defined]
    return rows.order_by(ordering, by_name, "pk")


def _holding(rows: QuerySet[S], search: str, fields: Iterable[str]) -> QuerySet[S]:
    """Those that hold every word of the search, each in some field."""
    for word in search.split()[:10]:
        rows = rows.filter(Q(*((f"{field}__icontains", word) for field in fields), _connector=Q.OR))
    return rows


_NAMES = ["name_sv", "name_en"]
_TEMPLATE_FIELDS = [*_NAMES, "summary_sv", "summary_en"]
_INDICATOR_FIELDS = [*_NAMES, "kolada_id"]
_COST_FIELDS = [*_NAMES, "scope_sv", "scope_en"]
_GUIDE_FIELDS = [*_NAMES, "body_sv", "body_en"]


def listed_templates(*, search: str = "", area: str = "", sort: str = "name") -> QuerySet[ContractTemplate]:
    rows = _holding(published_templates(), search, _TEMPLATE_FIELDS)
    return _sorted(rows.filter(area=area) if area else rows, sort)


def listed_indicators(*, search: str = "", area: str = "", sort: str = "name") -> QuerySet[Indicator]:
    rows = _holding(Indicator.objects.all(), search, _INDICATOR_FIELDS)
    return _sorted(rows.filter(area=area) if area else rows, sort)


def listed_unit_costs(*, search: str = "", area: str = "", holder: str = "", sort: str = "name") -> QuerySet[UnitCost]:
    rows = _holding(UnitCost.objects.all(), search, _COST_FIELDS)
    rows = rows.filter(area=area) if area else rows
    return _sorted(rows.filter(holder=holder) if holder else rows, sort)


def listed_guides(*, search: str = "") -> QuerySet[Guide]:
    """In the order of the steps they help with."""
    return _holding(Guide.objects.all(), search, _GUIDE_FIELDS).order_by("ordinal", "pk")


def areas_of(rows: QuerySet[S]) -> list[str]:
    """The areas that there is something in."""
    return sorted(set(rows.order_by().values_list("area", flat=True)))


def shelved(model: type[S], key: str) -> S:
    """The thing on the shelf, or NotVisible."""
    found: S | None = model._default_manager.filter(key=key).first()
    if found is None:
        raise NotVisible
    return found


# --- Everything at once ----------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Found:
    """What a search of the whole shelf found of one kind: the first few, and how many in all."""

    kind: str
    rows: list[Shelved]
    count: int


def counts() -> dict[str, int]:
    """How much there is of each kind."""
    return {
        "templates": published_templates().count(),
        "indicators": Indicator.objects.count(),
        "unit_costs": UnitCost.objects.count(),
        "guides": Guide.objects.count(),
    }


def found_everywhere(search: str) -> list[Found]:
    """What holds the words, of each kind."""
    rows: dict[str, QuerySet[ContractTemplate] | QuerySet[Indicator] | QuerySet[UnitCost] | QuerySet[Guide]] = {
        "templates": listed_templates(search=search),
        "indicators": listed_indicators(search=search),
        "unit_costs": listed_unit_costs(search=search),
        "guides": listed_guides(search=search),
    }
    return [Found(kind, list(found[:MOST_FOUND]), found.count()) for kind, found in rows.items()]

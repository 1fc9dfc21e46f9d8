"""What every list of the shelf does: narrow, sort, page, and count."""

from typing import Any

from django.core.paginator import Paginator
from django.db.models import QuerySet
from django.http import HttpRequest

from library.forms import ShelfFilterForm

PER_PAGE = 25


def sort_of(request: HttpRequest, known: list[str], default: str = "name") -> str:
    """The sort asked for, or the default where it is none of ours."""
    sort = request.GET.get("sort", "")
    return sort if sort.removeprefix("-") in known else default


def list_context(request: HttpRequest, rows: QuerySet[Any], form: ShelfFilterForm | None, sort: str) -> dict[str, Any]:
    """What a list's page and its fragment need."""
    rest = request.GET.copy()
    rest.pop("page", None)
    unsorted = rest.copy()
    unsorted.pop("sort", None)
    return {
        "form": form,
        "page": Paginator(rows, PER_PAGE).get_page(request.GET.get("page")),
        "sort": sort,
        "is_narrowed": bool(form and any(form.chosen().values())),
        "querystring": rest.urlencode(),
        "filter_querystring": unsorted.urlencode(),
    }

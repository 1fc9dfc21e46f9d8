"""The list of contracts, as a page and as a file."""

import csv
import io
from typing import Any

from django.core.paginator import Paginator
from django.http import HttpRequest, HttpResponse
from django.utils.translation import get_language
from django.utils.translation import gettext as _
from django.views.decorators.http import require_safe

from actors.http import ActorRequest, access, page_or_fragment
from actors.policies import can
from actors.roles import Permission, Role
from contracts.forms import FilterForm
from contracts.models import Contract
from contracts.policies import roles_of
from contracts.queries import SORTS, listed_contracts

PER_PAGE = 25


def _choices(request: HttpRequest) -> tuple[FilterForm, dict[str, str]]:
    """The filter form and what it narrows to; anything unknown in the address is left out."""
    form = FilterForm(request.GET)
    form.is_valid()
    chosen = {name: form.cleaned_data.get(name, "") for name in ("q", "status", "role")}
    sort = request.GET.get("sort", "")
    return form, chosen | {"sort": sort if sort.removeprefix("-") in SORTS else "name"}


def _row(request: ActorRequest, contract: Contract) -> dict[str, Any]:
    roles = roles_of(request.actor, contract)
    return {"contract": contract, "roles": [str(role.label) for role in Role if role in roles]}


@access(Permission.OWN_ACCOUNT)
@require_safe
def contract_list(request: ActorRequest) -> HttpResponse:
    form, chosen = _choices(request)
    contracts = listed_contracts(
        request.actor, search=chosen["q"], status=chosen["status"], role=chosen["role"], sort=chosen["sort"]
    )
    page = Paginator(contracts, PER_PAGE).get_page(request.GET.get("page"))
    rest = request.GET.copy()
    rest.pop("page", None)
    unsorted = rest.copy()
    unsorted.pop("sort", None)
    context = {
        "form": form,
        "page": page,
        "rows": [_row(request, contract) for contract in page.object_list],
        "sort": chosen["sort"],
        "is_narrowed": bool(chosen["q"] or chosen["status"] or chosen["role"]),
        "querystring": rest.urlencode(),
        "filter_querystring": unsorted.urlencode(),
        "may_draft": can(request.actor, Permission.DRAFT_CONTRACT),
    }
    return page_or_fragment(request, "contracts/contract_list.html", "contracts/_contract_table.html", context)


@access(Permission.OWN_ACCOUNT)
@require_safe
def contract_list_csv(request: ActorRequest) -> HttpResponse:
    """All rows of the list as it is narrowed and sorted, for a spreadsheet."""
    _form, chosen = _choices(request)
    contracts = listed_contracts(
        request.actor, search=chosen["q"], status=chosen["status"], role=chosen["role"], sort=chosen["sort"]
    )
    text = io.StringIO()
    writer = csv.writer(text, delimiter="," if get_language() == "en" else ";")
    writer.writerow([_("Code"), _("Name"), _("Status"), _("First day"), _("Last day"), _("Your role"), _("Parties")])
    for contract in contracts:
        row = _row(request, contract)
        cells = [contract.code, contract.name, contract.get_status_display()]
        cells += [contract.starts_on.isoformat(), contract.ends_on.isoformat()]
        cells += [", ".join(row["roles"]), ", ".join(str(party) for party in contract.parties.all())]
        writer.writerow([harmless(cell) for cell in cells])
    response = HttpResponse("\ufeff" + text.getvalue(), content_type="text/csv; charset=utf-8")
    response["Content-Disposition"] = f'attachment; filename="{_("contracts")}.csv"'
    return response


def harmless(cell: str) -> str:
    """A cell that a spreadsheet cannot take for a formula."""
    return f"'{cell}" if cell.lstrip()[:1] in {"=", "+", "-", "@"} or cell[:1] in {"\t", "\r", "\n"} else cell

"""The contract's ledger, on the page and as a file."""

from django.core.paginator import Paginator
from django.http import HttpResponse
from django.shortcuts import render
from django.utils import timezone
from django.views.decorators.http import require_safe

from actors.http import ActorRequest, access
from actors.roles import Permission
from contracts.queries import get_contract_for
from payments import exports
from payments.models import Account
from payments.queries import balances_of, entries_of

ROWS_PER_PAGE = 50


@access(Permission.VIEW_PAYMENTS, in_contract=True)
@require_safe
def ledger(request: ActorRequest, code: str) -> HttpResponse:
    contract = get_contract_for(request.actor, code, Permission.VIEW_PAYMENTS)
    sort = "-booked_on" if request.GET.get("sort") == "-booked_on" else "booked_on"
    account = request.GET.get("account", "")
    entries = entries_of(contract)
    if account in Account.values:
        entries = entries.filter(postings__account=account).distinct()
    if sort == "-booked_on":
        entries = entries.reverse()
    balances = balances_of(contract)
    context = {
        "contract": contract,
        "section": "payments",
        "page": Paginator(entries, ROWS_PER_PAGE).get_page(request.GET.get("page")),
        "parties": {party.pk: str(party) for party in contract.parties.all()},
        "balances": balances,
        "sum": sum(balance.amount for balance in balances),
        "sort": sort,
        "account": account,
        "accounts": Account.choices,
        "querystring": f"account={account}" if account in Account.values else "",
        "paging": f"account={account}&sort={sort}" if account in Account.values else f"sort={sort}",
    }
    return render(request, "payments/ledger.html", context)


@access(Permission.VIEW_PAYMENTS, in_contract=True)
@require_safe
def ledger_csv(request: ActorRequest, code: str) -> HttpResponse:
    contract = get_contract_for(request.actor, code, Permission.VIEW_PAYMENTS)
    parties = {party.pk: str(party) for party in contract.parties.all()}
    response = HttpResponse(exports.ledger_csv(entries_of(contract), parties), content_type="text/csv; charset=utf-8")
    response["Content-Disposition"] = f'attachment; filename="huvudbok-{code}-{timezone.localdate()}.csv"'
    return response

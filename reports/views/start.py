"""First pages: what this is, and what waits for the reader."""

import csv

from django.core.paginator import Paginator
from django.http import HttpResponse
from django.shortcuts import render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_noop
from django.views.decorators.http import require_safe

from actors.http import ActorRequest, access
from actors.policies import can
from actors.roles import Permission
from contracts.queries import visible_contracts
from reports.definitions import inert
from reports.queries import amounts_of, happenings_in, investments_of, sums_of, tasks_for

PAGE = 20
DEMO_ACCOUNTS = [
    ("official", gettext_noop("case officer of the municipality")),
    ("reviewer", gettext_noop("reviews payments")),
    ("decider", gettext_noop("decides on payments and signs for the municipality")),
    ("provider", gettext_noop("case officer of the service provider")),
    ("intermediary", gettext_noop("verifies the outcomes")),
    ("investor", gettext_noop("the investor")),
    ("support", gettext_noop("the national support")),
    ("lillberg", gettext_noop("case officer of a small municipality that begins its first contract")),
    ("lillberg-beslut", gettext_noop("signs for the small municipality")),
    ("outsider", gettext_noop("another municipality, which sees nothing of Nordviken")),
]


@require_safe
@access(Permission.PUBLIC)
def welcome(request: ActorRequest) -> HttpResponse:
    """What this is, for somebody who comes for the first time."""
    return render(request, "reports/welcome.html", {"accounts": [(name, _(what)) for name, what in DEMO_ACCOUNTS]})


@require_safe
@access(Permission.OWN_ACCOUNT)
def start(request: ActorRequest) -> HttpResponse:
    """What waits for me, what is new, and how it goes."""
    contracts = list(visible_contracts(request.actor).order_by("-starts_on", "code"))
    shown = contracts[:PAGE]
    amounts = amounts_of(shown)
    investments = investments_of(request.actor, shown, amounts)
    tasks_found = tasks_for(request.actor, contracts, timezone.localdate())
    context = {
        "page": Paginator(tasks_found, PAGE).get_page(request.GET.get("page")),
        "happenings": happenings_in(request.actor, contracts),
        "rows": [(contract, amounts[contract.pk]) for contract in shown],
        "contract_count": len(contracts),
        "investments": investments,
        "sums": sums_of(investments),
        "may_draft": can(request.actor, Permission.DRAFT_CONTRACT),
    }
    return render(request, "reports/start.html", context)


@require_safe
@access(Permission.OWN_ACCOUNT)
def investments_csv(request: ActorRequest) -> HttpResponse:
    """The investor's contracts as a file for a spreadsheet."""
    response = HttpResponse(content_type="text/csv; charset=utf-8")
    response["Content-Disposition"] = 'attachment; filename="investeringar.csv"'
    response.write("\ufeff")  # so that a spreadsheet reads å, ä and ö
    writer = csv.writer(response, delimiter=";")
    names = [_("Contract"), _("Name"), _("Currency"), _("Committed"), _("Drawn"), _("Repaid")]
    writer.writerow([*names, _("Verified, not yet repaid"), _("Still possible at most")])
    for row in investments_of(request.actor, visible_contracts(request.actor).order_by("code")):
        amounts = [row.committed, row.drawn, row.repaid, row.expected, row.still_possible]
        cells = [row.contract.code, row.contract.name, row.currency]
        writer.writerow([*(inert(cell) for cell in cells), *("" if a is None else str(a) for a in amounts)])
    return response

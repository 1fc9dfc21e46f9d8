"""The templates of the shelf, and one of them as a whole."""

from django.http import HttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_safe

from actors.http import ActorRequest, access, page_or_fragment
from actors.policies import can
from actors.roles import Permission
from library.forms import ShelfFilterForm
from library.models import ContractTemplate
from library.queries import (
    TEMPLATE_SORTS,
    areas_of,
    get_template_for,
    listed_templates,
    offers_of,
    published_templates,
    reading_of,
    waiting_templates,
)
from library.states import ShelfStatus
from library.views.lists import list_context, sort_of


@access(Permission.VIEW_LIBRARY)
@require_safe
def templates(request: ActorRequest) -> HttpResponse:
    form = ShelfFilterForm(request.GET, areas=areas_of(published_templates()))
    chosen, sort = form.chosen(), sort_of(request, TEMPLATE_SORTS)
    rows = listed_templates(search=chosen["q"], area=chosen["area"], sort=sort)
    may_review = can(request.actor, Permission.REVIEW_LIBRARY)
    context = list_context(request, rows, form, sort) | {
        "may_draft": can(request.actor, Permission.DRAFT_CONTRACT),
        "offers": list(offers_of(request.actor)),
        "waiting": waiting_templates().count() if may_review else None,
    }
    return page_or_fragment(request, "library/templates.html", "library/_template_list.html", context)


@access(Permission.VIEW_LIBRARY)
@require_safe
def template(request: ActorRequest, slug: str) -> HttpResponse:
    return _template_page(request, get_template_for(request.actor, slug))


@access(Permission.VIEW_LIBRARY)
@require_safe
def template_version(request: ActorRequest, slug: str, number: int) -> HttpResponse:
    return _template_page(request, get_template_for(request.actor, slug, number))


def _template_page(request: ActorRequest, shown: ContractTemplate) -> HttpResponse:
    status = ShelfStatus(shown.status)
    context = {
        "template": shown,
        "reading": reading_of(shown),
        "moves": list(shown.status_changes.select_related("user").order_by("at", "pk")),
        "is_published": status == ShelfStatus.PUBLISHED,
        "is_offered": status == ShelfStatus.OFFERED,
        "may_review": can(request.actor, Permission.REVIEW_LIBRARY),
        "may_draft": can(request.actor, Permission.DRAFT_CONTRACT),
    }
    return render(request, "library/template.html", context)

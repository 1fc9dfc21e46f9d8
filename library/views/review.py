"""The support's review of what others offer: the queue, and the three decisions."""

from collections.abc import Callable
from typing import Any

from django.http import HttpResponse
from django.shortcuts import render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_safe

from actors.forms import Form
from actors.http import ActorRequest, access, done
from actors.policies import Refused
from actors.roles import Permission
from library import actions
from library.forms import PublishForm, ReasonForm
from library.models import ContractTemplate
from library.queries import get_template_for, waiting_templates
from library.states import SHELF_TRANSITIONS, ShelfAct
from library.views.lists import list_context

GET_AND_POST = ["GET", "HEAD", "POST"]


@access(Permission.REVIEW_LIBRARY)
@require_safe
def review_queue(request: ActorRequest) -> HttpResponse:
    return render(request, "library/review_queue.html", list_context(request, waiting_templates(), None, ""))


@access(Permission.REVIEW_LIBRARY)
@require_http_methods(GET_AND_POST)
def template_publish(request: ActorRequest, slug: str, number: int) -> HttpResponse:
    template = get_template_for(request.actor, slug, number)
    return _decide(
        request,
        template,
        ShelfAct.PUBLISH,
        form=PublishForm(_posted(request)),
        perform=lambda _said: actions.publish_template(actor=request.actor, template=template, at=timezone.now()),
        message=_("«%(name)s» stands on the shelf.") % {"name": template.name},
    )


@access(Permission.REVIEW_LIBRARY)
@require_http_methods(GET_AND_POST)
def template_return(request: ActorRequest, slug: str, number: int) -> HttpResponse:
    template = get_template_for(request.actor, slug, number)
    return _decide(
        request,
        template,
        ShelfAct.RETURN,
        form=ReasonForm(_posted(request)),
        perform=lambda said: actions.return_template(
            actor=request.actor, template=template, reason=said["reason"], at=timezone.now()
        ),
        message=_("«%(name)s» is returned to its author.") % {"name": template.name},
    )


@access(Permission.REVIEW_LIBRARY)
@require_http_methods(GET_AND_POST)
def template_retire(request: ActorRequest, slug: str, number: int) -> HttpResponse:
    template = get_template_for(request.actor, slug, number)
    return _decide(
        request,
        template,
        ShelfAct.RETIRE,
        form=ReasonForm(_posted(request)),
        perform=lambda said: actions.retire_template(
            actor=request.actor, template=template, reason=said["reason"], at=timezone.now()
        ),
        message=_("«%(name)s» is taken down from the shelf.") % {"name": template.name},
    )


def _posted(request: ActorRequest) -> Any:
    return request.POST if request.method == "POST" else None


def _decide(
    request: ActorRequest,
    template: ContractTemplate,
    act: ShelfAct,
    *,
    form: Form,
    perform: Callable[[dict[str, Any]], object],
    message: str,
) -> HttpResponse:
    """Show the decision; take it when it is posted. A refusal is told on the page, with what was written kept."""
    reasons: tuple[str, ...] = ()
    status = 422 if form.is_bound else 200
    if form.is_valid():
        try:
            perform(form.cleaned_data)
        except Refused as refusal:
            reasons, status = refusal.reasons, 409
        else:
            return done(request, message, "library:template_version", template.key, template.version)
    context = {
        "template": template,
        "form": form,
        "reasons": reasons,
        "is_possible": (template.status, act) in SHELF_TRANSITIONS,
    }
    return render(request, f"library/template_{act}.html", context, status=status)

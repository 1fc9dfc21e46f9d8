"""The edge of every page: who asks, what the address demands, and how a refusal is answered."""

from collections.abc import Callable
from functools import wraps
from typing import Any, Concatenate, ParamSpec, cast

from django.conf import settings
from django.contrib import messages
from django.contrib.auth.decorators import login_not_required
from django.http import HttpRequest, HttpResponse, HttpResponseBase
from django.shortcuts import redirect, render
from django.utils import translation
from django.utils.cache import patch_vary_headers
from django.utils.translation import gettext as _
from django_htmx.middleware import HtmxDetails

from actors.models import Membership, User
from actors.policies import Actor, NotAllowed, NotVisible, Refused, require
from actors.roles import Permission

MEMBERSHIP_KEY = "membership"  # the session's word for the organisation one acts for

P = ParamSpec("P")


class ActorRequest(HttpRequest):
    """A request by somebody who has logged in, as the views see it."""

    actor: Actor
    memberships: list[Membership]
    htmx: HtmxDetails


def running_memberships(user: User) -> list[Membership]:
    """Every membership the person can act by, the oldest first."""
    running = user.memberships.filter(ended_at__isnull=True).select_related("organisation", "board")
    return list(running.order_by("pk"))


def actor_of(user: User, memberships: list[Membership], membership_pk: int | None) -> Actor:
    """The person with the membership they act by: the chosen one, or the only one, or the oldest."""
    chosen = next((m for m in memberships if m.pk == membership_pk), None)
    return Actor(user=user, membership=chosen or (memberships[0] if memberships else None))


class LanguageMiddleware:
    """The reader's own choice, else Swedish. A browser's languages tell what was installed, not what is wanted.

    Systems have no cookie: the API answers in the language its header asks for.
    """

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        if request.path.startswith("/api/"):
            language = translation.get_language_from_request(request)
        else:
            language = request.COOKIES.get(settings.LANGUAGE_COOKIE_NAME, "")
        translation.activate(language if language in dict(settings.LANGUAGES) else settings.LANGUAGE_CODE)
        response = self.get_response(request)
        response.setdefault("Content-Language", translation.get_language())
        return response


class ActorMiddleware:
    """Sets `request.actor` and turns the policies' exceptions into answers people can read."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        if request.user.is_authenticated:
            mine = cast(ActorRequest, request)
            mine.memberships = running_memberships(request.user)
            mine.actor = actor_of(request.user, mine.memberships, request.session.get(MEMBERSHIP_KEY))
            if settings.LANGUAGE_COOKIE_NAME not in request.COOKIES:
                translation.activate(request.user.language)
        response = self.get_response(request)
        response.setdefault("Cache-Control", "no-store")  # nothing of a contract stays in a shared browser
        return response

    def process_exception(self, request: HttpRequest, error: Exception) -> HttpResponse | None:
        if isinstance(error, NotVisible):
            return render(request, "404.html", status=404)
        if isinstance(error, NotAllowed):
            return render(request, "403.html", {"reason": error.reason}, status=403)
        if isinstance(error, Refused):
            return render(request, "409.html", {"reasons": error.reasons}, status=409)
        return None


class PlainAddressMiddleware:
    """No address holds NUL, which the database cannot compare with anything: there is nothing there."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        if "\x00" in request.path or "%00" in request.META.get("QUERY_STRING", ""):
            return render(request, "404.html", status=404)
        return self.get_response(request)


def access(
    permission: Permission, *, in_contract: bool = False
) -> Callable[
    [Callable[Concatenate[ActorRequest, P], HttpResponseBase]], Callable[Concatenate[HttpRequest, P], HttpResponseBase]
]:
    """Declare what an address demands.

    PUBLIC opens it to visitors. A permission in one's own organisation is asked for here; one in a contract
    (`in_contract=True`) is asked for where the contract is fetched, by `contracts.queries.get_contract_for`.
    A test reads the declaration of every address and walks it with every role.
    """

    def declare(
        view: Callable[Concatenate[ActorRequest, P], HttpResponseBase],
    ) -> Callable[Concatenate[HttpRequest, P], HttpResponseBase]:
        @wraps(view)
        def guarded(request: HttpRequest, /, *args: P.args, **kwargs: P.kwargs) -> HttpResponseBase:
            actor_request = cast(ActorRequest, request)
            if permission is not Permission.PUBLIC and not in_contract:
                require(actor_request.actor, permission)
            return view(actor_request, *args, **kwargs)

        guarded.permission = permission  # type: ignore[attr-defined]
        guarded.in_contract = in_contract  # type: ignore[attr-defined]
        return cast(Any, login_not_required(guarded)) if permission is Permission.PUBLIC else guarded

    return declare


def page_or_fragment(
    request: HttpRequest, page: str, fragment: str, context: dict[str, Any], *, status: int = 200
) -> HttpResponse:
    """The whole page, or only its named part when htmx asks; same address, same context."""
    htmx = cast(ActorRequest, request).htmx
    template = fragment if htmx and not htmx.boosted and not htmx.history_restore_request else page
    response = render(request, template, context, status=status)
    patch_vary_headers(response, ["HX-Request"])
    return response


def done(request: HttpRequest, message: str, to: str, *args: Any) -> HttpResponse:
    """Tell what was done and go to the page that shows it."""
    messages.success(request, message)
    return redirect(to, *args)


def locked_out(request: HttpRequest, original_response: object = None, credentials: object = None) -> HttpResponse:
    """Too many failed logins: say so, for how long, and the way out."""
    return render(request, "actors/locked_out.html", status=429)


def csrf_failure(request: HttpRequest, reason: str = "") -> HttpResponse:
    """The form was too old or came from elsewhere: what to do, in the reader's words."""
    text = _(
        "The form had been open too long, or was opened in another window. Go back, reload the page and try again."
    )
    return render(request, "403.html", {"reason": text}, status=403)


def use_language(response: HttpResponse, language: str) -> HttpResponse:
    """Remember the reader's language in this browser."""
    translation.activate(language)
    response.set_cookie(
        settings.LANGUAGE_COOKIE_NAME,
        language,
        max_age=365 * 24 * 3600,
        httponly=True,
        samesite="Lax",
        secure=settings.LANGUAGE_COOKIE_SECURE,
    )
    return response

"""Pages of people: account, organisation, language."""

from django.conf import settings
from django.contrib import auth
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.http import url_has_allowed_host_and_scheme
from django.views.decorators.http import require_POST

from actors.http import ActorRequest, access, use_language
from actors.roles import Permission


def own_address(request: HttpRequest, fallback: str = "/") -> str:
    """Where the form asks to go next, if that is a page of ours."""
    wanted = request.POST.get("next", "")
    safe = url_has_allowed_host_and_scheme(wanted, {request.get_host()}, require_https=request.is_secure())
    return wanted if safe else fallback


@access(Permission.PUBLIC)
@require_POST
def set_language(request: ActorRequest) -> HttpResponse:
    """Choose the language, for this browser and for the person's account."""
    language = request.POST.get("language", "")
    if language not in dict(settings.LANGUAGES):
        language = settings.LANGUAGE_CODE
    if request.user.is_authenticated:
        request.user.language = language
        request.user.save(update_fields=["language"])
    return use_language(redirect(own_address(request)), language)


@access(Permission.PUBLIC)
@require_POST
def logout(request: ActorRequest) -> HttpResponse:
    auth.logout(request)
    return redirect(settings.LOGOUT_REDIRECT_URL)


@access(Permission.PUBLIC)
def accessibility(request: ActorRequest) -> HttpResponse:
    return render(request, "actors/accessibility.html")


@access(Permission.PUBLIC)
def personal_data(request: ActorRequest) -> HttpResponse:
    return render(request, "actors/personal_data.html")


@access(Permission.OWN_ACCOUNT)
def account(request: ActorRequest) -> HttpResponse:
    return render(request, "actors/account.html")


@access(Permission.OWN_ACCOUNT)
def choose_organisation(request: ActorRequest) -> HttpResponse:
    return render(request, "actors/choose_organisation.html")


@access(Permission.OWN_ACCOUNT)
def organisation(request: ActorRequest) -> HttpResponse:
    return render(request, "actors/organisation.html")

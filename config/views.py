"""The pages for what went wrong, and the developers' page of components."""

from django.conf import settings
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import render

from actors.http import access
from actors.roles import Permission
from config.component_examples import examples


def forbidden(request: HttpRequest, exception: Exception) -> HttpResponse:
    return render(request, "403.html", status=403)


def not_found(request: HttpRequest, exception: Exception) -> HttpResponse:
    return render(request, "404.html", status=404)


def server_error(request: HttpRequest) -> HttpResponse:
    return render(request, "500.html", status=500)


@access(Permission.PUBLIC)
def components(request: HttpRequest) -> HttpResponse:
    """Every component with its examples; only where somebody develops or tries things out."""
    if not (settings.DEBUG or settings.DEMO):
        raise Http404
    frame = {"site_header", "site_footer", "messages"}  # seen around the page itself
    shown = {name: values for name, values in examples().items() if name not in frame}
    return render(request, "components.html", {"examples": shown})

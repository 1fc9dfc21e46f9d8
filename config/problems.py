"""Errors of the API in one form: RFC 9457 problem details, everything wrong at once."""

from typing import Any

from django.http import Http404
from django.utils.translation import gettext as _
from rest_framework.exceptions import APIException, ValidationError
from rest_framework.response import Response
from rest_framework.views import exception_handler

from actors.policies import NotAllowed, NotVisible, Refused

CONTENT_TYPE = "application/problem+json"


def problem(status: int, title: str, detail: str = "", errors: list[dict[str, Any]] | None = None) -> Response:
    """A problem answer. `errors` lists every fault with `where`, `code` and `message`."""
    body: dict[str, Any] = {"type": "about:blank", "title": title, "status": status}
    if detail:
        body["detail"] = detail
    if errors:
        body["errors"] = errors
    return Response(body, status=status, content_type=CONTENT_TYPE)


def _flatten(detail: Any, where: str = "") -> list[dict[str, Any]]:
    if isinstance(detail, dict):
        return [e for key, value in detail.items() for e in _flatten(value, f"{where}.{key}" if where else str(key))]
    if isinstance(detail, list) and any(isinstance(item, dict | list) for item in detail):
        return [e for index, value in enumerate(detail) for e in _flatten(value, f"{where}[{index}]")]
    items = detail if isinstance(detail, list) else [detail]
    return [{"where": where, "code": getattr(item, "code", "invalid"), "message": str(item)} for item in items]


def problem_response(error: Exception, context: dict[str, Any]) -> Response | None:
    """DRF's exception handler: policies' exceptions and DRF's own, as problem details."""
    if isinstance(error, NotVisible | Http404):
        return problem(404, _("Not found"), _("There is nothing here that you may see."))
    if isinstance(error, NotAllowed):
        return problem(403, _("Not allowed"), error.reason)
    if isinstance(error, Refused):
        errors = [{"where": "", "code": "refused", "message": reason} for reason in error.reasons]
        return problem(409, _("Not possible now"), " ".join(error.reasons), errors)
    response = exception_handler(error, context)
    if response is None or not isinstance(error, APIException):
        return response
    if isinstance(error, ValidationError):
        answer = problem(error.status_code, _("The request has faults"), "", _flatten(error.detail))
    else:
        answer = problem(error.status_code, str(error.default_detail), str(error.detail))
    for header, value in response.items():
        if header.lower() != "content-type":
            answer[header] = value
    return answer

"""The API's own documentation: the OpenAPI document, and the same as a page that needs no script."""

from dataclasses import dataclass
from functools import cache
from typing import Any

from django.http import HttpResponse
from django.shortcuts import render
from drf_spectacular.generators import SchemaGenerator
from drf_spectacular.views import SpectacularAPIView
from rest_framework.permissions import AllowAny

from actors.http import ActorRequest, access
from actors.roles import Permission


class OpenApiView(SpectacularAPIView):
    """The OpenAPI document of the API, open to everybody."""

    authentication_classes = ()
    permission_classes = (AllowAny,)


@dataclass(frozen=True)
class Field:
    """One property of a body or one parameter of an address."""

    name: str
    type: str
    required: bool
    description: str


@dataclass(frozen=True)
class Operation:
    """One method on one address, as the page shows it."""

    method: str
    path: str
    anchor: str
    summary: str
    description: str
    parameters: list[Field]
    body: list[Field]
    answers: list[tuple[str, str, list[Field]]]


def operations(document: dict[str, Any]) -> list[Operation]:
    """Every operation of an OpenAPI document, by address."""
    found = []
    for path, methods in document["paths"].items():
        for method, operation in methods.items():
            first, _, rest = operation.get("description", "").partition("\n")
            body = operation.get("requestBody", {})
            found.append(
                Operation(
                    method=method.upper(),
                    path=path,
                    anchor=operation["operationId"],
                    summary=operation.get("summary", first),
                    description=rest.strip() if "summary" not in operation else operation.get("description", ""),
                    parameters=[
                        Field(p["name"], _type(p.get("schema", {})), p.get("required", False), p.get("description", ""))
                        for p in operation.get("parameters", [])
                    ],
                    body=_fields(document, body),
                    answers=[
                        (status, answer.get("description", ""), _fields(document, answer))
                        for status, answer in operation.get("responses", {}).items()
                    ],
                )
            )
    return sorted(found, key=lambda operation: (operation.path, operation.method))


def _type(schema: dict[str, Any]) -> str:
    if "$ref" in schema:
        return str(schema["$ref"].rsplit("/", 1)[-1])
    if schema.get("type") == "array":
        return f"[{_type(schema.get('items', {}))}]"
    return " · ".join(str(part) for part in (schema.get("type", "object"), schema.get("format")) if part)


def _fields(document: dict[str, Any], holder: dict[str, Any]) -> list[Field]:
    content: dict[str, Any] = next(iter(holder.get("content", {}).values()), {})
    schema = content.get("schema", {})
    if schema.get("type") == "array":
        schema = schema.get("items", {})
    if "$ref" in schema:
        schema = document["components"]["schemas"][schema["$ref"].rsplit("/", 1)[-1]]
    required = schema.get("required", [])
    return [
        Field(name, _type(prop), name in required, prop.get("description", ""))
        for name, prop in schema.get("properties", {}).items()
    ]


@cache
def _operations() -> list[Operation]:
    return operations(SchemaGenerator().get_schema(request=None, public=True))  # type: ignore[no-untyped-call]


@access(Permission.PUBLIC)
def api_docs(request: ActorRequest) -> HttpResponse:
    """The documentation as a page: every address, what it takes and what it answers."""
    return render(request, "config/api_docs.html", {"operations": _operations()})

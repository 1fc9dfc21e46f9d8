"""Every address of the API, /api/v1/, app by app."""

from django.urls import URLPattern, URLResolver, path

from config.api_docs import OpenApiView, api_docs

urlpatterns: list[URLPattern | URLResolver] = [
    path("schema/", OpenApiView.as_view(), name="api-schema"),
    path("", api_docs, name="api-docs"),
]

"""Addresses of the guided path and its first steps."""

from django.urls import URLPattern

urlpatterns: list[URLPattern] = []

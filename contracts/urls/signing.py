"""Addresses of the signatures."""

from django.urls import URLPattern

urlpatterns: list[URLPattern] = []

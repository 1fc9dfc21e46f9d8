"""Addresses of how a measure is made."""

from django.urls import URLPattern

urlpatterns: list[URLPattern] = []

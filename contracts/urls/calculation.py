"""Addresses of the register of assumptions and who gains what."""

from django.urls import URLPattern

urlpatterns: list[URLPattern] = []

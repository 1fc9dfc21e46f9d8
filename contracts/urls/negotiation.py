"""Addresses of comments, redline, delegates and merging."""

from django.urls import URLPattern

urlpatterns: list[URLPattern] = []

"""Addresses of the political decisions."""

from django.urls import path

from contracts.views import political as views

urlpatterns = [
    path("<slug:code>/beslut/", views.political_decisions, name="political_decisions"),
    path("<slug:code>/beslut/nytt/", views.political_decision_record, name="political_decision_record"),
    path(
        "<slug:code>/beslut/<int:decision>/ratta/", views.political_decision_correct, name="political_decision_correct"
    ),
]

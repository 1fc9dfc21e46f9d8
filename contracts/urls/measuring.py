"""Addresses of how a measure is made."""

from django.urls import path

from contracts.views import baseline, kolada

urlpatterns = [
    path("<slug:code>/matning/kolada/", kolada.kolada_search, name="kolada_search"),
    path("<slug:code>/matning/kolada/uttag/<int:snapshot>/", kolada.kolada_snapshot, name="kolada_snapshot"),
    path(
        "<slug:code>/matning/kolada/uttag/<int:snapshot>/varden.csv",
        kolada.kolada_snapshot_csv,
        name="kolada_snapshot_csv",
    ),
    path("<slug:code>/matning/kolada/uttag/<int:snapshot>/behov/", kolada.kolada_need_add, name="kolada_need_add"),
    path(
        "<slug:code>/matning/kolada/uttag/<int:snapshot>/behov/ta-bort/",
        kolada.kolada_need_remove,
        name="kolada_need_remove",
    ),
    path("<slug:code>/matning/kolada/<slug:figure>/", kolada.kolada_figure, name="kolada_figure"),
    path("<slug:code>/matning/<int:measure>/baslinje/", baseline.baseline_edit, name="baseline_edit"),
]

"""Addresses of how a measure is made, and of figures from Kolada."""

from django.urls import path

from contracts.views import baseline, kolada, measures

urlpatterns = [
    path("<slug:code>/matning/", measures.measures, name="measures"),
    path("<slug:code>/matning/jamfor/", measures.measure_compare, name="measure_compare"),
    path("<slug:code>/matning/nytt/", measures.measure_add, name="measure_add"),
    path("<slug:code>/matning/bibliotek/", measures.measure_adopt, name="measure_adopt"),
    path("<slug:code>/matning/baslinjer/", measures.baselines, name="baselines"),
    path("<slug:code>/matning/<int:measure>/", measures.measure_detail, name="measure_detail"),
    path("<slug:code>/matning/<int:measure>/definiera/", measures.measure_define, name="measure_define"),
    path("<slug:code>/matning/<int:measure>/bedom/", measures.measure_score, name="measure_score"),
    path("<slug:code>/matning/<int:measure>/valj/", measures.measure_choose, name="measure_choose"),
    path("<slug:code>/matning/<int:measure>/godkann/", measures.measure_approve, name="measure_approve"),
    path("<slug:code>/matning/<int:measure>/villkor/", measures.measure_metric, name="measure_metric"),
    path("<slug:code>/matning/<int:measure>/baslinje/", baseline.baseline_edit, name="baseline_edit"),
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
]

"""Addresses of the register of assumptions and who gains what."""

from django.urls import path

from contracts.views import assumptions, benefits, calculation

urlpatterns = [
    path("<slug:code>/kalkyl/", calculation.calculation, name="calculation"),
    path("<slug:code>/kalkyl/kalkyl.csv", calculation.calculation_csv, name="calculation_csv"),
    path("<slug:code>/kalkyl/budgetar.svg", calculation.calculation_waterfall, name="calculation_waterfall"),
    path("<slug:code>/kalkyl/ar-for-ar.svg", calculation.calculation_cumulative, name="calculation_cumulative"),
    path("<slug:code>/kalkyl/ramar/", calculation.calculation_frame, name="calculation_frame"),
    path("<slug:code>/kalkyl/nytta/ny/", benefits.benefit_add, name="benefit_add"),
    path("<slug:code>/kalkyl/nytta/<int:benefit>/andra/", benefits.benefit_change, name="benefit_change"),
    path("<slug:code>/kalkyl/nytta/<int:benefit>/ta-bort/", benefits.benefit_remove, name="benefit_remove"),
    path("<slug:code>/kalkyl/antaganden/", assumptions.assumptions, name="assumptions"),
    path("<slug:code>/kalkyl/antaganden/antaganden.csv", assumptions.assumptions_csv, name="assumptions_csv"),
    path("<slug:code>/kalkyl/antaganden/nytt/", assumptions.assumption_add, name="assumption_add"),
    path("<slug:code>/kalkyl/antaganden/<int:assumption>/", assumptions.assumption, name="assumption"),
    path(
        "<slug:code>/kalkyl/antaganden/<int:assumption>/andra/", assumptions.assumption_change, name="assumption_change"
    ),
    path(
        "<slug:code>/kalkyl/antaganden/<int:assumption>/ta-bort/",
        assumptions.assumption_remove,
        name="assumption_remove",
    ),
]

"""Addresses of simulations."""

from django.urls import path

from contracts.views import simulation as views

urlpatterns = [
    path("<slug:code>/kalkyl/simulering/", views.simulation, name="simulation"),
    path("<slug:code>/kalkyl/simulering/dra/", views.simulation_draw, name="simulation_draw"),
    path("<slug:code>/kalkyl/simulering/jamfor/", views.simulation_compare, name="simulation_compare"),
    path("<slug:code>/kalkyl/simulering/jamfor/dra/", views.simulation_compare_draw, name="simulation_compare_draw"),
    path("<slug:code>/kalkyl/simulering/kanslighet/", views.tornado, name="tornado"),
    path("<slug:code>/kalkyl/simulering/kanslighet/dra/", views.tornado_ask, name="tornado_ask"),
    path("<slug:code>/kalkyl/simulering/scenarier/", views.scenarios, name="scenarios"),
    path("<slug:code>/kalkyl/simulering/scenarier/dra/", views.scenarios_ask, name="scenarios_ask"),
    path("<slug:code>/kalkyl/simulering/scenarier/nytt/", views.scenario_add, name="scenario_add"),
    path("<slug:code>/kalkyl/simulering/scenarier/<int:scenario>/", views.scenario_change, name="scenario_change"),
    path(
        "<slug:code>/kalkyl/simulering/scenarier/<int:scenario>/ta-bort/", views.scenario_remove, name="scenario_remove"
    ),
    path("<slug:code>/kalkyl/simulering/<uuid:simulation>/", views.simulation_run, name="simulation_run"),
    path(
        "<slug:code>/kalkyl/simulering/<uuid:simulation>/simulering.json", views.simulation_json, name="simulation_json"
    ),
    path("<slug:code>/kalkyl/simulering/<uuid:simulation>/simulering.csv", views.simulation_csv, name="simulation_csv"),
    path(
        "<slug:code>/kalkyl/simulering/<uuid:simulation>/<slug:picture>.svg",
        views.simulation_chart,
        name="simulation_chart",
    ),
]

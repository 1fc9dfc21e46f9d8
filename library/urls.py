"""Addresses under /bibliotek/."""

from django.urls import path

from library.views import review, shelf, templates

app_name = "library"
urlpatterns = [
    path("", shelf.shelf, name="shelf"),
    path("mallar/", templates.templates, name="templates"),
    path("mallar/att-granska/", review.review_queue, name="review_queue"),
    path("mallar/<slug:slug>/", templates.template, name="template"),
    path("mallar/<slug:slug>/<int:number>/", templates.template_version, name="template_version"),
    path("mallar/<slug:slug>/<int:number>/publicera/", review.template_publish, name="template_publish"),
    path("mallar/<slug:slug>/<int:number>/atersand/", review.template_return, name="template_return"),
    path("mallar/<slug:slug>/<int:number>/ta-ner/", review.template_retire, name="template_retire"),
    path("indikatorer/", shelf.indicators, name="indicators"),
    path("indikatorer/<slug:slug>/", shelf.indicator, name="indicator"),
    path("kostnader/", shelf.unit_costs, name="unit_costs"),
    path("kostnader/lista.csv", shelf.unit_costs_csv, name="unit_costs_csv"),
    path("kostnader/<slug:slug>/", shelf.unit_cost, name="unit_cost"),
    path("metod/", shelf.guides, name="guides"),
    path("metod/<slug:slug>/", shelf.guide, name="guide"),
]

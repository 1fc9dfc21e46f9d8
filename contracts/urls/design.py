"""Addresses of the guided path and its first steps."""

from django.urls import path

from contracts.views import design as views

urlpatterns = [
    path("<slug:code>/vagen/", views.design, name="design"),
    path("<slug:code>/vagen/behov/", views.design_need, name="design_need"),
    path("<slug:code>/vagen/malgrupp/", views.design_target_group, name="design_target_group"),
    path("<slug:code>/vagen/effektkedja/", views.chain, name="chain"),
    path("<slug:code>/vagen/effektkedja/nytt/", views.chain_add, name="chain_add"),
    path("<slug:code>/vagen/effektkedja/<int:link>/", views.chain_change, name="chain_change"),
    path("<slug:code>/vagen/effektkedja/<int:link>/flytta/", views.chain_move, name="chain_move"),
    path("<slug:code>/vagen/effektkedja/<int:link>/ta-bort/", views.chain_remove, name="chain_remove"),
]

"""Addresses of contracts, parties and terms. «nytt» and «lista.csv» come before every code."""

from django.urls import path

from contracts import views

urlpatterns = [
    path("", views.contract_list, name="contract_list"),
    path("lista.csv", views.contract_list_csv, name="contract_list_csv"),
    path("nytt/", views.contract_draft, name="contract_draft"),
    path("nytt/indikator/<slug:slug>/", views.indicator_adopt, name="indicator_adopt"),
    path("nytt/mall/", views.template_contracts, name="template_contracts"),
    path("nytt/fran-mall/<slug:slug>/", views.template_drafts, name="template_drafts"),
    path("<slug:code>/fran-mall/", views.template_adopt, name="template_adopt"),
    path("<slug:code>/bli-mall/", views.template_offer, name="template_offer"),
    path("<slug:code>/andra/", views.contract_edit, name="contract_edit"),
    path("<slug:code>/starta/", views.contract_start, name="contract_start"),
    path("<slug:code>/avsluta/", views.contract_close, name="contract_close"),
    path("<slug:code>/saga-upp/", views.contract_terminate, name="contract_terminate"),
    path("<slug:code>/parter/", views.contract_parties, name="contract_parties"),
    path("<slug:code>/parter/ny/", views.party_add, name="party_add"),
    path("<slug:code>/parter/<int:party>/andra/", views.party_change, name="party_change"),
    path("<slug:code>/parter/<int:party>/ta-bort/", views.party_remove, name="party_remove"),
    path("<slug:code>/parter/<int:party>/efterfoljare/", views.succession_name, name="succession_name"),
    path("<slug:code>/parter/<int:party>/efterfoljare/ta-bort/", views.succession_withdraw, name="succession_withdraw"),
    path("<slug:code>/villkor/", views.contract_terms, name="contract_terms"),
    path("<slug:code>/villkor/andra/", views.terms_edit, name="terms_edit"),
    path("<slug:code>/villkor/kontrollera/", views.terms_check, name="terms_check"),
    path("<slug:code>/villkor/redigera/", views.editor_overview, name="editor_overview"),
    path("<slug:code>/villkor/redigera/allmant/", views.editor_general, name="editor_general"),
    path("<slug:code>/villkor/redigera/<slug:part>/<int:item>/", views.editor_item, name="editor_item"),
    path("<slug:code>/villkor/foresla/", views.contract_propose, name="contract_propose"),
    path("<slug:code>/villkor/godkann/", views.contract_accept, name="contract_accept"),
    path("<slug:code>/villkor/atersand/", views.contract_return, name="contract_return"),
    path("<slug:code>/villkor/dra-tillbaka/", views.contract_withdraw, name="contract_withdraw"),
    path("<slug:code>/villkor/tillagg/", views.contract_amend, name="contract_amend"),
    path("<slug:code>/villkor/<int:number>/", views.contract_version, name="contract_version"),
    path("<slug:code>/villkor/<int:number>/villkor.json", views.terms_download, name="terms_download"),
]

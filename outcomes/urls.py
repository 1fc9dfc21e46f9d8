"""Addresses of outcomes under /avtal/. What belongs to the whole contract comes before the periods' names."""

from django.urls import path

from outcomes import views

app_name = "outcomes"
urlpatterns = [
    path("<slug:code>/utfall/", views.periods, name="periods"),
    path("<slug:code>/utfall/oppna/", views.period_open, name="period_open"),
    path("<slug:code>/utfall/mall.xlsx", views.import_template, name="import_template"),
    path("<slug:code>/utfall/mall.csv", views.import_template_csv, name="import_template_csv"),
    path("<slug:code>/utfall/deltagare/", views.participants, name="participants"),
    path("<slug:code>/utfall/deltagare/nya/", views.participant_enrol, name="participant_enrol"),
    path("<slug:code>/utfall/deltagare/<uuid:participant>/radera/", views.participant_erase, name="participant_erase"),
    path("<slug:code>/utfall/underlag/<int:evidence>/", views.evidence_file, name="evidence_file"),
    path("<slug:code>/utfall/importer/<int:batch>/", views.import_preview, name="import_preview"),
    path("<slug:code>/utfall/importer/<int:batch>/bekrafta/", views.import_confirm, name="import_confirm"),
    path("<slug:code>/utfall/importer/<int:batch>/kasta/", views.import_discard, name="import_discard"),
    path("<slug:code>/utfall/importer/<int:batch>/ta-tillbaka/", views.import_withdraw, name="import_withdraw"),
    path("<slug:code>/utfall/ansprak/<uuid:claim>/", views.claim_detail, name="claim_detail"),
    path("<slug:code>/utfall/ansprak/<uuid:claim>/ratta/", views.claim_correct, name="claim_correct"),
    path("<slug:code>/utfall/ansprak/<uuid:claim>/ta-tillbaka/", views.claim_withdraw, name="claim_withdraw"),
    path("<slug:code>/utfall/ansprak/<uuid:claim>/omprova/", views.claim_revise, name="claim_revise"),
    path("<slug:code>/utfall/matvarden/<uuid:observation>/ta-tillbaka/", views.value_withdraw, name="value_withdraw"),
    path("<slug:code>/utfall/<str:period>/", views.period_detail, name="period_detail"),
    path("<slug:code>/utfall/<str:period>/ansprak.csv", views.period_claims_csv, name="period_claims_csv"),
    path("<slug:code>/utfall/<str:period>/rapportera/", views.period_report, name="period_report"),
    path("<slug:code>/utfall/<str:period>/importera/", views.import_upload, name="import_upload"),
    path("<slug:code>/utfall/<str:period>/ansprak/nytt/", views.claim_new, name="claim_new"),
    path("<slug:code>/utfall/<str:period>/matvarden/nytt/", views.value_new, name="value_new"),
    path("<slug:code>/utfall/<str:period>/underlag/nytt/", views.evidence_add, name="evidence_add"),
    path("<slug:code>/verifiering/", views.verification_queue, name="verification_queue"),
    path("<slug:code>/verifiering/<str:period>/", views.verification_period, name="verification_period"),
    path("<slug:code>/verifiering/<str:period>/beslut/", views.verification_decide, name="verification_decide"),
    path(
        "<slug:code>/verifiering/<str:period>/matvarden/<uuid:observation>/",
        views.verification_value,
        name="verification_value",
    ),
    path("<slug:code>/verifiering/<str:period>/klart/", views.verification_finish, name="verification_finish"),
    path("<slug:code>/verifiering/<str:period>/aterlamna/", views.verification_return, name="verification_return"),
]

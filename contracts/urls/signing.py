"""Addresses of the signatures. «underskrift/svar/» comes before every code."""

from django.urls import path

from contracts.views import signing

urlpatterns = [
    path("underskrift/svar/", signing.oidc_answer, name="oidc_answer"),
    path("<slug:code>/underskrift/", signing.contract_sign, name="contract_sign"),
    path("<slug:code>/underskrift/losenord/", signing.sign_password, name="sign_password"),
    path("<slug:code>/underskrift/legitimera/<slug:way>/", signing.sign_identify, name="sign_identify"),
    path("<slug:code>/underskrift/ordning/", signing.signing_plan_page, name="signing_plan"),
    path("<slug:code>/underskrift/ordning/ny/", signing.signing_group_add, name="signing_group_add"),
    path("<slug:code>/underskrift/ordning/<int:group>/", signing.signing_group_change, name="signing_group_change"),
    path("<slug:code>/underskrift/ordning/<int:group>/ta-bort/", signing.signing_group_end, name="signing_group_end"),
]

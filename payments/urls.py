"""Addresses under /avtal/<code>/: settlements, payment orders and the ledger. «order» comes before every period."""

from django.urls import path

from payments import views

app_name = "payments"
urlpatterns = [
    path("<slug:code>/ersattning/", views.settlements, name="settlements"),
    path("<slug:code>/ersattning/order/<uuid:pk>/", views.order_detail, name="order_detail"),
    path("<slug:code>/ersattning/order/<uuid:pk>/granska/", views.order_review, name="order_review"),
    path("<slug:code>/ersattning/order/<uuid:pk>/besluta/", views.order_decide, name="order_decide"),
    path("<slug:code>/ersattning/order/<uuid:pk>/neka/", views.order_refuse, name="order_refuse"),
    path("<slug:code>/ersattning/order/<uuid:pk>/betald/", views.order_confirm, name="order_confirm"),
    path("<slug:code>/ersattning/<str:period>/", views.settlement_detail, name="settlement_detail"),
    path("<slug:code>/ersattning/<str:period>/spar.json", views.settlement_trace, name="settlement_trace"),
    path(
        "<slug:code>/ersattning/<str:period>/bestall/<slug:payer>/<slug:payee>/",
        views.order_payment,
        name="order_payment",
    ),
    path("<slug:code>/huvudbok/", views.ledger, name="ledger"),
    path("<slug:code>/huvudbok/huvudbok.csv", views.ledger_csv, name="ledger_csv"),
]

"""Addresses of people: log in and out, one's account, one's organisation."""

from django.contrib.auth import views as auth
from django.contrib.auth.decorators import login_not_required
from django.urls import path

from actors import views

LOGIN = {"template_name": "actors/login.html"}
app_name = "actors"
urlpatterns = [
    path("sprak/", views.set_language, name="set_language"),
    path("tillganglighet/", views.accessibility, name="accessibility"),
    path("personuppgifter/", views.personal_data, name="personal_data"),
    path("konto/logga-in/", login_not_required(auth.LoginView.as_view(**LOGIN)), name="login"),
    path("konto/logga-ut/", views.logout, name="logout"),
    path("konto/", views.account, name="account"),
    path("konto/valj-organisation/", views.choose_organisation, name="choose_organisation"),
    path("organisation/", views.organisation, name="organisation"),
]

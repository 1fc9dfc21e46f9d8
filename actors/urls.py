"""Addresses of people: log in and out, one's account, one's organisation."""

from django.urls import path

from actors import views

app_name = "actors"
urlpatterns = [
    path("sprak/", views.set_language, name="set_language"),
    path("tillganglighet/", views.accessibility, name="accessibility"),
    path("personuppgifter/", views.personal_data, name="personal_data"),
    path("inbjudan/<str:token>/", views.accept_invitation, name="accept_invitation"),
    path("konto/", views.account, name="account"),
    path("konto/logga-in/", views.login, name="login"),
    path("konto/logga-ut/", views.logout, name="logout"),
    path("konto/losenord/", views.password_change, name="password_change"),
    path("konto/glomt-losenord/", views.password_reset, name="password_reset"),
    path("konto/glomt-losenord/skickat/", views.password_reset_sent, name="password_reset_sent"),
    path("konto/nytt-losenord/<uidb64>/<token>/", views.password_reset_confirm, name="password_reset_confirm"),
    path("konto/organisation/", views.choose_organisation, name="choose_organisation"),
    path("konto/meddelanden/", views.notices, name="notices"),
    path("konto/meddelanden/lasta/", views.notices_read, name="notices_read"),
    path("konto/nycklar/ny/", views.token_new, name="token_new"),
    path("konto/nycklar/<int:pk>/aterkalla/", views.token_revoke, name="token_revoke"),
    path("organisation/", views.organisation, name="organisation"),
    path("organisation/namnder/ny/", views.board_add, name="board_add"),
    path("organisation/medlemmar/", views.members, name="members"),
    path("organisation/medlemmar/<int:membership>/", views.member, name="member"),
    path("organisation/medlemmar/<int:membership>/avsluta/", views.member_end, name="member_end"),
    path("organisation/inbjudningar/ny/", views.invite, name="invite"),
    path("organisation/inbjudningar/<int:invitation>/aterta/", views.invitation_withdraw, name="invitation_withdraw"),
]

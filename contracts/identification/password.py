"""The account's own password, written again. Failures are counted as failed logins are, and lock the account."""

from datetime import datetime

from django.contrib.auth import authenticate
from django.http import HttpRequest, HttpResponseBase
from django.shortcuts import redirect
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from contracts.identification.base import NotProved, Proof, Purpose


class Password:
    """Asks on a page of ours; `finish` reads the field `password` of what was posted."""

    key = "password"
    label = gettext_lazy("Write your password again")

    def start(self, request: HttpRequest, purpose: Purpose, at: datetime) -> HttpResponseBase:
        return redirect("contracts:sign_password", purpose.contract_code)

    def finish(self, request: HttpRequest, purpose: Purpose, at: datetime) -> Proof:
        user = authenticate(request, username=purpose.email, password=request.POST.get("password", ""))
        if getattr(request, "axes_locked_out", False):
            raise NotProved(_("Too many wrong passwords. The account is locked for a quarter of an hour."))
        if user is None or user.pk != purpose.user_pk:
            raise NotProved(_("The password is not right. Write the one you log in with."))
        return Proof(self.key, {}, at)

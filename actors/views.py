"""Pages of people: the visitor's, one's account, one's organisation."""

from datetime import timedelta
from typing import Any

from django.conf import settings
from django.contrib import auth, messages
from django.contrib.auth.views import PasswordResetConfirmView
from django.core.paginator import Paginator
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse_lazy
from django.utils import timezone, translation
from django.utils.http import url_has_allowed_host_and_scheme, urlencode
from django.utils.translation import gettext as _
from django.views.decorators.debug import sensitive_post_parameters
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from actors import actions, queries
from actors.api_auth import new_secret
from actors.forms import (
    AcceptInvitationForm,
    AccountForm,
    BoardForm,
    DutiesForm,
    InvitationForm,
    LoginForm,
    NewPasswordForm,
    PasswordChangeForm,
    PasswordResetForm,
    TokenForm,
)
from actors.http import MEMBERSHIP_KEY, ActorRequest, access, done, use_language
from actors.mail import words_of
from actors.models import User
from actors.policies import Actor, NotVisible, Refused, can
from actors.roles import Permission

PAGE_SIZE = 25
MODEL_BACKEND = settings.AUTHENTICATION_BACKENDS[-1]
form_page = require_http_methods(["GET", "HEAD", "POST"])


def own_address(request: HttpRequest, fallback: str) -> str:
    """Where the visitor asks to go next, if that is a page of ours."""
    wanted = request.POST.get("next") or request.GET.get("next", "")
    if not wanted.startswith("/") or not wanted.isprintable():
        return fallback  # a bare word would be taken for the name of a page
    safe = url_has_allowed_host_and_scheme(wanted, {request.get_host()}, require_https=request.is_secure())
    return wanted if safe else fallback


def sent(request: HttpRequest) -> Any:
    """What was posted, be it nothing; None when the page is only asked for."""
    return request.POST if request.method == "POST" else None


def answer(request: HttpRequest, template: str, form: Any, **context: Any) -> HttpResponse:
    """The page of a form: 200 when it is asked for, 422 when what was sent has faults."""
    status = 422 if form.is_bound else 200
    return render(request, template, context | {"form": form}, status=status)


def refuse(form: Any, refused: Refused) -> None:
    """Show an action's refusal in the form that asked for it."""
    for reason in refused.reasons:
        form.add_error(None, reason)


# --- Visitors --------------------------------------------------------------------------------------------------------


@access(Permission.PUBLIC)
@require_POST
def set_language(request: ActorRequest) -> HttpResponse:
    """Choose the language, for this browser and for the person's account."""
    language = request.POST.get("language", "")
    if language not in dict(settings.LANGUAGES):
        language = settings.LANGUAGE_CODE
    if request.user.is_authenticated:
        User.objects.filter(pk=request.user.pk).update(language=language)
    return use_language(redirect(own_address(request, "/")), language)


@access(Permission.PUBLIC)
@require_safe
def accessibility(request: ActorRequest) -> HttpResponse:
    return render(request, "actors/accessibility.html")


@access(Permission.PUBLIC)
@require_safe
def personal_data(request: ActorRequest) -> HttpResponse:
    return render(request, "actors/personal_data.html")


@access(Permission.PUBLIC)
@sensitive_post_parameters("password")
@form_page
def login(request: ActorRequest) -> HttpResponse:
    """Log in with e-mail address and password; axes counts the failures."""
    next_address = own_address(request, "")
    if request.user.is_authenticated:
        return redirect(next_address or settings.LOGIN_REDIRECT_URL)
    form = LoginForm(request, data=sent(request))
    if form.is_valid():
        user: Any = form.get_user()
        auth.login(request, user)
        return use_language(redirect(next_address or settings.LOGIN_REDIRECT_URL), user.language)
    return answer(request, "actors/login.html", form, next=next_address)


@access(Permission.PUBLIC)
@require_POST
def logout(request: ActorRequest) -> HttpResponse:
    auth.logout(request)
    return redirect(settings.LOGOUT_REDIRECT_URL)


@access(Permission.PUBLIC)
@form_page
def password_reset(request: ActorRequest) -> HttpResponse:
    """Ask for a link by e-mail; the answer is the same whether the address has an account or not."""
    form = PasswordResetForm(sent(request))
    if form.is_valid():
        actions.request_password_reset(email=form.cleaned_data["email"], at=timezone.now())
        return redirect("actors:password_reset_sent")
    return answer(request, "actors/password_reset.html", form)


@access(Permission.PUBLIC)
@require_safe
def password_reset_sent(request: ActorRequest) -> HttpResponse:
    return render(request, "actors/password_reset_sent.html")


class _PasswordResetConfirm(PasswordResetConfirmView):
    """Django's own page behind the link: it keeps the token out of the address once it has been read."""

    form_class = NewPasswordForm
    template_name = "actors/password_reset_confirm.html"
    success_url = reverse_lazy("actors:login")

    def form_valid(self, form: Any) -> HttpResponse:
        user: Any = self.user
        actions.change_password(actor=Actor(user), password=form.cleaned_data["new_password1"], at=timezone.now())
        self.request.session.pop("_password_reset_token", None)
        return done(self.request, _("The new password is saved. Log in with it."), "actors:login")

    def form_invalid(self, form: Any) -> HttpResponse:
        return self.render_to_response(self.get_context_data(form=form), status=422)


@access(Permission.PUBLIC)
@sensitive_post_parameters()
def password_reset_confirm(request: ActorRequest, uidb64: str, token: str) -> Any:
    return _PasswordResetConfirm.as_view()(request, uidb64=uidb64, token=token)


@access(Permission.PUBLIC)
@sensitive_post_parameters("password", "password_again")
@form_page
def accept_invitation(request: ActorRequest, token: str) -> HttpResponse:
    """Behind the link of an invitation: make an account, or accept with the one that exists."""
    at = timezone.now()
    invitation = queries.invitation_by_hash(actions.secret_hash(token), at=at)
    if invitation is None:
        return render(request, "actors/invitation_over.html", status=404)
    owner = User.objects.filter(email__iexact=invitation.email).first()
    me: Any = request.user if request.user.is_authenticated else None
    if owner is not None or me is not None:
        context = {"invitation": invitation, "is_mine": me is not None and me == owner, "owner": owner}
        if request.method == "POST" and context["is_mine"]:
            membership = actions.accept_invitation(token=token, user=me, at=at)
            request.session[MEMBERSHIP_KEY] = membership.pk
            return done(request, _welcome(invitation.organisation.name), settings.LOGIN_REDIRECT_URL)
        return render(request, "actors/accept_invitation.html", context)
    form = AcceptInvitationForm(sent(request), email=invitation.email, initial={"name": invitation.name})
    if form.is_valid():
        membership = actions.accept_invitation(
            token=token,
            name=form.cleaned_data["name"],
            password=form.cleaned_data["password"],
            language=translation.get_language() or settings.LANGUAGE_CODE,
            at=at,
        )
        auth.login(request, membership.user, backend=MODEL_BACKEND)
        return done(request, _welcome(invitation.organisation.name), settings.LOGIN_REDIRECT_URL)
    return answer(request, "actors/accept_invitation.html", form, invitation=invitation)


def _welcome(organisation: str) -> str:
    return _("Welcome. You now act for %(organisation)s.") % {"organisation": organisation}


# --- One's account ---------------------------------------------------------------------------------------------------


@access(Permission.OWN_ACCOUNT)
@form_page
def account(request: ActorRequest) -> HttpResponse:
    """Name and language, memberships, tokens."""
    form = AccountForm(sent(request), instance=User.objects.get(pk=request.actor.user.pk))
    if form.is_valid():
        wanted = form.cleaned_data
        actions.change_account(actor=request.actor, at=timezone.now(), **wanted)
        translation.activate(wanted["language"])
        return use_language(done(request, _("Your account is saved."), "actors:account"), wanted["language"])
    return answer(request, "actors/account.html", form, tokens=queries.tokens_of(request.actor), now=timezone.now())


@access(Permission.OWN_ACCOUNT)
@sensitive_post_parameters()
@form_page
def password_change(request: ActorRequest) -> HttpResponse:
    form = PasswordChangeForm(request.actor.user, sent(request))
    if form.is_valid():
        actions.change_password(actor=request.actor, password=form.cleaned_data["new_password1"], at=timezone.now())
        auth.update_session_auth_hash(request, request.actor.user)
        return done(request, _("The new password is saved. You are logged out everywhere else."), "actors:account")
    return answer(request, "actors/password_change.html", form)


@access(Permission.OWN_ACCOUNT)
@form_page
def choose_organisation(request: ActorRequest) -> HttpResponse:
    """Act for another of one's organisations, in this session."""
    if request.method == "POST":
        chosen = next((m for m in request.memberships if str(m.pk) == request.POST.get("membership")), None)
        if chosen is None:
            raise NotVisible
        request.session[MEMBERSHIP_KEY] = chosen.pk
        text = _("You now act for %(organisation)s.") % {"organisation": chosen.organisation.name}
        return done(request, text, settings.LOGIN_REDIRECT_URL)
    return render(request, "actors/choose_organisation.html")


@access(Permission.OWN_ACCOUNT)
@form_page
def token_new(request: ActorRequest) -> HttpResponse:
    """Make a token, and show it this once."""
    form = TokenForm(sent(request))
    if form.is_valid():
        at, secret, wanted = timezone.now(), new_secret(), form.cleaned_data
        try:
            token = actions.make_token(
                actor=request.actor,
                name=wanted["name"],
                scopes=wanted["scopes"],
                expires_at=at + timedelta(days=wanted["days"]),
                secret=secret,
                at=at,
            )
        except Refused as refused:
            refuse(form, refused)
        else:
            return render(request, "actors/token_made.html", {"token": token, "secret": secret}, status=201)
    return answer(request, "actors/token_new.html", form)


@access(Permission.OWN_ACCOUNT)
@require_POST
def token_revoke(request: ActorRequest, pk: int) -> HttpResponse:
    actions.revoke_token(actor=request.actor, token_pk=pk, at=timezone.now())
    return done(request, _("The token is revoked. It no longer works."), "actors:account")


# --- What one has been told -------------------------------------------------------------------------------------------


@access(Permission.OWN_ACCOUNT)
@require_safe
def notices(request: ActorRequest) -> HttpResponse:
    """What has happened in one's contracts, the latest first."""
    page = Paginator(queries.notices_to(request.actor.user), PAGE_SIZE).get_page(request.GET.get("page"))
    context = {
        "page": page,
        "rows": [(notice, *words_of(notice)) for notice in page],
        "unread": queries.notices_to(request.actor.user, only_unread=True).count(),
    }
    return render(request, "actors/notices.html", context)


@access(Permission.OWN_ACCOUNT)
@require_POST
def notices_read(request: ActorRequest) -> HttpResponse:
    actions.read_notices(actor=request.actor, at=timezone.now())
    return done(request, _("All notices are marked as read."), "actors:notices")


# --- One's organisation ----------------------------------------------------------------------------------------------


@access(Permission.OWN_ACCOUNT)
@require_safe
def organisation(request: ActorRequest) -> HttpResponse:
    """What the organisation is, its boards, and – for its administrators – the way to its members."""
    own = request.actor.organisation
    context = {
        "organisation": own,
        "boards": queries.boards_of(own) if own else [],
        "may_manage": can(request.actor, Permission.MANAGE_ORGANISATION),
        "has_boards": own is not None and own.kind in actions.KINDS_WITH_BOARDS,
    }
    return render(request, "actors/organisation.html", context)


@access(Permission.MANAGE_ORGANISATION)
@require_safe
def members(request: ActorRequest) -> HttpResponse:
    """The members, searched, sorted and paged, and the invitations that wait for an answer."""
    own: Any = request.actor.organisation
    search, sort = request.GET.get("q", "").strip(), request.GET.get("sort", "name")
    found = queries.members_of(own, search=search, sort=sort)
    context = {
        "page": Paginator(found, PAGE_SIZE).get_page(request.GET.get("page")),
        "search": search,
        "sort": sort,
        "search_query": urlencode({"q": search}) if search else "",
        "page_query": urlencode({key: value for key, value in (("q", search), ("sort", sort)) if value}),
        "invitations": queries.open_invitations(own)[:50],
        "now": timezone.now(),
    }
    return render(request, "actors/members.html", context)


@access(Permission.MANAGE_ORGANISATION)
@form_page
def member(request: ActorRequest, membership: int) -> HttpResponse:
    """Change a member's duties, or end the membership."""
    row = queries.get_membership_for(request.actor, membership)
    form = DutiesForm(sent(request), initial={"duties": row.duties})
    if form.is_valid():
        try:
            actions.change_duties(
                actor=request.actor, membership_pk=row.pk, duties=form.cleaned_data["duties"], at=timezone.now()
            )
        except Refused as refused:
            refuse(form, refused)
        else:
            return done(request, _("The duties of %(name)s are saved.") % {"name": row.user.name}, "actors:members")
    return answer(request, "actors/member.html", form, membership=row)


@access(Permission.MANAGE_ORGANISATION)
@require_POST
def member_end(request: ActorRequest, membership: int) -> HttpResponse:
    row = actions.end_membership(actor=request.actor, membership_pk=membership, at=timezone.now())
    messages.success(request, _("%(name)s is no longer a member.") % {"name": row.user.name})
    return redirect("actors:account" if row.user == request.actor.user else "actors:members")


@access(Permission.MANAGE_ORGANISATION)
@form_page
def invite(request: ActorRequest) -> HttpResponse:
    """Invite a person by e-mail."""
    own: Any = request.actor.organisation
    form = InvitationForm(sent(request), organisation=own)
    if form.is_valid():
        wanted = form.cleaned_data
        try:
            actions.invite(
                actor=request.actor,
                email=wanted["email"],
                name=wanted["name"],
                duties=wanted["duties"],
                board=wanted.get("board"),
                at=timezone.now(),
            )
        except Refused as refused:
            refuse(form, refused)
        else:
            return done(
                request, _("The invitation is sent to %(email)s.") % {"email": wanted["email"]}, "actors:members"
            )
    return answer(request, "actors/invite.html", form)


@access(Permission.MANAGE_ORGANISATION)
@require_POST
def invitation_withdraw(request: ActorRequest, invitation: int) -> HttpResponse:
    actions.withdraw_invitation(actor=request.actor, invitation_pk=invitation, at=timezone.now())
    return done(request, _("The invitation is withdrawn. Its link no longer works."), "actors:members")


@access(Permission.MANAGE_ORGANISATION)
@form_page
def board_add(request: ActorRequest) -> HttpResponse:
    form = BoardForm(sent(request))
    if form.is_valid():
        try:
            board = actions.add_board(actor=request.actor, name=form.cleaned_data["name"], at=timezone.now())
        except Refused as refused:
            refuse(form, refused)
        else:
            return done(request, _("%(name)s is added.") % {"name": board.name}, "actors:organisation")
    return answer(request, "actors/board_add.html", form)

"""Pages on the way in: confirming an address again, a new password by mail."""

from __future__ import annotations

from typing import Any

from allauth.account.adapter import get_adapter
from allauth.account.internal.flows.email_verification import (
    consume_email_verification_rate_limit,
    send_verification_email_to_address,
)
from allauth.account.internal.flows.signup import send_unknown_account_mail
from allauth.account.internal.stagekit import get_pending_stage
from allauth.account.models import EmailAddress
from allauth.account.views import PasswordResetFromKeyView
from allauth.core.ratelimit import consume_or_429
from django.conf import settings
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods

from accounts.addresses import confirm_address
from accounts.attempts import forgive
from accounts.audit import Action, record
from accounts.clients import client_ip
from accounts.forms import ConfirmAgainForm
from accounts.sessions import end_other_sessions


@never_cache
@require_http_methods(["GET", "POST"])
def show_confirmation_sent(request: HttpRequest) -> HttpResponse:
    """“Check your mail”, and the way to get the mail again; the same for every address."""
    form = ConfirmAgainForm(request.POST or None, initial={"email": waiting_address(request)})
    sent = False
    if request.method == "POST" and form.is_valid():
        refused: HttpResponse | None = consume_or_429(request, action="signup")
        if refused:
            return refused
        send_confirmation_again(request, form.cleaned_data["email"])
        sent = True
    context = {"form": form, "sent": sent, "address": waiting_address(request), "mail_folder": mail_folder()}
    return render(request, "account/verification_sent.html", context)


def waiting_address(request: HttpRequest) -> str:
    """The address this browser has just signed up or in with; nothing is told of any other."""
    stage = get_pending_stage(request)
    if stage is None:
        return ""
    login = stage.login
    return str(login.email or (login.user.email if login.user else ""))


def mail_folder() -> str:
    """Where mails are put down while no mail server is configured."""
    return "" if settings.MAIL_SERVER else str(settings.EMAIL_FILE_PATH)


def send_confirmation_again(request: HttpRequest, email: str) -> None:
    """Each address gets a mail that fits it, so that neither the page nor its time tells one from another."""
    address = EmailAddress.objects.filter(email=email).select_related("user").first()
    if address and not address.verified:
        send_verification_email_to_address(request, address, signup=True)
    elif not consume_email_verification_rate_limit(request, email):
        return
    elif address:
        get_adapter(request).send_account_already_exists_mail(email)
    else:
        send_unknown_account_mail(request, email)


class NewPasswordView(PasswordResetFromKeyView):
    """The page behind the link of a password mail."""

    def form_valid(self, form: Any) -> HttpResponse:
        """The new password ends every session, and who got the mail has shown that the address is theirs."""
        response: HttpResponse = super().form_valid(form)
        user = self.reset_user
        end_other_sessions(user, None)
        confirm_address(user)
        forgive(self.request, user.email)
        record(Action.PASSWORD_RESET, user=user, ip=client_ip(self.request))
        return response

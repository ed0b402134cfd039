"""Pages of one's own account."""

from __future__ import annotations

import uuid
from typing import Any

from allauth.account.views import PasswordChangeView
from django.conf import settings
from django.contrib import messages
from django.contrib.auth import logout
from django.contrib.auth.decorators import login_required
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.views.decorators.cache import never_cache
from django.views.decorators.debug import sensitive_post_parameters
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from accounts.addresses import save_choice, shape_choice, try_contacts, unseen_for
from accounts.audit import Action, describe, entries_for, is_own_deed, record
from accounts.belongings import kept_by
from accounts.clients import acting_user, client_ip, describe_device
from accounts.errors import KeyNotFound, SessionNotFound, TooManyKeys, TooManyRequests
from accounts.forms import KeyForm, NotificationForm
from accounts.keys import keys_for, make_key, revoke_key
from accounts.requests import refuse_too_many
from accounts.sessions import end_other_sessions, end_session, sessions_for, sign_out_everywhere


@never_cache
@login_required
@require_safe
def show_profile(request: HttpRequest) -> HttpResponse:
    """Who somebody is here, what their plan allows, and what was done with the account lately."""
    user = acting_user(request)
    entries = [
        {"sentence": describe(entry), "at": entry.at, "ip": entry.ip if is_own_deed(entry) else None}
        for entry in entries_for(user)
    ]
    figures = [figure for belongings in kept_by.values() for figure in belongings.figures(user)]
    context = {"section": "profile", "limits": user.limits.in_words(), "figures": figures, "entries": entries}
    return render(request, "account/profile.html", context)


class PasswordView(PasswordChangeView):
    """A new password: this browser stays signed in, everything else is signed out."""

    extra_context = {"section": "password"}

    def form_valid(self, form: Any) -> HttpResponse:
        """The change, the end of the other sessions, and the entry about it."""
        response: HttpResponse = super().form_valid(form)
        user = acting_user(self.request)
        end_other_sessions(user, self.request.session.session_key)
        record(Action.PASSWORD_CHANGED, user=user, ip=client_ip(self.request))
        return response


@never_cache
@login_required
@require_safe
def show_sessions(request: HttpRequest) -> HttpResponse:
    """Where one is signed in."""
    sessions = [
        {
            "public_id": session.public_id,
            "device": describe_device(session.user_agent),
            "ip": session.ip,
            "began_at": session.began_at,
            "seen_at": session.seen_at,
            "is_this": session.session_key == request.session.session_key,
        }
        for session in sessions_for(acting_user(request))
    ]
    sessions.sort(key=lambda session: not session["is_this"])
    return render(request, "account/sessions.html", {"section": "sessions", "sessions": sessions})


@login_required
@require_POST
def end_one_session(request: HttpRequest, public_id: str) -> HttpResponse:
    """Signs another browser out."""
    try:
        ended = end_session(acting_user(request), public_id, ip=client_ip(request))
    except SessionNotFound as error:
        messages.error(request, error.sentence)
    else:
        messages.success(request, f"{describe_device(ended.user_agent)} is signed out.")
    return redirect("account_sessions")


@login_required
@require_POST
def end_all_sessions(request: HttpRequest) -> HttpResponse:
    """Signs every browser out, this one too."""
    sign_out_everywhere(acting_user(request), ip=client_ip(request))
    logout(request)
    messages.success(request, "You are signed out everywhere.")
    return redirect("account_login")


@never_cache
@login_required
@require_http_methods(["GET", "POST"])
def show_keys(request: HttpRequest) -> HttpResponse:
    """One's API keys; a new one is shown in the answer that made it and never again."""
    form = KeyForm(request.POST or None)
    context: dict[str, Any] = {"section": "keys", "form": form}
    status = 200
    if request.method == "POST" and form.is_valid():
        try:
            refuse_too_many(request, "new_key", acting_user(request))
            key, text = make_key(acting_user(request), ip=client_ip(request), **form.cleaned_data)
        except (TooManyKeys, TooManyRequests) as error:
            context["refusal"], status = error.sentence, error.status
        else:
            context |= {"key": key, "text": text, "form": KeyForm()}
    context["keys"] = keys_for(acting_user(request))
    return render(request, "account/keys.html", context, status=status)


@never_cache
@login_required
@require_http_methods(["GET", "POST"])
def revoke_one_key(request: HttpRequest, public_id: uuid.UUID) -> HttpResponse:
    """Asks once, then revokes."""
    key = keys_for(acting_user(request)).filter(public_id=public_id).first()
    if key is None:
        raise Http404(KeyNotFound.message)
    if request.method != "POST":
        return render(request, "account/key_revoke.html", {"section": "keys", "key": key})
    try:
        revoke_key(acting_user(request), public_id, ip=client_ip(request))
    except KeyNotFound as error:
        raise Http404(error.sentence) from error
    messages.success(request, f"The key “{key.name}” is revoked.")
    return redirect("account_keys")


@never_cache
@login_required
@sensitive_post_parameters("phone", "chat_address")
@require_http_methods(["GET", "POST"])
def show_notifications(request: HttpRequest) -> HttpResponse:
    """By what somebody is told that an answer waits."""
    user = acting_user(request)
    shape = shape_choice(user)
    form = NotificationForm(user, shape, request.POST if request.method == "POST" else None)
    if request.method == "POST" and form.is_valid():
        save_choice(form.choice, ip=client_ip(request))
        messages.success(request, "Saved.")
        return redirect("account_notifications")
    context = {
        "section": "notifications",
        "form": form,
        "is_on": shape["mail"] or shape["sms"] or shape["chat"],
        "is_sending": "message" in settings.CHANNELS,
        "span": unseen_for(),
    }
    return render(request, "account/notifications.html", context)


@login_required
@require_POST
def send_test_message(request: HttpRequest) -> HttpResponse:
    """A message to each place that is chosen, and what became of it."""
    try:
        refuse_too_many(request, "test_message", acting_user(request))
    except TooManyRequests as error:
        messages.error(request, error.sentence)
        return redirect("account_notifications")
    trials = try_contacts(acting_user(request))
    for trial in trials:
        if trial.failure:
            messages.error(request, f"{trial.contact.shown}: {trial.failure}")
        else:
            messages.success(request, f"{trial.contact.shown}: sent.")
    if not trials:
        messages.error(request, "There is nowhere to send to: switch something on and save first.")
    return redirect("account_notifications")

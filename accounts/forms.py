"""Forms of the account pages: fields with labels, what a password manager needs, and sentences that help."""

from __future__ import annotations

from datetime import timedelta
from typing import Any, ClassVar, Final, cast

from allauth.account import forms as library
from allauth.account.adapter import get_adapter
from django import forms
from django.db import IntegrityError, transaction
from django.http import HttpRequest
from django.utils.html import format_html, format_html_join
from django.utils.safestring import SafeString

from accounts.addresses import Way, Wish, chat_services, offered_ways, read_wish
from accounts.errors import ContactNotUsable
from accounts.models import ApiKey, ContactChoice, User

DELETION_WORDS: Final = "delete my account"
LIFETIMES: Final = {
    "30": ("30 days", timedelta(days=30)),
    "90": ("90 days", timedelta(days=90)),
    "365": ("1 year", timedelta(days=365)),
    "never": ("no end", None),
}


class PlainFields:
    """Labels say what a field is; a placeholder would say it again and vanish."""

    fields: ClassVar[dict[str, forms.Field]]
    autocompletes: ClassVar[dict[str, str]] = {}
    labels: ClassVar[dict[str, str]] = {}

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        for field in self.fields.values():
            field.widget.attrs.pop("placeholder", None)
        for name, value in self.autocompletes.items():
            self.fields[name].widget.attrs["autocomplete"] = value
        for name, label in self.labels.items():
            self.fields[name].label = label
        next(iter(self.fields.values())).widget.attrs["autofocus"] = True

    def full_clean(self) -> None:
        """Where something is wrong, the page opens at the field that is."""
        super().full_clean()  # type: ignore[misc]
        errors = cast(forms.Form, self).errors
        wrong = [name for name in self.fields if name in errors]
        for name, field in self.fields.items() if wrong else ():
            field.widget.attrs["autofocus"] = name == wrong[0]


class SignInForm(PlainFields, library.LoginForm):
    """E-mail and password."""

    autocompletes: ClassVar[dict[str, str]] = {"login": "username"}


class SignUpForm(PlainFields, library.SignupForm):
    """An address and a password, twice."""

    autocompletes: ClassVar[dict[str, str]] = {"email": "username"}
    account_already_exists: bool

    def try_save(self, request: HttpRequest) -> tuple[User | None, Any]:
        """The new account; for an address that has one, what a stranger sees is the same and takes as long."""
        if not self.account_already_exists:
            try:
                with transaction.atomic():
                    return super().try_save(request)  # type: ignore[no-any-return]
            except IntegrityError:
                # Somebody else was first with this address, a moment ago.
                self.account_already_exists = True
        User().set_password(self.cleaned_data["password1"])
        return super().try_save(request)  # type: ignore[no-any-return]


class ResetForm(PlainFields, library.ResetPasswordForm):
    """The address to send a link to."""

    autocompletes: ClassVar[dict[str, str]] = {"email": "username"}


class NewPasswordForm(PlainFields, library.ResetPasswordKeyForm):
    """A new password, twice."""

    labels: ClassVar[dict[str, str]] = {"password1": "New password", "password2": "New password (again)"}


class ChangePasswordForm(PlainFields, library.ChangePasswordForm):
    """The current password and a new one, twice."""

    labels: ClassVar[dict[str, str]] = {
        "oldpassword": "Current password",
        "password1": "New password",
        "password2": "New password (again)",
    }
    cleaned_data: dict[str, Any]

    def clean_oldpassword(self) -> str:
        """Asked under the limits of signing in: an open browser is no place to guess a password at."""
        given = str(self.cleaned_data["oldpassword"])
        if not get_adapter().reauthenticate(self.user, given):
            raise get_adapter().validation_error("enter_current_password")
        return given


class ConfirmAgainForm(PlainFields, forms.Form):
    """The address whose confirmation shall be sent once more."""

    email = forms.EmailField(label="Email", widget=forms.EmailInput(attrs={"autocomplete": "username"}))

    def clean_email(self) -> str:
        """Addresses are compared without case."""
        return str(self.cleaned_data["email"]).lower()


class KeyForm(PlainFields, forms.Form):
    """A new API key."""

    name = forms.CharField(
        label="Name",
        max_length=100,
        help_text="What will use it, for example “nightly report”.",
        widget=forms.TextInput(attrs={"autocomplete": "off"}),
    )
    scope = forms.ChoiceField(
        label="May",
        choices=[(ApiKey.Scope.READ.value, "read only"), (ApiKey.Scope.WRITE.value, "read and write")],
        help_text="“Read only” sees everything of yours; “read and write” also asks questions and stops answers.",
    )
    lifetime = forms.ChoiceField(
        label="Ends after", choices=[(name, label) for name, (label, _) in LIFETIMES.items()], initial="90"
    )

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        # The page is mostly there to be read.
        self.fields["name"].widget.attrs.pop("autofocus")

    def clean_lifetime(self) -> timedelta | None:
        """How long the key is good; None: until it is revoked."""
        return LIFETIMES[self.cleaned_data["lifetime"]][1]


class NotificationForm(PlainFields, forms.Form):
    """By what somebody wants to be told; only what this site can send by is asked for."""

    autocompletes: ClassVar[dict[str, str]] = {"phone": "tel", "chat_address": "off"}
    mail = forms.BooleanField(label="E-mail", required=False)
    sms = forms.BooleanField(label="Text message", required=False)
    phone = forms.CharField(
        label="Mobile number",
        required=False,
        max_length=40,
        help_text="With a plus and the code of the country, like +49 170 1234567.",
        widget=forms.TextInput(attrs={"inputmode": "tel"}),
    )
    chat = forms.BooleanField(label="Chat message", required=False)
    chat_address = forms.CharField(
        label="Webhook address",
        required=False,
        widget=forms.TextInput(attrs={"autocapitalize": "none", "spellcheck": "false"}),
    )
    choice: ContactChoice

    def __init__(self, user: User, shape: dict[str, Any], *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, initial={name: shape[name] for name in ("mail", "sms", "phone", "chat")}, **kwargs)
        self.user = user
        self.fields["mail"].widget.attrs.pop("autofocus")
        self.fields["mail"].label = f"E-mail to {user.email}"
        self.fields["chat_address"].help_text = describe_chats(shape["chat_shown"])
        kept = {Way.SMS: ("sms", "phone"), Way.CHAT: ("chat", "chat_address")}
        for way in kept.keys() - set(offered_ways()):
            for name in kept[way]:
                del self.fields[name]

    def clean(self) -> dict[str, Any]:
        """The choice as it shall be, or the sentence at the field that is wrong."""
        given: dict[str, Any] = super().clean() or {}
        try:
            self.choice = read_wish(self.user, cast(Wish, given))
        except ContactNotUsable as error:
            self.add_error(error.extra["field"], error.sentence)
        return given


def describe_chats(shown: str | None) -> SafeString:
    """Which address is set, and what others would fit."""
    kept = format_html("<p>Set: <strong>{}</strong>. Leave this empty to keep it.</p>", shown) if shown else ""
    allowed = format_html_join("", "<li>{}: <code>{}</code></li>", chat_services())
    return format_html("{}<p>The address of a webhook you have made there:</p><ul>{}</ul>", kept, allowed)


class DeletionForm(PlainFields, forms.Form):
    """The password and a sentence nobody types by accident."""

    password = forms.CharField(
        label="Password",
        strip=False,
        widget=forms.PasswordInput(attrs={"autocomplete": "current-password"}),
    )
    words = forms.CharField(
        label=f"Type “{DELETION_WORDS}”",
        max_length=100,
        widget=forms.TextInput(attrs={"autocomplete": "off", "autocapitalize": "none", "spellcheck": "false"}),
    )

    def __init__(self, user: User, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.user = user
        self.fields["password"].widget.attrs.pop("autofocus")

    def clean_words(self) -> str:
        """Exactly these words, whatever their case."""
        words = str(self.cleaned_data["words"])
        if words.strip().strip("“”\"'").lower() != DELETION_WORDS:
            raise forms.ValidationError(f"Type “{DELETION_WORDS}” to go on.")
        return words

    def clean(self) -> dict[str, Any]:
        """The password is asked only when the words are right, under the limits of signing in."""
        given: dict[str, Any] = super().clean() or {}
        if "words" in given and "password" in given:
            try:
                right = get_adapter().reauthenticate(self.user, given["password"])
            except forms.ValidationError as error:
                self.add_error("password", error)
            else:
                if not right:
                    self.add_error("password", get_adapter().validation_error("incorrect_password"))
        return given

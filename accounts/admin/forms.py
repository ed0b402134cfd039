"""What staff may type about an account."""

from __future__ import annotations

from functools import reduce
from operator import or_
from typing import Any

from django import forms
from django.contrib import admin
from django.contrib.auth.forms import AdminPasswordChangeForm, AdminUserCreationForm
from django.contrib.auth.models import Permission
from django.db.models import Q, QuerySet

from accounts.admin.rights import end_access
from accounts.models import User
from accounts.staff import StaffAdmin


class NewUserForm(AdminUserCreationForm):
    """An account for somebody."""

    class Meta:
        model = User
        fields = ("email", "tier")


class PermissionField(forms.ModelMultipleChoiceField):
    """The rights that make a difference on some staff page, each a box to tick."""

    def label_from_instance(self, obj: Permission) -> str:
        """What it allows; the app's name says nothing more."""
        return obj.name


class UserForm(forms.ModelForm):
    """An account as staff may change it."""

    user_permissions = PermissionField(
        Permission.objects.none(), required=False, widget=forms.CheckboxSelectMultiple, label="Permissions"
    )

    class Meta:
        model = User
        fields = ("email", "tier", "is_active", "is_staff", "is_superuser", "user_permissions")

    def __init__(self, *args: Any, **options: Any) -> None:
        super().__init__(*args, **options)
        if "user_permissions" in self.fields:
            offered = grantable_permissions() | self.instance.user_permissions.all()
            self.fields["user_permissions"].queryset = offered.distinct()  # type: ignore[attr-defined]

    def clean_email(self) -> str:
        """An address is one account's, whatever its case."""
        email: str = self.cleaned_data["email"]
        if User.objects.filter(email__iexact=email).exclude(pk=self.instance.pk).exists():
            raise forms.ValidationError("Another account has this address.")
        return email


class NewPasswordForm(AdminPasswordChangeForm):
    """A password set by staff; one taken away ends sockets as a new one does."""

    def save(self, commit: bool = True) -> User:
        """Stores it."""
        user: User = super().save(commit)
        if not user.has_usable_password():
            end_access(user)
        return user


def grantable_permissions() -> QuerySet[Permission]:
    """The permissions of all staff pages."""
    pages = [page for page in admin.site._registry.values() if isinstance(page, StaffAdmin)]
    names = sorted({name for page in pages for name in page.grantable()})
    wanted = [Q(content_type__app_label=app, codename=code) for app, _, code in (name.partition(".") for name in names)]
    return Permission.objects.filter(reduce(or_, wanted, Q(pk__in=[]))).order_by("content_type__app_label", "name")

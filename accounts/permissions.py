"""What a request may do by what it came with."""

from __future__ import annotations

from typing import TYPE_CHECKING

from rest_framework.permissions import SAFE_METHODS, BasePermission
from rest_framework.request import Request

from accounts.errors import ReadOnlyKey
from accounts.models import ApiKey

if TYPE_CHECKING:
    # While views are being loaded they ask for this very module.
    from rest_framework.views import APIView


class KeyMayWrite(BasePermission):
    """A key that was made for reading only asks."""

    def has_permission(self, request: Request, view: APIView) -> bool:
        """ReadOnlyKey where such a key would change something."""
        if isinstance(request.auth, ApiKey) and not request.auth.may_write and request.method not in SAFE_METHODS:
            raise ReadOnlyKey
        return True

"""What every template knows about the site."""

from __future__ import annotations

from django.conf import settings
from django.http import HttpRequest

from netra.config import load_config


def site(request: HttpRequest) -> dict[str, object]:
    """The environment's marks a page may show."""
    return {"development": load_config().is_development, "sign_up_open": settings.SIGN_UP_OPEN}

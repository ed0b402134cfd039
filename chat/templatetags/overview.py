"""Hands the overview to the admin's own index page, which asks no view of ours."""

from __future__ import annotations

from typing import Any

from django import template
from django.template import Context

from chat.admin.overview import build_overview

register = template.Library()


@register.simple_tag(takes_context=True)
def staff_overview(context: Context) -> dict[str, Any]:
    """What is going on, as far as the viewer may know."""
    return build_overview(context["request"].user)

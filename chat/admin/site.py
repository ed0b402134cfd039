"""The name staff read on every page, and the pages that belong to no table."""

from __future__ import annotations

from django.contrib import admin
from django.urls import URLPattern, URLResolver, path

from chat.admin.delivery import show_delivery

admin.site.site_header = "Netra"
admin.site.site_title = "Netra"
admin.site.index_title = "Overview"
# The lists need the width; the header has the way to each of them.
admin.site.enable_nav_sidebar = False
stock_urls = admin.site.get_urls


def list_urls() -> list[URLPattern | URLResolver]:
    """The stock pages and ours; the stock ones end with a rule for everything else."""
    return [path("delivery/", admin.site.admin_view(show_delivery), name="delivery"), *stock_urls()]


admin.site.get_urls = list_urls  # type: ignore[method-assign]

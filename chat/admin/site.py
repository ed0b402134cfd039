"""The name staff read on every page."""

from django.contrib import admin

admin.site.site_header = "Netra"
admin.site.site_title = "Netra"
admin.site.index_title = "Overview"
# The lists need the width; the header has the way to each of them.
admin.site.enable_nav_sidebar = False

"""Hashed static files whose JavaScript imports point at the hashed names as well."""

from __future__ import annotations

from whitenoise.storage import CompressedManifestStaticFilesStorage


class ModuleManifestStorage(CompressedManifestStaticFilesStorage):
    """Far-future names for production; needs imports that end in a semicolon and form no cycle."""

    support_js_module_import_aggregation = True

"""Addresses of the audit log."""

from django.urls import path, re_path

from audit import entry_views, export_views, tile_views, views

# One spelling for each tile (C2SP tlog-tiles): groups of three digits, the first of
# several not 000, and no zeros before a level or a width.
_NUMBER = r"(?P<number>(?:x(?!000)[0-9]{3}/(?:x[0-9]{3}/){0,5})?[0-9]{3})"
_WIDTH = r"(?:\.p/(?P<width>[1-9]|[1-9][0-9]|1[0-9]{2}|2[0-4][0-9]|25[0-5]))?"
_LEVEL = r"(?P<level>[0-9]|[1-5][0-9]|6[0-3])"

app_name = "audit"
urlpatterns = [
    path("", views.list_entries, name="list"),
    path("verify", views.show_verifying, name="verify"),
    path("export", export_views.take_export, name="export"),
    path("requests/<uuid:request_id>", views.show_story, name="story"),
    path("entries/<uuid:entry_id>", entry_views.show_entry, name="entry"),
    path("entries/<uuid:entry_id>/canonical", entry_views.canonical, name="canonical"),
    path("entries/<uuid:entry_id>/proof", entry_views.proof, name="proof"),
    path("checkpoint", tile_views.checkpoint, name="checkpoint"),
    path("key", tile_views.key, name="key"),
    re_path(rf"^tile/entries/{_NUMBER}{_WIDTH}$", tile_views.entries, name="bundle"),
    re_path(rf"^tile/{_LEVEL}/{_NUMBER}{_WIDTH}$", tile_views.tile, name="tile"),
]

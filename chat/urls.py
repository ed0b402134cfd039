"""HTTP routes of the record."""

from django.urls import path

from chat import api, notices, views
from chat.streams.views import EventStreamView, EventsView

urlpatterns = [
    path("", views.show_chat, name="chat"),
    path("t/<uuid:thread_id>/", views.show_chat, name="thread"),
    path("api/v1/threads/", api.ThreadsView.as_view(), name="api-threads"),
    path("api/v1/threads/<uuid:thread_id>/", api.ThreadView.as_view(), name="api-thread"),
    path("api/v1/threads/<uuid:thread_id>/messages/", api.MessagesView.as_view(), name="api-messages"),
    path("api/v1/snapshot/", api.SnapshotView.as_view(), name="api-snapshot"),
    path("api/v1/runs/<uuid:run_id>/", api.RunView.as_view(), name="api-run"),
    path("api/v1/runs/<uuid:run_id>/cancel/", api.CancelView.as_view(), name="api-run-cancel"),
    path("api/v1/runs/<uuid:run_id>/retry/", api.RetryView.as_view(), name="api-run-retry"),
    path("api/v1/blobs/<uuid:blob_id>/", api.BlobView.as_view(), name="api-blob"),
    path("api/v1/usage/", api.UsageView.as_view(), name="api-usage"),
    path("api/v1/events/", EventsView.as_view(), name="api-events"),
    path("api/v1/events/stream/", EventStreamView.as_view(), name="api-events-stream"),
    path("api/v1/events/ack/", api.AcknowledgementView.as_view(), name="api-events-ack"),
    path("api/v1/notices/", notices.NoticesView.as_view(), name="api-notices"),
    path("api/v1/notices/<int:notice_id>/seen/", notices.NoticeSeenView.as_view(), name="api-notice-seen"),
]

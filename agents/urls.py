"""HTTP routes of the work."""

from django.urls import path

from agents import api

urlpatterns = [
    path("api/v1/datasets/", api.DataSetsView.as_view(), name="api-datasets"),
    path("api/v1/threads/<uuid:thread_id>/dataset/", api.ThreadDataView.as_view(), name="api-thread-dataset"),
]

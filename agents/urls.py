"""HTTP routes of the work."""

from django.urls import path

from agents import api, views

DATASET = "api/v1/datasets/<uuid:dataset_id>/"

urlpatterns = [
    path("data/", views.show_data_sets, name="data"),
    path("data/<uuid:dataset_id>/", views.show_data_set, name="data-set"),
    path("api/v1/datasets/", api.DataSetsView.as_view(), name="api-datasets"),
    path("api/v1/datasets/detect/", api.DetectView.as_view(), name="api-datasets-detect"),
    path(DATASET, api.DataSetView.as_view(), name="api-dataset"),
    path(f"{DATASET}rows/", api.RowsView.as_view(), name="api-dataset-rows"),
    path(f"{DATASET}rejects/", api.RejectsView.as_view(), name="api-dataset-rejects"),
    path(f"{DATASET}spend/", api.SpendView.as_view(), name="api-dataset-spend"),
    path(f"{DATASET}mapping/", api.MappingView.as_view(), name="api-dataset-mapping"),
    path(f"{DATASET}cancel/", api.CancelImportView.as_view(), name="api-dataset-cancel"),
    path(f"{DATASET}retry/", api.RetryImportView.as_view(), name="api-dataset-retry"),
    path("api/v1/threads/<uuid:thread_id>/dataset/", api.ThreadDataView.as_view(), name="api-thread-dataset"),
]

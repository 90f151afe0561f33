"""Addresses of the pages of people who decide."""

from django.urls import path

from approvals import views

app_name = "approvals"
urlpatterns = [
    path("", views.show_queue, name="queue"),
    path("history", views.show_history, name="history"),
    path("r/<uuid:approval_id>", views.show_request, name="request"),
    path("r/<uuid:approval_id>/row", views.show_row, name="row"),
    path("r/<uuid:approval_id>/vote", views.vote, name="vote"),
]

"""Addresses of the pages about agents. No agent's name begins with a dash."""

from django.urls import path

from agents import delivery_views, views

app_name = "agents"
urlpatterns = [
    path("", views.show_agents, name="list"),
    path("-/register/", views.register, name="register"),
    path("-/deliveries/", delivery_views.show_deliveries, name="deliveries"),
    path("-/deliveries/again/", delivery_views.send_all_again, name="send_all_again"),
    path(
        "-/deliveries/<uuid:delivery_id>/",
        delivery_views.show_delivery,
        name="delivery",
    ),
    path("-/deliveries/<uuid:delivery_id>/body/", delivery_views.reveal, name="reveal"),
    path(
        "-/deliveries/<uuid:delivery_id>/again/",
        delivery_views.send_again,
        name="send_again",
    ),
    path("<str:name>/", views.show_agent, name="detail"),
    path("<str:name>/keys/", views.issue_key, name="issue_key"),
    path("<str:name>/keys/<uuid:key_id>/revoke/", views.revoke_key, name="revoke_key"),
    path("<str:name>/callback/", views.set_callback, name="set_callback"),
    path("<str:name>/secret/", views.rotate_secret, name="rotate_secret"),
    path(
        "<str:name>/secret/drop/",
        views.drop_previous_secret,
        name="drop_previous_secret",
    ),
    path("<str:name>/pause/", views.pause, name="pause"),
    path("<str:name>/resume/", views.resume, name="resume"),
]

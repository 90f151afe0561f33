"""Addresses of the pages about agents. No agent's name begins with a dash."""

from django.urls import path

from agents import views

app_name = "agents"
urlpatterns = [
    path("", views.show_agents, name="list"),
    path("-/register/", views.register, name="register"),
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
    path(
        "<str:name>/deliveries/<uuid:delivery_id>/replay/",
        views.replay,
        name="replay",
    ),
]

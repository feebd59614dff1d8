"""Addresses of notices, under /messages/."""

from django.urls import path

from notices.views import inbox, ways

app_name = "notices"
urlpatterns = [
    path("", inbox.inbox, name="inbox"),
    path("read/", inbox.read_all, name="read_all"),
    path("settings/", ways.ways, name="settings"),
    path("email/", ways.email, name="email"),
    path("email/confirm/", ways.email_confirm_page, name="email_confirm"),
    path("ask/<slug:topic>/", ways.ask, name="ask"),
    path("subscribe/", ways.subscribe, name="subscribe"),
    path("subscribed/", ways.subscribed, name="subscribed"),
    path("<slug:public_id>/", inbox.notice, name="notice"),
]

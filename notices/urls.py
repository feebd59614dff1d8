"""Addresses of notices, under /messages/."""

from django.urls import path

from notices import views

app_name = "notices"
urlpatterns = [
    path("", views.inbox, name="inbox"),
    path("read/", views.read_all, name="read_all"),
    path("<slug:public_id>/", views.notice, name="notice"),
]

"""Addresses of sharing."""

from django.urls import path

from sharing import views

app_name = "sharing"
urlpatterns = [
    path("share/", views.share, name="share"),
    path("share/poster/", views.poster, name="poster"),
]

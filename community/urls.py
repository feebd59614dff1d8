"""Addresses of communities."""

from django.urls import path

from community import views

app_name = "community"
urlpatterns = [
    path("q/<slug:public_id>/", views.entry, name="entry"),
    path("q/<slug:public_id>/code/", views.code, name="code"),
]

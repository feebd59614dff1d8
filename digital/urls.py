"""Addresses of what is delivered on a screen."""

from django.urls import path

from digital import views

app_name = "digital"
urlpatterns = [path("orders/<slug:public_id>/contents/", views.contents, name="contents")]

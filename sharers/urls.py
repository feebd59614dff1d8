"""Addresses of sharers."""

from django.urls import path

from sharers import views

app_name = "sharers"
urlpatterns = [
    path("store/<slug:slug>/sharer/", views.desk, name="desk"),
    path("store/<slug:slug>/sharer/stop/", views.stop, name="stop"),
    path("store/<slug:slug>/sharer/item/", views.item, name="item"),
    path("x/<slug:public_id>/", views.showcase, name="showcase"),
    path("x/<slug:public_id>/mine/", views.showcase_mine, name="showcase_mine"),
]

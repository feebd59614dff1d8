"""Addresses of flash sales."""

from django.urls import path

from campaigns.flash.views import checkout, slots

app_name = "flash"
urlpatterns = [
    path("flash/", slots.flash, name="today"),
    path("flash/mine/", slots.mine, name="mine"),
    path("flash/slot/<slug:slot>/", slots.flash, name="slot"),
    path("flash/<slug:public_id>/buy/", checkout.BuyView.as_view(), name="buy"),
    path("flash/<slug:public_id>/remind/", slots.remind, name="remind"),
]

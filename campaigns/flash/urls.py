"""Addresses of flash sales."""

from django.urls import path

from campaigns.flash.views import checkout, offer, slots

app_name = "flash"
urlpatterns = [
    path("flash/", slots.flash, name="today"),
    path("flash/mine/", slots.mine, name="mine"),
    path("flash/slot/<slug:slot>/", slots.flash, name="slot"),
    path("flash/<slug:public_id>/", offer.offer, name="offer"),
    path("flash/<slug:public_id>/mine/", offer.mine, name="offer_mine"),
    path("flash/<slug:public_id>/buy/", checkout.BuyView.as_view(), name="buy"),
    path("flash/<slug:public_id>/remind/", slots.remind, name="remind"),
]

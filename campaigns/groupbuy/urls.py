"""Addresses of group-buy."""

from django.urls import path

from campaigns.groupbuy.views import checkout, group

app_name = "groupbuy"
urlpatterns = [
    path("p/<slug:product>/group/", checkout.LeadView.as_view(), name="lead"),
    path("g/<slug:public_id>/", group.group, name="group"),
    path("g/<slug:public_id>/mine/", group.group_mine, name="group_mine"),
    path("g/<slug:public_id>/seat/", group.seat, name="seat"),
    path("g/<slug:public_id>/again/", group.again, name="again"),
    path("g/<slug:public_id>/join/", checkout.JoinView.as_view(), name="join"),
]

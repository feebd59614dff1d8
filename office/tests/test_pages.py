"""What every page of the office says, and what it leaves out."""

import pytest

from campaigns.groupbuy.models import Group, GroupCampaign
from catalog.models import Product
from tests import cast
from tests.office import staff_client, url

pytestmark = pytest.mark.django_db


def page(client, path):
    answer = client.get(path)
    assert answer.status_code == 200
    return answer.content.decode()


def test_a_row_is_named_in_chinese_and_shows_no_clockwork():
    store = cast.store_open("枣园")
    group, _leader = cast.group_open(*cast.campaign_make(store=store))
    said = page(staff_client(store), url(Group, "change", group.pk))
    assert "编号" in said
    for word in ("Public id", "Due at", "Due attempts", "Due error", "Due parked at"):
        assert word not in said


def test_an_empty_list_offers_the_first_row_where_one_may_be_added():
    said = page(staff_client(cast.store_open("枣园")), url(GroupCampaign, "changelist"))
    assert "从新建第一个开始" in said
    assert url(GroupCampaign, "add") in said


def test_an_empty_list_of_what_happens_by_itself_offers_nothing_to_create():
    said = page(staff_client(cast.store_open("枣园")), url(Group, "changelist"))
    assert "有了会自动出现在这里" in said
    assert "从新建第一个开始" not in said


def test_a_search_without_a_hit_offers_the_way_back():
    said = page(staff_client(cast.store_open("枣园")), url(Product, "changelist") + "?q=nothing")
    assert "换个条件再找" in said

"""Pasted lines as people write them."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from accounts.address_parse import address_parse
from accounts.divisions import division_get, region_resolve

LINES = [
    (
        "张三 13812345678 浙江省杭州市西湖区文三路 90 号",
        "张三|13812345678|浙江省 杭州市 西湖区|文三路 90 号",
    ),
    (
        "李四，138-1234-5678，广东省深圳市南山区科技园路1号",
        "李四|13812345678|广东省 深圳市 南山区|科技园路1号",
    ),
    ("王五 +86 138 1234 5678 北京市朝阳区建国路88号", "王五|13812345678|北京市 朝阳区|建国路88号"),
    (
        "北京市北京市海淀区中关村大街1号 赵六 13912345678",
        "赵六|13912345678|北京市 海淀区|中关村大街1号",
    ),
    (
        "上海浦东新区世纪大道100号18楼 13712345678 钱七",
        "钱七|13712345678|上海市 浦东新区|世纪大道100号18楼",
    ),
    (
        "孙八 15012345678 内蒙古自治区呼和浩特市新城区新华大街3号",
        "孙八|15012345678|内蒙古自治区 呼和浩特市 新城区|新华大街3号",
    ),
    (
        "周九 15112345678 广西南宁市青秀区民族大道5号",
        "周九|15112345678|广西壮族自治区 南宁市 青秀区|民族大道5号",
    ),
    (
        "吴十 8615212345678 新疆乌鲁木齐市天山区解放路6号",
        "吴十|15212345678|新疆维吾尔自治区 乌鲁木齐市 天山区|解放路6号",
    ),
    (
        "郑一 15312345678 江苏省苏州市昆山市人民路7号",
        "郑一|15312345678|江苏省 苏州市 昆山市|人民路7号",
    ),
    ("冯二 15512345678 江苏昆山市前进路8号", "冯二|15512345678|江苏省 苏州市 昆山市|前进路8号"),
    ("陈三 15612345678 义乌市稠州北路9号", "陈三|15612345678|浙江省 金华市 义乌市|稠州北路9号"),
    (
        "收货人：卫四 手机号码：15712345678 所在地区：湖北省仙桃市 详细地址：干河街道10号",
        "卫四|15712345678|湖北省 仙桃市|干河街道10号",
    ),
    (
        "蒋五\n15812345678\n山西省 吕梁市 临县\n克虎镇枣园村11号",
        "蒋五|15812345678|山西省 吕梁市 临县|克虎镇枣园村11号",
    ),
    (
        "沈六 15912345678 重庆市渝中区解放碑步行街12号",
        "沈六|15912345678|重庆市 渝中区|解放碑步行街12号",
    ),
    (
        "韩七 18812345678 广东省东莞市南城街道鸿福路13号",
        "韩七|18812345678|广东省 东莞市|南城街道鸿福路13号",
    ),
]


def region_of(parsed):
    codes = (parsed.province_code, parsed.city_code, parsed.district_code)
    return " ".join(division_get(code).name for code in codes if code)


@pytest.mark.parametrize(("line", "wanted"), LINES)
def test_a_pasted_line_fills_the_form(line, wanted):
    found = address_parse(line)
    said = "|".join([found.recipient, found.phone, region_of(found), found.street])
    assert said == wanted
    assert found.missing == ()
    # What it fills in is what saving takes.
    region_resolve(found.province_code, found.city_code, found.district_code)


@pytest.mark.parametrize(
    ("line", "missing"),
    [
        ("", ("recipient", "phone", "province_code", "street")),
        ("13812345678", ("recipient", "province_code", "street")),
        ("张三 浙江省杭州市西湖区文三路90号", ("phone",)),
        ("张三 13812345678 浙江省杭州市", ("district_code", "street")),
        ("张三 13812345678 鼓楼区中山路1号", ("province_code",)),
        ("@#￥% 1234567", ("phone", "province_code")),
    ],
)
def test_what_is_missing_is_named(line, missing):
    assert set(missing) <= set(address_parse(line).missing)


@given(st.text(max_size=200))
def test_no_line_breaks_it(line):
    found = address_parse(line)
    assert not found.phone or len(found.phone) == 11

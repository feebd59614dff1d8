"""What is said against the rules is found by its own rule; what only looks like it is left alone."""

import pytest

from guard.rules import ADVERTISING, WECHAT, wording

SHARING = (
    "分享给三个好友免费领一箱",
    "转发朋友圈，到店领红包",
    "集赞 30 个送一盒",
    "帮我砍一刀",
    "三人助力",
    "助力成功送一盒",
    "分享有礼",
    "转发有奖",
    "邀请有礼",
    "分享赚佣金",
    "分享返现",
    "转发立减5元",
    "分享赢大奖",
    "邀请好友返10元",
    "分享给好友减5元",
    "分享给好友，即可领券",
    "推荐好友得佣金",
    "推荐有礼",
    "推荐朋友送10元",
    "拉新返利",
    "点赞领奖",
    "点赞送小米",
    "集赞有礼",
    "发朋友圈得红包",
    "邀3位好友领券",
    "邀请您的好友得红包",
    "邀请好友享8折",
    "邀请5位新用户注册下单返10元",
    "转发抽三人",
    "转发拿现金",
    "分享得红枣",
    "分享后免费试吃",
    "求帮砍",
    "帮忙砍一刀",
    "帮TA砍价",
)
FOLLOWING = (
    "关注公众号领优惠",
    "关注公众号送红枣",
    "关注有礼",
    "加微信领红包",
    "进群有奖",
)
FREE = (
    "0元购",
    "今天 ０ 元抢一箱",
    "零元领",
    "限时免费拿",
    "免费领一箱",
)
ABSOLUTE = (
    "全网最低价",
    "全国最便宜",
    "世界第一的红枣",
    "全网第一",
    "顶级红枣",
    "最佳红枣",
)
PLAIN = (
    "吊干红枣，肉厚核小",
    "和家人分享一锅好粥",
    "适合与家人分享的大包装",
    "家庭分享装，送礼佳品",
    "分享装送礼盒",
    "分享装 3 包 8 折",
    "与亲友分享，送货上门",
    "适合分享、送礼",
    "和家人分享送到家的新鲜",
    "分享种枣心得三则",
    "分享一份值得信赖的味道",
    "炖得软烂，适合全家分享",
    "分享减糖食谱",
    "分享获奖师傅的手艺",
    "部分享受 8 折",
    "积分享好礼",
    "十分享受这份送来的鲜",
    "邀请你到枣园看看",
    "邀请您品鉴",
    "邀请您领略枣园风光",
    "邀请您认领一棵枣树",
    "邀请返乡青年回家种枣",
    "邀请白领朋友来品茶",
    "推荐搭配小米粥",
    "推荐送长辈",
    "推荐老人小孩吃得放心",
    "推荐减脂期食用",
    "值得推荐给朋友",
    "推荐朋友来枣园走走",
    "每天拉新疆红枣进仓",
    "点赞过万的红枣",
    "关注产地，送货上门",
    "加群主的枣园逛逛",
    "免费送货上门",
    "免费领养须知",
    "请朋友帮忙，砍柴烧火",
    "满 99 元送一盒",
    "最甜的那几颗在树顶",
    "最佳食用期：开袋后三十天",
    "最佳赏味期 6 个月",
    "10元购两斤",
    "9.90元抢鲜",
    "第一次来枣园",
    "助力乡村振兴",
    "",
)


@pytest.mark.parametrize(
    ("text", "rule", "advice"),
    [
        *((text, WECHAT, "不能引导分享") for text in SHARING),
        *((text, WECHAT, "不能用好处引导关注") for text in FOLLOWING),
        *((text, WECHAT, "不能用零元") for text in FREE),
        *((text, ADVERTISING, "不能用绝对化的词") for text in ABSOLUTE),
    ],
)
def test_what_is_said_against_the_rules_is_found(text, rule, advice):
    first = wording({"标题": text})[0]
    assert first.rule == rule
    assert first.text.startswith("标题里的“") and advice in first.text


@pytest.mark.parametrize("text", PLAIN)
def test_plain_words_are_left_alone(text):
    assert wording({"标题": text}) == []

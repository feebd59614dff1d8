"""What objectionable words look like in Chinese: the patterns behind the rules. Pure.

An act (to share, to invite) and a reward that follows it within a few characters are one finding,
whichever of either it is; what merely looks like one of the two is told apart here.
"""

import re

_NUMBER = r"[\d一二两三四五六七八九十百千双]"
# What may stand between an act and its reward: not a new sentence, but "…，即可…".
_APART = r"[^，。！？；,!?;\n]"
_BETWEEN = rf"{_APART}{{0,10}}(?:[，,]\s*(?=即|就|立|马上){_APART}{{0,4}})?"

_SOMEBODY = r"(?:好友|朋友|亲友|亲朋|新人|新客|新用户|会员|他人|别人|人)"
_SHARES = "|".join(
    (
        # Neither 部分享受 nor 积分享好礼, nor a size of pack.
        r"(?<![部积充百十])分享(?![装型誉]|受(?!益))",
        r"转发",
        r"转给",
        r"[发晒]朋友圈",
        # An invitation to the reader asks for nobody else.
        r"邀请(?!(?:您|你|大家|各位)(?!的))",
        rf"邀(?={_APART}{{0,3}}{_SOMEBODY})",
        r"拉新(?![疆鲜])",
        r"集赞",
        r"点赞",
        rf"推荐(?={_APART}{{0,3}}{_SOMEBODY})",
    )
)
_FOLLOWS = r"关注(?!度)|[加进入]群|加(?:微信|好友|企微|企业微信)"

# 送 that carries something somewhere, or gives it as a present, hands out no reward.
_SENDS = (
    r"(?<![配运发转投递护输欢目])送(?!货|达|到|来|上|出|往|去|走|别|行|检|餐|装|暖|福|祝|健康|温暖|关怀"
    r"|给|人|长辈|爸|妈|父|母|老|亲|朋|友|闺蜜|师|客户|领导|孩|自己|礼(?![品金券物包]))"
)
# 得 after a verb says how it is done.
_GETS = (
    rf"(?<=[享发请友人群圈即就可立能后各都再还赞新荐号注])得(?![很多到体力益以意])"
    rf"|(?<![值记觉懂舍难显变晓吃喝用买穿睡住看做长来甜香认心])得(?!到的)(?={_APART}{{0,3}}"
    rf"(?:{_NUMBER}|元|佣|红包|奖|礼|券|优惠|现金|积分|免|返|赠|提成|收益|钱|折))"
)
_REWARDS = "|".join(
    (
        r"有礼(?![貌数节仪盒])",
        r"赚",
        r"(?<![双共多])赢(?!得)",
        rf"返(?:现|利|佣|还|券|点|红|钱|积|[你您]|\s*[¥￥]?{_NUMBER}+\s*元?)",
        r"[立直再]减(?![脂肥重糖盐油压少])|减免|减\s*[¥￥]",
        r"减\s*[\d.一二两三四五六七八九十百千半]+\s*(?:元|块|%|折)",
        r"佣金|提成|分佣|分润",
        r"(?<![获金银铜特评])奖(?![项杯牌章状])",
        r"(?<![白衣蓝占带率本认冒申])领(?![略先域导袖悟带头口子土养结班队军衔教空]|会(?!员))",
        _SENDS,
        _GETS,
        r"红包|现金|积分|免单|解锁",
        rf"抽(?:奖|取|{_NUMBER})",
        r"可见(?!一斑|度)",
        r"免费(?!送货|配送|送装|上门|安装|包邮|退|换|维修|咨询|停车)",
        rf"享{_APART}{{0,3}}(?:折|优惠|特价|底价)|(?<!波)[\d.一二三四五六七八九]+\s*折(?![叠页痕])",
        rf"换(?:礼|奖|购|券|取|{_NUMBER})",
        rf"拿(?={_APART}{{0,3}}(?:{_NUMBER}|奖|礼|券|钱|好处))",
    )
)

SHARING = re.compile(
    rf"(?:{_SHARES}){_BETWEEN}(?:{_REWARDS})|推荐(?:有礼(?![貌数节仪盒])|有奖|奖励|返[现利佣]|赚)|"
    r"分享到朋友圈|转发朋友圈|集赞|不转不是|扩散|拉人|拉(?:好友|新人)|裂变|"
    rf"互砍|求砍|帮{_APART}{{0,3}}砍(?![柴树竹伐])|砍[一两\d]刀|"
    r"(人|友|我)助力|助力[^，。！]{0,4}(得|领|送|砍|免费|解锁|成功)"
)
FOLLOWING = re.compile(rf"(?:{_FOLLOWS}){_BETWEEN}(?:{_REWARDS}|才能)")
# A price of nothing, but not the tail of a longer number: 10元购 is a price.
FREE = re.compile(
    r"(?<![\d.０-９．])[0０零〇]\s*元(购|抢|拿|领|得|秒|带)|(?<!十)一分钱(购|抢|买|秒)|"
    r"免费(拿|抢|领(?!养))"
)
# 最佳食用期 says when to eat it, not that it is better than others.
ABSOLUTE = re.compile(
    r"国家级|最高级|顶级|最佳(?!(食用|赏味|饮用|品尝|品鉴|使用|保存|储存|贮存|冲泡|烹饪|采摘|观赏|搭配))|"
    r"(全网|全国|全球|史上)最(低|便宜|好)|史上最|(世界|全球|全国|全网|全城|行业|销量)第一|"
    r"独一无二|绝无仅有|100%有效|根治"
)

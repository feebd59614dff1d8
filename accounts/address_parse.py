"""One pasted line → the fields of an address. Pure: only the divisions' list is read.

A phone is what looks like one, a region what the list knows (a missing province or city is inferred
when only one fits), the recipient the short piece that is left, the street everything behind the
region. What cannot be told apart is left empty and named in `missing`.
"""

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import lru_cache

from accounts.divisions import Division, division_children

LINE_MAX = 500
_PHONE = re.compile(r"(?<!\d)(?:(?:\+|00)?86[\s-]*)?(1[3-9]\d(?:[\s-]*\d){8})(?!\d)")
_LABEL = re.compile(
    r"(?:收货人|收件人|姓名|联系人|手机号码|手机号|手机|联系电话|电话|所在地区|地区|"
    r"收货地址|详细地址|地址)\s*[:：]\s*"
)
_BREAK = re.compile(r"[\s,，;；、。|/]+")
_SUFFIX = re.compile(
    r"(?:特别行政区|壮族自治区|回族自治区|维吾尔自治区|自治区|省|市|地区|盟|区|县|旗)$"
)
_STREET_SIGN = re.compile(r"[\d路街道号村镇乡巷弄栋幢楼室]")
NAME_MAX = 12


@dataclass(frozen=True)
class ParsedAddress:
    """What a line says, as the address form takes it; "" for what it does not say.

    `city_code` may be a district right below its province. `missing` names fields of the form.
    """

    recipient: str = ""
    phone: str = ""
    province_code: str = ""
    city_code: str = ""
    district_code: str = ""
    street: str = ""
    missing: tuple[str, ...] = ()


@dataclass(frozen=True)
class _Found:
    """Divisions from the province down, and where in the text their names stand."""

    path: tuple[Division, ...]
    start: int
    end: int
    named: int


def address_parse(text: str) -> ParsedAddress:
    """The fields that a pasted line fills."""
    text = _LABEL.sub(" ", text[:LINE_MAX].replace("\x00", " "))
    phone = ""
    if match := _PHONE.search(text):
        phone = re.sub(r"\D", "", match.group(1))
        text = f"{text[: match.start()]} {text[match.end() :]}"
    found = _region(text)
    if found:
        before, after = text[: found.start], text[found.end :]
        recipient, street = _around(before, after)
        path = found.path
    else:
        recipient, street = _apart([piece for piece in _BREAK.split(text) if piece])
        path = ()
    codes = [division.code for division in path] + ["", "", ""]
    parsed = ParsedAddress(recipient, phone, codes[0], codes[1], codes[2], street)
    return ParsedAddress(**{**parsed.__dict__, "missing": tuple(_missing(parsed, path))})


def _missing(parsed: ParsedAddress, path: Sequence[Division]) -> Iterator[str]:
    for name in ("recipient", "phone"):
        if not getattr(parsed, name):
            yield name
    if not path:
        yield "province_code"
    elif division_children(path[-1].code):
        yield "city_code" if len(path) == 1 else "district_code"
    if not parsed.street:
        yield "street"


def _region(text: str) -> _Found | None:
    """The place that the text names, the most exactly named one; None when none or several do."""
    best: list[_Found] = []
    for position in range(len(text)):
        if position and not best and position > 60:
            break
        for found in _at(text, position):
            if not best or _weight(found) > _weight(best[0]):
                best = [found]
            elif _weight(found) == _weight(best[0]) and found.path != best[0].path:
                best.append(found)
    if not best:
        return None
    if len(best) == 1:
        return best[0]
    return None


def _weight(found: _Found) -> tuple[int, int, int]:
    return found.named, found.end - found.start, -found.start


def _at(text: str, start: int) -> Iterator[_Found]:
    """Every chain of divisions whose names begin here; levels above the first may be unnamed."""
    for path in _by_initial().get(text[start : start + 1], ()):
        end = _match(text, start, path[-1], bare=len(path) < 3)
        if end is None:
            continue
        yield from _deeper(text, start, end, path, named=1)


def _deeper(
    text: str, start: int, end: int, path: tuple[Division, ...], *, named: int
) -> Iterator[_Found]:
    yield _Found(path, start, end, named)
    following = _skip(text, end)
    for child in division_children(path[-1].code):
        stop = _match(text, following, child, bare=True)
        if stop is not None:
            yield from _deeper(text, start, stop, (*path, child), named=named + 1)
        elif child.level == 2:
            yield from _past_city(text, start, following, (*path, child), named=named)
    # 北京市北京市朝阳区, 上海 上海市: a municipality is often written twice.
    if len(path) == 1:
        again = _match(text, following, path[0], bare=True)
        if again is not None and again > following:
            for found in _deeper(text, start, again, path, named=named):
                if len(found.path) > 1:
                    yield found


def _past_city(
    text: str, start: int, following: int, path: tuple[Division, ...], *, named: int
) -> Iterator[_Found]:
    """The city is left out: 江苏昆山市, 湖北省武昌区."""
    for district in division_children(path[-1].code):
        stop = _match(text, following, district, bare=False)
        if stop is not None:
            yield _Found((*path, district), start, stop, named + 1)


def _skip(text: str, start: int) -> int:
    """Where the next name begins."""
    while start < len(text) and (text[start].isspace() or text[start] in ",，、/"):
        start += 1
    return start


def _match(text: str, start: int, division: Division, *, bare: bool) -> int | None:
    """Where the division's name ends when it stands here; `bare` takes it without 省, 市, 区."""
    if text.startswith(division.name, start):
        return start + len(division.name)
    if bare:
        short = _SUFFIX.sub("", division.name)
        if len(short) >= 2 and text.startswith(short, start):
            return start + len(short)
    return None


@lru_cache(maxsize=1)
def _by_initial() -> dict[str, tuple[tuple[Division, ...], ...]]:
    """Paths of all divisions by the first character of the last one's name."""
    paths: dict[str, list[tuple[Division, ...]]] = {}

    def walk(above: tuple[Division, ...]) -> None:
        for child in division_children(above[-1].code if above else ""):
            path = (*above, child)
            paths.setdefault(child.name[0], []).append(path)
            walk(path)

    walk(())
    return {initial: tuple(some) for initial, some in paths.items()}


def _around(before: str, after: str) -> tuple[str, str]:
    """Recipient and street, from what stands before and behind the region."""
    ahead = [piece for piece in _BREAK.split(before) if piece]
    behind = [piece for piece in _BREAK.split(after) if piece]
    if ahead:
        return ahead[0], " ".join([*behind, *ahead[1:]])
    if len(behind) > 1 and _is_name(behind[-1]):
        return behind[-1], " ".join(behind[:-1])
    return "", " ".join(behind)


def _apart(pieces: list[str]) -> tuple[str, str]:
    names = [piece for piece in pieces if _is_name(piece)]
    name = names[0] if names else ""
    return name, " ".join(piece for piece in pieces if piece != name)


def _is_name(piece: str) -> bool:
    return len(piece) <= NAME_MAX and not _STREET_SIGN.search(piece)

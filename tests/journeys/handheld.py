"""A page of the office in one hand: nothing sticks out, everything can be hit, everything has a name."""

from typing import Any

from tests.journeys.people import AXE

SIZE = {"width": 390, "height": 844}
# Less than the 44 px that the sheet asks for, so that a browser's rounding is no finding.
THUMB = 40

# A control counts with what is as good as itself: its label, or the line of a card that ticks it.
LOOK = """(thumb) => {
  const seen = (one) => one.checkVisibility({ checkOpacity: true, checkVisibilityCSS: true })
    && one.getBoundingClientRect().height > 1;
  const said = (one) => one.ariaLabel || one.title || one.name || one.textContent.trim() || one.id;
  const controls = "#main :is(button, select, summary, a, input:not([type=hidden], [type=file], [disabled]))";
  const small = [...document.querySelectorAll(controls)].filter((one) => {
    if (!seen(one) || one.matches(".select2-hidden-accessible")) return false;
    // A link in a line of text, or a value that happens to be one.
    const inText = one.matches("a") && one.closest("p, dl, .readonly, .timeline, .text-xs");
    if (inText && !one.matches(".act, .go")) return false;
    const as = [one, ...(one.labels ?? [])];
    if (one.matches("[type=checkbox]") && one.closest("td[data-label]")) as.push(one.closest("td"));
    return Math.max(...as.map((it) => it.getBoundingClientRect().height)) < thumb;
  });
  const broken = [...document.querySelectorAll("#main *")].filter((one) => {
    const own = [...one.childNodes].filter((it) => it.nodeType === 3).map((it) => it.textContent.trim()).join("");
    if (own.length < 4 || !/[\\u4e00-\\u9fff]{4}/.test(own) || !seen(one)) return false;
    const box = one.getBoundingClientRect(), size = parseFloat(getComputedStyle(one).fontSize);
    return box.width < 2.5 * size && box.height > 3 * size;
  });
  return {
    wide: document.documentElement.scrollWidth - innerWidth,
    small: small.map((one) => `${one.tagName} ${said(one)} ${Math.round(one.getBoundingClientRect().height)}`),
    broken: broken.map((one) => one.textContent.trim().slice(0, 20)),
  };
}"""
# The selects that search are made by a script of their own, some time after the page has loaded.
SETTLED = """() => document.readyState === "complete" && [...document.querySelectorAll(
  "select.admin-autocomplete:not([name*=__prefix__])"
)].every((one) => one.matches(".select2-hidden-accessible"))"""
AXE_RUN = """async (rules) => (await axe.run(document, {
  resultTypes: ["violations"], iframes: false, runOnly: rules,
})).violations.filter((one) => ["serious", "critical"].includes(one.impact))
  .map((one) => `${one.id}: ` + one.nodes.map((it) => it.target).join(" | "))"""
WHOLE = {"type": "tag", "values": ["wcag2a", "wcag2aa"]}
CONTRAST = {"type": "rule", "values": ["color-contrast"]}


def troubles(page: Any, *, dark: bool = False) -> list[str]:
    """What a thumb, an eye or a screen reader would stumble over; in the dark only the eye is asked."""
    page.wait_for_function(SETTLED)
    if not page.evaluate("() => 'axe' in window"):
        page.evaluate(AXE.read_text(encoding="utf-8"))
    found = [f"axe {one}" for one in page.evaluate(AXE_RUN, CONTRAST if dark else WHOLE)]
    if dark:
        return found
    look = page.evaluate(LOOK, THUMB)
    found += [f"{look['wide']} px too wide"] if look["wide"] > 0 else []
    found += [f"too small: {one}" for one in look["small"]]
    return found + [f"broken text: {one}" for one in look["broken"]]


def darken(page: Any, on: bool = True) -> None:
    """As the switch of the theme does it, without a reload."""
    page.evaluate("(on) => document.documentElement.classList.toggle('dark', on)", on)

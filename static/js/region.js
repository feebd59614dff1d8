// Province, city, district: each choice fills the next select. Without this script, or when the
// network is away, the "next step" button of the form does the same.
(() => {
  "use strict";

  const known = new Map();

  const children = async (url, parent) => {
    if (!known.has(parent)) {
      const response = await fetch(`${url}?parent=${encodeURIComponent(parent)}`);
      if (!response.ok) throw new Error(String(response.status));
      known.set(parent, (await response.json()).children);
    }
    return known.get(parent);
  };

  const offer = (select, choices) => {
    const empty = select.options[0];
    select.replaceChildren(empty, ...choices.map(([code, name]) => new Option(name, code)));
    select.value = "";
    select.disabled = choices.length === 0;
  };

  for (const region of document.querySelectorAll("[data-region]")) {
    const url = region.dataset.regionUrl;
    const [province, city, district] = ["province_code", "city_code", "district_code"].map((name) =>
      region.querySelector(`select[name="${name}"]`),
    );
    const next = region.querySelector("[data-region-next]");
    next.hidden = true;

    const load = async (from, to) => {
      const parent = from.value;
      if (!parent) return;
      try {
        const choices = await children(url, parent);
        if (from.value !== parent) return; // a later choice was faster
        offer(to, choices);
        next.hidden = true;
      } catch {
        next.hidden = false;
      }
    };
    const follow = (from, to, further) => {
      from.addEventListener("change", () => {
        for (const select of [to, ...further]) offer(select, []);
        load(from, to);
      });
      // Somebody chose before this script was there, or a browser brought an old choice back.
      if (from.value && to.options.length < 2) load(from, to);
    };
    follow(province, city, [district]);
    follow(city, district, []);
  }
})();

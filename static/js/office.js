// Names for what Unfold leaves without one: a field in a cell, a select that searches, a picture.
"use strict";

const nameCells = () => {
  for (const cell of document.querySelectorAll("td[data-label]")) {
    const bare = "input:not([type=hidden], [disabled]), select, textarea, a";
    for (const one of cell.querySelectorAll(bare)) {
      const named = one.labels?.length || one.textContent.trim() || one.ariaLabel;
      if (!named || (one.labels && !one.ariaLabel)) one.ariaLabel = cell.dataset.label;
    }
  }
};

// The whole line of a card ticks its box: the box alone is smaller than a finger.
const tickByLine = (event) => {
  const box = event.target.matches?.("td[data-label]")
    ? event.target.querySelectorAll("input[type=checkbox]")
    : [];
  if (box.length === 1) box[0].click();
};

const nameSelects = () => {
  for (const box of document.querySelectorAll(".select2-container")) {
    const select = box.parentElement.querySelector("select");
    const label = select?.labels[0]?.textContent.trim() || select?.ariaLabel;
    if (!label) continue;
    const named = "[role=combobox], [role=textbox], [role=searchbox], .select2-search__field";
    for (const one of box.querySelectorAll(named)) one.ariaLabel = label;
  }
};

document.addEventListener("DOMContentLoaded", () => {
  const main = document.getElementById("main");
  if (!main) return;
  main.setAttribute("role", "main");
  nameCells();
  document.addEventListener("click", tickByLine);
  // They are made when their own scripts get round to it, and again for every row that is added.
  new MutationObserver(nameSelects).observe(main, { childList: true, subtree: true });
  nameSelects();
});

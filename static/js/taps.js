// Taps that are faster than answers, where they are queued (hx-sync): none is lost.
//
// An answer is shown only if nothing was tapped since it was asked for: it would put back what the tap
// changed, and take the queue away with its element. Nor while a finger is down, for the tap would be
// lost with what it is on; then it is asked for once more.
(() => {
  "use strict";

  const tapped = new WeakSet();
  const askAfterRelease = (asker) => {
    let isOver = false;
    asker.addEventListener("submit", () => (isOver = true), { once: true });
    const ask = () => {
      isOver = isOver || !asker.isConnected || asker.classList.contains("htmx-request");
      if (!isOver) asker.dispatchEvent(new Event("change"));
      isOver = true;
    };
    for (const end of ["pointerup", "pointercancel"]) {
      document.addEventListener(end, () => setTimeout(ask), { once: true });
    }
  };
  document.addEventListener("htmx:trigger", (event) => tapped.add(event.target));
  document.addEventListener("htmx:beforeRequest", (event) => tapped.delete(event.target));
  document.addEventListener("htmx:beforeSwap", (event) => {
    const asker = event.detail.requestConfig.elt;
    if (!asker.matches("[hx-sync*='queue']")) return;
    const isPressed = asker.querySelector(":active") !== null;
    if (tapped.has(asker) || isPressed) event.detail.shouldSwap = false;
    if (isPressed && !tapped.has(asker)) askAfterRelease(asker);
  });
})();

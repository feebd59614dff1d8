// Small comforts that no page depends on: the cart's badge, steppers, one submission at a time.
(() => {
  "use strict";
  const words = document.currentScript.dataset;

  // How much is in the cart, from a cookie: the page itself is the same for everybody.
  const badge = () => {
    const link = document.querySelector("[data-cart]");
    if (!link) return;
    const told = document.cookie.match(/(?:^|; )cart_size=(\d{1,4})/);
    const size = told ? Number(told[1]) : 0;
    let dot = link.querySelector(".badge");
    if (!size) {
      if (dot) dot.remove();
      return;
    }
    if (!dot) {
      dot = document.createElement("span");
      dot.className = "badge";
      link.append(dot);
    }
    dot.textContent = size > 99 ? "99+" : String(size);
  };
  badge();
  document.addEventListener("htmx:afterRequest", badge);

  const stepper = (input) => {
    if (input.dataset.stepped) return;
    input.dataset.stepped = "1";
    const box = document.createElement("span");
    box.className = "stepper";
    input.replaceWith(box);
    const step = (sign, label) => {
      const button = document.createElement("button");
      button.type = "button";
      button.id = `${input.id}-${sign > 0 ? "more" : "less"}`;
      button.textContent = sign > 0 ? "+" : "−";
      button.setAttribute("aria-label", label);
      button.addEventListener("click", () => {
        const value = Math.max(1, (parseInt(input.value, 10) || 1) + sign);
        input.value = String(value);
        input.dispatchEvent(new Event("change", { bubbles: true }));
      });
      return button;
    };
    box.append(step(-1, words.less), input, step(1, words.more));
  };

  const gallery = (count) => {
    const strip = count.parentElement.querySelector(".gallery");
    const all = strip.children.length;
    strip.addEventListener(
      "scroll",
      () => (count.textContent = `${Math.round(strip.scrollLeft / strip.clientWidth) + 1}/${all}`),
      { passive: true },
    );
  };

  const dress = () => {
    document.querySelectorAll("input.quantity").forEach(stepper);
  };

  // htmx gives the focus back by its id, before a stepper's buttons are there again.
  let focused = "";
  const settled = () => {
    dress();
    if (focused && document.activeElement === document.body) {
      const again = document.getElementById(focused);
      if (again) again.focus({ preventScroll: true });
    }
    focused = "";
  };

  document.addEventListener("htmx:beforeSwap", () => {
    focused = document.activeElement ? document.activeElement.id : "";
  });

  // A second tap on a slow network sends nothing; coming back with the back button starts afresh. A
  // form that is answered with a file leaves its page in place: it may be sent again.
  document.addEventListener("submit", (event) => {
    const form = event.target;
    if (form.method !== "post" || form.matches("[hx-post], [data-download]")) return;
    if (form.dataset.sent) {
      event.preventDefault();
      return;
    }
    form.dataset.sent = "1";
    if (event.submitter) event.submitter.setAttribute("aria-busy", "true");
  });
  window.addEventListener("pageshow", () => {
    document.querySelectorAll("form[data-sent]").forEach((form) => delete form.dataset.sent);
    document.querySelectorAll("[aria-busy]").forEach((one) => one.removeAttribute("aria-busy"));
  });

  dress();
  document.querySelectorAll("[data-gallery-count]").forEach(gallery);
  document.addEventListener("htmx:afterSettle", settled);
})();

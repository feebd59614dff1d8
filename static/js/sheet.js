// The SKU sheet: on a phone the choices of a product page rise from below when somebody wants to
// buy. Without this script, and on a wide screen, they stand in the page, and the same buttons
// submit the same form.
(() => {
  "use strict";
  const words = document.currentScript.dataset;
  const form = document.querySelector("[data-sheet-form]");
  const body = form && form.querySelector("[data-sheet]");
  const template = form && form.querySelector("[data-sheet-template]");
  if (!body || !template || !window.HTMLDialogElement) return;

  const dialog = template.content.firstElementChild.cloneNode(true);
  const confirm = dialog.querySelector("[data-sheet-confirm]");
  const bar = confirm.parentElement;
  const place = document.createComment("the choices stand here while the sheet is closed");
  body.before(place);
  form.append(dialog);
  const wide = window.matchMedia("(min-width: 960px)");
  let wanted = null;

  const chosen = () => form.querySelector('input[name="sku"]:checked');
  const priceOf = (sku, kind) => (kind === "group" ? sku.dataset.group : sku.dataset.alone);

  // Yuan large, fen small, as `{{ fen|price }}` has it.
  const tell = (place, price) => {
    const [yuan, fen] = price.split(".");
    const small = document.createElement("small");
    small.textContent = `.${fen}`;
    place.replaceChildren(`¥${yuan}`, small);
  };

  const show = () => {
    const sku = chosen();
    if (!sku) return;
    const picked = `${sku.dataset.name} × ${form.elements.quantity.value}`;
    for (const place of form.querySelectorAll("[data-picked]")) place.textContent = picked;
    for (const button of form.querySelectorAll(".bottom-bar [data-sheet-open]")) {
      const label = button.querySelector("[data-price]");
      if (!label) continue;
      const price = priceOf(sku, button.dataset.sheetOpen);
      label.textContent = price ? `¥${price}` : words.none;
      button.disabled = wide.matches && !price;
    }
    const photo = dialog.querySelector(".sheet__photo");
    if (photo) {
      photo.dataset.first = photo.dataset.first || photo.getAttribute("src");
      photo.src = sku.dataset.photo || photo.dataset.first;
    }
    if (!wanted) return;
    const kind = wanted.dataset.sheetOpen;
    const price = priceOf(sku, kind);
    const sum = dialog.querySelector("[data-sheet-sum]");
    if (price) tell(sum, price);
    else sum.textContent = words.none;
    confirm.disabled = !price;
    confirm.textContent = words[kind];
    const target = form.querySelector(`.bottom-bar [data-sheet-open="${kind}"]`);
    confirm.formAction = target.getAttribute("formaction") || form.action;
  };

  // Into the cart without leaving the page; the token is in the reader's own part of it.
  const putIn = () => {
    const token = document.querySelector("#cart-form [name=csrfmiddlewaretoken]");
    const key = document.getElementById("cart-key");
    if (!window.htmx || !token || !key) return false;
    window.htmx.ajax("POST", document.getElementById("cart-form").action, {
      target: "#cart-said",
      values: {
        csrfmiddlewaretoken: token.value,
        form_key: key.value,
        sku: chosen().value,
        quantity: form.elements.quantity.value,
      },
    });
    return true;
  };

  const home = () => place.after(body);
  const open = (event) => {
    if (wide.matches) {
      if (event.currentTarget.dataset.sheetOpen === "cart" && putIn()) event.preventDefault();
      return;
    }
    event.preventDefault();
    // Enter in the quantity presses the form's first button, which is behind the open sheet.
    if (dialog.open) return;
    wanted = event.currentTarget;
    bar.before(body);
    show();
    dialog.showModal();
  };

  form.addEventListener("change", show);
  for (const button of form.querySelectorAll("[data-sheet-open]")) {
    button.addEventListener("click", open);
  }
  confirm.addEventListener("click", (event) => {
    if (wanted.dataset.sheetOpen !== "cart" || !putIn()) return;
    event.preventDefault();
    dialog.close();
  });
  dialog.addEventListener("close", home);
  dialog.addEventListener("click", (event) => {
    if (event.target === dialog || event.target.closest("[data-sheet-close]")) dialog.close();
  });
  // Turning a tablet: the sheet gives way to the choices in the page.
  wide.addEventListener("change", () => {
    if (dialog.open) dialog.close();
    show();
  });
  // Coming back from the checkout, a browser may restore another choice than the page was sent with.
  window.addEventListener("pageshow", () => {
    if (dialog.open) dialog.close();
    show();
  });
})();

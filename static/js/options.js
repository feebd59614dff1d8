// A product's SKUs as its options: colour first, then size. The plain list of SKUs, which is what
// the form sends, stays in the page, hidden; without this script it is what one chooses from.
(() => {
  "use strict";
  const list = document.querySelector("[data-matrix]");
  if (!list) return;
  const skus = [...list.querySelectorAll('input[name="sku"]')].map((input) => ({
    input,
    values: JSON.parse(input.dataset.options).map((pair) => pair[1]),
  }));
  const names = JSON.parse(skus[0].input.dataset.options).map((pair) => pair[0]);
  const chosen = () => skus.find((sku) => sku.input.checked) || skus[0];
  const fits = (sku, values) => values.every((value, place) => sku.values[place] === value);
  const buyable = (values) => skus.some((sku) => !sku.input.disabled && fits(sku, values));

  const axes = names.map((name, place) => {
    const axis = document.createElement("fieldset");
    axis.className = "choices choices--pills";
    const legend = document.createElement("legend");
    legend.textContent = name;
    axis.append(legend);
    for (const value of new Set(skus.map((sku) => sku.values[place]))) {
      const label = document.createElement("label");
      label.className = "pill";
      const input = document.createElement("input");
      input.type = "radio";
      input.name = `option-${place}`;
      input.value = value;
      // Of no form: only the SKU is sent.
      input.setAttribute("form", "");
      const text = document.createElement("span");
      text.textContent = value;
      label.append(input, text);
      axis.append(label);
    }
    list.before(axis);
    return axis;
  });

  // What stands left of a choice decides what is left of it; the other way round one could be
  // locked into a corner of the matrix.
  const show = () => {
    const { values } = chosen();
    axes.forEach((axis, place) => {
      for (const input of axis.querySelectorAll("input")) {
        input.checked = input.value === values[place];
        input.disabled = !buyable([...values.slice(0, place), input.value]);
      }
    });
  };

  const choose = (place, value) => {
    const { values } = chosen();
    const start = [...values.slice(0, place), value];
    const open = skus.filter((sku) => !sku.input.disabled && fits(sku, start));
    const same = (sku) => sku.values.filter((one, index) => one === values[index]).length;
    const best = open.sort((one, other) => same(other) - same(one))[0];
    if (best) {
      best.input.checked = true;
      best.input.dispatchEvent(new Event("change", { bubbles: true }));
    }
    show();
  };

  axes.forEach((axis, place) => {
    axis.addEventListener("change", (event) => choose(place, event.target.value));
  });
  list.hidden = true;
  show();
  window.addEventListener("pageshow", show);
})();

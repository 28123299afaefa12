// One form per screen: sends itself once, shows what the server objects to, and comes back to life afterwards.

import { clearErrors, h, showErrors } from "../elements.js";

export function stepForm({ step, values, submit, text }, ...children) {
  let sending = false;
  const form = h("form", { novalidate: true }, ...children, h("p", { class: "error", role: "alert", "data-general-error": true }));
  form.addEventListener("submit", async (event) => {
    event.preventDefault();
    if (sending) return;
    sending = true;
    clearErrors(form);
    const main = form.querySelector("[type=submit]");
    setBusy(main, true);
    const errors = await submit(step, values(form));
    sending = false;
    setBusy(main, false);
    if (!errors) return;
    showErrors(form, errors, text);
    form.dispatchEvent(new CustomEvent("refused", { detail: errors }));
  });
  return form;
}

function setBusy(button, busy) {
  if (!button) return;
  button.disabled = busy;
  if (busy) button.setAttribute("aria-busy", "true");
  else button.removeAttribute("aria-busy");
}

export function submitButton(content, properties) {
  return h("button", { type: "submit", class: "button main", ...properties }, content);
}

export function valueOf(form, name) {
  const control = form.elements.namedItem(name);
  if (!control) return "";
  return control.type === "checkbox" ? control.checked : control.value;
}

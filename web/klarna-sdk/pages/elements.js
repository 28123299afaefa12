// Building blocks of the screens: an element maker, labelled fields with their errors, radio cards, buttons.

export function h(tag, properties, ...children) {
  const made = document.createElement(tag);
  for (const [name, value] of Object.entries(properties || {})) {
    if (value === undefined || value === null || value === false) continue;
    if (name.startsWith("on")) made.addEventListener(name.slice(2), value);
    else if (value === true) made.setAttribute(name, "");
    else made.setAttribute(name, String(value));
  }
  made.append(...children.flat().filter((child) => child !== null && child !== undefined && child !== false));
  return made;
}

export function heading(text) {
  return h("h1", { id: "heading", tabindex: "-1" }, text);
}

export function button(text, properties) {
  return h("button", { type: "button", class: "button", ...properties }, text);
}

// One labelled text field. `hint` and the error text are tied to it, so both are read out with it.
export function field({ id, name, label, hint, value, container, ...attributes }) {
  const hintId = `${id}-hint`;
  const errorId = `${id}-error`;
  const input = h("input", { id, name, type: "text", value: value || "", ...attributes });
  input.setAttribute("aria-describedby", hint ? `${hintId} ${errorId}` : errorId);
  return h(
    "div",
    { class: "field", id: container },
    h("label", { for: id }, label),
    hint ? h("p", { id: hintId, class: "hint" }, hint) : null,
    input,
    h("p", { id: errorId, class: "error", role: "alert" }),
  );
}

export function checkbox({ id, name, label }) {
  return h(
    "div",
    { class: "field check" },
    h("input", { id, name, type: "checkbox", "aria-describedby": `${id}-error` }),
    h("label", { for: id }, label),
    h("p", { id: `${id}-error`, class: "error", role: "alert" }),
  );
}

// Radio cards in a fieldset; the choice that is set is the one the arrow keys start from.
export function choices({ legend, name, options, selected }) {
  return h(
    "fieldset",
    { class: "choices" },
    h("legend", {}, legend),
    options.map(({ id, value, title, detail }) =>
      h(
        "label",
        { class: "choice", for: id },
        h("input", { type: "radio", id, name, value, checked: value === selected, "aria-describedby": detail ? `${id}-detail` : undefined }),
        h("span", { class: "choice-title" }, title),
        detail ? h("span", { class: "choice-detail", id: `${id}-detail` }, detail) : null,
      ),
    ),
  );
}

export function showErrors(form, errors, text) {
  clearErrors(form);
  let first = null;
  // In the order of the form, so that the focus goes to the topmost mistake.
  for (const control of form.elements) {
    const slot = control.id && document.getElementById(`${control.id}-error`);
    if (!slot || !errors[control.name]) continue;
    control.setAttribute("aria-invalid", "true");
    slot.textContent = text(`error_${errors[control.name]}`);
    first ||= control;
  }
  if (!first) form.querySelector("[data-general-error]").textContent = text("error_general");
  first?.focus();
}

export function clearErrors(form) {
  for (const slot of form.querySelectorAll(".error")) slot.textContent = "";
  for (const input of form.querySelectorAll("[aria-invalid]")) input.removeAttribute("aria-invalid");
}

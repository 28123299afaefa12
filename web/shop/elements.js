// Building blocks of the pages.

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

export function field({ id, label, hint, options, ...attributes }) {
  const described = hint ? `${id}-hint ${id}-error` : `${id}-error`;
  const shared = { id, name: id, "aria-describedby": described, ...attributes };
  const control = options
    ? h("select", shared, options.map(([value, text]) => h("option", { value, selected: value === attributes.value }, text)))
    : h("input", { type: "text", ...shared });
  return h(
    "div",
    { class: "field" },
    h("label", { for: id }, label),
    hint ? h("p", { class: "hint", id: `${id}-hint` }, hint) : null,
    control,
    h("p", { class: "error", id: `${id}-error`, role: "alert" }),
  );
}

export function showFieldError(id, message) {
  const control = document.getElementById(id);
  const slot = document.getElementById(`${id}-error`);
  if (!control || !slot) return false;
  control.setAttribute("aria-invalid", "true");
  slot.textContent = message;
  return true;
}

export function clearErrors(form) {
  for (const slot of form.querySelectorAll(".error")) slot.textContent = "";
  for (const control of form.querySelectorAll("[aria-invalid]")) control.removeAttribute("aria-invalid");
}

export function radioCards({ legend, name, options, selected, onchoose }) {
  return h(
    "fieldset",
    { class: "cards" },
    h("legend", {}, legend),
    options.map(({ value, title, detail, testid }) => {
      const id = `${name}-${value}`;
      return h(
        "label",
        { class: "card-choice", for: id },
        h("input", { type: "radio", id, name, value, checked: value === selected, "data-testid": testid, onchange: () => onchoose(value) }),
        h("span", { class: "card-title" }, title),
        detail ? h("span", { class: "card-detail" }, detail) : null,
      );
    }),
  );
}

const SHOWN_MS = 5000;
let hiding = 0;

// Spoken by screen readers, and shown for a moment at the foot of the window.
export function say(text) {
  const status = document.getElementById("status");
  status.textContent = text;
  clearTimeout(hiding);
  hiding = setTimeout(() => (status.textContent = ""), SHOWN_MS);
}

// Runs one action at a time behind a button, which says that it is busy. It is not disabled meanwhile: that would throw the
// focus away, and with it the place to which a dialog returns.
export async function whileBusy(button, action) {
  if (button.getAttribute("aria-busy") === "true") return;
  button.setAttribute("aria-busy", "true");
  button.setAttribute("aria-disabled", "true");
  try {
    await action();
  } finally {
    button.removeAttribute("aria-busy");
    button.removeAttribute("aria-disabled");
  }
}

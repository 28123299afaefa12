// Paying at once by card, and the bank's own check of some cards in a frame over the screen.

import { button, field, h, heading } from "../elements.js";
import { stepForm, submitButton, valueOf } from "./form.js";

export function card({ text, submit, state }) {
  const values = (form) => ({
    number: valueOf(form, "number"),
    expire: valueOf(form, "expire"),
    security: valueOf(form, "security"),
  });
  const form = stepForm(
    { step: "card", values, submit, text },
    field({ id: "cardNumber", name: "number", label: text("card_number"), inputmode: "numeric", autocomplete: "cc-number", required: true }),
    field({
      id: "expire",
      name: "expire",
      label: text("card_expire"),
      hint: text("card_expire_hint"),
      inputmode: "numeric",
      autocomplete: "cc-exp",
      required: true,
    }),
    field({ id: "securityCode", name: "security", label: text("card_code"), inputmode: "numeric", autocomplete: "cc-csc", maxlength: "4", required: true }),
    submitButton(text("continue"), {}),
  );
  return h(
    "section",
    { id: "cardForm" },
    heading(text("card_title")),
    h("p", {}, text("card_lead")),
    state.notice ? h("p", { class: "error", role: "alert" }, text(`error_${state.notice}`)) : null,
    form,
    h("p", { class: "row" }, button(text("back"), { class: "link", onclick: () => submit("back", {}) })),
  );
}

export function challenge({ text, submit, locale }) {
  const frame = h("iframe", {
    id: "3ds-dialog-iframe",
    name: "3ds-dialog-iframe",
    title: text("challenge_title"),
    src: `/kp/challenge?locale=${encodeURIComponent(locale)}`,
  });
  let answered = false;
  const hear = (event) => {
    if (event.origin !== location.origin || event.source !== frame.contentWindow || answered) return;
    const outcome = event.data?.challenge;
    if (outcome !== "success" && outcome !== "rejected") return;
    answered = true;
    window.removeEventListener("message", hear);
    submit("challenge", { outcome });
  };
  window.addEventListener("message", hear);
  return h(
    "section",
    {},
    h("h1", {}, text("challenge_title")),
    // Only the bank's answer ends this; the close control beneath is out of reach until then, so Escape counts as refusing.
    h(
      "dialog",
      {
        class: "challenge-dialog",
        "aria-label": text("challenge_title"),
        "aria-modal": "true",
        oncancel: (event) => {
          event.preventDefault();
          if (!answered) submit("challenge", { outcome: "rejected" });
        },
      },
      frame,
    ),
  );
}

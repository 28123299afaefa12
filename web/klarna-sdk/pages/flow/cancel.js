// The question before leaving. Escape and "no" go back to where the shopper was.

import { button, h } from "../elements.js";

export function cancelDialog(text, confirm) {
  return function ask() {
    if (document.querySelector("dialog[open]")) return;
    const returnTo = document.activeElement;
    const heading = h("h2", { id: "cancel-heading", tabindex: "-1" }, text("cancel_title"));
    const dialog = h(
      "dialog",
      {
        id: "payment-cancel-dialog-express__container",
        role: "dialog",
        "aria-modal": "true",
        "aria-labelledby": "cancel-heading",
        "aria-describedby": "cancel-lead",
        onclose: () => {
          dialog.remove();
          returnTo?.focus?.();
        },
      },
      heading,
      h("p", { id: "cancel-lead" }, text("cancel_lead")),
      button(text("cancel_yes"), {
        id: "payment-cancel-dialog-express__confirm",
        class: "button main",
        onclick: (event) => {
          event.currentTarget.disabled = true;
          confirm();
        },
      }),
      button(text("cancel_no"), { id: "payment-cancel-dialog-express__dismiss", onclick: () => dialog.close() }),
    );
    document.querySelector("main").append(dialog);
    dialog.showModal();
    heading.focus();
  };
}

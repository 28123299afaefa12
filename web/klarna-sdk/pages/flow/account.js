// Paying from a bank account: the account that is debited, or the test bank's page for a transfer.

import { button, field, h, heading } from "../elements.js";
import { stepForm, submitButton, valueOf } from "./form.js";

export function account({ state, text, submit }) {
  const kind = state.account === "iban" ? "iban" : "personal_number";
  return h(
    "section",
    { id: "accountForm" },
    heading(text("account_title")),
    h("p", {}, text(`account_lead_${kind}`)),
    stepForm(
      { step: "account", values: (form) => ({ number: valueOf(form, "number") }), submit, text },
      field({ id: "accountNumber", name: "number", label: text(`account_${kind}`), autocomplete: "off", required: true }),
      submitButton(text("continue"), {}),
    ),
    back(text, submit),
  );
}

const LOGIN = [
  ["login", "text"],
  ["pin", "password"],
  ["tan", "text"],
];

export function bank({ state, text, submit }) {
  const fields = LOGIN.map(([name, type]) =>
    field({ id: `bank-${name}`, name, type, label: text(`bank_${name}`), autocomplete: "off", required: true }),
  );
  return h(
    "section",
    { id: "bankForm" },
    heading(state.bank),
    h("p", {}, text("bank_lead")),
    stepForm(
      { step: "bank", values: (form) => Object.fromEntries(LOGIN.map(([name]) => [name, valueOf(form, name)])), submit, text },
      fields,
      submitButton(text("continue"), {}),
    ),
    back(text, submit),
  );
}

function back(text, submit) {
  return h("p", { class: "row" }, button(text("back"), { class: "link", onclick: () => submit("back", {}) }));
}

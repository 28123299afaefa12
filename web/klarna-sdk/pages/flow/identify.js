// Who is paying: phone number, one-time code, and for people new here their details.

import { button, checkbox, field, h, heading } from "../elements.js";
import { stepForm, submitButton, valueOf } from "./form.js";

export function phone({ state, text, submit }) {
  const form = stepForm(
    { step: "phone", values: (form) => ({ phone: valueOf(form, "phone") }), submit, text },
    field({
      id: "phone",
      name: "phone",
      label: text("phone_label"),
      type: "tel",
      autocomplete: "tel",
      value: state.prefill.phone,
      required: true,
      "data-testid": "kaf-field",
    }),
    submitButton(text("continue"), { id: "onContinue", "data-testid": "kaf-button" }),
    state.eid ? button(text("eid"), { id: "signInWithBankId", onclick: () => submit("eid", {}) }) : null,
  );
  return h("section", { id: "collectPhonePurchaseFlow" }, heading(text("phone_title")), h("p", {}, text("phone_lead")), form);
}

export function code({ state, text, submit, say }) {
  const form = stepForm(
    { step: "code", values: (form) => ({ code: valueOf(form, "code") }), submit, text },
    // One field for all six digits: people paste, phones fill in, tests type.
    field({
      id: "otp_field",
      container: "otp_field__container",
      name: "code",
      label: text("code_label"),
      hint: text("code_hint"),
      autocomplete: "one-time-code",
      inputmode: "numeric",
      maxlength: "6",
      required: true,
      "data-testid": "kaf-field",
    }),
    submitButton(text("continue"), {}),
  );
  const input = form.elements.namedItem("code");
  input.addEventListener("input", () => {
    if (/^\d{6}$/.test(input.value)) form.requestSubmit();
  });
  form.addEventListener("refused", () => {
    input.value = "";
    input.focus();
  });
  const again = button(text("code_again"), { class: "link", onclick: () => say(text("code_sent")) });
  return h(
    "section",
    { id: "phoneOtp" },
    heading(text("code_title")),
    h("p", {}, text("code_lead", { phone: state.prefill.phone || "" })),
    form,
    h("p", { class: "row" }, again, button(text("back"), { class: "link", onclick: () => submit("back", {}) })),
  );
}

const DETAILS = [
  ["given_name", "given-name"],
  ["family_name", "family-name"],
  ["email", "email", { type: "email" }],
  ["street_address", "street-address"],
  ["postal_code", "postal-code"],
  ["city", "address-level2"],
  ["date_of_birth", "bday", { inputmode: "numeric" }],
];

export function details({ state, text, submit }) {
  const fields = DETAILS.map(([name, autocomplete, more]) =>
    field({
      id: `details-${name}`,
      name,
      label: text(name),
      autocomplete,
      hint: name === "date_of_birth" ? text("date_hint") : undefined,
      value: state.prefill[name],
      required: true,
      ...more,
    }),
  );
  const values = (form) => {
    const entered = Object.fromEntries(DETAILS.map(([name]) => [name, valueOf(form, name)]));
    return { ...entered, terms: valueOf(form, "terms") };
  };
  return h(
    "section",
    { id: "newShopperDetails" },
    heading(text("details_title")),
    h("p", {}, text("details_lead")),
    stepForm(
      { step: "details", values, submit, text },
      fields,
      checkbox({ id: "details-terms", name: "terms", label: text("accept_terms") }),
      submitButton(text("continue"), {}),
    ),
  );
}

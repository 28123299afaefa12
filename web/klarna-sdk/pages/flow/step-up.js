// What Klarna asks before it approves a step-up shopper: a code to type, or something done elsewhere that a test passes or fails.

import { button, field, h, heading } from "../elements.js";
import { stepForm, submitButton, valueOf } from "./form.js";

const TYPED = {
  otp_email: { id: "stepUpCode", autocomplete: "one-time-code", maxlength: "6" },
  otp_phone: { id: "stepUpCode", autocomplete: "one-time-code", maxlength: "6" },
  cvv_entry: { id: "stepUpCode", autocomplete: "cc-csc", maxlength: "4" },
};

export function stepUp({ state, text, submit }) {
  const typed = TYPED[state.challenge];
  return h(
    "section",
    { id: "stepUp", "data-challenge": state.challenge },
    heading(text("step_up_title")),
    h("p", {}, text(`step_up_${state.challenge}`)),
    state.notice ? h("p", { class: "error", role: "alert" }, text(`error_${state.notice}`)) : null,
    typed ? codeForm(typed, text, submit) : answers(text, submit),
  );
}

function codeForm(typed, text, submit) {
  return stepForm(
    { step: "step_up", values: (form) => ({ answer: valueOf(form, "answer") }), submit, text },
    field({ name: "answer", label: text("step_up_code"), inputmode: "numeric", required: true, ...typed }),
    submitButton(text("continue"), {}),
    button(text("challenge_fail"), { id: "rejected", onclick: () => submit("step_up", { answer: "rejected" }) }),
  );
}

function answers(text, submit) {
  return [
    button(text("challenge_pass"), { id: "success", class: "button main", onclick: () => submit("step_up", { answer: "success" }) }),
    button(text("challenge_fail"), { id: "rejected", onclick: () => submit("step_up", { answer: "rejected" }) }),
  ];
}

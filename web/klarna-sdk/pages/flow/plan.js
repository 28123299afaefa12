// How to pay: the way, the number of parts where there is a choice, and the last look before paying.

import { button, choices, h, heading } from "../elements.js";
import { firstPart } from "../money.js";
import { stepForm, submitButton, valueOf } from "./form.js";

export function plan({ state, text, money, submit }) {
  const amount = state.view.order_amount;
  const values = { amount: money(amount), part: money(firstPart(amount, 12)) };
  const options = state.ways.map((way) => ({ id: `${way}-${way}`, value: way, title: text(way), detail: text(`${way}_detail`, values) }));
  // Suites know this button under three names, from three generations of the same screen.
  const label = h(
    "span",
    { "data-testid": "select-payment-category" },
    h("span", { "data-testid": "select-payment-category-or-method-from-stacked-selector" }, text("continue")),
  );
  return h(
    "section",
    { id: "choosePlan" },
    heading(text("plan_title")),
    stepForm(
      { step: "plan", values: (form) => ({ way: valueOf(form, "way") }), submit, text },
      choices({ legend: text("plan_legend"), name: "way", options, selected: state.chosen.way }),
      submitButton(label, { "data-testid": "pick-plan" }),
    ),
  );
}

export function parts({ state, text, money, submit }) {
  const amount = state.view.order_amount;
  const options = state.parts.map((count) => ({
    id: `pay_over_time-${count}`,
    value: String(count),
    title: text("parts_option", { count }),
    detail: text("parts_detail", { part: money(firstPart(amount, count)), amount: money(amount) }),
  }));
  return h(
    "section",
    { id: "chooseParts" },
    heading(text("parts_title")),
    stepForm(
      { step: "parts", values: (form) => ({ parts: Number(valueOf(form, "pay_over_time")) }), submit, text },
      choices({ legend: text("parts_legend"), name: "pay_over_time", options, selected: String(state.chosen.parts) }),
      submitButton(text("continue"), { "data-testid": "pick-plan" }),
    ),
    h("p", { class: "row" }, button(text("back"), { class: "link", onclick: () => submit("back", {}) })),
  );
}

export function confirm({ state, text, money, merchant, submit }) {
  const total = money(state.view.order_amount);
  const { way, parts: count } = state.chosen;
  const how = way === "pay_over_time" ? `${text(way)} · ${text("parts_option", { count })}` : text(way);
  return h(
    "section",
    { id: "confirmPurchase" },
    heading(text("confirm_title")),
    h(
      "dl",
      {},
      h("dt", {}, text("confirm_to")),
      h("dd", {}, merchant),
      h("dt", {}, text("confirm_how")),
      h("dd", {}, how),
      h("dt", {}, text("confirm_total")),
      h("dd", {}, h("strong", {}, total)),
    ),
    h("p", { class: "small" }, text("confirm_terms")),
    stepForm(
      { step: "confirm", values: () => ({}), submit, text },
      submitButton(text("confirm_pay", { amount: total }), { id: "buy_button", "data-testid": "confirm-and-pay" }),
    ),
    h("p", { class: "row" }, button(text("change_plan"), { class: "link", onclick: () => submit("back", {}) })),
  );
}

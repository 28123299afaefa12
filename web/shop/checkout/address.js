// Who buys and where it goes. The browser checks that fields are filled; what is right is the server's word.

import { ApiError } from "../api.js";
import { clearErrors, field, h, say, showFieldError, whileBusy } from "../elements.js";
import { store } from "../store.js";
import { countries, needsState, testShopper } from "./countries.js";

const FIELDS = [
  { id: "email", label: "E-mail", type: "email", autocomplete: "email", required: true },
  { id: "first_name", label: "First name", autocomplete: "given-name", required: true },
  { id: "last_name", label: "Last name", autocomplete: "family-name", required: true },
  { id: "line_1", label: "Street and number", autocomplete: "address-line1", required: true },
  { id: "zip_code", label: "Postal code", autocomplete: "postal-code", required: true },
  { id: "city", label: "City", autocomplete: "address-level2", required: true },
  { id: "country_code", label: "Country", autocomplete: "country", required: true },
  { id: "state_code", label: "State", autocomplete: "address-level1", hint: "Two letters, for example NY" },
  { id: "phone", label: "Phone", type: "tel", autocomplete: "tel", required: true, hint: "With country code" },
];

export function addressPart(box, checkout) {
  const order = store.cart.order;
  const address = order.billing_address || {};
  const value = (id) => (id === "email" ? order.customer_email : address[id]) || "";
  const options = countries(store.market);
  const fields = FIELDS.map((each) =>
    field({ ...each, value: value(each.id) || (each.id === "country_code" ? options[0][0] : ""), options: each.id === "country_code" ? options : undefined }),
  );
  const general = h("p", { class: "error", role: "alert" });
  const form = h(
    "form",
    { novalidate: true, id: "address-form" },
    h("button", { type: "button", class: "link", id: "fill-test-shopper", onclick: () => fill(form) }, "Fill in a test shopper"),
    fields,
    general,
    h("button", { type: "submit", class: "button main", id: "save-address" }, "Continue to delivery"),
  );
  form.addEventListener("submit", (event) => {
    event.preventDefault();
    whileBusy(form.querySelector("[type=submit]"), () => save(box, form, general, checkout));
  });
  form.elements.country_code.addEventListener("change", () => showState(form));
  box.replaceChildren(h("h2", { id: "address-heading", tabindex: "-1" }, "Your address"), form);
  showState(form);
}

function showState(form) {
  form.elements.state_code.closest(".field").hidden = !needsState(form.elements.country_code.value);
}

function fill(form) {
  for (const [name, value] of Object.entries(testShopper(store.market))) form.elements[name].value = value;
  showState(form);
  say("A test shopper was filled in.");
  form.querySelector("[type=submit]").focus();
}

async function save(box, form, general, checkout) {
  clearErrors(form);
  const values = Object.fromEntries(FIELDS.map(({ id }) => [id, form.elements[id].value.trim()]));
  if (!needsState(values.country_code)) values.state_code = "";
  const missing = FIELDS.filter(({ id, required }) => (required || (id === "state_code" && needsState(values.country_code))) && !values[id]);
  for (const { id, label } of missing) showFieldError(id, `${label} is missing.`);
  if (missing.length > 0) {
    form.elements[missing[0].id].focus();
    return;
  }
  try {
    await send(values);
    draw(box, values, checkout);
    checkout.open("delivery");
  } catch (error) {
    explain(error, form, general);
  }
}

async function send({ email, ...address }) {
  const attributes = { ...address, state_code: address.state_code || null };
  const created = await store.api.create("addresses", attributes);
  await store.cart.update({ customer_email: email, _shipping_address_same_as_billing: true }, { billing_address: created });
}

function explain(error, form, general) {
  const names = error instanceof ApiError ? FIELDS.filter(({ id }) => error.find(id === "email" ? "customer_email" : id)) : [];
  for (const { id } of names) showFieldError(id, error.find(id === "email" ? "customer_email" : id).detail);
  if (names.length > 0) form.elements[names[0].id].focus();
  else general.textContent = error.message;
}

// Folded away once it is saved; "change" opens it again and takes the later parts back.
function draw(box, values, checkout) {
  box.replaceChildren(
    h("h2", { id: "address-heading", tabindex: "-1" }, "Your address"),
    h(
      "p",
      {},
      `${values.first_name} ${values.last_name}, ${values.line_1}, ${values.zip_code} ${values.city}${values.state_code ? ` ${values.state_code}` : ""}, ${values.country_code}`,
      h("br", {}),
      `${values.email}, ${values.phone}`,
    ),
    h("button", { type: "button", class: "link", id: "change-address", onclick: () => reopen(box, checkout) }, "Change address"),
  );
}

function reopen(box, checkout) {
  checkout.open("address");
  box.querySelector("h2").focus();
}

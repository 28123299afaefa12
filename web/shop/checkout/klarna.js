// Payment through the embedded widget: load its script from the provider, show it, and let it authorize inside the
// shopper's own click, because a later window would be blocked.

import { h } from "../elements.js";
import { store } from "../store.js";

const SCRIPT_ID = "payment-script";
const CONTAINER_ID = "klarna-payments-container";

export const klarnaWays = {
  detail: "Now, in 30 days, or in parts",
  prepare,
  authorize,
};

async function prepare(box, source) {
  const container = h("div", { id: CONTAINER_ID });
  box.replaceChildren(container);
  const payments = await script();
  const category = source.payment_methods?.[0]?.identifier;
  payments.init({ client_token: source.client_token });
  const result = await new Promise((resolve) => payments.load({ container, payment_method_category: category }, resolve));
  if (!result.show_form) throw new Error("This payment method is not available for your order. Please choose another one.");
}

function authorize(source, order) {
  const category = source.payment_methods?.[0]?.identifier;
  const data = { billing_address: address(order.billing_address, order), shipping_address: address(order.shipping_address, order) };
  return new Promise((resolve, reject) => {
    try {
      window.Klarna.Payments.authorize({ payment_method_category: category }, data, (result) =>
        resolve({
          approved: result.approved,
          show_form: result.show_form,
          auth_token: result.authorization_token,
          invalid_fields: result.error?.invalid_fields,
        }),
      );
    } catch (error) {
      reject(error);
    }
  });
}

function address(from, order) {
  if (!from) return undefined;
  return {
    given_name: from.first_name,
    family_name: from.last_name,
    email: order.customer_email,
    phone: from.phone,
    street_address: from.line_1,
    postal_code: from.zip_code,
    city: from.city,
    region: from.state_code || undefined,
    country: from.country_code,
  };
}

function script() {
  if (window.Klarna?.Payments) return Promise.resolve(window.Klarna.Payments);
  document.getElementById(SCRIPT_ID)?.remove();
  return new Promise((resolve, reject) => {
    window.klarnaAsyncCallback = () => resolve(window.Klarna.Payments);
    const tag = h("script", { id: SCRIPT_ID, src: store.config.sdk_url, async: true });
    tag.addEventListener("error", () => reject(new Error("The payment service cannot be reached. Please try again, or choose another payment method.")));
    document.body.append(tag);
  });
}

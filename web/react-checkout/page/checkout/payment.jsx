// How it is paid, and the button that buys. The components open Klarna's widget themselves.

import {
  Errors,
  PaymentMethod,
  PaymentMethodName,
  PaymentMethodPrice,
  PaymentMethodRadioButton,
  PaymentMethodsContainer,
  PaymentSource,
  PaymentSourceBrandName,
  PlaceOrderButton,
  PrivacyAndTermsCheckbox,
  useOrderContainer,
} from "@commercelayer/react-components";

export function Payment({ open }) {
  return <PaymentMethodsContainer>{open && <Methods />}</PaymentMethodsContainer>;
}

function Methods() {
  const { order } = useOrderContainer();
  const placed = (answer) => {
    if (answer.placed) location.assign(`/thanks?order=${order.id}`);
  };
  return (
    <section>
      <h2>Payment</h2>
      <PaymentMethod>
        <PaymentMethodRadioButton />
        <PaymentMethodName />
        <PaymentMethodPrice />
        <PaymentSource templateCustomerCards={Kept}><PaymentSourceBrandName data-testid="brand" /></PaymentSource>
        <Errors resource="payment_methods" />
      </PaymentMethod>
      <label><PrivacyAndTermsCheckbox /> Terms and privacy</label>
      <PlaceOrderButton data-testid="place-order" onClick={placed} />
      <Errors resource="orders" data-testid="order-error" />
    </section>
  );
}

// What the customer paid with before and kept.
function Kept({ customerPayments }) {
  return customerPayments.map(({ id, handleClick }) => (
    <button key={id} type="button" data-testid="kept-payment" onClick={handleClick}>Pay as before</button>
  ));
}

// The checkout of one order: who and where to, how to ship, how to pay. A step is shown once the one before it is done. What
// surrounds the steps is there from the start, because it says what the order is asked for.

import {
  CustomerContainer,
  OrderContainer,
  PlaceOrderContainer,
  ShippingAmount,
  TaxesAmount,
  useOrderContainer,
} from "@commercelayer/react-components";

import { Lines, Sums } from "./cart.jsx";
import { Customer } from "./checkout/customer.jsx";
import { Delivery } from "./checkout/delivery.jsx";
import { Payment } from "./checkout/payment.jsx";

export function Checkout({ session, orderId }) {
  return (
    <OrderContainer orderId={orderId}>
      <CustomerContainer isGuest={session.guest}>
        <PlaceOrderContainer>
          <h1>Checkout</h1>
          <Summary />
          <Steps session={session} />
        </PlaceOrderContainer>
      </CustomerContainer>
    </OrderContainer>
  );
}

function Summary() {
  return (
    <aside>
      <Lines readonly />
      <p>Shipping <ShippingAmount data-testid="shipping" />, taxes <TaxesAmount data-testid="taxes" /></p>
      <Sums />
    </aside>
  );
}

function Steps({ session }) {
  const { order } = useOrderContainer();
  const addressed = Boolean(order?.billing_address);
  const shipped = addressed && order.shipments?.every((shipment) => shipment.shipping_method);
  return (
    <>
      {order ? <Customer session={session} order={order} done={addressed} /> : <p role="status">One moment.</p>}
      <Delivery open={addressed} />
      <Payment open={shipped} />
    </>
  );
}

// What was bought, and how it is paid.

import {
  OrderContainer,
  OrderNumber,
  PaymentMethodsContainer,
  PaymentSource,
  PaymentSourceBrandName,
  PlaceOrderContainer,
  useOrderContainer,
} from "@commercelayer/react-components";

import { Lines, Sums } from "./cart.jsx";

export function Thanks({ orderId }) {
  return (
    <OrderContainer orderId={orderId}>
      <PlaceOrderContainer>
        <h1>Thank you</h1>
        <p>Your order <OrderNumber data-testid="order-number" /></p>
        <Status />
        <Lines readonly />
        <Sums />
        <PaymentMethodsContainer>
          <PaymentSource readonly><PaymentSourceBrandName data-testid="brand" /></PaymentSource>
        </PaymentMethodsContainer>
      </PlaceOrderContainer>
    </OrderContainer>
  );
}

function Status() {
  const { order } = useOrderContainer();
  if (!order) return <p role="status">One moment.</p>;
  return <p data-testid="status">{order.status}, {order.payment_status}</p>;
}

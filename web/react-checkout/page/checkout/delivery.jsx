// How each shipment comes: its methods with price and time.

import {
  DeliveryLeadTime,
  Errors,
  Shipment,
  ShipmentsContainer,
  ShippingMethod,
  ShippingMethodName,
  ShippingMethodPrice,
  ShippingMethodRadioButton,
} from "@commercelayer/react-components";

export function Delivery({ open }) {
  return <ShipmentsContainer>{open && <Methods />}</ShipmentsContainer>;
}

function Methods() {
  return (
    <section data-testid="delivery">
      <h2>Delivery</h2>
      <Shipment>
        <ShippingMethod>
          <p data-testid="shipping-method">
            <ShippingMethodRadioButton />
            <ShippingMethodName />
            <ShippingMethodPrice />
            , <DeliveryLeadTime type="min_days" /> to <DeliveryLeadTime type="max_days" /> days
          </p>
        </ShippingMethod>
      </Shipment>
      <Errors resource="shipments" />
      <Errors resource="line_items" />
    </section>
  );
}

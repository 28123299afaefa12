// Goods and the cart: prices, lines with their quantities, a coupon or a gift card, the sums.

import {
  AddToCartButton,
  DiscountAmount,
  Errors,
  GiftCardAmount,
  GiftCardOrCouponCode,
  GiftCardOrCouponForm,
  GiftCardOrCouponInput,
  GiftCardOrCouponRemoveButton,
  GiftCardOrCouponSubmit,
  LineItem,
  LineItemAmount,
  LineItemName,
  LineItemQuantity,
  LineItemRemoveLink,
  LineItemsContainer,
  LineItemsCount,
  OrderContainer,
  OrderStorage,
  Price,
  PricesContainer,
  SubTotalAmount,
  TotalAmount,
  useOrderContainer,
} from "@commercelayer/react-components";

const KINDS = ["coupon", "gift_card"];

export function Cart({ config }) {
  return (
    <OrderStorage persistKey="cart">
      <OrderContainer>
        <h1>Shop</h1>
        {config.goods.map((good) => <Good key={good.code} {...good} />)}
        <h2>Cart</h2>
        <Lines />
        <Codes />
        <Sums />
        <ToCheckout />
      </OrderContainer>
    </OrderStorage>
  );
}

function Good({ code, name, frequency }) {
  return (
    <section data-testid={`good-${code}`}>
      <h2>{name}</h2>
      <PricesContainer><Price skuCode={code} /></PricesContainer>
      <AddToCartButton skuCode={code} quantity="1" lineItem={{ name, frequency }} />
    </section>
  );
}

export function Lines({ readonly }) {
  return (
    <LineItemsContainer>
      <p><LineItemsCount data-testid="count" /> pieces</p>
      <LineItem>
        <p data-testid="line">
          <LineItemName />
          <LineItemQuantity max={10} readonly={readonly} data-testid="quantity" />
          <LineItemAmount />
          {!readonly && <LineItemRemoveLink />}
        </p>
        <Errors resource="line_items" field="quantity" />
      </LineItem>
    </LineItemsContainer>
  );
}

function Codes() {
  return (
    <>
      <GiftCardOrCouponForm data-testid="codes">
        <GiftCardOrCouponInput aria-label="Coupon or gift card" />
        <GiftCardOrCouponSubmit label="Use code" />
      </GiftCardOrCouponForm>
      {["gift_card_or_coupon_code", "coupon_code", "gift_card_code"].map((field) => (
        <Errors key={field} resource="orders" field={field} data-testid="code-error" />
      ))}
      {KINDS.map((kind) => (
        <p key={kind}>
          <GiftCardOrCouponCode type={kind} data-testid={`${kind}-code`} />
          <GiftCardOrCouponRemoveButton type={kind} data-testid={`remove-${kind}`} />
        </p>
      ))}
    </>
  );
}

export function Sums() {
  return (
    <dl>
      <dt>Subtotal</dt><dd><SubTotalAmount data-testid="subtotal" /></dd>
      <dt>Discount</dt><dd><DiscountAmount data-testid="discount" /></dd>
      <dt>Gift card</dt><dd><GiftCardAmount data-testid="gift-card" /></dd>
      <dt>Total</dt><dd><TotalAmount data-testid="total" /></dd>
    </dl>
  );
}

function ToCheckout() {
  const { order } = useOrderContainer();
  if (!order?.line_items?.length) return null;
  return <a href={`/checkout?order=${order.id}`}>To the checkout</a>;
}

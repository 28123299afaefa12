// Who buys, and where it goes: an e-mail and a form for guests; for customers their saved addresses.

import {
  Address,
  AddressCountrySelector,
  AddressField,
  AddressInput,
  AddressStateSelector,
  AddressesContainer,
  BillingAddressContainer,
  BillingAddressForm,
  CustomerInput,
  Errors,
  SaveAddressesButton,
} from "@commercelayer/react-components";

const INPUTS = [
  ["first_name", "First name"],
  ["last_name", "Last name"],
  ["line_1", "Street"],
  ["city", "City"],
  ["zip_code", "Postal code"],
  ["phone", "Phone"],
];

export function Customer({ session, order, done }) {
  if (done) {
    const { full_address: address } = order.billing_address;
    return <p data-testid="customer">{order.customer_email}, {address}</p>;
  }
  return (
    <section>
      <h2>Customer</h2>
      <AddressesContainer>
        {session.guest ? <GuestForm /> : <SavedAddresses />}
        <SaveAddressesButton label="Save address" />
      </AddressesContainer>
    </section>
  );
}

function GuestForm() {
  return (
    <>
      <label>E-mail <CustomerInput /></label>
      <Errors resource="orders" field="customer_email" />
      <BillingAddressForm>
        {INPUTS.map(([name, label]) => (
          <label key={name}>{label} <AddressInput name={`billing_address_${name}`} required /></label>
        ))}
        <label>Country <AddressCountrySelector name="billing_address_country_code" /></label>
        <label>State <AddressStateSelector name="billing_address_state_code" /></label>
      </BillingAddressForm>
    </>
  );
}

function SavedAddresses() {
  return (
    <BillingAddressContainer>
      <Address data-testid="saved-address" selectedClassName="selected">
        <AddressField name="full_name" />
        <AddressField name="full_address" />
      </Address>
    </BillingAddressContainer>
  );
}

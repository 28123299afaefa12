"""A purchase, a refund and a subscription, told through clients generated from Klarna's published documents.

`openapi-python-client` writes one package for each document. Its models read an answer as the document describes it:
a required member that is missing, a date that is none or a value outside an enumeration ends the story. The clients
are used as generated; all they are told is the address and the credentials.
"""

import base64
import os
import unittest

import httpx

import customer_token
import customer_token.models as tokens
import hosted_payment_page
import hosted_payment_page.models as pages
import order_management
import order_management.models as management
import payments
import payments.models as kp
from customer_token.api.default import create_order as charge
from customer_token.api.default import patch_customer_token, read_customer_token
from hosted_payment_page.api.default import create_hpp_session, disable_hpp_session, get_session_by_id
from order_management.api.captures import append_shipping_info, capture_order, get_capture, get_captures
from order_management.api.orders import acknowledge_order, cancel_order, get_order, release_remaining_authorization
from order_management.api.orders import update_merchant_references
from order_management.api.refunds import get as get_refund
from order_management.api.refunds import refund_order
from payments.api.default import create_credit_session, create_order, purchase_token, read_credit_session
from payments.api.default import update_credit_session

URL = os.environ["KASSA_SANDBOX_URL"]
USERNAME, PASSWORD = os.environ["KASSA_SANDBOX_USERNAME"], os.environ["KASSA_SANDBOX_PASSWORD"]

SUBSCRIPTION = {"name": "Mugs", "interval": "MONTH", "interval_count": 1}
LINE = {
    "type": "physical", "reference": "MUG", "name": "Mug", "quantity": 2, "unit_price": 10000, "tax_rate": 2500,
    "total_amount": 20000, "total_tax_amount": 4000,
}
CART = {
    "purchase_country": "SE", "purchase_currency": "SEK", "locale": "sv-SE", "order_amount": 20000,
    "order_tax_amount": 4000, "order_lines": [LINE | {"subscription": SUBSCRIPTION}],
    "merchant_urls": {"confirmation": "https://shop.example.com/thanks"},
}


def approve(session_id):
    """The shopper, who has no operation in any document."""
    answer = httpx.post(
        f"{URL}/sandbox/v1/sessions/{session_id}/shopper", json={"action": "approve"}, auth=(USERNAME, PASSWORD)
    )
    answer.raise_for_status()
    return answer.json()["authorization_token"]


def wait_a_minute():
    """On the clock of the sandbox."""
    answer = httpx.post(f"{URL}/sandbox/v1/clock/advance", json={"seconds": 60}, auth=(USERNAME, PASSWORD))
    answer.raise_for_status()


class GeneratedClients(unittest.TestCase):
    def setUp(self):
        self.payments = self.client_of(payments)
        self.orders = self.client_of(order_management)
        self.tokens = self.client_of(customer_token)
        self.pages = self.client_of(hosted_payment_page)

    def client_of(self, package):
        credentials = base64.b64encode(f"{USERNAME}:{PASSWORD}".encode()).decode()
        client = package.AuthenticatedClient(
            base_url=URL, token=credentials, prefix="Basic", raise_on_unexpected_status=True
        )
        self.addCleanup(client.get_httpx_client().close)
        return client

    def said(self, status, response):
        self.assertEqual(response.status_code, status, response.content)
        return response.parsed

    def session(self, **more):
        body = kp.SessionCreate.from_dict(CART | {"intent": "buy_and_tokenize"} | more)
        return self.said(200, create_credit_session.sync_detailed(client=self.payments, body=body)).session_id

    def order(self):
        token = approve(self.session())
        body = kp.CreateOrderRequest.from_dict(CART)
        placed = self.said(200, create_order.sync_detailed(token, client=self.payments, body=body))
        return token, placed

    def captured(self, order_id, amount):
        body = management.CaptureObject(captured_amount=amount, reference="C-1", description="Two mugs")
        response = capture_order.sync_detailed(order_id, client=self.orders, body=body)
        self.said(201, response)
        self.assertTrue(response.headers["Location"].endswith(response.headers["Capture-Id"]))
        return response.headers["Capture-Id"]

    def test_a_session_is_created_updated_and_read(self):
        session_id = self.session()
        body = kp.Session.from_dict({"merchant_reference1": "ON-4711"})
        self.said(204, update_credit_session.sync_detailed(session_id, client=self.payments, body=body))
        session = self.said(200, read_credit_session.sync_detailed(session_id, client=self.payments))
        self.assertEqual(session.merchant_reference1, "ON-4711")
        self.assertEqual(session.status, kp.SessionReadStatus.INCOMPLETE)
        self.assertEqual(session.order_lines[0].total_amount, 20000)

    def test_an_approved_session_becomes_an_order_that_is_captured_and_refunded(self):
        _, placed = self.order()
        self.assertTrue(placed.redirect_url)
        self.assertEqual(placed.authorized_payment_method.type_, kp.AuthorizedPaymentMethodType.INVOICE)
        order = self.said(200, get_order.sync_detailed(placed.order_id, client=self.orders))
        self.assertEqual(order.status, management.MerchantOrderDtoStatus.AUTHORIZED)
        self.said(204, acknowledge_order.sync_detailed(placed.order_id, client=self.orders))
        references = management.UpdateMerchantReferences(merchant_reference1="A-1", merchant_reference2="B-1")
        self.said(
            204, update_merchant_references.sync_detailed(placed.order_id, client=self.orders, body=references)
        )

        capture_id = self.captured(placed.order_id, 15000)
        shipment = management.UpdateShippingInfo.from_dict(
            {"shipping_info": [{"shipping_company": "Post", "shipping_method": "Home", "tracking_number": "1"}]}
        )
        self.said(
            204, append_shipping_info.sync_detailed(placed.order_id, capture_id, client=self.orders, body=shipment)
        )
        captures = self.said(200, get_captures.sync_detailed(placed.order_id, client=self.orders))
        self.assertEqual([capture.captured_amount for capture in captures], [15000])
        capture = self.said(200, get_capture.sync_detailed(placed.order_id, capture_id, client=self.orders))
        self.assertEqual(capture.shipping_info[0].shipping_company, "Post")

        body = management.RefundObject(refunded_amount=5000, reference="R-1")
        response = refund_order.sync_detailed(placed.order_id, client=self.orders, body=body)
        self.said(201, response)
        refund_id = response.headers["Refund-Id"]
        refund = self.said(200, get_refund.sync_detailed(placed.order_id, refund_id, client=self.orders))
        self.assertEqual(refund.refunded_amount, 5000)

        self.said(204, release_remaining_authorization.sync_detailed(placed.order_id, client=self.orders))
        order = self.said(200, get_order.sync_detailed(placed.order_id, client=self.orders))
        self.assertEqual(order.merchant_reference1, "A-1")
        amounts = (order.captured_amount, order.refunded_amount, order.remaining_authorized_amount)
        self.assertEqual(amounts, (15000, 5000, 0))

    def test_a_customer_token_is_charged_until_it_is_cancelled(self):
        authorization, _ = self.order()
        body = kp.CustomerTokenCreationRequest.from_dict(
            {"purchase_country": "SE", "purchase_currency": "SEK", "locale": "sv-SE", "intended_use": "SUBSCRIPTION",
             "description": "Mugs every month"}
        )
        token = self.said(200, purchase_token.sync_detailed(authorization, client=self.payments, body=body)).token_id
        read = self.said(200, read_customer_token.sync_detailed(token, client=self.tokens))
        self.assertEqual(read.status, "ACTIVE")

        order = tokens.CustomerTokenOrder.from_dict(
            {"order_amount": 20000, "order_tax_amount": 4000, "purchase_currency": "SEK", "order_lines": [LINE],
             "merchant_urls": {"confirmation": "https://shop.example.com/thanks"}}
        )
        key = "8c9f4a52-7a2b-4d0e-9f0c-2b8c5e1d7a11"
        first = charge.sync_detailed(token, client=self.tokens, body=order, klarna_idempotency_key=key)
        again = charge.sync_detailed(token, client=self.tokens, body=order, klarna_idempotency_key=key)
        self.assertEqual(self.said(200, first).order_id, self.said(200, again).order_id)
        charged = self.said(200, get_order.sync_detailed(first.parsed.order_id, client=self.orders))
        self.assertEqual(charged.order_amount, 20000)

        stop = tokens.CustomerTokenStatusUpdateRequest.from_dict({"status": "CANCELLED"})
        self.said(202, patch_customer_token.sync_detailed(token, client=self.tokens, body=stop))
        # The 202 says that it is being processed.
        wait_a_minute()
        refused = self.said(403, charge.sync_detailed(token, client=self.tokens, body=order))
        self.assertEqual(refused.error_code, "TOKEN_CANCELED")

    def test_a_refusal_is_read_as_the_document_describes_it(self):
        _, placed = self.order()
        self.captured(placed.order_id, 20000)
        refused = self.said(403, cancel_order.sync_detailed(placed.order_id, client=self.orders))
        self.assertEqual(refused.error_code, "CANCEL_NOT_ALLOWED")
        self.assertTrue(refused.correlation_id)

    def test_a_hosted_page_is_created_read_and_disabled(self):
        url = f"{URL}/payments/v1/sessions/{self.session(intent='buy')}"
        body = pages.SessionCreationRequestV1(payment_session_url=url)
        created = self.said(201, create_hpp_session.sync_detailed(client=self.pages, body=body))
        self.said(204, disable_hpp_session.sync_detailed(created.session_id, client=self.pages))
        read = self.said(200, get_session_by_id.sync_detailed(created.session_id, client=self.pages))
        self.assertEqual(read.status, pages.SessionResponseV1Status.DISABLED)


if __name__ == "__main__":
    unittest.main()

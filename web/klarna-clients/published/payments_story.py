"""A purchase told through `klarna-orders`, a client of Klarna Payments that others made and published.

It was generated from an older edition of Klarna's document than ours and runs unchanged: all it is told is the
address and the value of its authorization header.
"""

import base64
import json
import os
import subprocess
import tempfile
import time
import unittest

import klarna
import requests
from klarna.models import operations, shared

USERNAME, PASSWORD = "K_published", "published"
READY_LIMIT_SECONDS = 30


def line():
    subscription = shared.Subscription(name="Mugs", interval=shared.SubscriptionIntervalEnum.MONTH, interval_count=1)
    return shared.OrderLine(
        type="physical", reference="MUG", name="Mug", quantity=2, unit_price=10000, tax_rate=2500,
        total_amount=20000, total_tax_amount=4000, subscription=subscription,
    )


def cart():
    urls = shared.MerchantUrls(confirmation="https://shop.example.com/thanks")
    return dict(
        purchase_country="SE", purchase_currency="SEK", locale="sv-SE", order_amount=20000, order_tax_amount=4000,
        order_lines=[line()], merchant_urls=urls,
    )


class PublishedClient(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        folder = tempfile.TemporaryDirectory()
        cls.addClassCleanup(folder.cleanup)
        ready = os.path.join(folder.name, "ready.json")
        cls.sandbox = subprocess.Popen(
            [os.environ["KASSA_BIN"], "sandbox", "--listen", "127.0.0.1:0", "--username", USERNAME,
             "--password", PASSWORD, "--ready-file", ready],
            stdout=subprocess.DEVNULL,
        )
        cls.addClassCleanup(cls.sandbox.wait)
        cls.addClassCleanup(cls.sandbox.terminate)
        late = time.monotonic() + READY_LIMIT_SECONDS
        while not os.path.exists(ready):
            if cls.sandbox.poll() is not None or time.monotonic() > late:
                raise RuntimeError("kassa sandbox did not become ready")
            time.sleep(0.02)
        with open(ready) as file:
            cls.url = json.load(file)["sandbox_url"]
        credentials = base64.b64encode(f"{USERNAME}:{PASSWORD}".encode()).decode()
        cls.klarna = klarna.Klarna(
            server_url=cls.url, security=shared.Security(api_key_auth=f"Basic {credentials}")
        )

    def session(self, intent):
        body = shared.SessionCreateInput(intent=intent, **cart())
        created = self.klarna.sessions.create(body)
        self.assertEqual(created.status_code, 200, created.raw_response.text)
        return created.merchant_session.session_id

    def approve(self, session):
        """The shopper, who has no operation in the API."""
        answer = requests.post(
            f"{self.url}/sandbox/v1/sessions/{session}/shopper", json={"action": "approve"}, auth=(USERNAME, PASSWORD)
        )
        answer.raise_for_status()
        return answer.json()["authorization_token"]

    def place(self, token):
        body = shared.CreateOrderRequestInput(**cart())
        request = operations.CreateOrderRequest(authorization_token=token, create_order_request_input=body)
        return self.klarna.orders.create(request)

    def test_a_session_is_created_updated_and_read(self):
        session = self.session(shared.SessionCreateIntentEnum.BUY)
        change = shared.SessionInput(merchant_reference1="ON-4711")
        updated = self.klarna.sessions.update(
            operations.UpdateCreditSessionRequest(session_id=session, session_input=change)
        )
        self.assertEqual(updated.status_code, 204, updated.raw_response.text)
        read = self.klarna.sessions.read(operations.ReadCreditSessionRequest(session_id=session))
        self.assertEqual(read.session_read.merchant_reference1, "ON-4711")
        self.assertEqual(read.session_read.order_lines[0].total_amount, 20000)

    def test_an_approved_session_becomes_an_order_and_a_customer_token(self):
        token = self.approve(self.session(shared.SessionCreateIntentEnum.BUY_AND_TOKENIZE))
        placed = self.place(token)
        self.assertEqual(placed.status_code, 200, placed.raw_response.text)
        self.assertEqual(placed.order.fraud_status, "ACCEPTED")
        self.assertTrue(placed.order.redirect_url)
        wanted = shared.CustomerTokenCreationRequest(
            purchase_country="SE", purchase_currency="SEK", locale="sv-SE", description="Mugs every month",
            intended_use=shared.CustomerTokenCreationRequestIntendedUseEnum.SUBSCRIPTION,
        )
        made = self.klarna.tokens.purchase(
            operations.PurchaseTokenRequest(authorization_token=token, customer_token_creation_request=wanted)
        )
        self.assertEqual(made.status_code, 200, made.raw_response.text)
        self.assertTrue(made.customer_token_creation_response.token_id)

    def test_an_authorization_that_is_given_back_places_no_order(self):
        token = self.approve(self.session(shared.SessionCreateIntentEnum.BUY))
        cancelled = self.klarna.authorizations.cancel(operations.CancelAuthorizationRequest(authorization_token=token))
        self.assertEqual(cancelled.status_code, 204)
        self.assertEqual(self.place(token).status_code, 404)


if __name__ == "__main__":
    unittest.main()

"""Puts ids of real things into every second generated request.

A generated path holds a random id, and all that such a request can find is "not found". Here a session, an
authorization, an order, a capture, a refund, a customer token and a hosted page are brought about through the API and
the sandbox's control API, and used a few times each, so that generated bodies reach the rules behind them.

Nothing is left to chance: which request gets a real id follows from counting.
"""

import os

import requests
import schemathesis

URL = os.environ["KASSA_SANDBOX_URL"]
AUTH = (os.environ["KASSA_SANDBOX_USERNAME"], os.environ["KASSA_SANDBOX_PASSWORD"])

# A thing is used this often before a new one takes its place: some requests use it up.
USES = 6

http = requests.Session()


def call(method, path, body=None):
    answer = http.request(method, URL + path, json=body, auth=AUTH, timeout=10)
    answer.raise_for_status()
    return answer


def cart():
    line = {
        "type": "physical", "reference": "MUG", "name": "Mug", "quantity": 2, "unit_price": 10000, "tax_rate": 2500,
        "total_amount": 20000, "total_tax_amount": 4000,
        "subscription": {"name": "Mugs", "interval": "MONTH", "interval_count": 1},
    }
    return {
        "intent": "buy_and_tokenize", "purchase_country": "SE", "purchase_currency": "SEK", "locale": "sv-SE",
        "order_amount": 20000, "order_tax_amount": 4000, "order_lines": [line],
    }


def session():
    return call("POST", "/payments/v1/sessions", cart()).json()["session_id"]


def authorization():
    visit = {"action": "approve"}
    return call("POST", f"/sandbox/v1/sessions/{session()}/shopper", visit).json()["authorization_token"]


def order():
    path = f"/payments/v1/authorizations/{authorization()}/order"
    return call("POST", path, cart()).json()["order_id"]


def capture():
    placed = order()
    answer = call("POST", f"/ordermanagement/v1/orders/{placed}/captures", {"captured_amount": 10000})
    return placed, answer.headers["Capture-Id"]


def refund():
    placed, _ = capture()
    answer = call("POST", f"/ordermanagement/v1/orders/{placed}/refunds", {"refunded_amount": 100})
    return placed, answer.headers["Refund-Id"]


def customer_token():
    body = {
        "purchase_country": "SE", "purchase_currency": "SEK", "locale": "sv-SE", "intended_use": "SUBSCRIPTION",
        "description": "Mugs",
    }
    path = f"/payments/v1/authorizations/{authorization()}/customer-token"
    return call("POST", path, body).json()["token_id"]


def hosted_page():
    body = {"payment_session_url": f"{URL}/payments/v1/sessions/{session()}"}
    return call("POST", "/hpp/v1/sessions", body).json()["session_id"]


def ids_for(path):
    """The parameters of a path, freshly brought about."""
    if path.startswith("/hpp/"):
        return {"session_id": hosted_page()}
    if "{refund_id}" in path:
        return dict(zip(("order_id", "refund_id"), refund()))
    if "{capture_id}" in path or path.endswith("/refunds"):
        return dict(zip(("order_id", "capture_id"), capture()))
    if "{order_id}" in path:
        return {"order_id": order()}
    if "{customerToken}" in path:
        return {"customerToken": customer_token()}
    if "{authorizationToken}" in path:
        return {"authorizationToken": authorization()}
    return {"session_id": session()}


counts = {}
kept = {}


@schemathesis.hook
def before_call(context, case, kwargs):
    path = case.operation.path
    label = case.operation.label
    counts[label] = count = counts.get(label, 0) + 1
    if label == "POST /hpp/v1/sessions" and count % 2 == 0 and isinstance(case.body, dict):
        case.body = case.body | {"payment_session_url": f"{URL}/payments/v1/sessions/{session()}"}
    if "{" not in path or count % 2:
        return
    if (count // 2) % USES == 0 or label not in kept:
        kept[label] = ids_for(path)
    for name in case.path_parameters:
        if name in kept[label]:
            case.path_parameters[name] = kept[label][name]

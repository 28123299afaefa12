//! The forms of an order's page, and what a filled-in one asks for.
//!
//! Invariant: which forms there are, and why others are not, comes from `World::order_actions`; a form that was sent
//! becomes one [`OrderCall`] with the body that the API would take. Reading an amount can fail; allowing it is the rules'.

use serde_json::{Map, Value, json};

use super::orders::{address, currency, member};
use super::page::{Field, Form};
use super::request::Sent;
use super::show;
use crate::world::{Order, OrderAction, OrderCall};

/// Ways to ship, as Order Management names them; the first is what is sent when nothing is chosen.
const SHIPPING_METHODS: [&str; 13] = [
    "Undefined",
    "Home",
    "Postal",
    "PickUpPoint",
    "PickUpStore",
    "PickUpWarehouse",
    "ClickCollect",
    "BoxReg",
    "BoxUnreg",
    "DHLPackstation",
    "PalletDelivery",
    "Own",
    "Digital",
];

/// Members of an address that the form offers.
const ADDRESS: [(&str, &str); 8] = [
    ("given_name", "Given name"),
    ("family_name", "Family name"),
    ("street_address", "Street address"),
    ("postal_code", "Postal code"),
    ("city", "City"),
    ("country", "Country"),
    ("email", "E-mail"),
    ("phone", "Phone"),
];

/// What people call a call on an order.
pub(super) fn name(operation: &str) -> &'static str {
    match operation {
        "acknowledge" => "Acknowledge",
        "update_authorization" => "Change the authorized amount",
        "cancel" => "Cancel",
        "update_customer_details" => "Change the shipping address",
        "extend" => "Extend the authorization",
        "update_merchant_references" => "Change merchant references",
        "release" => "Release the remaining authorization",
        "add_shipping_info" => "Add shipping info",
        "capture" => "Capture",
        "extend_due_date" => "Extend the customer’s due date",
        "add_capture_shipping_info" => "Add shipping info to a capture",
        "trigger_send_out" => "Send the invoice again",
        "refund" => "Refund",
        "klarna" => "Closed by Klarna",
        _ => "Call",
    }
}

/// The form of an allowed action. `key` makes a form that is sent twice count once; `days` are the due dates on offer.
pub(super) fn form(order: &Order, action: &OrderAction, key: &str, days: &[(i32, String)]) -> Form {
    let operation = action.call.operation();
    let capture = action.call.capture_id();
    let about = match capture.and_then(|id| order.capture_of_id(id)) {
        Some(capture) => format!("for capture {}", capture.reference),
        None => format!("for order {}", order.reference),
    };
    let mut hidden = vec![("key", key.to_owned())];
    hidden.extend(capture.map(|id| ("capture_id", id.to_owned())));
    let prefix = format!("{operation}-{}", capture.unwrap_or("order"));
    let mut form = Form {
        asks: false,
        action: format!("{}/{operation}", address(&order.id)),
        button: name(operation),
        title: match capture {
            Some(_) => format!("{} {about}", name(operation)),
            None => name(operation).to_owned(),
        },
        open: matches!(action.call, OrderCall::Capture | OrderCall::Refund),
        about,
        note: note(&action.call).to_owned(),
        hidden,
        fields: fields(order, action, &prefix),
    };
    if matches!(action.call, OrderCall::ExtendDueDate(_)) {
        let offers: Vec<String> = days
            .iter()
            .map(|(days, fee)| format!("{days} days for {fee}"))
            .collect();
        let first = days
            .first()
            .map_or_else(String::new, |(days, _)| days.to_string());
        form.fields = vec![
            Field::text(format!("{prefix}-days"), "number_of_days", "Days")
                .value(first)
                .hint(format!("On offer: {}", offers.join(", ")))
                .mode("numeric")
                .required(),
        ];
    }
    form
}

fn note(call: &OrderCall) -> &'static str {
    match call {
        OrderCall::Capture => {
            "The whole amount takes the order’s lines along; a part of it goes without lines."
        }
        OrderCall::UpdateAuthorization => "The order’s lines are kept as they are.",
        OrderCall::UpdateCustomerDetails => "Fields that are left empty stay as they are.",
        OrderCall::Cancel => "Ends the authorization for good.",
        OrderCall::Release => "What is not captured can then never be captured.",
        _ => "",
    }
}

fn fields(order: &Order, action: &OrderAction, prefix: &str) -> Vec<Field> {
    let field = |name: &'static str, label| Field::text(format!("{prefix}-{name}"), name, label);
    let currency = currency(order);
    let amount = |preset: Option<i64>| {
        let (least, most) = action.amounts.unwrap_or_default();
        let (least, most_text) = (
            show::decimal(least, currency),
            show::decimal(most, currency),
        );
        field("amount", "Amount")
            .value(show::decimal(preset.unwrap_or(most), currency))
            .hint(format!("{currency}, from {least} to {most_text}"))
            .mode("decimal")
            .required()
    };
    match &action.call {
        OrderCall::Capture | OrderCall::Refund => vec![
            amount(None),
            field("description", "Description"),
            field("reference", "Reference"),
        ],
        OrderCall::UpdateAuthorization => vec![
            amount(Some(order.amount)),
            field("description", "Description"),
        ],
        OrderCall::UpdateMerchantReferences => ["merchant_reference1", "merchant_reference2"]
            .into_iter()
            .zip(["Merchant reference 1", "Merchant reference 2"])
            .map(|(name, label)| field(name, label).value(member(order, name)))
            .collect(),
        OrderCall::UpdateCustomerDetails => ADDRESS.map(|(name, label)| field(name, label)).into(),
        OrderCall::AddShippingInfo | OrderCall::AddCaptureShippingInfo(_) => vec![
            field("shipping_company", "Company"),
            field("shipping_method", "Method").choices(&SHIPPING_METHODS),
            field("tracking_number", "Tracking number"),
            field("tracking_uri", "Tracking address"),
        ],
        _ => Vec::new(),
    }
}

/// The call that a form asks for; `None` when there is no such form.
pub(super) fn call(operation: &str, capture_id: &str) -> Option<OrderCall> {
    let id = capture_id.to_owned();
    Some(match operation {
        "acknowledge" => OrderCall::Acknowledge,
        "update_authorization" => OrderCall::UpdateAuthorization,
        "cancel" => OrderCall::Cancel,
        "update_customer_details" => OrderCall::UpdateCustomerDetails,
        "extend" => OrderCall::Extend,
        "update_merchant_references" => OrderCall::UpdateMerchantReferences,
        "release" => OrderCall::Release,
        "add_shipping_info" => OrderCall::AddShippingInfo,
        "capture" => OrderCall::Capture,
        "extend_due_date" => OrderCall::ExtendDueDate(id),
        "add_capture_shipping_info" => OrderCall::AddCaptureShippingInfo(id),
        "trigger_send_out" => OrderCall::TriggerSendOut(id),
        "refund" => OrderCall::Refund,
        _ => return None,
    })
}

/// The body of the call, or what is wrong with the form.
pub(super) fn body(order: &Order, call: &OrderCall, sent: &Sent) -> Result<Value, String> {
    let amount = || show::minor(sent.field("amount"), currency(order));
    Ok(match call {
        OrderCall::Capture => {
            let amount = amount()?;
            with_texts(
                json!({"captured_amount": amount, "order_lines": lines(&order.body, amount)}),
                sent,
            )
        }
        OrderCall::Refund => {
            let amount = amount()?;
            // The lines of the only capture let the refund be allocated to it.
            let lines = match order.captures.as_slice() {
                [only] => lines(&only.body, amount),
                _ => Vec::new(),
            };
            with_texts(
                json!({"refunded_amount": amount, "order_lines": lines}),
                sent,
            )
        }
        OrderCall::UpdateAuthorization => {
            let lines = order
                .body
                .get("order_lines")
                .cloned()
                .unwrap_or_else(|| json!([]));
            with_texts(
                json!({"order_amount": amount()?, "order_lines": lines}),
                sent,
            )
        }
        // Sent even when empty: that is how a reference is taken away.
        OrderCall::UpdateMerchantReferences => json!({
            "merchant_reference1": sent.field("merchant_reference1"),
            "merchant_reference2": sent.field("merchant_reference2"),
        }),
        OrderCall::UpdateCustomerDetails => {
            json!({"shipping_address": filled(&ADDRESS.map(|(name, _)| name), sent)})
        }
        OrderCall::AddShippingInfo | OrderCall::AddCaptureShippingInfo(_) => {
            let names = [
                "shipping_company",
                "shipping_method",
                "tracking_number",
                "tracking_uri",
            ];
            json!({"shipping_info": [filled(&names, sent)]})
        }
        OrderCall::ExtendDueDate(_) => {
            let days = sent.field("number_of_days");
            let number: i32 = days
                .parse()
                .map_err(|_| format!("“{days}” is no number of days: write digits, such as 14"))?;
            json!({"number_of_days": number})
        }
        _ => Value::Null,
    })
}

/// The lines, when they add up to the amount: then it is the whole that is meant.
fn lines(body: &Map<String, Value>, amount: i64) -> Vec<Value> {
    let lines = body.get("order_lines").and_then(Value::as_array);
    let lines = lines.map_or(&[][..], Vec::as_slice);
    let sum: i128 = lines
        .iter()
        .filter_map(|line| line.get("total_amount")?.as_i64())
        .map(i128::from)
        .sum();
    if sum == i128::from(amount) {
        lines.to_vec()
    } else {
        Vec::new()
    }
}

fn with_texts(mut body: Value, sent: &Sent) -> Value {
    for (name, text) in filled(&["description", "reference"], sent) {
        body[name] = text;
    }
    body
}

/// The fields that are not empty.
fn filled(names: &[&str], sent: &Sent) -> Map<String, Value> {
    names
        .iter()
        .filter(|name| !sent.field(name).is_empty())
        .map(|name| ((*name).to_owned(), sent.field(name).into()))
        .collect()
}

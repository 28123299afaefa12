//! The merchant portal: its query strings and forms.

use super::doors::{form, header, target};
use super::stage::with;
use crate::input::texts;
use crate::parser::parsers;

parsers! {
    portal_orders_query "GET /portal?" => |data| target("GET /portal?{}", data), texts(["q=alice&page=1", "page=99999999999"]);
    portal_sessions_query "GET /portal/sessions?" =>
        |data| target("GET /portal/sessions?{}", data), texts(["q=x&page=2"]);
    portal_tokens_query "GET /portal/tokens?" =>
        |data| target("GET /portal/tokens?{}", data), texts(["q=x&page=0&done=status"]);
    portal_logs_query "GET /portal/logs?" => |data| target("GET /portal/logs?{}", data), texts(["q=orders&page=1"]);
    portal_deliveries_query "GET /portal/deliveries?" =>
        |data| target("GET /portal/deliveries?{}", data), texts(["q=x&page=1&done=7"]);
    portal_outbox_query "GET /portal/outbox?" => |data| target("GET /portal/outbox?{}", data), texts(["q=x&page=1"]);
    portal_done_query "GET /portal/clock?" => |data| target("GET /portal/clock?{}", data), texts(["done=advanced"]);
    portal_faults_query "GET /portal/faults?" => |data| target("GET /portal/faults?{}", data), texts(["done=added"]);
    portal_world_query "GET /portal/world?" => |data| target("GET /portal/world?{}", data), texts(["done=reset"]);
    portal_order_page "GET /portal/orders/{}" =>
        |data| target("GET /portal/orders/{}", data), texts(["x?done=capture", "%00"]);
    portal_session_page "GET /portal/sessions/{}" =>
        |data| target("GET /portal/sessions/{}", data), texts(["x?done=approve", "%ff"]);
    portal_cookie "header Cookie of the portal" => |data| header("GET /portal/clock", "cookie", data), cookies();
    portal_sign_in "form POST /portal/sign-in" => |data| form("POST /portal/sign-in", data),
        texts(["username=PK00001_fuzz&password=fuzz-password&next=/portal/clock", "api_key=klarna_test_api_fuzz", "next=//x"]);
    portal_sign_in_query "GET /portal/sign-in?" =>
        |data| target("GET /portal/sign-in?{}", data), texts(["next=%2Fportal%2Forders%2Fx%3Fq%3D1"]);
    portal_capture "form POST /portal/orders/{order}/capture" => |data| form("POST /portal/orders/{order}/capture", data),
        texts(["amount=10.00&description=A+part&reference=P-1&key=k1", "amount=194,00", "amount=1%20000,50"]);
    portal_refund "form POST /portal/orders/{order}/refund" => |data| form("POST /portal/orders/{order}/refund", data),
        texts(["amount=5&description=Back&key=k2"]);
    portal_order_act "form POST /portal/orders/{order}/{}" => act,
        texts([
            "update_authorization\namount=200.00&key=k", "update_merchant_references\nmerchant_reference1=A",
            "update_customer_details\ngiven_name=Bob&city=Lund&country=SE", "extend\nkey=k3", "release\nkey=k4", "cancel\nkey=k5",
            "add_shipping_info\nshipping_company=Post&shipping_method=Home&tracking_number=1", "acknowledge\nkey=k6",
            "extend_due_date\ncapture_id={capture}&number_of_days=14", "trigger_send_out\ncapture_id={capture}",
        ]);
    portal_shopper "form POST /portal/sessions/{session}/shopper" =>
        |data| form("POST /portal/sessions/{session}/shopper", data), texts(["action=approve", "action=decline", "action=pend"]);
    portal_token_status "form POST /portal/tokens/{customer_token}/status" =>
        |data| form("POST /portal/tokens/{customer_token}/status", data), texts(["status=CANCELLED"]);
    portal_token_klarna "form POST /portal/tokens/{customer_token}/klarna" =>
        |data| form("POST /portal/tokens/{customer_token}/klarna", data), texts(["status=SUSPENDED", "charges=declined"]);
    portal_clock_advance "form POST /portal/clock/advance" => |data| form("POST /portal/clock/advance", data),
        texts(["amount=3&unit=days", "amount=1&unit=hours", "amount=9223372036854775807&unit=days"]);
    portal_clock_set "form POST /portal/clock/set" => |data| form("POST /portal/clock/set", data),
        texts(["at=2026-06-01T00:00", "at=2026-06-01T00%3A00%3A00Z"]);
    portal_fault "form POST /portal/faults" => |data| form("POST /portal/faults", data),
        texts(["kind=status_before&operation=capture&nth=1&times=2&status=503", "kind=drop_after&per_mille=5&seed=1"]);
    portal_profile "form POST /portal/faults/profile" => |data| form("POST /portal/faults/profile", data),
        texts(["profile=%7B%22seed%22%3A1%2C%22rates%22%3A%7B%22drop_after%22%3A5%7D%7D", "profile="]);
    portal_snapshot "form POST /portal/snapshots" => |data| form("POST /portal/snapshots", data), texts(["name=before"]);
    portal_world_make "form POST /portal/worlds" => |data| form("POST /portal/worlds", data),
        texts(["name=Shop&at=2026-01-01T00:00:00Z&seed=7", "seed=18446744073709551615"]);
}

/// The action on the first line, its form on the second; `{capture}` is filled in.
fn act(data: &[u8]) {
    let (action, fields) = crate::input::split_line(data);
    let action = crate::input::value(action);
    let fields = with(async |stage| match std::str::from_utf8(fields) {
        Ok(text) => stage.filled(text).into_bytes(),
        Err(_) => fields.to_vec(),
    });
    form(&format!("POST /portal/orders/{{order}}/{action}"), &fields);
}

fn cookies() -> Vec<Vec<u8>> {
    let own = with(async |stage| stage.name("cookie").to_owned());
    texts([
        format!("a=b; {own}; c=d"),
        own,
        "kassa_portal=..".to_owned(),
    ])
}

//! Calls kept for people, and Klarna's correlation ids.

use serde_json::json;

use super::{Shared, committed, realm, snapshot};
use crate::{Call, CallLimits, Operation, OperationStatus, Realm, Scope};

fn call(id: &str, order: &str, at: i64) -> Call {
    Call {
        realm: realm(),
        id: id.into(),
        order_id: order.into(),
        at,
        spare: false,
        detail: json!({"z": 1, "a": "å"}),
    }
}

/// Kept again it changes nothing; another realm sees nothing of it.
pub async fn a_call_is_found_by_order_and_by_id(store: Shared) {
    let both = [call("2", "one", 2), call("2", "two", 2)];
    let calls = [both.to_vec(), vec![call("1", "one", 1)]].concat();
    store.keep_calls(calls.clone()).await.unwrap();
    store.keep_calls(calls).await.unwrap();
    store.keep_calls(Vec::new()).await.unwrap();
    let mut view = snapshot(&store).await;
    let of_one = view.calls("one").await.unwrap();
    assert_eq!(of_one, [call("1", "one", 1), call("2", "one", 2)]);
    assert_eq!(view.orders_of_call("2").await.unwrap(), ["one", "two"]);
    assert!(view.orders_of_call("3").await.unwrap().is_empty());
    let live = Scope::realm(Realm::new("acme", false));
    let mut other = store.snapshot(&live).await.unwrap();
    assert!(other.calls("one").await.unwrap().is_empty());
    assert!(other.orders_of_call("2").await.unwrap().is_empty());
}

/// Beyond an order's limit, reads go before writes and the oldest before the rest; other orders keep theirs.
pub async fn a_spare_call_makes_room_first(store: Shared) {
    let limit = usize::try_from(CallLimits::default().of_order).unwrap();
    let surplus = 10;
    let number = |at: usize| i64::try_from(at).unwrap();
    let mut calls: Vec<Call> = (0..limit - 1)
        .map(|at| call(&format!("write {at:05}"), "one", number(at)))
        .collect();
    calls.push(call("elsewhere", "two", 0));
    calls.extend((limit..=limit + surplus).map(|at| Call {
        spare: true,
        ..call(&format!("read {at:05}"), "one", number(at))
    }));
    for some in calls.chunks(100) {
        store.keep_calls(some.to_vec()).await.unwrap();
    }
    let mut view = snapshot(&store).await;
    let kept = view.calls("one").await.unwrap();
    assert_eq!(kept.len(), limit);
    let reads: Vec<&str> = kept
        .iter()
        .filter(|call| call.spare)
        .map(|call| call.id.as_str())
        .collect();
    assert_eq!(reads, [format!("read {:05}", limit + surplus)]);
    assert_eq!(view.calls("two").await.unwrap().len(), 1);
    drop(view);
    let late = [call("late 1", "one", 99_998), call("late 2", "one", 99_999)];
    store.keep_calls(late.to_vec()).await.unwrap();
    let kept = snapshot(&store).await.calls("one").await.unwrap();
    assert_eq!(kept.len(), limit);
    assert_eq!(kept[0].id, "write 00001", "the oldest went");
    assert_eq!(kept[limit - 1].id, "late 2");
}

/// An operation that forgets a call does not take the call's name from the order.
pub async fn a_correlation_id_leads_to_its_order_for_good(store: Shared) {
    let operation = |ids: [&str; 2]| Operation {
        id: "1".into(),
        order_id: "order".into(),
        kind: "capture".into(),
        status: OperationStatus::Pending,
        request: json!({}),
        context: json!({}),
        outcome: Some(
            json!({"calls": [{"correlation_id": ids[0]}, {"correlation_id": ids[1]}, {}]}),
        ),
        attempts: 1,
        created_at: 1,
        updated_at: 1,
    };
    for ids in [["a", "b"], ["b", "c"]] {
        committed(&store, |set| {
            set.operation(operation(ids));
        })
        .await;
    }
    let mut view = snapshot(&store).await;
    for id in ["a", "b", "c"] {
        assert_eq!(view.orders_of_correlation(id).await.unwrap(), ["order"]);
    }
    assert!(view.orders_of_correlation("d").await.unwrap().is_empty());
    let live = Scope::realm(Realm::new("acme", false));
    let mut other = store.snapshot(&live).await.unwrap();
    assert!(other.orders_of_correlation("a").await.unwrap().is_empty());
}

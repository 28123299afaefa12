//! Operations and idempotency keys.

use serde_json::json;

use super::{Shared, commit, committed, snapshot};
use crate::{Commit, Operation, OperationStatus, Refusal};

fn operation(id: &str, at: i64) -> Operation {
    Operation {
        id: id.into(),
        order_id: "order".into(),
        kind: "capture".into(),
        status: OperationStatus::Pending,
        request: json!({"z": 1, "a": "å", "body": "{ \"exact\" : 1 }"}),
        context: json!({"amount": 5}),
        outcome: None,
        attempts: 0,
        created_at: at,
        updated_at: at,
    }
}

/// Later writes change status, context, outcome and attempts; what was sent stays as it was.
pub async fn an_operation_keeps_its_first_request(store: Shared) {
    committed(&store, |set| {
        set.operation(operation("2", 2))
            .operation(operation("1", 1));
    })
    .await;
    let done = Operation {
        status: OperationStatus::NeedsPerson,
        context: json!({"amount": 6}),
        outcome: Some(json!({"status": 201})),
        attempts: 3,
        updated_at: 9,
        ..operation("1", 1)
    };
    let other = Operation {
        request: json!({"other": true}),
        ..done.clone()
    };
    committed(&store, |set| {
        set.operation(other);
    })
    .await;
    let mut view = snapshot(&store).await;
    assert_eq!(view.operation("1").await.unwrap(), Some(done.clone()));
    assert_eq!(view.operation("3").await.unwrap(), None);
    let all = view.operations("order").await.unwrap();
    assert_eq!(all, [done, operation("2", 2)]);
    let request = serde_json::to_string(&all[0].request).unwrap();
    assert!(
        request.starts_with("{\"z\":1,\"a\""),
        "the order of keys stays: {request}"
    );
}

/// Found by their state alone, until they are closed.
pub async fn operations_wait_for_a_person(store: Shared) {
    let waiting = |id: &str, at| Operation {
        status: OperationStatus::NeedsPerson,
        ..operation(id, at)
    };
    committed(&store, |set| {
        set.operation(waiting("late", 9))
            .operation(operation("open", 2))
            .operation(waiting("early", 1));
    })
    .await;
    let mut view = snapshot(&store).await;
    let found = view.operations_for_a_person(9).await.unwrap();
    assert_eq!(found, [waiting("early", 1), waiting("late", 9)]);
    assert_eq!(view.operations_for_a_person(1).await.unwrap().len(), 1);
    drop(view);
    committed(&store, |set| {
        set.operation(Operation {
            status: OperationStatus::Failed,
            ..waiting("early", 1)
        });
    })
    .await;
    let found = snapshot(&store).await.operations_for_a_person(9).await;
    assert_eq!(found.unwrap(), [waiting("late", 9)]);
}

/// Begin, refused while known, complete, repeat, forget.
pub async fn an_idempotency_key_lives_through_its_steps(store: Shared) {
    let begin = |print: &'static str| {
        let store = store.clone();
        async move {
            commit(&store, |set| {
                set.begin("key", print, 1);
            })
            .await
        }
    };
    let in_use = |reply: Option<&[u8]>| {
        Commit::Refused(Refusal::IdempotencyKey {
            key: "key".into(),
            fingerprint: "one".into(),
            reply: reply.map(<[u8]>::to_vec),
        })
    };
    assert_eq!(begin("one").await, Commit::Committed);
    assert_eq!(begin("one").await, in_use(None));
    assert_eq!(begin("two").await, in_use(None));
    for reply in ["first", "second"] {
        committed(&store, |set| {
            set.complete("key", reply.into(), 2);
        })
        .await;
    }
    assert_eq!(begin("one").await, in_use(Some(b"first")));
    let known = snapshot(&store).await.idempotency("key").await.unwrap();
    assert_eq!(known, Some(("one".into(), Some(b"first".to_vec()))));
    committed(&store, |set| {
        set.forget("key");
    })
    .await;
    assert_eq!(begin("two").await, Commit::Committed);
    let mut both = super::set();
    both.begin("at once", "one", 1)
        .complete("at once", b"done".to_vec(), 1);
    assert_eq!(store.commit(both).await, Commit::Committed);
    let known = snapshot(&store).await.idempotency("at once").await;
    assert_eq!(known.unwrap(), Some(("one".into(), Some(b"done".to_vec()))));
}

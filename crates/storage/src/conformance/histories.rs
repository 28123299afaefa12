//! Concurrent histories: random sets from many tasks, and what must hold afterwards.

use serde_json::json;

use super::{Shared, committed, key, root, set, snapshot};
use crate::{ChangeSet, Commit, Refusal};

const TASKS: u64 = 8;
const ROUNDS: u64 = 40;
const ACCOUNTS: u64 = 5;

/// A small reproducible stream: the suite must not depend on a generator of its own.
struct Stream(u64);

impl Stream {
    fn below(&mut self, bound: u64) -> u64 {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        (self.0 >> 11) % bound
    }
}

/// Reads two accounts in one snapshot and moves an amount between them; `None` when there is too little.
async fn transfer(store: &Shared, stream: &mut Stream) -> Option<ChangeSet> {
    let from = stream.below(ACCOUNTS);
    let to = (from + 1 + stream.below(ACCOUNTS - 1)) % ACCOUNTS;
    let amount = i64::try_from(stream.below(20)).unwrap() + 1;
    let mut view = snapshot(store).await;
    let mut records = Vec::new();
    for account in [from, to] {
        let key = key("customers", &account.to_string());
        records.push(view.record(&key).await.unwrap().unwrap());
    }
    let mut set = set();
    for (mut record, delta) in records.into_iter().zip([-amount, amount]) {
        let balance = record.integer("balance").unwrap() + delta;
        if balance < 0 {
            return None;
        }
        record.body.insert("balance".into(), balance.into());
        set.put(record);
    }
    set.count("transfers", 1, 0..=i64::MAX);
    Some(set)
}

/// Versions serialise the transfers: the sum stays, no account goes below zero, and the versions add up to the
/// transfers that were answered as committed. Every third set is sent twice.
pub async fn concurrent_transfers_keep_the_sum(store: Shared) {
    committed(&store, |set| {
        for account in 0..ACCOUNTS {
            set.put_new(root(
                "customers",
                &account.to_string(),
                json!({"balance": 100}),
            ));
        }
    })
    .await;
    let mut tasks = Vec::new();
    for task in 0..TASKS {
        let store = store.clone();
        tasks.push(tokio::spawn(async move {
            let mut stream = Stream(0x9e37_79b9_7f4a_7c15 ^ (task + 1));
            let mut done = 0_i64;
            for round in 0..ROUNDS {
                // A conflict means: read again, decide again.
                while let Some(set) = transfer(&store, &mut stream).await {
                    match store.commit(set.clone()).await {
                        Commit::Committed => {
                            done += 1;
                            if round % 3 == 0 {
                                assert_eq!(store.commit(set).await, Commit::Committed);
                            }
                            break;
                        }
                        answer => assert!(matches!(answer, Commit::Conflict(_)), "{answer:?}"),
                    }
                }
            }
            done
        }));
    }
    let mut done = 0;
    for task in tasks {
        done += task.await.unwrap();
    }
    let mut view = snapshot(&store).await;
    let (mut sum, mut versions) = (0, 0);
    for account in 0..ACCOUNTS {
        let key = key("customers", &account.to_string());
        let record = view.record(&key).await.unwrap().unwrap();
        let balance = record.integer("balance").unwrap();
        assert!(balance >= 0);
        sum += balance;
        versions += record.version - 1;
    }
    let accounts = i64::try_from(ACCOUNTS).unwrap();
    assert_eq!(sum, 100 * accounts);
    assert_eq!(versions, 2 * done);
    assert_eq!(view.counter("transfers").await.unwrap(), done);
    assert!(done > 0);
}

/// Each set writes a record, takes stock and claims a value; whichever part says no, the others are not there.
pub async fn mixed_sets_apply_whole_or_not_at_all(store: Shared) {
    committed(&store, |set| {
        set.count("stock", 60, 0..=60);
    })
    .await;
    let mut tasks = Vec::new();
    for task in 0..TASKS {
        let store = store.clone();
        tasks.push(tokio::spawn(async move {
            let mut stream = Stream(task + 77);
            let mut won = Vec::new();
            for round in 0..ROUNDS {
                let id = format!("{task}-{round}");
                let seat = stream.below(100).to_string();
                let mut set = set();
                set.put_new(root(
                    "orders",
                    &id,
                    json!({"customer_id": "c", "number": seat}),
                ));
                set.count("stock", -1, 0..=60);
                set.claim("seat", &seat, &id);
                match store.commit(set).await {
                    Commit::Committed => won.push((id, seat)),
                    Commit::Refused(Refusal::Bound { .. } | Refusal::Taken { .. }) => {}
                    answer => panic!("{answer:?}"),
                }
            }
            won
        }));
    }
    let mut won = Vec::new();
    for task in tasks {
        won.extend(task.await.unwrap());
    }
    let mut view = snapshot(&store).await;
    let orders = view
        .inverse(&["orders"], "customer", &["c".into()], 999)
        .await;
    assert_eq!(orders.unwrap().len(), won.len());
    let sold = i64::try_from(won.len()).unwrap();
    assert_eq!(view.counter("stock").await.unwrap(), 60 - sold);
    for (id, seat) in won {
        let claim = crate::ClaimKey::new("seat", seat);
        assert_eq!(view.claim(&claim).await.unwrap(), Some(id));
    }
}

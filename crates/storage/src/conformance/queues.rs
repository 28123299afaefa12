//! Timers, the outbox and their leases.

use std::collections::HashSet;

use serde_json::json;

use super::{Shared, committed, snapshot};
use crate::store::Lease;
use crate::{ChangeSet, Commit, NextDue, QueueChange, Realm, Timer};

/// Far beyond any machine's clock, for leases that shall hold.
const FOREVER: i64 = i64::MAX / 2;

fn timer(id: &str, due_at: i64) -> Timer {
    Timer {
        id: id.into(),
        kind: "finish".into(),
        subject: "order".into(),
        payload: json!({"n": 1}),
        due_at,
        attempts: 0,
    }
}

fn lease(now: i64, machine_now: i64, lease_until: i64) -> Lease {
    Lease {
        buckets: Vec::new(),
        now,
        live_now: now,
        machine_now,
        lease_until,
        limit: 100,
    }
}

async fn leased(store: &Shared, lease: Lease) -> Vec<(String, i64)> {
    let timers = store.lease_timers(lease).await.unwrap();
    timers
        .into_iter()
        .map(|(_, timer)| (timer.id, timer.attempts))
        .collect()
}

fn one(id: &str, attempts: i64) -> Vec<(String, i64)> {
    vec![(id.to_owned(), attempts)]
}

/// Setting the same id moves it; cancelling what is not there is fine.
pub async fn a_timer_is_set_moved_and_cancelled(store: Shared) {
    committed(&store, |set| {
        set.set_timer(timer("t", 50)).set_timer(timer("u", 60));
    })
    .await;
    committed(&store, |set| {
        set.set_timer(timer("t", 70)).cancel_timer("none");
    })
    .await;
    let timers = snapshot(&store).await.timers("order").await.unwrap();
    assert_eq!(timers, [timer("u", 60), timer("t", 70)]);
    committed(&store, |set| {
        set.cancel_timer("u").cancel_timer("t");
    })
    .await;
    let timers = snapshot(&store).await.timers("order").await.unwrap();
    assert!(timers.is_empty());
}

/// An expired lease is taken again and counts as an attempt; setting the timer anew clears the lease.
pub async fn a_lease_hides_a_timer_until_it_runs_out(store: Shared) {
    committed(&store, |set| {
        set.set_timer(timer("t", 50));
    })
    .await;
    assert_eq!(leased(&store, lease(49, 1000, 2000)).await, []);
    assert_eq!(leased(&store, lease(50, 1000, 2000)).await, one("t", 0));
    assert_eq!(leased(&store, lease(50, 1999, 3000)).await, []);
    assert_eq!(leased(&store, lease(50, 2000, 3000)).await, one("t", 1));
    committed(&store, |set| {
        set.set_timer(Timer {
            attempts: 2,
            ..timer("t", 60)
        });
    })
    .await;
    assert_eq!(leased(&store, lease(59, 2001, 3000)).await, []);
    assert_eq!(leased(&store, lease(60, 2001, 3000)).await, one("t", 2));
    committed(&store, |set| {
        set.cancel_timer("t");
    })
    .await;
    assert_eq!(leased(&store, lease(99, FOREVER, FOREVER)).await, []);
}

/// The earliest first, no more than asked for, only the buckets asked for, over all realms.
pub async fn a_lease_minds_time_bucket_and_limit(store: Shared) {
    let other = Realm::new("other", false);
    let mut elsewhere = ChangeSet::new("elsewhere".into(), other.clone());
    elsewhere.set_timer(timer("t3", 3));
    assert_eq!(store.commit(elsewhere).await, Commit::Committed);
    committed(&store, |set| {
        for due_at in [5, 1, 4, 2] {
            set.set_timer(timer(&format!("t{due_at}"), due_at));
        }
    })
    .await;
    let two = Lease {
        limit: 2,
        ..lease(10, 1, FOREVER)
    };
    let first = store.lease_timers(two.clone()).await.unwrap();
    let names: Vec<_> = first.iter().map(|(_, timer)| timer.id.as_str()).collect();
    assert_eq!(names, ["t1", "t2"]);
    assert_ne!(other.bucket(), super::realm().bucket());
    let mine = Lease {
        buckets: vec![other.bucket(), 1000],
        ..two.clone()
    };
    let found = store.lease_timers(mine).await.unwrap();
    assert_eq!(found, [(other, timer("t3", 3))]);
    let rest = store.lease_timers(two).await.unwrap();
    assert_eq!(rest.len(), 2);
}

/// Messages go the same way, by machine time, and vanish when sent.
pub async fn messages_are_leased_and_sent(store: Shared) {
    committed(&store, |set| {
        set.send("m1", "orders.place", json!({"id": "a"}), 10);
        set.send("m2", "orders.place", json!({"id": "b"}), 20);
    })
    .await;
    let found = store.lease_outbox(lease(10, 10, 15)).await.unwrap();
    assert_eq!(found.len(), 1);
    let (realm, message) = &found[0];
    assert_eq!(*realm, super::realm());
    assert_eq!(message.topic, "orders.place");
    assert_eq!(message.payload, json!({"id": "a"}));
    committed(&store, |set| {
        set.sent("m1");
    })
    .await;
    let found = store.lease_outbox(lease(20, 20, 25)).await.unwrap();
    assert_eq!(found.len(), 1);
    assert_eq!(found[0].1.id, "m2");
    let again = store.lease_outbox(lease(25, 25, 30)).await.unwrap();
    assert_eq!(again[0].1.attempts, 1);
}

/// Eight workers empty 200 rows, and no row is handed out twice while leased.
pub async fn no_row_twice_among_eight_workers(store: Shared) {
    committed(&store, |set| {
        for number in 0..200 {
            set.send(format!("m{number}"), "topic", json!(number), number);
            set.set_timer(timer(&format!("t{number}"), number));
        }
    })
    .await;
    let ask = Lease {
        limit: 7,
        ..lease(1000, 1000, FOREVER)
    };
    let mut workers = Vec::new();
    for _ in 0..8 {
        let (store, ask) = (store.clone(), ask.clone());
        workers.push(tokio::spawn(async move {
            let mut seen = Vec::new();
            loop {
                let messages = store.lease_outbox(ask.clone()).await.unwrap();
                let timers = store.lease_timers(ask.clone()).await.unwrap();
                if messages.is_empty() && timers.is_empty() {
                    return seen;
                }
                seen.extend(messages.into_iter().map(|(_, message)| message.id));
                seen.extend(timers.into_iter().map(|(_, timer)| timer.id));
            }
        }));
    }
    let mut all = Vec::new();
    for worker in workers {
        all.extend(worker.await.unwrap());
    }
    let distinct: HashSet<&String> = all.iter().collect();
    assert_eq!((all.len(), distinct.len()), (400, 400));
}

/// The earliest of each queue, without what is under a lease that holds.
pub async fn the_next_due_leaves_leased_rows_out(store: Shared) {
    assert_eq!(store.next_due().await.unwrap(), NextDue::default());
    committed(&store, |set| {
        set.set_timer(timer("t1", 10)).set_timer(timer("t2", 20));
        set.send("m1", "topic", json!(null), 30);
    })
    .await;
    let due = |test_timer, message| NextDue {
        test_timer,
        live_timer: None,
        message,
    };
    assert_eq!(store.next_due().await.unwrap(), due(Some(10), Some(30)));
    assert_eq!(leased(&store, lease(10, 1, FOREVER)).await, one("t1", 0));
    let taken = store.lease_outbox(lease(30, 1, FOREVER)).await.unwrap();
    assert_eq!(taken.len(), 1);
    assert_eq!(store.next_due().await.unwrap(), due(Some(20), None));
}

/// Timers of live realms follow live mode's own business time, however far test mode's was moved.
pub async fn live_timers_follow_their_own_clock(store: Shared) {
    for test in [true, false] {
        let mut set = ChangeSet::new(format!("set {test}"), Realm::new("acme", test));
        set.set_timer(timer(if test { "test" } else { "live" }, 50));
        assert_eq!(store.commit(set).await, Commit::Committed);
    }
    let next = store.next_due().await.unwrap();
    assert_eq!((next.test_timer, next.live_timer), (Some(50), Some(50)));
    let moved = Lease {
        live_now: 49,
        ..lease(1000, 1, FOREVER)
    };
    assert_eq!(leased(&store, moved).await, one("test", 0));
    let later = Lease {
        live_now: 50,
        ..lease(0, 1, FOREVER)
    };
    assert_eq!(leased(&store, later).await, one("live", 0));
}

/// Whoever handled a timer ends it only under its own lease: a timer that was set or leased again meanwhile stays.
pub async fn a_timer_ends_under_its_own_lease(store: Shared) {
    let done = |lease_until| QueueChange::Done {
        id: "t".into(),
        lease_until,
    };
    let again = |lease_until| QueueChange::Again {
        timer: timer("t", 90),
        lease_until,
    };
    committed(&store, |set| {
        set.set_timer(timer("t", 10));
    })
    .await;
    assert_eq!(leased(&store, lease(10, 1, 100)).await, one("t", 0));
    committed(&store, |set| {
        set.set_timer(timer("t", 20));
    })
    .await;
    committed(&store, |set| set.queues.extend([done(100), again(100)])).await;
    let timers = snapshot(&store).await.timers("order").await.unwrap();
    assert_eq!(timers, [timer("t", 20)], "it was set again");
    assert_eq!(leased(&store, lease(20, 1, 100)).await, one("t", 0));
    assert_eq!(leased(&store, lease(20, 100, 200)).await, one("t", 1));
    committed(&store, |set| set.queues.push(done(100))).await;
    committed(&store, |set| set.queues.push(again(200))).await;
    let timers = snapshot(&store).await.timers("order").await.unwrap();
    assert_eq!(timers, [timer("t", 90)], "the second lease counts");
    assert_eq!(leased(&store, lease(90, 201, 300)).await, one("t", 0));
    committed(&store, |set| set.queues.push(done(300))).await;
    committed(&store, |set| set.queues.push(again(300))).await;
    let timers = snapshot(&store).await.timers("order").await.unwrap();
    assert!(timers.is_empty(), "an ended timer does not come back");
}

//! The ledger's rule, as a store applies it.

use super::{Shared, commit, committed, snapshot};
use crate::ledger::{LedgerKind, LedgerPhase};
use crate::{Balances, Commit, LedgerEntry, Refusal};

fn entry(id: &str, kind: LedgerKind, amount: i64) -> LedgerEntry {
    LedgerEntry {
        id: id.into(),
        order_id: "order".into(),
        kind,
        amount,
        currency: "EUR".into(),
        phase: LedgerPhase::Pending,
        discrepancy: false,
        at: 1,
    }
}

async fn authorize(store: &Shared, amount: i64) {
    committed(store, |set| {
        set.fact(entry("auth", LedgerKind::Authorized, amount));
    })
    .await;
}

async fn balances(store: &Shared) -> Balances {
    snapshot(store).await.balances("order").await.unwrap()
}

/// Pending entries count; voided ones do not; outcomes may be told twice.
pub async fn an_intent_reserves_posts_and_voids(store: Shared) {
    authorize(&store, 100).await;
    committed(&store, |set| {
        set.reserve(entry("c1", LedgerKind::Captured, 60));
        set.reserve(entry("c2", LedgerKind::Captured, 40));
    })
    .await;
    for _ in 0..2 {
        committed(&store, |set| {
            set.post("c1").void("c2");
        })
        .await;
    }
    assert_eq!(
        balances(&store).await,
        Balances {
            authorized: 100,
            captured: 60,
            ..Balances::default()
        }
    );
    let entries = snapshot(&store).await.ledger("order").await.unwrap();
    let phases: Vec<_> = entries
        .iter()
        .map(|entry| (entry.id.as_str(), entry.phase))
        .collect();
    assert_eq!(
        phases,
        [
            ("auth", LedgerPhase::Posted),
            ("c1", LedgerPhase::Posted),
            ("c2", LedgerPhase::Voided)
        ]
    );
    let turned = commit(&store, |set| {
        set.void("c1");
    });
    assert!(matches!(turned.await, Commit::Refused(Refusal::Ledger(_))));
}

/// Within one set and across sets, and an id is used once in the realm.
pub async fn an_intent_beyond_the_balance_is_refused(store: Shared) {
    authorize(&store, 100).await;
    let beyond = commit(&store, |set| {
        set.reserve(entry("c1", LedgerKind::Captured, 60));
        set.reserve(entry("c2", LedgerKind::Captured, 41));
    });
    assert!(matches!(beyond.await, Commit::Refused(Refusal::Ledger(_))));
    assert_eq!(balances(&store).await.captured, 0);
    committed(&store, |set| {
        set.reserve(entry("c1", LedgerKind::Captured, 100));
    })
    .await;
    for (id, kind, amount) in [
        ("c2", LedgerKind::Captured, 1),
        ("r", LedgerKind::Refunded, 101),
        ("v", LedgerKind::Voided, 1),
        ("n", LedgerKind::Refunded, -1),
    ] {
        let answer = commit(&store, |set| {
            set.reserve(entry(id, kind, amount));
        });
        assert!(matches!(answer.await, Commit::Refused(Refusal::Ledger(_))));
    }
    let reused = commit(&store, |set| {
        let mut elsewhere = entry("c1", LedgerKind::Authorized, 5);
        elsewhere.order_id = "other".into();
        set.reserve(elsewhere);
    });
    assert!(matches!(reused.await, Commit::Refused(Refusal::Ledger(_))));
    let missing = commit(&store, |set| {
        set.post("nobody");
    });
    assert!(matches!(missing.await, Commit::Refused(Refusal::Ledger(_))));
}

/// What Klarna reports is posted, flagged where it breaks an invariant, and once.
pub async fn a_fact_is_never_refused(store: Shared) {
    authorize(&store, 100).await;
    for _ in 0..2 {
        committed(&store, |set| {
            set.fact(entry("fine", LedgerKind::Captured, 80));
            set.fact(entry("portal", LedgerKind::Captured, 30));
        })
        .await;
    }
    let entries = snapshot(&store).await.ledger("order").await.unwrap();
    let flags: Vec<_> = entries
        .iter()
        .map(|entry| (entry.id.as_str(), entry.discrepancy))
        .collect();
    assert_eq!(flags, [("auth", false), ("fine", false), ("portal", true)]);
    assert_eq!(balances(&store).await.captured, 110);
    let more = commit(&store, |set| {
        set.reserve(entry("c", LedgerKind::Captured, 1));
    });
    assert!(matches!(more.await, Commit::Refused(Refusal::Ledger(_))));
}

/// 80 captures of 5 at once on 100: exactly 20 are reserved.
pub async fn concurrent_captures_stop_at_the_authorization(store: Shared) {
    authorize(&store, 100).await;
    let mut captures = Vec::new();
    for number in 0..80 {
        let store = store.clone();
        captures.push(tokio::spawn(async move {
            commit(&store, |set| {
                set.reserve(entry(&format!("c{number}"), LedgerKind::Captured, 5));
            })
            .await
        }));
    }
    let mut reserved = 0;
    for capture in captures {
        match capture.await.unwrap() {
            Commit::Committed => reserved += 1,
            answer => assert!(matches!(answer, Commit::Refused(Refusal::Ledger(_)))),
        }
    }
    assert_eq!((reserved, balances(&store).await.captured), (20, 100));
}

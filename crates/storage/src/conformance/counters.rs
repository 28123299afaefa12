//! Counters: bounded additions without a version.

use super::{Shared, commit, committed, snapshot};
use crate::{Commit, Refusal};

async fn value(store: &Shared, name: &str) -> i64 {
    snapshot(store).await.counter(name).await.unwrap()
}

fn bound(counter: &str, value: i64) -> Commit {
    Commit::Refused(Refusal::Bound {
        counter: counter.into(),
        value,
    })
}

/// A missing counter counts as 0, and a result outside the bounds is refused with the value that stands.
pub async fn a_counter_keeps_its_bounds(store: Shared) {
    assert_eq!(value(&store, "stock").await, 0);
    committed(&store, |set| {
        set.count("stock", 3, 0..=5);
    })
    .await;
    for (delta, bounds) in [(3, 0..=5), (-4, 0..=5), (i64::MAX, 0..=i64::MAX)] {
        let answer = commit(&store, |set| {
            set.count("stock", delta, bounds);
        });
        assert_eq!(answer.await, bound("stock", 3));
    }
    committed(&store, |set| {
        set.count("stock", -3, 0..=5);
    })
    .await;
    let low = commit(&store, |set| {
        set.count("debt", -1, 0..=5);
    });
    assert_eq!(low.await, bound("debt", 0));
    let names = ["debt".to_owned(), "stock".to_owned(), "none".to_owned()];
    committed(&store, |set| {
        set.count("debt", -2, -5..=0);
    })
    .await;
    let values = snapshot(&store).await.counters(&names).await.unwrap();
    assert_eq!(values, [-2, 0, 0]);
}

/// Each change of a set sees the ones before it.
pub async fn changes_in_one_set_add_up(store: Shared) {
    committed(&store, |set| {
        set.count("stock", 5, 0..=5).count("stock", -2, 0..=5);
        set.count("other", 1, 0..=5);
    })
    .await;
    assert_eq!(value(&store, "stock").await, 3);
    let answer = commit(&store, |set| {
        set.count("other", 1, 0..=5);
        set.count("stock", -2, 0..=5).count("stock", -2, 0..=5);
    });
    assert_eq!(answer.await, bound("stock", 1));
    assert_eq!(
        (value(&store, "stock").await, value(&store, "other").await),
        (3, 1)
    );
}

/// 64 buyers of 10 in stock: exactly 10 succeed, and nobody has to try again.
pub async fn sixty_four_buyers_of_ten_in_stock(store: Shared) {
    committed(&store, |set| {
        set.count("stock", 10, 0..=10);
    })
    .await;
    let mut buyers = Vec::new();
    for number in 0..64 {
        let store = store.clone();
        buyers.push(tokio::spawn(async move {
            commit(&store, |set| {
                set.count("stock", -1, 0..=i64::MAX);
                set.claim("bought", format!("{number}"), "buyer");
            })
            .await
        }));
    }
    let mut sold = 0;
    for buyer in buyers {
        match buyer.await.unwrap() {
            Commit::Committed => sold += 1,
            answer => assert_eq!(answer, bound("stock", 0)),
        }
    }
    assert_eq!((sold, value(&store, "stock").await), (10, 0));
}

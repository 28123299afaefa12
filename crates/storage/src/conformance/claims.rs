//! Claims: one owner for a value.

use super::{Shared, commit, committed, snapshot};
use crate::{ClaimKey, Commit, Refusal};

async fn owner(store: &Shared) -> Option<String> {
    let claim = ClaimKey::new("token", "t");
    snapshot(store).await.claim(&claim).await.unwrap()
}

fn taken_by(owner: &str) -> Commit {
    Commit::Refused(Refusal::Taken {
        claim: ClaimKey::new("token", "t"),
        owner: owner.into(),
    })
}

/// Held already by the same owner is fine; held by another is refused with that owner's name.
pub async fn a_claim_has_one_owner(store: Shared) {
    for _ in 0..2 {
        committed(&store, |set| {
            set.claim("token", "t", "a");
        })
        .await;
    }
    let other = commit(&store, |set| {
        set.claim("token", "t", "b");
    });
    assert_eq!(other.await, taken_by("a"));
    committed(&store, |set| {
        set.claim("other kind", "t", "b");
    })
    .await;
    assert_eq!(owner(&store).await.as_deref(), Some("a"));
}

/// Another's release changes nothing; the owner's frees the value.
pub async fn a_claim_is_released_by_its_owner_alone(store: Shared) {
    committed(&store, |set| {
        set.claim("token", "t", "a");
    })
    .await;
    committed(&store, |set| {
        set.release("token", "t", "b");
    })
    .await;
    assert_eq!(owner(&store).await.as_deref(), Some("a"));
    for _ in 0..2 {
        committed(&store, |set| {
            set.release("token", "t", "a");
        })
        .await;
        assert_eq!(owner(&store).await, None);
    }
}

/// Releases come before claims.
pub async fn a_claim_changes_hands_in_one_set(store: Shared) {
    committed(&store, |set| {
        set.claim("token", "t", "a");
    })
    .await;
    committed(&store, |set| {
        set.claim("token", "t", "b");
        set.release("token", "t", "a");
    })
    .await;
    assert_eq!(owner(&store).await.as_deref(), Some("b"));
}

/// Of 32 claimants at once, one wins.
pub async fn one_of_many_claimants_wins(store: Shared) {
    let mut claimants = Vec::new();
    for number in 0..32 {
        let store = store.clone();
        claimants.push(tokio::spawn(async move {
            commit(&store, |set| {
                set.claim("token", "t", format!("owner {number}"));
            })
            .await
        }));
    }
    let mut wins = 0;
    for claimant in claimants {
        if claimant.await.unwrap() == Commit::Committed {
            wins += 1;
        }
    }
    assert_eq!(wins, 1);
}

//! A process that dies at any commit of a run: whoever comes next ends the run, and the period is charged once.

use std::sync::Arc;
use std::sync::atomic::{AtomicI64, Ordering};

use async_trait::async_trait;
use jiff::{SignedDuration, Timestamp};
use kassa_environment::{BusinessClock, Clock, SystemClock, SystemEntropy};
use kassa_gateway::{Gateway, Settings};
use kassa_storage::store::{Lease, NextDue};
use kassa_storage::{
    Call, ChangeSet, Commit, OutboxMessage, Realm, Snapshot, Store, StoreError, Timer,
};
use tokio::sync::Notify;

use super::*;

/// A store whose process dies at a commit: right before it is applied, or right after.
#[derive(Debug)]
struct Dying {
    inner: Arc<dyn Store>,
    commits_left: AtomicI64,
    after: bool,
    died: Notify,
}

#[async_trait]
impl Store for Dying {
    async fn snapshot(&self, scope: &Scope) -> Result<Box<dyn Snapshot>, StoreError> {
        self.inner.snapshot(scope).await
    }

    async fn commit(&self, set: ChangeSet) -> Commit {
        let last = self.commits_left.fetch_sub(1, Ordering::SeqCst) <= 0;
        if last && !self.after {
            self.died.notify_one();
            std::future::pending::<()>().await;
        }
        let committed = self.inner.commit(set).await;
        if last {
            self.died.notify_one();
            std::future::pending::<()>().await;
        }
        committed
    }

    async fn committed(&self, realm: &Realm, id: &str) -> Result<bool, StoreError> {
        self.inner.committed(realm, id).await
    }

    async fn realms(&self) -> Result<Vec<Realm>, StoreError> {
        self.inner.realms().await
    }

    async fn lease_timers(&self, lease: Lease) -> Result<Vec<(Realm, Timer)>, StoreError> {
        self.inner.lease_timers(lease).await
    }

    async fn lease_outbox(&self, lease: Lease) -> Result<Vec<(Realm, OutboxMessage)>, StoreError> {
        self.inner.lease_outbox(lease).await
    }

    async fn next_due(&self) -> Result<NextDue, StoreError> {
        self.inner.next_due().await
    }

    async fn keep_calls(&self, calls: Vec<Call>) -> Result<(), StoreError> {
        self.inner.keep_calls(calls).await
    }

    fn flushes(&self) -> u64 {
        self.inner.flushes()
    }
}

/// Machine time some seconds on: the leases of whoever died have run out.
#[derive(Debug)]
struct Later(i64);

impl Clock for Later {
    fn now(&self) -> Timestamp {
        SystemClock.now() + SignedDuration::from_secs(self.0)
    }
}

/// Another process over the shop's store.
fn process(shop: &Shop, store: Arc<dyn Store>, later: i64) -> Gateway {
    let known = shop.gateway.settings();
    let settings = Settings {
        domain: known.domain.clone(),
        public_url: known.public_url.clone(),
        klarna_test_url: known.klarna_test_url.clone(),
        master_key: secrecy::SecretBox::new(Box::new([7; 32])),
    };
    let machine: Arc<dyn Clock> = Arc::new(Later(later));
    let offset = shop.gateway.business().offset_seconds();
    let business = Arc::new(BusinessClock::new(Arc::clone(&machine), offset));
    let klarna = Arc::clone(shop.gateway.klarna());
    Gateway::new(
        store,
        klarna,
        business,
        machine,
        Arc::new(SystemEntropy),
        settings,
    )
}

#[tokio::test(flavor = "multi_thread")]
async fn a_run_killed_at_any_commit_is_ended_by_the_next_process_and_charged_once() {
    let shop = open(model()).await;
    let (_, id) = subscribed(&shop, "daily").await;
    let mut days = 0;
    let mut later = 0;
    for after in [false, true] {
        for commits in 0.. {
            shop.advance(DAY).await;
            days += 1;
            let store = Arc::new(Dying {
                inner: Arc::clone(shop.gateway.store()),
                commits_left: AtomicI64::new(commits),
                after,
                died: Notify::new(),
            });
            let dying = process(&shop, Arc::clone(&store) as Arc<dyn Store>, later);
            let died = tokio::select! {
                () = store.died.notified() => true,
                done = jobs::tick(&dying) => done.is_err(),
            };
            drop(dying);
            // Longer than a lease, and than the finisher waits.
            later += 60;
            let heir = process(&shop, Arc::clone(shop.gateway.store()), later);
            jobs::tick(&heir).await.unwrap();
            let own = subscription(&shop, &id).await;
            assert_eq!(own.text("status"), Some("active"), "{after} {commits}");
            assert_eq!(own.integer("period"), Some(days), "{after} {commits}");
            assert_eq!(
                own.integer("occurrencies"),
                Some(days + 1),
                "{after} {commits}"
            );
            if !died {
                assert!(commits >= 4, "a run takes more commits than {commits}");
                break;
            }
        }
    }
    charged_once(&shop, &id, days).await;
}

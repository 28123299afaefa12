//! The suite that every driver runs: the contract as tests.
//!
//! A driver's test file calls [`conformance_suite!`](crate::conformance_suite) with an async function that opens an
//! empty store for [`REGISTRY`] and returns it with whatever must outlive it. Each case gets a store of its own.

pub mod across;
pub mod calls;
pub mod claims;
pub mod counters;
pub mod filters;
pub mod histories;
pub mod ledger;
pub mod lists;
pub mod operations;
pub mod queues;
pub mod records;
pub mod roots;
pub mod scopes;

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use serde_json::{Map, Value};

pub use crate::fixtures::REGISTRY;
use crate::{ChangeSet, Commit, Key, Realm, Record, Scope, Snapshot, Store};

/// Instantiates every case as a test: `conformance_suite!(open)` with `async fn open() -> (Arc<dyn Store>, Kept)`.
#[macro_export]
macro_rules! conformance_suite {
    ($open:ident) => {
        $crate::conformance_suite!(@ $open;
            across: [
                one_record_holds_all_of_a_condition_across
                a_computed_relationship_is_crossed_as_it_says
            ];
            calls: [a_call_is_found_by_order_and_by_id a_spare_call_makes_room_first
                    a_correlation_id_leads_to_its_order_for_good];
            claims: [a_claim_has_one_owner a_claim_is_released_by_its_owner_alone a_claim_changes_hands_in_one_set
                     one_of_many_claimants_wins];
            counters: [a_counter_keeps_its_bounds changes_in_one_set_add_up sixty_four_buyers_of_ten_in_stock];
            filters: [every_test_selects_its_rows a_default_stands_for_an_absent_value
                      counters_and_counts_are_searched_and_sorted json_containment_is_exact paths_cross_relationships
                      negation_includes_what_is_absent text_is_bound_never_spliced];
            histories: [concurrent_transfers_keep_the_sum mixed_sets_apply_whole_or_not_at_all];
            ledger: [an_intent_reserves_posts_and_voids an_intent_beyond_the_balance_is_refused
                     a_fact_is_never_refused concurrent_captures_stop_at_the_authorization];
            lists: [a_list_sorts_and_pages a_count_ignores_the_page several_types_share_a_list
                    inverse_finds_who_points_here links_follow_the_body];
            operations: [an_operation_keeps_its_first_request operations_wait_for_a_person
                         an_idempotency_key_lives_through_its_steps];
            queues: [a_timer_is_set_moved_and_cancelled a_lease_hides_a_timer_until_it_runs_out
                     a_lease_minds_time_bucket_and_limit messages_are_leased_and_sent
                     no_row_twice_among_eight_workers the_next_due_leaves_leased_rows_out
                     live_timers_follow_their_own_clock a_timer_ends_under_its_own_lease];
            records: [a_record_comes_back_as_written an_existing_key_is_a_conflict a_version_moves_by_one
                      a_check_guards_what_is_not_written a_resend_changes_nothing
                      a_refused_set_leaves_no_trace a_snapshot_shows_one_moment a_large_body_survives
                      one_of_many_writers_wins];
            roots: [a_child_moves_its_roots_version a_child_needs_its_root a_child_stays_with_its_root
                    a_child_moves_when_both_roots_are_written a_deleted_root_takes_its_children
                    a_child_is_deleted_by_its_root];
            scopes: [realms_do_not_meet other_markets_and_owners_are_invisible a_path_stays_within_the_scope];
        );
    };
    (@ $open:ident; $($module:ident: [$($case:ident)*];)*) => {
        $(mod $module {
            $(#[test]
            fn $case() {
                $crate::conformance::run(async {
                    let (store, _kept) = super::$open().await;
                    $crate::conformance::$module::$case(store).await;
                });
            })*
        })*
    };
}

/// Runs one case on a runtime with four threads.
///
/// # Panics
/// When the runtime cannot be built, or the case fails.
pub fn run(case: impl Future<Output = ()>) {
    tokio::runtime::Builder::new_multi_thread()
        .worker_threads(4)
        .enable_all()
        .build()
        .expect("a runtime can be built")
        .block_on(case);
}

type Shared = Arc<dyn Store>;

fn realm() -> Realm {
    Realm::new("acme", true)
}

fn key(kind: &'static str, id: &str) -> Key {
    Key::new(kind, id)
}

fn body(value: Value) -> Map<String, Value> {
    match value {
        Value::Object(map) => map,
        other => panic!("a body is an object, not {other}"),
    }
}

fn root(kind: &'static str, id: &str, value: Value) -> Record {
    Record::root(key(kind, id), body(value), 1)
}

fn line(id: &str, order: &str, value: Value) -> Record {
    let mut value = body(value);
    value.insert("order_id".into(), order.into());
    Record::child(key("line_items", id), key("orders", order), value, 1)
}

/// A set with an id of its own.
fn set() -> ChangeSet {
    static COUNT: AtomicU64 = AtomicU64::new(0);
    let number = COUNT.fetch_add(1, Ordering::Relaxed);
    ChangeSet::new(format!("set-{number:08}"), realm())
}

async fn commit(store: &Shared, fill: impl FnOnce(&mut ChangeSet)) -> Commit {
    let mut set = set();
    fill(&mut set);
    store.commit(set).await
}

async fn committed(store: &Shared, fill: impl FnOnce(&mut ChangeSet)) {
    assert_eq!(commit(store, fill).await, Commit::Committed);
}

async fn snapshot(store: &Shared) -> Box<dyn Snapshot> {
    let scope = Scope::realm(realm());
    store.snapshot(&scope).await.expect("a snapshot opens")
}

async fn read(store: &Shared, kind: &'static str, id: &str) -> Option<Record> {
    let record = snapshot(store).await.record(&key(kind, id)).await;
    record.expect("a record can be read")
}

async fn version(store: &Shared, kind: &'static str, id: &str) -> i64 {
    read(store, kind, id)
        .await
        .map_or(0, |record| record.version)
}

fn ids(records: &[Record]) -> Vec<&str> {
    records
        .iter()
        .map(|record| record.key.id.as_str())
        .collect()
}

use super::LedgerKind::{Authorized, Captured, Refunded, Released, Voided};
use super::*;

fn entry(id: &str, kind: LedgerKind, amount: i64) -> LedgerEntry {
    LedgerEntry {
        id: id.to_owned(),
        order_id: "order".to_owned(),
        kind,
        amount,
        currency: "EUR".to_owned(),
        phase: LedgerPhase::Pending,
        discrepancy: false,
        at: 1,
    }
}

/// Applies `change` to `entries` as a driver does.
fn run(entries: &mut Vec<LedgerEntry>, change: &LedgerChange) -> Result<(), LedgerRefusal> {
    match apply(entries, change)? {
        LedgerEffect::Unchanged => {}
        LedgerEffect::Insert(entry) => entries.push(entry),
        LedgerEffect::Update {
            id,
            phase,
            discrepancy,
        } => {
            let entry = entries.iter_mut().find(|entry| entry.id == id).unwrap();
            entry.phase = phase;
            entry.discrepancy = discrepancy;
        }
    }
    let sum: i128 = trial_balance(entries).iter().map(|(_, sum)| sum).sum();
    assert_eq!(sum, 0, "debits equal credits");
    Ok(())
}

fn reserve(id: &str, kind: LedgerKind, amount: i64) -> LedgerChange {
    LedgerChange::Reserve(entry(id, kind, amount))
}

fn authorized(amount: i64) -> Vec<LedgerEntry> {
    let mut entries = Vec::new();
    run(&mut entries, &reserve("auth", Authorized, amount)).unwrap();
    run(&mut entries, &LedgerChange::Post { id: "auth".into() }).unwrap();
    entries
}

#[test]
fn a_pending_capture_reserves_its_amount() {
    let mut entries = authorized(100);
    run(&mut entries, &reserve("one", Captured, 60)).unwrap();
    assert_eq!(
        run(&mut entries, &reserve("two", Captured, 41)),
        Err(LedgerRefusal::Exceeds {
            kind: Captured,
            requested: 41,
            available: 40
        })
    );
    run(&mut entries, &LedgerChange::Void { id: "one".into() }).unwrap();
    run(&mut entries, &reserve("two", Captured, 41)).unwrap();
    assert_eq!(Balances::of(&entries).captured, 41);
}

#[test]
fn a_refund_never_exceeds_the_capture() {
    let mut entries = authorized(100);
    run(&mut entries, &reserve("capture", Captured, 50)).unwrap();
    run(&mut entries, &reserve("refund", Refunded, 50)).unwrap();
    assert!(run(&mut entries, &reserve("more", Refunded, 1)).is_err());
}

#[test]
fn release_void_and_capture_share_the_authorization() {
    let mut entries = authorized(100);
    run(&mut entries, &reserve("capture", Captured, 50)).unwrap();
    run(&mut entries, &reserve("release", Released, 30)).unwrap();
    assert!(run(&mut entries, &reserve("void", Voided, 21)).is_err());
    run(&mut entries, &reserve("void", Voided, 20)).unwrap();
    assert!(run(&mut entries, &reserve("capture 2", Captured, 1)).is_err());
}

#[test]
fn an_authorization_is_not_lowered_below_what_was_captured() {
    let mut entries = authorized(100);
    run(&mut entries, &reserve("capture", Captured, 80)).unwrap();
    assert!(run(&mut entries, &reserve("lower", Authorized, -21)).is_err());
    run(&mut entries, &reserve("lower", Authorized, -20)).unwrap();
}

#[test]
fn outcomes_repeat_without_effect_and_do_not_turn_around() {
    let mut entries = authorized(100);
    let post = LedgerChange::Post { id: "auth".into() };
    assert_eq!(apply(&entries, &post), Ok(LedgerEffect::Unchanged));
    let void = LedgerChange::Void { id: "auth".into() };
    assert_eq!(
        run(&mut entries, &void),
        Err(LedgerRefusal::Closed("auth".into()))
    );
    let missing = LedgerChange::Post { id: "none".into() };
    assert_eq!(
        run(&mut entries, &missing),
        Err(LedgerRefusal::Missing("none".into()))
    );
}

#[test]
fn a_fact_is_flagged_not_refused() {
    let mut entries = authorized(100);
    run(
        &mut entries,
        &LedgerChange::Fact(entry("portal", Captured, 150)),
    )
    .unwrap();
    assert!(entries[1].discrepancy);
    assert_eq!(entries[1].phase, LedgerPhase::Posted);
    let again = LedgerChange::Fact(entry("portal", Captured, 1));
    assert_eq!(apply(&entries, &again), Ok(LedgerEffect::Unchanged));
    let fine = LedgerChange::Fact(entry("refund", Refunded, 150));
    let Ok(LedgerEffect::Insert(refund)) = apply(&authorized(100), &fine) else {
        panic!("a fact is always inserted");
    };
    assert!(refund.discrepancy);
}

#[test]
fn voiding_what_later_entries_rely_on_is_flagged() {
    let mut entries = authorized(100);
    run(&mut entries, &reserve("capture", Captured, 50)).unwrap();
    run(&mut entries, &reserve("refund", Refunded, 50)).unwrap();
    run(
        &mut entries,
        &LedgerChange::Void {
            id: "capture".into(),
        },
    )
    .unwrap();
    assert!(entries[1].discrepancy);
    assert_eq!(entries[1].phase, LedgerPhase::Voided);
}

#[test]
fn amounts_currencies_and_overflow_are_checked() {
    let mut entries = authorized(100);
    for amount in [0, -5] {
        assert_eq!(
            run(&mut entries, &reserve("capture", Captured, amount)),
            Err(LedgerRefusal::Amount {
                kind: Captured,
                amount
            })
        );
    }
    let mut dollars = entry("capture", Captured, 5);
    dollars.currency = "USD".into();
    assert!(matches!(
        run(&mut entries, &LedgerChange::Reserve(dollars)),
        Err(LedgerRefusal::Currency { .. })
    ));
    assert_eq!(
        run(&mut entries, &reserve("huge", Authorized, i64::MAX)),
        Err(LedgerRefusal::Overflow)
    );
    assert_eq!(
        run(&mut entries, &reserve("auth", Authorized, 1)),
        Err(LedgerRefusal::Exists("auth".into()))
    );
}

#[test]
fn a_discrepancy_elsewhere_does_not_block_giving_money_back() {
    let mut entries = authorized(100);
    let portal = LedgerChange::Fact(entry("portal", Captured, 150));
    run(&mut entries, &portal).unwrap();
    run(&mut entries, &reserve("refund", Refunded, 50)).unwrap();
    assert!(run(&mut entries, &reserve("too much", Refunded, 101)).is_err());
    assert!(run(&mut entries, &reserve("capture", Captured, 1)).is_err());
    assert!(run(&mut entries, &reserve("lower", Authorized, -1)).is_err());
    run(&mut entries, &reserve("more", Authorized, 20)).unwrap();
    let fine = LedgerChange::Fact(entry("portal refund", Refunded, 100));
    run(&mut entries, &fine).unwrap();
    assert!(!entries.last().unwrap().discrepancy);
}

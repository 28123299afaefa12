use kassa_environment::SeededEntropy;
use serde_json::json;

use super::*;

fn add(faults: &Faults, body: Value) -> Result<Value, String> {
    let request: FaultRequest = serde_json::from_value(body).map_err(|error| error.to_string())?;
    faults.add(request, Timestamp::UNIX_EPOCH, &SeededEntropy::new(1))
}

fn hit(faults: &Faults, operation: &str) -> Option<Strike> {
    let header = HeaderFaults::default();
    faults.strike(Target::Request, operation, &header, &SeededEntropy::new(1))
}

#[test]
fn a_rule_hits_the_calls_it_names_and_no_other() {
    let faults = Faults::default();
    let rule = json!({"operation": "capture", "nth": 2, "times": 2, "kind": "status_after", "status": 503});
    add(&faults, rule).unwrap();
    assert!(hit(&faults, "refund").is_none());
    let hits: Vec<bool> = (0..5).map(|_| hit(&faults, "capture").is_some()).collect();
    assert_eq!(hits, [false, true, true, false, false]);
    assert_eq!(faults.list()[0]["hits"], 2);
    assert_eq!(faults.remove(None), 1);
}

#[test]
fn without_numbers_a_rule_hits_once() {
    let faults = Faults::default();
    add(&faults, json!({"operation": "*", "kind": "drop_after"})).unwrap();
    assert!(hit(&faults, "place_order").is_some());
    assert!(hit(&faults, "place_order").is_none());
}

#[test]
fn a_probability_strikes_the_same_calls_under_the_same_seed() {
    let struck = |seed: u64| -> Vec<bool> {
        let faults = Faults::default();
        let rule = json!({"kind": "drop_after", "per_mille": 300, "seed": seed});
        add(&faults, rule).unwrap();
        (0..200)
            .map(|_| hit(&faults, "capture").is_some())
            .collect()
    };
    assert_eq!(struck(4), struck(4));
    assert_ne!(struck(4), struck(5));
    let count = struck(4).iter().filter(|struck| **struck).count();
    assert!((40..80).contains(&count), "{count}");
}

#[test]
fn a_profile_decides_for_each_operation_apart() {
    let profile = || {
        let request = json!({"seed": 9, "rates": {"status_before": 200, "drop_after": 200}});
        Profile::new(serde_json::from_value(request).unwrap()).unwrap()
    };
    let alone = Faults::default();
    alone.set_profile(Some(profile()));
    let mixed = Faults::default();
    mixed.set_profile(Some(profile()));
    for _ in 0..100 {
        hit(&mixed, "refund");
        let kind = |strike: Option<Strike>| strike.map(|strike| strike.kind);
        assert_eq!(kind(hit(&alone, "capture")), kind(hit(&mixed, "capture")));
    }
    assert!(alone.profile()["hits"]["status_before"].as_u64().unwrap() > 5);
}

#[test]
fn a_window_of_a_profile_comes_once_in_each_span_and_lasts_as_long_as_it_says() {
    let faults = Faults::default();
    let request =
        json!({"seed": 3, "rates": {}, "maintenance": {"every_minutes": 60, "lasts_minutes": 5}});
    faults.set_profile(Some(
        Profile::new(serde_json::from_value(request).unwrap()).unwrap(),
    ));
    for span in 0..10 {
        let inside = (0..3600)
            .step_by(20)
            .filter(|second| {
                let at = Timestamp::from_second(1_770_000_000 / 3600 * 3600 + span * 3600 + second);
                faults.maintenance_until(at.unwrap()).is_some()
            })
            .count();
        assert_eq!(inside, 15);
    }
}

#[test]
fn what_cannot_strike_is_refused_by_name() {
    let faults = Faults::default();
    for (rule, named) in [
        (json!({"kind": "drop_after", "status": 500}), "drop_after"),
        (json!({"kind": "status_after", "status": 200}), "status"),
        (json!({"kind": "status_after", "colour": 1}), "colour"),
        (
            json!({"kind": "hold_after", "hold_ms": 9, "hold_max_ms": 8}),
            "hold_max_ms",
        ),
        (
            json!({"kind": "callback_duplicated", "copies": 11}),
            "copies",
        ),
        (
            json!({"kind": "callback_lost", "operation": "capture"}),
            "operation",
        ),
        (
            json!({"kind": "drop_after", "operation": "catpure"}),
            "operation",
        ),
        (
            json!({"kind": "error_sticks", "operation": "capture"}),
            "operation",
        ),
        (
            json!({"kind": "late_authorization", "operation": "push"}),
            "operation",
        ),
        (
            json!({"kind": "drop_after", "per_mille": 1001}),
            "per_mille",
        ),
        (json!({"kind": "maintenance"}), "until"),
        (
            json!({"kind": "maintenance", "until": "1969-01-01T00:00:00Z"}),
            "until",
        ),
        (
            json!({"kind": "maintenance", "nth": 1, "until": "2069-01-01T00:00:00Z"}),
            "maintenance",
        ),
        (
            json!({"kind": "drop_after", "until": "2069-01-01T00:00:00Z"}),
            "until",
        ),
    ] {
        let refused = add(&faults, rule.clone()).expect_err(&rule.to_string());
        assert!(refused.contains(named), "{rule}: {refused}");
    }
}

#[tokio::test]
async fn deleting_a_rule_releases_what_it_holds() {
    let faults = Faults::default();
    add(&faults, json!({"operation": "*", "kind": "hold_after"})).unwrap();
    let mut strike = hit(&faults, "place_order").unwrap();
    assert_eq!(faults.list()[0]["held"], 1);
    let held = tokio::spawn(async move { strike.hold().await });
    faults.remove(Some(1));
    held.await.unwrap();
}

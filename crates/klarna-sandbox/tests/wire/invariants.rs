//! What must hold whatever is called in whatever order: money never exceeds its bound, and a replay is the same world.

use jiff::{SignedDuration, Timestamp};
use kassa_environment::{Entropy as _, SeededEntropy};
use kassa_klarna_sandbox::world::{Command, OrderCall, World};
use kassa_klarna_sandbox::{Action, Settings, Visit};
use serde_json::{Value, json};

use crate::desk::cart;

const URL: &str = "http://sandbox.test";

/// A world, what happened in it, and the dice.
struct Run {
    world: World,
    history: Vec<(Command, Timestamp, u64)>,
    dice: SeededEntropy,
    now: Timestamp,
}

impl Run {
    fn new(seed: u64) -> Self {
        Self {
            world: World::new("Acme", Settings::default()),
            history: Vec::new(),
            dice: SeededEntropy::new(seed),
            now: "2026-03-02T09:30:00Z".parse().unwrap(),
        }
    }

    fn roll(&self, sides: u64) -> u64 {
        self.dice.next_u64() % sides
    }

    fn apply(&mut self, command: Command) -> Value {
        let seed = self.dice.next_u64();
        let reply = self
            .world
            .apply(&command, self.now, &SeededEntropy::new(seed));
        self.history.push((command, self.now, seed));
        reply.document().cloned().unwrap_or_default()
    }

    fn place(&mut self) -> String {
        let text = |value: &Value, name: &str| value[name].as_str().unwrap().to_owned();
        let created = self.apply(Command::CreateSession {
            body: cart(),
            public_url: URL.to_owned(),
        });
        let action = if self.roll(3) == 0 {
            Action::Pend
        } else {
            Action::Approve
        };
        let mut visit = Visit::bare(action);
        visit.decision = (self.roll(2) == 0).then(|| "reject".to_owned());
        let approved = self.apply(Command::Shopper {
            session_id: text(&created, "session_id"),
            visit,
        });
        let mut body = cart();
        body["auto_capture"] = json!(self.roll(4) == 0);
        let placed = self.apply(Command::PlaceOrder {
            token: text(&approved, "authorization_token"),
            body,
            public_url: URL.to_owned(),
        });
        text(&placed, "order_id")
    }

    fn manage_at_random(&mut self, order: &str) {
        let amount = i64::try_from(self.roll(30_000)).unwrap();
        let (call, body) = match self.roll(9) {
            0..=2 => (OrderCall::Capture, json!({"captured_amount": amount / 3})),
            3..=4 => (OrderCall::Refund, json!({"refunded_amount": amount / 4})),
            5 => (
                OrderCall::UpdateAuthorization,
                json!({"order_amount": amount}),
            ),
            6 => (OrderCall::Extend, Value::Null),
            7 if self.roll(6) == 0 => (OrderCall::Release, Value::Null),
            8 if self.roll(6) == 0 => (OrderCall::Cancel, Value::Null),
            _ => (OrderCall::Read, Value::Null),
        };
        let key = (self.roll(3) == 0).then(|| self.roll(40).to_string());
        self.apply(Command::Manage {
            order_id: order.to_owned(),
            call,
            body,
            idempotency_key: key,
        });
        let pause = match self.roll(10) {
            0 => 9 * 24 * 3600,
            _ => i64::try_from(self.roll(7200)).unwrap(),
        };
        self.now += SignedDuration::from_secs(pause);
    }
}

fn check(order: &Value) {
    let number = |name: &str| order[name].as_i64().unwrap();
    let (amount, captured, refunded) = (
        number("order_amount"),
        number("captured_amount"),
        number("refunded_amount"),
    );
    let remaining = number("remaining_authorized_amount");
    assert!(captured <= amount && refunded <= captured, "{order}");
    assert!(remaining >= 0 && captured + remaining <= amount, "{order}");
    match order["status"].as_str().unwrap() {
        "AUTHORIZED" => assert!(captured == 0 && remaining == amount, "{order}"),
        "PART_CAPTURED" => assert!(captured > 0 && captured + remaining == amount, "{order}"),
        "CANCELLED" => assert!(captured == 0 && remaining == 0, "{order}"),
        "CAPTURED" => assert!(captured > 0 && remaining == 0, "{order}"),
        "EXPIRED" => assert_eq!(remaining, 0, "{order}"),
        other => panic!("{other}"),
    }
}

#[test]
fn money_stays_within_its_bounds_in_any_order_of_calls() {
    for seed in 0..40 {
        let mut run = Run::new(seed);
        let order = run.place();
        for _ in 0..40 {
            run.manage_at_random(&order);
            run.world.orders(run.now, 10).iter().for_each(check);
        }
    }
}

#[test]
fn the_same_commands_times_and_seeds_make_the_same_world() {
    for seed in 0..30 {
        let mut run = Run::new(seed);
        for _ in 0..3 {
            let order = run.place();
            (0..20).for_each(|_| run.manage_at_random(&order));
        }
        let mut again = World::new("Acme", Settings::default());
        for (command, at, seed) in &run.history {
            if !command.is_read() {
                again.apply(command, *at, &SeededEntropy::new(*seed));
            }
        }
        assert_eq!(again.orders(run.now, 100), run.world.orders(run.now, 100));
    }
}

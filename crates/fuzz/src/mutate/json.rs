//! Changes of a JSON document: one node, somewhere in the tree.

use serde_json::{Map, Value, json};

use super::text;
use crate::Dice;

/// Levels that a node is wrapped in at once, near the depth at which readers of JSON give up.
const DEEP: usize = 120;

/// Changes one node of the document; `donor` gives nodes of its own away.
pub(super) fn mutate(document: &mut Value, donor: Option<&Value>, dice: &Dice) {
    let count = nodes(document);
    let Some(node) = node(document, &mut dice.below(count)) else {
        return;
    };
    match dice.below(12) {
        0..=2 => *node = interesting(dice),
        3..=4 => change_members(node, dice),
        5 => *node = wrapped(node.take(), dice),
        6 => {
            if let Some(donor) = donor {
                let mut donor = donor.clone();
                let count = nodes(&donor);
                if let Some(given) = self::node(&mut donor, &mut dice.below(count)) {
                    *node = given.take();
                }
            }
        }
        _ => nudge(node, dice),
    }
}

/// How many nodes a tree has.
fn nodes(value: &Value) -> usize {
    1 + match value {
        Value::Array(items) => items.iter().map(nodes).sum(),
        Value::Object(members) => members.values().map(nodes).sum(),
        _ => 0,
    }
}

/// The node with this number, the root being 0.
fn node<'a>(value: &'a mut Value, left: &mut usize) -> Option<&'a mut Value> {
    if *left == 0 {
        return Some(value);
    }
    *left -= 1;
    match value {
        Value::Array(items) => items.iter_mut().find_map(|item| node(item, left)),
        Value::Object(members) => members.values_mut().find_map(|member| node(member, left)),
        _ => None,
    }
}

/// A value of another type or at an edge.
fn interesting(dice: &Dice) -> Value {
    match dice.below(16) {
        0 => Value::Null,
        1 => Value::Bool(dice.one_in(2)),
        2 => json!([]),
        3 => json!({}),
        4 => json!(""),
        5 => json!([null, {}, [], ""]),
        6..=9 => number(dice),
        _ => Value::String(text::word(dice)),
    }
}

fn number(dice: &Dice) -> Value {
    const WHOLE: &[i64] = &[
        0,
        1,
        -1,
        2,
        9_999,
        10_000,
        10_001,
        100_000_000,
        200_000_000,
        200_000_001,
        4_294_967_295,
        4_294_967_296,
        2_147_483_648,
        -2_147_483_649,
        9_007_199_254_740_993,
        i64::MAX,
        i64::MAX - 1,
        i64::MIN,
    ];
    match dice.below(WHOLE.len() + 4) {
        0 => json!(u64::MAX),
        1 => json!(0.5),
        2 => json!(-0.0),
        3 => json!(1e300),
        at => json!(WHOLE[at - 4]),
    }
}

/// Takes a member away, doubles it, renames it or puts one in.
fn change_members(node: &mut Value, dice: &Dice) {
    match node {
        Value::Array(items) if !items.is_empty() => {
            let at = dice.below(items.len());
            match dice.below(4) {
                0 => drop(items.remove(at)),
                1 => items.insert(at, items[at].clone()),
                2 => items.swap(0, at),
                _ => {
                    let item = items[at].clone();
                    items.extend(std::iter::repeat_n(item, dice.below(40)));
                }
            }
        }
        Value::Object(members) if !members.is_empty() => {
            let at = dice.below(members.len());
            let Some(name) = members.keys().nth(at).cloned() else {
                return;
            };
            match dice.below(3) {
                0 => drop(members.shift_remove(&name)),
                1 => {
                    let member = members.shift_remove(&name).unwrap_or_default();
                    members.insert(text::word(dice), member);
                }
                _ => drop(members.insert(text::word(dice), interesting(dice))),
            }
        }
        other => *other = interesting(dice),
    }
}

fn wrapped(value: Value, dice: &Dice) -> Value {
    let times = if dice.one_in(8) { DEEP } else { 1 };
    (0..times).fold(value, |inner, _| match dice.one_in(2) {
        true => Value::Array(vec![inner]),
        false => Value::Object(Map::from_iter([(text::word(dice), inner)])),
    })
}

/// A small change that keeps the type.
fn nudge(node: &mut Value, dice: &Dice) {
    match node {
        Value::Number(number) => {
            let whole = number.as_i64().unwrap_or_default();
            *node = match dice.below(6) {
                0 => json!(whole.wrapping_add(1)),
                1 => json!(whole.wrapping_sub(1)),
                2 => json!(whole.wrapping_neg()),
                3 => json!(whole.wrapping_mul(10)),
                4 => Value::String(whole.to_string()),
                _ => self::number(dice),
            };
        }
        Value::String(old) => *old = text::mutated(old, "", dice),
        Value::Bool(old) => *old = !*old,
        Value::Null => *node = interesting(dice),
        Value::Array(_) | Value::Object(_) => change_members(node, dice),
    }
}

//! The differences that are meant, each with its reason.
//!
//! Invariant: a reason that fits no difference any more fails the comparison too, so the list only ever shrinks or is
//! argued about.

use serde_json::{Map, Value};

use super::compare::Difference;

/// Members of a document rather than attributes of a type.
const OF_DOCUMENTS: &[&str] = &["id", "type", "created_at", "updated_at"];

/// A reason, and which differences it is for.
struct Accepted {
    why: &'static str,
    fits: fn(&Difference, &Map<String, Value>) -> bool,
}

const ACCEPTED: &[Accepted] = &[
    Accepted {
        why: "a member of every document, which no table lists",
        fits: |found, _| {
            found.part == "attributes"
                && found.what == "missing"
                && OF_DOCUMENTS.contains(&found.name.as_str())
        },
    },
    Accepted {
        why: "leads only to types that are not among the served ones, so no row can be named, found or sorted by",
        fits: |found, served| {
            let nowhere = found.targets.iter().all(|kind| !served.contains_key(kind));
            found.part == "relationships"
                && nowhere
                && matches!(found.what.as_str(), "missing" | "filter" | "sort")
        },
    },
    Accepted {
        why: "tags are not among the served types",
        fits: |found, _| matches!(found.name.as_str(), "_add_tags" | "_remove_tags"),
    },
    Accepted {
        why: "names the caller's own token, not a row; only rules of promotions and price lists read it",
        fits: |found, _| found.part == "relationships" && found.name.starts_with("jwt_"),
    },
    Accepted {
        why: "the older envelope of a Klarna payment, which guides still show beside the flat attributes",
        fits: |found, _| {
            found.kind == "klarna_payments"
                && found.what == "not published"
                && matches!(
                    found.name.as_str(),
                    "payment_request_data" | "payment_response"
                )
        },
    },
    Accepted {
        why: "published as readable, though it runs something; no answer shows a trigger",
        fits: |found, _| found.part == "triggers" && found.what == "read",
    },
    Accepted {
        why: "events stand for topics and belong to no row, so no row is found by one",
        fits: |found, _| found.name == "events" && found.what == "filter",
    },
    Accepted {
        why: "follows from the market of the caller and the stock there, not from rows that point to each other",
        fits: |found, _| {
            let place = (found.kind.as_str(), found.name.as_str());
            place == ("skus", "delivery_lead_times") && found.what == "filter"
        },
    },
];

/// The differences that no reason fits, and the reasons with how many each fits.
pub(super) fn sort_out<'a>(
    differences: &'a [Difference],
    served: &Map<String, Value>,
) -> (Vec<&'a Difference>, Vec<(&'static str, usize)>) {
    let mut counts: Vec<(&'static str, usize)> =
        ACCEPTED.iter().map(|entry| (entry.why, 0)).collect();
    let mut rest = Vec::new();
    for difference in differences {
        let reason = ACCEPTED
            .iter()
            .position(|entry| (entry.fits)(difference, served));
        match reason.and_then(|at| counts.get_mut(at)) {
            Some((_, count)) => *count += 1,
            None => rest.push(difference),
        }
    }
    (rest, counts)
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::super::compare::differences;
    use super::*;

    #[test]
    fn a_relationship_to_what_is_served_is_not_accepted() {
        let of = |filter: bool| {
            json!({"orders": {"verbs": [], "relationships": {
                "tags": {"targets": ["tags"], "filter": filter},
                "market": {"targets": ["orders"], "filter": filter},
            }}})
        };
        let (ours, theirs) = (of(false), of(true));
        let served = ours.as_object().unwrap();
        let found = differences(served, theirs.as_object().unwrap());
        let (rest, counts) = sort_out(&found, served);
        assert_eq!(rest.len(), 1);
        assert_eq!(
            rest[0].to_string(),
            "orders.market filter: false, published true"
        );
        assert_eq!(counts.iter().map(|(_, count)| count).sum::<usize>(), 1);
    }
}

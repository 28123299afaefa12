//! Every predicate on every type of attribute: served, or refused with a reason.

use kassa_gateway::shop::resources::registry;
use kassa_storage::descriptor::{AttributeSource, AttributeType};

use crate::house::{House, Visitor};

/// What predicates are for. Source: commerce-api, section a.
#[derive(Debug, Clone, Copy, PartialEq)]
enum For {
    Values,
    Ordered,
    Texts,
    Everything,
    Booleans,
    Documents,
}

impl For {
    fn holds(self, ty: AttributeType) -> bool {
        use AttributeType::{Array, Boolean, Datetime, Float, Integer, Object, String};
        match self {
            Self::Everything => true,
            Self::Values => !matches!(ty, Object | Array),
            Self::Ordered => matches!(ty, String | Integer | Float | Datetime),
            Self::Texts => ty == String,
            Self::Booleans => ty == Boolean,
            Self::Documents => matches!(ty, Object | Array),
        }
    }
}

/// Word, what it is for, and whether it comes with `_any` and `_all`.
const PREDICATES: &[(&str, For, bool)] = &[
    ("eq", For::Values, true),
    ("not_eq", For::Values, true),
    ("eq_or_null", For::Values, true),
    ("not_eq_or_null", For::Values, true),
    ("matches", For::Texts, true),
    ("does_not_match", For::Texts, true),
    ("lt", For::Ordered, true),
    ("lteq", For::Ordered, true),
    ("gt", For::Ordered, true),
    ("gteq", For::Ordered, true),
    ("in", For::Values, false),
    ("not_in", For::Values, false),
    ("not_in_or_null", For::Values, false),
    ("start", For::Texts, true),
    ("not_start", For::Texts, true),
    ("end", For::Texts, true),
    ("not_end", For::Texts, true),
    ("cont", For::Texts, true),
    ("not_cont", For::Texts, true),
    ("present", For::Everything, false),
    ("blank", For::Everything, false),
    ("null", For::Everything, false),
    ("not_null", For::Everything, false),
    ("true", For::Booleans, false),
    ("false", For::Booleans, false),
    ("jcont", For::Documents, false),
];

fn words() -> impl Iterator<Item = (String, For)> {
    PREDICATES.iter().flat_map(|(word, purpose, compounds)| {
        let compounds = ["_any", "_all"].iter().filter(move |_| *compounds);
        std::iter::once((*word).to_owned())
            .chain(compounds.map(move |compound| format!("{word}{compound}")))
            .map(|word| (word, *purpose))
    })
}

fn fitting(word: &str, ty: AttributeType) -> &'static str {
    if matches!(
        word,
        "present" | "blank" | "null" | "not_null" | "true" | "false"
    ) {
        return "true";
    }
    match ty {
        AttributeType::String => "abc",
        AttributeType::Integer => "7",
        AttributeType::Float => "1.5",
        AttributeType::Boolean => "false",
        AttributeType::Datetime => "2026-01-01T00:00:00.000Z",
        AttributeType::Object | AttributeType::Array => "%7B%22a%22:1%7D",
    }
}

/// The first stored attribute of a type that may be filtered on, with its resource.
fn example(ty: AttributeType) -> Option<(&'static str, &'static str)> {
    registry().0.iter().find_map(|kind| {
        let found = kind.attributes.iter().find(|attribute| {
            attribute.ty == ty && attribute.filter && attribute.source == AttributeSource::Stored
        })?;
        (kind.verbs.list && !kind.singleton).then_some((kind.kind, found.name))
    })
}

#[tokio::test]
async fn a_predicate_fits_the_attribute_or_says_why_not() {
    use AttributeType::{Array, Boolean, Datetime, Float, Integer, Object, String};
    let house = House::open().await;
    let back = house.integration().await;
    let mut tried = 0;
    for ty in [String, Integer, Float, Boolean, Datetime, Object, Array] {
        let Some((kind, name)) = example(ty) else {
            assert!(matches!(ty, Float | Array), "no {ty:?} may be filtered on");
            continue;
        };
        for (word, purpose) in words() {
            let value = fitting(&word, ty);
            let key = format!("filter[q][{name}_{word}]");
            let answer = back.get(&format!("/api/{kind}?{key}={value}")).await;
            if purpose.holds(ty) {
                assert_eq!(answer.status, 200, "{kind} {key}: {}", answer.text);
                unfit(&back, kind, name, &word, ty).await;
            } else {
                let error = answer.error(400, "FILTER_NOT_ALLOWED");
                assert_eq!(error["source"]["parameter"], key, "{}", answer.text);
            }
            tried += 1;
        }
    }
    assert!(tried >= 5 * 54, "{tried}");
}

/// A value of another type is refused and named.
async fn unfit(back: &Visitor<'_>, kind: &str, name: &str, word: &str, ty: AttributeType) {
    let switch = matches!(
        word,
        "present" | "blank" | "null" | "not_null" | "true" | "false"
    );
    if ty == AttributeType::String && !switch {
        return;
    }
    let path = format!("/api/{kind}?filter[q][{name}_{word}]=neither");
    let answer = back.get(&path).await;
    let error = answer.error(400, "INVALID_FILTER_VALUE");
    assert!(
        error["detail"].as_str().unwrap().contains("neither"),
        "{}",
        answer.text
    );
}

#[tokio::test]
async fn a_list_tells_its_pages() {
    let house = House::open().await;
    let back = house.integration().await;
    for number in 0..7 {
        back.create("customer_groups", json(number), serde_json::json!({}))
            .await
            .expect(201);
    }
    let page =
        |number: u64| format!("/api/customer_groups?page[size]=3&page[number]={number}&sort=name");
    for (number, shown, links) in [
        (1, 3, "first,next,last"),
        (2, 3, "first,prev,next,last"),
        (3, 1, "first,prev,last"),
        (4, 0, "first,prev,last"),
    ] {
        let answer = back.get(&page(number)).await.expect(200);
        assert_eq!(answer.body["data"].as_array().unwrap().len(), shown);
        assert_eq!(answer.body["meta"]["record_count"], 7);
        assert_eq!(answer.body["meta"]["page_count"], 3);
        let names: Vec<&str> = answer.body["links"]
            .as_object()
            .unwrap()
            .keys()
            .map(String::as_str)
            .collect();
        assert_eq!(names.len(), links.split(',').count(), "{names:?}");
        assert!(
            links.split(',').all(|name| names.contains(&name)),
            "{names:?}"
        );
        for name in names {
            let link = answer.text_at(&format!("/links/{name}"));
            let path = link.strip_prefix("https://acme.kassa.test").unwrap();
            assert!(path.contains("sort=name"), "{path}");
            back.get(path).await.expect(200);
        }
    }
}

fn json(number: u32) -> serde_json::Value {
    serde_json::json!({"name": format!("Group {number}")})
}

//! Whatever is sent, parsing answers; it never panics, and what it accepts keeps its promises.

use kassa_jsonapi::{MAX_PAGE_SIZE, PageParameters, Predicate, Query, RequestDocument, page_links};
use proptest::collection::vec;
use proptest::prelude::*;
use serde_json::Value;

fn json() -> impl Strategy<Value = Value> {
    let key = prop_oneof![
        Just("data".to_owned()),
        Just("type".to_owned()),
        Just("id".to_owned()),
        Just("attributes".to_owned()),
        Just("relationships".to_owned()),
        ".{0,8}",
    ];
    let leaf = prop_oneof![
        Just(Value::Null),
        any::<bool>().prop_map(Value::from),
        any::<i64>().prop_map(Value::from),
        ".{0,12}".prop_map(Value::from),
    ];
    leaf.prop_recursive(6, 48, 6, move |inner| {
        prop_oneof![
            vec(inner.clone(), 0..4).prop_map(Value::from),
            vec((key.clone(), inner), 0..5)
                .prop_map(|members| Value::Object(members.into_iter().collect())),
        ]
    })
}

fn query() -> impl Strategy<Value = String> {
    let piece = prop_oneof![
        Just("include=".to_owned()),
        Just("fields[".to_owned()),
        Just("page[number]=".to_owned()),
        Just("filter[q][".to_owned()),
        Just("%5B".to_owned()),
        Just("%f".to_owned()),
        Just("]".to_owned()),
        Just("&".to_owned()),
        Just("_eq".to_owned()),
        Just("_or_".to_owned()),
        ".{0,6}",
    ];
    vec(piece, 0..12).prop_map(|pieces| pieces.concat())
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(2_000))]

    #[test]
    fn any_bytes_as_a_document(body in vec(any::<u8>(), 0..200)) {
        let _ = RequestDocument::parse(&body);
    }

    #[test]
    fn any_json_as_a_document(value in json()) {
        let body = serde_json::to_vec(&value).unwrap();
        if let Ok(document) = RequestDocument::parse(&body) {
            prop_assert!(!document.kind.is_empty());
        }
    }

    #[test]
    fn any_text_as_a_query(text in query()) {
        if let Ok(query) = Query::parse(&text) {
            prop_assert!((1..=MAX_PAGE_SIZE).contains(&query.page.size));
            prop_assert!(query.page.number >= 1);
            for filter in &query.filters {
                prop_assert!(!filter.attributes.is_empty());
                let _ = (filter.values(), filter.switch(), filter.object());
            }
        }
    }

    #[test]
    fn a_split_loses_nothing(key in "[a-z_]{0,30}") {
        if let Some((attributes, _)) = Predicate::split(&key) {
            prop_assert!(key.starts_with(attributes));
            prop_assert!(key.len() > attributes.len() + 1);
        }
    }

    #[test]
    fn page_links_lead_back(number in 1_u64..1000, size in 1_u64..=25, count in 0_u64..1000, value in ".{0,20}") {
        let parameters = [("filter[q][name_eq]".to_owned(), value.clone())];
        for (_, url) in page_links("/l", &parameters, PageParameters { number, size }, count) {
            let query = Query::parse(url.split_once('?').unwrap().1).unwrap();
            prop_assert_eq!(query.page.size, size);
            prop_assert_eq!(&query.filters[0].value, &value);
            prop_assert!(query.page.number <= count.max(1));
        }
    }
}

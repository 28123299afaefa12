//! JSON:API by itself: documents, query strings, predicates, page links.

use kassa_jsonapi::{MAX_PAGE_SIZE, Predicate, Query, RequestDocument, page_links};

use crate::input::texts;
use crate::parser::parsers;
use crate::signal;

parsers! {
    request_document "a request document" => document,
        texts([
            r#"{"data":{"type":"orders","attributes":{"metadata":{"a":1}},"relationships":{"market":{"data":{"type":"markets","id":"a"}}}}}"#,
            r#"{"data":{"type":"skus","id":"x","relationships":{"tags":{"data":[{"type":"tags","id":"b"}]},"none":{"data":null}}}}"#,
        ]);
    query_string "a query string" => query,
        texts([
            "include=line_items.item,market&fields[orders]=number,status&sort=-created_at,number&page[number]=2&page[size]=5",
            "filter[q][status_eq]=placed&filter[q][number_or_reference_cont]=1&filter%5Bq%5D%5Bid_in%5D=a%2Cb",
        ]);
    filter_key "the key of a filter" => predicate, texts(["number_or_reference_cont", "created_at_gteq", "metadata_jcont", "id_not_in"]);
}

fn document(data: &[u8]) {
    match RequestDocument::parse(data) {
        Ok(document) => {
            assert!(!document.kind.is_empty());
            signal::taken();
            signal::saw((
                document.id.is_some(),
                document.attributes.len().min(8),
                document.relationships.len().min(8),
            ));
        }
        Err(fault) => {
            assert!(!fault.code.is_empty() && !fault.detail.is_empty());
            signal::saw((fault.code, signal::words(&fault.detail)));
        }
    }
}

fn query(data: &[u8]) {
    let text = String::from_utf8_lossy(data);
    let query = match Query::parse(&text) {
        Ok(query) => query,
        Err(fault) => {
            assert!(!fault.code.is_empty() && !fault.detail.is_empty());
            signal::saw((fault.code, signal::words(&fault.detail)));
            return;
        }
    };
    signal::taken();
    assert!((1..=MAX_PAGE_SIZE).contains(&query.page.size) && query.page.number >= 1);
    for filter in &query.filters {
        assert!(!filter.attributes.is_empty());
        signal::saw((
            filter.values().len().min(4),
            filter.switch().is_ok(),
            filter.object().is_ok(),
        ));
    }
    // The links of its pages say the same again.
    for (name, url) in page_links("/l", &query.parameters, query.page, 1000) {
        let (_, again) = url.split_once('?').expect("a page link has a query string");
        let again =
            Query::parse(again).unwrap_or_else(|fault| panic!("the link {name} {url}: {fault:?}"));
        assert_eq!(again.filters, query.filters, "{name} {url}");
        assert_eq!(
            (again.include, again.sort),
            (query.include.clone(), query.sort.clone()),
            "{name} {url}"
        );
        assert_eq!(again.page.size, query.page.size, "{name} {url}");
    }
}

fn predicate(data: &[u8]) {
    let key = String::from_utf8_lossy(data);
    if let Some((attributes, predicate)) = Predicate::split(&key) {
        signal::taken();
        assert!(key.starts_with(attributes) && key.len() > attributes.len() + 1);
        signal::saw(format!("{predicate:?}"));
    }
}

//! What each refusal looks like, and that every code is documented.

use std::collections::BTreeSet;
use std::path::Path;

use serde_json::json;

use super::*;

#[test]
fn a_violation_has_the_published_shape() {
    let error = GatewayError::violation(
        Violation::attribute(
            "quantity",
            "less_than_or_equal_to",
            "must be less than or equal to 3",
        )
        .with_value(json!(7)),
    );
    let document = serde_json::to_value(ErrorDocument {
        errors: describe(error),
    })
    .unwrap();
    assert_eq!(
        document,
        json!({"errors": [{
            "title": "must be less than or equal to 3",
            "detail": "quantity - must be less than or equal to 3",
            "code": "VALIDATION_ERROR",
            "source": {"pointer": "/data/attributes/quantity"},
            "status": "422",
            "meta": {"error": "less_than_or_equal_to", "value": 7},
        }]})
    );
}

#[test]
fn server_faults_say_nothing_of_their_cause() {
    for error in [
        GatewayError::Internal("the secret cause".into()),
        GatewayError::Unavailable("the secret cause".into()),
    ] {
        let errors = describe(error);
        assert!(errors[0].status >= 500);
        let text = serde_json::to_string(&ErrorDocument { errors }).unwrap();
        assert!(!text.contains("secret cause"), "{text}");
    }
}

#[test]
fn every_code_has_its_page_and_every_page_its_code() {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../docs/errors");
    let pages: BTreeSet<String> = std::fs::read_dir(&folder)
        .unwrap()
        .filter_map(|entry| entry.unwrap().file_name().into_string().ok())
        .filter_map(|name| name.strip_suffix(".md").map(str::to_owned))
        .filter(|name| name != "README")
        .collect();
    let codes: BTreeSet<String> = CODES.iter().map(|known| known.code.to_owned()).collect();
    assert_eq!(pages, codes);
    for known in CODES {
        let page = std::fs::read_to_string(folder.join(format!("{}.md", known.code))).unwrap();
        assert!(
            page.starts_with(&format!("# {}\n", known.code)),
            "{}",
            known.code
        );
        assert!(page.contains(&known.status.to_string()), "{}", known.code);
        assert!(page.lines().count() >= 5, "{} says too little", known.code);
    }
}

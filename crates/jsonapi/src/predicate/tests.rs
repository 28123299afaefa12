//! Keys and the predicates that end them.

use super::*;

#[test]
fn the_longest_predicate_wins() {
    for (key, attributes, comparison, negated, or_null, compound) in [
        (
            "code_eq",
            "code",
            Comparison::Eq,
            false,
            false,
            Compound::Single,
        ),
        (
            "code_not_eq",
            "code",
            Comparison::Eq,
            true,
            false,
            Compound::Single,
        ),
        (
            "code_not_eq_all",
            "code",
            Comparison::Eq,
            true,
            false,
            Compound::All,
        ),
        (
            "code_eq_or_null",
            "code",
            Comparison::Eq,
            false,
            true,
            Compound::Single,
        ),
        (
            "code_not_eq_or_null_any",
            "code",
            Comparison::Eq,
            true,
            true,
            Compound::Any,
        ),
        (
            "code_does_not_match_all",
            "code",
            Comparison::Matches,
            true,
            false,
            Compound::All,
        ),
        (
            "code_in",
            "code",
            Comparison::In,
            false,
            false,
            Compound::Single,
        ),
        (
            "code_not_in_or_null",
            "code",
            Comparison::In,
            true,
            true,
            Compound::Single,
        ),
        (
            "a_or_b_cont",
            "a_or_b",
            Comparison::Cont,
            false,
            false,
            Compound::Single,
        ),
        (
            "a_not_cont_any",
            "a",
            Comparison::Cont,
            true,
            false,
            Compound::Any,
        ),
        (
            "a_not_null",
            "a",
            Comparison::Null,
            true,
            false,
            Compound::Single,
        ),
        (
            "a_false",
            "a",
            Comparison::True,
            true,
            false,
            Compound::Single,
        ),
        (
            "metadata_jcont",
            "metadata",
            Comparison::JsonContains,
            false,
            false,
            Compound::Single,
        ),
        (
            "starts_at_gteq",
            "starts_at",
            Comparison::Gteq,
            false,
            false,
            Compound::Single,
        ),
    ] {
        let (found, predicate) = Predicate::split(key).unwrap();
        assert_eq!(found, attributes, "{key}");
        let expected = Predicate {
            comparison,
            negated,
            or_null,
            compound,
        };
        assert_eq!(predicate, expected, "{key}");
    }
}

#[test]
fn no_predicate_no_split() {
    for key in [
        "",
        "eq",
        "_eq",
        "code",
        "code_equals",
        "in_any",
        "code_in_any",
        "present",
    ] {
        assert_eq!(Predicate::split(key), None, "{key}");
    }
}

//! Filter predicates: the last words of a filter key.
//!
//! Invariant: the longest predicate that ends a key is the one meant (`_not_eq` before `_eq`, `_eq_or_null_any`
//! before `_any`), so a key has one reading.

/// What is compared.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Comparison {
    /// Equal.
    Eq,
    /// SQL LIKE.
    Matches,
    /// Less than.
    Lt,
    /// Less than or equal.
    Lteq,
    /// Greater than.
    Gt,
    /// Greater than or equal.
    Gteq,
    /// One of a list.
    In,
    /// Text begins with.
    Start,
    /// Text ends with.
    End,
    /// Text contains.
    Cont,
    /// Not null and not empty.
    Present,
    /// Null or empty.
    Blank,
    /// Null.
    Null,
    /// True.
    True,
    /// JSON containment.
    JsonContains,
}

/// How several values of one predicate join.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Compound {
    /// One value (or, for `in`, one list).
    Single,
    /// Any value may match.
    Any,
    /// All values must match.
    All,
}

/// A predicate.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Predicate {
    /// What is compared.
    pub comparison: Comparison,
    /// The comparison must fail.
    pub negated: bool,
    /// A null passes too.
    pub or_null: bool,
    /// How values join.
    pub compound: Compound,
}

const BASES: &[(&str, Comparison, bool, bool, bool)] = &[
    // word, comparison, negated, or null, may carry _any and _all
    ("eq", Comparison::Eq, false, false, true),
    ("not_eq", Comparison::Eq, true, false, true),
    ("eq_or_null", Comparison::Eq, false, true, true),
    ("not_eq_or_null", Comparison::Eq, true, true, true),
    ("matches", Comparison::Matches, false, false, true),
    ("does_not_match", Comparison::Matches, true, false, true),
    ("lt", Comparison::Lt, false, false, true),
    ("lteq", Comparison::Lteq, false, false, true),
    ("gt", Comparison::Gt, false, false, true),
    ("gteq", Comparison::Gteq, false, false, true),
    ("in", Comparison::In, false, false, false),
    ("not_in", Comparison::In, true, false, false),
    ("not_in_or_null", Comparison::In, true, true, false),
    ("start", Comparison::Start, false, false, true),
    ("not_start", Comparison::Start, true, false, true),
    ("end", Comparison::End, false, false, true),
    ("not_end", Comparison::End, true, false, true),
    ("cont", Comparison::Cont, false, false, true),
    ("not_cont", Comparison::Cont, true, false, true),
    ("present", Comparison::Present, false, false, false),
    ("blank", Comparison::Blank, false, false, false),
    ("null", Comparison::Null, false, false, false),
    ("not_null", Comparison::Null, true, false, false),
    ("true", Comparison::True, false, false, false),
    ("false", Comparison::True, true, false, false),
    ("jcont", Comparison::JsonContains, false, false, false),
];

impl Predicate {
    /// Splits a key into its attributes and its predicate; `None` when no predicate ends it.
    #[must_use]
    pub fn split(key: &str) -> Option<(&str, Self)> {
        let mut best: Option<(&str, Self)> = None;
        let mut consider = |attributes: Option<&'_ str>, predicate: Self| {
            let Some(attributes) = attributes else { return };
            if attributes.is_empty() {
                return;
            }
            let longer = best.is_none_or(|(known, _)| attributes.len() < known.len());
            if longer {
                // Borrowed again from the key, so that the result outlives the closure.
                best = Some((&key[..attributes.len()], predicate));
            }
        };
        for &(word, comparison, negated, or_null, compounds) in BASES {
            let with = |compound| Self {
                comparison,
                negated,
                or_null,
                compound,
            };
            consider(strip(key, word), with(Compound::Single));
            if compounds {
                for (suffix, compound) in [("_any", Compound::Any), ("_all", Compound::All)] {
                    let rest = key.strip_suffix(suffix).and_then(|rest| strip(rest, word));
                    consider(rest, with(compound));
                }
            }
        }
        best
    }

    /// Whether the value is a switch (`true`, `1`, ...) rather than something to compare with.
    #[must_use]
    pub fn is_switch(self) -> bool {
        matches!(
            self.comparison,
            Comparison::Present | Comparison::Blank | Comparison::Null | Comparison::True
        )
    }

    /// Whether the value is a comma list.
    #[must_use]
    pub fn takes_list(self) -> bool {
        self.comparison == Comparison::In || self.compound != Compound::Single
    }
}

fn strip<'a>(key: &'a str, word: &str) -> Option<&'a str> {
    key.strip_suffix(word)?.strip_suffix('_')
}

#[cfg(test)]
mod tests;

//! Regular expressions in configuration, compiled at most once, and the six of them that describe a place.

use std::sync::{Arc, OnceLock};

use regex::Regex;
use serde::{Deserialize, Serialize};

use crate::address::Address;
use crate::error::CommerceError;
use crate::limits;

/// A regular expression as written by the shop. It matches anywhere in the text, like the original service's.
#[derive(Clone, Default, Serialize, Deserialize)]
#[serde(from = "String", into = "String")]
pub struct Pattern {
    text: String,
    // Compiling costs far more than matching, and a catalogue serves many decisions: copies of it share this.
    compiled: Arc<OnceLock<Option<Regex>>>,
}

impl Pattern {
    /// Takes the text; it is compiled at its first use.
    pub fn new(text: impl Into<String>) -> Self {
        Self {
            text: text.into(),
            compiled: Arc::default(),
        }
    }

    /// The text.
    pub fn as_str(&self) -> &str {
        &self.text
    }

    /// Whether it occurs in `value`.
    ///
    /// # Errors
    /// [`CommerceError::Configuration`] when it is no regular expression, naming `what`.
    pub fn matches(&self, value: &str, what: &'static str) -> Result<bool, CommerceError> {
        let compiled = self.compiled.get_or_init(|| {
            if self.text.len() > limits::REGEX_LENGTH {
                None
            } else {
                Regex::new(&self.text).ok()
            }
        });
        compiled
            .as_ref()
            .map(|regex| regex.is_match(value))
            .ok_or(CommerceError::Configuration { what })
    }
}

impl PartialEq for Pattern {
    fn eq(&self, other: &Self) -> bool {
        self.text == other.text
    }
}

impl std::fmt::Debug for Pattern {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        self.text.fmt(formatter)
    }
}

impl From<String> for Pattern {
    fn from(text: String) -> Self {
        Self::new(text)
    }
}

impl From<Pattern> for String {
    fn from(pattern: Pattern) -> Self {
        pattern.text
    }
}

/// Which places a zone or a tax rule covers. An unset or empty pattern does not restrict.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct PlacePatterns {
    /// Countries covered.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub country_code_regex: Option<Pattern>,
    /// Countries left out.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub not_country_code_regex: Option<Pattern>,
    /// States covered.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub state_code_regex: Option<Pattern>,
    /// States left out.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub not_state_code_regex: Option<Pattern>,
    /// Postal codes covered.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub zip_code_regex: Option<Pattern>,
    /// Postal codes left out.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub not_zip_code_regex: Option<Pattern>,
}

impl PlacePatterns {
    /// Whether the address lies inside.
    ///
    /// # Errors
    /// [`CommerceError::Configuration`] when one of the patterns is no regular expression, naming `what`.
    pub fn cover(&self, address: &Address, what: &'static str) -> Result<bool, CommerceError> {
        let country = address.country();
        let state = address.state_code.as_deref().unwrap_or_default();
        let zip = address.zip_code.as_deref().unwrap_or_default();
        let tests = [
            (&self.country_code_regex, country.as_str(), true),
            (&self.not_country_code_regex, country.as_str(), false),
            (&self.state_code_regex, state, true),
            (&self.not_state_code_regex, state, false),
            (&self.zip_code_regex, zip, true),
            (&self.not_zip_code_regex, zip, false),
        ];
        for (pattern, value, wanted) in tests {
            let Some(pattern) = pattern
                .as_ref()
                .filter(|pattern| !pattern.as_str().is_empty())
            else {
                continue;
            };
            if pattern.matches(value, what)? != wanted {
                return Ok(false);
            }
        }
        Ok(true)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::testing;

    fn place(json: serde_json::Value) -> PlacePatterns {
        serde_json::from_value(json).unwrap()
    }

    #[test]
    fn patterns_and_their_opposites() {
        let italy = Address {
            zip_code: Some("09010".into()),
            state_code: Some("CA".into()),
            ..testing::address("a", "IT")
        };
        for (patterns, covered) in [
            (serde_json::json!({}), true),
            (
                serde_json::json!({"country_code_regex": "IT|FR", "not_country_code_regex": ""}),
                true,
            ),
            (serde_json::json!({"country_code_regex": "FR"}), false),
            (serde_json::json!({"not_country_code_regex": "^IT$"}), false),
            (
                serde_json::json!({"state_code_regex": "CA", "zip_code_regex": "^09"}),
                true,
            ),
            (serde_json::json!({"not_zip_code_regex": "^09"}), false),
            (serde_json::json!({"not_state_code_regex": "CA"}), false),
        ] {
            assert_eq!(
                place(patterns.clone()).cover(&italy, "test"),
                Ok(covered),
                "{patterns}"
            );
        }
    }

    #[test]
    fn copies_share_what_was_compiled() {
        let pattern = Pattern::new("IT|FR");
        assert_eq!(pattern.clone().matches("IT", "test"), Ok(true));
        assert!(pattern.compiled.get().is_some());
    }

    #[test]
    fn a_broken_pattern_is_a_configuration_error() {
        let broken = place(serde_json::json!({"country_code_regex": "("}));
        let error = broken.cover(&testing::address("a", "IT"), "shipping_zones");
        assert_eq!(
            error,
            Err(CommerceError::Configuration {
                what: "shipping_zones"
            })
        );
    }
}

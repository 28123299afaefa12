//! One `filter[q][<attributes>_<predicate>]=<value>`.
//!
//! Invariant: the value is still text; only its outer form (switch, list, JSON object) is known here.

use serde_json::{Map, Value};

use crate::fault::{Fault, quoted};
use crate::predicate::Predicate;

/// A filter as sent.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct FilterParameter {
    /// The whole parameter name, for error messages: `filter[q][code_eq]`.
    pub parameter: String,
    /// Attributes, joined with `_or_` as sent. Names may contain `_or_` themselves, so the split needs the names.
    pub attributes: String,
    /// The predicate.
    pub predicate: Predicate,
    /// The value as sent, decoded.
    pub value: String,
}

impl FilterParameter {
    pub(crate) fn parse(parameter: &str, key: &str, value: &str) -> Result<Self, Fault> {
        let Some((attributes, predicate)) = Predicate::split(key) else {
            return Err(Fault::parameter(
                "INVALID_FILTERS_SYNTAX",
                parameter,
                format!(
                    "the filter {} must be attributes and a predicate, such as code_eq",
                    quoted(key)
                ),
            ));
        };
        Ok(Self {
            parameter: parameter.to_owned(),
            attributes: attributes.to_owned(),
            predicate,
            value: value.to_owned(),
        })
    }

    /// The values of a comma list, or the one value.
    #[must_use]
    pub fn values(&self) -> Vec<&str> {
        if self.predicate.takes_list() {
            self.value.split(',').collect()
        } else {
            vec![&self.value]
        }
    }

    /// The value of a switch predicate (`_null=true`, `_present=0`).
    ///
    /// # Errors
    /// `INVALID_FILTER_VALUE` for anything but `true`, `false`, `1`, `0`, `t`, `f`.
    pub fn switch(&self) -> Result<bool, Fault> {
        match self.value.to_ascii_lowercase().as_str() {
            "true" | "1" | "t" => Ok(true),
            "false" | "0" | "f" => Ok(false),
            _ => Err(self.invalid("expects true or false")),
        }
    }

    /// The object of `jcont`.
    ///
    /// # Errors
    /// `INVALID_FILTER_VALUE` for anything but a JSON object.
    pub fn object(&self) -> Result<Map<String, Value>, Fault> {
        serde_json::from_str(&self.value).map_err(|_| self.invalid("expects a JSON object"))
    }

    /// The fault that the value does not fit: `expectation` completes "the value ... of ...".
    #[must_use]
    pub fn invalid(&self, expectation: &str) -> Fault {
        Fault::parameter(
            "INVALID_FILTER_VALUE",
            self.parameter.as_str(),
            format!(
                "{} {expectation}, not {}",
                self.parameter,
                quoted(&self.value)
            ),
        )
    }

    /// The fault that the attribute cannot be filtered this way.
    #[must_use]
    pub fn not_allowed(&self, reason: &str) -> Fault {
        Fault::parameter(
            "FILTER_NOT_ALLOWED",
            self.parameter.as_str(),
            format!("{}: {reason}", self.parameter),
        )
    }
}

//! Query strings: `include`, `fields`, `sort`, `page`, `filter`, percent-encoded or not.
//!
//! Invariant: a parameter that is not understood is refused, never ignored, so a typo cannot widen a list.

use percent_encoding::percent_decode_str;

use crate::fault::{Fault, quoted};
use crate::filter::FilterParameter;
use crate::page::PageParameters;

/// Most include paths of one request; the longest seen in the field is 16.
pub const MAX_INCLUDE_PATHS: usize = 100;

/// One dotted include path.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct IncludeParameter {
    /// As sent, for error messages.
    pub path: String,
    /// Its steps, none empty.
    pub steps: Vec<String>,
}

/// One `fields[type]=a,b`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct FieldsParameter {
    /// The type.
    pub kind: String,
    /// Attributes and relationships.
    pub names: Vec<String>,
}

/// One sort key.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SortParameter {
    /// The attribute.
    pub field: String,
    /// Largest first (`-field`).
    pub descending: bool,
}

/// A parsed query string.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Query {
    /// Include paths.
    pub include: Vec<IncludeParameter>,
    /// Sparse fieldsets.
    pub fields: Vec<FieldsParameter>,
    /// Sort keys, first first.
    pub sort: Vec<SortParameter>,
    /// Page.
    pub page: PageParameters,
    /// Filters, all of which must hold.
    pub filters: Vec<FilterParameter>,
    /// Every parameter decoded, in the order sent: for page links.
    pub parameters: Vec<(String, String)>,
}

impl Query {
    /// Reads a query string without its question mark.
    ///
    /// # Errors
    /// `INVALID_INCLUDE`, `INVALID_FIELD_FORMAT`, `INVALID_SORT_CRITERIA`, `INVALID_PAGE_OBJECT`,
    /// `INVALID_PAGE_VALUE`, `INVALID_FILTERS_SYNTAX`, or `PARAM_NOT_ALLOWED` for an unknown parameter.
    pub fn parse(text: &str) -> Result<Self, Fault> {
        let mut query = Self::default();
        for part in text.split('&').filter(|part| !part.is_empty()) {
            let (name, value) = part.split_once('=').unwrap_or((part, ""));
            let (name, value) = (decode(name)?, decode(value)?);
            query.take(&name, &value)?;
            query.parameters.push((name, value));
        }
        Ok(query)
    }

    fn take(&mut self, name: &str, value: &str) -> Result<(), Fault> {
        let (family, keys) = split_name(name).ok_or_else(|| unknown(name))?;
        match (family, keys.as_slice()) {
            ("include", []) => self.take_include(value),
            ("sort", []) => self.take_sort(value),
            ("fields", [kind]) => {
                self.fields.push(FieldsParameter {
                    kind: (*kind).to_owned(),
                    names: list(value),
                });
                Ok(())
            }
            ("fields", _) => Err(Fault::parameter(
                "INVALID_FIELD_FORMAT",
                name,
                "name the type: fields[type]=name,name",
            )),
            ("page", [key]) => self.page.take(key, value),
            ("page", _) => Err(Fault::parameter(
                "INVALID_PAGE_OBJECT",
                name,
                "use page[number] and page[size]",
            )),
            ("filter", ["q", key]) => {
                let filter = FilterParameter::parse(name, key, value)?;
                self.filters.push(filter);
                Ok(())
            }
            ("filter", _) => Err(Fault::parameter(
                "INVALID_FILTERS_SYNTAX",
                name,
                "write filters as filter[q][attribute_predicate]=value",
            )),
            _ => Err(unknown(name)),
        }
    }

    fn take_include(&mut self, value: &str) -> Result<(), Fault> {
        for path in list(value) {
            let steps: Vec<String> = path.split('.').map(str::to_owned).collect();
            if steps.iter().any(String::is_empty) {
                return Err(Fault::parameter(
                    "INVALID_INCLUDE",
                    "include",
                    format!("{} is no path of relationship names", quoted(&path)),
                ));
            }
            if self.include.len() == MAX_INCLUDE_PATHS {
                return Err(Fault::parameter(
                    "INVALID_INCLUDE",
                    "include",
                    format!("at most {MAX_INCLUDE_PATHS} paths can be included at once"),
                ));
            }
            self.include.push(IncludeParameter { path, steps });
        }
        Ok(())
    }

    fn take_sort(&mut self, value: &str) -> Result<(), Fault> {
        for key in list(value) {
            let (field, descending) = match key.strip_prefix('-') {
                Some(field) => (field, true),
                None => (key.as_str(), false),
            };
            if field.is_empty() {
                return Err(Fault::parameter(
                    "INVALID_SORT_CRITERIA",
                    "sort",
                    format!("{} names no attribute", quoted(&key)),
                ));
            }
            self.sort.push(SortParameter {
                field: field.to_owned(),
                descending,
            });
        }
        Ok(())
    }
}

/// Splits `a[b][c]` into `a` and `[b, c]`; `None` for unbalanced brackets.
fn split_name(name: &str) -> Option<(&str, Vec<&str>)> {
    let Some(open) = name.find('[') else {
        return Some((name, Vec::new()));
    };
    let inner = name[open..].strip_prefix('[')?.strip_suffix(']')?;
    let keys: Vec<&str> = inner.split("][").collect();
    let clean = keys
        .iter()
        .all(|key| !key.is_empty() && !key.contains(['[', ']']));
    clean.then_some((&name[..open], keys))
}

fn list(value: &str) -> Vec<String> {
    value
        .split(',')
        .map(str::trim)
        .filter(|item| !item.is_empty())
        .map(str::to_owned)
        .collect()
}

fn unknown(name: &str) -> Fault {
    Fault::parameter(
        "PARAM_NOT_ALLOWED",
        name,
        format!(
            "the query parameter {} is unknown; include, fields, sort, page and filter are known",
            quoted(name)
        ),
    )
}

/// Decodes `%XX` and `+` (a space, as forms write it).
fn decode(text: &str) -> Result<String, Fault> {
    let spaced = text.replace('+', " ");
    percent_decode_str(&spaced)
        .decode_utf8()
        .map(std::borrow::Cow::into_owned)
        .map_err(|_| {
            Fault::parameter(
                "PARAM_NOT_ALLOWED",
                text,
                "the query string is not UTF-8 after decoding",
            )
        })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn both_forms_of_brackets() {
        let plain = Query::parse("fields[orders]=id,number&include=a.b,c&sort=-created_at,id&page[size]=5&filter[q][code_in]=A,B").unwrap();
        let encoded = Query::parse("fields%5Borders%5D=id%2Cnumber&include=a.b%2Cc&sort=-created_at%2Cid&page%5Bsize%5D=5&filter%5Bq%5D%5Bcode_in%5D=A%2CB").unwrap();
        assert_eq!(plain, encoded);
        assert_eq!(plain.fields[0].names, ["id", "number"]);
        assert_eq!(plain.include[0].steps, ["a", "b"]);
        assert!(plain.sort[0].descending);
        assert_eq!(plain.page.size, 5);
        assert_eq!(plain.filters[0].values(), ["A", "B"]);
    }

    #[test]
    fn faults_have_published_codes() {
        for (text, code) in [
            ("foo=1", "PARAM_NOT_ALLOWED"),
            ("include[a]=b", "PARAM_NOT_ALLOWED"),
            ("page[=1", "PARAM_NOT_ALLOWED"),
            ("fields=a", "INVALID_FIELD_FORMAT"),
            ("page=1", "INVALID_PAGE_OBJECT"),
            ("page[after]=1", "INVALID_PAGE_OBJECT"),
            ("page[size]=99", "INVALID_PAGE_VALUE"),
            ("include=a..b", "INVALID_INCLUDE"),
            ("sort=-", "INVALID_SORT_CRITERIA"),
            ("filter[code_eq]=1", "INVALID_FILTERS_SYNTAX"),
            ("filter[q][code]=1", "INVALID_FILTERS_SYNTAX"),
            ("include=%ff", "PARAM_NOT_ALLOWED"),
        ] {
            assert_eq!(Query::parse(text).unwrap_err().code, code, "{text}");
        }
    }

    #[test]
    fn too_many_paths_are_refused() {
        let text = format!("include={}", vec!["a"; MAX_INCLUDE_PATHS + 1].join(","));
        assert_eq!(Query::parse(&text).unwrap_err().code, "INVALID_INCLUDE");
    }
}

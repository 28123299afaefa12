//! Pages: `page[number]`, `page[size]`, and the links to the pages around.
//!
//! Invariant: a page number times a page size never overflows.

use percent_encoding::{AsciiSet, NON_ALPHANUMERIC, utf8_percent_encode};

use crate::document::Links;
use crate::fault::{Fault, quoted};

/// Rows of a page when nothing is asked.
pub const DEFAULT_PAGE_SIZE: u64 = 10;
/// Most rows of a page.
pub const MAX_PAGE_SIZE: u64 = 25;
/// Highest page number; beyond it no organization has rows.
pub const MAX_PAGE_NUMBER: u64 = 1_000_000_000;

/// Which page was asked for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct PageParameters {
    /// From 1.
    pub number: u64,
    /// 1 to [`MAX_PAGE_SIZE`].
    pub size: u64,
}

impl Default for PageParameters {
    fn default() -> Self {
        Self {
            number: 1,
            size: DEFAULT_PAGE_SIZE,
        }
    }
}

impl PageParameters {
    /// Takes one `page[key]=value`.
    pub(crate) fn take(&mut self, key: &str, value: &str) -> Result<(), Fault> {
        let parameter = format!("page[{key}]");
        let (slot, most) = match key {
            "number" => (&mut self.number, MAX_PAGE_NUMBER),
            "size" => (&mut self.size, MAX_PAGE_SIZE),
            _ => {
                return Err(Fault::parameter(
                    "INVALID_PAGE_OBJECT",
                    parameter.as_str(),
                    format!("{parameter} is unknown; use page[number] and page[size]"),
                ));
            }
        };
        match value.parse::<u64>() {
            Ok(number) if (1..=most).contains(&number) => {
                *slot = number;
                Ok(())
            }
            _ => Err(Fault::parameter(
                "INVALID_PAGE_VALUE",
                parameter.as_str(),
                format!(
                    "{parameter} is {}; it must be a whole number from 1 to {most}",
                    quoted(value)
                ),
            )),
        }
    }

    /// How many pages `records` fill; 1 when there are none, as an empty list is one page.
    #[must_use]
    pub fn page_count(self, records: u64) -> u64 {
        records.div_ceil(self.size).max(1)
    }
}

// RFC 3986 unreserved characters stay; everything else is safe only when encoded.
const QUERY: &AsciiSet = &NON_ALPHANUMERIC
    .remove(b'-')
    .remove(b'.')
    .remove(b'_')
    .remove(b'~');

/// Links of a list: `first`, `prev`, `next`, `last`; `prev` and `next` only where there is such a page.
///
/// `parameters` are the decoded parameters of the request; its page parameters are replaced.
#[must_use]
pub fn page_links(
    path: &str,
    parameters: &[(String, String)],
    page: PageParameters,
    page_count: u64,
) -> Links {
    let last = page_count.max(1);
    let url = |number: u64| {
        let mut url = format!("{path}?");
        for (name, value) in parameters {
            if name != "page[number]" && name != "page[size]" {
                push(&mut url, name, value);
            }
        }
        push(&mut url, "page[number]", &number.to_string());
        push(&mut url, "page[size]", &page.size.to_string());
        url.pop();
        url
    };
    let mut links = vec![("first", url(1))];
    if page.number > 1 {
        links.push(("prev", url((page.number - 1).min(last))));
    }
    if page.number < last {
        links.push(("next", url(page.number + 1)));
    }
    links.push(("last", url(last)));
    links
}

fn push(url: &mut String, name: &str, value: &str) {
    url.extend(utf8_percent_encode(name, QUERY));
    url.push('=');
    url.extend(utf8_percent_encode(value, QUERY));
    url.push('&');
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn values_outside_the_bounds_are_refused() {
        for (key, value) in [
            ("number", "0"),
            ("number", "-1"),
            ("number", "two"),
            ("number", "99999999999999999999"),
            ("size", "0"),
            ("size", "26"),
            ("size", ""),
        ] {
            let fault = PageParameters::default().take(key, value).unwrap_err();
            assert_eq!(fault.code, "INVALID_PAGE_VALUE", "{key}={value}");
        }
        let fault = PageParameters::default().take("offset", "1").unwrap_err();
        assert_eq!(fault.code, "INVALID_PAGE_OBJECT");
    }

    #[test]
    fn links_around_the_middle_and_at_the_ends() {
        let names = |number, count| {
            page_links("/l", &[], PageParameters { number, size: 10 }, count)
                .into_iter()
                .map(|(name, _)| name)
                .collect::<Vec<_>>()
        };
        assert_eq!(names(1, 1), ["first", "last"]);
        assert_eq!(names(1, 3), ["first", "next", "last"]);
        assert_eq!(names(2, 3), ["first", "prev", "next", "last"]);
        assert_eq!(names(3, 3), ["first", "prev", "last"]);
        assert_eq!(names(9, 3), ["first", "prev", "last"]);
    }

    #[test]
    fn links_keep_the_other_parameters() {
        let parameters = [
            ("filter[q][name_eq]".to_owned(), "a&b".to_owned()),
            ("page[number]".to_owned(), "1".to_owned()),
        ];
        let links = page_links("/l", &parameters, PageParameters { number: 1, size: 5 }, 2);
        assert_eq!(
            links[1],
            (
                "next",
                "/l?filter%5Bq%5D%5Bname_eq%5D=a%26b&page%5Bnumber%5D=2&page%5Bsize%5D=5"
                    .to_owned()
            )
        );
    }

    #[test]
    fn an_empty_list_is_one_page() {
        let page = PageParameters::default();
        assert_eq!(page.page_count(0), 1);
        assert_eq!(page.page_count(10), 1);
        assert_eq!(page.page_count(11), 2);
    }
}

//! The templates of the hosted page and what they are filled with.
//!
//! Invariant: every value is escaped by the template engine; none is marked safe. Amounts are cut out of the digits of
//! minor units, never divided.

use askama::Template;
use serde_json::Value;

use super::super::texts::Words;
use crate::world::{Leaving, PageStatus, PageView};

/// What every page has around its content.
pub(super) struct Frame {
    pub(super) words: Words,
    pub(super) merchant: String,
    pub(super) amount: String,
    pub(super) logo: Option<String>,
    /// The address of the smallest background picture, and all of them as a source set.
    pub(super) background: Option<(String, String)>,
    /// The way to this page's own addresses.
    pub(super) path: String,
}

impl Frame {
    pub(super) fn new(view: &PageView) -> Self {
        let words = Words::of(&view.session.locale);
        let source = |image: &crate::world::BackgroundImage| match image.width {
            // Commas and blanks separate sources, so they must not stand in an address.
            Some(width) => format!("{} {width}w", image.url.replace(',', "%2C")),
            None => image.url.replace(',', "%2C"),
        };
        let sources: Vec<String> = view
            .background_images
            .iter()
            .filter(|image| image.width.is_some())
            .map(source)
            .collect();
        Self {
            merchant: view.session.merchant_name.clone(),
            amount: amount(
                view.session.order_amount,
                &view.session.purchase_currency,
                words,
            ),
            logo: view.logo_url.clone(),
            background: view
                .background_images
                .first()
                .map(|image| (image.url.clone(), sources.join(", "))),
            path: format!("/hpp/payments/{}", view.code),
            words,
        }
    }

    pub(super) fn say<'a>(&self, key: &'a str) -> &'a str {
        self.words.say(key)
    }

    pub(super) fn paying(&self) -> String {
        self.words.with("paying", "merchant", &self.merchant)
    }
}

/// One line of the purchase.
pub(super) struct Line {
    pub(super) name: String,
    pub(super) quantity: i64,
    pub(super) total: String,
}

/// A category that can be chosen.
pub(super) struct Category {
    pub(super) identifier: String,
    pub(super) name: String,
    pub(super) chosen: bool,
}

/// The overview with the buy button.
#[derive(Template)]
#[template(path = "hosted_page/pay.html")]
pub(super) struct PayPage {
    frame: Frame,
    title: String,
    lines: Vec<Line>,
    categories: Vec<Category>,
    buy: String,
    failed: bool,
    cancels: bool,
}

impl PayPage {
    pub(super) fn new(view: &PageView) -> Self {
        let frame = Frame::new(view);
        let words = frame.words;
        let currency = &view.session.purchase_currency;
        let lines = view.session.order_lines.as_array();
        let lines = lines
            .filter(|_| view.shows_lines)
            .map_or(&[][..], Vec::as_slice);
        let key = format!("page_{}", view.purchase_type.to_lowercase());
        Self {
            title: match &view.title {
                Some(title) => title.clone(),
                None => words.say("page_title").to_owned(),
            },
            lines: lines
                .iter()
                .map(|line| shown_line(line, currency, words))
                .collect(),
            categories: view
                .categories
                .iter()
                .enumerate()
                .map(|(index, identifier)| Category {
                    name: words.say(category_key(identifier)).to_owned(),
                    identifier: identifier.clone(),
                    chosen: index == 0,
                })
                .collect(),
            buy: words.say(&key).to_owned(),
            failed: view.status == PageStatus::Failed || view.fell_back,
            cancels: view.leaving == Leaving::Cancel,
            frame,
        }
    }
}

/// The question before a cancellation.
#[derive(Template)]
#[template(path = "hosted_page/leave.html")]
pub(super) struct LeavePage {
    frame: Frame,
}

impl LeavePage {
    pub(super) fn new(view: &PageView) -> Self {
        Self {
            frame: Frame::new(view),
        }
    }
}

/// A page that only says something.
#[derive(Template)]
#[template(path = "hosted_page/message.html")]
pub(super) struct MessagePage {
    frame: Frame,
    title: String,
    lead: String,
    /// What shopper and staff compare.
    challenge: Option<String>,
    /// Where to go from here, and in which words.
    links: Vec<(String, String)>,
}

impl MessagePage {
    /// What a page says about how it stands.
    pub(super) fn of_status(view: &PageView) -> Self {
        let frame = Frame::new(view);
        let words = frame.words;
        let (key, again) = match view.status {
            PageStatus::Completed => ("completed", None),
            PageStatus::Cancelled => ("cancelled", None),
            PageStatus::Disabled => ("disabled", None),
            PageStatus::Failed => ("failed", Some("page_retry")),
            PageStatus::Error => ("error", Some("page_retry")),
            PageStatus::ManualIdCheck => ("manual_id_check", Some("page_check")),
            PageStatus::Back | PageStatus::Waiting | PageStatus::InProgress => {
                ("back", Some("page_return"))
            }
        };
        let mut links = Vec::new();
        if let Some(again) = again {
            links.push((frame.path.clone(), words.say(again).to_owned()));
        }
        if let Some(url) = &view.return_url {
            links.push((url.clone(), words.say("declined_button").to_owned()));
        }
        let lead = words.with(
            &format!("page_{key}_lead"),
            "merchant",
            &view.session.merchant_name,
        );
        Self {
            title: words.say(&format!("page_{key}_title")).to_owned(),
            lead,
            challenge: view.challenge.clone(),
            links,
            frame,
        }
    }

    /// There is no such page.
    pub(super) fn unknown() -> Self {
        Self::plain(Words::of("en"), "page_unknown")
    }

    /// The device waits for a payment; the code is what its holder tells the staff.
    pub(super) fn device(access_id: &str, language: &str) -> Self {
        let words = Words::of(language);
        let again = words.say("page_check").to_owned();
        Self {
            challenge: Some(access_id.to_owned()),
            links: vec![(format!("/hpp/devices/{access_id}"), again)],
            ..Self::plain(words, "page_device")
        }
    }

    /// Title and lead of a text, without a purchase around it.
    fn plain(words: Words, key: &str) -> Self {
        Self {
            title: words.say(&format!("{key}_title")).to_owned(),
            lead: words.say(&format!("{key}_lead")).to_owned(),
            challenge: None,
            links: Vec::new(),
            frame: Frame {
                words,
                merchant: String::new(),
                amount: String::new(),
                logo: None,
                background: None,
                path: String::new(),
            },
        }
    }
}

/// What staff compares when a shopper shows a document.
pub(super) struct Check {
    pub(super) challenge: String,
    /// Whose document it should be.
    pub(super) person: String,
}

impl Check {
    pub(super) fn of(view: &PageView) -> Option<Self> {
        let identified = view.identified.as_ref()?;
        let told = ["title", "given_name", "family_name", "date_of_birth"]
            .iter()
            .filter_map(|name| identified.get(*name)?.as_str());
        Some(Self {
            challenge: view.challenge.clone()?,
            person: told.collect::<Vec<_>>().join(" "),
        })
    }
}

/// The page from which staff sends the link.
#[derive(Template)]
#[template(path = "hosted_page/staff.html")]
pub(super) struct StaffPage {
    pub(super) frame: Frame,
    pub(super) action: String,
    pub(super) link: String,
    pub(super) picture: String,
    pub(super) lead: String,
    pub(super) country: String,
    /// The document that staff is to look at.
    pub(super) check: Option<Check>,
    /// What came of the last form, and whether it was sent.
    pub(super) outcome: Option<(String, bool)>,
}

fn shown_line(line: &Value, currency: &str, words: Words) -> Line {
    let number = |name: &str| line.get(name).and_then(Value::as_i64);
    let name = line.get("name").and_then(Value::as_str);
    Line {
        name: name.unwrap_or_default().to_owned(),
        quantity: number("quantity").unwrap_or(1),
        total: amount(number("total_amount").unwrap_or(0), currency, words),
    }
}

fn category_key(identifier: &str) -> &str {
    match identifier {
        "klarna" => "page_klarna",
        other => other,
    }
}

/// `1 234,50 SEK`: two decimals, as all currencies of the markets have them, with the language's own signs.
pub(super) fn amount(minor: i64, currency: &str, words: Words) -> String {
    let (group, point) = match words.language() {
        "de" | "it" => (".", ","),
        "fr" | "sv" => ("\u{a0}", ","),
        _ => (",", "."),
    };
    let digits = format!("{:0>3}", minor.unsigned_abs().to_string());
    let (whole, decimals) = digits.split_at(digits.len() - 2);
    let mut grouped = String::new();
    for (index, digit) in whole.chars().enumerate() {
        if index > 0 && (whole.len() - index) % 3 == 0 {
            grouped.push_str(group);
        }
        grouped.push(digit);
    }
    let sign = if minor < 0 { "-" } else { "" };
    format!("{sign}{grouped}{point}{decimals}\u{a0}{currency}")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn amounts_have_two_decimals_and_the_signs_of_the_language() {
        for (locale, minor, expected) in [
            ("en-GB", 123_456_789, "1,234,567.89\u{a0}GBP"),
            ("de-DE", 12_345, "123,45\u{a0}GBP"),
            ("sv-SE", 100_000, "1\u{a0}000,00\u{a0}GBP"),
            ("en-GB", 5, "0.05\u{a0}GBP"),
            ("en-GB", -500, "-5.00\u{a0}GBP"),
        ] {
            assert_eq!(amount(minor, "GBP", Words::of(locale)), expected);
        }
    }
}

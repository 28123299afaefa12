//! The templates and what they are filled with.
//!
//! Invariant: every value is escaped by the template engine; none is marked safe.

use askama::Template;

use crate::deliveries::{AttemptLine, WebhookLine};
use crate::story::Story;

/// One order in a list.
#[derive(Debug)]
pub(crate) struct OrderLine {
    pub(crate) id: String,
    pub(crate) realm: String,
    pub(crate) number: String,
    pub(crate) status: String,
    pub(crate) payment_status: String,
    pub(crate) total: String,
    pub(crate) customer: String,
    pub(crate) created: String,
    pub(crate) because: String,
}

/// A realm that can be chosen.
#[derive(Debug)]
pub(crate) struct RealmLine {
    pub(crate) name: String,
    pub(crate) label: String,
    pub(crate) chosen: bool,
}

/// `/dashboard`.
#[derive(Debug, Template)]
#[template(path = "orders.html")]
pub(crate) struct OrdersPage {
    pub(crate) wanted: String,
    pub(crate) realms: Vec<RealmLine>,
    pub(crate) orders: Vec<OrderLine>,
    pub(crate) earlier: Option<String>,
    pub(crate) later: Option<String>,
}

/// `/dashboard/orders/:id`.
#[derive(Debug, Template)]
#[template(path = "story.html")]
pub(crate) struct StoryPage {
    pub(crate) wanted: String,
    pub(crate) story: Story,
}

/// `/dashboard/deliveries`.
#[derive(Debug, Template)]
#[template(path = "deliveries.html")]
pub(crate) struct DeliveriesPage {
    pub(crate) wanted: String,
    pub(crate) realms: Vec<RealmLine>,
    pub(crate) webhooks: Vec<WebhookLine>,
    pub(crate) attempts: Vec<AttemptLine>,
}

/// What is shown when there is nothing to show.
#[derive(Debug, Template)]
#[template(path = "message.html")]
pub(crate) struct MessagePage {
    pub(crate) wanted: String,
    pub(crate) title: &'static str,
    pub(crate) message: String,
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::story::{Fact, KlarnaCall, Table};

    #[test]
    fn every_template_renders_and_escapes() {
        let evil = || "<script>alert(1)</script>".to_owned();
        let pages = [
            OrdersPage {
                wanted: evil(),
                realms: vec![RealmLine {
                    name: evil(),
                    label: evil(),
                    chosen: true,
                }],
                orders: vec![OrderLine {
                    id: evil(),
                    realm: evil(),
                    number: evil(),
                    status: evil(),
                    payment_status: evil(),
                    total: evil(),
                    customer: evil(),
                    created: evil(),
                    because: evil(),
                }],
                earlier: Some(evil()),
                later: Some(evil()),
            }
            .render(),
            StoryPage {
                wanted: evil(),
                story: Story {
                    number: evil(),
                    id: evil(),
                    realm: evil(),
                    test: true,
                    facts: vec![Fact {
                        name: "Customer",
                        value: evil(),
                    }],
                    tables: vec![Table {
                        title: "Lines",
                        empty: "none",
                        columns: vec!["Name"],
                        rows: vec![vec![evil()]],
                    }],
                    klarna_calls: vec![KlarnaCall {
                        line: evil(),
                        correlation_id: evil(),
                        at: evil(),
                        request: evil(),
                        response: evil(),
                    }],
                },
            }
            .render(),
            DeliveriesPage {
                wanted: evil(),
                realms: Vec::new(),
                webhooks: vec![WebhookLine {
                    id: evil(),
                    topic: evil(),
                    url: evil(),
                    state: evil(),
                    failures: 1,
                }],
                attempts: vec![AttemptLine {
                    at: evil(),
                    topic: evil(),
                    end: evil(),
                    number: evil(),
                    about: evil(),
                    url: evil(),
                    message_id: evil(),
                }],
            }
            .render(),
            MessagePage {
                wanted: evil(),
                title: "Not found",
                message: evil(),
            }
            .render(),
        ];
        for page in pages {
            let page = page.unwrap();
            assert!(!page.contains("<script"), "{page}");
            assert!(page.contains("<html lang=\"en\">"));
        }
    }
}

//! What every page of the portal is made of, and the one template that writes it.
//!
//! Invariant: pages are data; every value is escaped by the template engine and none is marked safe. A form that changes
//! something carries the token of the visitor's cookie and is left out for visitors without one.

use askama::Template;
use axum::response::{Html, IntoResponse, Response};
use http::StatusCode;

/// What surrounds the page: whose world it is and what its clock shows.
#[derive(Debug, Clone, Default)]
pub(super) struct Frame {
    /// The shop's name.
    pub(super) merchant: String,
    /// The user name that names the world.
    pub(super) world: String,
    /// The world's time.
    pub(super) now: String,
    /// The token that forms carry; without it the visitor may only look.
    pub(super) csrf: Option<String>,
    /// What was searched for.
    pub(super) wanted: String,
}

/// One page.
#[derive(Debug, Default, Template)]
#[template(path = "portal/page.html")]
pub(super) struct Page {
    pub(super) frame: Frame,
    /// The first heading.
    pub(super) title: String,
    /// The address of the page's entry in the navigation.
    pub(super) here: &'static str,
    /// What was done, after a form.
    pub(super) done: String,
    /// What was refused, after a form, and why.
    pub(super) refused: String,
    /// A sentence below the heading.
    pub(super) lead: String,
    pub(super) sections: Vec<Section>,
}

/// A part of a page under a heading of its own.
#[derive(Debug, Default)]
pub(super) struct Section {
    /// The anchor.
    pub(super) id: String,
    pub(super) title: String,
    pub(super) note: String,
    pub(super) blocks: Vec<Block>,
}

/// What a section holds.
#[derive(Debug)]
pub(super) enum Block {
    Facts(Vec<Fact>),
    Table(Table),
    Forms(Vec<Form>),
    Entries(Vec<Entry>),
}

/// A name and its value.
#[derive(Debug)]
pub(super) struct Fact {
    pub(super) name: &'static str,
    pub(super) value: Cell,
}

/// Rows under columns; the caption is read out, the heading above it seen.
#[derive(Debug)]
pub(super) struct Table {
    pub(super) caption: String,
    pub(super) columns: Vec<&'static str>,
    pub(super) rows: Vec<Vec<Cell>>,
    /// What is said instead of a table without rows.
    pub(super) empty: &'static str,
}

/// A value.
#[derive(Debug)]
pub(super) enum Cell {
    Text(String),
    Code(String),
    Link { href: String, text: String },
    Form(Form),
}

/// A form. One without fields is a button.
#[derive(Debug, Default)]
pub(super) struct Form {
    /// Where it is sent; the query string too for one that only asks.
    pub(super) action: String,
    /// Sent as a question, without the visitor's token.
    pub(super) asks: bool,
    /// What the button says.
    pub(super) button: &'static str,
    /// What distinguishes the button from others of the same text, for those who hear it.
    pub(super) about: String,
    /// What stands above the fields; forms with a title are folded.
    pub(super) title: String,
    pub(super) open: bool,
    pub(super) note: String,
    pub(super) hidden: Vec<(&'static str, String)>,
    pub(super) fields: Vec<Field>,
}

/// A field of a form.
#[derive(Debug, Default)]
pub(super) struct Field {
    /// Unique on the page.
    pub(super) id: String,
    pub(super) name: &'static str,
    pub(super) label: &'static str,
    pub(super) value: String,
    pub(super) hint: String,
    pub(super) required: bool,
    /// `decimal`, `numeric` or nothing.
    pub(super) mode: &'static str,
    /// Choices; a text field where there are none.
    pub(super) choices: Vec<&'static str>,
}

/// One request of the log, folded.
#[derive(Debug)]
pub(super) struct Entry {
    pub(super) line: String,
    pub(super) facts: Vec<Fact>,
    pub(super) texts: Vec<(&'static str, String)>,
}

/// The addresses of the navigation.
pub(super) const PLACES: [(&str, &str); 11] = [
    ("/portal", "Orders"),
    ("/portal/sessions", "Sessions"),
    ("/portal/hosted-pages", "Hosted pages"),
    ("/portal/tokens", "Customer tokens"),
    ("/portal/logs", "Requests"),
    ("/portal/deliveries", "Callbacks"),
    ("/portal/outbox", "Outbox"),
    ("/portal/clock", "Clock"),
    ("/portal/faults", "Faults"),
    ("/portal/shoppers", "Test shoppers"),
    ("/portal/world", "World"),
];

impl Page {
    /// The answer with this page.
    pub(super) fn answer(&self, status: StatusCode) -> Response {
        rendered(status, self)
    }

    /// Address, name, and whether it is this page's.
    fn places(&self) -> impl Iterator<Item = (&'static str, &'static str, bool)> {
        let here = self.here;
        PLACES
            .iter()
            .map(move |(address, name)| (*address, *name, *address == here))
    }
}

impl Section {
    pub(super) fn new(id: &str, title: &str, blocks: Vec<Block>) -> Self {
        Self {
            id: id.to_owned(),
            title: title.to_owned(),
            note: String::new(),
            blocks,
        }
    }
}

impl Fact {
    pub(super) fn text(name: &'static str, value: impl Into<String>) -> Self {
        Self {
            name,
            value: Cell::Text(value.into()),
        }
    }

    pub(super) fn code(name: &'static str, value: impl Into<String>) -> Self {
        Self {
            name,
            value: Cell::Code(value.into()),
        }
    }
}

impl Cell {
    pub(super) fn text(text: impl Into<String>) -> Self {
        Self::Text(text.into())
    }

    pub(super) fn code(text: impl Into<String>) -> Self {
        Self::Code(text.into())
    }

    pub(super) fn link(href: impl Into<String>, text: impl Into<String>) -> Self {
        Self::Link {
            href: href.into(),
            text: text.into(),
        }
    }
}

impl Form {
    /// A button that does one thing.
    pub(super) fn button(
        action: impl Into<String>,
        button: &'static str,
        about: impl Into<String>,
    ) -> Self {
        Self {
            action: action.into(),
            button,
            about: about.into(),
            ..Self::default()
        }
    }
}

impl Field {
    /// A field for text.
    pub(super) fn text(id: impl Into<String>, name: &'static str, label: &'static str) -> Self {
        Self {
            id: id.into(),
            name,
            label,
            ..Self::default()
        }
    }

    pub(super) fn value(mut self, value: impl Into<String>) -> Self {
        self.value = value.into();
        self
    }

    pub(super) fn hint(mut self, hint: impl Into<String>) -> Self {
        self.hint = hint.into();
        self
    }

    pub(super) fn required(mut self) -> Self {
        self.required = true;
        self
    }

    pub(super) fn mode(mut self, mode: &'static str) -> Self {
        self.mode = mode;
        self
    }

    pub(super) fn choices(mut self, choices: &[&'static str]) -> Self {
        self.choices = choices.to_vec();
        self
    }
}

pub(super) fn rendered(status: StatusCode, page: &impl Template) -> Response {
    match page.render() {
        Ok(text) => (status, Html(text)).into_response(),
        Err(error) => {
            tracing::error!(%error, "a page of the portal cannot be rendered");
            StatusCode::INTERNAL_SERVER_ERROR.into_response()
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn evil() -> String {
        "\"><script>alert(1)</script>".to_owned()
    }

    #[test]
    fn everything_is_escaped_wherever_it_stands() {
        let field = || Field::text(evil(), "a", "A").value(evil()).hint(evil());
        let form = || Form {
            action: evil(),
            about: evil(),
            title: evil(),
            note: evil(),
            hidden: vec![("b", evil())],
            fields: vec![field(), field().choices(&["one"])],
            ..Form::default()
        };
        let fact = || Fact::code("A", evil());
        let blocks = vec![
            Block::Facts(vec![fact()]),
            Block::Table(Table {
                caption: evil(),
                columns: vec!["A"],
                rows: vec![
                    vec![Cell::text(evil())],
                    vec![Cell::link(evil(), evil())],
                    vec![Cell::Form(form())],
                ],
                empty: "none",
            }),
            Block::Forms(vec![form()]),
            Block::Entries(vec![Entry {
                line: evil(),
                facts: vec![fact()],
                texts: vec![("Sent", evil())],
            }]),
        ];
        let page = Page {
            frame: Frame {
                merchant: evil(),
                world: evil(),
                now: evil(),
                csrf: Some(evil()),
                wanted: evil(),
            },
            title: evil(),
            here: "/portal",
            done: evil(),
            refused: evil(),
            lead: evil(),
            sections: vec![Section {
                note: evil(),
                ..Section::new(&evil(), &evil(), blocks)
            }],
        };
        let text = page.render().unwrap();
        assert!(!text.contains("<script"), "{text}");
        assert!(text.contains("<html lang=\"en\">"));
    }

    #[test]
    fn a_visitor_without_a_token_gets_no_form_that_changes_something() {
        let page = Page {
            sections: vec![Section::new(
                "a",
                "A",
                vec![Block::Forms(vec![Form::button("/x", "Do", "it")])],
            )],
            ..Page::default()
        };
        assert!(!page.render().unwrap().contains("method=\"post\""));
    }
}

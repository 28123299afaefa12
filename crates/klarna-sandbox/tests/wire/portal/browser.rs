//! A browser: it keeps a cookie, and sends the forms that a page has with the hidden fields that they carry.

use axum::body::Body;
use http::Request;
use http::request::Builder;

use crate::desk::{Answer, Desk, PASSWORD, USER};

pub struct Browser<'a> {
    pub desk: &'a Desk,
    pub cookie: String,
}

pub fn form(fields: &[(&str, &str)]) -> String {
    let encoded = |text: &str| {
        text.bytes()
            .map(|byte| format!("%{byte:02X}"))
            .collect::<String>()
    };
    fields
        .iter()
        .map(|(name, value)| format!("{name}={}", encoded(value)))
        .collect::<Vec<_>>()
        .join("&")
}

pub fn posted(path: &str, fields: &[(&str, &str)]) -> (Builder, Body) {
    let request = Request::post(path)
        .header("host", "sandbox.test")
        .header("content-type", "application/x-www-form-urlencoded");
    (request, Body::from(form(fields)))
}

/// The values of hidden fields with a name, in the order of the page.
pub fn hidden(page: &str, name: &str) -> Vec<String> {
    let mark = format!("<input type=\"hidden\" name=\"{name}\" value=\"");
    page.split(&mark)
        .skip(1)
        .filter_map(|rest| rest.split('"').next())
        .map(str::to_owned)
        .collect()
}

impl<'a> Browser<'a> {
    pub async fn sign_in(desk: &'a Desk) -> Self {
        Self::sign_in_as(desk, USER).await
    }

    pub async fn sign_in_as(desk: &'a Desk, user: &str) -> Self {
        Self::sign_in_with(desk, user, PASSWORD).await
    }

    pub async fn sign_in_with(desk: &'a Desk, user: &str, password: &str) -> Self {
        let fields = [
            ("username", user),
            ("password", password),
            ("next", "/portal"),
        ];
        let (request, body) = posted("/portal/sign-in", &fields);
        let answer = desk.send(request.body(body).unwrap()).await;
        assert_eq!(answer.status, 303, "{}", answer.text);
        let cookie = answer.header("set-cookie");
        Self {
            desk,
            cookie: cookie.split(';').next().unwrap().to_owned(),
        }
    }

    pub async fn get(&self, path: &str) -> Answer {
        let request = Request::get(path).header("cookie", &self.cookie);
        self.desk.send(request.body(Body::empty()).unwrap()).await
    }

    /// The page at an address, which must be there.
    pub async fn page(&self, path: &str) -> String {
        let answer = self.get(path).await;
        assert_eq!(answer.status, 200, "{path}: {}", answer.text);
        answer.text
    }

    /// Sends exactly these fields.
    pub async fn send(&self, path: &str, fields: &[(&str, &str)]) -> Answer {
        let (request, body) = posted(path, fields);
        let request = request.header("cookie", &self.cookie);
        self.desk.send(request.body(body).unwrap()).await
    }

    /// The token that this visit's forms carry.
    pub async fn csrf(&self) -> String {
        hidden(&self.page("/portal/clock").await, "csrf").remove(0)
    }

    /// Sends a form of a page of ours.
    pub async fn act(&self, path: &str, fields: &[(&str, &str)]) -> Answer {
        let csrf = self.csrf().await;
        let mut all = vec![("csrf", csrf.as_str())];
        all.extend_from_slice(fields);
        self.send(path, &all).await
    }

    /// Sends a form that must be taken.
    pub async fn done(&self, path: &str, fields: &[(&str, &str)]) {
        let answer = self.act(path, fields).await;
        assert_eq!(answer.status, 303, "{path}: {}", answer.text);
    }
}

//! The embedded browser files and how they are served.
//!
//! Invariant: the SDK script is the concatenation of its fragments inside one function, in the order below; there is no
//! build step besides this file.

use axum::http::{HeaderMap, HeaderName, HeaderValue, header};
use axum::response::{IntoResponse, Response};

macro_rules! web {
    ($path:literal) => {
        include_str!(concat!("../../../../web/klarna-sdk/", $path))
    };
}

/// The script that shops embed.
pub(super) const SDK: &str = concat!(
    "(function () {\n\"use strict\";\n",
    web!("sdk/state.js"),
    web!("sdk/errors.js"),
    web!("sdk/arguments.js"),
    web!("sdk/events.js"),
    web!("sdk/frames.js"),
    web!("sdk/bridge.js"),
    web!("sdk/widget.js"),
    web!("sdk/load.js"),
    web!("sdk/overlay-texts.js"),
    web!("sdk/overlay.js"),
    web!("sdk/flow.js"),
    web!("sdk/entry.js"),
    "})();\n",
);

pub(super) const BRIDGE: &str = web!("pages/bridge.html");
pub(super) const WIDGET: &str = web!("pages/widget.html");
pub(super) const FLOW: &str = web!("pages/flow.html");
pub(super) const CHALLENGE: &str = web!("pages/challenge.html");
pub(super) const ABOUT: &str = web!("pages/about.html");

const JAVASCRIPT: &str = "text/javascript; charset=utf-8";

/// Name below `/kp/assets/`, media type, text.
const ASSETS: [(&str, &str, &str); 26] = [
    ("badge.svg", "image/svg+xml", web!("pages/badge.svg")),
    ("bridge.js", JAVASCRIPT, web!("pages/bridge.js")),
    ("challenge.js", JAVASCRIPT, web!("pages/challenge.js")),
    ("channel.js", JAVASCRIPT, web!("pages/channel.js")),
    ("elements.js", JAVASCRIPT, web!("pages/elements.js")),
    ("flow.js", JAVASCRIPT, web!("pages/flow.js")),
    ("flow/account.js", JAVASCRIPT, web!("pages/flow/account.js")),
    ("flow/cancel.js", JAVASCRIPT, web!("pages/flow/cancel.js")),
    ("flow/card.js", JAVASCRIPT, web!("pages/flow/card.js")),
    ("flow/ending.js", JAVASCRIPT, web!("pages/flow/ending.js")),
    ("flow/form.js", JAVASCRIPT, web!("pages/flow/form.js")),
    (
        "flow/identify.js",
        JAVASCRIPT,
        web!("pages/flow/identify.js"),
    ),
    ("flow/plan.js", JAVASCRIPT, web!("pages/flow/plan.js")),
    ("flow/screens.js", JAVASCRIPT, web!("pages/flow/screens.js")),
    ("flow/step-up.js", JAVASCRIPT, web!("pages/flow/step-up.js")),
    (
        "hosted.css",
        "text/css; charset=utf-8",
        web!("pages/hosted.css"),
    ),
    ("money.js", JAVASCRIPT, web!("pages/money.js")),
    ("server.js", JAVASCRIPT, web!("pages/server.js")),
    (
        "style.css",
        "text/css; charset=utf-8",
        web!("pages/style.css"),
    ),
    ("texts.js", JAVASCRIPT, web!("pages/texts.js")),
    ("texts/de.js", JAVASCRIPT, web!("pages/texts/de.js")),
    ("texts/en.js", JAVASCRIPT, web!("pages/texts/en.js")),
    ("texts/fr.js", JAVASCRIPT, web!("pages/texts/fr.js")),
    ("texts/it.js", JAVASCRIPT, web!("pages/texts/it.js")),
    ("texts/sv.js", JAVASCRIPT, web!("pages/texts/sv.js")),
    ("widget.js", JAVASCRIPT, web!("pages/widget.js")),
];

/// A page loads nothing from elsewhere and may be framed by any shop: that is what it is for.
const PAGE_POLICY: &str = "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self'; connect-src 'self'; \
                           frame-src 'self'; base-uri 'none'; form-action 'none'";

/// An embedded file below `/kp/assets/`.
pub(super) fn find(name: &str) -> Option<Response> {
    let (_, media_type, text) = ASSETS.iter().find(|(known, ..)| *known == name)?;
    Some(serve(media_type, text))
}

/// The script for shops. Any site may load it, also one that isolates itself from other origins.
pub(super) fn script() -> Response {
    serve(JAVASCRIPT, SDK)
}

/// One of the pages.
pub(super) fn page(text: &'static str) -> Response {
    let mut response = serve("text/html; charset=utf-8", text);
    let headers = response.headers_mut();
    set(headers, header::CONTENT_SECURITY_POLICY, PAGE_POLICY);
    response
}

fn serve(media_type: &'static str, text: &'static str) -> Response {
    let mut response = text.into_response();
    let headers = response.headers_mut();
    set(headers, header::CONTENT_TYPE, media_type);
    // A sandbox that was updated must not meet the scripts of yesterday.
    set(headers, header::CACHE_CONTROL, "no-store");
    set(headers, header::X_CONTENT_TYPE_OPTIONS, "nosniff");
    set(headers, header::REFERRER_POLICY, "no-referrer");
    let embeddable = HeaderName::from_static("cross-origin-resource-policy");
    set(headers, embeddable, "cross-origin");
    response
}

fn set(headers: &mut HeaderMap, name: HeaderName, value: &'static str) {
    headers.insert(name, HeaderValue::from_static(value));
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_import_of_an_embedded_module_is_embedded_too() {
        for (name, _, text) in ASSETS {
            let folder = name.rsplit_once('/').map_or("", |(folder, _)| folder);
            for line in text.lines().filter(|line| line.starts_with("import ")) {
                let path = line.split('"').nth(1).unwrap();
                let wanted = match path.strip_prefix("../") {
                    Some(up) => up.to_owned(),
                    None if folder.is_empty() => path.trim_start_matches("./").to_owned(),
                    None => format!("{folder}/{}", path.trim_start_matches("./")),
                };
                assert!(find(&wanted).is_some(), "{name} imports {wanted}");
            }
        }
    }

    #[test]
    fn a_page_of_its_own_names_an_icon_and_nothing_that_is_not_embedded() {
        for page in [FLOW, ABOUT] {
            assert!(page.contains("rel=\"icon\""), "{page}");
            let named = page.split("\"/kp/assets/").skip(1);
            for asset in named.map(|rest| rest.split('"').next().unwrap()) {
                assert!(find(asset).is_some(), "{asset}");
            }
        }
    }

    #[test]
    fn the_script_is_one_function_that_leaves_its_own_element_alone() {
        assert!(SDK.starts_with("(function () {"));
        assert!(!SDK.contains("currentScript.remove"));
    }
}

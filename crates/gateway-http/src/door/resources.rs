//! `/resources.json` and `/resources.d.ts`: the resource types for programs, from the descriptors that serve them.

use axum::response::{IntoResponse, Response};
use http::header;
use kassa_gateway::shop::describe;
use kassa_gateway::shop::resources::registry;

/// `GET /resources.json`: every type with its verbs, attributes, triggers and relationships. Made at each request, as
/// the OpenAPI document is.
pub(crate) async fn facts() -> Response {
    let facts = describe::facts(registry()).to_string();
    ([(header::CONTENT_TYPE, "application/json")], facts).into_response()
}

/// `GET /resources.d.ts`: the same as TypeScript declarations.
pub(crate) async fn typings() -> Response {
    let typings = describe::typings(registry());
    let media_type = "text/plain; charset=utf-8";
    ([(header::CONTENT_TYPE, media_type)], typings).into_response()
}

//! `/api/...`: one handler for every resource, driven by descriptors.
//!
//! Invariant: a request is checked in the same order everywhere: media type, token, route, verb, query, body; the
//! use case is called only once all of it holds.

mod draft;
mod filter;
mod render;
mod route;
mod selection;
mod value;

pub use render::document;
pub(crate) use value::iso_timestamp;

use std::sync::Arc;

use axum::body::Body;
use axum::extract::{Request, State};
use axum::response::Response;
use http::{HeaderValue, Method, StatusCode, header, request::Parts};
use kassa_gateway::Caller;
use kassa_gateway::payments::payment_source;
use kassa_gateway::shop::graph::{Draft, Graph, ListRequest, Selection};
use kassa_jsonapi::{Document, Primary, Query, RequestDocument, Resource};
use kassa_storage::{Descriptor, Key};

use crate::error::Refused;
use crate::request::media::{JSON_API, check_accept, check_content_type};
use crate::request::origin::Origin;
use crate::request::trace::{About, TraceId};
use crate::request::{bearer, body};
use crate::router::Shared;
use render::{Renderer, Row};
use route::Route;

/// Everything about a request that has passed the door.
struct Call<'a> {
    shared: &'a Shared,
    caller: &'a Caller,
    base: String,
    parts: &'a Parts,
}

/// Answers any request below `/api`.
pub(crate) async fn answer(State(shared): State<Arc<Shared>>, request: Request) -> Response {
    let (parts, body) = request.into_parts();
    let trace_id = parts
        .extensions
        .get::<TraceId>()
        .map_or_else(String::new, |trace| trace.0.clone());
    let mut about = None;
    let mut response = match serve(&shared, &parts, body, &trace_id, &mut about).await {
        Ok(response) => response,
        Err(refused) => refused.into_response(&trace_id),
    };
    if let Some(about) = about {
        response.extensions_mut().insert(about);
    }
    response
}

async fn serve(
    shared: &Shared,
    parts: &Parts,
    body: Body,
    trace_id: &str,
    about: &mut Option<About>,
) -> Result<Response, Refused> {
    check_accept(&parts.headers)?;
    let origin = Origin::of(&parts.headers, &parts.uri, shared.options.trust_forwarded);
    let caller = bearer::caller(&shared.gateway, &parts.headers, &origin, trace_id).await?;
    let about = about.insert(About {
        realm: caller.realm.clone(),
        subjects: Vec::new(),
    });
    if parts.method == Method::POST
        && let Some(kind) = route::unserved_source(parts.uri.path())
    {
        // Published types of other payment providers: refused by the rule that names the way out.
        let draft = Draft::default();
        payment_source::create_source(&shared.gateway, &caller, kind, &draft).await?;
    }
    let route = Route::parse(parts.uri.path())?;
    route.check_method(&parts.method)?;
    about
        .subjects
        .extend(route.id().map(|id| Key::new(route.descriptor().kind, id)));
    let query = Query::parse(parts.uri.query().unwrap_or_default())?;
    let call = Call {
        shared,
        caller: &caller,
        base: origin.base(),
        parts,
    };
    let answered = match parts.method {
        Method::POST | Method::PATCH => call.write(&route, &query, body, about).await,
        Method::DELETE => call.delete(&route, about).await,
        _ => call.read(&route, &query).await,
    }?;
    about.subjects.extend(answered.subjects);
    about.subjects.sort();
    about.subjects.dedup();
    Ok(answered.response)
}

/// An answer, and what it was about.
struct Answered {
    response: Response,
    subjects: Vec<Key>,
}

impl Call<'_> {
    async fn read(&self, route: &Route<'_>, query: &Query) -> Result<Answered, Refused> {
        let gateway = &self.shared.gateway;
        match *route {
            Route::Collection(descriptor) => {
                let request = list_request(query, &[descriptor])?;
                let selection = request.selection.clone();
                let graph = gateway.list(self.caller, descriptor, request).await?;
                self.document(graph, &selection, query, StatusCode::OK)
            }
            Route::Singleton(descriptor) | Route::One(descriptor, _) => {
                selection::refuse_filters(query)?;
                let selection = selection::selection(query, &[descriptor])?;
                let id = route.id().unwrap_or_default();
                let graph = gateway
                    .retrieve(self.caller, descriptor, id, &selection)
                    .await?;
                self.document(graph, &selection, query, StatusCode::OK)
            }
            Route::Related(descriptor, id, relationship) => {
                let targets = selection::targets(relationship);
                if !relationship.many {
                    selection::refuse_filters(query)?;
                }
                let request = list_request(query, &targets)?;
                let selection = request.selection.clone();
                let graph = gateway
                    .related(self.caller, descriptor, id, relationship.name, request)
                    .await?;
                self.document(graph, &selection, query, StatusCode::OK)
            }
            Route::Linkage(descriptor, id, relationship) => {
                let selection = selection::only(relationship.name);
                let graph = gateway
                    .retrieve(self.caller, descriptor, id, &selection)
                    .await?;
                Ok(self.identifiers(&graph, descriptor, id, relationship.name))
            }
        }
    }

    async fn write(
        &self,
        route: &Route<'_>,
        query: &Query,
        body: Body,
        about: &mut About,
    ) -> Result<Answered, Refused> {
        check_content_type(&self.parts.headers)?;
        let gateway = &self.shared.gateway;
        let descriptor = route.descriptor();
        selection::refuse_filters(query)?;
        let selection = selection::selection(query, &[descriptor])?;
        let bytes = body::read(body, self.shared.options.body_limit_bytes).await?;
        let document = RequestDocument::parse(&bytes)?;
        let draft = draft::draft(document, descriptor, route.id())?;
        about.subjects.extend(draft::subjects(&draft));
        let (graph, status) = match route.id() {
            Some(id) => (
                gateway
                    .update(self.caller, descriptor, id, draft, &selection)
                    .await?,
                StatusCode::OK,
            ),
            None => (
                gateway
                    .create(self.caller, descriptor, draft, &selection)
                    .await?,
                StatusCode::CREATED,
            ),
        };
        self.document(graph, &selection, query, status)
    }

    async fn delete(&self, route: &Route<'_>, about: &mut About) -> Result<Answered, Refused> {
        let id = route.id().unwrap_or_default();
        let gateway = &self.shared.gateway;
        // Afterwards nothing says any more whose it was.
        let key = Key::new(route.descriptor().kind, id);
        let order = gateway.order_of(&self.caller.realm, &key).await?;
        about.subjects.extend(order);
        gateway.delete(self.caller, route.descriptor(), id).await?;
        let mut response = Response::new(Body::empty());
        *response.status_mut() = StatusCode::NO_CONTENT;
        Ok(Answered {
            response,
            subjects: Vec::new(),
        })
    }

    fn document(
        &self,
        graph: Graph,
        selection: &Selection,
        query: &Query,
        status: StatusCode,
    ) -> Result<Answered, Refused> {
        let subjects = graph
            .primary
            .iter()
            .map(|record| record.root.clone())
            .collect();
        let renderer = Renderer::new(&self.base, self.caller, selection);
        let document = renderer.document(&graph, query, self.parts.uri.path());
        let mut response = respond(&document, status)?;
        if status == StatusCode::CREATED
            && let Primary::One(Some(resource)) = &document.data
            && let Ok(location) = HeaderValue::from_str(resource.url())
        {
            response.headers_mut().insert(header::LOCATION, location);
        }
        Ok(Answered { response, subjects })
    }

    fn identifiers(
        &self,
        graph: &Graph,
        descriptor: &'static Descriptor,
        id: &str,
        relationship: &'static str,
    ) -> Answered {
        let selection = Selection::default();
        let renderer = Renderer::new(&self.base, self.caller, &selection);
        let document = renderer.identifiers(graph, descriptor, id, relationship);
        Answered {
            response: respond(&document, StatusCode::OK).unwrap_or_default(),
            subjects: Vec::new(),
        }
    }
}

fn list_request(
    query: &Query,
    descriptors: &[&'static Descriptor],
) -> Result<ListRequest, Refused> {
    Ok(ListRequest {
        filter: filter::filter(query, descriptors)?,
        sort: selection::sort(query, descriptors)?,
        page_number: query.page.number,
        page_size: query.page.size,
        selection: selection::selection(query, descriptors)?,
    })
}

fn respond(document: &Document<'_, Row<'_>>, status: StatusCode) -> Result<Response, Refused> {
    let body = render::bytes(document)?;
    let mut response = Response::new(Body::from(body));
    *response.status_mut() = status;
    let headers = response.headers_mut();
    headers.insert(header::CONTENT_TYPE, HeaderValue::from_static(JSON_API));
    // Answers differ by token; none may be kept by a cache between clients.
    headers.insert(
        header::CACHE_CONTROL,
        HeaderValue::from_static("private, no-store"),
    );
    Ok(response)
}

//! JSON:API as the commerce API speaks it: request documents, query strings, answers and errors.
//!
//! Absent on purpose: any commerce noun, descriptors, HTTP, async and I/O. Whether a name exists, may be filtered
//! on or may be written is the caller's question; this room answers what was sent and where a fault in it sits.

mod document;
mod error;
mod fault;
mod filter;
mod page;
mod predicate;
mod query;
mod request;

pub use document::{Document, Identifier, Linkage as ShownLinkage, Links, Primary, Resource};
pub use error::{ErrorDocument, ErrorObject, Source};
pub use fault::Fault;
pub use filter::FilterParameter;
pub use page::{DEFAULT_PAGE_SIZE, MAX_PAGE_NUMBER, MAX_PAGE_SIZE, PageParameters, page_links};
pub use predicate::{Comparison, Compound, Predicate};
pub use query::{FieldsParameter, IncludeParameter, MAX_INCLUDE_PATHS, Query, SortParameter};
pub use request::{Linkage, RequestDocument};

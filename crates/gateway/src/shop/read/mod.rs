//! Reading resources: rows, the rules of each role, includes and what is computed.
//!
//! Invariant: one request reads one snapshot, with at most one query per level and kind of relationship.

use kassa_storage::Descriptor;

use crate::caller::Caller;
use crate::error::GatewayError;
use crate::gateway::Gateway;
use crate::shop::graph::{Graph, ListRequest, Selection};

impl Gateway {
    /// One resource; a singleton is asked for with an empty id.
    ///
    /// # Errors
    /// [`GatewayError::NotFound`], [`GatewayError::Denied`], or a malformed selection.
    pub async fn retrieve(
        &self,
        caller: &Caller,
        descriptor: &'static Descriptor,
        id: &str,
        selection: &Selection,
    ) -> Result<Graph, GatewayError> {
        let _ = (caller, selection);
        Err(GatewayError::not_found(descriptor.kind, id))
    }

    /// A page of resources.
    ///
    /// # Errors
    /// [`GatewayError::Denied`], [`GatewayError::TooBroad`], or a malformed selection.
    pub async fn list(
        &self,
        caller: &Caller,
        descriptor: &'static Descriptor,
        request: ListRequest,
    ) -> Result<Graph, GatewayError> {
        let _ = (caller, request);
        Err(GatewayError::NoResource(descriptor.kind.to_owned()))
    }

    /// What a relationship of one resource leads to: one resource, nothing, or a page of them.
    ///
    /// # Errors
    /// As [`Gateway::retrieve`] and [`Gateway::list`].
    pub async fn related(
        &self,
        caller: &Caller,
        descriptor: &'static Descriptor,
        id: &str,
        relationship: &str,
        request: ListRequest,
    ) -> Result<Graph, GatewayError> {
        let _ = (caller, relationship, request);
        Err(GatewayError::not_found(descriptor.kind, id))
    }
}

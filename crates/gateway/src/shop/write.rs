//! Writing resources: the door that POST, PATCH and DELETE come through.
//!
//! Invariant: role rules and generic validation happen here, before any noun's own rules.

use kassa_storage::Descriptor;

use crate::caller::Caller;
use crate::error::GatewayError;
use crate::gateway::Gateway;
use crate::shop::graph::{Draft, Graph, Selection};

impl Gateway {
    /// Creates a resource and answers it.
    ///
    /// # Errors
    /// [`GatewayError::Invalid`] when rules are broken, [`GatewayError::Denied`] when the role may not.
    pub async fn create(
        &self,
        caller: &Caller,
        descriptor: &'static Descriptor,
        draft: Draft,
        selection: &Selection,
    ) -> Result<Graph, GatewayError> {
        let _ = (caller, draft, selection);
        Err(GatewayError::NotOffered {
            kind: descriptor.kind.to_owned(),
            verb: "create",
        })
    }

    /// Changes a resource, runs its triggers, and answers it.
    ///
    /// # Errors
    /// As [`Gateway::create`], and [`GatewayError::NotFound`].
    pub async fn update(
        &self,
        caller: &Caller,
        descriptor: &'static Descriptor,
        id: &str,
        draft: Draft,
        selection: &Selection,
    ) -> Result<Graph, GatewayError> {
        let _ = (caller, draft, selection);
        Err(GatewayError::not_found(descriptor.kind, id))
    }

    /// Deletes a resource.
    ///
    /// # Errors
    /// [`GatewayError::Locked`] when others refer to it, [`GatewayError::NotFound`], [`GatewayError::Denied`].
    pub async fn delete(
        &self,
        caller: &Caller,
        descriptor: &'static Descriptor,
        id: &str,
    ) -> Result<(), GatewayError> {
        let _ = caller;
        Err(GatewayError::not_found(descriptor.kind, id))
    }
}

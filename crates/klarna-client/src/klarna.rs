//! The trait that use cases speak to.

use async_trait::async_trait;
use kassa_klarna_api::{KlarnaError, KlarnaReply, PreparedRequest};

use crate::KlarnaEndpoint;

/// Something that answers as Klarna.
#[async_trait]
pub trait Klarna: Send + Sync + std::fmt::Debug {
    /// Sends `request` and returns whatever was answered, refusals included.
    ///
    /// # Errors
    /// [`KlarnaError::NotSent`] when nothing left this machine, [`KlarnaError::OutcomeUnknown`] when no whole answer
    /// came back. What an answer means is read by the `decode_*` functions.
    async fn send(
        &self,
        endpoint: &KlarnaEndpoint,
        request: &PreparedRequest,
    ) -> Result<KlarnaReply, KlarnaError>;
}

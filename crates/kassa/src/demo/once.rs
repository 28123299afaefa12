//! `kassa demo --once`: tells one whole payment on standard output.
//!
//! Invariant: it returns an error exactly when a step failed, and the error names the step.

use std::sync::Arc;

use super::client::Client;
use super::ready::Ready;
use super::story::Story;

/// Runs the story against the servers that `ready` names, printing each step.
///
/// # Errors
/// The first step that did not go as expected, with the answer it got.
pub async fn run(ready: &Ready) -> anyhow::Result<()> {
    let mut story = Story::new(Arc::new(ready.clone()), Client::new(), true);
    story.whole().await?;
    println!();
    println!(
        "paid: order {} of {}, Klarna order {}, captured and partly refunded",
        story.number, story.total, story.klarna_order
    );
    Ok(())
}

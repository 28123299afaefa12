//! What webhooks and events show of each other and of their deliveries.

use kassa_storage::{Key, ListQuery, Page, Record, Test};

use super::retention;
use crate::error::GatewayError;
use crate::shop::read::computed::Targets;
use crate::shop::read::{Reader, rows};

/// Deliveries that `last_event_callbacks` shows.
const LAST: u64 = 5;

/// Webhooks shown of one topic.
const WEBHOOKS: u64 = 100;

impl Reader<'_> {
    /// `webhooks` of events, and `last_event_callbacks` of both, newest first.
    pub(crate) async fn webhook_relationship(
        &mut self,
        name: &str,
        sources: &[&Record],
    ) -> Result<Targets, GatewayError> {
        let mut targets = Targets::new();
        for source in sources {
            let webhooks = match source.key.kind.as_ref() {
                "events" => {
                    self.subscribed(source.text("name").unwrap_or_default())
                        .await?
                }
                _ => vec![source.key.clone()],
            };
            let found = match name {
                "webhooks" => webhooks,
                "last_event_callbacks" => self.last_callbacks(&webhooks).await?,
                _ => Vec::new(),
            };
            targets.insert(source.key.clone(), found);
        }
        Ok(targets)
    }

    async fn subscribed(&mut self, topic: &str) -> Result<Vec<Key>, GatewayError> {
        let query = ListQuery {
            kinds: vec!["webhooks"],
            filter: rows::field("topic", Test::Eq(topic.into())),
            sort: Vec::new(),
            page: Page {
                offset: 0,
                limit: WEBHOOKS,
            },
        };
        let webhooks = self.snapshot.list(&query).await?;
        Ok(webhooks.into_iter().map(|webhook| webhook.key).collect())
    }

    async fn last_callbacks(&mut self, webhooks: &[Key]) -> Result<Vec<Key>, GatewayError> {
        let mut found = Vec::new();
        for webhook in webhooks {
            let snapshot = self.snapshot.as_mut();
            found.extend(retention::of_webhook(snapshot, &webhook.id, true, LAST).await?);
        }
        found.sort_by_key(|row| std::cmp::Reverse(row.created_at));
        found.truncate(usize::try_from(LAST).unwrap_or(usize::MAX));
        Ok(found.into_iter().map(|row| row.key).collect())
    }
}

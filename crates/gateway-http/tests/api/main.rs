//! The HTTP surface as clients see it: real gateway, real SQLite, real sandbox over loopback.

#![expect(clippy::unwrap_used, reason = "a test fails by panicking")]

mod acceptance_path;
mod access_grants;
mod addresses_create;
mod bad_input;
mod callbacks_receive;
mod clock_advance;
mod connections;
mod counted_attributes;
mod error_codes;
mod external_payments_place;
mod health;
mod hidden_codes;
mod house;
mod klarna_payments_update;
mod line_items_create;
mod never_fails;
mod orders_list;
mod orders_retrieve;
mod orders_update;
mod organizations_retrieve;
mod predicates;
mod preflight;
mod receiver;
mod reconcile;
mod shared_secrets;
mod skus_list;
mod statuses;
mod tenants;
mod tokens_issue;
mod transactions_update;
mod webhooks_deliver;
mod webhooks_fail;
mod webhooks_topics;
mod webhooks_write;

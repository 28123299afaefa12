//! Users: people of the organization who let webapps act for them.
//!
//! Invariant: a user has one email in a realm and a password; users are no resource of the API, so that no token can
//! make or read one.

use kassa_storage::{ClaimKey, Guard, Key, Put, Record};
use serde_json::json;

use crate::caller::Role;

/// The type of a user's record.
pub(super) const KIND: &str = "users";

/// The claim that leads from an email to its user.
pub(super) fn claim(email: &str) -> ClaimKey {
    ClaimKey::new("users.email", email.trim().to_lowercase())
}

/// A new user to write, with its claim.
pub(crate) fn put(
    id: &str,
    email: &str,
    password_hash: &str,
    role: Role,
    now_us: i64,
) -> (Put, (ClaimKey, String)) {
    let body = json!({"email": email, "password_hash": password_hash, "role": role.word()});
    let body = body.as_object().cloned().unwrap_or_default();
    let put = Put {
        record: Record::root(Key::new(KIND, id), body, now_us),
        guard: Guard::New,
    };
    (put, (claim(email), id.to_owned()))
}

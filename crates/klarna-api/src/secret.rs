//! Values that let their holder act: never in a log, always shown by one method.
//!
//! Invariant: `Debug` hides the value and there is no `Display`; `expose_secret` is the only way to it, so that a
//! search for that word lists every place that handles one.

use serde::{Deserialize, Serialize};

macro_rules! secret {
    ($(#[$doc:meta])* $name:ident) => {
        $(#[$doc])*
        #[derive(Clone, PartialEq, Eq, Hash, Serialize, Deserialize)]
        #[serde(transparent)]
        pub struct $name(String);

        impl $name {
            /// Wraps the text.
            #[must_use]
            pub fn new(text: impl Into<String>) -> Self {
                Self(text.into())
            }

            /// The text itself.
            #[must_use]
            pub fn expose_secret(&self) -> &str {
                &self.0
            }
        }

        impl std::fmt::Debug for $name {
            fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
                formatter.write_str(concat!(stringify!($name), "(hidden)"))
            }
        }
    };
}

secret! {
    /// One approval by the shopper; places one order within 60 minutes.
    AuthorizationToken
}
secret! {
    /// Opens the browser SDK for one session.
    ClientToken
}
secret! {
    /// The password half of the credentials.
    ApiPassword
}
secret! {
    /// Lets the merchant charge the shopper again.
    CustomerToken
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn debug_hides_the_value() {
        let token = AuthorizationToken::new("b4bd3423-24e3");
        assert_eq!(format!("{token:?}"), "AuthorizationToken(hidden)");
        assert_eq!(token.expose_secret(), "b4bd3423-24e3");
    }
}

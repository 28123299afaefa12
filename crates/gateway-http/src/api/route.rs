//! Which resource, and which part of it, a path below `/api` names.
//!
//! Invariant: a route exists exactly when the registry knows the type and, where named, the relationship.

use http::Method;
use kassa_gateway::GatewayError;
use kassa_gateway::shop::resources::registry;
use kassa_storage::Descriptor;
use kassa_storage::descriptor::Relationship;

use crate::error::Refused;

/// Longest id that is looked for, bytes.
const ID_BYTES: usize = 64;

/// A parsed path.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(crate) enum Route<'a> {
    /// `/api/organization`.
    Singleton(&'static Descriptor),
    /// `/api/orders`.
    Collection(&'static Descriptor),
    /// `/api/orders/:id`.
    One(&'static Descriptor, &'a str),
    /// `/api/orders/:id/line_items`.
    Related(&'static Descriptor, &'a str, &'static Relationship),
    /// `/api/orders/:id/relationships/line_items`.
    Linkage(&'static Descriptor, &'a str, &'static Relationship),
}

impl<'a> Route<'a> {
    pub(crate) fn parse(path: &'a str) -> Result<Self, GatewayError> {
        let unknown = || GatewayError::NoResource(path.to_owned());
        let rest = path.strip_prefix("/api").ok_or_else(unknown)?;
        let rest = rest.trim_matches('/');
        let steps: Vec<&str> = rest.split('/').collect();
        let kind = steps[0];
        let found = registry().0.iter().copied().find(|descriptor| {
            if descriptor.singleton {
                descriptor.singular == kind
            } else {
                descriptor.kind == kind
            }
        });
        let descriptor = found.ok_or_else(|| GatewayError::NoResource(kind.to_owned()))?;
        let relationship = |name: &str| descriptor.relationship(name).ok_or_else(unknown);
        if let (false, Some(id)) = (descriptor.singleton, steps.get(1)) {
            check_id(id)?;
        }
        match (descriptor.singleton, steps.as_slice()) {
            (true, [_]) => Ok(Self::Singleton(descriptor)),
            (false, [_]) => Ok(Self::Collection(descriptor)),
            (false, [_, id]) => Ok(Self::One(descriptor, id)),
            (false, [_, id, "relationships", name]) => {
                Ok(Self::Linkage(descriptor, id, relationship(name)?))
            }
            (false, [_, id, name]) => Ok(Self::Related(descriptor, id, relationship(name)?)),
            _ => Err(unknown()),
        }
    }

    pub(crate) fn descriptor(&self) -> &'static Descriptor {
        match *self {
            Self::Singleton(descriptor)
            | Self::Collection(descriptor)
            | Self::One(descriptor, _)
            | Self::Related(descriptor, _, _)
            | Self::Linkage(descriptor, _, _) => descriptor,
        }
    }

    pub(crate) fn id(&self) -> Option<&'a str> {
        match *self {
            Self::Singleton(_) | Self::Collection(_) => None,
            Self::One(_, id) | Self::Related(_, id, _) | Self::Linkage(_, id, _) => Some(id),
        }
    }

    /// Refuses a verb that the resource does not offer here.
    pub(crate) fn check_method(&self, method: &Method) -> Result<(), Refused> {
        let verbs = self.descriptor().verbs;
        let offered: Vec<&'static str> = match self {
            Self::Collection(_) => [
                ("GET", verbs.list),
                ("HEAD", verbs.list),
                ("POST", verbs.create),
            ]
            .into_iter()
            .filter_map(|(name, offered)| offered.then_some(name))
            .collect(),
            Self::One(..) => [
                ("GET", verbs.retrieve),
                ("HEAD", verbs.retrieve),
                ("PATCH", verbs.update),
                ("DELETE", verbs.delete),
            ]
            .into_iter()
            .filter_map(|(name, offered)| offered.then_some(name))
            .collect(),
            Self::Singleton(_) | Self::Related(..) | Self::Linkage(..) => vec!["GET", "HEAD"],
        };
        if offered.contains(&method.as_str()) {
            Ok(())
        } else {
            Err(Refused::MethodNotAllowed(offered))
        }
    }
}

/// Refuses what no resource could have for an id: ours are ten letters, and ids of other systems may have moved in.
fn check_id(id: &str) -> Result<(), GatewayError> {
    let plain = |byte: u8| byte.is_ascii_alphanumeric() || b"-_".contains(&byte);
    if !id.is_empty() && id.len() <= ID_BYTES && id.bytes().all(plain) {
        return Ok(());
    }
    let shown: String = id.chars().take(ID_BYTES).collect();
    Err(GatewayError::Malformed {
        code: "INVALID_RESOURCE_ID",
        detail: format!(
            "{shown:?} is no id; ids have 1 to {ID_BYTES} letters, digits, hyphens or underscores"
        ),
        parameter: None,
        pointer: None,
    })
}

/// The payment source type that `path` names, if it is published but not served.
pub(crate) fn unserved_source(path: &str) -> Option<&'static str> {
    let kind = path.strip_prefix("/api/")?.trim_end_matches('/');
    let orders = registry().find("orders")?;
    let sources = orders.relationship("payment_source")?.to;
    let named = sources.iter().copied().find(|source| *source == kind)?;
    registry().find(named).is_none().then_some(named)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn other_payment_sources_are_published_but_not_served() {
        assert_eq!(
            unserved_source("/api/stripe_payments"),
            Some("stripe_payments")
        );
        assert_eq!(unserved_source("/api/klarna_payments"), None);
        assert_eq!(unserved_source("/api/orders"), None);
    }

    #[test]
    fn every_form_of_a_path() {
        let named = |path: &'static str| Route::parse(path).unwrap();
        assert!(matches!(named("/api/organization"), Route::Singleton(_)));
        assert!(matches!(named("/api/orders"), Route::Collection(_)));
        assert!(matches!(named("/api/orders/"), Route::Collection(_)));
        assert!(matches!(named("/api/orders/aBc"), Route::One(_, "aBc")));
        assert!(matches!(
            named("/api/orders/aBc/line_items"),
            Route::Related(_, "aBc", _)
        ));
        assert!(matches!(
            named("/api/orders/aBc/relationships/line_items"),
            Route::Linkage(_, "aBc", _)
        ));
    }

    #[test]
    fn unknown_paths_are_no_resource() {
        for path in [
            "/api",
            "/api/",
            "/api/unknown",
            "/api/organizations",
            "/api/organization/aBc",
            "/api/orders/aBc/unknown",
            "/api/orders/aBc/line_items/x",
            "/api/orders/aBc/relationships/unknown",
        ] {
            let error = Route::parse(path).unwrap_err();
            assert!(matches!(error, GatewayError::NoResource(_)), "{path}");
        }
    }

    #[test]
    fn an_id_has_the_form_of_one() {
        for id in ["%00", "a.b", "a%20b", "", &"a".repeat(65)] {
            let path = format!("/api/orders/{id}/line_items");
            let error = Route::parse(&path).unwrap_err();
            let code = matches!(
                error,
                GatewayError::Malformed {
                    code: "INVALID_RESOURCE_ID",
                    ..
                }
            );
            assert!(code, "{path}: {error:?}");
        }
        assert!(Route::parse("/api/orders/aBc-1_2").is_ok());
    }

    #[test]
    fn verbs_follow_the_descriptor() {
        let check = |path: &'static str, method: Method| {
            Route::parse(path).unwrap().check_method(&method).is_ok()
        };
        assert!(check("/api/orders", Method::POST));
        assert!(!check("/api/orders", Method::PATCH));
        assert!(!check("/api/transactions", Method::POST));
        assert!(!check("/api/authorizations/aBc", Method::DELETE));
        assert!(check("/api/authorizations/aBc", Method::PATCH));
        assert!(!check("/api/organization", Method::PATCH));
    }
}

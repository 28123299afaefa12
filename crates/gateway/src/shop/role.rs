//! What the role of a caller allows before any row is looked at.
//!
//! Invariant: a back office may do everything a resource offers, or look at everything, by its role; a sales channel
//! may do only what the table says. A refusal is 401, as the commerce API has it.

use kassa_storage::Descriptor;

use crate::caller::{Caller, Role};
use crate::error::GatewayError;
use crate::shop::graph::Draft;

/// What may be done with a resource.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Verb {
    List,
    Retrieve,
    Create,
    Update,
    Delete,
}

impl Verb {
    /// The word for messages.
    pub(crate) fn word(self) -> &'static str {
        match self {
            Self::List => "list",
            Self::Retrieve => "retrieve",
            Self::Create => "create",
            Self::Update => "update",
            Self::Delete => "delete",
        }
    }
}

/// Which sales channels may.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Who {
    Nobody,
    /// With a logged-in customer.
    Customers,
    Everybody,
}

use Who::{Customers as C, Everybody as E, Nobody as N};

/// List, retrieve, create, update and delete for sales channels. Source: commerce-api, section b; types left
/// out are for integrations only.
const SALES_CHANNEL: &[(&str, [Who; 5])] = &[
    ("addresses", [C, E, E, E, E]),
    ("applications", [N, E, N, N, N]),
    ("authorizations", [C, C, N, N, N]),
    ("bundles", [E, E, N, N, N]),
    ("captures", [C, C, N, N, N]),
    ("customer_addresses", [C, C, C, C, C]),
    ("customer_password_resets", [N, N, E, E, N]),
    ("customer_payment_sources", [C, C, N, C, C]),
    ("customers", [C, C, E, C, N]),
    ("delivery_lead_times", [E, E, N, N, N]),
    ("external_payments", [C, E, E, E, E]),
    ("fixed_amount_promotions", [E, E, N, N, N]),
    ("free_shipping_promotions", [E, E, N, N, N]),
    ("gift_cards", [N, E, E, E, E]),
    ("klarna_payments", [C, E, E, E, E]),
    ("line_item_options", [C, E, E, E, E]),
    ("line_items", [C, E, E, E, E]),
    ("markets", [E, E, N, N, N]),
    ("order_subscription_items", [C, C, N, N, N]),
    ("order_subscriptions", [C, C, N, C, N]),
    ("orders", [C, E, E, E, E]),
    ("organizations", [N, E, N, N, N]),
    ("parcels", [C, C, N, N, N]),
    ("payment_methods", [E, E, N, N, N]),
    ("percentage_discount_promotions", [E, E, N, N, N]),
    ("price_frequency_tiers", [E, E, N, N, N]),
    ("price_lists", [E, E, N, N, N]),
    ("price_volume_tiers", [E, E, N, N, N]),
    ("prices", [E, E, N, N, N]),
    ("promotions", [E, E, N, N, N]),
    ("refunds", [C, C, N, N, N]),
    ("shipments", [C, E, N, E, N]),
    ("shipping_categories", [E, E, N, N, N]),
    ("shipping_methods", [E, E, N, N, N]),
    ("shipping_weight_tiers", [E, E, N, N, N]),
    ("shipping_zones", [E, E, N, N, N]),
    ("sku_list_items", [E, E, N, N, N]),
    ("sku_lists", [E, E, N, N, N]),
    ("sku_options", [E, E, N, N, N]),
    ("skus", [E, E, N, N, N]),
    ("stock_items", [E, E, N, N, N]),
    ("stock_line_items", [C, E, N, N, N]),
    ("stock_locations", [E, E, N, N, N]),
    ("stock_transfers", [C, E, N, N, N]),
    ("transactions", [C, C, N, N, N]),
    ("voids", [C, C, N, N, N]),
    ("wire_transfers", [C, E, E, E, E]),
];

/// Whether `caller` may do `verb` with this type at all.
///
/// # Errors
/// [`GatewayError::NotOffered`] when nobody may, [`GatewayError::Denied`] when this role may not.
pub(crate) fn permit(
    caller: &Caller,
    descriptor: &Descriptor,
    verb: Verb,
) -> Result<(), GatewayError> {
    let offered = match verb {
        Verb::List => descriptor.verbs.list,
        Verb::Retrieve => descriptor.verbs.retrieve,
        Verb::Create => descriptor.verbs.create,
        Verb::Update => descriptor.verbs.update,
        Verb::Delete => descriptor.verbs.delete,
    };
    if !offered {
        return Err(GatewayError::NotOffered {
            kind: descriptor.kind.to_owned(),
            verb: verb.word(),
        });
    }
    if caller.is_integration() {
        let changes = !matches!(verb, Verb::List | Verb::Retrieve);
        if changes && caller.role == Role::ReadOnly {
            return Err(GatewayError::Denied(format!(
                "the role {} may not {} {}",
                caller.role.word(),
                verb.word(),
                descriptor.kind
            )));
        }
        return Ok(());
    }
    let allowed = match sales_channel(descriptor.kind)[verb as usize] {
        Who::Nobody => false,
        Who::Customers => caller.customer_id.is_some(),
        Who::Everybody => true,
    };
    if allowed {
        return Ok(());
    }
    Err(GatewayError::Denied(format!(
        "this token may not {} {}",
        verb.word(),
        descriptor.kind
    )))
}

/// Whether a sales channel may see rows of this type when another resource leads to them.
pub(crate) fn may_be_included(caller: &Caller, kind: &str) -> bool {
    caller.is_integration()
        || kind == "customers"
        || sales_channel(kind)[Verb::Retrieve as usize] != Who::Nobody
}

/// Whether a sales channel may search by rows of this type: only where some sales channel lists them. What is known by
/// its id alone, as a gift card is, must not be found by guessing at its code.
pub(crate) fn may_be_searched(caller: &Caller, kind: &str) -> bool {
    let listed = sales_channel(kind)[Verb::List as usize] != Who::Nobody;
    may_be_included(caller, kind) && (caller.is_integration() || listed)
}

/// Refuses attributes and triggers that only integrations may send.
///
/// # Errors
/// [`GatewayError::Denied`] naming the first of them.
pub(crate) fn permit_fields(
    caller: &Caller,
    descriptor: &Descriptor,
    draft: &Draft,
) -> Result<(), GatewayError> {
    if caller.is_integration() {
        return Ok(());
    }
    let attributes = draft.attributes.keys().filter(|name| {
        descriptor
            .attribute(name)
            .is_some_and(|attribute| attribute.restricted)
    });
    let triggers = draft.triggers.keys().filter(|name| {
        descriptor
            .trigger(name)
            .is_some_and(|trigger| trigger.restricted)
    });
    match attributes.chain(triggers).next() {
        None => Ok(()),
        Some(name) => Err(GatewayError::Denied(format!(
            "{name} of {} is for integrations only",
            descriptor.kind
        ))),
    }
}

fn sales_channel(kind: &str) -> [Who; 5] {
    SALES_CHANNEL
        .iter()
        .find(|(name, _)| *name == kind)
        .map_or([N; 5], |(_, rule)| *rule)
}

#[cfg(test)]
mod tests {
    use kassa_storage::Realm;

    use super::*;
    use crate::caller::ApplicationKind;
    use crate::shop::resources::registry;

    fn caller(kind: ApplicationKind, customer: Option<&str>) -> Caller {
        Caller {
            realm: Realm::new("org", true),
            organization_slug: "acme".to_owned(),
            application_id: "app".to_owned(),
            kind,
            role: Role::Admin,
            customer_id: customer.map(ToOwned::to_owned),
            market_ids: vec!["market".to_owned()],
            stock_location_ids: Vec::new(),
            store_id: None,
            trace_id: "trace".to_owned(),
        }
    }

    #[test]
    fn every_rule_names_a_served_type() {
        for (kind, _) in SALES_CHANNEL {
            assert!(registry().find(kind).is_some(), "{kind}");
        }
    }

    #[test]
    fn guests_never_list_orders_and_never_write_the_catalogue() {
        let registry = registry();
        let guest = caller(ApplicationKind::SalesChannel, None);
        let orders = registry.find("orders").unwrap();
        assert!(matches!(
            permit(&guest, orders, Verb::List),
            Err(GatewayError::Denied(_))
        ));
        assert!(permit(&guest, orders, Verb::Retrieve).is_ok());
        let skus = registry.find("skus").unwrap();
        assert!(permit(&guest, skus, Verb::List).is_ok());
        assert!(permit(&guest, skus, Verb::Create).is_err());
        assert!(
            permit(
                &caller(ApplicationKind::Integration, None),
                skus,
                Verb::Create
            )
            .is_ok()
        );
        let customer = caller(ApplicationKind::SalesChannel, Some("me"));
        assert!(permit(&customer, orders, Verb::List).is_ok());
    }

    #[test]
    fn a_role_that_only_reads_changes_nothing() {
        let skus = registry().find("skus").unwrap();
        for kind in [ApplicationKind::Integration, ApplicationKind::Webapp] {
            let mut reader = caller(kind, None);
            reader.role = Role::ReadOnly;
            for (verb, fine) in [
                (Verb::List, true),
                (Verb::Retrieve, true),
                (Verb::Create, false),
                (Verb::Update, false),
                (Verb::Delete, false),
            ] {
                assert_eq!(permit(&reader, skus, verb).is_ok(), fine, "{verb:?}");
            }
        }
    }

    #[test]
    fn restricted_fields_are_for_integrations() {
        let orders = registry().find("orders").unwrap();
        let mut draft = Draft::default();
        draft.triggers.insert("_capture".to_owned(), true.into());
        let guest = caller(ApplicationKind::SalesChannel, None);
        assert!(permit_fields(&guest, orders, &draft).is_err());
        let integration = caller(ApplicationKind::Integration, None);
        assert!(permit_fields(&integration, orders, &draft).is_ok());
    }
}

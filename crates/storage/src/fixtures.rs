//! A small registry that the conformance suite and this room's tests share: every shape of attribute and
//! relationship once, no more.

use crate::descriptor::{
    Attribute, AttributeSource, AttributeType, Counted, Descriptor, Registry, Relationship,
    RelationshipSource, Required, Verbs,
};

/// The registry.
pub const REGISTRY: Registry = Registry(&[
    &ORDERS,
    &LINE_ITEMS,
    &CUSTOMERS,
    &TAGS,
    &CAPTURES,
    &REFUNDS,
    &TRANSACTIONS,
]);

const EVERY_VERB: Verbs = Verbs {
    list: true,
    retrieve: true,
    create: true,
    update: true,
    delete: true,
};

const fn attribute(name: &'static str, ty: AttributeType, indexed: bool) -> Attribute {
    Attribute {
        name,
        ty,
        read: true,
        create: true,
        update: true,
        nullable: true,
        required: Required::No,
        restricted: false,
        filter: true,
        sort: true,
        values: &[],
        default: None,
        source: AttributeSource::Stored,
        indexed,
    }
}

const fn relationship(
    name: &'static str,
    to: &'static [&'static str],
    many: bool,
    source: RelationshipSource,
) -> Relationship {
    Relationship {
        name,
        to,
        many,
        create: true,
        update: true,
        required: false,
        include: true,
        filter: true,
        sort: !many,
        source,
        crossed: None,
    }
}

const fn resource(
    kind: &'static str,
    singular: &'static str,
    root: Option<&'static str>,
    attributes: &'static [Attribute],
    relationships: &'static [Relationship],
) -> Descriptor {
    Descriptor {
        kind,
        singular,
        singleton: false,
        root,
        schema: 1,
        verbs: EVERY_VERB,
        concrete: &[],
        attributes,
        relationships,
        triggers: &[],
    }
}

/// A root with every attribute type and relationship shape.
pub static ORDERS: Descriptor = resource(
    "orders",
    "order",
    None,
    &[
        attribute("number", AttributeType::String, true),
        attribute("status", AttributeType::String, false),
        attribute("total_amount_cents", AttributeType::Integer, true),
        attribute("tax_rate", AttributeType::Float, false),
        attribute("guest", AttributeType::Boolean, false),
        attribute("placed_at", AttributeType::Datetime, true),
        attribute("metadata", AttributeType::Object, false),
        attribute("codes", AttributeType::Array, false),
    ],
    &[
        relationship(
            "customer",
            &["customers"],
            false,
            RelationshipSource::Stored,
        ),
        relationship(
            "source",
            &["captures", "wire_payments"],
            false,
            RelationshipSource::Stored,
        ),
        relationship(
            "capture",
            &["captures"],
            false,
            RelationshipSource::Computed,
        )
        .part_of("source"),
        relationship("tags", &["tags"], true, RelationshipSource::Stored),
        relationship(
            "line_items",
            &["line_items"],
            true,
            RelationshipSource::Inverse { via: "order" },
        ),
        relationship(
            "transactions",
            &["captures", "refunds"],
            true,
            RelationshipSource::Inverse { via: "order" },
        ),
    ],
);

/// A child of an order.
pub static LINE_ITEMS: Descriptor = resource(
    "line_items",
    "line_item",
    Some("order"),
    &[
        attribute("sku_code", AttributeType::String, false),
        attribute("quantity", AttributeType::Integer, false),
        attribute("gift", AttributeType::Boolean, false).default_json("false"),
        attribute("weight", AttributeType::Float, false).default_json(r#""0.5""#),
        attribute("wrapping", AttributeType::String, false).default_json(r#""it's plain""#),
        attribute("metadata", AttributeType::Object, false).default_json("{}"),
    ],
    &[relationship(
        "order",
        &["orders"],
        false,
        RelationshipSource::Stored,
    )],
);

/// A plain root.
pub static CUSTOMERS: Descriptor = resource(
    "customers",
    "customer",
    None,
    &[
        attribute("email", AttributeType::String, true),
        attribute("bonus", AttributeType::Integer, false).counter("bonus:"),
        attribute("bonus_max", AttributeType::Integer, false),
        attribute("bonus_reached", AttributeType::Boolean, false).reached("bonus:", "bonus_max"),
        attribute("placed_count", AttributeType::Integer, false).count(Counted {
            kind: "orders",
            via: "customer",
            with: "placed_at",
        }),
    ],
    &[
        relationship(
            "orders",
            &["orders"],
            true,
            RelationshipSource::Inverse { via: "customer" },
        ),
        relationship(
            "line_items",
            &["line_items"],
            true,
            RelationshipSource::Computed,
        )
        .over("orders", "line_items"),
    ],
);

/// The target of a to-many relationship.
pub static TAGS: Descriptor = resource(
    "tags",
    "tag",
    None,
    &[attribute("name", AttributeType::String, false)],
    &[relationship(
        "tagged",
        &["orders"],
        true,
        RelationshipSource::Inverse { via: "tags" },
    )],
);

/// A concrete type behind an abstract one.
pub static CAPTURES: Descriptor = resource(
    "captures",
    "capture",
    Some("order"),
    &[attribute("amount_cents", AttributeType::Integer, false)],
    &[relationship(
        "order",
        &["orders"],
        false,
        RelationshipSource::Stored,
    )],
);

/// Another one.
pub static REFUNDS: Descriptor = resource(
    "refunds",
    "refund",
    Some("order"),
    &[attribute("amount_cents", AttributeType::Integer, false)],
    &[relationship(
        "order",
        &["orders"],
        false,
        RelationshipSource::Stored,
    )],
);

/// The abstract type.
pub static TRANSACTIONS: Descriptor = Descriptor {
    concrete: &["captures", "refunds"],
    ..resource("transactions", "transaction", None, &[], &[])
};

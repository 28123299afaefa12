//! Writing descriptors down: constant functions that take what is usual for granted.

use super::{
    Attribute, AttributeSource, AttributeType, Counted, Crossing, Relationship, RelationshipSource,
    Required, Trigger, Verbs,
};

impl Attribute {
    /// An attribute by its flags, e.g. `Attribute::of("code", String, "rcufs!*")`.
    #[must_use]
    pub const fn of(name: &'static str, ty: AttributeType, flags: &'static str) -> Self {
        let mut attribute = Self {
            name,
            ty,
            read: false,
            create: false,
            update: false,
            nullable: true,
            required: Required::No,
            restricted: false,
            filter: false,
            sort: false,
            values: &[],
            default: None,
            source: AttributeSource::Stored,
            indexed: false,
        };
        let flags = flags.as_bytes();
        let mut at = 0;
        while at < flags.len() {
            match flags[at] {
                b'r' => attribute.read = true,
                b'c' => attribute.create = true,
                b'u' => attribute.update = true,
                b'f' => attribute.filter = true,
                b's' => attribute.sort = true,
                b'i' => attribute.indexed = true,
                b'!' => attribute.nullable = false,
                b'*' => attribute.required = Required::Yes,
                b'^' => attribute.restricted = true,
                _ => panic!("unknown attribute flag"),
            }
            at += 1;
        }
        attribute
    }

    /// Only these values are allowed.
    #[must_use]
    pub const fn values(mut self, values: &'static [&'static str]) -> Self {
        self.values = values;
        self
    }

    /// The default, as JSON text.
    #[must_use]
    pub const fn default_json(mut self, json: &'static str) -> Self {
        self.default = Some(json);
        self
    }

    /// Required under a condition.
    #[must_use]
    pub const fn required_if(mut self, condition: &'static str) -> Self {
        self.required = Required::If(condition);
        self
    }

    /// A companion of the named `*_cents` attribute.
    #[must_use]
    pub const fn money_of(mut self, cents: &'static str) -> Self {
        self.source = AttributeSource::DerivedMoney(cents);
        self
    }

    /// Computed by the noun's own code.
    #[must_use]
    pub const fn computed(mut self) -> Self {
        self.source = AttributeSource::Computed;
        self
    }

    /// The counter named by `prefix` and the record's id.
    #[must_use]
    pub const fn counter(mut self, prefix: &'static str) -> Self {
        self.source = AttributeSource::Counter(prefix);
        self
    }

    /// The sum of the counters named by `prefixes` and the record's id.
    #[must_use]
    pub const fn counters(mut self, prefixes: &'static [&'static str]) -> Self {
        self.source = AttributeSource::Counters(prefixes);
        self
    }

    /// Whether the counter named by `counter` and the record's id has come to the attribute `limit`.
    #[must_use]
    pub const fn reached(mut self, counter: &'static str, limit: &'static str) -> Self {
        self.source = AttributeSource::Reached { counter, limit };
        self
    }

    /// How many records of a type point here.
    #[must_use]
    pub const fn count(mut self, counted: Counted) -> Self {
        self.source = AttributeSource::Count(counted);
        self
    }
}

impl Relationship {
    /// A stored to-one relationship.
    #[must_use]
    pub const fn one(name: &'static str, to: &'static [&'static str], flags: &'static str) -> Self {
        Self::of(name, to, flags, false)
    }

    /// A to-many relationship; stored unless `.inverse` or `.computed` follows.
    #[must_use]
    pub const fn many(
        name: &'static str,
        to: &'static [&'static str],
        flags: &'static str,
    ) -> Self {
        Self::of(name, to, flags, true)
    }

    /// Its targets are the records whose relationship `via` points here.
    #[must_use]
    pub const fn inverse(mut self, via: &'static str) -> Self {
        self.source = RelationshipSource::Inverse { via };
        self
    }

    /// Its targets are computed by the noun's own code.
    #[must_use]
    pub const fn computed(mut self) -> Self {
        self.source = RelationshipSource::Computed;
        self
    }

    /// Computed; filters see the targets of the stored relationship `of` that are of its types.
    #[must_use]
    pub const fn part_of(mut self, of: &'static str) -> Self {
        self.crossed = Some(Crossing::Of(of));
        self.computed()
    }

    /// Computed; filters cross `first` and then `second`.
    #[must_use]
    pub const fn over(mut self, first: &'static str, second: &'static str) -> Self {
        self.crossed = Some(Crossing::Over(first, second));
        self.computed()
    }

    const fn of(
        name: &'static str,
        to: &'static [&'static str],
        flags: &'static str,
        many: bool,
    ) -> Self {
        let mut relationship = Self {
            name,
            to,
            many,
            create: false,
            update: false,
            required: false,
            include: true,
            filter: false,
            sort: false,
            source: RelationshipSource::Stored,
            crossed: None,
        };
        let flags = flags.as_bytes();
        let mut at = 0;
        while at < flags.len() {
            match flags[at] {
                b'c' => relationship.create = true,
                b'u' => relationship.update = true,
                b'*' => relationship.required = true,
                b'x' => relationship.include = false,
                b'f' => relationship.filter = true,
                b's' => relationship.sort = true,
                _ => panic!("unknown relationship flag"),
            }
            at += 1;
        }
        relationship
    }
}

impl Trigger {
    /// A trigger by its flags, e.g. `Trigger::of("_capture", Boolean, "u^")`.
    #[must_use]
    pub const fn of(name: &'static str, ty: AttributeType, flags: &'static str) -> Self {
        let mut trigger = Self {
            name,
            ty,
            create: false,
            update: false,
            restricted: false,
        };
        let flags = flags.as_bytes();
        let mut at = 0;
        while at < flags.len() {
            match flags[at] {
                b'c' => trigger.create = true,
                b'u' => trigger.update = true,
                b'^' => trigger.restricted = true,
                _ => panic!("unknown trigger flag"),
            }
            at += 1;
        }
        trigger
    }
}

impl Verbs {
    /// All five.
    pub const ALL: Self = Self {
        list: true,
        retrieve: true,
        create: true,
        update: true,
        delete: true,
    };

    /// List and retrieve.
    pub const READ: Self = Self {
        create: false,
        update: false,
        delete: false,
        ..Self::ALL
    };

    /// List, retrieve and update.
    pub const READ_UPDATE: Self = Self {
        create: false,
        delete: false,
        ..Self::ALL
    };

    /// Retrieve only.
    pub const RETRIEVE: Self = Self {
        list: false,
        ..Self::READ
    };
}

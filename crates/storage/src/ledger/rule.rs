//! The ledger's rule: what a change does to an order's entries, decided without I/O.
//!
//! Invariant: no account of an order is overdrawn by an intent. Both drivers call [`apply`] with all entries of one
//! order inside the write transaction, so the rule is the same on every engine and is tested once.

use super::{Balances, LedgerChange, LedgerEntry, LedgerKind, LedgerPhase};

/// What a change does to the stored entries.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum LedgerEffect {
    /// Nothing: it was done before.
    Unchanged,
    /// A new entry.
    Insert(LedgerEntry),
    /// The entry with this id gets this phase and flag.
    Update {
        /// The entry.
        id: String,
        /// Its new phase.
        phase: LedgerPhase,
        /// Its new flag.
        discrepancy: bool,
    },
}

/// Why an intent is refused. Amounts are minor units.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum LedgerRefusal {
    /// The entry id is in use.
    #[error("ledger entry {0} exists already")]
    Exists(String),
    /// There is no such entry.
    #[error("ledger entry {0} does not exist")]
    Missing(String),
    /// The entry was closed the other way.
    #[error("ledger entry {0} was closed the other way")]
    Closed(String),
    /// Only an authorization may be lowered, and nothing may move by zero or less.
    #[error("{kind:?} cannot move by {amount}")]
    Amount {
        /// What was to be moved.
        kind: LedgerKind,
        /// By how much.
        amount: i64,
    },
    /// The order's entries are in another currency.
    #[error("the order's ledger is in {ledger}, the entry in {entry}")]
    Currency {
        /// The order's.
        ledger: String,
        /// The entry's.
        entry: String,
    },
    /// An account would be overdrawn.
    #[error("{kind:?} of {requested} exceeds the {available} that is left")]
    Exceeds {
        /// What was to be moved.
        kind: LedgerKind,
        /// By how much.
        requested: i64,
        /// What is left.
        available: i64,
    },
    /// The sums leave 64 bits.
    #[error("the order's sums are too large")]
    Overflow,
}

/// An account of an order. Every entry debits one and credits another by its amount.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Account {
    /// What Klarna promises: the other side of `Claimable`.
    Promised,
    /// What the shop may still capture.
    Claimable,
    /// What was captured and not given back.
    Earned,
    /// What was given back.
    Returned,
}

impl LedgerKind {
    /// The accounts that an entry of this kind debits and credits.
    #[must_use]
    pub fn accounts(self) -> (Account, Account) {
        match self {
            Self::Authorized => (Account::Claimable, Account::Promised),
            Self::Captured => (Account::Earned, Account::Claimable),
            Self::Refunded => (Account::Returned, Account::Earned),
            Self::Released | Self::Voided => (Account::Promised, Account::Claimable),
        }
    }
}

/// Debits minus credits of each account, pending and posted entries counted; their sum is zero.
#[must_use]
pub fn trial_balance(entries: &[LedgerEntry]) -> [(Account, i128); 4] {
    let mut sheet = [
        (Account::Promised, 0),
        (Account::Claimable, 0),
        (Account::Earned, 0),
        (Account::Returned, 0),
    ];
    for entry in entries.iter().filter(|entry| counts(entry)) {
        let (debit, credit) = entry.kind.accounts();
        for (account, sum) in &mut sheet {
            if *account == debit {
                *sum += i128::from(entry.amount);
            }
            if *account == credit {
                *sum -= i128::from(entry.amount);
            }
        }
    }
    sheet
}

impl Balances {
    /// The sums of `entries`, pending and posted ones counted; held at the ends of `i64`.
    #[must_use]
    pub fn of(entries: &[LedgerEntry]) -> Self {
        Sums::of(entries).held()
    }
}

/// Decides what `change` does to the order whose entries, all of them, are `entries`.
///
/// # Errors
/// [`LedgerRefusal`] for an intent that breaks an invariant. Facts and outcomes are never refused for that: they
/// are flagged with `discrepancy` instead.
pub fn apply(
    entries: &[LedgerEntry],
    change: &LedgerChange,
) -> Result<LedgerEffect, LedgerRefusal> {
    match change {
        LedgerChange::Reserve(entry) => reserve(entries, entry),
        LedgerChange::Post { id } => close(entries, id, LedgerPhase::Posted),
        LedgerChange::Void { id } => close(entries, id, LedgerPhase::Voided),
        LedgerChange::Fact(entry) => Ok(fact(entries, entry)),
    }
}

fn reserve(entries: &[LedgerEntry], entry: &LedgerEntry) -> Result<LedgerEffect, LedgerRefusal> {
    if entries.iter().any(|known| known.id == entry.id) {
        return Err(LedgerRefusal::Exists(entry.id.clone()));
    }
    let entry = LedgerEntry {
        phase: LedgerPhase::Pending,
        discrepancy: false,
        ..entry.clone()
    };
    check(entries, &entry)?;
    Ok(LedgerEffect::Insert(entry))
}

fn fact(entries: &[LedgerEntry], entry: &LedgerEntry) -> LedgerEffect {
    if entries.iter().any(|known| known.id == entry.id) {
        return LedgerEffect::Unchanged;
    }
    let entry = LedgerEntry {
        phase: LedgerPhase::Posted,
        discrepancy: false,
        ..entry.clone()
    };
    let discrepancy = check(entries, &entry).is_err();
    LedgerEffect::Insert(LedgerEntry {
        discrepancy,
        ..entry
    })
}

/// Posts or voids a pending entry. Posting moves no sum. Voiding one that later entries rely on is still what
/// happened, so it is flagged, not refused.
fn close(
    entries: &[LedgerEntry],
    id: &str,
    phase: LedgerPhase,
) -> Result<LedgerEffect, LedgerRefusal> {
    let Some(entry) = entries.iter().find(|entry| entry.id == id) else {
        return Err(LedgerRefusal::Missing(id.to_owned()));
    };
    if entry.phase == phase {
        return Ok(LedgerEffect::Unchanged);
    }
    if entry.phase != LedgerPhase::Pending {
        return Err(LedgerRefusal::Closed(id.to_owned()));
    }
    let breaks = phase == LedgerPhase::Voided && {
        let mut sums = Sums::of(entries);
        let held_before = sums.overdrawn().is_none();
        sums.add(entry.kind, -i128::from(entry.amount));
        held_before && sums.overdrawn().is_some()
    };
    Ok(LedgerEffect::Update {
        id: id.to_owned(),
        phase,
        discrepancy: entry.discrepancy || breaks,
    })
}

/// Whether `entry` may be added to `entries`.
fn check(entries: &[LedgerEntry], entry: &LedgerEntry) -> Result<(), LedgerRefusal> {
    if entry.amount <= 0 && entry.kind != LedgerKind::Authorized {
        return Err(LedgerRefusal::Amount {
            kind: entry.kind,
            amount: entry.amount,
        });
    }
    if let Some(known) = entries
        .iter()
        .find(|known| known.currency != entry.currency)
    {
        return Err(LedgerRefusal::Currency {
            ledger: known.currency.clone(),
            entry: entry.currency.clone(),
        });
    }
    let before = Sums::of(entries);
    let mut after = before;
    after.add(entry.kind, i128::from(entry.amount));
    if after.overflows() {
        return Err(LedgerRefusal::Overflow);
    }
    // Only what this entry draws on counts: a discrepancy elsewhere must not keep money from being given back.
    if after.available(entry.kind) < before.available(entry.kind).min(0) {
        return Err(LedgerRefusal::Exceeds {
            kind: entry.kind,
            requested: entry.amount,
            available: i64::try_from(before.available(entry.kind)).unwrap_or(i64::MAX),
        });
    }
    Ok(())
}

fn counts(entry: &LedgerEntry) -> bool {
    entry.phase != LedgerPhase::Voided
}

/// Sums in 128 bits, where no number of 64-bit entries overflows.
#[derive(Debug, Clone, Copy, Default)]
struct Sums {
    authorized: i128,
    captured: i128,
    refunded: i128,
    released: i128,
    voided: i128,
}

impl Sums {
    fn of(entries: &[LedgerEntry]) -> Self {
        let mut sums = Self::default();
        for entry in entries.iter().filter(|entry| counts(entry)) {
            sums.add(entry.kind, i128::from(entry.amount));
        }
        sums
    }

    fn add(&mut self, kind: LedgerKind, amount: i128) {
        match kind {
            LedgerKind::Authorized => self.authorized += amount,
            LedgerKind::Captured => self.captured += amount,
            LedgerKind::Refunded => self.refunded += amount,
            LedgerKind::Released => self.released += amount,
            LedgerKind::Voided => self.voided += amount,
        }
    }

    fn claimable(&self) -> i128 {
        self.authorized - self.captured - self.released - self.voided
    }

    fn earned(&self) -> i128 {
        self.captured - self.refunded
    }

    fn overdrawn(&self) -> Option<Account> {
        if self.claimable() < 0 {
            return Some(Account::Claimable);
        }
        (self.earned() < 0).then_some(Account::Earned)
    }

    /// What an entry of `kind` may still move; for an authorization, by how much it may be lowered.
    fn available(&self, kind: LedgerKind) -> i128 {
        match kind {
            LedgerKind::Refunded => self.earned(),
            _ => self.claimable(),
        }
    }

    fn overflows(&self) -> bool {
        let limit = i128::from(i64::MAX);
        [
            self.authorized,
            self.captured,
            self.refunded,
            self.released,
            self.voided,
        ]
        .iter()
        .any(|sum| sum.abs() > limit)
    }

    fn held(self) -> Balances {
        let hold = |sum: i128| {
            i64::try_from(sum.clamp(i128::from(i64::MIN), i128::from(i64::MAX)))
                .expect("a clamped sum fits")
        };
        Balances {
            authorized: hold(self.authorized),
            captured: hold(self.captured),
            refunded: hold(self.refunded),
            released: hold(self.released),
            voided: hold(self.voided),
        }
    }
}

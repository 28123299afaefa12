//! Gift cards: money paid before, under a code.
//!
//! The balance is a shared counter; what stands here is what a snapshot saw of it.

use jiff::Timestamp;
use kassa_money::{Currency, MinorUnits};
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};

use crate::body::{entity, null_is_default, null_is_true, on, time};
use crate::ids::{GiftCardId, MarketId};

/// Where a gift card stands.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum GiftCardStatus {
    /// Not bought.
    #[default]
    Draft,
    /// Bought, not usable.
    Inactive,
    /// Usable.
    Active,
    /// Used up.
    Redeemed,
}

/// What moves a gift card on.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum GiftCardTrigger {
    /// `_purchase`, and the placing of the order that buys it.
    Purchase,
    /// `_activate`, and the approval of that order.
    Activate,
    /// `_deactivate`, and the end of that order.
    Deactivate,
}

/// Which trigger leads where. A trigger that leads to where the card stands already changes nothing; whatever is not
/// listed is refused. `redeemed` is not a step: it is how an active card with nothing left is shown.
pub static GIFT_CARD_TRIGGERS: &[(GiftCardStatus, GiftCardTrigger, GiftCardStatus)] = &[
    (
        GiftCardStatus::Draft,
        GiftCardTrigger::Purchase,
        GiftCardStatus::Inactive,
    ),
    (
        GiftCardStatus::Inactive,
        GiftCardTrigger::Purchase,
        GiftCardStatus::Inactive,
    ),
    (
        GiftCardStatus::Inactive,
        GiftCardTrigger::Activate,
        GiftCardStatus::Active,
    ),
    (
        GiftCardStatus::Active,
        GiftCardTrigger::Activate,
        GiftCardStatus::Active,
    ),
    (
        GiftCardStatus::Active,
        GiftCardTrigger::Deactivate,
        GiftCardStatus::Inactive,
    ),
    (
        GiftCardStatus::Inactive,
        GiftCardTrigger::Deactivate,
        GiftCardStatus::Inactive,
    ),
];

impl GiftCardStatus {
    /// The word on the wire.
    pub fn word(self) -> &'static str {
        match self {
            Self::Draft => "draft",
            Self::Inactive => "inactive",
            Self::Active => "active",
            Self::Redeemed => "redeemed",
        }
    }

    /// Where the trigger leads, by [`GIFT_CARD_TRIGGERS`]; `None` when it is refused.
    pub fn on(self, trigger: GiftCardTrigger) -> Option<Self> {
        GIFT_CARD_TRIGGERS
            .iter()
            .find(|(from, by, _)| (*from, *by) == (self, trigger))
            .map(|(_, _, to)| *to)
    }
}

/// Money paid before.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct GiftCard {
    /// Stands beside the body.
    #[serde(skip)]
    pub id: GiftCardId,
    /// Where it stands.
    pub status: GiftCardStatus,
    /// Code.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub code: Option<String>,
    /// Currency; unset = the market's.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub currency_code: Option<Currency>,
    /// What is left on it.
    #[serde(deserialize_with = "null_is_default")]
    pub balance_cents: MinorUnits,
    /// The most it may hold; unset = no end.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub balance_max_cents: Option<MinorUnits>,
    /// Pays for one order only, whatever is left on it.
    #[serde(deserialize_with = "null_is_default")]
    pub single_use: bool,
    /// May be filled up again.
    #[serde(default = "on", deserialize_with = "null_is_true")]
    pub rechargeable: bool,
    /// What it pays lowers the amount that is taxed.
    #[serde(default = "on", deserialize_with = "null_is_true")]
    pub distribute_discount: bool,
    /// Runs out.
    #[serde(with = "time", skip_serializing_if = "Option::is_none")]
    pub expires_at: Option<Timestamp>,
    /// Market; unset = all.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub market_id: Option<MarketId>,
    /// Orders that a single-use card paid for. A counter, not part of the body.
    #[serde(skip)]
    pub uses: i64,
    /// Everything this version does not interpret.
    #[serde(flatten)]
    pub extra: Map<String, Value>,
}

entity!(GiftCard, "gift_cards");

impl GiftCard {
    /// What it can pay at that time, in that currency and market.
    pub fn spendable(&self, now: Timestamp, currency: Currency, market: &MarketId) -> MinorUnits {
        let usable = self.status == GiftCardStatus::Active
            && self.currency_code.is_none_or(|own| own == currency)
            && self.market_id.as_ref().is_none_or(|own| own == market)
            && self.expires_at.is_none_or(|end| now < end)
            && !self.used_up();
        if usable {
            self.balance_cents
        } else {
            MinorUnits::ZERO
        }
    }

    /// The status to show: an active card that can pay for nothing any more is `redeemed`.
    pub fn shown_status(&self) -> GiftCardStatus {
        if self.status == GiftCardStatus::Active && self.used_up() {
            GiftCardStatus::Redeemed
        } else {
            self.status
        }
    }

    /// Whether nothing can be paid with it any more.
    pub fn used_up(&self) -> bool {
        !self.balance_cents.is_positive() || (self.single_use && self.uses > 0)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const STATUSES: [GiftCardStatus; 4] = [
        GiftCardStatus::Draft,
        GiftCardStatus::Inactive,
        GiftCardStatus::Active,
        GiftCardStatus::Redeemed,
    ];

    #[test]
    fn every_cell_of_the_table_leads_where_it_says() {
        use GiftCardStatus::{Active, Inactive};
        let table = [
            (
                GiftCardTrigger::Purchase,
                [Some(Inactive), Some(Inactive), None, None],
            ),
            (
                GiftCardTrigger::Activate,
                [None, Some(Active), Some(Active), None],
            ),
            (
                GiftCardTrigger::Deactivate,
                [None, Some(Inactive), Some(Inactive), None],
            ),
        ];
        for (trigger, row) in table {
            for (from, to) in STATUSES.into_iter().zip(row) {
                assert_eq!(from.on(trigger), to, "{trigger:?} on {from:?}");
            }
        }
    }

    #[test]
    fn a_card_pays_only_where_and_while_it_holds() {
        let now = Timestamp::from_second(1_000).unwrap();
        let euro = Currency::parse("EUR").unwrap();
        let card = |change: &dyn Fn(&mut GiftCard)| {
            let mut card = GiftCard {
                status: GiftCardStatus::Active,
                balance_cents: MinorUnits(500),
                ..GiftCard::default()
            };
            change(&mut card);
            (card.spendable(now, euro, &"eu".into()), card.shown_status())
        };
        let (all, none) = (MinorUnits(500), MinorUnits::ZERO);
        let active = GiftCardStatus::Active;
        assert_eq!(card(&|_| {}), (all, active));
        assert_eq!(
            card(&|card| card.currency_code = Currency::parse("USD").ok()),
            (none, active)
        );
        assert_eq!(
            card(&|card| card.market_id = Some("us".into())),
            (none, active)
        );
        assert_eq!(card(&|card| card.expires_at = Some(now)), (none, active));
        assert_eq!(card(&|card| card.uses = 1), (all, active));
        let once = card(&|card| {
            card.single_use = true;
            card.uses = 1;
        });
        assert_eq!(once, (none, GiftCardStatus::Redeemed));
        let empty = card(&|card| card.balance_cents = none);
        assert_eq!(empty, (none, GiftCardStatus::Redeemed));
        let inactive = card(&|card| card.status = GiftCardStatus::Inactive);
        assert_eq!(inactive, (none, GiftCardStatus::Inactive));
    }
}

//! From what a request says about a new line to the line that the rules add: its SKU, bundle, adjustment or gift card.
//!
//! Invariant: amounts come from rows that the caller may sell; a sales channel neither names amounts nor adjustments.

use kassa_commerce::line_item::change::NewLineItem;
use kassa_money::MinorUnits;
use kassa_storage::{Key, Record};
use serde_json::{Map, Value};

use super::catalogue::typed;
use super::configuration::triggered;
use super::{line_item, offers, unique};
use crate::error::{GatewayError, Violation};
use crate::shop::graph::{Draft, LinkInput};
use crate::shop::read::Reader;

/// A line to add, and the rows that the order has to be read with.
#[derive(Debug)]
pub(crate) struct Wanted {
    pub line: NewLineItem,
    pub sku_id: Option<String>,
    pub bundle_id: Option<String>,
}

/// The line that a draft asks for.
///
/// # Errors
/// 422 on `item` for a row that does not exist, 401 for one that the caller may not sell.
pub(crate) async fn read(
    reader: &mut Reader<'_>,
    draft: &Draft,
    body: &Map<String, Value>,
) -> Result<Wanted, GatewayError> {
    let field = |name: &str| {
        body.get(name)
            .and_then(Value::as_str)
            .map(ToOwned::to_owned)
    };
    let mut line = NewLineItem {
        sku_code: field("sku_code"),
        bundle_code: field("bundle_code"),
        item_type: field("item_type"),
        quantity: body.get("quantity").and_then(Value::as_i64).unwrap_or(1),
        unit_amount_cents: body
            .get("unit_amount_cents")
            .and_then(Value::as_i64)
            .map(MinorUnits),
        compare_at_amount_cents: body
            .get("compare_at_amount_cents")
            .and_then(Value::as_i64)
            .map(MinorUnits),
        name: field("name"),
        image_url: field("image_url"),
        frequency: field("frequency"),
        update_quantity: triggered(draft, "_update_quantity"),
        extra: line_item::own(body),
        ..NewLineItem::default()
    };
    if let Some(LinkInput::One(Some((kind, id)))) = draft.relationships.get("item") {
        item(reader, &mut line, kind, id).await?;
    }
    let sku_id = by_code(reader, "skus", line.sku_code.as_deref()).await?;
    let bundle_id = by_code(reader, "bundles", line.bundle_code.as_deref()).await?;
    Ok(Wanted {
        line,
        sku_id,
        bundle_id,
    })
}

/// Takes over what the `item` relationship leads to.
async fn item(
    reader: &mut Reader<'_>,
    line: &mut NewLineItem,
    kind: &str,
    id: &str,
) -> Result<(), GatewayError> {
    line.item_id = Some(id.to_owned());
    if !matches!(kind, "skus" | "bundles" | "adjustments" | "gift_cards") {
        line.item_type = Some(kind.to_owned());
        return Ok(());
    }
    let record = sellable(reader, kind, id).await?;
    let code = record.text("code").map(ToOwned::to_owned);
    match kind {
        "skus" => line.sku_code = code,
        "bundles" => line.bundle_code = code,
        "adjustments" => line.adjustment = Some(typed(&record)?),
        _ => {
            let card = offers::gift_card(reader.snapshot.as_mut(), &record).await?;
            line.gift_card = Some(card);
        }
    }
    if kind != "skus" {
        line.item_type = Some(kind.to_owned());
    }
    Ok(())
}

/// The row behind `item`. Adjustments are amounts, and amounts are for integrations; a gift card that is not a draft
/// any more is nobody's but its owner's.
async fn sellable(reader: &mut Reader<'_>, kind: &str, id: &str) -> Result<Record, GatewayError> {
    let record = reader
        .snapshot
        .record(&Key::new(kind.to_owned(), id))
        .await?;
    let record = record.ok_or_else(|| {
        let violation = Violation::relationship("item", "invalid", "does not exist");
        GatewayError::violation(violation.with_value(id.into()))
    })?;
    let judged = match kind {
        "adjustments" => reader.caller.is_integration(),
        "gift_cards" => reader.judge(&record).await?,
        // Prices and markets decide about goods, by the rules of the cart.
        _ => true,
    };
    if judged {
        return Ok(record);
    }
    Err(GatewayError::Denied(format!(
        "{kind}/{id} is not for this token"
    )))
}

/// The id of the row that holds a code.
async fn by_code(
    reader: &mut Reader<'_>,
    kind: &str,
    code: Option<&str>,
) -> Result<Option<String>, GatewayError> {
    match code {
        Some(code) => {
            let claim = unique::claim(kind, "code", code);
            Ok(reader.snapshot.claim(&claim).await?)
        }
        None => Ok(None),
    }
}

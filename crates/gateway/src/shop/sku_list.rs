//! Lists of SKUs: written by hand, item by item, or by a pattern of codes.

use super::configuration::Change;
use super::price::find_sku;
use super::unique;
use super::validate::blank;
use crate::error::GatewayError;
use crate::shop::read::Reader;

/// Completes and judges a list.
pub(crate) async fn complete(
    change: &mut Change<'_>,
    reader: &mut Reader<'_>,
) -> Result<(), GatewayError> {
    let manual = change
        .body
        .get("manual")
        .and_then(serde_json::Value::as_bool);
    if manual == Some(false) && change.text("sku_code_regex").is_none() {
        return Err(GatewayError::violation(blank("sku_code_regex")));
    }
    if change.text("slug").is_none() {
        let name = slug(change.text("name").unwrap_or_default());
        let taken = match name.as_str() {
            "" => true,
            name => {
                let claim = unique::claim("sku_lists", "slug", name);
                reader.snapshot.claim(&claim).await?.is_some()
            }
        };
        let id = change.key.id.to_lowercase();
        let slug = match (taken, name.as_str()) {
            (false, _) => name,
            (true, "") => id,
            (true, name) => format!("{name}-{id}"),
        };
        change.set_field("slug", slug);
    }
    Ok(())
}

/// Completes and judges an item of a list; without a position it goes to the end.
pub(crate) async fn item(
    change: &mut Change<'_>,
    reader: &mut Reader<'_>,
) -> Result<(), GatewayError> {
    find_sku(change, reader, true).await?;
    if change.body.get("position").is_none() {
        let list = [change.text("sku_list_id").unwrap_or_default().to_owned()];
        let items = reader
            .snapshot
            .inverse(&["sku_list_items"], "sku_list", &list, ITEMS)
            .await?;
        let last = items
            .iter()
            .filter_map(|item| item.integer("position"))
            .max();
        change.set_field("position", last.unwrap_or(0) + 1);
    }
    Ok(())
}

/// Items of a list that are looked at for the last position.
const ITEMS: u64 = 10_000;

/// A name as it stands in an address: lower-case letters, digits and hyphens.
fn slug(name: &str) -> String {
    let words = name.split(|character: char| !character.is_alphanumeric());
    let words: Vec<String> = words
        .filter(|word| !word.is_empty())
        .map(str::to_lowercase)
        .collect();
    words.join("-")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_slug_keeps_letters_and_digits() {
        for (name, expected) in [
            ("Summer 2026", "summer-2026"),
            ("  T-Shirts & more!", "t-shirts-more"),
            ("!!!", ""),
        ] {
            assert_eq!(slug(name), expected, "{name}");
        }
    }
}

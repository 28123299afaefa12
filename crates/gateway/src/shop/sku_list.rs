//! Lists of SKUs: written by hand, item by item, or by a pattern of codes.

use kassa_storage::{Put, Record};

use super::bundle::{self, Content};
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
    let list = change.text("sku_list_id").unwrap_or_default().to_owned();
    let mut items = items_of(reader, &list).await?;
    if change.body.get("position").is_none() {
        let positions = items.iter().filter_map(|item| item.integer("position"));
        let last = positions.max().unwrap_or(0);
        change.set_field("position", last + 1);
    }
    items.retain(|item| item.key != change.key);
    items.push(Record::root(change.key.clone(), change.body.clone(), 0));
    let bundles = bundles(reader, &list, &items, change.now_us).await?;
    if !bundles.is_empty() && change.old.is_none() {
        bundle::judge_size(change, reader, items.len()).await?;
    }
    change.set.puts.extend(bundles);
    Ok(())
}

/// The bundles that change when an item is taken off its list.
pub(crate) async fn without(
    item: &Record,
    reader: &mut Reader<'_>,
    now_us: i64,
) -> Result<Vec<Put>, GatewayError> {
    let list = item.text("sku_list_id").unwrap_or_default().to_owned();
    let mut items = items_of(reader, &list).await?;
    items.retain(|other| other.key != item.key);
    bundles(reader, &list, &items, now_us).await
}

async fn items_of(reader: &mut Reader<'_>, list: &str) -> Result<Vec<Record>, GatewayError> {
    let list = [list.to_owned()];
    let kinds = ["sku_list_items"];
    let found = reader.snapshot.inverse(&kinds, "sku_list", &list, ITEMS);
    Ok(found.await?)
}

/// The bundles of a list, as they are when it holds `items`.
async fn bundles(
    reader: &mut Reader<'_>,
    list: &str,
    items: &[Record],
    now_us: i64,
) -> Result<Vec<Put>, GatewayError> {
    let contents: Vec<Content> = items.iter().filter_map(bundle::content).collect();
    bundle::following(reader.snapshot.as_mut(), list, &contents, now_us).await
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

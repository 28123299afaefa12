//! Klarna's order lines, made from the lines of an order so that they pass Klarna's arithmetic to the minor unit.
//!
//! Every line is built backwards from what it must cost: the unit price is rounded up and the difference is told as a
//! discount, so `quantity × unit − discount = total` holds exactly whatever the price was. The result is proven before
//! it is handed out.

use kassa_klarna_api::limits;
use kassa_klarna_api::order_line::{OrderLine, Subscription};
use kassa_money::order_lines::{
    LineFigures, prove_line_tax, prove_line_total, prove_order_amount, prove_order_tax,
};
use kassa_money::{Currency, DecimalRate, MinorUnits, TaxRate, div_ceil};
use serde::Serialize;

use crate::aggregate::OrderAggregate;
use crate::error::CommerceError;
use crate::klarna_payment::country::{self, KlarnaCountry};
use crate::klarna_payment::wording::{cut, kind_of, name_of, subscription};
use crate::limits::{KLARNA_LINE_REFERENCE, KLARNA_LINE_URL};
use crate::line_item::{ItemType, LineItem};

/// How tax is told to Klarna.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum TaxMode {
    /// Lines are gross and carry their tax: everywhere but in the US.
    InLines,
    /// Lines are net and one `sales_tax` line carries all tax: the US.
    SalesTaxLine,
}

/// Everything about an order that Klarna compares between session, approval and order.
#[derive(Debug, Clone, PartialEq)]
pub struct KlarnaBasket {
    /// Klarna's market.
    pub country: &'static KlarnaCountry,
    /// Its currency.
    pub currency: Currency,
    /// One of the market's locales.
    pub locale: &'static str,
    /// How tax is told.
    pub tax_mode: TaxMode,
    /// The order's payable amount and the exact sum of the lines.
    pub order_amount: MinorUnits,
    /// The exact sum of the line taxes, or of the `sales_tax` lines.
    pub order_tax_amount: MinorUnits,
    /// The lines.
    pub order_lines: Vec<OrderLine>,
}

impl KlarnaBasket {
    /// A digest that changes whenever Klarna would see a difference. The locale takes no part in it.
    pub fn digest(&self) -> String {
        digest_of(&(
            self.country.code,
            self.currency.code(),
            self.order_amount,
            self.order_tax_amount,
            &self.order_lines,
        ))
    }
}

/// Builds the basket of an order.
///
/// # Errors
/// When Klarna does not serve the order's country, currency, number of lines or amounts, or when the order's lines do
/// not sum to its payable amount (it was not refreshed).
pub fn basket(aggregate: &OrderAggregate) -> Result<KlarnaBasket, CommerceError> {
    let order = &aggregate.order;
    let currency = aggregate.currency()?;
    let country = country::country(order.country_code.as_deref().unwrap_or_default(), currency)?;
    let tax_mode = if country.code == "US" {
        TaxMode::SalesTaxLine
    } else {
        TaxMode::InLines
    };
    let mut figures = Vec::with_capacity(aggregate.line_items.len() + 1);
    // Rows come back in the order they were made, a refresh puts costs last: Klarna must see one order of lines, or a
    // session made from the one would not fit an order placed from the other. Goods stay as the shopper added them.
    let mut items: Vec<&LineItem> = aggregate.line_items.iter().collect();
    items.sort_by_key(|item| standing(item));
    for item in items {
        if let Some(line) = line_of(item, order.tax_included, tax_mode)? {
            figures.push(line);
        }
    }
    if let Some(line) = undistributed(aggregate)? {
        figures.push(line);
    }
    let order_tax_amount = match tax_mode {
        TaxMode::InLines => settle_line_taxes(&mut figures)?,
        TaxMode::SalesTaxLine => add_sales_tax(aggregate, &mut figures)?,
    };
    prove(order.payable(), order_tax_amount, tax_mode, &figures)?;
    Ok(KlarnaBasket {
        country,
        currency,
        locale: country::locale(country, order.language_code.as_deref()),
        tax_mode,
        order_amount: order.payable(),
        order_tax_amount,
        order_lines: figures
            .into_iter()
            .map(|line| line.into_wire(tax_mode))
            .collect(),
    })
}

/// Where a line stands: goods first, then costs, then everything else, each of those by id.
fn standing(item: &LineItem) -> (u8, &str) {
    match item.item_type {
        ItemType::Skus | ItemType::Bundles => (0, ""),
        ItemType::Shipments => (1, item.id.as_str()),
        ItemType::PaymentMethods => (2, item.id.as_str()),
        _ => (3, item.id.as_str()),
    }
}

/// A line before it is written.
struct Line {
    kind: &'static str,
    name: String,
    reference: Option<String>,
    image_url: Option<String>,
    subscription: Option<Subscription>,
    figures: LineFigures,
}

impl Line {
    fn into_wire(self, tax_mode: TaxMode) -> OrderLine {
        let figures = self.figures;
        OrderLine {
            kind: Some(self.kind.to_owned()),
            reference: self.reference,
            name: self.name,
            quantity: figures.quantity,
            unit_price: figures.unit_price.minor(),
            tax_rate: Some(if tax_mode == TaxMode::SalesTaxLine {
                0
            } else {
                figures.tax_rate.hundredths_of_percent()
            }),
            total_amount: figures.total_amount.minor(),
            total_discount_amount: Some(figures.total_discount_amount.minor()),
            total_tax_amount: Some(figures.total_tax_amount.minor()),
            image_url: self.image_url,
            subscription: self.subscription,
            ..OrderLine::default()
        }
    }
}

/// The Klarna line of an order line, or `None` for lines that are told elsewhere or cost nothing.
fn line_of(
    item: &LineItem,
    tax_included: bool,
    tax_mode: TaxMode,
) -> Result<Option<Line>, CommerceError> {
    let Some(kind) = kind_of(item) else {
        return Ok(None);
    };
    let rate = item.tax_rate.unwrap_or_default();
    let after_discount = item.discounted()?;
    let shown_discount = item.discount_cents.checked_neg()?;
    // What the line costs in Klarna's terms, and how much of a discount the shopper should see.
    let (total, discount) = match (tax_mode, tax_included) {
        (TaxMode::InLines, true) | (TaxMode::SalesTaxLine, false) => {
            (after_discount, shown_discount)
        }
        (TaxMode::InLines, false) => (
            after_discount.checked_add(item.tax_amount_cents)?,
            shown_discount.checked_add(rate.tax_on_net(shown_discount)?)?,
        ),
        (TaxMode::SalesTaxLine, true) => (
            after_discount.checked_sub(item.tax_amount_cents)?,
            shown_discount.checked_sub(rate.tax_of_gross(shown_discount)?)?,
        ),
    };
    if !item.is_goods() && total.is_zero() && discount.is_zero() {
        return Ok(None);
    }
    let quantity = if item.is_goods() {
        item.quantity.max(1)
    } else {
        1
    };
    let (tax_rate, tax) = match tax_mode {
        TaxMode::SalesTaxLine => (TaxRate::ZERO, MinorUnits::ZERO),
        TaxMode::InLines => line_tax(total, rate, item.tax_amount_cents)?,
    };
    Ok(Some(Line {
        kind,
        name: name_of(item),
        reference: item
            .sku_code
            .clone()
            .or_else(|| item.bundle_code.clone())
            .or_else(|| item.item_id.clone())
            .map(|text| cut(&text, KLARNA_LINE_REFERENCE)),
        image_url: item
            .image_url
            .clone()
            .filter(|url| !url.is_empty() && url.chars().count() <= KLARNA_LINE_URL),
        subscription: item
            .frequency
            .as_deref()
            .filter(|_| item.is_goods())
            .map(|frequency| subscription(item, frequency)),
        figures: figures(quantity, total, discount, tax_rate, tax)?,
    }))
}

/// Figures that multiply out exactly: the unit price is rounded up, the rest becomes discount.
fn figures(
    quantity: i64,
    total: MinorUnits,
    discount: MinorUnits,
    tax_rate: TaxRate,
    total_tax_amount: MinorUnits,
) -> Result<LineFigures, CommerceError> {
    let before_discount = total.checked_add(MinorUnits(discount.minor().max(0)))?;
    let unit_price = MinorUnits::from_i128(div_ceil(
        i128::from(before_discount.minor()),
        i128::from(quantity),
    )?)?;
    let total_discount_amount = unit_price.checked_mul(quantity)?.checked_sub(total)?;
    for amount in [unit_price, total] {
        if amount.minor() > limits::AMOUNT {
            return Err(CommerceError::AmountNotServed {
                amount,
                most: limits::AMOUNT,
            });
        }
    }
    Ok(LineFigures {
        quantity,
        unit_price,
        total_discount_amount,
        total_amount: total,
        tax_rate,
        total_tax_amount,
    })
}

/// Rate and tax of a gross line. The order's own tax is kept wherever Klarna's ±1 rule allows it.
fn line_tax(
    total: MinorUnits,
    rate: DecimalRate,
    tax: MinorUnits,
) -> Result<(TaxRate, MinorUnits), CommerceError> {
    let tax_rate = rate.to_tax_rate()?;
    let own = LineFigures {
        quantity: 1,
        unit_price: total,
        total_discount_amount: MinorUnits::ZERO,
        total_amount: total,
        tax_rate,
        total_tax_amount: tax,
    };
    if tax.is_zero() && !tax_rate.tax_of_gross(total)?.is_zero() {
        // The kind of line bears no tax in this order, whatever its rate says.
        return Ok((TaxRate::ZERO, MinorUnits::ZERO));
    }
    if prove_line_tax(&own).is_ok() {
        return Ok((tax_rate, tax));
    }
    // A rate finer than Klarna's hundredths of a per cent, on a large amount.
    Ok((tax_rate, tax_rate.tax_of_gross(total)?))
}

/// Sums the line taxes. Klarna refuses a negative order tax, so negative lines give theirs up where they outweigh.
fn settle_line_taxes(lines: &mut [Line]) -> Result<MinorUnits, CommerceError> {
    let sum = MinorUnits::checked_sum(lines.iter().map(|line| line.figures.total_tax_amount))?;
    if !sum.is_negative() {
        return Ok(sum);
    }
    for line in lines
        .iter_mut()
        .filter(|line| line.figures.total_tax_amount.is_negative())
    {
        line.figures.tax_rate = TaxRate::ZERO;
        line.figures.total_tax_amount = MinorUnits::ZERO;
    }
    Ok(MinorUnits::checked_sum(
        lines.iter().map(|line| line.figures.total_tax_amount),
    )?)
}

/// US: adds the one line that carries all tax. Klarna: `order_tax_amount` equals its total.
fn add_sales_tax(
    aggregate: &OrderAggregate,
    lines: &mut Vec<Line>,
) -> Result<MinorUnits, CommerceError> {
    let tax = MinorUnits::checked_sum(
        aggregate
            .line_items
            .iter()
            .map(|item| item.tax_amount_cents),
    )?;
    if tax.is_zero() {
        return Ok(tax);
    }
    // Tax below zero (only negative lines are taxable) cannot be a tax line; it still lowers what is paid.
    let (kind, name) = if tax.is_positive() {
        ("sales_tax", "Sales Tax")
    } else {
        ("discount", "Tax adjustment")
    };
    lines.push(plain(kind, name.to_owned(), tax)?);
    Ok(MinorUnits(tax.minor().max(0)))
}

/// What promotions take off the order without a line to take it from.
fn undistributed(aggregate: &OrderAggregate) -> Result<Option<Line>, CommerceError> {
    let promotions = aggregate
        .line_items
        .iter()
        .filter(|item| item.item_type.is_promotion());
    let taken = MinorUnits::checked_sum(promotions.map(|item| item.total_amount_cents))?;
    let told =
        MinorUnits::checked_sum(aggregate.line_items.iter().map(|item| item.discount_cents))?;
    let rest = taken.checked_sub(told)?;
    if rest.is_zero() {
        Ok(None)
    } else {
        Ok(Some(plain("discount", "Discount".to_owned(), rest)?))
    }
}

fn plain(kind: &'static str, name: String, total: MinorUnits) -> Result<Line, CommerceError> {
    let figures = figures(1, total, MinorUnits::ZERO, TaxRate::ZERO, MinorUnits::ZERO)?;
    Ok(Line {
        kind,
        name,
        reference: None,
        image_url: None,
        subscription: None,
        figures,
    })
}

/// Runs the proofs on what was built. Only an order whose own lines do not add up can fail here.
fn prove(
    order_amount: MinorUnits,
    order_tax: MinorUnits,
    tax_mode: TaxMode,
    lines: &[Line],
) -> Result<(), CommerceError> {
    if order_amount.is_negative() {
        return Err(CommerceError::TotalNegative {
            total: order_amount,
        });
    }
    if order_amount.minor() > limits::AMOUNT {
        return Err(CommerceError::AmountNotServed {
            amount: order_amount,
            most: limits::AMOUNT,
        });
    }
    if lines.len() > limits::ORDER_LINES {
        return Err(CommerceError::TooManyLines {
            most: limits::ORDER_LINES,
        });
    }
    let contradiction = |_| CommerceError::LinesDoNotAddUp;
    for line in lines {
        prove_line_total(&line.figures).map_err(contradiction)?;
        prove_line_tax(&line.figures).map_err(contradiction)?;
    }
    prove_order_amount(
        order_amount,
        lines.iter().map(|line| line.figures.total_amount),
    )
    .map_err(contradiction)?;
    let taxes = lines.iter().map(|line| match tax_mode {
        TaxMode::InLines => line.figures.total_tax_amount,
        TaxMode::SalesTaxLine if line.kind == "sales_tax" => line.figures.total_amount,
        TaxMode::SalesTaxLine => MinorUnits::ZERO,
    });
    prove_order_tax(order_tax, taxes, 0).map_err(contradiction)
}

/// FNV-1a over the JSON text, 128 bits: tells two versions of one order apart, and is no protection against anybody.
pub(crate) fn digest_of<T: Serialize>(value: &T) -> String {
    let mut hash: u128 = 0x6c62_272e_07bb_0142_62b8_2175_6295_c58d;
    for byte in serde_json::to_vec(value).unwrap_or_default() {
        hash = (hash ^ u128::from(byte)).wrapping_mul(0x0000_0000_0100_0000_0000_0000_0000_013b);
    }
    format!("{hash:032x}")
}

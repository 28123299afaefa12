//! What an order costs, worked out a second time: exact fractions on plain numbers, written from the documents and not
//! from the room. The property tests hold the room against it, cent by cent.

/// A share of something: so many billionths.
pub type Billionths = i128;

const ONE: Billionths = 1_000_000_000;

/// What a line is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Kind {
    Goods,
    SoldCard,
    Adjustment { distributed: bool },
}

/// A line that somebody chose.
#[derive(Debug, Clone)]
pub struct Line {
    pub kind: Kind,
    pub unit: i128,
    pub quantity: i128,
    /// On the SKU list that some promotions are bound to.
    pub listed: bool,
    pub rate: Billionths,
}

/// What a promotion takes off.
#[derive(Debug, Clone, Copy)]
pub enum Off {
    Percent(i128),
    Amount(i128),
    Shipping,
}

/// A promotion that holds, its coupon settled.
#[derive(Debug, Clone)]
pub struct Offer {
    pub off: Off,
    pub listed_only: bool,
    pub exclusive: bool,
    /// Least amount, and whether it is compared with the subtotal.
    pub least: Option<(i128, bool)>,
}

/// Everything that decides what an order costs; offers in the order in which they apply.
#[derive(Debug, Clone, Default)]
pub struct Facts {
    pub tax_included: bool,
    pub lines: Vec<Line>,
    pub offers: Vec<Offer>,
    /// Cost of the one shipment, its freedom from cost worked out below.
    pub shipping: i128,
    /// Goods above this amount ship for nothing; and whether discounts are left out.
    pub free_over: Option<(i128, bool)>,
    pub payment: i128,
    pub rate: Billionths,
    pub freight_taxable: bool,
    pub payment_taxable: bool,
    pub adjustment_taxable: bool,
    pub card_taxable: bool,
    /// Balance of the gift card, and whether it lowers what is taxed.
    pub card: Option<(i128, bool)>,
}

/// What comes out.
#[derive(Debug, Default, PartialEq, Eq)]
pub struct Sums {
    pub discounts: Vec<i128>,
    pub taxes: Vec<i128>,
    pub subtotal: i128,
    pub shipping: i128,
    pub payment: i128,
    pub discount: i128,
    pub adjustment: i128,
    pub card: i128,
    pub tax: i128,
    pub to_pay: i128,
}

/// A fraction to the nearest whole number, halves away from zero.
fn nearest(numerator: i128, denominator: i128) -> i128 {
    let doubled = 2 * numerator.abs() + denominator;
    numerator.signum() * (doubled / (2 * denominator))
}

/// Parts of `amount` in proportion to `weights`: whole parts first, then one each to whoever is owed most.
fn parts(amount: i128, weights: &[i128]) -> Vec<i128> {
    let all: i128 = weights.iter().sum();
    if amount == 0 || all == 0 {
        return vec![0; weights.len()];
    }
    let mut given: Vec<i128> = weights.iter().map(|weight| amount * weight / all).collect();
    while given.iter().sum::<i128>() < amount {
        let owed = |index: usize| amount * weights[index] - given[index] * all;
        let mut most = 0;
        for index in 1..weights.len() {
            if owed(index) > owed(most) {
                most = index;
            }
        }
        given[most] += 1;
    }
    given
}

struct Till<'a> {
    facts: &'a Facts,
    totals: Vec<i128>,
    discounts: Vec<i128>,
}

impl Till<'_> {
    fn sold(&self, index: usize) -> bool {
        !matches!(self.facts.lines[index].kind, Kind::Adjustment { .. })
    }

    /// What the goods cost, with discounts so far or without.
    fn goods(&self, discounted: bool) -> i128 {
        let sold = (0..self.totals.len()).filter(|index| self.sold(*index));
        sold.map(|index| self.totals[index] - if discounted { self.discounts[index] } else { 0 })
            .sum()
    }

    fn applies(&self, offer: &Offer) -> bool {
        offer
            .least
            .is_none_or(|(least, subtotal)| self.goods(!subtotal) >= least)
    }

    /// Takes an offer off the goods; answers how much.
    fn take(&mut self, offer: &Offer) -> i128 {
        let reached = |line: &Line| line.kind == Kind::Goods && (line.listed || !offer.listed_only);
        let lines = &self.facts.lines;
        let full: i128 = (0..lines.len())
            .filter(|index| reached(&lines[*index]))
            .map(|index| self.totals[index])
            .sum();
        let left: Vec<i128> = (0..lines.len())
            .map(|index| {
                let left = self.totals[index] - self.discounts[index];
                if reached(&lines[index]) {
                    left.max(0)
                } else {
                    0
                }
            })
            .collect();
        let wanted = match offer.off {
            Off::Percent(percent) => nearest(full * percent, 100),
            Off::Amount(amount) => amount,
            Off::Shipping => 0,
        };
        let taken = wanted.min(left.iter().sum());
        for (discount, part) in self.discounts.iter_mut().zip(parts(taken, &left)) {
            *discount += part;
        }
        taken
    }
}

fn tax(taxed: i128, rate: Billionths, included: bool) -> i128 {
    if included {
        nearest(taxed * rate, ONE + rate)
    } else {
        nearest(taxed * rate, ONE)
    }
}

/// Works the order out.
pub fn sums(facts: &Facts) -> Sums {
    let totals: Vec<i128> = facts
        .lines
        .iter()
        .map(|line| line.unit * line.quantity)
        .collect();
    let mut till = Till {
        facts,
        discounts: vec![0; totals.len()],
        totals,
    };
    let alone = facts
        .offers
        .iter()
        .find(|offer| offer.exclusive && till.applies(offer));
    let offers: Vec<&Offer> = match alone {
        Some(offer) => vec![offer],
        None => facts
            .offers
            .iter()
            .filter(|offer| !offer.exclusive)
            .collect(),
    };
    let (mut discount, mut free_shipping) = (0, false);
    for offer in offers {
        if till.applies(offer) {
            discount += till.take(offer);
            free_shipping |= matches!(offer.off, Off::Shipping);
        }
    }
    let free = facts
        .free_over
        .is_some_and(|(over, subtotal)| till.goods(!subtotal) > over);
    let shipping = if free { 0 } else { facts.shipping };
    let shipping_off = if free_shipping { shipping } else { 0 };
    let mut sums = Sums {
        subtotal: till.goods(false),
        shipping,
        payment: facts.payment,
        discount: -(discount + shipping_off),
        ..Sums::default()
    };
    // Amounts that bear tax: the lines, then shipping, then payment.
    let mut taxed: Vec<i128> = Vec::new();
    let mut rates: Vec<Billionths> = Vec::new();
    let mut relieving = 0;
    for (index, line) in facts.lines.iter().enumerate() {
        let total = till.totals[index];
        let taxable = match line.kind {
            Kind::Goods => true,
            Kind::SoldCard => facts.card_taxable,
            Kind::Adjustment { distributed } => {
                sums.adjustment += total;
                let lowers = distributed && total < 0;
                relieving -= if lowers { total } else { 0 };
                facts.adjustment_taxable && !lowers
            }
        };
        taxed.push(total - till.discounts[index]);
        rates.push(if taxable { line.rate } else { 0 });
    }
    taxed.push(shipping - shipping_off);
    rates.push(if facts.freight_taxable { facts.rate } else { 0 });
    taxed.push(facts.payment);
    rates.push(if facts.payment_taxable { facts.rate } else { 0 });
    let goods = |index: usize| {
        facts
            .lines
            .get(index)
            .is_some_and(|line| line.kind == Kind::Goods)
    };
    relieve(&mut taxed, relieving, goods);
    let before_tax = sums.subtotal + sums.shipping + sums.payment + sums.discount + sums.adjustment;
    let (balance, distributes) = facts.card.unwrap_or((0, false));
    if distributes {
        relieve(&mut taxed, balance.min(before_tax), |_| true);
    }
    let taxes: Vec<i128> = taxed
        .iter()
        .zip(&rates)
        .map(|(taxed, rate)| tax(*taxed, *rate, facts.tax_included))
        .collect();
    sums.tax = taxes.iter().sum();
    let gross = before_tax + if facts.tax_included { 0 } else { sums.tax };
    sums.card = -balance.min(gross).max(0);
    sums.to_pay = gross + sums.card;
    sums.taxes = taxes[..facts.lines.len()].to_vec();
    sums.discounts = till.discounts.iter().map(|discount| -discount).collect();
    sums
}

/// Takes `amount` off what is taxed of the chosen entries, as far as they reach.
fn relieve(taxed: &mut [i128], amount: i128, chosen: impl Fn(usize) -> bool) {
    let weights: Vec<i128> = (0..taxed.len())
        .map(|index| {
            if chosen(index) {
                taxed[index].max(0)
            } else {
                0
            }
        })
        .collect();
    let amount = amount.min(weights.iter().sum()).max(0);
    for (taxed, part) in taxed.iter_mut().zip(parts(amount, &weights)) {
        *taxed -= part;
    }
}

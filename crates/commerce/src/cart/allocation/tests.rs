use super::*;
use InventoryStrategy::{
    NoSplit, ShipFromFirstAvailableOrPrimary, ShipFromPrimary, SplitByLineItems, SplitShipments,
};
use proptest::prelude::*;

const STRATEGIES: [InventoryStrategy; 5] = [
    NoSplit,
    SplitShipments,
    SplitByLineItems,
    ShipFromPrimary,
    ShipFromFirstAvailableOrPrimary,
];

fn line(sku_code: &'static str, quantity: i64) -> Need<'static> {
    Need {
        sku_code,
        quantity,
        ships: true,
        tracked: true,
    }
}

/// Line, where it lies, where it leaves, how many.
type Row = (usize, usize, usize, i64);

fn rows(strategy: InventoryStrategy, needs: &[Need<'_>], shelves: &[&[(&str, i64)]]) -> Vec<Row> {
    let shelves: Vec<Shelf<'_>> = shelves
        .iter()
        .map(|shelf| shelf.iter().copied().collect())
        .collect();
    let parts = allocate(strategy, needs, &shelves);
    let row = |part: Part| (part.need, part.from, part.to, part.quantity);
    parts.into_iter().map(row).collect()
}

/// One order, two places, all five strategies.
struct Example {
    name: &'static str,
    needs: &'static [(&'static str, i64)],
    shelves: &'static [&'static [(&'static str, i64)]],
    /// In the order of `STRATEGIES`.
    rows: [&'static [Row]; 5],
}

const EXAMPLES: &[Example] = &[
    Example {
        name: "the first place has everything",
        needs: &[("A", 2), ("B", 1)],
        shelves: &[&[("A", 5), ("B", 5)], &[("A", 9), ("B", 9)]],
        rows: [
            &[(0, 0, 0, 2), (1, 0, 0, 1)],
            &[(0, 0, 0, 2), (1, 0, 0, 1)],
            &[(0, 0, 0, 2), (1, 0, 0, 1)],
            &[(0, 0, 0, 2), (1, 0, 0, 1)],
            &[(0, 0, 0, 2), (1, 0, 0, 1)],
        ],
    },
    Example {
        name: "only the second place has everything",
        needs: &[("A", 2), ("B", 3)],
        shelves: &[&[("A", 5), ("B", 1)], &[("A", 9), ("B", 9)]],
        rows: [
            &[(0, 1, 1, 2), (1, 1, 1, 3)],
            &[(0, 0, 0, 2), (1, 0, 0, 1), (1, 1, 1, 2)],
            &[(0, 0, 0, 2), (1, 1, 1, 3)],
            &[(0, 0, 0, 2), (1, 0, 0, 1), (1, 1, 0, 2)],
            &[(0, 1, 1, 2), (1, 1, 1, 3)],
        ],
    },
    Example {
        name: "only both places together have everything",
        needs: &[("A", 4), ("B", 2)],
        shelves: &[&[("A", 3)], &[("A", 3), ("B", 2)]],
        rows: [
            // Out of stock: the first place's three pieces are all that this strategy finds.
            &[(0, 0, 0, 3)],
            &[(0, 0, 0, 3), (0, 1, 1, 1), (1, 1, 1, 2)],
            // Out of stock: no place has four of A.
            &[(0, 0, 0, 3), (1, 1, 1, 2)],
            &[(0, 0, 0, 3), (0, 1, 0, 1), (1, 1, 0, 2)],
            &[(0, 0, 0, 3), (0, 1, 0, 1), (1, 1, 0, 2)],
        ],
    },
    Example {
        name: "two lines of one SKU share what lies there",
        needs: &[("A", 2), ("A", 2)],
        shelves: &[&[("A", 3)], &[("A", 3)]],
        rows: [
            &[(0, 0, 0, 2), (1, 0, 0, 1)],
            &[(0, 0, 0, 2), (1, 0, 0, 1), (1, 1, 1, 1)],
            &[(0, 0, 0, 2), (1, 1, 1, 2)],
            &[(0, 0, 0, 2), (1, 0, 0, 1), (1, 1, 0, 1)],
            &[(0, 0, 0, 2), (1, 0, 0, 1), (1, 1, 0, 1)],
        ],
    },
    Example {
        name: "nobody has enough",
        needs: &[("A", 9)],
        shelves: &[&[("A", 3)], &[("A", 3)]],
        rows: [
            &[(0, 0, 0, 3)],
            &[(0, 0, 0, 3), (0, 1, 1, 3)],
            &[(0, 0, 0, 3)],
            &[(0, 0, 0, 3), (0, 1, 0, 3)],
            &[(0, 0, 0, 3), (0, 1, 0, 3)],
        ],
    },
];

#[test]
fn each_strategy_spreads_the_examples_as_the_table_says() {
    for example in EXAMPLES {
        let needs: Vec<_> = example
            .needs
            .iter()
            .map(|(code, quantity)| line(code, *quantity))
            .collect();
        for (strategy, expected) in STRATEGIES.into_iter().zip(example.rows) {
            let rows = rows(strategy, &needs, example.shelves);
            assert_eq!(rows, expected, "{}: {strategy:?}", example.name);
        }
    }
}

#[test]
fn goods_that_are_not_counted_leave_from_where_the_strategy_looks_first() {
    let mut free = line("FREE", 3);
    free.tracked = false;
    let needs = [line("A", 2), free];
    let shelves: &[&[(&str, i64)]] = &[&[("A", 1)], &[("A", 2)]];
    for (strategy, place) in STRATEGIES.into_iter().zip([1, 0, 0, 0, 1]) {
        let found = rows(strategy, &needs, shelves);
        assert_eq!(found.last(), Some(&(1, place, place, 3)), "{strategy:?}");
    }
}

#[test]
fn goods_that_do_not_ship_are_taken_wherever_they_lie() {
    let mut voucher = line("VOUCHER", 3);
    voucher.ships = false;
    let mut download = voucher;
    download.tracked = false;
    let shelves: &[&[(&str, i64)]] = &[&[("VOUCHER", 1)], &[("VOUCHER", 5)]];
    for strategy in STRATEGIES {
        let found = rows(strategy, &[voucher, download], shelves);
        assert_eq!(found, [(0, 0, 0, 1), (0, 1, 1, 2)], "{strategy:?}");
    }
}

#[test]
fn without_a_place_nothing_is_served() {
    assert!(rows(SplitShipments, &[line("A", 1)], &[]).is_empty());
}

const CODES: [&str; 3] = ["A", "B", "C"];

/// Orders over three SKUs, the last of which may be uncounted, or not ship, in all of its lines.
fn orders() -> impl Strategy<Value = Vec<Need<'static>>> {
    let lines = proptest::collection::vec((0..3_usize, 1..9_i64), 1..6);
    (lines, any::<(bool, bool)>()).prop_map(|(lines, (tracked, ships))| {
        let need = |(code, quantity): (usize, i64)| Need {
            sku_code: CODES[code],
            quantity,
            ships: ships || code < 2,
            tracked: tracked || code < 2,
        };
        lines.into_iter().map(need).collect()
    })
}

fn warehouses() -> impl Strategy<Value = Vec<Shelf<'static>>> {
    let shelf = proptest::array::uniform3(0..12_i64).prop_map(|quantities| {
        CODES
            .into_iter()
            .zip(quantities)
            .collect::<Shelf<'static>>()
    });
    proptest::collection::vec(shelf, 0..5)
}

fn total(parts: &[Part], needs: &[Need<'_>], code: &str) -> i64 {
    let own = parts
        .iter()
        .filter(|part| needs[part.need].sku_code == code);
    own.map(|part| part.quantity).sum()
}

proptest! {
    #[test]
    fn nothing_is_taken_that_is_not_there_and_no_line_gets_more_than_it_asks(
        needs in orders(), shelves in warehouses(),
    ) {
        for strategy in STRATEGIES {
            let parts = allocate(strategy, &needs, &shelves);
            for (place, shelf) in shelves.iter().enumerate() {
                for code in CODES {
                    let taken: i64 = parts.iter()
                        .filter(|part| part.from == place && needs[part.need].tracked)
                        .filter(|part| needs[part.need].sku_code == code)
                        .map(|part| part.quantity)
                        .sum();
                    prop_assert!(taken <= shelf[code], "{strategy:?} took {taken} of {code} at {place}");
                }
            }
            for (index, need) in needs.iter().enumerate() {
                let served = served(&parts, index);
                prop_assert!(served <= need.quantity, "{strategy:?}");
            }
            prop_assert!(parts.iter().all(|part| part.quantity > 0));
        }
    }

    #[test]
    fn what_all_places_hold_together_is_served_by_the_strategies_that_combine_them(
        needs in orders(), shelves in warehouses(),
    ) {
        for strategy in [SplitShipments, ShipFromPrimary, ShipFromFirstAvailableOrPrimary] {
            let parts = allocate(strategy, &needs, &shelves);
            for code in CODES {
                let own = || needs.iter().filter(|need| need.sku_code == code && need.tracked);
                let wanted: i64 = own().map(|need| need.quantity).sum();
                let there: i64 = shelves.iter().map(|shelf| shelf[code]).sum();
                let tracked: Vec<Part> = parts.iter().copied().filter(|part| needs[part.need].tracked).collect();
                prop_assert_eq!(total(&tracked, &needs, code), wanted.min(there), "{:?}", strategy);
            }
        }
    }

    #[test]
    fn each_strategy_leaves_the_house_where_it_may(needs in orders(), shelves in warehouses()) {
        for strategy in STRATEGIES {
            let parts = allocate(strategy, &needs, &shelves);
            let shipped: Vec<Part> = parts.into_iter().filter(|part| needs[part.need].ships).collect();
            let mut doors: Vec<usize> = shipped.iter().map(|part| part.to).collect();
            doors.sort_unstable();
            doors.dedup();
            match strategy {
                NoSplit | ShipFromFirstAvailableOrPrimary => prop_assert!(doors.len() <= 1),
                ShipFromPrimary => prop_assert!(doors.iter().all(|door| *door == 0)),
                SplitShipments => {}
                SplitByLineItems => {
                    for (index, _) in needs.iter().enumerate() {
                        let own = shipped.iter().filter(|part| part.need == index).count();
                        prop_assert!(own <= 1, "a line came from {own} places");
                    }
                }
            }
            if !matches!(strategy, ShipFromPrimary | ShipFromFirstAvailableOrPrimary) {
                prop_assert!(shipped.iter().all(|part| part.from == part.to), "{strategy:?} transfers");
            }
        }
    }

    #[test]
    fn a_later_place_is_used_only_when_the_earlier_ones_are_empty(
        needs in orders(), shelves in warehouses(),
    ) {
        let parts = allocate(SplitShipments, &needs, &shelves);
        for part in parts.iter().filter(|part| needs[part.need].tracked) {
            let code = needs[part.need].sku_code;
            for (earlier, shelf) in shelves.iter().enumerate().take(part.from) {
                let taken: i64 = parts.iter()
                    .filter(|other| needs[other.need].tracked && needs[other.need].sku_code == code)
                    .filter(|other| other.from == earlier)
                    .map(|other| other.quantity)
                    .sum();
                prop_assert_eq!(taken, shelf[code]);
            }
        }
    }
}

//! The cart: prices, shipments, costs, discounts, taxes, totals, status.

use kassa_commerce::cart::{self, CartContext, available_shipping_methods};
use kassa_commerce::catalogue::{
    InventoryStockLocation, InventoryStrategy, Promotion, ShippingMethod, ShippingZone, StockItem,
    TaxRule,
};
use kassa_commerce::line_item::ItemType;
use kassa_commerce::line_item::change::{self, LineItemChange, NewLineItem};
use kassa_commerce::states::OrderStatus;
use kassa_commerce::{CommerceError, Field, Parties, testing};
use kassa_money::{DecimalRate, MinorUnits};

use crate::shop::Shop;

fn sku(code: &str, quantity: i64) -> NewLineItem {
    NewLineItem {
        sku_code: Some(code.into()),
        quantity,
        ..NewLineItem::default()
    }
}

#[test]
fn lines_take_price_name_and_tax_from_the_catalogue() {
    let mut shop = Shop::german();
    let cart = shop.add(testing::empty_order(), "SHIRT", 2).unwrap();
    let line = &cart.line_items[0];
    assert_eq!(
        (line.unit_amount_cents, line.total_amount_cents),
        (MinorUnits(2900), MinorUnits(5800))
    );
    assert_eq!(line.name.as_deref(), Some("The SHIRT"));
    assert_eq!(line.tax_amount_cents, MinorUnits(967));
    assert_eq!(cart.order.subtotal_amount_cents, MinorUnits(5800));
    assert_eq!(
        cart.order.subtotal_taxable_amount_cents,
        MinorUnits(5800 - 967)
    );
    assert_eq!(cart.order.total_amount_with_taxes_cents, MinorUnits(5800));
    assert_eq!(cart.order.skus_count, 2);
}

#[test]
fn tax_is_added_where_prices_exclude_it() {
    let mut shop = Shop::new("US", "USD", false);
    shop.catalogue.tax_rules[0].tax_rate = DecimalRate::parse("0.08875").unwrap();
    let cart = shop.add(testing::empty_order(), "SHIRT", 1).unwrap();
    assert_eq!(cart.order.total_tax_amount_cents, MinorUnits(257));
    assert_eq!(
        cart.order.total_amount_with_taxes_cents,
        MinorUnits(2900 + 257)
    );
}

#[test]
fn update_quantity_adds_to_the_row_of_the_same_sku() {
    let mut shop = Shop::german();
    let cart = shop.add(testing::empty_order(), "MUG", 1).unwrap();
    let cart = shop
        .add_line(
            cart,
            NewLineItem {
                update_quantity: true,
                ..sku("MUG", 2)
            },
        )
        .unwrap();
    assert_eq!(cart.goods().count(), 1);
    assert_eq!(cart.line_items[0].quantity, 3);
    let cart = shop.add(cart, "MUG", 1).unwrap();
    assert_eq!(cart.goods().count(), 2);
}

#[test]
fn out_of_stock_is_told_on_quantity_over_all_lines() {
    let mut shop = Shop::german();
    let cart = shop.add(testing::empty_order(), "SHIRT", 60).unwrap();
    let error = shop.add(cart.clone(), "SHIRT", 41).unwrap_err();
    assert_eq!(
        error,
        CommerceError::OutOfStock {
            sku_code: "SHIRT".into(),
            requested: 101,
            available: 100
        }
    );
    assert_eq!(error.field(), Field::Attribute("quantity"));
    let context = CartContext {
        parties: &shop.parties,
        catalogue: &shop.catalogue,
        now: testing::moment(),
    };
    let id = cart.line_items[0].id.clone();
    let more = LineItemChange {
        quantity: Some(101),
        ..LineItemChange::default()
    };
    assert!(change::update(cart.clone(), &id, more, &context, &mut shop.ids).is_err());
    shop.catalogue.stock_items[0].quantity = 1;
    let context = CartContext {
        parties: &shop.parties,
        catalogue: &shop.catalogue,
        now: testing::moment(),
    };
    let less = LineItemChange {
        quantity: Some(59),
        ..LineItemChange::default()
    };
    assert!(
        change::update(cart, &id, less, &context, &mut shop.ids).is_ok(),
        "a shrinking line is not refused"
    );
}

#[test]
fn untracked_goods_never_run_out() {
    let mut shop = Shop::german();
    shop.catalogue
        .stock_items
        .retain(|item| item.sku_code != "EBOOK");
    assert!(shop.add(testing::empty_order(), "EBOOK", 5000).is_ok());
}

#[test]
fn bad_lines_are_refused() {
    let mut shop = Shop::german();
    let mut refused = |new: NewLineItem| shop.add_line(testing::empty_order(), new).unwrap_err();
    assert!(matches!(
        refused(sku("SHIRT", 0)),
        CommerceError::QuantityOutOfRange { .. }
    ));
    assert!(matches!(
        refused(sku("SHIRT", -1)),
        CommerceError::QuantityOutOfRange { .. }
    ));
    assert!(matches!(
        refused(sku("SHIRT", i64::MAX)),
        CommerceError::QuantityOutOfRange { .. }
    ));
    assert!(matches!(
        refused(sku("NOPE", 1)),
        CommerceError::UnknownSku { .. }
    ));
    assert!(matches!(
        refused(NewLineItem {
            quantity: 1,
            ..NewLineItem::default()
        }),
        CommerceError::ItemMissing
    ));
    let shipments = NewLineItem {
        item_type: Some("shipments".into()),
        ..sku("SHIRT", 1)
    };
    assert!(matches!(
        refused(shipments),
        CommerceError::ItemTypeRefused { .. }
    ));
    let dear = NewLineItem {
        unit_amount_cents: Some(MinorUnits(i64::MAX)),
        ..sku("SHIRT", 1)
    };
    assert!(matches!(
        refused(dear),
        CommerceError::AmountOutOfRange { .. }
    ));
    let gift = NewLineItem {
        unit_amount_cents: Some(MinorUnits(-1)),
        ..sku("SHIRT", 1)
    };
    assert!(matches!(
        refused(gift),
        CommerceError::AmountOutOfRange { .. }
    ));
    shop.catalogue
        .prices
        .retain(|price| price.sku_code != "MUG");
    assert!(matches!(
        shop.add(testing::empty_order(), "MUG", 1),
        Err(CommerceError::NoPrice { .. })
    ));
}

#[test]
fn a_price_set_by_an_integration_survives_a_refresh() {
    let mut shop = Shop::german();
    let cart = shop
        .add_line(
            testing::empty_order(),
            NewLineItem {
                unit_amount_cents: Some(MinorUnits(100)),
                ..sku("SHIRT", 3)
            },
        )
        .unwrap();
    assert_eq!(
        shop.refresh(cart).aggregate.order.subtotal_amount_cents,
        MinorUnits(300)
    );
}

#[test]
fn status_follows_customer_and_goods() {
    let mut shop = Shop::german();
    let empty = shop.refresh(testing::empty_order()).aggregate;
    assert_eq!(empty.order.status, OrderStatus::Draft);
    let cart = shop.add(empty, "SHIRT", 1).unwrap();
    assert_eq!(cart.order.status, OrderStatus::Pending);
    let id = cart.line_items[0].id.clone();
    let context = CartContext {
        parties: &shop.parties,
        catalogue: &shop.catalogue,
        now: testing::moment(),
    };
    let emptied = change::remove(cart, &id, &context, &mut shop.ids)
        .unwrap()
        .aggregate;
    assert_eq!(emptied.order.status, OrderStatus::Draft);
    assert!(emptied.order.editable);
}

#[test]
fn shipments_are_empty_until_a_shipping_address_exists() {
    let mut shop = Shop::german();
    let address = shop.parties.shipping_address.take();
    let cart = shop.add(testing::empty_order(), "SHIRT", 1).unwrap();
    assert!(cart.shipments.is_empty());
    shop.parties.shipping_address = address;
    let cart = shop.refresh(cart).aggregate;
    assert_eq!((cart.shipments.len(), cart.stock_line_items.len()), (1, 1));
    assert_eq!(
        cart.stock_line_items[0].stock_item_id.as_str(),
        "stock-SHIRT"
    );
}

#[test]
fn digital_goods_ship_nothing() {
    let mut shop = Shop::german();
    let cart = shop.add(testing::empty_order(), "EBOOK", 1).unwrap();
    assert!(cart.shipments.is_empty());
    assert!(cart.line_items[0].do_not_ship);
}

#[test]
fn one_shipment_for_each_location_and_category() {
    let mut shop = Shop::german();
    shop.catalogue.inventory_model.strategy = InventoryStrategy::SplitShipments;
    shop.catalogue
        .inventory_stock_locations
        .push(InventoryStockLocation {
            id: "second".into(),
            priority: 2,
            stock_location_id: "backup".into(),
            ..InventoryStockLocation::default()
        });
    shop.catalogue.stock_items.push(StockItem {
        id: "backup-SHIRT".into(),
        sku_code: "SHIRT".into(),
        quantity: 50,
        stock_location_id: "backup".into(),
        ..StockItem::default()
    });
    shop.catalogue.skus[1].shipping_category_id = Some("fragile".into());
    let cart = shop.add(testing::empty_order(), "SHIRT", 120).unwrap();
    let cart = shop.add(cart, "MUG", 1).unwrap();
    let shipments: Vec<_> = cart
        .shipments
        .iter()
        .map(|shipment| {
            (
                shipment.stock_location_id.as_ref().unwrap().as_str(),
                shipment.skus_count,
            )
        })
        .collect();
    assert_eq!(
        shipments,
        [("warehouse", 100), ("backup", 20), ("warehouse", 1)]
    );
    let ids: Vec<_> = cart
        .shipments
        .iter()
        .map(|shipment| shipment.id.clone())
        .collect();
    let again = shop.refresh(cart).aggregate;
    assert_eq!(
        ids,
        again
            .shipments
            .iter()
            .map(|shipment| shipment.id.clone())
            .collect::<Vec<_>>()
    );
}

#[test]
fn no_split_takes_everything_from_one_location() {
    let mut shop = Shop::german();
    shop.catalogue
        .inventory_stock_locations
        .push(InventoryStockLocation {
            id: "second".into(),
            priority: 2,
            stock_location_id: "backup".into(),
            ..InventoryStockLocation::default()
        });
    for code in ["SHIRT", "MUG"] {
        shop.catalogue.stock_items.push(StockItem {
            id: format!("backup-{code}").into(),
            sku_code: code.into(),
            quantity: 500,
            stock_location_id: "backup".into(),
            ..StockItem::default()
        });
    }
    let cart = shop.add(testing::empty_order(), "SHIRT", 1).unwrap();
    assert_eq!(
        cart.shipments[0]
            .stock_location_id
            .as_ref()
            .unwrap()
            .as_str(),
        "warehouse"
    );
    let cart = shop.add(cart, "MUG", 101).unwrap();
    assert_eq!(cart.shipments.len(), 1);
    assert_eq!(
        cart.shipments[0]
            .stock_location_id
            .as_ref()
            .unwrap()
            .as_str(),
        "backup"
    );
}

#[test]
fn shipping_methods_fit_zone_market_category_and_weight() {
    let mut shop = Shop::german();
    let zone =
        serde_json::from_value::<ShippingZone>(serde_json::json!({"country_code_regex": "AT|DE"}))
            .unwrap();
    shop.catalogue.shipping_zones = vec![ShippingZone {
        id: "dach".into(),
        ..zone
    }];
    let base = ShippingMethod {
        price_amount_cents: MinorUnits(900),
        ..ShippingMethod::default()
    };
    let weigh = |text: &str| serde_json::from_str(text).ok();
    shop.catalogue.shipping_methods.extend([
        ShippingMethod {
            id: "zone".into(),
            shipping_zone_id: Some("dach".into()),
            ..base.clone()
        },
        ShippingMethod {
            id: "nowhere".into(),
            shipping_zone_id: Some("unknown".into()),
            ..base.clone()
        },
        ShippingMethod {
            id: "off".into(),
            disabled_at: Some(testing::moment()),
            ..base.clone()
        },
        ShippingMethod {
            id: "other".into(),
            market_id: Some("elsewhere".into()),
            ..base.clone()
        },
        ShippingMethod {
            id: "light".into(),
            max_weight: weigh("399.5"),
            ..base.clone()
        },
        ShippingMethod {
            id: "heavy".into(),
            min_weight: weigh("400"),
            ..base
        },
    ]);
    shop.catalogue.skus[0].weight = weigh("200.0");
    let cart = shop.add(testing::empty_order(), "SHIRT", 2).unwrap();
    let names = |shop: &Shop, cart: &kassa_commerce::OrderAggregate| -> Vec<String> {
        let context = CartContext {
            parties: &shop.parties,
            catalogue: &shop.catalogue,
            now: testing::moment(),
        };
        let found = available_shipping_methods(cart, &cart.shipments[0], &context).unwrap();
        found.into_iter().map(|method| method.id.0).collect()
    };
    assert_eq!(names(&shop, &cart), ["standard", "zone", "heavy"]);
    shop.parties = testing::parties("FR");
    assert_eq!(names(&shop, &cart), ["standard", "heavy"]);
}

#[test]
fn a_chosen_shipping_method_is_kept_while_available() {
    let mut shop = Shop::german();
    let cart = shop.add(testing::empty_order(), "SHIRT", 1).unwrap();
    let cart = shop.ship(cart);
    assert_eq!(cart.order.shipping_amount_cents, MinorUnits(500));
    assert_eq!(cart.order.shipping_tax_amount_cents, MinorUnits(83));
    let cart = shop.add(cart, "MUG", 1).unwrap();
    assert_eq!(cart.order.shipping_amount_cents, MinorUnits(500), "kept");
    shop.catalogue.shipping_methods[0].disabled_at = Some(testing::moment());
    let cart = shop.refresh(cart).aggregate;
    assert_eq!(cart.shipments[0].shipping_method_id, None);
    assert_eq!(cart.lines_of(ItemType::Shipments).count(), 0);
}

#[test]
fn shipping_is_free_above_the_threshold_only() {
    let mut shop = Shop::german();
    shop.catalogue.shipping_methods[0].free_over_amount_cents = Some(MinorUnits(2900));
    let cart = shop.add(testing::empty_order(), "SHIRT", 1).unwrap();
    let cart = shop.ship(cart);
    assert_eq!(cart.order.shipping_amount_cents, MinorUnits(500));
    let cart = shop.add(cart, "SHIRT", 1).unwrap();
    assert_eq!(cart.order.shipping_amount_cents, MinorUnits(0));
}

#[test]
fn discounts_are_spread_in_proportion_and_lower_the_tax() {
    let mut shop = Shop::german();
    shop.catalogue.promotions = vec![Promotion {
        id: "ten".into(),
        promotion_type: ItemType::PercentageDiscountPromotions,
        name: "Ten off".into(),
        percentage: Some(10),
        ..Promotion::default()
    }];
    let cart = shop.add(testing::empty_order(), "SHIRT", 1).unwrap();
    let cart = shop.add(cart, "EBOOK", 1).unwrap();
    assert_eq!(cart.order.discount_amount_cents, MinorUnits(-390));
    let spread: Vec<_> = cart.goods().map(|line| line.discount_cents.0).collect();
    assert_eq!(spread, [-290, -100]);
    assert_eq!(cart.line_items[0].tax_amount_cents, MinorUnits(435));
    assert_eq!(cart.order.total_amount_cents, MinorUnits(3899 - 390));
}

#[test]
fn a_gift_card_pays_what_is_left_at_most() {
    let mut shop = Shop::german();
    shop.catalogue.gift_card = Some(
        serde_json::from_value(
            serde_json::json!({"status": "active", "code": "SECRET-1234", "balance_cents": 5000}),
        )
        .unwrap(),
    );
    let cart = shop.add(testing::empty_order(), "SHIRT", 1).unwrap();
    assert_eq!(cart.order.gift_card_amount_cents, MinorUnits(-2900));
    assert_eq!(cart.order.total_amount_with_taxes_cents, MinorUnits(0));
    assert_eq!(
        cart.line_items.last().unwrap().name.as_deref(),
        Some("Gift card …1234")
    );
    let cart = shop.add(cart, "SHIRT", 1).unwrap();
    assert_eq!(cart.order.gift_card_amount_cents, MinorUnits(-5000));
    assert_eq!(cart.order.total_amount_with_taxes_cents, MinorUnits(800));
}

#[test]
fn the_public_sample_adds_up() {
    // 84300 + 1000 + 0 − 8430 + 0 − 5000 = 71870
    let mut shop = Shop::german();
    testing::add_sku(&mut shop.catalogue, "DEAR", 84_300, false);
    shop.catalogue.shipping_methods[0].price_amount_cents = MinorUnits(1000);
    shop.catalogue.promotions = vec![Promotion {
        id: "ten".into(),
        promotion_type: ItemType::PercentageDiscountPromotions,
        percentage: Some(10),
        ..Promotion::default()
    }];
    shop.catalogue.gift_card = Some(
        serde_json::from_value(serde_json::json!({"status": "active", "balance_cents": 5000}))
            .unwrap(),
    );
    let cart = shop.add(testing::empty_order(), "DEAR", 1).unwrap();
    let cart = shop.ship(cart);
    assert_eq!(cart.order.discount_amount_cents, MinorUnits(-8430));
    assert_eq!(cart.order.total_amount_cents, MinorUnits(71_870));
}

#[test]
fn freight_is_taxed_as_the_order_says_else_as_the_rule_says() {
    let mut shop = Shop::german();
    shop.catalogue.tax_rules[0].freight_taxable = false;
    let cart = shop.add(testing::empty_order(), "SHIRT", 1).unwrap();
    let mut cart = shop.ship(cart);
    assert_eq!(cart.order.shipping_tax_amount_cents, MinorUnits(0));
    assert!(!cart.order.taxability().freight_taxable);
    cart.order.freight_taxable = Some(true);
    assert!(cart.order.taxability().freight_taxable);
    assert_eq!(
        shop.refresh(cart).aggregate.order.shipping_tax_amount_cents,
        MinorUnits(83)
    );
}

#[test]
fn the_first_rule_that_covers_the_destination_decides() {
    let mut shop = Shop::german();
    let rule = |json| serde_json::from_value::<TaxRule>(json).unwrap();
    shop.catalogue.tax_rules = vec![
        rule(serde_json::json!({"tax_rate": 0.22, "country_code_regex": "IT"})),
        rule(serde_json::json!({"tax_rate": 0.19, "country_code_regex": "DE"})),
        rule(serde_json::json!({"tax_rate": 0.5})),
    ];
    let cart = shop.add(testing::empty_order(), "SHIRT", 1).unwrap();
    assert_eq!(cart.order.tax_rate, Some(DecimalRate::from_percent(19)));
    shop.parties = Parties {
        customer: shop.parties.customer.take(),
        ..Parties::default()
    };
    let cart = shop.refresh(cart).aggregate;
    assert_eq!(
        (cart.order.tax_rate, cart.order.total_tax_amount_cents),
        (None, MinorUnits(0))
    );
}

#[test]
fn without_autorefresh_amounts_wait_for_a_refresh() {
    let mut shop = Shop::german();
    let mut cart = shop.add(testing::empty_order(), "SHIRT", 1).unwrap();
    cart.order.autorefresh = false;
    let cart = shop.add(cart, "MUG", 1).unwrap();
    assert_eq!(cart.order.subtotal_amount_cents, MinorUnits(2900));
    assert_eq!(
        (
            cart.order.skus_count,
            cart.goods().last().unwrap().total_amount_cents
        ),
        (2, MinorUnits(1250))
    );
    assert_eq!(
        shop.refresh(cart).aggregate.order.subtotal_amount_cents,
        MinorUnits(4150)
    );
}

#[test]
fn inventory_counts_by_strategy() {
    let mut shop = Shop::german();
    shop.catalogue
        .inventory_stock_locations
        .push(InventoryStockLocation {
            id: "second".into(),
            priority: 2,
            stock_location_id: "backup".into(),
            ..InventoryStockLocation::default()
        });
    shop.catalogue.stock_items.push(StockItem {
        id: "backup-SHIRT".into(),
        sku_code: "SHIRT".into(),
        quantity: 30,
        stock_location_id: "backup".into(),
        ..StockItem::default()
    });
    let quantity = |shop: &Shop| cart::inventory(&shop.catalogue, &shop.catalogue.skus[0]).quantity;
    assert_eq!(quantity(&shop), 100);
    shop.catalogue.inventory_model.strategy = InventoryStrategy::SplitShipments;
    assert_eq!(quantity(&shop), 130);
    shop.catalogue.inventory_model.stock_locations_cutoff = Some(1);
    assert_eq!(quantity(&shop), 100);
}

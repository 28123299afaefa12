// The cart: an order of the API that has not been placed. Its id is remembered on this device; the order itself lives on the
// server, and each change answers with the server's totals.

import { ApiError } from "./api.js";

const INCLUDE = [
  "line_items.item",
  "shipping_address",
  "billing_address",
  "shipments.available_shipping_methods",
  "shipments.shipping_method",
  "available_payment_methods",
  "payment_method",
  "payment_source",
].join(",");

export class Cart {
  constructor(api, key) {
    this.api = api;
    this.storageKey = `shop-order:${key}`;
    this.order = null;
  }

  get id() {
    return localStorage.getItem(this.storageKey);
  }

  // The open order, or null. A placed or vanished one is forgotten.
  async refresh() {
    if (!this.id) return (this.order = null);
    try {
      const order = await this.api.get(`orders/${this.id}`, { include: INCLUDE });
      if (order.status !== "draft" && order.status !== "pending") {
        this.forget();
        return null;
      }
      return (this.order = order);
    } catch (error) {
      if (!(error instanceof ApiError) || ![401, 404].includes(error.status)) throw error;
      this.forget();
      return null;
    }
  }

  forget() {
    localStorage.removeItem(this.storageKey);
    this.order = null;
  }

  goods() {
    return (this.order?.line_items || []).filter((line) => ["skus", "bundles"].includes(line.item_type));
  }

  count() {
    return this.goods().reduce((sum, line) => sum + line.quantity, 0);
  }

  async add(skuCode, quantity) {
    if (!(await this.refresh())) {
      const order = await this.api.create("orders", {});
      localStorage.setItem(this.storageKey, order.id);
    }
    await this.api.create("line_items", { sku_code: skuCode, quantity, _update_quantity: true }, { order: { type: "orders", id: this.id } });
    return this.refresh();
  }

  async setQuantity(line, quantity) {
    if (quantity > 0) await this.api.update("line_items", line.id, { quantity });
    else await this.api.remove("line_items", line.id);
    return this.refresh();
  }

  async update(attributes, relationships) {
    return (this.order = await this.api.update("orders", this.id, attributes, relationships, { include: INCLUDE }));
  }
}

//! Reading resources: rows, the rules of each role, includes and what is computed.
//!
//! Invariant: one request reads one snapshot, with at most one query per level and kind of relationship.

pub(crate) mod computed;
pub(crate) mod include;
mod inventory;
mod lists;
mod offer;
mod order_parts;
mod query;
mod reach;
mod redact;
mod ride;
pub(crate) mod rows;
mod scope;
mod versions;

use std::collections::{HashMap, HashSet};

use kassa_storage::{
    Descriptor, Filter, Key, ListQuery, Page, Record, RelationshipSource, Scope, Snapshot, Test,
};

use self::rows::MarketView;
use crate::caller::Caller;
use crate::error::GatewayError;
use crate::gateway::Gateway;
use crate::shop::graph::{Graph, ListRequest, Selection};
use crate::shop::order::{self, LoadedOrder};
use crate::shop::order_view::OrderView;
use crate::shop::resources::registry;
use crate::shop::role::{self, Verb};
use crate::webhooks;

/// One request's view: a snapshot, and whose eyes look at it.
pub(crate) struct Reader<'a> {
    pub(crate) gateway: &'a Gateway,
    pub(crate) caller: &'a Caller,
    pub(crate) snapshot: Box<dyn Snapshot>,
    /// What the market in scope means; empty for integrations.
    pub(crate) view: MarketView,
    /// Rows that came with a query for something else.
    fetched: HashMap<Key, Record>,
    /// Orders read whole for what is computed from them.
    orders: HashMap<String, OrderView>,
    /// The market of the order in sight, for callers without a market of their own.
    order_market: Option<String>,
    /// Prices of shipping methods for the shipment that led to them.
    prices: HashMap<String, i64>,
}

impl<'a> Reader<'a> {
    /// Opens a snapshot for `caller`.
    pub(crate) async fn open(
        gateway: &'a Gateway,
        caller: &'a Caller,
    ) -> Result<Reader<'a>, GatewayError> {
        // Rows are judged here and not by the scope, because a foreign row is 401 and an unknown one 404.
        let mut snapshot = gateway
            .snapshot(&Scope::realm(caller.realm.clone()))
            .await?;
        let view = match caller.market_ids.first() {
            Some(market) if !caller.is_integration() => {
                rows::market_view(gateway, snapshot.as_mut(), caller, market).await?
            }
            _ => MarketView::default(),
        };
        Ok(Self {
            gateway,
            caller,
            snapshot,
            view,
            fetched: HashMap::new(),
            orders: HashMap::new(),
            order_market: None,
            prices: HashMap::new(),
        })
    }

    /// The row of `id`, if the caller may see it.
    pub(crate) async fn row(
        &mut self,
        descriptor: &'static Descriptor,
        id: &str,
    ) -> Result<Record, GatewayError> {
        let keys: Vec<Key> = include::concrete(descriptor)
            .iter()
            .map(|concrete| Key::new(concrete.kind, self.singleton_id(concrete, id)))
            .collect();
        let found = self.snapshot.records(&keys).await?.into_iter().next();
        let record = found.ok_or_else(|| GatewayError::not_found(descriptor.kind, id))?;
        if self.judge(&record).await? {
            return Ok(record);
        }
        Err(GatewayError::Denied(format!(
            "{}/{id} is not for this token",
            descriptor.kind
        )))
    }

    /// An order read whole, with the prices and stock of `more_skus` (ids) too; who may see it was judged before.
    pub(crate) async fn loaded(
        &mut self,
        order_id: &str,
        more_skus: &[String],
    ) -> Result<Box<LoadedOrder>, GatewayError> {
        let scope = Scope::realm(self.caller.realm.clone());
        // Boxed: reading an order whole is a large future, and most requests hold it.
        Box::pin(order::load_with(
            self.gateway,
            self.snapshot.as_mut(),
            &scope,
            order_id,
            more_skus,
        ))
        .await
    }

    /// Whether the caller may see a row that it asks for by id.
    pub(crate) async fn judge(&mut self, record: &Record) -> Result<bool, GatewayError> {
        if self.caller.is_integration() {
            return Ok(rows::in_scope(self.caller, record));
        }
        if let Some(leader) = rows::followed(record) {
            return match self.snapshot.record(&leader).await? {
                Some(leader) => Box::pin(self.judge(&leader)).await,
                None => Ok(false),
            };
        }
        if let Some(order) = rows::order_of(record) {
            let order = self.snapshot.record(&order).await?;
            return Ok(order.is_some_and(|order| rows::judge_order(self.caller, &order)));
        }
        if record.key.kind == "stock_transfers" {
            // Seen by whoever sees the order that the goods are moved for.
            let line = record.text("line_item_id").unwrap_or_default();
            let line = self.snapshot.record(&Key::new("line_items", line)).await?;
            let Some(order) = line.as_ref().and_then(rows::order_of) else {
                return Ok(false);
            };
            let order = self.snapshot.record(&order).await?;
            return Ok(order.is_some_and(|order| rows::judge_order(self.caller, &order)));
        }
        if record.key.kind == "delivery_lead_times" {
            let id = HashSet::from([record.key.id.clone()]);
            let seen = self.listed("delivery_lead_times", &id).await?;
            return Ok(!seen.is_empty());
        }
        if record.key.kind == "addresses" && record.owner.is_none() {
            return self.may_know_address(&record.key.id).await;
        }
        if record.key.kind == "skus" {
            return rows::judge_sku(self.snapshot.as_mut(), &self.view, record).await;
        }
        Ok(rows::judge_row(self.caller, &self.view, record))
    }

    /// The organization and the application are named by the token, not by an id.
    fn singleton_id(&self, descriptor: &Descriptor, id: &str) -> String {
        match descriptor.kind {
            "organizations" => self.caller.realm.organization().to_owned(),
            "applications" => self.caller.application_id.clone(),
            _ => id.to_owned(),
        }
    }

    /// The answer for one record.
    pub(crate) async fn answer(
        mut self,
        record: Option<Record>,
        selection: &Selection,
    ) -> Result<Graph, GatewayError> {
        let mut graph = Graph {
            primary: record.into_iter().collect(),
            ..Graph::default()
        };
        self.expand(&mut graph, &selection.include).await?;
        self.compute(&mut graph, selection).await?;
        Ok(graph)
    }

    /// The answer for a page of records.
    async fn page(
        mut self,
        kinds: Vec<&'static str>,
        filter: Filter,
        request: &ListRequest,
    ) -> Result<Graph, GatewayError> {
        let query = ListQuery {
            kinds,
            filter,
            sort: request.sort.clone(),
            page: Page {
                offset: request
                    .page_number
                    .saturating_sub(1)
                    .saturating_mul(request.page_size),
                limit: request.page_size,
            },
        };
        let mut graph = Graph {
            many: true,
            total: Some(0),
            ..Graph::default()
        };
        if !query.kinds.is_empty() {
            graph.primary = self.snapshot.list(&query).await?;
            graph.total = Some(self.snapshot.count(&query).await?);
        }
        self.expand(&mut graph, &request.selection.include).await?;
        self.compute(&mut graph, &request.selection).await?;
        Ok(graph)
    }

    /// The caller's filter and the role's.
    async fn visible(&mut self, kind: &str, asked: &Filter) -> Result<Filter, GatewayError> {
        if let (true, Some(customer)) = (kind == "addresses", &self.caller.customer_id) {
            self.view.address_ids = rows::address_book(self.snapshot.as_mut(), customer).await?;
        }
        if !role::may_be_included(self.caller, kind) {
            return Ok(Filter::Not(Box::new(Filter::Everything)));
        }
        let role = rows::list_filter(self.caller, &self.view, kind);
        Ok(match (asked, role) {
            (asked, Filter::Everything) => asked.clone(),
            (Filter::Everything, role) => role,
            (asked, role) => Filter::All(vec![asked.clone(), role]),
        })
    }
}

impl Gateway {
    /// One resource; a singleton is asked for with an empty id.
    ///
    /// # Errors
    /// [`GatewayError::NotFound`], [`GatewayError::Denied`], or a malformed selection.
    pub async fn retrieve(
        &self,
        caller: &Caller,
        descriptor: &'static Descriptor,
        id: &str,
        selection: &Selection,
    ) -> Result<Graph, GatewayError> {
        role::permit(caller, descriptor, Verb::Retrieve)?;
        include::check(descriptor, &selection.include)?;
        self.complete_topics(caller, descriptor).await?;
        let mut reader = Reader::open(self, caller).await?;
        let record = reader.row(descriptor, id).await?;
        reader.answer(Some(record), selection).await
    }

    /// A page of resources.
    ///
    /// # Errors
    /// [`GatewayError::Denied`], [`GatewayError::TooBroad`], or a malformed selection.
    pub async fn list(
        &self,
        caller: &Caller,
        descriptor: &'static Descriptor,
        request: ListRequest,
    ) -> Result<Graph, GatewayError> {
        role::permit(caller, descriptor, Verb::List)?;
        include::check(descriptor, &request.selection.include)?;
        query::check(descriptor, &request)?;
        self.complete_topics(caller, descriptor).await?;
        let mut reader = Reader::open(self, caller).await?;
        let asked = query::guarded(caller, &reader.view, &request.filter)?;
        let filter = reader.visible(descriptor.kind, &asked).await?;
        let kinds = include::concrete(descriptor)
            .iter()
            .map(|concrete| concrete.kind)
            .collect();
        reader.page(kinds, filter, &request).await
    }

    /// The rows of `events` are made when somebody looks at them.
    async fn complete_topics(
        &self,
        caller: &Caller,
        descriptor: &Descriptor,
    ) -> Result<(), GatewayError> {
        if descriptor.kind == "events" {
            webhooks::ensure(self, &caller.realm).await?;
        }
        Ok(())
    }

    /// What a relationship of one resource leads to: one resource, nothing, or a page of them.
    ///
    /// # Errors
    /// As [`Gateway::retrieve`] and [`Gateway::list`]; [`GatewayError::NoResource`] for an unknown relationship.
    pub async fn related(
        &self,
        caller: &Caller,
        descriptor: &'static Descriptor,
        id: &str,
        relationship: &str,
        request: ListRequest,
    ) -> Result<Graph, GatewayError> {
        role::permit(caller, descriptor, Verb::Retrieve)?;
        let unknown = || GatewayError::NoResource(format!("{}/{relationship}", descriptor.kind));
        let found = descriptor.relationship(relationship).ok_or_else(unknown)?;
        let mut reader = Reader::open(self, caller).await?;
        let source = reader.row(descriptor, id).await?;
        // A concrete row of an abstract type may know the relationship by another source.
        let own = registry().find(&source.key.kind).unwrap_or(descriptor);
        let found = own.relationship(relationship).unwrap_or(found);
        let mut kinds = include::target_kinds(found);
        for kind in kinds.iter().filter_map(|kind| registry().find(kind)) {
            include::check(kind, &request.selection.include)?;
            query::check(kind, &request)?;
        }
        kinds.retain(|kind| role::may_be_included(caller, kind));
        let asked = query::guarded(caller, &reader.view, &request.filter)?;
        if let (true, RelationshipSource::Inverse { via }) = (found.many, found.source) {
            let pointing = rows::field(rows::id_field(via), Test::Eq(id_of(&source).into()));
            let role = reader.related_role(&source, &kinds, &asked).await?;
            let filter = Filter::All(vec![pointing, role]);
            return reader.page(kinds, filter, &request).await;
        }
        let targets = match found.source {
            RelationshipSource::Computed => reader
                .computed_relationship(own.kind, found.name, &[&source])
                .await?
                .remove(&source.key)
                .unwrap_or_default(),
            _ => include::stored_targets(&source, found),
        };
        if found.many {
            let ids = targets.iter().map(|key| key.id.clone().into()).collect();
            let role = reader.related_role(&source, &kinds, &asked).await?;
            let filter = Filter::All(vec![rows::field("id", Test::In(ids)), role]);
            return reader.page(kinds, filter, &request).await;
        }
        let seen = reader.related_row(own.kind, targets.first()).await?;
        reader.answer(seen, &request.selection).await
    }
}

impl Reader<'_> {
    /// The row that a to-one relationship of type `from` leads to, if the caller may see it.
    async fn related_row(
        &mut self,
        from: &str,
        key: Option<&Key>,
    ) -> Result<Option<Record>, GatewayError> {
        let Some(key) = key else {
            return Ok(None);
        };
        let hidden = self.hidden(from, std::iter::once(key)).await?;
        let Some(mut record) = self.snapshot.record(key).await? else {
            return Ok(None);
        };
        if hidden.contains(key) || !self.follows(from, &record) {
            return Ok(None);
        }
        redact::customer(self.caller, &mut record);
        Ok(Some(record))
    }

    /// What `asked` becomes for the rows that `source` leads to. Parts of an order that the caller may see need no owner
    /// of their own: a guest sees the lines of its order.
    async fn related_role(
        &mut self,
        source: &Record,
        kinds: &[&'static str],
        asked: &Filter,
    ) -> Result<Filter, GatewayError> {
        let from_order = source.key.kind == "orders" || rows::order_of(source).is_some();
        match kinds.first() {
            Some(first) if !from_order => self.visible(first, asked).await,
            _ => Ok(asked.clone()),
        }
    }
}

fn id_of(record: &Record) -> String {
    record.key.id.clone()
}

//! Orders and where they stand: lists, and one order with its phases.

use std::collections::HashMap;

use axum::Json;
use axum::extract::State;
use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;

use super::scope::OrderScope;
use super::view::order_view;
use super::{find_order, page_limit, search_text};
use crate::contract::{OrderView, OrdersQuery, OrdersView};
use crate::orders::order_phases::build_phases;
use crate::sics::Sics;
use crate::sics::auth::Caller;
use crate::sics::extract::{PathParams, QueryParams};
use crate::sics::list_filters::require_named;
use crate::sics::problem::ApiProblem;
use crate::store::{ApplicationRow, OrderFilter, OrderRow};

pub(crate) async fn list_orders(
    State(sics): State<Sics>,
    caller: Caller,
    QueryParams(asked): QueryParams<OrdersQuery>,
) -> Result<Json<OrdersView>, ApiProblem> {
    let limit = page_limit(asked.limit)?;
    let search = search_text(&sics, asked.search)?;
    let after = asked.after.as_deref().map(decode_page_token).transpose()?;
    let scope = OrderScope::read_scope(&sics, &caller).await?;
    let application = asked.application.filter(|id| !id.is_empty());
    let filter = OrderFilter {
        instances: scope.listed_instances(asked.instance.as_deref())?,
        application: application.clone(),
        state: asked.state,
        open: asked.open,
        user: asked.user,
        device: asked.device,
        search,
        after,
        limit: limit + 1,
        ..OrderFilter::default()
    };
    let (mut rows, total) = sics.store().list_orders(filter).await?;
    if let Some(id) = application.filter(|_| total == 0) {
        require_application(&sics, &scope, id).await?;
    }
    let has_more = rows.len() > limit;
    rows.truncate(limit);
    let next = rows.last().filter(|_| has_more).map(|row| encode_page_token(row.key));
    let applications = read_applications(&sics, &rows).await?;
    let orders = rows.into_iter().map(|row| {
        let application = applications.get(&row.application);
        order_view(row, application, &scope, Vec::new())
    });
    Ok(Json(OrdersView {
        orders: orders.collect(),
        total,
        next,
    }))
}

/// One that the caller reaches, or that was removed and has orders which they reach, whatever else the list is narrowed by.
async fn require_application(sics: &Sics, scope: &OrderScope, id: String) -> Result<(), ApiProblem> {
    let row = sics.store().load_application(id.clone()).await?;
    let is_linked = row.is_some_and(|row| scope.reaches(row.instance));
    let any = OrderFilter {
        instances: scope.listed_instances(None)?,
        application: Some(id.clone()),
        limit: 1,
        ..OrderFilter::default()
    };
    let is_there = is_linked || sics.store().list_orders(any).await?.1 > 0;
    require_named("application", "application", &id, is_there)
}

/// The applications of these orders, by id; those that were removed are missing.
async fn read_applications(sics: &Sics, rows: &[OrderRow]) -> Result<HashMap<String, ApplicationRow>, ApiProblem> {
    let mut found = HashMap::new();
    for row in rows {
        if !found.contains_key(&row.application)
            && let Some(application) = sics.store().load_application(row.application.clone()).await?
        {
            found.insert(row.application.clone(), application);
        }
    }
    Ok(found)
}

pub(crate) async fn show_order(
    State(sics): State<Sics>,
    caller: Caller,
    PathParams(id): PathParams<String>,
) -> Result<Json<OrderView>, ApiProblem> {
    let scope = OrderScope::read_scope(&sics, &caller).await?;
    let order = find_order(&sics, &scope, &id).await?;
    show_whole_order(&sics, &scope, order).await
}

/// An order with its phases.
pub(super) async fn show_whole_order(
    sics: &Sics,
    scope: &OrderScope,
    order: OrderRow,
) -> Result<Json<OrderView>, ApiProblem> {
    let events = sics.store().list_order_events(order.id.clone()).await?;
    let application = sics.store().load_application(order.application.clone()).await?;
    let phases = build_phases(&order, &events, order.language.unwrap_or_default());
    Ok(Json(order_view(order, application.as_ref(), scope, phases)))
}

/// Where a page ended: opaque outside; nothing secret and nothing trusted.
pub(super) fn encode_page_token(key: i64) -> String {
    URL_SAFE_NO_PAD.encode(key.to_be_bytes())
}

pub(super) fn decode_page_token(text: &str) -> Result<i64, ApiProblem> {
    let bytes = URL_SAFE_NO_PAD.decode(text).ok();
    let key = bytes.and_then(|bytes| bytes.try_into().ok()).map(i64::from_be_bytes);
    key.ok_or_else(|| {
        ApiProblem::bad_request(
            "wrongAfter",
            "after does not match this request",
            "Send it exactly as you received it; without it, the first page is answered.",
        )
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_page_goes_on_where_the_one_before_ended() {
        for key in [1, 77, i64::MAX] {
            assert_eq!(decode_page_token(&encode_page_token(key)).unwrap(), key);
        }
        for wrong in ["", "1", "abc!", "AAAA"] {
            assert_eq!(decode_page_token(wrong).unwrap_err().code(), "wrongAfter", "{wrong}");
        }
    }
}

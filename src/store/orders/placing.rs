//! An order comes in: durable before it is acknowledged, judged on facts of the same transaction.

use rusqlite::{Connection, params};
use serde_json::Map;

use super::approval_rule::ApplicationApproval;
use super::changes::append_event;
use super::licence_conditions::is_installed;
use super::licences::{OrderSubject, judge_acceptance};
use super::order_rows::{
    build_search_text, find_application, find_order, list_order_rows, load_order_by_key, open_states,
};
use super::webhooks::insert_webhooks;
use super::{ApplicationRow, NewWebhook, OrderCharge, OrderEvent, OrderRow, load_operator_name};
use crate::contract::{ApplicationState, ApprovalMode, OrderKind, OrderState, OrderTargetKind};
use crate::model::{Language, OperatorId, Timestamp};
use crate::store::sql_values::{to_json, to_millis};
use crate::store::{Store, StoreError, WakeTarget};

#[derive(Debug, Clone)]
pub struct NewOrder {
    pub id: String,
    /// Id of the application; the order is of its instance.
    pub application: String,
    pub kind: OrderKind,
    pub target_kind: OrderTargetKind,
    /// As it was given.
    pub target: String,
    pub approval: ApprovalMode,
    pub placed_by: OperatorId,
    pub language: Option<Language>,
    pub note: Option<String>,
    pub warnings: Vec<String>,
    /// Of all that was asked for: the same id with another digest is a conflict.
    pub digest: String,
}

/// What became of an order that was to be placed.
#[derive(Debug, Clone, PartialEq)]
pub enum OrderPlaced {
    Placed(OrderRow),
    /// The same order was placed before.
    Known(OrderRow),
    /// The id is taken by an order with other content.
    Conflict(OrderRow),
    /// The application is not prepared, or is being removed.
    NotOrderable(ApplicationRow),
    /// Another approval is asked for than the order was given: the application was changed meanwhile.
    ApprovalChanged(ApplicationRow),
    /// The application can't be ordered again while this order is open, or what it installed is there.
    AlreadyOrdered(OrderRow),
}

impl Store {
    /// An error where there is no such application. `webhooks` are sent only if the order was placed.
    pub async fn place_order(&self, new: NewOrder, webhooks: Vec<NewWebhook>) -> Result<OrderPlaced, StoreError> {
        let now = self.inner.clock.now();
        self.write_and_wake([WakeTarget::Orders], move |connection| {
            if let Some(known) = find_order(connection, &new.id)? {
                return Ok(if known.digest == new.digest {
                    OrderPlaced::Known(known)
                } else {
                    OrderPlaced::Conflict(known)
                });
            }
            let application = find_application(connection, &new.application)?.ok_or_else(|| StoreError::Unknown {
                what: "application",
                name: new.application.clone(),
            })?;
            if application.state != ApplicationState::CreationSucceeded {
                return Ok(OrderPlaced::NotOrderable(application));
            }
            let own = application.description.approval;
            if own != ApprovalMode::None && new.approval != own {
                return Ok(OrderPlaced::ApprovalChanged(application));
            }
            if let Some(earlier) = find_same_install(connection, &application, &new)? {
                return Ok(OrderPlaced::AlreadyOrdered(earlier));
            }
            let order = insert_order(connection, &application, &new, now)?;
            insert_webhooks(connection, order.instance, webhooks, now)?;
            Ok(OrderPlaced::Placed(order))
        })
        .await
    }
}

/// What stands in the way of an install order for an application that can't be ordered again.
fn find_same_install(
    connection: &Connection,
    application: &ApplicationRow,
    new: &NewOrder,
) -> Result<Option<OrderRow>, StoreError> {
    if new.kind == OrderKind::Uninstall || application.description.reshoppable {
        return Ok(None);
    }
    let found = list_order_rows(
        connection,
        &format!(
            "o.application_key = ?1 AND o.kind = ?2 AND o.target_kind = ?3 AND o.target = ?4
             AND (o.state IN {} OR {}) ORDER BY o.key DESC LIMIT 1",
            open_states(),
            is_installed("o"),
        ),
        params![
            application.key,
            OrderKind::Install.name(),
            new.target_kind.name(),
            new.target
        ],
    )?;
    Ok(found.into_iter().next())
}

fn insert_order(
    connection: &Connection,
    application: &ApplicationRow,
    new: &NewOrder,
    now: Timestamp,
) -> Result<OrderRow, StoreError> {
    let subject = OrderSubject {
        kind: new.kind,
        target_kind: new.target_kind,
        target: &new.target,
        object_id: None,
    };
    let state = match new.approval {
        ApprovalMode::None => judge_acceptance(connection, application, &subject)?,
        ApprovalMode::Operator | ApprovalMode::Callback => OrderState::WaitingForApproval,
    };
    let placed_by_name = load_operator_name(connection, new.placed_by)?;
    let about = &application.description;
    let charge = OrderCharge {
        cost: about.cost.clone(),
        currency: about.currency.clone(),
        cost_centre: about.cost_centre.clone(),
    };
    let search_text = build_search_text([
        Some(new.id.as_str()),
        Some(application.id.as_str()),
        Some(new.target.as_str()),
        Some(placed_by_name.as_str()),
    ]);
    connection
        .prepare_cached(
            "INSERT INTO app_order (id, instance, application, application_key, kind, target_kind, target, state, approval,
                 placed_by, placed_by_name, placed_at, language, note, warnings, digest, search_text, approvers, charge)
             VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11, ?12, ?13, ?14, ?15, ?16, ?17, ?18, ?19)",
        )?
        .execute(params![
            new.id,
            application.instance.0,
            application.id,
            application.key,
            new.kind.name(),
            new.target_kind.name(),
            new.target,
            state.name(),
            new.approval.name(),
            new.placed_by.0,
            placed_by_name,
            to_millis(now),
            new.language.map(Language::code),
            new.note,
            to_json(&new.warnings),
            new.digest,
            search_text,
            to_json(&ApplicationApproval::of(&application.description).list_named()),
            to_json(&charge),
        ])?;
    let order = load_order_by_key(connection, connection.last_insert_rowid())?;
    let by = Some(order.placed_by_name.as_str());
    append_event(connection, &order, OrderEvent::Placed, by, Map::new(), now)?;
    append_event(connection, &order, entry_event(state), None, Map::new(), now)?;
    Ok(order)
}

/// What happens to an order when it begins to stand there.
pub(super) fn entry_event(state: OrderState) -> OrderEvent {
    match state {
        OrderState::WaitingForApproval => OrderEvent::ApprovalRequested,
        OrderState::WaitingForLicence => OrderEvent::WaitingForLicence,
        OrderState::Accepted | OrderState::Processing => OrderEvent::Accepted,
        OrderState::Processed => OrderEvent::Processed,
        OrderState::Done => OrderEvent::Done,
        OrderState::Failed => OrderEvent::Failed,
        OrderState::Rejected => OrderEvent::Rejected,
        OrderState::Cancelled => OrderEvent::Cancelled,
        OrderState::Replaced => OrderEvent::Replaced,
    }
}

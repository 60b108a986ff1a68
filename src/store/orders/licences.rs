//! Licences of an application: who uses one, and who gets the next.
//!
//! An install order uses one from its acceptance until it ends; one that is done goes on using it until an uninstall order
//! for the same user or device is done, or until what it installed is taken back at the end of its term. Nothing is booked:
//! the orders say it.

use rusqlite::{Connection, params};
use serde_json::Map;

use super::changes::append_event;
use super::licence_conditions::uses_licence;
use super::order_rows::{find_application_by_key, list_order_rows, load_order_by_key};
use super::{ApplicationRow, OrderEvent, OrderRow};
use crate::contract::{OrderKind, OrderState, OrderTargetKind};
use crate::model::Timestamp;
use crate::store::StoreError;

/// For whom an order is.
pub(super) struct OrderSubject<'a> {
    pub(super) kind: OrderKind,
    pub(super) target_kind: OrderTargetKind,
    pub(super) target: &'a str,
    pub(super) object_id: Option<&'a str>,
}

impl<'a> OrderSubject<'a> {
    pub(super) fn of(order: &'a OrderRow) -> OrderSubject<'a> {
        OrderSubject {
            kind: order.kind,
            target_kind: order.target_kind,
            target: &order.target,
            object_id: order.object_id.as_deref(),
        }
    }
}

/// Whether an order that nobody has to approve (any more) is accepted, or waits for a licence.
pub(super) fn judge_acceptance(
    connection: &Connection,
    application: &ApplicationRow,
    subject: &OrderSubject<'_>,
) -> Result<OrderState, StoreError> {
    let has_free = |licences| application.licences_in_use < licences;
    if subject.kind == OrderKind::Uninstall || application.description.licences.is_none_or(has_free) {
        return Ok(OrderState::Accepted);
    }
    // Whoever has one already needs no second one.
    let mut statement = connection.prepare_cached(&format!(
        "SELECT EXISTS (SELECT 1 FROM app_order h WHERE h.application_key = ?1 AND {}
             AND ((h.target_kind = ?2 AND h.target = ?3) OR h.object_id = ?4))",
        uses_licence("h")
    ))?;
    let values = params![
        application.key,
        subject.target_kind.name(),
        subject.target,
        subject.object_id
    ];
    let has_one: bool = statement.query_row(values, |row| row.get(0))?;
    Ok(if has_one {
        OrderState::Accepted
    } else {
        OrderState::WaitingForLicence
    })
}

/// Accepts orders that wait for a licence, in the order in which they were placed, as long as there are free ones.
pub(super) fn free_licences(connection: &Connection, application_key: i64, now: Timestamp) -> Result<(), StoreError> {
    loop {
        let waiting = list_order_rows(
            connection,
            "o.application_key = ?1 AND o.state = ?2 ORDER BY o.key LIMIT 1",
            params![application_key, OrderState::WaitingForLicence.name()],
        )?;
        // Most often none waits: then nothing is counted.
        let Some(waiting) = waiting.into_iter().next() else {
            return Ok(());
        };
        let Some(application) = find_application_by_key(connection, application_key)? else {
            return Ok(());
        };
        if judge_acceptance(connection, &application, &OrderSubject::of(&waiting))? != OrderState::Accepted {
            return Ok(());
        }
        connection.execute(
            "UPDATE app_order SET state = ?2 WHERE key = ?1",
            params![waiting.key, OrderState::Accepted.name()],
        )?;
        let accepted = load_order_by_key(connection, waiting.key)?;
        append_event(connection, &accepted, OrderEvent::Accepted, None, Map::new(), now)?;
    }
}

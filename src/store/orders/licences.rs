//! Licences of an application: who uses one, and who gets the next.
//!
//! An install order uses one from its acceptance until it ends; one that is done goes on using it until an uninstall order
//! for the same user or device is done, or until what it installed is taken back at the end of its term. Nothing is booked:
//! the orders say it.

use rusqlite::{Connection, params};
use serde_json::Map;

use super::changes::append_event;
use super::order_rows::{find_application_by_key, list_order_rows, load_order_by_key};
use super::{ApplicationRow, OrderEvent, OrderRow};
use crate::contract::{OrderKind, OrderState, OrderTargetKind};
use crate::model::Timestamp;
use crate::store::StoreError;
use crate::store::sql_words::{quote_matching, quote_word};

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

/// In SQL, of an order: no later order `later` of its application and for the same user or device fits `condition`. The same
/// is who has the same object where both were looked up, else for whom the same was given: two questions, because an index
/// answers each, and none answers both in one.
pub(super) fn has_no_later(order: &str, later: &str, condition: &str) -> String {
    let of_application = format!(
        "SELECT 1 FROM app_order {later} WHERE {later}.application_key = {order}.application_key
             AND {later}.key > {order}.key AND ({condition})"
    );
    format!(
        "NOT EXISTS ({of_application} AND {later}.object_id = {order}.object_id)
         AND NOT EXISTS ({of_application} AND {later}.target = {order}.target
             AND {later}.target_kind = {order}.target_kind
             AND ({later}.object_id IS NULL OR {order}.object_id IS NULL))"
    )
}

/// In SQL, of an order: it is done, it installed, and nothing has removed that since, neither an order nor the end of its
/// term.
pub(super) fn is_installed(order: &str) -> String {
    let removes = format!(
        "u.kind = {} AND u.state = {}",
        quote_word(OrderKind::Uninstall),
        quote_word(OrderState::Done)
    );
    format!(
        "({order}.kind = {install} AND {order}.state = {done} AND {order}.term_ended_at IS NULL AND {no_removal})",
        install = quote_word(OrderKind::Install),
        done = quote_word(OrderState::Done),
        no_removal = has_no_later(order, "u", &removes),
    )
}

/// In SQL, of an order.
fn uses_licence(order: &str) -> String {
    format!(
        "(({order}.kind = {install} AND {order}.state IN {under_way}) OR {installed})",
        install = quote_word(OrderKind::Install),
        under_way = quote_matching(OrderState::is_under_way),
        installed = is_installed(order),
    )
}

/// In SQL, of an application `a`: how many licences are in use. Two orders for the same user or device use one.
pub(super) fn count_in_use() -> String {
    format!(
        "SELECT count(DISTINCT coalesce(h.object_id, h.target_kind || ':' || lower(h.target))) FROM app_order h
         WHERE h.application_key = a.key AND {}",
        uses_licence("h")
    )
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

//! Who uses a licence, in SQL. Pure.

use crate::contract::{OrderKind, OrderState};
use crate::store::sql_words::{quote_matching, quote_word};

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
pub(super) fn uses_licence(order: &str) -> String {
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

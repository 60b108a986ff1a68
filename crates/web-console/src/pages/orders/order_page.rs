//! One order: where it stands, what happened in each phase, its devices; and the forms of those who decide.

use askama::Template;
use axum::extract::Path;
use http::StatusCode;
use sics_client::contract::{ApprovalMode, OrderDeviceView, OrderView};

use super::phases::PhaseRow;
use super::rows::{OrderRow, order_failure};
use super::words::hex_code;
use crate::clock_text::TimeText;
use crate::failure::{PageFailure, PageResult};
use crate::page::PageContext;
use crate::pages::approvals::person::{PersonFields, form_status};
use crate::render::show_page_as;

#[derive(Template)]
#[template(path = "pages/orders/order.html")]
struct OrderPage<'a> {
    ctx: &'a PageContext,
    order: OrderRow,
    facts: OrderFacts,
    phases: Vec<PhaseRow>,
    devices: Vec<DeviceRow>,
    /// Why it is not done.
    order_failure: Option<PageFailure>,
    person: PersonFields,
    next_page: String,
    /// Of the form that was refused.
    failed_form: &'static str,
    failure: Option<&'a PageFailure>,
}

impl OrderPage<'_> {
    /// Whether the reader decides about it here.
    fn can_decide(&self) -> bool {
        self.order.waits && self.ctx.may("Orders_Approve")
    }

    /// What is wrong with the form of a decision.
    fn decision_problem(&self) -> Option<&PageFailure> {
        self.failure.filter(|_| self.failed_form == "decide")
    }

    /// What is wrong, where it does not stand in its form.
    fn page_problem(&self) -> Option<&PageFailure> {
        let in_form = self.failed_form == "decide" && self.can_decide();
        self.failure.filter(|_| !in_form)
    }
}

/// What is known of an order besides its state.
struct OrderFacts {
    instance: String,
    approval: String,
    needs_approval: bool,
    decided: Option<(String, TimeText)>,
    processed: Option<TimeText>,
    ended: Option<TimeText>,
    deadline: Option<TimeText>,
    expires: Option<TimeText>,
    attempts: u32,
    next_attempt: Option<TimeText>,
    is_open: bool,
}

impl OrderFacts {
    fn new(ctx: &PageContext, order: &OrderView) -> OrderFacts {
        let is_open = !order.state.is_final();
        let decider = match &order.decided_by {
            Some(name) => ctx.plain(name),
            None => ctx.t("orders-decided-elsewhere"),
        };
        OrderFacts {
            instance: order.instance.to_string(),
            approval: ctx.word("orders-approval-", order.approval.name()),
            needs_approval: order.approval != ApprovalMode::None,
            decided: order.decided_at.as_ref().map(|at| (decider, ctx.time(at))),
            processed: order.processed_at.as_ref().map(|at| ctx.time(at)),
            ended: order.ended_at.as_ref().map(|at| ctx.time(at)),
            deadline: order.deadline_at.as_ref().filter(|_| is_open).map(|at| ctx.time(at)),
            expires: order.expires_at.as_ref().map(|at| ctx.time(at)),
            attempts: order.attempts,
            next_attempt: order
                .next_attempt_at
                .as_ref()
                .filter(|_| is_open)
                .map(|at| ctx.time(at)),
            is_open,
        }
    }
}

/// A device of an order, and what Intune reports of it.
struct DeviceRow {
    name: String,
    /// Empty: Intune does not manage it.
    intune_id: String,
    state: String,
    light: &'static str,
    seen: Option<TimeText>,
    /// Decimal and hexadecimal; empty: no error.
    code: String,
    hex_code: String,
}

impl DeviceRow {
    fn new(ctx: &PageContext, device: &OrderDeviceView) -> DeviceRow {
        let id = device.intune_id.clone().unwrap_or_default();
        let state = device.install_state.as_deref().unwrap_or_default();
        let code = device.error_code.filter(|code| *code != 0);
        let told_hex = device.hex_error_code.as_ref().map(|hex| ctx.plain(hex));
        DeviceRow {
            name: match &device.name {
                Some(name) => ctx.plain(name),
                None if id.is_empty() => ctx.t("unknown"),
                None => id.clone(),
            },
            state: if state.is_empty() {
                ctx.t("orders-install-none")
            } else {
                ctx.word("orders-install-", state)
            },
            light: install_light(state),
            seen: device.seen_at.as_ref().map(|at| ctx.time(at)),
            code: code.map(|code| code.to_string()).unwrap_or_default(),
            hex_code: code
                .map(|code| told_hex.unwrap_or_else(|| hex_code(code)))
                .unwrap_or_default(),
            intune_id: id,
        }
    }
}

/// The class of an install state of Intune's report, whatever the order was.
fn install_light(state: &str) -> &'static str {
    match state.to_ascii_lowercase().as_str() {
        "installed" => "good",
        "failed" | "uninstallfailed" | "notapplicable" => "bad",
        _ => "",
    }
}

/// What the page shows again after a form of it was refused.
pub(super) struct RefusedForm<'a> {
    pub(super) form: &'static str,
    pub(super) failure: &'a PageFailure,
    pub(super) person: PersonFields,
}

pub(super) async fn show_order(ctx: PageContext, Path(id): Path<String>) -> PageResult {
    render_order(&ctx, &id, None).await
}

pub(super) async fn render_order(ctx: &PageContext, id: &str, refused: Option<RefusedForm<'_>>) -> PageResult {
    let view = ctx.client().show_order(id).await?;
    let (failed_form, failure, person) = match refused {
        Some(refused) => (refused.form, Some(refused.failure), refused.person),
        None => ("", None, PersonFields::signed_in(ctx)),
    };
    let page = OrderPage {
        ctx,
        order: OrderRow::new(ctx, &view),
        facts: OrderFacts::new(ctx, &view),
        phases: view.phases.iter().map(|phase| PhaseRow::new(ctx, phase)).collect(),
        devices: view.devices.iter().map(|device| DeviceRow::new(ctx, device)).collect(),
        order_failure: view.failure.as_ref().map(|failure| order_failure(ctx, failure)),
        person,
        next_page: format!("/orders/{}", view.id),
        failed_form,
        failure,
    };
    show_page_as(failure.map_or(StatusCode::OK, form_status), &page)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn states_of_reports_have_their_colours() {
        for (state, light) in [
            ("installed", "good"),
            ("uninstallFailed", "bad"),
            ("notInstalled", ""),
            ("somethingNew", ""),
        ] {
            assert_eq!(install_light(state), light, "{state}");
        }
    }
}

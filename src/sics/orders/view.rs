//! How the API shows applications and orders: field names as on the wire.

use std::collections::BTreeMap;

use super::scope::OrderScope;
use crate::contract::{
    ApplicationFailure, ApplicationState, ApplicationView, OrderDeviceView, OrderFailure, OrderPhase, OrderState,
    OrderTargetKind, OrderView,
};
use crate::model::PolicyRelaxation;
use crate::orders::approval_rules::named_approvers;
use crate::orders::install_errors::hex_error_code;
use crate::orders::lost_order::tell_lost_order;
use crate::sics::Sics;
use crate::sics::problem::ApiProblem;
use crate::store::{ApplicationRow, OrderDevice, OrderRow};

/// Changes of approvals that wait for a second person: their numbers, by application.
pub(super) struct WaitingApprovals {
    by_application: BTreeMap<String, i64>,
}

impl WaitingApprovals {
    pub(super) async fn read(sics: &Sics) -> Result<WaitingApprovals, ApiProblem> {
        let rows = sics.store().list_relaxations(true).await?.into_iter();
        let by_application = rows.filter_map(|row| match row.relaxation {
            PolicyRelaxation::ApplicationChange { application, .. } => Some((application, row.id)),
            PolicyRelaxation::PolicyChange { .. }
            | PolicyRelaxation::KillSwitchOff { .. }
            | PolicyRelaxation::SuspensionLift { .. }
            | PolicyRelaxation::WorkflowChange { .. }
            | PolicyRelaxation::AccountChange { .. } => None,
        });
        Ok(WaitingApprovals {
            by_application: by_application.collect(),
        })
    }

    fn find(&self, application: &str) -> Option<i64> {
        self.by_application.get(application).copied()
    }
}

/// An application, as the store has it.
pub(super) fn application_view(row: ApplicationRow, scope: &OrderScope, waiting: &WaitingApprovals) -> ApplicationView {
    let (about, attempts, next_attempt_at) = (row.description, row.attempts, row.next_attempt_at);
    ApplicationView {
        instance: scope.name_of(row.instance),
        loosening: waiting.find(&row.id),
        id: row.id,
        app: row.app,
        app_name: row.app_name,
        app_type: row.app_type,
        platform: row.platform,
        display_name: about.display_name,
        comment: about.comment,
        cost: about.cost,
        currency: about.currency,
        has_icon: row.has_icon,
        mandatory: about.mandatory,
        reshoppable: about.reshoppable,
        targets: about.targets,
        approval: about.approval,
        approvers: about.approvers,
        deputies: about.deputies,
        licences: about.licences,
        licences_in_use: row.licences_in_use,
        cost_centre: about.cost_centre,
        term_days: about.term_days,
        reminder_days: about.reminder_days,
        state: row.state,
        failure: row.failure.map(|failure| ApplicationFailure {
            code: failure.code,
            message: failure.message,
            advice: failure.advice,
            attempts,
            next_attempt_at,
        }),
        install_group: row.links.install_group,
        uninstall_group: row.links.uninstall_group,
        orderable: row.state == ApplicationState::CreationSucceeded,
        open_orders: row.open_orders,
        created_by: row.created_by_name,
        created_at: row.created_at,
        changed_at: row.changed_at,
    }
}

/// An order, as the store has it. `application`: `None` where it was removed; `phases`: none in lists.
pub(super) fn order_view(
    stored: OrderRow,
    application: Option<&ApplicationRow>,
    scope: &OrderScope,
    phases: Vec<OrderPhase>,
) -> OrderView {
    let row = tell_lost_order(stored);
    let approvers = list_approvers(&row, application);
    let may_cancel = scope.may_cancel(&row);
    let (user, device) = match row.target_kind {
        OrderTargetKind::User => (Some(row.target), None),
        OrderTargetKind::Device => (None, Some(row.target)),
    };
    OrderView {
        application_name: application.map_or_else(
            || row.application.clone(),
            |application| application.description.display_name.clone(),
        ),
        instance: scope.name_of(row.instance),
        id: row.id,
        application: row.application,
        kind: row.kind,
        user,
        device,
        target_name: row.target_name,
        state: row.state,
        status: row.status,
        message: row.message,
        failure: row.failure.map(|failure| OrderFailure {
            code: failure.code,
            message: failure.message,
            advice: failure.advice,
        }),
        placed_by: row.placed_by_name,
        placed_at: row.placed_at,
        approval: row.approval,
        approvers,
        decided_by: row.decided_by_name,
        decided_at: row.decided_at,
        processed_at: row.processed_at,
        ended_at: row.ended_at,
        deadline_at: row.deadline_at,
        expires_at: row.expires_at,
        attempts: row.attempts,
        next_attempt_at: row.next_attempt_at,
        warnings: row.warnings,
        cost: row.charge.cost,
        currency: row.charge.currency,
        cost_centre: row.charge.cost_centre,
        note: row.note,
        may_cancel,
        devices: row.devices.into_iter().map(device_view).collect(),
        phases,
    }
}

/// Who may approve it, while it waits for that: those that its application named when it was placed.
fn list_approvers(row: &OrderRow, application: Option<&ApplicationRow>) -> Vec<String> {
    if row.state != OrderState::WaitingForApproval {
        return Vec::new();
    }
    let named = named_approvers(row, application).into_iter();
    named.map(str::to_owned).collect()
}

fn device_view(device: OrderDevice) -> OrderDeviceView {
    OrderDeviceView {
        name: device.name,
        intune_id: device.intune_id,
        install_state: device.install_state,
        seen_at: device.seen_at,
        error_code: device.error_code,
        hex_error_code: device.error_code.map(hex_error_code),
    }
}

//! What shops are told and asked: the bodies of webhooks, in the shape of Standard Webhooks (`type`, `timestamp`, `data`).

use serde_json::{Value, json};

use super::install_errors::hex_error_code;
use crate::contract::{OrderKind, OrderState, OrderTargetKind};
use crate::model::{Timestamp, format_time};
use crate::store::{ApplicationRow, NewWebhook, OrderRow, StepFailure, WebhookPurpose};

/// `type` of what tells how an order ended.
pub const STATUS_TYPE: &str = "order.status";
/// `type` of what asks for an approval.
pub const APPROVAL_TYPE: &str = "order.approvalRequested";

/// How an order ended; nothing is sent of states before that.
pub struct StatusNotice<'a> {
    pub state: OrderState,
    pub message: Option<&'a str>,
    pub failure: Option<&'a StepFailure>,
    pub at: Timestamp,
}

pub fn status_webhook(order: &OrderRow, notice: &StatusNotice<'_>) -> NewWebhook {
    let failure = notice
        .failure
        .map(|failure| json!({"code": failure.code, "message": failure.message, "advice": failure.advice}));
    let devices: Vec<Value> = order
        .devices
        .iter()
        .map(|device| {
            json!({
                "name": device.name, "intuneId": device.intune_id, "installState": device.install_state,
                "errorCode": device.error_code, "hexErrorCode": device.error_code.map(hex_error_code),
            })
        })
        .collect();
    let mut data = json!({
        "order": order.id, "application": order.application, "type": order.kind.name(), "state": notice.state.name(),
        "status": notice.state.status(), "message": notice.message, "failure": failure, "devices": devices,
        "targetName": order.target_name, "note": order.note,
    });
    data[order.target_kind.name()] = order.target.clone().into();
    NewWebhook {
        purpose: WebhookPurpose::OrderStatus,
        subject: order.id.clone(),
        body: envelope(STATUS_TYPE, notice.at, data),
    }
}

/// What is known of an order when an approval is asked for.
pub struct ApprovalQuestion<'a> {
    pub order: &'a str,
    pub kind: OrderKind,
    pub target_kind: OrderTargetKind,
    /// As it was given.
    pub target: &'a str,
    /// Name of the account.
    pub placed_by: &'a str,
    pub note: Option<&'a str>,
    pub warnings: &'a [String],
    pub at: Timestamp,
}

/// The receiver answers with the decision, or sends it later to the API.
pub fn approval_webhook(application: &ApplicationRow, question: &ApprovalQuestion<'_>) -> NewWebhook {
    let description = &application.description;
    let mut data = json!({
        "order": question.order, "application": application.id, "applicationName": description.display_name,
        "type": question.kind.name(), "placedBy": question.placed_by, "note": question.note,
        "warnings": question.warnings, "cost": description.cost, "currency": description.currency,
        "costCentre": description.cost_centre, "approvers": description.approvers, "deputies": description.deputies,
    });
    data[question.target_kind.name()] = question.target.into();
    NewWebhook {
        purpose: WebhookPurpose::ApprovalRequest,
        subject: question.order.to_owned(),
        body: envelope(APPROVAL_TYPE, question.at, data),
    }
}

fn envelope(kind: &str, at: Timestamp, data: Value) -> String {
    json!({"type": kind, "timestamp": format_time(at), "data": data}).to_string()
}

#[cfg(test)]
mod tests {
    use super::super::assignment_plan::tests::application;
    use super::super::order_texts::tests::{order, time};
    use super::*;
    use crate::store::OrderDevice;

    #[test]
    fn sh_32_a_shop_is_told_1_or_0_with_a_message_and_the_code_in_decimal_and_hex() {
        let mut order = order(OrderKind::Install, OrderState::Processed);
        order.devices.push(OrderDevice {
            name: Some("PC-7".into()),
            error_code: Some(-2_016_345_060),
            ..OrderDevice::default()
        });
        let failure = StepFailure {
            code: "installFailed".into(),
            message: "It failed.".into(),
            advice: "Restart.".into(),
            lost: None,
        };
        let notice = StatusNotice {
            state: OrderState::Failed,
            message: Some("It failed."),
            failure: Some(&failure),
            at: time(5),
        };
        let webhook = status_webhook(&order, &notice);
        let body: Value = serde_json::from_str(&webhook.body).unwrap();
        assert_eq!(
            (&body["type"], &body["timestamp"]),
            (&json!(STATUS_TYPE), &json!("2026-11-21T12:05:00Z"))
        );
        let data = &body["data"];
        assert_eq!(
            (&data["order"], &data["status"], &data["device"]),
            (&json!("A-1"), &json!(0), &json!("pc-7"))
        );
        assert_eq!(data["devices"][0]["hexErrorCode"], "0x87D1041C");
        assert_eq!(data["failure"]["advice"], "Restart.");
        let processed = StatusNotice {
            state: OrderState::Processed,
            message: None,
            failure: None,
            at: time(5),
        };
        let body: Value = serde_json::from_str(&status_webhook(&order, &processed).body).unwrap();
        assert_eq!(body["data"]["status"], Value::Null, "it has not ended");
    }

    #[test]
    fn who_is_asked_for_an_approval_learns_what_it_costs_and_whom_it_is_for() {
        let mut application = application();
        application.description.cost = Some("12.50".into());
        application.description.cost_centre = Some("4711".into());
        let question = ApprovalQuestion {
            order: "A-1",
            kind: OrderKind::Install,
            target_kind: OrderTargetKind::User,
            target: "ann@example.com",
            placed_by: "shop",
            note: None,
            warnings: &[],
            at: time(0),
        };
        let webhook = approval_webhook(&application, &question);
        let body: Value = serde_json::from_str(&webhook.body).unwrap();
        assert_eq!(
            (&body["data"]["cost"], &body["data"]["user"]),
            (&json!("12.50"), &json!("ann@example.com"))
        );
        assert_eq!(body["data"]["costCentre"], "4711");
        assert_eq!(
            (webhook.purpose, webhook.subject.as_str()),
            (WebhookPurpose::ApprovalRequest, "A-1")
        );
    }
}

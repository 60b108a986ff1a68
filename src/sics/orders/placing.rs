//! Orders come in: from shops, management servers and people. What could only fail is refused with its reason; what is
//! accepted is durable before it is acknowledged.

use std::time::Duration;

use axum::Json;
use axum::extract::State;
use axum::http::StatusCode;
use serde_json::json;

use super::placing_rules::{
    OrderTarget, check_order, decide_approval, digest_order, require_approval_address, require_orderable,
    require_target_allowed,
};
use super::provider::{OrderProvider, TargetCheck};
use super::queries::show_whole_order;
use super::scope::OrderScope;
use super::shop_messages::approval_requests;
use super::target_checks::CheckSubject;
use super::{find_application, wake_workers};
use crate::contract::{OrderBody, OrderKind, OrderView};
use crate::sics::Sics;
use crate::sics::auth::Caller;
use crate::sics::extract::JsonBody;
use crate::sics::problem::ApiProblem;
use crate::store::{ApplicationRow, NewOrder, OrderPlaced, OrderRow, Store};

/// Longest look at the tenant before an order is taken.
const LOOK_MOST: Duration = Duration::from_secs(10);

pub(crate) async fn place_order(
    State(sics): State<Sics>,
    caller: Caller,
    JsonBody(body): JsonBody<OrderBody>,
) -> Result<(StatusCode, Json<OrderView>), ApiProblem> {
    let target = check_order(&body)?;
    let scope = OrderScope::read_scope(&sics, &caller).await?;
    // What was taken is answered as it is, whatever became of its application since.
    let digest = digest_order(&body);
    if let Some(known) = sics.store().load_order(body.id.clone()).await? {
        return show_known(&sics, &scope, known, &digest).await;
    }
    let application = find_application(&sics, &scope, &body.application).await?;
    let instance = scope.require_installed(application.instance)?;
    require_orderable(&application)?;
    require_target_allowed(&application, instance, target.kind)?;
    let approval = decide_approval(application.description.approval, body.approval)?;
    require_approval_address(instance, approval)?;
    let warnings = check_target(&sics, &caller, &application, body.kind, &target).await?;
    let new = NewOrder {
        id: body.id,
        application: body.application,
        kind: body.kind,
        target_kind: target.kind,
        target: target.text,
        approval,
        placed_by: caller.operator.id,
        language: body.language,
        note: body.note,
        warnings,
        digest,
    };
    let requests = approval_requests(&new, &application, caller.name(), sics.now());
    let placed = recording_placed(&sics, &caller, &new)
        .place_order(new, requests)
        .await?;
    show_placed(&sics, &scope, placed).await
}

/// Whether the tenant has this user or device, and the app fits it; answers what is doubtful.
async fn check_target(
    sics: &Sics,
    caller: &Caller,
    application: &ApplicationRow,
    kind: OrderKind,
    target: &OrderTarget,
) -> Result<Vec<String>, ApiProblem> {
    let not_checked = |why: &str| {
        let why = why.trim_end_matches('.');
        format!("The {} was not checked in the tenant: {why}.", target.kind.name())
    };
    let Some(provider) = sics.engine().order_provider() else {
        return Ok(vec![not_checked("no orders instance runs")]);
    };
    match look_at_target(sics, caller, provider, application, (kind, target)).await? {
        TargetCheck::Fits => Ok(Vec::new()),
        TargetCheck::Warn(warnings) => Ok(warnings),
        TargetCheck::NotChecked(why) => Ok(vec![not_checked(&why)]),
        TargetCheck::Refused { code, message, advice } => Err(ApiProblem::conflict(&code, message, advice)),
    }
}

/// What the tenant says, or said a moment ago. Each look takes several requests, whatever becomes of the order (E8).
async fn look_at_target(
    sics: &Sics,
    caller: &Caller,
    provider: &dyn OrderProvider,
    application: &ApplicationRow,
    (kind, target): (OrderKind, &OrderTarget),
) -> Result<TargetCheck, ApiProblem> {
    let checks = sics.target_checks();
    let subject = CheckSubject::new(application, kind, target.kind, &target.text);
    if let Some(known) = checks.find_judgement(&subject, sics.now()) {
        return Ok(known);
    }
    let _permit = checks.acquire_permit(caller)?;
    let look = provider.check_target(
        application.instance,
        application.clone(),
        kind,
        target.kind,
        target.text.clone(),
    );
    let Ok(check) = tokio::time::timeout(LOOK_MOST, look).await else {
        return Ok(TargetCheck::NotChecked(
            "it did not answer within 10 seconds".to_owned(),
        ));
    };
    checks.keep_judgement(subject, &check, sics.now());
    Ok(check)
}

/// The store for an order, with its row in the trail.
fn recording_placed(sics: &Sics, caller: &Caller, new: &NewOrder) -> Store {
    let detail = json!({
        "application": new.application,
        "type": new.kind,
        "targetKind": new.target_kind,
        "target": new.target,
        "approval": new.approval,
    });
    let audit_detail = move |placed: &OrderPlaced| match placed {
        OrderPlaced::Placed(_) => Some(detail.clone()),
        OrderPlaced::Known(_)
        | OrderPlaced::Conflict(_)
        | OrderPlaced::NotOrderable(_)
        | OrderPlaced::ApprovalChanged(_)
        | OrderPlaced::AlreadyOrdered(_) => None,
    };
    sics.recording(caller, "order.placed", &new.id, audit_detail)
}

async fn show_placed(
    sics: &Sics,
    scope: &OrderScope,
    placed: OrderPlaced,
) -> Result<(StatusCode, Json<OrderView>), ApiProblem> {
    match placed {
        OrderPlaced::Placed(order) => {
            wake_workers(sics, order.instance);
            Ok((StatusCode::CREATED, show_whole_order(sics, scope, order).await?))
        }
        OrderPlaced::Known(order) => Ok((StatusCode::OK, show_whole_order(sics, scope, order).await?)),
        OrderPlaced::Conflict(order) => Err(order_conflict_problem(scope, &order)),
        OrderPlaced::NotOrderable(application) => Err(require_orderable(&application).err().unwrap_or_else(|| {
            ApiProblem::conflict(
                "notOrderable",
                format!("the application {} can't be ordered", application.id),
                format!(
                    "See how it stands: GET /sics/v1/applications/{0}, or intune-connector apps show {0}",
                    application.id
                ),
            )
        })),
        OrderPlaced::ApprovalChanged(application) => Err(ApiProblem::conflict(
            "approvalChanged",
            format!(
                "the approval of the application {} was changed meanwhile",
                application.id
            ),
            "Send the order again: it follows the application as it is now.",
        )),
        OrderPlaced::AlreadyOrdered(order) => Err(already_ordered_problem(&order)),
    }
}

/// The same id again: the same order where it has the same content.
async fn show_known(
    sics: &Sics,
    scope: &OrderScope,
    known: OrderRow,
    digest: &str,
) -> Result<(StatusCode, Json<OrderView>), ApiProblem> {
    if known.digest == digest && scope.reaches(known.instance) {
        Ok((StatusCode::OK, show_whole_order(sics, scope, known).await?))
    } else {
        Err(order_conflict_problem(scope, &known))
    }
}

/// An id that is taken can't be had, and that can't be hidden; nothing more is told of an order out of reach.
fn order_conflict_problem(scope: &OrderScope, known: &OrderRow) -> ApiProblem {
    let id = &known.id;
    let detail = if scope.reaches(known.instance) {
        format!(
            "there is an order {id} with other content: {} of {} for {}",
            known.kind.name(),
            known.application,
            known.target
        )
    } else {
        format!("there is an order {id} with other content")
    };
    ApiProblem::conflict(
        "orderConflict",
        detail,
        "Give a new order an id of its own; the same id is for sending the same order again.",
    )
}

fn already_ordered_problem(order: &OrderRow) -> ApiProblem {
    ApiProblem::conflict(
        "alreadyOrdered",
        format!(
            "{} was ordered for {} already, by the order {} ({}), and can't be ordered again",
            order.application,
            order.target,
            order.id,
            order.state.name()
        ),
        "Wait for that order or cancel it; what is installed is ordered again after an uninstall order, or where the \
         application is reshoppable.",
    )
    .with_member("order", order.id.as_str())
    .with_member("state", order.state.name())
}

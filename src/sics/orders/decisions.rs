//! What people decide about orders: approve, reject, cancel, repeat.
//!
//! An approval is a person's own, as that of a job: it takes their password (and a code, where they have a second factor),
//! unless they gave it within the last minutes. What a callback is to decide is approved by an account of a system, not by
//! a person. Stopping something takes no more than the right.

use axum::Json;
use axum::extract::State;
use axum::http::StatusCode;
use secrecy::SecretString;
use serde_json::json;

use super::field_checks::check_reason;
use super::placing_rules::require_orderable;
use super::queries::show_whole_order;
use super::scope::OrderScope;
use super::shop_messages::status_message;
use super::{find_order, wake_workers};
use crate::actions::guard::tied_accounts::is_person;
use crate::contract::{ApprovalMode, OrderDecisionBody, OrderReasonBody, OrderState, OrderView};
use crate::model::Timestamp;
use crate::orders::approval_rules::{APPROVES, OrderApproval, check_callback_account, named_approvers};
use crate::sics::Sics;
use crate::sics::auth::{Caller, SignInMethod};
use crate::sics::extract::{JsonBody, PathParams};
use crate::sics::jobs::operator_decisions::{GivenPerson, sign_in_person};
use crate::sics::problem::ApiProblem;
use crate::store::{ApplicationRow, NewWebhook, OrderDecided, OrderRow, Store};

pub(crate) async fn approve_order(
    State(sics): State<Sics>,
    caller: Caller,
    PathParams(id): PathParams<String>,
    JsonBody(body): JsonBody<OrderDecisionBody>,
) -> Result<Json<OrderView>, ApiProblem> {
    let reason = check_reason(body.reason)?;
    let (scope, order) = find_waiting_order(&sics, &caller, &id).await?;
    let person = require_approver(&sics, &caller, &scope, &order, (body.password, body.code)).await?;
    let store = recording_decision(&sics, &person, "order.approved", &order, reason.as_deref());
    let decided = store
        .decide_order(order.id.clone(), true, Some(person.operator.id), reason, Vec::new())
        .await?;
    show_decided(&sics, &scope, &order.id, decided).await
}

/// Whoever approves, once that is allowed. A callback is answered at once, or later here by the account of the system that
/// was asked.
async fn require_approver(
    sics: &Sics,
    caller: &Caller,
    scope: &OrderScope,
    order: &OrderRow,
    (password, code): (Option<SecretString>, Option<String>),
) -> Result<Caller, ApiProblem> {
    if order.approval == ApprovalMode::Callback {
        let controls = sics.store().list_controls().await?;
        check_callback_account(order, &caller.operator, &controls, sics.now())?;
        return Ok(caller.clone());
    }
    let person = confirm_person(sics, caller, password, code).await?;
    let application = sics.store().load_application(order.application.clone()).await?;
    check_approver(sics, order, application.as_ref(), scope, &person).await?;
    Ok(person)
}

/// Password and code, unless this session was confirmed a moment ago or this very request was signed by password.
async fn confirm_person(
    sics: &Sics,
    caller: &Caller,
    password: Option<SecretString>,
    code: Option<String>,
) -> Result<Caller, ApiProblem> {
    if let Some(password) = password {
        let given = GivenPerson {
            name: caller.name().to_owned(),
            password,
            code,
        };
        let person = sign_in_person(sics, caller, given, APPROVES).await?;
        // The caller was read before: what has changed since is found when the decision is written.
        return Ok(Caller {
            relaxation_rule: caller.relaxation_rule,
            accounts_version: caller.accounts_version,
            ..person
        });
    }
    if !is_person(&caller.operator) || !caller.by.is_fresh(sics.now()) {
        return Err(confirmation_missing_problem(caller));
    }
    caller.require_second_factor(sics.limits().login.second_factor)?;
    Ok(caller.clone())
}

fn confirmation_missing_problem(caller: &Caller) -> ApiProblem {
    let (code, detail, advice) = match &caller.by {
        _ if !is_person(&caller.operator) => (
            "personally",
            "only a person may approve, with their own password",
            "Sign in with your own account; tokens of servers cannot approve.",
        ),
        SignInMethod::Session { .. } => (
            "sessionNotConfirmed",
            "approving an order requires your password again",
            "Send password, or confirm the session: POST /sics/v1/sessions/current/confirm. It counts for five minutes.",
        ),
        SignInMethod::Token(_) | SignInMethod::Password { .. } => (
            "passwordNeeded",
            "a token alone cannot approve an order",
            "Send password as well, and code where you have a second factor.",
        ),
    };
    ApiProblem::new(StatusCode::FORBIDDEN, code, detail, advice)
}

async fn check_approver(
    sics: &Sics,
    order: &OrderRow,
    application: Option<&ApplicationRow>,
    scope: &OrderScope,
    person: &Caller,
) -> Result<(), ApiProblem> {
    let (operators, controls) = (
        sics.store().list_operators().await?,
        sics.store().list_controls().await?,
    );
    let approval = OrderApproval {
        order,
        instance: &scope.name_of(order.instance),
        named: named_approvers(order, application),
        operators: &operators,
        controls: &controls,
        now: sics.now(),
    };
    approval.check_approver(&person.operator).map_err(ApiProblem::from)
}

pub(crate) async fn reject_order(
    State(sics): State<Sics>,
    caller: Caller,
    PathParams(id): PathParams<String>,
    JsonBody(body): JsonBody<OrderDecisionBody>,
) -> Result<Json<OrderView>, ApiProblem> {
    let reason = check_reason(body.reason)?;
    let (scope, order) = find_waiting_order(&sics, &caller, &id).await?;
    let messages = end_messages(&scope, &order, OrderState::Rejected, reason.clone(), sics.now());
    let store = recording_decision(&sics, &caller, "order.rejected", &order, reason.as_deref());
    let decided = store
        .decide_order(order.id.clone(), false, Some(caller.operator.id), reason, messages)
        .await?;
    show_decided(&sics, &scope, &order.id, decided).await
}

pub(crate) async fn cancel_order(
    State(sics): State<Sics>,
    caller: Caller,
    PathParams(id): PathParams<String>,
    JsonBody(body): JsonBody<OrderReasonBody>,
) -> Result<Json<OrderView>, ApiProblem> {
    let reason = check_reason(body.reason)?;
    let scope = OrderScope::read_scope(&sics, &caller).await?;
    let order = find_order(&sics, &scope, &id).await?;
    scope.require_may_cancel(&order)?;
    let messages = end_messages(&scope, &order, OrderState::Cancelled, reason.clone(), sics.now());
    let store = recording_decision(&sics, &caller, "order.cancelled", &order, reason.as_deref());
    let decided = store
        .cancel_order(order.id.clone(), caller.operator.id, reason, messages)
        .await?;
    show_decided(&sics, &scope, &order.id, decided).await
}

pub(crate) async fn retry_order(
    State(sics): State<Sics>,
    caller: Caller,
    PathParams(id): PathParams<String>,
) -> Result<Json<OrderView>, ApiProblem> {
    let scope = OrderScope::read_scope(&sics, &caller).await?;
    let order = find_order(&sics, &scope, &id).await?;
    scope.require_may_cancel(&order)?;
    let store = recording_decision(&sics, &caller, "order.retried", &order, None);
    let retried = store.retry_order(order.id.clone(), caller.operator.id).await?;
    match retried {
        Some(Err(order)) => {
            let deciding = sics.store().find_deciding_order(order.clone()).await?;
            Err(not_repeatable_problem(&order, deciding.as_ref()))
        }
        retried => show_decided(&sics, &scope, &order.id, retried).await,
    }
}

/// What the shop is told of an order that ends so.
fn end_messages(
    scope: &OrderScope,
    order: &OrderRow,
    state: OrderState,
    reason: Option<String>,
    now: Timestamp,
) -> Vec<NewWebhook> {
    let ended = OrderRow {
        state,
        status: state.status(),
        message: reason,
        ended_at: Some(now),
        ..order.clone()
    };
    status_message(scope.find(order.instance), &ended).into_iter().collect()
}

/// The store for a decision, with its row in the trail.
fn recording_decision(
    sics: &Sics,
    caller: &Caller,
    action: &'static str,
    order: &OrderRow,
    reason: Option<&str>,
) -> Store {
    let detail =
        json!({"application": order.application, "type": order.kind, "target": order.target, "reason": reason});
    let audit_detail = move |decided: &OrderDecided| match decided {
        Some(Ok(_)) => Some(detail.clone()),
        Some(Err(_)) | None => None,
    };
    sics.recording(caller, action, &order.id, audit_detail)
}

/// The order behind a decision; what was decided meanwhile is told.
async fn show_decided(
    sics: &Sics,
    scope: &OrderScope,
    id: &str,
    decided: OrderDecided,
) -> Result<Json<OrderView>, ApiProblem> {
    match decided {
        Some(Ok(order)) => {
            wake_workers(sics, order.instance);
            show_whole_order(sics, scope, order).await
        }
        Some(Err(order)) => Err(find_obstacle(sics, &order).await?),
        None => Err(super::unknown_order_problem(id)),
    }
}

/// Why a decision was not written: the order does not wait any more, or its application is gone or is not prepared.
async fn find_obstacle(sics: &Sics, order: &OrderRow) -> Result<ApiProblem, ApiProblem> {
    if order.state != OrderState::WaitingForApproval {
        return Ok(not_waiting_problem(order));
    }
    let application = sics.store().load_application(order.application.clone()).await?;
    let problem = application.and_then(|application| require_orderable(&application).err());
    Ok(problem.unwrap_or_else(|| {
        ApiProblem::conflict(
            "applicationRemoved",
            format!(
                "the application {} of the order {} was removed",
                order.application, order.id
            ),
            "Reject or cancel the order.",
        )
    }))
}

/// The order of this id, as long as it waits for approval, and what the caller reaches.
async fn find_waiting_order(sics: &Sics, caller: &Caller, id: &str) -> Result<(OrderScope, OrderRow), ApiProblem> {
    let scope = OrderScope::read_scope(sics, caller).await?;
    let order = find_order(sics, &scope, id).await?;
    if order.state == OrderState::WaitingForApproval {
        Ok((scope, order))
    } else {
        Err(not_waiting_problem(&order))
    }
}

fn not_waiting_problem(order: &OrderRow) -> ApiProblem {
    let (id, state) = (&order.id, order.state.name());
    let (code, detail) = if order.state.is_final() {
        ("orderEnded", format!("the order {id} has ended: it is {state}"))
    } else {
        (
            "notWaiting",
            format!("the order {id} is not waiting for approval: it is {state}"),
        )
    };
    let advice = format!("See what became of it: GET /sics/v1/orders/{id}, or intune-connector orders show {id}");
    ApiProblem::conflict(code, detail, advice).with_member("state", state)
}

fn not_repeatable_problem(order: &OrderRow, deciding: Option<&OrderRow>) -> ApiProblem {
    let (detail, advice) = explain_not_repeatable(order, deciding);
    ApiProblem::conflict("notRepeatable", detail, advice).with_member("state", order.state.name())
}

/// Why, and what to do; `deciding`: the later order for the opposite that it would undo.
fn explain_not_repeatable(order: &OrderRow, deciding: Option<&OrderRow>) -> (String, String) {
    let (id, state) = (&order.id, order.state.name());
    let new = "Place a new order with another id where it is still needed.".to_owned();
    // What was processed is never repeated, whatever came after it.
    let is_repeatable = order.state == OrderState::Failed && order.processed_at.is_none();
    match deciding.filter(|_| is_repeatable) {
        None => (format!("the order {id} can't be repeated: it is {state}"), new),
        Some(later) if later.state.is_final() => (
            format!(
                "the order {id} can't be repeated: the later order {} decides, and is done",
                later.id
            ),
            new,
        ),
        Some(later) => (
            format!("the order {id} can't be repeated: the later order {} decides", later.id),
            format!("Cancel it first: intune-connector orders cancel {}", later.id),
        ),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::contract::OrderKind;
    use crate::orders::order_texts::tests::{order, time};

    #[test]
    fn an_order_that_is_not_repeated_names_the_later_one_that_decides() {
        let mut failed = order(OrderKind::Install, OrderState::Failed);
        let mut later = order(OrderKind::Uninstall, OrderState::Processed);
        later.id = "A-2".into();
        let (detail, advice) = explain_not_repeatable(&failed, Some(&later));
        assert!(detail.ends_with("the later order A-2 decides"), "{detail}");
        assert!(advice.ends_with("orders cancel A-2"), "{advice}");
        later.state = OrderState::Done;
        let (detail, advice) = explain_not_repeatable(&failed, Some(&later));
        assert!(detail.contains("the later order A-2 decides"), "{detail}");
        assert!(advice.starts_with("Place a new order"), "{advice}");
        failed.processed_at = Some(time(1));
        for deciding in [Some(&later), None] {
            let (detail, _) = explain_not_repeatable(&failed, deciding);
            assert!(detail.ends_with("it is failed"), "{detail}");
        }
    }
}

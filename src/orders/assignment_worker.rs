//! The Intune Assignment Worker: has each application made ready in the tenant, one step at a time, each kept at once.

use std::collections::HashSet;
use std::sync::Arc;

use tokio::sync::watch;

use super::application_lock::lock_application;
use super::application_removal::remove_traces;
use super::application_trouble::{ApplicationTrouble, explain_stop, group_not_known, needs_repair};
use super::assignment_plan::{
    AssignmentFacts, AssignmentStep, GroupFacts, GroupName, LinksByKind, SETTLE, TenantSight, next_assignment_step,
};
use super::failpoints::OrderFailpoint;
use super::graph_trouble::{GraphNeed, explain_outcome};
use super::order_context::{OrderContext, run_at_once};
use super::order_graph::{assignment_intent, parse_value, text_of};
use super::order_log::{OrderLogLevel, OrderLogger};
use crate::contract::{ApplicationState, OrderKind};
use crate::graph::WriteOutcome;
use crate::model::{Language, Timestamp};
use crate::store::{ApplicationRow, StoreError};

/// Applications that are worked on at the same time: writes of apps are limited (100 in 20 s).
const AT_ONCE: usize = 4;
/// Applications of one look.
const BATCH: usize = 50;
/// Steps of one attempt at an application; twice what a new one takes.
const STEPS_MAX: usize = 40;

/// What came of one run.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct AssignmentCounts {
    pub completed: u64,
    pub removed: u64,
    /// Tried in vain.
    pub failed: u64,
}

/// How an attempt ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum AttemptEnd {
    Completed,
    Removed,
    Failed,
    /// There was nothing to do any more.
    Left,
}

/// Makes ready, or removes, every application whose time has come.
pub async fn assign_applications(
    context: &OrderContext,
    cancelled: &watch::Receiver<bool>,
) -> Result<AssignmentCounts, StoreError> {
    let mut counts = AssignmentCounts::default();
    let mut tried: HashSet<i64> = HashSet::new();
    let shared = Arc::new(context.clone());
    loop {
        let now = context.clock.now();
        let mut due = context.store.due_applications(context.instance, now, BATCH).await?;
        due.retain(|application| tried.insert(application.key));
        if due.is_empty() || *cancelled.borrow() {
            return Ok(counts);
        }
        let works = due.into_iter().enumerate().map(|(at, application)| {
            let context = Arc::clone(&shared);
            async move { attempt_application(&context, at % AT_ONCE, &application).await }
        });
        for ended in run_at_once(AT_ONCE, works).await {
            match ended? {
                AttemptEnd::Completed => counts.completed += 1,
                AttemptEnd::Removed => counts.removed += 1,
                AttemptEnd::Failed => counts.failed += 1,
                AttemptEnd::Left => (),
            }
        }
    }
}

async fn attempt_application(
    context: &OrderContext,
    worker: usize,
    due: &ApplicationRow,
) -> Result<AttemptEnd, StoreError> {
    let _lock = lock_application(&due.marker).await;
    // Another worker may have been here while this one waited.
    let fresh = context.store.load_application(due.id.clone()).await?;
    let now = context.clock.now();
    let is_due = |fresh: &ApplicationRow| fresh.key == due.key && fresh.next_attempt_at.is_some_and(|at| at <= now);
    let Some(mut application) = fresh.filter(is_due) else {
        return Ok(AttemptEnd::Left);
    };
    let is_removal = application.state == ApplicationState::Removing;
    let ended = if is_removal {
        remove_traces(context, &mut application).await?
    } else {
        prepare_application(context, &mut application).await?
    };
    let id = application.id.clone();
    let Err(trouble) = ended else {
        let (end, word) = if is_removal {
            (AttemptEnd::Removed, "removed")
        } else {
            (AttemptEnd::Completed, "creation succeeded")
        };
        tracing::info!(application.id = %id, end = word, "the application is done");
        let text = format!(
            "Assignment of application {id} to intune app {}: {word}",
            application.app_name
        );
        context.log_line(OrderLogger::Assignment, worker, OrderLogLevel::Info, &text);
        return Ok(end);
    };
    let told = trouble.trouble();
    tracing::warn!(application.id = %id, code = told.code, problem = told.message.en, "the application could not be completed");
    let text = format!("Assignment of application {id} failed: {}", told.message.en);
    context.log_line(OrderLogger::Assignment, worker, OrderLogLevel::Error, &text);
    let next = trouble.next_attempt_at(application.attempts, now);
    let failure = told.to_failure(Language::En);
    match next.filter(|_| trouble.is_early()) {
        Some(next) => context.store.delay_application(application.key, failure, next).await?,
        None => context.store.fail_application(application.key, failure, next).await?,
    }
    Ok(AttemptEnd::Failed)
}

/// The outer error is the store's; the inner one is told with the application.
async fn prepare_application(
    context: &OrderContext,
    application: &mut ApplicationRow,
) -> Result<Result<(), ApplicationTrouble>, StoreError> {
    let mut sight = TenantSight::default();
    let mut created: HashSet<OrderKind> = HashSet::new();
    for _ in 0..STEPS_MAX {
        let step = next_assignment_step(application, &sight, context.clock.now());
        let taken = match &step {
            AssignmentStep::Complete => {
                context
                    .failpoints
                    .reach(OrderFailpoint::BeforeComplete, &application.id)
                    .await;
                context.store.complete_application(application.key).await?;
                return Ok(Ok(()));
            }
            AssignmentStep::Stop(stop) => return Ok(Err(explain_stop(application, stop))),
            AssignmentStep::AdoptGroup(kind, id) => {
                application.links.set_group(*kind, Some(id.clone()));
                let marked = sight.group(*kind).by_marker.iter().flatten();
                let mut marked = marked.cloned();
                let found = marked.find(|group| group.id == *id);
                sight.group_mut(*kind).by_id = found.map(Some);
                record_links(context, application, OrderFailpoint::AfterGroupRecord).await?;
                Ok(())
            }
            AssignmentStep::ForgetGroup(kind) => {
                application.links.set_group(*kind, None);
                application.links.set_assignment(*kind, None);
                application.links.set_intent_at(*kind, None);
                *sight.group_mut(*kind) = Default::default();
                record_links(context, application, OrderFailpoint::AfterGroupRecord).await?;
                Ok(())
            }
            AssignmentStep::CreateGroup(kind) => create_group(context, application, *kind, &mut sight).await?,
            // What was created a moment ago does not show: not again in this attempt.
            AssignmentStep::CreateAssignment(kind, _) if !created.insert(*kind) => Err(needs_repair().into()),
            AssignmentStep::CreateAssignment(kind, group) => {
                create_assignment(context, application, (*kind, group.as_str()), &mut sight).await
            }
            AssignmentStep::RecordAssignment(kind, id) => {
                application.links.set_assignment(*kind, Some(id.clone()));
                record_links(context, application, OrderFailpoint::AfterAssignmentRecord).await?;
                Ok(())
            }
            read => match context.read_step(application, read, &mut sight).await {
                Ok(true) => Ok(()),
                Ok(false) => Err(needs_repair().into()),
                Err(trouble) => Err(trouble.into()),
            },
        };
        if let Err(trouble) = taken {
            return Ok(Err(trouble));
        }
    }
    Ok(Err(needs_repair().into()))
}

pub(super) async fn record_links(
    context: &OrderContext,
    application: &ApplicationRow,
    behind: OrderFailpoint,
) -> Result<(), StoreError> {
    let links = application.links.clone();
    context.store.record_application_links(application.key, links).await?;
    context.failpoints.reach(behind, &application.id).await;
    Ok(())
}

/// The intent is kept before, the id behind: whatever happens between, the group is found again by its marker.
async fn create_group(
    context: &OrderContext,
    application: &mut ApplicationRow,
    kind: OrderKind,
    sight: &mut TenantSight,
) -> Result<Result<(), ApplicationTrouble>, StoreError> {
    let name = GroupName::new(application, kind, &context.settings.group_name);
    context
        .failpoints
        .reach(OrderFailpoint::BeforeIntent, &application.id)
        .await;
    application.links.set_intent_at(kind, Some(context.clock.now()));
    record_links(context, application, OrderFailpoint::BeforeGroupCreate).await?;
    let outcome = context.graph.create_group(&name).await;
    context
        .failpoints
        .reach(OrderFailpoint::AfterGroupCreate, &application.id)
        .await;
    let client_id = context.graph.client_id();
    match &outcome {
        WriteOutcome::Taken { body, .. } => {
            match text_of(&parse_value(body), "id") {
                Some(id) => {
                    sight.group_mut(kind).by_id = Some(Some(new_group(&id, &name)));
                    application.links.set_group(kind, Some(id));
                    record_links(context, application, OrderFailpoint::AfterGroupRecord).await?;
                }
                // It was made, and nobody says which it is: it is looked for.
                None => sight.group_mut(kind).by_marker = Some(Vec::new()),
            }
            return Ok(Ok(()));
        }
        // The intent stays: it may have been made.
        WriteOutcome::Unclear(_) => (),
        WriteOutcome::NotSent(_) | WriteOutcome::Refused { .. } | WriteOutcome::ApprovalRequired { .. } => {
            application.links.set_intent_at(kind, None);
            let links = application.links.clone();
            context.store.record_application_links(application.key, links).await?;
        }
    }
    let trouble = explain_outcome(&outcome, GraphNeed::CreateGroups, client_id, &context.clock);
    Ok(Err(trouble.unwrap_or_else(needs_repair).into()))
}

fn new_group(id: &str, name: &GroupName) -> GroupFacts {
    GroupFacts {
        id: id.to_owned(),
        description: name.description(),
        is_security: true,
        is_mail_enabled: false,
        is_dynamic: false,
        is_role_assignable: false,
    }
}

async fn create_assignment(
    context: &OrderContext,
    application: &ApplicationRow,
    (kind, group): (OrderKind, &str),
    sight: &mut TenantSight,
) -> Result<(), ApplicationTrouble> {
    let Some(Some(app)) = sight.app.clone() else {
        return Err(needs_repair().into());
    };
    context
        .failpoints
        .reach(OrderFailpoint::BeforeAssignmentCreate, &application.id)
        .await;
    let outcome = context.graph.create_assignment(&app, kind, group).await;
    context
        .failpoints
        .reach(OrderFailpoint::AfterAssignmentCreate, &application.id)
        .await;
    let WriteOutcome::Taken { body, .. } = &outcome else {
        let is_new = |at: Timestamp| context.clock.now() < at + SETTLE;
        let is_refused = matches!(outcome, WriteOutcome::Refused { status: 400 | 404, .. });
        if is_refused && application.links.intent_at(kind).is_some_and(is_new) {
            return Err(group_not_known(kind).into());
        }
        let client_id = context.graph.client_id();
        let trouble = explain_outcome(&outcome, GraphNeed::AssignApps, client_id, &context.clock);
        return Err(trouble.unwrap_or_else(needs_repair).into());
    };
    match (text_of(&parse_value(body), "id"), &mut sight.assignments) {
        (Some(id), Some(assignments)) => assignments.push(AssignmentFacts {
            id,
            intent: assignment_intent(kind).to_owned(),
            group: Some(group.to_owned()),
        }),
        _ => sight.assignments = None,
    }
    Ok(())
}

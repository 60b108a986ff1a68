//! Takes an application back out of the tenant, as [`super::removal_plan`] says, and then out of the store. If the process
//! dies, the next attempt reads what is left and goes on.

use super::application_trouble::{ApplicationTrouble, explain_stop, needs_repair};
use super::assignment_plan::{AssignmentStep, AssignmentStop, LinksByKind, TenantSight};
use super::assignment_worker::record_links;
use super::failpoints::OrderFailpoint;
use super::graph_trouble::{GraphNeed, explain_outcome};
use super::order_context::OrderContext;
use super::removal_plan::{RemovalStep, next_removal_step};
use crate::contract::OrderKind;
use crate::graph::WriteOutcome;
use crate::store::{ApplicationRow, StoreError};

const STEPS_MAX: usize = 40;

pub(super) async fn remove_traces(
    context: &OrderContext,
    application: &mut ApplicationRow,
) -> Result<Result<(), ApplicationTrouble>, StoreError> {
    let mut sight = TenantSight::default();
    for _ in 0..STEPS_MAX {
        let step = next_removal_step(application, &sight, context.clock.now());
        let taken = match step {
            RemovalStep::Finish => {
                context
                    .failpoints
                    .reach(OrderFailpoint::BeforeRemovalEnd, &application.id)
                    .await;
                context.store.finish_application_removal(application.key).await?;
                return Ok(Ok(()));
            }
            RemovalStep::WaitForGroup(kind, until) => {
                let stop = AssignmentStop::GroupNotSeen(kind, until);
                return Ok(Err(explain_stop(application, &stop)));
            }
            RemovalStep::ReadApp => read(context, application, &AssignmentStep::ReadApp, &mut sight).await,
            RemovalStep::ReadAssignments => {
                read(context, application, &AssignmentStep::ReadAssignments, &mut sight).await
            }
            RemovalStep::SearchGroup(kind) => {
                read(context, application, &AssignmentStep::SearchGroup(kind), &mut sight).await
            }
            RemovalStep::ReadGroup(kind, id) => {
                read(context, application, &AssignmentStep::ReadGroup(kind, id), &mut sight).await
            }
            RemovalStep::AdoptGroup(kind, id) => {
                application.links.set_group(kind, Some(id));
                record_links(context, application, OrderFailpoint::AfterGroupRecord).await?;
                Ok(())
            }
            RemovalStep::ForgetGroup(kind) => {
                forget_group(context, application, kind).await?;
                Ok(())
            }
            RemovalStep::DeleteAssignment(id) => delete_assignment(context, application, &id, &mut sight).await,
            RemovalStep::DeleteGroup(kind, id) => match delete_group(context, application, &id).await {
                Ok(()) => {
                    forget_group(context, application, kind).await?;
                    Ok(())
                }
                Err(trouble) => Err(trouble),
            },
        };
        if let Err(trouble) = taken {
            return Ok(Err(trouble));
        }
    }
    Ok(Err(needs_repair().into()))
}

async fn read(
    context: &OrderContext,
    application: &ApplicationRow,
    step: &AssignmentStep,
    sight: &mut TenantSight,
) -> Result<(), ApplicationTrouble> {
    context.read_step(application, step, sight).await?;
    Ok(())
}

async fn forget_group(
    context: &OrderContext,
    application: &mut ApplicationRow,
    kind: OrderKind,
) -> Result<(), StoreError> {
    application.links.set_group(kind, None);
    application.links.set_assignment(kind, None);
    application.links.set_intent_at(kind, None);
    record_links(context, application, OrderFailpoint::AfterGroupDelete).await
}

async fn delete_assignment(
    context: &OrderContext,
    application: &ApplicationRow,
    id: &str,
    sight: &mut TenantSight,
) -> Result<(), ApplicationTrouble> {
    let (Some(Some(app)), Some(assignments)) = (&sight.app, &mut sight.assignments) else {
        return Err(needs_repair().into());
    };
    context
        .failpoints
        .reach(OrderFailpoint::BeforeAssignmentDelete, &application.id)
        .await;
    let outcome = context.graph.delete_assignment(app, id).await;
    context
        .failpoints
        .reach(OrderFailpoint::AfterAssignmentDelete, &application.id)
        .await;
    require_gone(context, &outcome, GraphNeed::AssignApps)?;
    assignments.retain(|assignment| assignment.id != id);
    Ok(())
}

async fn delete_group(
    context: &OrderContext,
    application: &ApplicationRow,
    id: &str,
) -> Result<(), ApplicationTrouble> {
    context
        .failpoints
        .reach(OrderFailpoint::BeforeGroupDelete, &application.id)
        .await;
    let outcome = context.graph.delete_group(id).await;
    require_gone(context, &outcome, GraphNeed::DeleteGroups)
}

/// What is not there is gone.
fn require_gone(context: &OrderContext, outcome: &WriteOutcome, need: GraphNeed) -> Result<(), ApplicationTrouble> {
    if matches!(outcome, WriteOutcome::Refused { status: 404, .. }) {
        return Ok(());
    }
    match explain_outcome(outcome, need, context.graph.client_id(), &context.clock) {
        None => Ok(()),
        Some(trouble) => Err(trouble.into()),
    }
}

//! Notices for everybody who signs in: what waits for a second person, and what was done without one lately (A9).

use axum::Json;
use axum::extract::State;

use super::Sics;
use super::auth::Caller;
use super::change_rejects::unprocessed_notices;
use super::jobs::attention;
use super::jobs::broken_glass::{SEES, open_broken_glass};
use super::jobs::kill_switch::waiting_relaxations;
use super::jobs::pending_visibility::PendingVisibility;
use super::jobs::view::JobNames;
use super::problem::ApiProblem;
use crate::contract::{NoticeView, NoticesView};
use crate::store::OperatorKind;

/// For people only; nobody would read them at a management server.
pub(crate) async fn list_notices(State(sics): State<Sics>, caller: Caller) -> Result<Json<NoticesView>, ApiProblem> {
    if caller.operator.kind != OperatorKind::Person {
        return Ok(Json(NoticesView {
            needs_operator: Vec::new(),
            notices: Vec::new(),
            waiting: Vec::new(),
            broken_glass: Vec::new(),
            unprocessed: Vec::new(),
        }));
    }
    // Control over accounts concerns everybody; the rest, whoever may look at it, where they may.
    let looking = caller.with_asked_rights(&["Limits_Read", "KillSwitch_Read", "Jobs_Approve"]);
    let (names, concern) = (
        JobNames::read_names(&sics).await?,
        PendingVisibility::read_visibility(&sics, &looking).await?,
    );
    let rows = sics.store().list_notices().await?;
    Ok(Json(NoticesView {
        needs_operator: attention::tasks_needing_operator(&sics, &caller.with_asked_rights(SEES)).await?,
        notices: rows
            .into_iter()
            .map(|row| NoticeView {
                at: row.at,
                until: row.until,
                text: row.text,
            })
            .collect(),
        waiting: waiting_relaxations(&sics, &looking, &names, |row| concern.sees_relaxation(row)).await?,
        broken_glass: open_broken_glass(&sics, &caller.with_asked_rights(SEES)).await?,
        unprocessed: unprocessed_notices(&sics, &caller.with_asked_rights(&["Servers_Read"])).await?,
    }))
}

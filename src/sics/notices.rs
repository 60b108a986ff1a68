//! What everybody who signs in is told: what waits for a second person, and what was done without one lately (A9).

use axum::Json;
use axum::extract::State;
use chrono::{DateTime, Utc};
use serde::Serialize;
use utoipa::ToSchema;

use super::Sics;
use super::auth::Caller;
use super::jobs::attention::{self, AttentionView};
use super::jobs::concern::Concern;
use super::jobs::glass::{BrokenGlassView, SEES, open_for};
use super::jobs::power::{LooseningView, waiting};
use super::jobs::view::Names;
use super::problem::Problem;
use crate::store::OperatorKind;

#[derive(Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct NoticesView {
    /// What a person has to say what became of, where the caller may look; first devices that have gone.
    pub needs_operator: Vec<AttentionView>,
    /// The newest first.
    pub notices: Vec<NoticeView>,
    /// What waits for a second person, as far as it concerns the caller.
    pub waiting: Vec<LooseningView>,
    /// What one person did alone in an emergency, until a second person has looked at it; where the caller may look.
    pub broken_glass: Vec<BrokenGlassView>,
}

#[derive(Debug, Serialize, ToSchema)]
pub struct NoticeView {
    pub at: DateTime<Utc>,
    /// Told until then.
    pub until: DateTime<Utc>,
    pub text: String,
}

/// People are told; management servers have nobody who reads it.
pub async fn list(State(sics): State<Sics>, caller: Caller) -> Result<Json<NoticesView>, Problem> {
    if caller.operator.kind != OperatorKind::Person {
        return Ok(Json(NoticesView {
            needs_operator: Vec::new(),
            notices: Vec::new(),
            waiting: Vec::new(),
            broken_glass: Vec::new(),
        }));
    }
    // Control over accounts concerns everybody; the rest, whoever may look at it, where they may.
    let looking = caller.asking(&["Limits_Read", "KillSwitch_Read", "Jobs_Approve"]);
    let (names, concern) = (Names::read(&sics).await?, Concern::read(&sics, &looking).await?);
    let rows = sics.store().notices().await?;
    Ok(Json(NoticesView {
        needs_operator: attention::open_for(&sics, &caller.asking(SEES)).await?,
        notices: rows
            .into_iter()
            .map(|row| NoticeView {
                at: row.at,
                until: row.until,
                text: row.text,
            })
            .collect(),
        waiting: waiting(&sics, &looking, &names, |row| concern.of_loosening(row)).await?,
        broken_glass: open_for(&sics, &caller.asking(SEES)).await?,
    }))
}

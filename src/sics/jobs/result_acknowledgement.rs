//! A management server has taken its results up to a place: they are not told again. What it was not told, because the account
//! may not read it, is never taken along.

use axum::Json;
use axum::extract::State;

use super::results::{require_none_skipped, skips_results};
use super::{result_cursors, server_source};
use crate::contract::{AckResultsBody, AckResultsView};
use crate::sics::Sics;
use crate::sics::auth::Caller;
use crate::sics::authorization::PathServer;
use crate::sics::changes::require_accepted;
use crate::sics::extract::JsonBody;
use crate::sics::problem::ApiProblem;
use crate::store::{OperatorRow, ServerRow};

/// Results up to this number were taken. False where that can't be kept, because there are others before it that the account
/// may not read.
pub(crate) async fn acknowledge_owner_page(
    sics: &Sics,
    owner: &OperatorRow,
    server: &ServerRow,
    number: i64,
) -> Result<bool, ApiProblem> {
    if skips_results(sics, owner, server, number).await? {
        return Ok(false);
    }
    sics.store().acknowledge_results(&server_source(server), number).await?;
    Ok(true)
}

pub(crate) async fn acknowledge_results(
    State(sics): State<Sics>,
    caller: Caller,
    PathServer(server): PathServer,
    JsonBody(body): JsonBody<AckResultsBody>,
) -> Result<Json<AckResultsView>, ApiProblem> {
    require_accepted(&server)?;
    let number = result_cursors::open_result_cursor(&sics, &server.id, &body.position).await?;
    require_none_skipped(&sics, &caller, &server, number).await?;
    let now = sics
        .store()
        .acknowledge_results(&server_source(&server), number)
        .await?;
    Ok(Json(AckResultsView {
        acknowledged: result_cursors::seal_result_cursor(&sics, &server.id, now),
    }))
}

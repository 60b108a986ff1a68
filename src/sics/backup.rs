//! A backup of the store while the bus runs, written on the bus's machine: only for callers on that machine, who could
//! as well run the command there.

use std::path::PathBuf;

use axum::Json;
use axum::extract::State;
use axum::http::StatusCode;
use serde::{Deserialize, Serialize};
use serde_json::json;
use utoipa::ToSchema;

use super::Sics;
use super::auth::Caller;
use super::extract::Body;
use super::problem::Problem;

#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct BackupBody {
    /// An absolute path that does not exist yet.
    pub file: String,
}

#[derive(Debug, Serialize, ToSchema)]
pub struct BackupView {
    pub file: String,
    pub bytes: u64,
}

pub async fn write(
    State(sics): State<Sics>,
    caller: Caller,
    Body(body): Body<BackupBody>,
) -> Result<(StatusCode, Json<BackupView>), Problem> {
    if !caller.address.is_loopback() {
        return Err(Problem::new(
            StatusCode::FORBIDDEN,
            "onlyLocally",
            "a backup is written on the bus's own machine",
            "Run intune-connector backup there.",
        ));
    }
    let file = PathBuf::from(&body.file);
    let wrong =
        |detail: &str| Problem::bad_request("wrongFile", detail, "Give an absolute path that does not exist yet.");
    if !file.is_absolute() || file.file_name().is_none() {
        return Err(wrong("the path is not absolute"));
    }
    if tokio::fs::try_exists(&file).await.unwrap_or(true) {
        return Err(wrong("the file exists already, or its folder can't be read"));
    }
    sics.store().backup(&file).await?;
    let bytes = tokio::fs::metadata(&file).await.map_or(0, |facts| facts.len());
    sics.audit(&caller, "backup.written", &body.file, json!({"bytes": bytes}))
        .await;
    let view = BackupView { file: body.file, bytes };
    Ok((StatusCode::CREATED, Json(view)))
}

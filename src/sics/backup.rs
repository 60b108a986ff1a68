//! A backup of the store while the bus runs, streamed to the caller (E6): no caller says where the bus writes. The
//! response gives its length and its SHA-256 before the first byte, so that an interrupted transfer is noticed.

use axum::body::Bytes;
use axum::extract::State;
use axum::http::header;
use axum::response::{IntoResponse, Response};
use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use serde_json::json;

use super::Sics;
use super::auth::Caller;
use super::file_stream::{require_room, stream_file};
use super::problem::ApiProblem;

pub const MEDIA_TYPE: &str = "application/vnd.sqlite3";
/// RFC 9530: `sha-256=:BASE64:` over the body.
pub const DIGEST: &str = "repr-digest";

pub async fn stream_backup(State(sics): State<Sics>, caller: Caller, body: Bytes) -> Result<Response, ApiProblem> {
    if !matches!(body.trim_ascii(), b"" | b"{}" | b"null") {
        return Err(ApiProblem::bad_request(
            "pathsAreNotTaken",
            "the response is the backup itself; the bus never writes it to a path in a request",
            "Send no body and save the response; intune-connector backup FILE does this.",
        ));
    }
    let permit = sics.acquire_backup_permit()?;
    require_room(&sics, "noRoomForBackup", "a backup")?;
    let copy = sics.store().create_backup_copy().await?;
    let (bytes, sha256) = (copy.bytes, copy.sha256);
    let detail = json!({"bytes": bytes, "sha256": hex::encode(sha256)});
    sics.audit_before(&caller, "backup.taken", "bus.db", detail).await?;
    let headers = [
        (header::CONTENT_TYPE, MEDIA_TYPE.to_owned()),
        (header::CONTENT_LENGTH, bytes.to_string()),
        (
            header::CONTENT_DISPOSITION,
            "attachment; filename=\"bus-backup.db\"".to_owned(),
        ),
        (
            header::HeaderName::from_static(DIGEST),
            format!("sha-256=:{}:", STANDARD.encode(sha256)),
        ),
    ];
    Ok((headers, stream_file(copy.file, bytes, permit)).into_response())
}

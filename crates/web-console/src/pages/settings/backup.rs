//! A backup of the store, and what the audit trail says of the last ones.

use askama::Template;
use chrono::{DateTime, Utc};
use http::{HeaderValue, header};
use serde_json::Value;
use sics_client::contract::{AuditEntryView, AuditQuery, SortOrder};
use sics_client::operation;

use super::{SettingsTab, TabLink, list_tabs};
use crate::clock_text::TimeText;
use crate::failure::PageResult;
use crate::page::PageContext;
use crate::render::{pass_file, show_page};

const MEDIA_TYPE: &str = "application/vnd.sqlite3";
/// SHA-256 of the file, as the API sends it along.
const DIGEST: &str = "repr-digest";
/// How the audit trail names a backup.
const TAKEN: &str = "backup.taken";
/// Backups that are shown.
const SHOWN: u32 = 10;

struct BackupRow {
    at: TimeText,
    actor: String,
    bytes: u64,
    sha256: String,
}

#[derive(Template)]
#[template(path = "pages/settings/backup.html")]
struct BackupPage<'a> {
    ctx: &'a PageContext,
    tabs: Vec<TabLink>,
    /// Newest first; `None`: the reader may not see the trail.
    taken: Option<Vec<BackupRow>>,
}

pub(super) async fn show_backup(ctx: &PageContext) -> PageResult {
    let query = AuditQuery {
        action: Some(TAKEN.to_owned()),
        order: Some(SortOrder::Descending),
        limit: Some(SHOWN),
        ..AuditQuery::default()
    };
    let mut taken = None;
    if ctx.may("Audit_Read") {
        taken = Some(ctx.client().read_audit(&query).await?.entries);
    }
    show_page(&BackupPage {
        ctx,
        tabs: list_tabs(ctx, SettingsTab::Backup),
        taken: taken.map(|entries| list_backups(ctx, &entries)),
    })
}

fn list_backups(ctx: &PageContext, entries: &[AuditEntryView]) -> Vec<BackupRow> {
    let row = |entry: &AuditEntryView| {
        let (bytes, sha256) = read_detail(&entry.detail);
        BackupRow {
            at: ctx.time(&entry.at),
            actor: ctx.plain(&entry.actor),
            bytes,
            sha256,
        }
    };
    entries.iter().map(row).collect()
}

/// Length and SHA-256 as hex.
fn read_detail(detail: &Value) -> (u64, String) {
    let sha256 = detail["sha256"].as_str().unwrap_or_default();
    (detail["bytes"].as_u64().unwrap_or_default(), sha256.to_owned())
}

/// The file on its way to the browser; nothing is written by the console.
pub(super) async fn take_backup(ctx: PageContext) -> PageResult {
    let answer = ctx
        .client()
        .download(&operation::backup(), &[], MEDIA_TYPE, &())
        .await?;
    let digest = answer.headers().get(DIGEST).cloned();
    let mut response = pass_file(answer)?;
    let headers = response.headers_mut();
    if let Ok(name) = HeaderValue::from_str(&format!("attachment; filename=\"{}\"", file_name(ctx.now()))) {
        headers.insert(header::CONTENT_DISPOSITION, name);
    }
    if let Some(digest) = digest {
        headers.insert(header::HeaderName::from_static(DIGEST), digest);
    }
    Ok(response)
}

/// One that tells backups apart.
fn file_name(now: DateTime<Utc>) -> String {
    format!("bus-backup-{}.db", now.format("%Y%m%d-%H%M%S"))
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn a_backup_has_a_name_with_its_time_and_what_the_trail_says_of_it() {
        let now = "2026-11-29T15:30:00Z".parse().unwrap();
        assert_eq!(file_name(now), "bus-backup-20261129-153000.db");
        assert_eq!(
            read_detail(&json!({"bytes": 4096, "sha256": "ab"})),
            (4096, "ab".to_owned())
        );
        assert_eq!(read_detail(&json!({})), (0, String::new()));
    }
}

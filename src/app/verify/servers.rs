//! The management servers of the audience: announced, accepted, allowed to read, last seen, and how far behind.
//!
//! Whether one receives is asked of [`find_exclusion`], as the feed does: the two can't disagree.

use std::time::Instant;

use super::{ConnectionCheck, passed_step, skipped_step};
use crate::app::instances::audience_servers;
use crate::contract::{VerifyStep, VerifyStepState};
use crate::inventory::audience::{AudienceExclusion, find_exclusion};
use crate::model::{ServerId, Timestamp, format_count, format_time, nearest_name};
use crate::store::{InstanceRow, OperatorRow, ServerRow, Store, StoreError};

impl ConnectionCheck {
    pub(super) async fn check_servers(&self, store: &Store, row: Option<InstanceRow>) {
        let began = Instant::now();
        let wanted = audience_servers(&self.settings);
        let read = async { Ok::<_, StoreError>((store.list_servers().await?, store.list_operators().await?)) };
        let (servers, operators) = match read.await {
            Ok(read) => read,
            Err(error) => {
                let step = failed_server_step(
                    "servers",
                    &began,
                    error.code(),
                    &error.to_string(),
                    "check the state of the bus with GET /readyz",
                );
                return self.send_step(step).await;
            }
        };
        let known = |id: &ServerId| servers.iter().any(|server| server.id == *id);
        for id in wanted.iter().flatten().filter(|id| !known(id)) {
            let detail = "named in the audience, but not announced yet";
            let others = servers.iter().map(|server| server.id.as_str());
            let cure = match nearest_name(id.as_str(), others) {
                Some(near) => format!(
                    "if {near} is meant, name that in the setting servers; else announce it: intune-connector follow --server {id}"
                ),
                None => format!("announce it: intune-connector follow --server {id}"),
            };
            self.send_step(failed_server_step(id.as_str(), &began, "notAnnounced", detail, &cure))
                .await;
        }
        let is_selected = |id| wanted.as_ref().is_none_or(|ids| ids.contains(id));
        for server in servers.iter().filter(|server| is_selected(&server.id)) {
            // One that has no owner any more was taken away between the two looks.
            let Some(owner) = operators.iter().find(|operator| operator.id == server.owner) else {
                continue;
            };
            let step = match find_exclusion(server, owner, row.as_ref()) {
                Some(hindrance) => hindrance_step(server, owner, row.as_ref(), hindrance, &began),
                None => {
                    let behind = match &row {
                        Some(row) => format!(", {}", describe_lag(store, server, row).await),
                        None => String::new(),
                    };
                    let detail = format!("accepted{behind}; {}", describe_last_seen(server));
                    passed_step("server", server.id.as_str(), &began, &detail)
                }
            };
            self.send_step(step).await;
        }
    }
}

/// A step that failed.
fn failed_server_step(server: &str, began: &Instant, cause: &str, detail: &str, cure: &str) -> VerifyStep {
    VerifyStep {
        cure: Some(cure.to_owned()),
        cause: Some(cause.to_owned()),
        state: VerifyStepState::Failed,
        ..passed_step("server", server, began, detail)
    }
}

fn hindrance_step(
    server: &ServerRow,
    owner: &OperatorRow,
    row: Option<&InstanceRow>,
    exclusion: AudienceExclusion,
    began: &Instant,
) -> VerifyStep {
    let (id, owner) = (&server.id, &owner.name);
    let instance = row.map_or("INSTANCE", |row| row.name.as_str());
    let of = |cause, detail: String, cure: String| failed_server_step(id.as_str(), began, cause, &detail, &cure);
    match exclusion {
        AudienceExclusion::NotNamed => of(
            "notInForce",
            "the settings name it, but the instance has not been restarted with them yet".into(),
            format!("intune-connector instances restart {instance}"),
        ),
        AudienceExclusion::NotAccepted => of(
            "notAccepted",
            format!("waiting for acceptance; {}", describe_last_seen(server)),
            format!("intune-connector servers accept {id}"),
        ),
        AudienceExclusion::OperatorDisabled => of(
            "operatorDisabled",
            format!(
                "its operator {owner} is disabled, so it receives nothing; {}",
                describe_last_seen(server)
            ),
            format!("intune-connector operators change {owner} --enable"),
        ),
        AudienceExclusion::MayNotRead => {
            let cause = "mayNotRead";
            let detail = format!(
                "its operator {owner} may not read this instance; {}",
                describe_last_seen(server)
            );
            let cure = format!("grant {owner} the right Changes_Read with {instance} and {id} in scope");
            // `*` means those that may: one that may not was left out on purpose, as far as anybody can tell.
            let named = row.is_some_and(|row| row.audience.is_some());
            if named {
                of(cause, detail, cure)
            } else {
                VerifyStep {
                    cause: Some(cause.into()),
                    cure: Some(cure),
                    ..skipped_step("server", id.as_str(), began, &detail)
                }
            }
        }
    }
}

/// How far an accepted server has come with an instance.
async fn describe_lag(store: &Store, server: &ServerRow, row: &InstanceRow) -> String {
    let position = server.positions.get(&row.id).copied();
    match store.count_pending_changes(row.id, position).await {
        Ok(0) => "up to date".to_owned(),
        Ok(behind) => format!("{} behind", format_count(behind, "change")),
        Err(error) => format!("lag unknown: {error}"),
    }
}

/// When it was here.
fn describe_last_seen(server: &ServerRow) -> String {
    let at = |what: &str, at: Option<Timestamp>| match at {
        Some(at) => format!("{what} {}", format_time(at)),
        None => format!("never {what}"),
    };
    let (seen, acknowledged) = (
        at("seen", server.last_seen_at),
        at("acknowledged", server.acknowledged_at),
    );
    format!("{seen}, {acknowledged}")
}

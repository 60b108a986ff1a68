//! The management servers of the audience: announced, accepted, allowed to read, last seen, and how far behind.
//!
//! Whether one receives is asked of [`hindrance`], as the feed does: the two can't disagree.

use std::time::Instant;

use super::{Check, ok, skipped};
use crate::app::instances::audience;
use crate::inventory::audience::{Hindrance, hindrance};
use crate::model::{ServerId, Timestamp, format_time};
use crate::sics::{StepState, VerifyStep};
use crate::store::{InstanceRow, OperatorRow, ServerRow, Store, StoreError};

impl Check {
    pub(super) async fn servers(&self, store: &Store, row: Option<InstanceRow>) {
        let began = Instant::now();
        let wanted = audience(&self.settings);
        let read = async { Ok::<_, StoreError>((store.servers().await?, store.operators().await?)) };
        let (servers, operators) = match read.await {
            Ok(read) => read,
            Err(error) => {
                let step = of(
                    "servers",
                    &began,
                    error.code(),
                    &error.to_string(),
                    "look at GET /readyz",
                );
                return self.step(step).await;
            }
        };
        let known = |id: &ServerId| servers.iter().any(|server| server.id == *id);
        for id in wanted.iter().flatten().filter(|id| !known(id)) {
            let detail = "it is named in the audience and has not announced itself";
            let cure = format!("let it announce itself: intune-connector follow --server {id}");
            self.step(of(id.as_str(), &began, "notAnnounced", detail, &cure)).await;
        }
        let meant = |id| wanted.as_ref().is_none_or(|ids| ids.contains(id));
        for server in servers.iter().filter(|server| meant(&server.id)) {
            // One that has no owner any more was taken away between the two looks.
            let Some(owner) = operators.iter().find(|operator| operator.id == server.owner) else {
                continue;
            };
            let step = match hindrance(server, owner, row.as_ref()) {
                Some(hindrance) => hindered(server, owner, row.as_ref(), hindrance, &began),
                None => {
                    let behind = match &row {
                        Some(row) => format!(", {}", behind(store, server, row).await),
                        None => String::new(),
                    };
                    let detail = format!("accepted{behind}; {}", seen(server));
                    ok("server", server.id.as_str(), &began, &detail)
                }
            };
            self.step(step).await;
        }
    }
}

/// A step that failed.
fn of(server: &str, began: &Instant, cause: &str, detail: &str, cure: &str) -> VerifyStep {
    VerifyStep {
        cure: Some(cure.to_owned()),
        cause: Some(cause.to_owned()),
        state: StepState::Failed,
        ..ok("server", server, began, detail)
    }
}

fn hindered(
    server: &ServerRow,
    owner: &OperatorRow,
    row: Option<&InstanceRow>,
    hindrance: Hindrance,
    began: &Instant,
) -> VerifyStep {
    let (id, owner) = (&server.id, &owner.name);
    let instance = row.map_or("INSTANCE", |row| row.name.as_str());
    let of = |cause, detail: String, cure: String| of(id.as_str(), began, cause, &detail, &cure);
    match hindrance {
        Hindrance::NotNamed => of(
            "notInForce",
            "the settings name it, and the instance has not been started with them yet".into(),
            format!("intune-connector instances restart {instance}"),
        ),
        Hindrance::NotAccepted => of(
            "notAccepted",
            format!("it waits for acceptance; {}", seen(server)),
            format!("intune-connector servers accept {id}"),
        ),
        Hindrance::OperatorDisabled => of(
            "operatorDisabled",
            format!(
                "its operator {owner} is disabled, so it receives nothing; {}",
                seen(server)
            ),
            format!("intune-connector operators change {owner} --enable"),
        ),
        Hindrance::MayNotRead => {
            let cause = "mayNotRead";
            let detail = format!("its operator {owner} may not read this instance; {}", seen(server));
            let cure = format!("give {owner} the right Changes_Read where {instance} and {id} are within its scope");
            // `*` means those that may: one that may not was left out on purpose, as far as anybody can tell.
            let named = row.is_some_and(|row| row.audience.is_some());
            match named {
                true => of(cause, detail, cure),
                false => VerifyStep {
                    cause: Some(cause.into()),
                    cure: Some(cure),
                    ..skipped("server", id.as_str(), began, &detail)
                },
            }
        }
    }
}

/// How far an accepted server has come with an instance.
async fn behind(store: &Store, server: &ServerRow, row: &InstanceRow) -> String {
    let place = server.positions.get(&row.id).copied();
    match store.behind(row.id, place).await {
        Ok(0) => "nothing is left to tell it".to_owned(),
        Ok(1) => "1 change behind".to_owned(),
        Ok(behind) => format!("{behind} changes behind"),
        Err(error) => format!("how far behind can't be told: {error}"),
    }
}

/// When it was here.
fn seen(server: &ServerRow) -> String {
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

//! The kinds of microservices that are targets, one for each kind of inventory. Each reads the feed under an account and a
//! management server of its own, which it brings to what its settings say whenever it starts.

use std::sync::Arc;

use futures_util::future::BoxFuture;

use super::connector::store_failure;
use super::instance_core::InstanceCore;
use super::kept_settings::build_kept_settings;
use super::target_leases::TargetTurn;
use crate::app::target_kinds::build_adapter;
use crate::app::verify::find_target_gaps;
use crate::bus::supervisor::{MemberContext, MemberFailure, MemberFuture, MemberSpec, MicroserviceKind};
use crate::config::{TargetDraft, TargetSettings};
use crate::contract::TargetKind;
use crate::model::{InstanceId, InstanceName, RightScope, ServerId};
use crate::store::{MemberRow, NewTargetServer, StoreError};
use crate::targets::{RequestPace, TargetContext, TargetFault, TargetSignals, run_target};

pub(crate) struct TargetMemberKind {
    pub core: Arc<InstanceCore>,
    pub kind: TargetKind,
}

impl MicroserviceKind for TargetMemberKind {
    fn name(&self) -> &'static str {
        self.kind.member_kind()
    }

    fn start<'a>(
        &'a self,
        member: &'a MemberSpec,
        context: MemberContext,
    ) -> BoxFuture<'a, Result<MemberFuture, MemberFailure>> {
        Box::pin(async move {
            let row = self.core.find_target_row(InstanceId(member.installation)).await;
            let row = row.map_err(|error| store_failure(&error))?;
            let row = row.ok_or_else(|| not_installed(&member.name))?;
            let target = self.core.build_target(&row)?;
            self.core.register_target(&row, &target.settings).await?;
            self.core.warn_about_gaps(&target).await;
            let running: MemberFuture = Box::pin(run_member(self.core.clone(), target, context));
            Ok(running)
        })
    }
}

impl InstanceCore {
    /// The member that is a target; `None`: the installation is of another product.
    pub(crate) async fn find_target_row(&self, target: InstanceId) -> Result<Option<MemberRow>, StoreError> {
        let rows = self.store.list_members(Some(target.0)).await?;
        Ok(rows
            .into_iter()
            .find(|row| TargetKind::from_member_kind(&row.kind).is_some()))
    }

    /// What a target works with, by the settings that are kept for it. Nothing is sent.
    pub(crate) fn build_target(&self, row: &MemberRow) -> Result<TargetContext, MemberFailure> {
        let settings = Arc::new(read_target_settings(self, row)?);
        let (name, server) = parse_names(row)?;
        let pace = RequestPace::new(settings.requests_per_minute);
        let adapter = build_adapter(&settings, pace.clone()).map_err(|fault| fault_failure(row, &fault))?;
        Ok(TargetContext {
            store: self.store.clone(),
            cursor_key: self.folder.secret_key().derive_key("cursor"),
            adapter,
            kind: settings.kind(),
            settings,
            target: InstanceId(row.installation),
            name,
            server,
            clock: self.clock.clone(),
            metrics: self.metrics.clone(),
            failpoints: self.target_failpoints.clone(),
            signals: TargetSignals::with_pace(pace),
        })
    }

    /// The same for one that is being installed, before it is started: what stands in the way ends the installation.
    pub(crate) async fn register_installed(&self, target: InstanceId) -> Result<(), MemberFailure> {
        let row = self.find_target_row(target).await;
        let row = row.map_err(|error| store_failure(&error))?;
        let row = row.ok_or_else(|| not_installed(&format!("installation {target}")))?;
        self.register_target(&row, &read_target_settings(self, &row)?).await
    }

    /// Account and management server of a target, as its settings have them. Made again they are brought to that.
    pub(crate) async fn register_target(
        &self,
        row: &MemberRow,
        settings: &TargetSettings,
    ) -> Result<(), MemberFailure> {
        let (_, server) = parse_names(row)?;
        let installation = self.store.load_installation(row.installation).await;
        let installation = installation.map_err(|error| store_failure(&error))?;
        let new = NewTargetServer {
            target: InstanceId(row.installation),
            kind: settings.kind(),
            server,
            display_name: installation.profile,
            scope: RightScope {
                instances: settings.instances.clone(),
                servers: None,
            },
        };
        let registered = self.store.create_target_server(new).await;
        registered.map(drop).map_err(|error| register_failure(row, &error))
    }

    /// Devices that do not come are told at each start, with what cures it.
    async fn warn_about_gaps(&self, target: &TargetContext) {
        let wanted = target.settings.instances.as_deref();
        match find_target_gaps(&self.store, wanted, Some(&target.server)).await {
            Ok(gaps) => {
                for gap in gaps {
                    let (problem, advice) = (gap.problem(), gap.cure(Some(&target.server)));
                    tracing::warn!(instance.name = %target.name, problem, advice, "devices do not come to the target");
                }
            }
            Err(error) => {
                tracing::warn!(instance.name = %target.name, error = %error, "cannot tell whose devices come to the target");
            }
        }
    }
}

/// What the bus keeps for a target.
pub(crate) fn read_target_settings(core: &InstanceCore, row: &MemberRow) -> Result<TargetSettings, MemberFailure> {
    let kind = TargetKind::from_member_kind(&row.kind).ok_or_else(|| not_installed(&row.name))?;
    build_kept_settings(core, row, |opened| {
        let pairs = opened.iter().map(|(key, value)| (key.as_str(), value.as_str()));
        let draft = TargetDraft::from_pairs(kind, pairs).map_err(|error| vec![error])?;
        let mut settings = draft.build_settings()?;
        let placed = core.folder.place_target_output(&row.name, &mut settings);
        placed.map(|()| settings).map_err(|error| vec![error])
    })
}

/// The name of the member, and the same as the id of its management server.
fn parse_names(row: &MemberRow) -> Result<(InstanceName, ServerId), MemberFailure> {
    let names = row.name.parse().ok().zip(row.name.parse().ok());
    names.ok_or_else(|| MemberFailure::new("name", "its name is not a valid instance name", "remove the product"))
}

fn not_installed(name: &str) -> MemberFailure {
    MemberFailure::new(
        "settingsMissing",
        format!("{name} is not installed"),
        "install the product again",
    )
}

fn fault_failure(row: &MemberRow, fault: &TargetFault) -> MemberFailure {
    let advice = format!(
        "{}; intune-connector instances reconfigure {}",
        fault.advice(),
        row.name
    );
    MemberFailure::new(fault.code(), fault.to_string(), advice)
}

/// The name may be taken by somebody who announced a server, or made an account, before the number was given.
fn register_failure(row: &MemberRow, error: &StoreError) -> MemberFailure {
    let name = &row.name;
    match error {
        StoreError::Exists { .. } | StoreError::Twin { .. } | StoreError::BelongsToAnother(_) => MemberFailure::new(
            error.code(),
            format!("the name {name} belongs to another management server or account"),
            "install the product again, which gives it another number; to see whose it is: intune-connector servers, \
             intune-connector operators",
        ),
        error => store_failure(error),
    }
}

/// Until it is told to stop. Whoever writes for this target has its turn before that.
async fn run_member(
    core: Arc<InstanceCore>,
    target: TargetContext,
    context: MemberContext,
) -> Result<(), MemberFailure> {
    let name = target.name.clone();
    let turn = tokio::select! {
        () = context.wait_for_stop() => return Ok(()),
        turn = core.leases.targets.take_turn(&name) => turn,
    };
    let running = RunningTarget::begin(core.clone(), &target, &turn);
    let ended = run_target(target, context.stop_signal()).await;
    drop(running);
    match ended {
        Ok(()) if context.is_stopping() => Ok(()),
        Ok(()) => {
            let problem = format!("the worker of {name} stopped unexpectedly");
            Err(MemberFailure::new("ended", problem, "see the log of the bus").into_transient())
        }
        Err(failure) => {
            let (code, advice) = (failure.code(), failure.advice());
            Err(MemberFailure::new(code, failure.to_string(), advice).into_transient())
        }
    }
}

/// While it lives, others see that the target runs; a worker that panics or is cut off takes that away, too.
struct RunningTarget {
    core: Arc<InstanceCore>,
    number: InstanceId,
}

impl RunningTarget {
    fn begin(core: Arc<InstanceCore>, target: &TargetContext, turn: &TargetTurn) -> RunningTarget {
        core.leases.targets.set_running(target.clone(), turn);
        RunningTarget {
            core,
            number: target.target,
        }
    }
}

impl Drop for RunningTarget {
    fn drop(&mut self) {
        self.core.leases.targets.end_running(self.number);
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;

    use serde_json::Map;

    use super::*;
    use crate::model::{MemberState, StartType};

    fn row(name: &str) -> MemberRow {
        MemberRow {
            installation: 3,
            position: 1,
            name: name.into(),
            part: "IntuneTargetOcs".into(),
            kind: TargetKind::Ocs.member_kind().into(),
            engine: None,
            file: None,
            settings: Map::new(),
            secrets: BTreeMap::new(),
            state: MemberState::Applied,
            problem: None,
            start_type: StartType::Automatic,
        }
    }

    #[test]
    fn a_target_and_its_server_have_the_same_name() {
        let (name, server) = parse_names(&row("IntuneTargetOcs_3")).expect("a name");
        assert_eq!(
            (name.as_str(), server.as_str()),
            ("IntuneTargetOcs_3", "IntuneTargetOcs_3")
        );
        assert!(parse_names(&row("not a name")).is_err());
    }

    #[test]
    fn a_name_that_is_taken_is_told_with_what_to_do() {
        let error = StoreError::BelongsToAnother("IntuneTargetOcs_3".into());
        let failure = register_failure(&row("IntuneTargetOcs_3"), &error);
        assert!(failure.problem.contains("IntuneTargetOcs_3"), "{failure}");
        assert!(
            failure.advice.contains("intune-connector servers"),
            "{}",
            failure.advice
        );
        assert!(!failure.passes);
    }
}

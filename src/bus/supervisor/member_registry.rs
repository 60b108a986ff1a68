//! All members of a bus. What is asked for one member is done in turn; members never wait for each other.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use chrono::TimeDelta;
use futures_util::future::join_all;
use tokio::sync::watch;
use tokio::task::JoinHandle;

use super::error::SupervisorError;
use super::member_runner::{LifecycleStatus, MemberRunner};
use super::meter::MemberMeter;
use super::{LOCAL, MemberSpec, MicroserviceKind, StartType};
use crate::contract::{LifecycleState, MemberStatus};
use crate::observe::Clock;

#[derive(Debug, Clone)]
pub struct SupervisorLimits {
    /// How long a member that is told to stop may end what is under way.
    pub drain: TimeDelta,
}

impl Default for SupervisorLimits {
    fn default() -> Self {
        SupervisorLimits {
            drain: TimeDelta::seconds(30),
        }
    }
}

pub struct Supervisor {
    kinds: BTreeMap<&'static str, Arc<dyn MicroserviceKind>>,
    clock: Clock,
    /// One a second; each is a chance to look at the clock.
    ticks: watch::Receiver<u64>,
    limits: SupervisorLimits,
    /// Off where commands work on a folder without a bus: nothing is started.
    starts_members: bool,
    members: Mutex<BTreeMap<String, Arc<SupervisedMember>>>,
}

struct SupervisedMember {
    registration: Mutex<(MemberSpec, StartType)>,
    status: watch::Sender<LifecycleStatus>,
    meter: MemberMeter,
    /// Held while it is started or stopped.
    runner_task: tokio::sync::Mutex<Option<(watch::Sender<bool>, JoinHandle<()>)>>,
}

impl SupervisedMember {
    fn lock_spec(&self) -> MutexGuard<'_, (MemberSpec, StartType)> {
        self.registration.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Supervisor {
    pub fn new(
        kinds: Vec<Arc<dyn MicroserviceKind>>,
        clock: Clock,
        ticks: watch::Receiver<u64>,
        limits: SupervisorLimits,
        runs: bool,
    ) -> Self {
        Supervisor {
            kinds: kinds.into_iter().map(|kind| (kind.name(), kind)).collect(),
            clock,
            ticks,
            limits,
            starts_members: runs,
            members: Mutex::default(),
        }
    }

    pub fn kind_names(&self) -> Vec<&'static str> {
        self.kinds.keys().copied().collect()
    }

    pub fn is_running(&self) -> bool {
        self.starts_members
    }

    fn lock_members(&self) -> MutexGuard<'_, BTreeMap<String, Arc<SupervisedMember>>> {
        self.members.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn find_member(&self, name: &str) -> Result<Arc<SupervisedMember>, SupervisorError> {
        let found = self.lock_members().get(name).cloned();
        found.ok_or_else(|| SupervisorError::Unknown(name.to_owned()))
    }

    /// The status of one, for waiting.
    #[cfg(test)]
    pub fn watch(&self, name: &str) -> watch::Receiver<LifecycleStatus> {
        self.find_member(name)
            .expect("the test put it there")
            .status
            .subscribe()
    }

    /// Makes a member known, stopped; for a known one, the new spec applies from its next start.
    pub fn register_member(&self, spec: MemberSpec, start_type: StartType) {
        let name = spec.name.clone();
        let mut members = self.lock_members();
        if let Some(known) = members.get(&name) {
            *known.lock_spec() = (spec, start_type);
            return;
        }
        let initial_status = LifecycleStatus {
            state: LifecycleState::Stopped,
            since: self.clock.now(),
            restarts: 0,
            next_start: None,
            last_error: None,
        };
        let member = SupervisedMember {
            registration: Mutex::new((spec, start_type)),
            status: watch::Sender::new(initial_status),
            meter: MemberMeter::default(),
            runner_task: tokio::sync::Mutex::new(None),
        };
        members.insert(name, Arc::new(member));
    }

    pub fn has_member(&self, name: &str) -> bool {
        self.lock_members().contains_key(name)
    }

    /// What people call the installation of these members from now on; log lines have it from their next start.
    pub fn rename_installation(&self, installation: i64, profile: &str) {
        for member in self.lock_members().values() {
            let mut registration = member.lock_spec();
            if registration.0.installation == installation {
                profile.clone_into(&mut registration.0.profile);
            }
        }
    }

    pub fn set_start_type(&self, name: &str, start_type: StartType) -> Result<(), SupervisorError> {
        self.find_member(name)?.lock_spec().1 = start_type;
        Ok(())
    }

    /// Starts one unless it runs; answers when it runs, or has said why not. Says whether it was started.
    pub async fn start_member(&self, name: &str) -> Result<bool, SupervisorError> {
        if !self.starts_members {
            return Err(SupervisorError::NotRunning);
        }
        let member = self.find_member(name)?;
        let mut runner_task = member.runner_task.lock().await;
        if runner_task.as_ref().is_some_and(|(_, task)| !task.is_finished()) {
            return Ok(false);
        }
        let (spec, start_type) = member.lock_spec().clone();
        if start_type == StartType::Disabled {
            return Err(SupervisorError::Disabled(name.to_owned()));
        }
        let kind = self.kinds.get(spec.kind.as_str()).cloned();
        let kind = kind.ok_or_else(|| SupervisorError::UnknownKind(spec.kind.clone()))?;
        let (stop, stopped) = watch::channel(false);
        member
            .status
            .send_modify(|lifecycle| lifecycle.state = LifecycleState::Starting);
        let member_runner = MemberRunner {
            kind,
            spec,
            clock: self.clock.clone(),
            ticks: self.ticks.clone(),
            status: member.status.clone(),
            meter: member.meter.clone(),
            stop: stopped,
            drain: self.limits.drain,
        };
        *runner_task = Some((stop, tokio::spawn(member_runner.run_until_stopped())));
        let mut lifecycle = member.status.subscribe();
        let _ = lifecycle
            .wait_for(|lifecycle| lifecycle.state != LifecycleState::Starting)
            .await;
        Ok(true)
    }

    /// Stops one, as gently as the limit allows; answers when it has stopped. Says whether it ran.
    pub async fn stop_member(&self, name: &str) -> Result<bool, SupervisorError> {
        let member = self.find_member(name)?;
        let mut runner_task = member.runner_task.lock().await;
        let Some((stop, task)) = runner_task.take() else {
            return Ok(false);
        };
        let ran = !task.is_finished();
        stop.send_replace(true);
        let _ = task.await;
        let since = self.clock.now();
        member.status.send_if_modified(|status| {
            let failed = status.state != LifecycleState::Stopped;
            if failed {
                (status.state, status.since, status.next_start) = (LifecycleState::Stopped, since, None);
            }
            failed
        });
        Ok(ran)
    }

    pub async fn restart_member(&self, name: &str) -> Result<(), SupervisorError> {
        self.stop_member(name).await?;
        self.start_member(name).await.map(|_| ())
    }

    /// Starts all that start with the bus. One that cannot start is logged and does not block the others.
    pub async fn start_automatic(&self) {
        let names: Vec<String> = {
            let members = self.lock_members();
            let automatic = members
                .iter()
                .filter(|(_, member)| member.lock_spec().1 == StartType::Automatic);
            automatic.map(|(name, _)| name.clone()).collect()
        };
        let starts = names.iter().map(|name| async move {
            if let Err(error) = self.start_member(name).await {
                tracing::error!(member = %name, error = %error, "member not started");
            }
        });
        join_all(starts).await;
    }

    pub async fn stop_all(&self) {
        let names: Vec<String> = self.lock_members().keys().cloned().collect();
        join_all(names.iter().map(|name| self.stop_member(name))).await;
    }

    /// Stops one and forgets it.
    pub async fn remove(&self, name: &str) -> Result<(), SupervisorError> {
        self.stop_member(name).await?;
        self.lock_members().remove(name);
        Ok(())
    }

    pub fn status_of(&self, name: &str) -> Option<MemberStatus> {
        Some(member_status(&*self.find_member(name).ok()?))
    }

    /// All, by name.
    pub fn member_statuses(&self) -> Vec<MemberStatus> {
        self.lock_members()
            .values()
            .map(|member| member_status(member))
            .collect()
    }
}

fn member_status(member: &SupervisedMember) -> MemberStatus {
    let (spec, start_type) = member.lock_spec().clone();
    let status = member.status.borrow().clone();
    MemberStatus {
        name: spec.name,
        profile: spec.profile,
        kind: spec.kind,
        installation: spec.installation,
        product: spec.product,
        version: spec.version,
        supervisor: LOCAL.to_owned(),
        start_type,
        state: status.state,
        since: status.since,
        restarts: status.restarts,
        next_start: status.next_start,
        last_error: status.last_error,
        numbers: member.meter.read_counters(),
    }
}

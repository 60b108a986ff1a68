//! The judge: what the bus tells of its jobs, against what the simulator counted. It has the list of what was handed in
//! and acknowledged, every result that was ever told, and the tenant itself; it never looks into the store.

use std::collections::{BTreeMap, BTreeSet};

use intune_connector::actions::specs::ActionSpec;
use intune_connector::model::{ActionKind, TaskState};
use simulated_tenant::remote::ActionState;
use uuid::Uuid;

use super::tenant::{Tenant, Truth, word};
use super::wire::{JobLine, ResultLine, TaskLine};
use super::work::Work;

#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Breach {
    /// A second effect of one task.
    Double,
    /// A job was acknowledged and is not there, or not whole, or another one.
    Lost,
    /// A task never came to an end.
    NoOutcome,
    /// An effect that no task accounts for.
    NobodysEffect,
    /// What was told is not so.
    Untrue,
    /// The feed of results is not append-only, or not what the tasks went through.
    Results,
    /// The store has gone back, and nothing is made of it.
    Unnoticed,
    /// A job was refused that is in order, or was never acknowledged.
    Refused,
    /// The bus ended by itself, panicked, or did not do what it was asked for.
    Bus,
}

#[derive(Debug, Clone)]
pub struct Complaint {
    pub breach: Breach,
    pub text: String,
}

#[derive(Default)]
pub struct Judge {
    pub complaints: Vec<Complaint>,
    /// Every result that was told so far, in the order of telling.
    pub told: Vec<ResultLine>,
}

impl Judge {
    pub fn complain(&mut self, breach: Breach, text: impl Into<String>) {
        let text = text.into();
        self.complaints.push(Complaint { breach, text });
    }

    /// More results, behind those that are known.
    pub fn hear(&mut self, lines: Vec<ResultLine>) {
        for line in lines {
            if let Some(last) = self
                .told
                .last()
                .map(|last| last.position)
                .filter(|last| *last >= line.position)
            {
                self.complain(
                    Breach::Results,
                    format!("result {} was told behind {last}", line.position),
                );
            }
            self.told.push(line);
        }
    }

    /// The verdict, when everything is at rest.
    pub fn conclude(&mut self, work: &Work, jobs: &[JobLine], feed: &[ResultLine], tenant: &Tenant) {
        self.nothing_is_lost(work, jobs);
        self.nothing_twice(jobs, tenant);
        for job in jobs {
            for task in &job.tasks {
                self.has_ended(job, task, tenant);
                self.is_true(job, task, tenant);
            }
        }
        self.results_tell_all(jobs, feed);
    }

    fn nothing_is_lost(&mut self, work: &Work, jobs: &[JobLine]) {
        let by_name: BTreeMap<&str, &JobLine> = jobs.iter().map(|job| (job.name.as_str(), job)).collect();
        if by_name.len() != jobs.len() {
            self.complain(Breach::Lost, "a job is there twice");
        }
        for (name, handed) in &work.handed {
            let Some(receipt) = handed.receipt else {
                if handed.is_refused && by_name.contains_key(name.as_str()) {
                    self.complain(Breach::Refused, format!("{name} was refused and is there"));
                }
                continue;
            };
            let Some(job) = by_name.get(name.as_str()) else {
                self.complain(Breach::Lost, format!("{name} was acknowledged and is not there"));
                continue;
            };
            let mut devices: Vec<Uuid> = job.tasks.iter().map(|task| task.device).collect();
            let mut wanted = handed.devices.clone();
            devices.sort_unstable();
            wanted.sort_unstable();
            if job.id != receipt || job.verb != handed.verb || devices != wanted {
                self.complain(Breach::Lost, format!("{name} was acknowledged as another job: {job:?}"));
            }
        }
    }

    fn nothing_twice(&mut self, jobs: &[JobLine], tenant: &Tenant) {
        let mut tasks: BTreeMap<(Uuid, String), (ActionKind, u64)> = BTreeMap::new();
        for job in jobs {
            for task in job.tasks.iter().filter(|task| task.attempts > 0) {
                tasks.entry((task.device, word(job.verb))).or_insert((job.verb, 0)).1 += 1;
            }
        }
        for ((device, verb), effects) in tenant.effects() {
            match tasks.get(&(device, verb.to_owned())) {
                None => self.complain(
                    Breach::NobodysEffect,
                    format!("{verb} had an effect on {device} and no task was sent"),
                ),
                Some((known, sent)) if effects > *sent && !ActionSpec::for_action(*known).repeatable => self.complain(
                    Breach::Double,
                    format!("{verb} had {effects} effects on {device}, for {sent} task"),
                ),
                Some(_) => (),
            }
        }
    }

    fn has_ended(&mut self, job: &JobLine, task: &TaskLine, tenant: &Tenant) {
        let is_told_why = |task: &TaskLine| {
            let detail = task.detail.as_ref();
            detail.is_some_and(|detail| detail["text"].is_string() && detail["intentAt"].is_string())
        };
        let ended = match task.state {
            state if state.needs_operator() => is_told_why(task),
            // Overridden by a wipe that then failed: it stays pending at Intune for ever.
            TaskState::StillPending => tenant.truth(task.device, &word(job.verb)).ignored,
            state => state.is_end(),
        };
        if !ended {
            let text = format!(
                "{} on {} stands at {:?} ({:?})",
                job.verb, task.device, task.state, task.detail
            );
            self.complain(Breach::NoOutcome, text);
        }
    }

    /// What was told, against what happened.
    fn is_true(&mut self, job: &JobLine, task: &TaskLine, tenant: &Tenant) {
        let truth = tenant.truth(task.device, &word(job.verb));
        let exists = tenant.exists(task.device);
        if !agrees(job.verb, task, &truth, exists) {
            let (state, cause) = (task.state, task.cause.as_deref());
            let text = format!(
                "{} of {} on {} was told as {state:?} ({cause:?}); {truth:?}, the device exists: {exists}; steps {:?}",
                job.verb, job.name, task.device, task.steps
            );
            self.complain(Breach::Untrue, text);
        }
    }

    fn results_tell_all(&mut self, jobs: &[JobLine], feed: &[ResultLine]) {
        if self.told != *feed {
            self.complain(Breach::Results, "the feed is not what was told of it before");
        }
        let mut by_task: BTreeMap<i64, Vec<(TaskState, Option<String>)>> = BTreeMap::new();
        for line in feed {
            by_task
                .entry(line.task)
                .or_default()
                .push((line.state, line.cause.clone()));
        }
        let known: BTreeSet<i64> = jobs.iter().flat_map(|job| &job.tasks).map(|task| task.id).collect();
        if let Some(stray) = by_task.keys().find(|task| !known.contains(task)) {
            self.complain(
                Breach::Results,
                format!("a result tells of task {stray}, which is not there"),
            );
        }
        for task in jobs.iter().flat_map(|job| &job.tasks) {
            let told = by_task.remove(&task.id).unwrap_or_default();
            let last = told.last().map(|(state, _)| *state);
            if told != task.steps || last != Some(task.state.published_state()) || told[0].0 != TaskState::Accepted {
                let text = format!("task {} stands at {:?}, and was told: {told:?}", task.id, task.state);
                self.complain(Breach::Results, text);
            }
        }
    }
}

fn agrees(verb: ActionKind, task: &TaskLine, truth: &Truth, exists: bool) -> bool {
    let spec = ActionSpec::for_action(verb);
    let ended = |state| truth.states.contains(&state);
    let nothing_happened = truth.effects == 0 || spec.repeatable;
    match task.state {
        // A check-in is the success of a sync, whoever caused it.
        TaskState::Done if verb == ActionKind::Sync => task.attempts > 0,
        // Edits have no life of their own.
        TaskState::Done if (spec.trace)(&intune_connector::actions::specs::ActionParameters::default()).at_once => {
            truth.effects > 0
        }
        TaskState::Done => ended(ActionState::Done),
        TaskState::Failed => ended(ActionState::Failed) || nothing_happened,
        TaskState::NotSupported => ended(ActionState::NotSupported),
        TaskState::DeviceGone => !exists,
        // What was done has an audit that says so, some time.
        TaskState::GoneUnproven => !exists && !ended(ActionState::Done),
        TaskState::HandedOverNotTraceable => truth.effects > 0,
        TaskState::Refused | TaskState::Expired | TaskState::Cancelled => nothing_happened,
        _ => true,
    }
}

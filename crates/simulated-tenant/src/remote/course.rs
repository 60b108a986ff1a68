//! The life of a task, in the world: accepted, taken up, ended. All transitions are here, and the only places that
//! begin one are a request, the agenda, and a device that checks in by itself.

use std::borrow::Cow;

use uuid::Uuid;

use super::conduct::{Outcome, Trace};
use super::docket::Step;
use super::platform::Traits;
use super::result::{Shown, detail};
use super::settings::{ActionTuning, Repeated};
use super::task::{ActionState, Task, Wish};
use super::verb::After;
use crate::world::{Action, Metal, Ticks, World};

/// Results that Intune keeps of one device.
const MAX_RESULTS: usize = 20;
const HOUR_S: i64 = 3600;

/// Why a wish was not granted.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Refusal {
    NoDevice,
    /// This platform, this enrolment, or this state of the device.
    NotSupported,
    /// The tenant's day is used up.
    Capped,
    /// Too many notifications for this device within the hour.
    TooMany,
    /// The same is pending already, and the tenant is tuned to mind.
    Pending,
}

/// What became of a wish that was granted.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Granted {
    Effect,
    /// Taken for the one that is pending already: no effect of its own.
    Same,
}

impl World {
    /// Takes a wish on, or says why not. What is due happens first.
    pub fn ask(&mut self, wish: Wish, tuning: &ActionTuning, now: Ticks) -> Result<Granted, Refusal> {
        self.settle(now);
        let verb = wish.verb;
        let device = self.get(wish.device_id).ok_or(Refusal::NoDevice)?;
        if !(verb.fits)(&Traits::of(device), &wish.parameters) {
            return Err(Refusal::NotSupported);
        }
        let docket = self.docket_mut();
        let repeated = docket
            .of_device(wish.device_id)
            .any(|task| task.verb.name == verb.name && task.is_open());
        match tuning.repeated {
            Repeated::Refused if repeated => return Err(Refusal::Pending),
            Repeated::Ignored if repeated => return Ok(Granted::Same),
            _ => {}
        }
        if verb.rationed {
            let since = now.plus_seconds(-HOUR_S);
            let sent = docket
                .of_device(wish.device_id)
                .filter(|task| task.verb.name == verb.name && task.started > since);
            if sent.count() >= tuning.caps.notifications_an_hour as usize {
                return Err(Refusal::TooMany);
            }
        }
        let today = if tuning.caps.rolling {
            docket.counted_since(verb.name, now.plus_seconds(-24 * HOUR_S))
        } else {
            docket.counted_today(verb.name, now)
        };
        if tuning.caps.of(verb.name).is_some_and(|most| today >= most) {
            return Err(Refusal::Capped);
        }
        docket.count_today(verb.name);
        self.accept(wish, tuning, now);
        Ok(Granted::Effect)
    }

    fn accept(&mut self, wish: Wish, tuning: &ActionTuning, now: Ticks) {
        let (id, verb) = (wish.device_id, wish.verb);
        if verb.overrides {
            for number in self.docket().open_of(id) {
                if let Some(task) = self.docket_mut().get_mut(number) {
                    task.ignored = true;
                }
            }
        }
        let task = self.task_of(wish, tuning, now);
        let number = task.number;
        if let Some((until, _)) = task.hidden {
            self.docket_mut().plan(until, number, Step::Show);
        }
        let answers_at = task
            .conduct
            .does_answer()
            .then(|| plus_ms(now, task.conduct.pending_ms()));
        self.docket_mut().add(task);
        if tuning.newer_replaces {
            let name = shown_as(verb.name, tuning);
            self.change(id, |device| device.actions.retain(|action| action.name != name));
        }
        if verb.name == "delete" {
            // The row is gone at once; what the device makes of it nobody is told.
            self.end(number, now);
            return;
        }
        self.show(number, false);
        if let Some(at) = answers_at {
            self.docket_mut().plan(at, number, Step::Answer);
        }
    }

    fn task_of(&mut self, wish: Wish, tuning: &ActionTuning, now: Ticks) -> Task {
        let number = self.docket_mut().next_number();
        let conduct = wish.conduct.or(&tuning.conduct);
        let late_ms = conduct.shown_after_ms.unwrap_or_default().max(0);
        let reads = conduct.shown_after_reads.unwrap_or_default();
        let device = self.get(wish.device_id);
        let owner = device.and_then(|device| self.person(device.user));
        Task {
            number,
            device_id: wish.device_id,
            verb: wish.verb,
            shown_as: shown_as(wish.verb.name, tuning),
            parameters: wish.parameters,
            hidden: (late_ms > 0 || reads > 0).then(|| (plus_ms(now, late_ms), reads)),
            conduct,
            state: ActionState::Pending,
            started: now,
            updated: now,
            by: wish.by,
            device_name: device.map(|device| device.name.to_string()).unwrap_or_default(),
            imei: device.and_then(|device| device.of_metal(Metal::Imei)),
            owner: owner.map(|owner| owner.principal_name.to_string()),
            ignored: false,
        }
    }

    /// Does all that has become due, each at its own moment.
    pub fn settle(&mut self, now: Ticks) {
        while let Some((at, number, step)) = self.docket_mut().pop_due(now) {
            // A device that is gone by other ways takes nothing up any more.
            let task = self.docket().get(number).filter(|task| task.is_open());
            let is_open = task.is_some_and(|task| self.get(task.device_id).is_some());
            match step {
                Step::Answer if is_open => self.answer(number, at),
                Step::End if is_open => self.end(number, at),
                Step::Show => self.reveal(number),
                Step::Forget => self.show(number, true),
                Step::Answer | Step::End => {}
            }
        }
    }

    /// The device checked in by itself, and does what it was told meanwhile.
    pub fn check_in(&mut self, id: Uuid, now: Ticks) -> bool {
        let is_there = self.change(id, |device| device.check_in(now));
        for number in self.docket().open_of(id) {
            // The end of one may have been the end of the device.
            if self.docket().get(number).is_some_and(Task::is_open) && self.get(id).is_some() {
                self.end(number, now);
            }
        }
        is_there
    }

    fn answer(&mut self, number: u64, at: Ticks) {
        let Some(task) = self.docket_mut().get_mut(number) else {
            return;
        };
        task.state = ActionState::Active;
        task.updated = at;
        let ends_at = plus_ms(at, task.conduct.active_ms());
        self.docket_mut().plan(ends_at, number, Step::End);
        self.show(number, false);
    }

    fn end(&mut self, number: u64, at: Ticks) {
        let Some(task) = self.docket().get(number).cloned() else {
            return;
        };
        let mut after = After::Stays;
        let mut state = match task.conduct.outcome() {
            Outcome::Done => ActionState::Done,
            Outcome::Failed => ActionState::Failed,
            Outcome::NotSupported => ActionState::NotSupported,
            Outcome::Canceled => ActionState::Canceled,
        };
        if state == ActionState::Done {
            self.change(task.device_id, |device| {
                after = (task.verb.end)(&task.parameters, device, at);
            });
        }
        if after == After::Failed {
            state = ActionState::Failed;
        }
        if let Some(task) = self.docket_mut().get_mut(number) {
            (task.state, task.updated) = (state, at);
        }
        self.show(number, false);
        if let Some(lasts_s) = task.verb.shown.lasts_s() {
            self.docket_mut().plan(at.plus_seconds(lasts_s), number, Step::Forget);
        }
        if after == After::Vanishes {
            self.remove(task.device_id);
        }
    }

    /// Somebody looks for traces; late ones come nearer by it.
    pub fn look(&mut self, device: Option<Uuid>, now: Ticks) {
        for number in self.docket_mut().looked_for(device, now) {
            self.unhide(number);
        }
    }

    /// The moment has come; there may still be looks to wait for.
    fn reveal(&mut self, number: u64) {
        let waits = self.docket().get(number).and_then(|task| task.hidden);
        if waits.is_some_and(|(_, reads)| reads == 0) {
            self.unhide(number);
        }
    }

    fn unhide(&mut self, number: u64) {
        self.docket_mut().unhide(number);
        self.show(number, false);
    }

    /// Brings what the device's record says of a task up to date.
    fn show(&mut self, number: u64, forgotten: bool) {
        let Some(task) = self.docket().get(number).cloned() else {
            return;
        };
        if task.hidden.is_some() {
            return;
        }
        self.change(task.device_id, |device| {
            if let Some(state) = task.management_state()
                && task.conduct.leaves(Trace::State)
                && !task.ignored
            {
                device.management_state = state;
                device.forget(&["managementState"]);
            }
            if task.verb.shown == Shown::Nothing || !task.conduct.leaves(Trace::Results) {
                return;
            }
            let action = Action {
                number,
                name: task.shown_as.clone(),
                state: task.state,
                started: task.started,
                updated: task.updated,
                detail: detail(&task, device, forgotten).map(Box::new),
            };
            match device.actions.iter_mut().find(|known| known.number == number) {
                Some(known) => *known = action,
                None if forgotten => {}
                None => {
                    if device.actions.len() >= MAX_RESULTS {
                        device.actions.remove(0);
                    }
                    device.actions.push(action);
                }
            }
        });
    }
}

fn shown_as(verb: &'static str, tuning: &ActionTuning) -> Cow<'static, str> {
    tuning
        .result_names
        .get(verb)
        .map_or(verb.into(), |name| name.clone().into())
}

fn plus_ms(at: Ticks, ms: i64) -> Ticks {
    Ticks(at.0.saturating_add(ms.saturating_mul(10_000)))
}

//! One reader: the stream of one page of one caller. Their rights are looked up anew whenever accounts change and twice a
//! minute besides; where the account, its token or its password is no longer good, the stream ends.

use std::collections::{BTreeMap, VecDeque};
use std::sync::Arc;
use std::time::Duration;

use tokio::sync::broadcast::error::RecvError;
use tokio::sync::watch;
use tokio::time::Instant;

use super::super::visibility::Viewer;
use super::event_hub::{EventTick, TickReceiver};
use super::facts::visible_facts;
use super::hub::EventPermit;
use crate::contract::{AttentionFact, EventFact, InstanceFact, InstanceState, KillSwitchFact, TargetFact};
use crate::model::InstanceName;
use crate::sics::Sics;
use crate::sics::auth::Caller;
use crate::sics::problem::ApiProblem;

const LOOKED_UP_EVERY: Duration = Duration::from_secs(30);
/// The poller tells something every few seconds. Where it is silent for so long it is not there any more, and a reader that
/// comes back begins another.
const SILENCE_MOST: Duration = Duration::from_secs(300);

/// What a reader was told of states, so that each is told once.
#[derive(Debug, Default)]
struct ToldStates {
    attention: Option<AttentionFact>,
    kill_switch: Option<bool>,
    instances: BTreeMap<InstanceName, InstanceState>,
    targets: BTreeMap<String, TargetFact>,
}

/// What a reader gets next.
enum Receipt {
    Tick(Arc<EventTick>),
    /// Looks were missed.
    Lost,
    /// It is time to look up the caller.
    LookUp,
    End,
}

pub(super) struct EventReader {
    sics: Sics,
    caller: Caller,
    ticks: TickReceiver,
    ready: VecDeque<EventFact>,
    told: ToldStates,
    shutdown_watch: watch::Receiver<bool>,
    look_up_at: Instant,
    silent_at: Instant,
    ends_at: Instant,
    _permit: EventPermit,
}

impl EventReader {
    pub(super) async fn open(sics: Sics, caller: Caller) -> Result<EventReader, ApiProblem> {
        let limits = sics.limits();
        let (most, ends_at) = (
            limits.event_streams_per_account,
            Instant::now() + limits.stream_duration,
        );
        let permit = sics.overview().hub.acquire_permit(&caller, most)?;
        Ok(EventReader {
            ticks: sics.overview().hub.subscribe(&sics).await?,
            shutdown_watch: sics.watch_shutdown(),
            sics,
            caller,
            ready: VecDeque::new(),
            told: ToldStates::default(),
            look_up_at: Instant::now() + LOOKED_UP_EVERY,
            silent_at: Instant::now() + SILENCE_MOST,
            ends_at,
            _permit: permit,
        })
    }

    /// `None`: the stream has ended.
    pub(super) async fn next_fact(&mut self) -> Option<EventFact> {
        loop {
            if let Some(fact) = self.ready.pop_front() {
                return Some(fact);
            }
            match self.receive().await {
                Receipt::Tick(tick) => {
                    self.silent_at = Instant::now() + SILENCE_MOST;
                    if tick.accounts_changed {
                        self.look_up_caller().await?;
                    }
                    self.take_tick(&tick);
                }
                Receipt::Lost => self.ready.push_back(EventFact::Lost),
                Receipt::LookUp => self.look_up_caller().await?,
                Receipt::End => return None,
            }
        }
    }

    async fn receive(&mut self) -> Receipt {
        if *self.shutdown_watch.borrow_and_update() {
            return Receipt::End;
        }
        // Whatever comes in how quick succession: a caller is looked up in time.
        if Instant::now() >= self.look_up_at {
            return Receipt::LookUp;
        }
        tokio::select! {
            tick = self.ticks.recv() => receipt_of(tick),
            _ = self.shutdown_watch.changed() => Receipt::End,
            () = tokio::time::sleep_until(self.look_up_at) => Receipt::LookUp,
            () = tokio::time::sleep_until(self.ends_at.min(self.silent_at)) => Receipt::End,
        }
    }

    /// The caller as they are now; `None`: they would not get in any more.
    async fn look_up_caller(&mut self) -> Option<()> {
        self.look_up_at = Instant::now() + LOOKED_UP_EVERY;
        match self.sics.auth().revalidate_account(&self.caller).await {
            Ok(operator) => {
                self.caller.operator = Arc::new(operator);
                Some(())
            }
            Err(problem) => {
                tracing::info!(
                    operator = self.caller.name(),
                    code = problem.code(),
                    "a stream of events ended"
                );
                None
            }
        }
    }

    fn take_tick(&mut self, tick: &EventTick) {
        let viewer = Viewer::new(&self.caller, &tick.world);
        self.ready.extend(visible_facts(tick, &viewer));
        if let Some(board) = &tick.board {
            let states = board.visible_states(&viewer).map(|(name, state)| (name.clone(), state));
            let news = self
                .told
                .take_states(states, board.count_items(&viewer), board.has_kill_switch(&viewer));
            self.ready.extend(news);
            self.ready
                .extend(self.told.take_targets(board.visible_targets(&viewer)));
        }
    }
}

impl ToldStates {
    /// What is other than it was told; it counts as told from now on.
    fn take_states(
        &mut self,
        instances: impl Iterator<Item = (InstanceName, InstanceState)>,
        attention: AttentionFact,
        kill_switch: bool,
    ) -> Vec<EventFact> {
        let mut news = Vec::new();
        for (name, state) in instances {
            if self.instances.insert(name.clone(), state) != Some(state) {
                let name = name.to_string();
                news.push(EventFact::Instance(InstanceFact { name, state }));
            }
        }
        if self.attention.replace(attention) != Some(attention) {
            news.push(EventFact::Attention(attention));
        }
        if self.kill_switch.replace(kill_switch) != Some(kill_switch) {
            news.push(EventFact::KillSwitch(KillSwitchFact { on: kill_switch }));
        }
        news
    }

    /// Targets that stand otherwise than it was told; so it counts as told from now on. One that is gone is forgotten.
    fn take_targets<'a>(&mut self, targets: impl Iterator<Item = &'a TargetFact>) -> Vec<EventFact> {
        let targets: BTreeMap<String, TargetFact> = targets.map(|fact| (fact.name.clone(), fact.clone())).collect();
        let moved = targets
            .values()
            .filter(|fact| self.targets.get(&fact.name) != Some(fact));
        let news = moved.cloned().map(EventFact::Target).collect();
        self.targets = targets;
        news
    }
}

fn receipt_of(received: Result<Arc<EventTick>, RecvError>) -> Receipt {
    match received {
        Ok(tick) => Receipt::Tick(tick),
        Err(RecvError::Lagged(_)) => Receipt::Lost,
        Err(RecvError::Closed) => Receipt::End,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::contract::TargetPhase;

    #[test]
    fn a_state_is_told_once_and_again_when_it_is_another() {
        let (mut told, name) = (
            ToldStates::default(),
            "IntuneConnector_1".parse::<InstanceName>().unwrap(),
        );
        let mut take = |state, act, on| {
            let counts = AttentionFact { act, watch: 0 };
            told.take_states([(name.clone(), state)].into_iter(), counts, on)
        };
        let fact = |state| {
            EventFact::Instance(InstanceFact {
                name: name.to_string(),
                state,
            })
        };
        let counts = |act| EventFact::Attention(AttentionFact { act, watch: 0 });
        let switch = |on| EventFact::KillSwitch(KillSwitchFact { on });
        assert_eq!(
            take(InstanceState::Idle, 0, false),
            [fact(InstanceState::Idle), counts(0), switch(false)]
        );
        assert!(take(InstanceState::Idle, 0, false).is_empty());
        assert_eq!(take(InstanceState::Scanning, 0, false), [fact(InstanceState::Scanning)]);
        assert_eq!(take(InstanceState::Scanning, 2, false), [counts(2)]);
        assert_eq!(take(InstanceState::Scanning, 2, true), [switch(true)]);
    }

    #[test]
    fn a_target_is_told_once_and_again_when_it_stands_otherwise() {
        let mut told = ToldStates::default();
        let fact = |set_aside| TargetFact {
            name: "IntuneTargetOcs_3".to_owned(),
            running: true,
            phase: TargetPhase::Open,
            paused: false,
            waits: false,
            set_aside,
            last_write_at: None,
        };
        let mut take = |facts: &[TargetFact]| told.take_targets(facts.iter());
        assert_eq!(take(&[fact(0)]), [EventFact::Target(fact(0))]);
        assert!(take(&[fact(0)]).is_empty());
        assert_eq!(take(&[fact(1)]), [EventFact::Target(fact(1))]);
        assert!(take(&[]).is_empty());
        assert_eq!(take(&[fact(1)]), [EventFact::Target(fact(1))], "it was away meanwhile");
    }

    #[tokio::test]
    async fn e8_a_reader_that_lags_is_told_that_it_lost_something_and_goes_on() {
        let (sender, mut receiver) = tokio::sync::broadcast::channel::<Arc<EventTick>>(1);
        for accounts_changed in [false, true] {
            let tick = EventTick {
                world: Arc::default(),
                moves: Default::default(),
                servers: Vec::new(),
                orders: Vec::new(),
                applications: Vec::new(),
                board: None,
                accounts_changed,
            };
            assert!(sender.send(Arc::new(tick)).is_ok());
        }
        assert!(matches!(receipt_of(receiver.recv().await), Receipt::Lost));
        let Receipt::Tick(tick) = receipt_of(receiver.recv().await) else {
            panic!("the newest is there");
        };
        assert!(tick.accounts_changed);
        drop(sender);
        assert!(matches!(receipt_of(receiver.recv().await), Receipt::End));
    }
}

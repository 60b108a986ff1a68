//! Members that break off, hang, refuse; time is moved by hand.

use std::collections::VecDeque;
use std::sync::{Arc, Mutex};

use chrono::TimeDelta;
use tokio::sync::watch;

use super::*;
use crate::contract::LifecycleState;
use crate::model::Timestamp;
use crate::observe::Clock;

/// What a member does in one life.
#[derive(Debug, Clone, Copy)]
enum Act {
    /// Runs until it is told to stop.
    Well,
    Panic,
    PanicAtStart,
    End,
    Refuse {
        passes: bool,
    },
    /// Never stops by itself.
    Hang,
}

/// A kind whose members act out a list, then run well.
#[derive(Default)]
struct Script(Mutex<std::collections::BTreeMap<String, VecDeque<Act>>>);

impl MicroserviceKind for Script {
    fn name(&self) -> &'static str {
        "script"
    }

    fn start<'a>(
        &'a self,
        member: &'a MemberSpec,
        life: MemberContext,
    ) -> BoxFuture<'a, Result<MemberFuture, MemberFailure>> {
        Box::pin(async move {
            let act = self
                .0
                .lock()
                .unwrap()
                .get_mut(&member.name)
                .and_then(VecDeque::pop_front);
            life.meter.add_requests(1);
            let running: MemberFuture = match act.unwrap_or(Act::Well) {
                Act::Well => Box::pin(async move {
                    life.wait_for_stop().await;
                    life.meter.add_rows(1);
                    Ok(())
                }),
                Act::Panic => Box::pin(async { panic!("a mistake of the test") }),
                Act::PanicAtStart => panic!("a mistake of the test"),
                Act::End => Box::pin(async { Ok(()) }),
                Act::Refuse { passes } => {
                    let trouble = MemberFailure::new("settings", "no", "correct it");
                    return Err(if passes { trouble.into_transient() } else { trouble });
                }
                Act::Hang => Box::pin(std::future::pending()),
            };
            Ok(running)
        })
    }
}

struct Bench {
    supervisor: Arc<Supervisor>,
    clock: Clock,
    ticks: watch::Sender<u64>,
}

impl Bench {
    fn new(acts: &[(&str, &[Act])]) -> Self {
        let clock = Clock::manual(Timestamp::UNIX_EPOCH + TimeDelta::days(20_000));
        let script = Script::default();
        for (name, acts) in acts {
            script
                .0
                .lock()
                .unwrap()
                .insert((*name).to_owned(), acts.iter().copied().collect());
        }
        let (ticks, ticked) = watch::channel(0);
        let kinds: Vec<Arc<dyn MicroserviceKind>> = vec![Arc::new(script)];
        let supervisor = Supervisor::new(kinds, clock.clone(), ticked, SupervisorLimits::default(), true);
        for (name, _) in acts {
            supervisor.register_member(spec(name, "script"), StartType::Automatic);
        }
        Bench {
            supervisor: Arc::new(supervisor),
            clock,
            ticks,
        }
    }

    fn state(&self, name: &str) -> LifecycleState {
        self.supervisor.status_of(name).unwrap().state
    }

    /// Waits until it is so; the runtime of a test runs everything else meanwhile.
    async fn until(&self, name: &str, state: LifecycleState) {
        let mut stand = self.supervisor.watch(name);
        stand.wait_for(|stand| stand.state == state).await.unwrap();
    }

    fn pass(&self, seconds: i64) {
        self.clock.advance(TimeDelta::seconds(seconds));
        self.ticks.send_modify(|tick| *tick += 1);
    }
}

fn spec(name: &str, kind: &str) -> MemberSpec {
    MemberSpec {
        name: name.to_owned(),
        profile: "Contoso".into(),
        kind: kind.to_owned(),
        installation: 1,
        product: "second".into(),
        version: "1.0.0".into(),
    }
}

#[tokio::test]
async fn b20_start_stop_restart() {
    let bench = Bench::new(&[("A_1", &[])]);
    let supervisor = &bench.supervisor;
    assert_eq!(bench.state("A_1"), LifecycleState::Stopped);
    assert_eq!(supervisor.start_member("A_1").await, Ok(true));
    assert_eq!(supervisor.start_member("A_1").await, Ok(false));
    assert_eq!(bench.state("A_1"), LifecycleState::Running);
    bench.pass(5);
    supervisor.restart_member("A_1").await.unwrap();
    let status = supervisor.status_of("A_1").unwrap();
    assert_eq!(
        (status.state, status.since),
        (LifecycleState::Running, bench.clock.now())
    );
    assert_eq!(
        (status.numbers.requests, status.numbers.rows),
        (2, 1),
        "it was drained, not cut off"
    );
    assert_eq!(supervisor.stop_member("A_1").await, Ok(true));
    assert_eq!(supervisor.stop_member("A_1").await, Ok(false));
    assert_eq!(bench.state("A_1"), LifecycleState::Stopped);
    assert_eq!(
        supervisor.start_member("B_1").await,
        Err(SupervisorError::Unknown("B_1".into()))
    );
    supervisor.register_member(spec("C_1", "other"), StartType::Manual);
    assert_eq!(
        supervisor.start_member("C_1").await,
        Err(SupervisorError::UnknownKind("other".into()))
    );
}

#[tokio::test]
async fn b24_only_automatic_ones_start_with_the_bus_and_a_disabled_one_not_at_all() {
    let bench = Bench::new(&[("A_1", &[]), ("B_1", &[]), ("C_1", &[])]);
    let supervisor = &bench.supervisor;
    supervisor.set_start_type("B_1", StartType::Manual).unwrap();
    supervisor.set_start_type("C_1", StartType::Disabled).unwrap();
    supervisor.start_automatic().await;
    let states: Vec<LifecycleState> = supervisor.member_statuses().iter().map(|status| status.state).collect();
    assert_eq!(
        states,
        [
            LifecycleState::Running,
            LifecycleState::Stopped,
            LifecycleState::Stopped
        ]
    );
    supervisor.start_member("B_1").await.unwrap();
    assert_eq!(bench.state("B_1"), LifecycleState::Running);
    assert_eq!(
        supervisor.start_member("C_1").await,
        Err(SupervisorError::Disabled("C_1".into()))
    );
}

#[tokio::test]
async fn b26_e2_one_that_panics_is_started_again_after_growing_pauses_and_its_neighbour_notices_nothing() {
    let bench = Bench::new(&[("A_1", &[Act::Panic, Act::PanicAtStart, Act::End]), ("B_2", &[])]);
    bench.supervisor.start_automatic().await;
    let neighbour = bench.supervisor.status_of("B_2").unwrap();
    for (restarts, pause, code) in [(1, 1, "panicked"), (2, 2, "panicked"), (3, 4, "endedUnasked")] {
        bench.until("A_1", LifecycleState::BackingOff).await;
        let mut stand = bench.supervisor.watch("A_1");
        stand.wait_for(|stand| stand.next_start.is_some()).await.unwrap();
        let status = bench.supervisor.status_of("A_1").unwrap();
        assert_eq!(status.last_error.as_ref().unwrap().code, code);
        assert_eq!(status.restarts, restarts);
        assert_eq!(status.next_start, Some(bench.clock.now() + TimeDelta::seconds(pause)));
        bench.pass(pause);
        let mut stand = bench.supervisor.watch("A_1");
        stand
            .wait_for(|stand| stand.restarts > restarts || stand.state == LifecycleState::Running)
            .await
            .unwrap();
    }
    bench.until("A_1", LifecycleState::Running).await;
    let status = bench.supervisor.status_of("A_1").unwrap();
    assert_eq!(status.numbers.requests, 4);
    assert!(status.last_error.is_some(), "what went wrong last is still told");
    assert_eq!(bench.supervisor.status_of("B_2").unwrap(), neighbour);
}

#[tokio::test]
async fn trouble_that_stays_waits_for_somebody_and_trouble_that_passes_does_not() {
    let stays = [Act::Refuse { passes: false }];
    let passes = [Act::Refuse { passes: true }];
    let bench = Bench::new(&[("A_1", &stays), ("B_1", &passes)]);
    bench.supervisor.start_automatic().await;
    bench.until("A_1", LifecycleState::Failed).await;
    assert_eq!(
        bench.supervisor.status_of("A_1").unwrap().last_error.unwrap().advice,
        "correct it"
    );
    bench.until("B_1", LifecycleState::BackingOff).await;
    bench.pass(1);
    bench.until("B_1", LifecycleState::Running).await;
    assert_eq!(bench.state("A_1"), LifecycleState::Failed, "nothing was tried");
    bench.supervisor.start_member("A_1").await.unwrap();
    assert_eq!(bench.state("A_1"), LifecycleState::Running);
}

#[tokio::test]
async fn who_does_not_stop_within_the_limit_is_cut_off_and_the_others_are_drained_meanwhile() {
    let bench = Bench::new(&[("A_1", &[Act::Hang]), ("B_1", &[])]);
    bench.supervisor.start_automatic().await;
    let supervisor = bench.supervisor.clone();
    let stopping = tokio::spawn(async move { supervisor.stop_all().await });
    bench.until("A_1", LifecycleState::Stopping).await;
    bench.until("B_1", LifecycleState::Stopped).await;
    bench.pass(29);
    tokio::task::yield_now().await;
    assert_eq!(bench.state("A_1"), LifecycleState::Stopping);
    bench.pass(1);
    stopping.await.unwrap();
    let status = bench.supervisor.status_of("A_1").unwrap();
    assert_eq!(
        (status.state, status.last_error.unwrap().code.as_str()),
        (LifecycleState::Stopped, "cutOff")
    );
    assert_eq!(bench.supervisor.status_of("B_1").unwrap().numbers.rows, 1);
}

#[tokio::test]
async fn who_is_backing_off_can_be_stopped_and_a_removed_one_is_forgotten() {
    let bench = Bench::new(&[("A_1", &[Act::Panic])]);
    bench.supervisor.start_member("A_1").await.unwrap();
    bench.until("A_1", LifecycleState::BackingOff).await;
    assert_eq!(bench.supervisor.stop_member("A_1").await, Ok(true));
    assert_eq!(bench.state("A_1"), LifecycleState::Stopped);
    bench.supervisor.remove("A_1").await.unwrap();
    assert!(bench.supervisor.status_of("A_1").is_none());
}

#[tokio::test]
async fn where_no_bus_runs_nothing_is_started() {
    let (_, ticked) = watch::channel(0);
    let kinds: Vec<Arc<dyn MicroserviceKind>> = vec![Arc::new(Script::default())];
    let supervisor = Supervisor::new(kinds, Clock::system(), ticked, SupervisorLimits::default(), false);
    supervisor.register_member(spec("A_1", "script"), StartType::Automatic);
    assert_eq!(supervisor.start_member("A_1").await, Err(SupervisorError::NotRunning));
}

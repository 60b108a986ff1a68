//! Deliberate mistakes of a bus: other recovery policies, other senders, other points, in the tests' own program. The
//! product has no switch for them.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, OnceLock};
use std::time::Duration;

use bytes::Bytes;
use futures_util::future::BoxFuture;
use intune_connector::actions::failpoints::{FailpointHook, TaskFailpoint, TaskFailpoints};
use intune_connector::actions::specs::{ActionParameters, ActionSpec, ApiVersion, CallMethod};
use intune_connector::actions::task_machine::ResendPolicy;
use intune_connector::actions::write_sender::WriteSender;
use intune_connector::app::RunningBus;
use intune_connector::graph::{ActionPermit, ActionRequest, EndpointVersion, GraphClient, WriteOutcome};
use intune_connector::store::TaskRow;

use super::bus::INSTANCE;
use super::point::{Deathbed, SENT};

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Mistake {
    /// Sends again whatever may have had its effect.
    NoReadBack,
    /// Commits the intent behind the call.
    IntentAfterCall,
    /// Sends again because nothing is seen of an effect.
    AbsenceProves,
    /// Acknowledges a job before it is durable.
    SaidTooEarly,
    /// Takes "handed over" for "done".
    DoneTooEarly,
    /// Takes the disappearance of a device for the success of what it asked for.
    GoneIsDone,
}

impl Mistake {
    pub const ALL: [Mistake; 6] = [
        Mistake::NoReadBack,
        Mistake::IntentAfterCall,
        Mistake::AbsenceProves,
        Mistake::SaidTooEarly,
        Mistake::DoneTooEarly,
        Mistake::GoneIsDone,
    ];

    pub fn name(self) -> &'static str {
        match self {
            Mistake::NoReadBack => "retry-without-read-back",
            Mistake::IntentAfterCall => "intent-after-call",
            Mistake::AbsenceProves => "absence-proves",
            Mistake::SaidTooEarly => "said-too-early",
            Mistake::DoneTooEarly => "done-too-early",
            Mistake::GoneIsDone => "gone-is-done",
        }
    }

    pub fn named(name: &str) -> Option<Mistake> {
        Mistake::ALL.into_iter().find(|mistake| mistake.name() == name)
    }

    /// The product's seams but for this one mistake.
    pub fn seams(mistake: Option<Mistake>, deathbed: Deathbed, grasp: Grasp) -> TaskFailpoints {
        let mut seams = TaskFailpoints {
            hook: Arc::new(deathbed.clone()),
            ..TaskFailpoints::default()
        };
        match mistake {
            Some(Mistake::NoReadBack) => seams.resend_policy = Arc::new(Again { at_once: true }),
            Some(Mistake::AbsenceProves) => seams.resend_policy = Arc::new(Again { at_once: false }),
            Some(Mistake::IntentAfterCall) => {
                let early = Arc::new(Early {
                    deathbed,
                    grasp,
                    answers: Mutex::default(),
                });
                seams.hook = early.clone();
                seams.sender = early;
            }
            Some(Mistake::SaidTooEarly | Mistake::DoneTooEarly | Mistake::GoneIsDone) | None => (),
        }
        seams
    }
}

struct Again {
    at_once: bool,
}

impl ResendPolicy for Again {
    fn may_resend(&self, spec: &ActionSpec) -> bool {
        self.at_once || spec.repeatable
    }

    fn may_resend_on_absence(&self, _: &ActionSpec) -> bool {
        !self.at_once
    }
}

/// The running bus, as soon as there is one.
#[derive(Clone, Default)]
pub struct Grasp(Arc<OnceLock<GraphClient>>);

impl Grasp {
    pub fn hold(&self, running: &RunningBus) {
        let name = INSTANCE.parse().expect("it is a name");
        if let Some(graph) = running.instances.read_slot(&name, |slot| slot.graph.clone()).flatten() {
            let _ = self.0.set(graph);
        }
    }

    async fn graph(&self) -> &GraphClient {
        loop {
            match self.0.get() {
                Some(graph) => return graph,
                None => tokio::time::sleep(Duration::from_millis(10)).await,
            }
        }
    }
}

/// Sends before the intent is committed, and hands out the answer when the call's turn comes.
struct Early {
    deathbed: Deathbed,
    grasp: Grasp,
    answers: Mutex<HashMap<i64, WriteOutcome>>,
}

impl Early {
    async fn send_now(&self, task: &TaskRow) {
        let spec = ActionSpec::for_action(task.verb);
        let call = (spec.call)(task.device, &ActionParameters::default(), spec.version);
        if call.method != CallMethod::Post {
            return;
        }
        let version = match call.version {
            ApiVersion::V1 => EndpointVersion::V1,
            ApiVersion::Beta => EndpointVersion::Beta,
        };
        let body = call.body.map(|body| Bytes::from(body.to_string()));
        let act = ActionRequest::for_device(call.device, call.step, reqwest::Method::POST, version, body);
        let graph = self.grasp.graph().await;
        let permit = graph.acquire_action_permit().await.unwrap();
        let sent = graph.send_action(permit, &act).await;
        self.answers.lock().unwrap().insert(task.id.0, sent);
        self.deathbed.come_by(SENT, task).await;
    }
}

impl FailpointHook for Early {
    fn on_failpoint<'a>(&'a self, point: TaskFailpoint, task: &'a TaskRow) -> BoxFuture<'a, ()> {
        Box::pin(async move {
            match point {
                TaskFailpoint::BeforeIntent => self.send_now(task).await,
                point => self.deathbed.on_failpoint(point, task).await,
            }
        })
    }
}

impl WriteSender for Early {
    fn send_write<'a>(
        &'a self,
        graph: &'a GraphClient,
        permit: ActionPermit,
        act: &'a ActionRequest,
        task: &'a TaskRow,
    ) -> BoxFuture<'a, WriteOutcome> {
        let answer = self.answers.lock().unwrap().remove(&task.id.0);
        match answer {
            Some(answer) => Box::pin(std::future::ready(answer)),
            None => Box::pin(graph.send_action(permit, act)),
        }
    }
}

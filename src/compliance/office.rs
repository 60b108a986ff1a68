//! Carries questions to the nodes of one instance through to their answers. It holds no policy: what to ask is the node's,
//! what it means is [`super::judge`]'s.

use std::sync::Arc;
use std::sync::atomic::{AtomicU8, Ordering};
use std::time::Duration;

use chrono::TimeDelta;
use tokio::time::{Instant, timeout_at};

use super::answer::{Decision, Explained, Source};
use super::cache::Cache;
use super::course::Course;
use super::device_id::IdProblem;
use super::inventory;
use super::judge::judge;
use super::node::{Node, NodeError};
use super::outcome;
use super::question::{About, Question};
use super::reading::{ReadError, Reader};
use super::reasons::Reason;
use super::shared_state::{Exception, Saved, compose};
use super::sign_in;
use crate::config::{InstanceSettings, NodeSettings, SeveralDevices};
use crate::entra::TokenSource;
use crate::model::{ComplianceOutcome, DeviceId, InstanceId, InstanceName, Timestamp};
use crate::observe::{Clock, Metrics, metric};
use crate::store::Store;

/// What an office is made of.
#[derive(Clone)]
pub struct Ground {
    pub store: Store,
    pub clock: Clock,
    pub metrics: Metrics,
    pub instance: InstanceId,
    pub name: InstanceName,
    pub tenant: String,
}

/// The nodes of one instance that runs.
pub struct Office {
    ground: Ground,
    desks: Vec<Desk>,
}

/// From where a node's last answer came.
#[derive(Debug, Clone, Copy, PartialEq, Eq, serde::Serialize, utoipa::ToSchema)]
#[serde(rename_all = "camelCase")]
pub enum Standing {
    /// Nobody has asked yet.
    Idle,
    Live,
    /// Graph does not answer, the inventory does.
    Inventory,
    /// Graph does not answer, and so nobody does.
    Failing,
    /// The node can't be used.
    Broken,
}

#[derive(Debug, Clone)]
pub struct Health {
    pub node: String,
    pub standing: Standing,
    /// Why it can't be used.
    pub trouble: Option<Reason>,
}

struct Desk {
    settings: Arc<NodeSettings>,
    works: Result<Works, Reason>,
    standing: AtomicU8,
}

struct Works {
    reader: Reader,
    cache: Cache,
}

const STANDINGS: [Standing; 4] = [Standing::Idle, Standing::Live, Standing::Inventory, Standing::Failing];

impl Desk {
    fn new(ground: &Ground, settings: &InstanceSettings, node: &Arc<NodeSettings>, tokens: &TokenSource) -> Desk {
        let works = works(ground, settings, node, tokens);
        if let Err(reason) = &works {
            tracing::error!(instance.name = %ground.name, node = node.name, code = reason.code, error = reason.text,
                "the node can't be used: each of its decisions is an error");
        }
        Desk {
            settings: node.clone(),
            works,
            standing: AtomicU8::new(0),
        }
    }

    fn standing(&self) -> Standing {
        match &self.works {
            Err(_) => Standing::Broken,
            Ok(_) => STANDINGS[usize::from(self.standing.load(Ordering::Relaxed)) % STANDINGS.len()],
        }
    }

    fn stands(&self, standing: Standing) {
        let number = STANDINGS
            .iter()
            .position(|known| *known == standing)
            .unwrap_or_default();
        self.standing
            .store(u8::try_from(number).unwrap_or_default(), Ordering::Relaxed);
    }
}

fn works(
    ground: &Ground,
    settings: &InstanceSettings,
    node: &NodeSettings,
    tokens: &TokenSource,
) -> Result<Works, Reason> {
    if !node.enabled {
        return Err(Reason::new("nodeDisabled", "the node is switched off in the settings"));
    }
    let compiled = Node::new(node).map_err(|error: NodeError| Reason::new("settings", error.to_string()))?;
    let graph = sign_in::graph_with(settings, node, Some(tokens), &ground.clock)
        .map_err(|error| Reason::new(error.code(), format!("{error}; {}", error.advice())))?;
    graph.measure(&ground.metrics, &ground.tenant);
    Ok(Works {
        reader: Reader {
            graph,
            node: Arc::new(compiled),
            clock: ground.clock.clone(),
        },
        cache: Cache::new(ground.clock.clone(), node.cache_s),
    })
}

impl Office {
    /// `tokens`: those of the instance, for all nodes but those that sign in as somebody else.
    pub fn new(ground: Ground, settings: &InstanceSettings, tokens: &TokenSource) -> Office {
        let nodes = settings.nodes.iter();
        let desks = nodes.map(|node| Desk::new(&ground, settings, node, tokens));
        Office {
            desks: desks.collect(),
            ground,
        }
    }

    pub fn health(&self) -> Vec<Health> {
        let desks = self.desks.iter().map(|desk| Health {
            node: desk.settings.name.clone(),
            standing: desk.standing(),
            trouble: desk.works.as_ref().err().cloned(),
        });
        desks.collect()
    }

    /// `None` where there is no such node.
    pub async fn decide(&self, node: &str, question: &Question) -> Option<Decision> {
        let began = Instant::now();
        let desk = self
            .desks
            .iter()
            .find(|desk| desk.settings.name.eq_ignore_ascii_case(node))?;
        let course = match &desk.works {
            Ok(works) => self.carried(desk, works, question, began).await,
            Err(reason) => Course::begin("nothing").fails(ComplianceOutcome::Error, reason.clone()),
        };
        let decision = self.answer(desk, question, course);
        self.tell(&decision, began.elapsed());
        Some(decision)
    }

    async fn carried(&self, desk: &Desk, works: &Works, question: &Question, began: Instant) -> Course {
        let budget = Duration::from_millis(desk.settings.time_budget_ms);
        // Looking into the inventory takes a moment, too.
        let reserve = match desk.settings.inventory_answers {
            true => (budget / 10).min(Duration::from_millis(250)),
            false => Duration::ZERO,
        };
        let deadline = began + budget - reserve;
        let (place, about) = question.about(&desk.settings);
        let mut course = Course::begin(place);
        let id = match about {
            Ok(About::Device(id)) => id,
            Ok(About::User(user)) => match self.device_of(works, &user, deadline).await {
                Ok((id, count)) => {
                    course.say("user", format!("{count} devices, this one counts"));
                    id
                }
                Err(Nobody::Failed(error)) => return self.unread(desk, course, &error, None),
                Err(Nobody::Found(outcome, reason)) => {
                    desk.stands(Standing::Live);
                    return course.fails(outcome, reason);
                }
            },
            Err(IdProblem::Missing) => {
                return course.fails(ComplianceOutcome::NoId, id_reason(IdProblem::Missing));
            }
            Err(problem) => return course.fails(ComplianceOutcome::Error, id_reason(problem)),
        };
        course.device = Some(id);
        let want = works.reader.node.want(&question.options);
        let read = || {
            let (reader, deadline) = (works.reader.clone(), Instant::now() + budget - reserve);
            async move { reader.read(id, want, deadline).await }
        };
        let waited = timeout_at(deadline, works.cache.get((id, want), question.options.fresh, read)).await;
        let limit_ms = desk.settings.time_budget_ms;
        let step = "read the device";
        match waited.unwrap_or(Err(ReadError::TimeBudget { step, limit_ms })) {
            Ok(facts) => {
                desk.stands(Standing::Live);
                let judged = judge(&works.reader.node, &facts, self.ground.clock.now());
                course.judged(judged, facts, Source::Live);
                course
            }
            Err(error) => self.stands_in(desk, works, course, (id, &error), deadline).await,
        }
    }

    /// Graph did not answer with the device.
    async fn stands_in(
        &self,
        desk: &Desk,
        works: &Works,
        mut course: Course,
        (id, error): (DeviceId, &ReadError),
        deadline: Instant,
    ) -> Course {
        let settings = &desk.settings;
        if error.is_not_found() && !settings.compatible {
            let meant = self.device_of_entra(works, id, deadline).await;
            return self.unread(desk, course, error, meant);
        }
        let may = settings.inventory_answers && error.is_outage() && !works.reader.node.judges_by_apps();
        if !may {
            return self.unread(desk, course, error, None);
        }
        let now = self.ground.clock.now();
        let max_age = TimeDelta::minutes(i64::from(settings.inventory_max_minutes));
        let whose = (self.ground.instance, self.ground.tenant.as_str());
        let known = match inventory::look(&self.ground.store, whose, id, max_age, now).await {
            Ok(Some(known)) => known,
            Ok(None) => {
                course.say("inventory", "knows nothing young enough");
                return self.unread(desk, course, error, None);
            }
            Err(store) => {
                tracing::warn!(error = %store, "the inventory could not stand in for Graph");
                return self.unread(desk, course, error, None);
            }
        };
        desk.stands(Standing::Inventory);
        let mut judged = judge(&works.reader.node, &known.facts, now);
        if let Some(threat) = known.threat.filter(|_| judged.outcome.is_good()) {
            let text = format!("Graph can't be asked, and {threat} is open for the device");
            judged.to(ComplianceOutcome::Unknown, "openAction", text);
        }
        let text = format!(
            "answered from the inventory, because Graph did not answer ({})",
            error.code()
        );
        course.reasons.push(Reason::new("fromInventory", text));
        course.judged(judged, Arc::new(known.facts), Source::Inventory);
        course
    }

    fn unread(&self, desk: &Desk, mut course: Course, error: &ReadError, meant: Option<DeviceId>) -> Course {
        desk.stands(if error.is_outage() {
            Standing::Failing
        } else {
            Standing::Live
        });
        if desk.settings.compatible {
            course.instead = error.as_device();
        }
        let outcome = match error.is_not_found() && desk.settings.not_found_apart {
            true => ComplianceOutcome::NotFound,
            false => ComplianceOutcome::Error,
        };
        let text = match error.is_not_found() {
            true => format!("Intune does not know this device: {error}"),
            false => error.to_string(),
        };
        let mut course = course.fails(outcome, Reason::new(error.code(), text));
        if let Some(meant) = meant {
            let text = format!(
                "the id is the Entra device id of the device that Intune knows as {meant}: have the gateway hand over the \
                 Intune device id; in a certificate profile of Intune that is CN={{{{DeviceId}}}}, not CN={{{{AAD_Device_ID}}}}"
            );
            course.reasons.push(Reason::new("entraDeviceId", text));
        }
        course
    }

    /// The Intune id of the device whose Entra device id this is; asked only where Intune does not know the id. It decides
    /// nothing: the question stays closed, and whoever set the gateway up learns what it hands over.
    async fn device_of_entra(&self, works: &Works, id: DeviceId, deadline: Instant) -> Option<DeviceId> {
        match self.ground.store.device_of_entra(self.ground.instance, id).await {
            Ok(Some(meant)) => return Some(meant),
            Ok(None) => (),
            Err(error) => tracing::warn!(error = %error, "the inventory could not be asked for an Entra device id"),
        }
        let asked = works.reader.device_of_entra(id);
        timeout_at(deadline, asked).await.ok().flatten()
    }

    async fn device_of(&self, works: &Works, user: &str, deadline: Instant) -> Result<(DeviceId, usize), Nobody> {
        let rule = works.reader.node.settings.several_devices;
        let devices = works.reader.devices_of(user, deadline).await.map_err(Nobody::Failed)?;
        if devices.len() > 1 && rule == SeveralDevices::Refuse {
            let reason = Reason::new("severalDevices", format!("the user has {} devices", devices.len()));
            return Err(Nobody::Found(ComplianceOutcome::Error, reason));
        }
        let count = devices.len();
        let severity = |(_, state): &(DeviceId, String)| outcome::severity(outcome::of_state(state));
        let devices = devices.into_iter();
        let found = match rule {
            SeveralDevices::Best => devices.max_by_key(severity),
            SeveralDevices::Worst | SeveralDevices::Refuse => devices.min_by_key(severity),
        };
        match found {
            Some((id, _)) => Ok((id, count)),
            None => {
                let reason = Reason::new("userWithoutDevice", "Intune knows no device of this user");
                Err(Nobody::Found(ComplianceOutcome::NoId, reason))
            }
        }
    }

    fn answer(&self, desk: &Desk, question: &Question, course: Course) -> Decision {
        let (settings, options) = (&desk.settings, &question.options);
        let (properties, apps) = (
            options.properties.unwrap_or(settings.save_properties),
            options.apps.unwrap_or(settings.save_apps),
        );
        let mut saved = match &course.read {
            Some((facts, _)) => Saved::of(facts, properties, apps),
            None => Saved::nothing(),
        };
        if properties && saved.properties.is_none() {
            saved.properties = course.instead.as_ref();
        }
        saved.forbidden_app_present = course.forbidden_app_present;
        let exception = course.trace.map(|message| Exception {
            trace: trace(&message, &course.explained),
            message,
        });
        let now = self.ground.clock.now();
        let before = question.shared_state.as_ref();
        let change = compose(settings.compatible, before, &saved, exception.as_ref(), now);
        Decision {
            outcome: course.outcome,
            label: course.outcome.label(),
            instance: self.ground.name.to_string(),
            node: settings.name.clone(),
            device_id: course.device,
            is_managed: course.read.is_some(),
            is_compliant: course.outcome == ComplianceOutcome::Compliant,
            reasons: course.reasons,
            shared_state: change.set,
            removed: change.removed,
            source: course.read.as_ref().map(|(_, source)| *source),
            age_ms: course.read.as_ref().map(|(facts, _)| age_ms(facts.read_at, now)),
            explained: if options.explain { course.explained } else { Vec::new() },
        }
    }

    /// The decision log: nothing about a person beyond the device's id.
    fn tell(&self, decision: &Decision, took: Duration) {
        let name = self.ground.name.as_str();
        let source = decision.source.map_or("none", Source::name);
        let reasons: Vec<&str> = decision.reasons.iter().map(|reason| reason.code.as_str()).collect();
        let device = decision.device_id.map(|id| id.to_string());
        tracing::info!(target: "decision", instance = name, node = decision.node, device, source,
            outcome = decision.outcome.id(), reasons = reasons.join(","), age_ms = decision.age_ms,
            elapsed_ms = took.as_millis() as u64, "decided");
        let metrics = &self.ground.metrics;
        metrics.add(&metric::DECISIONS, &[name, decision.outcome.id(), source], 1);
        metrics.measure(&metric::DECISION_SECONDS, &[name], took.as_secs_f64());
        let stale = |desk: &Desk| matches!(desk.standing(), Standing::Inventory | Standing::Failing);
        let stale = self.desks.iter().any(stale);
        metrics.set(&metric::DECISIONS_STALE, &[name], f64::from(u8::from(stale)));
    }
}

/// Why there is no device of a user to decide about.
enum Nobody {
    Failed(ReadError),
    Found(ComplianceOutcome, Reason),
}

fn id_reason(problem: IdProblem) -> Reason {
    Reason::new(problem.code(), problem.to_string())
}

fn trace(message: &str, explained: &[Explained]) -> String {
    let steps = explained.iter().map(|step| format!("{}: {}", step.step, step.found));
    std::iter::once(message.to_owned())
        .chain(steps)
        .collect::<Vec<_>>()
        .join("; ")
}

fn age_ms(read_at: Timestamp, now: Timestamp) -> u64 {
    u64::try_from((now - read_at).num_milliseconds()).unwrap_or_default()
}

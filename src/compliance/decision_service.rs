//! Carries questions to the nodes of one instance through to their answers. It holds no policy: what to ask is the node's,
//! what it means is [`super::judge_compliance`]'s.

mod decision;

use std::sync::Arc;
use std::sync::atomic::{AtomicU8, Ordering};
use std::time::Duration;

use chrono::TimeDelta;
use tokio::time::{Instant, timeout_at};

use super::cache::FactsCache;
use super::decision_history::DecisionHistory;
use super::decision_trace::DecisionTrace;
use super::device_id::DeviceIdError;
use super::facts_reader::{FactsReadError, FactsReader};
use super::graph_client;
use super::inventory_fallback;
use super::node::{Node, NodeError};
use super::outcome;
use super::question::{DecisionLookup, find_lookup};
use super::verdict::judge_compliance;
use crate::config::{InstanceSettings, MultiDeviceRule, NodeSettings};
use crate::contract::{ComplianceDecision, DecisionReason, DecisionSource, NodeHealth, Question};
use crate::entra::TokenSource;
use crate::model::{ComplianceOutcome, DeviceId, InstanceId, InstanceName};
use crate::observe::{Clock, Metrics};
use crate::store::Store;
use decision::id_error_reason;

/// What a decision service needs.
#[derive(Clone)]
pub struct DecisionContext {
    pub store: Store,
    pub clock: Clock,
    pub metrics: Metrics,
    pub instance: InstanceId,
    pub name: InstanceName,
    pub tenant: String,
    /// `None`: the instance keeps none.
    pub history: Option<Arc<DecisionHistory>>,
}

/// The nodes of one instance that runs.
pub struct DecisionService {
    context: DecisionContext,
    nodes: Vec<NodeState>,
}

#[derive(Debug, Clone)]
pub struct NodeHealthReport {
    pub node: String,
    pub health: NodeHealth,
    /// Why it can't be used.
    pub failure: Option<DecisionReason>,
}

struct NodeState {
    settings: Arc<NodeSettings>,
    runtime: Result<NodeRuntime, DecisionReason>,
    health: AtomicU8,
}

struct NodeRuntime {
    reader: FactsReader,
    cache: FactsCache,
}

const STANDINGS: [NodeHealth; 4] = [
    NodeHealth::Idle,
    NodeHealth::Live,
    NodeHealth::Inventory,
    NodeHealth::Failing,
];

impl NodeState {
    fn new(
        ground: &DecisionContext,
        settings: &InstanceSettings,
        node: &Arc<NodeSettings>,
        tokens: &TokenSource,
    ) -> NodeState {
        let works = build_runtime(ground, settings, node, tokens);
        if let Err(reason) = &works {
            tracing::error!(instance.name = %ground.name, node = node.name, code = reason.code, error = reason.text,
                "the node is unusable: all its decisions are errors");
        }
        NodeState {
            settings: node.clone(),
            runtime: works,
            health: AtomicU8::new(0),
        }
    }

    fn node_health(&self) -> NodeHealth {
        match &self.runtime {
            Err(_) => NodeHealth::Broken,
            Ok(_) => STANDINGS[usize::from(self.health.load(Ordering::Relaxed)) % STANDINGS.len()],
        }
    }

    fn set_health(&self, health: NodeHealth) {
        let number = STANDINGS.iter().position(|known| *known == health).unwrap_or_default();
        self.health
            .store(u8::try_from(number).unwrap_or_default(), Ordering::Relaxed);
    }
}

fn build_runtime(
    context: &DecisionContext,
    settings: &InstanceSettings,
    node: &NodeSettings,
    tokens: &TokenSource,
) -> Result<NodeRuntime, DecisionReason> {
    if !node.enabled {
        return Err(DecisionReason::new(
            "nodeDisabled",
            "the node is disabled in the settings",
        ));
    }
    let compiled = Node::new(node).map_err(|error: NodeError| DecisionReason::new("settings", error.to_string()))?;
    let graph = graph_client::shared_node_client(settings, node, Some(tokens), &context.clock)
        .map_err(|error| DecisionReason::new(error.code(), format!("{error}; {}", error.advice())))?;
    graph.connect_metrics(&context.metrics, &context.tenant);
    Ok(NodeRuntime {
        reader: FactsReader {
            graph,
            node: Arc::new(compiled),
            clock: context.clock.clone(),
        },
        cache: FactsCache::new(context.clock.clone(), node.cache_s),
    })
}

impl DecisionService {
    /// `tokens`: those of the instance, for all nodes but those that sign in as somebody else.
    pub fn new(ground: DecisionContext, settings: &InstanceSettings, tokens: &TokenSource) -> DecisionService {
        let nodes = settings.nodes.iter();
        let desks = nodes.map(|node| NodeState::new(&ground, settings, node, tokens));
        DecisionService {
            nodes: desks.collect(),
            context: ground,
        }
    }

    pub fn node_health_reports(&self) -> Vec<NodeHealthReport> {
        let reports = self.nodes.iter().map(|node_state| NodeHealthReport {
            node: node_state.settings.name.clone(),
            health: node_state.node_health(),
            failure: node_state.runtime.as_ref().err().cloned(),
        });
        reports.collect()
    }

    /// `None` where there is no such node.
    pub async fn decide(&self, node: &str, question: &Question) -> Option<ComplianceDecision> {
        let began = Instant::now();
        let node_state = self
            .nodes
            .iter()
            .find(|node_state| node_state.settings.name.eq_ignore_ascii_case(node))?;
        let trace = match &node_state.runtime {
            Ok(runtime) => self.answer_question(node_state, runtime, question, began).await,
            Err(reason) => DecisionTrace::begin("nothing").with_failure(ComplianceOutcome::Error, reason.clone()),
        };
        let decision = self.build_decision(node_state, question, trace);
        self.log_decision(&decision, began.elapsed());
        if let Some(history) = &self.context.history {
            history.record_decision(self.context.instance, &decision, self.context.clock.now());
        }
        Some(decision)
    }

    async fn answer_question(
        &self,
        node_state: &NodeState,
        runtime: &NodeRuntime,
        question: &Question,
        began: Instant,
    ) -> DecisionTrace {
        let budget = Duration::from_millis(node_state.settings.time_budget_ms);
        // Looking into the inventory takes a moment, too.
        let reserve = if node_state.settings.inventory_answers {
            (budget / 10).min(Duration::from_millis(250))
        } else {
            Duration::ZERO
        };
        let deadline = began + budget - reserve;
        let (place, lookup) = find_lookup(question, &node_state.settings);
        let mut trace = DecisionTrace::begin(place);
        let id = match lookup {
            Ok(DecisionLookup::Device(id)) => id,
            Ok(DecisionLookup::User(user)) => match self.find_user_device(runtime, &user, deadline).await {
                Ok((id, count)) => {
                    trace.add_step("user", format!("{count} devices, this one is used"));
                    id
                }
                Err(NoDevice::Failed(error)) => return self.fail_unread(node_state, trace, &error, None),
                Err(NoDevice::Found(outcome, reason)) => {
                    node_state.set_health(NodeHealth::Live);
                    return trace.with_failure(outcome, reason);
                }
            },
            Err(DeviceIdError::Missing) => {
                return trace.with_failure(ComplianceOutcome::NoId, id_error_reason(DeviceIdError::Missing));
            }
            Err(problem) => return trace.with_failure(ComplianceOutcome::Error, id_error_reason(problem)),
        };
        trace.device = Some(id);
        let selection = runtime.reader.node.read_selection(&question.options);
        let read = || {
            let (reader, deadline) = (runtime.reader.clone(), Instant::now() + budget - reserve);
            async move { reader.read_facts(id, selection, deadline).await }
        };
        let waited = timeout_at(
            deadline,
            runtime.cache.get((id, selection), question.options.fresh, read),
        )
        .await;
        let limit_ms = node_state.settings.time_budget_ms;
        let step = "read the device";
        match waited.unwrap_or(Err(FactsReadError::TimeBudget { step, limit_ms })) {
            Ok(facts) => {
                node_state.set_health(NodeHealth::Live);
                let verdict = judge_compliance(&runtime.reader.node, &facts, self.context.clock.now());
                trace.apply_verdict(verdict, facts, DecisionSource::Live);
                trace
            }
            Err(error) => {
                self.answer_from_inventory(node_state, runtime, trace, (id, &error), deadline)
                    .await
            }
        }
    }

    /// Graph did not answer with the device.
    async fn answer_from_inventory(
        &self,
        node_state: &NodeState,
        runtime: &NodeRuntime,
        mut trace: DecisionTrace,
        (id, error): (DeviceId, &FactsReadError),
        deadline: Instant,
    ) -> DecisionTrace {
        let settings = &node_state.settings;
        if error.is_not_found() && !settings.compatible {
            let intune_id = self.find_by_entra_id(runtime, id, deadline).await;
            return self.fail_unread(node_state, trace, error, intune_id);
        }
        let may_answer = settings.inventory_answers && error.is_outage() && !runtime.reader.node.judges_by_apps();
        if !may_answer {
            return self.fail_unread(node_state, trace, error, None);
        }
        let now = self.context.clock.now();
        let max_age = TimeDelta::minutes(i64::from(settings.inventory_max_minutes));
        let instance_and_tenant = (self.context.instance, self.context.tenant.as_str());
        let known =
            match inventory_fallback::read_inventory_facts(&self.context.store, instance_and_tenant, id, max_age, now)
                .await
            {
                Ok(Some(known)) => known,
                Ok(None) => {
                    trace.add_step("inventory", "no sufficiently recent data");
                    return self.fail_unread(node_state, trace, error, None);
                }
                Err(store) => {
                    tracing::warn!(error = %store, "failed to answer from the inventory");
                    return self.fail_unread(node_state, trace, error, None);
                }
            };
        node_state.set_health(NodeHealth::Inventory);
        let mut verdict = judge_compliance(&runtime.reader.node, &known.facts, now);
        if let Some(threat) = known.threat.filter(|_| verdict.outcome.is_acceptable()) {
            let text = format!("Graph is unavailable, and {threat} is recorded for the device");
            verdict.change_outcome(ComplianceOutcome::Unknown, "openAction", text);
        }
        let text = format!(
            "answered from the inventory, because Graph did not answer ({})",
            error.code()
        );
        trace.reasons.push(DecisionReason::new("fromInventory", text));
        trace.apply_verdict(verdict, Arc::new(known.facts), DecisionSource::Inventory);
        trace
    }

    /// The Intune id of the device whose Entra device id this is; asked only where Intune does not know the id. It decides
    /// nothing: the question stays closed, and whoever set the gateway up learns what it hands over.
    async fn find_by_entra_id(&self, runtime: &NodeRuntime, id: DeviceId, deadline: Instant) -> Option<DeviceId> {
        match self
            .context
            .store
            .find_device_by_entra_id(self.context.instance, id)
            .await
        {
            Ok(Some(intune_id)) => return Some(intune_id),
            Ok(None) => (),
            Err(error) => tracing::warn!(error = %error, "failed to look up an Entra device id in the inventory"),
        }
        let asked = runtime.reader.find_by_entra_id(id);
        timeout_at(deadline, asked).await.ok().flatten()
    }

    async fn find_user_device(
        &self,
        runtime: &NodeRuntime,
        user: &str,
        deadline: Instant,
    ) -> Result<(DeviceId, usize), NoDevice> {
        let rule = runtime.reader.node.settings.several_devices;
        let devices = runtime
            .reader
            .list_user_devices(user, deadline)
            .await
            .map_err(NoDevice::Failed)?;
        if devices.len() > 1 && rule == MultiDeviceRule::Refuse {
            let reason = DecisionReason::new("severalDevices", format!("the user has {} devices", devices.len()));
            return Err(NoDevice::Found(ComplianceOutcome::Error, reason));
        }
        let count = devices.len();
        let severity = |(_, state): &(DeviceId, String)| outcome::severity(outcome::from_state(state));
        let devices = devices.into_iter();
        let found = match rule {
            MultiDeviceRule::Best => devices.max_by_key(severity),
            MultiDeviceRule::Worst | MultiDeviceRule::Refuse => devices.min_by_key(severity),
        };
        match found {
            Some((id, _)) => Ok((id, count)),
            None => {
                let reason = DecisionReason::new("userWithoutDevice", "no device of this user found in Intune");
                Err(NoDevice::Found(ComplianceOutcome::NoId, reason))
            }
        }
    }
}

/// Why there is no device of a user to decide about.
enum NoDevice {
    Failed(FactsReadError),
    Found(ComplianceOutcome, DecisionReason),
}

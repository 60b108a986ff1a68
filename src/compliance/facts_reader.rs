//! What Graph says of a device now, within a time limit. The device is read first, everything else
//! after it; where that fails, the result says so in its place.

use std::sync::Arc;
use std::time::Duration;

use serde_json::{Map, Value, json};
use tokio::time::{Instant, timeout_at};

use super::facts::{DeviceFacts, InstalledApp, InstalledApps, PolicyState, PolicyStates, SettingState};
use super::node::{Node, ReadSelection};
use super::outcome;
use super::reasons::is_passing_state;
use crate::config::GraphVersion;
use crate::graph::{EndpointVersion, GraphClient, GraphError, GraphProblem};
use crate::model::{ComplianceOutcome, DeviceId};
use crate::observe::Clock;

/// Apps of a device at most; more are an error, not a shorter list.
const APPS_MAX: usize = 10_000;
/// Devices of a user that are looked at.
const DEVICES_MAX: usize = 100;
/// Failing policies whose settings are asked for one by one, where Graph did not tell them with the policy.
const POLICIES_ASKED: usize = 5;
/// Left to answer in when the policies of a device were asked for in vain.
const SLACK: Duration = Duration::from_millis(150);

#[derive(Debug, Clone, thiserror::Error)]
pub enum FactsReadError {
    #[error("failed to {step}: {source}")]
    Graph { step: &'static str, source: GraphError },
    #[error("failed to {step}: no answer within {limit_ms} ms")]
    TimeBudget { step: &'static str, limit_ms: u64 },
    #[error("Graph returned a different device from the one requested")]
    OtherDevice,
    #[error("too many decisions are waiting for Graph")]
    Busy,
    #[error("reading the device was interrupted")]
    BrokeOff,
}

const DEVICE: &str = "read the device";
const USER: &str = "find the user's devices";

impl FactsReadError {
    pub fn code(&self) -> String {
        match self {
            FactsReadError::Graph { source, step } if *step == DEVICE && source.is_not_found() => {
                "deviceNotFound".to_owned()
            }
            FactsReadError::Graph { source, .. } => source.code(),
            FactsReadError::TimeBudget { .. } => "timeBudget".to_owned(),
            FactsReadError::OtherDevice => "otherDevice".to_owned(),
            FactsReadError::Busy => "busy".to_owned(),
            FactsReadError::BrokeOff => "brokeOff".to_owned(),
        }
    }

    pub fn is_not_found(&self) -> bool {
        self.code() == "deviceNotFound"
    }

    /// Whether Graph is slow or down, rather than the question wrong.
    pub fn is_outage(&self) -> bool {
        match self {
            FactsReadError::Graph { source, .. } => source.is_transient(),
            FactsReadError::TimeBudget { .. } | FactsReadError::Busy => true,
            FactsReadError::OtherDevice | FactsReadError::BrokeOff => false,
        }
    }

    /// What the original would have taken for the device: it does not look at the status, so it saves the body of a
    /// refusal.
    pub fn as_original_device(&self) -> Option<Map<String, Value>> {
        let FactsReadError::Graph { source, step } = self else {
            return None;
        };
        match &source.problem {
            GraphProblem::Answered { reason, message, .. } if *step == DEVICE => Some(Map::from_iter([(
                "error".to_owned(),
                json!({"code": reason, "message": message}),
            )])),
            _ => None,
        }
    }
}

#[derive(Clone)]
pub(crate) struct FactsReader {
    pub graph: GraphClient,
    pub node: Arc<Node>,
    pub clock: Clock,
}

impl FactsReader {
    fn time_budget_error(&self, step: &'static str) -> FactsReadError {
        FactsReadError::TimeBudget {
            step,
            limit_ms: self.node.settings.time_budget_ms,
        }
    }

    pub(crate) async fn read_facts(
        &self,
        id: DeviceId,
        selection: ReadSelection,
        deadline: Instant,
    ) -> Result<DeviceFacts, FactsReadError> {
        let read_at = self.clock.now();
        let select = self.node.select_clause(selection);
        let asked = timeout_at(deadline, self.graph.read_device(id, select.as_deref())).await;
        let reading = asked.map_err(|_| self.time_budget_error(DEVICE))?;
        let reading = reading.map_err(|source| FactsReadError::Graph { step: DEVICE, source })?;
        let device = parse_device(&reading.body, id)?;
        let mut bytes = reading.body.len();
        let mut apps_without_name = 0;
        let apps = if !selection.apps {
            InstalledApps::NotAsked
        } else {
            match timeout_at(deadline, self.read_apps(id)).await {
                Err(_) => InstalledApps::Failed("timeBudget".to_owned()),
                Ok(Err(error)) => InstalledApps::Failed(error.code()),
                Ok(Ok(installed)) => {
                    bytes += installed.bytes;
                    apps_without_name = installed.without_name;
                    InstalledApps::Read(installed.apps)
                }
            }
        };
        let bad = outcome::from_device(&device).is_some_and(|(_, outcome)| outcome != ComplianceOutcome::Compliant);
        let states = if !(selection.reasons && bad) {
            PolicyStates::NotAsked
        } else {
            match timeout_at(deadline - SLACK, self.read_policy_states(id)).await {
                Err(_) => PolicyStates::Failed("timeBudget".to_owned()),
                Ok(Err(error)) => PolicyStates::Failed(error.code()),
                Ok(Ok(states)) => PolicyStates::Read(states),
            }
        };
        Ok(DeviceFacts {
            device,
            apps,
            apps_without_name,
            policy_states: states,
            read_at,
            bytes,
        })
    }

    /// All pages; the original reads the first one only.
    async fn read_apps(&self, id: DeviceId) -> Result<ReadApps, GraphError> {
        let version = match self.node.settings.apps_version {
            GraphVersion::V1 => EndpointVersion::V1,
            GraphVersion::Beta => EndpointVersion::Beta,
        };
        let path = format!("/deviceManagement/managedDevices/{id}/detectedApps");
        let mut pages = self.graph.list_collection(version, &path);
        let (mut apps, mut without_name, mut bytes) = (Vec::new(), 0, 0);
        while let Some(page) = pages.next().await? {
            bytes += page.body.len();
            for record in page.records() {
                match parse_app(record) {
                    Some(app) => apps.push(app),
                    None => without_name += 1,
                }
            }
            if apps.len() + without_name > APPS_MAX {
                return Err(GraphProblem::BodyTooLarge { limit_bytes: bytes }.into());
            }
            if self.node.settings.compatible {
                break;
            }
        }
        Ok(ReadApps {
            apps,
            without_name,
            bytes,
        })
    }

    async fn read_policy_states(&self, id: DeviceId) -> Result<Vec<PolicyState>, GraphError> {
        let path = format!("/deviceManagement/managedDevices/{id}/deviceCompliancePolicyStates");
        let mut pages = self.graph.list_collection(EndpointVersion::V1, &path);
        let (mut states, mut asked) = (Vec::new(), 0);
        while let Some(page) = pages.next().await? {
            for record in page.records() {
                let Ok(record) = serde_json::from_slice::<Value>(record) else {
                    continue;
                };
                let mut state = parse_policy_state(&record);
                let has_settings = record["settingCount"].as_i64().unwrap_or(1) > 0;
                let number = record["id"].as_str().filter(|id| is_plain_segment(id));
                if let (false, true, true, Some(number)) = (
                    is_passing_state(&state.state),
                    state.settings.is_empty(),
                    has_settings,
                    number,
                ) && asked < POLICIES_ASKED
                {
                    asked += 1;
                    state.settings = self
                        .read_setting_states(&format!("{path}/{number}/settingStates"))
                        .await;
                }
                states.push(state);
            }
        }
        Ok(states)
    }

    /// What can be had of them; the policy itself is reason enough.
    async fn read_setting_states(&self, path: &str) -> Vec<SettingState> {
        let page = self.graph.list_collection(EndpointVersion::V1, path).next().await;
        let Ok(Some(page)) = page else {
            return Vec::new();
        };
        let records = page
            .records()
            .filter_map(|record| serde_json::from_slice::<Value>(record).ok());
        records.map(|record| parse_setting_state(&record)).collect()
    }

    /// The Intune id of the device with this Entra device id, where Graph answers with one that says so itself.
    pub(crate) async fn find_by_entra_id(&self, entra: DeviceId) -> Option<DeviceId> {
        let path = format!(
            "/deviceManagement/managedDevices?$filter=azureADDeviceId%20eq%20%27{entra}%27&$select=id,azureADDeviceId"
        );
        let page = self
            .graph
            .list_collection(EndpointVersion::V1, &path)
            .next()
            .await
            .ok()??;
        page.records().find_map(|record| {
            let record: Value = serde_json::from_slice(record).ok()?;
            let has_entra_id = record["azureADDeviceId"]
                .as_str()
                .is_some_and(|text| text.parse() == Ok(entra));
            record["id"].as_str().filter(|_| has_entra_id)?.parse().ok()
        })
    }

    /// Ids and compliance states of a user's devices.
    pub(crate) async fn list_user_devices(
        &self,
        user: &str,
        deadline: Instant,
    ) -> Result<Vec<(DeviceId, String)>, FactsReadError> {
        let asked = async {
            let mut pages = self
                .graph
                .list_user_devices(user, "id,complianceState,userPrincipalName");
            let mut found = Vec::new();
            while found.len() < DEVICES_MAX
                && let Some(page) = pages.next().await?
            {
                for record in page.records() {
                    let Ok(record) = serde_json::from_slice::<Value>(record) else {
                        continue;
                    };
                    // Believed only where it says itself that it is this user's.
                    let belongs_to_user = record["userPrincipalName"]
                        .as_str()
                        .is_some_and(|name| name.to_lowercase() == user.to_lowercase());
                    if let (true, Some(Ok(id))) = (belongs_to_user, record["id"].as_str().map(str::parse)) {
                        let state = record["complianceState"].as_str().unwrap_or_default().to_owned();
                        found.push((id, state));
                    }
                }
            }
            Ok::<_, GraphError>(found)
        };
        let found = timeout_at(deadline, asked)
            .await
            .map_err(|_| self.time_budget_error(USER))?;
        found.map_err(|source| FactsReadError::Graph { step: USER, source })
    }
}

/// Part of an address that needs no encoding.
fn is_plain_segment(id: &str) -> bool {
    (1..=200).contains(&id.len()) && id.chars().all(|c| c.is_ascii_alphanumeric() || matches!(c, '-' | '_'))
}

/// Never read (E1), whatever was asked for.
const SECRETS: [&str; 2] = ["activationLockBypassCode", "remoteAssistanceSessionUrl"];
/// Their entries may carry an unlock code, a passcode or a place.
const RESULTS: &str = "deviceActionResults";
const OF_A_RESULT: [&str; 5] = [
    "@odata.type",
    "actionName",
    "actionState",
    "startDateTime",
    "lastUpdatedDateTime",
];

fn parse_device(body: &[u8], id: DeviceId) -> Result<Map<String, Value>, FactsReadError> {
    let mut device: Map<String, Value> = serde_json::from_slice(body).map_err(|_| FactsReadError::BrokeOff)?;
    let same = device
        .get("id")
        .and_then(Value::as_str)
        .is_some_and(|found| found.parse() == Ok(id));
    if !same {
        return Err(FactsReadError::OtherDevice);
    }
    device.retain(|name, _| !SECRETS.contains(&name.as_str()));
    if let Some(results) = device.get_mut(RESULTS).and_then(Value::as_array_mut) {
        for result in results.iter_mut().filter_map(Value::as_object_mut) {
            result.retain(|name, _| OF_A_RESULT.contains(&name.as_str()));
        }
    }
    Ok(device)
}

/// What Graph tells of a device's apps.
struct ReadApps {
    apps: Vec<InstalledApp>,
    without_name: usize,
    bytes: usize,
}

/// `None`: one without a name.
fn parse_app(record: &[u8]) -> Option<InstalledApp> {
    let record: Value = serde_json::from_slice(record).ok()?;
    let text = |name: &str| record[name].as_str().map(str::to_owned);
    Some(InstalledApp {
        name: text("displayName").filter(|name| !name.trim().is_empty())?,
        version: text("version"),
        publisher: text("publisher"),
    })
}

fn text_field(record: &Value, name: &str) -> Option<String> {
    let text = record[name].as_str().filter(|text| !text.trim().is_empty())?;
    Some(text.chars().take(200).collect())
}

fn parse_policy_state(record: &Value) -> PolicyState {
    let settings = record["settingStates"].as_array().into_iter().flatten();
    PolicyState {
        name: text_field(record, "displayName").unwrap_or_else(|| "(without a name)".to_owned()),
        state: text_field(record, "state").unwrap_or_else(|| "unknown".to_owned()),
        settings: settings.map(parse_setting_state).collect(),
    }
}

fn parse_setting_state(record: &Value) -> SettingState {
    SettingState {
        name: text_field(record, "settingName")
            .or_else(|| text_field(record, "setting"))
            .unwrap_or_else(|| "(without a name)".to_owned()),
        state: text_field(record, "state").unwrap_or_else(|| "unknown".to_owned()),
    }
}

//! Builds what a scan needs from settings, or reports why that fails.

use std::sync::Arc;

use tokio::sync::watch;

use crate::actions::subject::Subject;
use crate::bus::supervisor::MemberFailure;
use crate::compliance::NodeError;
use crate::config::{Audience, InstanceSettings};
use crate::entra::{EntraError, TokenPurpose, TokenSource};
use crate::graph::{GraphClient, GraphError, RateBudget};
use crate::inventory::scan::{InstanceScanner, ScanProgress};
use crate::inventory::{ConditionError, DeviceCondition, DeviceProjection, ProjectionError};
use crate::model::{InstanceId, InstanceName, ServerId};
use crate::observe::{Clock, Metrics};
use crate::store::Store;

#[derive(Debug, thiserror::Error)]
pub enum BuildError {
    #[error(transparent)]
    Entra(#[from] EntraError),
    #[error(transparent)]
    Graph(#[from] GraphError),
    #[error(transparent)]
    Shape(#[from] ProjectionError),
    #[error("invalid never_touch setting: {0}")]
    NeverTouch(ConditionError),
    #[error(transparent)]
    Policy(#[from] NodeError),
    #[error("the settings name tenant {named}, but the instance belongs to tenant {owner}")]
    OtherTenant { named: String, owner: String },
}

impl BuildError {
    /// Of an instance that has these settings.
    pub fn to_failure(&self) -> MemberFailure {
        let advice = match self {
            BuildError::NeverTouch(_) => format!("{}; until then the last valid condition applies", self.advice()),
            _ => self.advice(),
        };
        MemberFailure::new(self.code(), self.to_string(), advice)
    }

    fn code(&self) -> String {
        match self {
            BuildError::Entra(error) => error.code(),
            BuildError::Graph(error) => error.code().to_owned(),
            BuildError::Shape(_) | BuildError::Policy(_) | BuildError::NeverTouch(_) => "settings".to_owned(),
            BuildError::OtherTenant { .. } => "otherTenant".to_owned(),
        }
    }

    /// For whoever writes them, whether an instance has them or not.
    pub fn advice(&self) -> String {
        let advice = match self {
            BuildError::Entra(error) => return error.advice(),
            BuildError::Graph(error) => return error.advice().to_owned(),
            BuildError::Shape(error) => advise_shape(error),
            BuildError::Policy(_) => {
                "write a policy such as NONCOMPLIANT: isEncrypted == false; the fields: intune-connector devices fields"
            }
            BuildError::NeverTouch(_) => {
                "write a condition such as deviceName.startsWith(\"CEO-\"); the fields: intune-connector devices fields"
            }
            BuildError::OtherTenant { .. } => {
                "an instance cannot move to another tenant: add a new instance for that tenant"
            }
        };
        advice.to_owned()
    }
}

fn advise_shape(error: &ProjectionError) -> &'static str {
    match error {
        ProjectionError::UnknownField { given, .. } if given.contains([' ', ';']) => {
            "put a comma between two fields, such as deviceName, serialNumber"
        }
        ProjectionError::UnknownField { .. } => "the fields there are: intune-connector devices fields",
        ProjectionError::NeverRead { .. } | ProjectionError::OnlyInBeta { .. } => {
            "leave it out; the fields there are: intune-connector devices fields"
        }
        ProjectionError::NotInLists { .. } => "use a field that lists have: intune-connector devices fields",
        ProjectionError::Condition { .. } => {
            "write a condition such as operatingSystem == \"iOS\"; the fields: intune-connector devices fields"
        }
        ProjectionError::ClassOfItself | ProjectionError::ClassName { .. } => {
            "write a rule such as kiosk: deviceName.startsWith(\"KIOSK-\")"
        }
        ProjectionError::TooManyClasses => "remove rules for classes",
    }
}

pub(crate) fn audience_servers(settings: &InstanceSettings) -> Option<Vec<ServerId>> {
    match &settings.audience {
        Audience::Everybody => None,
        Audience::Servers(ids) => Some(ids.clone()),
    }
}

/// What actions and decisions are judged by has to be in the store, whatever the servers receive; where none is switched on, nothing.
fn needed_properties(settings: &InstanceSettings) -> Vec<String> {
    let actions = &settings.actions;
    let of_decisions = crate::compliance::needed_properties(settings);
    if actions.verbs.is_empty() {
        return of_decisions;
    }
    let condition = actions.never_touch.as_deref().map(DeviceCondition::compile);
    let asked = condition
        .and_then(Result::ok)
        .map(|condition| condition.property_names());
    let by_all = Subject::NEEDED.iter().copied();
    by_all
        .chain(asked.into_iter().flatten())
        .filter(|name| *name != "deviceClass")
        .map(str::to_owned)
        .chain(of_decisions)
        .collect()
}

pub fn build_scanner(
    store: &Store,
    clock: &Clock,
    metrics: &Metrics,
    (id, name): (InstanceId, InstanceName),
    settings: &Arc<InstanceSettings>,
) -> Result<InstanceScanner, BuildError> {
    let tokens = TokenSource::new(settings, TokenPurpose::Scan, clock.clone())?;
    let budget = RateBudget::for_application(settings, &settings.client_id);
    let graph = GraphClient::new(settings, tokens, budget, clock.clone())?;
    graph.connect_metrics(metrics, &settings.tenant_id);
    let shape = Arc::new(DeviceProjection::compile(&settings.devices, &[])?);
    Ok(InstanceScanner {
        store: store.clone(),
        graph,
        projection: shape,
        required_properties: needed_properties(settings),
        selects_by_name: !crate::compliance::needed_properties(settings).is_empty(),
        instance: id,
        name,
        settings: settings.clone(),
        clock: clock.clone(),
        metrics: metrics.clone(),
        progress: watch::Sender::new(ScanProgress::default()),
        users_refusal: watch::Sender::new(None),
    })
}

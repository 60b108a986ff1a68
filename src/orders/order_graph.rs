//! The one place of this flow that speaks to Graph: apps and their assignments here, groups in [`super::graph_groups`], users
//! and devices in [`super::graph_targets`].
//!
//! Reads are tried again a few times and no longer: an order waits on its own, with its claim given back. Writes go out once;
//! what came of an unclear one is read back. Of assignments only `/assignments` is written, one at a time: `/assign` would
//! replace those of others.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use bytes::Bytes;
use serde_json::{Value, json};

use super::app_type::{find_app_type, short_type_name, unassignable_reason};
use super::assignment_plan::{AppFacts, AssignmentFacts};
use super::install_report::{self, InstallReport};
use super::order_target::parse_guid;
use crate::config::{InstanceSettings, OrderSettings};
use crate::contract::{OrderKind, TenantAppView};
use crate::entra::{EntraError, TokenPurpose, TokenSource};
use crate::graph::{
    BudgetLane, EndpointVersion, GraphClient, GraphError, GraphLimits, GraphProblem, OrderRequest, RateBudget,
    RetryBounds, WriteOutcome,
};
use crate::observe::Clock;

/// Pages of one list: apps of a tenant, devices of a user.
const MAX_PAGES: u32 = 200;
/// Requests for one answer at most.
const ATTEMPTS: u32 = 3;

const APPS: &str = "/deviceAppManagement/mobileApps";

#[derive(Debug, Clone, thiserror::Error)]
pub enum OrderGraphError {
    #[error(transparent)]
    Entra(#[from] EntraError),
    #[error(transparent)]
    Graph(#[from] GraphError),
}

impl OrderGraphError {
    pub fn code(&self) -> String {
        match self {
            OrderGraphError::Entra(error) => error.code(),
            OrderGraphError::Graph(error) => error.code(),
        }
    }

    pub fn advice(&self) -> String {
        match self {
            OrderGraphError::Entra(error) => error.advice(),
            OrderGraphError::Graph(error) => error.advice(),
        }
    }
}

/// Microsoft Graph as orders use it. `Clone` shares connections, tokens and budget.
#[derive(Clone)]
pub struct OrderGraph {
    client: GraphClient,
    /// Graph has refused to sort the report.
    is_unsorted: Arc<AtomicBool>,
}

/// Apps of a tenant.
#[derive(Debug, Clone, Default)]
pub struct TenantAppList {
    pub apps: Vec<TenantAppView>,
    /// Those in the answer without id or type.
    pub unreadable: u64,
}

fn client_limits(settings: &InstanceSettings) -> GraphLimits {
    GraphLimits {
        max_pages: MAX_PAGES,
        retry: RetryBounds {
            attempts: ATTEMPTS,
            throttled_start: Duration::from_secs(5),
            server_start: Duration::from_secs(1),
            broken_start: Duration::from_secs(1),
            longest_wait: Duration::from_secs(15),
            longest_requested_wait: Duration::from_secs(30),
        },
        ..GraphLimits::from_settings(settings)
    }
}

impl OrderGraph {
    pub fn new(settings: &OrderSettings, clock: Clock) -> Result<OrderGraph, OrderGraphError> {
        Self::with_limits(settings, clock, client_limits(&settings.tenant))
    }

    /// The same with other limits, for tests.
    pub fn with_limits(
        settings: &OrderSettings,
        clock: Clock,
        limits: GraphLimits,
    ) -> Result<OrderGraph, OrderGraphError> {
        let tenant = &settings.tenant;
        let tokens = TokenSource::new(tenant, TokenPurpose::Orders, clock.clone())?;
        let budget = RateBudget::for_application(tenant, tokens.client_id());
        let client = GraphClient::with_limits(tenant, tokens, budget, clock, limits)?.in_lane(BudgetLane::Order);
        Ok(OrderGraph {
            client,
            is_unsorted: Arc::default(),
        })
    }

    /// To connect metrics, to tell refusals, to sign in.
    pub fn client(&self) -> &GraphClient {
        &self.client
    }

    pub fn client_id(&self) -> &str {
        self.client.token_source().client_id()
    }

    /// Every app whose name or publisher contains the text, upper and lower case alike. From beta: version 1.0 does not know
    /// all types.
    pub async fn list_tenant_apps(&self, search: Option<&str>) -> Result<TenantAppList, GraphError> {
        let wanted = search.map(|text| text.trim().to_lowercase()).unwrap_or_default();
        let mut list = TenantAppList::default();
        for app in self.list_values(EndpointVersion::Beta, APPS).await? {
            let Some(app) = read_app_facts(&app) else {
                list.unreadable += 1;
                continue;
            };
            let publisher = app.publisher.as_deref().unwrap_or_default();
            let fits = |text: &str| text.to_lowercase().contains(&wanted);
            if wanted.is_empty() || fits(&app.name) || fits(publisher) {
                list.apps.push(app.to_view());
            }
        }
        list.apps
            .sort_by(|one, other| (one.name.to_lowercase(), &one.id).cmp(&(other.name.to_lowercase(), &other.id)));
        Ok(list)
    }

    /// `None`: the tenant has no such app (any more).
    pub async fn read_app(&self, app: &str) -> Result<Option<AppFacts>, GraphError> {
        let Some(app) = parse_guid(app) else {
            return Ok(None);
        };
        match self.client.read_beta_object(&format!("{APPS}/{app}")).await {
            Ok(reading) => read_app_facts(&parse_value(&reading.body))
                .map(Some)
                .ok_or_else(unreadable),
            Err(error) if error.is_not_found() => Ok(None),
            Err(error) => Err(error),
        }
    }

    /// As the API shows it; `None`: the tenant has no such app.
    pub async fn read_tenant_app(&self, app: &str) -> Result<Option<TenantAppView>, GraphError> {
        Ok(self.read_app(app).await?.map(|app| app.to_view()))
    }

    /// All assignments of an app, those of others as well.
    pub async fn list_assignments(&self, app: &AppFacts) -> Result<Vec<AssignmentFacts>, GraphError> {
        let path = format!("{APPS}/{}/assignments", app.id);
        let assignments = self.list_values(app.version(), &path).await?;
        Ok(assignments.iter().filter_map(read_assignment_facts).collect())
    }

    /// One assignment, of this group alone.
    pub async fn create_assignment(&self, app: &AppFacts, kind: OrderKind, group: &str) -> WriteOutcome {
        let intent = assignment_intent(kind);
        let settings = find_app_type(&app.app_type).map(|known| known.assignment_settings());
        let body = json!({
            "@odata.type": "#microsoft.graph.mobileAppAssignment", "intent": intent,
            "target": {"@odata.type": "#microsoft.graph.groupAssignmentTarget", "groupId": group},
            "settings": settings,
        });
        self.send(OrderRequest::create_assignment(&app.id, app.version(), &body))
            .await
    }

    pub async fn delete_assignment(&self, app: &AppFacts, assignment: &str) -> WriteOutcome {
        self.send(OrderRequest::delete_assignment(&app.id, app.version(), assignment))
            .await
    }

    /// One page of the report on one app; the second is whether rows were asked for newest first.
    pub async fn read_install_report(&self, app: &str, skip: u32) -> Result<(InstallReport, bool), GraphError> {
        let newest_first = !self.is_unsorted.load(Ordering::Relaxed);
        match self.query_report(app, skip, newest_first).await {
            Err(error) if error.status() == Some(400) && newest_first => {
                self.is_unsorted.store(true, Ordering::Relaxed);
                Ok((self.query_report(app, skip, false).await?, false))
            }
            report => Ok((report?, newest_first)),
        }
    }

    async fn query_report(&self, app: &str, skip: u32, newest_first: bool) -> Result<InstallReport, GraphError> {
        let app = parse_guid(app).ok_or_else(unreadable)?;
        let question = install_report::report_question(&app, skip, newest_first);
        let reading = self.client.query_install_report(to_bytes(&question)).await?;
        install_report::parse_report(&reading.body).ok_or_else(unreadable)
    }

    /// Has Intune talk to a device now.
    pub async fn sync_device(&self, intune_id: &str) -> WriteOutcome {
        self.send(OrderRequest::sync_device(intune_id)).await
    }

    pub(super) async fn list_values(&self, version: EndpointVersion, path: &str) -> Result<Vec<Value>, GraphError> {
        let mut walk = self.client.list_collection(version, path);
        let mut values = Vec::new();
        while let Some(page) = walk.next().await? {
            values.extend(page.records().map(parse_value));
        }
        Ok(values)
    }

    /// Sends once. A refusal that holds, or no token, is told as not sent.
    pub(super) async fn send(&self, request: OrderRequest) -> WriteOutcome {
        match self.client.acquire_order_permit(&request).await {
            Ok(permit) => self.client.send_order_write(permit, &request).await,
            Err(error) => WriteOutcome::NotSent(error),
        }
    }
}

pub(super) fn assignment_intent(kind: OrderKind) -> &'static str {
    match kind {
        OrderKind::Install => "required",
        OrderKind::Uninstall => "uninstall",
    }
}

fn to_bytes(value: &Value) -> Bytes {
    Bytes::from(value.to_string())
}

/// What is not JSON reads as null; nothing is found in it.
pub(super) fn parse_value(body: impl AsRef<[u8]>) -> Value {
    serde_json::from_slice(body.as_ref()).unwrap_or_default()
}

pub(super) fn text_of(value: &Value, name: &str) -> Option<String> {
    let text = value[name].as_str()?.trim();
    (!text.is_empty()).then(|| text.to_owned())
}

/// Graph answered with something else than what was asked for.
pub(super) fn unreadable() -> GraphError {
    let what = "it is not what was asked for".to_owned();
    GraphProblem::Unreadable { what }.into()
}

fn read_app_facts(app: &Value) -> Option<AppFacts> {
    let app_type = short_type_name(app["@odata.type"].as_str()?).to_owned();
    Some(AppFacts {
        id: parse_guid(app["id"].as_str()?)?,
        name: text_of(app, "displayName").unwrap_or_default(),
        publisher: text_of(app, "publisher"),
        is_published: app["publishingState"].as_str().is_none_or(|state| state == "published"),
        app_type,
    })
}

fn read_assignment_facts(assignment: &Value) -> Option<AssignmentFacts> {
    let target = &assignment["target"];
    let is_exclusion = target["@odata.type"]
        .as_str()
        .is_some_and(|kind| kind.ends_with("exclusionGroupAssignmentTarget"));
    Some(AssignmentFacts {
        id: text_of(assignment, "id")?,
        intent: text_of(assignment, "intent").unwrap_or_default(),
        group: text_of(target, "groupId").filter(|_| !is_exclusion),
    })
}

impl AppFacts {
    /// Where its assignments are read and written.
    pub(super) fn version(&self) -> EndpointVersion {
        if find_app_type(&self.app_type).is_some_and(|known| known.beta) {
            EndpointVersion::Beta
        } else {
            EndpointVersion::V1
        }
    }

    fn to_view(&self) -> TenantAppView {
        let unpublished = || (!self.is_published).then(|| "the app is not published in Intune".to_owned());
        let reason = unassignable_reason(&self.app_type).or_else(unpublished);
        TenantAppView {
            id: self.id.clone(),
            name: self.name.clone(),
            publisher: self.publisher.clone(),
            platform: find_app_type(&self.app_type).and_then(|known| known.platform.map(str::to_owned)),
            app_type: self.app_type.clone(),
            assignable: reason.is_none(),
            reason,
            linked_by: None,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_app_is_read_with_its_type_and_whether_it_can_be_linked() {
        let id = "0d0d0d0d-0000-4000-8000-000000000001";
        let app = json!({"@odata.type": "#microsoft.graph.winGetApp", "id": id, "displayName": "Zoom",
            "publishingState": "processing"});
        let facts = read_app_facts(&app).unwrap();
        assert_eq!(
            (facts.app_type.as_str(), facts.version()),
            ("winGetApp", EndpointVersion::Beta)
        );
        let view = facts.to_view();
        assert!(!view.assignable && view.reason.is_some_and(|reason| reason.contains("not published")));
        assert_eq!(read_app_facts(&json!({"id": id})), None);
    }

    #[test]
    fn an_exclusion_is_nobodys_assignment() {
        let of = |kind: &str| {
            let target = json!({"@odata.type": format!("#microsoft.graph.{kind}"), "groupId": "g"});
            read_assignment_facts(&json!({"id": "a_1_0", "intent": "required", "target": target})).unwrap()
        };
        assert_eq!(of("groupAssignmentTarget").group.as_deref(), Some("g"));
        assert_eq!(of("exclusionGroupAssignmentTarget").group, None);
    }
}

//! `GET /sics/v1/compliance/nodes`.

use axum::Json;
use axum::extract::State;

use super::{NodeStatus, select_node};
use crate::compliance::app_name_warning;
use crate::config::{GraphVersion, MultiDeviceRule};
use crate::contract::{NodeView, NodesView};
use crate::entra::PASSWORD_GRANT_WARNING;
use crate::sics::Sics;
use crate::sics::auth::Caller;
use crate::sics::problem::ApiProblem;

const INVENTORY: &str = "answers from the inventory while Graph is unavailable";

impl From<NodeStatus> for NodeView {
    fn from(status: NodeStatus) -> Self {
        let settings = &status.settings;
        let grant = settings.password_grant.as_ref();
        let names = [settings.forbidden_apps.as_slice(), &settings.required_apps].concat();
        let warnings = [
            grant.map(|_| PASSWORD_GRANT_WARNING.to_owned()),
            settings.inventory_answers.then(|| INVENTORY.to_owned()),
            app_name_warning(&names),
        ];
        NodeView {
            instance: status.instance.to_string(),
            node: settings.name.clone(),
            standing: status.health,
            trouble: status.failure,
            warnings: warnings.into_iter().flatten().collect(),
            header: settings.header.clone(),
            id_from_shared_state: settings.id_from_shared_state,
            save_properties: settings.save_properties,
            save_apps: settings.save_apps,
            compatible: settings.compatible,
            password_grant: grant.is_some(),
            user_name: grant.map(|grant| grant.user_name.clone()),
            apps_version: match settings.apps_version {
                GraphVersion::V1 => "v1.0",
                GraphVersion::Beta => "beta",
            }
            .to_owned(),
            apps_optional: settings.apps_optional,
            reasons: settings.reasons,
            not_found_apart: settings.not_found_apart,
            max_check_in_hours: settings.max_check_in_hours,
            forbidden_apps: settings.forbidden_apps.clone(),
            required_apps: settings.required_apps.clone(),
            several_devices: match settings.several_devices {
                MultiDeviceRule::Worst => "worst",
                MultiDeviceRule::Best => "best",
                MultiDeviceRule::Refuse => "refuse",
            }
            .to_owned(),
            policies: settings
                .policies
                .iter()
                .map(|policy| format!("{}: {}", policy.outcome, policy.condition))
                .collect(),
            allowed: settings.allowed.iter().copied().collect(),
            time_budget_ms: settings.time_budget_ms,
            cache_s: settings.cache_s,
            inventory_answers: settings.inventory_answers,
            inventory_max_minutes: settings.inventory_max_minutes,
        }
    }
}

pub(crate) async fn list_nodes(State(sics): State<Sics>, caller: Caller) -> Result<Json<NodesView>, ApiProblem> {
    let decisions = select_node::require_decision_provider(&sics)?;
    let nodes = select_node::reachable_nodes(decisions, &caller);
    Ok(Json(NodesView {
        nodes: nodes.into_iter().map(NodeView::from).collect(),
    }))
}

//! Management servers that another installation reaches already: of one tenant they would receive each device twice.

use std::collections::BTreeMap;

use tokio::sync::mpsc;

use super::host_errors::store_error;
use super::product_host::ProductHost;
use super::wizard_actions::{new_step, queue_steps};
use crate::bus::{DesiredSettings, HostError};
use crate::contract::{CheckStep, CheckStepState};
use crate::model::ServerId;

const STEP: &str = "server";
/// Servers, and other installations, that are named at most.
const NAMED: usize = 20;

/// Another installation that reaches servers of this one.
struct OtherTarget {
    server: String,
    /// Its name, where whoever asks may know it.
    name: Option<String>,
    /// Whether it reads the same tenant, as far as that is known.
    same_tenant: Option<bool>,
}

/// Tells each overlap; none is in anybody's way.
pub(crate) async fn check_targets(
    host: &ProductHost,
    wanted: &DesiredSettings,
    number: Option<i64>,
) -> Result<mpsc::Receiver<CheckStep>, HostError> {
    let setting = |key: &str| wanted.settings.values().find_map(|settings| settings.get(key));
    let own = parse_audience(setting("servers").map_or("*", |text| text.as_str()));
    let tenant = setting("tenant_id")
        .map(|text| text.as_str())
        .filter(|text| !text.is_empty());
    let store = &host.instances.store;
    let rows = store.list_instances().await.map_err(|error| store_error(&error))?;
    let installations = store.list_installations().await.map_err(|error| store_error(&error))?;
    let profiles: BTreeMap<i64, String> = installations.into_iter().map(|row| (row.number, row.profile)).collect();
    let mut found = Vec::new();
    let others = rows
        .iter()
        .filter(|row| row.removed_at.is_none() && Some(row.id.0) != number);
    for row in others {
        let same_tenant = tenant.map(|tenant| row.tenant_id.eq_ignore_ascii_case(tenant));
        // Who changes one installation need not know the others.
        let name = number.is_none().then(|| match profiles.get(&row.id.0) {
            Some(profile) => format!("{} ({profile})", row.name),
            None => row.name.to_string(),
        });
        for server in shared_servers(own.as_deref(), row.audience.as_deref()) {
            found.push(OtherTarget {
                server,
                name: name.clone(),
                same_tenant,
            });
        }
    }
    let mut steps: Vec<CheckStep> = found.iter().filter_map(overlap_step).take(NAMED).collect();
    if steps.is_empty() && tenant.is_some() {
        let detail = "no other installation of this tenant sends to the same management servers";
        let subject = own.map_or_else(|| "*".to_owned(), |ids| join_ids(&ids));
        steps.push(new_step("targets", subject, CheckStepState::Ok, detail));
    }
    Ok(queue_steps(steps))
}

/// `None`: every server.
fn parse_audience(text: &str) -> Option<Vec<ServerId>> {
    if text.trim() == "*" {
        return None;
    }
    let ids = text.split(',').filter_map(|id| id.trim().parse().ok());
    Some(ids.collect())
}

fn join_ids(ids: &[ServerId]) -> String {
    ids.iter().map(ServerId::as_str).collect::<Vec<_>>().join(", ")
}

/// The servers that both reach: `*` where both reach every one.
fn shared_servers(one: Option<&[ServerId]>, other: Option<&[ServerId]>) -> Vec<String> {
    let ids: Vec<&ServerId> = match (one, other) {
        (None, None) => return vec!["*".to_owned()],
        (None, Some(ids)) | (Some(ids), None) => ids.iter().collect(),
        (Some(one), Some(other)) => one.iter().filter(|id| other.contains(id)).collect(),
    };
    ids.into_iter().map(|id| id.as_str().to_owned()).collect()
}

/// Of another tenant there is nothing to tell.
fn overlap_step(other: &OtherTarget) -> Option<CheckStep> {
    let name = other.name.as_deref().unwrap_or("another installation");
    let detail = match other.same_tenant {
        Some(false) => return None,
        Some(true) => format!("receives each device twice: {name} sends the devices of this tenant there as well"),
        None => {
            format!("{name} sends its devices there as well; if it reads the same tenant, each device arrives twice")
        }
    };
    Some(CheckStep {
        cause: Some("overlap".into()),
        cure: Some("name other management servers, or take this one from the other installation".into()),
        ..new_step(STEP, other.server.as_str(), CheckStepState::Skipped, detail)
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn mi_11_any_overlap_of_targets_is_found() {
        for (one, other, shared) in [
            ("*", "*", &["*"][..]),
            ("*", "cmdb", &["cmdb"]),
            ("cmdb, helpdesk", "*", &["cmdb", "helpdesk"]),
            ("cmdb, helpdesk", "helpdesk, itam", &["helpdesk"]),
            ("cmdb", "helpdesk", &[]),
        ] {
            let (one, other) = (parse_audience(one), parse_audience(other));
            assert_eq!(
                shared_servers(one.as_deref(), other.as_deref()),
                shared,
                "{one:?} {other:?}"
            );
        }
    }

    #[test]
    fn mi_11_an_overlap_is_told_as_far_as_the_tenant_is_known_and_of_another_tenant_never() {
        let step = |same_tenant| {
            overlap_step(&OtherTarget {
                server: "cmdb".into(),
                name: Some("IntuneConnector_1 (Contoso)".into()),
                same_tenant,
            })
        };
        let told = step(Some(true)).expect("the same tenant");
        assert!(
            told.detail.contains("twice: IntuneConnector_1 (Contoso)"),
            "{}",
            told.detail
        );
        assert_eq!((told.state, told.field), (CheckStepState::Skipped, None));
        assert!(step(None).is_some_and(|told| told.detail.contains("if it reads the same tenant")));
        assert_eq!(step(Some(false)), None);
    }
}

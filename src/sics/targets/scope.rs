//! The targets that a caller may know of, and whose devices they see there. A target is a management server, and the rules
//! are those of servers: it is known to whoever has the right there and at one of the instances that it receives; of other
//! instances no device is shown; and what concerns the target as a whole is for whoever reaches all that it receives.

use std::collections::BTreeMap;

use super::provider::{TargetInstance, TargetProvider};
use crate::inventory::audience::is_in_audience;
use crate::model::{InstanceId, InstanceName, ResourceRef, replace_unprintable};
use crate::sics::Sics;
use crate::sics::auth::Caller;
use crate::sics::authorization::out_of_scope_problem;
use crate::sics::problem::ApiProblem;
use crate::sics::server_visibility::{ServerVisibility, visibility_among};
use crate::store::{InstanceRow, OperatorRow, ServerRow};

/// A target that the caller may know of.
pub(super) struct ReachedTarget {
    pub target: TargetInstance,
    /// As it stands among the management servers; `None`: it is being installed or removed.
    pub server: Option<ServerRow>,
    /// The instances whose devices the caller sees there, removed ones as well, by number.
    pub instances: BTreeMap<InstanceId, InstanceName>,
    /// Those of them that the target receives.
    pub received: Vec<InstanceId>,
    is_whole: bool,
}

impl ReachedTarget {
    /// Whether devices of this instance are shown.
    pub(super) fn reaches(&self, instance: InstanceId) -> bool {
        self.instances.contains_key(&instance)
    }

    /// Whether all that the target receives is the caller's.
    pub(super) fn is_whole(&self) -> bool {
        self.is_whole
    }

    /// For what changes the target for all instances that it receives.
    pub(super) fn require_whole(&self, caller: &Caller) -> Result<(), ApiProblem> {
        if self.is_whole {
            Ok(())
        } else {
            Err(out_of_scope_problem(caller))
        }
    }

    /// The instance of this name, where its devices are shown. Others do not exist for the caller.
    pub(super) fn find_instance(&self, name: &InstanceName) -> Result<InstanceId, ApiProblem> {
        let mut known = self.instances.iter();
        let found = known.find(|(_, known)| *known == name);
        found
            .map(|(id, _)| *id)
            .ok_or_else(|| ApiProblem::not_found("instance", name))
    }

    /// The instances to which a list has to be limited; `None`: it has all.
    pub(super) fn listed_instances(&self, named: Option<&InstanceName>) -> Result<Option<Vec<InstanceId>>, ApiProblem> {
        match named {
            Some(name) => Ok(Some(vec![self.find_instance(name)?])),
            None if self.is_whole => Ok(None),
            None => Ok(Some(self.instances.keys().copied().collect())),
        }
    }
}

/// By what it is decided what a caller reaches.
struct ReachFacts {
    operators: Vec<OperatorRow>,
    instances: Vec<InstanceRow>,
    servers: Vec<ServerRow>,
}

impl ReachFacts {
    async fn read(sics: &Sics) -> Result<ReachFacts, ApiProblem> {
        Ok(ReachFacts {
            operators: sics.store().list_operators().await?,
            instances: sics.store().list_instances().await?,
            servers: sics.store().list_servers().await?,
        })
    }

    /// `None`: for this caller it does not exist.
    fn reach_target(&self, caller: &Caller, target: TargetInstance) -> Option<ReachedTarget> {
        let server = self.servers.iter().find(|row| row.id == target.server);
        let visibility = match server {
            Some(row) => visibility_among(caller, row, &self.operators, &self.instances),
            None if caller.reaches_all_instances() && caller.reaches_server(&target.server) => ServerVisibility::Whole,
            None => ServerVisibility::Nothing,
        };
        let is_whole = match visibility {
            ServerVisibility::Nothing => return None,
            ServerVisibility::Part => false,
            ServerVisibility::Whole => true,
        };
        let is_reached = |row: &&InstanceRow| {
            caller.reaches(ResourceRef {
                instance: Some(&row.name),
                server: Some(&target.server),
            })
        };
        let reached: Vec<&InstanceRow> = self.instances.iter().filter(is_reached).collect();
        let owner = server.and_then(|row| self.operators.iter().find(|operator| operator.id == row.owner));
        let is_received = |instance: &InstanceRow| {
            let parties = server.zip(owner);
            parties.is_some_and(|(row, account)| is_in_audience(row, account, instance))
        };
        let received = reached.iter().copied().filter(|row| is_received(row));
        Some(ReachedTarget {
            received: received.map(|row| row.id).collect(),
            instances: reached.iter().map(|row| (row.id, row.name.clone())).collect(),
            server: server.cloned(),
            is_whole,
            target,
        })
    }
}

/// All that the caller may know of.
pub(super) async fn list_reached(sics: &Sics, caller: &Caller) -> Result<Vec<ReachedTarget>, ApiProblem> {
    let targets = match sics.engine().target_provider() {
        Some(provider) => provider.list_targets().await?,
        None => Vec::new(),
    };
    if targets.is_empty() {
        return Ok(Vec::new());
    }
    let facts = ReachFacts::read(sics).await?;
    let reached = targets.into_iter();
    Ok(reached
        .filter_map(|target| facts.reach_target(caller, target))
        .collect())
}

/// The one of this name. Others do not exist for the caller.
pub(super) async fn find_reached(sics: &Sics, caller: &Caller, name: &str) -> Result<ReachedTarget, ApiProblem> {
    let reached = list_reached(sics, caller).await?;
    let mut reached = reached.into_iter();
    reached
        .find(|known| known.target.name.as_str().eq_ignore_ascii_case(name))
        .ok_or_else(|| ApiProblem::not_found("target", replace_unprintable(name)))
}

/// Where there is a target, there is somebody who runs it.
pub(super) fn require_provider(sics: &Sics) -> Result<&dyn TargetProvider, ApiProblem> {
    sics.engine().target_provider().ok_or_else(|| {
        ApiProblem::new(
            axum::http::StatusCode::SERVICE_UNAVAILABLE,
            "noTargets",
            "no targets run on this bus",
            "Start the bus with its instances.",
        )
    })
}

#[cfg(test)]
pub(super) mod tests {
    use std::net::Ipv4Addr;
    use std::sync::Arc;

    use super::*;
    use crate::contract::TargetKind;
    use crate::model::{
        FeedPositions, FleetProof, OperatorId, OperatorKind, RelaxationRule, RightScope, Seq, Timestamp,
    };
    use crate::sics::auth::SignInMethod;
    use crate::store::AccountsVersion;

    fn operator(id: i64, rights: &[&str], scope: RightScope) -> OperatorRow {
        OperatorRow {
            id: OperatorId(id),
            name: format!("operator-{id}"),
            kind: OperatorKind::Person,
            password_hash: None,
            rights: rights.iter().map(|right| right.parse().unwrap()).collect(),
            scope,
            roles: Vec::new(),
            created_by: None,
            created_at: Timestamp::default(),
            disabled: false,
            password_given: false,
            suspended: false,
            second_factor_since: None,
        }
    }

    /// Somebody who asks with this right, where these names say.
    fn caller(right: &'static str, instances: Option<&[&str]>, servers: Option<&[&str]>) -> Caller {
        let scope = RightScope {
            instances: instances.map(|names| names.iter().map(|name| name.parse().unwrap()).collect()),
            servers: servers.map(|ids| ids.iter().map(|id| id.parse().unwrap()).collect()),
        };
        Caller {
            operator: Arc::new(operator(9, &["Targets_*"], scope)),
            by: SignInMethod::Password { second_factor: false },
            address: Ipv4Addr::LOCALHOST.into(),
            asked_rights: vec![right],
            relaxation_rule: RelaxationRule::Never,
            accounts_version: AccountsVersion::UNJUDGED,
        }
    }

    pub(in crate::sics::targets) fn sample_target(number: i64) -> TargetInstance {
        let name = format!("IntuneTargetOcs_{number}");
        TargetInstance {
            id: InstanceId(number),
            server: name.parse().unwrap(),
            name: name.parse().unwrap(),
            kind: TargetKind::Ocs,
            profile: String::new(),
            running: true,
            sign_in_ends: Vec::new(),
        }
    }

    fn instance(number: i64) -> InstanceRow {
        InstanceRow {
            id: InstanceId(number),
            name: format!("IntuneConnector_{number}").parse().unwrap(),
            profile: None,
            tenant_id: format!("tenant-{number}"),
            client_id: "client".to_owned(),
            audience: None,
            created_at: Timestamp::default(),
            removed_at: None,
            scanned: true,
            fleet: FleetProof::Proven,
            watermark: None,
            shape_digest: None,
            tombstone_floor: Seq(0),
            missing_fields: Vec::new(),
        }
    }

    fn server(id: &str) -> ServerRow {
        ServerRow {
            id: id.parse().unwrap(),
            display_name: id.to_owned(),
            accepts: serde_json::Value::Null,
            owner: OperatorId(5),
            generation: 1,
            since_generation: 1,
            accepted: true,
            announced_at: Timestamp::default(),
            accepted_at: None,
            last_seen_at: None,
            acknowledged_at: None,
            ranges: Vec::new(),
            fields: None,
            filter: None,
            sends_jobs: false,
            positions: FeedPositions::default(),
        }
    }

    fn facts() -> ReachFacts {
        ReachFacts {
            operators: vec![operator(5, &["Changes_Read"], RightScope::default())],
            instances: [1, 2].map(instance).to_vec(),
            servers: vec![server("IntuneTargetOcs_3")],
        }
    }

    fn reach(caller: &Caller) -> Option<(bool, Vec<InstanceId>)> {
        let reached = facts().reach_target(caller, sample_target(3))?;
        Some((reached.is_whole(), reached.instances.keys().copied().collect()))
    }

    #[test]
    fn a_target_is_known_where_the_right_holds_for_its_server_and_for_what_it_receives() {
        let read = |instances, servers| reach(&caller("Targets_Read", instances, servers));
        let both = vec![InstanceId(1), InstanceId(2)];
        assert_eq!(read(None, None), Some((true, both.clone())));
        assert_eq!(read(None, Some(&["IntuneTargetOcs_3"])), Some((true, both)));
        assert_eq!(read(None, Some(&["cmdb"])), None);
        assert_eq!(
            read(Some(&["IntuneConnector_2"]), None),
            Some((false, vec![InstanceId(2)]))
        );
        assert_eq!(read(Some(&["IntuneConnector_99"]), None), None);
    }

    #[test]
    fn what_concerns_the_whole_target_is_for_whoever_reaches_all_of_it() {
        let part = caller("Targets_Manage", Some(&["IntuneConnector_2"]), None);
        let reached = facts().reach_target(&part, sample_target(3)).unwrap();
        assert_eq!(reached.require_whole(&part).unwrap_err().code(), "outOfScope");
        assert_eq!(
            reached.listed_instances(None).unwrap(),
            Some(vec![InstanceId(2)]),
            "lists are limited"
        );
        let hidden: InstanceName = "IntuneConnector_1".parse().unwrap();
        assert_eq!(reached.find_instance(&hidden).unwrap_err().code(), "unknown");
        let whole = caller("Targets_Manage", None, None);
        let all = facts().reach_target(&whole, sample_target(3)).unwrap();
        assert!(all.require_whole(&whole).is_ok());
        assert_eq!(all.listed_instances(None).unwrap(), None);
    }
}

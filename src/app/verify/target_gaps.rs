//! Devices that a target wants and does not get. A target is a management server, so an instance that names its servers has
//! to name it. Whether one receives is asked of [`find_exclusion`], as the feed does: the two can't disagree.

use crate::inventory::audience::{AudienceExclusion, find_exclusion};
use crate::model::{InstanceName, ServerId};
use crate::store::{InstanceRow, OperatorRow, ServerRow, Store, StoreError};

/// Why devices that a target wants do not come to it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum TargetGap {
    /// There is no instance at all.
    NoInstance,
    /// There is none of this name.
    Unknown(InstanceName),
    Excluded {
        instance: InstanceName,
        /// Those that its settings name.
        servers: Vec<ServerId>,
        why: AudienceExclusion,
    },
}

impl TargetGap {
    pub(super) fn code(&self) -> &'static str {
        match self {
            TargetGap::NoInstance | TargetGap::Unknown(_) => "noInstance",
            TargetGap::Excluded { why, .. } => match why {
                AudienceExclusion::NotNamed => "notNamed",
                AudienceExclusion::NotAccepted => "notAccepted",
                AudienceExclusion::OperatorDisabled => "operatorDisabled",
                AudienceExclusion::MayNotRead => "mayNotRead",
            },
        }
    }

    pub(crate) fn problem(&self) -> String {
        let (instance, why) = match self {
            TargetGap::NoInstance => {
                return "no instance reads Intune yet, so there are no devices to write".to_owned();
            }
            TargetGap::Unknown(name) => return format!("there is no instance {name}"),
            TargetGap::Excluded { instance, why, .. } => (instance, why),
        };
        match why {
            AudienceExclusion::NotNamed => {
                format!("{instance} names its management servers, and this target is not one of them")
            }
            AudienceExclusion::NotAccepted => {
                format!("the management server of this target is not accepted, so it gets no devices of {instance}")
            }
            AudienceExclusion::OperatorDisabled => {
                format!("the account of this target is disabled, so it gets no devices of {instance}")
            }
            AudienceExclusion::MayNotRead => format!("the account of this target may not read {instance}"),
        }
    }

    /// `server`: the target, where it is installed.
    pub(crate) fn cure(&self, server: Option<&ServerId>) -> String {
        let target = server.map_or("NAME", ServerId::as_str);
        match self {
            TargetGap::NoInstance => "install one: intune-connector install intune-connector".to_owned(),
            TargetGap::Unknown(_) => "see the names of instances: intune-connector instances".to_owned(),
            TargetGap::Excluded {
                instance, servers, why, ..
            } => match why {
                AudienceExclusion::NotNamed => {
                    let named = servers.iter().map(ServerId::as_str).chain([target]);
                    let command = format!(
                        "intune-connector instances set {instance} --set 'servers={}'",
                        named.collect::<Vec<_>>().join(", ")
                    );
                    match server {
                        Some(_) => command,
                        None => format!("name it there when it is installed and has its name: {command}"),
                    }
                }
                AudienceExclusion::NotAccepted => format!("intune-connector servers accept {target}"),
                AudienceExclusion::OperatorDisabled => format!("intune-connector operators change {target} --enable"),
                AudienceExclusion::MayNotRead => format!("intune-connector instances restart {target}"),
            },
        }
    }
}

/// `server`: of a target that is installed.
pub(crate) async fn find_target_gaps(
    store: &Store,
    wanted: Option<&[InstanceName]>,
    server: Option<&ServerId>,
) -> Result<Vec<TargetGap>, StoreError> {
    let instances = store.list_instances().await?;
    let Some(server) = server else {
        return Ok(list_gaps(&instances, wanted, None));
    };
    let (servers, operators) = (store.list_servers().await?, store.list_operators().await?);
    let row = servers.iter().find(|row| row.id == *server);
    let account = row.and_then(|row| operators.iter().find(|operator| operator.id == row.owner));
    Ok(list_gaps(&instances, wanted, row.zip(account)))
}

/// `at`: management server and account of a target that is installed.
fn list_gaps(
    instances: &[InstanceRow],
    wanted: Option<&[InstanceName]>,
    at: Option<(&ServerRow, &OperatorRow)>,
) -> Vec<TargetGap> {
    let present: Vec<&InstanceRow> = instances.iter().filter(|row| row.removed_at.is_none()).collect();
    let is_there = |name: &&InstanceName| present.iter().any(|row| row.name == **name);
    let unknown = wanted.unwrap_or_default().iter().filter(|name| !is_there(name));
    let mut gaps: Vec<TargetGap> = unknown.cloned().map(TargetGap::Unknown).collect();
    if present.is_empty() && gaps.is_empty() {
        gaps.push(TargetGap::NoInstance);
    }
    let is_wanted = |row: &&&InstanceRow| wanted.is_none_or(|names| names.contains(&row.name));
    for row in present.iter().filter(is_wanted) {
        let why = match at {
            Some((server, account)) => find_exclusion(server, account, Some(*row)),
            None => row.audience.is_some().then_some(AudienceExclusion::NotNamed),
        };
        gaps.extend(why.map(|why| TargetGap::Excluded {
            instance: row.name.clone(),
            servers: row.audience.clone().unwrap_or_default(),
            why,
        }));
    }
    gaps
}

#[cfg(test)]
mod tests {
    use chrono::DateTime;
    use serde_json::json;

    use super::*;
    use crate::model::{FleetProof, InstanceId, OperatorId, RightScope, Seq};
    use crate::store::OperatorKind;

    fn id(text: &str) -> ServerId {
        text.parse().expect("a server id")
    }

    fn name(text: &str) -> InstanceName {
        text.parse().expect("a name")
    }

    fn instance(number: i64, audience: Option<&[&str]>) -> InstanceRow {
        InstanceRow {
            id: InstanceId(number),
            name: name(&format!("IntuneConnector_{number}")),
            profile: None,
            tenant_id: "tenant".into(),
            client_id: "client".into(),
            audience: audience.map(|ids| ids.iter().map(|text| id(text)).collect()),
            created_at: DateTime::default(),
            removed_at: None,
            scanned: true,
            fleet: FleetProof::Proven,
            watermark: None,
            shape_digest: None,
            tombstone_floor: Seq(0),
            missing_fields: Vec::new(),
        }
    }

    fn target() -> (ServerRow, OperatorRow) {
        let server = ServerRow {
            id: id("IntuneTargetOcs_3"),
            display_name: "OCS Inventory".into(),
            accepts: json!({"target": "ocs"}),
            owner: OperatorId(7),
            generation: 1,
            since_generation: 1,
            accepted: true,
            announced_at: DateTime::default(),
            accepted_at: None,
            last_seen_at: None,
            acknowledged_at: None,
            ranges: Vec::new(),
            fields: None,
            filter: None,
            sends_jobs: false,
            positions: [].into(),
        };
        let account = OperatorRow {
            id: OperatorId(7),
            name: "IntuneTargetOcs_3".into(),
            kind: OperatorKind::Server,
            password_hash: None,
            rights: vec!["Changes_Read".parse().expect("a right")],
            scope: RightScope::default(),
            roles: Vec::new(),
            created_by: None,
            created_at: DateTime::default(),
            disabled: false,
            password_given: false,
            suspended: false,
            second_factor_since: None,
        };
        (server, account)
    }

    #[test]
    fn f7_an_instance_that_names_its_servers_and_not_this_target_is_told_with_the_command() {
        let (server, account) = target();
        let rows = [
            instance(1, None),
            instance(2, Some(&["cmdb", "helpdesk"])),
            instance(4, Some(&["cmdb", "IntuneTargetOcs_3"])),
        ];
        let gaps = list_gaps(&rows, None, Some((&server, &account)));
        assert_eq!(gaps.len(), 1, "{gaps:?}");
        let command =
            "intune-connector instances set IntuneConnector_2 --set 'servers=cmdb, helpdesk, IntuneTargetOcs_3'";
        assert_eq!(
            (gaps[0].code(), gaps[0].cure(Some(&server.id)).as_str()),
            ("notNamed", command)
        );
        assert!(
            gaps[0].problem().starts_with("IntuneConnector_2 "),
            "{}",
            gaps[0].problem()
        );
        let others = [name("IntuneConnector_1"), name("IntuneConnector_4")];
        assert_eq!(list_gaps(&rows, Some(&others), Some((&server, &account))), []);
    }

    #[test]
    fn before_the_installation_each_instance_that_names_its_servers_is_told() {
        let rows = [instance(1, None), instance(2, Some(&["cmdb"]))];
        let gaps = list_gaps(&rows, None, None);
        assert_eq!(gaps.len(), 1, "{gaps:?}");
        assert!(
            gaps[0].cure(None).contains("'servers=cmdb, NAME'"),
            "{}",
            gaps[0].cure(None)
        );
        let unknown = name("IntuneConnector_9");
        let gaps = list_gaps(&rows, Some(std::slice::from_ref(&unknown)), None);
        assert_eq!(gaps, [TargetGap::Unknown(unknown)]);
        assert_eq!(list_gaps(&[], None, None), [TargetGap::NoInstance]);
        let removed = InstanceRow {
            removed_at: Some(DateTime::default()),
            ..instance(1, None)
        };
        assert_eq!(list_gaps(&[removed], None, None), [TargetGap::NoInstance]);
    }

    #[test]
    fn what_somebody_took_from_the_account_of_a_target_is_told() {
        let rows = [instance(1, None)];
        type Change = fn(&mut ServerRow, &mut OperatorRow);
        let find = |change: Change| {
            let (mut server, mut account) = target();
            change(&mut server, &mut account);
            let gaps = list_gaps(&rows, None, Some((&server, &account)));
            gaps.first().map(|gap| (gap.code(), gap.cure(Some(&server.id))))
        };
        assert_eq!(find(|_, _| ()), None);
        let changes: [(Change, &str, &str); 3] = [
            (|server, _| server.accepted = false, "notAccepted", "servers accept"),
            (|_, account| account.disabled = true, "operatorDisabled", "--enable"),
            (|_, account| account.rights.clear(), "mayNotRead", "instances restart"),
        ];
        for (change, code, cure) in changes {
            let (found, command) = find(change).expect(code);
            assert!(found == code && command.contains(cure), "{found}: {command}");
        }
    }
}

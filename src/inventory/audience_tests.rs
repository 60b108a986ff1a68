use chrono::DateTime;
use serde_json::Value;

use super::*;
use crate::inventory::fields::named_properties;
use crate::model::{InstanceId, OperatorId, RightScope, Seq};
use crate::store::OperatorKind;

fn instance(audience: Option<&[&str]>) -> InstanceRow {
    InstanceRow {
        id: InstanceId(1),
        name: "IntuneConnector_1".parse().unwrap(),
        profile: None,
        tenant_id: "tenant".into(),
        client_id: "client".into(),
        audience: audience.map(|ids| ids.iter().map(|id| id.parse().unwrap()).collect()),
        created_at: DateTime::default(),
        removed_at: None,
        scanned: true,
        fleet: crate::model::FleetProof::Proven,
        watermark: None,
        shape_digest: None,
        tombstone_floor: Seq(0),
        missing_fields: Vec::new(),
    }
}

fn operator(id: i64, rights: &[&str]) -> OperatorRow {
    OperatorRow {
        id: OperatorId(id),
        name: format!("operator {id}"),
        kind: OperatorKind::Server,
        password_hash: None,
        rights: rights.iter().map(|right| right.parse().unwrap()).collect(),
        scope: RightScope::default(),
        roles: Vec::new(),
        created_by: None,
        created_at: DateTime::default(),
        disabled: false,
        password_given: false,
        suspended: false,
        second_factor_since: None,
    }
}

fn server(id: &str, fields: Option<&[&str]>, filter: Option<&str>) -> ServerRow {
    ServerRow {
        id: id.parse().unwrap(),
        display_name: id.into(),
        accepts: Value::Null,
        owner: OperatorId(1),
        generation: 1,
        accepted: true,
        announced_at: DateTime::default(),
        accepted_at: None,
        last_seen_at: None,
        acknowledged_at: None,
        sends_jobs: false,
        ranges: Vec::new(),
        fields: fields.map(|names| names.iter().map(|name| (*name).to_owned()).collect()),
        filter: filter.map(str::to_owned),
        positions: [].into(),
        since_generation: 1,
    }
}

fn mask(names: &[&str]) -> Option<PropertyMask> {
    Some(named_properties(names).unwrap())
}

#[test]
fn f8_the_union_of_what_the_servers_of_the_audience_receive_and_are_filtered_by() {
    let reader = [operator(1, &["Changes_Read"])];
    let narrow = server("a", Some(&["deviceName", "deviceClass"]), None);
    let other = server("b", Some(&["serialNumber"]), Some("model == 'X'"));
    let class = Some(property_bit(find_property("deviceClass", 0).unwrap()));
    let both = mask(&["deviceName", "serialNumber", "model"])
        .zip(class)
        .map(|(a, b)| a | b);
    assert_eq!(
        received_properties(&[narrow.clone(), other.clone()], &reader, &instance(None)),
        both
    );
    let named = instance(Some(&["b"]));
    assert_eq!(
        received_properties(&[narrow.clone(), other], &reader, &named),
        mask(&["serialNumber", "model"])
    );
    let all = server("c", None, None);
    assert_eq!(received_properties(&[narrow, all], &reader, &instance(None)), None);
}

#[test]
fn f8_who_receives_nothing_adds_nothing_and_without_an_audience_the_instance_decides() {
    let operators = [operator(1, &["Changes_Read"]), operator(2, &["Devices_Read"])];
    let narrow = server("a", Some(&["deviceName"]), None);
    let waiting = ServerRow {
        accepted: false,
        ..server("b", None, None)
    };
    let foreign = ServerRow {
        owner: OperatorId(2),
        ..server("c", None, None)
    };
    let orphan = ServerRow {
        owner: OperatorId(3),
        ..server("d", None, None)
    };
    let servers = [narrow, waiting, foreign, orphan];
    assert_eq!(
        received_properties(&servers, &operators, &instance(None)),
        mask(&["deviceName"])
    );
    assert_eq!(received_properties(&servers[1..], &operators, &instance(None)), None);
    assert_eq!(received_properties(&[], &operators, &instance(None)), None);
}

//! Devices that are set aside: both sides of each are shown, and a person decides.

use axum::Json;
use axum::extract::State;
use serde_json::json;

use super::scope::{ReachedTarget, find_reached, require_provider};
use crate::contract::{AsideDecision, AsideDecisionBody, AsideDeviceView, AsideDevicesView, AsideRecordView};
use crate::model::{DeviceId, InstanceName, replace_unprintable};
use crate::sics::Sics;
use crate::sics::auth::Caller;
use crate::sics::extract::{JsonBody, PathParams};
use crate::sics::problem::ApiProblem;
use crate::store::{AsideChoice, AsideFilter, TargetAsideRow, TargetKey};

/// Devices that are shown.
const SHOWN: usize = 500;

pub(crate) async fn list_aside(
    State(sics): State<Sics>,
    caller: Caller,
    PathParams(name): PathParams<String>,
) -> Result<Json<AsideDevicesView>, ApiProblem> {
    let reached = find_reached(&sics, &caller, &name).await?;
    let filter = AsideFilter {
        target: reached.target.id,
        instances: reached.listed_instances(None)?,
        open_only: false,
        limit: SHOWN,
    };
    let (rows, total) = sics.store().list_target_aside_page(filter).await?;
    let mut devices = Vec::with_capacity(rows.len());
    for row in rows {
        devices.extend(aside_view(&sics, &reached, row).await?);
    }
    Ok(Json(AsideDevicesView { devices, total }))
}

pub(crate) async fn decide_aside(
    State(sics): State<Sics>,
    caller: Caller,
    PathParams((name, instance, device)): PathParams<(String, InstanceName, DeviceId)>,
    JsonBody(body): JsonBody<AsideDecisionBody>,
) -> Result<Json<AsideDeviceView>, ApiProblem> {
    let reached = find_reached(&sics, &caller, &name).await?;
    let target = &reached.target;
    let key: TargetKey = (reached.find_instance(&instance)?, device);
    let known = sics.store().load_target_asides(target.id, vec![key]).await?;
    let known = known.get(&key).ok_or_else(|| not_aside_problem(&reached, device))?;
    let choice = choose_record(known, body)?;
    let subject = format!("{}/{instance}/{device}", target.name);
    let audit_detail = |row: &Option<TargetAsideRow>| {
        let row = row.as_ref()?;
        Some(json!({"decision": row.decision, "record": row.decided_record, "reason": row.reason}))
    };
    let decided = sics
        .recording(&caller, "target.decided", subject, audit_detail)
        .decide_target_aside(target.id, key, choice, caller.operator.id)
        .await?;
    require_provider(&sics)?.wake_target(target.id);
    let view = match decided {
        Some(row) => aside_view(&sics, &reached, row).await?,
        None => None,
    };
    view.map(Json).ok_or_else(|| not_aside_problem(&reached, device))
}

/// A record that is adopted is one of those that were shown, and where there is only one it needs no name.
fn choose_record(known: &TargetAsideRow, body: AsideDecisionBody) -> Result<AsideChoice, ApiProblem> {
    let records = &known.detail.records;
    match (body.decision, body.record, records.as_slice()) {
        (AsideDecision::Create, None, _) => Ok(AsideChoice::Create),
        (AsideDecision::Ignore, None, _) => Ok(AsideChoice::Ignore),
        (AsideDecision::Adopt, Some(record), shown) if shown.iter().any(|one| one.record == record) => {
            Ok(AsideChoice::Adopt(record))
        }
        (AsideDecision::Adopt, None, [only]) => Ok(AsideChoice::Adopt(only.record.clone())),
        (AsideDecision::Adopt, Some(record), _) => {
            let record = replace_unprintable(&record);
            Err(wrong_record(
                &format!("record {record} is none of those that may be its"),
                records,
            ))
        }
        (AsideDecision::Adopt, None, _) => Err(wrong_record("record is missing", records)),
        (AsideDecision::Create | AsideDecision::Ignore, Some(_), _) => Err(ApiProblem::bad_request(
            "wrongRecord",
            "record is given, but none is adopted",
            "Leave record out, or decide to adopt it.",
        )),
    }
}

fn wrong_record(detail: &str, records: &[AsideRecordView]) -> ApiProblem {
    let known: Vec<&str> = records.iter().map(|record| record.record.as_str()).collect();
    let advice = if known.is_empty() {
        "There is no record that it could have: decide to create one, or to ignore the device.".to_owned()
    } else {
        format!("Name one of these: {}.", known.join(", "))
    };
    ApiProblem::bad_request("wrongRecord", detail, advice)
}

fn not_aside_problem(reached: &ReachedTarget, device: DeviceId) -> ApiProblem {
    let name = &reached.target.name;
    ApiProblem::conflict(
        "notSetAside",
        format!("{name} has not set aside the device {device} (any more)"),
        format!("See which devices wait: intune-connector targets set-aside {name}"),
    )
}

/// `None`: its instance is not the caller's.
async fn aside_view(
    sics: &Sics,
    reached: &ReachedTarget,
    row: TargetAsideRow,
) -> Result<Option<AsideDeviceView>, ApiProblem> {
    let Some(instance) = reached.instances.get(&row.instance).cloned() else {
        return Ok(None);
    };
    let records = withhold_names(sics, reached, row.detail.records).await?;
    Ok(Some(AsideDeviceView {
        instance,
        device_id: row.device,
        device_name: row.detail.device.device_name.clone(),
        reason: row.reason,
        at: row.at,
        device: row.detail.device,
        records,
        problem: row.detail.problem,
        decision: row.decision,
        decided_record: row.decided_record,
        decided_by: row.decided_by_name,
        decided_at: row.decided_at,
    }))
}

/// A record may belong to a device of an instance that is not the caller's: then it is shown without what tells of that.
async fn withhold_names(
    sics: &Sics,
    reached: &ReachedTarget,
    mut records: Vec<AsideRecordView>,
) -> Result<Vec<AsideRecordView>, ApiProblem> {
    if reached.is_whole() {
        return Ok(records);
    }
    for record in &mut records {
        let links = sics
            .store()
            .list_record_links(reached.target.id, record.record.clone())
            .await?;
        if links.iter().any(|link| !reached.reaches(link.instance)) {
            (record.device_id, record.name) = (None, None);
            (record.serial_number, record.user) = (None, None);
        }
    }
    Ok(records)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::contract::{AsideDetail, RecordState, SetAsideReason};
    use crate::model::{InstanceId, Timestamp};

    fn row(records: &[&str]) -> TargetAsideRow {
        let record = |id: &&str| AsideRecordView {
            record: (*id).to_owned(),
            device_id: None,
            name: None,
            serial_number: None,
            state: RecordState::Active,
            user: None,
            synced_by_others: false,
        };
        TargetAsideRow {
            target: InstanceId(3),
            instance: InstanceId(1),
            device: DeviceId(uuid::Uuid::from_u128(7)),
            reason: SetAsideReason::SerialTwice,
            detail: AsideDetail {
                records: records.iter().map(record).collect(),
                ..AsideDetail::default()
            },
            at: Timestamp::default(),
            decision: None,
            decided_record: None,
            decided_by: None,
            decided_by_name: None,
            decided_at: None,
        }
    }

    fn choose(records: &[&str], decision: AsideDecision, record: Option<&str>) -> Result<AsideChoice, String> {
        let body = AsideDecisionBody {
            decision,
            record: record.map(str::to_owned),
        };
        choose_record(&row(records), body).map_err(|problem| problem.detail().to_owned())
    }

    #[test]
    fn only_a_record_that_was_shown_is_adopted() {
        let both = ["12", "13"];
        assert_eq!(
            choose(&both, AsideDecision::Adopt, Some("13")),
            Ok(AsideChoice::Adopt("13".to_owned()))
        );
        assert_eq!(
            choose(&both, AsideDecision::Adopt, Some("14")),
            Err("record 14 is none of those that may be its".to_owned())
        );
        assert_eq!(
            choose(&both, AsideDecision::Adopt, None),
            Err("record is missing".to_owned()),
            "two hits are never guessed"
        );
        assert_eq!(
            choose(&["12"], AsideDecision::Adopt, None),
            Ok(AsideChoice::Adopt("12".to_owned()))
        );
        assert!(choose(&[], AsideDecision::Adopt, None).is_err());
    }

    #[test]
    fn what_adopts_nothing_names_no_record() {
        for (decision, choice) in [
            (AsideDecision::Create, AsideChoice::Create),
            (AsideDecision::Ignore, AsideChoice::Ignore),
        ] {
            assert_eq!(choose(&["12"], decision, None), Ok(choice));
            assert!(choose(&["12"], decision, Some("12")).is_err());
        }
    }
}

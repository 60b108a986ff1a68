//! `GET /sics/v1/devices/{instance}/{id}/history`: what a device was, for people. Each part is shown by the right that its
//! own list needs: changes by the right to read devices, tasks as in the list of jobs, decisions as the nodes.

use axum::Json;
use axum::extract::State;

use super::Sics;
use super::auth::Caller;
use super::devices::parse_device_id;
use super::extract::{PathParams, QueryParams};
use super::jobs::device_tasks::{DeviceTasks, list_device_tasks};
use super::problem::ApiProblem;
use crate::contract::{
    DeviceDecisionView, DeviceHistoryQuery, DeviceHistoryView, EarlierIdentityView, FieldChangeView,
};
use crate::model::{DeviceId, InstanceName, Seq};
use crate::store::{DecisionRow, DeviceChange, DeviceHistory, DeviceHistoryKey, FormerDevice, InstanceRow};

/// The right with which nodes of compliance are listed.
const READS_DECISIONS: &str = "Compliance_Read";
/// The right that shows the tasks of others.
const READS_TASKS: &str = "Jobs_Read";

pub(crate) async fn show_device_history(
    State(sics): State<Sics>,
    caller: Caller,
    PathParams((instance, id)): PathParams<(InstanceName, String)>,
    QueryParams(asked): QueryParams<DeviceHistoryQuery>,
) -> Result<Json<DeviceHistoryView>, ApiProblem> {
    let id = parse_device_id(&id)?;
    let limit = page_limit(&sics, asked.limit)?;
    let row = sics.find_instance(&caller, &instance).await?;
    let key = DeviceHistoryKey {
        instance: row.id,
        device: id,
        before: asked.before.map(Seq),
        limit: limit + 1,
    };
    let history = sics.store().find_device_history(key).await?;
    let mut view = compose_view((row.name.to_string(), id), &history, limit);
    if asked.before.is_none() {
        view.identities = list_identities(id, &history);
        add_tasks(&sics, &caller, (&row, limit), &mut view).await?;
        add_decisions(&sics, &caller, (&row, limit), &mut view).await?;
    }
    if !history.is_known && view.tasks.is_empty() && view.decisions.is_empty() {
        return Err(ApiProblem::not_found("device", id));
    }
    Ok(Json(view))
}

fn page_limit(sics: &Sics, limit: Option<usize>) -> Result<usize, ApiProblem> {
    let limits = sics.limits();
    let limit = limit.unwrap_or(limits.history_default);
    if (1..=limits.history_max).contains(&limit) {
        return Ok(limit);
    }
    let advice = format!("limit must be 1 to {}.", limits.history_max);
    Err(ApiProblem::bad_request(
        "wrongLimit",
        format!("limit={limit} is out of bounds"),
        advice,
    ))
}

/// With the page of changes. One change more than the page holds was read, so that it is known whether there are more.
fn compose_view((instance, id): (String, DeviceId), history: &DeviceHistory, limit: usize) -> DeviceHistoryView {
    let page = &history.changes[..limit.min(history.changes.len())];
    let has_more = history.changes.len() > limit;
    DeviceHistoryView {
        instance,
        device_id: id,
        days: history.days,
        gone_at: history.gone.map(|(at, _)| at),
        gone_reason: history.gone.map(|(_, reason)| reason),
        changes: page.iter().flat_map(field_views).collect(),
        before: page.last().filter(|_| has_more).map(|change| change.seq.0),
        identities: Vec::new(),
        tasks: Vec::new(),
        more_tasks: false,
        decisions: Vec::new(),
        more_decisions: false,
        missing_rights: Vec::new(),
    }
}

fn field_views(change: &DeviceChange) -> impl Iterator<Item = FieldChangeView> {
    change.fields.iter().map(move |field| FieldChangeView {
        at: change.at,
        seq: change.seq,
        field: field.field.clone(),
        before: field.before.clone(),
        after: field.after.clone(),
    })
}

/// What else it was known by: an id beside its own, then its earlier names, then the ids before it.
fn list_identities(id: DeviceId, history: &DeviceHistory) -> Vec<EarlierIdentityView> {
    let beside = history.same_as.map(|other| EarlierIdentityView {
        device_id: other,
        device_name: None,
        since: None,
        until: None,
        reason: "sameHardware".to_owned(),
    });
    let renames = history.renames.iter().enumerate();
    let names = renames.filter_map(|(at, rename)| {
        Some(EarlierIdentityView {
            device_id: id,
            device_name: Some(rename.before.clone()?),
            since: history.renames.get(at + 1).map(|earlier| earlier.at),
            until: Some(rename.at),
            reason: "renamed".to_owned(),
        })
    });
    let former = history.predecessors.iter().map(former_view);
    beside.into_iter().chain(names).chain(former).collect()
}

fn former_view(former: &FormerDevice) -> EarlierIdentityView {
    let reason = former.gone.map_or("replaced", |(_, reason)| reason.name());
    EarlierIdentityView {
        device_id: former.id,
        device_name: former.name.clone(),
        since: former.enrolled_at,
        until: former.gone.map(|(at, _)| at),
        reason: reason.to_owned(),
    }
}

async fn add_tasks(
    sics: &Sics,
    caller: &Caller,
    (row, limit): (&InstanceRow, usize),
    view: &mut DeviceHistoryView,
) -> Result<(), ApiProblem> {
    let DeviceTasks { tasks, more, sees_all } = list_device_tasks(sics, caller, row, view.device_id, limit).await?;
    (view.tasks, view.more_tasks) = (tasks, more);
    if !sees_all {
        view.missing_rights.push(READS_TASKS.to_owned());
    }
    Ok(())
}

async fn add_decisions(
    sics: &Sics,
    caller: &Caller,
    (row, limit): (&InstanceRow, usize),
    view: &mut DeviceHistoryView,
) -> Result<(), ApiProblem> {
    if !caller.with_asked_rights(&[READS_DECISIONS]).reaches_instance(&row.name) {
        view.missing_rights.push(READS_DECISIONS.to_owned());
        return Ok(());
    }
    let found = sics.store().list_device_decisions(row.id, view.device_id, limit + 1);
    let mut decisions = found.await?;
    view.more_decisions = decisions.len() > limit;
    decisions.truncate(limit);
    view.decisions = decisions.into_iter().map(DeviceDecisionView::from).collect();
    Ok(())
}

impl From<DecisionRow> for DeviceDecisionView {
    fn from(row: DecisionRow) -> Self {
        DeviceDecisionView {
            at: row.at,
            until: row.until,
            node: row.node,
            outcome: row.outcome,
            reasons: row.reasons,
        }
    }
}

#[cfg(test)]
mod tests {
    use chrono::DateTime;
    use serde_json::json;

    use super::*;
    use crate::model::{FieldChange, GoneReason, Timestamp};
    use crate::store::DeviceRename;

    fn at(seconds: i64) -> Timestamp {
        DateTime::from_timestamp(seconds, 0).unwrap()
    }

    fn id(number: u128) -> DeviceId {
        DeviceId(uuid::Uuid::from_u128(number))
    }

    fn change(seq: i64) -> DeviceChange {
        let field = |name: &str| FieldChange {
            field: name.to_owned(),
            before: json!(null),
            after: json!(seq),
        };
        DeviceChange {
            seq: Seq(seq),
            at: at(seq),
            fields: vec![field("model"), field("osVersion")],
        }
    }

    #[test]
    fn a_page_says_where_the_next_one_begins() {
        let history = DeviceHistory {
            changes: vec![change(9), change(7), change(4)],
            ..DeviceHistory::default()
        };
        for (limit, fields, before) in [(2, 4, Some(7)), (3, 6, None), (9, 6, None)] {
            let view = compose_view(("one".into(), id(1)), &history, limit);
            assert_eq!((view.changes.len(), view.before), (fields, before), "{limit}");
        }
        let empty = compose_view(("one".into(), id(1)), &DeviceHistory::default(), 2);
        assert_eq!((empty.changes.len(), empty.before), (0, None));
    }

    #[test]
    fn s7_earlier_names_and_ids_are_told_with_their_times_and_reasons() {
        let rename = |seconds: i64, before: Option<&str>| DeviceRename {
            at: at(seconds),
            before: before.map(str::to_owned),
        };
        let former = |number: u128, gone: Option<(Timestamp, GoneReason)>| FormerDevice {
            id: id(number),
            name: Some(format!("D{number}")),
            enrolled_at: Some(at(1)),
            gone,
            replaces: None,
        };
        let history = DeviceHistory {
            same_as: Some(id(2)),
            renames: vec![rename(90, Some("B")), rename(80, Some("A")), rename(70, None)],
            predecessors: vec![former(3, Some((at(60), GoneReason::ByJob))), former(4, None)],
            ..DeviceHistory::default()
        };
        let told: Vec<_> = list_identities(id(1), &history)
            .into_iter()
            .map(|known| {
                (
                    known.device_id,
                    known.device_name,
                    known.since,
                    known.until,
                    known.reason,
                )
            })
            .collect();
        let name = |text: &str| Some(text.to_owned());
        assert_eq!(
            told,
            [
                (id(2), None, None, None, "sameHardware".to_owned()),
                (id(1), name("B"), Some(at(80)), Some(at(90)), "renamed".to_owned()),
                (id(1), name("A"), Some(at(70)), Some(at(80)), "renamed".to_owned()),
                (id(3), name("D3"), Some(at(1)), Some(at(60)), "byJob".to_owned()),
                (id(4), name("D4"), Some(at(1)), None, "replaced".to_owned()),
            ]
        );
    }
}

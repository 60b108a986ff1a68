//! From ticked rows, or all that match, to the form of an action.

use axum::http::StatusCode;
use connector_core::model::{ActionDanger, ActionKind};
use sics_client::contract::DevicesQuery;

use super::condition::write_condition;
use super::list_page::{ListExtra, render_list};
use super::question::{ask_matching, read_list};
use crate::failure::{PageFailure, PageResult};
use crate::form::FormFields;
use crate::page::PageContext;
use crate::render::go_to;

/// Most devices that are named one by one in an address.
const NAMED_MAX: usize = 100;

/// What a job is about.
#[derive(Debug, PartialEq, Eq)]
enum ChosenDevices {
    /// Of one instance.
    Named { instance: String, ids: Vec<String> },
    /// All of one instance that match this, so many.
    Matching {
        instance: String,
        condition: String,
        count: u64,
    },
}

/// Why there is no form for what was chosen: end of a key `failure-devices-…`.
#[derive(Debug, PartialEq, Eq)]
struct NotChosen(&'static str);

/// POST /devices/act: to the form of the action, or back to the list with the reason.
pub(super) async fn choose_devices(ctx: PageContext, form: FormFields) -> PageResult {
    let list = read_list(&ctx, ctx.query());
    let chosen = match form.text("action").parse::<ActionKind>() {
        Ok(action) => find_chosen(&ctx, &form, action).await?.map(|chosen| (action, chosen)),
        Err(_) => Err(NotChosen("no-action")),
    };
    match chosen {
        Ok((action, chosen)) => go_to(&ctx, &write_path(action, &chosen), ""),
        Err(NotChosen(reason)) => {
            let failure = PageFailure::plain(StatusCode::UNPROCESSABLE_ENTITY, &format!("failure-devices-{reason}"));
            let extra = ListExtra {
                problem: Some(failure),
                ticked: form.values("row").iter().cloned().collect(),
                ..ListExtra::default()
            };
            render_list(&ctx, &list, extra).await
        }
    }
}

async fn find_chosen(
    ctx: &PageContext,
    form: &FormFields,
    action: ActionKind,
) -> Result<Result<ChosenDevices, NotChosen>, PageFailure> {
    if !form.is_ticked("matching") {
        return Ok(choose_ticked(form.values("row")));
    }
    let asked = ask_matching(&read_list(ctx, ctx.query()));
    let page = DevicesQuery {
        limit: Some(NAMED_MAX),
        count: Some(true),
        ..asked.clone()
    };
    let view = ctx.client().list_devices(&page).await?;
    let count = view.matching.unwrap_or_default();
    if count <= view.devices.len() as u64 {
        let rows: Vec<String> = view
            .devices
            .iter()
            .map(|device| format!("{}/{}", device.instance, device.device_id))
            .collect();
        return Ok(choose_ticked(&rows));
    }
    let instances = ctx.account().map(|account| account.instances.as_slice());
    Ok(choose_matching(
        &asked,
        count,
        action.danger(),
        instances.unwrap_or_default(),
    ))
}

/// Rows of one instance.
fn choose_ticked(rows: &[String]) -> Result<ChosenDevices, NotChosen> {
    let mut pairs = rows.iter().filter_map(|row| row.split_once('/')).peekable();
    let Some((instance, _)) = pairs.peek().copied() else {
        return Err(NotChosen("none"));
    };
    let mut ids = Vec::new();
    for (other, id) in pairs {
        if other != instance {
            return Err(NotChosen("instances"));
        }
        ids.push(id.to_owned());
    }
    Ok(ChosenDevices::Named {
        instance: instance.to_owned(),
        ids,
    })
}

/// More than can be named: by a condition, which a job takes for one instance and for nothing that destroys.
fn choose_matching(
    asked: &DevicesQuery,
    count: u64,
    danger: ActionDanger,
    instances: &[String],
) -> Result<ChosenDevices, NotChosen> {
    if danger == ActionDanger::Destructive {
        return Err(NotChosen("destructive"));
    }
    let instance = match (asked.instance.as_deref(), instances) {
        (Some(one), _) if !one.contains(',') => one,
        (None, [one]) => one,
        _ => return Err(NotChosen("instances")),
    };
    let condition = write_condition(asked).ok_or(NotChosen("search"))?;
    Ok(ChosenDevices::Matching {
        instance: instance.to_owned(),
        condition,
        count,
    })
}

fn write_path(action: ActionKind, chosen: &ChosenDevices) -> String {
    let mut query = url::form_urlencoded::Serializer::new(String::new());
    query.append_pair("action", action.name());
    match chosen {
        ChosenDevices::Named { instance, ids } => {
            query.append_pair("instance", instance);
            query.extend_pairs(ids.iter().map(|id| ("device", id)));
        }
        ChosenDevices::Matching {
            instance,
            condition,
            count,
        } => {
            query.append_pair("instance", instance);
            query.append_pair("filter", condition);
            query.append_pair("expect", &count.to_string());
        }
    }
    format!("/actions/new?{}", query.finish())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn rows(rows: &[&str]) -> Vec<String> {
        rows.iter().map(|row| (*row).to_owned()).collect()
    }

    #[test]
    fn ticked_rows_of_one_instance_are_named() {
        let chosen = choose_ticked(&rows(&["I_1/a", "I_1/b"])).unwrap();
        assert_eq!(
            write_path(ActionKind::Sync, &chosen),
            "/actions/new?action=sync&instance=I_1&device=a&device=b"
        );
        assert_eq!(choose_ticked(&rows(&["I_1/a", "I_2/b"])), Err(NotChosen("instances")));
        assert_eq!(choose_ticked(&[]), Err(NotChosen("none")));
    }

    #[test]
    fn all_that_match_are_a_condition_of_one_instance() {
        let asked = DevicesQuery {
            name: Some("lap".to_owned()),
            ..DevicesQuery::default()
        };
        let one = rows(&["I_1"]);
        let chosen = choose_matching(&asked, 700, ActionDanger::Harmless, &one).unwrap();
        let path = write_path(ActionKind::Sync, &chosen);
        assert!(
            path.starts_with("/actions/new?action=sync&instance=I_1&filter=deviceName+%21%3D+null"),
            "{path}"
        );
        assert!(path.ends_with("&expect=700"), "{path}");
        let refused = |asked: &DevicesQuery, danger, instances: &[String]| {
            choose_matching(asked, 700, danger, instances).unwrap_err().0
        };
        assert_eq!(refused(&asked, ActionDanger::Destructive, &one), "destructive");
        let two = rows(&["I_1", "I_2"]);
        assert_eq!(refused(&asked, ActionDanger::Harmless, &two), "instances");
        let search = DevicesQuery {
            search: Some("lap".to_owned()),
            instance: Some("I_2".to_owned()),
            ..DevicesQuery::default()
        };
        assert_eq!(refused(&search, ActionDanger::Disruptive, &two), "search");
    }
}

//! When each instance scans, and where that is changed; reports by schedule.

use askama::Template;
use futures_util::future::join_all;
use serde_json::{Map, Value};
use sics_client::contract::{InstanceStatus, InstanceView};

use super::{SettingsTab, TabLink, list_tabs};
use crate::clock_text::TimeText;
use crate::failure::PageResult;
use crate::page::PageContext;
use crate::render::show_page;

struct ScanRow {
    name: String,
    profile: String,
    /// As in its settings; empty: the usual one.
    incremental: String,
    full: String,
    zone: String,
    next_incremental: Option<TimeText>,
    next_full: Option<TimeText>,
}

#[derive(Template)]
#[template(path = "pages/settings/schedules.html")]
struct SchedulesPage<'a> {
    ctx: &'a PageContext,
    tabs: Vec<TabLink>,
    instances: Vec<ScanRow>,
}

pub(super) async fn show_schedules(ctx: &PageContext) -> PageResult {
    let client = ctx.client();
    let statuses = client.list_instances().await?.instances;
    let views = statuses.iter().map(|status| client.show_instance(&status.name));
    let views = join_all(views).await;
    // An instance that has gone meanwhile is shown without its settings.
    let rows = statuses
        .iter()
        .zip(&views)
        .map(|(status, view)| show_row(ctx, status, view.as_ref().ok()));
    show_page(&SchedulesPage {
        ctx,
        tabs: list_tabs(ctx, SettingsTab::Schedules),
        instances: rows.collect(),
    })
}

fn show_row(ctx: &PageContext, status: &InstanceStatus, view: Option<&InstanceView>) -> ScanRow {
    let setting = |key: &str| {
        view.map(|view| read_setting(&view.settings, key))
            .map(|text| ctx.plain(text))
            .unwrap_or_default()
    };
    ScanRow {
        name: status.name.to_string(),
        profile: status
            .profile
            .as_deref()
            .map(|name| ctx.plain(name))
            .unwrap_or_default(),
        incremental: setting("incremental"),
        full: setting("full"),
        zone: setting("zone"),
        next_incremental: status.next_incremental.as_ref().map(|at| ctx.time(at)),
        next_full: status.next_full.as_ref().map(|at| ctx.time(at)),
    }
}

/// As it is set; empty where it is not.
fn read_setting(settings: &Map<String, Value>, key: &str) -> String {
    match settings.get(key) {
        None | Some(Value::Null) => String::new(),
        Some(Value::String(text)) => text.clone(),
        Some(other) => other.to_string(),
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn a_setting_that_is_not_set_is_empty() {
        let settings = json!({"full": "every 4h", "zone": null, "page_size": 100});
        let settings = settings.as_object().unwrap();
        assert_eq!(read_setting(settings, "full"), "every 4h");
        assert_eq!(read_setting(settings, "page_size"), "100");
        assert_eq!(
            (read_setting(settings, "zone"), read_setting(settings, "other")),
            (String::new(), String::new())
        );
    }
}

//! Lost or stolen: from a person, a name or a serial number to the device, to what works on it, to what became of it. For
//! a phone, at night.
//!
//! [`measures`] says what works and what it does, [`asking`] lets the API say it for this very device, [`emergency`] is the
//! way without a second person.

mod asking;
mod emergency;
mod measures;

use askama::Template;
use axum::extract::Path;
use sics_client::contract::{DeviceHistoryQuery, DevicesQuery};

use crate::failure::PageResult;
use crate::page::PageContext;
use crate::pages::device::{DeviceFace, TaskRow, find_policy, list_own_actions, read_guard};
use crate::render::show_page;
use crate::routes::PageRoute;
use asking::ask_intune;
use measures::{Measures, list_measures};

/// Most devices that a search shows.
const FOUND_MAX: usize = 24;
/// Newest actions of a device that are shown.
const TASKS_MAX: usize = 10;

pub(crate) fn routes() -> Vec<PageRoute> {
    vec![
        PageRoute::get("/lost", show_search),
        PageRoute::get("/lost/{instance}/{id}", show_device),
        PageRoute::get("/lost/{instance}/{id}/emergency", emergency::show_form),
        PageRoute::post("/lost/{instance}/{id}/emergency", emergency::break_glass),
    ]
}

#[derive(Template)]
#[template(path = "pages/lost.html")]
struct LostPage<'a> {
    ctx: &'a PageContext,
    search: &'a str,
    /// `None`: nothing was searched for.
    found: Option<Vec<DeviceFace>>,
    matching: u64,
}

async fn show_search(ctx: PageContext) -> PageResult {
    let list = ctx.list();
    let search = list.value("search").trim();
    let (mut found, mut matching) = (None, 0);
    if !search.is_empty() {
        let asked = DevicesQuery {
            search: Some(search.to_owned()),
            sort: Some("deviceName".to_owned()),
            limit: Some(FOUND_MAX),
            count: Some(true),
            ..DevicesQuery::default()
        };
        let view = ctx.client().list_devices(&asked).await?;
        matching = view.matching.unwrap_or_default();
        found = Some(
            view.devices
                .iter()
                .map(|device| DeviceFace::new(&ctx, device))
                .collect(),
        );
    }
    show_page(&LostPage {
        ctx: &ctx,
        search,
        found,
        matching,
    })
}

#[derive(Template)]
#[template(path = "pages/lost_device.html")]
struct LostDevicePage<'a> {
    ctx: &'a PageContext,
    face: DeviceFace,
    measures: Measures,
    tasks: Vec<TaskRow>,
    /// Intune was asked.
    asked: bool,
}

async fn show_device(ctx: PageContext, Path((instance, id)): Path<(String, String)>) -> PageResult {
    let client = ctx.client();
    let newest = DeviceHistoryQuery {
        before: None,
        limit: Some(TASKS_MAX),
    };
    let (device, actions, history, guard) = tokio::join!(
        client.show_device(&instance, &id),
        client.list_actions(),
        client.show_device_history(&instance, &id, &newest),
        read_guard(&ctx),
    );
    let device = device?;
    let face = DeviceFace::new(&ctx, &device);
    let own = list_own_actions(&ctx, actions?.actions);
    let mut measures = list_measures(
        &ctx,
        &own,
        &face,
        guard.as_ref(),
        find_policy(guard.as_ref(), &instance),
    );
    let asked = ctx.list().value("ask") == "1";
    if asked {
        ask_intune(&ctx, &device, &mut measures).await;
    }
    // What was done before is good to know, and no reason to show nothing.
    let tasks = history.map(|history| history.tasks).unwrap_or_default();
    show_page(&LostDevicePage {
        ctx: &ctx,
        face,
        measures,
        tasks: tasks.iter().map(|task| TaskRow::new(&ctx, task)).collect(),
        asked,
    })
}

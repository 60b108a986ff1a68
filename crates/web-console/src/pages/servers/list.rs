//! All management servers, and announcing one by hand.

use std::cmp::Ordering;

use askama::Template;
use chrono::{DateTime, Utc};
use http::StatusCode;
use serde_json::Value;
use sics_client::contract::{AnnounceBody, LightView, ServerView};

use super::lag::measure_lag;
use crate::clock_text::TimeText;
use crate::failure::{PageFailure, PageResult};
use crate::form::FormFields;
use crate::list_state::ListState;
use crate::page::PageContext;
use crate::pages::dashboard::LightRow;
use crate::pages::row_page::{contains_text, cut_page, sort_rows};
use crate::render::{go_to, show_page_as};

#[derive(Template)]
#[template(path = "pages/servers.html")]
struct ServersPage<'a> {
    ctx: &'a PageContext,
    list: ListState,
    rows: Vec<ServerRow>,
    matching: u64,
    total: u64,
    can_announce: bool,
    can_manage: bool,
    typed_id: String,
    typed_name: String,
    problem: Option<&'a PageFailure>,
}

struct ServerRow {
    id: String,
    display_name: String,
    owner: String,
    accepted: bool,
    light: Option<LightRow>,
    lag: String,
    /// Class of the lag.
    lag_light: &'static str,
    minutes: String,
    last_seen: Option<TimeText>,
    sends_jobs: bool,
    limited: bool,
    unprocessed: u64,
    rejected: u64,
}

impl ServerRow {
    fn new(ctx: &PageContext, view: &ServerView, lights: &[LightView]) -> ServerRow {
        let lag = measure_lag(view, ctx.now());
        let light = lights.iter().find(|light| light.name == view.id);
        ServerRow {
            id: ctx.plain(&view.id),
            display_name: ctx.plain(&view.display_name),
            owner: ctx.plain(view.owner.as_deref().unwrap_or_default()),
            accepted: view.accepted,
            light: light.map(|light| LightRow::new(ctx, "/servers", light)),
            lag: ctx.count("servers-lag-devices", lag.devices),
            lag_light: if lag.devices == 0 { "good" } else { "warning" },
            minutes: ctx.count("servers-lag-minutes", lag.minutes),
            last_seen: view.last_seen_at.as_ref().map(|at| ctx.time(at)),
            sends_jobs: view.sends_jobs,
            limited: view.fields.is_some() || view.filter.is_some() || !view.ranges.is_empty(),
            unprocessed: view.instances.iter().map(|progress| progress.unprocessed).sum(),
            rejected: view.instances.iter().map(|progress| progress.rejected).sum(),
        }
    }
}

pub(super) async fn show_servers(ctx: PageContext) -> PageResult {
    render(&ctx, &FormFields::default(), None).await
}

async fn render(ctx: &PageContext, typed: &FormFields, problem: Option<&PageFailure>) -> PageResult {
    let list = ctx.list();
    let (servers, attention) = tokio::try_join!(ctx.client().list_servers(), ctx.client().list_attention())?;
    let total = servers.servers.len() as u64;
    let mut rows: Vec<&ServerView> = servers.servers.iter().filter(|view| is_shown(view, &list)).collect();
    let now = ctx.now();
    sort_rows(&mut rows, &list, |column, one, other| {
        compare_servers(column, one, other, now)
    });
    let page = cut_page(rows, &list);
    let row = |view: &&ServerView| ServerRow::new(ctx, view, &attention.servers);
    let page = ServersPage {
        ctx,
        rows: page.rows.iter().map(row).collect(),
        matching: page.matching,
        total,
        can_announce: ctx.may("Servers_Announce"),
        can_manage: ctx.may("Servers_Manage"),
        typed_id: typed.text("id").to_owned(),
        typed_name: typed.text("name").to_owned(),
        list,
        problem,
    };
    show_page_as(problem.map_or(StatusCode::OK, |problem| problem.status), &page)
}

fn is_shown(view: &ServerView, list: &ListState) -> bool {
    let text = list.value("q");
    let owner = view.owner.as_deref().unwrap_or_default();
    let has_text = [view.id.as_str(), view.display_name.as_str(), owner]
        .into_iter()
        .any(|name| contains_text(name, text));
    has_text
        && match list.value("state") {
            "accepted" => view.accepted,
            "waiting" => !view.accepted,
            "behind" => view.instances.iter().any(|progress| progress.behind > 0),
            _ => true,
        }
}

fn compare_servers(column: &str, one: &ServerView, other: &ServerView, now: DateTime<Utc>) -> Ordering {
    let lag = |view: &ServerView| measure_lag(view, now);
    match column {
        "id" => one.id.cmp(&other.id),
        "owner" => one.owner.cmp(&other.owner),
        "state" => one.accepted.cmp(&other.accepted),
        "lag" => lag(one).devices.cmp(&lag(other).devices),
        "minutes" => lag(one).minutes.cmp(&lag(other).minutes),
        "seen" => one.last_seen_at.cmp(&other.last_seen_at),
        _ => Ordering::Equal,
    }
}

pub(super) async fn announce_server(ctx: PageContext, form: FormFields) -> PageResult {
    let id = form.text("id").to_owned();
    let body = AnnounceBody {
        display_name: form.text("name").to_owned(),
        accepts: Value::Null,
    };
    match ctx.client().announce_server(&id, &body).await {
        Ok(_) => go_to(&ctx, &format!("/servers/{id}/connect"), "server-announced"),
        Err(error) => render(&ctx, &form, Some(&error.into())).await,
    }
}

#[cfg(test)]
mod tests {
    use super::super::lag::tests::server;
    use super::*;

    #[test]
    fn servers_are_found_by_names_owner_and_state() {
        let shown = |view: &ServerView, query: &str| is_shown(view, &ListState::new("/servers", query));
        let view = server(3);
        assert!(shown(&view, "") && shown(&view, "q=CMDB") && shown(&view, "q=itam&state=behind"));
        assert!(!shown(&view, "q=x") && !shown(&view, "state=waiting") && !shown(&server(0), "state=behind"));
    }

    #[test]
    fn the_one_that_is_farthest_behind_comes_last() {
        let now = DateTime::UNIX_EPOCH;
        assert_eq!(compare_servers("lag", &server(3), &server(4), now), Ordering::Less);
        assert_eq!(
            compare_servers("nonsense", &server(3), &server(4), now),
            Ordering::Equal
        );
    }
}

//! One management server: how far it has come with each instance, what it could not process, and what can be done.

use askama::Template;
use axum::extract::Path;
use http::StatusCode;
use sics_client::contract::{
    InstanceStatus, LightView, ProgressPhase, ProgressView, RejectView, RejectsView, ServerView, UnjudgedDevice,
};

use super::lag::{measure_lag, phase_key};
use crate::clock_text::TimeText;
use crate::failure::{PageFailure, PageResult};
use crate::page::PageContext;
use crate::pages::dashboard::LightRow;
use crate::render::{Markup, show_page_as};

#[derive(Template)]
#[template(path = "pages/server.html")]
struct ServerPage<'a> {
    ctx: &'a PageContext,
    id: String,
    tab: &'static str,
    face: ServerFace,
    progress: Vec<ProgressRow>,
    unjudged: Vec<UnjudgedRow>,
    rejects: Vec<RejectRow>,
    can_manage: bool,
    can_send_again: bool,
    problem: Option<&'a PageFailure>,
}

struct ServerFace {
    display_name: String,
    owner: String,
    accepted: bool,
    announced: TimeText,
    accepted_at: Option<TimeText>,
    last_seen: Option<TimeText>,
    acknowledged: Option<TimeText>,
    light: Option<LightRow>,
    lag: String,
    minutes: String,
    ranges: Vec<String>,
    fields: Vec<String>,
    all_fields: bool,
    filter: String,
    sends_jobs: bool,
    /// Whether it is a target, which has a page of its own.
    is_target: bool,
    accepts: String,
}

struct ProgressRow {
    instance: String,
    profile: String,
    phase: String,
    light: &'static str,
    behind: String,
    seq: String,
    head: String,
    complete: bool,
    rejected: u64,
    unjudged: u64,
    unprocessed: u64,
    /// Why its snapshot does not end.
    open_because: Vec<Markup>,
    is_open: bool,
}

struct UnjudgedRow {
    instance: String,
    device: String,
    problem: Markup,
}

struct RejectRow {
    instance: String,
    device: String,
    seq: String,
    reason: String,
    at: TimeText,
    follows: bool,
}

pub(super) async fn show_server(ctx: PageContext, Path(id): Path<String>) -> PageResult {
    render(&ctx, &id, None).await
}

/// The page again, with what went wrong.
pub(super) async fn render(ctx: &PageContext, id: &str, problem: Option<&PageFailure>) -> PageResult {
    let (view, rejects, attention, instances) = tokio::join!(
        ctx.client().show_server(id),
        ctx.client().list_rejects(id),
        ctx.client().list_attention(),
        read_instances(ctx),
    );
    let (view, rejects, attention) = (view?, rejects?, attention?);
    let is_own = view.owner.as_deref() == Some(ctx.operator());
    let can_manage = ctx.may("Servers_Manage");
    let progress = view.instances.iter();
    let page = ServerPage {
        ctx,
        id: view.id.clone(),
        tab: "overview",
        face: ServerFace::new(ctx, &view, &attention.servers),
        progress: progress
            .map(|progress| ProgressRow::new(ctx, progress, &instances))
            .collect(),
        unjudged: list_unjudged(ctx, &view),
        rejects: list_rejects(ctx, &rejects),
        can_manage,
        can_send_again: can_manage || (is_own && ctx.may("Changes_Read")),
        problem,
    };
    show_page_as(problem.map_or(StatusCode::OK, |problem| problem.status), &page)
}

/// None, where the account may not see them.
async fn read_instances(ctx: &PageContext) -> Vec<InstanceStatus> {
    if !ctx.may("Instances_Read") {
        return Vec::new();
    }
    let read = ctx.client().list_instances().await;
    read.map(|view| view.instances).unwrap_or_default()
}

impl ServerFace {
    fn new(ctx: &PageContext, view: &ServerView, lights: &[LightView]) -> ServerFace {
        let lag = measure_lag(view, ctx.now());
        let light = lights.iter().find(|light| light.name == view.id);
        let fields = view.fields.iter().flatten();
        ServerFace {
            display_name: ctx.plain(&view.display_name),
            owner: ctx.plain(view.owner.as_deref().unwrap_or_default()),
            accepted: view.accepted,
            announced: ctx.time(&view.announced_at),
            accepted_at: view.accepted_at.as_ref().map(|at| ctx.time(at)),
            last_seen: view.last_seen_at.as_ref().map(|at| ctx.time(at)),
            acknowledged: view.acknowledged_at.as_ref().map(|at| ctx.time(at)),
            light: light.map(|light| LightRow::new(ctx, "/servers", light)),
            lag: ctx.count("servers-lag-devices", lag.devices),
            minutes: ctx.count("servers-lag-minutes", lag.minutes),
            ranges: view.ranges.iter().map(|range| ctx.plain(range)).collect(),
            fields: fields.map(|field| ctx.word("field-", field)).collect(),
            all_fields: view.fields.is_none(),
            filter: ctx.plain(view.filter.as_deref().unwrap_or_default()),
            sends_jobs: view.sends_jobs,
            is_target: view.accepts.get("target").is_some(),
            accepts: match &view.accepts {
                serde_json::Value::Null => String::new(),
                accepts => ctx.plain(accepts.to_string()),
            },
        }
    }
}

impl ProgressRow {
    fn new(ctx: &PageContext, progress: &ProgressView, instances: &[InstanceStatus]) -> ProgressRow {
        let is_open = progress.phase == ProgressPhase::Snapshot;
        let status = instances.iter().find(|status| status.name == progress.instance);
        let reasons = status.iter().flat_map(|status| &status.fleet.open_because);
        ProgressRow {
            instance: progress.instance.to_string(),
            profile: ctx.plain(progress.profile.as_deref().unwrap_or_default()),
            phase: ctx.t(phase_key(progress.phase)),
            light: match progress.phase {
                ProgressPhase::Live => "good",
                ProgressPhase::Snapshot => "warning",
                ProgressPhase::Nothing => "",
            },
            behind: ctx.number(progress.behind),
            seq: ctx.number(progress.seq.0),
            head: ctx.number(progress.head.0),
            complete: progress.complete,
            rejected: progress.rejected,
            unjudged: progress.unjudged.count,
            unprocessed: progress.unprocessed,
            open_because: if is_open {
                reasons.map(|reason| ctx.said(&reason.detail)).collect()
            } else {
                Vec::new()
            },
            is_open,
        }
    }
}

fn list_unjudged(ctx: &PageContext, view: &ServerView) -> Vec<UnjudgedRow> {
    let all = view.instances.iter().flat_map(|progress| {
        let devices = progress.unjudged.devices.iter();
        devices.map(move |device| (progress.instance.to_string(), device))
    });
    let row = |(instance, device): (String, &UnjudgedDevice)| UnjudgedRow {
        instance,
        device: device.device_id.map(|id| id.to_string()).unwrap_or_default(),
        problem: ctx.said(&device.problem),
    };
    all.map(row).collect()
}

fn list_rejects(ctx: &PageContext, view: &RejectsView) -> Vec<RejectRow> {
    let row = |reject: &RejectView| RejectRow {
        instance: reject.instance.to_string(),
        device: reject.device_id.to_string(),
        seq: ctx.number(reject.seq.0),
        reason: ctx.plain(&reject.reason),
        at: ctx.time(&reject.at),
        follows: reject.follows,
    };
    view.rejects.iter().map(row).collect()
}

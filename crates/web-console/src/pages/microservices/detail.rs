//! One microservice: how it is, what can be done with it, its scans.

use askama::Template;
use axum::extract::Path;
use connector_core::model::InstanceName;
use http::StatusCode;
use sics_client::ClientError;
use sics_client::contract::{
    InstanceState, InstanceStatus, InstanceView, MemberArea, MemberStatus, MemberSummary, RefusalView, ScanView,
    ScansQuery, UnreadRecord,
};

use super::member::{InstanceFace, MemberRow, instance_words};
use super::scans::ScanRow;
use super::snapshot::describe_reason;
use crate::clock_text::TimeText;
use crate::failure::{PageFailure, PageResult};
use crate::page::PageContext;
use crate::pages::dashboard::find_cause;
use crate::render::{Markup, show_page_as};
use crate::said::SaidSentence;

/// Scans that the page shows.
const SCANS_SHOWN: u32 = 20;

#[derive(Template)]
#[template(path = "pages/microservice.html")]
struct MicroservicePage<'a> {
    ctx: &'a PageContext,
    name: String,
    tab: &'static str,
    is_instance: bool,
    brake: u64,
    /// `None`: no supervisor runs it.
    member: Option<MemberRow>,
    instance: Option<InstancePart>,
    scans: Vec<ScanRow>,
    start_types: Vec<(&'static str, String)>,
    can_manage: bool,
    can_scan: bool,
    problem: Option<&'a PageFailure>,
}

/// What is known of a microservice that reads a tenant.
struct InstancePart {
    face: InstanceFace,
    trouble: Option<Trouble>,
    tenant: String,
    complete: bool,
    proven: bool,
    open_because: Vec<Markup>,
    next_full: Option<TimeText>,
    next_incremental: Option<TimeText>,
    next_try: Option<TimeText>,
    credential: Option<String>,
    /// Why the primary users of devices can't be read.
    primary_users: Option<Markup>,
    changed_workflows: Vec<String>,
    refused: Vec<RefusalRow>,
    unread: Vec<UnreadRow>,
    unread_count: u64,
    members: Vec<(String, String, String)>,
}

/// Why it does not work.
struct Trouble {
    what: Markup,
    cure: Markup,
    code: String,
}

struct RefusalRow {
    what: String,
    until: TimeText,
    reason: Markup,
    advice: Markup,
    code: String,
    asked: bool,
}

struct UnreadRow {
    /// Of the device, with its id; `None`: the record has none.
    device: Option<(String, String)>,
    property: String,
    reason: String,
    problem: Markup,
    since: TimeText,
}

pub(super) async fn show_microservice(ctx: PageContext, Path(name): Path<String>) -> PageResult {
    render(&ctx, &name, None).await
}

/// The page again, with what went wrong.
pub(super) async fn show_with_problem(ctx: &PageContext, name: &str, problem: &PageFailure) -> PageResult {
    render(ctx, name, Some(problem)).await
}

/// What the API knows under this name: as a microservice, and as an instance.
pub(super) struct KnownMember {
    pub(super) member: Option<MemberStatus>,
    pub(super) instance: Option<InstanceView>,
}

impl KnownMember {
    /// The failure of the API where it is neither.
    pub(super) async fn read(ctx: &PageContext, name: &str) -> Result<KnownMember, PageFailure> {
        let (supervisors, instance) = tokio::join!(ctx.client().list_supervisors(), ctx.client().show_instance(name));
        let members = supervisors?.supervisors.into_iter().flat_map(|row| row.members);
        let member = members.into_iter().find(|member| member.name == name);
        let instance = match (instance, &member) {
            (Ok(instance), _) => Some(instance),
            // The other microservices of an installation read no tenant.
            (Err(error), Some(_)) if error.status == Some(StatusCode::NOT_FOUND.as_u16()) => None,
            (Err(error), _) => return Err(error.into()),
        };
        Ok(KnownMember { member, instance })
    }

    /// Devices that the brake withholds.
    pub(super) fn braked(&self) -> u64 {
        let instance = self.instance.as_ref();
        instance.map_or(0, |instance| instance.status.waiting_confirmation)
    }
}

async fn render(ctx: &PageContext, name: &str, problem: Option<&PageFailure>) -> PageResult {
    let (known, scans) = tokio::join!(KnownMember::read(ctx, name), read_scans(ctx, name));
    let known = known?;
    let status = known.instance.as_ref().map(|instance| &instance.status);
    let start_types = ["automatic", "manual", "disabled"];
    let page = MicroservicePage {
        ctx,
        name: name.to_owned(),
        tab: "overview",
        is_instance: known.instance.is_some(),
        brake: known.braked(),
        member: known.member.as_ref().map(|member| MemberRow::new(ctx, member, status)),
        scans: scans?.iter().map(|view| ScanRow::new(ctx, &view.scan)).collect(),
        start_types: start_types
            .map(|name| (name, ctx.word("microservices-start-", name)))
            .to_vec(),
        can_manage: ctx.may("Instances_Manage"),
        can_scan: ctx.may("Scans_Run"),
        instance: known.instance.as_ref().map(|view| InstancePart::new(ctx, view)),
        problem,
    };
    show_page_as(problem.map_or(StatusCode::OK, |problem| problem.status), &page)
}

/// None, where the account may not see scans or it is no instance.
async fn read_scans(ctx: &PageContext, name: &str) -> Result<Vec<ScanView>, ClientError> {
    let Some(instance) = name.parse::<InstanceName>().ok().filter(|_| ctx.may("Scans_Read")) else {
        return Ok(Vec::new());
    };
    let query = ScansQuery {
        instance: Some(instance),
        limit: Some(SCANS_SHOWN),
    };
    match ctx.client().list_scans(&query).await {
        Ok(view) => Ok(view.scans),
        Err(error) if error.status == Some(StatusCode::NOT_FOUND.as_u16()) => Ok(Vec::new()),
        Err(error) => Err(error),
    }
}

impl InstancePart {
    fn new(ctx: &PageContext, view: &InstanceView) -> InstancePart {
        let status = &view.status;
        let (light, key) = instance_words(status.state);
        let reasons = status.fleet.open_because.iter();
        InstancePart {
            face: InstanceFace {
                state: ctx.t(key),
                light,
                devices: ctx.count("microservices-devices", status.devices),
            },
            trouble: find_trouble(ctx, status),
            tenant: ctx.plain(&status.tenant_id),
            complete: status.complete,
            proven: status.fleet.proven,
            open_because: reasons.map(|reason| describe_reason(ctx, reason)).collect(),
            next_full: status.next_full.as_ref().map(|at| ctx.time(at)),
            next_incremental: status.next_incremental.as_ref().map(|at| ctx.time(at)),
            next_try: status.fleet.next_try.as_ref().map(|at| ctx.time(at)),
            credential: status.credential_days_left.map(|days| describe_days(ctx, days)),
            primary_users: status.primary_users_refused.as_deref().map(|why| ctx.said(why)),
            changed_workflows: status.changed_workflows.clone(),
            refused: status
                .refused
                .iter()
                .map(|refusal| RefusalRow::new(ctx, refusal))
                .collect(),
            unread: status
                .unread
                .records
                .iter()
                .map(|record| UnreadRow::new(ctx, status, record))
                .collect(),
            unread_count: status.unread.count,
            members: view.members.iter().map(|member| member_link(ctx, member)).collect(),
        }
    }
}

pub(super) fn describe_days(ctx: &PageContext, days: i64) -> String {
    match u64::try_from(days) {
        Ok(days) => ctx.count("dashboard-days-left", days),
        Err(_) => ctx.t("dashboard-has-ended"),
    }
}

fn find_trouble(ctx: &PageContext, status: &InstanceStatus) -> Option<Trouble> {
    // What the brake holds has a part of its own.
    let code = status
        .cause
        .as_deref()
        .filter(|_| status.state != InstanceState::Braked)?;
    // The API's own sentence has its advice in it.
    let detail = SaidSentence::from_english(ctx, status.detail.as_deref().unwrap_or(code));
    let own = find_cause(ctx, code).filter(|_| detail.is_foreign);
    let in_own = |text: String| SaidSentence::in_language(ctx, text, ctx.language()).to_markup();
    let (what, cure) = match own {
        Some(cause) if !cause.cure.is_empty() => (in_own(cause.what), in_own(cause.cure)),
        Some(cause) => (in_own(cause.what), detail.to_markup()),
        None => (detail.to_markup(), Markup::default()),
    };
    Some(Trouble {
        what,
        cure,
        code: ctx.plain(code),
    })
}

impl RefusalRow {
    fn new(ctx: &PageContext, refusal: &RefusalView) -> RefusalRow {
        RefusalRow {
            what: ctx.word("requests-", &refusal.what),
            until: ctx.time(&refusal.until),
            reason: ctx.said(&refusal.reason),
            advice: ctx.said(&refusal.advice),
            code: ctx.plain(&refusal.code),
            asked: refusal.asked,
        }
    }
}

impl UnreadRow {
    fn new(ctx: &PageContext, status: &InstanceStatus, record: &UnreadRecord) -> UnreadRow {
        let device = record.device_id.map(|id| {
            let link = ctx.link(&format!("/devices/{}/{id}", status.name));
            (link, id.to_string())
        });
        let property = record.property.as_deref().unwrap_or_default();
        UnreadRow {
            device,
            property: ctx.word("field-", property),
            reason: ctx.word("microservices-unread-", record.reason.name()),
            problem: ctx.said(&record.problem),
            since: ctx.time(&record.since),
        }
    }
}

/// Link, name, state.
fn member_link(ctx: &PageContext, member: &MemberSummary) -> (String, String, String) {
    let folder = match member.area {
        MemberArea::Microservices => "/microservices",
        MemberArea::Workflows => "/workflows",
    };
    (
        ctx.link(&format!("{folder}/{}", member.name)),
        ctx.plain(&member.name),
        ctx.word("microservices-state-", &member.state),
    )
}

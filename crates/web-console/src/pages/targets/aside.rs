//! Devices that are set aside: each beside the records over there that may be its, and the forms by which a person decides.

use askama::Template;
use axum::extract::Path;
use connector_core::model::InstanceName;
use http::StatusCode;
use sics_client::contract::{
    AsideDecision, AsideDecisionBody, AsideDeviceFields, AsideDeviceView, AsideRecordView, RecordState, SetAsideReason,
};

use super::device_cell::DeviceCell;
use super::head::{TargetHead, TargetTab, target_path};
use super::words::unmet;
use crate::clock_text::TimeText;
use crate::failure::{PageFailure, PageResult};
use crate::form::FormFields;
use crate::list_state::ListState;
use crate::page::PageContext;
use crate::pages::approvals::person::form_status;
use crate::pages::orders::words::find_word;
use crate::pages::row_page::{contains_text, cut_page};
use crate::render::{Markup, go_to, own_path, show_page_as};

#[derive(Template)]
#[template(path = "pages/targets/aside.html")]
struct AsidePage<'a> {
    ctx: &'a PageContext,
    head: TargetHead,
    list: ListState,
    /// Wire names and words, for the filter.
    reasons: Vec<(&'static str, String)>,
    devices: Vec<AsideRow>,
    matching: u64,
    /// Those that the API lists.
    total: u64,
    /// Those that it does not.
    unlisted: u64,
    /// This page, to come back to after a decision.
    next_page: String,
    problem: Option<&'a PageFailure>,
}

impl AsidePage<'_> {
    fn is_filtered(&self) -> bool {
        ["q", "reason"].iter().any(|name| !self.list.value(name).is_empty())
    }
}

struct AsideRow {
    device: DeviceCell,
    reason: String,
    advice: String,
    problem: Markup,
    at: TimeText,
    facts: Vec<(String, String)>,
    last_sync: Option<TimeText>,
    records: Vec<RecordRow>,
    decision: Option<DecisionRow>,
    /// Whether sending it again is worth a try: nobody has to choose a record.
    can_resend: bool,
    /// Path of its form.
    path: String,
}

/// A record over there that may be its.
struct RecordRow {
    record: String,
    name: String,
    serial: String,
    device_id: String,
    user: String,
    state: String,
    light: &'static str,
    synced_by_others: bool,
}

impl RecordRow {
    fn new(ctx: &PageContext, view: &AsideRecordView) -> RecordRow {
        let text = |value: &Option<String>| ctx.plain(value.as_deref().unwrap_or_default());
        RecordRow {
            record: ctx.plain(&view.record),
            name: text(&view.name),
            serial: text(&view.serial_number),
            device_id: view.device_id.map(|id| id.to_string()).unwrap_or_default(),
            user: text(&view.user),
            state: ctx.word("targets-record-state-", view.state.name()),
            light: match view.state {
                RecordState::Active => "good",
                RecordState::Retired => "",
                RecordState::Deleted => "warning",
            },
            synced_by_others: view.synced_by_others,
        }
    }
}

/// What a person has decided.
struct DecisionRow {
    decision: String,
    record: String,
    by: String,
    at: Option<TimeText>,
}

impl DecisionRow {
    fn new(ctx: &PageContext, view: &AsideDeviceView) -> Option<DecisionRow> {
        Some(DecisionRow {
            decision: ctx.word("targets-decision-", view.decision?.name()),
            record: ctx.plain(view.decided_record.as_deref().unwrap_or_default()),
            by: ctx.plain(view.decided_by.as_deref().unwrap_or_default()),
            at: view.decided_at.as_ref().map(|at| ctx.time(at)),
        })
    }
}

impl AsideRow {
    fn new(ctx: &PageContext, target: &str, view: &AsideDeviceView) -> AsideRow {
        AsideRow {
            device: DeviceCell::new(ctx, view.device_name.as_deref(), &view.instance, view.device_id),
            reason: reason_word(ctx, view.reason),
            advice: ctx.word("targets-aside-help-", view.reason.name()),
            problem: ctx.said(view.problem.as_deref().unwrap_or_default()),
            at: ctx.time(&view.at),
            facts: list_facts(ctx, &view.device),
            last_sync: view.device.last_sync.as_ref().map(|at| ctx.time(at)),
            records: view.records.iter().map(|record| RecordRow::new(ctx, record)).collect(),
            decision: DecisionRow::new(ctx, view),
            can_resend: matches!(view.reason, SetAsideReason::Refused | SetAsideReason::MappingFailed),
            path: ctx.link(&format!("{target}/set-aside/{}/{}", view.instance, view.device_id)),
        }
    }
}

/// Why a person has to decide.
pub(super) fn reason_word(ctx: &PageContext, reason: SetAsideReason) -> String {
    ctx.word("targets-reason-", reason.name())
}

/// What tells the device from others, as far as it is known.
fn list_facts(ctx: &PageContext, device: &AsideDeviceFields) -> Vec<(String, String)> {
    let all = [
        ("field-serialnumber", &device.serial_number),
        ("field-manufacturer", &device.manufacturer),
        ("field-model", &device.model),
        ("field-operatingsystem", &device.operating_system),
        ("targets-user", &device.user),
    ];
    let known = all
        .into_iter()
        .filter_map(|(key, value)| Some((key, value.as_deref()?)));
    known.map(|(key, value)| (ctx.t(key), ctx.plain(value))).collect()
}

/// Whether the filters of the page let it through.
fn is_shown(view: &AsideDeviceView, list: &ListState) -> bool {
    let reason = list.value("reason");
    let id = view.device_id.to_string();
    let texts = [
        Some(id.as_str()),
        view.device_name.as_deref(),
        view.device.serial_number.as_deref(),
        view.device.user.as_deref(),
    ];
    let records = view.records.iter().map(|record| record.record.as_str());
    (reason.is_empty() || view.reason.name() == reason)
        && texts
            .into_iter()
            .flatten()
            .chain(records)
            .any(|text| contains_text(text, list.value("q")))
}

pub(super) async fn show_aside(ctx: PageContext, Path(name): Path<String>) -> PageResult {
    let query = ctx.query().to_owned();
    render(&ctx, &name, &query, None).await
}

/// `query`: the filters, as the address of the page has them.
async fn render(ctx: &PageContext, name: &str, query: &str, problem: Option<&PageFailure>) -> PageResult {
    let (target, view) = tokio::try_join!(ctx.client().show_target(name), ctx.client().list_target_aside(name))?;
    let path = target_path(&target);
    let list = ListState::new(ctx.link(&format!("{path}/set-aside")), query);
    let listed = view.devices.len() as u64;
    let shown = view.devices.iter().filter(|device| is_shown(device, &list));
    let page = cut_page(shown.collect(), &list);
    let reasons = SetAsideReason::ALL.iter();
    let page = AsidePage {
        ctx,
        head: TargetHead::new(ctx, &target, TargetTab::Aside),
        reasons: reasons
            .map(|reason| (reason.name(), reason_word(ctx, *reason)))
            .collect(),
        matching: page.matching,
        devices: page
            .rows
            .into_iter()
            .map(|device: &AsideDeviceView| AsideRow::new(ctx, &path, device))
            .collect(),
        total: listed,
        unlisted: view.total.saturating_sub(listed),
        next_page: format!("{path}/set-aside{}", list.query().with_value("done", "").to_text()),
        list,
        problem,
    };
    show_page_as(problem.map_or(StatusCode::OK, form_status), &page)
}

/// A record that is adopted has a button of its own; the other decisions name none.
fn read_decision(form: &FormFields) -> Result<AsideDecisionBody, PageFailure> {
    if let Some(record) = form.given("adopt") {
        return Ok(AsideDecisionBody {
            decision: AsideDecision::Adopt,
            record: Some(record),
        });
    }
    let decision = find_word::<AsideDecision>(form.text("decision"));
    match decision.filter(|decision| *decision != AsideDecision::Adopt) {
        Some(decision) => Ok(AsideDecisionBody { decision, record: None }),
        None => Err(unmet("targets-no-decision")),
    }
}

async fn decide(
    ctx: &PageContext,
    (name, instance, device): (&str, &str, &str),
    form: &FormFields,
) -> Result<(), PageFailure> {
    let body = read_decision(form)?;
    let instance: InstanceName = instance.parse().map_err(|_| PageFailure::not_found())?;
    ctx.client().decide_target_aside(name, instance, device, &body).await?;
    Ok(())
}

pub(super) async fn decide_aside(
    ctx: PageContext,
    Path((name, instance, device)): Path<(String, String, String)>,
    form: FormFields,
) -> PageResult {
    let next = match form.given("next") {
        Some(next) => own_path(&next),
        None => format!("/targets/{name}/set-aside"),
    };
    match decide(&ctx, (&name, &instance, &device), &form).await {
        Ok(()) => go_to(&ctx, &next, "target-decided"),
        Err(failure) => {
            let query = next.split_once('?').map_or("", |(_, query)| query).to_owned();
            render(&ctx, &name, &query, Some(&failure)).await
        }
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;
    use crate::pages::wizard::test_form::make_form;

    fn device() -> AsideDeviceView {
        let view = json!({
            "instance": "IntuneConnector_1", "deviceId": "7809c88c-0000-4000-8000-000000000001", "deviceName": "LAP-ONE",
            "reason": "serialTwice", "at": "2026-11-21T08:00:00Z", "device": {"serialNumber": "SER1", "user": "anna@x"},
            "problem": null, "decision": null, "decidedRecord": null, "decidedBy": null, "decidedAt": null,
            "records": [{"record": "12", "deviceId": null, "name": "PC-1", "serialNumber": "SER1", "state": "active",
                "user": null, "syncedByOthers": false}]
        });
        serde_json::from_value(view).unwrap()
    }

    #[test]
    fn devices_are_found_by_names_numbers_records_and_reason() {
        let shown = |query: &str| is_shown(&device(), &ListState::new("/x", query));
        for query in [
            "",
            "q=lap",
            "q=ser1",
            "q=anna",
            "q=12",
            "q=7809c88c",
            "reason=serialTwice",
        ] {
            assert!(shown(query), "{query}");
        }
        for query in ["q=other", "reason=refused", "q=lap&reason=refused"] {
            assert!(!shown(query), "{query}");
        }
    }

    #[test]
    fn the_button_that_was_pressed_is_the_decision() {
        let read = |pairs: &[(&str, &str)]| {
            let body = read_decision(&make_form(pairs)).ok()?;
            Some((body.decision, body.record))
        };
        assert_eq!(
            read(&[("adopt", "12")]),
            Some((AsideDecision::Adopt, Some("12".to_owned())))
        );
        assert_eq!(read(&[("decision", "create")]), Some((AsideDecision::Create, None)));
        assert_eq!(read(&[("decision", "ignore")]), Some((AsideDecision::Ignore, None)));
        for nothing in [&[][..], &[("decision", "adopt")], &[("decision", "x")]] {
            assert_eq!(read(nothing), None, "{nothing:?}");
        }
    }

    #[test]
    fn every_reason_says_what_to_do() {
        let texts = include_str!("../../../locale/en/targets.ftl");
        for reason in SetAsideReason::ALL {
            let key = format!("targets-aside-help-{} = ", reason.name().to_ascii_lowercase());
            assert!(texts.lines().any(|line| line.starts_with(&key)), "{key}");
        }
    }
}

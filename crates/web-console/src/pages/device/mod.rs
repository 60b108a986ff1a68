//! One device: all fields by group, what can be done to it, what it was, what was done to it, what was decided about it.

mod device_face;
mod field_groups;
pub(crate) mod fitting;
mod history_part;
mod offers;
mod shown_value;

use std::collections::BTreeMap;

use askama::Template;
use axum::extract::Path;
use http::StatusCode;
use serde_json::{Map, Value};
use sics_client::ClientError;
use sics_client::contract::{
    DeviceHistoryQuery, DeviceHistoryView, DeviceView, FieldView, GuardView, InstancePolicyView,
};

use crate::failure::{PageFailure, PageResult};
use crate::page::PageContext;
use crate::render::show_page;
use crate::routes::PageRoute;
use field_groups::group_fields;
use history_part::HistoryPart;
use offers::{ActionOffer, DeviceOffers};

pub(super) use device_face::{DeviceFace, device_path};
pub(super) use fitting::{
    ActionFit, action_label, action_link, explain_instead, explain_unfit, judge_action, list_fitting_platforms,
    list_own_actions,
};
pub(super) use history_part::TaskRow;
pub(super) use shown_value::{COMPLIANCE_STATES, ShownValue, compliance_class, list_compliance_words, word_prefix};

pub(crate) fn routes() -> Vec<PageRoute> {
    vec![PageRoute::get("/devices/{instance}/{id}", show_one)]
}

#[derive(Template)]
#[template(path = "pages/device.html")]
struct DevicePage<'a> {
    ctx: &'a PageContext,
    instance: &'a str,
    id: &'a str,
    /// `None`: it has gone.
    device: Option<ShownFields>,
    offers: DeviceOffers,
    history: Option<HistoryPart>,
    problem: Option<&'a PageFailure>,
    /// States, words and classes, by which a script translates live facts.
    compliance_words: Vec<(&'static str, String, &'static str)>,
    /// Whether names in Graph and meanings stand below the fields.
    explain: bool,
}

impl DevicePage<'_> {
    /// This page with one value of its address replaced.
    fn link_with(&self, name: &str, value: &str) -> String {
        self.ctx.list().link_with(name, value)
    }

    /// Actions that work where the device has something besides.
    fn list_conditional(&self) -> Vec<&ActionOffer> {
        let offers = &self.offers;
        let all = [&offers.harmless, &offers.disruptive, &offers.destructive];
        let offers = all.into_iter().flatten();
        offers.filter(|offer| !offer.conditions.is_empty()).collect()
    }

    fn has_conditions(&self) -> bool {
        !self.list_conditional().is_empty()
    }

    fn title(&self) -> &str {
        let named = self.device.as_ref().map(|device| device.face.name.as_str());
        named.unwrap_or(self.id)
    }
}

/// The fields of a device.
struct ShownFields {
    face: DeviceFace,
    groups: Vec<ShownGroup>,
    empty: Vec<ShownField>,
    connector: Vec<ShownField>,
}

struct ShownGroup {
    title: String,
    fields: Vec<ShownField>,
}

struct ShownField {
    label: String,
    /// Name in Graph.
    name: String,
    meaning: String,
    value: ShownValue,
}

async fn show_one(ctx: PageContext, Path((instance, id)): Path<(String, String)>) -> PageResult {
    let list = ctx.list();
    let asked = DeviceHistoryQuery {
        before: list.value("before").parse().ok(),
        limit: None,
    };
    let client = ctx.client();
    let (device, history, fields, actions, guard) = tokio::join!(
        client.show_device(&instance, &id),
        client.show_device_history(&instance, &id, &asked),
        client.list_fields(),
        client.list_actions(),
        read_guard(&ctx),
    );
    let fields = fields?.fields;
    let device = keep_gone(device, &history)?;
    let shown = device.as_ref().map(|view| show_fields(&ctx, view, &fields));
    let offers = match &shown {
        Some(shown) => {
            let own = list_own_actions(&ctx, actions?.actions);
            let policy = find_policy(guard.as_ref(), &instance);
            DeviceOffers::new(&ctx, own, &shown.face, policy)
        }
        None => DeviceOffers::default(),
    };
    let (history, problem) = match history {
        Ok(view) => (Some(HistoryPart::new(&ctx, &view, &fields)), None),
        Err(error) => (None, Some(PageFailure::from(error))),
    };
    show_page(&DevicePage {
        ctx: &ctx,
        instance: &instance,
        id: &id,
        device: shown,
        offers,
        history,
        problem: problem.as_ref(),
        compliance_words: list_compliance_words(&ctx),
        explain: list.value("explain") == "1",
    })
}

/// A device that is not there is shown as gone where its history is known.
fn keep_gone(
    device: Result<DeviceView, ClientError>,
    history: &Result<DeviceHistoryView, ClientError>,
) -> Result<Option<DeviceView>, PageFailure> {
    match device {
        Ok(view) => Ok(Some(view)),
        Err(error) if error.status == Some(StatusCode::NOT_FOUND.as_u16()) && history.is_ok() => Ok(None),
        Err(error) => Err(error.into()),
    }
}

/// Limits and switched-on actions, where the reader may know them.
pub(super) async fn read_guard(ctx: &PageContext) -> Option<GuardView> {
    if !ctx.may("Limits_Read") {
        return None;
    }
    ctx.client().show_limits().await.ok()
}

/// What an instance lets through.
pub(super) fn find_policy<'a>(guard: Option<&'a GuardView>, instance: &str) -> Option<&'a InstancePolicyView> {
    let row = guard?.instances.iter().find(|row| row.instance == instance);
    row.map(|row| &row.policy)
}

fn show_fields(ctx: &PageContext, view: &DeviceView, fields: &[FieldView]) -> ShownFields {
    let body: Map<String, Value> = serde_json::from_str(view.device.get()).unwrap_or_default();
    let known: BTreeMap<&str, &FieldView> = fields.iter().map(|field| (field.name.as_str(), field)).collect();
    let mut empty = Vec::new();
    let mut groups = Vec::new();
    for (group, names) in group_fields(body.keys().map(String::as_str)) {
        let shown = names.into_iter().map(|name| {
            let field = known.get(name).copied();
            let value = ShownValue::of_field(ctx, name, field, &body[name]);
            show_field(ctx, name, field, value)
        });
        let (without, with): (Vec<ShownField>, Vec<ShownField>) = shown.partition(|field| field.value.is_nothing());
        empty.extend(without);
        if !with.is_empty() {
            groups.push(ShownGroup {
                title: ctx.t(&format!("device-group-{group}")),
                fields: with,
            });
        }
    }
    ShownFields {
        face: DeviceFace::new(ctx, view),
        groups,
        empty,
        connector: connector_fields(ctx, view),
    }
}

fn show_field(ctx: &PageContext, name: &str, field: Option<&FieldView>, value: ShownValue) -> ShownField {
    let label = ctx.word("field-", name);
    ShownField {
        label: if label == name { ctx.plain(name) } else { label },
        name: ctx.plain(name),
        meaning: explain_field(ctx, name, field),
        value,
    }
}

/// What a field says: a text of the console, or the API's.
pub(super) fn explain_field(ctx: &PageContext, name: &str, field: Option<&FieldView>) -> String {
    let own = ctx.word("meaning-", name);
    if own == name {
        field.map(|field| field.meaning.clone()).unwrap_or_default()
    } else {
        own
    }
}

/// What the connector itself knows of it.
fn connector_fields(ctx: &PageContext, view: &DeviceView) -> Vec<ShownField> {
    let replaces = view.replaces.map(|id| ("replaces", ShownValue::Text(id.to_string())));
    let same_as = view.same_as.map(|id| ("sameAs", ShownValue::Text(id.to_string())));
    let always = [
        ("instance", ShownValue::text(ctx, &view.instance)),
        ("changedAt", ShownValue::time(ctx, &view.changed_at)),
        ("readAt", ShownValue::time(ctx, &view.read_at)),
        ("seq", ShownValue::Text(view.seq.0.to_string())),
    ];
    let all = always.into_iter().chain(replaces).chain(same_as);
    all.map(|(name, value)| show_field(ctx, name, None, value)).collect()
}

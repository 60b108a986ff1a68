//! What the deletion brake withholds: the devices, and confirming that exactly these have gone.

use askama::Template;
use axum::extract::Path;
use chrono::DateTime;
use http::StatusCode;
use sics_client::contract::{ConfirmGoneBody, WithheldDeletionView};

use super::tick::{Confirmation, read_confirmation};
use crate::clock_text::TimeText;
use crate::failure::{PageFailure, PageResult};
use crate::form::FormFields;
use crate::list_state::ListState;
use crate::page::PageContext;
use crate::pages::row_page::{contains_text, cut_page};
use crate::render::{go_to, show_page_as};

#[derive(Template)]
#[template(path = "pages/microservice_brake.html")]
struct BrakePage<'a> {
    ctx: &'a PageContext,
    name: String,
    tab: &'static str,
    is_instance: bool,
    brake: u64,
    title: String,
    digest: String,
    count: u64,
    list: ListState,
    matching: u64,
    /// The same as `count`, for the part that turns pages.
    total: u64,
    devices: Vec<WithheldRow>,
    can_confirm: bool,
    problem: Option<&'a PageFailure>,
}

struct WithheldRow {
    link: String,
    name: String,
    serial: String,
    user: String,
    /// `None`: never.
    last_check_in: Option<TimeText>,
    reason: String,
}

pub(super) async fn show_brake(ctx: PageContext, Path(name): Path<String>) -> PageResult {
    render(&ctx, &name, None).await
}

async fn render(ctx: &PageContext, name: &str, problem: Option<&PageFailure>) -> PageResult {
    let list = ctx.list();
    let view = ctx.client().show_brake(name).await?;
    let found = view.devices.iter().filter(|device| is_found(device, list.value("q")));
    let page = cut_page(found.collect(), &list);
    let page = BrakePage {
        ctx,
        name: name.to_owned(),
        tab: "brake",
        is_instance: true,
        brake: view.count,
        title: ctx.plain(&view.title),
        digest: view.digest.clone(),
        count: view.count,
        matching: page.matching,
        total: view.count,
        devices: page
            .rows
            .into_iter()
            .map(|device| WithheldRow::new(ctx, name, device))
            .collect(),
        can_confirm: ctx.may("Scans_ConfirmGone"),
        list,
        problem,
    };
    show_page_as(problem.map_or(StatusCode::OK, |problem| problem.status), &page)
}

fn is_found(device: &WithheldDeletionView, text: &str) -> bool {
    let parts = [&device.device_name, &device.serial_number, &device.user_principal_name];
    text.is_empty() || parts.into_iter().flatten().any(|part| contains_text(part, text))
}

impl WithheldRow {
    fn new(ctx: &PageContext, instance: &str, device: &WithheldDeletionView) -> WithheldRow {
        let shown = |part: &Option<String>| ctx.plain(part.as_deref().unwrap_or_default());
        let name = shown(&device.device_name);
        let last = Some(device.last_sync_s).filter(|seconds| *seconds > 0);
        let last = last.and_then(|seconds| DateTime::from_timestamp(seconds, 0));
        WithheldRow {
            link: ctx.link(&format!("/devices/{instance}/{}", device.id)),
            name: if name.is_empty() { device.id.to_string() } else { name },
            serial: shown(&device.serial_number),
            user: shown(&device.user_principal_name),
            last_check_in: last.as_ref().map(|at| ctx.time(at)),
            reason: ctx.word("microservices-withheld-", device.reason.name()),
        }
    }
}

pub(super) async fn confirm_gone(ctx: PageContext, Path(name): Path<String>, form: FormFields) -> PageResult {
    let released = match read_confirmation(&form) {
        Ok(Confirmation { digest, count }) => {
            let body = ConfirmGoneBody { digest, count };
            ctx.client().confirm_gone(&name, &body).await.map_err(PageFailure::from)
        }
        Err(failure) => Err(failure),
    };
    match released {
        Ok(_) => go_to(&ctx, &format!("/microservices/{name}"), "brake-released"),
        Err(failure) => render(&ctx, &name, Some(&failure)).await,
    }
}

#[cfg(test)]
mod tests {
    use connector_core::model::{DeviceId, WithheldReason};

    use super::*;

    #[test]
    fn withheld_devices_are_found_by_name_serial_and_user() {
        let id: DeviceId = "7809c88c-0000-4000-8000-000000000001".parse().unwrap();
        let device = WithheldDeletionView {
            id,
            reason: WithheldReason::Deleted,
            device_name: Some("LAPTOP-7".to_owned()),
            serial_number: None,
            user_principal_name: Some("anna@contoso.example".to_owned()),
            last_sync_s: 0,
        };
        assert!(is_found(&device, "") && is_found(&device, "laptop") && is_found(&device, "ANNA@"));
        assert!(!is_found(&device, "otto"));
    }
}

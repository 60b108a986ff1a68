//! One device again: it is written whether it has changed or not. From its own page, somebody chooses the target.

use askama::Template;
use axum::extract::Path;
use connector_core::model::{DeviceId, InstanceName};
use sics_client::contract::{ResendTargetBody, TargetView};

use super::overview::render_overview;
use super::words::unmet;
use crate::failure::{PageFailure, PageResult};
use crate::form::FormFields;
use crate::page::PageContext;
use crate::pages::device::device_path;
use crate::render::{go_to, own_path, show_page};

#[derive(Template)]
#[template(path = "pages/targets/resend.html")]
struct ChoicePage<'a> {
    ctx: &'a PageContext,
    instance: String,
    device: String,
    /// Of the device's page, to come back to.
    device_path: String,
    /// Names and profiles.
    targets: Vec<(String, String)>,
}

impl ChoicePage<'_> {
    /// Of the forms, which another page answers.
    fn no_problem(&self) -> Option<&PageFailure> {
        None
    }
}

/// By the address that the page of a device links to: `instance` and `device`.
pub(super) async fn choose_target(ctx: PageContext) -> PageResult {
    let list = ctx.list();
    let view = ctx.client().list_targets().await?;
    let (instance, device) = (list.value("instance"), list.value("device"));
    let target = |view: &TargetView| {
        let profile = ctx.plain(&view.profile);
        let more = if profile.is_empty() {
            ctx.said_plain(view.kind.display_name())
        } else {
            profile
        };
        (view.name.to_string(), more)
    };
    show_page(&ChoicePage {
        ctx: &ctx,
        instance: instance.to_owned(),
        device: device.to_owned(),
        device_path: own_path(&device_path(instance, device)),
        targets: view.targets.iter().map(target).collect(),
    })
}

fn read_device(form: &FormFields) -> Result<ResendTargetBody, PageFailure> {
    let instance = form.text("instance").parse::<InstanceName>();
    let device = form.text("device").parse::<DeviceId>();
    Ok(ResendTargetBody {
        instance: instance.map_err(|_| unmet("targets-no-instance"))?,
        device_id: device.map_err(|_| unmet("servers-device-wrong"))?,
    })
}

async fn resend(ctx: &PageContext, name: &str, form: &FormFields) -> Result<(), PageFailure> {
    let body = read_device(form)?;
    ctx.client().resend_target_device(name, &body).await?;
    Ok(())
}

pub(super) async fn resend_device(ctx: PageContext, Path(name): Path<String>, form: FormFields) -> PageResult {
    match resend(&ctx, &name, &form).await {
        Ok(()) => {
            let next = form.given("next").unwrap_or_else(|| format!("/targets/{name}"));
            go_to(&ctx, &own_path(&next), "target-resent")
        }
        Err(failure) => render_overview(&ctx, &name, Some(&failure)).await,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::pages::wizard::test_form::make_form;

    #[test]
    fn a_device_is_named_by_its_instance_and_its_id() {
        let read = |instance: &str, device: &str| {
            let form = make_form(&[("instance", instance), ("device", device)]);
            read_device(&form).err().map(|failure| failure.code)
        };
        let id = "7809c88c-0000-4000-8000-000000000001";
        assert_eq!(read("IntuneConnector_1", id), None);
        assert_eq!(read("", id).as_deref(), Some("targets-no-instance"));
        assert_eq!(
            read("IntuneConnector_1", "LAP-ONE").as_deref(),
            Some("servers-device-wrong")
        );
    }
}

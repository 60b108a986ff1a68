//! Forgetting links: of one device, or of all. The records stay; what the target does then is said before, and where more
//! than one link goes, the number is typed.

use askama::Template;
use axum::extract::Path;
use connector_core::model::{DeviceId, InstanceName};
use http::StatusCode;
use sics_client::contract::{ConfirmQuery, ForgetLinksBody};

use super::head::{TargetHead, TargetTab, target_path};
use super::words::unmet;
use crate::failure::{PageFailure, PageResult};
use crate::form::FormFields;
use crate::page::PageContext;
use crate::pages::approvals::person::form_status;
use crate::pages::products::{ShownEffect, read_confirmation};
use crate::render::{go_to, show_page_as};

#[derive(Template)]
#[template(path = "pages/targets/forget.html")]
struct ForgettingPage<'a> {
    ctx: &'a PageContext,
    head: TargetHead,
    scope: &'a ForgetScope,
    /// Links that the target has.
    links: u64,
    effect: Option<ShownEffect>,
    problem: Option<&'a PageFailure>,
}

/// Whose links are forgotten; both empty: all.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
struct ForgetScope {
    instance: String,
    device: String,
}

impl ForgetScope {
    fn is_whole(&self) -> bool {
        self.instance.is_empty() && self.device.is_empty()
    }

    fn to_body(&self) -> Result<ForgetLinksBody, PageFailure> {
        let given = |text: &str| Some(text.to_owned()).filter(|text| !text.is_empty());
        let instance = given(&self.instance).map(|name| name.parse::<InstanceName>());
        let device = given(&self.device).map(|id| id.parse::<DeviceId>());
        Ok(ForgetLinksBody {
            instance: instance.transpose().map_err(|_| unmet("targets-no-instance"))?,
            device_id: device.transpose().map_err(|_| unmet("servers-device-wrong"))?,
        })
    }
}

pub(super) async fn show_forgetting(ctx: PageContext, Path(name): Path<String>) -> PageResult {
    let list = ctx.list();
    let scope = ForgetScope {
        instance: list.value("instance").to_owned(),
        device: list.value("device").to_owned(),
    };
    render(&ctx, &name, &scope, None, None).await
}

async fn render(
    ctx: &PageContext,
    name: &str,
    scope: &ForgetScope,
    effect: Option<ShownEffect>,
    problem: Option<&PageFailure>,
) -> PageResult {
    let target = ctx.client().show_target(name).await?;
    let status = match problem {
        Some(problem) => form_status(problem),
        None if effect.is_some() => StatusCode::CONFLICT,
        None => StatusCode::OK,
    };
    let page = ForgettingPage {
        ctx,
        head: TargetHead::new(ctx, &target, TargetTab::Links),
        scope,
        links: target.linked + target.gone,
        effect,
        problem,
    };
    show_page_as(status, &page)
}

pub(super) async fn forget_links(ctx: PageContext, Path(name): Path<String>, form: FormFields) -> PageResult {
    let scope = ForgetScope {
        instance: form.text("instance").to_owned(),
        device: form.text("device").to_owned(),
    };
    let shown = ShownEffect::from_form(&form);
    let asked = read_confirmation(&form, shown.as_ref()).and_then(|confirm| Ok((confirm, scope.to_body()?)));
    let (confirm, body) = match asked {
        Ok(asked) => asked,
        Err(failure) => return render(&ctx, &name, &scope, shown, Some(&failure)).await,
    };
    match ctx
        .client()
        .forget_target_links(&name, &ConfirmQuery { confirm }, &body)
        .await
    {
        Ok(_) => {
            let target = ctx.client().show_target(&name).await?;
            go_to(&ctx, &format!("{}/links", target_path(&target)), "target-forgotten")
        }
        Err(error) => match ShownEffect::from_error(&error) {
            Some(effect) => render(&ctx, &name, &scope, Some(effect), None).await,
            None => render(&ctx, &name, &scope, None, Some(&error.into())).await,
        },
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn scope(instance: &str, device: &str) -> ForgetScope {
        ForgetScope {
            instance: instance.to_owned(),
            device: device.to_owned(),
        }
    }

    #[test]
    fn a_wrong_name_forgets_nothing_rather_than_all() {
        assert_eq!(scope("", "").to_body().unwrap(), ForgetLinksBody::default());
        let one = scope("IntuneConnector_1", "7809c88c-0000-4000-8000-000000000001");
        let body = one.to_body().unwrap();
        assert!(body.instance.is_some() && body.device_id.is_some() && !one.is_whole());
        assert!(scope("a b", "").to_body().is_err());
        assert!(scope("", "LAP-ONE").to_body().is_err());
        assert!(scope("", "").is_whole());
    }
}

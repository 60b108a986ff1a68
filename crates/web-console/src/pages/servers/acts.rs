//! Accepting a management server, and sending it again what it has had.

use axum::extract::Path;
use connector_core::model::{DeviceId, InstanceName, Seq};
use http::StatusCode;
use sics_client::contract::{ResendBody, RewindBody};

use super::detail;
use crate::failure::{PageFailure, PageResult};
use crate::form::FormFields;
use crate::page::PageContext;
use crate::render::go_to;

/// Back to the server, or its page with what went wrong.
async fn end_act<T>(ctx: &PageContext, id: &str, done: Result<T, PageFailure>, text: &str) -> PageResult {
    match done {
        Ok(_) => go_to(ctx, &format!("/servers/{id}"), text),
        Err(failure) => detail::render(ctx, id, Some(&failure)).await,
    }
}

pub(super) async fn accept_server(ctx: PageContext, Path(id): Path<String>) -> PageResult {
    let done = ctx.client().accept_server(&id).await.map_err(PageFailure::from);
    end_act(&ctx, &id, done, "server-accepted").await
}

pub(super) async fn resync_server(ctx: PageContext, Path(id): Path<String>) -> PageResult {
    let done = ctx.client().resync_server(&id).await.map_err(PageFailure::from);
    end_act(&ctx, &id, done, "server-resync").await
}

pub(super) async fn rewind_server(ctx: PageContext, Path(id): Path<String>, form: FormFields) -> PageResult {
    let done = match read_rewind(form.text("to"), form.text("instance")) {
        Some(body) => ctx.client().rewind_server(&id, &body).await.map_err(PageFailure::from),
        None => Err(wrong_field("servers-rewind-wrong")),
    };
    end_act(&ctx, &id, done, "server-rewound").await
}

/// Numbers as this console writes them have separators. No instance: all.
fn read_rewind(to: &str, instance: &str) -> Option<RewindBody> {
    let digits: String = to.chars().filter(|letter| !matches!(letter, ',' | '.' | ' ')).collect();
    let instance = match instance {
        "" => None,
        name => Some(name.parse::<InstanceName>().ok()?),
    };
    Some(RewindBody {
        instance,
        to: Seq(digits.parse().ok()?),
    })
}

fn wrong_field(code: &str) -> PageFailure {
    PageFailure::plain(StatusCode::UNPROCESSABLE_ENTITY, code)
}

pub(super) async fn resend_device(ctx: PageContext, Path(id): Path<String>, form: FormFields) -> PageResult {
    let device = form.text("device").parse::<DeviceId>().ok();
    let done = match device {
        Some(device_id) => {
            let instance = form
                .given("instance")
                .and_then(|name| name.parse::<InstanceName>().ok());
            let body = ResendBody { device_id, instance };
            ctx.client().resend_device(&id, &body).await.map_err(PageFailure::from)
        }
        None => Err(wrong_field("servers-device-wrong")),
    };
    end_act(&ctx, &id, done, "server-resent").await
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn positions_are_read_as_they_are_shown() {
        let to = |text: &str| read_rewind(text, "").map(|body| body.to.0);
        assert_eq!(to("0"), Some(0));
        assert_eq!(to("1,234,567"), Some(1_234_567));
        assert_eq!(to("1.234"), Some(1_234));
        assert_eq!(to("soon"), None);
        assert_eq!(to(""), None);
        assert!(read_rewind("0", "no such name").is_none());
        let one = read_rewind("7", "IntuneConnector_1").and_then(|body| body.instance);
        assert_eq!(one.map(|name| name.to_string()).as_deref(), Some("IntuneConnector_1"));
    }
}

//! The webhook of a management server: where it leads, how it goes, and setting, testing, rolling and removing it. A new key
//! is on the page that answers the form, and nowhere else: nobody keeps it for another request.

use askama::Template;
use axum::extract::Path;
use http::StatusCode;
use sics_client::contract::{ServerView, ServerWebhookBody, ServerWebhookChanged, ServerWebhookView};

use crate::clock_text::TimeText;
use crate::failure::{PageFailure, PageResult};
use crate::form::FormFields;
use crate::page::PageContext;
use crate::render::{Markup, go_to, show_page, show_page_as};

#[derive(Template)]
#[template(path = "pages/server_webhook.html")]
struct WebhookPage<'a> {
    ctx: &'a PageContext,
    id: String,
    tab: &'static str,
    display_name: String,
    webhook: Option<WebhookFace>,
    /// A target reads its changes itself.
    is_target: bool,
    can_manage: bool,
    typed: TypedAddress,
    problem: Option<&'a PageFailure>,
}

struct WebhookFace {
    address: String,
    allows_private: bool,
    set: TimeText,
    two_keys_until: Option<TimeText>,
    delivered: Option<TimeText>,
    failing_since: Option<TimeText>,
    attempts: u32,
    next: Option<TimeText>,
    set_aside: Option<TimeText>,
    last_error: Markup,
}

/// What stands in the form.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
struct TypedAddress {
    url: String,
    allows_private: bool,
}

#[derive(Template)]
#[template(path = "pages/server_webhook_key.html")]
struct KeyPage<'a> {
    ctx: &'a PageContext,
    id: String,
    address: String,
    key: &'a str,
    two_keys_until: Option<TimeText>,
}

impl WebhookFace {
    fn new(ctx: &PageContext, view: &ServerWebhookView) -> WebhookFace {
        WebhookFace {
            address: ctx.plain(&view.address),
            allows_private: view.allow_private_addresses,
            set: ctx.time(&view.set_at),
            two_keys_until: view.two_keys_until.as_ref().map(|at| ctx.time(at)),
            delivered: view.delivered_at.as_ref().map(|at| ctx.time(at)),
            failing_since: view.failing_since.as_ref().map(|at| ctx.time(at)),
            attempts: view.attempts,
            next: view.next_attempt_at.as_ref().map(|at| ctx.time(at)),
            set_aside: view.set_aside_at.as_ref().map(|at| ctx.time(at)),
            last_error: view.last_error.as_deref().map(|why| ctx.said(why)).unwrap_or_default(),
        }
    }
}

impl TypedAddress {
    /// Nobody has typed anything: the path of the address is not shown again, so the field is empty.
    fn begin(view: &ServerView) -> TypedAddress {
        TypedAddress {
            url: String::new(),
            allows_private: view
                .webhook
                .as_ref()
                .is_some_and(|webhook| webhook.allow_private_addresses),
        }
    }

    fn read(form: &FormFields) -> TypedAddress {
        TypedAddress {
            url: form.text("url").to_owned(),
            allows_private: form.is_ticked("allow_private"),
        }
    }

    fn to_body(&self) -> ServerWebhookBody {
        ServerWebhookBody {
            url: self.url.clone().into(),
            allow_private_addresses: self.allows_private,
        }
    }
}

pub(super) async fn show_webhook(ctx: PageContext, Path(id): Path<String>) -> PageResult {
    render(&ctx, &id, None, None).await
}

/// The page, with what was typed and what went wrong.
async fn render(ctx: &PageContext, id: &str, typed: Option<TypedAddress>, problem: Option<&PageFailure>) -> PageResult {
    let view = ctx.client().show_server(id).await?;
    let page = WebhookPage {
        ctx,
        id: view.id.clone(),
        tab: "webhook",
        display_name: ctx.plain(&view.display_name),
        webhook: view.webhook.as_ref().map(|webhook| WebhookFace::new(ctx, webhook)),
        is_target: view.accepts.get("target").is_some(),
        can_manage: ctx.may("Servers_Manage"),
        typed: typed.unwrap_or_else(|| TypedAddress::begin(&view)),
        problem,
    };
    show_page_as(problem.map_or(StatusCode::OK, |problem| problem.status), &page)
}

fn webhook_path(id: &str) -> String {
    format!("/servers/{id}/webhook")
}

pub(super) async fn set_webhook(ctx: PageContext, Path(id): Path<String>, form: FormFields) -> PageResult {
    let typed = TypedAddress::read(&form);
    match ctx.client().set_server_webhook(&id, &typed.to_body()).await {
        Ok(changed) => end_change(&ctx, &id, &changed),
        Err(error) => render(&ctx, &id, Some(typed), Some(&error.into())).await,
    }
}

pub(super) async fn roll_key(ctx: PageContext, Path(id): Path<String>) -> PageResult {
    match ctx.client().roll_server_webhook(&id).await {
        Ok(changed) => end_change(&ctx, &id, &changed),
        Err(error) => render(&ctx, &id, None, Some(&error.into())).await,
    }
}

/// The new key, for the only time; back to the webhook where the key is the one from before.
fn end_change(ctx: &PageContext, id: &str, changed: &ServerWebhookChanged) -> PageResult {
    let Some(key) = &changed.key else {
        return go_to(ctx, &webhook_path(id), "server-webhook-set");
    };
    show_page(&KeyPage {
        ctx,
        id: id.to_owned(),
        address: ctx.plain(&changed.webhook.address),
        key: &key.0,
        two_keys_until: changed.webhook.two_keys_until.as_ref().map(|at| ctx.time(at)),
    })
}

pub(super) async fn test_webhook(ctx: PageContext, Path(id): Path<String>) -> PageResult {
    let failure = match ctx.client().test_server_webhook(&id).await {
        Ok(tested) if tested.accepted => return go_to(&ctx, &webhook_path(&id), "server-webhook-tested"),
        Ok(tested) => {
            let why = tested.problem.unwrap_or_default();
            PageFailure::told_within(&ctx, "servers-webhook-test-failed", &why)
        }
        Err(error) => PageFailure::from(error),
    };
    render(&ctx, &id, None, Some(&failure)).await
}

pub(super) async fn remove_webhook(ctx: PageContext, Path(id): Path<String>) -> PageResult {
    match ctx.client().remove_server_webhook(&id).await {
        Ok(()) => go_to(&ctx, &webhook_path(&id), "server-webhook-removed"),
        Err(error) => render(&ctx, &id, None, Some(&error.into())).await,
    }
}

#[cfg(test)]
mod tests {
    use secrecy::ExposeSecret;

    use super::super::lag::tests::server;
    use super::*;

    #[test]
    fn what_was_typed_is_what_the_api_gets_and_an_address_is_never_filled_in() {
        let typed = TypedAddress {
            url: "https://cmdb.example/hook".to_owned(),
            allows_private: true,
        };
        let body = typed.to_body();
        assert_eq!(
            (body.url.expose_secret(), body.allow_private_addresses),
            ("https://cmdb.example/hook", true)
        );
        let mut view = server(0);
        assert_eq!(TypedAddress::begin(&view), TypedAddress::default());
        view.webhook = Some(ServerWebhookView {
            address: "https://cmdb.example".to_owned(),
            allow_private_addresses: true,
            set_at: view.announced_at,
            two_keys_until: None,
            delivered_at: None,
            failing_since: None,
            attempts: 0,
            next_attempt_at: None,
            set_aside_at: None,
            last_error: None,
        });
        let begun = TypedAddress::begin(&view);
        assert_eq!((begun.url.as_str(), begun.allows_private), ("", true));
    }
}

//! The settings of an instance, as far as they may be shown, and the ways to change them.

use askama::Template;
use axum::extract::Path;
use serde_json::{Map, Value};

use super::detail::{KnownMember, describe_days};
use crate::failure::{PageFailure, PageResult};
use crate::page::PageContext;
use crate::render::show_page;

/// What the API says of a secret of which it tells nothing else.
const SET: &str = "… (set)";
/// Secrets of which an instance has one: that the other is missing is told as well.
const SECRETS: [&str; 2] = ["secret", "pfx"];

#[derive(Template)]
#[template(path = "pages/microservice_settings.html")]
struct SettingsPage<'a> {
    ctx: &'a PageContext,
    name: String,
    tab: &'static str,
    is_instance: bool,
    brake: u64,
    profile: String,
    rows: Vec<(String, String)>,
    credential: Option<String>,
    can_manage: bool,
}

pub(super) async fn show_settings(ctx: PageContext, Path(name): Path<String>) -> PageResult {
    let known = KnownMember::read(&ctx, &name).await?;
    let brake = known.braked();
    let instance = known.instance.ok_or_else(PageFailure::not_found)?;
    let days = instance.status.credential_days_left;
    show_page(&SettingsPage {
        ctx: &ctx,
        tab: "settings",
        is_instance: true,
        brake,
        profile: ctx.plain(instance.status.profile.as_deref().unwrap_or_default()),
        rows: list_settings(&ctx, &instance.settings),
        credential: days.map(|days| describe_days(&ctx, days)),
        can_manage: ctx.may("Instances_Manage"),
        name,
    })
}

fn list_settings(ctx: &PageContext, settings: &Map<String, Value>) -> Vec<(String, String)> {
    let show = |value: &Value| match value {
        Value::String(text) if text == SET => ctx.t("microservices-secret-set"),
        Value::String(text) => ctx.plain(text),
        other => ctx.plain(other.to_string()),
    };
    let given = settings.iter().map(|(key, value)| (ctx.plain(key), show(value)));
    let missing = missing_secrets(settings)
        .into_iter()
        .map(|key| (key.to_owned(), ctx.t("microservices-secret-not-set")));
    given.chain(missing).collect()
}

fn missing_secrets(settings: &Map<String, Value>) -> Vec<&'static str> {
    SECRETS.into_iter().filter(|key| !settings.contains_key(*key)).collect()
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn a_secret_that_is_not_set_is_told() {
        let settings = json!({"tenant_id": "t", "pfx": "… (1200 bytes)"});
        assert_eq!(missing_secrets(settings.as_object().unwrap()), ["secret"]);
    }
}

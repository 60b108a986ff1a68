//! What a management server is limited to. How many devices a filter lets through is counted first; what takes devices
//! away from the server is shown by the API, and confirmed by tick and number.

use askama::Template;
use axum::extract::Path;
use http::StatusCode;
use serde_json::Value;
use sics_client::ClientError;
use sics_client::contract::{ConfirmQuery, DevicesQuery, DevicesView, ServerView};

use super::limit_fields::{TypedLimits, WrongLimit, is_unchanged};
use crate::failure::{PageFailure, PageResult};
use crate::form::FormFields;
use crate::page::PageContext;
use crate::pages::products::{ShownEffect, read_confirmation};
use crate::render::{go_to, show_page_as};

/// A field that the connector adds.
const DEVICE_CLASS: &str = "deviceClass";

#[derive(Template)]
#[template(path = "pages/server_limits.html")]
struct LimitsPage<'a> {
    ctx: &'a PageContext,
    id: String,
    tab: &'static str,
    display_name: String,
    typed: TypedLimits,
    /// Name, word, whether it is chosen.
    fields: Vec<(String, String, bool)>,
    shown: &'a Shown,
}

/// What the page shows besides the form.
#[derive(Default)]
struct Shown {
    counted: Option<FilterCount>,
    effect: Option<ShownEffect>,
    problem: Option<PageFailure>,
    ranges_problem: String,
    fields_problem: String,
    filter_problem: String,
}

/// How many devices the filter lets through.
#[derive(Debug, Clone, Copy)]
struct FilterCount {
    matching: u64,
    total: u64,
    /// Devices that it cannot evaluate: the server receives nothing about them.
    unjudged: u64,
}

pub(super) async fn show_limits(ctx: PageContext, Path(id): Path<String>) -> PageResult {
    let view = ctx.client().show_server(&id).await?;
    render(&ctx, &view, TypedLimits::from_view(&view), &Shown::default()).await
}

async fn render(ctx: &PageContext, view: &ServerView, typed: TypedLimits, shown: &Shown) -> PageResult {
    let page = LimitsPage {
        ctx,
        id: view.id.clone(),
        tab: "limits",
        display_name: ctx.plain(&view.display_name),
        fields: list_fields(ctx, &typed).await,
        typed,
        shown,
    };
    show_page_as(shown.status(), &page)
}

impl Shown {
    fn status(&self) -> StatusCode {
        match (&self.problem, &self.effect) {
            (Some(problem), _) => problem.status,
            (None, Some(_)) => StatusCode::CONFLICT,
            (None, None) => StatusCode::OK,
        }
    }

    fn wrong(ctx: &PageContext, wrong: &WrongLimit) -> Shown {
        let problem = PageFailure::plain(StatusCode::UNPROCESSABLE_ENTITY, "servers-limits-wrong");
        let shown = Shown {
            problem: Some(problem),
            ..Shown::default()
        };
        match wrong {
            WrongLimit::Range(range) => Shown {
                ranges_problem: ctx.t1("servers-range-wrong", "range", ctx.plain(range)),
                ..shown
            },
            WrongLimit::NoField => Shown {
                fields_problem: ctx.t("servers-fields-none"),
                ..shown
            },
        }
    }

    /// The API says at which field it is.
    fn refused(ctx: &PageContext, error: ClientError) -> Shown {
        let members = error.problem.as_ref().map(|problem| &problem.members);
        let key = members.and_then(|members| members.get("key").and_then(Value::as_str).map(str::to_owned));
        let message = ctx.plain(&error.message);
        let at = |name: &str| {
            if key.as_deref() == Some(name) {
                message.clone()
            } else {
                String::new()
            }
        };
        Shown {
            ranges_problem: at("ranges"),
            fields_problem: at("fields"),
            filter_problem: at("filter"),
            problem: Some(error.into()),
            ..Shown::default()
        }
    }
}

/// Every field that there is, and those that were chosen whether or not they are among them.
async fn list_fields(ctx: &PageContext, typed: &TypedLimits) -> Vec<(String, String, bool)> {
    let known = if ctx.may("Devices_Read") {
        ctx.client()
            .list_fields()
            .await
            .map(|view| view.fields)
            .unwrap_or_default()
    } else {
        Vec::new()
    };
    let mut names: Vec<String> = known.into_iter().map(|field| field.name).collect();
    let others = typed.fields.iter().map(String::as_str).chain([DEVICE_CLASS]);
    for other in others {
        if !names.iter().any(|name| name == other) {
            names.push(other.to_owned());
        }
    }
    let row = |name: String| {
        let (word, chosen) = (ctx.word("field-", &name), typed.fields.contains(&name));
        (name, word, chosen)
    };
    names.into_iter().map(row).collect()
}

pub(super) async fn set_limits(ctx: PageContext, Path(id): Path<String>, form: FormFields) -> PageResult {
    let view = ctx.client().show_server(&id).await?;
    let typed = TypedLimits::from_form(&form);
    let shown = if form.text("step") == "count" {
        count_filter(&ctx, &view, &typed).await
    } else {
        match apply_limits(&ctx, &view, &typed, &form).await {
            Ok(done) => return go_to(&ctx, &format!("/servers/{id}/limits"), done),
            Err(shown) => *shown,
        }
    };
    render(&ctx, &view, typed, &shown).await
}

async fn count_filter(ctx: &PageContext, view: &ServerView, typed: &TypedLimits) -> Shown {
    match ctx.client().list_devices(&count_query(view, &typed.filter)).await {
        Ok(devices) => Shown {
            counted: Some(FilterCount::new(&devices)),
            ..Shown::default()
        },
        Err(error) => {
            let message = ctx.plain(&error.message);
            Shown {
                filter_problem: message,
                problem: Some(error.into()),
                ..Shown::default()
            }
        }
    }
}

/// Of the instances that the server receives; of all, as long as it receives none.
fn count_query(view: &ServerView, filter: &str) -> DevicesQuery {
    let names: Vec<String> = view
        .instances
        .iter()
        .map(|progress| progress.instance.to_string())
        .collect();
    DevicesQuery {
        instance: (!names.is_empty()).then(|| names.join(",")),
        filter: (!filter.is_empty()).then(|| filter.to_owned()),
        limit: Some(0),
        count: Some(true),
        ..DevicesQuery::default()
    }
}

impl FilterCount {
    fn new(devices: &DevicesView) -> FilterCount {
        FilterCount {
            matching: devices.matching.unwrap_or_default(),
            total: devices.total.unwrap_or_default(),
            unjudged: devices.unjudged.as_ref().map_or(0, |unjudged| unjudged.count),
        }
    }
}

/// The end of the key of what was done.
async fn apply_limits(
    ctx: &PageContext,
    view: &ServerView,
    typed: &TypedLimits,
    form: &FormFields,
) -> Result<&'static str, Box<Shown>> {
    let body = typed
        .changes(view)
        .map_err(|wrong| Box::new(Shown::wrong(ctx, &wrong)))?;
    if is_unchanged(&body) {
        return Ok("limits-unchanged");
    }
    let effect = ShownEffect::from_form(form);
    let confirm = match &effect {
        // Nothing was shown yet: the API says what there is to confirm.
        None => None,
        Some(shown) => read_confirmation(form, Some(shown)).map_err(|problem| {
            Box::new(Shown {
                effect: effect.clone(),
                problem: Some(problem),
                ..Shown::default()
            })
        })?,
    };
    match ctx
        .client()
        .limit_server(&view.id, &ConfirmQuery { confirm }, &body)
        .await
    {
        Ok(_) => Ok("limits-set"),
        Err(error) => Err(Box::new(match ShownEffect::from_error(&error) {
            Some(effect) => Shown {
                effect: Some(effect),
                ..Shown::default()
            },
            None => Shown::refused(ctx, error),
        })),
    }
}

#[cfg(test)]
mod tests {
    use super::super::lag::tests::server;
    use super::*;
    use crate::texts::Language;

    #[test]
    fn devices_are_counted_without_reading_them() {
        let query = count_query(&server(0), "operatingSystem == \"iOS\"");
        assert_eq!(query.instance.as_deref(), Some("IntuneConnector_1"));
        assert_eq!((query.limit, query.count), (Some(0), Some(true)));
        let mut nothing = server(0);
        nothing.instances.clear();
        let query = count_query(&nothing, "");
        assert_eq!((query.instance, query.filter), (None, None));
    }

    #[test]
    fn a_page_that_asks_for_a_confirmation_is_a_conflict() {
        let effect = ShownEffect {
            count: 1,
            code: String::new(),
            sentence: String::new(),
            language: Language::English,
        };
        let shown = Shown {
            effect: Some(effect),
            ..Shown::default()
        };
        assert_eq!(shown.status(), StatusCode::CONFLICT);
        assert_eq!(Shown::default().status(), StatusCode::OK);
    }
}

//! An application as the list and its own page show it.

use sics_client::contract::{ApplicationFailure, ApplicationState, ApplicationView};

use crate::clock_text::TimeText;
use crate::failure::PageFailure;
use crate::page::PageContext;

/// An application at a glance.
pub(super) struct ApplicationRow {
    pub(super) id: String,
    pub(super) name: String,
    pub(super) app_name: String,
    pub(super) app_type: String,
    pub(super) platform: String,
    pub(super) has_icon: bool,
    pub(super) state: String,
    pub(super) light: &'static str,
    pub(super) failure: Option<FailureRow>,
    pub(super) open_orders: u32,
    pub(super) licences: String,
    pub(super) cost: String,
    pub(super) orderable: bool,
    pub(super) can_retry: bool,
}

impl ApplicationRow {
    pub(super) fn new(ctx: &PageContext, view: &ApplicationView) -> ApplicationRow {
        ApplicationRow {
            id: view.id.clone(),
            name: ctx.plain(&view.display_name),
            app_name: ctx.plain(&view.app_name),
            app_type: type_word(ctx, &view.app_type),
            platform: platform_word(ctx, view.platform.as_deref()),
            has_icon: view.has_icon,
            state: state_word(ctx, view.state),
            light: state_light(view.state),
            failure: view.failure.as_ref().map(|failure| FailureRow::new(ctx, failure)),
            open_orders: view.open_orders,
            licences: match view.licences {
                Some(pool) => format!("{} / {}", ctx.number(view.licences_in_use), ctx.number(pool)),
                None => ctx.number(view.licences_in_use),
            },
            cost: describe_cost(ctx, view.cost.as_deref(), view.currency.as_deref()),
            orderable: view.orderable,
            can_retry: ctx.may("Applications_Manage") && view.state == ApplicationState::Failed,
        }
    }
}

/// Why the groups and assignments of an application are not there.
pub(super) struct FailureRow {
    pub(super) failure: PageFailure,
    pub(super) attempts: u32,
    pub(super) next_attempt: Option<TimeText>,
}

impl FailureRow {
    fn new(ctx: &PageContext, failure: &ApplicationFailure) -> FailureRow {
        FailureRow {
            failure: PageFailure::told(ctx, &failure.code, &failure.message, &failure.advice),
            attempts: failure.attempts,
            next_attempt: failure.next_attempt_at.as_ref().map(|at| ctx.time(at)),
        }
    }
}

/// The state of an application in words.
pub(super) fn state_word(ctx: &PageContext, state: ApplicationState) -> String {
    ctx.word("applications-state-", state.name())
}

fn state_light(state: ApplicationState) -> &'static str {
    match state {
        ApplicationState::Pending => "",
        ApplicationState::CreationSucceeded => "good",
        ApplicationState::Failed => "bad",
        ApplicationState::Removing => "warning",
    }
}

/// The type of an app, as people know it; the name in Graph where there is no word for it.
pub(super) fn type_word(ctx: &PageContext, app_type: &str) -> String {
    let word = ctx.word("applications-type-", app_type);
    if word == app_type { ctx.plain(app_type) } else { word }
}

/// The platform of an app; empty where it has none.
pub(super) fn platform_word(ctx: &PageContext, platform: Option<&str>) -> String {
    let platform = platform.unwrap_or_default();
    let word = ctx.word("applications-platform-", platform);
    if word == platform { ctx.plain(platform) } else { word }
}

fn describe_cost(ctx: &PageContext, cost: Option<&str>, currency: Option<&str>) -> String {
    let both = format!(
        "{} {}",
        ctx.plain(cost.unwrap_or_default()),
        ctx.plain(currency.unwrap_or_default())
    );
    if cost.is_some() {
        both.trim().to_owned()
    } else {
        String::new()
    }
}

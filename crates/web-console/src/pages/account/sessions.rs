//! One's own sessions: which browser, from where, since when; ending one, and all others.

use askama::Template;
use futures_util::future::join_all;
use sics_client::ClientError;

use crate::failure::PageResult;
use crate::form::FormFields;
use crate::page::PageContext;
use crate::pages::account_change::explain_error;
use crate::pages::operators::ShownSession;
use crate::render::{go_to, show_page};

#[derive(Template)]
#[template(path = "pages/account_sessions.html")]
struct SessionsPage<'a> {
    ctx: &'a PageContext,
    sessions: Vec<ShownSession>,
}

impl SessionsPage<'_> {
    fn has_others(&self) -> bool {
        self.sessions.iter().any(|session| !session.view.current)
    }
}

async fn load_own(ctx: &PageContext) -> Result<Vec<ShownSession>, ClientError> {
    let view = ctx.client().list_sessions().await?;
    Ok(ShownSession::list(view.sessions, ctx.operator()))
}

pub(super) async fn show_sessions(ctx: PageContext) -> PageResult {
    let sessions = load_own(&ctx).await?;
    show_page(&SessionsPage { ctx: &ctx, sessions })
}

/// One by its number, or all but this one.
pub(super) async fn end_sessions(ctx: PageContext, form: FormFields) -> PageResult {
    let (ids, done) = if form.is_ticked("others") {
        let others = load_own(&ctx)
            .await?
            .into_iter()
            .filter(|session| !session.view.current);
        let ids: Vec<String> = others.map(|session| session.view.id.to_string()).collect();
        (ids, "sessions-ended")
    } else {
        (vec![form.text("session").to_owned()], "session-ended")
    };
    let ended = join_all(ids.iter().map(|id| ctx.client().end_session(id))).await;
    // One that has ended by itself meanwhile is one that has ended.
    let failed = ended
        .into_iter()
        .filter_map(Result::err)
        .find(|error| error.status != Some(404));
    match failed {
        Some(error) => Err(explain_error(&ctx, error)),
        None => go_to(&ctx, "/account/sessions", done),
    }
}

//! One account: what it may do, how it signs in, and its sessions and tokens.

use askama::Template;
use axum::extract::Path;
use connector_core::model::{LOCAL_OPERATOR, OperatorKind};
use sics_client::contract::{OperatorView, SessionView, SuspensionView, TokenView};

use super::steps::AccountStep;
use crate::failure::PageResult;
use crate::form::FormFields;
use crate::page::PageContext;
use crate::pages::access_words::{RightText, describe_rights, describe_scope};
use crate::pages::account_change::explain_error;
use crate::pages::browser_name::name_browser;
use crate::pages::name_paths::{held_role_path, operator_path, role_path};
use crate::render::{go_to, show_page};

#[derive(Template)]
#[template(path = "pages/operator.html")]
struct OperatorPage<'a> {
    ctx: &'a PageContext,
    view: OperatorView,
    path: String,
    kind: &'static str,
    rights: Vec<RightText>,
    /// Where the account's own rights hold.
    scope: String,
    roles: Vec<HeldRole>,
    sessions: Vec<ShownSession>,
    tokens: Vec<ShownToken>,
    suspension: Option<SuspensionView>,
    /// The account may be changed by the reader of this page.
    changeable: bool,
    steps: Vec<AccountStep>,
}

impl OperatorPage<'_> {
    fn is_own(&self) -> bool {
        self.view.name == self.ctx.operator()
    }

    fn is_system(&self) -> bool {
        self.view.name == LOCAL_OPERATOR
    }

    fn is_server(&self) -> bool {
        self.view.kind == OperatorKind::Server
    }
}

/// A role, and where it holds.
pub(crate) struct HeldRole {
    pub(crate) name: String,
    pub(crate) scope: String,
    /// Its own page.
    pub(crate) path: String,
    /// The page that takes it away.
    pub(crate) take_path: String,
}

impl HeldRole {
    pub(crate) fn list(ctx: &PageContext, view: &OperatorView) -> Vec<HeldRole> {
        let held = view.roles.iter().map(|held| HeldRole {
            name: held.role.clone(),
            scope: describe_scope(ctx, &held.scope),
            path: role_path(&held.role),
            take_path: held_role_path(&view.name, &held.role),
        });
        held.collect()
    }
}

/// A session as people know it.
pub(crate) struct ShownSession {
    pub(crate) view: SessionView,
    pub(crate) browser: String,
}

impl ShownSession {
    /// Those of this account.
    pub(crate) fn list(sessions: Vec<SessionView>, operator: &str) -> Vec<ShownSession> {
        let own = sessions.into_iter().filter(|session| session.operator == operator);
        let shown = own.map(|view| ShownSession {
            browser: name_browser(&view.user_agent),
            view,
        });
        shown.collect()
    }
}

/// A token, and where it holds.
pub(crate) struct ShownToken {
    pub(crate) view: TokenView,
    pub(crate) scope: String,
}

impl ShownToken {
    pub(crate) fn list(ctx: &PageContext, tokens: Vec<TokenView>) -> Vec<ShownToken> {
        let shown = tokens.into_iter().map(|view| ShownToken {
            scope: describe_scope(ctx, &view.scope),
            view,
        });
        shown.collect()
    }

    /// It signs nobody in any more.
    pub(crate) fn is_over(&self, ctx: &PageContext) -> bool {
        self.view.expires_at.is_some_and(|end| end <= ctx.now())
    }
}

pub(super) async fn show_operator(ctx: PageContext, Path(operator): Path<String>) -> PageResult {
    let client = ctx.client();
    let (view, sessions, tokens) = tokio::try_join!(
        client.show_operator(&operator),
        client.list_sessions(),
        client.list_tokens(&operator),
    )?;
    let changeable = ctx.may("Operators_Manage") && view.name != ctx.operator() && view.name != LOCAL_OPERATOR;
    let suspension = super::find_suspension(&ctx, &view).await?;
    let steps = if changeable {
        AccountStep::list_fitting(&view)
    } else {
        Vec::new()
    };
    show_page(&OperatorPage {
        ctx: &ctx,
        path: operator_path(&view.name),
        kind: super::list::kind_name(view.kind),
        rights: describe_rights(&ctx, &view.rights),
        scope: describe_scope(&ctx, &view.scope),
        roles: HeldRole::list(&ctx, &view),
        sessions: ShownSession::list(sessions.sessions, &view.name),
        tokens: ShownToken::list(&ctx, tokens.tokens),
        suspension,
        changeable,
        steps,
        view,
    })
}

/// Ends a session of the account.
pub(super) async fn end_session(ctx: PageContext, Path(operator): Path<String>, form: FormFields) -> PageResult {
    let ended = ctx.client().end_session(form.text("session")).await;
    ended.map_err(|error| explain_error(&ctx, error))?;
    go_to(&ctx, &operator_path(&operator), "session-ended")
}

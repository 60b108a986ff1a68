//! Adding an account: a person with a password, or a management server with a password or a token; with a role, and where
//! it holds. Each is an operation of its own, so the page tells what became of each.

use askama::Template;
use connector_core::model::{OperatorKind, RightScope};
use http::StatusCode;
use sics_client::contract::{
    AccountReply, ConfirmQuery, GiveBody, NewOperatorBody, NewTokenBody, RelaxationView, TokenView,
};

use super::require_manager;
use super::rights::RoleChoice;
use crate::failure::{PageFailure, PageResult};
use crate::form::FormFields;
use crate::page::PageContext;
use crate::pages::account_change::{explain_error, form_status};
use crate::pages::name_paths::{operator_path, waiting_path};
use crate::pages::scope_fields::{ScopeFields, ScopePlaces, TypedScope};
use crate::render::{go_to, show_page_as};

#[derive(Template)]
#[template(path = "pages/operator_new.html")]
struct NewOperatorPage<'a> {
    ctx: &'a PageContext,
    name: String,
    server: bool,
    with_token: bool,
    roles: Vec<RoleChoice>,
    scope: ScopeFields,
    problem: Option<&'a PageFailure>,
}

impl NewOperatorPage<'_> {
    fn is_wrong(&self, code: &str) -> bool {
        self.problem.is_some_and(|problem| problem.code == code)
    }
}

async fn show_form(ctx: &PageContext, form: &FormFields, problem: Option<&PageFailure>) -> PageResult {
    let (places, roles) = tokio::try_join!(ScopePlaces::load(ctx), RoleChoice::list(ctx, form.text("role")))?;
    let page = NewOperatorPage {
        ctx,
        name: form.text("name").to_owned(),
        server: form.text("kind") == "server",
        with_token: form.text("sign_in") == "token",
        roles,
        scope: ScopeFields::new(ctx, &places, &TypedScope::read(form)),
        problem,
    };
    show_page_as(problem.map_or(StatusCode::OK, form_status), &page)
}

pub(super) async fn show_new_operator(ctx: PageContext) -> PageResult {
    require_manager(&ctx)?;
    show_form(&ctx, &FormFields::default(), None).await
}

/// What the form asks for.
struct NewAccount {
    body: NewOperatorBody,
    role: String,
    scope: RightScope,
    with_token: bool,
}

impl NewAccount {
    /// The role brings the rights; the account has none of its own.
    fn read(form: &FormFields) -> Result<NewAccount, PageFailure> {
        let wrong = |key: &str| PageFailure::plain(StatusCode::UNPROCESSABLE_ENTITY, key);
        let kind = match form.text("kind") {
            "server" => OperatorKind::Server,
            _ => OperatorKind::Person,
        };
        let with_token = kind == OperatorKind::Server && form.text("sign_in") == "token";
        if form.text("name").is_empty() {
            return Err(wrong("operators-name-missing"));
        }
        if !with_token && form.raw("password").is_empty() {
            return Err(wrong("operators-password-missing"));
        }
        if !with_token && form.raw("password") != form.raw("repeat") {
            return Err(wrong("failure-passwords-differ"));
        }
        let role = form.given("role").ok_or_else(|| wrong("operators-role-missing"))?;
        Ok(NewAccount {
            body: NewOperatorBody {
                name: form.text("name").to_owned(),
                kind,
                password: (!with_token).then(|| form.secret("password")),
                rights: Vec::new(),
                scope: RightScope::default(),
                add_dependencies: false,
            },
            role,
            scope: TypedScope::read(form).to_scope()?,
            with_token,
        })
    }
}

/// What became of one of the operations.
enum PartOutcome {
    Made,
    Waits(Box<RelaxationView>),
    Failed(PageFailure),
}

impl PartOutcome {
    fn waits(&self) -> Option<&RelaxationView> {
        match self {
            PartOutcome::Waits(waits) => Some(waits),
            PartOutcome::Made | PartOutcome::Failed(_) => None,
        }
    }

    fn failure(&self) -> Option<&PageFailure> {
        match self {
            PartOutcome::Failed(failure) => Some(failure),
            PartOutcome::Made | PartOutcome::Waits(_) => None,
        }
    }

    fn is_made(&self) -> bool {
        matches!(self, PartOutcome::Made)
    }
}

#[derive(Template)]
#[template(path = "pages/operator_added.html")]
struct AddedPage<'a> {
    ctx: &'a PageContext,
    operator: String,
    path: String,
    role: String,
    given: PartOutcome,
    /// A token was asked for.
    token: Option<PartOutcome>,
    /// It, for the only time.
    token_text: String,
}

pub(super) async fn add_operator(ctx: PageContext, form: FormFields) -> PageResult {
    let account = match NewAccount::read(&form) {
        Ok(account) => account,
        Err(failure) => return show_form(&ctx, &form, Some(&failure)).await,
    };
    match ctx.client().add_operator(&account.body).await {
        Ok(AccountReply::Made(_)) => complete_account(&ctx, account).await,
        Ok(AccountReply::Waits(waiting)) => {
            let path = waiting_path(waiting.waits.id, "/operators");
            go_to(&ctx, &path, "operator-asked")
        }
        Err(error) => show_form(&ctx, &form, Some(&explain_error(&ctx, error))).await,
    }
}

/// Role and token of an account that is there now.
async fn complete_account(ctx: &PageContext, account: NewAccount) -> PageResult {
    let client = ctx.client();
    let name = account.body.name;
    let body = GiveBody { scope: account.scope };
    let given = client
        .give_role(&name, &account.role, &ConfirmQuery::default(), &body)
        .await;
    let given = match given {
        Ok(AccountReply::Made(_)) => PartOutcome::Made,
        Ok(AccountReply::Waits(waiting)) => PartOutcome::Waits(Box::new(waiting.waits)),
        Err(error) => PartOutcome::Failed(explain_error(ctx, error)),
    };
    if given.is_made() && !account.with_token {
        return go_to(ctx, &operator_path(&name), "operator-added");
    }
    let (token, token_text) = if account.with_token {
        let (outcome, text) = add_first_token(ctx, &name).await;
        (Some(outcome), text)
    } else {
        (None, String::new())
    };
    let page = AddedPage {
        ctx,
        path: operator_path(&name),
        operator: name,
        role: account.role,
        given,
        token,
        token_text,
    };
    show_page_as(StatusCode::CREATED, &page)
}

async fn add_first_token(ctx: &PageContext, operator: &str) -> (PartOutcome, String) {
    let body = NewTokenBody {
        name: ctx.t("operators-first-token"),
        ..NewTokenBody::default()
    };
    let reply: AccountReply<TokenView> = match ctx.client().add_token(operator, &body).await {
        Ok(reply) => reply,
        Err(error) => return (PartOutcome::Failed(explain_error(ctx, error)), String::new()),
    };
    let outcome = match &reply {
        AccountReply::Made(_) => PartOutcome::Made,
        AccountReply::Waits(waiting) => PartOutcome::Waits(Box::new(waiting.waits.clone())),
    };
    let text = reply.into_token().map(|token| token.expose().to_owned());
    (outcome, text.unwrap_or_default())
}

//! Steps that change an account, each on a page of its own that says what will be: disable, enable, set a password, reset
//! the second factor, lift a suspension, take a role, remove.

use askama::Template;
use axum::extract::Path;
use connector_core::model::OperatorKind;
use http::StatusCode;
use sics_client::contract::{ConfirmQuery, OperatorBody, OperatorView};

use super::require_other;
use crate::failure::{PageFailure, PageResult};
use crate::form::FormFields;
use crate::page::PageContext;
use crate::pages::account_change::{RefusedChange, finish_change, read_confirmation};
use crate::pages::name_paths::{held_role_path, operator_path, waiting_path};
use crate::render::{go_to, show_page_as};

/// What can be done to an account by one button.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum AccountStep {
    Disable,
    Enable,
    ResetSecondFactor,
    LiftSuspension,
    Remove,
}

impl AccountStep {
    const ALL: [AccountStep; 5] = [
        AccountStep::Disable,
        AccountStep::Enable,
        AccountStep::ResetSecondFactor,
        AccountStep::LiftSuspension,
        AccountStep::Remove,
    ];

    /// In addresses and keys of texts.
    pub(super) fn name(self) -> &'static str {
        match self {
            AccountStep::Disable => "disable",
            AccountStep::Enable => "enable",
            AccountStep::ResetSecondFactor => "reset-second-factor",
            AccountStep::LiftSuspension => "lift-suspension",
            AccountStep::Remove => "remove",
        }
    }

    fn from_name(name: &str) -> Result<AccountStep, PageFailure> {
        let mut all = AccountStep::ALL.into_iter();
        all.find(|step| step.name() == name).ok_or_else(PageFailure::not_found)
    }

    /// It takes something away that does not come back.
    pub(super) fn is_removal(self) -> bool {
        self == AccountStep::Remove
    }

    /// Those that would change this account.
    pub(super) fn list_fitting(view: &OperatorView) -> Vec<AccountStep> {
        let fits = |step: &AccountStep| match step {
            AccountStep::Disable => !view.disabled,
            AccountStep::Enable => view.disabled,
            AccountStep::ResetSecondFactor => view.second_factor,
            AccountStep::LiftSuspension => view.suspended,
            AccountStep::Remove => true,
        };
        AccountStep::ALL.into_iter().filter(fits).collect()
    }
}

#[derive(Template)]
#[template(path = "pages/operator_step.html")]
struct StepPage<'a> {
    ctx: &'a PageContext,
    /// Where the form goes.
    path: String,
    /// Where one comes from.
    back: String,
    title: String,
    text: String,
    button: String,
    /// The button looks like what it does.
    dangerous: bool,
    refused: Option<&'a RefusedChange>,
}

fn show_step_page(ctx: &PageContext, operator: &str, step: AccountStep, refused: Option<&RefusedChange>) -> PageResult {
    let name = step.name();
    let back = operator_path(operator);
    let page = StepPage {
        ctx,
        path: format!("{back}/steps/{name}"),
        title: ctx.t1(&format!("operators-step-{name}-title"), "name", ctx.plain(operator)),
        text: ctx.t(&format!("operators-step-{name}-text")),
        button: ctx.t(&format!("operators-step-{name}")),
        dangerous: matches!(step, AccountStep::Remove | AccountStep::Disable),
        back,
        refused,
    };
    show_page_as(refused.map_or(StatusCode::OK, RefusedChange::status), &page)
}

pub(super) async fn show_step(ctx: PageContext, Path((operator, step)): Path<(String, String)>) -> PageResult {
    require_other(&ctx, &operator)?;
    let step = AccountStep::from_name(&step)?;
    let view = ctx.client().show_operator(&operator).await?;
    show_step_page(&ctx, &view.name, step, None)
}

pub(super) async fn take_step(
    ctx: PageContext,
    Path((operator, step)): Path<(String, String)>,
    form: FormFields,
) -> PageResult {
    let step = AccountStep::from_name(&step)?;
    let confirm = match read_confirmation(&form) {
        Ok(confirm) => confirm,
        Err(refused) => return show_step_page(&ctx, &operator, step, Some(&refused)),
    };
    let (client, back) = (ctx.client(), operator_path(&operator));
    let disable = |disabled: bool| OperatorBody {
        disabled: Some(disabled),
        ..OperatorBody::default()
    };
    let finished = match step {
        AccountStep::Disable => client
            .change_operator(&operator, &confirm, &disable(true))
            .await
            .map(|reply| finish_change(&ctx, &reply, &back, "operator-disabled")),
        AccountStep::Enable => client
            .change_operator(&operator, &confirm, &disable(false))
            .await
            .map(|reply| finish_change(&ctx, &reply, &back, "operator-enabled")),
        AccountStep::ResetSecondFactor => client
            .reset_second_factor(&operator)
            .await
            .map(|reply| finish_change(&ctx, &reply, &back, "operator-factor-reset")),
        AccountStep::LiftSuspension => client
            .lift_suspension(&operator)
            .await
            .map(|waits| go_to(&ctx, &waiting_path(waits.id, &back), "")),
        AccountStep::Remove => client
            .remove_operator(&operator)
            .await
            .map(|reply| finish_change(&ctx, &reply, "/operators", "operator-removed")),
    };
    finished.unwrap_or_else(|error| {
        let refused = RefusedChange::from_error(&ctx, error);
        show_step_page(&ctx, &operator, step, Some(&refused))
    })
}

fn show_take_page(ctx: &PageContext, operator: &str, role: &str, refused: Option<&RefusedChange>) -> PageResult {
    let page = StepPage {
        ctx,
        path: held_role_path(operator, role),
        back: operator_path(operator),
        title: ctx.t2(
            "operators-take-title",
            "name",
            ctx.plain(operator),
            "role",
            ctx.word("role-name-", role),
        ),
        text: ctx.t("operators-take-text"),
        button: ctx.t("operators-take"),
        dangerous: true,
        refused,
    };
    show_page_as(refused.map_or(StatusCode::OK, RefusedChange::status), &page)
}

pub(super) async fn show_take_role(ctx: PageContext, Path((operator, role)): Path<(String, String)>) -> PageResult {
    require_other(&ctx, &operator)?;
    let view = ctx.client().show_operator(&operator).await?;
    if view.roles.iter().any(|held| held.role == role) {
        show_take_page(&ctx, &view.name, &role, None)
    } else {
        go_to(&ctx, &operator_path(&view.name), "")
    }
}

pub(super) async fn take_role(
    ctx: PageContext,
    Path((operator, role)): Path<(String, String)>,
    form: FormFields,
) -> PageResult {
    let confirm = match read_confirmation(&form) {
        Ok(confirm) => confirm,
        Err(refused) => return show_take_page(&ctx, &operator, &role, Some(&refused)),
    };
    match ctx.client().take_role(&operator, &role, &confirm).await {
        Ok(reply) => finish_change(&ctx, &reply, &operator_path(&operator), "role-taken"),
        Err(error) => {
            let refused = RefusedChange::from_error(&ctx, error);
            show_take_page(&ctx, &operator, &role, Some(&refused))
        }
    }
}

#[derive(Template)]
#[template(path = "pages/operator_password.html")]
struct PasswordPage<'a> {
    ctx: &'a PageContext,
    operator: String,
    path: String,
    /// Whoever sets it counts as one person with its owner for a while.
    ties: bool,
    /// The two differ.
    differs: bool,
    problem: Option<&'a PageFailure>,
}

async fn show_password_page(ctx: &PageContext, operator: &str, problem: Option<&PageFailure>) -> PageResult {
    let view = ctx.client().show_operator(operator).await?;
    let page = PasswordPage {
        ctx,
        path: operator_path(&view.name),
        ties: view.kind == OperatorKind::Person,
        operator: view.name,
        differs: problem.is_some_and(|problem| problem.code == "failure-passwords-differ"),
        problem,
    };
    show_page_as(problem.map_or(StatusCode::OK, |problem| problem.status), &page)
}

pub(super) async fn show_password(ctx: PageContext, Path(operator): Path<String>) -> PageResult {
    require_other(&ctx, &operator)?;
    show_password_page(&ctx, &operator, None).await
}

pub(super) async fn set_password(ctx: PageContext, Path(operator): Path<String>, form: FormFields) -> PageResult {
    if form.raw("password") != form.raw("repeat") {
        let differs = PageFailure::plain(StatusCode::UNPROCESSABLE_ENTITY, "failure-passwords-differ");
        return show_password_page(&ctx, &operator, Some(&differs)).await;
    }
    let body = OperatorBody {
        password: Some(form.secret("password")),
        ..OperatorBody::default()
    };
    let changed = ctx
        .client()
        .change_operator(&operator, &ConfirmQuery::default(), &body)
        .await;
    match changed {
        Ok(reply) => finish_change(&ctx, &reply, &operator_path(&operator), "operator-password-set"),
        Err(error) => {
            let refused = RefusedChange::from_error(&ctx, error);
            show_password_page(&ctx, &operator, Some(&refused.failure)).await
        }
    }
}

#[cfg(test)]
mod tests {
    use chrono::{TimeZone, Utc};
    use connector_core::model::RightScope;

    use super::*;

    #[test]
    fn only_steps_that_change_something_are_offered() {
        let mut view = OperatorView {
            name: "anna".to_owned(),
            kind: OperatorKind::Person,
            rights: Vec::new(),
            scope: RightScope::default(),
            roles: Vec::new(),
            disabled: false,
            has_password: true,
            created_at: Utc.timestamp_opt(1_800_000_000, 0).unwrap(),
            created_by: None,
            password_given: false,
            second_factor: false,
            last_sign_in_at: None,
            suspended: false,
        };
        let names = |view: &OperatorView| -> Vec<&'static str> {
            let steps = AccountStep::list_fitting(view).into_iter();
            steps.map(AccountStep::name).collect()
        };
        assert_eq!(names(&view), ["disable", "remove"]);
        view.disabled = true;
        view.second_factor = true;
        view.suspended = true;
        assert_eq!(
            names(&view),
            ["enable", "reset-second-factor", "lift-suspension", "remove"]
        );
    }

    #[test]
    fn a_step_is_found_by_its_name() {
        for step in AccountStep::ALL {
            assert_eq!(AccountStep::from_name(step.name()).unwrap(), step);
        }
        assert!(AccountStep::from_name("explode").is_err());
    }
}

//! Tokens: the form of a new one, the page on which it is shown once, and the one that asks before one is revoked.

use askama::Template;
use chrono::{DateTime, NaiveDate, NaiveTime, TimeDelta, Utc};
use http::StatusCode;
use sics_client::contract::{AccountReply, NewTokenBody, RelaxationView, TokenView};

use crate::failure::{PageFailure, PageResult};
use crate::form::FormFields;
use crate::link_query::LinkQuery;
use crate::page::PageContext;
use crate::pages::account_change::form_status;
use crate::pages::scope_fields::{ScopeFields, ScopePlaces, TypedScope};
use crate::render::show_page_as;

/// Days that a new token holds where nobody chooses otherwise.
const DAYS_DEFAULT: i64 = 90;

/// What stands in the form.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct TypedToken {
    name: String,
    /// Its last day, `2026-11-30`; empty: it does not end.
    last_day: String,
    scope: TypedScope,
}

impl TypedToken {
    /// Of a form that nobody has filled in; what an address names is filled in.
    pub(crate) fn begin(ctx: &PageContext) -> TypedToken {
        let list = ctx.list();
        let default = (ctx.now() + TimeDelta::days(DAYS_DEFAULT))
            .format("%Y-%m-%d")
            .to_string();
        TypedToken {
            name: list.value("name").to_owned(),
            last_day: list.filter("last_day").unwrap_or(default),
            scope: TypedScope::default(),
        }
    }

    pub(crate) fn read(form: &FormFields) -> TypedToken {
        TypedToken {
            name: form.text("name").to_owned(),
            last_day: form.text("last_day").to_owned(),
            scope: TypedScope::read(form),
        }
    }

    /// What the API is asked for.
    pub(crate) fn to_body(&self) -> Result<NewTokenBody, PageFailure> {
        let wrong = |key: &str| PageFailure::plain(StatusCode::UNPROCESSABLE_ENTITY, key);
        if self.name.is_empty() {
            return Err(wrong("account-token-name-missing"));
        }
        let expires_at = match self.last_day.as_str() {
            "" => None,
            day => Some(end_of_day(day).ok_or_else(|| wrong("account-token-day-wrong"))?),
        };
        Ok(NewTokenBody {
            name: self.name.clone(),
            expires_at,
            scope: self.scope.to_scope()?,
        })
    }

    /// The form with what was typed, as an address: what is left of it after a way round.
    pub(crate) fn to_path(&self, path: &str) -> String {
        let query = LinkQuery::default()
            .with_value("name", &self.name)
            .with_value("last_day", &self.last_day);
        format!("{path}{}", query.to_text())
    }
}

/// The moment at which a day is over, UTC.
fn end_of_day(day: &str) -> Option<DateTime<Utc>> {
    let day: NaiveDate = day.parse().ok()?;
    Some(day.succ_opt()?.and_time(NaiveTime::MIN).and_utc())
}

#[derive(Template)]
#[template(path = "pages/token_form.html")]
struct TokenFormPage<'a> {
    ctx: &'a PageContext,
    title: String,
    /// Where the form goes.
    path: String,
    /// Where one comes from.
    back: String,
    typed: &'a TypedToken,
    scope: ScopeFields,
    problem: Option<&'a PageFailure>,
}

impl TokenFormPage<'_> {
    fn is_wrong(&self, code: &str) -> bool {
        self.problem.is_some_and(|problem| problem.code == code)
    }
}

/// Whose token it is to be.
pub(crate) struct TokenOwner {
    pub(crate) title: String,
    /// The page of the form.
    pub(crate) path: String,
    /// The page of the tokens.
    pub(crate) back: String,
}

pub(crate) async fn show_token_form(
    ctx: &PageContext,
    owner: TokenOwner,
    typed: &TypedToken,
    problem: Option<&PageFailure>,
) -> PageResult {
    let places = ScopePlaces::load(ctx).await?;
    let page = TokenFormPage {
        ctx,
        title: owner.title,
        path: owner.path,
        back: owner.back,
        typed,
        scope: ScopeFields::new(ctx, &places, &typed.scope),
        problem,
    };
    show_page_as(problem.map_or(StatusCode::OK, form_status), &page)
}

#[derive(Template)]
#[template(path = "pages/token_shown.html")]
struct TokenShownPage<'a> {
    ctx: &'a PageContext,
    title: String,
    back: String,
    token_text: &'a str,
    waits: Option<&'a RelaxationView>,
}

/// The new token, for the only time. Not a redirect: nobody keeps it for another request.
pub(crate) fn show_token(ctx: &PageContext, owner: TokenOwner, reply: &AccountReply<TokenView>) -> PageResult {
    let (token, waits) = match reply {
        AccountReply::Made(made) => (made.token.as_ref(), None),
        AccountReply::Waits(waiting) => (waiting.token.as_ref(), Some(&waiting.waits)),
    };
    let page = TokenShownPage {
        ctx,
        title: owner.title,
        back: owner.back,
        token_text: token.map_or("", |token| token.expose()),
        waits,
    };
    let status = if waits.is_some() {
        StatusCode::ACCEPTED
    } else {
        StatusCode::CREATED
    };
    show_page_as(status, &page)
}

#[derive(Template)]
#[template(path = "pages/token_revoke.html")]
struct RevokePage<'a> {
    ctx: &'a PageContext,
    token: TokenView,
    /// Where the form goes.
    path: String,
    back: String,
    problem: Option<&'a PageFailure>,
}

/// Asks before this token of an account is revoked.
pub(crate) async fn show_revoke_page(
    ctx: &PageContext,
    (operator, token): (&str, &str),
    path: String,
    back: String,
    problem: Option<&PageFailure>,
) -> PageResult {
    let tokens = ctx.client().list_tokens(operator).await?.tokens;
    let found = tokens.into_iter().find(|one| one.id.to_string() == token);
    let page = RevokePage {
        ctx,
        token: found.ok_or_else(PageFailure::not_found)?,
        path,
        back,
        problem,
    };
    show_page_as(problem.map_or(StatusCode::OK, form_status), &page)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn typed(name: &str, last_day: &str) -> TypedToken {
        TypedToken {
            name: name.to_owned(),
            last_day: last_day.to_owned(),
            scope: TypedScope::default(),
        }
    }

    #[test]
    fn a_token_holds_until_its_last_day_is_over() {
        let body = typed("backup", "2026-12-31").to_body().unwrap();
        assert_eq!(body.expires_at.unwrap().to_rfc3339(), "2027-01-01T00:00:00+00:00");
        assert_eq!(typed("backup", "").to_body().unwrap().expires_at, None);
    }

    #[test]
    fn what_is_wrong_is_named() {
        let code = |typed: TypedToken| typed.to_body().unwrap_err().code;
        assert_eq!(code(typed("", "2026-12-31")), "account-token-name-missing");
        for day in ["tomorrow", "2026-13-01", "2026-02-30"] {
            assert_eq!(code(typed("backup", day)), "account-token-day-wrong", "{day}");
        }
    }

    #[test]
    fn what_was_typed_survives_a_way_round() {
        assert_eq!(
            typed("nightly backup", "2026-12-31").to_path("/account/tokens/new"),
            "/account/tokens/new?name=nightly+backup&last_day=2026-12-31"
        );
    }
}

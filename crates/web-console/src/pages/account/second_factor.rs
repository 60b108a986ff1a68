//! Setting up and removing one's own second factor. The secret and the recovery codes are in the answer to a form and
//! nowhere else; no address leads to them again.

use askama::Template;
use http::StatusCode;
use sics_client::contract::{CodeBody, IssuedSecret, PasswordBody, PasswordCodeBody};

use super::{explain_own_sign_in, require_account};
use crate::failure::{PageFailure, PageResult};
use crate::form::FormFields;
use crate::page::PageContext;
use crate::pages::account_change::{explain_error, form_status};
use crate::qr_code::QrDrawing;
use crate::render::{go_to, show_page, show_page_as};

/// Longest address of a second factor that is drawn, bytes.
const URI_BYTES: usize = 500;

#[derive(Template)]
#[template(path = "pages/second_factor.html")]
struct SecondFactorPage<'a> {
    ctx: &'a PageContext,
    is_set: bool,
    problem: Option<&'a PageFailure>,
}

fn show_state(ctx: &PageContext, problem: Option<&PageFailure>) -> PageResult {
    let page = SecondFactorPage {
        ctx,
        is_set: require_account(ctx)?.second_factor,
        problem,
    };
    show_page_as(problem.map_or(StatusCode::OK, form_status), &page)
}

pub(super) async fn show_second_factor(ctx: PageContext) -> PageResult {
    show_state(&ctx, None)
}

pub(super) async fn change_second_factor(ctx: PageContext, form: FormFields) -> PageResult {
    match form.text("step") {
        "begin" => begin(&ctx, &form).await,
        "confirm" => confirm(&ctx, &form).await,
        "remove" => remove(&ctx, &form).await,
        _ => show_state(&ctx, None),
    }
}

#[derive(Template)]
#[template(path = "pages/second_factor_draft.html")]
struct DraftPage<'a> {
    ctx: &'a PageContext,
    secret: &'a str,
    /// In groups, as people type it.
    grouped: String,
    uri: &'a str,
    drawing: Option<QrDrawing>,
    problem: Option<&'a PageFailure>,
}

fn show_draft(ctx: &PageContext, (secret, uri): (&str, &str), problem: Option<&PageFailure>) -> PageResult {
    // It may come back from the form, and becomes a link.
    let uri = if is_factor_uri(uri) { uri } else { "" };
    let page = DraftPage {
        ctx,
        secret,
        grouped: group_letters(secret),
        uri,
        drawing: QrDrawing::from_text(uri).filter(|_| !uri.is_empty()),
        problem,
    };
    show_page_as(problem.map_or(StatusCode::OK, form_status), &page)
}

fn is_factor_uri(uri: &str) -> bool {
    uri.starts_with("otpauth://totp/") && uri.len() <= URI_BYTES
}

/// Groups of four letters.
fn group_letters(secret: &str) -> String {
    let letters: Vec<char> = secret.chars().collect();
    let groups: Vec<String> = letters.chunks(4).map(|group| group.iter().collect()).collect();
    groups.join(" ")
}

async fn begin(ctx: &PageContext, form: &FormFields) -> PageResult {
    let body = PasswordBody {
        password: form.secret("password"),
    };
    match ctx.client().begin_second_factor(&body).await {
        Ok(draft) => show_draft(ctx, (&draft.secret.0, &draft.uri.0), None),
        Err(error) => show_state(ctx, Some(&explain_own_sign_in(ctx, error))),
    }
}

#[derive(Template)]
#[template(path = "pages/recovery_codes.html")]
struct RecoveryPage<'a> {
    ctx: &'a PageContext,
    codes: &'a [IssuedSecret],
}

/// A code that is wrong leaves the secret on the page: the form has it, as the bus does not say it twice.
async fn confirm(ctx: &PageContext, form: &FormFields) -> PageResult {
    let body = CodeBody {
        code: form.text("code").to_owned(),
    };
    match ctx.client().confirm_second_factor(&body).await {
        Ok(recovery) => show_page(&RecoveryPage {
            ctx,
            codes: &recovery.codes,
        }),
        Err(error) if error.has_code("secondFactorWrong") => {
            let failure = explain_error(ctx, error);
            show_draft(ctx, (form.text("secret"), form.text("uri")), Some(&failure))
        }
        Err(error) => show_state(ctx, Some(&explain_error(ctx, error))),
    }
}

async fn remove(ctx: &PageContext, form: &FormFields) -> PageResult {
    let body = PasswordCodeBody {
        password: form.secret("password"),
        code: form.text("code").to_owned(),
    };
    match ctx.client().remove_second_factor(&body).await {
        Ok(()) => go_to(ctx, "/account/second-factor", "second-factor-removed"),
        Err(error) => show_state(ctx, Some(&explain_own_sign_in(ctx, error))),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_secret_is_shown_in_groups_and_only_its_own_address_is_drawn() {
        assert_eq!(group_letters("ABCDEFGHIJ"), "ABCD EFGH IJ");
        assert_eq!(group_letters(""), "");
        assert!(is_factor_uri("otpauth://totp/x?secret=ABCD"));
        assert!(!is_factor_uri("https://evil.example"));
        assert!(!is_factor_uri(&format!("otpauth://totp/{}", "x".repeat(600))));
    }
}

//! Signing in and out, the first operator, the link of the machine's owner; language and theme.

use askama::Template;
use axum::extract::State;
use axum::response::IntoResponse;
use http::StatusCode;
use secrecy::SecretString;
use sics_client::ClientError;
use sics_client::contract::{IssuedToken, NewSessionBody, SetupBody, SignInLinkBody};

use crate::console::Console;
use crate::cookies::{CookieName, set_cookie};
use crate::failure::{PageFailure, PageResult};
use crate::form::FormFields;
use crate::page::PageContext;
use crate::pages::account_change::{explain_error, form_status};
use crate::render::{go_to, own_path, show_page, show_page_as};
use crate::routes::PageRoute;
use crate::texts::Language;

pub(crate) fn routes() -> Vec<PageRoute> {
    vec![
        PageRoute::get("/sign-in", show_sign_in),
        PageRoute::post("/sign-in", sign_in),
        PageRoute::get("/sign-out", stay_signed_in),
        PageRoute::post("/sign-out", sign_out),
        PageRoute::get("/setup", show_setup),
        PageRoute::post("/setup", set_up),
        PageRoute::get("/link", show_link),
        PageRoute::post("/link", follow_link),
        PageRoute::post("/language", set_language),
        PageRoute::post("/theme", set_theme),
    ]
}

#[derive(Template)]
#[template(path = "pages/sign_in.html")]
struct SignInPage<'a> {
    ctx: &'a PageContext,
    next: String,
    name: String,
    expired: bool,
    code_needed: bool,
    code_wrong: bool,
    problem: Option<&'a PageFailure>,
}

async fn show_sign_in(ctx: PageContext) -> PageResult {
    let list = ctx.list();
    let next = own_path(list.value("next"));
    if ctx.account().is_some() {
        return go_to(&ctx, &next, "");
    }
    if ctx.client().show_setup().await.is_ok_and(|setup| setup.needed) {
        return go_to(&ctx, "/setup", "");
    }
    show_page(&SignInPage {
        ctx: &ctx,
        next,
        name: String::new(),
        expired: list.value("expired") == "1",
        code_needed: false,
        code_wrong: false,
        problem: None,
    })
}

async fn sign_in(State(console): State<Console>, ctx: PageContext, form: FormFields) -> PageResult {
    let next = own_path(form.text("next"));
    let body = NewSessionBody {
        name: form.text("name").to_owned(),
        password: form.secret("password"),
        code: form.given("code"),
    };
    match ctx.client().begin_session(&body).await {
        Ok(started) => enter(&console, &ctx, &started.token, &next),
        Err(error) => {
            let code_needed = body.code.is_some() || error.has_code("secondFactorNeeded");
            let code_wrong = error.has_code("secondFactorWrong");
            let failure = explain_error(&ctx, error);
            show_page_as(
                form_status(&failure),
                &SignInPage {
                    ctx: &ctx,
                    next,
                    name: body.name.clone(),
                    expired: false,
                    code_needed,
                    code_wrong,
                    problem: Some(&failure),
                },
            )
        }
    }
}

/// Signed in: the session's token becomes the cookie.
fn enter(console: &Console, ctx: &PageContext, token: &IssuedToken, next: &str) -> PageResult {
    let mut response = go_to(ctx, next, "")?;
    let headers = response.headers_mut();
    set_cookie(headers, console.settings(), CookieName::Session, token.expose());
    set_cookie(headers, console.settings(), CookieName::Visit, "");
    Ok(response)
}

/// Who signs in where they wanted to sign out, is signed in.
async fn stay_signed_in(ctx: PageContext) -> PageResult {
    go_to(&ctx, "/", "")
}

async fn sign_out(State(console): State<Console>, ctx: PageContext) -> PageResult {
    // A session that has ended by itself is what was asked for.
    if ctx.account().is_some()
        && let Err(error) = ctx.client().end_session("current").await
        && !matches!(error.status, Some(401 | 404 | 409))
    {
        return Err(error.into());
    }
    let mut response = go_to(&ctx, "/sign-in", "signed-out")?;
    set_cookie(response.headers_mut(), console.settings(), CookieName::Session, "");
    Ok(response)
}

#[derive(Template)]
#[template(path = "pages/setup.html")]
struct SetupPage<'a> {
    ctx: &'a PageContext,
    /// Whether there is nobody yet.
    needed: bool,
    name: String,
    problem: Option<&'a PageFailure>,
}

impl SetupPage<'_> {
    fn is_wrong(&self, code: &str) -> bool {
        self.problem.is_some_and(|problem| problem.code == code)
    }
}

async fn show_setup(ctx: PageContext) -> PageResult {
    if !ctx.client().show_setup().await?.needed {
        return go_to(&ctx, "/sign-in", "");
    }
    show_page(&SetupPage {
        ctx: &ctx,
        needed: true,
        name: String::new(),
        problem: None,
    })
}

async fn set_up(State(console): State<Console>, ctx: PageContext, form: FormFields) -> PageResult {
    let needed = ctx.client().show_setup().await?.needed;
    let same = form.raw("password") == form.raw("repeat");
    // Where somebody is there already, the bus says so, whatever else is wrong.
    let made = if same || !needed {
        let body = SetupBody {
            token: SecretString::from(form.text("token")),
            name: form.text("name").to_owned(),
            password: form.secret("password"),
        };
        let made = ctx.client().set_up_bus(&body).await;
        made.map_err(|error| explain_one_time_token(&ctx, error, "sign-in-setup-token-wrong"))
    } else {
        let differs = PageFailure::plain(StatusCode::UNPROCESSABLE_ENTITY, "failure-passwords-differ");
        Err(differs)
    };
    match made {
        Ok(started) => enter(&console, &ctx, &started.token, "/"),
        Err(failure) => show_page_as(
            form_status(&failure),
            &SetupPage {
                ctx: &ctx,
                needed: needed && failure.code != "alreadySetUp",
                name: form.text("name").to_owned(),
                problem: Some(&failure),
            },
        ),
    }
}

#[derive(Template)]
#[template(path = "pages/link.html")]
struct LinkPage<'a> {
    ctx: &'a PageContext,
    problem: Option<&'a PageFailure>,
}

async fn show_link(ctx: PageContext) -> PageResult {
    show_page(&LinkPage {
        ctx: &ctx,
        problem: None,
    })
}

async fn follow_link(State(console): State<Console>, ctx: PageContext, form: FormFields) -> PageResult {
    let body = SignInLinkBody {
        token: SecretString::from(form.text("token")),
    };
    match ctx.client().redeem_sign_in_link(&body).await {
        Ok(started) => enter(&console, &ctx, &started.token, "/"),
        Err(error) => {
            let failure = explain_one_time_token(&ctx, error, "sign-in-link-wrong");
            let page = LinkPage {
                ctx: &ctx,
                problem: Some(&failure),
            };
            show_page_as(form_status(&failure), &page)
        }
    }
}

/// The API says of every wrong sign-in the same; here it can only be the token. `key`: what is told then.
fn explain_one_time_token(ctx: &PageContext, error: ClientError, key: &str) -> PageFailure {
    if error.has_code("signInFailed") {
        PageFailure::plain(StatusCode::UNPROCESSABLE_ENTITY, key)
    } else {
        explain_error(ctx, error)
    }
}

async fn set_language(State(console): State<Console>, ctx: PageContext, form: FormFields) -> PageResult {
    let mut response = go_to(&ctx, &own_path(form.text("next")), "")?;
    if let Some(language) = Language::from_code(form.text("language")) {
        set_cookie(
            response.headers_mut(),
            console.settings(),
            CookieName::Language,
            language.code(),
        );
    }
    Ok(response.into_response())
}

async fn set_theme(State(console): State<Console>, ctx: PageContext, form: FormFields) -> PageResult {
    let mut response = go_to(&ctx, &own_path(form.text("next")), "")?;
    let theme = match form.text("theme") {
        theme @ ("light" | "dark") => theme,
        _ => "",
    };
    set_cookie(response.headers_mut(), console.settings(), CookieName::Theme, theme);
    Ok(response)
}

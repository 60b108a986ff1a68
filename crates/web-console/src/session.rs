//! Who a request is from: the session's cookie becomes a client of the API, the API says whose it is, and the page gets
//! all of it as its [`PageContext`]. Where nobody is signed in (any more), the visitor signs in and comes back to the
//! same page.

use std::net::{IpAddr, Ipv4Addr, SocketAddr};

use axum::extract::{ConnectInfo, Request, State};
use axum::middleware::Next;
use axum::response::{Html, IntoResponse, Response};
use chrono::Utc;
use http::{HeaderMap, HeaderValue, Method, StatusCode, Uri, header};
use secrecy::SecretString;
use sics_client::ClientAuth;

use crate::console::{Console, Visitor};
use crate::cookies::{CookieName, read_cookie, set_cookie};
use crate::failure::PageFailure;
use crate::form_token::make_form_token;
use crate::page::{PageContext, PageState};
use crate::pages::failure_page;
use crate::texts::Language;

/// Paths that nobody has to be signed in for.
const OPEN_PATHS: [&str; 5] = ["/sign-in", "/setup", "/link", "/language", "/theme"];
/// Where an account whose password somebody else has set may go.
const BEFORE_PASSWORD: [&str; 3] = ["/account", "/account/password", "/sign-out"];

/// Makes the page's context, and a page of what fails.
pub(crate) async fn attach_context(State(console): State<Console>, mut request: Request, next: Next) -> Response {
    let head = RequestHead::read(&request);
    let here = head.here(&console.settings().base_path);
    let begun = match begin_request(&console, head).await {
        Ok(begun) => begun,
        Err(response) => return *response,
    };
    let BegunRequest { ctx, new_visit } = begun;
    request.extensions_mut().insert(ctx.clone());
    let is_script = request.headers().contains_key("x-form-token");
    let mut response = next.run(request).await;
    if is_plain_refusal(&response) {
        response = PageFailure::not_found().into_response();
    }
    if let Some(failure) = response.extensions_mut().remove::<PageFailure>() {
        response = if failure.is_session_over() && ctx.account().is_some() {
            ask_to_sign_in(&console, &here, true)
        } else {
            failure_page::render(&ctx, &failure, is_script)
        };
    }
    if let Some(visit) = new_visit {
        set_cookie(response.headers_mut(), console.settings(), CookieName::Visit, &visit);
    }
    response
}

/// What the framework says of an address that no page can read, such as letters in the place of a number.
fn is_plain_refusal(response: &Response) -> bool {
    let kind = response.headers().get(header::CONTENT_TYPE).map(|kind| kind.as_bytes());
    response.status().is_client_error() && kind.is_some_and(|kind| kind.starts_with(b"text/plain"))
}

/// What is asked of a request before its body.
struct RequestHead {
    method: Method,
    headers: HeaderMap,
    path: String,
    query: String,
    visitor: Visitor,
}

impl RequestHead {
    fn read(request: &Request) -> RequestHead {
        RequestHead {
            method: request.method().clone(),
            headers: request.headers().clone(),
            path: request.uri().path().to_owned(),
            query: request.uri().query().unwrap_or_default().to_owned(),
            visitor: read_visitor(request),
        }
    }

    /// Where to come back to: this page; of a form that was sent, the page that it stands on.
    fn here(&self, base_path: &str) -> String {
        if self.method != Method::GET {
            let page = self.headers.get(header::REFERER).and_then(|page| page.to_str().ok());
            let page = page.and_then(|page| page.parse::<Uri>().ok());
            let path = page.and_then(|page| page.path_and_query().map(ToString::to_string));
            let path = path.as_deref().and_then(|path| path.strip_prefix(base_path));
            return path.filter(|path| !path.is_empty()).unwrap_or("/").to_owned();
        }
        if self.query.is_empty() {
            self.path.clone()
        } else {
            format!("{}?{}", self.path, self.query)
        }
    }
}

struct BegunRequest {
    ctx: PageContext,
    /// A cookie that has to be set.
    new_visit: Option<String>,
}

async fn begin_request(console: &Console, head: RequestHead) -> Result<BegunRequest, Box<Response>> {
    let settings = console.settings();
    let session = read_cookie(&head.headers, settings, CookieName::Session);
    let visit = read_cookie(&head.headers, settings, CookieName::Visit);
    let is_open = OPEN_PATHS.contains(&head.path.as_str());
    if session.is_none() && !is_open {
        return Err(Box::new(stop_stranger(console, &head)));
    }
    let auth = match &session {
        Some(token) => ClientAuth::Token(SecretString::from(token.as_str())),
        None => ClientAuth::Nobody,
    };
    let language = choose_language(console, &head.headers);
    let client = console.open_client(auth, &head.visitor, language.to_model());
    let mut account = None;
    if session.is_some() {
        match client.test_connection().await {
            Ok(view) => account = Some(view),
            Err(error) if error.status == Some(401) && is_open => (),
            Err(error) if error.status == Some(401) => {
                let mut response = ask_to_sign_in(console, &head.here(&console.settings().base_path), true);
                // Not by what a script fetches beside the page: the page that comes next is to say that the session ended.
                let is_beside = head
                    .headers
                    .get("sec-fetch-mode")
                    .is_some_and(|mode| mode != "navigate");
                if !is_beside {
                    set_cookie(response.headers_mut(), console.settings(), CookieName::Session, "");
                }
                return Err(Box::new(response));
            }
            Err(error) => tracing::warn!(error = %error.message, "the console could not ask who is signed in"),
        }
    }
    let password_first = account.as_ref().is_some_and(|account| account.password_change_needed);
    if password_first && !is_open && !BEFORE_PASSWORD.contains(&head.path.as_str()) {
        return Err(Box::new(redirect(console, "/account?done=password-first")));
    }
    let mut kill_switch = false;
    if account.is_some() && !password_first {
        kill_switch = client.show_kill_switch().await.is_ok_and(|view| !view.on.is_empty());
    }
    let new_visit = (session.is_none() && visit.is_none()).then(random_text);
    let bound = session.as_ref().or(visit.as_ref()).or(new_visit.as_ref());
    let theme = read_cookie(&head.headers, settings, CookieName::Theme);
    let state = PageState {
        console: console.clone(),
        client,
        kill_switch,
        language,
        theme: theme
            .filter(|theme| matches!(theme.as_str(), "light" | "dark"))
            .unwrap_or_default(),
        form_token: bound.map(|cookie| make_form_token(cookie)).unwrap_or_default(),
        now: account.as_ref().map_or_else(Utc::now, |account| account.clock),
        account,
        path: head.path,
        query: head.query,
    };
    Ok(BegunRequest {
        ctx: PageContext::new(state),
        new_visit,
    })
}

/// The language of the cookie, else of the browser.
fn choose_language(console: &Console, headers: &HeaderMap) -> Language {
    let chosen = read_cookie(headers, console.settings(), CookieName::Language);
    let accepted = headers
        .get(header::ACCEPT_LANGUAGE)
        .and_then(|value| value.to_str().ok());
    chosen
        .and_then(|code| Language::from_code(&code))
        .unwrap_or_else(|| Language::from_accept_language(accepted.unwrap_or_default()))
}

fn read_visitor(request: &Request) -> Visitor {
    let peer = request.extensions().get::<ConnectInfo<SocketAddr>>();
    let agent = request
        .headers()
        .get(header::USER_AGENT)
        .and_then(|value| value.to_str().ok());
    Visitor {
        address: peer.map_or(IpAddr::V4(Ipv4Addr::LOCALHOST), |peer| peer.0.ip()),
        user_agent: agent.unwrap_or_default().chars().take(200).collect(),
        extensions: request.extensions().clone(),
    }
}

fn random_text() -> String {
    let mut bytes = [0; 16];
    // Without randomness the token binds to nothing, and no form is taken.
    if openssl::rand::rand_bytes(&mut bytes).is_err() {
        return String::new();
    }
    hex::encode(bytes)
}

/// Browsers do not send the session along with a link on a page of somebody else (in a mail). A page of our own that leads
/// to the same address does; who has no session is asked then.
fn stop_stranger(console: &Console, head: &RequestHead) -> Response {
    let site = head.headers.get("sec-fetch-site").map(|site| site.as_bytes());
    let is_link = head.method == Method::GET && matches!(site, Some(b"cross-site" | b"same-site"));
    let here = head.here(&console.settings().base_path);
    if is_link
        && here
            .chars()
            .all(|c| c.is_ascii_graphic() && !matches!(c, '"' | '<' | '>' | '\''))
    {
        let target = console.link(&here).replace('&', "&amp;");
        let text = format!(
            "<!doctype html><meta charset=utf-8><title>…</title><meta http-equiv=refresh content=\"0;url={target}\">"
        );
        return Html(text).into_response();
    }
    ask_to_sign_in(console, &here, false)
}

/// Scripts are told by the status, browsers are sent to the sign-in page.
fn ask_to_sign_in(console: &Console, here: &str, expired: bool) -> Response {
    let query = url::form_urlencoded::Serializer::new(String::new())
        .append_pair("next", here)
        .extend_pairs(expired.then_some(("expired", "1")))
        .finish();
    redirect(console, &format!("/sign-in?{query}"))
}

fn redirect(console: &Console, path: &str) -> Response {
    match HeaderValue::from_str(&console.link(path)) {
        Ok(target) => (StatusCode::SEE_OTHER, [(header::LOCATION, target)]).into_response(),
        Err(_) => StatusCode::BAD_REQUEST.into_response(),
    }
}

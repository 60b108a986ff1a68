//! The one place that speaks to GLPI: inventories by POST to `front/inventory.php`, all else by its high-level API, in the
//! name of a user, with tokens that it fetches itself. One request, one answer, within bounds; what an answer means is in
//! [`super::answer`].
//!
//! A token is kept until a minute before its end. Where GLPI says 401 all the same (it was restarted, or somebody withdrew the
//! token), one new token is fetched, and the request is sent once more: it was not carried out.

use std::time::Duration;

use reqwest::header::{ACCEPT, AUTHORIZATION, HeaderValue};
use reqwest::{Client, Method, RequestBuilder};
use secrecy::{ExposeSecret, SecretString};
use serde_json::{Value, json};
use tokio::sync::Mutex;
use tokio::time::Instant;
use url::Url;

use super::answer::{
    GlpiAnswer, InventoryEnd, InventoryTrouble, RequestEffect, judge_api, judge_inventory, judge_token,
};
use super::http::{TIMEOUTS, explain_failure, read_answer};
use crate::config::{GlpiSettings, InventorySignIn, TargetSettings};
use crate::targets::target_client::{build_target_client, misconfigured};
use crate::targets::{RequestPace, TargetFault};

/// Before its end, a token is not used any more.
const TOKEN_MARGIN: Duration = Duration::from_secs(60);
/// So often an inventory that is pending is asked for, as agents do.
const PENDING_MAX: u32 = 12;
/// Between two such questions.
const PENDING_PAUSE: Duration = Duration::from_millis(500);
/// Which agent it is, by a UUID: with it, GLPI answers in JSON. It is the same for all targets, and names no device.
const AGENT_HEADER: (&str, &str) = ("GLPI-Agent-ID", "8f6d2a4c-1f0b-5c1e-9a57-1d7e00c0ffee");
const REQUEST_HEADER: &str = "GLPI-Request-ID";
/// Rows of a list. What is looked for has one.
const LIST_ROWS: &str = "100";

/// In whose name, and what for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum TokenScope {
    Api,
    Inventory,
}

struct KeptToken {
    header: HeaderValue,
    ends_at: Instant,
}

/// The sign-in to the high-level API.
struct ApiSignIn {
    user: String,
    password: SecretString,
}

/// One GLPI.
pub(super) struct GlpiClient {
    client: Client,
    base: Url,
    inventory: InventorySignIn,
    inventory_user: Option<(String, SecretString)>,
    oauth_client: Option<(String, SecretString)>,
    api: Option<ApiSignIn>,
    api_token: Mutex<Option<KeptToken>>,
    inventory_token: Mutex<Option<KeptToken>>,
    pace: RequestPace,
}

impl GlpiClient {
    pub(super) fn build(
        settings: &TargetSettings,
        own: &GlpiSettings,
        pace: RequestPace,
    ) -> Result<GlpiClient, TargetFault> {
        let address = settings.url.as_ref().ok_or_else(|| {
            misconfigured(
                "no address of GLPI is set".to_owned(),
                "set `url`, such as https://glpi.example",
            )
        })?;
        let api = own.user.clone().zip(own.password.clone());
        Ok(GlpiClient {
            client: build_target_client(settings, address, TIMEOUTS)?,
            base: address.clone(),
            inventory: own.inventory_sign_in,
            inventory_user: own.inventory_user.clone().zip(own.inventory_password.clone()),
            oauth_client: own.client_id.clone().zip(own.client_secret.clone()),
            api: api.map(|(user, password)| ApiSignIn { user, password }),
            api_token: Mutex::default(),
            inventory_token: Mutex::default(),
            pace,
        })
    }

    /// Whether anything can be read and changed beside inventories.
    pub(super) fn has_api(&self) -> bool {
        self.api.is_some() && self.oauth_client.is_some()
    }

    /// Host and port of the other side.
    pub(super) fn host(&self) -> String {
        let host = self.base.host_str().unwrap_or_default();
        self.base
            .port()
            .map_or_else(|| host.to_owned(), |port| format!("{host}:{port}"))
    }

    /// Sends an inventory until GLPI has taken it.
    pub(super) async fn post_inventory(
        &self,
        inventory: &Value,
        effect: RequestEffect,
    ) -> Result<(), InventoryTrouble> {
        let request_id = uuid::Uuid::new_v4().simple().to_string();
        let post = |request: RequestBuilder| request.header(REQUEST_HEADER, &request_id).json(inventory);
        let answer = self.ask_inventory(Method::POST, post, effect).await;
        let mut end = judge_inventory(&answer.map_err(InventoryTrouble::Fault)?, effect)?;
        for _ in 0..PENDING_MAX {
            if end == InventoryEnd::Taken {
                return Ok(());
            }
            tokio::time::sleep(PENDING_PAUSE).await;
            let again = |request: RequestBuilder| request.header(REQUEST_HEADER, &request_id);
            let answer = self.ask_inventory(Method::GET, again, effect).await;
            end = judge_inventory(&answer.map_err(InventoryTrouble::Fault)?, effect)?;
        }
        let problem = "the inventory is still pending".to_owned();
        Err(InventoryTrouble::Fault(match effect {
            RequestEffect::Create => TargetFault::LostAnswer { problem },
            RequestEffect::Read | RequestEffect::Repeat => TargetFault::Unavailable { problem },
        }))
    }

    /// The bare answer to something that GLPI does not know: it shows whether inventories are taken, and writes nothing.
    pub(super) async fn probe_inventory(&self) -> Result<GlpiAnswer, TargetFault> {
        let body = json!({"action": "verify", "deviceid": "INTUNE-verify"});
        let post = |request: RequestBuilder| request.json(&body);
        self.ask_inventory(Method::POST, post, RequestEffect::Read).await
    }

    async fn ask_inventory(
        &self,
        method: Method,
        fill: impl Fn(RequestBuilder) -> RequestBuilder,
        effect: RequestEffect,
    ) -> Result<GlpiAnswer, TargetFault> {
        let url = self.url_of(&["front", "inventory.php"]);
        let build = || {
            let request = self.client.request(method.clone(), url.clone());
            fill(request.header(AGENT_HEADER.0, AGENT_HEADER.1))
        };
        match (self.inventory, &self.inventory_user) {
            (InventorySignIn::OauthClient, _) => self.send_with_token(TokenScope::Inventory, build, effect).await,
            (InventorySignIn::Basic, Some((user, password))) => {
                let request = build().basic_auth(user, Some(password.expose_secret()));
                self.send_request(request, effect).await
            }
            (InventorySignIn::Basic | InventorySignIn::Nothing, _) => self.send_request(build(), effect).await,
        }
    }

    /// Rows that fit a filter, the first hundred of them. `None`: this GLPI has no such list.
    pub(super) async fn find_rows(&self, path: &[&str], filter: &str) -> Result<Option<Vec<Value>>, TargetFault> {
        let mut query = vec![("limit", LIST_ROWS)];
        if !filter.is_empty() {
            query.insert(0, ("filter", filter));
        }
        let what = format!("GET {}", path.join("/"));
        match self.ask_api(Method::GET, path, &query, None, RequestEffect::Read).await {
            Err(TargetFault::NotThere) => Ok(None),
            Ok(Value::Array(rows)) => Ok(Some(rows)),
            Ok(_) => Err(TargetFault::Unreadable {
                problem: format!("`{what}` of GLPI is no list"),
            }),
            Err(TargetFault::Refused { problem, .. }) => Err(TargetFault::Unreadable { problem }),
            Err(fault) => Err(fault),
        }
    }

    /// One item, also in the trash; `None`: it is not there.
    pub(super) async fn find_item(&self, path: &[&str]) -> Result<Option<Value>, TargetFault> {
        match self.ask_api(Method::GET, path, &[], None, RequestEffect::Read).await {
            Ok(item) => Ok(Some(item)),
            Err(TargetFault::NotThere) => Ok(None),
            Err(fault) => Err(fault),
        }
    }

    /// Changes or deletes an item, or makes one.
    pub(super) async fn write_item(
        &self,
        method: Method,
        path: &[&str],
        body: Option<&Value>,
    ) -> Result<Value, TargetFault> {
        self.ask_api(method, path, &[], body, RequestEffect::Repeat).await
    }

    async fn ask_api(
        &self,
        method: Method,
        path: &[&str],
        query: &[(&str, &str)],
        body: Option<&Value>,
        effect: RequestEffect,
    ) -> Result<Value, TargetFault> {
        let mut url = self.url_of(&["api.php", "v2"]);
        if let Ok(mut segments) = url.path_segments_mut() {
            segments.extend(path);
        }
        if !query.is_empty() {
            url.query_pairs_mut().extend_pairs(query);
        }
        let build = || {
            let request = self.client.request(method.clone(), url.clone());
            let request = request.header(ACCEPT, "application/json");
            match body {
                Some(body) => request.json(body),
                None => request,
            }
        };
        let answer = self.send_with_token(TokenScope::Api, build, effect).await?;
        judge_api(&answer, effect, &format!("{method} {}", path.join("/")))
    }

    async fn send_with_token(
        &self,
        scope: TokenScope,
        build: impl Fn() -> RequestBuilder,
        effect: RequestEffect,
    ) -> Result<GlpiAnswer, TargetFault> {
        let (token, is_new) = self.take_token(scope).await?;
        let answer = self.send_request(build().header(AUTHORIZATION, token), effect).await?;
        if answer.status != 401 || is_new {
            return Ok(answer);
        }
        *self.kept(scope).lock().await = None;
        let (token, _) = self.take_token(scope).await?;
        self.send_request(build().header(AUTHORIZATION, token), effect).await
    }

    /// Fetches a token, as a check wants it.
    pub(super) async fn sign_in(&self) -> Result<(), TargetFault> {
        self.take_token(TokenScope::Api).await.map(|_| ())
    }

    fn kept(&self, scope: TokenScope) -> &Mutex<Option<KeptToken>> {
        match scope {
            TokenScope::Api => &self.api_token,
            TokenScope::Inventory => &self.inventory_token,
        }
    }

    /// The token, and whether it was fetched just now.
    async fn take_token(&self, scope: TokenScope) -> Result<(HeaderValue, bool), TargetFault> {
        let mut kept = self.kept(scope).lock().await;
        if let Some(token) = kept.as_ref().filter(|token| Instant::now() < token.ends_at) {
            return Ok((token.header.clone(), false));
        }
        let url = self.url_of(&["api.php", "token"]);
        let request = self.client.post(url).json(&self.token_body(scope)?);
        let answer = self.send_request(request, RequestEffect::Read).await?;
        let (token, lasts) = judge_token(&answer)?;
        let mut header = HeaderValue::from_str(&format!("Bearer {token}")).map_err(|_| TargetFault::Unreadable {
            problem: "the token of GLPI has characters that no token has".to_owned(),
        })?;
        header.set_sensitive(true);
        *kept = Some(KeptToken {
            header: header.clone(),
            ends_at: Instant::now() + lasts.saturating_sub(TOKEN_MARGIN),
        });
        Ok((header, true))
    }

    fn token_body(&self, scope: TokenScope) -> Result<Value, TargetFault> {
        let missing = |problem: &str, advice: &str| misconfigured(problem, advice);
        let Some((id, secret)) = &self.oauth_client else {
            return Err(missing(
                "no OAuth client of GLPI is set",
                "make one in GLPI (Setup, OAuth clients) and set `client_id` and `client_secret`",
            ));
        };
        let secret = secret.expose_secret();
        match scope {
            TokenScope::Inventory => Ok(json!({
                "grant_type": "client_credentials", "client_id": id, "client_secret": secret, "scope": "inventory",
            })),
            TokenScope::Api => {
                let Some(api) = &self.api else {
                    return Err(missing(
                        "no user for the high-level API of GLPI is set",
                        "set `user` and `password`; without them nothing is read back",
                    ));
                };
                Ok(json!({
                    "grant_type": "password", "client_id": id, "client_secret": secret, "scope": "api",
                    "username": api.user, "password": api.password.expose_secret(),
                }))
            }
        }
    }

    /// Below the address of the settings.
    fn url_of(&self, path: &[&str]) -> Url {
        let mut url = self.base.clone();
        url.set_query(None);
        url.set_fragment(None);
        if let Ok(mut segments) = url.path_segments_mut() {
            segments.pop_if_empty().extend(path);
        }
        url
    }

    async fn send_request(&self, request: RequestBuilder, effect: RequestEffect) -> Result<GlpiAnswer, TargetFault> {
        self.pace.acquire().await;
        let host = self.base.host_str().unwrap_or_default();
        let explain = |error: reqwest::Error| explain_failure(&error, host, effect);
        let answer = request.send().await.map_err(explain)?;
        let raw = read_answer(answer).await.map_err(explain)?;
        if let (429 | 503, Some(wait)) = (raw.status, raw.retry_after) {
            self.pace.note_retry_after(wait);
        }
        Ok(raw)
    }
}

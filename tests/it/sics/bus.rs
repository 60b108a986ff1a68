//! A bus for one test: store, stub engine, API on a port of its own, and callers.

use std::net::{SocketAddr, TcpListener};
use std::sync::{Arc, Mutex};

use futures_util::FutureExt;
use intune_connector::contract::{
    DraftSettings, InstanceState, InstanceStatus, PreviewStep, ReleasedView, ScanStarted, VerifyStep, VerifyStepState,
};
use intune_connector::inventory::deletion_brake;
use intune_connector::model::{
    ConfirmableEffect, EffectConfirmation, InstanceName, OperatorId, RelaxationRequester, RightScope, ScanKind,
};
use intune_connector::observe::Metrics;
use intune_connector::sics::auth::password;
use intune_connector::sics::auth::token::ApiToken;
use intune_connector::sics::{
    EngineError, EngineFuture, HttpListener, InstanceEngine, OrderProvider, ShownSecrets, Sics, SicsLimits, SicsParts,
    TargetProvider, TlsCertificate, VerifyTarget, serve_listeners,
};
use intune_connector::store::{NewOperator, NewToken, OperatorKind, Store};
use reqwest::{Method, RequestBuilder};
use secrecy::ExposeSecret;
use serde_json::{Map, Value, json};
use sics_client::operation;
use tokio::sync::{mpsc, oneshot};

use super::target_stub::TargetStub;
use crate::orders::tenant_stub::TenantStub;
use crate::support::nobody;
use crate::support::shelf::Shelf;

pub const PASSWORD: &str = "correct horse battery";

pub struct Bus {
    pub shelf: Shelf,
    pub engine: Arc<Stub>,
    pub sics: Sics,
    pub metrics: Metrics,
    pub address: SocketAddr,
    pub http: reqwest::Client,
    /// May do everything.
    pub admin: String,
    /// Of operator `acmp`: announces and reads.
    pub acmp: String,
    scheme: &'static str,
    stop: Option<oneshot::Sender<()>>,
    serving: Option<tokio::task::JoinHandle<()>>,
}

impl Bus {
    pub async fn new() -> Bus {
        Bus::with(SicsLimits::default()).await
    }

    pub async fn with(limits: SicsLimits) -> Bus {
        Bus::open(limits, false, None, client()).await
    }

    pub async fn auto_accepting() -> Bus {
        Bus::open(SicsLimits::default(), true, None, client()).await
    }

    pub async fn https(certificate: impl FnOnce(&Shelf) -> TlsCertificate, http: reqwest::Client) -> Bus {
        let shelf = Shelf::new().await;
        let certificate = certificate(&shelf);
        Bus::on(shelf, SicsLimits::default(), false, Some(certificate), http).await
    }

    async fn open(limits: SicsLimits, auto_accept: bool, tls: Option<TlsCertificate>, http: reqwest::Client) -> Bus {
        Bus::on(Shelf::new().await, limits, auto_accept, tls, http).await
    }

    async fn on(
        shelf: Shelf,
        limits: SicsLimits,
        auto_accept: bool,
        tls: Option<TlsCertificate>,
        http: reqwest::Client,
    ) -> Bus {
        let engine = Stub::of(&shelf);
        let metrics = Metrics::new();
        let folder = shelf.data_folder();
        let parts = SicsParts {
            store: shelf.store.clone(),
            engine: engine.clone(),
            clock: shelf.clock.clone(),
            limits,
            cursor_key: [9; 32],
            auto_accept,
            metrics: metrics.clone(),
            install_context: nobody::installing(&shelf.store, &folder),
            folder: Arc::new(folder),
        };
        let sics = Sics::new(parts).unwrap();
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let address = listener.local_addr().unwrap();
        let (stop, stopped) = oneshot::channel();
        let scheme = if tls.is_some() { "https" } else { "http" };
        let serving = tokio::spawn({
            let sics = sics.clone();
            async move {
                let doors = vec![HttpListener::for_api(listener, tls)];
                serve_listeners(doors, &sics, stopped.map(|_| ())).await.unwrap();
            }
        });
        let mut bus = Bus {
            shelf,
            engine,
            sics,
            metrics,
            address,
            http,
            admin: String::new(),
            acmp: String::new(),
            scheme,
            stop: Some(stop),
            serving: Some(serving),
        };
        bus.admin = bus.operator("admin", &["*"], RightScope::default()).await;
        bus.acmp = bus
            .operator("acmp", &["Servers_Announce", "Changes_Read"], RightScope::default())
            .await;
        bus
    }

    /// A new operator with a token, which is answered.
    pub async fn operator(&self, name: &str, rights: &[&str], scope: RightScope) -> String {
        let new = NewOperator {
            name: name.into(),
            kind: OperatorKind::Server,
            password_hash: None,
            rights: rights.iter().map(|right| right.parse().unwrap()).collect(),
            scope,
            created_by: None,
        };
        let operator = self.shelf.store.add_operator(new).await.unwrap().id;
        self.token(operator, None).await
    }

    pub async fn token(&self, operator: OperatorId, expires_in_s: Option<i64>) -> String {
        let token = ApiToken::new().unwrap();
        let new = NewToken {
            operator,
            name: "test".into(),
            sha256: token.sha256,
            scope: RightScope::default(),
            expires_at: expires_in_s.map(|s| self.shelf.clock.now() + chrono::TimeDelta::seconds(s)),
        };
        self.shelf.store.add_token(new).await.unwrap();
        token.text.expose_secret().to_owned()
    }

    /// A new person, who signs in with [`PASSWORD`].
    pub async fn person(&self, name: &str, rights: &[&str]) {
        let new = NewOperator {
            name: name.into(),
            kind: OperatorKind::Person,
            password_hash: Some(password::hash(&PASSWORD.into()).unwrap()),
            rights: rights.iter().map(|right| right.parse().unwrap()).collect(),
            scope: RightScope::default(),
            created_by: None,
        };
        self.shelf.store.add_operator(new).await.unwrap();
    }

    /// Asks for a session; `code`: of the second factor.
    pub fn sign_in(&self, name: &str, password: &str, code: Option<&str>) -> RequestBuilder {
        let mut body = json!({"name": name, "password": password});
        if let Some(code) = code {
            body["code"] = json!(code);
        }
        self.open_request(Method::POST, "/sics/v1/sessions").json(&body)
    }

    /// A new session of a person; its token.
    pub async fn session(&self, name: &str) -> String {
        let begun = status(self.sign_in(name, PASSWORD, None), 201).await;
        begun["token"].as_str().unwrap().to_owned()
    }

    pub async fn with_password(&self, name: &str) {
        let operator = self.shelf.store.find_operator_by_name(name).await.unwrap().unwrap();
        let change = intune_connector::store::OperatorChange {
            password_hash: Some(password::hash(&PASSWORD.into()).unwrap()),
            ..Default::default()
        };
        self.shelf.store.change_operator(operator.id, change).await.unwrap();
    }

    pub fn url(&self, path: &str) -> String {
        format!("{}://{}{path}", self.scheme, self.address)
    }

    pub fn open_request(&self, method: Method, path: &str) -> RequestBuilder {
        self.http.request(method, self.url(path))
    }

    pub fn get(&self, token: &str, path: &str) -> RequestBuilder {
        self.open_request(Method::GET, path).bearer_auth(token)
    }

    pub fn send(&self, method: Method, token: &str, path: &str, body: Value) -> RequestBuilder {
        self.open_request(method, path).bearer_auth(token).json(&body)
    }

    pub fn post(&self, token: &str, path: &str, body: Value) -> RequestBuilder {
        self.send(Method::POST, token, path, body)
    }

    /// Announced by operator `acmp` and accepted.
    pub async fn server(&self, id: &str) {
        let path = format!("/sics/v1/servers/{id}");
        let body = json!({"displayName": id, "accepts": {"changes": true}});
        status(self.send(Method::PUT, &self.acmp, &path, body), 201).await;
        status(self.post(&self.admin, &format!("{path}/accept"), json!({})), 200).await;
    }

    /// Reads with the token of operator `acmp`; `query` begins with `?` or is empty.
    pub async fn changes(&self, server: &str, query: &str) -> Value {
        status(
            self.get(&self.acmp, &format!("/sics/v1/servers/{server}/changes{query}")),
            200,
        )
        .await
    }

    pub async fn stop(mut self) {
        self.end_serving().await;
    }

    /// Stops it; what it has kept can still be looked at.
    pub async fn end_serving(&mut self) {
        self.stop.take().unwrap().send(()).unwrap();
        self.serving.take().unwrap().await.unwrap();
    }

    /// What the audit trail says was done, and by whom.
    pub async fn trail(&self) -> Vec<String> {
        let rows = self.shelf.store.list_audit_entries(0, 1_000).await.unwrap();
        rows.iter()
            .map(|row| format!("{} {} {}", row.actor, row.action, row.subject))
            .collect()
    }
}

pub fn client() -> reqwest::Client {
    reqwest::Client::builder().no_proxy().build().unwrap()
}

/// The answer's JSON, if its status is the one expected. It says what the contract says, member by member.
pub async fn status(request: RequestBuilder, expected: u16) -> Value {
    let (http, request) = request.build_split();
    let request = request.unwrap();
    let asked = (request.method().clone(), request.url().path().to_owned());
    let response = http.execute(request).await.unwrap();
    let found = response.status().as_u16();
    let text = response.text().await.unwrap();
    assert_eq!(found, expected, "{text}");
    let answer = serde_json::from_str(&text).unwrap_or(Value::Null);
    check_contract(&asked.0, &asked.1, found, &answer);
    answer
}

/// The contract names the status, and an answer is read as its type there and written again: nothing is lost, nothing is
/// added.
fn check_contract(method: &Method, path: &str, status: u16, answer: &Value) {
    let operations = operation::all();
    let found = operations
        .iter()
        .find(|known| known.method == *method && known.matches_path(path));
    let Some(known) = found.filter(|_| (200..300).contains(&status)) else {
        return;
    };
    let waits = status == 202 && known.waiting_answer.is_some();
    let is_named = waits || known.status == status || known.other_status == Some(status);
    assert!(is_named, "{}: {status} is not in the contract", known.name);
    let schema = if waits { known.waiting_answer } else { known.answer };
    if let Some(schema) = schema {
        let read = schema.read_back(answer);
        let read = read.unwrap_or_else(|error| panic!("{}: {error}: {answer}", known.name));
        assert_eq!(read, *answer, "{}", known.name);
    }
}

/// What the first answer shows is confirmed: `ask` takes the query. Answers the second answer.
pub async fn confirmed(ask: impl Fn(&str) -> RequestBuilder, expected: u16) -> Value {
    let shown = status(ask(""), 409).await;
    let count = format!("?confirm={}", shown["count"]);
    assert_eq!(problem(ask(&count), 409).await, "confirmationNeeded", "a number alone");
    status(
        ask(&format!("?confirm={}", shown["confirm"].as_str().unwrap())),
        expected,
    )
    .await
}

/// The code of a problem with that status; every problem has advice.
pub async fn problem(request: RequestBuilder, expected: u16) -> String {
    let response = request.send().await.unwrap();
    let found = response.status().as_u16();
    let kind = response
        .headers()
        .get("content-type")
        .map(|kind| kind.to_str().unwrap().to_owned());
    let text = response.text().await.unwrap();
    assert_eq!(found, expected, "{text}");
    assert_eq!(kind.as_deref(), Some("application/problem+json"), "{text}");
    let body: Value = serde_json::from_str(&text).unwrap();
    assert!(
        !body["advice"].as_str().unwrap().is_empty() && body["status"] == expected,
        "{text}"
    );
    body["code"].as_str().unwrap().to_owned()
}

/// Plays the instances.
pub struct Stub {
    store: Store,
    instance: InstanceName,
    pub calls: Mutex<Vec<String>>,
    pub cause: Mutex<Option<String>>,
    /// The next instance is not added before this says so.
    pub gate: Mutex<Option<oneshot::Receiver<()>>>,
    /// Orders instances; none until a test installs one.
    pub orders: TenantStub,
    /// None until a test installs one.
    pub targets: TargetStub,
}

impl Stub {
    pub fn of(shelf: &Shelf) -> Arc<Stub> {
        Arc::new(Stub {
            store: shelf.store.clone(),
            instance: shelf.instance.name.clone(),
            calls: Mutex::default(),
            cause: Mutex::default(),
            gate: Mutex::default(),
            orders: TenantStub::default(),
            targets: TargetStub::default(),
        })
    }

    fn note(&self, call: String) {
        self.calls.lock().unwrap().push(call);
    }

    fn known(&self, name: &InstanceName) -> Result<(), EngineError> {
        if *name == self.instance {
            Ok(())
        } else {
            Err(EngineError::UnknownInstance(name.clone()))
        }
    }

    fn confirmed(&self, confirm: Option<EffectConfirmation>) -> Result<(), EngineError> {
        let effect = ConfirmableEffect::from_content("the audience shrinks", 3, &self.instance);
        if effect.is_confirmed(confirm.as_ref()) {
            Ok(())
        } else {
            Err(EngineError::ConfirmationNeeded(effect))
        }
    }
}

impl InstanceEngine for Stub {
    fn order_provider(&self) -> Option<&dyn OrderProvider> {
        Some(&self.orders)
    }

    fn target_provider(&self) -> Option<&dyn TargetProvider> {
        Some(&self.targets)
    }

    fn start_scan(&self, instance: InstanceName, kind: ScanKind) -> EngineFuture<'_, ScanStarted> {
        self.note(format!("scan {instance} {kind:?}"));
        let started = ScanStarted {
            scan: None,
            kind,
            already_running: false,
        };
        async { Ok(started) }.boxed()
    }

    fn instance_statuses(&self) -> EngineFuture<'_, Vec<InstanceStatus>> {
        let cause = self.cause.lock().unwrap().clone();
        let status = InstanceStatus {
            name: self.instance.clone(),
            state: if cause.is_some() {
                InstanceState::Failing
            } else {
                InstanceState::Idle
            },
            detail: cause
                .as_ref()
                .map(|_| "the client secret of app 1234 is wrong".to_owned()),
            cause,
            profile: None,
            tenant_id: "tenant".into(),
            devices: 0,
            complete: true,
            fleet: Default::default(),
            unread: Default::default(),
            last_full: None,
            last_incremental: None,
            next_full: None,
            next_incremental: None,
            refused: Vec::new(),
            primary_users_refused: None,
            waiting_confirmation: 0,
            credential_days_left: Some(12),
            changed_workflows: Vec::new(),
        };
        async { Ok(vec![status]) }.boxed()
    }

    fn instance_settings(&self, instance: InstanceName, _: ShownSecrets) -> EngineFuture<'_, Map<String, Value>> {
        let found = self.known(&instance);
        async { found.map(|()| Map::from_iter([("tenant_id".to_owned(), json!("tenant"))])) }.boxed()
    }

    fn add_instance(&self, draft: DraftSettings, _: RelaxationRequester) -> EngineFuture<'_, InstanceName> {
        self.note(format!("add {draft:?}"));
        let wrong = !draft.0.contains_key("tenant_id");
        let (name, gate) = (self.instance.clone(), self.gate.lock().unwrap().take());
        async move {
            if let Some(gate) = gate {
                gate.await.expect("the test says when");
            }
            if wrong {
                Err(EngineError::Settings {
                    key: "tenant_id".into(),
                    problem: "tenant_id is missing".into(),
                    advice: "Give it.".into(),
                })
            } else {
                Ok(name)
            }
        }
        .boxed()
    }

    fn change_instance(
        &self,
        instance: InstanceName,
        draft: DraftSettings,
        confirm: Option<EffectConfirmation>,
        _: RelaxationRequester,
    ) -> EngineFuture<'_, ()> {
        self.note(format!("change {instance} {draft:?} {confirm:?}"));
        let answer = self.known(&instance).and_then(|()| self.confirmed(confirm));
        async { answer }.boxed()
    }

    fn remove_instance(&self, instance: InstanceName, confirm: Option<EffectConfirmation>) -> EngineFuture<'_, u64> {
        let answer = self.known(&instance).and_then(|()| self.confirmed(confirm));
        async { answer.map(|()| 3) }.boxed()
    }

    fn confirm_gone(&self, _: InstanceName, digest: String, count: u64) -> EngineFuture<'_, ReleasedView> {
        async move {
            let instances = self.store.list_instances().await?;
            Ok(deletion_brake::confirm_deletions(&self.store, instances[0].id, &digest, count).await?)
        }
        .boxed()
    }

    fn preview_scan(&self, instance: InstanceName) -> EngineFuture<'_, mpsc::Receiver<PreviewStep>> {
        self.note(format!("preview {instance}"));
        async move {
            self.known(&instance)?;
            let (tell, told) = mpsc::channel(4);
            let progress = PreviewStep::Progress {
                devices: 3,
                expected: Some(7),
            };
            let failed = PreviewStep::Failed {
                code: "throttled".into(),
                problem: "Graph is busy".into(),
                advice: "wait".into(),
            };
            for step in [progress, failed] {
                tell.send(step).await.unwrap();
            }
            Ok(told)
        }
        .boxed()
    }

    fn verify_connection(&self, target: VerifyTarget) -> EngineFuture<'_, mpsc::Receiver<VerifyStep>> {
        self.note(format!("verify {target:?}"));
        async {
            let (tell, told) = mpsc::channel(4);
            for (step, state) in [
                ("name", VerifyStepState::Ok),
                ("token", VerifyStepState::Failed),
                ("right", VerifyStepState::Skipped),
            ] {
                let step = VerifyStep {
                    step: step.into(),
                    subject: "login.microsoftonline.com".into(),
                    state,
                    detail: String::new(),
                    cause: None,
                    cure: None,
                    took_ms: 1,
                };
                tell.send(step).await.unwrap();
            }
            Ok(told)
        }
        .boxed()
    }
}

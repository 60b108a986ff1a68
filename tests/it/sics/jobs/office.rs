//! Where jobs are handed in: the API over a workshop, a management server that may send, and people.

use std::net::{SocketAddr, TcpListener};

use chrono::TimeDelta;
use futures_util::FutureExt;
use intune_connector::model::RightScope;
use intune_connector::observe::Metrics;
use intune_connector::sics::auth::password;
use intune_connector::sics::auth::token::ApiToken;
use intune_connector::sics::{HttpListener, Sics, SicsLimits, SicsParts, serve_listeners};
use intune_connector::store::{NewOperator, NewToken, OperatorKind};
use reqwest::{Method, RequestBuilder};
use secrecy::ExposeSecret;
use serde_json::{Value, json};
use tokio::sync::oneshot;

use crate::sics::bus::{PASSWORD, Stub, client, status};
use crate::support::nobody;
use crate::support::workshop::Workshop;

pub const JOBS: &str = "/sics/v1/servers/cmdb/jobs";
pub const RESULTS: &str = "/sics/v1/servers/cmdb/results";

pub struct Office {
    pub shop: Workshop,
    pub http: reqwest::Client,
    pub address: SocketAddr,
    /// May do everything; of nobody who approves.
    pub admin: String,
    /// Of the account behind server `cmdb`.
    pub acmp: String,
    _stop: oneshot::Sender<()>,
}

impl Office {
    pub async fn new() -> Office {
        Office::with(SicsLimits::default()).await
    }

    /// Server `cmdb` is accepted and may send; `bob` approves with [`PASSWORD`].
    pub async fn with(limits: SicsLimits) -> Office {
        let shop = Workshop::new().await;
        let parts = SicsParts {
            store: shop.desk.store.clone(),
            engine: Stub::of(&shop.rig.shelf),
            clock: shop.rig.shelf.clock.clone(),
            limits,
            cursor_key: [9; 32],
            auto_accept: false,
            metrics: Metrics::new(),
            folder: shop.desk.folder.clone(),
            install_context: nobody::installing(&shop.desk.store, &shop.desk.folder),
        };
        let sics = Sics::new(parts).unwrap();
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let address = listener.local_addr().unwrap();
        let (stop, stopped) = oneshot::channel::<()>();
        tokio::spawn(async move {
            let doors = vec![HttpListener::for_api(listener, None)];
            serve_listeners(doors, &sics, stopped.map(|_| ())).await.unwrap();
        });
        let mut office = Office {
            shop,
            http: client(),
            address,
            admin: String::new(),
            acmp: String::new(),
            _stop: stop,
        };
        office.admin = office.account("admin", OperatorKind::Server, &["*"], false).await;
        let rights = [
            "Servers_Announce",
            "Changes_Read",
            "Jobs_Send",
            "Results_*",
            "Actions_*",
        ];
        office.acmp = office.account("acmp", OperatorKind::Server, &rights, true).await;
        office.account("bob", OperatorKind::Person, &["Jobs_*"], true).await;
        office.server("cmdb", true).await;
        office
    }

    /// A new account; its token.
    pub async fn account(&self, name: &str, kind: OperatorKind, rights: &[&str], with_password: bool) -> String {
        self.account_in(name, kind, rights, with_password, RightScope::default())
            .await
    }

    pub async fn account_in(
        &self,
        name: &str,
        kind: OperatorKind,
        rights: &[&str],
        with_password: bool,
        scope: RightScope,
    ) -> String {
        let store = &self.shop.desk.store;
        let new = NewOperator {
            name: name.into(),
            kind,
            password_hash: with_password.then(|| password::hash(&PASSWORD.into()).unwrap()),
            rights: rights.iter().map(|right| right.parse().unwrap()).collect(),
            scope,
            created_by: None,
        };
        let operator = store.add_operator(new).await.unwrap().id;
        let token = ApiToken::new().unwrap();
        let new = NewToken {
            operator,
            name: "test".into(),
            sha256: token.sha256,
            scope: RightScope::default(),
            expires_at: None,
        };
        store.add_token(new).await.unwrap();
        token.text.expose_secret().to_owned()
    }

    pub async fn server(&self, id: &str, sends_jobs: bool) {
        let path = format!("/sics/v1/servers/{id}");
        let body = json!({"displayName": id, "accepts": {"changes": true}});
        status(self.send(Method::PUT, &self.acmp, &path, body), 201).await;
        status(self.post(&self.admin, &format!("{path}/accept"), json!({})), 200).await;
        let body = json!({"sendsJobs": sends_jobs});
        let seen = status(self.send(Method::PATCH, &self.admin, &path, body), 200).await;
        assert_eq!(seen["sendsJobs"], sends_jobs);
    }

    pub fn send(&self, method: Method, token: &str, path: &str, body: Value) -> RequestBuilder {
        self.http
            .request(method, format!("http://{}{path}", self.address))
            .bearer_auth(token)
            .json(&body)
    }

    pub fn get(&self, token: &str, path: &str) -> RequestBuilder {
        self.http
            .get(format!("http://{}{path}", self.address))
            .bearer_auth(token)
    }

    pub fn post(&self, token: &str, path: &str, body: Value) -> RequestBuilder {
        self.send(Method::POST, token, path, body)
    }

    /// As server `cmdb`: the acknowledgement.
    pub async fn job(&self, verb: &str, ids: &[&str], parameters: Value) -> Value {
        let body = self.shop.body(verb, ids, parameters).await;
        status(self.post(&self.acmp, JOBS, body), 202).await
    }

    /// What became of the jobs of `cmdb`, behind a position.
    pub async fn results(&self, after: i64) -> Vec<Value> {
        let path = format!("{RESULTS}?after={after}");
        let page = status(self.get(&self.acmp, &path), 200).await;
        page["results"].as_array().unwrap().clone()
    }

    /// The states of a job's devices, step by step.
    pub async fn states(&self, job: &str) -> Vec<String> {
        let results = self.results(0).await;
        let of_job = results.iter().filter(|result| result["job"] == job);
        of_job
            .map(|result| result["state"].as_str().unwrap().to_owned())
            .collect()
    }

    /// Half a minute at a time.
    pub async fn settle(&self) {
        self.shop.settle(TimeDelta::seconds(30), 12).await;
    }

    /// A fleet of laptops that the store knows.
    pub async fn laptops(&self, count: usize) -> Vec<String> {
        let mut ids = Vec::new();
        for _ in 0..count {
            ids.push(self.shop.laptop().await);
        }
        self.shop.rig.full().await;
        ids
    }

    pub async fn trail(&self) -> Vec<String> {
        let rows = self.shop.desk.store.list_audit_entries(0, 1_000).await.unwrap();
        rows.iter()
            .map(|row| format!("{} {} {} {}", row.actor, row.action, row.subject, row.detail))
            .collect()
    }
}

pub fn refs(ids: &[String]) -> Vec<&str> {
    ids.iter().map(String::as_str).collect()
}

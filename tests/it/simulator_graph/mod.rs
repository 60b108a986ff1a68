//! The simulated tenant's Graph over HTTP, as a client sees it.

mod batch;
mod control;
pub mod facts;
mod faults;
mod lenient;
mod list;
mod posture;
mod rights;
mod strict;

use reqwest::{Method, RequestBuilder};
use serde_json::{Value, json};
use simulated_tenant::directory::Directory;
use simulated_tenant::{Fleet, SimClock, Simulated, Tuning, control as control_api, fault, graph};

pub const TENANT: &str = "11111111-2222-4333-8444-555555555555";
pub const CLIENT: &str = "aaaaaaaa-bbbb-4ccc-8ddd-eeeeeeeeeeee";
pub const READ: &str = "DeviceManagementManagedDevices.Read.All";
pub const PRIVILEGED: &str = "DeviceManagementManagedDevices.PrivilegedOperations.All";
pub const DEVICES: &str = "/v1.0/deviceManagement/managedDevices";

/// A simulator on a port of its own, with one tenant and one app.
pub struct Tried {
    pub sim: Simulated,
    pub base: String,
    http: reqwest::Client,
    pub bearer: String,
}

/// With the rights to read and to act.
pub async fn start(devices: usize) -> Tried {
    start_with(devices, &[READ, PRIVILEGED]).await
}

pub async fn start_with(devices: usize, roles: &[&str]) -> Tried {
    let clock = SimClock::manual("2026-11-20T10:00:00Z".parse().unwrap());
    let directory = Directory::new().unwrap();
    directory.add_tenant(TENANT, &[]);
    directory.put_app(TENANT, CLIENT, &json!({"roles": roles})).unwrap();
    let bearer = directory.issue(TENANT, CLIENT, clock.now()).unwrap();
    let sim = Simulated::new(directory, clock, Tuning::default());
    let fleet = Fleet {
        devices,
        seed: 7,
        names: simulated_tenant::NameStyle::Awkward,
    };
    sim.add_tenant(TENANT, fleet);
    let router = graph::router(sim.clone()).merge(control_api::router(sim.clone()));
    let router = fault::around(router, sim.clone());
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
    let base = format!("http://{}", listener.local_addr().unwrap());
    tokio::spawn(async move { axum::serve(listener, router).await });
    let http = reqwest::Client::builder()
        .redirect(reqwest::redirect::Policy::none())
        .build()
        .unwrap();
    Tried {
        sim,
        base,
        http,
        bearer,
    }
}

pub struct Got {
    pub status: u16,
    pub headers: reqwest::header::HeaderMap,
    pub text: String,
}

impl Got {
    pub fn json(&self) -> Value {
        serde_json::from_str(&self.text).unwrap_or_else(|error| panic!("{error} in {}", self.text))
    }

    pub fn header(&self, name: &str) -> &str {
        self.headers.get(name).map_or("", |value| value.to_str().unwrap())
    }

    pub fn devices(&self) -> Vec<Value> {
        assert_eq!(self.status, 200, "{}", self.text);
        self.json()["value"].as_array().unwrap().clone()
    }

    pub fn ids(&self) -> Vec<String> {
        self.devices()
            .iter()
            .map(|device| device["id"].as_str().unwrap().to_owned())
            .collect()
    }

    pub fn next(&self) -> Option<String> {
        self.json()["@odata.nextLink"].as_str().map(str::to_owned)
    }

    /// The text in the document in the message.
    pub fn intune_message(&self) -> String {
        let inner: Value = serde_json::from_str(self.json()["error"]["message"].as_str().unwrap()).unwrap();
        inner["Message"].as_str().unwrap().to_owned()
    }
}

impl Tried {
    /// A path here, or a link as it came.
    pub fn request(&self, method: Method, path: &str) -> RequestBuilder {
        let url = if path.starts_with("http") {
            path.to_owned()
        } else {
            format!("{}{path}", self.base)
        };
        self.http.request(method, url)
    }

    pub async fn send(&self, request: RequestBuilder) -> Got {
        let response = request.bearer_auth(self.good_bearer()).send().await.unwrap();
        let (status, headers) = (response.status().as_u16(), response.headers().clone());
        Got {
            status,
            headers,
            text: response.text().await.unwrap(),
        }
    }

    /// A token lasts an hour, and the tenant's clock may have moved on by days.
    fn good_bearer(&self) -> String {
        let (directory, now) = (self.sim.directory(), self.sim.clock().now());
        match directory.check(&self.bearer, now) {
            Ok(_) => self.bearer.clone(),
            Err(_) => directory.issue(TENANT, CLIENT, now).unwrap(),
        }
    }

    pub async fn get(&self, path: &str) -> Got {
        self.send(self.request(Method::GET, path)).await
    }

    pub async fn post(&self, path: &str, body: Value) -> Got {
        self.send(self.request(Method::POST, path).json(&body)).await
    }

    /// All pages from `path` on.
    pub async fn walk(&self, path: &str) -> Vec<Value> {
        let mut devices = Vec::new();
        let mut next = Some(path.to_owned());
        while let Some(link) = next {
            let page = self.get(&link).await;
            devices.extend(page.devices());
            next = page.next();
        }
        devices
    }

    pub async fn first_id(&self) -> String {
        self.get(&format!("{DEVICES}?$top=1")).await.ids()[0].clone()
    }
}

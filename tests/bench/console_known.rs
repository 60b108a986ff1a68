//! What stands in the places of the console's paths: the bus gets one of each thing that has a page.

use std::time::{Duration, Instant};

use http::Method;
use serde_json::{Value, json};
use simulated_tenant::server::client_id;

use super::console_bus::{Browser, ConsoleBus, INSTANCE, PERSON, SEED};

/// An account that is not the one that is signed in: what is confirmed about accounts is confirmed about others.
const OTHER: &str = "bench-other";
const ROLE: &str = "bench-role";
const SERVER: &str = "bench-server";
const PRODUCT: &str = "intune-connector";
const ORDERS: &str = "intune-app-orders";
const APPLICATION: &str = "bench-application";
const ORDER: &str = "bench-order";
/// An app of the simulated tenant.
const APP: &str = "VLC";
/// Every minute.
const EACH_MINUTE: &str = "* * * * *";
/// App orders look every minute at what is to be done.
const PATIENCE: Duration = Duration::from_secs(180);
const POLL: Duration = Duration::from_millis(100);

/// A place of a path, and what stands there. What the bus refuses to add is missing: its pages are told as not measured.
struct Filling {
    /// Of paths that begin so.
    start: &'static str,
    place: &'static str,
    name: String,
}

pub struct Known {
    /// The first that fits counts.
    fillings: Vec<Filling>,
    device: String,
    pub reports: Vec<String>,
}

impl Known {
    /// Adds one of each, and finds what is there.
    pub async fn prepare(bus: &ConsoleBus, browser: &Browser) -> Known {
        let answer = browser.get("/").await;
        assert_eq!(answer.status, 200, "the session of the console holds");
        let devices = bus.get("/sics/v1/devices?limit=1").await;
        let device = text(&devices["devices"][0]["deviceId"]).expect("a device");
        let jobs = bus.get("/sics/v1/jobs?limit=1").await;
        let job = jobs["jobs"][0]["job"].to_string();
        let task = bus.get(&format!("/sics/v1/jobs/{job}")).await["tasks"][0]["task"].to_string();
        let reports = bus.get("/sics/v1/reports").await;
        let reports = reports["reports"].as_array().expect("reports").iter();
        let mut known = Known {
            fillings: Vec::new(),
            device: device.clone(),
            reports: reports.filter_map(|report| text(&report["name"])).collect(),
        };
        for (start, place, name) in [
            ("/jobs/", "{id}", job.as_str()),
            ("", "{id}", &device),
            ("", "{task}", &task),
            ("", "{instance}", INSTANCE),
            ("", "{product}", PRODUCT),
            ("", "{step}", "disable"),
        ] {
            known.fill(start, place, Some(name.to_owned()));
        }
        known.fill("", "{report}", known.reports.first().cloned());
        known.add_accounts(bus, browser).await;
        known.add_registrations(bus).await;
        let announced = json!({"displayName": SERVER});
        put(bus, &format!("/sics/v1/servers/{SERVER}"), &announced).await;
        let accepted = post(bus, &format!("/sics/v1/servers/{SERVER}/accept"), &json!({})).await;
        known.fill("", "{server}", accepted.map(|_| SERVER.to_owned()));
        let workflows = bus.get("/sics/v1/workflows").await;
        known.fill("", "{workflow}", text(&workflows["workflows"][0]["name"]));
        let runs = bus.get("/sics/v1/runs?limit=1").await;
        known.fill("", "{run}", number(&runs["runs"][0]["run"]));
        let ordered = add_order(bus).await;
        known.fill("", "{application}", ordered.map(|_| APPLICATION.to_owned()));
        known.fill("", "{order}", ordered.map(|_| ORDER.to_owned()));
        known
    }

    /// `None`: there is nothing of the kind.
    fn fill(&mut self, start: &'static str, place: &'static str, name: Option<String>) {
        self.fillings.extend(name.map(|name| Filling { start, place, name }));
    }

    /// An account with a role of its own, and a token of each of the two accounts.
    async fn add_accounts(&mut self, bus: &ConsoleBus, browser: &Browser) {
        let role = json!({"name": ROLE, "rights": ["Devices_Read"]});
        let role = post(bus, "/sics/v1/roles", &role).await;
        self.fill("", "{role}", role.map(|_| ROLE.to_owned()));
        let other = json!({"name": OTHER, "kind": "server", "rights": ["Devices_Read"]});
        let other = post(bus, "/sics/v1/operators", &other).await;
        self.fill("", "{operator}", other.map(|_| OTHER.to_owned()));
        put(bus, &format!("/sics/v1/operators/{OTHER}/roles/{ROLE}"), &json!({})).await;
        for (start, token, name) in [
            ("/operators/", None, OTHER),
            ("/account/", Some(browser.token.as_str()), PERSON),
        ] {
            let path = format!("/sics/v1/operators/{name}/tokens");
            let made = bus.ask(token, Method::POST, &path, &json!({"name": "bench"})).await;
            self.fill(start, "{token}", made.and_then(|made| number(&made["id"])));
        }
    }

    /// A registration of a new installation, and one of the one that is there.
    async fn add_registrations(&mut self, bus: &ConsoleBus) {
        for (start, path) in [
            ("/products/", format!("/sics/v1/products/{PRODUCT}/registrations")),
            (
                "/installations/",
                format!("/sics/v1/installations/{INSTANCE}/registrations"),
            ),
        ] {
            let begun = post(bus, &path, &json!({})).await;
            self.fill(start, "{registration}", begun.and_then(|begun| text(&begun["id"])));
        }
    }

    /// `None`: the bus has nothing of that kind.
    pub fn fill_path(&self, path: &str) -> Option<String> {
        let fill = |part: &str| {
            if !part.starts_with('{') {
                return Some(part.to_owned());
            }
            let mut fitting = self.fillings.iter();
            let found = fitting.find(|filling| filling.place == part && path.starts_with(filling.start));
            found.map(|filling| filling.name.clone())
        };
        let parts: Option<Vec<String>> = path.split('/').map(fill).collect();
        Some(parts?.join("/"))
    }

    /// The form of an action for a device.
    pub fn action_form(&self) -> String {
        format!("/actions/new?action=sync&instance={INSTANCE}&device={}", self.device)
    }
}

fn text(value: &Value) -> Option<String> {
    value.as_str().map(str::to_owned)
}

fn number(value: &Value) -> Option<String> {
    value.as_i64().map(|number| number.to_string())
}

async fn post(bus: &ConsoleBus, path: &str, body: &Value) -> Option<Value> {
    bus.ask(None, Method::POST, path, body).await
}

async fn put(bus: &ConsoleBus, path: &str, body: &Value) -> Option<Value> {
    bus.ask(None, Method::PUT, path, body).await
}

/// Installs app orders, links an app and orders it for somebody. `None`: it is refused, or not ready in time.
async fn add_order(bus: &ConsoleBus) -> Option<()> {
    let (base, registration) = (&bus.tenant.base, &bus.tenant.registration);
    let answers = json!({
        "tenant_id": registration.tenant_id, "client_id": client_id(SEED, "orders"),
        "secret": format!("{}-orders", registration.client_secret), "network": ["addresses"], "login_url": base,
        "graph_url": base, "assignment_interval": EACH_MINUTE, "order_interval": EACH_MINUTE,
        "status_interval": EACH_MINUTE, "budget_percent": 100,
    });
    let path = format!("/sics/v1/products/{ORDERS}/installations");
    post(bus, &path, &json!({"answers": answers, "anyway": ["verify"]})).await?;
    let path = format!("/sics/v1/apps?search={APP}");
    let apps = wait_for(bus, &path, |apps| apps["apps"][0]["id"].is_string()).await?;
    let path = format!("/sics/v1/applications/{APPLICATION}");
    put(bus, &path, &json!({"app": apps["apps"][0]["id"]})).await?;
    wait_for(bus, &path, |seen| seen["state"] == "creationSucceeded").await?;
    let order = json!({"id": ORDER, "application": APPLICATION, "type": "install", "user": find_somebody(bus)});
    post(bus, "/sics/v1/orders", &order).await?;
    Some(())
}

/// A sign-in name of the tenant.
fn find_somebody(bus: &ConsoleBus) -> String {
    let tenant = bus.tenant.simulated.tenant(&bus.tenant.registration.tenant_id);
    let tenant = tenant.expect("it has its tenant");
    let objects = tenant.objects.read().expect("nobody has panicked while holding it");
    objects.people()[0].principal_name.clone()
}

/// What this path shows as soon as it is as wanted; `None`: it is not in time.
async fn wait_for(bus: &ConsoleBus, path: &str, is_wanted: impl Fn(&Value) -> bool) -> Option<Value> {
    let began = Instant::now();
    while began.elapsed() < PATIENCE {
        let seen = bus.ask(None, Method::GET, path, &json!({})).await;
        if let Some(seen) = seen.filter(|seen| is_wanted(seen)) {
            return Some(seen);
        }
        tokio::time::sleep(POLL).await;
    }
    None
}

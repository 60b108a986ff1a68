//! Two tenants side by side on one bus, each with people, a management server, jobs, runs and what waits for a second
//! person; and somebody who may do everything, but at the first instance only.

use std::collections::BTreeSet;

use intune_connector::model::RightScope;
use intune_connector::sics::auth::password;
use intune_connector::sics::auth::token::ApiToken;
use intune_connector::store::{NewOperator, NewRole, NewToken, OperatorKind};
use reqwest::{Method, StatusCode};
use secrecy::ExposeSecret;
use serde_json::{Map, Value, json};
use simulated_tenant as simulator;

use crate::sics::bus::PASSWORD;
use crate::whole::{INSTANCE, Whole, until};

pub const THEIRS: &str = "IntuneConnector_2";
/// A right that shows nothing by itself.
pub const ELSEWHERE: &str = "Scans_ConfirmGone";

/// The names by which things are asked for.
#[derive(Debug, Clone)]
pub struct Ids {
    pub instance: String,
    pub engine: String,
    pub tenant: String,
    pub client: String,
    pub server: String,
    pub owner: String,
    pub operator: String,
    pub device: String,
    pub device_name: String,
    /// Of the management server, as it calls it.
    pub job_name: String,
    /// One that waits for a second person.
    pub job: i64,
    pub task: i64,
    /// One that somebody of theirs has broken.
    pub glass: i64,
    /// A job at the other instance, sent by a server that both know.
    pub shared_job: String,
    pub workflow: String,
    pub run: i64,
    pub loosening: i64,
    pub switch: i64,
    pub token: i64,
    /// Of the console, of somebody of theirs.
    pub session: i64,
    pub role: String,
    pub node: String,
}

impl Ids {
    /// Names that nothing has.
    pub fn nobodys() -> Ids {
        Ids {
            instance: "IntuneConnector_99".into(),
            engine: "IntuneWorkflowEngine_99".into(),
            tenant: "99999999-9999-4999-8999-999999999999".into(),
            client: "99999999-9999-4999-8999-999999999998".into(),
            server: "nobodys-server".into(),
            owner: "nobodys-owner".into(),
            operator: "nobody-at-all".into(),
            device: "99999999-9999-4999-8999-999999999997".into(),
            device_name: "NO-SUCH-DEVICE-99".into(),
            job_name: "nobodys-job".into(),
            job: 990_001,
            task: 990_002,
            glass: 990_007,
            shared_job: "nobodys-shared-job".into(),
            workflow: "StaleDevices_99".into(),
            run: 990_003,
            loosening: 990_004,
            switch: 990_005,
            token: 990_006,
            session: 990_008,
            role: "NobodysRole".into(),
            node: "nobodys-gate".into(),
        }
    }

    pub fn texts(&self) -> Vec<&str> {
        vec![
            &self.instance,
            &self.engine,
            &self.tenant,
            &self.client,
            &self.server,
            &self.owner,
            &self.operator,
            &self.device,
            &self.device_name,
            &self.job_name,
            &self.shared_job,
            &self.workflow,
            &self.role,
            &self.node,
        ]
    }

    pub fn numbers(&self) -> Vec<i64> {
        vec![
            self.job,
            self.task,
            self.glass,
            self.run,
            self.loosening,
            self.switch,
            self.token,
            self.session,
        ]
    }
}

pub struct Town {
    pub whole: Whole,
    pub other: simulator::Running,
    pub theirs: Ids,
    /// Whatever must not be heard by whoever is limited to the first instance.
    pub words: BTreeSet<String>,
    /// Of `one`: everything, at the first instance.
    pub one: String,
    /// Of `one-with-cmdb`: everything, at the first instance and for server `cmdb`.
    pub one_with_cmdb: String,
    /// Of `mixed`: everything at the first instance, and by a role [`ELSEWHERE`] at the other.
    pub mixed: String,
}

impl Town {
    pub async fn new() -> Town {
        let whole = Whole::new(12, &[("verbs", "sync, retire"), ("node.gate.header", "x-intune")]).await;
        let other = simulator::start(simulator::Options {
            clock: whole.sim_clock.clone(),
            ..simulator::Options::quick(9, 8)
        })
        .await
        .unwrap();
        let mut town = Town {
            theirs: Ids::nobodys(),
            words: BTreeSet::new(),
            one: String::new(),
            one_with_cmdb: String::new(),
            mixed: String::new(),
            whole,
            other,
        };
        town.second_instance().await;
        let both = town
            .account("acmp", OperatorKind::Server, &["*"], RightScope::default())
            .await;
        town.server("cmdb", &both).await;
        town.their_people().await;
        town.their_jobs(&both).await;
        town.their_workflows().await;
        town.their_power().await;
        town.their_reports().await;
        town.one = town.account("one", OperatorKind::Person, &["*"], here(&[])).await;
        let with_cmdb = here(&["cmdb"]);
        town.one_with_cmdb = town
            .account("one-with-cmdb", OperatorKind::Person, &["*"], with_cmdb)
            .await;
        town.mixed = town.account("mixed", OperatorKind::Person, &["*"], here(&[])).await;
        town.role_elsewhere("mixed").await;
        town.gather_words().await;
        town
    }

    async fn second_instance(&mut self) {
        let registration = &self.other.registration;
        let base = self.other.base.as_str();
        let settings = [
            ("tenant_id", registration.tenant_id.as_str()),
            ("client_id", &registration.client_id),
            ("secret", &registration.client_secret),
            ("login_url", base),
            ("graph_url", base),
            ("servers", "*"),
            ("verbs", "sync, retire"),
            ("node.fabrikam-gate.header", "x-intune"),
            ("jitter_s", "0"),
            ("enrich", "off"),
            ("primary_user", "off"),
        ];
        let settings: Map<String, Value> = settings
            .iter()
            .map(|(key, value)| ((*key).to_owned(), json!(value)))
            .collect();
        let added = self.whole.post("/sics/v1/instances", Value::Object(settings)).await;
        assert_eq!(added["status"]["name"], THEIRS);
        (self.theirs.tenant, self.theirs.client) = (registration.tenant_id.clone(), registration.client_id.clone());
        self.theirs.instance = THEIRS.into();
        self.theirs.node = "fabrikam-gate".into();
        self.theirs.engine = "IntuneWorkflowEngine_2".into();
        self.whole.completed("full", 1).await;
        until("the other tenant is scanned", async || {
            let told = self.whole.get(&format!("/sics/v1/scans?instance={THEIRS}")).await;
            told["scans"][0]["scan"]["state"] == "completed"
        })
        .await;
        let device = self.devices(THEIRS).await[0].clone();
        self.theirs.device = device["deviceId"].as_str().unwrap().to_owned();
        self.theirs.device_name = device["device"]["deviceName"].as_str().unwrap().to_owned();
    }

    pub async fn devices(&self, instance: &str) -> Vec<Value> {
        let told = self
            .whole
            .get(&format!("/sics/v1/devices?instance={instance}&limit=1000"))
            .await;
        told["devices"].as_array().unwrap().clone()
    }

    /// A new account with a password; answers a token of its.
    pub async fn account(&self, name: &str, kind: OperatorKind, rights: &[&str], scope: RightScope) -> String {
        let store = &self.whole.bus().store;
        let new = NewOperator {
            name: name.into(),
            kind,
            password_hash: Some(password::hash(&PASSWORD.into()).unwrap()),
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

    /// Announced by whose token this is, accepted, and allowed to send jobs.
    async fn server(&self, id: &str, token: &str) {
        let path = format!("/sics/v1/servers/{id}");
        let announced = self.ask(token, &Method::PUT, &path, json!({"displayName": id})).await;
        assert_eq!(announced.0, 201, "{announced:?}");
        self.whole.post(&format!("{path}/accept"), json!({})).await;
        self.whole.good(Method::PATCH, &path, json!({"sendsJobs": true})).await;
    }

    async fn role_elsewhere(&self, name: &str) {
        let store = &self.whole.bus().store;
        let role = NewRole {
            name: "Confirmer".parse().unwrap(),
            rights: vec![ELSEWHERE.parse().unwrap()],
            summary: String::new(),
        };
        store.add_role(role).await.unwrap();
        let operator = store.find_operator_by_name(name).await.unwrap().unwrap();
        let role = "Confirmer".parse().unwrap();
        store.assign_role(operator.id, role, there()).await.unwrap();
    }

    async fn their_people(&mut self) {
        let ids = &mut self.theirs;
        (ids.server, ids.owner, ids.operator) = ("fabrikam-desk".into(), "fabrikam-account".into(), "otto".into());
        ids.role = "Fabrikam".into();
        let owner = self
            .account("fabrikam-account", OperatorKind::Server, &["*"], there())
            .await;
        self.server("fabrikam-desk", &owner).await;
        let otto = self.account("otto", OperatorKind::Person, &["*"], there()).await;
        self.theirs.token = self.whole.get("/sics/v1/operators/otto/tokens").await["tokens"][0]["id"]
            .as_i64()
            .unwrap();
        let body = json!({"name": "otto", "password": PASSWORD});
        let (status, begun) = self.whole.ask(Method::POST, "/sics/v1/sessions", body).await;
        assert_eq!(status, StatusCode::CREATED, "{begun}");
        self.theirs.session = begun["session"]["id"].as_i64().unwrap();
        // A job of the server, and three of otto that limits refuse: he is suspended.
        let devices = self.devices(THEIRS).await;
        let body = json!({"id": "their-job", "action": "sync", "devices": [target(&devices[0])]});
        let sent = self
            .ask(&owner, &Method::POST, "/sics/v1/servers/fabrikam-desk/jobs", body)
            .await;
        assert_eq!(sent.0, 202, "{sent:?}");
        self.theirs.job_name = "their-job".into();
        let body = json!({"id": "ottos-job", "action": "sync", "devices": [target(&devices[7])]});
        let sent = self.ask(&otto, &Method::POST, "/sics/v1/jobs", body).await;
        assert_eq!(sent.0, 202, "{sent:?}");
        self.whole
            .good(Method::PUT, "/sics/v1/limits", json!({"limits": {"perJob": 4}}))
            .await;
        for _ in 0..3 {
            let refused = self
                .ask(&otto, &Method::POST, "/sics/v1/jobs", retire(&devices[..5]))
                .await;
            assert!(refused.0.is_client_error(), "{refused:?}");
        }
    }

    async fn their_jobs(&mut self, both: &str) {
        let devices = self.devices(THEIRS).await;
        let waiting = self.whole.post("/sics/v1/jobs", retire(&devices[..4])).await;
        assert_eq!(waiting["needsApproval"], true, "{waiting}");
        self.theirs.job = waiting["job"].as_i64().unwrap();
        let shown = self.whole.get(&format!("/sics/v1/jobs/{}", self.theirs.job)).await;
        self.theirs.task = shown["tasks"][0]["task"].as_i64().unwrap();
        self.account("olga", OperatorKind::Person, &["*"], there()).await;
        let body = json!({"name": "olga", "password": PASSWORD, "reason": "stolen", "job": retire(&devices[7..8])});
        let (status, said) = self.whole.ask(Method::POST, "/sics/v1/broken-glass", body).await;
        assert_eq!(status, StatusCode::ACCEPTED, "{said}");
        let glasses = self.whole.get("/sics/v1/broken-glass").await;
        self.theirs.glass = glasses["brokenGlass"][0]["id"].as_i64().unwrap();
        let body =
            json!({"id": "their-shared-job", "instance": THEIRS, "action": "sync", "devices": [target(&devices[6])]});
        let sent = self.ask(both, &Method::POST, "/sics/v1/servers/cmdb/jobs", body).await;
        assert_eq!(sent.0, 202, "{sent:?}");
        self.theirs.shared_job = "their-shared-job".into();
    }

    async fn their_workflows(&mut self) {
        self.theirs.workflow = "StaleDevices_2".into();
        let run = self
            .whole
            .post("/sics/v1/workflows/StaleDevices_2/runs", json!({"dryRun": true}))
            .await;
        self.theirs.run = run["run"].as_i64().unwrap();
        let enabled = self.whole.enable("RetireWithNotice_2").await;
        assert_eq!(enabled["state"], "waiting", "{enabled}");
    }

    /// Their kill switch is on, and is asked to be switched off.
    async fn their_power(&mut self) {
        for on in [true, false] {
            let body = json!({"on": on, "tenant": self.theirs.tenant, "reason": "a drill at Fabrikam"});
            self.whole.good(Method::PUT, "/sics/v1/killswitch", body).await;
        }
        let lift = self
            .whole
            .ask(Method::POST, "/sics/v1/operators/otto/lift-suspension", json!({}))
            .await;
        assert_eq!(lift.0, StatusCode::ACCEPTED, "{lift:?}");
        let limits = self.whole.get("/sics/v1/limits").await;
        let waiting = limits["waiting"].as_array().unwrap();
        let of = |key: &str| {
            let found = waiting.iter().find(|row| row["change"]["key"] == key);
            found.unwrap_or_else(|| panic!("{key}: {waiting:?}"))["id"]
                .as_i64()
                .unwrap()
        };
        self.theirs.loosening = of("workflow.RetireWithNotice_2");
        self.theirs.switch = of("killSwitch");
    }

    /// One is written by schedule.
    async fn their_reports(&self) {
        let body = json!({"schedule": "every 24h", "instance": THEIRS});
        self.whole
            .good(Method::PUT, "/sics/v1/reports/osVersions/schedule", body)
            .await;
    }

    async fn gather_words(&mut self) {
        let ours = json!(self.devices(INSTANCE).await).to_string();
        let devices = self.devices(THEIRS).await;
        let of_devices = devices.iter().flat_map(|row| {
            let text = |key: &str| row["device"][key].as_str().unwrap_or_default().to_owned();
            [
                text("id"),
                text("deviceName"),
                text("serialNumber"),
                text("userPrincipalName"),
            ]
        });
        let named = [
            "Fabrikam",
            "IntuneActions_2",
            "RetireWithNotice_2",
            "IntuneMobileDevices_2",
        ];
        let ids = self.theirs.texts();
        let all = of_devices.chain(ids.iter().chain(&named).map(|word| (*word).to_owned()));
        let words: BTreeSet<String> = all.filter(|word| word.len() > 3 && !ours.contains(word)).collect();
        assert!(
            words.len() > 25 && words.contains(&self.theirs.device_name),
            "{words:?}"
        );
        self.words = words;
    }

    pub async fn ask(&self, token: &str, method: &Method, path: &str, body: Value) -> (StatusCode, String) {
        let request = self
            .whole
            .http
            .request(method.clone(), format!("{}{path}", self.whole.bus().local.url));
        let request = match token {
            // Nobody signs in.
            "" => request,
            token => request.bearer_auth(token),
        };
        let answer = request.json(&body).send().await.unwrap();
        (answer.status(), answer.text().await.unwrap())
    }

    pub async fn as_administrator(&self, method: &Method, path: &str, body: Value) -> (StatusCode, String) {
        let token = self.whole.bus().local.token.clone();
        self.ask(&token, method, path, body).await
    }
}

/// The first instance with what runs for it, and these servers; none: no limit to servers.
fn here(servers: &[&str]) -> RightScope {
    RightScope {
        instances: Some(vec![
            INSTANCE.parse().unwrap(),
            "IntuneWorkflowEngine_1".parse().unwrap(),
        ]),
        servers: (!servers.is_empty()).then(|| servers.iter().map(|id| id.parse().unwrap()).collect()),
    }
}

fn there() -> RightScope {
    RightScope {
        instances: Some(vec![THEIRS.parse().unwrap()]),
        servers: None,
    }
}

pub fn target(row: &Value) -> Value {
    json!({"id": row["deviceId"], "seq": row["seq"]})
}

fn retire(devices: &[Value]) -> Value {
    let targets: Vec<Value> = devices.iter().map(target).collect();
    json!({"action": "retire", "devices": targets, "expectDevices": targets.len(), "confirm": "retire", "reason": "sold"})
}

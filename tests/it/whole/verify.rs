//! The connection check against the running bus.

use reqwest::Method;
use serde_json::{Value, json};

use super::{INSTANCE, Whole};

async fn steps(whole: &Whole) -> Vec<Value> {
    let told = whole.post("/sics/v1/verify", json!({"instance": INSTANCE})).await;
    told["steps"].as_array().unwrap().clone()
}

fn step<'a>(steps: &'a [Value], name: &str) -> &'a Value {
    steps.iter().find(|step| step["step"] == name).unwrap()
}

#[tokio::test]
async fn a_secret_that_was_revoked_within_the_hour_shows_at_once() {
    let whole = Whole::new(12, &[]).await;
    whole.completed("full", 1).await;
    let before = steps(&whole).await;
    assert!(before.iter().all(|step| step["state"] != "failed"), "{before:?}");

    let registration = &whole.sim.registration;
    let path = format!("apps/{}/{}", registration.tenant_id, registration.client_id);
    let other = json!({"roles": ["DeviceManagementManagedDevices.Read.All"], "secrets": [{"value": "another one"}]});
    whole.control("PUT", &path, other).await;
    let after = steps(&whole).await;
    let token = step(&after, "token");
    assert_eq!(
        (&token["state"], &token["cause"]),
        (&json!("failed"), &json!("AADSTS7000215"))
    );
    for name in ["right", "device", "count"] {
        assert_eq!(step(&after, name)["state"], "skipped", "{after:?}");
    }
}

#[tokio::test]
async fn wi_15_a_secret_that_ended_by_its_setting_is_noted_although_it_works() {
    let whole = Whole::new(3, &[("secret_expires_on", "2026-01-31")]).await;
    let steps = steps(&whole).await;
    let tokens: Vec<&Value> = steps.iter().filter(|step| step["step"] == "token").collect();
    let [works, noted] = tokens.as_slice() else {
        panic!("{steps:?}");
    };
    assert_eq!((&works["state"], &noted["state"]), (&json!("ok"), &json!("note")));
    assert!(noted["detail"].as_str().unwrap().contains("2026-01-31"), "{noted}");
    assert!(noted["cure"].as_str().unwrap().contains("secret_expires_on"), "{noted}");
}

#[tokio::test]
async fn a6_the_check_tries_whether_what_proves_a_wipe_can_be_read_and_names_the_permission() {
    let whole = Whole::new(3, &[("verbs", "sync, wipe")]).await;
    whole.completed("full", 1).await;
    let audits = step(&steps(&whole).await, "audits").clone();
    assert_eq!(
        (&audits["state"], &audits["subject"]),
        (&json!("ok"), &json!("remoteActionAudits"))
    );

    let refused = json!({"fault": {"kind": "status", "status": 403}, "path": "/beta/deviceManagement/remoteActionAudits", "times": 0});
    whole.fault(refused).await;
    let audits = step(&steps(&whole).await, "audits").clone();
    assert_eq!(
        (&audits["state"], &audits["cause"]),
        (&json!("failed"), &json!("forbidden")),
        "{audits}"
    );
    let cure = audits["cure"].as_str().unwrap();
    assert!(
        cure.contains("DeviceManagementManagedDevices.Read.All is missing")
            && cure.contains(&whole.sim.registration.client_id),
        "{cure}"
    );
    whole.heal().await;
    assert_eq!(step(&steps(&whole).await, "audits")["state"], "ok");
}

#[tokio::test]
async fn a6_where_nothing_is_switched_on_that_has_to_be_proven_the_audit_is_not_asked_for() {
    let whole = Whole::new(3, &[("verbs", "sync")]).await;
    whole.completed("full", 1).await;
    assert_eq!(step(&steps(&whole).await, "audits")["state"], "skipped");
    let log = whole.sim.simulated.log().entries(0, usize::MAX);
    assert!(!log.iter().any(|entry| entry.path.contains("remoteActionAudits")));
}

/// A management server of an operator of its own, which it announced itself.
async fn announced(whole: &Whole, id: &str, operator: Value) {
    let name = operator["name"].as_str().unwrap().to_owned();
    whole.post("/sics/v1/operators", operator).await;
    let path = format!("/sics/v1/operators/{name}/tokens");
    let token = whole.post(&path, json!({"name": "own"})).await["token"].clone();
    let url = format!("{}/sics/v1/servers/{id}", whole.bus().local.url);
    let asked = whole.http.put(url).bearer_auth(token.as_str().unwrap());
    let answer = asked.json(&json!({"displayName": id})).send().await.unwrap();
    assert!(answer.status().is_success(), "{answer:?}");
}

async fn accept(whole: &Whole, id: &str) {
    whole.post(&format!("/sics/v1/servers/{id}/accept"), json!({})).await;
}

fn operator(name: &str, scope: Value) -> Value {
    json!({"name": name, "kind": "server", "rights": ["Servers_Announce", "Changes_Read"], "scope": scope})
}

/// State and cause of the step of each server.
async fn of_servers(whole: &Whole) -> Vec<(String, String, String)> {
    let text = |value: &Value| value.as_str().unwrap_or_default().to_owned();
    let steps = steps(whole).await;
    let of_servers = steps.iter().filter(|step| step["step"] == "server");
    let mut found: Vec<_> = of_servers
        .map(|step| {
            assert_eq!(
                step["state"] == "ok",
                step["cure"].is_null(),
                "a cure for each cause: {step}"
            );
            (text(&step["subject"]), text(&step["state"]), text(&step["cause"]))
        })
        .collect();
    found.sort();
    found
}

fn told(rows: &[[&str; 3]]) -> Vec<(String, String, String)> {
    let owned = rows
        .iter()
        .map(|[id, state, cause]| (id.to_string(), state.to_string(), cause.to_string()));
    owned.collect()
}

#[tokio::test]
async fn f7_the_check_tells_of_each_server_that_is_named_why_it_receives_nothing() {
    let whole = Whole::new(3, &[("servers", "absent, elsewhere, off, ready, waiting")]).await;
    whole.completed("full", 1).await;
    let other = json!({"servers": ["elsewhere"], "instances": ["IntuneConnector_7"]});
    announced(&whole, "elsewhere", operator("of-elsewhere", other)).await;
    announced(&whole, "off", operator("of-off", json!({}))).await;
    announced(&whole, "ready", operator("of-ready", json!({"instances": [INSTANCE]}))).await;
    announced(&whole, "waiting", operator("of-waiting", json!({}))).await;
    announced(&whole, "stranger", operator("of-stranger", json!({}))).await;
    for id in ["elsewhere", "off", "ready", "stranger"] {
        accept(&whole, id).await;
    }
    let off = json!({"disabled": true});
    whole.good(Method::PATCH, "/sics/v1/operators/of-off", off).await;
    let expected = [
        ["absent", "failed", "notAnnounced"],
        ["elsewhere", "failed", "mayNotRead"],
        ["off", "failed", "operatorDisabled"],
        ["ready", "ok", ""],
        ["waiting", "failed", "notAccepted"],
    ];
    assert_eq!(of_servers(&whole).await, told(&expected));

    let steps = steps(&whole).await;
    let of = |id: &str| steps.iter().find(|step| step["subject"] == id).unwrap();
    let detail = of("ready")["detail"].as_str().unwrap();
    assert!(detail.starts_with("accepted, 3 changes behind; seen "), "{detail}");
    let cure = of("off")["cure"].as_str().unwrap();
    assert_eq!(cure, "intune-connector operators change of-off --enable");
    let detail = of("elsewhere")["detail"].as_str().unwrap();
    assert!(
        detail.contains("of-elsewhere may not read this instance; seen "),
        "{detail}"
    );

    // The list of servers judges by the same.
    let list = whole.get("/sics/v1/servers").await;
    let receiving = list["servers"].as_array().unwrap().iter();
    let receiving = receiving.filter(|server| !server["instances"].as_array().unwrap().is_empty());
    assert_eq!(receiving.map(|server| &server["id"]).collect::<Vec<_>>(), ["ready"]);
}

#[tokio::test]
async fn f7_everybody_means_those_who_may_read_and_one_that_may_not_is_no_failure() {
    let whole = Whole::new(3, &[]).await;
    let other = json!({"instances": ["IntuneConnector_7"]});
    announced(&whole, "elsewhere", operator("of-elsewhere", other)).await;
    announced(&whole, "ready", operator("of-ready", json!({}))).await;
    for id in ["elsewhere", "ready"] {
        accept(&whole, id).await;
    }
    let expected = [["elsewhere", "skipped", "mayNotRead"], ["ready", "ok", ""]];
    assert_eq!(of_servers(&whole).await, told(&expected));
}

#[tokio::test]
async fn f7_a_server_that_the_settings_name_and_the_running_instance_does_not_is_told_so() {
    let whole = Whole::new(3, &[("servers", "cmdb")]).await;
    for id in ["cmdb", "itam"] {
        whole.server(id, json!({})).await;
    }
    assert_eq!(of_servers(&whole).await, told(&[["cmdb", "ok", ""]]));
    let file = whole.data().join(format!("instances/{INSTANCE}.ini"));
    let text = std::fs::read_to_string(&file).unwrap();
    let line = text.lines().find(|line| line.starts_with("servers")).unwrap();
    std::fs::write(&file, text.replace(line, "servers = cmdb, itam")).unwrap();
    let expected = [["cmdb", "ok", ""], ["itam", "failed", "notInForce"]];
    assert_eq!(of_servers(&whole).await, told(&expected));
    // What the cure says.
    let path = format!("/sics/v1/instances/{INSTANCE}/restart");
    whole.post(&path, json!({})).await;
    assert_eq!(
        of_servers(&whole).await,
        told(&[["cmdb", "ok", ""], ["itam", "ok", ""]])
    );
}

const READ: &str = "DeviceManagementManagedDevices.Read.All";
const READ_WRITE: &str = "DeviceManagementManagedDevices.ReadWrite.All";
const PRIVILEGED: &str = "DeviceManagementManagedDevices.PrivilegedOperations.All";
const APPROVALS: &str = "DeviceManagementRBAC.Read.All";
const OTHER_CLIENT: &str = "c11e0000-0000-4000-8000-0000000000aa";

/// Roles of the application that the instance has for everything.
async fn grant(whole: &Whole, roles: &[&str]) {
    let registration = &whole.sim.registration;
    let path = format!("apps/{}/{}/roles", registration.tenant_id, registration.client_id);
    whole.control("PUT", &path, json!({ "roles": roles })).await;
}

/// Another application, with its secret.
async fn register(whole: &Whole, secret: &str, roles: &[&str]) {
    let path = format!("apps/{}/{OTHER_CLIENT}", whole.sim.registration.tenant_id);
    let app = json!({"roles": roles, "secrets": [{"value": secret}]});
    whole.control("PUT", &path, app).await;
}

/// The steps about rights, as state, subject and cause.
fn rights(steps: &[Value]) -> Vec<[&str; 3]> {
    let of_rights = steps.iter().filter(|step| step["step"] == "right");
    let text = |value: &Value| value.as_str().unwrap_or_default().to_owned().leak() as &str;
    of_rights
        .map(|step| [text(&step["state"]), text(&step["subject"]), text(&step["cause"])])
        .collect()
}

#[tokio::test]
async fn m6_m9_what_follows_from_a_missing_right_is_skipped_and_a_surplus_one_is_a_note() {
    let whole = Whole::new(3, &[("verbs", "wipe")]).await;
    grant(&whole, &[READ, PRIVILEGED, "Directory.Read.All"]).await;
    let found = steps(&whole).await;
    let surplus = found
        .iter()
        .find(|step| step["subject"] == "Directory.Read.All")
        .unwrap();
    assert_eq!(surplus["state"], "note", "{surplus}");
    assert!(
        surplus["cure"].as_str().unwrap().contains("remove Directory.Read.All"),
        "{surplus}"
    );
    assert_eq!(step(&found, "node")["state"], "ok", "{found:?}");

    grant(&whole, &[PRIVILEGED]).await;
    let found = steps(&whole).await;
    let failed: Vec<_> = found.iter().filter(|step| step["state"] == "failed").collect();
    assert_eq!(failed.len(), 1, "one cause is one failure: {failed:?}");
    assert_eq!(
        (&failed[0]["step"], &failed[0]["subject"]),
        (&json!("right"), &json!(READ))
    );
    for name in ["device", "count", "node", "audits"] {
        let step = step(&found, name);
        assert_eq!(step["state"], "skipped", "{step}");
        let detail = step["detail"].as_str().unwrap();
        assert!(
            detail.contains(&format!("because step `right {READ}` failed")),
            "{detail}"
        );
    }
}

#[tokio::test]
async fn e4_rights_of_actions_are_missed_and_surplus_only_as_far_as_actions_are_on() {
    let whole = Whole::new(3, &[("verbs", "sync, notify")]).await;
    grant(&whole, &[READ, PRIVILEGED, READ_WRITE, APPROVALS, "User.ReadBasic.All"]).await;
    let all = "inventory, compliance decisions, actions, device changes";
    let found = steps(&whole).await;
    assert_eq!(rights(&found), [["note", "User.ReadBasic.All", ""], ["ok", all, ""]]);

    grant(&whole, &[READ]).await;
    let found = steps(&whole).await;
    let missing = [["failed", PRIVILEGED, "missing"], ["failed", READ_WRITE, "missing"]];
    assert_eq!(rights(&found), missing);
    let (detail, cure) = (
        step(&found, "right")["detail"].as_str(),
        step(&found, "right")["cure"].as_str(),
    );
    assert!(
        detail.unwrap().contains("without it, Intune refuses jobs"),
        "{detail:?}"
    );
    let client = &whole.sim.registration.client_id;
    assert!(
        cure.is_some_and(|cure| cure.contains(client) && cure.contains(PRIVILEGED)),
        "{cure:?}"
    );

    grant(&whole, &[]).await;
    let found = steps(&whole).await;
    let reading = found.iter().find(|step| step["subject"] == READ).unwrap();
    let detail = reading["detail"].as_str().unwrap();
    for lost in [
        "no scan works",
        "before and after an action",
        "every decision is an error",
    ] {
        assert!(detail.contains(lost), "{lost}: {detail}");
    }

    let whole = Whole::new(3, &[]).await;
    grant(&whole, &[READ, PRIVILEGED]).await;
    let found = steps(&whole).await;
    assert_eq!(
        rights(&found),
        [["note", PRIVILEGED, ""], ["ok", "inventory, compliance decisions", ""]]
    );
}

#[tokio::test]
async fn e4_a_credential_of_its_own_signs_in_by_itself_and_is_judged_by_what_it_serves() {
    let own = [
        ("verbs", "sync"),
        ("actions_client_id", OTHER_CLIENT),
        ("actions_secret", "acting~1"),
    ];
    let whole = Whole::new(3, &own).await;
    grant(&whole, &[READ, PRIVILEGED]).await;
    register(&whole, "acting~1", &[READ, "Device.Read.All"]).await;
    let found = steps(&whole).await;
    let reading = "inventory, compliance decisions";
    assert_eq!(
        rights(&found),
        [
            ["note", PRIVILEGED, ""],
            ["ok", reading, ""],
            ["failed", PRIVILEGED, "missing"],
            ["note", "Device.Read.All", ""],
        ]
    );
    let missing = found.iter().find(|step| step["cause"] == "missing").unwrap();
    assert!(
        missing["detail"]
            .as_str()
            .unwrap()
            .starts_with("the credential for actions: "),
        "{missing}"
    );
    assert!(missing["cure"].as_str().unwrap().contains(OTHER_CLIENT), "{missing}");

    register(&whole, "acting~1", &[READ, PRIVILEGED, APPROVALS]).await;
    assert_eq!(
        rights(&steps(&whole).await),
        [["note", PRIVILEGED, ""], ["ok", reading, ""], ["ok", "actions", ""]]
    );

    register(&whole, "acting~2", &[READ, PRIVILEGED]).await;
    let found = steps(&whole).await;
    let tokens: Vec<_> = found
        .iter()
        .filter(|step| step["step"] == "token")
        .map(|step| (&step["subject"], &step["state"], &step["cause"]))
        .collect();
    let client = json!(whole.sim.registration.client_id);
    let (good, bad, code, other) = (
        json!("ok"),
        json!("failed"),
        json!("AADSTS7000215"),
        json!(OTHER_CLIENT),
    );
    assert_eq!(tokens, [(&client, &good, &Value::Null), (&other, &bad, &code)]);
    assert_eq!(rights(&found).last().unwrap(), &["skipped", "actions", ""]);
    assert_eq!(
        step(&found, "device")["state"],
        "ok",
        "reading has a credential of its own"
    );
}

#[tokio::test]
async fn e4_credentials_of_one_application_have_no_surplus_that_the_other_needs() {
    let own = [("verbs", "sync"), ("actions_secret", "acting~1")];
    let whole = Whole::new(3, &own).await;
    let registration = &whole.sim.registration;
    let path = format!("apps/{}/{}", registration.tenant_id, registration.client_id);
    let secrets = json!([{"value": registration.client_secret}, {"value": "acting~1"}]);
    let app = json!({"roles": [READ, PRIVILEGED], "secrets": secrets});
    whole.control("PUT", &path, app).await;
    assert_eq!(
        rights(&steps(&whole).await),
        [["ok", "inventory, compliance decisions", ""], ["ok", "actions", ""]]
    );
}

#[tokio::test]
async fn e4_a_next_credential_is_tried_as_well_and_reading_goes_on_with_whichever_works() {
    let own = [("next_client_id", OTHER_CLIENT), ("next_secret", "next~1")];
    let mut whole = Whole::prepare(3, &own).await;
    register(&whole, "next~0", &[READ]).await;
    whole.start().await;
    let found = steps(&whole).await;
    let failed: Vec<_> = found.iter().filter(|step| step["state"] == "failed").collect();
    assert_eq!(failed.len(), 1, "{found:?}");
    assert_eq!(
        (&failed[0]["step"], &failed[0]["subject"]),
        (&json!("token"), &json!(OTHER_CLIENT))
    );
    assert!(
        failed[0]["detail"]
            .as_str()
            .unwrap()
            .starts_with("the next credential: "),
        "{failed:?}"
    );
    assert_eq!(step(&found, "device")["state"], "ok");
}

//! M1: that something is one's own widens no scope. Every route that shows or changes something of an instance is asked
//! with tokens whose scope lacks it, of the very accounts that made what is asked for.

use intune_connector::model::RightScope;
use intune_connector::sics::auth::token::ApiToken;
use intune_connector::sics::{AccessRule, describe_routes};
use intune_connector::store::NewToken;
use reqwest::{Method, StatusCode};
use secrecy::ExposeSecret;
use serde_json::{Value, json};

use crate::sics::scopes::asks::{self, Asks};
use crate::sics::scopes::town::{THEIRS, Town, target};
use crate::whole::{INSTANCE, until};

/// Accounts that made something at the other instance.
const OWNERS: [&str; 4] = ["local", "otto", "acmp", "fabrikam-account"];
/// What a server's own account may look at whichever instances its token holds for: then there is nothing in it. A server
/// is announced by its account, for no instance in particular.
const OF_THE_SERVER: [&str; 7] = [
    "show_server",
    "read_changes",
    "read_results",
    "list_jobs_of_server",
    "acknowledge_results",
    "announce_server",
    "list_rejects",
];

/// A further token of an account, for a part of what it reaches.
async fn narrowed(town: &Town, account: &str, scope: RightScope) -> String {
    let store = &town.whole.bus().store;
    let operator = store.find_operator_by_name(account).await.unwrap().unwrap().id;
    let token = ApiToken::new().unwrap();
    let new = NewToken {
        operator,
        name: "narrow".into(),
        sha256: token.sha256,
        scope,
        expires_at: None,
    };
    store.add_token(new).await.unwrap();
    token.text.expose_secret().to_owned()
}

fn scopes() -> [(&'static str, RightScope); 2] {
    let here = RightScope {
        instances: Some(vec![
            INSTANCE.parse().unwrap(),
            "IntuneWorkflowEngine_1".parse().unwrap(),
        ]),
        servers: None,
    };
    let nowhere = RightScope {
        instances: Some(Vec::new()),
        servers: Some(Vec::new()),
    };
    [("the other instance", here), ("nothing", nowhere)]
}

/// Each owner's own job there, by the bus's number, with a device of it.
async fn own_jobs(town: &Town) -> Vec<(&'static str, i64, i64)> {
    let all = town
        .whole
        .get(&format!("/sics/v1/jobs?instance={THEIRS}&limit=100"))
        .await;
    let mut found = Vec::new();
    for owner in OWNERS {
        let job = all["jobs"]
            .as_array()
            .unwrap()
            .iter()
            .find(|job| job["operator"] == owner);
        let job = job.unwrap_or_else(|| panic!("{owner} has no job there: {all}"))["job"]
            .as_i64()
            .unwrap();
        let shown = town.whole.get(&format!("/sics/v1/jobs/{job}")).await;
        found.push((owner, job, shown["tasks"][0]["task"].as_i64().unwrap()));
    }
    found
}

/// What is theirs, as the administrator sees it, but for what moves by itself.
async fn state(town: &Town, jobs: &[(&'static str, i64, i64)]) -> Value {
    let mut all = Vec::new();
    for (_, job, _) in jobs {
        let job = town.whole.get(&format!("/sics/v1/jobs/{job}")).await;
        all.push(json!([job["approval"], job["states"]["cancelled"], job["decidedBy"]]));
    }
    let instance = town.whole.get(&format!("/sics/v1/instances/{THEIRS}")).await;
    let workflows = town.whole.get(&format!("/sics/v1/workflows?instance={THEIRS}")).await;
    let enabled = workflows["workflows"].as_array().unwrap().iter();
    json!({
        "jobs": all,
        "settings": instance["settings"],
        "workflows": enabled.map(|row| json!([row["name"], row["state"]])).collect::<Value>(),
        "tokens": town.whole.get("/sics/v1/operators/otto/tokens").await,
        "switch": town.whole.get("/sics/v1/killswitch").await["on"],
        "servers": [
            town.whole.get("/sics/v1/servers/cmdb").await["sendsJobs"],
            town.whole.get("/sics/v1/servers/fabrikam-desk").await["sendsJobs"],
        ],
    })
}

/// The words that give something of theirs away, but for the names that this account knows of itself.
fn words<'a>(town: &'a Town, account: &str) -> Vec<&'a String> {
    let own = match account {
        "fabrikam-account" => ["fabrikam-account", "fabrikam-desk"],
        "otto" => ["otto", "otto"],
        _ => ["", ""],
    };
    town.words.iter().filter(|word| !own.contains(&word.as_str())).collect()
}

#[tokio::test]
async fn sec_m1_no_token_reaches_beyond_its_scope_not_even_to_what_its_account_made() {
    let mut town = Town::new().await;
    let jobs = own_jobs(&town).await;
    for (owner, job, _) in &jobs {
        let whole = narrowed(&town, owner, RightScope::default()).await;
        let (status, text) = town
            .ask(&whole, &Method::GET, &format!("/sics/v1/jobs/{job}"), json!({}))
            .await;
        assert_eq!(
            status,
            StatusCode::OK,
            "{owner} sees the job with all of the account: {text}"
        );
    }
    let mut walkers = Vec::new();
    for owner in OWNERS {
        for (lacking, scope) in scopes() {
            walkers.push((owner, lacking, narrowed(&town, owner, scope).await));
        }
    }
    let before = state(&town, &jobs).await;
    let mut found = Vec::new();
    let mut asked = 0;
    for (owner, lacking, token) in &walkers {
        let told = words(&town, owner);
        for (operation, method, path, body) in questions(&town, &jobs) {
            let question = body.to_string();
            let (status, text) = town.ask(token, &method, &path, body).await;
            asked += 1;
            let text = without_names(&text, &path);
            // What somebody says themselves is told back to them where it is refused.
            let is_echo = |word: &str| !status.is_success() && question.contains(word);
            let says = |word: &&&String| text.contains(word.as_str()) && !is_echo(word);
            if let Some(word) = told.iter().find(says) {
                found.push(format!("{owner}, {lacking}: {method} {path} says {word}: {text}"));
            }
            let looks = OF_THE_SERVER.contains(&operation.0);
            if operation.1 && status.is_success() && !looks {
                found.push(format!("{owner}, {lacking}: {method} {path}: {status} {text}"));
            }
        }
    }
    assert!(asked > 700, "{asked} questions");
    assert!(found.is_empty(), "{} reach too far:\n{}", found.len(), found.join("\n"));
    assert_eq!(state(&town, &jobs).await, before, "nothing of theirs has changed");
    town.whole.stop().await;
    town.other.stop().await;
}

type Question = ((&'static str, bool), Method, String, Value);

/// Of every route, about what is theirs; whether it has to be refused, or only to be silent.
fn questions(town: &Town, jobs: &[(&'static str, i64, i64)]) -> Vec<Question> {
    let mut all = Vec::new();
    for route in describe_routes()
        .iter()
        .filter(|route| route.access_rule != AccessRule::Open)
    {
        let (asks, refused) = match asks::of(route.operation.name) {
            Asks::Named(named) => (named(&town.theirs), true),
            Asks::Told(told) => (told, false),
            Asks::Refused(body) => (vec![(filled(route.operation.path, town), body)], true),
            Asks::Common(_) => continue,
        };
        all.extend(asks.into_iter().map(|(path, body)| {
            (
                (route.operation.name, refused),
                route.operation.method.clone(),
                path,
                body,
            )
        }));
    }
    for (_, job, task) in jobs {
        let path = format!("/sics/v1/jobs/{job}");
        let resolve = json!({"task": task, "state": "done", "note": "seen"});
        all.push((("show_job", true), Method::GET, path.clone(), json!({})));
        all.push((("cancel_job", true), Method::POST, format!("{path}/cancel"), json!({})));
        all.push((("reject_job", true), Method::POST, format!("{path}/reject"), json!({})));
        all.push((("resolve_task", true), Method::POST, format!("{path}/resolve"), resolve));
        all.push((
            ("show_secrets", true),
            Method::GET,
            format!("{path}/tasks/{task}/secrets"),
            json!({}),
        ));
    }
    all
}

fn filled(path: &str, town: &Town) -> String {
    path.replace("{operator}", &town.theirs.operator)
        .replace("{server}", &town.theirs.server)
        .replace("{token}", &town.theirs.token.to_string())
        .replace("{role}", &town.theirs.role)
        .replace("{product}", "intune-connector")
        .replace("{action}", "verify")
        .replace("{registration}", "5d4b1f4e-3a52-4a4b-9c8e-2f1f7c2f0d11")
        .replace("{key}", "00")
}

/// Without the names that stood in the question.
fn without_names(text: &str, path: &str) -> String {
    let mut text = text.to_owned();
    for name in path.split(['/', '?', '=', '&']).filter(|name| name.len() > 3) {
        text = text.replace(name, "#");
    }
    text
}

#[tokio::test]
async fn sec_m1_a_servers_token_for_one_instance_reads_its_results_jobs_and_changes_alone() {
    let mut town = Town::new().await;
    let whole = narrowed(&town, "acmp", RightScope::default()).await;
    let [(_, here), _] = scopes();
    let narrow = narrowed(&town, "acmp", here).await;
    let ours = town.devices(INSTANCE).await;
    let body = json!({"id": "our-job", "instance": INSTANCE, "action": "sync", "devices": [target(&ours[0])]});
    let sent = town
        .ask(&whole, &Method::POST, "/sics/v1/servers/cmdb/jobs", body.clone())
        .await;
    assert_eq!(sent.0, StatusCode::ACCEPTED, "{sent:?}");
    let look = async |token: &str, path: &str| -> Value {
        let (status, text) = town
            .ask(token, &Method::GET, &format!("/sics/v1/servers/cmdb/{path}"), json!({}))
            .await;
        assert_eq!(status, StatusCode::OK, "{path}: {text}");
        serde_json::from_str(&text).unwrap()
    };
    let of = |told: &Value, list: &str| -> Vec<String> {
        let rows = told[list].as_array().unwrap().iter();
        rows.map(|row| row["instance"].as_str().unwrap().to_owned()).collect()
    };
    until("both instances have told what became of a job", async || {
        let told = of(&look(&whole, "results").await, "results");
        told.contains(&INSTANCE.to_owned()) && told.contains(&THEIRS.to_owned())
    })
    .await;

    for (path, list) in [("results", "results"), ("jobs", "jobs")] {
        let told = of(&look(&narrow, path).await, list);
        assert!(
            !told.is_empty() && told.iter().all(|name| name == INSTANCE),
            "{path}: {told:?}"
        );
    }
    // One place stands for all: it is not moved past what this token is not told of.
    let last = look(&whole, "results").await["position"].clone();
    let ack = |token: String, position: Value| {
        let town = &town;
        async move {
            let body = json!({"position": position});
            town.ask(&token, &Method::POST, "/sics/v1/servers/cmdb/results/ack", body)
                .await
        }
    };
    let refused = ack(narrow.clone(), last).await;
    assert_eq!(refused.0, StatusCode::FORBIDDEN, "{refused:?}");
    assert!(of(&look(&whole, "results").await, "results").contains(&THEIRS.to_owned()));

    // The same job again, by a token that does not reach it, says nothing of it.
    let theirs = town.devices(THEIRS).await;
    let body = json!({"id": "their-shared-job", "instance": THEIRS, "action": "sync", "devices": [target(&theirs[6])]});
    let (status, text) = town
        .ask(&narrow, &Method::POST, "/sics/v1/servers/cmdb/jobs", body)
        .await;
    assert_eq!(status, StatusCode::NOT_FOUND, "{text}");

    changes_stay_apart(&town, &whole, &narrow).await;
    town.whole.stop().await;
    town.other.stop().await;
}

/// What the account has read of the other instance is neither told gone to the narrow token nor moved by it.
async fn changes_stay_apart(town: &Town, whole: &str, narrow: &str) {
    let read = async |token: &str, cursor: Option<&str>| -> Value {
        let query = cursor.map_or(String::new(), |cursor| format!("&cursor={cursor}"));
        let path = format!("/sics/v1/servers/cmdb/changes?limit=500{query}");
        let (status, text) = town.ask(token, &Method::GET, &path, json!({})).await;
        assert_eq!(status, StatusCode::OK, "{text}");
        serde_json::from_str(&text).unwrap()
    };
    let acknowledge = async |token: &str, cursor: &Value| {
        let path = "/sics/v1/servers/cmdb/changes/ack";
        let (status, text) = town.ask(token, &Method::POST, path, json!({"cursor": cursor})).await;
        assert_eq!(status, StatusCode::OK, "{text}");
    };
    let mut page = read(whole, None).await;
    while page["more"] == true {
        page = read(whole, page["cursor"].as_str()).await;
    }
    acknowledge(whole, &page["cursor"]).await;
    let places = async || {
        let told = town.whole.get("/sics/v1/servers/cmdb").await;
        let of = |name: &str| {
            let rows = told["instances"].as_array().unwrap();
            let row = rows.iter().find(|row| row["instance"] == name).unwrap();
            json!([row["phase"], row["seq"]])
        };
        (of(INSTANCE), of(THEIRS))
    };
    let before = places().await;
    let (status, text) = town
        .ask(narrow, &Method::POST, "/sics/v1/servers/cmdb/resync", json!({}))
        .await;
    assert_eq!(
        status,
        StatusCode::FORBIDDEN,
        "starting over would concern both: {text}"
    );
    let page = read(narrow, None).await;
    let told = page["changes"].as_array().unwrap();
    assert!(told.iter().all(|change| change["instance"] == INSTANCE), "{page}");
    acknowledge(narrow, &page["cursor"]).await;
    assert_eq!(places().await.1, before.1, "the place in the other instance stays");
}

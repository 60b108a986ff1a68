//! A walk over all routes of the console by plain requests: nobody, somebody whose session has ended, pages of other
//! sites, people with few rights, and the one who may do everything.

use std::collections::BTreeSet;

use intune_connector::model::RIGHTS;
use intune_connector::store::NewRole;
use reqwest::{Method, StatusCode};
use serde_json::{Value, json};
use web_console::describe_pages;

use super::scene::{ANNA, Scene};
use super::texts::en;
use super::walker::{Answer, ROLE, Walker, fill_nobodys, fill_real, send};
use crate::sics::bus::PASSWORD;
use crate::support::wait::until;

/// Whoever is not signed in gets an answer there.
const OPEN: [&str; 5] = ["/sign-in", "/setup", "/link", "/language", "/theme"];
/// Largest page, bytes.
const PAGE_BYTES: usize = 200_000;
/// Holds the right to nothing.
const NOEL: &str = "noel";
const AUDITOR: &str = "audrey";

fn paths(method: &Method) -> Vec<&'static str> {
    let pages = describe_pages().into_iter().filter(|page| page.method == *method);
    pages.map(|page| page.path).collect()
}

/// A bus on which there is one of everything.
async fn town() -> Scene {
    let scene = Scene::new(&[("verbs", "sync, wipe")]).await;
    for name in ["zoe", NOEL] {
        scene.person(name, &[]).await;
    }
    scene.person_as(AUDITOR, "auditor").await;
    let role = NewRole {
        name: ROLE.parse().unwrap(),
        rights: vec!["Devices_Read".parse().unwrap()],
        summary: String::new(),
    };
    scene.whole.bus().store.add_role(role).await.unwrap();
    scene.whole.server("cmdb", json!({})).await;
    let phone = scene.phone(1, "PHONE-ONE").await;
    scene.scan().await;
    let job = json!({"instance": "IntuneConnector_1", "action": "sync", "devices": [{"id": phone}], "reason": "Fundsache 77"});
    scene.whole.post("/sics/v1/jobs", job).await;
    scene
}

#[tokio::test]
async fn nobody_gets_in_anywhere_without_a_session() {
    let scene = town().await;
    let stranger = Walker::stranger(&scene);
    assert!(paths(&Method::GET).len() > 60 && paths(&Method::POST).len() > 50);
    for path in paths(&Method::GET) {
        let answer = stranger.get(&fill_real(path)).await;
        match path {
            "/setup" => require_redirect(&answer, "/sign-in"),
            open if OPEN.contains(&open) => assert_eq!(answer.status, 200, "{path}"),
            _ => require_redirect(&answer, "/sign-in?next=%2F"),
        }
        require_guarded(&answer, path);
    }
    for path in paths(&Method::POST) {
        let answer = send(stranger.form(&fill_real(path))).await;
        if OPEN.contains(&path) {
            assert_eq!(answer.status, 403, "{path}: it has no token");
        } else {
            require_redirect(&answer, "/sign-in?next=%2F");
        }
        require_guarded(&answer, path);
    }
    // Nothing shows behind a link on a page of somebody else: the browser keeps the session back there.
    let link = stranger
        .request(&Method::GET, "/devices")
        .header("sec-fetch-site", "cross-site");
    let answer = send(link).await;
    assert!(
        answer.body.contains("content=\"0;url=/devices\"") && answer.body.len() < 200,
        "{}",
        answer.body
    );
}

#[tokio::test]
async fn a_session_that_has_ended_opens_nothing() {
    let scene = town().await;
    let walker = Walker::signed_in(&scene, ANNA).await;
    scene.end_sessions(ANNA).await;
    for path in paths(&Method::GET).into_iter().filter(|path| !OPEN.contains(path)) {
        let answer = walker.get(&fill_real(path)).await;
        require_redirect(&answer, "/sign-in?next=%2F");
        assert!(answer.header("location").ends_with("&expired=1"), "{path}");
        assert!(
            answer.header("set-cookie").contains("Max-Age=0"),
            "{path}: the browser forgets it"
        );
    }
    for path in paths(&Method::POST) {
        let answer = send(walker.form(&fill_real(path))).await;
        // Who wants to set up a bus that has people learns that it has.
        let refused = if path == "/setup" { 409_u16 } else { 422 };
        assert!(
            answer.status == 303 || answer.status == refused,
            "{path}: {}",
            answer.status
        );
        let (open, there) = (OPEN.contains(&path) || path == "/sign-out", answer.header("location"));
        assert!(open || there.starts_with("/sign-in?next="), "{path}: {there}");
    }
    let switch = scene.whole.get("/sics/v1/killswitch").await;
    assert_eq!(switch["on"], json!([]));
}

#[tokio::test]
async fn pages_of_other_sites_and_other_names_are_refused() {
    let scene = town().await;
    let walker = Walker::signed_in(&scene, ANNA).await;
    let other = Walker::signed_in(&scene, "zoe").await;
    for method in [Method::GET, Method::POST] {
        for path in paths(&method) {
            let path = fill_real(path);
            let foreign = walker.request(&method, &path).header("host", "evil.example");
            assert_eq!(send(foreign).await.status, 421, "{method} {path}");
        }
    }
    for path in paths(&Method::POST) {
        let path = fill_real(path);
        for (name, value) in [
            ("origin", "http://evil.example"),
            ("origin", "null"),
            ("referer", "http://evil.example/console"),
            ("sec-fetch-site", "cross-site"),
            ("sec-fetch-site", "same-site"),
        ] {
            let answer = send(walker.form(&path).header(name, value)).await;
            assert_eq!(answer.status, 403, "{path} {name} {value}");
        }
        // The second proof: only a page that was shown to this session has the token.
        for token in ["", "00", other.form_token.as_str()] {
            let form = walker.request(&Method::POST, &path).form(&[("form_token", token)]);
            assert_eq!(send(form).await.status, 403, "{path} {token}");
            let header = walker.request(&Method::POST, &path).header("x-form-token", token);
            assert_eq!(send(header).await.status, 403, "{path} {token}");
        }
        let text = walker
            .request(&Method::POST, &path)
            .header("content-type", "text/plain");
        let token = format!("form_token={}", walker.form_token);
        assert_eq!(send(text.body(token)).await.status, 403, "{path}");
    }
    let switch = scene.whole.get("/sics/v1/killswitch").await;
    assert_eq!(switch["on"], json!([]));
}

#[tokio::test]
async fn wi_36_a_form_that_is_too_large_names_the_bound_of_who_sends_it() {
    let scene = Scene::new(&[]).await;
    let form = [("name", "a".repeat(20 << 10))];
    let stranger = Walker::stranger(&scene);
    for path in ["/sign-in", "/setup", "/link"] {
        let answer = send(stranger.request(&Method::POST, path).form(&form)).await;
        assert_eq!(answer.status, 413, "{path}");
        for told in ["failure-too-large-stranger", "failure-too-large-stranger-cure"] {
            assert!(answer.body.contains(&en(told)), "{path}: {}", answer.body);
        }
    }
    // Who is signed in has room for a file.
    let walker = Walker::signed_in(&scene, ANNA).await;
    let answer = send(walker.request(&Method::POST, "/language").form(&form)).await;
    assert_eq!(answer.status, 403, "it has no token: {}", answer.body);
}

#[tokio::test]
async fn wi_37_a_filter_that_is_no_day_is_told_beside_its_field() {
    let scene = Scene::new(&[]).await;
    let walker = Walker::signed_in(&scene, ANNA).await;
    for path in ["/messages?tab=audit", "/jobs?rows=50"] {
        for name in ["from", "until"] {
            let answer = walker.get(&format!("{path}&{name}=31.12.2027")).await;
            assert_eq!(answer.status, 200, "{path}");
            assert!(
                answer.body.contains(&format!("id=\"{name}-problem\""))
                    && answer.body.contains(&en("period-no-day-cure")),
                "{path} {name}: {}",
                answer.body
            );
            let right = walker.get(&format!("{path}&{name}=2027-12-31")).await;
            assert!(!right.body.contains(&en("period-no-day-cure")), "{path} {name}");
        }
    }
    let file = walker.get("/messages/audit/export?until=31.12.2027").await;
    assert_eq!(file.status, 422, "no file of everything: {}", file.body);
    assert!(file.body.contains(&en("period-no-day-cure")), "{}", file.body);
}

#[tokio::test]
async fn every_page_of_the_administrator_is_there_and_has_no_secret() {
    let scene = town().await;
    let walker = Walker::signed_in(&scene, ANNA).await;
    let local = &scene.whole.bus().local;
    let secrets = [
        scene.whole.sim.registration.client_secret.as_str(),
        &local.token,
        walker.session_token(),
        "$argon2",
        PASSWORD,
    ];
    let routes = paths(&Method::GET);
    let real = routes.iter().map(|path| (fill_real(path), true));
    let nobodys = routes
        .iter()
        .filter(|path| path.contains('{'))
        .map(|path| (fill_nobodys(path), false));
    for (path, is_real) in real.chain(nobodys) {
        let answer = walker.get(&path).await;
        let may_be: &[u16] = if is_real { &[200, 303, 404] } else { &[200, 400, 404] };
        let status = answer.status.as_u16();
        assert!(may_be.contains(&status), "{path}: {status} {}", answer.body);
        assert!(status < 400 || answer.is_page(), "{path}: {status} {}", answer.body);
        require_guarded(&answer, &path);
        if answer.is_page() {
            assert!(answer.body.len() <= PAGE_BYTES, "{path}: {} bytes", answer.body.len());
            assert!(answer.body.contains("</html>"), "{path}: {}", answer.body);
        }
        for secret in secrets {
            assert!(!answer.body.contains(secret), "{path} has a secret in it");
        }
    }
    // A form in which nothing is filled in is told so, or does what it says; it is no failure of the bus.
    let mut posts = paths(&Method::POST);
    posts.sort_by_key(|path| *path == "/sign-out");
    for path in posts {
        for path in [fill_nobodys(path), fill_real(path)] {
            let answer = send(walker.form(&path)).await;
            assert!(
                answer.status.as_u16() < 500,
                "{path}: {} {}",
                answer.status,
                answer.body
            );
            require_guarded(&answer, &path);
        }
    }
}

#[tokio::test]
async fn whoever_has_no_rights_sees_nothing_of_the_tenant() {
    let scene = town().await;
    let walker = Walker::signed_in(&scene, NOEL).await;
    let registration = &scene.whole.sim.registration;
    let words = [
        "PHONE-ONE",
        "SER000001",
        "user1@example.org",
        "Fundsache 77",
        registration.tenant_id.as_str(),
        &registration.client_id,
        "audrey",
    ];
    let mut refused = BTreeSet::new();
    for route in paths(&Method::GET) {
        let path = fill_real(route);
        let answer = walker.get(&path).await;
        let status = answer.status.as_u16();
        assert!(
            [200, 303, 403, 404].contains(&status),
            "{path}: {status} {}",
            answer.body
        );
        for word in words {
            assert!(!answer.body.contains(word), "{path} tells {word}");
        }
        if status == 403 {
            let names_right = RIGHTS.iter().any(|(right, _)| answer.body.contains(right));
            assert!(names_right, "{path}: {}", answer.body);
            refused.insert(route);
        }
    }
    for path in [
        "/devices",
        "/jobs",
        "/products",
        "/microservices",
        "/operators",
        "/messages",
        "/reports",
        "/targets",
    ] {
        assert!(refused.contains(path), "{path} is no page for them");
    }
    for path in paths(&Method::POST) {
        let path = fill_real(path);
        let answer = send(walker.form(&path)).await;
        assert!(
            answer.status.as_u16() < 500,
            "{path}: {} {}",
            answer.status,
            answer.body
        );
        for word in words {
            assert!(!answer.body.contains(word), "{path} tells {word}");
        }
    }
}

#[tokio::test]
async fn an_auditor_sees_nearly_everything_and_changes_nothing() {
    let scene = town().await;
    scene.follow(1).await;
    let walker = Walker::signed_in(&scene, AUDITOR).await;
    for path in [
        "/",
        "/devices",
        "/jobs",
        "/jobs/1",
        "/operators",
        "/roles",
        "/messages",
        "/reports",
        "/microservices",
    ] {
        let answer = walker.get(path).await;
        assert_eq!(answer.status, StatusCode::OK, "{path}: {}", answer.body);
    }
    // The run that carried the job ends a moment after it.
    until("no run goes on", async || {
        let told = scene.whole.get("/sics/v1/runs").await;
        told["runs"]
            .as_array()
            .unwrap()
            .iter()
            .all(|run| run["endedAt"].is_string())
    })
    .await;
    let before = standing(&scene).await;
    let mut posts = paths(&Method::POST);
    posts.retain(|path| *path != "/sign-out");
    for path in posts {
        let answer = send(walker.form(&fill_real(path))).await;
        assert!(
            answer.status.as_u16() < 500,
            "{path}: {} {}",
            answer.status,
            answer.body
        );
    }
    assert_eq!(standing(&scene).await, before);
}

/// What somebody could have changed.
async fn standing(scene: &Scene) -> Vec<(&'static str, Value)> {
    let mut told = Vec::new();
    for what in [
        "limits",
        "killswitch",
        "jobs",
        "servers",
        "operators",
        "notice-settings",
        "roles",
        "reports",
        "workflows",
        "products",
        "supervisors",
    ] {
        told.push((what, scene.whole.get(&format!("/sics/v1/{what}")).await));
    }
    told
}

#[track_caller]
fn require_redirect(answer: &Answer, to: &str) {
    let there = answer.header("location");
    assert!(
        answer.status == 303 && there.starts_with(to),
        "{} {there}",
        answer.status
    );
}

/// What every answer carries.
#[track_caller]
fn require_guarded(answer: &Answer, path: &str) {
    let policy = answer.header("content-security-policy");
    for part in ["default-src 'none'", "frame-ancestors 'none'"] {
        assert!(policy.contains(part), "{path}: {policy}");
    }
    assert!(!policy.contains("unsafe"), "{path}: {policy}");
    if answer.is_page() && answer.status == 200 {
        assert!(
            policy.contains("script-src 'self'") && policy.contains("form-action 'self'"),
            "{path}: {policy}"
        );
    }
    assert_eq!(answer.header("x-content-type-options"), "nosniff", "{path}");
    assert_eq!(answer.header("cache-control"), "no-store", "{path}");
}

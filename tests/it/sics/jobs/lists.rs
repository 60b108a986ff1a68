//! Lists of jobs over the API: each filter, each order, page by page, and how many there are for whoever asks.

use chrono::{SecondsFormat, TimeDelta};
use intune_connector::model::RightScope;
use intune_connector::store::OperatorKind;
use serde_json::{Value, json};

use super::office::{JOBS, Office, refs};
use crate::sics::bus::{problem, status};

/// Four jobs, an hour apart: a synchronisation that is done, one of `otto`, a restart, and a wipe that waits.
struct Town {
    office: Office,
    otto: String,
    /// Numbers of the jobs, oldest first.
    jobs: Vec<i64>,
    /// When each was sent.
    times: Vec<String>,
}

impl Town {
    async fn new() -> Town {
        let office = Office::new().await;
        office.shop.bus_policy(500, 3).await;
        let rights = ["Devices_Read", "Jobs_Send", "Actions_*"];
        let otto = office.account("otto", OperatorKind::Server, &rights, false).await;
        let mut town = Town {
            office,
            otto,
            jobs: Vec::new(),
            times: Vec::new(),
        };
        let ids = town.office.laptops(7).await;
        let mut body = town.office.shop.body("sync", &[&ids[0]], json!({})).await;
        body["reason"] = json!("Lost in ZÜRICH");
        town.sent(JOBS, &town.office.acmp.clone(), body).await;
        town.office.settle().await;
        let mut body = town.office.shop.body("sync", &[&ids[1]], json!({})).await;
        body["reason"] = json!("spring cleaning: 50% done");
        town.sent("/sics/v1/jobs", &town.otto.clone(), body).await;
        let body = town.office.shop.body("reboot", &[&ids[2]], json!({})).await;
        town.sent(JOBS, &town.office.acmp.clone(), body).await;
        let body = town.office.shop.body("wipe", &refs(&ids[3..]), json!({})).await;
        town.sent(JOBS, &town.office.acmp.clone(), body).await;
        town
    }

    async fn sent(&mut self, path: &str, token: &str, body: Value) {
        self.office.shop.rig.advance(TimeDelta::hours(1));
        let now = self.office.shop.rig.shelf.clock.now();
        self.times.push(now.to_rfc3339_opts(SecondsFormat::Millis, true));
        let receipt = status(self.office.post(token, path, body), 202).await;
        self.jobs.push(receipt["job"].as_i64().unwrap());
    }

    async fn list(&self, token: &str, query: &str) -> Value {
        status(self.office.get(token, &format!("/sics/v1/jobs?{query}")), 200).await
    }

    /// Which of the four a list has, 1 to 4, in its order.
    fn numbers(&self, view: &Value) -> Vec<usize> {
        let jobs = view["jobs"].as_array().unwrap().iter();
        jobs.map(|job| 1 + self.jobs.iter().position(|number| job["job"] == *number).unwrap())
            .collect()
    }
}

#[tokio::test]
async fn each_filter_leaves_the_jobs_that_match_and_the_total_counts_them() {
    let town = Town::new().await;
    let instance = town.office.shop.rig.shelf.instance.name.to_string();
    let (second, third) = (&town.times[1], &town.times[2]);
    let cases = [
        (String::new(), vec![4, 3, 2, 1]),
        ("action=wipe".to_owned(), vec![4]),
        ("action=sync".to_owned(), vec![2, 1]),
        ("action=retire".to_owned(), vec![]),
        ("sender=ACMP".to_owned(), vec![4, 3, 1]),
        ("sender=otto".to_owned(), vec![2]),
        (format!("instance={instance}"), vec![4, 3, 2, 1]),
        ("state=done".to_owned(), vec![1]),
        ("state=accepted".to_owned(), vec![3, 2]),
        ("state=waitingApproval".to_owned(), vec![4]),
        ("state=failed".to_owned(), vec![]),
        ("approval=waiting".to_owned(), vec![4]),
        ("open=true".to_owned(), vec![4, 3, 2]),
        (format!("from={second}"), vec![4, 3, 2]),
        (format!("until={second}"), vec![1]),
        (format!("from={second}&until={third}"), vec![2]),
        ("text=z%C3%BCrich".to_owned(), vec![1]),
        ("text=CLEAN".to_owned(), vec![2]),
        ("text=%25".to_owned(), vec![2]),
        ("text=_".to_owned(), vec![]),
        ("action=sync&sender=acmp".to_owned(), vec![1]),
        (format!("instance={instance}&action=sync&open=true"), vec![2]),
        ("order=asc".to_owned(), vec![1, 2, 3, 4]),
        ("order=desc".to_owned(), vec![4, 3, 2, 1]),
        ("sort=createdAt".to_owned(), vec![4, 3, 2, 1]),
        ("sort=createdAt&order=asc".to_owned(), vec![1, 2, 3, 4]),
        ("sort=job&order=asc&sender=acmp".to_owned(), vec![1, 3, 4]),
    ];
    for (query, expected) in cases {
        let view = town.list(&town.office.admin, &format!("{query}&count=true")).await;
        assert_eq!(town.numbers(&view), expected, "{query}");
        assert_eq!(view["total"], expected.len(), "{query}");
    }
    assert_eq!(town.list(&town.office.admin, "").await.get("total"), None);
    let path = format!("{JOBS}?action=sync&count=true");
    let of_server = status(town.office.get(&town.office.acmp, &path), 200).await;
    assert_eq!(
        (town.numbers(&of_server), &of_server["total"]),
        (vec![1], &json!(1)),
        "the same filters for the jobs of a server"
    );
}

#[tokio::test]
async fn wn_50_a_sender_that_does_not_exist_is_told_to_whoever_may_see_accounts() {
    let town = Town::new().await;
    for list in ["/sics/v1/jobs", JOBS] {
        let refused = town.office.get(&town.office.admin, &format!("{list}?sender=nobody"));
        assert_eq!(problem(refused, 404).await, "unknown", "{list}");
    }
    let view = town.list(&town.otto, "sender=nobody&count=true").await;
    assert_eq!(view["total"], 0, "nobody else learns which accounts there are");
    // Jobs of an account that was removed are found by its name.
    let store = &town.office.shop.desk.store;
    let otto = store.find_operator_by_name("otto").await.unwrap().unwrap();
    store.remove_operator(otto.id).await.unwrap();
    let view = town.list(&town.office.admin, "sender=Otto&count=true").await;
    assert_eq!((town.numbers(&view), &view["total"]), (vec![2], &json!(1)));
}

#[tokio::test]
async fn every_order_of_jobs_is_read_page_by_page_without_a_gap() {
    let town = Town::new().await;
    for (order, expected) in [
        ("", vec![4, 3, 2, 1]),
        ("order=asc", vec![1, 2, 3, 4]),
        ("sort=createdAt", vec![4, 3, 2, 1]),
        ("sort=createdAt&order=asc", vec![1, 2, 3, 4]),
        ("sort=createdAt&order=asc&sender=acmp", vec![1, 3, 4]),
    ] {
        for limit in 1..=4 {
            let (mut seen, mut place) = (Vec::new(), String::new());
            loop {
                let query = format!("{order}&count=true&limit={limit}{place}");
                let page = town.list(&town.office.admin, &query).await;
                seen.extend(town.numbers(&page));
                assert_eq!(page["total"], expected.len(), "the total is of all pages: {query}");
                match page["before"].as_i64() {
                    Some(before) => place = format!("&before={before}"),
                    None => break,
                }
            }
            assert_eq!(seen, expected, "{order} by {limit}");
        }
    }
}

#[tokio::test]
async fn the_total_of_jobs_tells_nobody_of_jobs_that_they_do_not_see() {
    let town = Town::new().await;
    let office = &town.office;
    let own = town.list(&town.otto, "count=true").await;
    assert_eq!((town.numbers(&own), &own["total"]), (vec![2], &json!(1)));
    let others = town.list(&town.otto, "sender=acmp&count=true").await;
    assert_eq!((town.numbers(&others), &others["total"]), (vec![], &json!(0)));
    let name = &office.shop.rig.shelf.instance.name;
    let scopes = [
        ("everywhere", None, None),
        ("here", Some(vec![name.clone()]), None),
        ("elsewhere", Some(vec!["IntuneConnector_99".parse().unwrap()]), None),
        ("of cmdb", None, Some(vec!["cmdb".parse().unwrap()])),
        ("of another server", None, Some(vec!["other".parse().unwrap()])),
    ];
    let mut told = Vec::new();
    for (number, (what, instances, servers)) in scopes.into_iter().enumerate() {
        let (kind, scope) = (OperatorKind::Server, RightScope { instances, servers });
        let account = format!("reader{number}");
        let token = office.account_in(&account, kind, &["Jobs_Read"], false, scope).await;
        let answer = office.get(&token, "/sics/v1/jobs?count=true").send().await.unwrap();
        if answer.status().is_client_error() {
            continue;
        }
        assert_eq!(answer.status(), 200, "{what}");
        let view: Value = answer.json().await.unwrap();
        let seen = town.numbers(&view);
        assert_eq!(view["total"], seen.len(), "{what}: {view}");
        told.push((what, seen.len()));
    }
    for all in [("everywhere", 4), ("here", 4)] {
        assert!(told.contains(&all), "{told:?}");
    }
    let is_too_much = |(what, seen): &(&str, usize)| *what == "elsewhere" && *seen > 0;
    assert!(!told.iter().any(is_too_much), "{told:?}");
}

#[tokio::test]
async fn a_wrong_filter_of_jobs_is_answered_with_what_is_allowed() {
    let office = Office::new().await;
    let long = format!("text={}", "x".repeat(1_001));
    for (query, code, allowed) in [
        ("action=explode", "wrongQuery", "remoteLock"),
        ("state=lost", "wrongQuery", "pendingOnDevice"),
        ("approval=maybe", "wrongQuery", "waiting"),
        ("sort=name", "wrongQuery", "createdAt"),
        ("order=up", "wrongQuery", "desc"),
        ("count=maybe", "wrongQuery", "true or false"),
        ("from=2026-11-28", "wrongTime", "RFC 3339"),
        ("until=soon", "wrongTime", "2026-11-28T12:00:00Z"),
        (
            "from=2026-11-29T00:00:00Z&until=2026-11-28T00:00:00Z",
            "wrongPeriod",
            "before the end",
        ),
        (&long, "tooLong", "1000 characters"),
    ] {
        for path in ["/sics/v1/jobs", JOBS] {
            let answer = office
                .get(&office.admin, &format!("{path}?{query}"))
                .send()
                .await
                .unwrap();
            assert_eq!(answer.status(), 400, "{query}");
            let problem: Value = answer.json().await.unwrap();
            assert_eq!(problem["code"], code, "{problem}");
            assert!(problem.to_string().contains(allowed), "{problem}");
        }
    }
}

#[tokio::test]
async fn a_device_is_shown_with_the_platform_that_its_actions_are_judged_by() {
    let office = Office::new().await;
    let shop = &office.shop;
    let devices = [
        (shop.laptop().await, "windows"),
        (shop.mac().await, "macOs"),
        (shop.phone().await, "iosIpados"),
        (shop.android("androidEnterpriseFullyManaged").await, "androidCobo"),
        (shop.android("unknown").await, "unknown"),
    ];
    shop.rig.full().await;
    for (id, platform) in devices {
        let path = format!("/sics/v1/devices/{}/{id}", shop.rig.shelf.instance.name);
        let shown = status(office.get(&office.admin, &path), 200).await;
        assert_eq!(shown["platform"], platform, "{shown}");
    }
}

//! Looking devices up.

use serde_json::Value;

use super::bus::{Bus, problem, status};
use crate::support::shelf::{device, id};

fn names(answer: &Value) -> Vec<&str> {
    answer["devices"]
        .as_array()
        .unwrap()
        .iter()
        .map(|row| row["device"]["deviceName"].as_str().unwrap())
        .collect()
}

#[tokio::test]
async fn devices_are_listed_searched_sorted_and_paged() {
    let bus = Bus::new().await;
    bus.shelf
        .full(
            ["Delta", "alpha", "Charlie", "bravo"]
                .iter()
                .zip(1..)
                .map(|(name, n)| device(n, name))
                .collect(),
        )
        .await;
    let list = async |query: &str| status(bus.get(&bus.admin, &format!("/sics/v1/devices{query}")), 200).await;
    assert_eq!(names(&list("").await), ["Delta", "alpha", "Charlie", "bravo"]);
    assert_eq!(names(&list("?search=LPH").await), ["alpha"]);
    assert_eq!(
        names(&list("?sort=deviceName").await),
        ["alpha", "bravo", "Charlie", "Delta"]
    );
    for (sort, expected) in [
        ("sort=deviceName", ["alpha", "bravo", "Charlie", "Delta"]),
        ("sort=deviceName&order=desc", ["Delta", "Charlie", "bravo", "alpha"]),
        ("sort=changedAt&order=desc", ["bravo", "Charlie", "alpha", "Delta"]),
        ("order=asc", ["Delta", "alpha", "Charlie", "bravo"]),
    ] {
        let mut seen: Vec<String> = Vec::new();
        let mut after = String::new();
        loop {
            let page = list(&format!("?limit=1&{sort}{after}")).await;
            seen.extend(names(&page).iter().map(ToString::to_string));
            match page["after"].as_str() {
                Some(token) => after = format!("&after={token}"),
                None => break,
            }
        }
        assert_eq!(seen, expected, "{sort}");
    }
    let one = format!("/sics/v1/devices/{}/{}", bus.shelf.instance.name, id(2));
    let one = status(bus.get(&bus.admin, &one), 200).await;
    assert_eq!(one["device"]["deviceName"], "alpha");
    assert_eq!(one["instance"], bus.shelf.instance.name.as_str());
}

#[tokio::test]
async fn devices_are_filtered_by_a_condition_page_by_page() {
    let bus = Bus::new().await;
    bus.shelf
        .full(
            (1..=20)
                .map(|n| device(n, &format!("{}{n}", if n % 2 == 0 { "even" } else { "odd" })))
                .collect(),
        )
        .await;
    let filter = "deviceName.startsWith(\"even\")";
    let ask = async |after: String| {
        let request = bus
            .get(&bus.admin, &format!("/sics/v1/devices?limit=4{after}"))
            .query(&[("filter", filter)]);
        status(request, 200).await
    };
    let (mut seen, mut after) = (Vec::new(), String::new());
    loop {
        let page = ask(after).await;
        seen.extend(names(&page).iter().map(ToString::to_string));
        match page["after"].as_str() {
            Some(token) => after = format!("&after={token}"),
            None => break,
        }
    }
    let expected: Vec<String> = (1..=10).map(|n| format!("even{}", n * 2)).collect();
    assert_eq!(seen, expected);
    let wrong = bus
        .get(&bus.admin, "/sics/v1/devices")
        .query(&[("filter", "deviceName ==")]);
    assert_eq!(problem(wrong, 400).await, "wrongFilter");
}

#[tokio::test]
async fn wrong_questions_are_told_apart() {
    let bus = Bus::new().await;
    bus.shelf.full(vec![device(1, "A"), device(2, "B")]).await;
    let instance = bus.shelf.instance.name.as_str();
    let page = status(bus.get(&bus.admin, "/sics/v1/devices?limit=1&sort=deviceName"), 200).await;
    let after = page["after"].as_str().unwrap();
    for (path, expected, code) in [
        ("/sics/v1/devices?limit=0".to_owned(), 400, "wrongLimit"),
        ("/sics/v1/devices?limit=1001".to_owned(), 400, "wrongLimit"),
        ("/sics/v1/devices?limit=x".to_owned(), 400, "wrongQuery"),
        ("/sics/v1/devices?unknown=1".to_owned(), 400, "wrongQuery"),
        ("/sics/v1/devices?sort=colour".to_owned(), 400, "wrongSort"),
        ("/sics/v1/devices?order=up".to_owned(), 400, "wrongOrder"),
        ("/sics/v1/devices?after=x".to_owned(), 400, "wrongAfter"),
        (format!("/sics/v1/devices?after={after}"), 400, "wrongAfter"),
        (format!("/sics/v1/devices?search={}", "x".repeat(1_001)), 400, "tooLong"),
        (
            format!("/sics/v1/devices?filter={}", "x".repeat(1_001)),
            400,
            "wrongFilter",
        ),
        ("/sics/v1/devices?instance=IntuneConnector_9".to_owned(), 404, "unknown"),
        ("/sics/v1/devices?instance=%20".to_owned(), 400, "wrongQuery"),
        (format!("/sics/v1/devices/{instance}/x"), 400, "wrongPath"),
        (format!("/sics/v1/devices/{instance}/{}", id(9)), 404, "unknown"),
        (format!("/sics/v1/devices/IntuneConnector_9/{}", id(1)), 404, "unknown"),
    ] {
        assert_eq!(problem(bus.get(&bus.admin, &path), expected).await, code, "{path}");
    }
}

//! Pages and the links between them.

use serde_json::json;

use super::{everything, graph, graph_with, ids, page, walk};
use crate::support::scripted::{Scripted, json as say_json};

const NEXT: &str = "{base}/v1.0/deviceManagement/managedDevices?$skiptoken=2";

#[tokio::test]
async fn s1_a_walk_ends_only_where_there_is_no_next_link() {
    let third = "{base}/v1.0/deviceManagement/managedDevices?$skiptoken=3";
    let server = Scripted::graph(vec![
        page(&[1, 2], Some(NEXT)),
        page(&[], Some(third)),
        page(&[3], None),
    ])
    .await;
    let (found, error) = walk(&graph(&server)).await;
    assert_eq!((found, error.map(|e| e.code())), (vec![1, 2, 3], None));
    assert_eq!(server.asked().len(), 3, "an empty page with a link is not the end");
}

#[tokio::test]
async fn a_link_goes_back_byte_for_byte() {
    for query in [
        "$skiptoken=LastDeviceName%3d%27PSD200115-HS-22%27%2cLastDeviceId%3d%275515d4ef%27",
        "$skiptoken=%3D%3d&a=%2B+%25%26%23",
        // What a client library would encode or tidy up on its way:
        "$skiptoken=LastDeviceName='O''Brien%27s',LastDeviceId='1'",
        "$skiptoken=LastDeviceName=%27Büro-東京%27",
        "$skiptoken=%zz%4&&x=[1]|{2}^`",
    ] {
        let next = format!("{{base}}/v1.0/deviceManagement/managedDevices?{query}");
        let server = Scripted::graph(vec![page(&[1], Some(&next)), page(&[2], None)]).await;
        let (found, error) = walk(&graph(&server)).await;
        assert!(error.is_none(), "{query}: {error:?}");
        assert_eq!(found, [1, 2]);
        let sent = &server.asked()[1];
        assert_eq!(
            sent.line,
            format!("GET /v1.0/deviceManagement/managedDevices?{query} HTTP/1.1")
        );
        assert_eq!(sent.header("authorization"), Some("Bearer token-1"));
        assert!(sent.header("client-request-id").is_some() && sent.header("host").is_some());
    }
}

#[tokio::test]
async fn a_link_is_followed_to_the_configured_graph_only() {
    let other = Scripted::graph(vec![page(&[9], None)]).await;
    let elsewhere = format!("{}/v1.0/deviceManagement/managedDevices?$skiptoken=2", other.base());
    let same = "/v1.0/deviceManagement/managedDevices";
    for link in [
        elsewhere.as_str(),
        "https://graph.microsoft.com.evil.example/v1.0/deviceManagement/managedDevices",
        "http://token@127.0.0.1/v1.0/deviceManagement/managedDevices",
        "{base}.evil.example/v1.0/x",
        "{base}@evil.example/v1.0/x",
        "{base}/other/path",
        "{base}/v1.0/../other",
        "{base}/v1.0/%2e%2e/other",
        "//evil.example/v1.0/x",
        same,
        "file:///etc/passwd",
        "{base}/v1.0/x?a b",
        "{base}/v1.0/x#part",
        "{base}/v1.0/x?\u{0}",
        "{base}/v1.0/x?a\r\nX-Evil: 1",
    ] {
        let server = Scripted::graph(vec![page(&[1], Some(link)), page(&[2], None)]).await;
        let graph = graph(&server);
        let mut walk = graph.list_devices(everything());
        assert_eq!(
            ids(&walk.next().await.unwrap().unwrap()),
            [1],
            "what was read is given out"
        );
        let Err(error) = walk.next().await else {
            panic!("{link} was followed")
        };
        assert_eq!(error.code(), "foreignLink", "{link}: {error}");
        assert_eq!(server.asked().len(), 1, "{link} was asked for");
    }
    assert!(other.heard().is_empty(), "the token went to a stranger");
}

#[tokio::test]
async fn st_12_an_empty_link_is_the_end_of_the_list() {
    for link in ["", " "] {
        let server = Scripted::graph(vec![page(&[1], Some(link))]).await;
        let graph = graph(&server);
        let mut walk = graph.list_devices(everything());
        assert_eq!(ids(&walk.next().await.unwrap().unwrap()), [1]);
        assert!(
            walk.next().await.unwrap().is_none(),
            "{link:?}: the end, and nothing wrong"
        );
        assert_eq!(server.asked().len(), 1);
    }
}

#[tokio::test]
async fn the_scheme_of_the_configured_graph_is_kept() {
    let server = Scripted::graph(vec![page(&[1], None)]).await;
    let link = server.base().replace("http:", "https:") + "/v1.0/deviceManagement/managedDevices";
    let server = Scripted::graph(vec![page(&[1], Some(&link)), page(&[2], None)]).await;
    assert_eq!(walk(&graph(&server)).await.1.unwrap().code(), "foreignLink");
}

#[tokio::test]
async fn s1_a_link_that_was_there_before_ends_the_walk_with_an_error() {
    let third = "{base}/v1.0/deviceManagement/managedDevices?$skiptoken=3";
    let server = Scripted::graph(vec![
        page(&[1], Some(NEXT)),
        page(&[2], Some(third)),
        page(&[3], Some(NEXT)),
    ])
    .await;
    let (found, error) = walk(&graph(&server)).await;
    assert_eq!(
        (found, error.unwrap().code()),
        (vec![1, 2, 3], "repeatedLink".to_owned())
    );
    assert_eq!(server.asked().len(), 3);
}

#[tokio::test]
async fn s1_a_link_back_to_the_first_page_is_noticed_too() {
    let first = "{base}/v1.0/deviceManagement/managedDevices?$top=1000";
    let server = Scripted::graph(vec![page(&[1], Some(first))]).await;
    assert_eq!(walk(&graph(&server)).await.1.unwrap().code(), "repeatedLink");
}

#[tokio::test]
async fn a_walk_has_a_most_of_pages() {
    let count = std::sync::atomic::AtomicU32::new(0);
    let server = Scripted::start(move |_, heard| {
        if heard.target().ends_with("/token") {
            return crate::support::scripted::token("t", 3599);
        }
        let n = count.fetch_add(1, std::sync::atomic::Ordering::SeqCst);
        let base = format!("http://{}", heard.header("host").unwrap());
        page(
            &[n],
            Some(&format!("{base}/v1.0/deviceManagement/managedDevices?$skiptoken={n}")),
        )
    })
    .await;
    let (found, error) = walk(&graph_with(&server, |limits| limits.max_pages = 4)).await;
    assert_eq!((found.len(), error.unwrap().code()), (4, "tooManyPages".to_owned()));
}

#[tokio::test]
async fn s6_a_walk_goes_on_from_a_kept_link_and_remembers_the_links() {
    let server = Scripted::graph(vec![page(&[1], Some(NEXT)), page(&[2], Some(NEXT))]).await;
    let graph = graph(&server);
    let mut first = graph.list_devices(everything());
    first.next().await.unwrap();
    let (link, seen) = (first.next_link().unwrap().to_owned(), first.seen_links().to_vec());
    assert_eq!(link, NEXT.replace("{base}", &server.base()));
    let mut second = graph.resume_walk(link, seen);
    assert_eq!(ids(&second.next().await.unwrap().unwrap()), [2]);
    assert_eq!(second.next_link(), None);
    assert_eq!(second.next().await.unwrap_err().code(), "repeatedLink");
}

#[tokio::test]
async fn a_kept_link_that_leads_elsewhere_by_now_is_not_followed() {
    let server = Scripted::graph(vec![page(&[1], None)]).await;
    let mut walk = graph(&server).resume_walk(
        "https://graph.microsoft.us/v1.0/deviceManagement/managedDevices".into(),
        vec![],
    );
    assert_eq!(walk.next().await.unwrap_err().code(), "foreignLink");
    assert!(server.heard().is_empty());
}

#[tokio::test]
async fn records_are_the_bytes_that_came_whatever_they_are() {
    let body = r#"{"@odata.context":"x","value":[ {"id":"1","new":{"a":[1, 2]}} , 7,null ,{"deviceName":"Ü\u0041"}],"more":{}, "@odata.nextLink":null,"@odata.count":"?"}"#;
    let server = Scripted::graph(vec![crate::support::scripted::answer(
        200,
        &[("Content-Type", "application/json; odata.metadata=minimal")],
        body.as_bytes(),
    )])
    .await;
    let mut walk = graph(&server).list_devices(everything());
    let page = walk.next().await.unwrap().unwrap();
    let records: Vec<&str> = page
        .records()
        .map(|record| std::str::from_utf8(record).unwrap())
        .collect();
    assert_eq!(
        records,
        [
            r#"{"id":"1","new":{"a":[1, 2]}}"#,
            "7",
            "null",
            r#"{"deviceName":"Ü\u0041"}"#
        ]
    );
    assert!(walk.next().await.unwrap().is_none());
}

#[tokio::test]
async fn s3_a_page_tells_graphs_own_time() {
    let body = json!({"value": []}).to_string();
    let date = ("Date", "Fri, 20 Nov 2026 10:00:07 GMT");
    let kind = ("Content-Type", "application/json");
    let server = Scripted::graph(vec![crate::support::scripted::answer(
        200,
        &[kind, date],
        body.as_bytes(),
    )])
    .await;
    let page = graph(&server).list_devices(everything()).next().await.unwrap().unwrap();
    assert_eq!(page.date.to_rfc3339(), "2026-11-20T10:00:07+00:00");
}

#[tokio::test]
async fn what_is_asked_for_is_in_the_address() {
    let server = Scripted::graph(vec![say_json(200, &json!({"value": []}))]).await;
    let query = intune_connector::graph::ListQuery {
        select: Some("id,deviceName".into()),
        filter_since: intune_connector::model::parse_time("2026-11-19T23:17:06Z"),
        top: 50,
    };
    graph(&server).list_devices(query).next().await.unwrap();
    assert_eq!(
        server.asked()[0].target(),
        "/v1.0/deviceManagement/managedDevices?$top=50&$select=id,deviceName&$filter=lastSyncDateTime%20gt%202026-11-19T23:17:06Z"
    );
}

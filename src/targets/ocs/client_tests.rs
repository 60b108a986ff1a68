use super::*;
use crate::config::{KindSettings, NetworkSettings};

fn settings(url: &str, allow_private: bool) -> TargetSettings {
    TargetSettings {
        url: Url::parse(url).ok(),
        network: NetworkSettings::default(),
        client_identity: None,
        sign_in_expires_on: None,
        allow_private_addresses: allow_private,
        instances: None,
        requests_per_minute: 0,
        write_window: None,
        zone: chrono_tz::UTC,
        assign_users: true,
        delete_allowed: false,
        own: KindSettings::Ocs(own()),
    }
}

fn own() -> OcsSettings {
    OcsSettings {
        user: Some("writer".into()),
        password: Some(SecretString::from("canary")),
        rest_url: None,
        duplicate_level: 7,
        tag: None,
    }
}

fn build(settings: &TargetSettings) -> Result<OcsClient, TargetFault> {
    OcsClient::build(settings, &own(), RequestPace::default())
}

#[test]
fn addresses_that_nothing_may_go_to_are_refused_before_anything_is_sent() {
    for (url, allow_private) in [
        ("https://169.254.169.254/ocsinventory", true),
        ("http://1.1.1.1/ocsinventory", true),
        ("https://127.0.0.1/ocsinventory", false),
        ("http://ocs.example/ocsinventory", false),
    ] {
        let Err(fault) = build(&settings(url, allow_private)) else {
            panic!("{url} was taken")
        };
        assert_eq!(fault.code(), "misconfigured", "{url}");
    }
    assert!(build(&settings("https://ocs.example/ocsinventory", false)).is_ok());
    let mut rest = own();
    rest.rest_url = Url::parse("https://169.254.169.254/ocsapi/v1").ok();
    let settings = settings("https://ocs.example/ocsinventory", true);
    assert!(OcsClient::build(&settings, &rest, RequestPace::default()).is_err());
}

#[tokio::test]
async fn a_port_where_nobody_listens_is_unreachable_and_no_secret_is_told() {
    let client = build(&settings("http://127.0.0.1:1/ocsinventory", true)).unwrap();
    let failure = client.post_inventory("<REQUEST/>").await.unwrap_err();
    assert_eq!(failure.fault.code(), "unreachable", "nothing was sent: {failure:?}");
    assert!(!format!("{failure:?}").contains("canary") && !failure.spares_others);
    assert_eq!(
        client.read_json(&["computers"], &[]).await,
        Ok(None),
        "there is no REST API"
    );
}

/// A server that takes a request and hangs up.
#[tokio::test]
async fn an_answer_that_was_lost_may_have_been_kept_and_a_question_has_lost_nothing() {
    use tokio::io::AsyncReadExt as _;
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
    let port = listener.local_addr().unwrap().port();
    let server = tokio::spawn(async move {
        for _ in 0..2 {
            let (mut stream, _) = listener.accept().await.unwrap();
            let mut head = [0; 64];
            stream.read_exact(&mut head).await.unwrap();
        }
    });
    let client = build(&settings(&format!("http://127.0.0.1:{port}/ocsinventory"), true)).unwrap();
    assert_eq!(
        client.post_inventory("<REQUEST/>").await.unwrap_err().fault.code(),
        "lostAnswer"
    );
    assert_eq!(client.probe_server().await.unwrap_err().code(), "unreachable");
    server.await.unwrap();
}

#[test]
fn a_client_certificate_that_is_none_is_told_by_the_name_of_its_setting() {
    let mut wrong = settings("https://ocs.example/ocsinventory", false);
    wrong.client_identity = Some((SecretString::from("canary"), SecretString::from("canary")));
    let Err(TargetFault::Misconfigured { problem, .. }) = build(&wrong) else {
        panic!("it was taken")
    };
    assert!(
        problem.contains("`client_key`") && !problem.contains("canary"),
        "{problem}"
    );
}

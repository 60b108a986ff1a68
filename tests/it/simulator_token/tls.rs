//! The test CA and the names it vouches for.

use simulated_tenant::{Options, Running, Tls, start};

use super::support::trusting;

/// Every login and Graph host of the national clouds, and this machine.
const HOSTS: &[&str] = &[
    "localhost",
    "login.microsoftonline.com",
    "login.microsoftonline.us",
    "login-us.microsoftonline.com",
    "login.chinacloudapi.cn",
    "login.partner.microsoftonline.cn",
    "graph.microsoft.com",
    "graph.microsoft.us",
    "dod-graph.microsoft.us",
    "microsoftgraph.chinacloudapi.cn",
];

async fn in_folder(folder: &std::path::Path) -> Running {
    let options = Options {
        tls: Tls::Folder(folder.to_owned()),
        ..Options::quick(0, 1)
    };
    start(options).await.unwrap()
}

#[tokio::test]
async fn the_certificate_fits_every_host() {
    let folder = tempfile::tempdir().unwrap();
    let running = in_folder(folder.path()).await;
    assert_eq!(running.ca.as_deref(), Some(folder.path().join("ca.pem").as_path()));
    for host in HOSTS {
        let client = trusting(running.ca.as_deref())
            .resolve(host, running.address)
            .build()
            .unwrap();
        let url = format!("https://{host}:{}/simulator/counters", running.address.port());
        // At Microsoft's names there is no control API; that there is an answer shows that the certificate fits.
        let status = client.get(url).send().await.unwrap().status();
        assert_eq!(status == 200, *host == "localhost", "{host}: {status}");
    }
    let by_address = trusting(running.ca.as_deref()).build().unwrap();
    let url = format!("{}/simulator/counters", running.base);
    assert_eq!(by_address.get(url).send().await.unwrap().status(), 200);
}

#[tokio::test]
async fn the_certificate_fits_no_other_host() {
    let folder = tempfile::tempdir().unwrap();
    let running = in_folder(folder.path()).await;
    let client = trusting(running.ca.as_deref())
        .resolve("graph.example.com", running.address)
        .build()
        .unwrap();
    let url = format!(
        "https://graph.example.com:{}/simulator/counters",
        running.address.port()
    );
    assert!(client.get(url).send().await.unwrap_err().is_connect());
}

#[tokio::test]
async fn nobody_trusts_it_without_being_told() {
    let folder = tempfile::tempdir().unwrap();
    let running = in_folder(folder.path()).await;
    let stranger = reqwest::Client::builder().no_proxy().build().unwrap();
    let url = format!("{}/simulator/counters", running.base);
    assert!(stranger.get(url).send().await.unwrap_err().is_connect());
}

#[tokio::test]
async fn a_second_start_is_trusted_by_who_trusted_the_first() {
    let folder = tempfile::tempdir().unwrap();
    let first = in_folder(folder.path()).await;
    let client = trusting(first.ca.as_deref()).build().unwrap();
    first.stop().await;
    let second = in_folder(folder.path()).await;
    let url = format!("{}/simulator/counters", second.base);
    assert_eq!(client.get(url).send().await.unwrap().status(), 200);
}

#[tokio::test]
async fn a_temporary_folder_goes_with_the_simulator() {
    let running = start(Options {
        tls: Tls::Temporary,
        ..Options::quick(0, 1)
    })
    .await
    .unwrap();
    let ca = running.ca.clone().unwrap();
    assert!(ca.exists());
    running.stop().await;
    assert!(!ca.exists());
}

//! The proxy that leads every host to the simulator: open, with a password, inspecting.

use reqwest::{Client, Proxy};
use simulated_tenant::{Options, ProxyCredentials, ProxyOptions};

use super::support::{Bench, TENANT, claims, read, secret_form, trusting};

const LOGIN: &str = "https://login.microsoftonline.com";

async fn behind(credentials: Option<ProxyCredentials>, inspect: bool) -> Bench {
    let listen = "127.0.0.1:0".parse().unwrap();
    let proxy = Some(ProxyOptions {
        listen,
        credentials,
        inspect,
    });
    Bench::with(Options {
        proxy,
        ..Options::quick(3, 7)
    })
    .await
}

fn guarded() -> Option<ProxyCredentials> {
    Some(ProxyCredentials {
        user: "corp\\reader".to_owned(),
        password: "p:ä%".to_owned(),
    })
}

fn proxy(bench: &Bench) -> Proxy {
    Proxy::all(format!("http://{}", bench.running.proxy.unwrap())).unwrap()
}

fn client(bench: &Bench, proxy: Proxy) -> Client {
    trusting(bench.running.ca.as_deref()).proxy(proxy).build().unwrap()
}

async fn sign_in(client: &Client) -> reqwest::Result<reqwest::Response> {
    let url = format!("{LOGIN}/{TENANT}/oauth2/v2.0/token");
    client.post(url).form(&secret_form("s3cret~value")).send().await
}

#[tokio::test]
async fn fixed_host_names_lead_to_the_simulator() {
    let bench = behind(None, false).await;
    let client = client(&bench, proxy(&bench));
    let answer = read(sign_in(&client).await.unwrap()).await;
    assert_eq!(claims(answer.token())["aud"], "https://graph.microsoft.com");
    let own = &bench.running.registration;
    let token = bench
        .directory
        .issue(&own.tenant_id, &own.client_id, bench.clock.now())
        .unwrap();
    let url = "https://graph.microsoft.com/v1.0/deviceManagement/managedDevices?$top=2";
    let page = read(client.get(url).bearer_auth(token).send().await.unwrap()).await;
    assert_eq!(page.body["value"].as_array().unwrap().len(), 2);
    let next = page.body["@odata.nextLink"].as_str().unwrap();
    assert!(next.starts_with("https://graph.microsoft.com/v1.0/"), "{next}");
    assert!(bench.running.proxy_count.tunnels() >= 2);
}

#[tokio::test]
async fn discovery_through_the_proxy_stays_at_the_host_that_was_asked() {
    let bench = behind(None, false).await;
    let url = format!("{LOGIN}/{TENANT}/v2.0/.well-known/openid-configuration");
    let found = read(client(&bench, proxy(&bench)).get(url).send().await.unwrap()).await;
    assert_eq!(
        found.body["token_endpoint"],
        format!("{LOGIN}/{TENANT}/oauth2/v2.0/token")
    );
}

#[tokio::test]
async fn a_tenant_of_one_cloud_is_refused_at_another() {
    let bench = behind(None, false).await;
    let client = client(&bench, proxy(&bench));
    assert!(bench.directory.set_login_host(TENANT, Some("login.microsoftonline.us")));
    read(sign_in(&client).await.unwrap()).await.is_refused(400, 900_382);
    let url = format!("https://login.microsoftonline.us/{TENANT}/oauth2/v2.0/token");
    let mut form = secret_form("s3cret~value");
    form[2] = ("scope", "https://graph.microsoft.us/.default");
    assert_eq!(client.post(url).form(&form).send().await.unwrap().status(), 200);
}

#[tokio::test]
async fn a_proxy_with_a_password_wants_it_from_everybody() {
    let bench = behind(guarded(), false).await;
    assert!(sign_in(&client(&bench, proxy(&bench))).await.unwrap_err().is_connect());
    let wrong = proxy(&bench).basic_auth("corp\\reader", "p:");
    assert!(sign_in(&client(&bench, wrong)).await.unwrap_err().is_connect());
    assert_eq!(bench.running.proxy_count.tunnels(), 0);
    assert!(bench.running.proxy_count.refused() >= 2);
    let right = proxy(&bench).basic_auth("corp\\reader", "p:ä%");
    assert_eq!(sign_in(&client(&bench, right)).await.unwrap().status(), 200);
}

#[tokio::test]
async fn a_407_says_how_to_sign_in() {
    let bench = behind(guarded(), false).await;
    let url = "http://login.microsoftonline.com/simulator/counters";
    let answer = client(&bench, proxy(&bench)).get(url).send().await.unwrap();
    assert_eq!(answer.status(), 407);
    assert_eq!(
        answer.headers()["proxy-authenticate"],
        "Basic realm=\"simulated proxy\""
    );
}

#[tokio::test]
async fn an_inspecting_proxy_presents_another_ca() {
    let bench = behind(None, true).await;
    assert!(sign_in(&client(&bench, proxy(&bench))).await.unwrap_err().is_connect());
    let inspected = trusting(bench.running.inspect_ca.as_deref())
        .proxy(proxy(&bench))
        .build()
        .unwrap();
    assert_eq!(sign_in(&inspected).await.unwrap().status(), 200);
    let direct = bench.ask(&secret_form("s3cret~value")).await;
    assert_eq!(
        direct.status, 200,
        "who goes round the proxy sees the simulator's own certificate"
    );
}

#[tokio::test]
async fn plain_http_goes_through_the_proxy_too() {
    let bench = behind(None, false).await;
    let url = "http://tenant.example/simulator/counters";
    let answer = client(&bench, proxy(&bench)).get(url).send().await.unwrap();
    assert_eq!(answer.status(), 200);
    let direct = Client::builder().no_proxy().build().unwrap();
    let not_a_proxy_request = direct
        .get(format!("http://{}/v1.0", bench.running.proxy.unwrap()))
        .send()
        .await;
    assert_eq!(not_a_proxy_request.unwrap().status(), 400);
}

//! Which cloud, which host, which resource: what a connector that asks the wrong one is told.

use serde_json::{Value, json};
use simulated_tenant::{Options, ProxyOptions};

use super::support::{Bench, TENANT, read, secret_form, trusting};

const LOGINS: [&str; 3] = [
    "login.microsoftonline.com",
    "login.microsoftonline.us",
    "login.chinacloudapi.cn",
];
const GRAPHS: [&str; 4] = [
    "graph.microsoft.com",
    "graph.microsoft.us",
    "dod-graph.microsoft.us",
    "microsoftgraph.chinacloudapi.cn",
];

/// The cloud of each Graph, as an index of `LOGINS`.
const CLOUDS: [usize; 4] = [0, 1, 1, 2];

/// A tenant behind a proxy that leads all of Microsoft's names to it.
async fn behind() -> (Bench, reqwest::Client) {
    let proxy = ProxyOptions {
        listen: "127.0.0.1:0".parse().unwrap(),
        credentials: None,
        inspect: false,
    };
    let bench = Bench::with(Options {
        proxy: Some(proxy),
        ..Options::quick(3, 7)
    })
    .await;
    let proxy = reqwest::Proxy::all(format!("http://{}", bench.running.proxy.unwrap())).unwrap();
    let client = trusting(bench.running.ca.as_deref()).proxy(proxy).build().unwrap();
    (bench, client)
}

#[tokio::test]
async fn si_4_1_1_a_cloud_gives_tokens_for_its_own_graph_and_to_its_own_tenants() {
    let (bench, client) = behind().await;
    for (home, login) in LOGINS.iter().enumerate() {
        assert!(bench.directory.set_login_host(TENANT, Some(login)));
        for (at, host) in LOGINS.iter().enumerate() {
            for (graph, cloud) in GRAPHS.iter().zip(CLOUDS) {
                let scope = format!("https://{graph}/.default");
                let mut form = secret_form("s3cret~value");
                form[2] = ("scope", &scope);
                let url = format!("https://{host}/{TENANT}/oauth2/v2.0/token");
                let answer = read(client.post(url).form(&form).send().await.unwrap()).await;
                match (at == home, cloud == home) {
                    (true, true) => drop(answer.token().to_owned()),
                    (true, false) => answer.is_refused(400, 500_011),
                    (false, _) => answer.is_refused(400, 900_382),
                }
            }
        }
    }
}

#[tokio::test]
async fn si_4_1_1_graph_takes_only_tokens_that_are_for_itself() {
    let (bench, client) = behind().await;
    let own = bench.running.registration.clone();
    let scopes = [
        ("https://graph.microsoft.com/.default", true),
        ("https://graph.microsoft.com//.default", true),
        ("00000003-0000-0000-c000-000000000000/.default", true),
        ("https://management.core.windows.net//.default", false),
    ];
    for (scope, is_graph) in scopes {
        let form = [
            ("grant_type", "client_credentials"),
            ("client_id", own.client_id.as_str()),
            ("client_secret", own.client_secret.as_str()),
            ("scope", scope),
        ];
        let url = format!("https://{}/{}/oauth2/v2.0/token", LOGINS[0], own.tenant_id);
        let answer = read(client.post(url).form(&form).send().await.unwrap()).await;
        for (graph, cloud) in GRAPHS.iter().zip(CLOUDS) {
            let url = format!("https://{graph}/v1.0/deviceManagement/managedDevices");
            let got = read(client.get(url).bearer_auth(answer.token()).send().await.unwrap()).await;
            if is_graph && cloud == 0 {
                assert_eq!(got.status, 200, "{scope} {graph} {}", got.body);
                continue;
            }
            assert_eq!(got.status, 401, "{scope} {graph}");
            assert_eq!(got.body["error"]["code"], "InvalidAuthenticationToken");
            let message = "Access token validation failure. Invalid audience.";
            assert_eq!(got.body["error"]["message"], message);
        }
    }
    for resource in [
        "http://graph.microsoft.com",
        "https://localhost:1",
        &format!("{}/v1.0", bench.running.base),
        &bench.running.base,
    ] {
        let scope = format!("{resource}/.default");
        let mut form = secret_form("s3cret~value");
        form[2] = ("scope", &scope);
        let url = format!("https://{}/{TENANT}/oauth2/v2.0/token", LOGINS[0]);
        read(client.post(url).form(&form).send().await.unwrap())
            .await
            .is_refused(400, 500_011);
    }
    // By its own address the simulator is a resource of that name.
    let scope = format!("{}/.default", bench.running.base);
    let mut form = secret_form("s3cret~value");
    form[2] = ("scope", &scope);
    bench.ask(&form).await.token();
}

#[tokio::test]
async fn si_4_1_2_each_host_serves_its_own_and_the_control_api_is_at_none_of_them() {
    let (bench, client) = behind().await;
    let token_path = format!("/{TENANT}/oauth2/v2.0/token");
    let form = secret_form("s3cret~value");
    let token = bench.with_secret("s3cret~value").await.token().to_owned();
    for graph in GRAPHS {
        let sent = client.post(format!("https://{graph}{token_path}")).form(&form);
        let answer = read(sent.send().await.unwrap()).await;
        assert_eq!((answer.status, answer.body.get("access_token")), (400, None), "{graph}");
    }
    for login in LOGINS.iter().chain(&["sts.windows.net", "login.windows.net"]) {
        for path in ["/v1.0/deviceManagement/managedDevices", "/beta/$batch", "/v1.0"] {
            let asked = client.get(format!("https://{login}{path}")).bearer_auth(&token);
            let answer = read(asked.send().await.unwrap()).await;
            assert_eq!((answer.status, &answer.body), (404, &Value::Null), "{login}{path}");
        }
    }
    for host in LOGINS.iter().chain(&GRAPHS) {
        let control = client.get(format!("https://{host}/simulator")).send().await.unwrap();
        assert!([400, 404].contains(&control.status().as_u16()), "{host}");
        assert!(!control.text().await.unwrap().contains(TENANT), "{host}");
        let plain = client.post(format!("http://{host}{token_path}")).form(&form);
        assert_eq!(plain.send().await.unwrap().status(), 403, "{host}");
    }
    let own = bench.http.get(format!("{}/simulator", bench.running.base));
    assert_eq!(own.send().await.unwrap().status(), 200);
}

#[tokio::test]
async fn si_4_1_3_the_token_endpoint_takes_a_form_and_nothing_else() {
    let bench = Bench::new().await;
    let form = "grant_type=client_credentials&client_id=aaaaaaaa-bbbb-4ccc-8ddd-eeeeeeeeeeee\
                &client_secret=s3cret~value&scope=https%3A%2F%2Fgraph.microsoft.com%2F.default";
    let ask = async |kind: Option<&str>| {
        let request = bench.http.post(bench.token_url()).body(form);
        let request = match kind {
            Some(kind) => request.header("content-type", kind),
            None => request,
        };
        read(request.send().await.unwrap()).await
    };
    ask(Some("application/x-www-form-urlencoded")).await.token();
    ask(Some("Application/X-WWW-Form-URLEncoded; charset=utf-8"))
        .await
        .token();
    for kind in [None, Some("text/plain"), Some("application/json")] {
        ask(kind).await.is_refused(400, 900_144);
    }
}

#[tokio::test]
async fn si_4_1_7_a_field_of_the_form_comes_once() {
    let bench = Bench::new().await;
    let good = secret_form("s3cret~value");
    for (name, value) in good.into_iter().chain([("claims", "{}")]) {
        let mut twice = good.to_vec();
        twice.push((name, value));
        twice.push((name, "other"));
        let answer = bench.ask(&twice).await;
        answer.is_refused(400, 9_000_411);
        let text = answer.body["error_description"].as_str().unwrap();
        assert!(text.contains(&format!("'{name}'")), "{text}");
    }
}

#[tokio::test]
async fn si_4_1_1_discovery_tells_the_cloud_of_the_tenant() {
    let bench = Bench::new().await;
    let url = format!("{}/{TENANT}/v2.0/.well-known/openid-configuration", bench.running.base);
    for (login, name, graph) in [
        (LOGINS[0], "microsoftonline.com", GRAPHS[0]),
        (LOGINS[1], "microsoftonline.us", GRAPHS[1]),
        (LOGINS[2], "partner.microsoftonline.cn", GRAPHS[3]),
    ] {
        let tenant = format!("{}/simulator/apps/{TENANT}", bench.running.base);
        let moved = bench.http.patch(tenant).json(&json!({"loginHost": login}));
        assert_eq!(moved.send().await.unwrap().status(), 204);
        let found = read(bench.http.get(&url).send().await.unwrap()).await.body;
        assert_eq!(
            (&found["cloud_instance_name"], &found["msgraph_host"]),
            (&json!(name), &json!(graph))
        );
    }
}

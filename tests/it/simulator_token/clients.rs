//! What Microsoft's own client libraries ask for and read, and a tenant has to have.

use serde_json::{Value, json};
use simulated_tenant::directory::{Account, App, Standing};

use super::support::{APP, Answer, Bench, ROLE, TENANT, app, claims, secret_form};

const READER: &str = "reader@fixture.onmicrosoft.com";
const PASSWORD: &str = "päss wörd";
/// What MSAL asks for besides the resource.
const SCOPE: &str = "https://graph.microsoft.com/.default openid profile offline_access";

async fn bench() -> Bench {
    let bench = Bench::new().await;
    bench.directory.add_app(TENANT, app().with_delegated(&[ROLE]));
    bench.directory.add_account(TENANT, Account::new(READER, PASSWORD));
    bench
}

async fn by_password(bench: &Bench, scope: &str) -> Answer {
    let form = [
        ("grant_type", "password"),
        ("client_id", APP),
        ("client_secret", "s3cret~value"),
        ("scope", scope),
        ("username", READER),
        ("password", PASSWORD),
        ("client_info", "1"),
    ];
    bench.ask(&form).await
}

fn refresh_form<'a>(token: &'a str, scope: &'a str) -> [(&'a str, &'a str); 5] {
    [
        ("grant_type", "refresh_token"),
        ("client_id", APP),
        ("client_secret", "s3cret~value"),
        ("scope", scope),
        ("refresh_token", token),
    ]
}

#[tokio::test]
async fn si_4_2_2_a_person_is_named_to_the_app_in_the_two_forms_that_libraries_read() {
    let bench = bench().await;
    let answer = by_password(&bench, SCOPE).await;
    let access = claims(answer.token());
    let id = claims(answer.body["id_token"].as_str().unwrap());
    assert_eq!(
        (&id["aud"], &id["preferred_username"], &id["tid"]),
        (&json!(APP), &json!(READER), &json!(TENANT))
    );
    assert_eq!(id["oid"], access["oid"]);
    let info = format!("x.{}.x", answer.body["client_info"].as_str().unwrap());
    assert_eq!(claims(&info), json!({"uid": id["oid"], "utid": TENANT}));
    let scope = answer.body["scope"].as_str().unwrap();
    assert!(scope.contains("openid") && scope.contains(ROLE), "{scope}");

    let plain = by_password(&bench, "https://graph.microsoft.com/.default").await;
    assert_eq!(plain.body.get("id_token"), None);
    assert_eq!(plain.body.get("refresh_token"), None);
    assert!(!plain.body["scope"].as_str().unwrap().contains("openid"));
    let of_an_app = bench.with_secret("s3cret~value").await;
    for name in ["id_token", "client_info", "refresh_token", "scope"] {
        assert_eq!(of_an_app.body.get(name), None, "{name}");
    }
}

#[tokio::test]
async fn si_4_2_2_a_refresh_token_works_until_the_account_changes() {
    let bench = bench().await;
    let first = by_password(&bench, SCOPE).await;
    let token = first.body["refresh_token"].as_str().unwrap().to_owned();
    let second = bench.ask(&refresh_form(&token, SCOPE)).await;
    assert_eq!(claims(second.token())["scp"], ROLE);
    assert!(second.body["id_token"].is_string());
    let next = second.body["refresh_token"].as_str().unwrap().to_owned();
    bench.ask(&refresh_form(&next, SCOPE)).await.token();
    assert!(
        bench.directory.check(&token, bench.clock.now()).is_err(),
        "it is no access token"
    );

    for wrong in ["", "1.x.y.z", first.token(), &format!("1.{}", first.token())] {
        let code = if wrong.is_empty() { 900_144 } else { 70_000 };
        bench.ask(&refresh_form(wrong, SCOPE)).await.is_refused(400, code);
    }
    let mut other = refresh_form(&token, SCOPE);
    other[2] = ("client_secret", "");
    bench.ask(&other).await.is_refused(401, 7_000_218);
    other[2] = ("client_secret", "wrong");
    bench.ask(&other).await.is_refused(401, 7_000_215);
    let stranger = "bbbbbbbb-bbbb-4ccc-8ddd-eeeeeeeeeeee";
    bench
        .directory
        .add_app(TENANT, App::new(stranger).with_secret("s3cret~value", None));
    let mut other = refresh_form(&token, SCOPE);
    other[1] = ("client_id", stranger);
    bench.ask(&other).await.is_refused(400, 70_000);

    let disabled = Account::new(READER, PASSWORD).standing(Standing::Disabled);
    bench.directory.add_account(TENANT, disabled);
    bench.ask(&refresh_form(&token, SCOPE)).await.is_refused(400, 50_057);
    bench.directory.add_account(TENANT, Account::new(READER, "another"));
    bench.ask(&refresh_form(&token, SCOPE)).await.is_refused(400, 50_173);
    bench.directory.add_account(TENANT, Account::new(READER, PASSWORD));
    bench.clock.advance(chrono::TimeDelta::days(90));
    bench.ask(&refresh_form(&token, SCOPE)).await.is_refused(400, 700_082);
}

#[tokio::test]
async fn si_4_2_5_azures_management_and_graphs_id_are_resources_of_every_tenant() {
    let bench = bench().await;
    for (scope, audience) in [
        (
            "https://management.core.windows.net//.default",
            "https://management.core.windows.net/",
        ),
        (
            "https://management.core.windows.net/.default",
            "https://management.core.windows.net",
        ),
        ("https://management.azure.com/.default", "https://management.azure.com"),
        (
            "00000003-0000-0000-c000-000000000000/.default",
            "00000003-0000-0000-c000-000000000000",
        ),
    ] {
        let mut form = secret_form("s3cret~value");
        form[2] = ("scope", scope);
        assert_eq!(claims(bench.ask(&form).await.token())["aud"], audience);
    }
    let mut form = secret_form("s3cret~value");
    form[2] = ("scope", "https://management.core.chinacloudapi.cn//.default");
    bench.ask(&form).await.is_refused(400, 500_011);
    let person = by_password(&bench, "00000003-0000-0000-c000-000000000000/.default").await;
    assert_eq!(
        claims(person.token())["aud"],
        Value::from("00000003-0000-0000-c000-000000000000")
    );
}

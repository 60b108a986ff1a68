//! The password grant: who gets a token in his own name, and everybody who does not.

use super::support::*;
use serde_json::Value;
use simulated_tenant::directory::{Account, App, Standing};

const READER: &str = "Reader@Fixture.onmicrosoft.com";
const PASSWORD: &str = "päss wörd+&=";
const RIGHT: &str = "https://graph.microsoft.com/DeviceManagementManagedDevices.Read.All";
const PUBLIC: &str = "bbbbbbbb-bbbb-4ccc-8ddd-eeeeeeeeeeee";

async fn bench() -> Bench {
    let bench = Bench::new().await;
    bench
        .directory
        .add_app(TENANT, app().with_delegated(&[ROLE, "User.Read"]));
    let mut public = App::new(PUBLIC).with_delegated(&[ROLE]);
    public.public = true;
    bench.directory.add_app(TENANT, public);
    bench.directory.add_account(TENANT, Account::new(READER, PASSWORD));
    bench
}

fn form<'a>(changed: &[(&'a str, &'a str)]) -> Vec<(&'a str, &'a str)> {
    let mut form = vec![
        ("grant_type", "password"),
        ("client_id", APP),
        ("client_secret", "s3cret~value"),
        ("scope", RIGHT),
        ("username", READER),
        ("password", PASSWORD),
    ];
    for (name, value) in changed {
        form.iter_mut().find(|(key, _)| key == name).unwrap().1 = value;
    }
    form
}

fn claims(token: &str) -> Value {
    use base64::Engine as _;
    let body = token.split('.').nth(1).unwrap();
    let body = base64::engine::general_purpose::URL_SAFE_NO_PAD.decode(body).unwrap();
    serde_json::from_slice(&body).unwrap()
}

#[tokio::test]
async fn a_person_gets_a_token_with_scopes_and_without_roles() {
    let bench = bench().await;
    for scope in [RIGHT, "https://graph.microsoft.com/.default", ROLE] {
        let answer = bench.ask(&form(&[("scope", scope)])).await;
        let claims = claims(answer.token());
        assert_eq!(claims["scp"], format!("{ROLE} User.Read"), "{scope}");
        assert_eq!((claims.get("roles"), &claims["idtyp"]), (None, &Value::from("user")));
        assert!(answer.body["scope"].as_str().unwrap().contains(RIGHT));
        assert_eq!(answer.body.get("refresh_token"), None);
        let path = format!("{}/v1.0/deviceManagement/managedDevices", bench.running.base);
        let graph = bench.http.get(&path).bearer_auth(answer.token()).send().await.unwrap();
        // The fixture's tenant has no fleet: what counts is that the right was enough.
        assert_eq!(graph.status().as_u16(), 400, "{}", graph.text().await.unwrap());
    }
    let scopes = format!("{RIGHT} openid offline_access");
    let answer = bench.ask(&form(&[("scope", &scopes)])).await;
    assert!(answer.body["refresh_token"].is_string());
}

#[tokio::test]
async fn whoever_can_not_sign_in_by_password_alone_is_refused_with_his_own_code() {
    let bench = bench().await;
    for (standing, code) in [
        (Standing::Mfa, 50_076),
        (Standing::MfaEnrolment, 50_079),
        (Standing::Federated, 50_126),
        (Standing::Guest, 50_034),
        (Standing::Blocked, 53_003),
        (Standing::Disabled, 50_057),
        (Standing::PasswordExpired, 50_055),
        (Standing::LockedOut, 50_053),
    ] {
        let account = Account::new(READER, PASSWORD).standing(standing);
        bench.directory.add_account(TENANT, account);
        bench.ask(&form(&[])).await.is_refused(400, code);
    }
    bench.directory.add_account(TENANT, Account::new(READER, PASSWORD));
    bench.ask(&form(&[("username", &READER.to_uppercase())])).await.token();
    for (changed, status, code) in [
        (("password", "wrong"), 400, 50_126),
        (("password", "päss wörd+&= "), 400, 50_126),
        (("password", ""), 400, 900_144),
        (("username", "nobody@fixture.onmicrosoft.com"), 400, 50_034),
        (("username", ""), 400, 900_144),
        (("client_secret", ""), 401, 7_000_218),
        (("client_secret", "wrong"), 401, 7_000_215),
        (
            ("scope", "https://graph.microsoft.com/DeviceManagementApps.Read.All"),
            400,
            65_001,
        ),
        (
            (
                "scope",
                "https://graph.microsoft.com/.default https://vault.azure.net/.default",
            ),
            400,
            70_011,
        ),
        (("client_id", "12345678-bbbb-4ccc-8ddd-eeeeeeeeeeee"), 400, 700_016),
        // A public client has no secret, and needs none.
        (("client_id", PUBLIC), 401, 700_025),
    ] {
        bench.ask(&form(&[changed])).await.is_refused(status, code);
    }
    bench
        .ask(&form(&[("client_id", PUBLIC), ("client_secret", "")]))
        .await
        .token();
    bench.directory.add_app(TENANT, app());
    bench.ask(&form(&[])).await.is_refused(400, 65_001);
}

#[tokio::test]
async fn the_tenant_is_named_or_found_by_the_account() {
    let bench = bench().await;
    let at = |tenant: &str| format!("{}/{tenant}/oauth2/v2.0/token", bench.running.base);
    let home = bench.ask_at(&at("organizations"), &form(&[])).await;
    assert_eq!(claims(home.token())["tid"], TENANT);
    for endpoint in ["common", "consumers"] {
        bench.ask_at(&at(endpoint), &form(&[])).await.is_refused(400, 9_001_023);
    }
    let nobody = form(&[("username", "nobody@elsewhere.example")]);
    bench
        .ask_at(&at("organizations"), &nobody)
        .await
        .is_refused(400, 50_034);
}

#[tokio::test]
async fn a_persons_token_is_worth_no_more_than_his_role_in_intune() {
    let running = simulated_tenant::start(simulated_tenant::Options::quick(1, 7))
        .await
        .unwrap();
    let who = running.registration.clone();
    let http = reqwest::Client::new();
    let form = [
        ("grant_type", "password"),
        ("client_id", who.client_id.as_str()),
        ("client_secret", who.client_secret.as_str()),
        ("scope", "https://graph.microsoft.com/.default"),
        ("username", who.user_name.as_str()),
        ("password", who.user_password.as_str()),
    ];
    let url = format!("{}/{}/oauth2/v2.0/token", running.base, who.tenant_id);
    let token = read(http.post(url).form(&form).send().await.unwrap())
        .await
        .token()
        .to_owned();
    let devices = format!("{}/v1.0/deviceManagement/managedDevices", running.base);
    let look = || http.get(&devices).bearer_auth(&token).send();
    assert_eq!(look().await.unwrap().status().as_u16(), 200);
    let control = format!(
        "{}/simulator/accounts/{}/{}",
        running.base, who.tenant_id, who.user_name
    );
    let changed = http
        .put(&control)
        .json(&serde_json::json!({"intuneRole": false}))
        .send()
        .await
        .unwrap();
    assert_eq!(changed.status().as_u16(), 204);
    let refused = look().await.unwrap();
    assert_eq!(refused.status().as_u16(), 403);
    assert!(refused.text().await.unwrap().contains("User is not authorized"));
    let device = http
        .get(format!("{devices}/x/syncDevice"))
        .bearer_auth(&token)
        .send()
        .await
        .unwrap();
    assert_eq!(device.status().as_u16(), 405, "known, but a GET");
    running.stop().await;
}

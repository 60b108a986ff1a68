//! Against the simulated tenant, which checks signatures, lifetimes and rights by code of its own.

use intune_connector::config::{CredentialKind, InstanceSettings, SigningAlgorithm};
use intune_connector::entra::permissions::{self, InstanceFeature};
use intune_connector::entra::{TokenPurpose, TokenSource};
use intune_connector::model::Timestamp;
use intune_connector::observe::Clock;
use secrecy::{SecretSlice, SecretString};
use simulated_tenant::directory::{App, Certificate};
use simulated_tenant::{Directory, Options, Running, SimClock, start};

use super::{PFX_PASSWORD, fixture, noon, pem, quick};

const TENANT: &str = "11111111-2222-4333-8444-555555555555";
const APP: &str = "aaaaaaaa-bbbb-4ccc-8ddd-eeeeeeeeeeee";
const READ: &str = "DeviceManagementManagedDevices.Read.All";

async fn tenant() -> (Running, InstanceSettings) {
    let directory = Directory::new().unwrap();
    directory.add_tenant(TENANT, &["fixture.onmicrosoft.com"]);
    let certificate = Certificate::read(&fixture("cert.pem")).unwrap();
    let app = App::new(APP)
        .with_roles(&[READ, "User.Read.All"])
        .with_certificate(certificate);
    directory.add_app(TENANT, app);
    let options = Options {
        directory: Some(directory),
        clock: SimClock::manual(noon()),
        ..Options::quick(1, 3)
    };
    let running = start(options).await.unwrap();
    let settings = crate::support::scripted::settings(&running.base, &[("tenant_id", TENANT), ("client_id", APP)]);
    (running, settings)
}

async fn roles(settings: &InstanceSettings, now: Timestamp) -> Result<Vec<String>, String> {
    let source = TokenSource::with_retry_policy(settings, TokenPurpose::Scan, Clock::manual(now), quick()).unwrap();
    source
        .obtain_token()
        .await
        .map(|token| token.roles().to_vec())
        .map_err(|error| error.code())
}

#[tokio::test]
async fn it_signs_in_by_certificate_in_every_form() {
    let (running, mut settings) = tenant().await;
    for algorithm in [SigningAlgorithm::Ps256, SigningAlgorithm::Rs256] {
        settings.credential.algorithm = algorithm;
        let password = SecretString::from(PFX_PASSWORD);
        let old = CredentialKind::Pfx {
            bytes: SecretSlice::from(fixture("rc2-40.pfx")),
            password,
        };
        for kind in [pem("cert.pem", "key.pem"), old] {
            settings.credential.kind = kind;
            let found = roles(&settings, noon()).await.unwrap();
            assert!(found.contains(&READ.to_owned()), "{found:?}");
        }
    }
    settings.credential.kind = pem("next-cert.pem", "next-key.pem");
    assert_eq!(roles(&settings, noon()).await.unwrap_err(), "AADSTS700027");
    settings.credential.kind = pem("cert.pem", "key.pem");
    let early = noon() - chrono::TimeDelta::hours(1);
    let other_clock = InstanceSettings {
        tenant_id: TENANT.to_uppercase(),
        ..settings.clone()
    };
    assert_eq!(roles(&other_clock, early).await.unwrap_err(), "AADSTS700024");
    running.stop().await;
}

#[tokio::test]
async fn rights_are_compared_with_what_the_features_need() {
    let (running, mut settings) = tenant().await;
    settings.credential.kind = pem("cert.pem", "key.pem");
    let found = roles(&settings, noon()).await.unwrap();
    let compared = permissions::compare_permissions(&found, &[InstanceFeature::Scan]);
    assert!(compared.missing.is_empty());
    assert_eq!(compared.surplus, ["User.Read.All"]);
    let compared = permissions::compare_permissions(&found, &[InstanceFeature::Scan, InstanceFeature::Actions]);
    let [missing] = compared.missing[..] else {
        panic!("{compared:?}")
    };
    assert!(missing.name.ends_with("PrivilegedOperations.All") && missing.reason.contains("wipe"));
    let command = permissions::grant_command(missing, APP);
    assert!(
        command.contains(APP) && command.contains(missing.name) && command.starts_with("az "),
        "{command}"
    );
    running.stop().await;
}

//! The example for gateways: a real nginx in front of an application, real client certificates, and a bus that decides.
//! What a client writes into a header changes nothing: without a certificate it is 403, with one the decision is about
//! the device of the certificate.

pub mod certificates;
mod nginx;

use std::sync::{Arc, Mutex};

use axum::Router;
use axum::http::HeaderMap;
use serde_json::json;

use crate::compliance::{DEVICE, Gate, OTHER};
use crate::whole::until;
use certificates::{Authority, Pair};
use nginx::{HOST, Nginx};

/// An application that notes which headers it got.
#[derive(Clone, Default)]
struct Application {
    seen: Arc<Mutex<Vec<HeaderMap>>>,
}

impl Application {
    async fn start() -> (Application, String) {
        let application = Application::default();
        let seen = application.seen.clone();
        let inside = Router::new().fallback(move |headers: HeaderMap| {
            seen.lock().unwrap().push(headers);
            std::future::ready("inside")
        });
        let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = listener.local_addr().unwrap().to_string();
        tokio::spawn(async move { axum::serve(listener, inside).await });
        (application, address)
    }

    fn seen(&self) -> Vec<HeaderMap> {
        self.seen.lock().unwrap().clone()
    }
}

struct Scene {
    bus: Gate,
    nginx: Nginx,
    application: Application,
}

impl Scene {
    /// `DEVICE` is compliant, `OTHER` is not.
    async fn new() -> Scene {
        // Time enough on a slow machine.
        let bus = Gate::new(&[("node.default.time_budget_ms", "60000")]).await;
        bus.device(OTHER, json!({"complianceState": "noncompliant"})).await;
        let gate = json!({"name": "gate", "kind": "server", "rights": ["Compliance_Decide"]});
        bus.post("/sics/v1/operators", gate).await;
        let token = bus
            .post("/sics/v1/operators/gate/tokens", json!({"name": "nginx"}))
            .await;
        let (application, address) = Application::start().await;
        let url = bus.bus().local.url.clone();
        let connector = url.trim_start_matches("http://");
        let nginx = Nginx::start(connector, &address, token["token"].as_str().unwrap()).await;
        Scene {
            bus,
            nginx,
            application,
        }
    }

    fn of(&self, device: &str) -> Pair {
        self.nginx.device_authority.issue(&[("CN", device)])
    }

    /// What the gate answers to this certificate and these headers.
    async fn status(&self, certificate: Option<&Pair>, headers: &[(&str, &str)]) -> u16 {
        let mut request = self.nginx.client(certificate).get(format!("https://{HOST}/mail"));
        for (name, value) in headers {
            request = request.header(*name, *value);
        }
        match request.send().await {
            Ok(answer) => answer.status().as_u16(),
            Err(error) => panic!("{error:?}\n{}", self.nginx.errors()),
        }
    }

    /// The devices that the tenant was asked about since the last look.
    async fn decided(&self) -> Vec<String> {
        let asked = self.bus.asked();
        self.bus.forget().await;
        let mut ids: Vec<String> = asked
            .iter()
            .filter_map(|path| path.split(['/', '?']).nth(4).map(str::to_owned))
            .collect();
        ids.dedup();
        ids
    }
}

/// All the ways in which a client may try to say which device it is.
fn forged(device: &str) -> Vec<Vec<(&'static str, String)>> {
    let (bare, name) = (device.to_owned(), format!("CN={device}"));
    vec![
        vec![("x-intune", name.clone())],
        vec![("X-INTUNE", bare.clone())],
        vec![("x-intune", name.clone()), ("x-intune", bare.clone())],
        vec![("x_intune", name.clone())],
        vec![("x-intune-outcome", "COMPLIANT".to_owned())],
        vec![
            ("ssl-client-s-dn", name.clone()),
            ("ssl-client-verify", "SUCCESS".to_owned()),
        ],
        vec![("connection", "x-intune".to_owned()), ("x-intune", name)],
        vec![("authorization", "Bearer icp_forged".to_owned())],
    ]
}

fn pairs<'a>(headers: &'a [(&'static str, String)]) -> Vec<(&'a str, &'a str)> {
    headers.iter().map(|(name, value)| (*name, value.as_str())).collect()
}

#[tokio::test]
async fn pn02_the_certificate_lets_its_device_in_and_no_other() {
    let scene = Scene::new().await;
    assert_eq!(
        scene.status(Some(&scene.of(DEVICE)), &[]).await,
        200,
        "{}",
        scene.nginx.errors()
    );
    assert_eq!(scene.decided().await, [DEVICE]);
    let seen = scene.application.seen();
    let header = |name: &str| {
        seen[0]
            .get(name)
            .and_then(|value| value.to_str().ok())
            .map(str::to_owned)
    };
    assert_eq!(header("x-intune"), Some(format!("CN={DEVICE}")));
    assert_eq!(header("x-intune-outcome").as_deref(), Some("COMPLIANT"));
    assert_eq!(scene.status(Some(&scene.of(OTHER)), &[]).await, 403);
    assert_eq!(scene.decided().await, [OTHER]);
    let stranger = uuid::Uuid::from_u128(7).to_string();
    for common_name in [stranger.as_str(), "not a guid", "*", &format!("{DEVICE}/../x")] {
        assert_eq!(
            scene.status(Some(&scene.of(common_name)), &[]).await,
            403,
            "{common_name}"
        );
    }
    assert_eq!(scene.application.seen().len(), 1, "nothing else came through");
}

#[tokio::test]
async fn pn04_a_forged_header_without_a_certificate_is_403_and_nothing_is_decided() {
    let scene = Scene::new().await;
    assert_eq!(scene.status(None, &[]).await, 403);
    for headers in forged(DEVICE) {
        assert_eq!(scene.status(None, &pairs(&headers)).await, 403, "{headers:?}");
    }
    let stranger = Authority::new("Devices").issue(&[("CN", DEVICE)]);
    assert_eq!(
        scene.status(Some(&stranger), &[]).await,
        403,
        "of an authority by the same name"
    );
    assert_eq!(scene.decided().await, [""; 0]);
    assert!(scene.application.seen().is_empty());
}

#[tokio::test]
async fn pn04_a_forged_header_beside_a_certificate_decides_about_the_certificates_device() {
    let scene = Scene::new().await;
    let (good, bad) = (scene.of(DEVICE), scene.of(OTHER));
    for headers in forged(DEVICE) {
        assert_eq!(scene.status(Some(&bad), &pairs(&headers)).await, 403, "{headers:?}");
    }
    assert_eq!(scene.decided().await, [OTHER]);
    assert!(scene.application.seen().is_empty());
    for headers in forged(OTHER) {
        assert_eq!(scene.status(Some(&good), &pairs(&headers)).await, 200, "{headers:?}");
    }
    assert_eq!(scene.decided().await, [DEVICE]);
    for headers in scene.application.seen() {
        let values: Vec<_> = headers.get_all("x-intune").iter().collect();
        assert_eq!(values, [&format!("CN={DEVICE}")]);
        assert_eq!(headers.get_all("x-intune-outcome").iter().count(), 1);
    }
}

#[tokio::test]
async fn pn03_a_subject_of_several_parts_is_read_as_a_name_whatever_its_parts_hold() {
    let scene = Scene::new().await;
    let issue = |subject: &[(&str, &str)]| scene.nginx.device_authority.issue(subject);
    let several = issue(&[
        ("C", "DE"),
        ("O", "Contoso, Ltd."),
        ("OU", "Müller=Söhne+1"),
        ("CN", DEVICE),
    ]);
    assert_eq!(scene.status(Some(&several), &[]).await, 200);
    // The organisation tries to be the device.
    let smuggled = issue(&[("O", &format!("x,CN={DEVICE}")), ("CN", OTHER)]);
    assert_eq!(scene.status(Some(&smuggled), &[]).await, 403);
    let two = issue(&[("CN", OTHER), ("CN", DEVICE)]);
    assert_eq!(
        scene.status(Some(&two), &[]).await,
        403,
        "two different devices are none"
    );
    let none = issue(&[("O", DEVICE)]);
    assert_eq!(scene.status(Some(&none), &[]).await, 403);
    assert_eq!(scene.decided().await, [DEVICE, OTHER]);
}

#[tokio::test]
async fn pn07_whatever_goes_wrong_behind_the_gate_is_403() {
    let mut scene = Scene::new().await;
    let good = scene.of(DEVICE);
    let path = "*/managedDevices/*";
    for fault in [
        json!({"kind": "status", "status": 500}),
        json!({"kind": "status", "status": 404}),
        json!({"kind": "forbidden"}),
    ] {
        scene.bus.fault(json!({"fault": fault, "path": path, "times": 0})).await;
        assert_eq!(scene.status(Some(&good), &[]).await, 403, "{fault}");
        scene.bus.heal().await;
    }
    // A missing right is remembered for some seconds (E9), and no failure for good.
    until("the gate opens by itself", async || {
        scene.status(Some(&good), &[]).await == 200
    })
    .await;
    let gate = "/sics/v1/operators/gate";
    scene
        .bus
        .good(reqwest::Method::PATCH, gate, json!({"rights": ["Devices_Read"]}))
        .await;
    assert_eq!(scene.status(Some(&good), &[]).await, 403, "the gate may not ask");
    scene.bus.good(reqwest::Method::DELETE, gate, json!({})).await;
    assert_eq!(scene.status(Some(&good), &[]).await, 403, "nobody knows the gate");
    scene.bus.stop().await;
    assert_eq!(scene.status(Some(&good), &[]).await, 403, "the bus is down");
    assert_eq!(scene.application.seen().len(), 1);
}

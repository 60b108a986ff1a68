use super::{Tenant, beside};
use crate::support::program::{Bus, User};

const DEVICES: usize = 40;
const VANISHED: usize = 25;

#[tokio::test(flavor = "multi_thread")]
async fn s2_the_brake_is_released_for_exactly_the_devices_shown() {
    let user = User::new();
    let tenant = Tenant::new(&user, DEVICES).await;
    let args = tenant.args.clone();
    let (user, data, _bus) = beside(move || {
        let data = user.path("data");
        let bus = Bus::start(&user, &data);
        let data = data.display().to_string();
        user.says(&format!("instances add {args} --servers * --data {data}"))
            .good();
        user.says(&format!("scan --instance IntuneConnector_1 --data {data}"))
            .good();
        (user, data, bus)
    })
    .await;
    let listed = user.says(&format!("devices --all --json --data {data}")).good();
    let ids = listed
        .lines()
        .map(|line| serde_json::from_str::<serde_json::Value>(line).unwrap()["deviceId"].clone());
    let http = reqwest::Client::new();
    for id in ids.take(VANISHED) {
        let url = format!("{}/simulator/devices/{}", tenant.sim.base, id.as_str().unwrap());
        http.delete(url).send().await.unwrap().error_for_status().unwrap();
    }
    beside(move || released(&user, &data)).await;
    tenant.sim.stop().await;
}

fn released(user: &User, data: &str) {
    let left = || {
        user.says(&format!("devices --all --json --data {data}"))
            .good()
            .lines()
            .count()
    };
    let scan = format!("scan --instance IntuneConnector_1 --data {data}");
    let confirm = format!("scan confirm-gone --instance IntuneConnector_1 --data {data}");
    let braked = user.says(&scan).good();
    assert!(braked.contains("the brake holds"), "{braked}");
    assert_eq!(left(), DEVICES);
    let held = user.says(&format!("{confirm} --json")).json();
    assert_eq!(held["count"], VANISHED);
    let digest = held["digest"].as_str().unwrap();
    let other = user.says(&format!("{confirm} --digest {digest} --yes-i-mean {}", VANISHED - 1));
    assert_eq!(other.code, 5, "{other:?}");
    let other = user.says(&format!("{confirm} --digest 00{digest} --yes-i-mean {VANISHED}"));
    assert_eq!(other.code, 5, "{other:?}");
    assert_eq!(left(), DEVICES);
    user.says(&format!("{confirm} --digest {digest} --yes-i-mean {VANISHED}"))
        .good();
    user.says(&scan).good();
    assert_eq!(left(), DEVICES - VANISHED);
}

//! Changing an installation that is not all right.

use crate::support::program::User;

use super::install::{beside, by_secret, tenant};

#[tokio::test(flavor = "multi_thread")]
async fn n8_a_change_is_not_held_up_by_what_was_wrong_before() {
    let user = User::new();
    let sim = tenant(4, 7).await;
    let line = by_secret(&user, &sim);
    beside(move || {
        let data = user.path("data");
        let shown = data.display().to_string();
        user.says(&format!("install {line} --data {shown}")).good();
        let ini = data.join("instances/IntuneConnector_1.ini");
        let written = std::fs::read_to_string(&ini).unwrap();
        let others = written.lines().filter(|line| !line.starts_with("fields"));
        let lines: Vec<&str> = others.chain(["fields = deviceName, serialNumbr"]).collect();
        let wrong = lines.join("\n") + "\n";
        assert_ne!(wrong, written);
        std::fs::write(&ini, wrong).unwrap();
        let change = |what: &str| {
            user.says(&format!(
                "instances reconfigure IntuneConnector_1 {what} --continue-anyway --data {shown}"
            ))
        };
        let renamed = change("--set profile=Renamed");
        assert_eq!(renamed.code, 0, "{renamed:?}");
        for told in ["Wrong before, and still:", "fields", "serialNumbr"] {
            assert!(renamed.err.contains(told), "{told}: {renamed:?}");
        }
        let refused = change("--set fields=nonsense");
        assert_ne!(refused.code, 0, "{refused:?}");
        assert!(refused.err.contains("nonsense"), "{refused:?}");
        let mended = change("--set fields=deviceName,serialNumber");
        assert_eq!(mended.code, 0, "{mended:?}");
        assert!(!mended.err.contains("Wrong before"), "{mended:?}");
    })
    .await;
    sim.stop().await;
}

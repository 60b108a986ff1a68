//! `workflows` on a folder where no bus runs, and its check, which needs none.

use super::{Tenant, beside};
use crate::support::program::User;

#[tokio::test]
async fn a_definition_is_checked_without_a_bus_each_finding_with_its_place() {
    let user = User::new();
    let good = concat!(env!("CARGO_MANIFEST_DIR"), "/workflows/RetireWithNotice.xml");
    let wrong = user.file(
        "wrong.xml",
        "<workflow name=\"W\" version=\"1\"><onDemand/><steps>\n<call id=\"a\" activity=\"writFile\"/>\n</steps></workflow>",
    );
    beside(move || {
        let told = user.says(&format!("workflows check {good}"));
        assert_eq!(told.code, 0, "{told:?}");
        assert!(told.out.contains("RetireWithNotice version 1 can run"), "{told:?}");
        let told = user.says(&format!("workflows check {wrong}"));
        assert_eq!(told.code, 1, "{told:?}");
        assert!(
            told.out
                .contains("wrong.xml:2:1: there is no activity \"writFile\"; did you mean writeFile?"),
            "{told:?}"
        );
        let told = user.says(&format!("workflows check {wrong} --json"));
        let answer: serde_json::Value = serde_json::from_str(&told.out).unwrap();
        assert_eq!(
            (answer["good"].as_bool(), &answer["findings"][0]["line"]),
            (Some(false), &2.into())
        );
    })
    .await;
}

#[tokio::test]
async fn workflows_of_a_folder_are_listed_enabled_and_begun_without_a_bus() {
    let user = User::new();
    let tenant = Tenant::new(&user, 3).await;
    beside(move || {
        let data = user.path("data").display().to_string();
        let told = user.says(&format!("instances add {} --servers * --data {data}", tenant.args));
        assert_eq!(told.code, 0, "{told:?}");
        let told = user.says(&format!("workflows --data {data}"));
        assert_eq!(told.code, 0, "{told:?}");
        for name in [
            "ENGINE",
            "IntuneWorkflowEngine_1",
            "IntuneActions_1",
            "IntuneMobileDevices_1",
            "RetireWithNotice_1",
            "StaleDevices_1",
        ] {
            assert!(told.out.contains(name), "{told:?}");
        }
        let told = user.says(&format!("workflows start StaleDevices_1 --data {data}"));
        assert_eq!(told.code, 5, "it is not enabled: {told:?}");
        let told = user.says(&format!("workflows enable StaleDevices_1 --data {data}"));
        assert_eq!(told.code, 0, "{told:?}");
        let told = user.says(&format!(
            "workflows start StaleDevices_1 --set silentFr=5d --data {data}"
        ));
        assert_eq!(told.code, 2, "{told:?}");
        assert!(told.err.contains("did you mean silentFor?"), "{told:?}");
        let told = user.says(&format!(
            "workflows start StaleDevices_1 --set silentFor=5d --data {data}"
        ));
        assert_eq!(told.code, 0, "{told:?}");
        assert!(
            told.out.ends_with(" of StaleDevices_1 starts when the bus runs\n"),
            "{told:?}"
        );
        let run = told.out.split_whitespace().nth(1).unwrap().to_owned();
        let told = user.says(&format!("workflows runs {run} --json --data {data}"));
        let answer: serde_json::Value = serde_json::from_str(&told.out).unwrap();
        assert_eq!(answer["run"]["parameters"]["silentFor"], "5d");
        let told = user.says(&format!("workflows enable RetireWithNotice_1 --data {data}"));
        assert!(told.out.contains("a second operator must approve"), "{told:?}");
        let told = user.says(&format!("workflows cancel {run} --data {data}"));
        assert_eq!(told.code, 0, "{told:?}");
    })
    .await;
}

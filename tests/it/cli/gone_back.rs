//! A data folder that is put back as a whole, as with a snapshot of its machine: the first server that comes back shows
//! it, and it is told wherever people look (A8).

use std::path::Path;
use std::process::Command;

use serde_json::Value;

use super::{Tenant, beside};
use crate::support::program::{Bus, User};

fn copy(from: &Path, to: &Path) {
    let _ = std::fs::remove_dir_all(to);
    assert!(
        Command::new("cp")
            .arg("-a")
            .args([from, to])
            .status()
            .unwrap()
            .success()
    );
}

fn readiness(bus: &Bus) -> Value {
    let url = format!("{}/readyz", bus.url);
    let asked = std::thread::spawn(move || {
        let runtime = tokio::runtime::Builder::new_current_thread()
            .enable_all()
            .build()
            .unwrap();
        runtime.block_on(async { reqwest::get(url).await.unwrap().json().await.unwrap() })
    });
    asked.join().unwrap()
}

#[tokio::test(flavor = "multi_thread")]
async fn cr_v6_a8_a_folder_put_back_is_noticed_by_follow_told_everywhere_and_the_view_ends_right() {
    let user = User::new();
    let tenant = Tenant::new(&user, 20).await;
    let args = tenant.args.clone();
    beside(move || {
        let (path, kept) = (user.path("data"), user.path("kept"));
        let data = path.display().to_string();
        let bus = Bus::start(&user, &path);
        user.says(&format!("instances add {args} --servers * --data {data}"))
            .good();
        user.says(&format!("scan --instance IntuneConnector_1 --data {data}"))
            .good();
        user.says(&format!("servers announce acmp --data {data}")).good();
        user.says(&format!("servers accept acmp --data {data}")).good();
        let follow = || {
            let table = user.path("fleet.csv").display().to_string();
            user.says(&format!("follow --server acmp --csv {table} --once --data {data}"))
        };
        follow().good();
        assert_eq!(bus.stop(), 0);
        copy(&path, &kept);
        let bus = Bus::start(&user, &path);
        // Numbers of the feed are used that the kept folder does not know.
        user.says(&format!("servers resync acmp --data {data}")).good();
        follow().good();
        assert_eq!(bus.stop(), 0);

        copy(&kept, &path);
        let bus = Bus::start(&user, &path);
        assert!(user.says(&format!("killswitch --data {data}")).good().contains("off"));
        let said = follow();
        assert!(said.err.contains("ahead of the store"), "{said:?}");
        let ready = readiness(&bus);
        assert!(ready["store"]["wentBackAt"].is_string(), "{ready}");
        assert!(
            ready["store"].get("wentBack").is_none(),
            "who has not signed in is told no more: {ready}"
        );
        assert!(user.says(&format!("killswitch --data {data}")).good().contains("ON"));
        let warned = |text: &str| text.contains("put back to an earlier state") && text.contains("killswitch");
        let doctor = user.says(&format!("doctor --data {data}")).good();
        assert!(warned(&doctor), "{doctor}");
        let trail = user.says(&format!("audit --data {data}")).good();
        assert!(trail.contains("store.restored"), "{trail}");
        // Once the fleet is known again the table is that fleet.
        user.says(&format!("scan --instance IntuneConnector_1 --data {data}"))
            .good();
        follow().good();
        let table = std::fs::read_to_string(user.path("fleet.csv")).unwrap();
        assert_eq!(table.lines().count(), 21, "{table}");
        assert_eq!(bus.stop(), 0);
        let doctor = user.says(&format!("doctor --data {data}")).good();
        assert!(warned(&doctor), "no bus runs, and it is told all the same: {doctor}");
    })
    .await;
    tenant.sim.stop().await;
}

#[test]
fn cr_v8_a8_a_store_that_is_missing_beside_its_mark_is_told_before_and_after_the_start() {
    let user = User::new();
    let path = user.path("data");
    let data = path.display().to_string();
    assert_eq!(Bus::start(&user, &path).stop(), 0);
    for name in ["bus.db", "bus.db-wal", "bus.db-shm"] {
        let _ = std::fs::remove_file(path.join(name));
    }
    let doctor = user.says(&format!("doctor --data {data}")).good();
    assert!(doctor.contains("missing, but its high-water mark exists"), "{doctor}");
    let bus = Bus::start(&user, &path);
    let ready = readiness(&bus);
    assert!(
        ready["ready"] == true && ready["store"]["wentBackAt"].is_string(),
        "{ready}"
    );
    assert!(user.says(&format!("killswitch --data {data}")).good().contains("ON"));
    let doctor = user.says(&format!("doctor --data {data}")).good();
    assert!(
        doctor.contains("the store was removed, and this one is new"),
        "{doctor}"
    );
}

#[test]
fn wi_13_a_mark_that_is_damaged_is_told_before_and_after_the_start() {
    let user = User::new();
    let path = user.path("data");
    let data = path.display().to_string();
    assert_eq!(Bus::start(&user, &path).stop(), 0);
    let nonsense = "nothing that a store has written, and longer than any mark";
    std::fs::write(path.join("bus.mark"), nonsense).unwrap();
    let doctor = || user.says(&format!("doctor --data {data}")).good();
    assert!(doctor().contains("bus.mark is damaged"), "{}", doctor());
    let bus = Bus::start(&user, &path);
    let trail = user.says(&format!("audit --data {data}")).good();
    assert!(trail.contains("store.markDamaged"), "{trail}");
    assert!(user.says(&format!("killswitch --data {data}")).good().contains("off"));
    assert_eq!(bus.stop(), 0);
    assert!(!doctor().contains("is damaged"), "{}", doctor());

    // It still shows that there was a store.
    std::fs::write(path.join("bus.mark"), "torn").unwrap();
    for name in ["bus.db", "bus.db-wal", "bus.db-shm"] {
        let _ = std::fs::remove_file(path.join(name));
    }
    let _bus = Bus::start(&user, &path);
    assert!(user.says(&format!("killswitch --data {data}")).good().contains("ON"));
}

#[test]
fn cr_v6_a8_a_second_mark_that_can_not_do_its_work_is_refused_with_what_to_do() {
    let user = User::new();
    let path = user.path("data");
    std::fs::create_dir_all(&path).unwrap();
    let outside = user.path("no such folder").join("bus.mark");
    for (mark, told) in [
        (path.join("second.mark"), "is in the data folder"),
        (outside, "mark_file in bus.ini"),
    ] {
        std::fs::write(
            path.join("bus.ini"),
            format!("[store]\nmark_file = {}\n", mark.display()),
        )
        .unwrap();
        let said = user.says(&format!("run --data {} --listen 127.0.0.1:0", path.display()));
        assert!(said.code != 0 && said.err.contains(told), "{said:?}");
    }
}

#[test]
fn wi_1_a_second_mark_is_not_written_over_another_file() {
    let user = User::new();
    let data = user.path("data");
    std::fs::create_dir_all(&data).unwrap();
    let notes = user.file("notes.txt", "my notes\n");
    std::fs::write(data.join("bus.ini"), format!("[store]\nmark_file = {notes}\n")).unwrap();
    for line in ["run --quiet --listen 127.0.0.1:0", "doctor"] {
        let said = user.says(&format!("{line} --data data"));
        let told = format!("{}{}", said.out, said.err).replace('\n', " ");
        assert_eq!(said.code, 1, "{line}: {said:?}");
        for word in [notes.as_str(), "another file", "mark_file"] {
            assert!(told.contains(word), "{line}: {said:?}");
        }
        assert_eq!(std::fs::read_to_string(&notes).unwrap(), "my notes\n", "{line}");
    }
}

//! L2: `audit verify` finds a cut-off end by itself.

use rusqlite::Connection;
use serde_json::{Value, json};

use super::House;

/// A trail of some entries, its head in the daily log, and the bus stopped.
fn written() -> (House, i64) {
    let house = House::new();
    let bus = house.start();
    for n in 0..6 {
        house.account(&format!("server-{n}"), "Servers_Announce");
    }
    assert_eq!(bus.stop(), 0);
    let last = raw(&house)
        .query_row("SELECT max(id) FROM audit", [], |row| row.get(0))
        .unwrap();
    (house, last)
}

fn raw(house: &House) -> Connection {
    Connection::open(house.path("bus.db")).unwrap()
}

fn cut(house: &House, behind: i64) {
    let gone = raw(house).execute("DELETE FROM audit WHERE id > ?1", [behind]).unwrap();
    assert!(gone > 0);
}

fn lower_the_sequence(house: &House, to: i64) {
    let changed = raw(house).execute("UPDATE sqlite_sequence SET seq = ?1 WHERE name = 'audit'", [to]);
    assert_eq!(changed.unwrap(), 1);
}

fn without_logs(house: &House) {
    std::fs::remove_dir_all(house.path("logs")).unwrap();
}

/// Who remembers what is missing.
fn witnesses(house: &House) -> Vec<String> {
    let said = house.says("audit verify --json");
    let verdict: Value = serde_json::from_str(&said.out).unwrap_or_else(|_| panic!("{said:?}"));
    assert_eq!(verdict["whole"], json!(said.code == 0), "{said:?}");
    let missing = verdict["missing"].as_array().unwrap();
    missing
        .iter()
        .map(|end| end["by"].as_str().unwrap().to_owned())
        .collect()
}

#[test]
fn sec_l2_entries_cut_off_the_end_are_missed_by_number_and_by_the_logs() {
    let (house, last) = written();
    assert_eq!(witnesses(&house), [""; 0]);
    let said = house.says("audit verify").good();
    assert!(said.contains("is complete") && said.contains("compared with"), "{said}");

    cut(&house, last - 3);
    let found = witnesses(&house);
    assert!(
        found.contains(&"sequence".to_owned()) && found.contains(&"log".to_owned()),
        "{found:?}"
    );
    let said = house.says("audit verify");
    assert!(
        said.code == 1 && said.err.contains("cut off") && said.err.contains(&format!("entry {last}")),
        "{said:?}"
    );
    assert!(said.err.contains("intune-connector.20"), "it names the log: {said:?}");
}

#[test]
fn sec_l2_a_trail_that_was_emptied_is_not_whole() {
    let (house, _) = written();
    cut(&house, 0);
    without_logs(&house);
    assert_eq!(witnesses(&house), ["sequence"]);
}

#[test]
fn sec_l2_where_the_number_was_lowered_as_well_the_logs_know_and_a_head_that_was_written_down() {
    let (house, last) = written();
    let head = house.says("audit verify --json").json()["head"]
        .as_str()
        .unwrap()
        .to_owned();
    cut(&house, last - 3);
    lower_the_sequence(&house, last - 3);
    let found = witnesses(&house);
    assert!(!found.is_empty() && found.iter().all(|by| by == "log"), "{found:?}");

    // The logs are gone, too: only who wrote the head down still knows.
    without_logs(&house);
    assert_eq!(witnesses(&house), [""; 0]);
    for given in [head.clone(), format!("{head}:{last}")] {
        let said = house.says(&format!("audit verify --head {given}"));
        assert!(said.code == 1 && said.err.contains(&head), "{said:?}");
    }
    let wrong = house.says("audit verify --head abc");
    assert!(wrong.code == 2 && wrong.err.contains("64"), "{wrong:?}");
}

#[test]
fn sec_l2_what_is_written_behind_a_cut_leaves_a_gap_for_ever() {
    let (house, last) = written();
    cut(&house, last - 3);
    without_logs(&house);
    let bus = house.start();
    house.account("later", "Servers_Announce");
    assert_eq!(bus.stop(), 0);
    assert_eq!(witnesses(&house), ["sequence"]);
    let said = house.says("audit verify");
    assert!(
        said.code == 1 && said.err.contains(&format!("entry {last}: the store had assigned")),
        "{said:?}"
    );
}

#[test]
fn e5_the_head_of_a_good_trail_is_found_in_it_and_a_restore_says_what_it_took() {
    let (house, _) = written();
    let verdict = house.says("audit verify --json").json();
    let head = verdict["head"].as_str().unwrap().to_owned();
    let last = verdict["entries"].as_i64().unwrap();
    assert!(verdict["compared"].as_u64().unwrap() >= 1, "{verdict}");
    house.says(&format!("audit verify --head {head}:{last}")).good();

    let bus = house.start();
    let file = house.user.path("backup.db").display().to_string();
    house.says(&format!("backup {file}")).good();
    house.account("after", "Servers_Announce");
    assert_eq!(bus.stop(), 0);
    house.says(&format!("restore {file}")).good();
    let verdict = house.says("audit verify --json").json();
    assert_eq!(
        (&verdict["whole"], verdict["restores"].as_array().unwrap().len()),
        (&json!(true), 1),
        "{verdict}"
    );
    assert!(verdict["beforeRestore"].as_u64().unwrap() >= 1, "{verdict}");
    let said = house.says("audit verify").good();
    assert!(said.contains("the store was rolled back"), "{said}");
    // The head from before the backup is still in it.
    house.says(&format!("audit verify --head {head}:{last}")).good();
}

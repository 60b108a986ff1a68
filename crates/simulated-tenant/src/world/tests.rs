use std::collections::HashSet;

use serde_json::json;

use super::*;

fn now() -> Ticks {
    Ticks::parse("2026-11-20T10:00:00Z").unwrap()
}

fn world(devices: usize) -> World {
    let mut world = World::new(42);
    world.populate(devices, None, now());
    world
}

fn order(world: &World) -> Vec<Key> {
    world.behind(None).map(|(key, _)| key.clone()).collect()
}

#[test]
fn the_same_seed_makes_the_same_tenant_and_the_same_life() {
    let (mut one, mut two) = (world(300), world(300));
    let lived: Vec<_> = (0..500).map(|_| one.live_once(now())).collect();
    assert_eq!(lived, (0..500).map(|_| two.live_once(now())).collect::<Vec<_>>());
    assert_eq!(order(&one), order(&two));
}

#[test]
fn order_places_and_roster_agree_after_a_long_life() {
    let mut world = world(200);
    for _ in 0..5000 {
        world.live_once(now());
    }
    let keys = order(&world);
    assert!(keys.is_sorted());
    assert_eq!(keys.len(), world.len());
    assert_eq!(keys.len(), world.roster.len());
    assert_eq!(keys.len(), world.places.len());
    assert_eq!(keys.len(), world.tallies.values().sum::<usize>());
    for key in keys {
        let device = world.get(key.id).unwrap();
        assert_eq!(device.name, key.name);
        assert_eq!(world.roster[world.places[&key.id].slot], key.id);
    }
}

#[test]
fn a_fleet_looks_real() {
    let world = world(5000);
    let devices: Vec<&Device> = world.behind(None).map(|(_, entry)| &entry.device).collect();
    let systems: HashSet<&str> = devices.iter().map(|device| device.kind.os).collect();
    assert_eq!(
        systems,
        HashSet::from(["Windows", "iOS", "iPadOS", "macOS", "Android", "ChromeOS", "Linux"])
    );
    let enrollments: HashSet<&str> = devices.iter().map(|device| device.kind.enrollment).collect();
    assert!(enrollments.contains("androidEnterpriseDedicatedDevice"));
    assert!(devices.iter().any(|device| !device.company));
    assert!(devices.iter().any(|device| device.serial.is_empty()));
    let junk: HashSet<&str> = devices.iter().map(|device| &*device.serial).collect();
    let junk = junk
        .intersection(&oddities::JUNK_SERIALS.iter().copied().collect())
        .count();
    assert!(junk > oddities::JUNK_SERIALS.len() / 2, "{junk} kinds of junk");
    assert!(
        devices.iter().any(|device| device.set.is_some()),
        "unknown keys and values"
    );
    assert!(devices.iter().any(|device| !device.name.is_ascii()));
    assert!(devices.iter().any(|device| device.user.is_none()));
}

#[test]
fn plain_names_are_those_of_a_real_fleet_and_no_two_are_the_same() {
    let mut plain = World::with_names(42, NameStyle::Plain);
    plain.populate(20_000, None, now());
    let names: HashSet<Arc<str>> = order(&plain).into_iter().map(|key| key.name).collect();
    assert_eq!(names.len(), 20_000);
    let beginnings = [
        "LAP-",
        "HP-",
        "L-",
        "CPC-",
        "DESKTOP-",
        "iPhone of ",
        "iPad of ",
        "iPad-Kasse-",
        "MacBook Pro of ",
        "Scanner ",
        "CB-",
        "ubuntu-",
    ];
    for name in &names {
        let is_known = beginnings.iter().any(|beginning| name.starts_with(beginning));
        assert!(is_known || name.contains("_Android"), "{name}");
        assert!(name.is_ascii() && name.trim() == &**name && name.len() <= 64, "{name}");
    }
    assert!(
        beginnings
            .iter()
            .all(|beginning| names.iter().any(|name| name.starts_with(beginning)))
    );
}

#[test]
fn a_fleet_differs_from_one_with_awkward_names_by_its_names_alone() {
    let (mut plain, mut awkward) = (World::with_names(42, NameStyle::Plain), world(300));
    plain.populate(300, None, now());
    let devices = |world: &World| {
        let of = |device: &Device| (device.id, device.serial.clone(), device.user, device.enrolled);
        let mut all: Vec<_> = world.behind(None).map(|(_, entry)| of(&entry.device)).collect();
        all.sort_by_key(|device| device.0);
        all
    };
    assert_eq!(devices(&plain), devices(&awkward));
    let renamed = plain.happen(HappeningKind::Rename, now());
    assert_eq!(renamed, awkward.happen(HappeningKind::Rename, now()));
    let name = plain.get(renamed.device_id).unwrap().name.clone();
    assert_eq!(order(&plain).iter().filter(|key| key.name == name).count(), 1, "{name}");
}

#[test]
fn a_new_enrolment_keeps_the_serial_number_and_the_metal() {
    let mut world = world(50);
    let before: Vec<Device> = world.behind(None).map(|(_, entry)| entry.device.clone()).collect();
    let happening = world.happen(HappeningKind::Reenrol, now());
    let old = before
        .iter()
        .find(|device| Some(device.id) == happening.replaces)
        .unwrap();
    let new = world.get(happening.device_id).unwrap();
    assert_ne!(old.id, new.id);
    assert_eq!((&old.serial, old.hardware), (&new.serial, new.hardware));
    assert_eq!(old.of_metal(Metal::WiFi), new.of_metal(Metal::WiFi));
}

#[test]
fn what_a_test_sets_wins_until_life_changes_it() {
    let mut world = world(3);
    let id = order(&world)[0].id;
    let set = json!({"deviceName": "zz", "notes": 17, "lastSyncDateTime": "not a date"});
    assert!(world.patch(id, set.as_object().unwrap()));
    let device = world.get(id).unwrap();
    assert_eq!(&*device.name, "zz");
    let kept = device.set.as_ref().unwrap();
    assert_eq!(
        (&kept["notes"], &kept["lastSyncDateTime"]),
        (&json!(17), &json!("not a date"))
    );
    world.check_in(id, now());
    assert!(
        !world
            .get(id)
            .unwrap()
            .set
            .as_ref()
            .unwrap()
            .contains_key("lastSyncDateTime")
    );
}

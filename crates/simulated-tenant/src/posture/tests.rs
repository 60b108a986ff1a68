use super::*;
use crate::world::{Ticks, World};

fn world() -> (World, Vec<uuid::Uuid>) {
    let mut world = World::new(7);
    let ids = world.populate(200, None, Ticks::parse("2026-11-20T10:00:00Z").unwrap());
    (world, ids)
}

#[test]
fn the_same_device_has_the_same_apps_and_policies() {
    let ((one, ids), (two, _)) = (world(), world());
    for id in ids {
        let names = |world: &World| -> Vec<_> {
            let device = world.get(id).unwrap();
            apps_of(device, None)
                .into_iter()
                .map(|app| (app.id, app.display_name))
                .collect()
        };
        assert_eq!(names(&one), names(&two));
    }
}

#[test]
fn policies_explain_the_state_of_the_device() {
    let (mut world, ids) = world();
    for (state, expected) in [
        ("compliant", None),
        ("noncompliant", Some("nonCompliant")),
        ("inGracePeriod", Some("nonCompliant")),
        ("conflict", Some("conflict")),
        ("error", Some("error")),
    ] {
        world.change(ids[0], |device| device.compliance = state.into());
        let policies = policies_of(world.get(ids[0]).unwrap(), None);
        let bad: Vec<&str> = policies
            .iter()
            .map(|policy| policy.state.as_str())
            .filter(|state| *state != "compliant")
            .collect();
        assert_eq!(bad, Vec::from_iter(expected), "{state}");
        let settings = policies.iter().flat_map(|policy| &policy.settings);
        assert_eq!(
            settings.filter(|setting| setting.state != "compliant").count(),
            bad.len(),
            "{state}"
        );
    }
}

#[test]
fn what_a_test_tells_wins() {
    let (world, ids) = world();
    let told = Told {
        apps: Some(vec![ToldApp {
            display_name: "X, Y".into(),
            ..ToldApp::default()
        }]),
        policies: Some(Vec::new()),
    };
    let device = world.get(ids[0]).unwrap();
    assert_eq!(apps_of(device, Some(&told)).len(), 1);
    assert!(policies_of(device, Some(&told)).is_empty());
}

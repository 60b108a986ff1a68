//! What is remembered of a party, without a tenant.

use super::*;
use crate::model::parse_time;

fn clock() -> Clock {
    Clock::manual(parse_time("2026-11-20T12:00:00Z").unwrap())
}

fn cause() -> RefusalCause {
    RefusalCause {
        code: "throttled".into(),
        text: "no".into(),
        advice: String::new(),
        transient: true,
    }
}

fn party(name: &str) -> RefusalParty {
    RefusalParty::new("https://graph.example", "tenant", name)
}

fn enter(memory: &RefusalMemory, part: &str, clock: &Clock) -> Result<RequestPass, Box<RememberedRefusal>> {
    memory.request_pass(ResourceFamily::Devices, part, RefusalCheckMode::Usual, clock)
}

#[test]
fn e9_one_party_has_one_memory_and_others_are_not_concerned() {
    let (clock, one) = (clock(), RefusalMemory::for_party(party("Shared")));
    let same = RefusalMemory::for_party(party("shared"));
    enter(&one, "list", &clock)
        .ok()
        .unwrap()
        .mark_refused(Some(Duration::from_secs(600)), cause());
    assert!(
        enter(&same, "device", &clock).is_err(),
        "the same family by another way"
    );
    assert!(
        same.request_pass(ResourceFamily::Actions, "wipe", RefusalCheckMode::Usual, &clock)
            .is_ok()
    );
    assert!(enter(&RefusalMemory::for_party(party("else")), "list", &clock).is_ok());
    clock.advance(chrono::TimeDelta::seconds(600));
    let probe = enter(&same, "list", &clock).ok().unwrap();
    assert!(enter(&one, "list", &clock).is_err(), "one asks, the others wait");
    drop(probe);
    enter(&one, "list", &clock).ok().unwrap().mark_answered();
    assert_eq!(one.active_refusals(&clock), []);
    assert!(enter(&same, "list", &clock).is_ok() && enter(&one, "list", &clock).is_ok());
}

#[test]
fn e9_what_has_no_time_closes_only_what_was_refused() {
    let (clock, memory) = (clock(), RefusalMemory::for_party(party("part")));
    enter(&memory, "states", &clock)
        .ok()
        .unwrap()
        .mark_part_refused(cause());
    assert!(enter(&memory, "states", &clock).is_err());
    assert!(enter(&memory, "list", &clock).is_ok());
    assert!(
        memory
            .request_pass(ResourceFamily::Devices, "states", RefusalCheckMode::Anew, &clock)
            .is_ok()
    );
    assert_eq!(
        (
            memory.active_refusals(&clock).len(),
            memory.timed_refusals(&clock).len()
        ),
        (1, 0)
    );
    memory.forget_untimed();
    assert!(enter(&memory, "states", &clock).is_ok());
}

#[test]
fn e9_an_answer_that_was_under_way_does_not_end_a_refusal() {
    let (clock, memory) = (clock(), RefusalMemory::for_party(party("under-way")));
    let before = enter(&memory, "a", &clock).ok().unwrap();
    let refused = enter(&memory, "b", &clock).ok().unwrap();
    std::thread::sleep(Duration::from_millis(2));
    refused.mark_refused(Some(Duration::from_secs(600)), cause());
    before.mark_answered();
    assert!(enter(&memory, "a", &clock).is_err());
    assert!(
        memory
            .request_pass(ResourceFamily::Devices, "a", RefusalCheckMode::Anew, &clock)
            .is_err(),
        "a time holds for everybody"
    );
}

#[test]
fn e9_what_was_refused_without_a_time_is_kept_by_a_mark_and_found_by_its_part_alone() {
    let (clock, before) = (clock(), RefusalMemory::for_party(party("before")));
    let mark: Marker = Arc::new(|part: &str| format!("mark of {}", part.len()));
    enter(&before, "secret", &clock)
        .ok()
        .unwrap()
        .mark_part_refused(cause());
    clock.advance(chrono::TimeDelta::seconds(5));
    enter(&before, "secret", &clock)
        .ok()
        .unwrap()
        .mark_part_refused(cause());
    let kept = before.to_keep(&clock, &mark);
    let [
        KeptRefusal {
            family,
            mark: known,
            refusal: held,
        },
    ] = kept.as_slice()
    else {
        panic!("{kept:?}")
    };
    assert_eq!((known.as_str(), held.times()), ("mark of 6", 2));
    let after = RefusalMemory::for_party(party("after"));
    let place = (*family, known.clone());
    after.remember_untimed(place, cause(), (held.until, held.times()), (&clock, &mark));
    assert_eq!(after.active_refusals(&clock).len(), 1);
    assert!(
        enter(&after, "another one", &clock).is_ok(),
        "a credential that was exchanged"
    );
    assert!(enter(&after, "secret", &clock).is_err());
    clock.advance(chrono::TimeDelta::seconds(10));
    enter(&after, "secret", &clock).ok().unwrap().mark_part_refused(cause());
    assert_eq!(after.to_keep(&clock, &mark)[0].refusal.times(), 3, "it goes on growing");
    after.forget_untimed();
    assert!(enter(&after, "secret", &clock).is_ok() && after.to_keep(&clock, &mark).is_empty());
}

#[test]
fn e9_what_was_kept_is_taken_over() {
    let (clock, memory) = (clock(), RefusalMemory::for_party(party("kept")));
    memory.restore_refusal(
        ResourceFamily::SignIn,
        cause(),
        clock.now() + chrono::TimeDelta::seconds(60),
        &clock,
    );
    memory.restore_refusal(
        ResourceFamily::Devices,
        cause(),
        clock.now() - chrono::TimeDelta::seconds(60),
        &clock,
    );
    let timed: Vec<ResourceFamily> = memory
        .timed_refusals(&clock)
        .into_iter()
        .map(|(family, _)| family)
        .collect();
    assert_eq!(timed, [ResourceFamily::SignIn]);
}

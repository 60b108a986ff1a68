//! Waits, pauses, and what counts as now.

use super::*;

const LATE: &str = "<choose id=\"late\"><when if=\"now > timestamp(run.startedAt) + duration('1h')\">\
                    <call id=\"b\" activity=\"say\"/></when><otherwise><call id=\"c\" activity=\"look\"/></otherwise></choose>";

#[test]
fn now_is_the_moment_of_the_decision_and_what_was_decided_stays() {
    let definition = read(LATE);
    let later = start() + chrono::TimeDelta::hours(2);
    for (first, second, taken) in [(start(), later, "c"), (later, start(), "b")] {
        let mut history = history();
        let told = next(&definition, &history, first);
        let calls = told.planned_steps.iter().filter_map(|start| match start {
            PlannedStep::Call { path, .. } => Some(path.as_str()),
            PlannedStep::Pause { .. } | PlannedStep::Mark { .. } => None,
        });
        assert_eq!(calls.collect::<Vec<_>>(), [taken]);
        for start in &told.planned_steps {
            let (place, entry) = begun_entry(start, first);
            history.entries.insert(place, entry);
        }
        // Played again at another time, as after a restart, it goes the same way.
        let again = next(&definition, &history, second);
        assert!(
            matches!(again.planned_steps.as_slice(), [PlannedStep::Call { path, again: true, .. }] if path == taken),
            "{again:?}"
        );
    }
}

#[test]
fn a_step_that_is_called_now_is_not_the_moment() {
    let definition = read(
        "<call id=\"now\" activity=\"look\"/><choose id=\"any\"><when if=\"now.count > 0\"><end id=\"e\" outcome=\"good\"/></when>\
         <otherwise/></choose>",
    );
    let (end, _) = play(&definition, history(), |_, _| done(json!({"count": 1})));
    assert_eq!(end.outcome, "good");
}

#[test]
fn a_wait_for_a_condition_looks_until_it_holds_or_the_limit_is_reached() {
    let definition = read(
        "<wait id=\"w\" until=\"look.count > 2\" every=\"15m\" most=\"1h\"><call id=\"look\" activity=\"look\"/></wait>\
         <end id=\"e\" outcome=\"good\">${w.met} ${w.looks}</end>",
    );
    let looks = |met_at: usize| {
        move |path: &str, _| {
            let look: usize = path.split('.').nth(1).and_then(|n| n.parse().ok()).unwrap_or(0);
            done(json!({"count": if look >= met_at { 3 } else { 1 }}))
        }
    };
    assert_eq!(play(&definition, history(), looks(3)).0.message, "true 3");
    let (end, made) = play(&definition, history(), looks(100));
    assert_eq!(
        (end.message.as_str(), made.len()),
        ("false 5", 5),
        "at once, and four times after a quarter"
    );
}

#[test]
fn a_dry_run_waits_for_nothing() {
    let definition = read(
        "<wait id=\"p\" for=\"7d\"/>\
         <wait id=\"w\" until=\"look.count > 2\" every=\"15m\" most=\"1h\"><call id=\"look\" activity=\"look\"/></wait>",
    );
    let mut history = history();
    history.run.dry_run = true;
    assert_eq!(
        next(&definition, &history, self::start()).planned_steps,
        [PlannedStep::Pause {
            path: "p".into(),
            seconds: 0
        }]
    );
    let (end, made) = play(&definition, history, |_, _| done(json!({"count": 0})));
    assert_eq!((end.outcome.as_str(), made.len()), ("done", 1));
}

#[test]
fn pauses_between_tries_grow() {
    let definition = read("<call id=\"a\" activity=\"look\" tries=\"3\" pause=\"1m\"/>");
    let mut history = history();
    for (attempt, seconds) in [(1, 60), (2, 120)] {
        let entry = HistoryEntry {
            inputs: Map::new(),
            due_at: None,
            stage: failed(true),
        };
        history.entries.insert(("a".into(), attempt), entry.clone());
        let told = next(&definition, &history, self::start());
        let path = format!("a~{attempt}");
        assert_eq!(
            told.planned_steps,
            [PlannedStep::Pause {
                path: path.clone(),
                seconds
            }]
        );
        history.entries.insert(
            (path, 1),
            HistoryEntry {
                stage: done(json!({})),
                ..entry
            },
        );
    }
}

//! Loops over items, and the limits that hold over all of them.

use super::*;

fn items(n: usize) -> Value {
    (0..n).map(|n| json!({"name": format!("i{n}")})).collect()
}

#[test]
fn a_loop_runs_a_few_items_at_a_time_and_an_item_fails_alone() {
    let definition = read(EACH);
    let mut history = history();
    let entry = HistoryEntry {
        inputs: Map::new(),
        due_at: None,
        stage: done(json!({"items": items(4)})),
    };
    history.entries.insert(("a".into(), 1), entry);
    let calls = |told: &RunPlan| -> Vec<String> {
        let calls = told.planned_steps.iter().filter_map(|start| match start {
            PlannedStep::Call { path, .. } => Some(path.clone()),
            _ => None,
        });
        calls.collect()
    };
    assert_eq!(
        calls(&next(&definition, &history, self::start())),
        ["l.0.b", "l.1.b"],
        "two at once"
    );
    let (end, made) = play(&definition, history, |path, _| match path {
        "l.1.b" => failed(false),
        _ => done(json!({})),
    });
    assert_eq!(end.message, r#"4 1 {"done":3,"failed":1}"#);
    assert_eq!(made.len(), 7, "{made:?}");
}

#[test]
fn a_loop_over_too_many_items_does_nothing_unless_the_rest_may_be_left() {
    let answer = |path: &str, _| {
        if path == "a" {
            done(json!({"items": items(9)}))
        } else {
            done(json!({}))
        }
    };
    let (end, made) = play(&read(EACH), history(), answer);
    assert_eq!(
        (end.outcome.as_str(), made.as_slice()),
        ("tooMany", &["a".to_owned()][..])
    );
    let leave = EACH.replace("most=\"5\"", "most=\"5\" beyond=\"leave\"");
    let (end, made) = play(&read(&leave), history(), answer);
    assert_eq!((end.outcome.as_str(), made.len()), ("good", 11));
}

#[test]
fn a_limit_of_calls_holds_over_all_items() {
    let definition = read(
        "<call id=\"a\" activity=\"look\"/>\
         <forEach id=\"l\" of=\"a.items\" as=\"item\" most=\"5\" atOnce=\"5\">\
           <choose id=\"c\"><when if=\"item.name != ''\"><call id=\"d\" activity=\"destroy\" confirm=\"destroy\" most=\"2\"/></when><otherwise/></choose>\
         </forEach>\
         <end id=\"e\" outcome=\"good\">${l.outcomes}</end>",
    );
    let answer = |path: &str, _| {
        if path == "a" {
            done(json!({"items": items(4)}))
        } else {
            done(json!({}))
        }
    };
    let (end, made) = play(&definition, history(), answer);
    assert_eq!(made, ["a", "l.0.d", "l.1.d"]);
    assert_eq!(end.message, r#"{"done":2,"failed":2}"#);
}

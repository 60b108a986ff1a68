//! A definition of a workflow: read and checked; where it is good, a run of it is played to its end, each call answered
//! as its inputs have it.

#![no_main]

use std::path::Path;

use intune_connector::app::workflows::known;
use intune_connector::model::Timestamp;
use intune_connector::workflow::{Definition, Fault, History, RunFacts, Stage, Start, begun, definition, run_plan};
use serde_json::{Map, json};

/// More turns than any sensible run of a small file has; the rest is another test's.
const TURNS: usize = 200;

fn play(definition: &Definition) {
    let started_at = Timestamp::from_timestamp(1_790_000_000, 0).expect("a date");
    let mut history = History::new(RunFacts {
        id: 1,
        instance: "IntuneConnector_1".into(),
        started_at,
        parameters: Map::new(),
        dry_run: false,
        cancelled: false,
    });
    for turn in 0..TURNS {
        let told = next(definition, &history);
        if told.end.is_some() {
            return;
        }
        assert!(!told.start.is_empty(), "nothing is next, and no end");
        for start in &told.start {
            let (place, mut entry) = begun(start, started_at);
            if matches!(start, Start::Call { .. } | Start::Pause { .. }) {
                entry.stage = match (start, turn % 3) {
                    (Start::Call { .. }, 2) => Stage::Failed(Fault::new("noAnswer", "no answer")),
                    _ => Stage::Done(
                        json!({"count": turn, "items": [1, 2], "text": "x"})
                            .as_object()
                            .cloned()
                            .unwrap_or_default(),
                    ),
                };
            }
            history.entries.insert(place, entry);
        }
    }
}

libfuzzer_sys::fuzz_target!(|bytes: &[u8]| {
    if let Ok(text) = std::str::from_utf8(bytes)
        && let Ok(definition) = definition(text, &known(Path::new("")))
    {
        play(&definition);
    }
});

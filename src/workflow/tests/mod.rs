//! `next` over small definitions, played without a store.

mod loops;
mod moments;

use futures_util::FutureExt;
use futures_util::future::BoxFuture;
use serde_json::{Map, Value, json};

use super::history::{HistoryEntry, RunFacts, RunHistory, StepStage};
use super::journal::begun_entry;
use super::run_plan::PlannedStep;
use super::*;
use crate::contract::{ActivityField, ActivitySignature, DangerLevel, StepFailure, ValueType};
use crate::model::{RunState, Timestamp};

struct Does(&'static str, DangerLevel);

impl Activity for Does {
    fn signature(&self) -> ActivitySignature {
        let field = |name, kind| ActivityField::new(name, kind, false, "");
        ActivitySignature {
            name: self.0.to_owned(),
            summary: String::new(),
            danger: self.1,
            right: None,
            inputs: vec![
                field("text", ValueType::Text),
                field("number", ValueType::Number),
                field("any", ValueType::Any),
            ],
            outputs: vec![
                field("count", ValueType::Number),
                field("items", ValueType::List),
                field("text", ValueType::Text),
            ],
        }
    }

    fn call(&self, _: ActivityCall) -> BoxFuture<'_, Result<Map<String, Value>, ActivityError>> {
        async { Ok(Map::new()) }.boxed()
    }
}

fn registry() -> ActivityRegistry {
    ActivityRegistry::default()
        .with_activity(Does("look", DangerLevel::None))
        .with_activity(Does("say", DangerLevel::Harmless))
        .with_activity(Does("destroy", DangerLevel::Destructive))
}

fn whole(steps: &str) -> String {
    format!(
        "<workflow name=\"Test\" version=\"1\"><onDemand/><parameter name=\"n\" type=\"number\" default=\"3\"/>\
         <outcome name=\"bad\" failed=\"yes\"/><outcome name=\"good\"/><steps>{steps}</steps></workflow>"
    )
}

fn read(steps: &str) -> WorkflowDefinition {
    compile_definition(&whole(steps), &registry()).unwrap_or_else(|findings| panic!("{findings:?}"))
}

/// What newer versions ask of a text that is offered, they do not ask of one that is kept.
#[test]
fn wn_33_a_condition_that_asks_for_a_value_that_is_not_there_is_refused_when_offered_and_kept_goes_on() {
    let text = |condition: &str| {
        whole(&format!(
            "<call id=\"seen\" activity=\"look\"/><choose id=\"any\"><when if=\"{condition}\">\
             <end id=\"one\" outcome=\"bad\"/></when><otherwise/></choose><end id=\"two\" outcome=\"good\"/>"
        ))
    };
    let wrong = text("seen.cuont == 0");
    let findings = compile_offered_definition(&wrong, &registry()).unwrap_err();
    assert_eq!(findings[0].advice, "did you mean count?");
    assert!(compile_definition(&wrong, &registry()).is_ok());
    let guarded = text("has(seen.note) &amp;&amp; seen.note == 'x'");
    assert!(compile_offered_definition(&guarded, &registry()).is_ok());
}

fn start() -> Timestamp {
    Timestamp::from_timestamp(1_790_000_000, 0).expect("a date")
}

fn history() -> RunHistory {
    RunHistory::new(RunFacts {
        id: 1,
        instance: "X_1".into(),
        started_at: start(),
        parameters: json!({"n": 3}).as_object().cloned().unwrap_or_default(),
        dry_run: false,
        cancelled: false,
    })
}

/// Plays a run: each call is answered by `answer`, waits are over at once. Answers the end and the calls made.
fn play(
    definition: &WorkflowDefinition,
    mut history: RunHistory,
    answer: impl Fn(&str, u32) -> StepStage,
) -> (RunResult, Vec<String>) {
    let mut made = Vec::new();
    for _ in 0..10_000 {
        let told = next(definition, &history, self::start());
        assert_eq!(told, next(definition, &history, self::start()), "the same for the same");
        if let Some(end) = told.result {
            return (end, made);
        }
        let mut open = Vec::new();
        for start in &told.planned_steps {
            let (place, entry) = begun_entry(start, self::start());
            if let PlannedStep::Call {
                path, attempt, again, ..
            } = start
            {
                assert!(!again, "{path} is under way already");
                made.push(match attempt {
                    1 => path.clone(),
                    more => format!("{path}#{more}"),
                });
            }
            if matches!(start, PlannedStep::Call { .. } | PlannedStep::Pause { .. }) {
                open.push(place.clone());
            }
            history.entries.insert(place, entry);
        }
        assert!(
            !told.planned_steps.is_empty(),
            "nothing is next, and no end: {:?}",
            history.entries
        );
        for (path, attempt) in open {
            let is_call = !path.contains('~');
            let entry = history.entries.get_mut(&(path.clone(), attempt)).expect("it has begun");
            let stage = if is_call && entry.due_at.is_none() {
                answer(&path, attempt)
            } else {
                StepStage::Done(Map::new())
            };
            entry.stage = stage;
        }
    }
    panic!("no end")
}

fn done(value: Value) -> StepStage {
    StepStage::Done(value.as_object().cloned().unwrap_or_default())
}

fn failed(retry: bool) -> StepStage {
    StepStage::Failed(StepFailure {
        code: "broken".into(),
        message: "it broke".into(),
        retry,
    })
}

const LOOK: &str = "<call id=\"a\" activity=\"look\"/>";

const EACH: &str = "<call id=\"a\" activity=\"look\"/>\
    <forEach id=\"l\" of=\"a.items\" as=\"item\" most=\"5\" atOnce=\"2\" label=\"${item.name}\">\
      <call id=\"b\" activity=\"say\"><in name=\"text\">${item.name}</in></call>\
      <call id=\"c\" activity=\"say\"/>\
    </forEach>\
    <end id=\"e\" outcome=\"good\">${l.count} ${l.failed} ${l.outcomes}</end>";

#[test]
fn steps_come_one_after_the_other_and_see_what_was_before() {
    let definition = read(&format!(
        "{LOOK}<call id=\"b\" activity=\"say\"><in name=\"number\">${{a.count}}</in><in name=\"text\">n=${{a.count}} of ${{parameters.n}}</in></call>"
    ));
    let mut history = history();
    let RunPlan {
        planned_steps: start, ..
    } = next(&definition, &history, self::start());
    assert_eq!(start.len(), 1);
    history.entries.insert(
        ("a".into(), 1),
        HistoryEntry {
            inputs: Map::new(),
            due_at: None,
            stage: done(json!({"count": 7})),
        },
    );
    let RunPlan {
        planned_steps: start, ..
    } = next(&definition, &history, self::start());
    let [
        PlannedStep::Call {
            path, inputs, again, ..
        },
    ] = start.as_slice()
    else {
        panic!("{start:?}")
    };
    assert_eq!((path.as_str(), *again), ("b", false));
    assert_eq!(Value::Object(inputs.clone()), json!({"number": 7, "text": "n=7 of 3"}));
}

#[test]
fn what_is_written_in_the_file_has_the_type_that_the_activity_wants() {
    let definition = read(
        "<call id=\"a\" activity=\"say\"><in name=\"number\">11</in><in name=\"text\">11</in><in name=\"any\">11</in></call>",
    );
    let RunPlan {
        planned_steps: start, ..
    } = next(&definition, &history(), self::start());
    let [PlannedStep::Call { inputs, .. }] = start.as_slice() else {
        panic!("{start:?}")
    };
    assert_eq!(
        Value::Object(inputs.clone()),
        json!({"number": 11, "text": "11", "any": "11"})
    );
}

#[test]
fn a_step_that_was_begun_is_called_again_as_it_was_written_down() {
    let definition = read(LOOK);
    let mut history = history();
    let inputs = json!({"text": "as it was"}).as_object().cloned().unwrap_or_default();
    let entry = HistoryEntry {
        inputs: inputs.clone(),
        due_at: None,
        stage: StepStage::Begun,
    };
    history.entries.insert(("a".into(), 1), entry);
    let told = next(&definition, &history, self::start());
    let expected = PlannedStep::Call {
        path: "a".into(),
        attempt: 1,
        activity: "look".into(),
        inputs,
        again: true,
    };
    assert_eq!(told.planned_steps, [expected]);
}

#[test]
fn a_call_is_tried_as_often_as_said_and_only_where_that_may_help() {
    let definition = read("<call id=\"a\" activity=\"look\" tries=\"3\" pause=\"1m\"/>");
    let (end, made) = play(&definition, history(), |_, _| failed(true));
    assert_eq!(made, ["a", "a#2", "a#3"]);
    assert_eq!((end.state, end.outcome.as_str()), (RunState::Failed, "broken"));
    let (_, made) = play(&definition, history(), |_, _| failed(false));
    assert_eq!(made, ["a"], "another try would not end better");
    let (end, made) = play(&definition, history(), |_, attempt| {
        if attempt < 2 { failed(true) } else { done(json!({})) }
    });
    assert_eq!((end.state, made.len()), (RunState::Succeeded, 2));
}

#[test]
fn an_error_that_is_allowed_is_a_value() {
    let definition = read(
        "<call id=\"a\" activity=\"look\" onError=\"goOn\"/>\
         <choose id=\"c\"><when if=\"has(a.error) &amp;&amp; a.error.code == 'broken'\"><end id=\"x\" outcome=\"bad\">${a.error.message}</end></when><otherwise/></choose>",
    );
    let (end, _) = play(&definition, history(), |_, _| failed(false));
    assert_eq!((end.outcome.as_str(), end.message.as_str()), ("bad", "it broke"));
    assert_eq!(end.state, RunState::Failed);
    let (end, _) = play(&definition, history(), |_, _| done(json!({})));
    assert_eq!((end.state, end.outcome.as_str()), (RunState::Succeeded, "done"));
}

#[test]
fn m5_a_run_whose_work_was_cancelled_did_not_fail() {
    let cancelled = |_: &str, _| StepStage::Failed(StepFailure::new("cancelled", "the job was cancelled"));
    let (end, _) = play(&read(LOOK), history(), cancelled);
    assert_eq!((end.state, end.outcome.as_str()), (RunState::Cancelled, "cancelled"));
    assert_eq!(end.message, "the job was cancelled");
    let (end, _) = play(&read(LOOK), history(), |_, _| failed(false));
    assert_eq!(end.state, RunState::Failed);
}

#[test]
fn a_cancelled_run_starts_nothing_more() {
    let mut history = history();
    history.run.cancelled = true;
    let told = next(&read(LOOK), &history, self::start());
    assert!(told.planned_steps.is_empty());
    assert_eq!(told.result.map(|end| end.state), Some(RunState::Cancelled));
}

#[test]
fn what_a_run_was_told_can_be_kept_and_read_again() {
    let definition = read(EACH);
    let mut history = history();
    let start = next(&definition, &history, self::start()).planned_steps;
    let (place, entry) = begun_entry(&start[0], self::start());
    history.entries.insert(place, entry.clone());
    let text = serde_json::to_string(&entry).expect("plain fields");
    assert_eq!(serde_json::from_str::<HistoryEntry>(&text).expect("the same"), entry);
}

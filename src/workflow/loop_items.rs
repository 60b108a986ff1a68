//! Loops: items one after the other, or a few at a time, in the order of the list. An item that fails fails alone.

use std::borrow::Cow;
use std::collections::BTreeMap;

use serde_json::{Map, Value, json};

use super::model::LoopStep;
use super::reader::DONE;
use super::run_plan::{BlockOutcome, RunWalk, StepOutcome, object_or_empty, shorten_message};
use super::scope::ValueScope;
use crate::contract::StepFailure;

/// The outcome of an item that failed.
const FAILED: &str = "failed";

impl<'h> RunWalk<'h> {
    pub(super) fn walk_loop(&mut self, each: &'h LoopStep, path: &str, scope: &ValueScope<'_>) -> StepOutcome<'h> {
        if let Some(outputs) = self.mark_outputs(path) {
            return StepOutcome::Value(Cow::Owned(Value::Object(outputs.clone())));
        }
        let Some(items) = scope.value_at(&each.items_path).and_then(Value::as_array) else {
            let message = format!("{} is not a list", each.items_path.join("."));
            return StepOutcome::Failed(StepFailure::new("noList", message));
        };
        let most = each.max_items as usize;
        if items.len() > most && !each.leave_rest {
            let message = format!("the list has {} items; the loop allows at most {most}", items.len());
            return StepOutcome::Failed(StepFailure::new("tooMany", message));
        }
        if self.history.get(path, 1).is_none() {
            self.add_mark(path, None);
        }
        let mut closed = Vec::new();
        let mut open = 0;
        for (index, item) in items.iter().take(most).enumerate() {
            match self.walk_item(each, &format!("{path}.{index}"), item, scope) {
                Some(outcome) => closed.push(outcome),
                None => open += 1,
            }
            if open == each.max_parallel {
                break;
            }
        }
        if open > 0 {
            return StepOutcome::Open;
        }
        let outputs = loop_summary(closed, items.len());
        self.add_mark(path, Some(outputs.clone()));
        StepOutcome::Value(Cow::Owned(Value::Object(outputs)))
    }

    /// What became of one item; `None` while it is under way.
    fn walk_item(
        &mut self,
        each: &'h LoopStep,
        path: &str,
        item: &Value,
        parent: &ValueScope<'_>,
    ) -> Option<Map<String, Value>> {
        if let Some(known) = self.mark_outputs(path) {
            return Some(known.clone());
        }
        let scope = {
            let mut scope = ValueScope::nested_in(parent);
            scope.bind_value(&each.item_name, Cow::Borrowed(item));
            scope
        };
        let (outcome, message) = match self.walk_block(&each.steps, &format!("{path}."), &scope) {
            BlockOutcome::Open => return None,
            BlockOutcome::Through => (DONE.to_owned(), String::new()),
            BlockOutcome::Ended { outcome, message } => (outcome, message),
            BlockOutcome::Failed(fault) => (FAILED.to_owned(), format!("{}: {}", fault.code, fault.message)),
        };
        let label = shorten_message(scope.render_text(&each.label));
        let outputs = object_or_empty(json!({ "label": label, "outcome": outcome, "message": message }));
        self.add_mark(path, Some(outputs.clone()));
        Some(outputs)
    }
}

fn loop_summary(items: Vec<Map<String, Value>>, found: usize) -> Map<String, Value> {
    let mut outcomes: BTreeMap<String, u64> = BTreeMap::new();
    for item in &items {
        *outcomes
            .entry(item["outcome"].as_str().unwrap_or_default().to_owned())
            .or_default() += 1;
    }
    let failed = outcomes.get(FAILED).copied().unwrap_or_default();
    object_or_empty(json!({
        "count": items.len(), "left": found - items.len(), "failed": failed, "outcomes": outcomes, "items": items,
    }))
}

//! Loops: items one after the other, or a few at a time, in the order of the list. An item that fails fails alone.

use std::borrow::Cow;
use std::collections::BTreeMap;

use serde_json::{Map, Value, json};

use super::history::Fault;
use super::model::Loop;
use super::next::{Flow, Walk, Went, cut, object};
use super::read::DONE;
use super::scope::Scope;

/// The outcome of an item that failed.
const FAILED: &str = "failed";

impl<'h> Walk<'h> {
    pub(super) fn each(&mut self, each: &'h Loop, path: &str, scope: &Scope<'_>) -> Went<'h> {
        if let Some(outputs) = self.marked(path) {
            return Went::Value(Cow::Owned(Value::Object(outputs.clone())));
        }
        let Some(items) = scope.at(&each.of).and_then(Value::as_array) else {
            let message = format!("{} is no list", each.of.join("."));
            return Went::Failed(Fault::new("noList", message));
        };
        let most = each.most as usize;
        if items.len() > most && !each.leave_rest {
            let message = format!("{} items, and the loop takes {most}", items.len());
            return Went::Failed(Fault::new("tooMany", message));
        }
        if self.history.get(path, 1).is_none() {
            self.mark(path, None);
        }
        let mut closed = Vec::new();
        let mut open = 0;
        for (index, item) in items.iter().take(most).enumerate() {
            match self.item(each, &format!("{path}.{index}"), item, scope) {
                Some(outcome) => closed.push(outcome),
                None => open += 1,
            }
            if open == each.at_once {
                break;
            }
        }
        if open > 0 {
            return Went::Open;
        }
        let outputs = summary(closed, items.len());
        self.mark(path, Some(outputs.clone()));
        Went::Value(Cow::Owned(Value::Object(outputs)))
    }

    /// What became of one item; `None` while it is under way.
    fn item(&mut self, each: &'h Loop, path: &str, item: &Value, around: &Scope<'_>) -> Option<Map<String, Value>> {
        if let Some(known) = self.marked(path) {
            return Some(known.clone());
        }
        let scope = {
            let mut scope = Scope::within(around);
            scope.put(&each.each, Cow::Borrowed(item));
            scope
        };
        let (outcome, message) = match self.block(&each.steps, &format!("{path}."), &scope) {
            Flow::Open => return None,
            Flow::Through => (DONE.to_owned(), String::new()),
            Flow::Ended { outcome, message } => (outcome, message),
            Flow::Failed(fault) => (FAILED.to_owned(), format!("{}: {}", fault.code, fault.message)),
        };
        let label = cut(scope.text(&each.label));
        let outputs = object(json!({ "label": label, "outcome": outcome, "message": message }));
        self.mark(path, Some(outputs.clone()));
        Some(outputs)
    }
}

fn summary(items: Vec<Map<String, Value>>, found: usize) -> Map<String, Value> {
    let mut outcomes: BTreeMap<String, u64> = BTreeMap::new();
    for item in &items {
        *outcomes
            .entry(item["outcome"].as_str().unwrap_or_default().to_owned())
            .or_default() += 1;
    }
    let failed = outcomes.get(FAILED).copied().unwrap_or_default();
    object(json!({
        "count": items.len(), "left": found - items.len(), "failed": failed, "outcomes": outcomes, "items": items,
    }))
}

//! Payloads to IRE, by either door: many items in one request of the enhanced API, or a request for each item in a batch.
//!
//! *Enhanced.* Partial payloads are switched off: what could not be identified would be kept for 90 days, and merged into
//! whatever fits it later. Partial commits are on: one item that is refused stops no other. Items are not joined: two devices
//! are two.
//!
//! *Batch.* The plain API drops a whole payload for one bad item, so each has a request of its own. A batch that ran out of
//! time or room names the requests that it has not come to; those go again, as long as each batch serves at least one.

use reqwest::Method;
use serde_json::{Value, json};
use url::form_urlencoded::byte_serialize;

use super::answer::{CallEffect, CallTrouble, judge_answer};
use super::batch_form::{build_batch, read_batch};
use super::ci_item::{CiItem, ItemAim};
use super::client::{ApiCall, ServiceNowClient};
use super::item_answer::{ItemAnswer, read_items};
use crate::config::{ReconcileDoor, ServiceNowSettings};
use crate::targets::TargetFault;

const OPTIONS: &str = "partial_payloads:false,partial_commits:true,deduplicate_payloads:false,generate_summary:false";

/// Whether anything is written.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum CallMode {
    /// IRE says what it would do.
    Trial,
    Write,
}

pub(super) struct ReconcileCalls<'a> {
    pub client: &'a ServiceNowClient,
    pub own: &'a ServiceNowSettings,
}

type ItemResult = Result<ItemAnswer, TargetFault>;

impl ReconcileCalls<'_> {
    /// One result for each item, in order.
    pub(super) async fn send_items(&self, items: &[&CiItem], mode: CallMode) -> Vec<ItemResult> {
        if items.is_empty() {
            return Vec::new();
        }
        match self.own.door {
            ReconcileDoor::Enhanced => self.send_enhanced(items, mode).await,
            ReconcileDoor::Batch => self.send_batches(items, mode).await,
        }
    }

    async fn send_enhanced(&self, items: &[&CiItem], mode: CallMode) -> Vec<ItemResult> {
        let endpoint = match mode {
            CallMode::Trial => "queryEnhanced",
            CallMode::Write => "enhanced",
        };
        let path = ["api", "now", "identifyreconcile", endpoint];
        let query = [
            ("sysparm_data_source", self.own.data_source.as_str()),
            ("options", OPTIONS),
        ];
        let payload = build_payload(items);
        let call = ApiCall {
            method: &Method::POST,
            path: &path,
            query: &query,
            body: Some(&payload),
            effect: find_effect(items, mode),
        };
        let answered = match self.client.call(call).await {
            Ok(answer) => read_items(&answer, items.len()).map_err(|fault| doubt_fault(fault, call.effect)),
            Err(trouble) => Err(explain_trouble(trouble)),
        };
        match answered {
            Ok(told) => {
                let pairs = items.iter().zip(told);
                pairs
                    .map(|(item, told)| told.ok_or_else(|| explain_silence(item, mode)))
                    .collect()
            }
            Err(fault) => items.iter().map(|item| Err(fault_of_item(&fault, item))).collect(),
        }
    }

    async fn send_batches(&self, items: &[&CiItem], mode: CallMode) -> Vec<ItemResult> {
        let mut results: Vec<Option<ItemResult>> = vec![None; items.len()];
        let mut waiting: Vec<usize> = (0..items.len()).collect();
        while !waiting.is_empty() {
            let served = self.send_batch(items, &waiting, mode).await;
            let served = match served {
                Ok(served) if !served.is_empty() => served,
                Ok(_) => {
                    let fault = TargetFault::Unavailable {
                        problem: "ServiceNow comes to no request of a batch: lower `items_per_request`".to_owned(),
                    };
                    fill_rest(&mut results, items, &fault);
                    break;
                }
                Err(fault) => {
                    fill_rest(&mut results, items, &fault);
                    break;
                }
            };
            for (place, result) in served {
                results[place] = Some(result);
            }
            waiting.retain(|place| results[*place].is_none());
        }
        let told = results.into_iter().zip(items);
        told.map(|(result, item)| result.unwrap_or_else(|| Err(explain_silence(item, mode))))
            .collect()
    }

    /// One batch; those that it served.
    async fn send_batch(
        &self,
        items: &[&CiItem],
        waiting: &[usize],
        mode: CallMode,
    ) -> Result<Vec<(usize, ItemResult)>, TargetFault> {
        let payloads: Vec<(usize, Value)> = waiting
            .iter()
            .map(|place| (*place, build_payload(&items[*place..=*place])))
            .collect();
        let bodies: Vec<(usize, &Value)> = payloads.iter().map(|(place, body)| (*place, body)).collect();
        let sent: Vec<&CiItem> = waiting.iter().map(|place| items[*place]).collect();
        let batch = build_batch(&self.item_url(mode), &bodies);
        let call = ApiCall {
            method: &Method::POST,
            path: &["api", "now", "v1", "batch"],
            query: &[],
            body: Some(&batch),
            effect: find_effect(&sent, mode),
        };
        let answer = self.client.call(call).await.map_err(explain_trouble)?;
        let served = read_batch(&answer).ok_or_else(|| {
            let problem = "the answer of the Batch API of ServiceNow has no requests".to_owned();
            doubt_fault(TargetFault::Unreadable { problem }, call.effect)
        })?;
        let read = served.into_iter().filter(|(place, _)| waiting.contains(place));
        let results = read.map(|(place, raw)| {
            let item = items[place];
            let effect = find_effect(&[item], mode);
            let answered = judge_answer(&raw, effect).map_err(explain_trouble);
            let told = answered.and_then(|answer| read_items(&answer, 1).map_err(|fault| doubt_fault(fault, effect)));
            let told = told.and_then(|told| {
                let first = told.into_iter().next().flatten();
                first.ok_or_else(|| explain_silence(item, mode))
            });
            (place, told)
        });
        Ok(results.collect())
    }

    /// Below the instance, as a batch names it.
    fn item_url(&self, mode: CallMode) -> String {
        let endpoint = match mode {
            CallMode::Trial => "/query",
            CallMode::Write => "",
        };
        let source: String = byte_serialize(self.own.data_source.as_bytes()).collect();
        format!("/api/now/identifyreconcile{endpoint}?sysparm_data_source={source}")
    }
}

fn build_payload(items: &[&CiItem]) -> Value {
    let items: Vec<&Value> = items.iter().map(|item| &item.json).collect();
    json!({"items": items, "relations": []})
}

fn find_effect(items: &[&CiItem], mode: CallMode) -> CallEffect {
    let makes = items.iter().any(|item| item.aim == ItemAim::Make);
    if makes && mode == CallMode::Write {
        CallEffect::Create
    } else {
        CallEffect::Repeat
    }
}

fn explain_trouble(trouble: CallTrouble) -> TargetFault {
    match trouble {
        CallTrouble::NotFound(_) => TargetFault::Misconfigured {
            problem: "ServiceNow has no Identification and Reconciliation API at this address (HTTP 404)".to_owned(),
            advice: "check `url`; where the enhanced API is missing, set `door` to batch".to_owned(),
        },
        other => other.into_fault("identifyreconcile"),
    }
}

/// An answer to a write that cannot be read may be that of one that happened.
fn doubt_fault(fault: TargetFault, effect: CallEffect) -> TargetFault {
    match fault {
        TargetFault::Unreadable { problem } if effect == CallEffect::Create => TargetFault::LostAnswer { problem },
        other => other,
    }
}

fn explain_silence(item: &CiItem, mode: CallMode) -> TargetFault {
    let problem = "the answer of ServiceNow leaves an item out".to_owned();
    doubt_fault(TargetFault::Unreadable { problem }, find_effect(&[item], mode))
}

/// A fault of the whole call, as it concerns one item: only one that is to be made has to be looked for.
fn fault_of_item(fault: &TargetFault, item: &CiItem) -> TargetFault {
    match fault {
        TargetFault::LostAnswer { problem } if item.aim != ItemAim::Make => TargetFault::Unreachable {
            problem: problem.clone(),
        },
        other => other.clone(),
    }
}

fn fill_rest(results: &mut [Option<ItemResult>], items: &[&CiItem], fault: &TargetFault) {
    for (result, item) in results.iter_mut().zip(items) {
        if result.is_none() {
            *result = Some(Err(fault_of_item(fault, item)));
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::targets::RecordId;

    fn item(aim: ItemAim) -> CiItem {
        CiItem {
            json: json!({"className": "cmdb_ci_computer"}),
            aim,
            is_new_key: false,
            emptied: Vec::new(),
            class: "cmdb_ci_computer".to_owned(),
        }
    }

    #[test]
    fn only_what_is_made_has_to_be_looked_for_after_a_lost_answer() {
        let (made, changed) = (item(ItemAim::Make), item(ItemAim::Change(RecordId("a".to_owned()))));
        assert_eq!(find_effect(&[&changed, &made], CallMode::Write), CallEffect::Create);
        assert_eq!(find_effect(&[&changed, &made], CallMode::Trial), CallEffect::Repeat);
        assert_eq!(find_effect(&[&changed], CallMode::Write), CallEffect::Repeat);
        let lost = TargetFault::LostAnswer {
            problem: "x".to_owned(),
        };
        assert_eq!(fault_of_item(&lost, &made).code(), "lostAnswer");
        assert_eq!(fault_of_item(&lost, &changed).code(), "unreachable");
        assert_eq!(explain_silence(&made, CallMode::Write).code(), "lostAnswer");
        assert_eq!(explain_silence(&made, CallMode::Trial).code(), "unreadable");
    }

    #[test]
    fn partial_payloads_are_off() {
        assert!(OPTIONS.contains("partial_payloads:false") && OPTIONS.contains("partial_commits:true"));
        let made = item(ItemAim::Make);
        assert_eq!(build_payload(&[&made])["items"].as_array().map(Vec::len), Some(1));
    }
}

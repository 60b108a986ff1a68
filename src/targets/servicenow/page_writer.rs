//! Writing a page of CIs: what has to be known first, a trial of whatever is new, the write, and what it came to.
//!
//! *The trial.* IRE finds a CI by the native key first; where it does not know that yet, by serial number, and by name behind
//! it. So an item whose key is new is tried first, without effect: what would change another CI than it should, or make one
//! instead of changing one, is refused here, and set aside for a person. One request for all of them.

use std::collections::BTreeSet;

use reqwest::Method;
use serde_json::{Map, Value};

use super::adapter::ServiceNowAdapter;
use super::answer::CallEffect;
use super::ci_item::{CiItem, ItemAim, ItemFacts, build_item, build_revert};
use super::client::ApiCall;
use super::field_table::LINK_FIELD;
use super::item_answer::{ItemAnswer, judge_item};
use super::names_read::KnownTables;
use super::reconcile_calls::{CallMode, ReconcileCalls};
use crate::config::{EmptyRule, LookRule};
use crate::targets::{FieldValues, PlannedWrite, RecordId, TargetFault, WriteDone, is_same_value};

pub(super) type WriteResult = Result<WriteDone, TargetFault>;

/// An item, and its place among the writes.
type PlacedItem = (usize, CiItem);

impl ServiceNowAdapter {
    /// Page after page; what stops one stops all behind it, which were not sent.
    pub(super) async fn write_pages(&self, writes: &[PlannedWrite]) -> Vec<WriteResult> {
        let mut results: Vec<WriteResult> = Vec::with_capacity(writes.len());
        let mut stopped = None::<TargetFault>;
        for page in writes.chunks(self.own.items_per_request.max(1)) {
            if let Some(fault) = &stopped {
                results.extend(page.iter().map(|_| Err(fault.clone())));
                continue;
            }
            let written = self.write_page(page).await;
            let faults = written.iter().filter_map(|result| result.as_ref().err());
            stopped = faults.filter(|fault| !fault.concerns_record()).map(unsent_fault).next();
            results.extend(written);
        }
        results
    }

    async fn write_page(&self, page: &[PlannedWrite]) -> Vec<WriteResult> {
        let mut known = self.known.lock().await;
        let mut results: Vec<Option<WriteResult>> = vec![None; page.len()];
        let items = match self.prepare_items(&mut known, page, &mut results).await {
            Ok(items) => items,
            // Nothing was sent.
            Err(fault) => return vec![Err(fault); page.len()],
        };
        let items = self.try_items(items, &mut results).await;
        self.send_items(&mut known, items, &mut results).await;
        let missing = || TargetFault::Unreadable {
            problem: "the answer of ServiceNow leaves a write out".to_owned(),
        };
        let told = results.into_iter();
        told.map(|result| result.unwrap_or_else(|| Err(missing()))).collect()
    }

    async fn prepare_items(
        &self,
        known: &mut KnownTables,
        page: &[PlannedWrite],
        results: &mut [Option<WriteResult>],
    ) -> Result<Vec<PlacedItem>, TargetFault> {
        let reader = self.reader();
        let values: Vec<&FieldValues> = page.iter().filter_map(written_values).collect();
        known.learn_classes(&reader, page).await?;
        let classes = self.list_classes(known, page);
        known.check_columns(&reader, &values, &classes).await?;
        let references = known.find_references(&reader, &values).await?;
        let mut items = Vec::with_capacity(page.len());
        for (place, write) in page.iter().enumerate() {
            let class = write.record_id().map(|record| known.class_of(record));
            if class == Some(None) {
                results[place] = Some(Err(TargetFault::NotThere));
                continue;
            }
            let facts = ItemFacts {
                own: &self.own,
                references: &references,
                class: class.flatten(),
                clears_user: self.assign_users,
            };
            match build_item(write, &facts) {
                Ok(item) => items.push((place, item)),
                Err(fault) if fault.concerns_record() => results[place] = Some(Err(fault)),
                Err(fault) => return Err(fault),
            }
        }
        Ok(items)
    }

    /// Of all CIs of a page, those that are to be made as well; the usual one is always among them.
    fn list_classes(&self, known: &KnownTables, page: &[PlannedWrite]) -> BTreeSet<String> {
        let made = page.iter().filter_map(made_class);
        let there = page.iter().filter_map(|write| known.class_of(write.record_id()?));
        let all = made.chain(there).chain([self.own.default_class.as_str()]);
        all.map(str::to_owned).collect()
    }

    /// Tries what is new; those that may go out are left.
    async fn try_items(&self, items: Vec<PlacedItem>, results: &mut [Option<WriteResult>]) -> Vec<PlacedItem> {
        let is_tried = |item: &CiItem| item.is_new_key || self.own.first_look == LookRule::Always;
        let items = refuse_namesakes(items, results);
        let (tried, mut left): (Vec<PlacedItem>, Vec<PlacedItem>) =
            items.into_iter().partition(|(_, item)| is_tried(item));
        let sent: Vec<&CiItem> = tried.iter().map(|(_, item)| item).collect();
        let answers = self.calls().send_items(&sent, CallMode::Trial).await;
        let mut stopped = None::<TargetFault>;
        for ((place, item), answer) in tried.into_iter().zip(answers) {
            match answer.and_then(|answer| judge_item(&answer, &item.aim, true)) {
                Ok(_) => left.push((place, item)),
                Err(fault) => {
                    if !fault.concerns_record() {
                        stopped = stopped.or_else(|| Some(unsent_fault(&fault)));
                    }
                    results[place] = Some(Err(fault));
                }
            }
        }
        let Some(fault) = stopped else {
            left.sort_unstable_by_key(|(place, _)| *place);
            return left;
        };
        for (place, _) in left {
            results[place] = Some(Err(fault.clone()));
        }
        Vec::new()
    }

    async fn send_items(&self, known: &mut KnownTables, items: Vec<PlacedItem>, results: &mut [Option<WriteResult>]) {
        let sent: Vec<&CiItem> = items.iter().map(|(_, item)| item).collect();
        let answers = self.calls().send_items(&sent, CallMode::Write).await;
        for ((place, item), answer) in items.iter().zip(answers) {
            let result = match answer {
                Ok(answer) => self.finish_write(known, item, &answer).await,
                Err(fault) => Err(fault),
            };
            results[*place] = Some(result);
        }
    }

    /// What the answer to one item means, and what is left to be done.
    async fn finish_write(&self, known: &mut KnownTables, item: &CiItem, answer: &ItemAnswer) -> WriteResult {
        match self.finish_answer(known, item, answer).await {
            Err(fault) if fault.concerns_record() && answer.lacks_match() => {
                self.explain_unmatched(known, item, fault).await
            }
            finished => finished,
        }
    }

    async fn finish_answer(&self, known: &mut KnownTables, item: &CiItem, answer: &ItemAnswer) -> WriteResult {
        let record = match judge_item(answer, &item.aim, false) {
            Ok(Some(record)) => record,
            Ok(None) => {
                return Err(TargetFault::LostAnswer {
                    problem: "ServiceNow does not say which CI it made".to_owned(),
                });
            }
            Err(fault) => {
                if let ItemAim::Change(record) | ItemAim::Retire(record) = &item.aim {
                    known.forget_record(record);
                }
                return Err(fault);
            }
        };
        known.note_class(&record, answer.class.as_deref().unwrap_or(&item.class));
        if item.aim != ItemAim::Make {
            self.empty_columns(item, &record).await?;
        }
        Ok(WriteDone { record })
    }

    /// IRE found nothing by the native key: the CI is not there, or still has that of the device that had it before, or IRE does
    /// not look by that. `fault`: what is said of a CI that is made.
    async fn explain_unmatched(&self, known: &mut KnownTables, item: &CiItem, fault: TargetFault) -> WriteResult {
        let (ItemAim::Change(record) | ItemAim::Retire(record)) = &item.aim else {
            return Err(fault);
        };
        let Some(row) = self.reader().read_summary(record).await? else {
            return Err(TargetFault::NotThere);
        };
        let bears = row.to_record(&self.own).device.map(|device| device.to_string());
        if let (ItemAim::Retire(_), Some(key)) = (&item.aim, bears.filter(|key| *key != item.key())) {
            let same = item.with_key(&key, &self.own.id_field);
            if let Some(done) = self.retire_by_key(known, &same).await? {
                return Ok(done);
            }
        }
        Err(TargetFault::Refused {
            problem: format!(
                "ServiceNow does not find the CI {record} by the native key: set `match_by` to sys_id and `first_look` to always"
            ),
            field: None,
        })
    }

    /// Tried first: another CI may have this key. `None`: IRE does not take it for this CI.
    async fn retire_by_key(&self, known: &mut KnownTables, item: &CiItem) -> Result<Option<WriteDone>, TargetFault> {
        let calls = self.calls();
        let tried = calls.send_items(&[item], CallMode::Trial).await.pop();
        let tried = tried.map(|answer| answer.and_then(|answer| judge_item(&answer, &item.aim, true)));
        match tried {
            Some(Ok(_)) => {}
            Some(Err(fault)) if !fault.concerns_record() => return Err(fault),
            Some(Err(_)) | None => return Ok(None),
        }
        match calls.send_items(&[item], CallMode::Write).await.pop() {
            Some(answer) => Ok(Some(self.finish_answer(known, item, &answer?).await?)),
            None => Ok(None),
        }
    }

    /// Past IRE, where a setting says so.
    async fn empty_columns(&self, item: &CiItem, record: &RecordId) -> Result<(), TargetFault> {
        if item.emptied.is_empty() || self.own.empty_by == EmptyRule::Reconcile {
            return Ok(());
        }
        let columns = item.emptied.iter().map(|column| (column.clone(), Value::from("")));
        let body = Value::Object(columns.collect::<Map<String, Value>>());
        let path = ["api", "now", "table", item.class.as_str(), record.0.as_str()];
        let call = ApiCall {
            method: &Method::PATCH,
            path: &path,
            query: &[("sysparm_fields", "sys_id")],
            body: Some(&body),
            effect: CallEffect::Repeat,
        };
        let emptied = self.client.call(call).await;
        emptied.map(|_| ()).map_err(|trouble| trouble.into_fault(&item.class))
    }

    /// Values of one CI as they were, and a look whether they are: a reconciliation rule may pass over what a data source says.
    pub(super) async fn put_values(&self, id: &RecordId, values: &FieldValues) -> Result<(), TargetFault> {
        let mut known = self.known.lock().await;
        let Some(row) = self.reader().read_row(id, None).await? else {
            return Err(TargetFault::NotThere);
        };
        let Some(device) = row.to_record(&self.own).device else {
            return Err(TargetFault::Refused {
                problem: format!("the CI {id} bears no Intune device id any more"),
                field: None,
            });
        };
        let references = known.find_references(&self.reader(), &[values]).await?;
        let facts = ItemFacts {
            own: &self.own,
            references: &references,
            class: Some(row.class.as_str()).filter(|class| !class.is_empty()),
            clears_user: false,
        };
        let item = build_revert(&device.to_string(), id, values, &facts);
        let mut answers = self.calls().send_items(&[&item], CallMode::Write).await;
        let answer = answers.pop().unwrap_or_else(|| {
            Err(TargetFault::Unreadable {
                problem: "the answer of ServiceNow leaves a write out".to_owned(),
            })
        })?;
        self.finish_write(&mut known, &item, &answer).await?;
        let now = self.reader().read_row(id, None).await?.ok_or(TargetFault::NotThere)?;
        let now = now.to_record(&self.own).values;
        let stays = values.iter().find(|(field, value)| {
            field.as_str() != LINK_FIELD && !is_same_value(Some(*value), now.get(field.as_str()))
        });
        match stays {
            None => Ok(()),
            Some((field, _)) => Err(TargetFault::Refused {
                problem: format!("ServiceNow keeps another value of `{field}`: a reconciliation rule may say so"),
                field: Some(field.clone()),
            }),
        }
    }

    fn calls(&self) -> ReconcileCalls<'_> {
        ReconcileCalls {
            client: &self.client,
            own: &self.own,
        }
    }
}

/// Of the new devices of a page that have one name, the first goes out: a trial sees no CI of the others yet, and IRE would
/// make one of them all.
fn refuse_namesakes(items: Vec<PlacedItem>, results: &mut [Option<WriteResult>]) -> Vec<PlacedItem> {
    let mut names = BTreeSet::new();
    let mut left = Vec::with_capacity(items.len());
    for (place, item) in items {
        let name = item.name().map(str::to_lowercase).filter(|_| item.aim == ItemAim::Make);
        if name.is_some_and(|name| !names.insert(name)) {
            results[place] = Some(Err(TargetFault::Refused {
                problem: "ServiceNow takes the device for another new one, which has the same name".to_owned(),
                field: None,
            }));
            continue;
        }
        left.push((place, item));
    }
    left
}

fn written_values(write: &PlannedWrite) -> Option<&FieldValues> {
    match write {
        PlannedWrite::Create { values, .. } | PlannedWrite::Update { values, .. } => Some(values),
        PlannedWrite::Retire { .. } => None,
    }
}

fn made_class(write: &PlannedWrite) -> Option<&str> {
    match write {
        PlannedWrite::Create { class_name, .. } => Some(class_name.as_str()).filter(|class| !class.is_empty()),
        PlannedWrite::Update { .. } | PlannedWrite::Retire { .. } => None,
    }
}

/// What was not sent was not lost either.
fn unsent_fault(fault: &TargetFault) -> TargetFault {
    match fault {
        TargetFault::LostAnswer { problem } => TargetFault::Unavailable {
            problem: problem.clone(),
        },
        other => other.clone(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_was_not_sent_was_not_lost() {
        let lost = TargetFault::LostAnswer {
            problem: "x".to_owned(),
        };
        assert_eq!(unsent_fault(&lost).code(), "unavailable");
        assert_eq!(unsent_fault(&TargetFault::NotThere), TargetFault::NotThere);
    }
}

//! Writing the rows of a call: new devices in one request, changed ones in another, in halves where NetBox refuses one of
//! them, because its error names the field and not the row.
//!
//! A row that is refused alone is tried once more with another name, if its name may be what is wrong. A device that is left
//! out of the answer to a change is not there. A new device that is left out of the answer may be there: its answer is lost.

use std::cmp::Reverse;

use reqwest::Method;
use serde_json::{Map, Value, json};
use tokio::time::Instant;

use super::answer::{NetBoxComplaint, NetBoxTrouble, SendEffect};
use super::body::{custom_names, explain_missing_field};
use super::client::NetBoxClient;
use super::device_row::{FoundDevice, read_device};
use super::failing_records::blame_record;
use super::memory::NetBoxMemory;
use super::page_rows::SentRow;
use crate::config::NetBoxSettings;
use crate::targets::{RecordId, TargetFault, WriteDone};

pub(super) type WriteResult = Result<WriteDone, TargetFault>;

const DEVICES: [&str; 2] = ["dcim", "devices"];

/// Writes the rows of one call.
pub(super) struct PageWriter<'a> {
    pub client: &'a NetBoxClient,
    pub own: &'a NetBoxSettings,
    pub memory: &'a mut NetBoxMemory,
    /// By the places of the writes.
    pub results: Vec<Option<WriteResult>>,
    /// What stands in the way of everything that was not sent yet.
    pub stopped: Option<TargetFault>,
    /// Whether it was looked in this call whether a custom field is gone, and none was.
    pub has_fields: bool,
}

impl PageWriter<'_> {
    /// Rows of one kind, new or changed. Pages that wait stand on a pile, the next one on top.
    pub(super) async fn write_rows(&mut self, rows: Vec<SentRow>) {
        // Devices at which the server broke before go one by one, behind the others; at which it broke least, first.
        let failing = &self.memory.failing;
        let (mut suspects, others): (Vec<SentRow>, Vec<SentRow>) =
            rows.into_iter().partition(|row| failing.count_crashes(row.key) > 0);
        suspects.sort_by_key(|row| Reverse(failing.count_crashes(row.key)));
        let mut waiting: Vec<Vec<SentRow>> = suspects.into_iter().map(|row| vec![row]).collect();
        waiting.push(others);
        while let Some(page) = waiting.pop() {
            if page.is_empty() {
                continue;
            }
            if let Some(fault) = &self.stopped {
                let fault = fault.clone();
                self.tell_all(&page, &fault);
                continue;
            }
            match self.send_page(&page).await {
                Ok(answer) => self.take_answer(&page, &answer),
                Err(trouble) => waiting.extend(self.take_trouble(page, trouble).await),
            }
        }
    }

    /// What is not there need not be deleted.
    pub(super) async fn delete_device(&mut self, place: usize, id: u64) {
        let result = match &self.stopped {
            Some(fault) => Err(fault.clone()),
            None => self.send_deletion(id).await,
        };
        if let Err(fault) = &result {
            self.stop_at(fault);
        }
        let record = RecordId(id.to_string());
        self.results[place] = Some(result.map(|()| WriteDone { record }));
    }

    async fn send_deletion(&mut self, id: u64) -> Result<(), TargetFault> {
        let number = id.to_string();
        let path = ["dcim", "devices", &number];
        let answer = self
            .client
            .write(Method::DELETE, &path, &Value::Null, SendEffect::Repeat)
            .await;
        match answer {
            Ok(_) => (),
            Err(NetBoxTrouble::Missing) => self.client.confirm_missing().await?,
            Err(trouble) => return Err(self.client.explain(trouble, "DELETE dcim/devices").await),
        }
        self.memory.names.forget_device(id);
        Ok(())
    }

    async fn send_page(&self, page: &[SentRow]) -> Result<Value, NetBoxTrouble> {
        let is_new = page.iter().any(|row| row.id.is_none());
        let rows: Vec<Value> = page.iter().map(describe_row).collect();
        let (method, effect) = if is_new {
            (Method::POST, SendEffect::Create)
        } else {
            (Method::PATCH, SendEffect::Repeat)
        };
        self.client.write(method, &DEVICES, &Value::Array(rows), effect).await
    }

    /// The answer is counted: what is left out of it was not written.
    fn take_answer(&mut self, page: &[SentRow], answer: &Value) {
        let devices: Vec<FoundDevice> = list_rows(answer).iter().filter_map(read_device).collect();
        for row in page {
            let is_own = |device: &&FoundDevice| match row.id {
                Some(id) => device.id == id,
                None => device.device(&self.own.id_field) == Some(row.key.device),
            };
            let result = match (devices.iter().find(is_own), row.id) {
                (Some(device), _) => {
                    let name = device.name_in_site(&self.own.site);
                    self.memory.names.note_name(device.id, name);
                    Ok(WriteDone {
                        record: device.record_id(),
                    })
                }
                (None, Some(_)) if answer.is_array() => Err(TargetFault::NotThere),
                (None, Some(_)) => Err(TargetFault::Unreadable {
                    problem: "the answer to a change of devices is no list".to_owned(),
                }),
                (None, None) => Err(TargetFault::LostAnswer {
                    problem: "the answer to new devices leaves one out".to_owned(),
                }),
            };
            self.memory.failing.clear_record(row.key);
            if let Err(fault) = &result {
                self.stop_at(fault);
            }
            self.results[row.place] = Some(result);
        }
    }

    /// Pages that are to be sent instead.
    async fn take_trouble(&mut self, mut page: Vec<SentRow>, trouble: NetBoxTrouble) -> Vec<Vec<SentRow>> {
        let fault = match trouble {
            NetBoxTrouble::Said(said) => match self.find_lost_field(&page, &said).await {
                Some(fault) => fault,
                None if page.len() > 1 => {
                    let second = page.split_off(page.len() / 2);
                    return vec![second, page];
                }
                None => match rename_row(&mut page, &said) {
                    Some(renamed) => return vec![renamed],
                    None => self.take_refusal(&page, said),
                },
            },
            NetBoxTrouble::Crashed(fault) => self.judge_crash(&page, fault).await,
            other => {
                let is_new = page.iter().any(|row| row.id.is_none());
                let method = if is_new { "POST" } else { "PATCH" };
                self.client.explain(other, &format!("{method} dcim/devices")).await
            }
        };
        self.stop_at(&fault);
        self.tell_all(&page, &fault);
        Vec::new()
    }

    /// A custom field that somebody has deleted concerns every device. Older versions tell it of the whole, as much else.
    async fn find_lost_field(&mut self, page: &[SentRow], said: &NetBoxComplaint) -> Option<TargetFault> {
        let may_be_lost = said.names_field("custom_fields") || (said.is_about_whole() && !self.has_fields);
        if !may_be_lost {
            return None;
        }
        let names: Vec<&String> = page.iter().flat_map(|row| custom_names(&row.body)).collect();
        match self.memory.lists.find_lost_field(self.client, &names).await {
            Ok(name) => {
                self.has_fields = name.is_none();
                name.map(|name| explain_missing_field(&name))
            }
            Err(fault) => Some(fault),
        }
    }

    fn take_refusal(&mut self, page: &[SentRow], said: NetBoxComplaint) -> TargetFault {
        for row in page {
            self.memory.failing.clear_record(row.key);
        }
        // What was known of it may be gone.
        let related = ["device_type", "role", "site", "platform", "tags"];
        if related.iter().any(|field| said.names_field(field)) {
            self.memory.lists.forget_all();
        }
        said.into_refusal()
    }

    /// A device that breaks the server alone is refused, once that is sure.
    async fn judge_crash(&mut self, page: &[SentRow], fault: TargetFault) -> TargetFault {
        let now = Instant::now();
        let mut is_sure = false;
        for row in page {
            is_sure |= self.memory.failing.note_crash(row.key, now);
        }
        if page.len() == 1 && is_sure && self.client.confirm_missing().await.is_ok() {
            for row in page {
                self.memory.failing.clear_record(row.key);
            }
            return blame_record(&fault);
        }
        fault
    }

    fn stop_at(&mut self, fault: &TargetFault) {
        if !fault.concerns_record() && self.stopped.is_none() {
            self.stopped = Some(unsent_fault(fault));
        }
    }

    pub(super) fn tell_all(&mut self, page: &[SentRow], fault: &TargetFault) {
        for row in page {
            self.results[row.place] = Some(Err(fault.clone()));
        }
    }
}

/// What was not sent was not lost either.
pub(super) fn unsent_fault(fault: &TargetFault) -> TargetFault {
    match fault {
        TargetFault::LostAnswer { problem } => TargetFault::Unavailable {
            problem: problem.clone(),
        },
        other => other.clone(),
    }
}

fn describe_row(row: &SentRow) -> Value {
    let mut body: Map<String, Value> = row.body.clone();
    if let Some(id) = row.id {
        body.insert("id".to_owned(), json!(id));
    }
    Value::Object(body)
}

/// A list of one may be answered by its row.
fn list_rows(answer: &Value) -> &[Value] {
    match answer {
        Value::Array(rows) => rows,
        Value::Object(_) => std::slice::from_ref(answer),
        _ => &[],
    }
}

/// The only row with its other name, if the name may be what is wrong and there is another one.
fn rename_row(page: &mut Vec<SentRow>, said: &NetBoxComplaint) -> Option<Vec<SentRow>> {
    if page.len() != 1 || !said.may_mean_name() || page[0].other_name.is_none() {
        return None;
    }
    let mut row = page.pop()?;
    let name = row.other_name.take()?;
    row.body.insert("name".to_owned(), json!(name));
    Some(vec![row])
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::targets::samples_for_tests::device_key;

    fn row(other_name: Option<&str>) -> SentRow {
        SentRow {
            place: 0,
            key: device_key(1, 1),
            id: Some(7),
            body: json!({"name": "PC"}).as_object().cloned().unwrap(),
            other_name: other_name.map(str::to_owned),
        }
    }

    fn said(field: &str) -> NetBoxComplaint {
        NetBoxComplaint {
            text: "wrong".to_owned(),
            fields: vec![field.to_owned()],
        }
    }

    #[test]
    fn a_row_whose_name_is_taken_is_tried_with_another_one_once() {
        let renamed = rename_row(&mut vec![row(Some("PC (0001)"))], &said("__all__")).unwrap();
        assert_eq!(renamed[0].body["name"], json!("PC (0001)"));
        assert_eq!(renamed[0].other_name, None);
        assert_eq!(rename_row(&mut renamed.clone(), &said("__all__")), None);
        assert_eq!(rename_row(&mut vec![row(Some("x"))], &said("serial")), None);
        assert_eq!(rename_row(&mut vec![row(Some("x")), row(None)], &said("name")), None);
    }

    #[test]
    fn a_row_goes_with_the_id_of_its_device() {
        assert_eq!(describe_row(&row(None)), json!({"id": 7, "name": "PC"}));
        let new = SentRow { id: None, ..row(None) };
        assert_eq!(describe_row(&new), json!({"name": "PC"}));
    }

    #[test]
    fn what_was_not_sent_was_not_lost() {
        let lost = TargetFault::LostAnswer { problem: "x".into() };
        assert_eq!(unsent_fault(&lost).code(), "unavailable");
        assert_eq!(unsent_fault(&TargetFault::NotThere), TargetFault::NotThere);
    }
}

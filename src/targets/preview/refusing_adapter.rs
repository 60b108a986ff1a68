//! An adapter that reads and refuses every write: whatever a preview plans, nothing of it goes out.

use std::sync::Arc;

use futures_util::future::BoxFuture;
use tokio::sync::mpsc;

use crate::contract::CheckStep;
use crate::targets::{
    FieldValues, KindProfile, PlannedWrite, RecordId, RecordPage, RecordSearch, SourceDevice, TargetAdapter,
    TargetFault, TargetField, TargetFuture, TargetRecord, WriteDone,
};

pub(in crate::targets) struct RefusingAdapter(pub Arc<dyn TargetAdapter>);

fn refusal() -> TargetFault {
    TargetFault::Refused {
        problem: "a preview writes nothing".to_owned(),
        field: None,
    }
}

impl TargetAdapter for RefusingAdapter {
    fn profile(&self) -> &KindProfile {
        self.0.profile()
    }

    fn merges_by_name(&self, device: &SourceDevice) -> bool {
        self.0.merges_by_name(device)
    }

    fn list_fields(&self) -> TargetFuture<'_, Vec<TargetField>> {
        self.0.list_fields()
    }

    fn make_fields<'a>(&'a self, _: &'a [String]) -> TargetFuture<'a, Vec<String>> {
        Box::pin(std::future::ready(Err(refusal())))
    }

    fn find_records<'a>(&'a self, search: RecordSearch<'a>) -> TargetFuture<'a, Vec<TargetRecord>> {
        self.0.find_records(search)
    }

    fn list_records(&self, page: Option<String>) -> TargetFuture<'_, RecordPage> {
        self.0.list_records(page)
    }

    fn read_record<'a>(&'a self, id: &'a RecordId) -> TargetFuture<'a, Option<TargetRecord>> {
        self.0.read_record(id)
    }

    fn read_values<'a>(&'a self, id: &'a RecordId) -> TargetFuture<'a, Option<FieldValues>> {
        self.0.read_values(id)
    }

    fn find_user<'a>(&'a self, user: &'a str) -> TargetFuture<'a, Option<String>> {
        self.0.find_user(user)
    }

    fn write_records<'a>(&'a self, writes: &'a [PlannedWrite]) -> BoxFuture<'a, Vec<Result<WriteDone, TargetFault>>> {
        let refused = writes.iter().map(|_| Err(refusal())).collect();
        Box::pin(std::future::ready(refused))
    }

    fn put_back<'a>(&'a self, _: &'a RecordId, _: &'a FieldValues) -> TargetFuture<'a, ()> {
        Box::pin(std::future::ready(Err(refusal())))
    }

    fn verify_connection<'a>(&'a self, steps: mpsc::Sender<CheckStep>) -> BoxFuture<'a, ()> {
        self.0.verify_connection(steps)
    }
}

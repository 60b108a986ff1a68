//! A target whose other side is files of this machine.

use std::sync::Arc;

use futures_util::FutureExt;
use futures_util::future::BoxFuture;
use tokio::sync::{Mutex, MutexGuard, mpsc};
use tokio::task::spawn_blocking;

use super::columns::{check_field, list_columns};
use super::file_profile;
use super::io_fault::write_fault;
use super::publish::{OutputFile, find_outdated, find_touched, keep_records, publish_files};
use super::record_file::{KeptRecords, append_records, lost_records, read_record_file, record_path};
use super::record_table::{RecordTable, TouchedRows};
use super::verify::verify_output;
use crate::config::{FileSettings, OutputPlace};
use crate::contract::CheckStep;
use crate::targets::request_pace::RequestPace;
use crate::targets::{
    FieldValues, KindProfile, PlannedWrite, RecordId, RecordPage, RecordSearch, TargetAdapter, TargetFault,
    TargetField, TargetFuture, TargetRecord, WriteDone,
};

pub(super) struct FileTarget {
    settings: Arc<FileSettings>,
    place: Arc<OutputPlace>,
    /// Counts how often files were written: there is no other limit than pages.
    pace: RequestPace,
    held: Mutex<HeldRecords>,
}

/// What the disk has. Nobody else writes it while this target works.
#[derive(Default)]
struct HeldRecords {
    /// `None`: not read yet.
    kept: Option<Arc<KeptRecords>>,
    series: SeriesState,
    /// Changes of a series that the files for others do not show yet.
    unshown: TouchedRows,
}

/// Single writes that belong together: each goes into the record file, and the files for others follow at the end.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
enum SeriesState {
    #[default]
    Closed,
    /// The next write makes the record file anew, so that it is whole.
    Begun,
    /// The next write is added to the record file.
    Adding,
}

type HeldGuard<'a> = MutexGuard<'a, HeldRecords>;

/// A change of the records that is not on the disk yet.
struct RecordChange {
    table: RecordTable,
    touched: TouchedRows,
    ids: Vec<RecordId>,
}

impl FileTarget {
    pub(super) fn new(settings: FileSettings, place: OutputPlace, pace: RequestPace) -> FileTarget {
        FileTarget {
            settings: Arc::new(settings),
            place: Arc::new(place),
            pace,
            held: Mutex::new(HeldRecords::default()),
        }
    }

    /// `None`: the target has written nothing yet.
    async fn take_held(&self) -> Result<(HeldGuard<'_>, Option<Arc<KeptRecords>>), TargetFault> {
        let mut guard = self.held.lock().await;
        if guard.kept.is_none() {
            let path = record_path(&self.place);
            guard.kept = run_blocking(move || read_record_file(&path)).await?.map(Arc::new);
        }
        let kept = guard.kept.clone();
        Ok((guard, kept))
    }

    async fn read_kept(&self) -> Result<Arc<KeptRecords>, TargetFault> {
        let (_guard, kept) = self.take_held().await?;
        Ok(kept.unwrap_or_default())
    }

    /// Brings the disk to a new state; what the target knows follows only then. Where it fails, or is broken off, what the disk
    /// has is read anew: names may be ours from now on.
    async fn publish(
        &self,
        guard: &mut HeldRecords,
        before: Arc<KeptRecords>,
        next: KeptRecords,
        outputs: Vec<OutputFile>,
    ) -> Result<(), TargetFault> {
        self.pace.acquire().await;
        let (settings, place) = (Arc::clone(&self.settings), Arc::clone(&self.place));
        guard.kept = None;
        let written = run_blocking(move || publish_files(&settings, &place, &outputs, &before, next)).await?;
        guard.kept = Some(Arc::new(written));
        guard.unshown = TouchedRows::default();
        Ok(())
    }

    /// Keeps a change, and shows it unless a series is open.
    async fn keep_change(
        &self,
        guard: &mut HeldRecords,
        before: Arc<KeptRecords>,
        change: RecordChange,
    ) -> Result<(), TargetFault> {
        let next = KeptRecords {
            table: change.table,
            made: before.made.clone(),
        };
        if guard.series == SeriesState::Closed || before.made.is_empty() {
            let mut touched = guard.unshown;
            touched.add(change.touched);
            let outputs = find_touched(&self.settings, &self.place, &before, touched);
            return self.publish(guard, before, next, outputs).await;
        }
        let is_added = guard.series == SeriesState::Adding;
        // Until it went well, the end of the record file is not known.
        guard.series = SeriesState::Begun;
        let (place, ids) = (Arc::clone(&self.place), change.ids);
        let kept = run_blocking(move || {
            if is_added {
                let path = record_path(&place);
                append_records(&path, &next.table, &ids).map_err(|error| write_fault(&path, &error))?;
            } else {
                keep_records(&place, &next)?;
            }
            Ok(next)
        });
        guard.kept = Some(Arc::new(kept.await?));
        guard.series = SeriesState::Adding;
        guard.unshown.add(change.touched);
        Ok(())
    }

    async fn write_page(&self, writes: &[PlannedWrite]) -> Vec<Result<WriteDone, TargetFault>> {
        let (mut guard, kept) = match self.take_held().await {
            Ok(taken) => taken,
            Err(fault) => return vec![Err(fault); writes.len()],
        };
        let before = kept.unwrap_or_default();
        let applied = before.table.apply_writes(writes, &self.settings.columns);
        if !applied.touched.is_any() {
            return applied.results;
        }
        let done = applied.results.iter().filter_map(|result| result.as_ref().ok());
        let change = RecordChange {
            ids: done.map(|done| done.record.clone()).collect(),
            table: applied.table,
            touched: applied.touched,
        };
        match self.keep_change(&mut guard, before, change).await {
            Ok(()) => applied.results,
            Err(fault) => {
                let failed = applied.results.into_iter().map(|result| result.and(Err(fault.clone())));
                failed.collect()
            }
        }
    }

    async fn put_values(&self, id: &RecordId, values: &FieldValues) -> Result<(), TargetFault> {
        values
            .keys()
            .try_for_each(|field| check_field(&self.settings.columns, field))?;
        let (mut guard, kept) = self.take_held().await?;
        let before = kept.unwrap_or_default();
        let (table, touched) = before.table.put_back(id, values).ok_or(TargetFault::NotThere)?;
        if !touched.is_any() {
            return Ok(());
        }
        let change = RecordChange {
            table,
            touched,
            ids: vec![id.clone()],
        };
        self.keep_change(&mut guard, before, change).await
    }

    /// Shows what a series has kept.
    async fn show_series(&self) -> Result<(), TargetFault> {
        let (mut guard, kept) = self.take_held().await?;
        guard.series = SeriesState::Closed;
        let Some(kept) = kept.filter(|_| guard.unshown.is_any()) else {
            return Ok(());
        };
        let outputs = find_touched(&self.settings, &self.place, &kept, guard.unshown);
        let next = KeptRecords::clone(&kept);
        self.publish(&mut guard, kept, next, outputs).await
    }

    /// Files that are not as they should be are written anew: somebody moved one away, or the settings are others.
    async fn bring_up(&self, records: u64) -> Result<(), TargetFault> {
        let (mut guard, kept) = self.take_held().await?;
        let Some(kept) = kept else {
            return if records == 0 {
                Ok(())
            } else {
                Err(lost_records(&record_path(&self.place), records))
            };
        };
        let (settings, place, held) = (Arc::clone(&self.settings), Arc::clone(&self.place), Arc::clone(&kept));
        let outdated = run_blocking(move || Ok(find_outdated(&settings, &place, &held))).await?;
        if outdated.is_empty() {
            return Ok(());
        }
        let next = KeptRecords::clone(&kept);
        self.publish(&mut guard, kept, next, outdated).await
    }
}

/// Work on the disk, beside what waits for other things.
async fn run_blocking<T: Send + 'static>(
    work: impl FnOnce() -> Result<T, TargetFault> + Send + 'static,
) -> Result<T, TargetFault> {
    spawn_blocking(work).await.unwrap_or_else(|error| {
        Err(TargetFault::Unavailable {
            problem: format!("the work on the files ended early: {error}"),
        })
    })
}

impl TargetAdapter for FileTarget {
    fn profile(&self) -> &KindProfile {
        file_profile()
    }

    fn begin_work(&self, records: u64) -> TargetFuture<'_, ()> {
        self.bring_up(records).boxed()
    }

    fn begin_series(&self) -> BoxFuture<'_, ()> {
        async { self.held.lock().await.series = SeriesState::Begun }.boxed()
    }

    fn end_series(&self) -> TargetFuture<'_, ()> {
        self.show_series().boxed()
    }

    fn list_fields(&self) -> TargetFuture<'_, Vec<TargetField>> {
        async { Ok(list_columns(&self.settings.columns)) }.boxed()
    }

    fn check_field(&self, name: &str) -> Result<(), TargetFault> {
        check_field(&self.settings.columns, name)
    }

    /// Columns are settings: their owner adds them.
    fn make_fields<'a>(&'a self, names: &'a [String]) -> TargetFuture<'a, Vec<String>> {
        let is_missing = |name: &&String| check_field(&self.settings.columns, name).is_err();
        let missing: Vec<String> = names.iter().filter(is_missing).cloned().collect();
        async move { Ok(missing) }.boxed()
    }

    fn find_records<'a>(&'a self, search: RecordSearch<'a>) -> TargetFuture<'a, Vec<TargetRecord>> {
        async move {
            let RecordSearch::Device(device) = search else {
                return Ok(Vec::new());
            };
            let kept = self.read_kept().await?;
            let found = kept.table.find_by_device(device.key.device);
            Ok(found.map(|record| record.to_record()).into_iter().collect())
        }
        .boxed()
    }

    /// All of them are one page.
    fn list_records(&self, _: Option<String>) -> TargetFuture<'_, RecordPage> {
        async {
            let kept = self.read_kept().await?;
            Ok(RecordPage {
                records: kept.table.records().map(|record| record.to_summary()).collect(),
                next: None,
            })
        }
        .boxed()
    }

    fn read_record<'a>(&'a self, id: &'a RecordId) -> TargetFuture<'a, Option<TargetRecord>> {
        async move {
            let kept = self.read_kept().await?;
            Ok(kept.table.find_by_id(id).map(|record| record.to_record()))
        }
        .boxed()
    }

    /// Users are texts of the mapping here.
    fn find_user<'a>(&'a self, _: &'a str) -> TargetFuture<'a, Option<String>> {
        async { Ok(None) }.boxed()
    }

    fn write_records<'a>(&'a self, writes: &'a [PlannedWrite]) -> BoxFuture<'a, Vec<Result<WriteDone, TargetFault>>> {
        self.write_page(writes).boxed()
    }

    fn put_back<'a>(&'a self, id: &'a RecordId, values: &'a FieldValues) -> TargetFuture<'a, ()> {
        self.put_values(id, values).boxed()
    }

    fn verify_connection<'a>(&'a self, steps: mpsc::Sender<CheckStep>) -> BoxFuture<'a, ()> {
        verify_output(Arc::clone(&self.settings), Arc::clone(&self.place), steps).boxed()
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;
    use crate::config::{FileFormat, GoneDevices};
    use crate::targets::UserChange;
    use crate::targets::samples_for_tests::{device_with, field_values};

    #[tokio::test]
    async fn a_file_of_an_attempt_that_failed_behind_it_may_be_replaced() {
        let data = tempfile::tempdir().unwrap();
        let folder = data.path().join("targets-output/IntuneTargetFile_2");
        let place = OutputPlace {
            folder: folder.clone(),
            own_folder: folder.clone(),
            data_folder: data.path().to_owned(),
        };
        // What it is called until it is whole is too long for the disk.
        let name = "x".repeat(240);
        let settings = FileSettings {
            place: None,
            file_name: name.clone(),
            format: FileFormat::Ndjson,
            columns: vec!["deviceName".to_owned()],
            gone_devices: GoneDevices::Column,
            output: None,
        };
        let target = FileTarget::new(settings, place, RequestPace::default());
        let device = device_with(json!({"deviceName": "PC"}));
        let write = PlannedWrite::Create {
            key: device.key,
            device: Box::new(device),
            values: field_values(json!({"deviceName": "PC"})),
            class_name: String::new(),
            user: UserChange::Keep,
        };
        let code = async || {
            let results = target.write_records(std::slice::from_ref(&write)).await;
            results[0].as_ref().unwrap_err().code()
        };
        assert_eq!(code().await, "unavailable");
        std::fs::write(folder.join(format!("{name}.ndjson")), "").unwrap();
        assert_eq!(code().await, "unavailable", "it is no file of others");
    }
}

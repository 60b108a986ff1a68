//! How a target reads the feed: as any management server does, from what it has acknowledged, within what its account may
//! see and its filter lets through. Account, server and instances are looked up anew for each page: rights, limits and
//! generation may have changed meanwhile.

use std::collections::{BTreeMap, BTreeSet};

use serde_json::{Map, Value};

use super::source_device::{DeviceKey, PrimaryUser, SourceDevice};
use super::target_context::{TargetContext, TargetFailure};
use super::work_error::WorkError;
use crate::contract::WriteForm;
use crate::inventory::audience::is_in_audience;
use crate::inventory::feed::{self, FeedBatch, FeedError, FeedVisibility};
use crate::inventory::server_filter::ServerFilter;
use crate::model::{
    ChangeKind, DeviceBody, FeedChange, FeedPhase, FeedPosition, InstanceId, InstanceName, Timestamp, parse_time,
};
use crate::observe::metric;
use crate::store::{DeviceRow, FeedRow, InstanceRow, RowState, ServerRow, StoreError};

/// Changes of one page.
const PAGE: usize = 200;
/// The same for kinds that write many records with one request: between two pages they have nothing to do.
const BULK_PAGE: usize = 2_000;

/// What the target may see at the moment.
pub(super) struct FeedView {
    pub server: ServerRow,
    visible: Vec<InstanceRow>,
    hidden: BTreeSet<InstanceId>,
    /// Of every instance that there is, also of removed ones.
    names: BTreeMap<InstanceName, InstanceId>,
}

impl FeedView {
    pub(super) async fn load(context: &TargetContext) -> Result<FeedView, TargetFailure> {
        let store = &context.store;
        let missing = || TargetFailure::ServerMissing(context.server.clone());
        let server = store.find_server(context.server.clone()).await?.ok_or_else(missing)?;
        let owner = match store.load_operator(server.owner).await {
            Err(StoreError::Unknown { .. }) => return Err(missing()),
            loaded => loaded?,
        };
        let rows = store.list_instances().await?;
        let names = rows.iter().map(|row| (row.name.clone(), row.id)).collect();
        let mut visible = rows;
        visible.retain(|row| is_in_audience(&server, &owner, row) && context.settings.includes_instance(&row.name));
        Ok(FeedView {
            server,
            visible,
            hidden: BTreeSet::new(),
            names,
        })
    }

    /// The same for somebody who is told everything from the beginning; nothing can be acknowledged with it.
    pub(super) fn into_beginning(mut self) -> FeedView {
        self.server.positions.clear();
        self
    }

    /// The number of an instance; one that is unknown has just been made, and its changes come with the next page.
    pub(super) fn instance_id(&self, name: &InstanceName) -> Option<InstanceId> {
        self.names.get(name).copied()
    }

    pub(super) fn instance_name(&self, instance: InstanceId) -> Option<&InstanceName> {
        let found = self.names.iter().find(|(_, id)| **id == instance);
        found.map(|(name, _)| name)
    }

    /// Devices of this instance are written.
    pub(super) fn find_visible(&self, instance: InstanceId) -> Option<&InstanceRow> {
        let row = self.visible.iter().find(|row| row.id == instance);
        row.filter(|row| row.removed_at.is_none())
    }

    pub(super) fn visible(&self) -> impl Iterator<Item = &InstanceRow> {
        self.visible.iter().filter(|row| row.removed_at.is_none())
    }

    /// The next changes behind `cursor`; without one behind what was acknowledged.
    pub(super) async fn read_page(
        &self,
        context: &TargetContext,
        cursor: Option<&str>,
    ) -> Result<FeedBatch, WorkError> {
        let visibility = FeedVisibility {
            visible: self.visible.clone(),
            hidden: self.hidden.clone(),
        };
        let (store, key) = (&context.store, &context.cursor_key);
        let limit = match context.adapter.profile().writes {
            WriteForm::Single => PAGE,
            WriteForm::Bulk => BULK_PAGE,
        };
        Ok(feed::read_feed(store, key, &self.server, &visibility, cursor, limit).await?)
    }

    /// Everything up to this cursor is done.
    pub(super) async fn acknowledge(&self, context: &TargetContext, cursor: &str) -> Result<(), WorkError> {
        let (store, key) = (&context.store, &context.cursor_key);
        let moved = feed::acknowledge_cursor(store, key, &self.server, &self.hidden, cursor).await?;
        if moved {
            let label = [self.server.id.as_str()];
            context.metrics.increment_counter(&metric::ACKNOWLEDGED, &label, 1);
        }
        Ok(())
    }

    /// Everything is to be told again, because the target writes something else from now on. One that was told nothing yet,
    /// or is to be told everything anyway, stays as it is.
    pub(super) async fn restart_feed(&self, context: &TargetContext) -> Result<(), WorkError> {
        let is_fresh = self
            .server
            .positions
            .values()
            .all(|position| *position == FeedPosition::ANEW);
        if !is_fresh {
            feed::resync_server(&context.store, &self.server).await?;
        }
        Ok(())
    }

    /// The newest state of one device, as the target may see it.
    pub(super) async fn find_device(&self, context: &TargetContext, key: DeviceKey) -> Result<DeviceSight, WorkError> {
        let Some(instance) = self.find_visible(key.instance) else {
            return Ok(DeviceSight::NotHere);
        };
        let Some(row) = context.store.find_device(key.instance, key.device).await? else {
            return Ok(DeviceSight::NotHere);
        };
        let filter = ServerFilter::from_server(&self.server).map_err(FeedError::from)?;
        if filter.is_waiting_for(instance) {
            return Ok(DeviceSight::Unknown);
        }
        let change = filter.visible_change(&instance.name, &feed_row_of(row), FeedPhase::Live);
        Ok(match change {
            Some(change) if change.kind == ChangeKind::Gone => DeviceSight::NotHere,
            Some(change) => {
                source_device(key, change).map_or(DeviceSight::Unknown, |source| DeviceSight::There(Box::new(source)))
            }
            None => DeviceSight::Unknown,
        })
    }
}

/// Whether a device is there for this target.
#[derive(Debug)]
pub(super) enum DeviceSight {
    There(Box<SourceDevice>),
    /// It is gone, or left out.
    NotHere,
    /// It can't be read, or the filter can't judge it.
    Unknown,
}

/// A device that is there, as the feed tells it.
fn feed_row_of(row: DeviceRow) -> FeedRow {
    FeedRow {
        seq: row.seq,
        row: row.row,
        id: row.id,
        state: RowState::Present,
        changed_at: row.changed_at,
        replaces: row.replaces,
        same_as: row.same_as,
        body: Some(DeviceBody::from_json(row.body.get())),
    }
}

/// `None`: the change tells of no device, or its device can't be read.
pub(super) fn source_device(key: DeviceKey, change: FeedChange<DeviceBody>) -> Option<SourceDevice> {
    let values: Map<String, Value> = serde_json::from_str(&change.device?.to_json()).ok()?;
    let changed_at = change.changed_at.as_deref().and_then(parse_time);
    let primary_user = values
        .get("primaryUser")
        .map_or(PrimaryUser::NotRead, PrimaryUser::from_field);
    Some(SourceDevice {
        key,
        instance_name: change.instance,
        replaces: change.replaces,
        same_as: change.same_as,
        changed_at: changed_at.unwrap_or(Timestamp::UNIX_EPOCH),
        values,
        primary_user,
    })
}

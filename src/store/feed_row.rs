//! One place of the feed.

use crate::model::{DeviceBody, DeviceId, GoneReason, Row, Seq, Timestamp};

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum RowState {
    Present,
    Gone(GoneReason),
}

/// One place of the feed: the newest state of one device.
#[derive(Debug)]
pub struct FeedRow {
    pub seq: Seq,
    pub row: Row,
    pub id: DeviceId,
    pub state: RowState,
    pub changed_at: Timestamp,
    pub replaces: Option<DeviceId>,
    pub same_as: Option<DeviceId>,
    pub body: Option<DeviceBody>,
}

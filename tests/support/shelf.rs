//! A store with one instance and a server, and short ways to put devices in and read changes out.

use std::path::Path;
use std::sync::Arc;

use chrono::{DateTime, TimeDelta};
use intune_connector::config::{DataFolder, SecretKey};
use intune_connector::inventory::change_decision::{DecisionTimes, decide_change};
use intune_connector::inventory::{feed, field_changes, normalise};
use intune_connector::model::{
    BitSet, DeviceBody, DeviceId, DeviceIdentity, FleetProof, GoneReason, IncomingDevice, InstanceId, ReadSource,
    ScanKind, ScanState, ScanSummary, VolatileFields,
};
use intune_connector::observe::Clock;
use intune_connector::store::{
    CompareBodies, DecideDevice, InstanceRow, ListPage, MergeEnrichment, NewInstance, NewScan, OpenError, PageCommit,
    PageRead, PendingDevice, ScanContinuation, ScanEnd, ServerAnnouncement, ServerRow, Store,
};

use super::folder::TestFolder;

pub const KEY: &[u8] = b"a key for cursors in tests";

pub fn decider() -> DecideDevice {
    Arc::new(move |stored, incoming, read_at, now| {
        decide_change(
            stored,
            incoming,
            DecisionTimes {
                read_at,
                now,
                volatile_every: TimeDelta::hours(24),
            },
        )
    })
}

pub fn merger() -> MergeEnrichment {
    Arc::new(normalise::merge_enrichment)
}

pub fn comparer() -> CompareBodies {
    Arc::new(field_changes::compare_bodies)
}

pub fn id(n: u128) -> DeviceId {
    DeviceId(uuid::Uuid::from_u128(n))
}

pub fn device(n: u128, name: &str) -> IncomingDevice {
    let fingerprint = xxhash_rust::xxh3::xxh3_128(name.as_bytes()).to_le_bytes();
    IncomingDevice {
        id: id(n),
        source: ReadSource::List,
        raw_hash: fingerprint,
        fingerprint,
        volatile_fields: VolatileFields::default(),
        identity: DeviceIdentity {
            serial_number: Some(format!("SER{n:06}")),
            ..DeviceIdentity::default()
        },
        left_out: false,
        body: DeviceBody::from_json(&format!(
            r#"{{"id":"{}","deviceName":"{name}","operatingSystem":"Windows","managedDeviceOwnerType":"company"}}"#,
            id(n)
        )),
        enrichment: None,
        rejected_properties: Vec::new(),
    }
}

pub struct Shelf {
    pub folder: TestFolder,
    pub clock: Clock,
    pub store: Store,
    pub instance: InstanceRow,
}

impl Shelf {
    /// The store closed, `between`, and opened again, as by the next start.
    pub fn reopened(self, between: impl FnOnce(&Path)) -> Shelf {
        self.reopened_by(|folder, clock| {
            between(folder);
            Store::open(folder, clock, [7; 32])
        })
    }

    /// The same, opened by `open`.
    pub fn reopened_by(self, open: impl FnOnce(&Path, Clock) -> Result<Store, OpenError>) -> Shelf {
        let Shelf {
            folder,
            clock,
            store,
            instance,
        } = self;
        drop(store);
        let store = open(folder.path(), clock.clone()).unwrap();
        Shelf {
            folder,
            clock,
            store,
            instance,
        }
    }

    pub async fn new() -> Shelf {
        let folder = TestFolder::new();
        let clock = Clock::manual(DateTime::from_timestamp(1_790_000_000, 0).unwrap());
        let store = Store::open(folder.path(), clock.clone(), [7; 32]).unwrap();
        let new = NewInstance {
            prefix: "IntuneConnector".into(),
            tenant_id: "tenant".into(),
            client_id: "client".into(),
            audience: None,
        };
        let instance = store.add_instance(new).await.unwrap();
        Shelf {
            folder,
            clock,
            store,
            instance,
        }
    }

    /// Its folder as the bus opens it. The store was made first here, and a key is made beside none: so by hand.
    pub fn data_folder(&self) -> DataFolder {
        SecretKey::load_or_create(self.folder.path()).unwrap();
        DataFolder::open(self.folder.path()).unwrap()
    }

    /// One more instance, IntuneConnector_2.
    pub async fn another_instance(&self) -> InstanceRow {
        let new = NewInstance {
            prefix: "IntuneConnector".into(),
            tenant_id: "another tenant".into(),
            client_id: "another client".into(),
            audience: None,
        };
        self.store.add_instance(new).await.unwrap()
    }

    pub async fn server(&self, name: &str) -> ServerRow {
        let announcement = ServerAnnouncement {
            display_name: name.into(),
            accepts: serde_json::json!({}),
        };
        let owner = intune_connector::model::OperatorId(1);
        self.store
            .announce_server(name.parse().unwrap(), announcement, owner, true)
            .await
            .unwrap()
    }

    pub async fn again(&self, server: &ServerRow) -> ServerRow {
        self.store.find_server(server.id.clone()).await.unwrap().unwrap()
    }

    /// Puts devices in as one page of a scan that stays open.
    pub async fn put(&self, devices: Vec<IncomingDevice>) -> BitSet {
        let summary = self.begin(ScanKind::Full).await;
        self.page(summary, BitSet::default(), devices).await.1
    }

    pub async fn begin(&self, kind: ScanKind) -> ScanSummary {
        self.clock.advance(TimeDelta::seconds(1));
        let new = NewScan {
            instance: self.instance.id,
            kind,
            shape_digest: 1,
            started_at: self.clock.now(),
            interruption: "interrupted",
        };
        self.store.begin_scan(new).await.unwrap()
    }

    pub async fn page(
        &self,
        summary: ScanSummary,
        seen: BitSet,
        devices: Vec<IncomingDevice>,
    ) -> (ScanSummary, BitSet) {
        let read = PageRead {
            read_at: self.clock.now(),
            unchanged: Vec::new(),
            no_longer_doubted: Vec::new(),
            pending: devices.into_iter().map(PendingDevice::from).collect(),
            rejected: Vec::new(),
        };
        let behind = ScanContinuation {
            date: summary.started_at,
            requests: 1,
            link: Some("https://graph.microsoft.com/next".into()),
            links: vec![1, 2, 3],
            last: false,
        };
        let page = PageCommit {
            scan: summary.id,
            instance: self.instance.id,
            pages: std::iter::once(ListPage {
                read,
                continuation: behind,
            }),
            seen,
            summary,
            decide: decider(),
            merge: merger(),
            compare: comparer(),
        };
        let committed = self.store.commit_pages(page).await.unwrap();
        (committed.summary, committed.seen)
    }

    /// A whole full scan that saw these devices and nothing else.
    pub async fn full(&self, devices: Vec<IncomingDevice>) -> ScanSummary {
        let summary = self.begin(ScanKind::Full).await;
        let (summary, _) = self.page(summary, BitSet::default(), devices).await;
        let summary = ScanSummary {
            state: ScanState::Completed,
            ..summary
        };
        self.store
            .end_scan(
                self.instance.id,
                summary.clone(),
                ScanEnd {
                    watermark: Some(summary.started_at),
                    fleet: FleetProof::Proven,
                },
            )
            .await
            .unwrap();
        summary
    }

    pub async fn bury(&self, ids: &[u128], reason: GoneReason) {
        let mut rows = Vec::new();
        for missing in self
            .store
            .list_missing_devices(self.instance.id, BitSet::default())
            .await
            .unwrap()
        {
            if ids.iter().any(|n| id(*n) == missing.id) {
                rows.push((missing.row, reason));
            }
        }
        assert_eq!(rows.len(), ids.len());
        self.store.publish_gone(self.instance.id, rows).await.unwrap();
    }

    pub async fn read(&self, server: &ServerRow, cursor: Option<&str>, limit: usize) -> feed::FeedBatch {
        self.try_read(server, cursor, limit).await.unwrap()
    }

    pub async fn try_read(
        &self,
        server: &ServerRow,
        cursor: Option<&str>,
        limit: usize,
    ) -> Result<feed::FeedBatch, feed::FeedError> {
        let visible = self
            .store
            .list_instances()
            .await
            .unwrap()
            .into_iter()
            .filter(|row| row.audience.as_ref().is_none_or(|ids| ids.contains(&server.id)))
            .collect();
        let sight = feed::FeedVisibility {
            visible,
            ..feed::FeedVisibility::default()
        };
        let server = self.again(server).await;
        feed::read_feed(&self.store, KEY, &server, &sight, cursor, limit).await
    }

    pub async fn ack(&self, server: &ServerRow, cursor: &str) -> bool {
        let server = self.again(server).await;
        let none_apart = Default::default();
        feed::acknowledge_cursor(&self.store, KEY, &server, &none_apart, cursor)
            .await
            .unwrap()
    }

    pub fn instance_id(&self) -> InstanceId {
        self.instance.id
    }
}

use std::sync::Arc;

use super::*;
use crate::model::{
    BodyDifference, DeviceIdentity, DeviceVerdict, FleetProof, IncomingDevice, ReadSource, VolatileFields,
};
use crate::observe::Clock;
use crate::store::{NewInstance, ServerAnnouncement, ServerRow};

struct Fixture {
    _folder: tempfile::TempDir,
    store: Store,
    instance: InstanceRow,
    server: ServerRow,
}

impl Fixture {
    async fn new() -> Fixture {
        let folder = tempfile::tempdir().unwrap();
        let store = Store::open(folder.path(), Clock::system(), [0; 32]).unwrap();
        let new = NewInstance {
            prefix: "IntuneConnector".into(),
            tenant_id: "tenant".into(),
            client_id: "client".into(),
            audience: None,
        };
        let instance = InstanceRow {
            fleet: FleetProof::Proven,
            ..store.add_instance(new).await.unwrap()
        };
        let announcement = ServerAnnouncement {
            display_name: "CMDB".into(),
            accepts: serde_json::json!({}),
        };
        let owner = crate::model::OperatorId(1);
        let server = store
            .announce_server("cmdb".parse().unwrap(), announcement, owner, true)
            .await
            .unwrap();
        Fixture {
            _folder: folder,
            store,
            instance,
            server,
        }
    }

    /// A device that was read by itself, as a record that can be read again is.
    async fn read_device(&self) {
        let incoming = IncomingDevice {
            id: DeviceId(uuid::Uuid::from_u128(1)),
            source: ReadSource::List,
            raw_hash: [1; 16],
            fingerprint: [1; 16],
            volatile_fields: VolatileFields::default(),
            identity: DeviceIdentity::default(),
            left_out: false,
            body: DeviceBody::from_json(r#"{"deviceName":"A"}"#),
            enrichment: None,
            rejected_properties: Vec::new(),
        };
        let verdict = self.store.commit_device(
            self.instance.id,
            chrono::Utc::now(),
            incoming,
            Arc::new(|_, _, _, _| DeviceVerdict::New),
            Arc::new(|list, _| list.to_owned()),
            Arc::new(|_, _, _| BodyDifference::default()),
        );
        assert_eq!(verdict.await.unwrap(), DeviceVerdict::New);
    }

    fn builder(&self) -> FeedBatchBuilder<'_> {
        FeedBatchBuilder {
            store: &self.store,
            filter: ServerFilter::from_server(&self.server).unwrap(),
            head: Seq(0),
            remaining: 10,
            positions: FeedPositions::new(),
            changes: Vec::new(),
            steps: Vec::new(),
            has_more: false,
        }
    }
}

#[tokio::test]
async fn f4_a_snapshot_does_not_end_before_a_row_that_came_behind_those_that_were_read() {
    let fixture = Fixture::new().await;
    let read_to = FeedPosition::begin_snapshot(None, Seq(0));
    fixture.read_device().await;
    let mut reading = fixture.builder();
    reading.push_snapshot_end(&fixture.instance, read_to).await.unwrap();
    assert!(reading.has_more, "the row is told by the next answer");
    assert!(reading.changes.is_empty(), "{:?}", reading.changes);
    assert!(reading.positions.is_empty(), "nobody is behind the end mark");

    let mut reading = fixture.builder();
    reading.positions.insert(fixture.instance.id, read_to);
    reading.push_changes(&fixture.instance).await.unwrap();
    let kinds: Vec<ChangeKind> = reading.changes.iter().map(|change| change.kind).collect();
    assert_eq!(kinds, [ChangeKind::Upsert, ChangeKind::SnapshotEnd]);
    assert!(!reading.has_more);
}

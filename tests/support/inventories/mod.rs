//! The inventories that targets write into, from outside: real servers and stand-ins, each behind a line that can be cut, and
//! files in a folder that can be taken away. What stands in them is read by ways of their own (SQL, the stand-in's memory, a
//! reader of files), never by what a target says of it.

pub mod file_side;
pub mod glpi_side;
pub mod net_box_side;
pub mod ocs_side;
pub mod postgres_side;
pub mod servicenow_side;
mod shared_servers;
pub mod snipe_side;

use std::collections::BTreeMap;

use serde_json::Value;

use super::cut_line::CutLine;
use super::target_bodies::merge;
use file_side::{FileForm, FileSide};
use glpi_side::GlpiSide;
use net_box_side::NetBoxSide;
use ocs_side::OcsSide;
use postgres_side::PostgresSide;
use servicenow_side::ServiceNowSide;
use snipe_side::SnipeSide;

#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum InventoryKind {
    Ocs,
    SnipeIt,
    PostgreSql,
    NetBox,
    Glpi,
    ServiceNow,
    File,
}

impl InventoryKind {
    pub const ALL: [InventoryKind; 7] = [
        InventoryKind::Ocs,
        InventoryKind::SnipeIt,
        InventoryKind::PostgreSql,
        InventoryKind::NetBox,
        InventoryKind::Glpi,
        InventoryKind::ServiceNow,
        InventoryKind::File,
    ];
    /// What the campaign's small brother plays.
    pub const PLAYED: [InventoryKind; 3] = [InventoryKind::Ocs, InventoryKind::SnipeIt, InventoryKind::PostgreSql];
    /// What is played by a fleet of its own.
    pub const LATER: [InventoryKind; 4] = [
        InventoryKind::NetBox,
        InventoryKind::Glpi,
        InventoryKind::ServiceNow,
        InventoryKind::File,
    ];

    pub fn product(self) -> &'static str {
        match self {
            InventoryKind::Ocs => "intune-target-ocs",
            InventoryKind::SnipeIt => "intune-target-snipe-it",
            InventoryKind::PostgreSql => "intune-target-postgresql",
            InventoryKind::NetBox => "intune-target-netbox",
            InventoryKind::Glpi => "intune-target-glpi",
            InventoryKind::ServiceNow => "intune-target-servicenow",
            InventoryKind::File => "intune-target-file",
        }
    }

    /// The field over there that holds the name of a device.
    pub fn name_field(self) -> &'static str {
        match self {
            InventoryKind::Ocs => "HARDWARE/NAME",
            InventoryKind::SnipeIt | InventoryKind::NetBox | InventoryKind::ServiceNow => "name",
            InventoryKind::PostgreSql => "device_name",
            InventoryKind::Glpi => "hardware.name",
            InventoryKind::File => "deviceName",
        }
    }

    /// Whether records that others made are found by their serial number.
    pub fn adopts(self) -> bool {
        matches!(
            self,
            InventoryKind::SnipeIt | InventoryKind::NetBox | InventoryKind::Glpi | InventoryKind::ServiceNow
        )
    }

    /// Whether custom fields of the default mapping are made when somebody wants them.
    pub fn makes_fields(self) -> bool {
        matches!(self, InventoryKind::SnipeIt | InventoryKind::NetBox)
    }

    /// Whether a record can be marked as gone.
    pub fn retires(self) -> bool {
        self != InventoryKind::Ocs
    }

    /// Whether it may take a device for another one of the same name: such a device waits for a person.
    pub fn sets_names_aside(self) -> bool {
        matches!(self, InventoryKind::Glpi | InventoryKind::ServiceNow)
    }

    /// Whether many records go with one request.
    pub fn is_bulk(self) -> bool {
        matches!(
            self,
            InventoryKind::PostgreSql | InventoryKind::NetBox | InventoryKind::ServiceNow | InventoryKind::File
        )
    }

    /// Whether what people write over there is read by the target. A file is the target's own: what somebody writes into it is
    /// lost with the next change.
    pub fn reads_edits(self) -> bool {
        self != InventoryKind::File
    }

    /// The field over there that holds the version of the system.
    pub fn version_field(self) -> &'static str {
        match self {
            InventoryKind::Ocs => "HARDWARE/OSVERSION",
            InventoryKind::SnipeIt => "OS Version",
            InventoryKind::PostgreSql | InventoryKind::ServiceNow => "os_version",
            InventoryKind::NetBox => "intune_os_version",
            InventoryKind::Glpi => "operatingsystem.version",
            InventoryKind::File => "osVersion",
        }
    }
}

const NO_LINE: &str = "files are not at the end of a line";

/// How a record stands over there.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum SeenState {
    Active,
    /// Marked as gone, by whatever word.
    Retired,
    /// In the trash.
    Deleted,
}

/// One record as it stands over there.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SeenRecord {
    pub id: String,
    /// The Intune device id that it carries.
    pub device: Option<String>,
    pub name: String,
    /// Empty: none.
    pub serial: String,
    pub user: Option<String>,
    pub state: SeenState,
    /// Other fields, by the name that mappings have.
    pub values: BTreeMap<String, String>,
}

pub enum Inventory {
    Ocs(OcsSide),
    SnipeIt(SnipeSide),
    PostgreSql(PostgresSide),
    NetBox(NetBoxSide),
    Glpi(GlpiSide),
    ServiceNow(ServiceNowSide),
    File(FileSide),
}

impl Inventory {
    /// An empty one. Whoever has no such server installed gets none, and is told so.
    pub async fn open(kind: InventoryKind) -> Option<Inventory> {
        match kind {
            InventoryKind::Ocs => OcsSide::open().await.map(Inventory::Ocs),
            InventoryKind::SnipeIt => Some(Inventory::SnipeIt(SnipeSide::open().await)),
            InventoryKind::PostgreSql => PostgresSide::open().await.map(Inventory::PostgreSql),
            InventoryKind::NetBox => Some(Inventory::NetBox(NetBoxSide::open().await)),
            InventoryKind::Glpi => Some(Inventory::Glpi(GlpiSide::open().await)),
            InventoryKind::ServiceNow => Some(Inventory::ServiceNow(ServiceNowSide::open().await)),
            InventoryKind::File => Some(Inventory::File(FileSide::open(FileForm::Csv))),
        }
    }

    /// One that may be killed; the files of the other form.
    pub async fn open_own(kind: InventoryKind) -> Option<Inventory> {
        match kind {
            InventoryKind::Ocs => OcsSide::open_own().await.map(Inventory::Ocs),
            InventoryKind::PostgreSql => PostgresSide::open_own().await.map(Inventory::PostgreSql),
            InventoryKind::File => Some(Inventory::File(FileSide::open(FileForm::Ndjson))),
            stand_in => Inventory::open(stand_in).await,
        }
    }

    pub fn kind(&self) -> InventoryKind {
        match self {
            Inventory::Ocs(_) => InventoryKind::Ocs,
            Inventory::SnipeIt(_) => InventoryKind::SnipeIt,
            Inventory::PostgreSql(_) => InventoryKind::PostgreSql,
            Inventory::NetBox(_) => InventoryKind::NetBox,
            Inventory::Glpi(_) => InventoryKind::Glpi,
            Inventory::ServiceNow(_) => InventoryKind::ServiceNow,
            Inventory::File(_) => InventoryKind::File,
        }
    }

    /// What the wizard is answered, with these answers over it.
    pub fn answers(&self, own: Value) -> Value {
        let usual = match self {
            Inventory::Ocs(side) => side.answers(),
            Inventory::SnipeIt(side) => side.answers(),
            Inventory::PostgreSql(side) => side.answers(),
            Inventory::NetBox(side) => side.answers(),
            Inventory::Glpi(side) => side.answers(),
            Inventory::ServiceNow(side) => side.answers(),
            Inventory::File(side) => side.answers(),
        };
        merge(usual, own)
    }

    pub fn line(&self) -> &CutLine {
        match self {
            Inventory::Ocs(side) => &side.line,
            Inventory::SnipeIt(side) => &side.line,
            Inventory::PostgreSql(side) => &side.line,
            Inventory::NetBox(side) => &side.line,
            Inventory::Glpi(side) => &side.line,
            Inventory::ServiceNow(side) => &side.line,
            Inventory::File(_) => panic!("{NO_LINE}"),
        }
    }

    pub fn line_mut(&mut self) -> &mut CutLine {
        match self {
            Inventory::Ocs(side) => &mut side.line,
            Inventory::SnipeIt(side) => &mut side.line,
            Inventory::PostgreSql(side) => &mut side.line,
            Inventory::NetBox(side) => &mut side.line,
            Inventory::Glpi(side) => &mut side.line,
            Inventory::ServiceNow(side) => &mut side.line,
            Inventory::File(_) => panic!("{NO_LINE}"),
        }
    }

    /// What was asked over there so far; of files, how often one was seen to be replaced.
    pub fn turns(&self) -> u64 {
        match self {
            Inventory::File(side) => side.replaced(),
            served => served.line().turns(),
        }
    }

    /// Answers that were lost so far. Files give none.
    pub fn lost(&self) -> u64 {
        match self {
            Inventory::File(_) => 0,
            served => served.line().lost(),
        }
    }

    /// Loses one answer to what makes or changes records, after so many that pass.
    pub fn lose_later_answer(&self, passing: u64) {
        if !matches!(self, Inventory::File(_)) {
            self.line().lose_later_answers(self.write_mark(), passing, 1);
        }
    }

    pub fn keep_answers(&self) {
        if !matches!(self, Inventory::File(_)) {
            self.line().keep_answers();
        }
    }

    /// Nobody reaches it any more.
    pub async fn cut(&mut self) {
        match self {
            Inventory::File(side) => side.cut(),
            served => served.line_mut().cut().await,
        }
    }

    pub async fn mend(&mut self) {
        match self {
            Inventory::File(side) => side.mend(),
            served => served.line_mut().mend().await,
        }
    }

    /// Everything that stands there, in whatever state, in the order of making.
    pub async fn records(&self) -> Vec<SeenRecord> {
        match self {
            Inventory::Ocs(side) => side.records().await,
            Inventory::SnipeIt(side) => side.records(),
            Inventory::PostgreSql(side) => side.records().await,
            Inventory::NetBox(side) => side.records(),
            Inventory::Glpi(side) => side.records(),
            Inventory::ServiceNow(side) => side.records(),
            Inventory::File(side) => side.records(),
        }
    }

    /// The records that carry the id of this device.
    pub async fn records_of(&self, device: &str) -> Vec<SeenRecord> {
        let mut records = self.records().await;
        records.retain(|record| record.device.as_deref() == Some(device));
        records
    }

    /// The only record that carries the id of this device.
    pub async fn record_of(&self, device: &str) -> SeenRecord {
        let mut records = self.records_of(device).await;
        assert_eq!(records.len(), 1, "{device}: {records:?}");
        records.remove(0)
    }

    /// Somebody over there changes a field of a record by hand.
    pub async fn edit(&self, record: &str, field: &str, value: &str) {
        match self {
            Inventory::Ocs(side) => side.edit(record, field, value).await,
            Inventory::SnipeIt(side) => side.edit(record, field, value),
            Inventory::PostgreSql(side) => side.edit(record, field, value).await,
            Inventory::NetBox(side) => side.edit(record, field, value),
            Inventory::Glpi(side) => side.edit(record, field, value),
            Inventory::ServiceNow(side) => side.edit(record, field, value),
            Inventory::File(side) => side.edit(record, field, value),
        }
    }

    /// What stands near the beginning of a request that makes records, and of none that reads.
    pub fn making_mark(&self) -> &'static [u8] {
        match self {
            Inventory::SnipeIt(_) => b"POST /api/v1/hardware",
            Inventory::Ocs(_)
            | Inventory::PostgreSql(_)
            | Inventory::NetBox(_)
            | Inventory::Glpi(_)
            | Inventory::ServiceNow(_)
            | Inventory::File(_) => self.write_mark(),
        }
    }

    /// What stands near the beginning of a request that makes or changes records.
    pub fn write_mark(&self) -> &'static [u8] {
        match self {
            Inventory::Ocs(_) => b"POST /ocsinventory",
            Inventory::SnipeIt(_) => b" /api/v1/hardware",
            Inventory::PostgreSql(_) => b"WITH page AS",
            // Whoever reads asks for one device, or with a query.
            Inventory::NetBox(_) => b" /api/dcim/devices/ HTTP",
            Inventory::Glpi(_) => b"POST /front/inventory.php",
            Inventory::ServiceNow(_) => b"POST /api/now/identifyreconcile/enhanced",
            Inventory::File(_) => panic!("{NO_LINE}"),
        }
    }
}

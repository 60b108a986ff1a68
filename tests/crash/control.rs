//! Deliberate mistakes, each in a short campaign of its own, and the same judge. A judge that does not see them proves
//! nothing by its silence.
//!
//! They are made beside the product through doors that it has anyway; nothing in the product knows of them.

use std::error::Error;
use std::fs;
use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

use intune_connector::config::DataFolder;
use intune_connector::inventory::{field_changes, normalise};
use intune_connector::model::{BitSet, DeviceVerdict, FleetProof, GoneReason, InstanceId, ScanKind};
use intune_connector::observe::Clock;
use intune_connector::store::{ListPage, NewScan, PageCommit, PageRead, ScanContinuation, Store, StoreError};
use regex::bytes::Regex;
use simulated_tenant::server::{self, Options};

use super::campaign::{Campaign, truth};
use super::child;
use super::fields;
use super::judge::Breach;
use super::kept::Habit;

const KILLS: u64 = 15;
/// Where the kills are not what the mistake needs.
const FEW_KILLS: u64 = 5;
/// Whose fields are lied about.
const DEVICES: usize = 30;
/// The instance that `bus` has prepared.
const INSTANCE: InstanceId = InstanceId(1);
/// Between two rounds of a saboteur.
const PAUSE: Duration = Duration::from_millis(10);

/// A bus that does something wrong.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Sabotage {
    /// Moves a server's place to the head, whatever was delivered: the cursor is committed before the rows.
    PlaceAhead,
    /// Has committed a scan's progress before the devices of its pages when it was killed.
    ProgressAhead,
    /// Calls gone what no scan under way has seen yet: deletion without proof.
    GoneUnproven,
    /// Ends snapshots by the first list of an epoch, whatever it lacks.
    EndsByFirst,
    /// Was put back to an older copy, and takes what it has lost for its own.
    HidesLoss,
    /// Its schedule does not come when the clock has stepped.
    StandsStill,
}

impl Sabotage {
    const ALL: [Sabotage; 6] = [
        Sabotage::PlaceAhead,
        Sabotage::ProgressAhead,
        Sabotage::GoneUnproven,
        Sabotage::EndsByFirst,
        Sabotage::HidesLoss,
        Sabotage::StandsStill,
    ];

    pub fn name(self) -> &'static str {
        match self {
            Sabotage::PlaceAhead => "place-ahead",
            Sabotage::ProgressAhead => "progress-ahead",
            Sabotage::GoneUnproven => "gone-unproven",
            Sabotage::EndsByFirst => "ends-by-first",
            Sabotage::HidesLoss => "hides-loss",
            Sabotage::StandsStill => "stands-still",
        }
    }

    /// As what it shows while the bus runs; `None`: at the end.
    pub fn shows_as(self) -> Option<Breach> {
        match self {
            Sabotage::PlaceAhead | Sabotage::ProgressAhead => None,
            Sabotage::GoneUnproven | Sabotage::EndsByFirst => Some(Breach::WrongGone),
            Sabotage::HidesLoss => Some(Breach::Unnoticed),
            Sabotage::StandsStill => Some(Breach::StandsStill),
        }
    }

    pub fn named(name: &str) -> Option<Sabotage> {
        Sabotage::ALL.into_iter().find(|sabotage| sabotage.name() == name)
    }

    /// Works on the store before the bus starts.
    pub async fn before(self, folder: &Path) {
        if self == Sabotage::ProgressAhead
            && let Err(error) = progress_ahead(folder).await
        {
            eprintln!("the saboteur could not: {error}");
        }
    }

    /// Works beside the bus, in its process, until it is killed with it.
    pub async fn beside(self, store: Store) {
        loop {
            let done = match self {
                Sabotage::PlaceAhead => place_ahead(&store).await,
                Sabotage::ProgressAhead | Sabotage::HidesLoss | Sabotage::StandsStill => return,
                Sabotage::GoneUnproven => gone_unproven(&store).await,
                Sabotage::EndsByFirst => end_by_first(&store).await,
            };
            if let Err(error) = done {
                eprintln!("the saboteur could not: {error}");
            }
            tokio::time::sleep(PAUSE).await;
        }
    }
}

async fn place_ahead(store: &Store) -> Result<(), StoreError> {
    let head = *store.watch_head().borrow();
    for server in store.list_servers().await? {
        let mut places = server.positions.clone();
        places.values_mut().for_each(|place| place.seq = head);
        if places != server.positions {
            store.acknowledge_changes(server.id, server.generation, places).await?;
        }
    }
    Ok(())
}

/// Leaves the store as a scan would that commits its progress first and the devices then, and was killed in between on
/// its last page. Nothing here is left to chance: what changed before this start is lost, whenever the kill came.
/// Incremental scans only: what they lose, a full scan would find.
async fn progress_ahead(folder: &Path) -> Result<(), Box<dyn Error>> {
    let key = DataFolder::open(folder)?.secret_key().derive_key("audit");
    let store = Store::open(folder, Clock::system(), key)?;
    // Before the first start there is no instance.
    let Some(instance) = store.list_instances().await?.into_iter().find(|row| row.id == INSTANCE) else {
        return Ok(());
    };
    let Some(shape_digest) = instance.shape_digest else {
        return Ok(());
    };
    let new = NewScan {
        instance: INSTANCE,
        kind: ScanKind::Incremental,
        shape_digest,
        started_at: chrono::Utc::now(),
        interruption: "interrupted",
    };
    let summary = store.begin_scan(new).await?;
    let end = ListPage {
        read: PageRead {
            read_at: summary.started_at,
            unchanged: Vec::new(),
            no_longer_doubted: Vec::new(),
            pending: Vec::new(),
            rejected: Vec::new(),
        },
        continuation: ScanContinuation {
            date: summary.started_at,
            requests: 0,
            link: None,
            links: Vec::new(),
            last: true,
        },
    };
    let page = PageCommit {
        scan: summary.id,
        instance: INSTANCE,
        pages: std::iter::once(end),
        seen: BitSet::default(),
        summary,
        decide: Arc::new(|_, _, _, _| DeviceVerdict::Unchanged),
        merge: Arc::new(normalise::merge_enrichment),
        compare: Arc::new(field_changes::compare_bodies),
    };
    store.commit_pages(page).await?;
    Ok(())
}

async fn gone_unproven(store: &Store) -> Result<(), StoreError> {
    let seen = store
        .find_resumable_scan(INSTANCE)
        .await?
        .map_or_else(BitSet::default, |scan| scan.seen);
    let missing = store.list_missing_devices(INSTANCE, seen).await?;
    // A few at a time, as a mistake would look that nobody notices at once.
    let rows = missing
        .into_iter()
        .take(3)
        .map(|device| (device.row, GoneReason::Deleted))
        .collect();
    store.publish_gone(INSTANCE, rows).await?;
    Ok(())
}

async fn end_by_first(store: &Store) -> Result<(), StoreError> {
    let instances = store.list_instances().await?;
    if let Some(FleetProof::Open(Some(doubt))) = instances
        .into_iter()
        .find(|row| row.id == INSTANCE)
        .map(|row| row.fleet)
    {
        store.confirm_fleet(INSTANCE, doubt).await?;
    }
    Ok(())
}

/// Whether the product's own binary knows nothing of all this: the texts by which a child is told to do wrong are in
/// this program, and not in that one.
pub fn product_is_clean() -> bool {
    let told = [child::FOLDER, child::SABOTAGE];
    let texts: Vec<&str> = Sabotage::ALL
        .iter()
        .map(|sabotage| sabotage.name())
        .chain(told)
        .collect();
    let here = fs::read(std::env::current_exe().unwrap()).unwrap();
    let product = fs::read(env!("CARGO_BIN_EXE_intune-connector")).unwrap();
    let holds = |program: &[u8], text: &str| Regex::new(&regex::escape(text)).unwrap().is_match(program);
    texts.iter().all(|text| holds(&here, text) && !holds(&product, text))
}

/// Whether the judge sees a lie about any field, of each of a tenant's devices.
pub async fn sees_every_lie(seed: u64) -> bool {
    let tenant = server::start(Options::quick(DEVICES, seed)).await.unwrap();
    let truth = truth(&tenant).await;
    tenant.stop().await;
    truth.len() == DEVICES && truth.values().all(|(list, _)| fields::sees_every_lie(list))
}

/// Runs every control; true where the judge caught each.
pub async fn all(seed: u64, count: &mut impl FnMut(bool)) -> bool {
    let mut hold = true;
    for (campaign, expected) in controls(seed) {
        let name = campaign.name;
        let outcome = campaign.run().await;
        let caught = outcome
            .complaints
            .iter()
            .find(|complaint| expected.contains(&complaint.breach));
        match caught {
            Some(complaint) => {
                println!(
                    "{name}: caught ({} complaints, such as: {})",
                    outcome.complaints.len(),
                    complaint.text
                );
            }
            None => {
                println!("{name}: NOT CAUGHT");
                outcome.show();
            }
        }
        count(caught.is_some());
        hold &= caught.is_some();
    }
    hold
}

/// Each control with the breaches that are its own: a complaint about something else does not count as caught.
fn controls(seed: u64) -> Vec<(Campaign, &'static [Breach])> {
    let lost: &[Breach] = &[
        Breach::Lost,
        Breach::Differs,
        Breach::Left,
        Breach::OutOfOrder,
        Breach::WrongGone,
    ];
    let server = |name, kills, habit| {
        let mut campaign = Campaign::new(name, seed, kills);
        campaign.habit = habit;
        (campaign, lost)
    };
    // Who goes on by a kept cursor is not harmed by what is done to the place that the bus keeps.
    let bus = |name, kills, sabotage, habit, breaches| {
        let mut campaign = Campaign::new(name, seed, kills);
        campaign.sabotage = Some(sabotage);
        campaign.habit = habit;
        (campaign, breaches)
    };
    let (right, plain) = (Habit::Right, Habit::Plain);
    vec![
        server(
            "control: a server acknowledges before it has kept",
            KILLS,
            Habit::AcknowledgesFirst,
        ),
        server(
            "control: a server puts its own backup back and goes on without its cursor",
            FEW_KILLS,
            Habit::ForgetsPlace,
        ),
        bus(
            "control: a bus moves places ahead of what was delivered",
            KILLS,
            Sabotage::PlaceAhead,
            plain,
            lost,
        ),
        bus(
            "control: a bus commits a scan's progress before the rows",
            // It shows only where a kill falls between the two: on a busy machine 15 once missed it.
            3 * KILLS,
            Sabotage::ProgressAhead,
            plain,
            lost,
        ),
        bus(
            "control: a bus deletes without proof",
            KILLS,
            Sabotage::GoneUnproven,
            plain,
            &[Breach::WrongGone],
        ),
        bus(
            "control: a bus ends a snapshot by the first list",
            FEW_KILLS,
            Sabotage::EndsByFirst,
            right,
            &[Breach::WrongGone],
        ),
        bus(
            "control: a bus does not notice that it was put back",
            FEW_KILLS,
            Sabotage::HidesLoss,
            right,
            &[Breach::Unnoticed],
        ),
        bus(
            "control: a bus stands still when its clock is set back",
            FEW_KILLS,
            Sabotage::StandsStill,
            right,
            &[Breach::StandsStill],
        ),
    ]
}

//! Deliberate mistakes, each in a short campaign of its own, and the same judge. A judge that does not see them proves
//! nothing by its silence.
//!
//! They are made beside the product through doors that it has anyway; nothing in the product knows of them.

use std::time::Duration;

use intune_connector::model::{GoneReason, InstanceId};
use intune_connector::store::{Store, StoreError};

use super::campaign::Campaign;
use super::judge::Breach;

const KILLS: u64 = 15;
/// Between two rounds of a saboteur.
const PAUSE: Duration = Duration::from_millis(5);

/// A bus that does something wrong.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Sabotage {
    /// Moves a server's place to the head, whatever was delivered: the cursor is committed before the rows.
    PlaceAhead,
    /// Calls gone what the scan under way has not seen yet: deletion without proof.
    GoneUnproven,
}

impl Sabotage {
    const ALL: [Sabotage; 2] = [Sabotage::PlaceAhead, Sabotage::GoneUnproven];

    pub fn name(self) -> &'static str {
        match self {
            Sabotage::PlaceAhead => "place-ahead",
            Sabotage::GoneUnproven => "gone-unproven",
        }
    }

    pub fn named(name: &str) -> Option<Sabotage> {
        Sabotage::ALL.into_iter().find(|sabotage| sabotage.name() == name)
    }

    /// Works beside the bus, in its process, until it is killed with it.
    pub async fn beside(self, store: Store) {
        loop {
            let done = match self {
                Sabotage::PlaceAhead => place_ahead(&store).await,
                Sabotage::GoneUnproven => gone_unproven(&store).await,
            };
            if let Err(error) = done {
                eprintln!("the saboteur could not: {error}");
            }
            tokio::time::sleep(PAUSE).await;
        }
    }
}

async fn place_ahead(store: &Store) -> Result<(), StoreError> {
    let head = *store.head().borrow();
    for server in store.servers().await? {
        let mut places = server.positions.clone();
        places.values_mut().for_each(|place| place.seq = head);
        if places != server.positions {
            store.acknowledge(server.id, server.generation, server.turn, places).await?;
        }
    }
    Ok(())
}

async fn gone_unproven(store: &Store) -> Result<(), StoreError> {
    let instance = InstanceId(1);
    let Some(scan) = store.open_scan(instance).await? else { return Ok(()) };
    let missing = store.missing(instance, scan.seen).await?;
    // A few at a time, as a mistake would look that nobody notices at once.
    let rows = missing.into_iter().take(3).map(|device| (device.row, GoneReason::Deleted)).collect();
    store.mark_gone(instance, rows).await?;
    Ok(())
}

/// Runs every control; true where the judge caught each.
pub async fn all(seed: u64, count: &mut impl FnMut(bool)) -> bool {
    let mut hold = true;
    for (campaign, expected) in controls(seed) {
        let name = campaign.name;
        let outcome = campaign.run().await;
        let caught = outcome.complaints.iter().find(|complaint| expected.contains(&complaint.breach));
        match caught {
            Some(complaint) => {
                println!("{name}: caught ({} complaints, such as: {})", outcome.complaints.len(), complaint.text);
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
fn controls(seed: u64) -> [(Campaign, &'static [Breach]); 3] {
    let lost: &[Breach] = &[Breach::Lost, Breach::Differs, Breach::Left, Breach::OutOfOrder, Breach::WrongGone];
    let mut impatient = Campaign::new("control: a server acknowledges before it has kept", seed, KILLS);
    impatient.acknowledges_first = true;
    let mut ahead = Campaign::new("control: a bus moves places ahead of what was delivered", seed, KILLS);
    ahead.sabotage = Some(Sabotage::PlaceAhead);
    let mut unproven = Campaign::new("control: a bus deletes without proof", seed, KILLS);
    unproven.sabotage = Some(Sabotage::GoneUnproven);
    [(impatient, lost), (ahead, lost), (unproven, &[Breach::WrongGone])]
}

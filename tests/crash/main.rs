//! The crash campaign: the running bus is killed with SIGKILL at random moments, as often as asked, while a tenant
//! changes and three management servers read, which crash as well; meanwhile servers are rewound, resynchronised and
//! limited, the instance's fields change, and Graph fails in every way that the simulated tenant knows. At the end every server's view must equal the
//! tenant; meanwhile nothing may be told out of order, and no device may be called gone that still exists.
//!
//! The bus is this very program, started again as a child ([`child`]), so it is the product's own code through the
//! door that `run` uses. Tenant, servers and judge live in the parent and survive every kill.
//!
//! What chance would meet too seldom comes about in turn ([`situations`]), and is counted: the store, its folder, or the
//! folder with its second mark is put back to an older copy, or the store is taken away, and the first list that the new
//! epoch reads lacks devices, is empty, ends too early, has no count, or has records that can't be read; servers' own
//! backups are put back; the clock of the running bus is set forwards and back.
//!
//! A judge that never complains proves nothing. So before the campaign the same judge sees short ones, each with one
//! deliberate mistake ([`control`]): a server that acknowledges before it has kept, or that goes on without its cursor
//! when its backup was put back; a bus that moves a server's place ahead of what was delivered, that commits a scan's
//! progress before the rows, that deletes without proof, that ends a snapshot by the first list, that does not notice that
//! it was put back, that stands still when its clock is set back. If one of them is not caught, the run is void. The
//! mistakes are written here, in the tests' own program; the product has no switch for them.
//!
//! `KILLS` says how often (100), `SEED` repeats the decisions of an earlier run (what the scheduler of the machine
//! decides can't be repeated).
#![allow(clippy::unwrap_used, reason = "a test that can't go on has failed")]

mod api;
mod bus;
mod campaign;
mod child;
mod churn;
mod control;
#[path = "../support/disk_copy.rs"]
mod disk_copy;
mod events;
mod fields;
mod judge;
mod kept;
mod killer;
#[path = "../support/machine_clock.rs"]
mod machine_clock;
mod meddler;
mod provoke;
mod put_back;
mod readers;
mod server;
mod situations;
#[path = "../support/view.rs"]
#[expect(dead_code, reason = "tests across rooms use more of it")]
mod view;
mod witness;

use std::process::ExitCode;
use std::time::{SystemTime, UNIX_EPOCH};

use campaign::{Campaign, Outcome};

/// Kills where nothing else is asked for.
const KILLS: u64 = 100;

fn main() -> ExitCode {
    if let Some(child) = child::Child::from_environment() {
        return child.run();
    }
    let runtime = tokio::runtime::Builder::new_multi_thread()
        .worker_threads(2)
        .enable_all()
        .build()
        .unwrap();
    runtime.block_on(run())
}

async fn run() -> ExitCode {
    let kills = number("KILLS").unwrap_or(KILLS);
    let seed = number("SEED").unwrap_or_else(|| {
        SystemTime::now()
            .duration_since(UNIX_EPOCH)
            .map_or(1, |since| since.as_millis() as u64 % 1_000_000_007)
    });
    println!("crash campaign with seed {seed} (SEED={seed} KILLS={kills} repeats its decisions)");
    let (mut passed, mut failed) = (0, 0);
    let mut count = |good: bool| if good { passed += 1 } else { failed += 1 };
    let product_is_clean = control::product_is_clean();
    let shown = if product_is_clean { "none" } else { "FOUND" };
    println!("deliberate mistakes in the product's binary: {shown}");
    count(product_is_clean);
    let pairs_come = situations::all_pairs_come();
    println!(
        "every way of putting back meets every first list: {}",
        if pairs_come { "yes" } else { "NO" }
    );
    count(pairs_come);
    let sees = control::sees_every_lie(seed).await;
    println!(
        "a lie about any field of a device: {}",
        if sees { "caught" } else { "NOT CAUGHT" }
    );
    count(sees);
    let controls_hold = sees & control::all(seed, &mut count).await;
    let outcome = Campaign::new("campaign", seed, kills).run().await;
    let Outcome {
        changes_read,
        devices,
        servers,
        ..
    } = outcome;
    outcome.show();
    count(outcome.clean());
    let verdict = match (controls_hold, outcome.clean()) {
        (true, true) => "ok",
        (false, _) => "void: a control was not caught",
        (true, false) => "failed",
    };
    println!(
        "kills: {kills}, changes read: {changes_read}, devices: {devices}, servers: {servers}, verdict: {verdict}"
    );
    println!("{passed} passed, {failed} failed");
    if failed == 0 {
        ExitCode::SUCCESS
    } else {
        ExitCode::FAILURE
    }
}

fn number(name: &str) -> Option<u64> {
    std::env::var(name).ok()?.parse().ok()
}

//! The bus as a child process: this program, started again with a data folder in its environment. It is the product's
//! own bus, with a clock that the parent moves and a point at which it stands still to be killed.

use std::io::{BufRead, Write};
use std::path::PathBuf;
use std::process::ExitCode;
use std::sync::{Arc, OnceLock};

use chrono::{DateTime, TimeDelta};
use futures_util::future::BoxFuture;
use intune_connector::app;
use intune_connector::observe::Clock;
use intune_connector::orders::{OrderFailpoint, OrderFailpointHook, OrderFailpoints};
use intune_connector::store::Store;
use tracing::Level;

use super::mistake::Mistake;

pub const FOLDER: &str = "CRASH_ORDERS_FOLDER";
pub const CLOCK: &str = "CRASH_ORDERS_CLOCK";
pub const POINT: &str = "CRASH_ORDERS_POINT";
pub const MISTAKE: &str = "CRASH_ORDERS_MISTAKE";
/// Lines to the parent begin so; whatever else is printed is another's.
pub const PREFIX: &str = "crash-orders ";
pub const UP: &str = "up";

pub struct Child {
    folder: PathBuf,
    clock: Clock,
    mistake: Option<Mistake>,
}

impl Child {
    pub fn from_environment() -> Option<Child> {
        let folder = std::env::var_os(FOLDER)?.into();
        let ms = std::env::var(CLOCK).ok()?.parse().ok()?;
        Some(Child {
            folder,
            clock: Clock::manual(DateTime::from_timestamp_millis(ms)?),
            mistake: std::env::var(MISTAKE).ok().and_then(|name| Mistake::named(&name)),
        })
    }

    pub fn run(self) -> ExitCode {
        let clock = self.clock.clone();
        std::thread::spawn(move || {
            for line in std::io::stdin().lock().lines().map_while(Result::ok) {
                let ms: i64 = line.trim().parse().unwrap();
                let on = ms - clock.now().timestamp_millis();
                clock.advance(TimeDelta::milliseconds(on.max(0)));
            }
            // The parent has gone: nothing outlives it.
            std::process::exit(0);
        });
        let _ = intune_connector::observe::start_command_logging(Level::WARN);
        let runtime = tokio::runtime::Builder::new_multi_thread()
            .worker_threads(2)
            .enable_all()
            .build()
            .unwrap();
        match runtime.block_on(self.serve()) {
            Ok(()) => ExitCode::SUCCESS,
            Err(problem) => {
                eprintln!("the bus does not go on: {problem}");
                ExitCode::FAILURE
            }
        }
    }

    async fn serve(self) -> Result<(), app::StartError> {
        let deathbed = Arc::new(Deathbed {
            point: std::env::var(POINT).ok(),
            mistake: self.mistake,
            store: OnceLock::new(),
        });
        let mut order_failpoints = OrderFailpoints {
            hook: deathbed.clone(),
            ..OrderFailpoints::default()
        };
        if let Some(planner) = self.mistake.and_then(Mistake::planner) {
            order_failpoints.planner = planner;
        }
        let options = app::StartOptions {
            run_instances: true,
            listen: None,
            clock: self.clock,
            failpoints: Default::default(),
            order_failpoints,
            target_failpoints: Default::default(),
        };
        let running = app::start_bus(&self.folder, options).await?;
        let _ = deathbed.store.set(running.store.clone());
        tell(UP);
        std::future::pending().await
    }
}

/// One line, whole or not at all as far as the parent can see.
fn tell(what: &str) {
    let mut out = std::io::stdout().lock();
    out.write_all(format!("\n{PREFIX}{what}\n").as_bytes()).unwrap();
    out.flush().unwrap();
}

/// Stands still at the point that was given, whatever comes by first.
struct Deathbed {
    point: Option<String>,
    mistake: Option<Mistake>,
    store: OnceLock<Store>,
}

impl OrderFailpointHook for Deathbed {
    fn on_failpoint<'a>(&'a self, point: OrderFailpoint, subject: &'a str) -> BoxFuture<'a, ()> {
        Box::pin(async move {
            if let (Some(mistake), Some(store)) = (self.mistake, self.store.get()) {
                mistake.meddle(store, point, subject).await;
            }
            let name = format!("{point:?}");
            if self.point.as_deref() == Some(name.as_str()) {
                tell(&name);
                std::future::pending::<()>().await;
            }
        })
    }
}

//! The bus as a child process: this program, started again with a data folder in its environment. It is the product's own
//! bus, with a point at which a target stands still to be killed.

use std::io::{Read, Write};
use std::path::PathBuf;
use std::process::ExitCode;
use std::sync::Arc;

use futures_util::future::BoxFuture;
use intune_connector::app;
use intune_connector::observe::Clock;
use intune_connector::targets::{TargetFailpoint, TargetFailpointHook, TargetFailpoints};
use tracing::Level;

use super::mistake::Mistake;

pub const FOLDER: &str = "CRASH_TARGETS_FOLDER";
pub const POINT: &str = "CRASH_TARGETS_POINT";
pub const MISTAKE: &str = "CRASH_TARGETS_MISTAKE";
/// Lines to the parent begin so; whatever else is printed is another's.
pub const PREFIX: &str = "crash-targets ";
pub const UP: &str = "up";

pub struct Child {
    folder: PathBuf,
    mistake: Option<Mistake>,
}

impl Child {
    pub fn from_environment() -> Option<Child> {
        let folder = std::env::var_os(FOLDER)?.into();
        let mistake = std::env::var(MISTAKE).ok();
        Some(Child {
            folder,
            mistake: mistake.and_then(|name| Mistake::named(&name)),
        })
    }

    pub fn run(self) -> ExitCode {
        std::thread::spawn(|| {
            let mut rest = Vec::new();
            let _ = std::io::stdin().read_to_end(&mut rest);
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
        let mut target_failpoints = TargetFailpoints {
            hook: Arc::new(Deathbed {
                point: std::env::var(POINT).ok(),
            }),
            ..TargetFailpoints::default()
        };
        if let Some(mistake) = self.mistake {
            target_failpoints.planner = mistake.planner();
        }
        let options = app::StartOptions {
            run_instances: true,
            listen: None,
            clock: Clock::system(),
            failpoints: Default::default(),
            order_failpoints: Default::default(),
            target_failpoints,
        };
        let running = app::start_bus(&self.folder, options).await?;
        tell(UP);
        std::future::pending::<()>().await;
        running.stop().await;
        Ok(())
    }
}

/// One line, whole or not at all as far as the parent can see.
fn tell(what: &str) {
    let mut out = std::io::stdout().lock();
    out.write_all(format!("\n{PREFIX}{what}\n").as_bytes()).unwrap();
    out.flush().unwrap();
}

/// Has each target stand still that comes by the point that was given.
struct Deathbed {
    point: Option<String>,
}

impl TargetFailpointHook for Deathbed {
    fn on_failpoint<'a>(&'a self, point: TargetFailpoint, _: &'a str) -> BoxFuture<'a, ()> {
        Box::pin(async move {
            let name = format!("{point:?}");
            if self.point.as_deref() == Some(name.as_str()) {
                tell(&name);
                std::future::pending::<()>().await;
            }
        })
    }
}

//! The bus as a child process: this program, started again with a data folder in its environment. It runs the product
//! as `run` does and waits to be killed. The parent holds its standard input; when that ends, so does the child, so
//! that nothing outlives a parent that was killed itself.

use std::io::Read;
use std::path::PathBuf;
use std::process::ExitCode;

use intune_connector::app;
use intune_connector::observe::Clock;
use tracing::Level;

use super::control::Sabotage;

pub const FOLDER: &str = "CRASH_BUS_FOLDER";
pub const SABOTAGE: &str = "CRASH_BUS_SABOTAGE";

pub struct Child {
    folder: PathBuf,
    sabotage: Option<Sabotage>,
}

impl Child {
    pub fn from_environment() -> Option<Child> {
        let folder = std::env::var_os(FOLDER)?.into();
        let sabotage = std::env::var(SABOTAGE).ok().and_then(|name| Sabotage::named(&name));
        Some(Child { folder, sabotage })
    }

    pub fn run(self) -> ExitCode {
        std::thread::spawn(|| {
            let mut rest = Vec::new();
            let _ = std::io::stdin().read_to_end(&mut rest);
            std::process::exit(0);
        });
        let _ = intune_connector::observe::start_command_logging(Level::WARN);
        let runtime = tokio::runtime::Builder::new_multi_thread()
            .worker_threads(2)
            .enable_all()
            .build()
            .unwrap();
        runtime.block_on(async {
            if let Some(sabotage) = self.sabotage {
                sabotage.before(&self.folder).await;
            }
            let options = app::StartOptions {
                run_instances: true,
                listen: None,
                clock: Clock::system(),
                failpoints: Default::default(),
                order_failpoints: Default::default(),
                target_failpoints: Default::default(),
            };
            let running = match app::start_bus(&self.folder, options).await {
                Ok(running) => running,
                Err(error) => {
                    eprintln!("the bus does not start: {error}");
                    return ExitCode::FAILURE;
                }
            };
            if let Some(sabotage) = self.sabotage {
                tokio::spawn(sabotage.beside(running.store.clone()));
            }
            std::future::pending().await
        })
    }
}

//! The command line as people and scripts use it: the real program, over real HTTP.

mod authorities;
mod brake;
mod certificates;
mod closed_pipe;
mod credentials;
mod demo;
mod follow;
mod gone_back;
mod interrupted;
mod jobs;
mod killswitch;
mod login;
mod lost_key;
mod offline;
mod reading;
mod recover;
mod reports;
mod roles;
mod simulate;
mod strangers;
mod tables;
mod tenant;
mod told;
mod workflows;
mod wrong;

use simulated_tenant::{Options, Running, start};

use crate::support::program::User;

/// A tenant to read, and the arguments that lead to it.
pub struct Tenant {
    pub sim: Running,
    pub args: String,
}

impl Tenant {
    pub async fn new(user: &User, devices: usize) -> Tenant {
        let sim = start(Options::quick(devices, 7)).await.unwrap();
        let secret = user.file("secret.txt", &format!("{}\n", sim.registration.client_secret));
        let args = format!(
            "--tenant {} --client {} --secret-file {secret} --login-url {base} --graph-url {base}",
            sim.registration.tenant_id,
            sim.registration.client_id,
            base = sim.base,
        );
        Tenant { sim, args }
    }
}

/// Runs blocking work (the program) beside the simulator.
pub async fn beside<T: Send + 'static>(work: impl FnOnce() -> T + Send + 'static) -> T {
    tokio::task::spawn_blocking(work).await.unwrap()
}

//! The simulated tenant of the bench of orders, in this process: its devices, what is made in it beforehand, and what it
//! counts.

use std::sync::Arc;

use intune_connector::config::{OrderDraft, OrderSettings};
use serde_json::{Map, Value, json};
use simulated_tenant::objects::{NewGroup, object_of};
use simulated_tenant::server::{self, Options, Running};
use simulated_tenant::software::{Assignment, Intent, NewAssignment, Target};
use simulated_tenant::world::Ticks;
use simulated_tenant::{SoftwareTuning, Tenant, Tuning};
use uuid::Uuid;

/// Names of devices that are ordered for begin so.
const PREFIX: &str = "BENCH-";
/// Of the catalogue: each application is for a copy of it.
const MODEL: &str = "Notepad++ 8.8.1";
/// What others assigned is so old.
const AGE_S: i64 = 400 * 86_400;
/// Installations take longer than the bench does: orders stay open.
const ENDS_AFTER_MS: i64 = 3_600_000;
const MEMBERS: &str = "POST /groups/{id}/members/$ref";
const REPORT: &str = "/retrieveDeviceAppInstallationStatusReport";
const THROTTLED: u16 = 429;
const HELD: &str = "nobody has panicked while holding it";

/// A device that Intune manages and Entra knows.
pub struct Machine {
    pub name: String,
    pub intune: Uuid,
    pub entra: Uuid,
}

impl Machine {
    /// Its object in the directory.
    pub fn object(&self) -> Uuid {
        object_of(self.entra)
    }
}

/// Requests that came to the tenant.
#[derive(Debug, Clone, Copy)]
pub struct RequestCounts {
    pub all: u64,
    pub throttled: u64,
    pub reports: u64,
    /// Objects that were put into a group.
    pub members: u64,
}

pub struct OrderFleet {
    pub running: Running,
    pub machines: Vec<Machine>,
    seed: u64,
    tenant: Arc<Tenant>,
}

impl OrderFleet {
    /// So many devices, of which the last can be ordered for. It throttles as a tenant does by default.
    pub async fn start(devices: usize, machines: usize, seed: u64) -> OrderFleet {
        let options = Options {
            tuning: Tuning {
                software: SoftwareTuning {
                    ends_after_ms: ENDS_AFTER_MS,
                    ..SoftwareTuning::default()
                },
                ..Tuning::default()
            },
            ..Options::quick(devices.saturating_sub(machines), seed)
        };
        let running = server::start(options).await.expect("the simulator starts");
        let tenant = running.simulated.tenant(&running.registration.tenant_id);
        let tenant = tenant.expect("it has its tenant");
        let machines = enrol_machines(&tenant, machines, running.simulated.now());
        OrderFleet {
            running,
            machines,
            seed,
            tenant,
        }
    }

    /// Client id and secret of the application that may order.
    pub fn credentials(&self) -> (String, String) {
        let secret = format!("{}-orders", self.running.registration.client_secret);
        (server::client_id(self.seed, "orders"), secret)
    }

    /// All of the published limits, and else what is set by default.
    pub fn settings(&self) -> OrderSettings {
        let (client_id, secret) = self.credentials();
        let pairs = [
            ("tenant_id", self.running.registration.tenant_id.as_str()),
            ("client_id", &client_id),
            ("secret", &secret),
            ("login_url", &self.running.base),
            ("graph_url", &self.running.base),
            ("budget_percent", "100"),
        ];
        let draft = OrderDraft::from_pairs(pairs).expect("the keys are known");
        draft.build_settings().expect("the settings are right")
    }

    pub fn machine_named(&self, name: &str) -> &Machine {
        let number = name
            .strip_prefix(PREFIX)
            .and_then(|number| number.parse::<usize>().ok());
        &self.machines[number.expect("it is the name of a machine")]
    }

    /// An app of its own. `is_everywhere`: others have long required it on all devices.
    pub fn add_app(&self, name: &str, is_everywhere: bool) -> Uuid {
        let mut software = self.tenant.software.write().expect(HELD);
        let model = software.apps().iter().find(|app| app.name == MODEL);
        let mut app = model.expect("the catalogue has it").clone();
        (app.id, app.name) = (Uuid::new_v4(), name.to_owned());
        let id = app.id;
        software.add_app(app);
        if is_everywhere {
            let long_ago = self.running.simulated.now().plus_seconds(-AGE_S);
            let theirs = assign(Intent::Required, Target::AllDevices, long_ago);
            software.add_assignment(id, theirs);
        }
        id
    }

    pub fn add_group(&self, display_name: &str, mail_nickname: &str, description: &str) -> Uuid {
        let new = NewGroup {
            display_name: display_name.to_owned(),
            description: Some(description.to_owned()),
            mail_nickname: mail_nickname.to_owned(),
            ..NewGroup::default()
        };
        let now = self.running.simulated.now();
        self.tenant.objects.write().expect(HELD).create_group(new, now)
    }

    /// The id of the assignment.
    pub fn assign_to_group(&self, app: Uuid, intent: Intent, group: Uuid) -> String {
        let made = assign(intent, Target::Group(group), self.running.simulated.now());
        let id = made.id.clone();
        self.tenant.software.write().expect(HELD).add_assignment(app, made);
        id
    }

    /// Puts objects into a group without a request.
    pub fn add_members(&self, group: Uuid, members: impl Iterator<Item = Uuid>) {
        let now = self.running.simulated.now();
        let mut objects = self.tenant.objects.write().expect(HELD);
        let group = objects.group_mut(group).expect("the group is there");
        members.for_each(|member| group.add_member(member, now));
    }

    pub fn forget_counts(&self) {
        self.running.simulated.log().clear();
        self.tenant.writes.clear();
    }

    /// Since they were forgotten.
    pub fn read_counts(&self) -> RequestCounts {
        let counters = self.running.simulated.log().counters();
        let reports = counters.by_path.iter().filter(|(path, _)| path.ends_with(REPORT));
        RequestCounts {
            all: counters.total,
            throttled: counters.by_status.get(&THROTTLED).copied().unwrap_or_default(),
            reports: reports.map(|(_, count)| count).sum(),
            members: self
                .tenant
                .writes
                .by_endpoint()
                .get(MEMBERS)
                .copied()
                .unwrap_or_default(),
        }
    }
}

fn assign(intent: Intent, target: Target, at: Ticks) -> Assignment {
    let new = NewAssignment {
        intent,
        target,
        settings: Value::Null,
    };
    Assignment::new(new, None, at)
}

/// Windows devices with a name and an Entra id of their own.
fn enrol_machines(tenant: &Tenant, count: usize, now: Ticks) -> Vec<Machine> {
    let mut world = tenant.world.write().expect(HELD);
    let ids = world.populate(count, Some("Windows"), now);
    let mut machines = Vec::with_capacity(count);
    for (number, intune) in ids.into_iter().enumerate() {
        let machine = Machine {
            name: format!("{PREFIX}{number:05}"),
            intune,
            entra: Uuid::new_v4(),
        };
        world.change(intune, |device| {
            device.name = machine.name.as_str().into();
            device.entra = Some(machine.entra);
            device.left_out = None;
            // Whatever chance gave it goes with that.
            let own = Map::from_iter([("managementAgent".to_owned(), json!("mdm"))]);
            device.set = Some(Box::new(own));
        });
        machines.push(machine);
    }
    machines
}

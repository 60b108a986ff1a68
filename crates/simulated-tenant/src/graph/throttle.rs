//! Throttling by the published budgets: writes and all requests, per tenant and per app, in windows. Devices, apps, the
//! directory, reports and exports have budgets of their own. A request that is refused counts as well, as Microsoft
//! says, so a client that hammers stays out.

use std::collections::HashMap;
use std::sync::{Mutex, PoisonError};

use chrono::{DateTime, Utc};

use crate::tuning::Limits;

/// The budget that an endpoint draws on.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Class {
    /// Intune devices: the published 4000/2000 and 400/200.
    DeviceRead,
    DeviceWrite,
    /// Intune applications: 2000/1000 and 200/100.
    AppRead,
    AppWrite,
    /// Groups, users and devices of Entra.
    DirectoryRead,
    DirectoryWrite,
    /// Reports that answer at once.
    Report,
    /// Export jobs.
    Export,
    /// Not throttled here: the envelope of a batch.
    Free,
}

impl Class {
    /// Whether Entra stands behind the endpoint, and refuses in its own words; else it is Intune.
    pub fn is_entra(self) -> bool {
        matches!(self, Class::DirectoryRead | Class::DirectoryWrite | Class::Free)
    }
}

/// What has a count of its own.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
enum Family {
    Devices,
    Apps,
    Directory,
    Reports,
    Exports,
}

/// So many in a window, of one app or of the tenant.
struct Budget {
    family: Family,
    write: bool,
    per_app: bool,
    window_s: i64,
    limit: u32,
}

const DIRECTORY_READ_S: i64 = 10;
const DIRECTORY_APP_S: i64 = 150;
const DIRECTORY_TENANT_S: i64 = 300;
const EXPORT_S: i64 = 60;

/// Everything that a request of this class is counted in.
fn budgets(class: Class, limits: &Limits) -> Vec<Budget> {
    let budget = |family, write, per_app, window_s, limit| Budget {
        family,
        write,
        per_app,
        window_s,
        limit,
    };
    let intune = |family, window_s, any: [u32; 2], write: Option<[u32; 2]>| {
        let mut all = vec![
            budget(family, false, false, window_s, any[0]),
            budget(family, false, true, window_s, any[1]),
        ];
        if let Some(write) = write {
            all.push(budget(family, true, false, window_s, write[0]));
            all.push(budget(family, true, true, window_s, write[1]));
        }
        all
    };
    let (devices, apps) = (limits, &limits.apps);
    let any_device = [devices.any_per_tenant, devices.any_per_app];
    let any_app = [apps.any_per_tenant, apps.any_per_app];
    let directory = &limits.directory;
    match class {
        Class::DeviceRead => intune(Family::Devices, limits.window_s, any_device, None),
        Class::DeviceWrite => {
            let write = Some([devices.write_per_tenant, devices.write_per_app]);
            intune(Family::Devices, limits.window_s, any_device, write)
        }
        Class::AppRead => intune(Family::Apps, limits.window_s, any_app, None),
        Class::AppWrite => {
            let write = Some([apps.write_per_tenant, apps.write_per_app]);
            intune(Family::Apps, limits.window_s, any_app, write)
        }
        Class::DirectoryRead => vec![budget(
            Family::Directory,
            false,
            true,
            DIRECTORY_READ_S,
            directory.reads_per_app,
        )],
        Class::DirectoryWrite => vec![
            budget(Family::Directory, true, true, DIRECTORY_APP_S, directory.writes_per_app),
            budget(
                Family::Directory,
                true,
                false,
                DIRECTORY_TENANT_S,
                directory.writes_per_tenant,
            ),
        ],
        Class::Report => vec![budget(
            Family::Reports,
            false,
            true,
            limits.window_s,
            limits.reports_per_app,
        )],
        Class::Export => vec![
            budget(Family::Exports, false, false, EXPORT_S, limits.exports_per_tenant),
            budget(Family::Exports, false, true, EXPORT_S, limits.exports_per_app),
        ],
        Class::Free => Vec::new(),
    }
}

#[derive(Debug, Clone, PartialEq, Eq, Hash)]
struct Payer {
    family: Family,
    tenant: String,
    app: Option<String>,
    write: bool,
}

#[derive(Debug, Default)]
pub struct Throttle(Mutex<HashMap<Payer, (i64, u32)>>);

/// Payers remembered; more means tests with thousands of apps, and forgetting one only makes it free again.
const MAX_PAYERS: usize = 10_000;

impl Throttle {
    /// `Err` with the seconds until the window ends.
    pub fn draw(&self, class: Class, tenant: &str, app: &str, limits: &Limits, now: DateTime<Utc>) -> Result<(), u64> {
        if !limits.enabled {
            return Ok(());
        }
        let mut payers = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        if payers.len() > MAX_PAYERS {
            payers.clear();
        }
        let mut wait_s: Option<i64> = None;
        // All are counted, whichever is exceeded first.
        for budget in budgets(class, limits) {
            let window_s = budget.window_s.max(1);
            let window = now.timestamp().div_euclid(window_s);
            let payer = Payer {
                family: budget.family,
                tenant: tenant.to_owned(),
                app: budget.per_app.then(|| app.to_owned()),
                write: budget.write,
            };
            let slot = payers.entry(payer).or_insert((window, 0));
            if slot.0 != window {
                *slot = (window, 0);
            }
            slot.1 = slot.1.saturating_add(1);
            if slot.1 > budget.limit {
                let left_s = ((window + 1) * window_s - now.timestamp()).max(1);
                wait_s = wait_s.max(Some(left_s));
            }
        }
        wait_s.map_or(Ok(()), |wait_s| Err(wait_s.unsigned_abs()))
    }

    pub fn forget(&self) {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).clear();
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn drawn(throttle: &Throttle, class: Class, app: &str, second: i64) -> bool {
        let limits = Limits {
            any_per_app: 3,
            any_per_tenant: 5,
            write_per_app: 1,
            ..Limits::default()
        };
        throttle
            .draw(class, "t", app, &limits, DateTime::from_timestamp(second, 0).unwrap())
            .is_ok()
    }

    #[test]
    fn an_app_that_spent_its_budget_waits_for_the_next_window() {
        let throttle = Throttle::default();
        assert!((0..3).all(|_| drawn(&throttle, Class::DeviceRead, "a", 100)));
        assert!(!drawn(&throttle, Class::DeviceRead, "a", 101));
        assert!(drawn(&throttle, Class::DeviceRead, "b", 101), "another app has its own");
        assert!(
            !drawn(&throttle, Class::DeviceRead, "b", 102),
            "but the tenant's is spent"
        );
        assert!(drawn(&throttle, Class::DeviceRead, "a", 120));
    }

    #[test]
    fn writes_have_a_smaller_budget() {
        let throttle = Throttle::default();
        assert!(drawn(&throttle, Class::DeviceWrite, "a", 100));
        assert!(!drawn(&throttle, Class::DeviceWrite, "a", 100));
        assert!(drawn(&throttle, Class::DeviceRead, "a", 100));
    }

    #[test]
    fn families_do_not_draw_on_each_other() {
        let throttle = Throttle::default();
        assert!((0..3).all(|_| drawn(&throttle, Class::DeviceRead, "a", 100)));
        assert!(!drawn(&throttle, Class::DeviceRead, "a", 100));
        for class in [
            Class::AppRead,
            Class::AppWrite,
            Class::DirectoryWrite,
            Class::Report,
            Class::Export,
        ] {
            assert!(drawn(&throttle, class, "a", 100), "{class:?}");
        }
    }
}

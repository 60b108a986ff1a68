//! Throttling by the published budgets: writes and all requests, per tenant and per app, in windows of 20 seconds.
//! A request that is refused counts as well, as Microsoft says, so a client that hammers stays out.

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
    /// Not throttled here: users, and the envelope of a batch.
    Free,
}

#[derive(Debug, Clone, PartialEq, Eq, Hash)]
struct Payer {
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
        if class == Class::Free || !limits.enabled {
            return Ok(());
        }
        let window = now.timestamp().div_euclid(limits.window_s.max(1));
        let mut payers = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        if payers.len() > MAX_PAYERS {
            payers.clear();
        }
        let mut count = |app: Option<&str>, write: bool, limit: u32| {
            let payer = Payer {
                tenant: tenant.to_owned(),
                app: app.map(str::to_owned),
                write,
            };
            let slot = payers.entry(payer).or_insert((window, 0));
            if slot.0 != window {
                *slot = (window, 0);
            }
            slot.1 = slot.1.saturating_add(1);
            slot.1 <= limit
        };
        // All are counted, whichever is exceeded first.
        let mut within = count(None, false, limits.any_per_tenant) & count(Some(app), false, limits.any_per_app);
        if class == Class::DeviceWrite {
            within &= count(None, true, limits.write_per_tenant) & count(Some(app), true, limits.write_per_app);
        }
        if within {
            return Ok(());
        }
        Err(((window + 1) * limits.window_s.max(1) - now.timestamp())
            .max(1)
            .unsigned_abs())
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
}

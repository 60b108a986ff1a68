//! Devices on which a condition could not be evaluated: they are not in the answer, which says how many they are, which
//! and why (E10).

use std::sync::{Arc, Mutex, PoisonError};

use super::DeviceCondition;
use crate::contract::{UnjudgedDevice, UnjudgedView};
use crate::inventory::properties::ID;
use crate::inventory::record_slots::RecordSlots;
use crate::store::DeviceMatcher;

/// Devices that are named; the count is of all.
const NAMED_MAX: usize = 100;

/// Collects them while a store is asked.
#[derive(Debug, Clone)]
pub struct UnjudgedDevices {
    view: Arc<Mutex<UnjudgedView>>,
    named_max: usize,
}

impl Default for UnjudgedDevices {
    fn default() -> Self {
        UnjudgedDevices {
            view: Arc::default(),
            named_max: NAMED_MAX,
        }
    }
}

impl UnjudgedDevices {
    /// Names each of them: for whoever has to keep what was not judged.
    pub fn naming_all() -> Self {
        UnjudgedDevices {
            named_max: usize::MAX,
            ..UnjudgedDevices::default()
        }
    }

    pub fn record_device(&self, body: &str, problem: &impl ToString) {
        let mut view = self.view.lock().unwrap_or_else(PoisonError::into_inner);
        view.count += 1;
        if view.devices.len() < self.named_max {
            let slots = RecordSlots::from_json(body).ok();
            let id = slots.and_then(|slots| slots.text_value(ID)?.parse().ok());
            view.devices.push(UnjudgedDevice {
                device_id: id,
                problem: problem.to_string(),
            });
        }
    }

    pub fn view(&self) -> UnjudgedView {
        self.view.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }
}

impl DeviceCondition {
    /// For the store: devices on which it can't be evaluated are not in the answer, and are noted.
    pub fn into_matcher(self, unjudged: &UnjudgedDevices) -> DeviceMatcher {
        let unjudged = unjudged.clone();
        Arc::new(move |body: &str| match self.matches_body(body) {
            Ok(holds) => holds,
            Err(problem) => {
                unjudged.record_device(body, &problem);
                false
            }
        })
    }
}

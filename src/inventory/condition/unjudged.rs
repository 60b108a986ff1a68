//! Devices on which a condition could not be evaluated: they are not in the answer, and whoever asked is told how many, which
//! and why (E10).

use std::sync::{Arc, Mutex, PoisonError};

use serde::{Deserialize, Serialize};

use super::Condition;
use crate::inventory::properties::ID;
use crate::inventory::record::Slots;
use crate::model::DeviceId;
use crate::store::Matching;

/// Devices that are named; the count is of all.
const NAMED_MAX: usize = 100;

#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, utoipa::ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct UnjudgedDevice {
    #[schema(value_type = Option<String>)]
    pub device_id: Option<DeviceId>,
    pub problem: String,
}

/// How many devices could not be judged, and the first 100 of them.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize, utoipa::ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct UnjudgedView {
    pub count: u64,
    pub devices: Vec<UnjudgedDevice>,
}

impl UnjudgedView {
    /// In one sentence; nothing where every device was judged.
    pub fn sentence(&self) -> Option<String> {
        let first = self.devices.first()?;
        let id = first
            .device_id
            .map_or("a device without an id".to_owned(), |id| id.to_string());
        Some(format!(
            "the filter could not judge {} devices, which are left out; the first is {id}: {}",
            self.count, first.problem
        ))
    }
}

/// Collects them while a store is asked.
#[derive(Debug, Clone)]
pub struct Unjudged {
    view: Arc<Mutex<UnjudgedView>>,
    named_max: usize,
}

impl Default for Unjudged {
    fn default() -> Self {
        Unjudged {
            view: Arc::default(),
            named_max: NAMED_MAX,
        }
    }
}

impl Unjudged {
    /// Names each of them: for whoever has to keep what was not judged.
    pub fn naming_all() -> Self {
        Unjudged {
            named_max: usize::MAX,
            ..Unjudged::default()
        }
    }

    pub fn note(&self, body: &str, problem: &impl ToString) {
        let mut view = self.view.lock().unwrap_or_else(PoisonError::into_inner);
        view.count += 1;
        if view.devices.len() < self.named_max {
            let slots = Slots::read(body).ok();
            let id = slots.and_then(|slots| slots.text(ID)?.parse().ok());
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

impl Condition {
    /// For the store: devices on which it can't be evaluated are not in the answer, and are noted.
    pub fn matching(self, unjudged: &Unjudged) -> Matching {
        let unjudged = unjudged.clone();
        Arc::new(move |body: &str| match self.holds(body) {
            Ok(holds) => holds,
            Err(problem) => {
                unjudged.note(body, &problem);
                false
            }
        })
    }
}

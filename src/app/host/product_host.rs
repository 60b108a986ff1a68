//! What the bus calls: the instances that run, and which of them an installation has.

use std::sync::Arc;

use super::host_errors::store_error;
use crate::app::instances::Instances;
use crate::bus::HostError;
use crate::model::{InstanceId, InstanceName};
use crate::store::InstanceRow;

pub struct ProductHost {
    pub(super) instances: Arc<Instances>,
}

impl ProductHost {
    pub fn new(instances: Arc<Instances>) -> ProductHost {
        ProductHost { instances }
    }

    /// The instance of an installation, where it has one that was not removed.
    pub(super) async fn find_row(&self, number: i64) -> Result<Option<InstanceRow>, HostError> {
        let rows = self
            .instances
            .store
            .list_instances()
            .await
            .map_err(|error| store_error(&error))?;
        let of_number = |row: &InstanceRow| row.id == InstanceId(number) && row.removed_at.is_none();
        Ok(rows.into_iter().find(of_number))
    }

    pub(super) async fn name(&self, number: i64) -> Result<InstanceName, HostError> {
        let row = self.find_row(number).await?;
        row.map(|row| row.name).ok_or_else(|| {
            let problem = format!("installation {number} reads no tenant");
            HostError::new("noInstance", problem, "see the list of installations")
        })
    }
}

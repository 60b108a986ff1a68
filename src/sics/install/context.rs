//! What installs products, for all who ask.

use std::sync::Arc;

use crate::bus::install::{Installer, ProductSource};
use crate::bus::wizard::PassedChecks;

/// What stands behind the routes of this room.
#[derive(Clone)]
pub struct InstallContext {
    pub installer: Arc<Installer>,
    pub product_source: Arc<dyn ProductSource>,
    pub passed_checks: Arc<PassedChecks>,
}

impl InstallContext {
    pub fn new(installer: Arc<Installer>, offers: Arc<dyn ProductSource>) -> InstallContext {
        InstallContext {
            installer,
            product_source: offers,
            passed_checks: Arc::default(),
        }
    }
}

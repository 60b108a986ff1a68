//! The products of this repository, inside the program: a new bus offers them without adding a package.

use semver::Version;

use crate::bus::{Catalogue, CatalogueError, Package};
use crate::config::DataFolder;

/// Every file of the connector: name in the package, content.
pub const BUILT_IN: &[(&str, &[u8])] = &[
    ("plugin.toml", include_bytes!("../../plugin.toml")),
    (
        "icons/intune-connector.svg",
        include_bytes!("../../icons/intune-connector.svg"),
    ),
    (
        "templates/intune-connector.xml",
        include_bytes!("../../templates/intune-connector.xml"),
    ),
    (
        "workflows/IntuneMobileDevices.xml",
        include_bytes!("../../workflows/IntuneMobileDevices.xml"),
    ),
    (
        "workflows/IntuneActions.xml",
        include_bytes!("../../workflows/IntuneActions.xml"),
    ),
    (
        "workflows/RetireWithNotice.xml",
        include_bytes!("../../workflows/RetireWithNotice.xml"),
    ),
    (
        "workflows/StaleDevices.xml",
        include_bytes!("../../workflows/StaleDevices.xml"),
    ),
];

/// Every file of app orders.
pub const APP_ORDERS: &[(&str, &[u8])] = &[
    ("plugin.toml", include_bytes!("../../products/app-orders/plugin.toml")),
    (
        "icons/intune-app-orders.svg",
        include_bytes!("../../products/app-orders/icons/intune-app-orders.svg"),
    ),
    (
        "templates/intune-app-orders.xml",
        include_bytes!("../../products/app-orders/templates/intune-app-orders.xml"),
    ),
    (
        "workflows/IntuneAssignmentWorker.xml",
        include_bytes!("../../products/app-orders/workflows/IntuneAssignmentWorker.xml"),
    ),
    (
        "workflows/IntuneOrderProcessor.xml",
        include_bytes!("../../products/app-orders/workflows/IntuneOrderProcessor.xml"),
    ),
    (
        "workflows/IntuneOrderStatusProcessor.xml",
        include_bytes!("../../products/app-orders/workflows/IntuneOrderStatusProcessor.xml"),
    ),
];

/// The connector, as a package: what an instance without a package belongs to.
pub fn built_in_package() -> Result<Package, CatalogueError> {
    Ok(Package::from_built_in(BUILT_IN)?)
}

/// All of them, the connector first.
pub fn built_in_packages() -> Result<Vec<Package>, CatalogueError> {
    Ok(vec![built_in_package()?, Package::from_built_in(APP_ORDERS)?])
}

/// What this bus offers: `products/` of its data folder, and the products inside the program.
pub fn open_catalogue(folder: &DataFolder) -> Result<Catalogue, CatalogueError> {
    let version = Version::parse(env!("CARGO_PKG_VERSION")).unwrap_or(Version::new(0, 0, 0));
    Catalogue::open(
        &folder.path().join("products"),
        built_in_packages()?,
        &super::KINDS,
        version,
    )
}

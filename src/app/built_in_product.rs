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

/// Every file of the target OCS Inventory.
pub const TARGET_OCS: &[(&str, &[u8])] = &[
    ("plugin.toml", include_bytes!("../../products/target-ocs/plugin.toml")),
    (
        "icons/intune-target-ocs.svg",
        include_bytes!("../../products/target-ocs/icons/intune-target-ocs.svg"),
    ),
    (
        "templates/intune-target-ocs.xml",
        include_bytes!("../../products/target-ocs/templates/intune-target-ocs.xml"),
    ),
];

/// Every file of the target Snipe-IT.
pub const TARGET_SNIPE_IT: &[(&str, &[u8])] = &[
    (
        "plugin.toml",
        include_bytes!("../../products/target-snipe-it/plugin.toml"),
    ),
    (
        "icons/intune-target-snipe-it.svg",
        include_bytes!("../../products/target-snipe-it/icons/intune-target-snipe-it.svg"),
    ),
    (
        "templates/intune-target-snipe-it.xml",
        include_bytes!("../../products/target-snipe-it/templates/intune-target-snipe-it.xml"),
    ),
];

/// Every file of the target PostgreSQL.
pub const TARGET_POSTGRESQL: &[(&str, &[u8])] = &[
    (
        "plugin.toml",
        include_bytes!("../../products/target-postgresql/plugin.toml"),
    ),
    (
        "icons/intune-target-postgresql.svg",
        include_bytes!("../../products/target-postgresql/icons/intune-target-postgresql.svg"),
    ),
    (
        "templates/intune-target-postgresql.xml",
        include_bytes!("../../products/target-postgresql/templates/intune-target-postgresql.xml"),
    ),
];

/// Every file of the target file.
pub const TARGET_FILE: &[(&str, &[u8])] = &[
    ("plugin.toml", include_bytes!("../../products/target-file/plugin.toml")),
    (
        "icons/intune-target-file.svg",
        include_bytes!("../../products/target-file/icons/intune-target-file.svg"),
    ),
    (
        "templates/intune-target-file.xml",
        include_bytes!("../../products/target-file/templates/intune-target-file.xml"),
    ),
];

/// Every file of the target NetBox.
pub const TARGET_NETBOX: &[(&str, &[u8])] = &[
    (
        "plugin.toml",
        include_bytes!("../../products/target-netbox/plugin.toml"),
    ),
    (
        "icons/intune-target-netbox.svg",
        include_bytes!("../../products/target-netbox/icons/intune-target-netbox.svg"),
    ),
    (
        "templates/intune-target-netbox.xml",
        include_bytes!("../../products/target-netbox/templates/intune-target-netbox.xml"),
    ),
];

/// Every file of the target GLPI.
pub const TARGET_GLPI: &[(&str, &[u8])] = &[
    ("plugin.toml", include_bytes!("../../products/target-glpi/plugin.toml")),
    (
        "icons/intune-target-glpi.svg",
        include_bytes!("../../products/target-glpi/icons/intune-target-glpi.svg"),
    ),
    (
        "templates/intune-target-glpi.xml",
        include_bytes!("../../products/target-glpi/templates/intune-target-glpi.xml"),
    ),
];

/// Every file of the target ServiceNow.
pub const TARGET_SERVICENOW: &[(&str, &[u8])] = &[
    (
        "plugin.toml",
        include_bytes!("../../products/target-servicenow/plugin.toml"),
    ),
    (
        "icons/intune-target-servicenow.svg",
        include_bytes!("../../products/target-servicenow/icons/intune-target-servicenow.svg"),
    ),
    (
        "templates/intune-target-servicenow.xml",
        include_bytes!("../../products/target-servicenow/templates/intune-target-servicenow.xml"),
    ),
];

/// What a bus offers beside the connector.
const OTHERS: [&[(&str, &[u8])]; 8] = [
    APP_ORDERS,
    TARGET_OCS,
    TARGET_SNIPE_IT,
    TARGET_POSTGRESQL,
    TARGET_FILE,
    TARGET_NETBOX,
    TARGET_GLPI,
    TARGET_SERVICENOW,
];

/// The connector, as a package: what an instance without a package belongs to.
pub fn built_in_package() -> Result<Package, CatalogueError> {
    Ok(Package::from_built_in(BUILT_IN)?)
}

/// All of them, the connector first.
pub fn built_in_packages() -> Result<Vec<Package>, CatalogueError> {
    let mut packages = vec![built_in_package()?];
    for files in OTHERS {
        packages.push(Package::from_built_in(files)?);
    }
    Ok(packages)
}

/// What this bus offers: `products/` of its data folder, and the products inside the program.
pub fn open_catalogue(folder: &DataFolder) -> Result<Catalogue, CatalogueError> {
    let version = Version::parse(env!("CARGO_PKG_VERSION")).unwrap_or(Version::new(0, 0, 0));
    let catalogue = Catalogue::open(
        &folder.path().join("products"),
        built_in_packages()?,
        &super::KINDS,
        version,
    )?;
    Ok(catalogue.with_document_check(super::check_package_documents))
}

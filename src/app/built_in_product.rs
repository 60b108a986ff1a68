//! The product of this repository, inside the program: a new bus offers it without adding a package.

use semver::Version;

use crate::bus::{Catalogue, CatalogueError, Package};
use crate::config::DataFolder;

/// Every file of it: name in the package, content.
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

/// The product inside the program, as a package.
pub fn built_in_package() -> Result<Package, CatalogueError> {
    Ok(Package::from_built_in(BUILT_IN)?)
}

/// What this bus offers: `products/` of its data folder, and the product inside the program.
pub fn open_catalogue(folder: &DataFolder, built_in: &Package) -> Result<Catalogue, CatalogueError> {
    let version = Version::parse(env!("CARGO_PKG_VERSION")).unwrap_or(Version::new(0, 0, 0));
    Catalogue::open(
        &folder.path().join("products"),
        vec![built_in.clone()],
        &super::KINDS,
        version,
    )
}

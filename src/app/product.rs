//! The product of this repository, inside the program: a fresh bus offers it without anybody adding a package.

/// Every file of it: name in the package, content.
pub const BUILT_IN: &[(&str, &[u8])] = &[
    ("plugin.toml", include_bytes!("../../plugin.toml")),
    (
        "templates/intune-connector.xml",
        include_bytes!("../../templates/intune-connector.xml"),
    ),
];

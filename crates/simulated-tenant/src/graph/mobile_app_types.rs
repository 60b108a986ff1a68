//! What apps and their categories are made of, and what of it filters may name.

use super::condition::{Filterable, How, TYPE};
use super::select::ResourceType;
use super::{Call, Version};

pub(super) const FILTERS: &[Filterable] = &[
    Filterable {
        name: "displayName",
        plain: &[How::Eq, How::Ne, How::StartsWith, How::Contains],
        advanced: &[],
    },
    Filterable {
        name: "publisher",
        plain: &[How::Eq, How::StartsWith, How::Contains],
        advanced: &[],
    },
    Filterable {
        name: TYPE,
        plain: &[How::IsOf],
        advanced: &[],
    },
    Filterable {
        name: "isAssigned",
        plain: &[How::Eq],
        advanced: &[],
    },
    Filterable {
        name: "publishingState",
        plain: &[How::Eq],
        advanced: &[],
    },
];

const MOBILE_APP: ResourceType = ResourceType {
    name: "microsoft.graph.mobileApp",
    fields: &[
        "id",
        "displayName",
        "description",
        "publisher",
        "largeIcon",
        "createdDateTime",
        "lastModifiedDateTime",
        "isFeatured",
        "privacyInformationUrl",
        "informationUrl",
        "owner",
        "developer",
        "notes",
        "publishingState",
    ],
    defaults: &[],
};

/// Members that beta adds.
const BETA_MOBILE_APP: ResourceType = ResourceType {
    name: MOBILE_APP.name,
    fields: &[
        "id",
        "displayName",
        "description",
        "publisher",
        "largeIcon",
        "createdDateTime",
        "lastModifiedDateTime",
        "isFeatured",
        "privacyInformationUrl",
        "informationUrl",
        "owner",
        "developer",
        "notes",
        "publishingState",
        "uploadState",
        "isAssigned",
        "roleScopeTagIds",
        "dependentAppCount",
        "supersedingAppCount",
        "supersededAppCount",
    ],
    defaults: &[],
};

pub(super) const CATEGORY: ResourceType = ResourceType {
    name: "microsoft.graph.mobileAppCategory",
    fields: &["id", "displayName", "lastModifiedDateTime"],
    defaults: &[],
};

/// The type as this version has it.
pub(super) fn kind(call: &Call) -> &'static ResourceType {
    match call.asked.version {
        Version::V1 => &MOBILE_APP,
        Version::Beta => &BETA_MOBILE_APP,
    }
}

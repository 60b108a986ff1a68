//! Who gets an app, and how.

use serde::{Deserialize, Serialize};
use serde_json::Value;
use uuid::{Uuid, uuid};

use crate::world::Ticks;

/// What stands for "all devices" and "all licensed users" in the ids of assignments.
pub const ALL_DEVICES: Uuid = uuid!("adadadad-808e-44e2-905a-0b7873a8a531");
pub const ALL_USERS: Uuid = uuid!("acacacac-9df4-4c7d-9d50-4ef0226f57a9");

#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub enum Intent {
    Available,
    Required,
    Uninstall,
    AvailableWithoutEnrollment,
}

impl Intent {
    pub const ALL: [Intent; 4] = [
        Intent::Available,
        Intent::Required,
        Intent::Uninstall,
        Intent::AvailableWithoutEnrollment,
    ];

    pub fn name(self) -> &'static str {
        match self {
            Intent::Available => "available",
            Intent::Required => "required",
            Intent::Uninstall => "uninstall",
            Intent::AvailableWithoutEnrollment => "availableWithoutEnrollment",
        }
    }

    fn number(self) -> u8 {
        match self {
            Intent::Available => 0,
            Intent::Required => 1,
            Intent::Uninstall => 2,
            Intent::AvailableWithoutEnrollment => 3,
        }
    }
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Target {
    Group(Uuid),
    ExcludedGroup(Uuid),
    AllDevices,
    AllUsers,
}

impl Target {
    /// As `@odata.type` names it, without `#microsoft.graph.`.
    pub fn type_name(self) -> &'static str {
        match self {
            Target::Group(_) => "groupAssignmentTarget",
            Target::ExcludedGroup(_) => "exclusionGroupAssignmentTarget",
            Target::AllDevices => "allDevicesAssignmentTarget",
            Target::AllUsers => "allLicensedUsersAssignmentTarget",
        }
    }

    pub fn group(self) -> Option<Uuid> {
        match self {
            Target::Group(id) | Target::ExcludedGroup(id) => Some(id),
            Target::AllDevices | Target::AllUsers => None,
        }
    }

    fn key(self) -> Uuid {
        match self {
            Target::Group(id) | Target::ExcludedGroup(id) => id,
            Target::AllDevices => ALL_DEVICES,
            Target::AllUsers => ALL_USERS,
        }
    }
}

/// What is asked for.
#[derive(Debug, Clone, PartialEq)]
pub struct NewAssignment {
    pub intent: Intent,
    pub target: Target,
    /// Null, or an object with its `@odata.type`.
    pub settings: Value,
}

#[derive(Debug, Clone, PartialEq)]
pub struct Assignment {
    /// Follows from target and intent; no GUID. The same assignment made again has the same id.
    pub id: String,
    pub intent: Intent,
    pub target: Target,
    pub settings: Value,
    pub created: Ticks,
    /// The client id of the app that made it; none for those of the seed.
    pub made_by: Option<String>,
}

impl Assignment {
    pub fn new(new: NewAssignment, made_by: Option<String>, now: Ticks) -> Self {
        let excludes = u8::from(matches!(new.target, Target::ExcludedGroup(_)));
        Assignment {
            id: format!("{}_{}_{excludes}", new.target.key(), new.intent.number()),
            intent: new.intent,
            target: new.target,
            settings: new.settings,
            created: now,
            made_by,
        }
    }
}

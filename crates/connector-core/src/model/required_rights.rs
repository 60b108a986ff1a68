//! Which rights are of no use without others (B-71).

use super::{RIGHTS, Right};

/// Right, or main right with all below it, and what it needs.
const NEEDS: &[(&str, &[&str])] = &[
    ("Actions_*", &["Jobs_Send"]),
    ("Jobs_Urgent", &["Jobs_Send"]),
    ("Jobs_Approve", &["Jobs_Read"]),
    ("Jobs_Cancel", &["Jobs_Read"]),
    ("Jobs_Resolve", &["Jobs_Read"]),
    ("Servers_Manage", &["Servers_Read"]),
    ("Scans_Run", &["Scans_Read"]),
    ("Scans_ConfirmGone", &["Scans_Read"]),
    ("KillSwitch_Set", &["KillSwitch_Read"]),
    ("Limits_Change", &["Limits_Read"]),
    ("Instances_Manage", &["Instances_Read"]),
    ("Products_Manage", &["Products_Read"]),
    ("Workflows_Run", &["Workflows_Read"]),
    ("Workflows_Manage", &["Workflows_Read"]),
    ("Reports_Read", &["Devices_Read"]),
    ("Reports_Manage", &["Reports_Read", "Devices_Read"]),
    ("Applications_Manage", &["Applications_Read"]),
    ("Orders_Place", &["Orders_Read", "Applications_Read"]),
    ("Orders_Approve", &["Orders_Read"]),
    ("Targets_Manage", &["Targets_Read"]),
    ("Operators_Manage", &["Operators_Read"]),
    ("Audit_Export", &["Audit_Read"]),
];

/// A right that is not granted, and one that is and needs it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct MissingRight {
    pub right: Right,
    pub needed_by: &'static str,
}

/// What these rights need and do not have; in the order of the list of rights, each once.
pub fn missing_rights(rights: &[Right]) -> Vec<MissingRight> {
    let has = |wanted: &str| rights.iter().any(|granted| granted.covers(wanted));
    let mut found: Vec<MissingRight> = Vec::new();
    for (name, _) in RIGHTS.iter().filter(|(name, _)| has(name)) {
        let needed = NEEDS.iter().filter(|(of, _)| matches_pattern(of, name));
        for needed in needed.flat_map(|(_, needed)| needed.iter()) {
            let known = found.iter().any(|one| one.right.as_str() == *needed);
            if !has(needed)
                && !known
                && let Ok(right) = needed.parse()
            {
                found.push(MissingRight { right, needed_by: name });
            }
        }
    }
    found
}

fn matches_pattern(pattern: &str, name: &str) -> bool {
    pattern
        .strip_suffix('*')
        .map_or(pattern == name, |main| name.starts_with(main))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn of(rights: &[&str]) -> Vec<(String, &'static str)> {
        let rights: Vec<Right> = rights.iter().map(|right| right.parse().expect("a right")).collect();
        let found = missing_rights(&rights).into_iter();
        found.map(|one| (one.right.to_string(), one.needed_by)).collect()
    }

    #[test]
    fn b71_what_a_right_needs_is_told_once_with_who_needs_it() {
        assert_eq!(
            of(&["Actions_Wipe", "Actions_Sync"]),
            [("Jobs_Send".to_owned(), "Actions_Sync")]
        );
        assert_eq!(of(&["Actions_*", "Jobs_Send"]), []);
        assert_eq!(of(&["*"]), []);
        assert_eq!(
            of(&["Operators_Manage"]),
            [("Operators_Read".to_owned(), "Operators_Manage")]
        );
    }

    #[test]
    fn b71_every_line_is_about_rights_that_exist_and_needs_nothing_more_itself() {
        for (of, needed) in NEEDS {
            assert!(of.parse::<Right>().is_ok(), "{of}");
            let rights: Vec<Right> = needed.iter().map(|right| right.parse().expect(of)).collect();
            assert!(missing_rights(&rights).is_empty(), "{of}");
        }
    }
}

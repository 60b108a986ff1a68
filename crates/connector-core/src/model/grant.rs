//! What somebody may do, and where: grants, and the one question that is asked of them.
//!
//! A grant is some rights with the scope in which they hold. An account has several: its own, and one for each role that
//! it was given. They add up, but never mix: the rights of one do not hold in the scope of another.

use super::{InstanceName, Right, RightScope, ServerId};

/// Where something is done. What is `None` is not part of the question.
#[derive(Debug, Clone, Copy, Default)]
pub struct ResourceRef<'a> {
    pub instance: Option<&'a InstanceName>,
    pub server: Option<&'a ServerId>,
}

impl<'a> ResourceRef<'a> {
    /// Anywhere at all.
    pub const SOMEWHERE: ResourceRef<'static> = ResourceRef {
        instance: None,
        server: None,
    };

    pub fn for_instance(name: &'a InstanceName) -> Self {
        ResourceRef {
            instance: Some(name),
            server: None,
        }
    }

    pub fn for_server(id: &'a ServerId) -> Self {
        ResourceRef {
            instance: None,
            server: Some(id),
        }
    }
}

/// One grant.
#[derive(Debug, Clone, Copy)]
pub struct Grant<'a> {
    pub rights: &'a [Right],
    pub scope: &'a RightScope,
}

impl Grant<'_> {
    pub fn covers_right(&self, right: &str) -> bool {
        self.rights.iter().any(|granted| granted.covers(right))
    }

    pub fn applies_to(&self, at: ResourceRef<'_>) -> bool {
        at.instance.is_none_or(|name| self.scope.holds_for_instance(name))
            && at.server.is_none_or(|id| self.scope.holds_for_server(id))
    }

    pub fn allows_right(&self, right: &str, at: ResourceRef<'_>) -> bool {
        self.covers_right(right) && self.applies_to(at)
    }
}

impl RightScope {
    pub fn is_everywhere(&self) -> bool {
        self.instances.is_none() && self.servers.is_none()
    }

    /// Whether it reaches wherever `other` does.
    pub fn contains(&self, other: &RightScope) -> bool {
        is_subset(self.instances.as_deref(), other.instances.as_deref())
            && is_subset(self.servers.as_deref(), other.servers.as_deref())
    }

    /// Where both hold.
    pub fn intersect_with(&self, other: &RightScope) -> RightScope {
        RightScope {
            instances: intersect_lists(self.instances.as_ref(), other.instances.as_ref()),
            servers: intersect_lists(self.servers.as_ref(), other.servers.as_ref()),
        }
    }
}

fn is_subset<T: PartialEq>(wide: Option<&[T]>, narrow: Option<&[T]>) -> bool {
    match (wide, narrow) {
        (None, _) => true,
        (Some(_), None) => false,
        (Some(wide), Some(narrow)) => narrow.iter().all(|one| wide.contains(one)),
    }
}

fn intersect_lists<T: Clone + PartialEq>(one: Option<&Vec<T>>, other: Option<&Vec<T>>) -> Option<Vec<T>> {
    match (one, other) {
        (None, None) => None,
        (Some(all), None) | (None, Some(all)) => Some(all.clone()),
        (Some(one), Some(other)) => Some(one.iter().filter(|item| other.contains(item)).cloned().collect()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn scope(instances: Option<&[&str]>, servers: Option<&[&str]>) -> RightScope {
        RightScope {
            instances: instances.map(|names| names.iter().map(|name| name.parse().expect("a name")).collect()),
            servers: servers.map(|ids| ids.iter().map(|id| id.parse().expect("an id")).collect()),
        }
    }

    #[test]
    fn a_narrower_scope_is_within_a_wider_one_and_never_the_other_way() {
        let (all, one) = (scope(None, None), scope(Some(&["A_1"]), None));
        let (two, at_server) = (scope(Some(&["A_1", "B_2"]), None), scope(None, Some(&["cmdb"])));
        for (wide, narrow, is_within) in [
            (&all, &one, true),
            (&one, &all, false),
            (&two, &one, true),
            (&one, &two, false),
            (&one, &one, true),
            (&one, &at_server, false),
            (&at_server, &one, false),
            (&all, &all, true),
        ] {
            assert_eq!(wide.contains(narrow), is_within, "{wide:?} {narrow:?}");
        }
    }

    #[test]
    fn where_both_hold_neither_reaches_further() {
        let (one, other) = (
            scope(Some(&["A_1", "B_2"]), None),
            scope(Some(&["B_2", "C_3"]), Some(&["cmdb"])),
        );
        let both = one.intersect_with(&other);
        assert_eq!(both, scope(Some(&["B_2"]), Some(&["cmdb"])));
        assert!(one.contains(&both) && other.contains(&both));
        assert_eq!(one.intersect_with(&RightScope::default()), one);
    }
}

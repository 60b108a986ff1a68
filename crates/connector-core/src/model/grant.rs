//! What somebody may do, and where: grants, and the one question that is asked of them.
//!
//! A grant is some rights with the scope in which they hold. An account has several: its own, and one for each role that
//! it was given. They add up, but never mix: the rights of one do not hold in the scope of another.

use super::{InstanceName, Right, Scope, ServerId};

/// Where something is done. What is `None` is not part of the question.
#[derive(Debug, Clone, Copy, Default)]
pub struct At<'a> {
    pub instance: Option<&'a InstanceName>,
    pub server: Option<&'a ServerId>,
}

impl<'a> At<'a> {
    /// Anywhere at all.
    pub const SOMEWHERE: At<'static> = At {
        instance: None,
        server: None,
    };

    pub fn instance(name: &'a InstanceName) -> Self {
        At {
            instance: Some(name),
            server: None,
        }
    }

    pub fn server(id: &'a ServerId) -> Self {
        At {
            instance: None,
            server: Some(id),
        }
    }
}

/// One grant.
#[derive(Debug, Clone, Copy)]
pub struct Grant<'a> {
    pub rights: &'a [Right],
    pub scope: &'a Scope,
}

impl Grant<'_> {
    pub fn covers(&self, right: &str) -> bool {
        self.rights.iter().any(|granted| granted.covers(right))
    }

    pub fn holds(&self, at: At<'_>) -> bool {
        at.instance.is_none_or(|name| self.scope.holds_for_instance(name))
            && at.server.is_none_or(|id| self.scope.holds_for_server(id))
    }

    pub fn gives(&self, right: &str, at: At<'_>) -> bool {
        self.covers(right) && self.holds(at)
    }
}

impl Scope {
    pub fn is_everywhere(&self) -> bool {
        self.instances.is_none() && self.servers.is_none()
    }

    /// Whether it reaches wherever `other` does.
    pub fn contains(&self, other: &Scope) -> bool {
        within(self.instances.as_deref(), other.instances.as_deref())
            && within(self.servers.as_deref(), other.servers.as_deref())
    }

    /// Where both hold.
    pub fn and(&self, other: &Scope) -> Scope {
        Scope {
            instances: both(self.instances.as_ref(), other.instances.as_ref()),
            servers: both(self.servers.as_ref(), other.servers.as_ref()),
        }
    }
}

fn within<T: PartialEq>(wide: Option<&[T]>, narrow: Option<&[T]>) -> bool {
    match (wide, narrow) {
        (None, _) => true,
        (Some(_), None) => false,
        (Some(wide), Some(narrow)) => narrow.iter().all(|one| wide.contains(one)),
    }
}

fn both<T: Clone + PartialEq>(one: Option<&Vec<T>>, other: Option<&Vec<T>>) -> Option<Vec<T>> {
    match (one, other) {
        (None, None) => None,
        (Some(all), None) | (None, Some(all)) => Some(all.clone()),
        (Some(one), Some(other)) => Some(one.iter().filter(|item| other.contains(item)).cloned().collect()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn scope(instances: Option<&[&str]>, servers: Option<&[&str]>) -> Scope {
        Scope {
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
        let both = one.and(&other);
        assert_eq!(both, scope(Some(&["B_2"]), Some(&["cmdb"])));
        assert!(one.contains(&both) && other.contains(&both));
        assert_eq!(one.and(&Scope::default()), one);
    }
}

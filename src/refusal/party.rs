//! Which application was refused, and what.

use std::fmt;
use std::str::FromStr;

/// An application of a tenant, at one address of Entra or Graph.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct RefusalParty {
    address: String,
    tenant_id: String,
    client_id: String,
}

impl RefusalParty {
    /// Upper and lower case make no difference.
    pub fn new(address: &str, tenant_id: &str, client_id: &str) -> Self {
        let [address, tenant_id, client_id] = [address, tenant_id, client_id].map(str::to_ascii_lowercase);
        RefusalParty {
            address,
            tenant_id,
            client_id,
        }
    }

    pub fn address(&self) -> &str {
        &self.address
    }

    pub fn tenant_id(&self) -> &str {
        &self.tenant_id
    }

    pub fn client_id(&self) -> &str {
        &self.client_id
    }
}

/// What is refused together.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum ResourceFamily {
    /// Tokens of Entra.
    SignIn,
    /// Reading devices: the list, one of them, what hangs on one.
    Devices,
    /// How many devices the tenant says it has.
    Count,
    /// What changes something, and what is read for its sake. Nothing that a gateway asks can close it.
    Actions,
    Reports,
    /// For orders: the apps of the tenant and their assignments.
    Applications,
    /// For orders: groups, their members, users, devices of the directory.
    Directory,
    /// For orders: whether an app was installed.
    InstallReports,
    /// For orders: devices of Intune, synchronising them included.
    Orders,
    /// Everything else of Graph.
    Other,
}

const WORDS: [(ResourceFamily, &str); 10] = [
    (ResourceFamily::SignIn, "signIn"),
    (ResourceFamily::Devices, "devices"),
    (ResourceFamily::Count, "count"),
    (ResourceFamily::Actions, "actions"),
    (ResourceFamily::Reports, "reports"),
    (ResourceFamily::Applications, "applications"),
    (ResourceFamily::Directory, "directory"),
    (ResourceFamily::InstallReports, "installReports"),
    (ResourceFamily::Orders, "orders"),
    (ResourceFamily::Other, "other"),
];

impl ResourceFamily {
    /// As it stands in the store and in the API.
    pub fn name(self) -> &'static str {
        WORDS
            .iter()
            .find(|(family, _)| *family == self)
            .map_or("other", |(_, word)| word)
    }
}

impl fmt::Display for ResourceFamily {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}

impl FromStr for ResourceFamily {
    type Err = ();

    fn from_str(text: &str) -> Result<Self, ()> {
        let found = WORDS.iter().find(|(_, word)| *word == text);
        found.map(|(family, _)| *family).ok_or(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_family_has_a_word_of_its_own_that_reads_back() {
        for (family, word) in WORDS {
            assert_eq!(word.parse(), Ok(family));
            assert_eq!(family.name(), word);
        }
        assert_eq!("else".parse::<ResourceFamily>(), Err(()));
    }
}

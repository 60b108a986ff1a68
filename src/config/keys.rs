//! What a key is: its name, where it stands, what may be written, what it is for, and what it has to do with secrets.
//! The tables (`bus_keys.rs`, `instance_keys.rs`, `order_keys.rs`, `target_keys.rs`) are the only places where keys are listed; reader, drafts, guard,
//! default files and the reference for people all come from them.

use super::node_name;

/// What may be written as a value.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ValueKind {
    /// Anything on one line.
    Text,
    /// `yes` or `no`.
    Flag,
    Number {
        min: u64,
        max: u64,
    },
    /// A number with an optional fraction, 0 to `max`.
    Decimal {
        max: u32,
    },
    /// One of these words.
    Word(&'static [&'static str]),
    /// `https://host`, or `http://` on loopback only: what is sent there is worth protecting.
    SafeUrl,
    /// `http://host:port` of a proxy.
    ProxyUrl,
    /// An address that something is posted to, with path and query.
    WebhookUrl,
    /// The address of an inventory, with a path where it has one.
    InventoryUrl,
    /// `address:port`.
    Listen,
    /// `address:port`, `auto` or `off`.
    ListenOrAuto,
    /// Where browsers reach the console, with a path where it has one.
    ConsoleUrl,
    /// Addresses and networks, separated by commas.
    Networks,
    /// A path of the machine that the file lies on; relative ones count from the folder of the settings file. Only who
    /// owns the machine names one: no request does, whatever its key (E6).
    Path,
    /// `<name>=<path>`, separated by semicolons: folders of the machine, for others to choose from by their names. As `Path`,
    /// never from a request (E6).
    Folders,
    /// `2027-03-31`.
    Date,
    /// An IANA zone.
    Zone,
    /// `every 15m`, `off`, or a cron expression.
    Trigger,
    /// As `Trigger`, or `auto`.
    TriggerOrAuto,
    Guid,
    /// A GUID or a domain name.
    Tenant,
    /// Separated by commas.
    List,
    /// Names of machines with or without a port, separated by commas.
    Hosts,
    /// Names and addresses, separated by commas.
    CertificateNames,
    /// `*`, or server ids separated by commas.
    Audience,
    /// `*`, or names of instances separated by commas.
    Instances,
    /// `22:00-06:00`.
    WriteWindow,
    /// `class: <CEL>`.
    ClassRule,
    /// A CEL expression.
    Cel,
    /// Names of actions, separated by commas.
    Verbs,
    /// The same, of those that are refused on personal devices.
    PersonalVerbs,
    /// GUIDs, separated by commas.
    Guids,
    /// `<cron> for <length> in <zone>`, separated by semicolons.
    Windows,
    /// `<action>=v1.0` or `=beta`, separated by commas.
    VerbVersions,
    /// `<name>=<action>`, separated by commas.
    Definitions,
    /// Names, separated by semicolons; they may have commas.
    Names,
    /// Ids of outcomes of a compliance decision, separated by commas.
    Outcomes,
    /// `OUTCOME: <CEL>`.
    PolicyRule,
    /// A secret in clear or sealed; its clear form is text.
    SecretText,
    /// A secret in clear or sealed; its clear form is base64 of a file's bytes.
    SecretBytes,
}

/// What a kept secret is given for. It goes nowhere else (E7).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum SecretUse {
    /// The credential that reads the tenant.
    ScanSignIn,
    NextSignIn,
    ActionsSignIn,
    /// The password of the user as whom a node signs in.
    UserPassword,
    ProxyPassword,
    /// What an order's status is signed with.
    StatusWebhook,
    /// What a request for approval is signed with.
    ApprovalWebhook,
    /// What a target signs in to its inventory with.
    TargetSignIn,
}

impl SecretUse {
    /// What signs in to the tenant.
    pub const SIGN_INS: &'static [SecretUse] = &[
        SecretUse::ScanSignIn,
        SecretUse::NextSignIn,
        SecretUse::ActionsSignIn,
        SecretUse::UserPassword,
    ];
    pub const ALL: &'static [SecretUse] = &[
        SecretUse::ScanSignIn,
        SecretUse::NextSignIn,
        SecretUse::ActionsSignIn,
        SecretUse::UserPassword,
        SecretUse::ProxyPassword,
        SecretUse::StatusWebhook,
        SecretUse::ApprovalWebhook,
        SecretUse::TargetSignIn,
    ];
}

/// What a key has to do with secrets. Every row of a table says it: there is no default.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum KeyRole {
    /// It says nothing of where a secret goes.
    Plain,
    /// It decides where secrets, or tokens had for them, go: to which host, by which way, in whose name. Whoever changes
    /// it gives those that are kept for these uses anew. Of a node's key: those of the same node.
    Leads(&'static [SecretUse]),
    /// The same, and sealed as secrets are although it is none (the content of a file of authorities).
    SealedLeads(&'static [SecretUse]),
    /// It can't be changed at all, so it leads nothing elsewhere.
    Fixed,
    /// A secret; kept sealed.
    Secret(SecretUse),
    /// Names a file whose content is sent as a secret, and read anew each time.
    SentFile(SecretUse),
}

/// One row of a table of keys.
#[derive(Debug, Clone, Copy)]
pub struct SettingKey {
    /// Unique over all sections. A name that ends in `_N` stands for `_1` to `_99`.
    pub name: &'static str,
    pub section: &'static str,
    pub kind: ValueKind,
    /// As it would be written; empty where there is none.
    pub default: &'static str,
    pub role: KeyRole,
    /// One English sentence.
    pub help: &'static str,
}

impl SettingKey {
    /// Whether its value is kept sealed.
    pub const fn is_secret(&self) -> bool {
        matches!(self.role, KeyRole::Secret(_) | KeyRole::SealedLeads(_))
    }
}

/// A kind of settings file: its keys and what it is called.
#[derive(Debug, Clone, Copy)]
pub struct KeyTable {
    pub title: &'static str,
    pub keys: &'static [SettingKey],
    pub retired: &'static [RetiredKeys],
}

/// A credential that earlier versions had: `prefix` before the keys of the instance's own. A file that has them still opens; they do nothing.
#[derive(Debug, Clone, Copy)]
pub struct RetiredKeys {
    pub prefix: &'static str,
    /// Where they stood.
    pub section: &'static str,
    /// What to do about them.
    pub advice: &'static str,
}

/// Highest `N` of a numbered key such as `class_N`.
pub(crate) const MAX_NUMBERED: u32 = 99;

impl KeyTable {
    /// The row for a flat key; `class_3` finds `class_N`, `node.gate.header` finds `node.NAME.header`.
    pub fn find_key(&self, name: &str) -> Option<&'static SettingKey> {
        let (prefix, name) = match node_name::split_flat_key(name) {
            Some((_, name)) => (node_name::NODE_PREFIX, name),
            None => ("", name),
        };
        self.keys.iter().find(|key| {
            let Some(known) = key.name.strip_prefix(prefix) else {
                return false;
            };
            match known.strip_suffix("_N") {
                None => known == name,
                Some(stem) => parse_numbered_key(stem, name).is_some(),
            }
        })
    }

    /// The keys of an earlier version that `name` is one of.
    pub(super) fn find_retired(&self, name: &str) -> Option<&'static RetiredKeys> {
        let is_one = |keys: &&RetiredKeys| {
            let known = name.strip_prefix(keys.prefix).and_then(|rest| self.find_key(rest));
            known.is_some_and(|key| key.section == "sign-in" || key.name == "client_id")
        };
        self.retired.iter().find(is_one)
    }

    /// Sections in the order of the table.
    pub fn section_names(&self) -> Vec<&'static str> {
        let mut sections: Vec<&'static str> = Vec::new();
        for key in self.keys {
            if !sections.contains(&key.section) {
                sections.push(key.section);
            }
        }
        sections
    }

    /// What stands before the number of the keys that `name` would be one of with a number: `class` for `class_x`, `clas_1` and
    /// `class_N`.
    pub(super) fn find_unnumbered(&self, name: &str) -> Option<&'static str> {
        let nodes = node_name::split_flat_key(name).is_some();
        let name = node_name::to_section_key(name);
        let candidates = self.keys.iter().filter_map(|key| {
            let known = key.name.strip_prefix(node_name::NODE_PREFIX);
            known.map_or((!nodes).then_some(key.name), |known| nodes.then_some(known))
        });
        let stem_of = |known: &'static str| known.strip_suffix("_N");
        let begun = candidates.clone().filter_map(stem_of).find(|stem| {
            let rest = name.strip_prefix(*stem);
            rest.is_some_and(|rest| rest.is_empty() || rest.starts_with('_'))
        });
        begun.or_else(|| crate::model::nearest_name(name, candidates).and_then(stem_of))
    }

    /// The known key that looks most like `name`, if any looks like it at all.
    pub fn nearest_key(&self, name: &str) -> Option<&'static str> {
        let nodes = node_name::split_flat_key(name).is_some();
        let candidates = self
            .keys
            .iter()
            .filter(|key| key.name.starts_with(node_name::NODE_PREFIX) == nodes);
        let written = candidates.map(|key| key.name.trim_start_matches(node_name::NODE_PREFIX));
        crate::model::nearest_name(node_name::to_section_key(name), written)
    }
}

/// `number_of("class", "class_12")` is 12. No leading zeros, so that a key has one spelling.
pub(crate) fn parse_numbered_key(stem: &str, name: &str) -> Option<u32> {
    let digits = name.strip_prefix(stem)?.strip_prefix('_')?;
    if digits.starts_with('0') || digits.len() > 2 || !digits.bytes().all(|b| b.is_ascii_digit()) {
        return None;
    }
    digits.parse().ok().filter(|n| (1..=MAX_NUMBERED).contains(n))
}

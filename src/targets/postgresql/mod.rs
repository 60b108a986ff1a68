//! The kind PostgreSQL: the fleet as tables in somebody's database, for reports and for programs that speak SQL.
//!
//! ```text
//! planned writes → rows of a page (translate, columns) → one statement (page_sql) → records
//! ```
//!
//! A page is one statement and one transaction, so it is one round trip, and there whole or not at all ([`page_sql`]); where a
//! row is refused, the page goes in halves until that row stands alone ([`page_writer`]). A write may be repeated: a device that is there
//! already is changed. [`schema_sql`] has the tables and views, [`migrate`] makes them when the first device is written; a
//! look ([`read`], [`verify`]) makes nothing. [`session`] is the connection, [`fault`] what its errors mean.
//!
//! Records of others are not adopted: whoever has tables of his own joins them with these. Columns that people add to
//! `devices` are theirs, until a mapping names them.

mod columns;
mod database_target;
mod fault;
mod migrate;
mod page_sql;
mod page_writer;
mod read;
mod schema_sql;
mod session;
mod translate;
mod verify;
mod verify_rights;

use std::sync::Arc;

use self::columns::{DEVICE_COLUMNS, DeviceColumn};
use self::database_target::PostgreSqlTarget;
use self::session::DatabaseAddress;
use super::request_pace::RequestPace;
use super::{
    FieldMode, FieldRule, FieldSource, GoneRules, KindProfile, RetireAction, TargetAdapter, TargetFault, TargetMapping,
    WriteForm,
};
use crate::config::{KindSettings, TargetSettings};
use crate::contract::TargetKind;

static PROFILE: KindProfile = KindProfile {
    name: TargetKind::PostgreSql.name(),
    display_name: "PostgreSQL",
    proven_on: &["real PostgreSQL 15 (Debian)"],
    writes: WriteForm::Bulk,
    batch: 200,
    lists_records: true,
    adopts_records: false,
    assigns_users: true,
    makes_fields: true,
    offers_mapping: true,
    retire_actions: &[
        RetireAction::Retire,
        RetireAction::Leave,
        RetireAction::Stock,
        RetireAction::Delete,
    ],
    default_mapping: default_postgresql_mapping,
    longest_text: |_| None,
};

/// What this kind can do.
pub fn postgresql_profile() -> &'static KindProfile {
    &PROFILE
}

/// Every property into its column; a device that has gone is marked as retired.
fn default_postgresql_mapping() -> TargetMapping {
    let rule = |column: &DeviceColumn| FieldRule {
        field: column.name.to_owned(),
        source: FieldSource::From(column.property.to_owned()),
        mode: FieldMode::Own,
    };
    TargetMapping {
        fields: DEVICE_COLUMNS.iter().map(rule).collect(),
        classes: Vec::new(),
        gone: GoneRules {
            deleted: RetireAction::Retire,
            wiped: RetireAction::Retire,
            retired: RetireAction::Retire,
        },
    }
}

/// Nothing is connected yet.
pub fn build_adapter(settings: &TargetSettings, pace: RequestPace) -> Result<Arc<dyn TargetAdapter>, TargetFault> {
    let KindSettings::PostgreSql(own) = &settings.own else {
        return Err(TargetFault::Misconfigured {
            problem: "these are not the settings of a PostgreSQL target".to_owned(),
            advice: "install the target again".to_owned(),
        });
    };
    let address = DatabaseAddress {
        own: own.clone(),
        network: settings.network.clone(),
        client_identity: settings.client_identity.clone(),
        allow_private: settings.allow_private_addresses,
    };
    Ok(Arc::new(PostgreSqlTarget::new(address, pace)))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::targets::CompiledMapping;

    #[test]
    fn the_default_mapping_is_one_that_can_be_used() {
        let mapping = (postgresql_profile().default_mapping)();
        assert!(CompiledMapping::compile(&mapping).is_ok());
        assert!(mapping.check_actions(postgresql_profile().retire_actions).is_ok());
        assert_eq!(TargetMapping::parse(&mapping.to_text()).ok(), Some(mapping));
    }

    #[test]
    fn the_profile_is_that_of_its_kind_and_deletes_only_where_it_is_told() {
        let profile = postgresql_profile();
        assert_eq!(profile.name, TargetKind::PostgreSql.name());
        assert_eq!(profile.default_retire_action(), RetireAction::Retire);
        assert!(profile.batch >= 1 && profile.lists_records && !profile.adopts_records);
    }
}

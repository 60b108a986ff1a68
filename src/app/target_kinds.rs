//! The kinds of targets that this program has: what each can do, and how its inventory is reached. Another kind takes a
//! folder in `targets`, settings in `config`, a product in `products`, and one row here.

use std::sync::Arc;

use crate::config::TargetSettings;
use crate::contract::{TargetKind, TargetKindView};
use crate::targets::{
    KindProfile, RequestPace, TargetAdapter, TargetFault, file, glpi, net_box, ocs, postgresql, servicenow, snipe_it,
};

type BuildAdapter = fn(&TargetSettings, RequestPace) -> Result<Arc<dyn TargetAdapter>, TargetFault>;

struct KindRow {
    kind: TargetKind,
    profile: fn() -> &'static KindProfile,
    build: BuildAdapter,
}

static ROWS: [KindRow; 7] = [
    KindRow {
        kind: TargetKind::Ocs,
        profile: ocs::ocs_profile,
        build: ocs::build_adapter,
    },
    KindRow {
        kind: TargetKind::SnipeIt,
        profile: snipe_it::snipe_it_profile,
        build: snipe_it::build_adapter,
    },
    KindRow {
        kind: TargetKind::PostgreSql,
        profile: postgresql::postgresql_profile,
        build: postgresql::build_adapter,
    },
    KindRow {
        kind: TargetKind::File,
        profile: file::file_profile,
        build: file::build_adapter,
    },
    KindRow {
        kind: TargetKind::NetBox,
        profile: net_box::net_box_profile,
        build: net_box::build_adapter,
    },
    KindRow {
        kind: TargetKind::Glpi,
        profile: glpi::glpi_profile,
        build: glpi::build_adapter,
    },
    KindRow {
        kind: TargetKind::ServiceNow,
        profile: servicenow::servicenow_profile,
        build: servicenow::build_adapter,
    },
];

fn find_row(kind: TargetKind) -> &'static KindRow {
    ROWS.iter().find(|row| row.kind == kind).expect("each kind has a row")
}

/// What a kind can do.
pub(super) fn kind_profile(kind: TargetKind) -> &'static KindProfile {
    (find_row(kind).profile)()
}

/// Nothing is sent: what these settings say of another side that is not there shows with the first request.
pub(super) fn build_adapter(
    settings: &TargetSettings,
    pace: RequestPace,
) -> Result<Arc<dyn TargetAdapter>, TargetFault> {
    (find_row(settings.kind()).build)(settings, pace)
}

/// All of them by name, for people.
pub(super) fn list_kind_views() -> Vec<TargetKindView> {
    let mut views: Vec<TargetKindView> = ROWS.iter().map(|row| kind_view(row.kind)).collect();
    views.sort_unstable_by_key(|view| view.kind.name());
    views
}

fn kind_view(kind: TargetKind) -> TargetKindView {
    let profile = kind_profile(kind);
    TargetKindView {
        kind,
        display_name: profile.display_name.to_owned(),
        proven_on: profile.proven_on.iter().map(|text| (*text).to_owned()).collect(),
        writes: profile.writes,
        adopts: profile.adopts_records,
        users: profile.assigns_users,
        fields: profile.makes_fields,
        retire_actions: profile.retire_actions.to_vec(),
        product: kind.member_kind().to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::targets::CompiledMapping;

    #[test]
    fn each_kind_has_a_row_that_says_what_it_can_do() {
        assert_eq!(ROWS.len(), TargetKind::ALL.len());
        for kind in TargetKind::ALL.iter().copied() {
            let profile = kind_profile(kind);
            assert_eq!((profile.name, profile.display_name), (kind.name(), kind.display_name()));
            assert!(profile.batch > 0 && !profile.proven_on.is_empty(), "{}", profile.name);
            let mapping = (profile.default_mapping)();
            assert!(CompiledMapping::compile(&mapping).is_ok(), "{}", profile.name);
            assert!(
                mapping.check_actions(profile.retire_actions).is_ok(),
                "{}",
                profile.name
            );
        }
    }
}

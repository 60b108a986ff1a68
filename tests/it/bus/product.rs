//! The product of this repository: its manifest says what the code does.

use std::path::Path;

use intune_connector::app::built_in_product::{
    APP_ORDERS, BUILT_IN, TARGET_FILE, TARGET_GLPI, TARGET_NETBOX, TARGET_OCS, TARGET_POSTGRESQL, TARGET_SERVICENOW,
    TARGET_SNIPE_IT,
};
use intune_connector::app::workflows::{ORDER_WORKFLOWS, known_activities};
use intune_connector::bus::Manifest;
use intune_connector::bus::template::WizardTemplate;
use intune_connector::config::{KeyTable, ORDER_TABLE, target_table};
use intune_connector::contract::{DangerLevel, TargetKind};
use intune_connector::entra::permissions::{InstanceFeature, TABLE};
use intune_connector::model::ActionKind;
use intune_connector::workflow::compile_definition;

fn manifest() -> Manifest {
    Manifest::read(include_str!("../../../plugin.toml")).unwrap_or_else(|findings| panic!("{findings:#?}"))
}

fn feature(feature: InstanceFeature) -> &'static str {
    match feature {
        InstanceFeature::Scan => "scan",
        InstanceFeature::PrimaryUser => "primary-user",
        InstanceFeature::Actions => "actions",
        InstanceFeature::ManageDevices => "manage-devices",
        InstanceFeature::Orders => "orders",
        InstanceFeature::DeviceOrders => "device-orders",
        InstanceFeature::SyncAfterOrders => "sync-after-orders",
        InstanceFeature::Compliance => "compliance",
    }
}

fn order_manifest() -> Manifest {
    let text = include_str!("../../../products/app-orders/plugin.toml");
    Manifest::read(text).unwrap_or_else(|findings| panic!("{findings:#?}"))
}

type ProductFiles = &'static [(&'static str, &'static [u8])];

/// Files of the product of each kind, and the name that it gives to what is installed.
const TARGETS: [(TargetKind, ProductFiles, &str); 7] = [
    (TargetKind::Ocs, TARGET_OCS, "IntuneTargetOcs"),
    (TargetKind::SnipeIt, TARGET_SNIPE_IT, "IntuneTargetSnipeIt"),
    (TargetKind::PostgreSql, TARGET_POSTGRESQL, "IntuneTargetPostgreSql"),
    (TargetKind::File, TARGET_FILE, "IntuneTargetFile"),
    (TargetKind::NetBox, TARGET_NETBOX, "IntuneTargetNetBox"),
    (TargetKind::Glpi, TARGET_GLPI, "IntuneTargetGlpi"),
    (TargetKind::ServiceNow, TARGET_SERVICENOW, "IntuneTargetServiceNow"),
];

fn text_of(files: &[(&str, &'static [u8])], name: &str) -> &'static str {
    let (_, bytes) = files.iter().find(|(known, _)| *known == name).unwrap();
    std::str::from_utf8(bytes).unwrap()
}

fn target_manifest(files: &[(&str, &'static [u8])]) -> Manifest {
    Manifest::read(text_of(files, "plugin.toml")).unwrap_or_else(|findings| panic!("{findings:#?}"))
}

fn is_of_orders(feature: InstanceFeature) -> bool {
    use InstanceFeature::{DeviceOrders, Orders, SyncAfterOrders};
    matches!(feature, Orders | DeviceOrders | SyncAfterOrders)
}

#[test]
fn e4_the_manifests_ask_for_exactly_the_permissions_of_the_one_table() {
    assert_permissions(manifest(), |feature| !is_of_orders(feature));
    assert_permissions(order_manifest(), is_of_orders);
}

fn assert_permissions(manifest: Manifest, is_of_product: fn(InstanceFeature) -> bool) {
    let asked: Vec<_> = manifest
        .permissions
        .into_iter()
        .map(|row| (row.feature, row.name, row.reason, row.also, row.required))
        .collect();
    let used: Vec<_> = TABLE
        .iter()
        .filter(|row| is_of_product(row.feature))
        .map(|row| {
            let also = row
                .alternatives
                .iter()
                .map(|name| (*name).to_owned())
                .collect::<Vec<_>>();
            let required = matches!(row.feature, InstanceFeature::Scan | InstanceFeature::Orders);
            (
                feature(row.feature).to_owned(),
                row.name.to_owned(),
                row.reason.to_owned(),
                also,
                required,
            )
        })
        .collect();
    assert_eq!(asked, used);
}

#[test]
fn sh_30_the_wizard_of_app_orders_asks_for_known_settings_in_one_group() {
    let template = include_bytes!("../../../products/app-orders/templates/intune-app-orders.xml");
    let template = WizardTemplate::read(template).unwrap_or_else(|findings| panic!("{findings:#?}"));
    let group = template
        .pages
        .iter()
        .find(|page| page.title.en == "Intune Integration")
        .unwrap();
    let settings: Vec<&str> = group
        .fields
        .iter()
        .filter_map(|field| field.setting.as_deref())
        .collect();
    for key in ORDER_TABLE
        .keys
        .iter()
        .filter(|key| key.section == "Intune Integration")
    {
        assert!(settings.contains(&key.name), "{} is not asked for", key.name);
    }
    assert_settings(&template, &ORDER_TABLE);
}

/// Every field that becomes a setting is of its kind, and has its default.
fn assert_settings(template: &WizardTemplate, table: &KeyTable) {
    for field in template.fields().filter(|field| field.name != "registration") {
        let Some(setting) = &field.setting else { continue };
        let key = table.find_key(setting).unwrap_or_else(|| panic!("{setting}"));
        assert_eq!(key.is_secret(), field.kind.is_secret(), "{setting}");
        assert!(!key.is_secret() || field.default.is_none(), "{setting}");
        if let Some(default) = field.default.as_deref().filter(|_| !key.default.is_empty()) {
            assert_eq!(default, key.default, "{setting}");
        }
    }
}

#[test]
fn the_wizard_of_each_target_asks_for_every_setting_of_its_kind() {
    for (kind, files, prefix) in TARGETS {
        let (manifest, table) = (target_manifest(files), target_table(kind));
        assert_eq!(
            (manifest.id.as_str(), manifest.name_prefix()),
            (kind.member_kind(), prefix)
        );
        let kinds: Vec<&str> = manifest.microservices.iter().map(|part| part.kind.as_str()).collect();
        assert_eq!(kinds, [kind.member_kind()]);
        let template = text_of(files, manifest.template.name.as_str()).as_bytes();
        let template = WizardTemplate::read(template).unwrap_or_else(|findings| panic!("{findings:#?}"));
        assert_settings(&template, table);
        let asked: Vec<&str> = template.fields().filter_map(|field| field.setting.as_deref()).collect();
        for key in table.keys {
            assert!(asked.contains(&key.name), "{prefix}: {} is not asked for", key.name);
        }
        for field in template.fields() {
            assert!(field.help.is_some(), "{prefix}: {} has no help", field.name);
        }
        let actions = template.pages.iter().flat_map(|page| &page.actions);
        let actions: Vec<&str> = actions.map(|action| action.name.as_str()).collect();
        assert_eq!(actions, ["prerequisites", "verify"], "{prefix}");
    }
    let roles = TARGETS.iter().flat_map(|(_, files, _)| target_manifest(files).roles);
    let roles: Vec<String> = roles.map(|role| role.name.to_string()).collect();
    assert_eq!(roles, ["target-operator"], "one role for all of them");
}

#[test]
fn sh_44_the_three_jobs_have_their_names_and_definitions_that_can_run() {
    let manifest = order_manifest();
    let names: Vec<&str> = manifest.workflows.iter().map(|one| one.name.as_str()).collect();
    assert_eq!(names, ORDER_WORKFLOWS);
    let registry = known_activities(Path::new("/nowhere"));
    for one in &manifest.workflows {
        let (_, text) = APP_ORDERS
            .iter()
            .find(|(name, _)| *name == one.file.name.as_str())
            .unwrap();
        let text = std::str::from_utf8(text).unwrap();
        let definition = compile_definition(text, &registry).unwrap_or_else(|findings| panic!("{findings:#?}"));
        assert_eq!(definition.name, one.name);
        assert_eq!(
            definition.highest_danger(&registry),
            DangerLevel::None,
            "nobody has to enable it"
        );
    }
}

#[test]
fn a5_the_manifest_tells_the_danger_of_every_action() {
    let told: Vec<_> = manifest()
        .dangers
        .into_iter()
        .map(|row| (row.action, row.class))
        .collect();
    let known: Vec<_> = ActionKind::ALL
        .iter()
        .map(|verb| (verb.name().to_owned(), verb.danger()))
        .collect();
    assert_eq!(told, known);
}

#[test]
fn the_product_has_the_version_of_the_program_and_fits_its_bus() {
    let manifest = manifest();
    assert_eq!(manifest.version.to_string(), env!("CARGO_PKG_VERSION"));
    assert_eq!(manifest.incompatible_bus(&manifest.version), None);
    assert_eq!(manifest.name_prefix(), "IntuneConnector");
    let orders = order_manifest();
    assert_eq!(orders.version, manifest.version);
    assert_eq!(orders.incompatible_bus(&manifest.version), None);
    assert_eq!(orders.name_prefix(), "IntuneAppOrders");
    for (_, files, _) in TARGETS {
        let target = target_manifest(files);
        assert_eq!(target.version, manifest.version);
        assert_eq!(target.incompatible_bus(&manifest.version), None);
        assert!(target.permissions.is_empty(), "a target asks nothing of Entra");
    }
}

#[test]
fn every_file_of_the_products_that_exists_is_inside_the_program() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    assert_files(root, manifest(), BUILT_IN);
    assert_files(&root.join("products/app-orders"), order_manifest(), APP_ORDERS);
    for (kind, files, _) in TARGETS {
        let folder = format!("products/{}", kind.member_kind().trim_start_matches("intune-"));
        assert_files(&root.join(folder), target_manifest(files), files);
    }
}

fn assert_files(root: &Path, manifest: Manifest, files: &[(&str, &[u8])]) {
    for (name, content) in files {
        assert_eq!(*content, std::fs::read(root.join(name)).unwrap(), "{name}");
    }
    let inside = |name: &str| files.iter().any(|(known, _)| *known == name);
    for file in manifest
        .named_files()
        .filter(|file| root.join(file.name.as_str()).exists())
    {
        assert!(
            inside(file.name.as_str()),
            "add {} to app/built_in_product.rs",
            file.name
        );
    }
}

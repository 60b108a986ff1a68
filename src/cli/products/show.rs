//! Products, updates and keys, as people read them.

use crate::cli::failure::CommandFailure;
use crate::cli::output::{self, TableColumn, format_value};
use crate::contract::{
    ChangedPiece, InstalledView, KeysView, ManifestDanger, ManifestPermission, ManifestPort, ManifestView,
    ManifestWorkflowView, MicroserviceView, ProductRole, ProductView, UpdateView, VersionChanges, VersionView,
};
use crate::model::Right;

pub(crate) fn print_products(products: &[ProductView]) -> Result<(), CommandFailure> {
    let columns: [TableColumn<ProductView>; 5] = [
        ("PRODUCT", |row| format_value(&row.id)),
        ("STATE", |row| format_value(&row.state)),
        ("NEWEST", |row| format_value(&row.version)),
        ("SIGNED BY", |row| {
            format_value(&row.versions.last().map(|newest| &newest.signed_by))
        }),
        ("INSTALLED", |row| format_value(&describe_installed(&row.installed))),
    ];
    output::print_table(&columns, products, "no products")
}

/// One product: its versions, where it is installed, and what it declares.
pub(crate) fn print_product(product: &ProductView) -> Result<(), CommandFailure> {
    let manifest = &product.manifest;
    output::print_record(&[
        ("product", format_value(&product.id)),
        ("name", format_value(&manifest.name.en)),
        ("description", format_value(&manifest.summary.en)),
        ("state", format_value(&product.state)),
        ("newest version", format_value(&product.version)),
        ("works with a bus", format_value(&manifest.bus)),
    ])?;
    let columns: [TableColumn<VersionView>; 3] = [
        ("VERSION", |row| format_value(&row.version)),
        ("SIGNED BY", |row| format_value(&row.signed_by)),
        ("DIGEST", |row| format_value(&row.digest)),
    ];
    output::print_section(&columns, &product.versions)?;
    let columns: [TableColumn<InstalledView>; 3] = [
        ("INSTALLATION", |row| format_value(&row.name)),
        ("PROFILE", |row| format_value(&row.profile)),
        ("VERSION", |row| format_value(&row.version)),
    ];
    output::print_section(&columns, &product.installed)?;
    print_manifest(manifest)?;
    for unused in &product.left_out {
        output::print_line(output::to_one_line(&format!(
            "version {} is not used: {}",
            unused.version, unused.problem
        )))?;
    }
    Ok(())
}

fn print_manifest(manifest: &ManifestView) -> Result<(), CommandFailure> {
    let columns: [TableColumn<MicroserviceView>; 2] = [
        ("MICROSERVICE", |row| format_value(&row.name)),
        ("KIND", |row| format_value(&row.kind)),
    ];
    output::print_section(&columns, &manifest.microservices)?;
    let columns: [TableColumn<ManifestWorkflowView>; 3] = [
        ("WORKFLOW", |row| format_value(&row.name)),
        ("RUN BY", |row| format_value(&row.engine)),
        ("FILE", |row| format_value(&row.file)),
    ];
    output::print_section(&columns, &manifest.workflows)?;
    let columns: [TableColumn<ManifestPermission>; 4] = [
        ("PERMISSION", |row| format_value(&row.name)),
        ("REQUIRED", |row| format_value(&row.required)),
        ("FEATURE", |row| format_value(&row.feature)),
        ("REASON", |row| format_value(&row.reason)),
    ];
    output::print_section(&columns, &manifest.permissions)?;
    let columns: [TableColumn<ManifestPort>; 2] = [
        ("PORT", |row| format_value(&row.number)),
        ("FOR", |row| format_value(&row.purpose)),
    ];
    output::print_section(&columns, &manifest.ports)?;
    let columns: [TableColumn<ManifestDanger>; 2] = [
        ("ACTION", |row| format_value(&row.action)),
        ("DANGER", |row| format_value(&row.class)),
    ];
    output::print_section(&columns, &manifest.dangers)?;
    let columns: [TableColumn<ProductRole>; 3] = [
        ("ROLE", |row| format_value(&row.name)),
        ("FOR", |row| format_value(&row.summary)),
        ("RIGHTS", |row| format_value(&row.rights)),
    ];
    output::print_section(&columns, &manifest.roles)
}

fn describe_installed(installed: &[InstalledView]) -> String {
    let one = |one: &InstalledView| format!("{} ({})", one.name, one.version);
    installed.iter().map(one).collect::<Vec<_>>().join(", ")
}

/// A piece of the product, and between which versions it changed.
type ChangeRow<'a> = (&'a VersionChanges, &'a ChangedPiece);

pub(crate) fn print_update(update: &UpdateView, dry_run: bool) -> Result<(), CommandFailure> {
    let rows: Vec<ChangeRow<'_>> = update
        .changes
        .iter()
        .flat_map(|changes| changes.changes.iter().map(move |change| (changes, change)))
        .collect();
    let columns: [TableColumn<ChangeRow<'_>>; 5] = [
        ("FROM", |(versions, _)| format_value(&versions.from)),
        ("TO", |(versions, _)| format_value(&versions.to)),
        ("PART", |(_, change)| format_value(&change.piece)),
        ("NAME", |(_, change)| format_value(&change.name)),
        ("CHANGE", |(_, change)| format_value(&change.how)),
    ];
    output::print_table(&columns, &rows, "no differences")?;
    for role in &update.roles {
        let text = format!(
            "the role {} gets {} instead of {}; held by {}",
            role.role,
            join_rights(&role.to),
            join_rights(&role.from),
            role.holders.join(", ")
        );
        output::print_line(output::to_one_line(&text))?;
    }
    let names: Vec<&str> = update.installed.iter().map(|one| one.name.as_str()).collect();
    let (names, to) = (names.join(", "), &update.to);
    match (names.is_empty(), dry_run) {
        (true, _) => output::print_line(format!("all installations have version {to}")),
        (false, true) => {
            output::print_line(format!("would be updated to {to}: {names}"))?;
            output::print_line(format!(
                "to apply exactly this: intune-connector products update {} --digest {}",
                update.id, update.digest
            ))
        }
        (false, false) => output::print_line(format!("updated to {to}: {names}")),
    }
}

fn join_rights(rights: &[Right]) -> String {
    match rights {
        [] => "no rights".to_owned(),
        some => some.iter().map(ToString::to_string).collect::<Vec<_>>().join(", "),
    }
}

/// Whole, so that one can be given to `distrust`.
pub(crate) fn print_keys(trusted: &KeysView) -> Result<(), CommandFailure> {
    if trusted.keys.is_empty() {
        output::eprint_line("no trusted keys: packages are accepted with --unsigned only");
        Ok(())
    } else {
        output::print_verbatim(trusted.keys.join("\n"))
    }
}

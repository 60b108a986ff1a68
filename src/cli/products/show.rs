//! Products, updates and keys, as people read them.

use crate::cli::failure::CommandFailure;
use crate::cli::output::{self, TableColumn, format_value};
use crate::contract::{ChangedPiece, InstalledView, KeysView, ProductView, UpdateView, VersionChanges};
use crate::model::Right;

pub(crate) fn print_products(products: &[ProductView]) -> Result<(), CommandFailure> {
    let columns: [TableColumn<ProductView>; 5] = [
        ("PRODUCT", |row| format_value(&row.id)),
        ("STATE", |row| format_value(&row.state)),
        ("NEWEST", |row| format_value(&row.version)),
        ("SIGNED BY", |row| {
            let newest = row.versions.last();
            format_value(&newest.map(|newest| output::to_printable(&newest.signed_by, 16)))
        }),
        ("INSTALLED", |row| format_value(&describe_installed(&row.installed))),
    ];
    output::print_table(&columns, products, "no products")
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
        output::print_line(output::to_printable(&text, 600))?;
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
        output::print_line(trusted.keys.join("\n"))
    }
}

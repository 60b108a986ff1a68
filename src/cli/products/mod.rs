//! `products`: the catalogue of a bus, and the making of packages. What needs no bus (`pack`, `check`, `keygen`) asks
//! none.

mod packaging;

use std::path::PathBuf;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use clap::{Args, Subcommand};
use serde_json::{Value, json};

use super::client::{ApiClient, encode_segment};
use super::connection::{ConnectArgs, with_bus};
use super::failure::CommandFailure;
use super::output;
use crate::bus::ProductId;

/// List, add, update and remove products; make packages
#[derive(Debug, Args)]
#[command(args_conflicts_with_subcommands = true)]
#[command(after_help = "Examples:
  intune-connector products --data DIR
  intune-connector products trust builder.pub.pem --data DIR
  intune-connector products add intune-connector-0.2.0.zip --data DIR
  intune-connector products update intune-connector --data DIR
  intune-connector products keygen builder.pem
  intune-connector products pack --key builder.pem")]
pub struct ProductsArgs {
    #[command(subcommand)]
    command: Option<ProductsCommand>,
    /// Print JSON
    #[arg(long, global = true)]
    json: bool,
    #[command(flatten)]
    connect: ConnectArgs,
}

#[derive(Debug, Subcommand)]
enum ProductsCommand {
    /// List products: available, installed, update available (default)
    List,
    /// Show a product with its manifest, versions and installations
    Show {
        /// Id of the product
        id: ProductId,
    },
    /// Add a package to the catalogue
    Add {
        /// Package file (zip)
        file: PathBuf,
        /// Accept a package that no trusted key signed; recorded in the audit trail
        #[arg(long)]
        unsigned: bool,
        /// Accept it although a newer version exists
        #[arg(long)]
        downgrade: bool,
    },
    /// Update installations to the newest version; instances are kept
    Update {
        /// Id of the product
        id: ProductId,
        /// Only show what would change, with its digest
        #[arg(long)]
        dry_run: bool,
        /// Apply exactly the changes shown with this digest, or nothing
        #[arg(long, value_name = "DIGEST", conflicts_with = "dry_run")]
        digest: Option<String>,
    },
    /// Remove a product; refused while it is installed
    Remove {
        /// Id of the product
        id: ProductId,
        /// Remove its installations as well
        #[arg(long)]
        with_instances: bool,
        /// Number of affected devices, as reported without this option
        #[arg(long, value_name = "N")]
        yes_i_mean: Option<u64>,
    },
    /// List the fingerprints of trusted keys
    Trusted,
    /// Trust packages signed with this key
    Trust {
        /// Public key (PEM)
        file: PathBuf,
    },
    /// Stop trusting packages signed with this key
    Distrust {
        /// Its fingerprint, as `trusted` shows it
        #[arg(value_name = "FINGERPRINT")]
        which: String,
    },
    /// Create a key to sign packages: only its owner can read FILE; the public key is written beside it
    Keygen(packaging::KeygenArgs),
    /// Create a package from a folder with plugin.toml
    Pack(packaging::PackProductArgs),
    /// Check a folder with plugin.toml for errors
    Check(packaging::CheckProductArgs),
}

pub(crate) async fn run(args: ProductsArgs) -> Result<(), CommandFailure> {
    let command = match args.command.unwrap_or(ProductsCommand::List) {
        ProductsCommand::Keygen(args) => return packaging::generate_key(&args),
        ProductsCommand::Pack(args) => return packaging::pack_product(&args),
        ProductsCommand::Check(args) => return packaging::check_product(&args),
        other => other,
    };
    with_bus(&args.connect, async |bus| {
        let answer = run_subcommand(&bus.client, &command).await?;
        match (args.json, &command) {
            (true, _) | (false, ProductsCommand::Show { .. }) => output::print_json(&answer),
            (false, _) => print_answer(&command, &answer),
        }
    })
    .await
}

async fn run_subcommand(client: &ApiClient, command: &ProductsCommand) -> Result<Value, CommandFailure> {
    let path = |id: &ProductId, rest: &str| format!("/products/{}{rest}", encode_segment(id.as_str()));
    match command {
        ProductsCommand::Show { id } => client.get(&path(id, ""), &[]).await,
        ProductsCommand::Add {
            file,
            unsigned,
            downgrade,
        } => {
            let bytes = packaging::read_bounded_file(file)?;
            let body = json!({ "package": STANDARD.encode(bytes), "unsigned": unsigned, "downgrade": downgrade });
            client.post("/products", &body).await
        }
        ProductsCommand::Update { id, dry_run: true, .. } => client.get(&path(id, "/update"), &[]).await,
        ProductsCommand::Update {
            id,
            dry_run: false,
            digest,
        } => {
            let digest = match digest {
                Some(digest) => json!(digest),
                None => client.get(&path(id, "/update"), &[]).await?["digest"].clone(),
            };
            client.post(&path(id, "/update"), &json!({ "digest": digest })).await
        }
        ProductsCommand::Remove {
            id,
            with_instances,
            yes_i_mean,
        } => {
            let mut query = vec![("instances", with_instances.to_string())];
            query.extend(yes_i_mean.map(|count| ("confirm", count.to_string())));
            client.delete(&path(id, ""), &query).await
        }
        ProductsCommand::Trusted => client.get("/trusted-keys", &[]).await,
        ProductsCommand::Trust { file } => {
            let pem = packaging::read_bounded_file(file)?;
            let pem = String::from_utf8(pem).map_err(|_| {
                CommandFailure::usage_error(format!("{} is not a PEM file", file.display()), "use the public key")
            })?;
            client.post("/trusted-keys", &json!({ "pem": pem })).await
        }
        ProductsCommand::Distrust { which } => {
            let path = format!("/trusted-keys/{}", encode_segment(which));
            client.delete(&path, &[]).await
        }
        // The others were done without a bus.
        ProductsCommand::List | ProductsCommand::Keygen(_) | ProductsCommand::Pack(_) | ProductsCommand::Check(_) => {
            client.get("/products", &[]).await
        }
    }
}

fn print_answer(command: &ProductsCommand, answer: &Value) -> Result<(), CommandFailure> {
    let text = |pointer: &str| output::format_cell(answer.pointer(pointer));
    match command {
        ProductsCommand::Add { .. } => {
            output::print_line(format!("{} {} is in the catalogue", text("/id"), text("/version")))
        }
        ProductsCommand::Update { dry_run, .. } => print_update(answer, *dry_run),
        ProductsCommand::Remove { id, .. } => output::print_line(format!(
            "{id} removed: {} versions, {} installations; {} devices were reported as gone",
            text("/versions"),
            text("/instances"),
            text("/gone")
        )),
        ProductsCommand::Trusted | ProductsCommand::Trust { .. } => {
            // Whole, so that one can be given to `distrust`.
            let keys: Vec<&str> = answer["keys"]
                .as_array()
                .into_iter()
                .flatten()
                .filter_map(Value::as_str)
                .collect();
            if keys.is_empty() {
                output::eprint_line("no trusted keys: packages are accepted with --unsigned only");
                Ok(())
            } else {
                output::print_line(keys.join("\n"))
            }
        }
        ProductsCommand::Distrust { which } => {
            output::print_line(format!("packages signed with {which} are no longer accepted"))
        }
        _ => print_products(answer),
    }
}

fn print_products(answer: &Value) -> Result<(), CommandFailure> {
    let products = answer["products"].as_array().cloned().unwrap_or_default();
    let row = |product: &Value| {
        let installed = product["installed"].as_array().cloned().unwrap_or_default();
        let one = |one: &Value| {
            format!(
                "{} ({})",
                output::format_cell(one.get("name")),
                output::format_cell(one.get("version"))
            )
        };
        let names: Vec<String> = installed.iter().map(one).collect();
        let newest = product["versions"].as_array().and_then(|versions| versions.last());
        let signed: String = newest
            .map(|newest| output::format_cell(newest.get("signedBy")))
            .unwrap_or_default();
        json!({
            "id": product["id"], "state": product["state"], "version": product["version"],
            "signed": output::to_printable(&signed, 16), "installed": names.join(", "),
        })
    };
    let rows: Vec<Value> = products.iter().map(row).collect();
    let columns = [
        ("PRODUCT", "/id"),
        ("STATE", "/state"),
        ("NEWEST", "/version"),
        ("SIGNED BY", "/signed"),
        ("INSTALLED", "/installed"),
    ];
    output::print_table(&columns, &rows, "no products")
}

fn print_update(answer: &Value, dry_run: bool) -> Result<(), CommandFailure> {
    let mut rows = Vec::new();
    for changes in answer["changes"].as_array().into_iter().flatten() {
        for change in changes["changes"].as_array().into_iter().flatten() {
            rows.push(json!({
                "from": changes["from"], "to": changes["to"], "piece": change["piece"], "name": change["name"],
                "how": change["how"],
            }));
        }
    }
    let columns = [
        ("FROM", "/from"),
        ("TO", "/to"),
        ("PART", "/piece"),
        ("NAME", "/name"),
        ("CHANGE", "/how"),
    ];
    output::print_table(&columns, &rows, "no differences")?;
    for role in answer["roles"].as_array().into_iter().flatten() {
        let text = format!(
            "the role {} gets {} instead of {}; held by {}",
            role["role"], role["to"], role["from"], role["holders"]
        );
        output::print_line(output::to_printable(&text, 600))?;
    }
    let installed = answer["installed"].as_array().cloned().unwrap_or_default();
    let names: Vec<String> = installed
        .iter()
        .map(|one| output::format_cell(one.get("name")))
        .collect();
    let to = output::format_cell(answer.get("to"));
    match (names.is_empty(), dry_run) {
        (true, _) => output::print_line(format!("all installations have version {to}")),
        (false, true) => {
            output::print_line(format!("would be updated to {to}: {}", names.join(", ")))?;
            let digest = output::format_cell(answer.get("digest"));
            output::print_line(format!(
                "to apply exactly this: intune-connector products update {} --digest {digest}",
                output::format_cell(answer.get("id"))
            ))
        }
        (false, false) => output::print_line(format!("updated to {to}: {}", names.join(", "))),
    }
}

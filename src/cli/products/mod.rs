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
    /// JSON for machines
    #[arg(long, global = true)]
    json: bool,
    #[command(flatten)]
    connect: ConnectArgs,
}

#[derive(Debug, Subcommand)]
enum ProductsCommand {
    /// List them: available, installed, update available (the same as without a word)
    List,
    /// Show one with its manifest, its versions and where it is installed
    Show {
        /// Id of the product
        id: ProductId,
    },
    /// Take a package in
    Add {
        /// The zip
        file: PathBuf,
        /// Take it though nobody vouches for it; the audit trail keeps that
        #[arg(long)]
        unsigned: bool,
        /// Take it though a newer version is there
        #[arg(long)]
        downgrade: bool,
    },
    /// Take what is installed over to the newest version; instances stay
    Update {
        /// Id of the product
        id: ProductId,
        /// Only show what would change, and the digest of it
        #[arg(long)]
        dry_run: bool,
        /// Do exactly what was shown with this digest, or nothing
        #[arg(long, value_name = "DIGEST", conflicts_with = "dry_run")]
        digest: Option<String>,
    },
    /// Remove one; refused while something of it is installed
    Remove {
        /// Id of the product
        id: ProductId,
        /// Remove what is installed of it, too
        #[arg(long)]
        with_instances: bool,
        /// Number of devices concerned, as the refusal without it says
        #[arg(long, value_name = "N")]
        yes_i_mean: Option<u64>,
    },
    /// Fingerprints of the keys whose packages are taken
    Trusted,
    /// Take packages by this key from now on
    Trust {
        /// The public key, PEM
        file: PathBuf,
    },
    /// Take packages by this key no more
    Distrust {
        /// Its fingerprint, as `trusted` shows it
        #[arg(value_name = "FINGERPRINT")]
        which: String,
    },
    /// Make a key to sign packages with: FILE is for its owner alone, the public part lies beside it
    Keygen(packaging::KeygenArgs),
    /// Make a package of a folder with plugin.toml
    Pack(packaging::PackProductArgs),
    /// Say what is wrong with a folder with plugin.toml
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
                CommandFailure::usage_error(format!("{} is no PEM file", file.display()), "give the public key")
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
            "{id} is removed: {} versions, {} installations; {} devices were told gone",
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
                output::eprint_line("no key is trusted: packages are taken with --unsigned only");
                Ok(())
            } else {
                output::print_line(keys.join("\n"))
            }
        }
        ProductsCommand::Distrust { which } => output::print_line(format!("packages by {which} are taken no more")),
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
    output::print_table(&columns, &rows, "there is no product")
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
        ("WHAT", "/piece"),
        ("NAME", "/name"),
        ("HOW", "/how"),
    ];
    output::print_table(&columns, &rows, "no piece of it differs")?;
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
        (true, _) => output::print_line(format!("everything that is installed has version {to}")),
        (false, true) => {
            output::print_line(format!("would be updated to {to}: {}", names.join(", ")))?;
            let digest = output::format_cell(answer.get("digest"));
            output::print_line(format!(
                "exactly this: intune-connector products update {} --digest {digest}",
                output::format_cell(answer.get("id"))
            ))
        }
        (false, false) => output::print_line(format!("updated to {to}: {}", names.join(", "))),
    }
}

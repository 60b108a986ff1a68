//! `products`: the catalogue of a bus, and the making of packages. What needs no bus asks none: `pack`, `check`,
//! `keygen`.

mod packaging;
mod show;

use std::path::PathBuf;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use clap::{Args, Subcommand};
use sics_client::SicsClient;

use super::connection::{ConnectArgs, with_bus};
use super::failure::CommandFailure;
use super::install::{self, CheckRegistrationArgs, RegisterArgs};
use super::output::{self, print_answer};
use crate::bus::ProductId;
use crate::contract::{KeyBody, PackageBody, RemovalQuery, UpdateBody, UpdateView};
use crate::model::{EffectConfirmation, choose_form, format_count};

/// List, add, update and remove products; make packages
#[derive(Debug, Args)]
#[command(args_conflicts_with_subcommands = true)]
#[command(after_help = "Examples:
  intune-connector products --data DIR
  intune-connector products trust builder.pub.pem --data DIR
  intune-connector products add intune-connector-0.2.0.zip --data DIR
  intune-connector products update intune-connector --data DIR
  intune-connector products register --set verbs=sync,remoteLock --out registration --data DIR
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
    /// Begin to register an application in Microsoft Entra, or to give one another certificate: writes the certificate, whose
    /// key the bus keeps, and scripts for the rest; prints the same as steps in the portal
    Register(RegisterArgs),
    /// Check how far a registration is, step by step
    CheckRegistration(CheckRegistrationArgs),
}

pub(crate) async fn run(args: ProductsArgs) -> Result<(), CommandFailure> {
    let command = match args.command.unwrap_or(ProductsCommand::List) {
        ProductsCommand::Keygen(args) => return packaging::generate_key(&args),
        ProductsCommand::Pack(args) => return packaging::pack_product(&args),
        ProductsCommand::Check(args) => return packaging::check_product(&args),
        ProductsCommand::Register(register) => {
            return install::register(&register, &args.connect, args.json).await;
        }
        ProductsCommand::CheckRegistration(check) => {
            return install::check_registration(&check, &args.connect, args.json).await;
        }
        other => other,
    };
    with_bus(&args.connect, async |bus| {
        run_subcommand(&bus.client, &command, args.json).await
    })
    .await
}

async fn run_subcommand(client: &SicsClient, command: &ProductsCommand, as_json: bool) -> Result<(), CommandFailure> {
    match command {
        ProductsCommand::Show { id } => {
            let product = client.show_product(id).await?;
            print_answer(&product, as_json, || show::print_product(&product))
        }
        ProductsCommand::Add {
            file,
            unsigned,
            downgrade,
        } => {
            let body = PackageBody {
                package: STANDARD.encode(packaging::read_bounded_file(file)?),
                unsigned: *unsigned,
                downgrade: *downgrade,
            };
            let product = client.add_product(&body).await?;
            print_answer(&product, as_json, || {
                output::print_line(format!("{} {} is in the catalogue", product.id, product.version))
            })
        }
        ProductsCommand::Update { id, dry_run, digest } => {
            let update = if *dry_run {
                client.plan_update(id).await?
            } else {
                update_product(client, id, digest.as_deref()).await?
            };
            print_answer(&update, as_json, || show::print_update(&update, *dry_run))
        }
        ProductsCommand::Remove {
            id,
            with_instances,
            yes_i_mean,
        } => {
            let query = RemovalQuery {
                instances: *with_instances,
                confirm: yes_i_mean.map(EffectConfirmation::from_count),
            };
            let removed = client.remove_product(id, &query).await?;
            print_answer(&removed, as_json, || {
                output::print_line(format!(
                    "{id} removed: {}, {}; {} {} reported as gone",
                    format_count(removed.versions, "version"),
                    format_count(removed.instances, "installation"),
                    format_count(removed.gone, "device"),
                    choose_form(removed.gone, "was", "were")
                ))
            })
        }
        ProductsCommand::Trusted => {
            let trusted = client.list_trusted_keys().await?;
            print_answer(&trusted, as_json, || show::print_keys(&trusted))
        }
        ProductsCommand::Trust { file } => {
            let pem = packaging::read_bounded_file(file)?;
            let pem = String::from_utf8(pem).map_err(|_| {
                CommandFailure::usage_error(format!("{} is not a PEM file", file.display()), "use the public key")
            })?;
            let trusted = client.trust_key(&KeyBody { pem }).await?;
            print_answer(&trusted, as_json, || show::print_keys(&trusted))
        }
        ProductsCommand::Distrust { which } => {
            client.distrust_key(which).await?;
            print_answer(&(), as_json, || {
                output::print_line(format!("packages signed with {which} are no longer accepted"))
            })
        }
        // The others were done before.
        ProductsCommand::List
        | ProductsCommand::Keygen(_)
        | ProductsCommand::Pack(_)
        | ProductsCommand::Check(_)
        | ProductsCommand::Register(_)
        | ProductsCommand::CheckRegistration(_) => {
            let all = client.list_products().await?;
            print_answer(&all, as_json, || show::print_products(&all.products))
        }
    }
}

/// As it was shown with this digest, or as it is now.
async fn update_product(
    client: &SicsClient,
    id: &ProductId,
    digest: Option<&str>,
) -> Result<UpdateView, CommandFailure> {
    let digest = match digest {
        Some(digest) => digest.to_owned(),
        None => client.plan_update(id).await?.digest,
    };
    Ok(client.update_product(id, &UpdateBody { digest }).await?)
}

//! `products`: the catalogue of a bus, and the making of packages. What needs no bus (`pack`, `check`, `keygen`) asks
//! none.

mod make;

use std::path::PathBuf;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use clap::{Args, Subcommand};
use serde_json::{Value, json};

use super::client::{Client, segment};
use super::connection::{ConnectArgs, with_bus};
use super::failure::Failure;
use super::out;
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
    command: Option<Sub>,
    /// JSON for machines
    #[arg(long, global = true)]
    json: bool,
    #[command(flatten)]
    connect: ConnectArgs,
}

#[derive(Debug, Subcommand)]
enum Sub {
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
    Keygen(make::KeygenArgs),
    /// Make a package of a folder with plugin.toml
    Pack(make::PackArgs),
    /// Say what is wrong with a folder with plugin.toml
    Check(make::CheckArgs),
}

pub async fn run(args: ProductsArgs) -> Result<(), Failure> {
    let command = match args.command.unwrap_or(Sub::List) {
        Sub::Keygen(args) => return make::keygen(&args),
        Sub::Pack(args) => return make::pack(&args),
        Sub::Check(args) => return make::check(&args),
        other => other,
    };
    with_bus(&args.connect, async |bus| {
        let answer = perform(&bus.client, &command).await?;
        match (args.json, &command) {
            (true, _) | (false, Sub::Show { .. }) => out::json(&answer),
            (false, _) => told(&command, &answer),
        }
    })
    .await
}

async fn perform(client: &Client, command: &Sub) -> Result<Value, Failure> {
    let path = |id: &ProductId, rest: &str| format!("/products/{}{rest}", segment(id.as_str()));
    match command {
        Sub::Show { id } => client.get(&path(id, ""), &[]).await,
        Sub::Add {
            file,
            unsigned,
            downgrade,
        } => {
            let bytes = make::bounded(file)?;
            let body = json!({ "package": STANDARD.encode(bytes), "unsigned": unsigned, "downgrade": downgrade });
            client.post("/products", &body).await
        }
        Sub::Update { id, dry_run: true, .. } => client.get(&path(id, "/update"), &[]).await,
        Sub::Update {
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
        Sub::Remove {
            id,
            with_instances,
            yes_i_mean,
        } => {
            let mut query = vec![("instances", with_instances.to_string())];
            query.extend(yes_i_mean.map(|count| ("confirm", count.to_string())));
            client.delete(&path(id, ""), &query).await
        }
        Sub::Trusted => client.get("/trusted-keys", &[]).await,
        Sub::Trust { file } => {
            let pem = make::bounded(file)?;
            let pem = String::from_utf8(pem)
                .map_err(|_| Failure::usage(format!("{} is no PEM file", file.display()), "give the public key"))?;
            client.post("/trusted-keys", &json!({ "pem": pem })).await
        }
        Sub::Distrust { which } => {
            let path = format!("/trusted-keys/{}", segment(which));
            client.delete(&path, &[]).await
        }
        // The others were done without a bus.
        Sub::List | Sub::Keygen(_) | Sub::Pack(_) | Sub::Check(_) => client.get("/products", &[]).await,
    }
}

fn told(command: &Sub, answer: &Value) -> Result<(), Failure> {
    let text = |pointer: &str| out::cell(answer.pointer(pointer));
    match command {
        Sub::Add { .. } => out::line(format!("{} {} is in the catalogue", text("/id"), text("/version"))),
        Sub::Update { dry_run, .. } => updated(answer, *dry_run),
        Sub::Remove { id, .. } => out::line(format!(
            "{id} is removed: {} versions, {} installations; {} devices were told gone",
            text("/versions"),
            text("/instances"),
            text("/gone")
        )),
        Sub::Trusted | Sub::Trust { .. } => {
            // Whole, so that one can be given to `distrust`.
            let keys: Vec<&str> = answer["keys"]
                .as_array()
                .into_iter()
                .flatten()
                .filter_map(Value::as_str)
                .collect();
            match keys.is_empty() {
                true => {
                    out::say("no key is trusted: packages are taken with --unsigned only");
                    Ok(())
                }
                false => out::line(keys.join("\n")),
            }
        }
        Sub::Distrust { which } => out::line(format!("packages by {which} are taken no more")),
        _ => table(answer),
    }
}

fn table(answer: &Value) -> Result<(), Failure> {
    let products = answer["products"].as_array().cloned().unwrap_or_default();
    let row = |product: &Value| {
        let installed = product["installed"].as_array().cloned().unwrap_or_default();
        let one = |one: &Value| format!("{} ({})", out::cell(one.get("name")), out::cell(one.get("version")));
        let names: Vec<String> = installed.iter().map(one).collect();
        let newest = product["versions"].as_array().and_then(|versions| versions.last());
        let signed: String = newest
            .map(|newest| out::cell(newest.get("signedBy")))
            .unwrap_or_default();
        json!({
            "id": product["id"], "state": product["state"], "version": product["version"],
            "signed": out::printable(&signed, 16), "installed": names.join(", "),
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
    out::table(&columns, &rows, "there is no product")
}

fn updated(answer: &Value, dry_run: bool) -> Result<(), Failure> {
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
    out::table(&columns, &rows, "no piece of it differs")?;
    for role in answer["roles"].as_array().into_iter().flatten() {
        let text = format!(
            "the role {} gets {} instead of {}; held by {}",
            role["role"], role["to"], role["from"], role["holders"]
        );
        out::line(out::printable(&text, 600))?;
    }
    let installed = answer["installed"].as_array().cloned().unwrap_or_default();
    let names: Vec<String> = installed.iter().map(|one| out::cell(one.get("name"))).collect();
    let to = out::cell(answer.get("to"));
    match (names.is_empty(), dry_run) {
        (true, _) => out::line(format!("everything that is installed has version {to}")),
        (false, true) => {
            out::line(format!("would be updated to {to}: {}", names.join(", ")))?;
            let digest = out::cell(answer.get("digest"));
            out::line(format!(
                "exactly this: intune-connector products update {} --digest {digest}",
                out::cell(answer.get("id"))
            ))
        }
        (false, false) => out::line(format!("updated to {to}: {}", names.join(", "))),
    }
}

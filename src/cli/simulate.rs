//! `simulate`: an Intune tenant to try against, until Ctrl-C.

use std::net::SocketAddr;
use std::path::{Path, PathBuf};

use clap::Args;
use serde_json::json;

use super::called_program::find_called_program;
use super::failure::{CommandFailure, error_chain};
use super::shell_words::quote_shell_word;
use super::{output, secret_input, signals};
use crate::files::TEXT_MAX;
use simulated_tenant::{
    MOST_CHURN, NameStyle, Options, ProxyCredentials, ProxyOptions, Running, SimClock, StartError, Tls, Tuning, start,
};

/// Run a simulated Intune tenant: Entra's token endpoint and Microsoft Graph on this machine
#[derive(Debug, Args)]
#[command(
    after_help = "Example:\n  intune-connector simulate --devices 1000 --seed 1 --listen 127.0.0.1:8443 --churn 2

docs/SIMULATOR.md describes the control API (/simulator): devices, time, faults, requests."
)]
pub struct SimulateArgs {
    /// Number of devices enrolled at the start
    #[arg(long, value_name = "N", default_value_t = 1000, value_parser = clap::value_parser!(u32).range(0..=1_000_000))]
    pub devices: u32,
    /// Seed; the same seed gives the same fleet, ids and secret
    #[arg(long, value_name = "S", default_value_t = 1)]
    pub seed: u64,
    /// Address of Entra and Graph; port 0 selects a free port
    #[arg(long, value_name = "ADDR:PORT", default_value = "127.0.0.1:8443")]
    pub listen: SocketAddr,
    /// Folder of the test CA, which is created if missing (default: a temporary folder)
    #[arg(long, value_name = "DIR", conflicts_with = "http")]
    pub tls_dir: Option<PathBuf>,
    /// Use plain HTTP
    #[arg(long)]
    pub http: bool,
    /// Open a proxy that routes every host to the simulator, for clients with fixed host names
    #[arg(long, value_name = "ADDR:PORT")]
    pub proxy: Option<SocketAddr>,
    /// User name that the proxy requires
    #[arg(long, value_name = "NAME", requires = "proxy", requires = "proxy_password_file")]
    pub proxy_user: Option<String>,
    /// File whose first line is the password that the proxy requires
    #[arg(long, value_name = "FILE", requires = "proxy_user")]
    pub proxy_password_file: Option<PathBuf>,
    /// The proxy inspects TLS: it presents certificates of another CA
    #[arg(long, requires = "proxy")]
    pub proxy_inspect: bool,
    /// Give some devices names that break what was never tested with them: quotes, blanks at both ends, line marks, other
    /// scripts
    #[arg(long)]
    pub awkward_names: bool,
    /// Changes per second: devices appear, check in, are renamed, disappear
    #[arg(long, value_name = "RATE", default_value_t = 0.0)]
    pub churn: f64,
    /// Delay of every response
    #[arg(long, value_name = "MS", default_value_t = 0)]
    pub latency: u64,
    /// First print a line of JSON with the connection details
    #[arg(long)]
    pub json: bool,
}

pub(crate) async fn run(args: SimulateArgs) -> Result<(), CommandFailure> {
    let json = args.json;
    let running = start(options(args)?).await.map_err(|error| not_started(&error))?;
    // Whoever reads the line may end it at once.
    let mut signals = signals::listen_for_signals()?;
    output::print_verbatim(if json {
        one_line(&running)
    } else {
        how_to_connect(&running)
    })?;
    signals.next_signal().await;
    running.stop().await;
    Ok(())
}

fn not_started(error: &StartError) -> CommandFailure {
    let advice = match error {
        StartError::Listen { .. } => "check what listens there, or choose another address with --listen or --proxy",
        StartError::Tls(_) => "choose another folder with --tls-dir, or omit it",
        StartError::Temporary(_) => "free space in the folder for temporary files",
        StartError::SigningKey(_) => "",
    };
    CommandFailure::general_error(format!("failed to start the simulator: {}", error_chain(error)), advice)
}

fn options(args: SimulateArgs) -> Result<Options, CommandFailure> {
    if !(0.0..=MOST_CHURN).contains(&args.churn) {
        return Err(CommandFailure::usage_error(
            format!("--churn {} is not a valid number of changes per second", args.churn),
            format!("use 0 to {MOST_CHURN}, such as --churn 2"),
        ));
    }
    let tls = match (args.http, args.tls_dir) {
        (true, _) => Tls::Http,
        (false, Some(folder)) => Tls::Folder(folder),
        (false, None) => Tls::Temporary,
    };
    let credentials = match (args.proxy_user, &args.proxy_password_file) {
        (Some(user), Some(file)) => Some(ProxyCredentials {
            user,
            password: first_line(file)?,
        }),
        _ => None,
    };
    Ok(Options {
        listen: args.listen,
        tls,
        proxy: args.proxy.map(|listen| ProxyOptions {
            listen,
            credentials,
            inspect: args.proxy_inspect,
        }),
        devices: args.devices as usize,
        seed: args.seed,
        names: if args.awkward_names {
            NameStyle::Awkward
        } else {
            NameStyle::Plain
        },
        churn: args.churn,
        latency_ms: args.latency,
        tuning: Tuning::lively(),
        clock: SimClock::system(),
        directory: None,
    })
}

fn first_line(file: &Path) -> Result<String, CommandFailure> {
    let text = secret_input::read_text_input(file, TEXT_MAX)?;
    match text.lines().next() {
        None | Some("") => Err(CommandFailure::usage_error(
            format!("the first line of {} is empty", file.display()),
            "write the proxy's password there",
        )),
        Some(line) => Ok(line.to_owned()),
    }
}

fn one_line(running: &Running) -> String {
    let tenant = &running.registration;
    let mut line = json!({
        "tenantId": tenant.tenant_id, "clientId": tenant.client_id, "clientSecret": tenant.client_secret,
        "graph": running.base, "login": running.base, "ca": running.ca,
    });
    if let Some(proxy) = running.proxy {
        line["proxy"] = json!(format!("http://{proxy}"));
        line["inspectCa"] = json!(running.inspect_ca);
    }
    line.to_string()
}

fn how_to_connect(running: &Running) -> String {
    let tenant = &running.registration;
    let mut lines = vec![
        "A simulated Intune tenant is listening. Press Ctrl-C to stop.".to_owned(),
        String::new(),
        format!("  tenant id      {}", tenant.tenant_id),
        format!("  client id      {}", tenant.client_id),
        format!("  client secret  {}", tenant.client_secret),
        format!("  login, Graph   {}", running.base),
        format!("  control        {}/simulator   (docs/SIMULATOR.md)", running.base),
    ];
    if let Some(ca) = &running.ca {
        lines.push(format!("  trust          {}", ca.display()));
    }
    if let Some(proxy) = running.proxy {
        lines.push(format!("  proxy          http://{proxy} (routes every host here)"));
    }
    if let Some(ca) = &running.inspect_ca {
        lines.push(format!("  trust there    {} (the proxy inspects TLS)", ca.display()));
    }
    lines.push(String::new());
    lines.push("Check the connection to it and look at its devices; nothing is kept of them:".to_owned());
    lines.extend(look_commands(running));
    lines.push(String::new());
    lines.push("A token:".to_owned());
    lines.push(token_command(running));
    lines.join("\n")
}

/// What a newcomer needs next, whole: the secret in a file, the check, and a look.
fn look_commands(running: &Running) -> Vec<String> {
    let tenant = &running.registration;
    let program = find_called_program();
    let mut lines = Vec::new();
    if let Some(folder) = &program.folder {
        lines.push(format!("  cd {folder}"));
    }
    let secret = quote_shell_word(&tenant.client_secret);
    lines.push(format!("  echo {secret} > simulated-secret.txt"));
    let mut words = vec![
        format!("--client {}", tenant.client_id),
        "--secret-file simulated-secret.txt".to_owned(),
        format!("--login-url {base} --graph-url {base}", base = running.base),
    ];
    if let Some(ca) = absolute_ca(running) {
        words.push(format!("--ca-file {ca}"));
    }
    for command in ["verify", "scan --dry-run"] {
        let first = format!("{} {command} --tenant {}", program.word, tenant.tenant_id);
        let all: Vec<&str> = std::iter::once(first.as_str())
            .chain(words.iter().map(String::as_str))
            .collect();
        lines.push(format!("  {}", all.join(" \\\n    ")));
    }
    lines
}

/// As a word of a command that is pasted in any folder.
fn absolute_ca(running: &Running) -> Option<String> {
    let ca = running.ca.as_ref()?;
    let whole = std::path::absolute(ca).unwrap_or_else(|_| ca.clone());
    Some(quote_shell_word(&whole.to_string_lossy()))
}

fn token_command(running: &Running) -> String {
    let tenant = &running.registration;
    let ca = absolute_ca(running).map(|ca| format!(" --cacert {ca}"));
    let form = [
        "grant_type=client_credentials".to_owned(),
        format!("client_id={}", tenant.client_id),
        format!("client_secret={}", tenant.client_secret),
        format!("scope={}/.default", running.base),
    ];
    let mut parts = vec![
        format!("curl -s{}", ca.unwrap_or_default()),
        format!("{}/{}/oauth2/v2.0/token", running.base, tenant.tenant_id),
    ];
    parts.extend(form.iter().map(|field| format!("-d {}", quote_shell_word(field))));
    format!("  {}", parts.join(" \\\n    "))
}

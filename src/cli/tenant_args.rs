//! The settings of a tenant as `verify`, `scan --dry-run` and `instances add` take them, all three the same: a file,
//! pairs, and flags for what everybody needs. A later one wins: file, then `--set`, then flags.

use std::path::{Path, PathBuf};

use clap::Args;
use secrecy::{ExposeSecret, SecretString};
use url::Url;

use super::connection::parse_address;
use super::failure::CommandFailure;
use super::secret_input;
use crate::config::{InstanceDraft, SettingSource};

/// Longest PKCS#12 file, bytes.
const PFX_MAX: u64 = 1 << 20;

/// Settings that are not named by a flag of their own.
#[derive(Debug, Clone, Default, Args)]
#[command(next_help_heading = "Settings")]
pub(crate) struct SettingArgs {
    /// One setting by its key; repeatable
    #[arg(long = "set", value_name = "KEY=VALUE")]
    pairs: Vec<String>,
    /// Settings file, in the format of instances/IntuneConnector_1.ini
    #[arg(long, value_name = "FILE")]
    settings: Option<PathBuf>,
}

#[derive(Debug, Clone, Default, Args)]
#[command(next_help_heading = "Tenant")]
pub(crate) struct TenantArgs {
    /// Entra tenant: its id or one of its domains
    #[arg(long, value_name = "ID")]
    tenant: Option<String>,
    /// Application (client) id of the app registration
    #[arg(long, value_name = "ID")]
    client: Option<String>,
    /// File with the client secret; - for standard input
    #[arg(long, value_name = "FILE", group = "credential")]
    secret_file: Option<PathBuf>,
    /// Certificate and key as PKCS#12
    #[arg(long, value_name = "FILE", group = "credential")]
    pfx: Option<PathBuf>,
    /// File with the password of the PKCS#12 file; - for standard input
    #[arg(long, value_name = "FILE", requires = "pfx")]
    pfx_password_file: Option<PathBuf>,
    /// Certificate as PEM, with --key
    #[arg(long, value_name = "FILE", group = "credential", requires = "key")]
    cert: Option<PathBuf>,
    /// Private key as PEM, with --cert
    #[arg(long, value_name = "FILE", requires = "cert")]
    key: Option<PathBuf>,
    /// Workload identity: file whose content is the assertion
    #[arg(long, value_name = "FILE", group = "credential")]
    token_file: Option<PathBuf>,
    /// Sign-in host, if it is not the cloud's default
    #[arg(long, value_name = "URL", value_parser = parse_address)]
    login_url: Option<Url>,
    /// Graph host, if it is not the cloud's default
    #[arg(long, value_name = "URL", value_parser = parse_address)]
    graph_url: Option<Url>,
    /// Proxy, e.g. http://proxy.example:3128
    #[arg(long, value_name = "URL")]
    proxy: Option<String>,
    /// Additional CA certificates (PEM), e.g. of a TLS-inspecting proxy
    #[arg(long, value_name = "FILE")]
    ca_file: Option<PathBuf>,
    /// Management servers that receive the changes: '*' or a list of ids
    #[arg(long, value_name = "ID,ID")]
    servers: Option<String>,
    #[command(flatten)]
    set: SettingArgs,
}

impl SettingArgs {
    pub(crate) fn is_empty(&self) -> bool {
        self.pairs.is_empty() && self.settings.is_none()
    }

    fn read_file(&self) -> Result<Option<InstanceDraft>, CommandFailure> {
        let file = self.settings.as_deref().map(InstanceDraft::from_file);
        Ok(file.transpose()?)
    }

    /// The pairs, and over them what the flags say.
    fn build_line(&self, flags: &[(&str, String)]) -> Result<Option<InstanceDraft>, CommandFailure> {
        let mut line = None;
        if !self.pairs.is_empty() {
            let pairs: Result<Vec<_>, _> = self.pairs.iter().map(|pair| InstanceDraft::split_pair(pair)).collect();
            line = Some(InstanceDraft::from_pairs(pairs?)?);
        }
        if !flags.is_empty() {
            let flags = flags.iter().map(|(key, value)| (*key, value.as_str()));
            line = Some(overlay_draft(line, InstanceDraft::from_options(flags)?));
        }
        Ok(line)
    }

    pub(crate) fn build_draft(&self) -> Result<InstanceDraft, CommandFailure> {
        overlay_line(self.read_file()?, self.build_line(&[])?)
            .ok_or_else(|| CommandFailure::usage_error("no change given", "use --set KEY=VALUE or --settings FILE"))
    }
}

/// The file with the command line on top. The line is one layer: a pair may say how the credential of a flag is used.
fn overlay_line(file: Option<InstanceDraft>, line: Option<InstanceDraft>) -> Option<InstanceDraft> {
    match line {
        Some(line) => Some(overlay_draft(file, line)),
        None => file,
    }
}

fn overlay_draft(below: Option<InstanceDraft>, draft: InstanceDraft) -> InstanceDraft {
    match below {
        Some(below) => below.overlay_with(draft),
        None => draft,
    }
}

fn is_stdin(path: &Path) -> bool {
    path == Path::new("-")
}

impl TenantArgs {
    /// Whether nothing at all was given: then a saved instance must be meant.
    pub(crate) fn is_empty(&self) -> bool {
        self.flag_pairs().is_empty() && self.secret_file.is_none() && self.set.is_empty()
    }

    fn flag_pairs(&self) -> Vec<(&'static str, String)> {
        let text = |path: &Option<PathBuf>| {
            path.as_ref()
                .filter(|path| !is_stdin(path))
                .map(|path| path.to_string_lossy().into_owned())
        };
        // A host: the keys are written without a slash at the end.
        let host = |url: &Option<Url>| url.as_ref().map(|url| url.as_str().trim_end_matches('/').to_owned());
        let all = [
            ("tenant_id", self.tenant.clone()),
            ("client_id", self.client.clone()),
            ("secret_file", text(&self.secret_file)),
            ("pfx_file", text(&self.pfx)),
            ("pfx_password_file", text(&self.pfx_password_file)),
            ("cert_file", text(&self.cert)),
            ("key_file", text(&self.key)),
            ("token_file", text(&self.token_file)),
            ("login_url", host(&self.login_url)),
            ("graph_url", host(&self.graph_url)),
            (
                "proxy",
                self.proxy.as_ref().map(|text| text.trim_end_matches('/').to_owned()),
            ),
            ("ca_file", text(&self.ca_file)),
            ("servers", self.servers.clone()),
        ];
        all.into_iter().filter_map(|(key, value)| Some((key, value?))).collect()
    }

    /// Before Entra says so in its own words: a federated token has three parts. A file that cannot be read is told of where
    /// it is used.
    pub(crate) fn check_token_file(&self) -> Result<(), CommandFailure> {
        let Some(file) = self.token_file.as_deref().filter(|file| !is_stdin(file)) else {
            return Ok(());
        };
        match crate::entra::read_token_file(file) {
            Ok(token) if !is_token(token.expose_secret()) => Err(CommandFailure::usage_error(
                format!(
                    "--token-file {} holds no token: a JWT has three parts with points between them",
                    file.display()
                ),
                "give the file that the platform writes; a client secret is given with --secret-file FILE",
            )),
            Ok(_) | Err(_) => Ok(()),
        }
    }

    /// What was given, checked key by key; a secret that is not in a file is read or asked for.
    pub(crate) fn build_draft(&self) -> Result<InstanceDraft, CommandFailure> {
        let file = self.set.read_file()?;
        let mut line = self.set.build_line(&self.flag_pairs())?;
        let given: Vec<&InstanceDraft> = file.iter().chain(&line).collect();
        let names_credential = |draft: &&InstanceDraft| draft.key_names().iter().any(|key| is_credential_key(key));
        let lacks_credential = !given.is_empty() && !given.iter().any(names_credential);
        let gives_password = given.iter().any(|draft| {
            let names = draft.key_names();
            names.iter().any(|key| key.starts_with("pfx_password"))
        });
        let shut_pfx = self.pfx.as_deref().filter(|_| !gives_password);
        if let Some(EnteredSecret { key, text, source }) = self.read_entered_secret(lacks_credential, shut_pfx)? {
            let mut secret = InstanceDraft::from_pairs(Vec::<(&str, &str)>::new())?;
            secret.add_secret(key, &text, source)?;
            line = Some(overlay_draft(line, secret));
        }
        overlay_line(file, line).ok_or_else(|| {
            CommandFailure::usage_error(
                "no tenant specified",
                "use --tenant ID --client ID --secret-file F, or --settings FILE; see --help",
            )
        })
    }

    /// The secret from standard input where `-` says so; from a person where no credential is given at all, or where
    /// `shut_pfx` does not open without a password.
    fn read_entered_secret(
        &self,
        lacks_credential: bool,
        shut_pfx: Option<&Path>,
    ) -> Result<Option<EnteredSecret>, CommandFailure> {
        let is_from_stdin = |path: &Option<PathBuf>| path.as_deref().is_some_and(is_stdin);
        let (secret, password) = (
            ("secret", "Client secret"),
            ("pfx_password", "Password of the PKCS#12 file"),
        );
        let (wanted, source) = if is_from_stdin(&self.secret_file) {
            (secret, SettingSource::StandardInput)
        } else if is_from_stdin(&self.pfx_password_file) {
            (password, SettingSource::StandardInput)
        } else if !std::io::IsTerminal::is_terminal(&std::io::stdin()) {
            return Ok(None);
        } else if lacks_credential {
            (secret, SettingSource::Prompt)
        } else if shut_pfx.is_some_and(is_pfx_shut) {
            (password, SettingSource::Prompt)
        } else {
            return Ok(None);
        };
        let (key, prompt) = wanted;
        let file = (source == SettingSource::StandardInput).then_some(Path::new("-"));
        let text = secret_input::read_secret(file, prompt)?;
        Ok(Some(EnteredSecret { key, text, source }))
    }
}

fn is_token(text: &str) -> bool {
    let is_part = |part: &str| {
        !part.is_empty()
            && part
                .bytes()
                .all(|byte| byte.is_ascii_alphanumeric() || b"-_=".contains(&byte))
    };
    text.split('.').count() == 3 && text.split('.').all(is_part)
}

/// A secret that is in no file.
struct EnteredSecret {
    key: &'static str,
    text: SecretString,
    source: SettingSource,
}

/// Whether a PKCS#12 file needs a password. One that can't be read is told of where it is used.
fn is_pfx_shut(path: &Path) -> bool {
    let read = crate::files::read_file(path, PFX_MAX);
    read.is_ok_and(|bytes| crate::entra::needs_pfx_password(&bytes.to_vec().into()))
}

/// Keys that give the credential of the scan.
fn is_credential_key(key: &str) -> bool {
    ["secret", "pfx", "cert", "token"]
        .iter()
        .any(|kind| key == *kind || key.strip_suffix("_file") == Some(kind))
}

#[cfg(test)]
mod tests {
    use clap::Parser;

    use super::*;

    #[derive(Debug, Parser)]
    struct Only {
        #[command(flatten)]
        tenant: TenantArgs,
    }

    fn args(line: &str) -> TenantArgs {
        Only::try_parse_from(std::iter::once("x").chain(line.split_whitespace()))
            .expect("it parses")
            .tenant
    }

    #[test]
    fn flags_stand_above_pairs_and_pairs_above_the_file() {
        let folder = tempfile::tempdir().expect("a folder");
        let file = folder.path().join("settings.ini");
        std::fs::write(
            &file,
            "tenant_id = contoso.example\nclient_id = 00000000-0000-4000-8000-00000000000a\npage_size = 100\nsecret_file = s\n",
        )
        .expect("written");
        let line = format!(
            "--settings {} --set page_size=200 --set client_id=00000000-0000-4000-8000-00000000000b --client 00000000-0000-4000-8000-00000000000c",
            file.display()
        );
        let draft = args(&line).build_draft().expect("a draft");
        assert_eq!(draft.get("tenant_id"), Some("contoso.example"));
        assert_eq!(draft.get("page_size"), Some("200"));
        assert_eq!(draft.get("client_id"), Some("00000000-0000-4000-8000-00000000000c"));
    }

    /// Each companion of a credential, with the flags of the credential that it goes with, and those as pairs.
    const COMPANIONS: [(&str, &str, &str, &str); 6] = [
        (
            "secret_expires_on",
            "2027-01-31",
            "--secret-file s",
            "--set secret_file=s",
        ),
        ("pfx_password_file", "p", "--pfx f", "--set pfx_file=f"),
        ("algorithm", "rs256", "--pfx f", "--set pfx_file=f"),
        (
            "algorithm",
            "rs256",
            "--pfx f --pfx-password-file p",
            "--set pfx_file=f --set pfx_password_file=p",
        ),
        (
            "algorithm",
            "rs256",
            "--cert c --key k",
            "--set cert_file=c --set key_file=k",
        ),
        ("key_file", "k", "--cert c --key k", "--set cert_file=c"),
    ];

    #[test]
    fn si_6_a_companion_stays_whichever_way_it_and_its_credential_are_given() {
        let folder = tempfile::tempdir().expect("a folder");
        let file = folder.path().join("settings.ini");
        let older = folder.path().join("older.ini");
        std::fs::write(&older, "cert_file = old\nkey_file = old\nalgorithm = ps256\n").expect("written");
        for (name, value, flags, pairs) in COMPANIONS {
            std::fs::write(&file, format!("{name} = {value}\n")).expect("written");
            let lines = [
                format!("{flags} --set {name}={value}"),
                format!("--set {name}={value} {pairs}"),
                format!("--settings {} {flags}", file.display()),
                format!("--settings {} {flags} --set {name}={value}", older.display()),
                format!("--settings {} {pairs} --set {name}={value}", older.display()),
            ];
            for line in lines {
                let draft = args(&line).build_draft().expect("a draft");
                let kept = draft.get(name).unwrap_or_default();
                assert!(kept == value || kept.ends_with(&format!("/{value}")), "{line}: {kept}");
            }
        }
    }

    #[test]
    fn si_6_a_new_credential_leaves_nothing_of_the_one_in_the_file() {
        let folder = tempfile::tempdir().expect("a folder");
        let file = folder.path().join("settings.ini");
        std::fs::write(&file, "pfx_file = f\npfx_password_file = p\nalgorithm = rs256\n").expect("written");
        let line = format!("--settings {} --cert c --key k", file.display());
        let draft = args(&line).build_draft().expect("a draft");
        for name in ["pfx_file", "pfx_password_file", "algorithm"] {
            assert_eq!(draft.get(name), None, "{name}");
        }
    }

    #[test]
    fn a_wrong_pair_is_refused_with_its_key() {
        let failure = args("--tenant t --set pagesize=1")
            .build_draft()
            .expect_err("there is no such key");
        assert!(failure.to_string().contains("pagesize"), "{failure}");
        assert_eq!(failure.exit, super::super::failure::ExitReason::Usage);
    }

    #[test]
    fn e1_a_secret_in_clear_is_refused_and_not_repeated() {
        let failure = args("--tenant t --set secret=hunter2")
            .build_draft()
            .expect_err("never on the command line");
        assert!(!failure.to_string().contains("hunter2"), "{failure}");
    }

    #[test]
    fn nothing_given_is_told_apart_from_a_tenant() {
        assert!(args("").is_empty());
        assert!(!args("--secret-file -").is_empty());
        assert!(!args("--set a=b").is_empty());
    }
}

//! What `doctor` looks for in the settings of instances.

use std::path::Path;

use super::build::build_instance;
use super::build_credential::{SEALED, SecretOpener};
use super::data_folder::{instance_names, read_settings_text};
use super::doctor_finding::{DoctorFinding, FindingLevel, InstanceJudge, error_findings};
use super::instance_keys::INSTANCE_TABLE;
use super::misnamed::misnamed_instance_files;
use super::seal_lines::has_clear_secrets;
use super::secret_key::{InstanceSeal, OLD_PREFIX, SecretKey};
use super::setting_values::SettingValues;
use super::{Credential, CredentialKind, CredentialUse};
use crate::files::{CERTIFICATE_MAX, mode_open_to_others, open_file};
use crate::model::InstanceName;

pub(super) fn examine_instances(
    folder: &Path,
    key: Option<&SecretKey>,
    judge: &InstanceJudge<'_>,
) -> Vec<DoctorFinding> {
    let names = match instance_names(&folder.join("instances")) {
        Ok(names) => names,
        Err(_) => {
            return vec![DoctorFinding::good_finding(
                &folder.join("instances"),
                "there are no instances yet",
            )];
        }
    };
    let mut findings = Vec::new();
    for name in names {
        let path = folder.join("instances").join(format!("{name}.ini"));
        findings.extend(examine_instance(&path, &name, key, judge));
    }
    findings.extend(misnamed_instance_files(folder).iter().map(|path| {
        let text = "is not read: the name of the file must be that of an instance";
        let advice = "name it as an instance, such as IntuneConnector_1.ini, or move it out of this folder";
        DoctorFinding::new(FindingLevel::Warning, path, text, advice)
    }));
    findings
}

fn examine_instance(
    path: &Path,
    name: &InstanceName,
    key: Option<&SecretKey>,
    judge: &InstanceJudge<'_>,
) -> Vec<DoctorFinding> {
    let seal = key.map(|key| InstanceSeal::new(key, name).with_old_form());
    let read = read_settings_text(path).map_err(|error| vec![error]);
    let values = match read.and_then(|text| SettingValues::from_ini(&INSTANCE_TABLE, path, &text)) {
        Ok(values) => values,
        Err(errors) => return error_findings(path, errors),
    };
    let settings = match build_instance(&values, SecretOpener { seal }) {
        Ok(settings) => settings,
        Err(mut errors) => {
            // Without the key nothing sealed opens, and that the key is at fault is told of the key.
            errors.retain(|error| key.is_some() || error.problem != SEALED);
            return error_findings(path, errors);
        }
    };
    let judged = judge(&settings).into_iter().map(|fault| {
        let line = values.entry_line(&fault.key).map(|line| format!("line {line}: "));
        let text = format!("{}{}: {}", line.unwrap_or_default(), fault.key, fault.problem);
        DoctorFinding::new(fault.level, path, text, &fault.advice)
    });
    let mut findings: Vec<DoctorFinding> = judged.collect();
    if findings.iter().all(|finding| finding.level < FindingLevel::Failure) {
        let text = format!("is valid, tenant {}", settings.tenant_id);
        findings.insert(0, DoctorFinding::good_finding(path, text));
    }
    if has_clear_secrets(&values) {
        let text = "a secret is in plain text, or in a file of its own";
        findings.push(DoctorFinding::new(
            FindingLevel::Warning,
            path,
            text,
            "it is sealed at the next start of the bus",
        ));
        if let Ok(Some(mode)) = mode_open_to_others(path) {
            let text = format!("other users can read it (mode {mode:o})");
            findings.push(DoctorFinding::new(
                FindingLevel::Warning,
                path,
                text,
                "run chmod 600 on it",
            ));
        }
    }
    findings.extend(
        settings
            .all_credentials()
            .filter_map(|(of, credential)| token_file_finding(path, of, credential)),
    );
    if let Some((name, line)) = values.retired.first() {
        let text = format!("line {line}: {name}: is no longer used, nor are keys like it");
        let advice = INSTANCE_TABLE.find_retired(name).map_or("", |keys| keys.advice);
        findings.push(DoctorFinding::new(FindingLevel::Warning, path, text, advice));
    }
    if values.entries.iter().any(|entry| entry.value.starts_with(OLD_PREFIX)) {
        let text = "a secret was sealed by an earlier version, without an instance or key";
        let advice = "the first start of this version seals it again; after that it must be given again";
        findings.push(DoctorFinding::new(FindingLevel::Warning, path, text, advice));
    }
    for node in settings.nodes.iter().filter(|node| node.password_grant.is_some()) {
        let text = format!(
            "node {} signs in as a user with a password: this has no second factor, and Microsoft advises against it",
            node.name
        );
        let advice = "remove password_grant, so that the app registration of the instance signs in";
        findings.push(DoctorFinding::new(FindingLevel::Warning, path, text, advice));
    }
    findings
}

/// A path that is read again and again stands in the settings: its owner sees which.
fn token_file_finding(path: &Path, of: CredentialUse, credential: &Credential) -> Option<DoctorFinding> {
    let CredentialKind::TokenFile(file) = &credential.kind else {
        return None;
    };
    let of = of.name();
    Some(match open_file(file, CERTIFICATE_MAX) {
        Ok(_) => DoctorFinding::good_finding(
            path,
            format!("the {of} credential reads {} for each token", file.display()),
        ),
        Err(error) => {
            let text = format!("the {of} credential reads {}, which {error}", file.display());
            DoctorFinding::new(
                FindingLevel::Warning,
                path,
                text,
                "check that the platform writes it, and that the bus may read it",
            )
        }
    })
}

//! What `apps link` and `apps change` say of an application, as the body that the API takes. A change begins with what
//! is there: the API takes the whole description.

use std::path::{Path, PathBuf};

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use clap::{Args, ValueEnum};
use sics_client::SicsClient;

use crate::cli::failure::CommandFailure;
use crate::contract::{ApplicationBody, ApplicationIconBody, ApplicationView, ApprovalMode, OrderTargetKind};
use crate::files::{FileReadError, read_file};

/// How the pictures begin that a bus takes.
const PNG: &[u8] = b"\x89PNG\r\n\x1a\n";
const JPEG: &[u8] = b"\xff\xd8\xff";
/// Largest icon that a bus takes, bytes.
const ICON_MAX: u64 = 100_000;

#[derive(Debug, Args)]
pub(super) struct LinkArgs {
    /// Id of the application: your own text of letters, digits and . _ -
    #[arg(value_name = "APPLICATION")]
    application: String,
    /// Id of the app in Intune; `apps list` lists them
    #[arg(long, value_name = "ID")]
    app: String,
    /// The orders instance that serves it; needed only if there are several
    #[arg(long, value_name = "NAME")]
    instance: Option<String>,
    #[command(flatten)]
    pub(super) description: DescriptionArgs,
}

#[derive(Debug, Args)]
pub(super) struct ChangeArgs {
    /// Id of the application
    #[arg(value_name = "APPLICATION")]
    application: String,
    #[command(flatten)]
    pub(super) description: DescriptionArgs,
}

#[derive(Debug, Default, PartialEq, Args)]
pub(super) struct DescriptionArgs {
    /// Name that people see; default: the app's
    #[arg(long, value_name = "TEXT")]
    name: Option<String>,
    /// Comment that people see; '' removes it
    #[arg(long, value_name = "TEXT")]
    comment: Option<String>,
    /// Cost, such as 12.50; '' removes it
    #[arg(long, value_name = "AMOUNT")]
    cost: Option<String>,
    /// Currency of the cost (ISO 4217), such as EUR; '' removes it
    #[arg(long, value_name = "CODE")]
    currency: Option<String>,
    /// Everybody is to have it; a shop shows that
    #[arg(long, value_name = "YES|NO", num_args = 0..=1, require_equals = true, default_missing_value = "yes", value_enum)]
    mandatory: Option<AnswerWord>,
    /// It may be ordered again by who has it
    #[arg(long, value_name = "YES|NO", num_args = 0..=1, require_equals = true, default_missing_value = "yes", value_enum)]
    reshoppable: Option<AnswerWord>,
    /// Whom it can be ordered for: user, device; default: as the instance is set
    #[arg(long = "target", value_name = "KIND,KIND", value_enum, value_delimiter = ',')]
    targets: Option<Vec<TargetWord>>,
    /// Who agrees to an order
    #[arg(long, value_name = "WORD", value_enum)]
    approval: Option<ApprovalWord>,
    /// Operators who approve; default: all who may
    #[arg(long = "approver", value_name = "NAME,NAME", value_delimiter = ',')]
    approvers: Option<Vec<String>>,
    /// Operators who approve in the place of the approvers
    #[arg(long = "deputy", value_name = "NAME,NAME", value_delimiter = ',')]
    deputies: Option<Vec<String>>,
    /// Number of licences: an order beyond it waits; 0 removes the limit
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u32).range(0..=1_000_000))]
    licences: Option<u32>,
    /// Cost centre; '' removes it
    #[arg(long, value_name = "TEXT")]
    cost_centre: Option<String>,
    /// Days after which it is uninstalled again; 0 removes the term
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u32).range(0..=3_650))]
    term_days: Option<u32>,
    /// Days before the end of the term at which a reminder is due; 0 removes it
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u32).range(0..=3_649))]
    reminder_days: Option<u32>,
    /// Icon: a PNG or JPEG file of at most 100 kB
    #[arg(long, value_name = "FILE")]
    icon: Option<PathBuf>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
enum AnswerWord {
    Yes,
    No,
}

/// Whom an application can be ordered for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
enum TargetWord {
    User,
    Device,
}

/// Who agrees to an order.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(crate) enum ApprovalWord {
    /// Nobody is asked
    None,
    /// An operator: intune-connector orders approve
    Operator,
    /// The system at the instance's approval address
    Callback,
}

impl From<ApprovalWord> for ApprovalMode {
    fn from(word: ApprovalWord) -> ApprovalMode {
        match word {
            ApprovalWord::None => ApprovalMode::None,
            ApprovalWord::Operator => ApprovalMode::Operator,
            ApprovalWord::Callback => ApprovalMode::Callback,
        }
    }
}

impl From<TargetWord> for OrderTargetKind {
    fn from(word: TargetWord) -> OrderTargetKind {
        match word {
            TargetWord::User => OrderTargetKind::User,
            TargetWord::Device => OrderTargetKind::Device,
        }
    }
}

impl DescriptionArgs {
    /// The icon, where one is given.
    pub(super) fn read_icon(&self) -> Result<Option<ApplicationIconBody>, CommandFailure> {
        self.icon.as_deref().map(read_icon).transpose()
    }

    /// A change that changes nothing is a command that was not finished.
    pub(super) fn require_change(&self) -> Result<(), CommandFailure> {
        if *self != DescriptionArgs::default() {
            return Ok(());
        }
        Err(CommandFailure::usage_error(
            "no change given",
            "name at least one option, such as --comment TEXT; list them: intune-connector apps change --help",
        ))
    }

    /// What is given, in the place of what is there.
    fn apply(&self, body: &mut ApplicationBody) {
        set_text(&mut body.display_name, self.name.as_deref());
        set_text(&mut body.comment, self.comment.as_deref());
        set_text(&mut body.cost, self.cost.as_deref());
        set_text(&mut body.currency, self.currency.as_deref());
        set_text(&mut body.cost_centre, self.cost_centre.as_deref());
        set_count(&mut body.licences, self.licences);
        set_count(&mut body.term_days, self.term_days);
        set_count(&mut body.reminder_days, self.reminder_days);
        if let Some(word) = self.mandatory {
            body.mandatory = word == AnswerWord::Yes;
        }
        if let Some(word) = self.reshoppable {
            body.reshoppable = word == AnswerWord::Yes;
        }
        if let Some(words) = &self.targets {
            body.targets = words.iter().copied().map(OrderTargetKind::from).collect();
        }
        if let Some(word) = self.approval {
            body.approval = Some(word.into());
        }
        if let Some(names) = &self.approvers {
            body.approvers = keep_named(names);
        }
        if let Some(names) = &self.deputies {
            body.deputies = keep_named(names);
        }
    }
}

/// An empty text removes what is there.
fn set_text(place: &mut Option<String>, given: Option<&str>) {
    if let Some(text) = given {
        *place = Some(text.to_owned()).filter(|text| !text.trim().is_empty());
    }
}

/// A zero removes what is there.
fn set_count(place: &mut Option<u32>, given: Option<u32>) {
    if let Some(count) = given {
        *place = Some(count).filter(|count| *count > 0);
    }
}

/// `--approver ''` names nobody.
fn keep_named(names: &[String]) -> Vec<String> {
    let names = names.iter().map(|name| name.trim());
    names.filter(|name| !name.is_empty()).map(str::to_owned).collect()
}

fn read_icon(file: &Path) -> Result<ApplicationIconBody, CommandFailure> {
    let bytes = read_file(file, ICON_MAX).map_err(|error| match error {
        FileReadError::TooLarge(_) => CommandFailure::usage_error(
            format!("{} is larger than 100 kB", file.display()),
            "use a smaller picture, such as one of 256 by 256 pixels",
        ),
        error => CommandFailure::file_error("read", file, &error.into()),
    })?;
    if ![PNG, JPEG].iter().any(|begin| bytes.as_slice().starts_with(begin)) {
        return Err(CommandFailure::usage_error(
            format!("--icon {} is neither PNG nor JPEG", file.display()),
            "give a picture as a PNG or JPEG file",
        ));
    }
    Ok(ApplicationIconBody {
        content: STANDARD.encode(bytes.as_slice()),
    })
}

/// The description as it is there, to be sent again.
fn describe_again(known: &ApplicationView) -> ApplicationBody {
    ApplicationBody {
        instance: Some(known.instance.to_string()),
        app: known.app.clone(),
        display_name: Some(known.display_name.clone()),
        comment: known.comment.clone(),
        cost: known.cost.clone(),
        currency: known.currency.clone(),
        mandatory: known.mandatory,
        reshoppable: known.reshoppable,
        targets: known.targets.clone(),
        approval: Some(known.approval),
        approvers: known.approvers.clone(),
        deputies: known.deputies.clone(),
        licences: known.licences,
        cost_centre: known.cost_centre.clone(),
        term_days: known.term_days,
        reminder_days: known.reminder_days,
    }
}

pub(super) async fn link_application(
    client: &SicsClient,
    args: &LinkArgs,
    icon: Option<ApplicationIconBody>,
) -> Result<ApplicationView, CommandFailure> {
    let mut body = ApplicationBody {
        instance: args.instance.clone(),
        app: args.app.clone(),
        ..ApplicationBody::default()
    };
    args.description.apply(&mut body);
    send_description(client, &args.application, &body, icon).await
}

pub(super) async fn change_application(
    client: &SicsClient,
    args: &ChangeArgs,
    icon: Option<ApplicationIconBody>,
) -> Result<ApplicationView, CommandFailure> {
    let known = client.show_application(&args.application).await?;
    let mut body = describe_again(&known);
    args.description.apply(&mut body);
    send_description(client, &args.application, &body, icon).await
}

async fn send_description(
    client: &SicsClient,
    application: &str,
    body: &ApplicationBody,
    icon: Option<ApplicationIconBody>,
) -> Result<ApplicationView, CommandFailure> {
    let saved = client.set_application(application, body).await?;
    Ok(match icon {
        Some(icon) => client.set_application_icon(application, &icon).await?,
        None => saved,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn wi_29_a_change_names_what_it_changes() {
        let refused = DescriptionArgs::default()
            .require_change()
            .expect_err("nothing is given");
        assert!(refused.advice.contains("apps change --help"), "{refused}");
        let removed = DescriptionArgs {
            licences: Some(0),
            ..DescriptionArgs::default()
        };
        assert!(removed.require_change().is_ok());
    }

    #[test]
    fn a_change_keeps_what_is_not_given_and_removes_what_is_given_as_nothing() {
        let mut body = ApplicationBody::default();
        let first = DescriptionArgs {
            comment: Some("for all".into()),
            licences: Some(3),
            mandatory: Some(AnswerWord::Yes),
            approvers: Some(vec!["anna".into(), " ben".into()]),
            ..DescriptionArgs::default()
        };
        first.apply(&mut body);
        assert_eq!((body.comment.as_deref(), body.licences), (Some("for all"), Some(3)));
        assert_eq!(body.approvers, ["anna", "ben"]);
        let second = DescriptionArgs {
            comment: Some(String::new()),
            licences: Some(0),
            approvers: Some(vec![String::new()]),
            ..DescriptionArgs::default()
        };
        second.apply(&mut body);
        assert_eq!((body.comment, body.licences), (None, None));
        assert!(body.mandatory && body.approvers.is_empty());
    }
}

//! The options of every command that has a wizard.

use std::path::PathBuf;

use clap::Args;

use crate::cli::language::session_language;
use crate::model::Language;

/// How a wizard is answered; the same for a new installation and for one that exists.
#[derive(Debug, Clone, Default, Args)]
pub(crate) struct WizardArgs {
    /// Answers file (INI), - for standard input; no prompts, except in a terminal for what is missing
    #[arg(long, value_name = "FILE")]
    pub answers: Option<PathBuf>,
    /// One answer by the name of its field; repeatable; no prompts
    #[arg(long = "set", value_name = "NAME=VALUE")]
    pub pairs: Vec<String>,
    /// Continue although a check has not passed; this is recorded, and whatever needs the check stays off
    #[arg(long)]
    pub continue_anyway: bool,
    /// Before the installation, show what the first scan will find
    #[arg(long)]
    pub preview: bool,
    /// Language of the wizard: en or de; default: that of the session (LC_ALL, LC_MESSAGES, LANG)
    #[arg(long, visible_alias = "language", value_name = "LANG", default_value_t = session_language(), hide_default_value = true)]
    pub lang: Language,
    #[arg(skip)]
    pub json: bool,
}

impl WizardArgs {
    /// Whether answers are given, so that nobody is asked.
    pub(super) fn is_unattended(&self) -> bool {
        self.answers.is_some() || !self.pairs.is_empty()
    }
}

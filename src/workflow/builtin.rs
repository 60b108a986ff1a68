//! Activities that know no product: a line in the log, a file in the data folder.

use std::path::{Path, PathBuf};

use futures_util::FutureExt;
use futures_util::future::BoxFuture;
use serde_json::{Map, Value, json};

use super::activity::{Activity, ActivityCall, ActivityError};
use super::run_plan::object_or_empty;
use crate::contract::{ActivityField, ActivitySignature, DangerLevel, ValueType};
use crate::model::replace_unprintable;

/// Largest file, in bytes.
const FILE_MAX: usize = 16 * 1024 * 1024;
/// Longest line of the log, in characters.
const LINE_MAX: usize = 1_000;

/// Writes a line to the log.
pub struct LogActivity;

impl Activity for LogActivity {
    fn signature(&self) -> ActivitySignature {
        ActivitySignature {
            name: "log".to_owned(),
            summary: "Writes a line to the log.".to_owned(),
            danger: DangerLevel::None,
            right: None,
            inputs: vec![ActivityField::new("text", ValueType::Text, true, "the line to write")],
            outputs: Vec::new(),
        }
    }

    fn call(&self, call: ActivityCall) -> BoxFuture<'_, Result<Map<String, Value>, ActivityError>> {
        async move {
            let text = call.inputs.get("text").and_then(Value::as_str).unwrap_or_default();
            let line: String = text.chars().take(LINE_MAX).collect();
            tracing::info!(run.step = %call.key, text = replace_unprintable(&line), "workflow message");
            Ok(Map::new())
        }
        .boxed()
    }
}

/// Writes a file to the folder `workflows-output` of the data folder: whole or not at all.
pub struct WriteFile {
    folder: PathBuf,
}

impl WriteFile {
    /// `data`: the data folder.
    pub fn new(data: &Path) -> WriteFile {
        WriteFile {
            folder: data.join("workflows-output"),
        }
    }

    /// Whether such a file may be written: a dry run says the same of it as a real one.
    fn check_file(name: &str, text: &str) -> Result<(), ActivityError> {
        let good = name.len() <= 100
            && name.starts_with(|letter: char| letter.is_ascii_alphanumeric())
            && name
                .chars()
                .all(|letter| letter.is_ascii_alphanumeric() || matches!(letter, '-' | '_' | '.'));
        if !good {
            let message = "a file name has only letters, digits, -, _ and . and begins with a letter or digit";
            return Err(ActivityError::new("fileName", message));
        }
        if text.len() > FILE_MAX {
            return Err(ActivityError::new(
                "fileTooLarge",
                format!("the file is larger than {FILE_MAX} bytes"),
            ));
        }
        Ok(())
    }

    fn write_file(&self, name: &str, text: &str) -> Result<PathBuf, ActivityError> {
        let io =
            |error: std::io::Error| ActivityError::new_retryable("file", format!("failed to write {name}: {error}"));
        // It may contain data about devices and people: only the owner of the folder may read it.
        crate::files::create_data_folder(&self.folder).map_err(io)?;
        let path = self.folder.join(name);
        crate::files::replace_data_file(&path, text.as_bytes()).map_err(io)?;
        Ok(path)
    }
}

impl Activity for WriteFile {
    fn signature(&self) -> ActivitySignature {
        ActivitySignature {
            name: "writeFile".to_owned(),
            summary: "Writes a file to the folder workflows-output of the data folder; replaces one of the same name."
                .to_owned(),
            danger: DangerLevel::None,
            right: None,
            inputs: vec![
                ActivityField::new("name", ValueType::Text, true, "name of the file, without a folder"),
                ActivityField::new(
                    "content",
                    ValueType::Any,
                    true,
                    "text, or a value that is written as JSON",
                ),
            ],
            outputs: vec![
                ActivityField::new("file", ValueType::Text, true, "path of the file"),
                ActivityField::new("bytes", ValueType::Number, true, "size in bytes"),
            ],
        }
    }

    fn call(&self, call: ActivityCall) -> BoxFuture<'_, Result<Map<String, Value>, ActivityError>> {
        async move {
            let name = call.inputs.get("name").and_then(Value::as_str).unwrap_or_default();
            let text = match call.inputs.get("content") {
                Some(Value::String(text)) => text.clone(),
                Some(other) => format!("{other:#}\n"),
                None => String::new(),
            };
            WriteFile::check_file(name, &text)?;
            let file = if call.dry_run {
                format!("{} (would be written)", self.folder.join(name).display())
            } else {
                self.write_file(name, &text)?.to_string_lossy().into_owned()
            };
            Ok(object_or_empty(json!({ "file": file, "bytes": text.len() })))
        }
        .boxed()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::workflow::{CallKey, RunPrincipal};

    #[tokio::test]
    async fn wn_87_a_dry_run_refuses_the_name_of_a_file_as_a_run_does() {
        for (name, is_good) in [("list.json", true), ("../x.json", false), ("", false)] {
            let call = ActivityCall {
                key: CallKey {
                    run: 1,
                    path: "1".into(),
                },
                attempt: 1,
                principal: RunPrincipal::Bus,
                inputs: object_or_empty(json!({"name": name, "content": "x"})),
                dry_run: true,
                cancelled: tokio::sync::watch::channel(false).1,
            };
            let called = WriteFile::new(Path::new("/nowhere")).call(call).await;
            assert_eq!(called.is_ok(), is_good, "{name}");
        }
    }
}

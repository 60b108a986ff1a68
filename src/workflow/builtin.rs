//! Activities that know no product: a line in the log, a file in the data folder.

use std::path::{Path, PathBuf};

use futures_util::FutureExt;
use futures_util::future::BoxFuture;
use serde_json::{Map, Value, json};

use super::activity::{Activity, ActivityError, Call, Danger, Field, Kind, Signature};
use super::next::object;
use crate::model::replace_unfit;

/// Largest file, in bytes.
const FILE_MAX: usize = 16 * 1024 * 1024;
/// Longest line of the log, in characters.
const LINE_MAX: usize = 1_000;

fn input(name: &'static str, kind: Kind, required: bool, help: &'static str) -> Field {
    Field {
        name,
        kind,
        required,
        help,
    }
}

/// Writes a line into the log.
pub struct Log;

impl Activity for Log {
    fn signature(&self) -> Signature {
        Signature {
            name: "log",
            summary: "Writes a line into the log.",
            danger: Danger::None,
            right: None,
            inputs: vec![input("text", Kind::Text, true, "what is written")],
            outputs: Vec::new(),
        }
    }

    fn call(&self, call: Call) -> BoxFuture<'_, Result<Map<String, Value>, ActivityError>> {
        async move {
            let text = call.inputs.get("text").and_then(Value::as_str).unwrap_or_default();
            let line: String = text.chars().take(LINE_MAX).collect();
            tracing::info!(run.step = %call.key, text = replace_unfit(&line), "a workflow says");
            Ok(Map::new())
        }
        .boxed()
    }
}

/// Writes a file into the folder `workflows-output` of the data folder: whole or not at all.
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

    fn write(&self, name: &str, text: &str) -> Result<PathBuf, ActivityError> {
        let good = name.len() <= 100
            && name.starts_with(|letter: char| letter.is_ascii_alphanumeric())
            && name
                .chars()
                .all(|letter| letter.is_ascii_alphanumeric() || matches!(letter, '-' | '_' | '.'));
        if !good {
            let message = "a file's name has letters, digits, -, _ and . and begins with a letter or digit";
            return Err(ActivityError::new("fileName", message));
        }
        if text.len() > FILE_MAX {
            return Err(ActivityError::new(
                "fileTooLarge",
                format!("more than {FILE_MAX} bytes"),
            ));
        }
        let io = |error: std::io::Error| ActivityError::again("file", format!("{name} could not be written: {error}"));
        // What it tells of devices and people is the folder's owner's alone.
        crate::files::create_folder(&self.folder).map_err(io)?;
        let path = self.folder.join(name);
        crate::files::replace_private_file(&path, text.as_bytes()).map_err(io)?;
        Ok(path)
    }
}

impl Activity for WriteFile {
    fn signature(&self) -> Signature {
        Signature {
            name: "writeFile",
            summary: "Writes a file into the folder workflows-output of the data folder; one of that name is replaced.",
            danger: Danger::None,
            right: None,
            inputs: vec![
                input("name", Kind::Text, true, "name of the file, without a folder"),
                input("content", Kind::Any, true, "text, or a value that is written as JSON"),
            ],
            outputs: vec![
                input("file", Kind::Text, true, "where it was written"),
                input("bytes", Kind::Number, true, "how much"),
            ],
        }
    }

    fn call(&self, call: Call) -> BoxFuture<'_, Result<Map<String, Value>, ActivityError>> {
        async move {
            let name = call.inputs.get("name").and_then(Value::as_str).unwrap_or_default();
            let text = match call.inputs.get("content") {
                Some(Value::String(text)) => text.clone(),
                Some(other) => format!("{other:#}\n"),
                None => String::new(),
            };
            let path = match call.dry_run {
                true => self.folder.join(name),
                false => self.write(name, &text)?,
            };
            Ok(object(json!({ "file": path.to_string_lossy(), "bytes": text.len() })))
        }
        .boxed()
    }
}

//! The blocks of README.md. The words behind the language of a block say what it is:
//!
//! - `sh terminal-1`: commands for terminal 1; each ends with 0;
//! - `sh terminal-1 stays`: its last command stays until the end;
//! - `text terminal-1`: lines that terminal 1 prints then, or has printed for its last commands, `…` standing for anything;
//! - `text devices.csv`: what that file holds a little later;
//! - `sh debian`, `sh azure`: needs a fresh machine, or Microsoft; looked at for its form alone;
//! - `simulated`, besides: in place of what somebody with a tenant of their own does;
//! - nothing, `json`: a picture.
//!
//! The README of an example, and the documents of targets, are read the same way.

pub const ROOT: &str = env!("CARGO_MANIFEST_DIR");

#[derive(Debug, Clone, PartialEq, Eq)]
pub enum BlockKind {
    Commands { terminal: String, stays: bool },
    Printed { terminal: String },
    Written { file: String },
    Form { of: String },
    Picture,
}

#[derive(Debug, Clone)]
pub struct Block {
    pub kind: BlockKind,
    pub text: String,
    /// Where it begins in the document.
    pub line: usize,
    /// The heading of its section.
    pub section: String,
    pub is_simulated: bool,
}

impl Block {
    /// Each command by itself; one that goes on in the next line, or stands in quotes until then, is one.
    pub fn commands(&self) -> Vec<String> {
        let mut commands: Vec<String> = Vec::new();
        let mut is_open = false;
        for line in self.text.replace("\\\n", " ").lines() {
            match commands.last_mut().filter(|_| is_open) {
                Some(last) => last.push_str(line),
                None => commands.push(line.to_owned()),
            }
            is_open ^= line.matches('\'').count() % 2 == 1;
        }
        commands
    }
}

pub fn read_readme() -> String {
    read_document("README.md")
}

/// A document of the repository, by its path there.
pub fn read_document(path: &str) -> String {
    std::fs::read_to_string(format!("{ROOT}/{path}")).unwrap()
}

pub fn parse_blocks(document: &str) -> Vec<Block> {
    let (mut blocks, mut section) = (Vec::new(), String::new());
    let mut open: Option<Block> = None;
    for (index, line) in document.lines().enumerate() {
        match (line.strip_prefix("```"), open.as_mut()) {
            (Some(_), Some(_)) => blocks.extend(open.take()),
            (Some(info), None) => open = Some(begin(info, index + 1, &section)),
            (None, Some(block)) => {
                block.text.push_str(line);
                block.text.push('\n');
            }
            (None, None) => {
                if let Some(heading) = line.strip_prefix("## ") {
                    heading.clone_into(&mut section);
                }
            }
        }
    }
    assert!(open.is_none(), "a block has no end: {open:?}");
    blocks
}

fn begin(info: &str, line: usize, section: &str) -> Block {
    let words: Vec<&str> = info.split_whitespace().collect();
    let is_simulated = words.last() == Some(&"simulated");
    let words = &words[..words.len() - usize::from(is_simulated)];
    let kind = match words {
        [] | ["json"] => BlockKind::Picture,
        ["sh", of @ ("debian" | "azure")] => BlockKind::Form { of: (*of).to_owned() },
        ["sh", terminal] if terminal.starts_with("terminal-") => BlockKind::Commands {
            terminal: (*terminal).to_owned(),
            stays: false,
        },
        ["sh", terminal, "stays"] if terminal.starts_with("terminal-") => BlockKind::Commands {
            terminal: (*terminal).to_owned(),
            stays: true,
        },
        ["text", terminal] if terminal.starts_with("terminal-") => BlockKind::Printed {
            terminal: (*terminal).to_owned(),
        },
        ["text", file] => BlockKind::Written {
            file: (*file).to_owned(),
        },
        _ => panic!("README.md:{line}: nobody knows what to do with a block of the kind {info:?}"),
    };
    Block {
        kind,
        text: String::new(),
        line,
        section: section.to_owned(),
        is_simulated,
    }
}

/// Whether a line holds these words, `…` standing for anything.
pub fn line_fits(line: &str, pattern: &str) -> bool {
    let mut rest = line;
    pattern
        .split('…')
        .map(str::trim)
        .all(|part| match rest.split_once(part) {
            Some((_, behind)) => {
                rest = behind;
                true
            }
            None => false,
        })
}

#[test]
fn blocks_are_read_as_they_are_meant() {
    let document =
        "## A\n```sh terminal-2 stays simulated\none \\\n  two\nthree 'a\nb'\n```\n```text x.csv\na,…\n```\n";
    let blocks = parse_blocks(document);
    assert_eq!(blocks.len(), 2);
    assert_eq!(
        blocks[0].kind,
        BlockKind::Commands {
            terminal: "terminal-2".to_owned(),
            stays: true
        }
    );
    assert!(blocks[0].is_simulated && !blocks[1].is_simulated);
    assert_eq!((blocks[0].line, blocks[0].section.as_str()), (2, "A"));
    assert_eq!(blocks[0].commands().len(), 2);
    assert!(line_fits("x one 2 three", "one … three") && !line_fits("three one", "one … three"));
}

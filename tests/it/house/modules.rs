//! Which file imports from which, within a room.
//!
//! An import is a path that a file names, in `use` or where it stands. A re-export is looked through to the file that has the
//! thing, and is no import of the file that only hands it on; nor is a declaration (`mod`). Methods are no imports: `impl Store`
//! may stand in any file. What a macro makes is not seen, but for `word_enum!`.

use std::collections::{BTreeMap, BTreeSet};

use regex::Regex;

use super::sources::SourceFile;

/// What a `use` brings.
struct ImportedName {
    path: Vec<String>,
    /// Under which it is known here; `*`: all there is.
    name: String,
    /// Whether it is handed on.
    is_shared: bool,
}

pub struct ModuleFile {
    path: String,
    room: String,
    /// Its crate, empty for the product, and the modules down to it.
    place: Vec<String>,
    /// What it defines.
    items: BTreeSet<String>,
    imports: Vec<ImportedName>,
    /// Of the code beside `use`, without methods and names of functions that are defined.
    words: BTreeSet<String>,
    /// The same.
    paths: Vec<Vec<String>>,
}

pub type ModuleMap = BTreeMap<Vec<String>, ModuleFile>;
/// Each file with those of its room that it imports from.
pub type ImportMap = BTreeMap<String, BTreeSet<String>>;

/// What a path leads to.
enum PathEnd {
    File(String),
    Module(Vec<String>),
}

struct CodePatterns {
    import: Regex,
    item: Regex,
    path: Regex,
    word: Regex,
}

impl CodePatterns {
    fn new() -> CodePatterns {
        let item =
            r"\b(?:const\s+fn|struct|enum|union|trait|type|const|static|fn|macro_rules!)\s+(?:mut\s+)?([A-Za-z_]\w*)";
        CodePatterns {
            import: Regex::new(r"(\bpub(?:\([^)]*\))?\s+)?\buse\s+([^;]+);").unwrap(),
            item: Regex::new(item).unwrap(),
            path: Regex::new(r"[A-Za-z_]\w*(?:::[A-Za-z_]\w*)+").unwrap(),
            word: Regex::new(r"\w+").unwrap(),
        }
    }

    /// `None`: the file stands in no room.
    fn read_module(&self, file: &SourceFile) -> Option<ModuleFile> {
        let (room, place) = place_of(&file.path)?;
        let mut imports = Vec::new();
        for found in self.import.captures_iter(&file.code) {
            expand_tree(&found[2], &[], found.get(1).is_some(), &mut imports);
        }
        let body = self.import.replace_all(&file.code, " ").into_owned();
        let outermost = outermost_code(&body);
        let items = self.item.captures_iter(&outermost);
        let words = self.word.find_iter(&body).filter(|found| {
            let before = &body[..found.start()];
            !before.ends_with('.') && !before.ends_with("fn ")
        });
        let paths = self.path.find_iter(&body);
        let paths = paths.filter(|found| !body[..found.start()].ends_with([':', '.']));
        Some(ModuleFile {
            path: file.path.clone(),
            room,
            place,
            items: items.map(|found| found[1].to_owned()).collect(),
            imports,
            words: words.map(|found| found.as_str().to_owned()).collect(),
            paths: paths.map(|found| split_path(found.as_str())).collect(),
        })
    }
}

/// The room of a file, and where it stands in its crate. Files beside the folders of a crate are a room of their own.
fn place_of(path: &str) -> Option<(String, Vec<String>)> {
    let (name, folder, inside) = match path.strip_prefix("crates/") {
        Some(rest) => {
            let (name, rest) = rest.split_once('/')?;
            (name, format!("crates/{name}/src"), rest.strip_prefix("src/")?)
        }
        None => ("", "src".to_owned(), path.strip_prefix("src/")?),
    };
    let room = match inside.split_once('/') {
        Some((room, _)) => format!("{folder}/{room}"),
        None => folder,
    };
    let modules = inside.strip_suffix(".rs")?.split('/');
    let mut place: Vec<String> = std::iter::once(name).chain(modules).map(str::to_owned).collect();
    if place.last().is_some_and(|last| last == "mod" || last == "lib") {
        place.pop();
    }
    Some((room, place))
}

fn split_path(path: &str) -> Vec<String> {
    let parts = path.split("::").map(str::trim).filter(|part| !part.is_empty());
    parts.map(str::to_owned).collect()
}

/// `a::{b, c as d}` is two names.
fn expand_tree(tree: &str, before: &[String], is_shared: bool, found: &mut Vec<ImportedName>) {
    if let Some((head, rest)) = tree.split_once('{') {
        let inside = rest.rsplit_once('}').map_or(rest, |(inside, _)| inside);
        let before = [before.to_vec(), split_path(head)].concat();
        for part in split_list(inside) {
            expand_tree(part, &before, is_shared, found);
        }
        return;
    }
    let mut words = tree.split_whitespace();
    let mut path = [before.to_vec(), split_path(words.next().unwrap_or_default())].concat();
    if path.last().is_some_and(|last| last == "self") {
        path.pop();
    }
    let Some(last) = path.last() else { return };
    // Behind `as`.
    let name = words.nth(1).unwrap_or(last).to_owned();
    found.push(ImportedName { path, name, is_shared });
}

/// At its commas, but for those in brackets.
fn split_list(list: &str) -> Vec<&str> {
    let (mut parts, mut depth, mut from) = (Vec::new(), 0_usize, 0);
    for (index, letter) in list.char_indices() {
        match letter {
            '{' => depth += 1,
            '}' => depth = depth.saturating_sub(1),
            ',' if depth == 0 => {
                parts.push(list[from..index].trim());
                from = index + 1;
            }
            _ => {}
        }
    }
    parts.push(list[from..].trim());
    parts.retain(|part| !part.is_empty());
    parts
}

/// The code outside of all blocks; a list of words counts as the enum that is made of it.
fn outermost_code(code: &str) -> String {
    let code = code.replace("word_enum! {", "");
    let (mut outermost, mut depth) = (String::new(), 0_usize);
    for letter in code.chars() {
        if letter == '{' {
            depth += 1;
        }
        if depth == 0 {
            outermost.push(letter);
        }
        if letter == '}' {
            depth = depth.saturating_sub(1);
        }
    }
    outermost
}

pub fn read_modules(files: &[SourceFile]) -> ModuleMap {
    let patterns = CodePatterns::new();
    let modules = files.iter().filter_map(|file| patterns.read_module(file));
    modules.map(|module| (module.place.clone(), module)).collect()
}

/// A path of this module from its crate on; `None`: it leads into another crate.
fn absolute_path(modules: &ModuleMap, module: &ModuleFile, path: &[String]) -> Option<Vec<String>> {
    let join = |kept: usize, rest: &[String]| [module.place[..kept].to_vec(), rest.to_vec()].concat();
    match path.first()?.as_str() {
        "crate" => Some(join(1, &path[1..])),
        "self" | "super" => {
            let is_leading = |part: &&String| matches!(part.as_str(), "self" | "super");
            let leading = path.iter().take_while(is_leading).count();
            let ups = path[..leading].iter().filter(|part| part.as_str() == "super").count();
            let kept = module.place.len().checked_sub(ups).filter(|kept| *kept > 0)?;
            Some(join(kept, &path[leading..]))
        }
        _ => {
            let place = module.place.len();
            modules
                .contains_key(&join(place, &path[..1]))
                .then(|| join(place, path))
        }
    }
}

/// `seen`: what is being looked for already.
fn resolve_path(modules: &ModuleMap, path: &[String], seen: &mut Vec<Vec<String>>) -> Option<PathEnd> {
    if path.is_empty() || seen.iter().any(|known| known == path) {
        return None;
    }
    seen.push(path.to_vec());
    let found = walk_path(modules, path, seen);
    seen.pop();
    found
}

fn walk_path(modules: &ModuleMap, path: &[String], seen: &mut Vec<Vec<String>>) -> Option<PathEnd> {
    let mut place = path[..1].to_vec();
    for (index, name) in path.iter().enumerate().skip(1) {
        let is_last = index + 1 == path.len();
        let child = [place.clone(), vec![name.clone()]].concat();
        let is_module = modules.contains_key(&child);
        let is_passed = is_module && !is_last;
        let module = modules.get(&place).filter(|_| !is_passed);
        if let Some(module) = module {
            if module.items.contains(name) {
                return Some(PathEnd::File(module.path.clone()));
            }
            for import in module.imports.iter().filter(|import| import.name == *name) {
                match resolve_from(modules, module, &import.path, seen) {
                    None => {}
                    Some(PathEnd::Module(inner)) if !is_last => {
                        let rest = [inner, path[index + 1..].to_vec()].concat();
                        return resolve_path(modules, &rest, seen);
                    }
                    found => return found,
                }
            }
            for import in module.imports.iter().filter(|import| import.name == "*") {
                let source = import.path.split_last().map(|(_, source)| source);
                let Some(source) = source.and_then(|source| absolute_path(modules, module, source)) else {
                    continue;
                };
                let found = resolve_path(modules, &[source, path[index..].to_vec()].concat(), seen);
                if found.is_some() {
                    return found;
                }
            }
        }
        if !is_module {
            return None;
        }
        place = child;
    }
    Some(PathEnd::Module(place))
}

fn resolve_from(
    modules: &ModuleMap,
    module: &ModuleFile,
    path: &[String],
    seen: &mut Vec<Vec<String>>,
) -> Option<PathEnd> {
    resolve_path(modules, &absolute_path(modules, module, path)?, seen)
}

pub fn read_imports(modules: &ModuleMap) -> ImportMap {
    let rooms = modules
        .values()
        .map(|module| (module.path.as_str(), module.room.as_str()));
    let rooms: BTreeMap<&str, &str> = rooms.collect();
    let mut map = ImportMap::new();
    for module in modules.values() {
        let mut used = BTreeSet::new();
        let mut known: BTreeMap<&str, Vec<String>> = BTreeMap::new();
        for import in &module.imports {
            if import.name == "*" || (import.is_shared && !module.words.contains(&import.name)) {
                continue;
            }
            match resolve_from(modules, module, &import.path, &mut Vec::new()) {
                Some(PathEnd::File(path)) => _ = used.insert(path),
                Some(PathEnd::Module(place)) => _ = known.insert(&import.name, place),
                None => {}
            }
        }
        for path in &module.paths {
            let found = match known.get(path[0].as_str()) {
                Some(place) => resolve_path(modules, &[place.clone(), path[1..].to_vec()].concat(), &mut Vec::new()),
                None => resolve_from(modules, module, path, &mut Vec::new()),
            };
            if let Some(PathEnd::File(path)) = found {
                used.insert(path);
            }
        }
        let is_beside = |path: &str| path != module.path && rooms.get(path) == Some(&module.room.as_str());
        used.retain(|path| is_beside(path));
        map.insert(module.path.clone(), used);
    }
    map
}

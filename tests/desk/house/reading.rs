//! How the house tests read: every text file of the repository, and Rust source taken apart into
//! code, comments and strings so that no rule mistakes one for another.

use std::{
    collections::BTreeSet,
    fs,
    path::{Path, PathBuf},
    sync::OnceLock,
};

/// A text file of the repository.
pub struct File {
    /// Its path from the top, with `/`.
    pub path: String,
    /// What stands in it.
    pub text: String,
}

/// Where the repository lies: cargo says so when it runs a test.
pub fn top() -> &'static Path {
    static TOP: OnceLock<PathBuf> = OnceLock::new();
    TOP.get_or_init(|| {
        let told = std::env::var_os("CARGO_MANIFEST_DIR").map(PathBuf::from);
        told.unwrap_or_else(|| PathBuf::from(env!("CARGO_MANIFEST_DIR")))
    })
}

/// Every text file that belongs to the repository: what `.gitignore` names is left out.
pub fn files() -> &'static [File] {
    static FILES: OnceLock<Vec<File>> = OnceLock::new();
    FILES.get_or_init(|| {
        let mut paths = Vec::new();
        walk(top(), &ignored(), &mut paths);
        paths.sort();
        let texts = paths.into_iter().filter_map(|path| {
            let text = String::from_utf8(fs::read(&path).ok()?).ok()?;
            let path = path.strip_prefix(top()).ok()?.to_str()?.replace('\\', "/");
            Some(File { path, text })
        });
        texts.collect()
    })
}

/// The files below a folder (`src/`) that end with one of these.
pub fn below<'a>(
    folder: &'a str,
    endings: &'a [&'a str],
) -> impl Iterator<Item = &'static File> + 'a {
    let all = files().iter();
    all.filter(move |file| {
        file.path.starts_with(folder) && endings.iter().any(|end| file.path.ends_with(end))
    })
}

/// One file, if the repository has it.
pub fn file(path: &str) -> Option<&'static File> {
    files().iter().find(|file| file.path == path)
}

/// The names at the top of the repository, without the ignored ones.
pub fn names_at_top() -> Vec<String> {
    let ignored = ignored();
    let entries = fs::read_dir(top()).expect("the repository can be listed");
    let names = entries.map(|entry| entry.expect("an entry").file_name());
    let names = names.filter_map(|name| name.into_string().ok());
    names.filter(|name| !ignored.contains(name)).collect()
}

fn ignored() -> BTreeSet<String> {
    let list = fs::read_to_string(top().join(".gitignore")).expect("there is a .gitignore");
    let names = list.lines().map(|line| line.trim_matches('/').to_owned());
    names.chain([".git".to_owned()]).collect()
}

fn walk(folder: &Path, ignored: &BTreeSet<String>, into: &mut Vec<PathBuf>) {
    for entry in fs::read_dir(folder).expect("a folder can be listed") {
        let path = entry.expect("an entry").path();
        let name = path
            .file_name()
            .and_then(|name| name.to_str())
            .unwrap_or_default();
        match ignored.contains(name) {
            true => {}
            false if path.is_dir() => walk(&path, ignored, into),
            false => into.push(path),
        }
    }
}

/// A Rust file taken apart, line by line; line 1 is at index 0.
pub struct Rust {
    /// Its path from the top.
    pub path: &'static str,
    /// The code: comments and the insides of strings are blanks.
    pub code: Vec<String>,
    /// The comments, with their slashes; empty where there is none.
    pub comments: Vec<String>,
    /// The strings, each with the index of the line it begins on.
    pub strings: Vec<(usize, String)>,
    /// Whether the line belongs to tests.
    pub tested: Vec<bool>,
}

/// Every Rust file below a folder of `src/`; `src/` is read once for all rules.
pub fn rust(folder: &str) -> impl Iterator<Item = &'static Rust> {
    static SOURCES: OnceLock<Vec<Rust>> = OnceLock::new();
    let sources = SOURCES.get_or_init(|| {
        let mut sources: Vec<Rust> = below("src/", &[".rs"]).map(take_apart).collect();
        for source in &mut sources {
            if is_for_tests(source.path) {
                source.tested.fill(true);
            }
        }
        sources
    });
    let sources = sources.iter();
    sources.filter(move |source| source.path.starts_with(folder))
}

/// Whether a file is, or lies in, a module that its parent declares under `#[cfg(test)]`.
fn is_for_tests(path: &str) -> bool {
    static FOR_TESTS: OnceLock<BTreeSet<String>> = OnceLock::new();
    let declared = FOR_TESTS.get_or_init(|| {
        let mut declared = BTreeSet::new();
        for parent in below("src/", &[".rs"]) {
            let folder = parent.path.trim_end_matches(".rs");
            let folder = folder.trim_end_matches("/mod").trim_end_matches("/lib");
            let mut lines = parent.text.lines().map(str::trim);
            while let Some(line) = lines.find(|line| *line == "#[cfg(test)]") {
                let next = lines.next().unwrap_or(line);
                let name = next.trim_start_matches("pub ").strip_prefix("mod ");
                let name = name.and_then(|name| name.strip_suffix(';'));
                declared.extend(name.map(|name| format!("{folder}/{name}")));
            }
        }
        declared
    });
    let declared_as = |name: &str| {
        path.strip_prefix(name)
            .map(|rest| rest.starts_with(['.', '/']))
    };
    declared.iter().any(|name| declared_as(name) == Some(true))
}

impl Rust {
    /// The lines of code that are no test, with their number as a person counts.
    pub fn lines(&self) -> impl Iterator<Item = (usize, &str)> {
        let lines = self.code.iter().enumerate();
        lines
            .filter(|(at, _)| !self.tested[*at])
            .map(|(at, line)| (at + 1, line.as_str()))
    }

    /// The strings outside tests, with the number of the line they begin on.
    pub fn said(&self) -> impl Iterator<Item = (usize, &str)> {
        let strings = self.strings.iter();
        strings
            .filter(|(at, _)| !self.tested[*at])
            .map(|(at, text)| (at + 1, text.as_str()))
    }

    /// Whether a comment stands on this line or right above the statement it is part of.
    pub fn proved(&self, line: usize) -> bool {
        let is_proof = |at: usize| {
            let comment = &self.comments[at];
            comment.starts_with("//") && !comment.starts_with("///") && !comment.starts_with("//!")
        };
        let mut at = line - 1;
        loop {
            if is_proof(at) {
                return true;
            }
            if at == 0 {
                return false;
            }
            at -= 1;
            let above = self.code[at].trim();
            if above.is_empty() || above.ends_with([';', '{', '}']) {
                return above.is_empty() && is_proof(at);
            }
        }
    }

    /// The place of a line, as every message begins.
    pub fn at(&self, line: usize) -> String {
        format!("{}:{line}", self.path)
    }
}

/// Whether a character can be part of a name.
pub fn in_name(c: char) -> bool {
    c.is_alphanumeric() || c == '_'
}

/// Where a word stands on its own in a line (not as part of a longer name).
pub fn word_in(line: &str, word: &str) -> bool {
    line.match_indices(word).any(|(at, _)| {
        let before = line[..at].chars().next_back();
        let after = line[at + word.len()..].chars().next();
        let open = |side: Option<char>, edge: Option<char>| {
            !(side.is_some_and(in_name) && edge.is_some_and(in_name))
        };
        open(before, word.chars().next()) && open(after, word.chars().next_back())
    })
}

fn take_apart(file: &'static File) -> Rust {
    let text: Vec<char> = file.text.chars().collect();
    let (mut code, mut comments) = (String::new(), String::new());
    let (mut strings, mut line, mut at) = (Vec::new(), 0, 0);
    while at < text.len() {
        let end = at + piece(&text, at);
        let piece: String = text[at..end].iter().collect();
        let blank: String = piece
            .chars()
            .map(|c| if c == '\n' { c } else { ' ' })
            .collect();
        if piece.starts_with("//") || piece.starts_with("/*") {
            code.push_str(&blank);
            comments.push_str(&piece);
        } else if piece.ends_with('"') || (piece.len() > 1 && piece.starts_with(['r', '"'])) {
            let hashes = piece.trim_start_matches('r');
            let inside = hashes.trim_matches('#');
            strings.push((line, inside.trim_matches('"').to_owned()));
            code.push('"');
            code.push_str(&blank[..blank.len().saturating_sub(2)]);
            code.push('"');
            comments.push_str(&blank);
        } else if piece.len() > 1 {
            code.push_str(&blank);
            comments.push_str(&blank);
        } else {
            code.push_str(&piece);
            comments.push_str(&blank);
        }
        line += piece.matches('\n').count();
        at = end;
    }
    let split = |text: &str| text.split('\n').map(str::to_owned).collect::<Vec<_>>();
    let tested = tested(&code);
    let comments = split(&comments)
        .iter()
        .map(|line| line.trim().to_owned())
        .collect();
    Rust {
        path: &file.path,
        code: split(&code),
        comments,
        strings,
        tested,
    }
}

/// How many characters the piece that begins here has: a comment, a string, a character, or one.
fn piece(text: &[char], at: usize) -> usize {
    let next = |n: usize| text.get(at + n).copied().unwrap_or('\n');
    let named = at > 0 && in_name(text[at - 1]);
    match (text[at], next(1)) {
        ('/', '/') => text[at..]
            .iter()
            .position(|c| *c == '\n')
            .unwrap_or(text.len() - at),
        ('/', '*') => block_comment(&text[at..]),
        ('"', _) => escaped(&text[at..], '"'),
        ('r', '"' | '#') if !named || text[at - 1] == 'b' => raw_string(&text[at..]),
        ('\'', '\\') => escaped(&text[at..], '\''),
        ('\'', _) if next(2) == '\'' => 3,
        _ => 1,
    }
}

fn block_comment(text: &[char]) -> usize {
    let (mut depth, mut at) = (0, 0);
    while at + 1 < text.len() {
        match (text[at], text[at + 1]) {
            ('/', '*') => depth += 1,
            ('*', '/') => depth -= 1,
            _ => {
                at += 1;
                continue;
            }
        }
        at += 2;
        if depth == 0 {
            return at;
        }
    }
    text.len()
}

fn escaped(text: &[char], quote: char) -> usize {
    let mut at = 1;
    while at < text.len() && text[at] != quote {
        at += if text[at] == '\\' { 2 } else { 1 };
    }
    (at + 1).min(text.len())
}

fn raw_string(text: &[char]) -> usize {
    let hashes = text[1..].iter().take_while(|c| **c == '#').count();
    if text.get(1 + hashes) != Some(&'"') {
        return 1;
    }
    let close: Vec<char> = ['"']
        .into_iter()
        .chain(std::iter::repeat_n('#', hashes))
        .collect();
    let inside = &text[hashes + 2..];
    let end = inside
        .windows(close.len())
        .position(|window| window == close);
    end.map_or(text.len(), |end| hashes + 2 + end + close.len())
}

/// Which lines of the code stand under `#[cfg(test)]`.
fn tested(code: &str) -> Vec<bool> {
    let mut tested = vec![false; code.split('\n').count()];
    for (from, mark) in code.match_indices("#[cfg(test)]") {
        let rest = &code[from + mark.len()..];
        let open = rest.find(['{', ';']).unwrap_or(rest.len());
        let length = match rest[open..].starts_with('{') {
            true => open + block(&rest[open..]),
            false => open,
        };
        let first = code[..from].matches('\n').count();
        let last = code[..from + mark.len() + length].matches('\n').count();
        tested[first..=last].fill(true);
    }
    tested
}

/// The length of a block that begins with a brace, both braces included.
pub fn block(code: &str) -> usize {
    let mut depth = 0;
    for (at, c) in code.char_indices() {
        match c {
            '{' => depth += 1,
            '}' if depth == 1 => return at + 1,
            '}' => depth -= 1,
            _ => {}
        }
    }
    code.len()
}

#[test]
fn source_is_taken_apart_into_code_comments_and_strings() {
    const SOURCE: &str = concat!(
        "//! Head.\n",
        "fn f<'a>(c: char) -> &'a str { if c == '\"' || c == '\\'' { \"un\\\"wrap\" } else { r#\"a\"b\"# } }\n",
        "/* outer /* inner */ still */ let x = 1; // beside\n",
        "#[cfg(test)]\n",
        "mod tests {\n",
        "    fn g() { \"{\"; }\n",
        "}\n",
        "fn after() {}\n",
    );
    let file = Box::leak(Box::new(File {
        path: "src/sample.rs".to_owned(),
        text: SOURCE.to_owned(),
    }));
    let rust = take_apart(file);
    assert_eq!(rust.comments[0], "//! Head.");
    assert!(!rust.code[1].contains("wrap"), "{}", rust.code[1]);
    assert_eq!(rust.code[1].len(), SOURCE.lines().nth(1).unwrap().len());
    assert_eq!(rust.strings[0], (1, "un\\\"wrap".to_owned()));
    assert_eq!(rust.strings[1], (1, "a\"b".to_owned()));
    assert_eq!(rust.code[2].trim(), "let x = 1;");
    assert_eq!(
        rust.comments[2],
        "/* outer /* inner */ still */            // beside"
    );
    assert_eq!(
        rust.tested,
        [false, false, false, true, true, true, true, false, false]
    );
    assert!(word_in("use rusqlite::x", "rusqlite") && !word_in("my_rusqlite", "rusqlite"));
}

//! The request target, decoded once: what is not one clear path is refused here, so that no
//! handler ever compares two spellings of the same place.

use percent_encoding::percent_decode_str;

/// A path without tricks, its segments, and the query's pairs.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Target {
    /// The decoded path: begins with `/`, no trailing one, no empty segment.
    pub path: String,
    /// The decoded segments; none for `/`.
    pub segments: Vec<String>,
    /// The decoded pairs of the query, in order.
    pub query: Vec<(String, String)>,
}

/// Reads a target in origin form. **Refuses:** anything that is not printable ASCII, a broken `%`,
/// bytes that are not UTF-8, control characters, `.` and `..`, empty segments, hidden slashes.
pub fn parse(raw: &str) -> Result<Target, &'static str> {
    if !raw.bytes().all(|byte| (0x21..0x7f).contains(&byte)) || raw.contains('#') {
        return Err("the path has a character that must be encoded");
    }
    let (path, query) = raw.split_once('?').unwrap_or((raw, ""));
    let inner = path
        .strip_prefix('/')
        .ok_or("the path does not begin with a slash")?;
    let inner = inner.strip_suffix('/').unwrap_or(inner);
    let mut segments = Vec::new();
    if !inner.is_empty() {
        for segment in inner.split('/') {
            segments.push(segment_of(segment)?);
        }
    } else if path.len() > 1 {
        return Err("the path has an empty segment");
    }
    let path = format!("/{}", segments.join("/"));
    let query = form_urlencoded::parse(query.as_bytes())
        .into_owned()
        .collect();
    Ok(Target {
        path,
        segments,
        query,
    })
}

fn segment_of(raw: &str) -> Result<String, &'static str> {
    let mut rest = raw;
    while let Some((_, after)) = rest.split_once('%') {
        let digits = after.as_bytes().get(..2).unwrap_or_default();
        if digits.len() < 2 || !digits.iter().all(u8::is_ascii_hexdigit) {
            return Err("the path has a % without two hexadecimal digits");
        }
        rest = after;
    }
    let decoded = percent_decode_str(raw).decode_utf8();
    let segment = decoded.map_err(|_| "the path is not UTF-8")?;
    if segment.is_empty() {
        return Err("the path has an empty segment");
    }
    if segment == "." || segment == ".." {
        return Err("the path has a dot segment");
    }
    if segment.contains(['/', '\\']) || segment.chars().any(char::is_control) {
        return Err("the path hides a slash or a control character");
    }
    Ok(segment.into_owned())
}

#[cfg(test)]
mod tests {
    use super::parse;

    #[test]
    fn one_place_has_one_spelling() {
        let cases = [
            ("/", "/", 0),
            ("/inbox", "/inbox", 1),
            ("/inbox/", "/inbox", 1),
            ("/a%20b/c%C3%A9", "/a b/cé", 2),
            ("/a?x=%2e%2e", "/a", 1),
            ("/%2525", "/%25", 1),
        ];
        for (raw, path, segments) in cases {
            let target = parse(raw).unwrap();
            assert_eq!(
                (target.path.as_str(), target.segments.len()),
                (path, segments)
            );
        }
        let query = parse("/s?q=a+b&q=%C3%A9&empty").unwrap().query;
        let pair = |name: &str, value: &str| (name.to_owned(), value.to_owned());
        assert_eq!(query, [pair("q", "a b"), pair("q", "é"), pair("empty", "")]);
    }

    #[test]
    fn a_path_with_a_trick_is_refused() {
        for raw in [
            "",
            "inbox",
            "//",
            "//a",
            "/a//b",
            "/..",
            "/a/../b",
            "/%2e%2e/a",
            "/.%2E",
            "/.",
            "/%00",
            "/%ff",
            "/%",
            "/%4",
            "/%zz",
            "/%2f",
            "/a%5cb",
            "/a\\b",
            "/é",
            "/a b",
            "/a#b",
            "/%0a",
            "http://a/b",
            "*",
            "/a//",
        ] {
            assert!(parse(raw).is_err(), "{raw}");
        }
    }
}

//! Style sheets, scripts and pictures: found by their exact address, sent in the smallest form the
//! browser understands, kept by it for ever, because a changed file has another address.

use rust_embed::RustEmbed;
use std::borrow::Cow;

#[derive(RustEmbed)]
#[folder = "$OUT_DIR/assets"]
struct Files;

/// The digest over all assets; part of every address.
pub const DIGEST: &str = env!("TRAILBOX_ASSETS");

/// What `Cache-Control` says of every asset.
pub const CACHE_CONTROL: &str = "public, max-age=31536000, immutable";

/// A file in one encoding, with what its answer has to say about it. The answer also carries
/// `Vary: Accept-Encoding`.
#[derive(Debug)]
pub struct Asset {
    /// The bytes as they go over the wire.
    pub bytes: Cow<'static, [u8]>,
    /// The media type.
    pub content_type: &'static str,
    /// `br`, `gzip`, or nothing for the file as it is.
    pub content_encoding: Option<&'static str>,
    /// The tag of this file in this encoding, with its quotes.
    pub etag: String,
}

/// The address of an asset by its path under `web/assets`.
pub fn address(path: &str) -> String {
    format!("/assets/{DIGEST}/{path}")
}

/// The asset at this path of a URL (`/assets/…`), in the best encoding the header accepts.
pub fn find(path: &str, accept_encoding: &str) -> Option<Asset> {
    let key = path
        .strip_prefix("/assets/")?
        .strip_prefix(DIGEST)?
        .strip_prefix('/')
        .filter(|key| !key.ends_with(".br") && !key.ends_with(".gz"))?;
    // Only names of the embedded table are files; nothing is ever resolved as a path.
    if !Files::iter().any(|name| name == key) {
        return None;
    }
    let encodings = [("br", ".br"), ("gzip", ".gz")];
    let encoded = encodings
        .into_iter()
        .filter(|(name, _)| accepts(accept_encoding, name))
        .find_map(|(name, suffix)| Some((Some(name), Files::get(&format!("{key}{suffix}"))?)));
    let (content_encoding, file) = match encoded {
        Some(found) => found,
        None => (None, Files::get(key)?),
    };
    Some(Asset {
        bytes: file.data,
        content_type: content_type(key),
        content_encoding,
        etag: format!("\"{DIGEST}-{}\"", content_encoding.unwrap_or("identity")),
    })
}

/// Whether an `If-None-Match` header names this tag.
pub fn is_fresh(if_none_match: &str, etag: &str) -> bool {
    if_none_match
        .split(',')
        .map(|tag| tag.trim().trim_start_matches("W/"))
        .any(|tag| tag == etag || tag == "*")
}

fn accepts(header: &str, encoding: &str) -> bool {
    header.split(',').any(|choice| {
        let (name, quality) = choice.split_once(';').unwrap_or((choice, ""));
        let refused = quality
            .trim()
            .strip_prefix("q=")
            .is_some_and(|q| q.parse() == Ok(0.0));
        name.trim().eq_ignore_ascii_case(encoding) && !refused
    })
}

fn content_type(key: &str) -> &'static str {
    match key.rsplit('.').next() {
        Some("css") => "text/css; charset=utf-8",
        Some("js") => "text/javascript; charset=utf-8",
        Some("svg") => "image/svg+xml",
        Some("png") => "image/png",
        Some("webmanifest") => "application/manifest+json",
        _ => "application/octet-stream",
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_style_sheet_comes_in_three_encodings() {
        let path = address("css/app.css");
        let plain = find(&path, "").unwrap();
        let gzip = find(&path, "gzip, deflate").unwrap();
        let brotli = find(&path, "gzip, br;q=1.0").unwrap();
        assert_eq!(plain.content_encoding, None);
        assert_eq!(gzip.content_encoding, Some("gzip"));
        assert_eq!(brotli.content_encoding, Some("br"));
        assert!(gzip.bytes.len() < plain.bytes.len() && gzip.etag != brotli.etag);
        assert_eq!(find(&path, "br;q=0").unwrap().content_encoding, None);
        assert!(is_fresh(&format!("\"x\", W/{}", plain.etag), &plain.etag));
    }

    #[test]
    fn only_exact_addresses_are_files() {
        for key in [
            "css/app.css.br",
            "css/../css/app.css",
            "css//app.css",
            "css/base.css",
            "",
        ] {
            assert!(find(&address(key), "br").is_none(), "{key}");
        }
        assert!(find("/assets/000000000000/css/app.css", "").is_none());
    }
}

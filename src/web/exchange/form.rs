//! A form as it was sent: text fields and files, from either of the two encodings of HTML.

use super::multipart::{self, Part};
use super::{Body, SpooledFile, read_at_most};
use crate::config::MIB;
use crate::error::{Error, Refusal, RefusalKind, Result};
use std::io::{Cursor, Read, Seek, SeekFrom};

/// The most fields and files of one form.
pub const PARTS: usize = 1000;
/// All text fields of one form together. **Unit:** bytes.
pub const TEXT_BYTES: usize = MIB;
/// The same of a form that may hold files, for a table that is shown before it is taken in.
/// **Unit:** bytes.
pub const PARTS_TEXT_BYTES: usize = 5 * MIB;

/// The fields and files of a form, in the order in which they were sent.
#[derive(Debug, Default)]
pub struct Form {
    /// Names and values of the text fields.
    pub fields: Vec<(String, String)>,
    /// The files; a file field left empty is none.
    pub files: Vec<Upload>,
}

/// One file of a form.
#[derive(Debug)]
pub struct Upload {
    /// The name of its field.
    pub field: String,
    /// The last part of the name the client gave it; not to be trusted.
    pub name: String,
    /// The media type the client gave it; not to be trusted.
    pub media_type: String,
    /// How long it is. **Unit:** bytes.
    pub len: u64,
    content: Content,
}

#[derive(Debug)]
enum Content {
    Bytes(Vec<u8>),
    Spooled { file: SpooledFile, start: u64 },
}

impl Form {
    /// The first value of a field.
    pub fn get(&self, name: &str) -> Option<&str> {
        let mut fields = self.fields.iter();
        fields
            .find(|(have, _)| have == name)
            .map(|(_, value)| value.as_str())
    }

    /// All values of a field, in order: ticked boxes of one name.
    pub fn all(&self, name: &str) -> Vec<&str> {
        let named = self.fields.iter().filter(|(have, _)| have == name);
        named.map(|(_, value)| value.as_str()).collect()
    }

    /// The first file of a field.
    pub fn file(&self, field: &str) -> Option<&Upload> {
        self.files.iter().find(|file| file.field == field)
    }

    /// All files of a field, in their order; fields left empty hold none.
    pub fn files<'a>(&'a self, field: &'a str) -> impl Iterator<Item = &'a Upload> {
        self.files.iter().filter(move |file| file.field == field)
    }

    pub(super) fn read(content_type: &str, body: &Body) -> Result<Form> {
        let kind = content_type.split(';').next().unwrap_or_default().trim();
        if kind.eq_ignore_ascii_case("application/x-www-form-urlencoded") {
            return urlencoded(body);
        }
        if kind.eq_ignore_ascii_case("multipart/form-data") {
            return of_parts(content_type, body);
        }
        if body.is_empty() {
            return Ok(Form::default());
        }
        let text = format!("{kind:?} is not the content type of a form");
        Err(Error::Refusal(Refusal::invalid(text)))
    }
}

fn urlencoded(body: &Body) -> Result<Form> {
    let bytes = body.read(TEXT_BYTES)?;
    let fields: Vec<_> = form_urlencoded::parse(&bytes)
        .into_owned()
        .take(PARTS + 1)
        .collect();
    if fields.len() > PARTS {
        let text = format!("a form has at most {PARTS} fields");
        return Err(Error::Refusal(Refusal::of(RefusalKind::TooLarge, text)));
    }
    Ok(Form {
        fields,
        files: Vec::new(),
    })
}

fn of_parts(content_type: &str, body: &Body) -> Result<Form> {
    let boundary = multipart::boundary_of(content_type)?;
    let parts = multipart::parts(body.open()?, &boundary, PARTS)?;
    let mut form = Form::default();
    let mut text_bytes = 0;
    for part in parts {
        let len = part.end - part.start;
        let Some(name) = &part.file_name else {
            text_bytes += len;
            if text_bytes > PARTS_TEXT_BYTES as u64 {
                let text = format!("the fields of a form have at most {PARTS_TEXT_BYTES} bytes");
                return Err(Error::Refusal(Refusal::of(RefusalKind::TooLarge, text)));
            }
            let bytes = slice(body, &part)?;
            let value = String::from_utf8_lossy(&bytes).into_owned();
            form.fields.push((part.name, value));
            continue;
        };
        if name.is_empty() && len == 0 {
            continue;
        }
        let content = match body {
            Body::Bytes(_) => Content::Bytes(slice(body, &part)?),
            Body::Spooled(spooled) => Content::Spooled {
                file: SpooledFile::new(spooled.open()?, spooled.len),
                start: part.start,
            },
        };
        form.files.push(Upload {
            name: name
                .rsplit(['/', '\\'])
                .next()
                .unwrap_or_default()
                .to_owned(),
            field: part.name,
            media_type: part.media_type,
            len,
            content,
        });
    }
    Ok(form)
}

/// The bytes of one part.
fn slice(body: &Body, part: &Part) -> Result<Vec<u8>> {
    let len = part.end - part.start;
    match body {
        Body::Bytes(bytes) => {
            let mut from = Cursor::new(bytes);
            from.set_position(part.start);
            read_at_most(from, len, usize::MAX)
        }
        Body::Spooled(spooled) => {
            let mut from = spooled.open()?;
            from.seek(SeekFrom::Start(part.start))?;
            read_at_most(from, len, PARTS_TEXT_BYTES)
        }
    }
}

impl Upload {
    /// A reader over its bytes. Readers of one upload share their place: use one at a time.
    pub fn open(&self) -> Result<Box<dyn Read + '_>> {
        match &self.content {
            Content::Bytes(bytes) => Ok(Box::new(bytes.as_slice())),
            Content::Spooled { file, start } => {
                let mut file = file.open()?;
                file.seek(SeekFrom::Start(*start))?;
                Ok(Box::new(file.take(self.len)))
            }
        }
    }

    /// Its bytes in memory. **Refuses:** more than `most`.
    pub fn read(&self, most: usize) -> Result<Vec<u8>> {
        read_at_most(self.open()?, self.len, most)
    }
}

#[cfg(test)]
mod tests {
    use super::super::{Body, Method, Request, SpooledFile};
    use super::Form;
    use std::io::Write;

    const SENT: &str = "preamble\r\n--xYz\r\nContent-Disposition: form-data; name=\"note\"\r\n\r\n\
        first\r\nsecond\r\n--xYz\r\ncontent-disposition: form-data; name=\"photo\"; \
        filename=\"C:\\\\a\\\"b.png\"\r\nContent-Type: image/png\r\n\r\n\x01\r\n--xY\r\n--xYz\r\n\
        Content-Disposition: form-data; name=\"none\"; filename=\"\"\r\n\
        Content-Type: application/octet-stream\r\n\r\n\r\n--xYz--\r\nepilogue";

    fn check(form: &Form) {
        assert_eq!(form.get("note"), Some("first\r\nsecond"));
        assert_eq!(form.files.len(), 1);
        let photo = form.file("photo").unwrap();
        assert_eq!(photo.name, "a\"b.png");
        assert_eq!(photo.media_type, "image/png");
        assert_eq!(photo.read(100).unwrap(), b"\x01\r\n--xY");
        assert!(photo.read(6).is_err());
    }

    #[test]
    fn a_multipart_form_has_fields_and_files() {
        let request = Request::new(Method::Post, "/").unwrap();
        let mut request = request
            .with_header("content-type", "multipart/form-data; boundary=xYz")
            .with_body(SENT);
        check(&request.form().unwrap());
        let mut file = tempfile::tempfile().unwrap();
        file.write_all(SENT.as_bytes()).unwrap();
        request.body = Body::Spooled(SpooledFile::new(file, SENT.len() as u64));
        check(&request.form().unwrap());
    }

    #[test]
    fn a_broken_multipart_form_is_refused() {
        for (kind, sent) in [
            ("multipart/form-data", SENT),
            ("multipart/form-data; boundary=\"\"", SENT),
            ("multipart/form-data; boundary=other", SENT),
            (
                "multipart/form-data; boundary=xYz",
                &SENT[..SENT.len() - 14],
            ),
            (
                "multipart/form-data; boundary=xYz",
                "--xYz\r\nno name\r\n\r\n1\r\n--xYz--",
            ),
            (
                "multipart/form-data; boundary=xYz",
                "--xYz\r\nContent-Dispo",
            ),
            ("text/html", "x"),
        ] {
            let request = Request::new(Method::Post, "/").unwrap();
            let request = request.with_header("content-type", kind).with_body(sent);
            let refused = request.form().unwrap_err();
            assert!(refused.refusal().is_some(), "{kind} {sent:?}");
        }
    }

    #[test]
    fn an_urlencoded_form_keeps_every_value() {
        let request = Request::new(Method::Post, "/").unwrap();
        let request = request
            .with_header(
                "content-type",
                "application/x-www-form-urlencoded; charset=utf-8",
            )
            .with_body("tag=a&tag=b+c&text=%C3%A9%0D%0A&empty=");
        let form = request.form().unwrap();
        assert_eq!(form.all("tag"), ["a", "b c"]);
        assert_eq!(form.get("text"), Some("é\r\n"));
        assert_eq!(form.get("empty"), Some(""));
        assert_eq!(form.get("missing"), None);
    }
}

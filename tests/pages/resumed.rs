//! A download that breaks off in the middle goes on where it stopped, over a real connection.

use crate::kit::Desk;
use trailbox::domain::member::Role;

fn split(answer: &[u8]) -> (String, &[u8]) {
    let end = answer
        .windows(4)
        .position(|four| four == b"\r\n\r\n")
        .expect("the end of the head");
    let head = String::from_utf8_lossy(&answer[..end]).to_ascii_lowercase();
    (head, &answer[end + 4..])
}

fn header<'h>(head: &'h str, name: &str) -> &'h str {
    let line = head.lines().find_map(|line| line.strip_prefix(name));
    line.unwrap_or_else(|| panic!("no {name} in {head}"))
}

#[test]
fn a_download_that_breaks_off_goes_on_where_it_stopped() {
    let desk = Desk::open();
    let lead = Role::Lead;
    let made = desk.post("/audit/exports", &[("format", "jsonl")], Some(lead));
    assert_eq!(made.status, 303, "{}", made.body);
    let file = made.location;
    let whole = desk.breaks_off(&file, "", lead, usize::MAX);
    let (head, whole) = split(&whole);
    assert!(head.starts_with("http/1.1 200"), "{head}");
    assert_eq!(header(&head, "accept-ranges: "), "bytes");
    let tag = header(&head, "etag: ");
    let length: usize = header(&head, "content-length: ").parse().unwrap();
    assert_eq!(whole.len(), length);
    // The line dies somewhere within the file.
    let broken = desk.breaks_off(&file, "", lead, head.len() + 4 + length / 3);
    let (_, begin) = split(&broken);
    assert!(!begin.is_empty() && begin.len() < length);
    let on = format!("range: bytes={}-\r\nif-range: {tag}\r\n", begin.len());
    let rest = desk.breaks_off(&file, &on, lead, usize::MAX);
    let (head, rest) = split(&rest);
    assert!(head.starts_with("http/1.1 206"), "{head}");
    let range = format!("bytes {}-{}/{length}", begin.len(), length - 1);
    assert_eq!(header(&head, "content-range: "), range);
    assert_eq!([begin, rest].concat(), whole);
    // Another file would be begun anew, and behind its end there is nothing.
    let other = "range: bytes=100-\r\nif-range: \"another\"\r\n";
    let anew = desk.breaks_off(&file, other, lead, usize::MAX);
    assert_eq!(split(&anew).1, whole);
    let behind = format!("range: bytes={length}-\r\n");
    let none = desk.breaks_off(&file, &behind, lead, usize::MAX);
    assert!(split(&none).0.starts_with("http/1.1 416"));
    let nobody = desk.breaks_off(&file, &on, Role::Auditor, usize::MAX);
    assert!(split(&nobody).0.starts_with("http/1.1 403"));
    let events = desk.close();
    let so_many = |name: &str| events.iter().filter(|event| *event == name).count();
    assert_eq!(
        (so_many("audit.exported"), so_many("export.fetched")),
        (1, 1),
        "{events:?}"
    );
}

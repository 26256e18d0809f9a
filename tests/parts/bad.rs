//! Bad input, bad disks, bad luck: what is wrong is refused in plain words, and nothing of what is
//! there is lost or half written. And the good end: stopping in order.

use crate::browser::Browser;
use crate::kit::Desk;
use std::io::{Read, Write};
use std::net::TcpStream;
use std::time::{SystemTime, UNIX_EPOCH};
use trailbox::channels::whatsapp::signature;

const NOWHERE: &str = "http://127.0.0.1:9";

fn served() -> Desk {
    let mut desk = Desk::make();
    desk.connect(NOWHERE);
    desk.serve();
    desk
}

/// A message a customer writes now, as the provider posts it.
fn message(number: u32) -> Vec<u8> {
    let now = SystemTime::now().duration_since(UNIX_EPOCH).unwrap();
    let change = serde_json::json!({"field": "messages", "value": {
        "messaging_product": "whatsapp",
        "metadata": {"display_phone_number": "15550783881", "phone_number_id": "106540352242922"},
        "contacts": [{"wa_id": "4915550001001", "profile": {"name": "Lia Brandt"}}],
        "messages": [{"from": "4915550001001", "id": format!("wamid.PARTS{number}"),
                      "timestamp": now.as_secs().to_string(), "type": "text",
                      "text": {"body": format!("where is parcel number {number}?")}}]}});
    let body = serde_json::json!({"object": "whatsapp_business_account",
                                  "entry": [{"id": "102290129340398", "changes": [change]}]});
    body.to_string().into_bytes()
}

#[test]
fn a_flood_of_unsigned_webhooks_is_one_event() {
    let mut desk = served();
    let body = message(1);
    let events = "SELECT count(*) FROM trail WHERE event = 'channel.signature_refused'";
    let forged = signature::sign("another secret", &body);
    for number in 0..40 {
        let signature = [None, Some(forged.as_str()), Some("sha256=00"), Some("")][number % 4];
        assert_eq!(desk.post_as("shop", &body, signature), 401);
    }
    assert_eq!(desk.number(events), 1, "one event for all of them");
    assert_eq!(desk.number("SELECT count(*) FROM signature_refusal"), 1);
    assert_eq!(desk.number("SELECT count(*) FROM payload"), 0);
    assert_eq!(desk.post(&body), 200, "who signs is heard all the same");
    desk.stop_and_verify();
}

#[test]
fn what_cannot_be_read_is_kept_and_said() {
    let mut desk = served();
    let bodies: [&[u8]; 6] = [
        b"{\"object\": \"whatsapp_business_account\", \"entry\": [",
        b"",
        b"null",
        b"\xff\xfe\x00",
        b"[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[",
        b"{\"object\": \"whatsapp_business_account\", \"entry\": 7}",
    ];
    for body in bodies {
        assert_eq!(desk.post(body), 200, "{}", String::from_utf8_lossy(body));
    }
    desk.wait_until_read();
    let rows = desk.rows("SELECT trouble FROM payload WHERE state = 'unreadable'");
    assert_eq!(rows.len(), bodies.len(), "{rows:?}");
    assert!(rows.iter().all(|row| !row[0].is_empty()), "{rows:?}");
    assert_eq!(desk.post(&message(1)), 200);
    desk.wait_until_read();
    assert_eq!(
        desk.number("SELECT count(*) FROM article"),
        1,
        "the next one is read"
    );
    desk.stop_and_verify();
}

#[test]
fn unknown_channels_and_bodies_too_large_are_refused() {
    let mut desk = served();
    let body = message(1);
    let signed = signature::sign("a-secret-of-the-parts", &body);
    assert_eq!(desk.post_as("nobody", &body, Some(&signed)), 404);
    let address = desk.url("").replace("http://", "");
    let mut socket = TcpStream::connect(&address).unwrap();
    write!(
        socket,
        "POST /hooks/whatsapp/shop HTTP/1.1\r\nhost: {address}\r\ncontent-length: 5000000\r\n\r\n"
    )
    .unwrap();
    let mut begin = [0; 12];
    socket.read_exact(&mut begin).unwrap(); // answered before any of the body was sent
    assert_eq!(&begin, b"HTTP/1.1 413");
    drop(socket);
    let mut browser = Browser::signed_in(&desk.url(""));
    for path in [
        "/conversations/C-99",
        "/nothing/here",
        "/files/99999",
        "/payloads/0",
    ] {
        assert_eq!(browser.get(path).unwrap().status, 404, "{path}");
    }
    assert_eq!(desk.number("SELECT count(*) FROM payload"), 0);
    desk.stop_and_verify();
}

#[test]
fn a_damaged_desk_is_not_served_and_not_changed() {
    let mut desk = served();
    for number in 0..5 {
        assert_eq!(desk.post(&message(number)), 200);
    }
    desk.wait_until_read();
    desk.stop_and_verify();
    let (database, key) = (
        desk.data().join("trailbox.db"),
        desk.data().join("signing.key"),
    );
    let good = std::fs::read(&database).unwrap();
    let good_key = std::fs::read(&key).unwrap();
    let refuse = |desk: &Desk, words: &str| {
        let before = desk.files();
        let said = desk.refused(&["serve", "--listen", "127.0.0.1:0"]);
        assert!(said.contains(words), "{said}");
        assert!(said.contains("nothing was changed"), "{said}");
        assert!(desk.files() == before, "{words}: the folder was changed");
    };
    let mut no_header = good.clone();
    no_header[..100].fill(0xa5);
    let half = good[..good.len() / 8192 * 4096].to_vec();
    for damaged in [no_header, half, b"not a database".to_vec(), Vec::new()] {
        std::fs::write(&database, &damaged).unwrap();
        refuse(&desk, "damaged");
    }
    std::fs::write(&database, &good).unwrap();
    std::fs::remove_file(&key).unwrap();
    refuse(&desk, "signing.key");
    std::fs::write(&key, "not a key\n").unwrap();
    refuse(&desk, "signing.key");
    let other = "AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8=\n";
    std::fs::write(&key, other).unwrap();
    refuse(&desk, "does not belong to this desk");
    std::fs::write(&key, &good_key).unwrap();
    desk.serve();
    desk.stop_and_verify();
}

#[test]
fn a_second_process_is_refused_while_readers_may_look() {
    let mut desk = served();
    assert_eq!(desk.post(&message(1)), 200);
    for words in [
        &["serve", "--listen", "127.0.0.1:0"][..],
        &["set", "desk.name", "Other"],
    ] {
        let said = desk.refused(words);
        assert!(said.contains("is in use by process"), "{said}");
    }
    let beside = desk.command(&["verify"]);
    assert_eq!(beside.status.code(), Some(0), "{beside:?}");
    desk.granted(&["member", "list"]);
    assert_eq!(desk.post(&message(2)), 200, "it still serves");
    desk.stop_and_verify();
}

#[test]
fn on_a_full_disk_reading_goes_on_and_nothing_is_half_written() {
    let mut desk = served();
    assert_eq!(desk.post(&message(0)), 200);
    desk.wait_until_read();
    desk.stop_and_verify();
    let database_kib = std::fs::metadata(desk.data().join("trailbox.db"))
        .unwrap()
        .len()
        / 1024;
    desk.serve_in_little_room(database_kib + 400);
    let mut browser = Browser::signed_in(&desk.url(""));
    let mut kept: u64 = 1;
    let refused = (1..2_000).find(|number| match desk.post(&message(*number)) {
        200 => {
            kept += 1;
            false
        }
        503 => true,
        status => panic!("{status}"),
    });
    let refused = refused.expect("the room never ended");
    let page = browser.reply(1, "too late").unwrap();
    assert_eq!(page.status, 503, "{}", page.html);
    assert!(
        page.html.contains("the desk cannot write right now"),
        "{}",
        page.html
    );
    for path in ["/conversations/C-1", "/inbox"] {
        let page = browser.get(path).unwrap();
        assert_eq!(page.status, 200, "{path}: {}", page.html);
    }
    assert!(
        browser
            .get("/conversations/C-1")
            .unwrap()
            .html
            .contains("parcel number 0")
    );
    assert_eq!(browser.get("/readyz").unwrap().status, 503);
    assert_eq!(desk.number("SELECT count(*) FROM payload"), kept);
    desk.stop(); // it cannot write that it stopped
    let verified = desk.command(&["verify"]);
    assert_eq!(verified.status.code(), Some(0), "{verified:?}");
    desk.serve();
    desk.wait_until_read();
    assert_eq!(desk.number("SELECT count(*) FROM article"), kept);
    assert_eq!(
        desk.post(&message(refused)),
        200,
        "the provider tries again"
    );
    assert_eq!(browser.reply(1, "in time").unwrap().status, 303);
    desk.wait_until_read();
    assert_eq!(
        desk.number("SELECT count(*) FROM article WHERE direction = 'in'"),
        kept + 1
    );
    desk.stop_and_verify();
}

#[test]
fn what_cannot_be_written_is_not_served_but_can_be_read() {
    use std::os::unix::fs::PermissionsExt;
    let mut desk = served();
    assert_eq!(desk.post(&message(1)), 200);
    desk.wait_until_read();
    desk.stop_and_verify();
    let set = |path: &std::path::Path, mode| {
        std::fs::set_permissions(path, std::fs::Permissions::from_mode(mode)).unwrap();
    };
    set(desk.data().parent().unwrap(), 0o755);
    for name in desk.names() {
        set(&desk.data().join(name), 0o444);
    }
    set(&desk.data(), 0o555);
    let before = desk.files();
    let serve = desk.by_somebody_else(&["serve", "--listen", "127.0.0.1:0"]);
    let said = String::from_utf8_lossy(&serve.stderr).into_owned();
    assert_eq!(serve.status.code(), Some(1), "{said}");
    assert!(said.contains("cannot be written to"), "{said}");
    let verify = desk.by_somebody_else(&["verify"]);
    let said = String::from_utf8_lossy(&verify.stdout).into_owned();
    assert_eq!(verify.status.code(), Some(0), "{said}");
    assert!(desk.files() == before, "the folder was changed");
    set(&desk.data(), 0o755);
    for name in desk.names() {
        set(&desk.data().join(name), 0o600);
    }
    desk.serve();
    desk.stop_and_verify();
}

#[test]
fn stopping_in_order_publishes_and_folds() {
    let mut desk = served();
    let mut browser = Browser::signed_in(&desk.url(""));
    for number in 0..20 {
        assert_eq!(desk.post(&message(number)), 200);
    }
    desk.wait_until_read();
    assert_eq!(browser.get("/conversations/C-1").unwrap().status, 200);
    let address = desk.url("").replace("http://", "");
    let idle = TcpStream::connect(&address).unwrap(); // an open socket holds nobody up
    let status = desk.stop();
    drop(idle);
    assert_eq!(status.code(), Some(0), "{}", desk.log());
    let left = ["lock", "signing.key", "trailbox.db"];
    assert_eq!(desk.names(), left, "no log is left beside the database");
    let open = "SELECT (SELECT count(*) FROM event) - (SELECT max(size) FROM checkpoint)";
    assert_eq!(
        desk.number(open),
        0,
        "the newest checkpoint is of the very end"
    );
    let verified = desk.command(&["verify"]);
    assert_eq!(verified.status.code(), Some(0), "{verified:?}");
}

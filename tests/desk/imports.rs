//! Imports by the delivered program: looked through first, taken once, cut files refused.

use std::path::Path;
use std::process::Command;
use trailbox::desk::{audit, conversations, tickets, timeline};
use trailbox::domain::actor::Who;
use trailbox::domain::id::{ConversationId, Object, Seq, TicketId};
use trailbox::domain::moment::Moment;
use trailbox::domain::ticket::Status;
use trailbox::ledger::{Clock, Company, Home, Ledger};

struct Shop(tempfile::TempDir);

impl Shop {
    fn new() -> Self {
        let shop = Shop(tempfile::tempdir().unwrap());
        let owner = ["--owner", "Otti", "--email", "otti@desk.example"];
        let mut words = vec!["init", "--non-interactive", "--name", "Noor & Mar"];
        words.extend(owner);
        shop.granted(&words);
        shop
    }

    fn run(&self, words: &[&str]) -> (bool, String) {
        let out = Command::new(env!("CARGO_BIN_EXE_trailbox"))
            .args(words)
            .arg("--data")
            .arg(self.0.path().join("desk"))
            .env("TRAILBOX_PASSWORD", "long words are better")
            .output()
            .unwrap();
        let text = [out.stdout, out.stderr].concat();
        (out.status.success(), String::from_utf8(text).unwrap())
    }

    fn granted(&self, words: &[&str]) -> String {
        let (good, text) = self.run(words);
        assert!(good, "{words:?}: {text}");
        text
    }

    fn refused(&self, words: &[&str]) -> String {
        let before = self.events();
        let (good, text) = self.run(words);
        assert!(!good, "{words:?}: {text}");
        assert_eq!(self.events(), before, "a refused import left facts");
        text
    }

    fn file(&self, name: &str, text: &str) -> String {
        let path = self.0.path().join(name);
        std::fs::write(&path, text).unwrap();
        path.to_str().unwrap().to_owned()
    }

    fn ledger(&self) -> Ledger {
        let home = Home::at(Path::new(&self.0.path().join("desk")));
        let mut silent = |_| {};
        let opening = super::kit::opening(&Clock::System, 1, &mut silent);
        Ledger::open(&home, Company::Beside, opening).unwrap()
    }

    fn events(&self) -> u64 {
        let ledger = self.ledger();
        let size = ledger.now(&Who::shell()).unwrap().next_seq().0;
        ledger.close().unwrap();
        size
    }

    fn verified(&self) {
        self.granted(&["verify"]);
    }
}

const TICKETS: &str = r#"{"tickets":[
{"id":35,"subject":"Where is  it?","status":"closed","priority":"high","type":"question",
 "requester_id":7,"created_at":"2019-04-02T09:00:00Z","updated_at":"2019-04-05T10:00:00Z",
 "tags":["late"],"description":"Where is it?"},
{"id":36,"subject":"Refund","status":"pending","requester_id":99,
 "created_at":"2019-05-02T09:00:00Z","comments":[
  {"id":901,"author_id":99,"public":true,"created_at":"2019-05-02T09:00:00Z","body":"Refund please"},
  {"id":902,"author_id":8,"public":false,"created_at":"2019-05-02T09:30:00Z",
   "body":"check the stock","attachments":[{"file_name":"stock.xlsx"}]}]},
{"id":37,"subject":"no time"}],"count":3}"#;
const PEOPLE: &str = r#"{"users":[
{"id":7,"name":"Ana Ruiz","email":"Ana@Example.com","phone":"+34 600 111 222","role":"end-user"},
{"id":8,"name":"Old Agent","email":"old@desk.example","role":"agent"}],
"organizations":[{"id":1,"name":"Acme"}]}"#;
const COMMENTS: &str = r#"{"id":801,"ticket_id":35,"author_id":8,"public":true,"created_at":"2019-04-03T09:00:00Z","body":"On its way"}
{"id":802,"ticket_id":777,"author_id":8,"public":true,"created_at":"2019-04-03T09:00:00Z","body":"lost"}
"#;

#[test]
fn zendesk_is_looked_through_taken_once_and_keeps_ids_and_times() {
    let shop = Shop::new();
    let all = [
        shop.file("comments.json", COMMENTS),
        shop.file("tickets.json", TICKETS),
        shop.file("people.json", PEOPLE),
    ];
    let files: Vec<&str> = all.iter().map(String::as_str).collect();
    let import = |more: &[&'static str]| {
        let mut words = vec!["import", "zendesk"];
        words.extend(more);
        words.extend(&files);
        shop.granted(&words)
    };
    let before = shop.events();
    let dry = import(&["--dry-run"]);
    assert!(
        dry.contains("2 tickets and 4 articles of Zendesk are new"),
        "{dry}"
    );
    assert!(dry.contains("tickets.json:10"), "{dry}");
    assert!(
        dry.contains("created_at is missing") && dry.contains("an organisation"),
        "{dry}"
    );
    assert!(dry.contains("whose ticket is in none of the files") && dry.contains("dry run"));
    assert_eq!(shop.events(), before);
    assert!(import(&[]).contains("imported 2 tickets and 4 articles"));
    let taken = shop.events();
    assert!(import(&[]).contains("nothing to import: all of it was taken before"));
    assert_eq!(shop.events(), taken);
    let ledger = shop.ledger();
    let who = Who::shell();
    let now = ledger.now(&who).unwrap();
    let first = tickets::get(&now, TicketId(1001)).unwrap();
    assert_eq!(first.title.as_deref(), Some("Where is it?"));
    assert_eq!(
        (first.status, first.tags),
        (Status::Closed, vec!["late".to_owned()])
    );
    assert_eq!(
        first.opened_at,
        Moment::parse("2019-04-02T09:00:00Z").unwrap()
    );
    let second = timeline::page(&now, Object::Ticket(TicketId(1002)), None, 9).unwrap();
    let articles: Vec<_> = second
        .iter()
        .filter_map(|entry| match entry {
            timeline::Entry::Article(article) => Some(article),
            timeline::Entry::Change(_) => None,
        })
        .collect();
    let [asked, noted] = articles.as_slice() else {
        panic!("two articles")
    };
    assert_eq!(asked.direction, "in");
    assert_eq!(asked.at, Moment::parse("2019-05-02T09:00:00Z").unwrap());
    assert_eq!(
        (noted.direction.as_str(), noted.author.as_deref()),
        ("note", Some("Old Agent"))
    );
    let event = audit::get(&now, noted.seq).unwrap();
    assert_eq!(event.entry.via.door.as_str(), "import");
    assert!(event.entry.at.0 > noted.at.0, "recorded now, said then");
    drop(now);
    ledger.close().unwrap();
    shop.verified();
}

#[test]
fn the_first_comment_of_a_zendesk_ticket_is_taken_once() {
    const TICKET: &str = r#"{"tickets":[{"id":35,"subject":"Where?","status":"open",
        "requester_id":7,"created_at":"2019-04-02T09:00:00Z","description":"Where  is it?"}]}"#;
    const FIRST: &str = r#"{"id":800,"ticket_id":35,"author_id":7,"created_at":"CAME",
        "plain_body":"Where\n is it?"}"#;
    const NEXT: &str = r#"{"id":801,"ticket_id":35,"author_id":8,"created_at":"2019-04-03T09:00:00Z",
        "body":"On its way"}"#;
    const AUDIT: &str = r#"{"id":500,"ticket_id":35,"author_id":7,
        "created_at":"2019-04-02T09:00:00Z","events":[
        {"id":800,"type":"Comment","public":true,"body":"Where is it? (with a file)"}]}"#;
    // In the same words, or at the same time.
    let first = FIRST
        .replace('\n', "")
        .replace("CAME", "2019-04-02T09:00:07Z");
    let comments = format!("{first}\n{}\n", NEXT.replace('\n', ""));
    let audit = format!("{}\n", AUDIT.replace('\n', ""));
    for (runs, articles) in [
        (vec![vec![comments.as_str(), TICKET]], 2),
        (vec![vec![TICKET, audit.as_str()]], 1),
        (vec![vec![TICKET, comments.as_str(), audit.as_str()]], 2),
        (vec![vec![TICKET], vec![comments.as_str()], vec![TICKET]], 2),
        (vec![vec![TICKET], vec![audit.as_str()]], 1),
    ] {
        let shop = Shop::new();
        for (n, run) in runs.iter().enumerate() {
            let all = run.iter().zip(0..);
            let all: Vec<String> = all
                .map(|(text, m)| shop.file(&format!("{n}-{m}.json"), text))
                .collect();
            let files = all.iter().map(String::as_str);
            let words: Vec<&str> = ["import", "zendesk"].into_iter().chain(files).collect();
            shop.granted(&words);
            assert!(
                shop.granted(&words).contains("nothing to import"),
                "{run:?}"
            );
        }
        let ledger = shop.ledger();
        let who = Who::shell();
        let now = ledger.now(&who).unwrap();
        let all = timeline::page(&now, Object::Ticket(TicketId(1001)), None, 9).unwrap();
        let said = all
            .iter()
            .filter(|entry| matches!(entry, timeline::Entry::Article(_)));
        assert_eq!(said.count(), articles, "{runs:?}");
        drop(now);
        ledger.close().unwrap();
        shop.verified();
    }
}

#[test]
fn zammad_articles_come_by_sender_and_lock() {
    let shop = Shop::new();
    let file = shop.file(
        "zammad.json",
        r#"[{"id":5,"number":"63001","title":"Printer","customer_id":3,"customer":"zoe@example.com",
        "state":"open","priority":"3 high","created_at":"2020-01-01T10:00:00.000Z","articles":[
        {"id":50,"ticket_id":5,"sender":"Customer","from":"Zoe","body":"<p>it <b>smokes</b></p>",
         "content_type":"text/html","internal":false,"created_at":"2020-01-01T10:00:00.000Z"},
        {"id":51,"ticket_id":5,"sender":"Agent","body":"&amp; burns","internal":true,
         "created_at":"2020-01-01T11:00:00.000Z"}]}]"#,
    );
    assert!(
        shop.granted(&["import", "zammad", &file])
            .contains("1 tickets and 2 articles")
    );
    shop.verified();
}

#[test]
fn a_file_cut_in_half_is_refused_or_taken_up_to_the_last_whole() {
    let shop = Shop::new();
    let half = TICKETS.rfind("{\"id\":37").unwrap() + 5;
    let file = shop.file("half.json", &TICKETS[..half]);
    let told = shop.refused(&["import", "zendesk", &file]);
    assert!(
        told.contains("is cut off after line 9") && told.contains("--up-to-last-whole"),
        "{told}"
    );
    shop.refused(&["import", "zendesk", "nowhere.json"]);
    let noise = shop.file("noise.json", "hello");
    assert!(
        shop.refused(&["import", "zendesk", &noise])
            .contains("line 1 is not JSON")
    );
    let told = shop.granted(&["import", "zendesk", "--up-to-last-whole", &file]);
    assert!(told.contains("imported 2 tickets and 3 articles"), "{told}");
    // The whole file later: only what is new.
    let whole = shop.file("whole.json", TICKETS);
    assert!(
        shop.granted(&["import", "zendesk", &whole])
            .contains("nothing to import")
    );
    shop.verified();
}

#[test]
fn an_exported_chat_becomes_a_closed_conversation() {
    let shop = Shop::new();
    let line = [
        "channel",
        "add",
        "whatsapp",
        "shop",
        "--phone-number-id",
        "1",
        "--waba-id",
        "2",
        "--token",
        "t",
        "--app-secret",
        "s",
        "--verify-token",
        "v",
    ];
    shop.granted(&line);
    let chat = "\u{200e}[13/06/2018, 21:25:15] Noor Shop: \u{200e}Messages are encrypted\r\n\
        [13/06/2018, 21:26:00] +34 600 111 222: hola\r\n\r\nsecond line\r\n\
        [13/06/2018, 21:26:00] +34 600 111 222: ok\r\n\
        [13/06/2018, 21:26:00] +34 600 111 222: ok\r\n\
        [13/06/2018, 21:27:00] Noor Shop: <attached: 0001-PHOTO.jpg>\r\n";
    let file = shop.file("_chat.txt", chat);
    let start = [
        "import",
        "whatsapp-chat",
        "--channel",
        "shop",
        "--zone",
        "Europe/Madrid",
    ];
    let with = |more: &[&'static str]| -> Vec<&str> {
        start
            .iter()
            .chain(more)
            .copied()
            .chain([file.as_str()])
            .collect()
    };
    assert!(
        shop.refused(&with(&["--us", "Nobody"]))
            .contains("several people")
    );
    let us = ["--us", "Noor Shop"];
    let told = shop.granted(&with(&us));
    assert!(
        told.contains("imported 5 messages, 1 conversations are new"),
        "{told}"
    );
    assert!(shop.granted(&with(&us)).contains("nothing to import"));
    let longer = format!("{chat}[14/06/2018, 09:00:00] +34 600 111 222: gracias\r\n");
    shop.file("_chat.txt", &longer);
    let told = shop.granted(&with(&us));
    assert!(
        told.contains("imported 1 messages, 0 conversations are new"),
        "{told}"
    );
    shop.file("_chat.txt", &format!("{longer}[14/0"));
    assert!(shop.refused(&with(&us)).contains("is cut off in line 9"));
    let ledger = shop.ledger();
    let who = Who::shell();
    let now = ledger.now(&who).unwrap();
    let talk = conversations::get(&now, ConversationId(1)).unwrap();
    assert_eq!(talk.status, trailbox::domain::conversation::Status::Closed);
    assert_eq!(talk.last_at, Moment::parse("2018-06-14T07:00:00Z").unwrap());
    assert_eq!(talk.waiting_since, None);
    let page = timeline::page(&now, Object::Conversation(ConversationId(1)), None, 20).unwrap();
    let first = page
        .iter()
        .find(|entry| matches!(entry, timeline::Entry::Article(_)));
    assert!(first.is_some_and(|entry| entry.seq() > Seq(0)));
    drop(now);
    ledger.close().unwrap();
    shop.verified();
}

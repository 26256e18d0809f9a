//! Writing an e-mail: whom it goes to, what it is about, what stands under it; answering one,
//! answering all, passing on.

use crate::channels::email::compose::{mailboxes, quote, subject};
use crate::config::MIB;
use crate::desk::conversations::{self, Conversation};
use crate::desk::letters::{self, Shown};
use crate::desk::{channels, mailboxes as boxes};
use crate::domain::id::{ConversationId, Seq};
use crate::domain::message::email::Mailbox;
use crate::domain::moment::Moment;
use crate::error::{Refusal, Result};
use crate::jobs::email::{Written, answers, write};
use crate::ledger::Now;
use crate::web::thread::view;
use crate::web::visit::Visit;
use serde::Serialize;

/// The longest letter written here. **Unit:** characters.
const WORDS_MAX: usize = 100_000;
/// Letters of a thread that are looked at for what to answer.
const LOOKED_AT: u32 = 20;

/// The part of the composer only e-mail has.
#[derive(Debug, Clone, Serialize)]
pub struct LetterForm {
    /// `one`, `all` or `forward`.
    pub answer: &'static str,
    /// The ways of answering: word, name, address.
    pub ways: Vec<(&'static str, &'static str, String)>,
    /// Whom it goes to.
    pub to: String,
    /// Who gets a copy.
    pub cc: String,
    /// Who gets a copy nobody sees.
    pub bcc: String,
    /// What it is about.
    pub subject: String,
    /// What stands under it.
    pub signature: String,
    /// What is answered stands below that.
    pub quotes: bool,
}

/// Whether a thread is one of e-mails.
pub fn is_email(now: &Now<'_>, present: &Conversation) -> Result<bool> {
    Ok(channels::get(now, present.channel)?.kind == "email")
}

/// What is to be sent, by the sort of thread.
pub enum Wished {
    /// A message of a chat.
    Message(crate::desk::articles::Reply),
    /// An e-mail.
    Letter(letters::Reply),
}

/// What the form wishes to send.
pub fn wished(visit: &Visit<'_>, id: ConversationId) -> Result<Wished> {
    let now = visit.now()?;
    if is_email(&now, &conversations::get(&now, id)?)? {
        return wish(visit, id).map(Wished::Letter);
    }
    super::compose::wish_reply(visit, id).map(Wished::Message)
}

/// The form as it is shown; what was typed stays.
pub fn form(
    visit: &Visit<'_>,
    now: &Now<'_>,
    present: &Conversation,
    refused: bool,
) -> Result<LetterForm> {
    let way = way(visit);
    let shown = letters::newest(now, present.id, LOOKED_AT)?;
    let basis = basis(&shown);
    let own = boxes::config(now, present.channel)?.address;
    let (to, cc) = receivers(basis, way, &own);
    let about = about(basis, present, way);
    let words = |all: Vec<Mailbox>| {
        all.iter()
            .map(Mailbox::words)
            .collect::<Vec<_>>()
            .join(", ")
    };
    let typed = |name: &str, otherwise: String| {
        if refused {
            visit.field(name).to_owned()
        } else {
            otherwise
        }
    };
    let ways = [
        ("one", "Reply"),
        ("all", "Reply to all"),
        ("forward", "Forward"),
    ];
    Ok(LetterForm {
        answer: way,
        ways: ways
            .map(|(word, name)| (word, name, view::with(visit, &[("answer", word)])))
            .into(),
        to: typed("to", words(to)),
        cc: typed("cc", words(cc)),
        bcc: typed("bcc", String::new()),
        subject: typed("subject", about),
        signature: boxes::signature(now, present.id)?,
        quotes: basis.is_some(),
    })
}

/// The letter as it is wished.
///
/// **Refuses:** no words and no files, wrong addresses, what is too large.
pub fn wish(visit: &Visit<'_>, id: ConversationId) -> Result<letters::Reply> {
    let now = visit.now()?;
    let present = conversations::open(&now, id)?;
    let way = way(visit);
    let shown = letters::newest(&now, id, LOOKED_AT)?;
    let basis = basis(&shown);
    let said = visit.field("text").replace("\r\n", "\n").trim().to_owned();
    if said.chars().count() > WORDS_MAX {
        let text = format!("an e-mail written here has at most {WORDS_MAX} characters");
        return Err(Refusal::invalid(text).at("text").into());
    }
    let mut files = Vec::new();
    for upload in visit.form.files("file") {
        let most = crate::channels::email::compose::FILES_MAX;
        if upload.len > most as u64 {
            let text = format!("a file has at most {} MB", most / MIB);
            return Err(Refusal::invalid(text).at("file").into());
        }
        let bytes = upload.read(most)?;
        let mime = crate::jobs::media_type(&bytes);
        files.push((
            crate::channels::email::text::file_name(&upload.name),
            mime,
            bytes,
        ));
    }
    if way == "forward"
        && let Some(shown) = basis
        && let Some(raw) = channels::bytes(&now, shown.raw, "raw")?
    {
        files.push(("original.eml".to_owned(), "message/rfc822".to_owned(), raw));
    }
    if said.is_empty() && files.is_empty() {
        return Err(Refusal::invalid("the e-mail is empty").at("text").into());
    }
    let given = visit.field("subject").trim().to_owned();
    let written = Written {
        to: mailboxes(visit.field("to"), "to")?,
        cc: mailboxes(visit.field("cc"), "cc")?,
        bcc: mailboxes(visit.field("bcc"), "bcc")?,
        subject: if given.is_empty() {
            about(basis, &present, way)
        } else {
            given
        },
        said,
        signature: boxes::signature(&now, id)?,
        history: basis
            .map(|shown| quote(&shown.email, &when(shown.sent_at)))
            .unwrap_or_default(),
        answers: basis.map(|shown| answers(&shown.email)).unwrap_or_default(),
        files,
        automatic: false,
    };
    let mut reply = write(&now, present.channel, id, written)?;
    let seen = visit.field("seen").parse().ok().map(Seq);
    reply.seen = seen.filter(|_| visit.field("confirmed") != "yes");
    Ok(reply)
}

fn way(visit: &Visit<'_>) -> &'static str {
    let asked = visit.form.get("answer").or_else(|| visit.query("answer"));
    match asked {
        Some("all") => "all",
        Some("forward") => "forward",
        _ => "one", // what is meant unless something else is said
    }
}

/// The letter that is answered: the customer's newest, else our own newest.
fn basis(shown: &[Shown]) -> Option<&Shown> {
    let by_person = |shown: &&Shown| shown.inbound && shown.email.automatic.is_none();
    shown.iter().find(by_person).or_else(|| shown.first())
}

fn receivers(basis: Option<&Shown>, way: &str, own: &str) -> (Vec<Mailbox>, Vec<Mailbox>) {
    let Some(shown) = basis.filter(|_| way != "forward") else {
        return (Vec::new(), Vec::new());
    };
    let email = &shown.email;
    if !shown.inbound {
        return (
            email.to.clone(),
            if way == "all" {
                email.cc.clone()
            } else {
                Vec::new()
            },
        );
    }
    let to: Vec<Mailbox> = email.answer_to().cloned().into_iter().collect();
    if way != "all" {
        return (to, Vec::new());
    }
    let local = own.split('@').next().unwrap_or_default();
    let ours = |address: &str| {
        let address = address.to_lowercase();
        address == own || address.starts_with(&format!("{local}+"))
    };
    let mut cc: Vec<Mailbox> = Vec::new();
    for one in email.to.iter().chain(&email.cc) {
        let known = |other: &Mailbox| other.address.eq_ignore_ascii_case(&one.address);
        if one.address.contains('@') && !ours(&one.address) && !to.iter().chain(&cc).any(known) {
            cc.push(one.clone());
        }
    }
    (to, cc)
}

fn about(basis: Option<&Shown>, present: &Conversation, way: &str) -> String {
    let of = basis.map_or("", |shown| shown.email.subject.as_str());
    let mark = if way == "forward" { "Fwd" } else { "Re" };
    subject(of, mark, letters::ticket_of(present))
}

fn when(at: Moment) -> String {
    let at = at.utc();
    let (hour, minute) = (at.hour(), at.minute());
    format!(
        "{} {} {} at {hour:02}:{minute:02} UTC",
        at.day(),
        at.month(),
        at.year()
    )
}

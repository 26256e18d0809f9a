//! A desk for tests, in a folder of its own, with a clock set by hand and foreseeable chance. When it
//! goes it is inspected: the chain verifies, and a rebuild gives the same tables.

#![allow(dead_code)] // each area uses its share

use std::cell::Cell;
use std::path::PathBuf;
use tempfile::TempDir;
use trailbox::channels::whatsapp::parse::parse;
use trailbox::desk;
use trailbox::domain::actor::{Actor, Door, Who};
use trailbox::domain::event::{Event, Fact};
use trailbox::domain::id::{ChannelId, ConversationId, MemberId, Seq, TicketId};
use trailbox::domain::member::Role;
use trailbox::domain::message::{Content, Text};
use trailbox::domain::moment::Moment;
use trailbox::error::{Refusal, Result};
use trailbox::ledger::verify::{Options, Report, verify};
use trailbox::ledger::{Chance, Clock, Home, Ledger, Now, Opening, Receipt};

/// The instant at which every test begins: 2026-11-22T03:00:00Z.
pub const NOW: Moment = Moment(1_795_316_400_000);

/// A desk that is inspected when it goes.
pub struct Kit {
    /// Its memory.
    pub ledger: Ledger,
    /// Its clock.
    pub clock: Clock,
    /// Its folder; gone with it.
    pub folder: TempDir,
    /// Messages and calls made so far, for ids of their own.
    made: Cell<u64>,
}

/// An opening with the given clock and chance from the given seed.
pub fn opening<'a>(clock: &Clock, seed: u64, progress: &'a mut dyn FnMut(u64)) -> Opening<'a> {
    Opening {
        apply: desk::apply,
        follow: desk::follow,
        clock: clock.clone(),
        chance: Chance::Seeded(fastrand::Rng::with_seed(seed)),
        progress,
    }
}

/// What one of our own payloads holds, by name.
pub fn payload(name: &str) -> Vec<u8> {
    let path = format!(
        "{}/tests/fixtures/whatsapp/{name}.json",
        env!("CARGO_MANIFEST_DIR")
    );
    std::fs::read(path).unwrap()
}

/// The names of our own payloads, in order.
pub fn payloads() -> Vec<String> {
    let folder = PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("tests/fixtures/whatsapp");
    let mut names: Vec<String> = std::fs::read_dir(folder)
        .unwrap()
        .map(|file| file.unwrap().path())
        .filter(|path| path.extension().is_some_and(|ending| ending == "json"))
        .map(|path| path.file_stem().unwrap().to_string_lossy().into_owned())
        .collect();
    names.sort();
    names
}

/// Verifies the desk in a folder as thoroughly as can be.
pub fn verified(home: &Home) -> Report {
    verify(home, desk::apply, &Options::default()).unwrap()
}

impl Kit {
    /// A new desk.
    pub fn new() -> Self {
        let folder = tempfile::Builder::new()
            .prefix("trailbox-test-")
            .tempdir()
            .unwrap();
        let clock = Clock::hand(NOW);
        let home = Home::at(folder.path());
        let ledger = Ledger::create(&home, "Noor & Mar", opening(&clock, 1, &mut |_| {})).unwrap();
        Kit {
            ledger,
            clock,
            folder,
            made: Cell::new(0),
        }
    }

    /// Its data folder.
    pub fn home(&self) -> &Home {
        self.ledger.home()
    }

    /// Closes the desk and opens it again.
    pub fn reopen(&mut self) {
        self.ledger.close().unwrap();
        let (home, clock) = (self.home().clone(), self.clock.clone());
        // The lock is let go with the last handle of the old ledger.
        let other = tempfile::tempdir().unwrap();
        let stand_in = Ledger::create(
            &Home::at(other.path()),
            "stand-in",
            opening(&clock, 2, &mut |_| {}),
        );
        drop(std::mem::replace(&mut self.ledger, stand_in.unwrap()));
        let alone = trailbox::ledger::Company::Alone;
        self.ledger = Ledger::open(&home, alone, opening(&clock, 3, &mut |_| {})).unwrap();
    }

    /// Lets time pass.
    pub fn later(&self, ms: i64) {
        self.clock.set(self.clock.now().plus_ms(ms));
    }

    /// A number that was not given before.
    pub fn number(&self) -> u64 {
        self.made.set(self.made.get() + 1);
        self.made.get()
    }

    /// How many events there are.
    pub fn events(&self) -> u64 {
        self.ask(|now| Ok(now.next_seq().0)).unwrap()
    }

    /// Asks the present.
    pub fn ask<T>(&self, question: impl FnOnce(&Now<'_>) -> Result<T>) -> Result<T> {
        let who = Who::shell();
        question(&self.ledger.now(&who)?)
    }

    /// When somebody wishes: what came of it.
    pub fn wish(
        &self,
        who: &Who,
        wish: impl FnOnce(&Now<'_>) -> Result<Vec<Fact>> + Send + 'static,
    ) -> Result<Receipt> {
        self.later(7);
        self.ledger.record(who, wish)
    }

    /// When somebody wishes what is granted: the facts.
    pub fn done(
        &self,
        who: &Who,
        wish: impl FnOnce(&Now<'_>) -> Result<Vec<Fact>> + Send + 'static,
    ) -> Vec<(Seq, Event)> {
        self.wish(who, wish).unwrap().facts
    }

    /// When somebody wishes what is refused: the refusal, and no fact was recorded.
    pub fn refused(
        &self,
        who: &Who,
        wish: impl FnOnce(&Now<'_>) -> Result<Vec<Fact>> + Send + 'static,
    ) -> Refusal {
        let before = self.events();
        let error = self
            .wish(who, wish)
            .expect_err("the wish should be refused");
        assert_eq!(self.events(), before, "a refused wish left facts");
        error
            .refusal()
            .unwrap_or_else(|| panic!("not a refusal: {error}"))
            .clone()
    }

    /// Given a member who works here.
    pub fn member(&self, name: &str, role: Role) -> Who {
        let email = format!("{}@noor.example", name.to_lowercase());
        let given = name.to_owned();
        let digest = "$argon2id$v=19$m=8,t=1,p=1$c2FsdHNhbHQ$AAAA".to_owned();
        let wish = move |now: &Now<'_>| desk::members::add(now, &given, &email, role, Some(digest));
        self.done(&Who::shell(), wish);
        let members = self.ask(desk::members::list).unwrap();
        let id = members
            .iter()
            .map(|member| member.id)
            .max_by_key(|id| id.0)
            .unwrap();
        member(id, name, role)
    }

    /// Given a connected WhatsApp number.
    pub fn channel(&self, name: &str) -> ChannelId {
        let number = self.number();
        let wanted = desk::channels::Wanted {
            name: name.to_owned(),
            title: format!("WhatsApp {name}"),
            config: desk::channels::Config {
                phone_number_id: format!("21098765432100{number}"),
                waba_id: "310987654321000".to_owned(),
                display_number: "447700900100".to_owned(),
                base_url: "http://127.0.0.1:1".to_owned(),
                version: "v23.0".to_owned(),
            },
            secret: desk::channels::Secret {
                token: format!("token-{number}"),
                app_secret: format!("secret-{number}"),
                verify_token: format!("verify-{number}"),
            },
            group: None,
        };
        self.done(&Who::shell(), move |now| desk::channels::add(now, wanted));
        let channels = self.ask(desk::channels::list).unwrap();
        channels
            .iter()
            .map(|channel| channel.id)
            .max_by_key(|id| id.0)
            .unwrap()
    }

    /// When a provider sends a body: it is kept, then read; answers the facts of both.
    pub fn hears(&self, channel: ChannelId, body: &[u8]) -> Vec<(Seq, Event)> {
        let who = provider(channel);
        let (digest, bytes) = (digest(body), body.to_vec());
        let mut facts = self.done(&who, move |now| {
            desk::channels::keep_payload(now, channel, digest, bytes)
        });
        let Some((payload, _)) = facts.first().cloned() else {
            return facts;
        };
        let updates = match parse(body, self.clock.now()) {
            Ok(updates) => updates,
            Err(unreadable) => {
                let why = unreadable.why;
                let wish = move |_: &Now<'_>| {
                    Ok(vec![desk::channels::payload_unreadable(
                        channel, payload, &why,
                    )])
                };
                facts.extend(self.done(&who, wish));
                return facts;
            }
        };
        let count = updates.len() as u64;
        for update in updates {
            facts.extend(self.done(&who, move |now| {
                desk::intake::receive(now, channel, payload, &update)
            }));
        }
        facts.extend(self.done(&who, move |now| {
            desk::channels::payload_read(now, payload, count)
        }));
        facts
    }

    /// When a customer with this number writes: the conversation it belongs to.
    pub fn writes(&self, channel: ChannelId, wa_id: &str, text: &str) -> ConversationId {
        let id = format!("wamid.KIT{}", self.number());
        let body = serde_json::json!({"object": "whatsapp_business_account", "entry": [{
            "id": "310987654321000",
            "changes": [{"field": "messages", "value": {
                "messaging_product": "whatsapp",
                "metadata": {"phone_number_id": "210987654321001"},
                "contacts": [{"profile": {"name": format!("Customer {wa_id}")}, "wa_id": wa_id}],
                "messages": [{"id": id, "from": wa_id, "type": "text",
                    "timestamp": (self.clock.now().0 / 1000).to_string(),
                    "text": {"body": text}}],
            }}],
        }]});
        let facts = self.hears(channel, body.to_string().as_bytes());
        conversation_of(&facts).expect("a message belongs to a conversation")
    }

    /// A reply with nothing special about it.
    pub fn reply(&self, conversation: ConversationId, text: &str) -> desk::articles::Reply {
        desk::articles::Reply {
            conversation,
            content: Content::Text(Text {
                text: text.to_owned(),
            }),
            file: None,
            reply_to: None,
            tag: format!("tag-{}", self.number()),
            seen: None,
        }
    }

    /// When a ticket is opened.
    pub fn ticket(&self, who: &Who, wanted: desk::tickets::Wanted) -> TicketId {
        let facts = self.done(who, move |now| desk::tickets::open(now, wanted));
        let opened = facts.iter().find_map(|(_, event)| match event {
            Event::Ticket(trailbox::domain::event::TicketEvent::Opened { ticket, .. }) => {
                Some(*ticket)
            }
            _ => None,
        });
        opened.expect("opening a ticket opens one")
    }

    /// Then nothing is wrong with the desk.
    pub fn inspect(&self) {
        let report = verified(self.home());
        if !report.is_clean() {
            let mut text = Vec::new();
            report.print(&mut text).unwrap();
            panic!("the desk is not clean:\n{}", String::from_utf8_lossy(&text));
        }
        assert_eq!(report.events, self.events());
        let differences = self.ask(|now| desk::sla::recount::check(now, 500)).unwrap();
        assert!(differences.is_empty(), "{}", differences.join("\n"));
    }
}

impl Drop for Kit {
    fn drop(&mut self) {
        if !std::thread::panicking() {
            self.inspect();
        }
    }
}

/// A member who acts through a page.
pub fn member(id: MemberId, name: &str, role: Role) -> Who {
    let name = name.to_owned();
    Who::of(
        Actor::Member { id, name, role },
        Door::Web,
        Some("r-1".to_owned()),
    )
}

/// The provider, calling a webhook.
pub fn provider(channel: ChannelId) -> Who {
    Who::of(Actor::Provider { id: channel }, Door::Webhook, None)
}

/// Hex SHA-256 of bytes.
pub fn digest(bytes: &[u8]) -> String {
    use sha2::Digest;
    data_encoding::HEXLOWER.encode(&sha2::Sha256::digest(bytes))
}

/// The conversation a received message went to.
pub fn conversation_of(facts: &[(Seq, Event)]) -> Option<ConversationId> {
    use trailbox::domain::event::ArticleEvent;
    facts.iter().find_map(|(_, event)| match event {
        Event::Article(ArticleEvent::Received { conversation, .. }) => Some(*conversation),
        _ => None,
    })
}

/// The newest article among facts.
pub fn article_of(facts: &[(Seq, Event)]) -> Option<Seq> {
    use trailbox::domain::event::ArticleEvent;
    facts.iter().rev().find_map(|(seq, event)| match event {
        Event::Article(
            ArticleEvent::Received { .. }
            | ArticleEvent::Queued { .. }
            | ArticleEvent::Noted { .. },
        ) => Some(*seq),
        _ => None,
    })
}

//! A random walk: wishes of every sort, granted and refused, sensible and not, with erasures,
//! restarts and a clock that steps. Afterwards the desk passes the same inspection as any other. The seed is
//! printed; `TRAILBOX_SEED` walks it again, `TRAILBOX_LONG=1` walks ten thousand steps.

use crate::kit::{Kit, article_of, payload, payloads, provider};
use trailbox::desk;
use trailbox::domain::actor::{Door, Who};
use trailbox::domain::conversation::{Status, Summary};
use trailbox::domain::event::{Fact, Origin};
use trailbox::domain::id::{ChannelId, ContactId, ConversationId, MemberId, Object, Seq, TicketId};
use trailbox::domain::member::Role;
use trailbox::domain::moment::{HOUR_MS, MINUTE_MS};
use trailbox::domain::ticket::{Link, Priority, Status as Step, Wait};
use trailbox::error::Result;
use trailbox::ledger::{Now, Wish};

struct Walker {
    kit: Kit,
    dice: fastrand::Rng,
    staff: Vec<Who>,
    channel: ChannelId,
    conversations: u64,
    tickets: u64,
    articles: Vec<Seq>,
    granted: u64,
    refused: u64,
}

#[test]
fn a_random_walk_leaves_a_clean_desk() {
    let seed = std::env::var("TRAILBOX_SEED")
        .ok()
        .and_then(|seed| seed.parse().ok());
    let seed = seed.unwrap_or_else(|| fastrand::u64(..));
    println!("TRAILBOX_SEED={seed}");
    let steps = if std::env::var_os("TRAILBOX_LONG").is_some() {
        10_000
    } else {
        400
    };
    let mut walker = Walker::set_out(seed);
    for step in 0..steps {
        walker.step();
        if step % 100 == 99 {
            walker.forget();
        }
        if step % (steps / 3) == steps / 3 - 1 {
            walker.kit.inspect();
        }
    }
    println!(
        "{} granted, {} refused, {} events",
        walker.granted,
        walker.refused,
        walker.kit.events()
    );
    assert!(
        walker.granted > walker.refused / 4,
        "most wishes were refused"
    );
    assert!(walker.refused > 10, "hardly a wish was refused");
}

/// A desk after a walk of so many steps.
pub fn walked(seed: u64, steps: usize) -> Kit {
    let mut walker = Walker::set_out(seed);
    for _ in 0..steps {
        walker.step();
    }
    walker.kit
}

impl Walker {
    fn set_out(seed: u64) -> Self {
        let kit = Kit::new();
        let staff = vec![
            kit.member("Noor", Role::Owner),
            kit.member("Mar", Role::Lead),
            kit.member("Ada", Role::Agent),
            kit.member("Ben", Role::Agent),
            kit.member("Eve", Role::Auditor),
        ];
        let channel = kit.channel("shop");
        Walker {
            kit,
            dice: fastrand::Rng::with_seed(seed),
            staff,
            channel,
            conversations: 1,
            tickets: 1,
            articles: Vec::new(),
            granted: 0,
            refused: 0,
        }
    }

    fn step(&mut self) {
        match self.dice.u8(0..28) {
            0..4 => self.customer(),
            4..13 => self.conversation(),
            13..17 => self.ticket(),
            17..19 => self.people(),
            19..21 => self.outbox(),
            21 => self.world(),
            22 => self.together(),
            23..27 => self.joins(),
            _ => self.time(),
        }
    }

    /// Somebody wants to be forgotten, or wants a message to be.
    fn forget(&mut self) {
        use desk::privacy::{self, Wanted};
        use trailbox::domain::privacy::{Ground, Subject};
        let subject = match self.dice.u8(0..2) {
            0 => Subject::Contact(ContactId(self.dice.u64(1..=self.conversations))),
            _ => Subject::Article(self.some_article()),
        };
        let wanted = Wanted {
            subject,
            kinds: Vec::new(),
            ground: Ground::Request,
            words: "a letter".to_owned(),
        };
        let (who, before) = (self.anybody(), self.kit.events());
        self.kit.later(7);
        let wish = move |now: &Now<'_>| privacy::erase(now, &wanted);
        match self.kit.ledger.erase(&who, wish) {
            Ok(_) => self.granted += 1,
            Err(error) => {
                self.refused += 1;
                assert!(error.refusal().is_some(), "a fault: {error}");
                assert_eq!(self.kit.events(), before, "a refused erasure left facts");
            }
        }
    }

    fn wish(
        &mut self,
        who: &Who,
        wish: impl FnOnce(&Now<'_>) -> Result<Vec<Fact>> + Send + 'static,
    ) {
        let before = self.kit.events();
        match self.kit.wish(who, wish) {
            Ok(receipt) => {
                self.granted += 1;
                self.articles.extend(article_of(&receipt.facts));
            }
            Err(error) => {
                self.refused += 1;
                assert!(error.refusal().is_some(), "a fault: {error}");
                assert_eq!(
                    self.kit.events(),
                    before,
                    "a refused wish left facts: {error}"
                );
            }
        }
    }

    fn anybody(&mut self) -> Who {
        let place = self.dice.usize(0..self.staff.len());
        self.staff[place].clone()
    }

    fn some_conversation(&mut self) -> ConversationId {
        ConversationId(self.dice.u64(1..=self.conversations + 1))
    }

    fn some_article(&mut self) -> Seq {
        match self.articles.len() {
            0 => Seq(3),
            many => self.articles[self.dice.usize(0..many)],
        }
    }

    fn customer(&mut self) {
        let number = format!("3460000{:02}", self.dice.u8(0..30));
        let words = [
            "hello?",
            "مرحبا",
            "¿dónde está?",
            "👍🏽",
            "it broke \"again\"\n\\o/",
        ];
        let text = words[self.dice.usize(0..words.len())];
        let conversation = self.kit.writes(self.channel, &number, text);
        self.conversations = self.conversations.max(conversation.0);
        self.granted += 1;
    }

    fn conversation(&mut self) {
        use desk::{articles, conversations};
        let (who, id) = (self.anybody(), self.some_conversation());
        let other = MemberId(self.dice.u64(1..8));
        match self.dice.u8(0..14) {
            0 | 1 => self.wish(&who, move |now| conversations::take(now, id, "")),
            2 | 3 => {
                let mut reply = self.kit.reply(id, "we are on it");
                reply.reply_to = self.dice.bool().then(|| self.some_article());
                reply.seen = self.dice.bool().then(|| self.some_article());
                self.wish(&who, move |now| articles::reply(now, reply));
            }
            4 => self.wish(&who, move |now| {
                articles::note(now, Object::Conversation(id), "hm")
            }),
            5 => self.wish(&who, move |now| {
                conversations::assign(now, id, other, "yours now")
            }),
            6 => self.wish(&who, move |now| conversations::release(now, id, "lunch")),
            7 => {
                let summary = Summary {
                    issue: "late".to_owned(),
                    outcome: ["delivered", ""][self.dice.usize(0..2)].to_owned(),
                    ..Summary::default()
                };
                self.wish(&who, move |now| conversations::close(now, id, summary));
            }
            8 => self.wish(&who, move |now| conversations::reopen(now, id)),
            9 => {
                let tags = ["", "late", "late, vip", "x, y, z"][self.dice.usize(0..4)];
                self.wish(&who, move |now| conversations::tag(now, id, tags));
            }
            10 => {
                let level = self.dice.u8(0..5);
                self.wish(&who, move |now| {
                    conversations::escalate(now, id, level, "angry")
                });
            }
            11 => {
                let until = self
                    .kit
                    .clock
                    .now()
                    .plus_ms(self.dice.i64(-HOUR_MS..HOUR_MS));
                self.wish(&who, move |now| conversations::snooze(now, id, Some(until)));
            }
            12 => {
                let to = Status::ALL[self.dice.usize(0..4)];
                self.wish(&who, move |now| conversations::change_status(now, id, to));
            }
            _ => self.wish(&who, move |now| conversations::view(now, id)),
        }
    }

    fn ticket(&mut self) {
        use desk::tickets::{self, Wanted};
        let who = self.anybody();
        let (id, conversation) = (
            TicketId(1000 + self.dice.u64(1..=self.tickets)),
            self.some_conversation(),
        );
        let other = MemberId(self.dice.u64(1..8));
        match self.dice.u8(0..9) {
            0 | 1 => {
                let wanted = Wanted {
                    conversation: self.dice.bool().then_some(conversation),
                    title: ["Parcel lost", ""][self.dice.usize(0..2)].to_owned(),
                    ..Wanted::default()
                };
                let before = self.granted;
                self.wish(&who, move |now| tickets::open(now, wanted));
                self.tickets += self.granted - before;
            }
            2 | 3 => {
                let to = Step::ALL[self.dice.usize(0..Step::ALL.len())];
                let wait = self.dice.bool().then(|| Wait {
                    whom: "Fast Parcel".to_owned(),
                    reference: "F1".to_owned(),
                    expected_on: ["2026-12-01", "soon"][self.dice.usize(0..2)].to_owned(),
                });
                self.wish(&who, move |now| {
                    tickets::change_status(now, id, to, wait, "solved")
                });
            }
            4 => self.wish(&who, move |now| tickets::take(now, id, "mine")),
            5 => self.wish(&who, move |now| tickets::assign(now, id, other, "yours")),
            6 => self.wish(&who, move |now| tickets::attach(now, id, conversation)),
            7 => self.wish(&who, move |now| {
                tickets::change_fields(now, id, Priority::Urgent, "", None)
            }),
            _ => self.wish(&who, move |now| tickets::tag(now, id, "vip")),
        }
    }

    /// What belongs together, and does not any more.
    fn joins(&mut self) {
        use desk::contacts::{merging, profile};
        use desk::tickets::{Wanted, joins};
        let who = self.anybody();
        let ticket = |dice: &mut fastrand::Rng, most| TicketId(1000 + dice.u64(1..=most));
        let (one, two) = (
            ticket(&mut self.dice, self.tickets),
            ticket(&mut self.dice, self.tickets),
        );
        let (mine, other) = (
            ContactId(self.dice.u64(1..30)),
            ContactId(self.dice.u64(1..30)),
        );
        let link = Link::ALL[self.dice.usize(0..3)];
        match self.dice.u8(0..12) {
            0 => self.wish(&who, move |now| joins::merge(now, one, two)),
            1 => self.wish(&who, move |now| joins::unmerge(now, one)),
            2 => self.wish(&who, move |now| joins::link(now, one, two, link)),
            3 => self.wish(&who, move |now| joins::unlink(now, one, two)),
            4 | 5 => {
                let (talk, article) = (self.some_conversation(), self.some_article());
                let from = match self.dice.bool() {
                    true => Object::Conversation(talk),
                    false => Object::Ticket(one),
                };
                let wanted = Wanted {
                    title: "Split off".to_owned(),
                    ..Wanted::default()
                };
                let before = self.granted;
                self.wish(&who, move |now| {
                    joins::split(now, from, vec![article], wanted)
                });
                self.tickets += self.granted - before;
            }
            6 => self.wish(&who, move |now| joins::rejoin(now, one)),
            7 => self.wish(&who, move |now| merging::merge(now, mine, other)),
            8 => self.wish(&who, move |now| merging::unmerge(now, mine)),
            9 => self.wish(&who, move |now| profile::block(now, mine, "spam")),
            10 => self.wish(&who, move |now| profile::unblock(now, mine)),
            _ => self.wish(&who, move |now| {
                profile::add_identity(now, mine, "email", "a@shop.example")
            }),
        }
    }

    fn people(&mut self) {
        use desk::{groups, members, sessions, settings};
        let (who, member) = (self.anybody(), MemberId(self.dice.u64(1..8)));
        let number = self.kit.number();
        let origin = Origin {
            address: "192.0.2.1".to_owned(),
            agent: "Browser".to_owned(),
        };
        match self.dice.u8(0..8) {
            0 => self.wish(&who, move |now| {
                let email = format!("m{}@noor.example", number % 3);
                members::add(now, "Kim", &email, Role::Agent, None)
            }),
            1 => self.wish(&who, move |now| members::deactivate(now, member, "left")),
            2 => self.wish(&who, move |now| members::reactivate(now, member)),
            3 => self.wish(&who, move |now| {
                members::change_role(now, member, Role::Lead)
            }),
            4 => self.wish(&who, move |now| {
                groups::add(now, &format!("Group {}", number % 4))
            }),
            5 => {
                let session = format!("{number:064x}");
                self.wish(&who, move |now| {
                    sessions::log_in(now, member, session, origin)
                });
            }
            6 => self.wish(&who, move |now| {
                sessions::fail(now, "eve@noor.example", "password", origin)
            }),
            _ => {
                let value = ["4", "-1", "many"][self.dice.usize(0..3)];
                self.wish(&who, move |now| settings::set(now, "session.idle_h", value));
            }
        }
    }

    fn outbox(&mut self) {
        use desk::deliveries::{self, Outcome};
        let (who, article) = (Who::system("outbox", Door::Timer), self.some_article());
        let provider_id = format!("wamid.OUT{}", self.kit.number());
        let text = "no".to_owned();
        let next_at = self.kit.clock.now().plus_ms(MINUTE_MS);
        let outcome = match self.dice.u8(0..4) {
            0 => Outcome::Accepted { provider_id },
            1 => Outcome::Doubted { text },
            2 => Outcome::Failed { code: None, text },
            _ => Outcome::Deferred {
                code: Some(4),
                text,
                next_at,
            },
        };
        self.wish(&who, deliveries::recover);
        self.wish(&who, move |now| deliveries::attempt(now, article));
        if self.dice.u8(0..4) > 0 {
            self.wish(&who, move |now| deliveries::settle(now, article, outcome));
        }
        if self.dice.u8(0..3) == 0 {
            self.wish(&who, move |now| deliveries::retry(now, article));
        }
    }

    /// A provider says anything, again, or nonsense.
    fn world(&mut self) {
        let names = payloads();
        let mut body = payload(&names[self.dice.usize(0..names.len())]);
        if self.dice.u8(0..4) == 0 {
            let place = self.dice.usize(0..body.len());
            body[place] = self.dice.u8(..);
        }
        self.kit.hears(self.channel, &body);
        let who = provider(self.channel);
        let channel = self.channel;
        self.wish(&who, move |now| {
            desk::channels::refuse_signature(now, channel, Origin::default())
        });
    }

    /// Several wishes in one commit, one of which fails in the middle of its work.
    fn together(&mut self) {
        let (who, id) = (self.anybody(), self.some_conversation());
        let mut wishes: Vec<(Who, Wish)> = Vec::new();
        for place in 0..self.dice.usize(2..6) {
            let wish: Wish = if place == 1 {
                Box::new(move |now| {
                    // Refused by the tables themselves, after its first fact was written.
                    let mut facts = desk::groups::add(now, "Twice")?;
                    facts.extend(desk::groups::add(now, "Twice")?);
                    Ok(facts)
                })
            } else {
                Box::new(move |now| {
                    desk::articles::note(now, Object::Conversation(id), "one of many")
                })
            };
            wishes.push((who.clone(), wish));
        }
        let before = self.kit.events();
        let results = self.kit.ledger.record_each(wishes).unwrap();
        let facts: usize = results
            .iter()
            .flatten()
            .map(|receipt| receipt.facts.len())
            .sum();
        assert!(results[1].is_err(), "two groups of one name");
        let events = self.kit.events() - before;
        let stepped = events - facts as u64; // at most the event that the clock stood back
        assert!(stepped <= 1, "{events} events of {facts} facts");
    }

    fn time(&mut self) {
        match self.dice.u8(0..6) {
            0 => self.kit.later(-self.dice.i64(0..HOUR_MS)),
            1..4 => self.kit.later(self.dice.i64(0..HOUR_MS)),
            4 => {
                self.kit.ledger.publish_checkpoint().unwrap();
                self.kit.ledger.publish_checkpoint().unwrap();
            }
            _ => self.kit.reopen(),
        }
    }
}

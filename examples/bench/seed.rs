//! A desk full of work: customers, conversations, answers, notes, tickets, written through the one
//! door in large batches, the same for the same number.

use crate::bare::Result;
use crate::measure::doing;
use std::time::{Duration, Instant};
use trailbox::{
    channels::whatsapp,
    desk::{self, articles, channels, conversations, intake, members, sessions, tickets},
    domain::{
        actor::{Actor, Door, Who},
        event::{ChannelEvent, ConversationEvent, Event, MemberEvent, Origin},
        id::{ChannelId, ConversationId, MemberId, Object, Seq},
        member::Role,
        moment::Moment,
    },
    ledger::{Chance, Clock, Company, Home, Ledger, Now, Opening, Receipt, Wish},
    web::visit,
};

/// When the story begins. **Unit:** milliseconds since 1970: 2026-11-02T08:00:00Z.
pub const BEGINNING: i64 = 1_793_606_400_000;
/// Notes in a conversation that somebody works on: ten events a conversation in all.
const NOTES: u64 = 8;
/// How many wishes share a commit while the desk is filled.
const BATCH: usize = 200;
/// The token of the agent's session, 43 characters like every one; a bench has no secrets.
pub const TOKEN: &str = "a-session-of-the-bench-that-is-no-secret-at";

/// A desk that stands in a folder, closed.
pub struct Seeded {
    /// Where.
    pub home: Home,
    /// How many conversations it has.
    pub conversations: u64,
    /// How many events it has.
    pub events: u64,
    /// How long it took to write them, one door and large batches; nothing if it stood there.
    pub took: Option<Duration>,
}

impl Seeded {
    /// Opens it, alone.
    pub fn open(&self) -> Result<Ledger> {
        Ok(Ledger::open(
            &self.home,
            Company::Alone,
            opening(Clock::System, &mut |_| {}),
        )?)
    }
}

/// How a bench opens a desk.
pub fn opening(clock: Clock, progress: &mut dyn FnMut(u64)) -> Opening<'_> {
    Opening {
        apply: desk::apply,
        follow: desk::follow,
        clock,
        chance: Chance::System,
        progress,
    }
}

/// Fills a new desk; one that stands there is taken as it is, brought up to the present shape.
pub fn seed(home: Home, count: u64) -> Result<Seeded> {
    if home.is_inhabited() {
        doing("opening the desk that stands there");
        let ledger = Ledger::open(
            &home,
            Company::Alone,
            opening(Clock::System, &mut |done| {
                if done > 0 && done.is_multiple_of(100_000) {
                    doing(&format!("making its tables again: {done} events"));
                }
            }),
        )?;
        let shell = Who::shell();
        let session = sessions::member_of(&ledger.now(&shell)?, &visit::session_id(TOKEN))?;
        if session.is_none() {
            sign_in(&ledger)?;
        }
        let events = ledger.now(&shell)?.next_seq().0;
        ledger.close()?;
        return Ok(Seeded {
            home,
            conversations: count,
            events,
            took: None,
        });
    }
    let clock = Clock::hand(Moment(BEGINNING));
    let ledger = Ledger::create(&home, "Bench", opening(clock.clone(), &mut |_| {}))?;
    let (maya, channel) = people(&ledger)?;
    let provider = Who::of(Actor::Provider { id: channel }, Door::Webhook, None);
    let began = Instant::now();
    let mut first = 0;
    while first < count {
        let last = (first + BATCH as u64).min(count);
        clock.set(Moment(BEGINNING + i64::try_from(first)? * 20_000));
        let started = hear(&ledger, &provider, channel, first..last)?;
        work(&ledger, &maya, &started)?;
        if last.is_multiple_of(10_000) {
            doing(&format!("filling: {last} conversations of {count}"));
        }
        first = last;
    }
    let took = began.elapsed();
    clock.set(Clock::System.now());
    sign_in(&ledger)?;
    let events = ledger.now(&Who::shell())?.next_seq().0;
    ledger.close()?;
    Ok(Seeded {
        home,
        conversations: count,
        events,
        took: Some(took),
    })
}

/// One agent and one number.
fn people(ledger: &Ledger) -> Result<(Who, ChannelId)> {
    let shell = Who::shell();
    let added = ledger.record(&shell, |now| {
        members::add(now, "Maya Lind", "maya@example.org", Role::Lead, None)
    })?;
    let id = found(&added, |event| match event {
        Event::Member(MemberEvent::Added { member, .. }) => Some(*member),
        _ => None,
    })?;
    let wanted = channels::Wanted {
        name: "main".to_owned(),
        title: "Shop on WhatsApp".to_owned(),
        config: channels::Config {
            phone_number_id: "100000000000001".to_owned(),
            waba_id: "200000000000001".to_owned(),
            display_number: "15550100000".to_owned(),
            base_url: "http://127.0.0.1:9".to_owned(),
            version: "v23.0".to_owned(),
        },
        secret: channels::Secret {
            token: "token".to_owned(),
            app_secret: "secret".to_owned(),
            verify_token: "verify".to_owned(),
        },
        group: None,
    };
    let added = ledger.record(&shell, |now| channels::add(now, wanted))?;
    let channel = found(&added, |event| match event {
        Event::Channel(ChannelEvent::Added { channel, .. }) => Some(*channel),
        _ => None,
    })?;
    let (name, role) = ("Maya Lind".to_owned(), Role::Lead);
    let maya = Actor::Member { id, name, role };
    Ok((Who::of(maya, Door::Web, None), channel))
}

/// The agent of a desk.
pub fn maya() -> Who {
    let (name, role) = ("Maya Lind".to_owned(), Role::Lead);
    let maya = Actor::Member {
        id: MemberId(1),
        name,
        role,
    };
    Who::of(maya, Door::Web, None)
}

/// A session for the requests of the bench.
fn sign_in(ledger: &Ledger) -> Result<()> {
    ledger.record(&Who::shell(), |now| {
        sessions::log_in(
            now,
            MemberId(1),
            visit::session_id(TOKEN),
            Origin::default(),
        )
    })?;
    Ok(())
}

/// Customers write, each for the first time.
fn hear(
    ledger: &Ledger,
    provider: &Who,
    channel: ChannelId,
    customers: std::ops::Range<u64>,
) -> Result<Vec<ConversationId>> {
    let at_s = ledger.clock().now().0 / 1000;
    let messages: Vec<_> = customers.map(|n| message(n, at_s)).collect();
    let body = serde_json::to_vec(&serde_json::json!({
        "object": "whatsapp_business_account",
        "entry": [{"id": "200000000000001", "changes": messages}],
    }))?;
    let updates = whatsapp::parse::parse(&body, ledger.clock().now());
    let updates = updates.map_err(|unreadable| unreadable.why)?;
    let digest = format!("{:064x}", at_s);
    let kept = ledger.record(provider, move |now| {
        channels::keep_payload(now, channel, digest, body)
    })?;
    let payload = kept.facts.first().map_or(Seq(0), |(seq, _)| *seq);
    let wishes = updates.into_iter().map(|update| -> (Who, Wish) {
        let wish = move |now: &Now<'_>| intake::receive(now, channel, payload, &update);
        (provider.clone(), Box::new(wish))
    });
    let mut started = Vec::new();
    for receipt in ledger.record_each(wishes.collect())? {
        started.push(found(&receipt?, |event| match event {
            Event::Conversation(ConversationEvent::Started { conversation, .. }) => {
                Some(*conversation)
            }
            _ => None,
        })?);
    }
    let read = u64::try_from(started.len())?;
    ledger.record(provider, move |now| {
        channels::payload_read(now, payload, read)
    })?;
    Ok(started)
}

/// The agent takes, notes, and opens a ticket from every tenth; every third stays with nobody.
fn work(ledger: &Ledger, maya: &Who, started: &[ConversationId]) -> Result<()> {
    let mut wishes: Vec<(Who, Wish)> = Vec::new();
    for &id in started.iter().filter(|id| !id.0.is_multiple_of(3)) {
        wishes.push((
            maya.clone(),
            Box::new(move |now| conversations::take(now, id, "")),
        ));
        let of = Object::Conversation(id);
        for n in 0..NOTES {
            let note = format!(
                "Asked {} about {} A-{}.",
                word(id.0 * 7 + n),
                word(id.0 + n * 3),
                10_000 + id.0
            );
            wishes.push((
                maya.clone(),
                Box::new(move |now| articles::note(now, of, &note)),
            ));
        }
        if id.0.is_multiple_of(10) {
            let wanted = tickets::Wanted {
                conversation: Some(id),
                title: format!("{} for parcel A-{}", word(id.0), 10_000 + id.0),
                kind: "delivery".to_owned(),
                ..tickets::Wanted::default()
            };
            wishes.push((
                maya.clone(),
                Box::new(move |now| tickets::open(now, wanted)),
            ));
        }
    }
    ledger
        .record_each(wishes)?
        .into_iter()
        .try_for_each(|receipt| receipt.map(drop))?;
    Ok(())
}

fn message(n: u64, at_s: i64) -> serde_json::Value {
    let number = format!("1555{:07}", n);
    let text = format!(
        "{} {} {} {}? Order A-{}",
        word(n),
        word(n / 7 + 3),
        word(n / 31 + 5),
        word(n / 101 + 11),
        10_000 + n
    );
    serde_json::json!({"field": "messages", "value": {
        "messaging_product": "whatsapp",
        "metadata": {"display_phone_number": "15550100000", "phone_number_id": "100000000000001"},
        "contacts": [{"profile": {"name": format!("Customer {n}")}, "wa_id": number}],
        "messages": [{"from": number, "id": format!("wamid.bench-{n}"),
                      "timestamp": at_s.to_string(), "type": "text", "text": {"body": text}}],
    }})
}

/// A word of the shop's everyday; rare and frequent ones alike.
pub fn word(n: u64) -> &'static str {
    const WORDS: [&str; 32] = [
        "where",
        "parcel",
        "refund",
        "broken",
        "late",
        "courier",
        "address",
        "invoice",
        "cancel",
        "colour",
        "size",
        "return",
        "payment",
        "thanks",
        "today",
        "tomorrow",
        "delivery",
        "mug",
        "lamp",
        "voucher",
        "receipt",
        "exchange",
        "missing",
        "wrong",
        "street",
        "signature",
        "customs",
        "tracking",
        "warranty",
        "discount",
        "pickup",
        "please",
    ];
    let spread = n.wrapping_mul(0x9E37_79B9_7F4A_7C15) >> 33;
    WORDS
        .get(usize::try_from(spread).unwrap_or(0) % WORDS.len())
        .copied()
        .unwrap_or("parcel")
}

fn found<T>(receipt: &Receipt, ask: impl Fn(&Event) -> Option<T>) -> Result<T> {
    let mut facts = receipt.facts.iter();
    let found = facts.find_map(|(_, event)| ask(event));
    Ok(found.ok_or("a wish of the bench recorded something else")?)
}

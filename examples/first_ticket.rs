//! From a customer's message to a closed ticket, with the library alone: no server, no browser.
//!
//! ```text
//! cargo run --example first_ticket [FOLDER]
//! ```
//!
//! Everything goes through the one door, `Ledger::record`: a wish looks at the present and answers
//! with facts or a refusal. The desk is made in FOLDER, or in a folder that goes away again.

use sha2::{Digest, Sha256};
use std::path::PathBuf;
use trailbox::{
    channels::whatsapp,
    desk::{self, articles, audit, channels, conversations, intake, members, tickets, timeline},
    domain::{
        actor::{Actor, Door, Who},
        event::{ChannelEvent, ConversationEvent, Event, MemberEvent, TicketEvent},
        id::{ChannelId, ConversationId, MemberId, Object, TicketId},
        member::Role,
        message::{Content, Text},
        moment::DAY_MS,
        ticket::{Status, Wait},
    },
    error::{Error, Result},
    ledger::{Chance, Clock, Home, Ledger, Opening, Receipt},
};

fn main() -> Result<()> {
    let temporary = tempfile::tempdir()?;
    let folder = std::env::args().nth(1).map(PathBuf::from);
    let home = Home::at(folder.unwrap_or_else(|| temporary.path().to_owned()));
    let opening = Opening {
        apply: desk::apply,
        follow: desk::follow,
        clock: Clock::System,
        chance: Chance::System,
        progress: &mut |_| {},
    };
    let ledger = Ledger::create(&home, "Corner Shop", opening)?;
    println!("a desk, verified with {}\n", ledger.verifier().text());

    let maya = hire(&ledger)?;
    let channel = connect(&ledger)?;
    let conversation = hear(&ledger, channel)?;

    // Taking, noting and answering are wishes of a member.
    ledger.record(&maya, move |now| conversations::take(now, conversation, ""))?;
    let of = Object::Conversation(conversation);
    ledger.record(&maya, move |now| {
        articles::note(now, of, "Second time this month.")
    })?;
    ledger.record(&maya, move |now| {
        let text = "I am asking the courier and will write again today.".to_owned();
        let reply = articles::Reply {
            conversation,
            content: Content::Text(Text { text }),
            file: None,
            reply_to: None,
            tag: "first-reply".to_owned(),
            seen: None,
        };
        articles::reply(now, reply)
    })?;

    let ticket = open_ticket(&ledger, &maya, conversation)?;
    close_ticket(&ledger, &maya, ticket)?;

    // A wish that cannot be granted is refused with a sentence, and nothing is recorded.
    let again = ledger.record(&maya, move |now| {
        tickets::change_status(now, ticket, Status::Resolved, None, "once more")
    });
    match again {
        Err(Error::Refusal(refusal)) => println!("refused: {}\n", refusal.text),
        other => return Err(Error::fault(format!("not refused: {other:?}"))),
    }

    let shell = Who::shell();
    let now = ledger.now(&shell)?;
    println!("what the trail tells of {ticket}:");
    for entry in timeline::page(&now, Object::Ticket(ticket), None, 50)? {
        let event = audit::get(&now, entry.seq())?.entry;
        println!("  {:>3}  {}  {}", event.seq.0, event.at, event.event);
    }
    drop(now);
    println!("\n{}", ledger.publish_checkpoint()?);
    ledger.close()
}

/// Adds an agent, and answers with whom she is when she acts through the pages.
fn hire(ledger: &Ledger) -> Result<Who> {
    let receipt = ledger.record(&Who::shell(), |now| {
        members::add(now, "Maya Lind", "maya@example.org", Role::Agent, None)
    })?;
    let id: MemberId = find(&receipt, |event| match event {
        Event::Member(MemberEvent::Added { member, .. }) => Some(*member),
        _ => None,
    })?;
    let maya = Actor::Member {
        id,
        name: "Maya Lind".to_owned(),
        role: Role::Agent,
    };
    Ok(Who::of(maya, Door::Web, None))
}

/// Connects a WhatsApp number; nothing is sent anywhere, since no outbox runs here.
fn connect(ledger: &Ledger) -> Result<ChannelId> {
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
            app_secret: "app secret".to_owned(),
            verify_token: "verify token".to_owned(),
        },
        group: None,
    };
    let receipt = ledger.record(&Who::shell(), |now| channels::add(now, wanted))?;
    find(&receipt, |event| match event {
        Event::Channel(ChannelEvent::Added { channel, .. }) => Some(*channel),
        _ => None,
    })
}

/// A webhook's way: kept as it came, then read, then each update received.
fn hear(ledger: &Ledger, channel: ChannelId) -> Result<ConversationId> {
    let now = ledger.clock().now();
    let body = r#"{"object": "whatsapp_business_account", "entry": [{"id": "200000000000001",
        "changes": [{"field": "messages", "value": {"messaging_product": "whatsapp",
          "metadata": {"display_phone_number": "15550100000",
                       "phone_number_id": "100000000000001"},
          "contacts": [{"profile": {"name": "In\u00e9s Example"}, "wa_id": "15550102030"}],
          "messages": [{"from": "15550102030", "id": "wamid.first", "timestamp": "SECONDS",
                        "type": "text", "text": {"body": "Where is my parcel?"}}]}}]}]}"#;
    let body = body.replace("SECONDS", &(now.0 / 1000).to_string());
    let body = body.into_bytes();
    let digest = data_encoding::HEXLOWER.encode(&Sha256::digest(&body));
    let provider = Who::of(Actor::Provider { id: channel }, Door::Webhook, None);
    let as_it_came = body.clone();
    let kept = ledger.record(&provider, move |now| {
        channels::keep_payload(now, channel, digest, as_it_came)
    })?;
    let payload = kept.facts.first().map(|(seq, _)| *seq);
    let payload = payload.ok_or_else(|| Error::fault("the payload was known already"))?;

    let updates = whatsapp::parse::parse(&body, now);
    let updates = updates.map_err(|unreadable| Error::fault(unreadable.why))?;
    let mut started = None;
    for update in updates {
        let receipt = ledger.record(&provider, move |now| {
            intake::receive(now, channel, payload, &update)
        })?;
        started = find(&receipt, |event| match event {
            Event::Conversation(ConversationEvent::Started { conversation, .. }) => {
                Some(*conversation)
            }
            _ => None,
        })
        .ok();
    }
    started.ok_or_else(|| Error::fault("the message started no conversation"))
}

/// Opens a ticket with the conversation's articles as its context.
fn open_ticket(ledger: &Ledger, who: &Who, conversation: ConversationId) -> Result<TicketId> {
    let wanted = tickets::Wanted {
        conversation: Some(conversation),
        title: "Parcel late".to_owned(),
        kind: "delivery".to_owned(),
        ..tickets::Wanted::default()
    };
    let receipt = ledger.record(who, |now| tickets::open(now, wanted))?;
    find(&receipt, |event| match event {
        Event::Ticket(TicketEvent::Opened { ticket, .. }) => Some(*ticket),
        _ => None,
    })
}

/// Waits for the courier, resolves with a note, closes.
fn close_ticket(ledger: &Ledger, who: &Who, ticket: TicketId) -> Result<()> {
    let in_a_month = ledger.clock().now().plus_ms(30 * DAY_MS).to_string();
    let (day, _) = in_a_month.split_at(10);
    let wait = Wait {
        whom: "Example Parcels".to_owned(),
        reference: "EP-5521".to_owned(),
        expected_on: day.to_owned(),
    };
    let steps = [
        (Status::InProgress, None, ""),
        (Status::AwaitingCourier, Some(wait), ""),
        (
            Status::Resolved,
            None,
            "It arrived; the courier had the wrong floor.",
        ),
        (Status::Closed, None, ""),
    ];
    for (to, wait, note) in steps {
        ledger.record(who, move |now| {
            tickets::change_status(now, ticket, to, wait, note)
        })?;
    }
    Ok(())
}

/// The first fact of a receipt that tells what is asked for.
fn find<T>(receipt: &Receipt, ask: impl Fn(&Event) -> Option<T>) -> Result<T> {
    let mut facts = receipt.facts.iter();
    let found = facts.find_map(|(_, event)| ask(event));
    found.ok_or_else(|| Error::fault(format!("not recorded: {:?}", receipt.facts)))
}

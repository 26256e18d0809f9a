//! Messages in the conversation of a merged ticket: they reach the ticket it lives on in, its
//! clocks and its status, and letters find their thread. Taken out again, each has its own.

use super::kit::{Kit, digest, provider};
use trailbox::desk::sla::{calendars, cases, policies};
use trailbox::desk::tickets::{self, Wanted, joins};
use trailbox::desk::{articles, conversations, mailboxes};
use trailbox::domain::actor::Who;
use trailbox::domain::calendar::hours::Timetable;
use trailbox::domain::event::{ArticleEvent, Event};
use trailbox::domain::id::{ChannelId, ConversationId, Object, Seq, TicketId};
use trailbox::domain::mailbox::{MailConfig, MailSecret, Security};
use trailbox::domain::member::Role;
use trailbox::domain::moment::{DAY_MS, MINUTE_MS};
use trailbox::domain::sla::policy::Policy;
use trailbox::domain::sla::{Clock, Metric, State, Targets};
use trailbox::domain::ticket::Status;
use trailbox::jobs::email::{read, receive};

struct Desk {
    kit: Kit,
    lead: Who,
    channel: ChannelId,
    talks: [ConversationId; 2],
    tickets: [TicketId; 2],
}

impl Desk {
    /// Two customers, a ticket for each, both answered once.
    fn new() -> Self {
        let kit = Kit::new();
        let lead = kit.member("Lena", Role::Lead);
        let channel = kit.channel("shop");
        kit.done(&lead, |now| {
            calendars::set(now, None, "Always", Timetable::always())
        });
        let mut all = Targets::default();
        for (metric, seconds) in [
            (Metric::FirstResponse, 1_800),
            (Metric::NextResponse, 3_600),
            (Metric::Resolution, 8 * 3_600),
        ] {
            all.set(metric, Some(seconds));
        }
        let policy = Policy {
            name: "All day".to_owned(),
            position: 1,
            targets: [("normal".to_owned(), all)].into_iter().collect(),
            ..Policy::default()
        };
        kit.done(&lead, move |now| policies::set(now, None, policy));
        let talks = ["447700900200", "447700900201"].map(|who| kit.writes(channel, who, "hello?"));
        let tickets = talks.map(|talk| {
            let wanted = Wanted {
                conversation: Some(talk),
                title: "Lamp broken".to_owned(),
                ..Wanted::default()
            };
            kit.ticket(&lead, wanted)
        });
        let desk = Desk {
            kit,
            lead,
            channel,
            talks,
            tickets,
        };
        desk.talks.iter().for_each(|talk| desk.answers(*talk));
        desk
    }

    fn answers(&self, talk: ConversationId) {
        let reply = self.kit.reply(talk, "We look into it.");
        self.kit
            .done(&self.lead, move |now| articles::reply(now, reply));
    }

    fn running(&self, ticket: TicketId) -> Vec<(Metric, State)> {
        let object = Object::Ticket(ticket);
        let clocks: Vec<Clock> = self.kit.ask(|now| cases::clocks(now, object)).unwrap();
        let live = clocks.into_iter().filter(|clock| clock.state.is_live());
        let mut live: Vec<_> = live.map(|clock| (clock.metric, clock.state)).collect();
        live.sort_by_key(|clock| format!("{clock:?}"));
        live
    }

    fn merge(&self) {
        let [one, two] = self.tickets;
        self.kit
            .done(&self.lead, move |now| joins::merge(now, two, one));
    }

    fn unmerge(&self) {
        let [_, two] = self.tickets;
        self.kit
            .done(&self.lead, move |now| joins::unmerge(now, two));
    }
}

const WHOLE: (Metric, State) = (Metric::Resolution, State::Running);
const NEXT: (Metric, State) = (Metric::NextResponse, State::Running);

#[test]
fn a_message_to_a_merged_ticket_starts_the_clock_of_the_one_it_lives_on_in() {
    let desk = Desk::new();
    let [one, two] = desk.tickets;
    desk.merge();
    assert_eq!(
        (desk.running(one), desk.running(two)),
        (vec![WHOLE], vec![])
    );
    desk.kit.later(MINUTE_MS);
    desk.kit.writes(desk.channel, "447700900201", "and?");
    assert_eq!(desk.running(one), [NEXT, WHOLE]);
    assert!(desk.running(two).is_empty());
    desk.answers(desk.talks[1]);
    assert_eq!(desk.running(one), [WHOLE]);
    // Taken out while the customer waits: they wait in their own ticket alone.
    desk.kit.writes(desk.channel, "447700900201", "hello??");
    assert_eq!(desk.running(one), [NEXT, WHOLE]);
    desk.unmerge();
    assert_eq!(
        (desk.running(one), desk.running(two)),
        (vec![WHOLE], vec![NEXT, WHOLE])
    );
    desk.answers(desk.talks[1]);
    assert_eq!(
        (desk.running(one), desk.running(two)),
        (vec![WHOLE], vec![WHOLE])
    );
}

#[test]
fn who_waits_when_a_ticket_is_merged_waits_in_the_other_until_it_is_undone() {
    let desk = Desk::new();
    let [one, two] = desk.tickets;
    desk.kit
        .writes(desk.channel, "447700900201", "still broken");
    let before = (desk.running(one), desk.running(two));
    assert_eq!(before, (vec![WHOLE], vec![NEXT, WHOLE]));
    desk.merge();
    assert_eq!(
        (desk.running(one), desk.running(two)),
        (vec![NEXT, WHOLE], vec![])
    );
    desk.unmerge();
    assert_eq!((desk.running(one), desk.running(two)), before);
    // The customer of the other one waits by himself: that stays.
    desk.kit.writes(desk.channel, "447700900200", "mine too");
    desk.merge();
    desk.unmerge();
    assert_eq!(
        (desk.running(one), desk.running(two)),
        (vec![NEXT, WHOLE], vec![NEXT, WHOLE])
    );
}

#[test]
fn a_word_of_the_customer_wakes_the_ticket_it_lives_on_in() {
    let desk = Desk::new();
    let [one, _] = desk.tickets;
    desk.merge();
    desk.kit.done(&desk.lead, move |now| {
        tickets::change_status(now, one, Status::InProgress, None, "")
    });
    desk.kit.done(&desk.lead, move |now| {
        tickets::change_status(now, one, Status::AwaitingCustomer, None, "")
    });
    desk.kit
        .writes(desk.channel, "447700900201", "here is the picture");
    let present = desk.kit.ask(|now| tickets::get(now, one)).unwrap();
    assert_eq!(present.status, Status::InProgress);
}

fn letters(kit: &Kit, channel: ChannelId, raw: &str) -> Option<ConversationId> {
    let bytes = raw.replace('\n', "\r\n").into_bytes();
    let (name, kept) = (digest(&bytes), bytes.clone());
    let facts = kit.done(&provider(channel), move |now| {
        mailboxes::keep(now, channel, name, kept, None)
    });
    let payload: Seq = facts[0].0;
    let facts = kit.done(&provider(channel), move |now| {
        let letter = read(now, channel, payload, &bytes)?.expect("a letter that can be read");
        receive(now, channel, payload, &letter)
    });
    facts.iter().find_map(|(_, event)| match event {
        Event::Article(ArticleEvent::Received { conversation, .. }) => Some(*conversation),
        _ => None,
    })
}

#[test]
fn mail_for_merged_and_split_tickets_goes_where_they_live_on() {
    let kit = Kit::new();
    let lead = kit.member("Lena", Role::Lead);
    let wanted = mailboxes::Wanted {
        name: "support".to_owned(),
        title: "Support".to_owned(),
        config: MailConfig {
            address: "support@shop.example".to_owned(),
            smtp_host: "localhost".to_owned(),
            smtp_port: 1,
            smtp_security: Security::None,
            ..MailConfig::default()
        },
        secret: MailSecret {
            token_key: "a key".to_owned(),
            ..MailSecret::default()
        },
        group: None,
    };
    kit.done(&Who::shell(), move |now| mailboxes::add(now, wanted));
    let channel = kit
        .ask(|now| mailboxes::of_address(now, "support@shop.example"))
        .unwrap()
        .unwrap();
    let mail = |id: &str, subject: &str| {
        format!(
            "From: Ana <ana@mail.example>\nTo: support@shop.example\nSubject: {subject}\n\
             Message-ID: <{id}@mail.example>\n\nwords of {id}\n"
        )
    };
    let hears = |id: &str, subject: &str| letters(&kit, channel, &mail(id, subject)).unwrap();
    let talk = hears("one", "the lamp");
    let open = |from: Option<ConversationId>, title: &str| {
        let contact = kit
            .ask(|now| conversations::get(now, talk))
            .unwrap()
            .contact;
        let wanted = Wanted {
            conversation: from,
            contact: Some(contact),
            title: title.to_owned(),
            ..Wanted::default()
        };
        kit.ticket(&lead, wanted)
    };
    let (one, two) = (open(Some(talk), "The lamp"), open(None, "By hand"));
    kit.done(&lead, move |now| joins::merge(now, two, one));
    // The merged one never had a thread: its mail goes on in the thread of the other.
    assert_eq!(hears("two", &format!("Re: [{two}]")), talk);
    assert_eq!(hears("three", &format!("Re: [{one}]")), talk);
    let stranger = mail("four", &format!("Re: [{two}]")).replace("ana@", "eve@");
    assert_ne!(letters(&kit, channel, &stranger), Some(talk));
    // A ticket that was split off has no thread of its own; what names it begins one, attached.
    let said = kit
        .ask(|now| conversations::get(now, talk))
        .unwrap()
        .last_article
        .unwrap();
    let from = Object::Conversation(talk);
    let wanted = Wanted {
        title: "The bulb".to_owned(),
        ..Wanted::default()
    };
    kit.done(&lead, move |now| {
        joins::split(now, from, vec![said], wanted)
    });
    let apart = kit.ask(|now| joins::split_off(now, from)).unwrap()[0].ticket;
    let fresh = hears("five", &format!("Re: [{apart}]"));
    assert_ne!(fresh, talk);
    let of = |id: ConversationId| kit.ask(|now| conversations::get(now, id)).unwrap().tickets;
    assert_eq!(of(fresh), [apart]);
    assert_eq!(hears("six", &format!("Re: [{apart}]")), fresh);
    // An old thread of a merged ticket has ended: the new one belongs to the one it lives on in.
    kit.later(400 * DAY_MS);
    kit.done(&lead, move |now| {
        conversations::close(
            now,
            talk,
            trailbox::domain::conversation::Summary {
                issue: "lamp".to_owned(),
                outcome: "sent".to_owned(),
                ..Default::default()
            },
        )
    });
    kit.later(400 * DAY_MS);
    let later = hears("seven", &format!("Re: [{two}]"));
    assert_ne!(later, talk);
    assert_eq!(of(later), [one]);
}

//! E-mail at the desk: letters find their thread, machines come to rest, bounces fail the letter
//! they are about, answers go out as they were written.

use crate::kit::{Kit, digest, provider};
use trailbox::desk::{conversations, deliveries, letters, mailboxes};
use trailbox::domain::actor::Who;
use trailbox::domain::conversation::Status;
use trailbox::domain::event::email::EmailEvent;
use trailbox::domain::event::{ArticleEvent, ConversationEvent, Event};
use trailbox::domain::id::{ChannelId, ConversationId, Object, Seq};
use trailbox::domain::mailbox::{MailConfig, MailSecret, Security};
use trailbox::domain::member::Role;
use trailbox::domain::message::email::Mailbox;
use trailbox::domain::moment::{DAY_MS, HOUR_MS};
use trailbox::error::Result;
use trailbox::jobs::email::{Written, answers, read, receive, write};
use trailbox::ledger::Now;

pub fn wanted(name: &str, acknowledgement: &str) -> mailboxes::Wanted {
    mailboxes::Wanted {
        name: name.to_owned(),
        title: "Support".to_owned(),
        config: MailConfig {
            address: format!("{name}@shop.example"),
            sender: "The shop".to_owned(),
            smtp_host: "localhost".to_owned(),
            smtp_port: 1,
            smtp_security: Security::None,
            acknowledgement: acknowledgement.to_owned(),
            ..MailConfig::default()
        },
        secret: MailSecret {
            token_key: "a key".to_owned(),
            ..MailSecret::default()
        },
        group: None,
    }
}

pub fn mailbox(kit: &Kit, acknowledgement: &str) -> ChannelId {
    let wanted = wanted("support", acknowledgement);
    kit.done(&Who::shell(), move |now| mailboxes::add(now, wanted));
    kit.ask(|now| mailboxes::of_address(now, "support@shop.example"))
        .unwrap()
        .unwrap()
}

/// A letter comes: it is kept and read; answers the facts of reading it.
pub fn hears(kit: &Kit, channel: ChannelId, raw: &str) -> Vec<(Seq, Event)> {
    let bytes = raw.replace('\n', "\r\n").into_bytes();
    let (name, kept) = (digest(&bytes), bytes.clone());
    let facts = kit.done(&provider(channel), move |now| {
        mailboxes::keep(now, channel, name, kept, None)
    });
    let Some((payload, _)) = facts.first().cloned() else {
        return Vec::new();
    };
    kit.done(&provider(channel), move |now| {
        let letter = read(now, channel, payload, &bytes)?.expect("a letter that can be read");
        receive(now, channel, payload, &letter)
    })
}

pub fn from_ana(id: &str, more: &str, subject: &str) -> String {
    format!(
        "From: Ana <ana@mail.example>\nTo: support@shop.example\nSubject: {subject}\n\
         Message-ID: <{id}@mail.example>\n{more}\nwords of {id}\n"
    )
}

pub fn place(facts: &[(Seq, Event)]) -> Option<ConversationId> {
    facts.iter().find_map(|(_, event)| match event {
        Event::Article(ArticleEvent::Received { conversation, .. }) => Some(*conversation),
        Event::Email(EmailEvent::Appended { conversation, .. }) => Some(*conversation),
        _ => None,
    })
}

/// A member answers; the Message-ID, and the article.
pub fn reply(kit: &Kit, who: &Who, id: ConversationId, channel: ChannelId) -> (String, Seq) {
    let wish = move |now: &Now<'_>| -> Result<_> {
        let basis = letters::newest(now, id, 1)?.remove(0).email;
        let written = Written {
            to: basis.answer_to().cloned().into_iter().collect(),
            subject: "Re: parcel".to_owned(),
            said: "it is on its way".to_owned(),
            signature: mailboxes::signature(now, id)?,
            answers: answers(&basis),
            ..Written::default()
        };
        letters::reply(now, write(now, channel, id, written)?)
    };
    let facts = kit.done(who, wish);
    let article = facts.iter().find_map(|(seq, event)| match event {
        Event::Article(ArticleEvent::Queued { .. }) => Some(*seq),
        _ => None,
    });
    let newest = kit
        .ask(|now| letters::newest(now, id, 1))
        .unwrap()
        .remove(0);
    (newest.email.message_id, article.unwrap())
}

pub fn accepted(kit: &Kit, article: Seq, message_id: &str) {
    kit.done(&Who::shell(), move |now| deliveries::attempt(now, article));
    let provider_id = trailbox::channels::email::token::known_by(message_id);
    kit.done(&Who::shell(), move |now| {
        deliveries::settle(now, article, deliveries::Outcome::Accepted { provider_id })
    });
}

#[test]
fn letters_find_their_thread_in_both_directions() {
    let kit = Kit::new();
    let channel = mailbox(&kit, "");
    let maya = kit.member("Maya", Role::Agent);
    let first = place(&hears(&kit, channel, &from_ana("one", "", "parcel"))).unwrap();
    // The same letter again, and a copy that came by another way, change nothing.
    assert!(hears(&kit, channel, &from_ana("one", "", "parcel")).is_empty());
    let copy = format!(
        "Received: by another way\n{}",
        from_ana("one", "", "parcel")
    );
    assert!(hears(&kit, channel, &copy).is_empty());
    // Another letter that bears the same Message-ID is another letter.
    let double = from_ana("one", "", "parcel").replace("words of one", "quite other words");
    assert!(place(&hears(&kit, channel, &double)).is_some());
    let again = hears(
        &kit,
        channel,
        &from_ana("two", "In-Reply-To: <one@mail.example>\n", "x"),
    );
    assert_eq!(place(&again), Some(first));
    let (id, article) = reply(&kit, &maya, first, channel);
    accepted(&kit, article, &id);
    // Our own letter comes back by a copy: nothing happens.
    let ours =
        format!("From: support@shop.example\nMessage-ID: <{id}>\nSubject: Re: parcel\n\nit\n");
    assert!(hears(&kit, channel, &ours).is_empty());
    let answer = from_ana("three", &format!("References: <{id}>\n"), "something else");
    assert_eq!(place(&hears(&kit, channel, &answer)), Some(first));
    let other = place(&hears(
        &kit,
        channel,
        &from_ana("four", "", "another parcel"),
    ))
    .unwrap();
    assert_ne!(other, first);
    // The token behind the plus sign decides, a forged one does not.
    let object = Object::Conversation(first);
    let plus =
        trailbox::channels::email::token::plus_address("a key", "support@shop.example", object);
    let colleague = format!(
        "From: bo@mail.example\nTo: {}\nSubject: forwarded\nMessage-ID: <five@x>\n\nme too\n",
        plus.unwrap()
    );
    assert_eq!(place(&hears(&kit, channel, &colleague)), Some(first));
    let forged = colleague
        .replace(&format!("{first}."), "C-9999.")
        .replace("five@x", "six@x");
    assert_ne!(place(&hears(&kit, channel, &forged)), Some(first));
    assert_eq!(
        kit.ask(|now| conversations::get(now, first))
            .unwrap()
            .status,
        Status::Open
    );
}

#[test]
fn a_ticket_in_the_subject_counts_for_those_who_take_part_alone() {
    let kit = Kit::new();
    let channel = mailbox(&kit, "");
    let maya = kit.member("Maya", Role::Agent);
    let first = place(&hears(&kit, channel, &from_ana("one", "", "parcel"))).unwrap();
    let wanted = trailbox::desk::tickets::Wanted {
        title: "parcel".to_owned(),
        conversation: Some(first),
        ..trailbox::desk::tickets::Wanted::default()
    };
    let ticket = kit.ticket(&maya, wanted);
    let named = from_ana("two", "", &format!("AW: parcel [{ticket}]"));
    assert_eq!(place(&hears(&kit, channel, &named)), Some(first));
    let stranger = named.replace("ana@", "eve@").replace("<two@", "<three@");
    assert_ne!(place(&hears(&kit, channel, &stranger)), Some(first));
}

#[test]
fn a_bounce_fails_the_letter_and_the_customer_waits_again() {
    let kit = Kit::new();
    let channel = mailbox(&kit, "");
    let maya = kit.member("Maya", Role::Agent);
    let id = place(&hears(&kit, channel, &from_ana("one", "", "parcel"))).unwrap();
    let waiting = |kit: &Kit| {
        kit.ask(|now| conversations::get(now, id))
            .unwrap()
            .waiting_since
    };
    let since = waiting(&kit);
    assert!(since.is_some());
    let (message_id, article) = reply(&kit, &maya, id, channel);
    accepted(&kit, article, &message_id);
    assert_eq!(waiting(&kit), None);
    let bounce = format!(
        "From: MAILER-DAEMON@mx.example\nTo: support@shop.example\nSubject: Undelivered\n\
         Message-ID: <b@mx.example>\nContent-Type: multipart/report; report-type=delivery-status; boundary=b\n\n\
         --b\n\nsorry\n--b\nContent-Type: message/delivery-status\n\nReporting-MTA: dns; mx.example\n\n\
         Final-Recipient: rfc822; ana@mail.example\nAction: failed\nStatus: 5.1.1\n\
         --b\nContent-Type: message/rfc822\n\nMessage-ID: <{message_id}>\nSubject: x\n\nx\n--b--\n"
    );
    let facts = hears(&kit, channel, &bounce);
    assert_eq!(place(&facts), Some(id));
    let told = facts.iter().find_map(|(_, event)| match event {
        Event::Article(ArticleEvent::Reported {
            article,
            state,
            text,
            ..
        }) => Some((*article, state.clone(), text.clone().unwrap())),
        _ => None,
    });
    let text = "there is no such mailbox at that address (5.1.1)".to_owned();
    assert_eq!(told, Some((Some(article), "failed".to_owned(), text)));
    assert_eq!(waiting(&kit), since, "what did not arrive is no answer");
}

#[test]
fn two_machines_that_answer_each_other_come_to_rest() {
    let kit = Kit::new();
    let channel = mailbox(&kit, "We got your letter.");
    let withheld = |facts: &[(Seq, Event)]| {
        facts
            .iter()
            .any(|(_, event)| matches!(event, Event::Email(EmailEvent::AnswerWithheld { .. })))
    };
    let answered = |facts: &[(Seq, Event)]| {
        facts
            .iter()
            .any(|(_, event)| matches!(event, Event::Article(ArticleEvent::Queued { .. })))
    };
    for n in 0..6 {
        let facts = hears(
            &kit,
            channel,
            &from_ana(&format!("n{n}"), "", "I am a machine"),
        );
        assert_eq!(answered(&facts), n < 3, "answer {n}");
        assert_eq!(withheld(&facts), n >= 3, "answer {n}");
        let id = place(&facts).unwrap();
        let waits = kit
            .ask(|now| conversations::get(now, id))
            .unwrap()
            .waiting_since;
        assert!(waits.is_some(), "a machine's words are no answer");
    }
    kit.later(HOUR_MS + 1);
    assert!(answered(&hears(
        &kit,
        channel,
        &from_ana("later", "", "hello")
    )));
    for header in [
        "Auto-Submitted: auto-generated\n",
        "List-Id: <l>\n",
        "Precedence: bulk\n",
    ] {
        let facts = hears(&kit, channel, &from_ana(&header[..4], header, "x"));
        assert!(
            place(&facts).is_some() && !answered(&facts) && !withheld(&facts),
            "{header}"
        );
    }
    let own = "From: support@shop.example\nSubject: from ourselves\nMessage-ID: <own@x>\n\nx\n";
    assert!(!answered(&hears(&kit, channel, own)));
}

#[test]
fn an_absence_notice_wakes_nothing_and_a_late_answer_begins_anew() {
    let kit = Kit::new();
    let channel = mailbox(&kit, "");
    let maya = kit.member("Maya", Role::Agent);
    let id = place(&hears(&kit, channel, &from_ana("one", "", "parcel"))).unwrap();
    reply(&kit, &maya, id, channel);
    let summary = trailbox::domain::conversation::Summary {
        issue: "parcel".into(),
        outcome: "sent".into(),
        ..Default::default()
    };
    kit.done(&maya, move |now| conversations::close(now, id, summary));
    let away = from_ana(
        "away",
        "In-Reply-To: <one@mail.example>\nAuto-Submitted: auto-replied\n",
        "Away",
    );
    assert_eq!(place(&hears(&kit, channel, &away)), Some(id));
    let present = kit.ask(|now| conversations::get(now, id)).unwrap();
    assert_eq!(
        (present.status, present.waiting_since),
        (Status::Closed, None)
    );
    kit.later(60 * DAY_MS);
    let late = from_ana("late", "In-Reply-To: <one@mail.example>\n", "still here");
    let facts = hears(&kit, channel, &late);
    let previous = facts.iter().find_map(|(_, event)| match event {
        Event::Conversation(ConversationEvent::Started { previous, .. }) => *previous,
        _ => None,
    });
    assert_eq!(previous, Some(id));
}

#[test]
fn mailboxes_and_signatures_are_checked() {
    let kit = Kit::new();
    let channel = mailbox(&kit, "");
    let shell = Who::shell();
    for (what, spoil) in [
        (
            "name",
            (|wanted| wanted.name = "Big Name".to_owned()) as fn(&mut mailboxes::Wanted),
        ),
        ("address", |wanted| {
            wanted.config.address = "nobody".to_owned()
        }),
        ("smtp_host", |wanted| {
            wanted.config.smtp_host = String::new()
        }),
        ("imap_host", |wanted| {
            wanted.config.imap_host = "mail.example".to_owned();
            wanted.config.imap_security = Security::None;
        }),
        ("authority", |wanted| {
            wanted.config.authority = "trust me".to_owned()
        }),
    ] {
        let mut wanted = wanted("other", "");
        spoil(&mut wanted);
        let refusal = kit.refused(&shell, move |now| mailboxes::add(now, wanted));
        assert_eq!(refusal.field, Some(what), "{}", refusal.text);
    }
    let mut taken = wanted("second", "");
    taken.config.address = "Support@shop.example".to_owned();
    kit.refused(&shell, move |now| mailboxes::add(now, taken));
    let mut changed = wanted("support", "Hello");
    changed.secret.password = "fresh".to_owned();
    kit.done(&shell, move |now| mailboxes::change(now, channel, changed));
    assert_eq!(
        kit.ask(|now| mailboxes::secret(now, channel))
            .unwrap()
            .token_key,
        "a key"
    );
    assert_eq!(
        kit.ask(|now| mailboxes::config(now, channel))
            .unwrap()
            .acknowledgement,
        "Hello"
    );

    kit.done(&shell, move |now| {
        mailboxes::change(now, channel, wanted("support", ""))
    });
    let maya = kit.member("Maya", Role::Agent);
    let me = Object::Member(maya.member().unwrap());
    let own = kit.done(&maya, move |now| mailboxes::sign(now, me, "Maya, returns"));
    assert_eq!(own.len(), 1);
    assert!(
        kit.done(&maya, move |now| mailboxes::sign(now, me, "Maya, returns"))
            .is_empty()
    );
    let boss = kit.member("Boss", Role::Lead);
    let boss = Object::Member(boss.member().unwrap());
    kit.refused(&maya, move |now| mailboxes::sign(now, boss, "x"));
    let id = place(&hears(&kit, channel, &from_ana("one", "", "parcel"))).unwrap();
    let (_, article) = reply(&kit, &maya, id, channel);
    let raw = kit
        .ask(|now| trailbox::desk::channels::bytes(now, article, "raw"))
        .unwrap()
        .unwrap();
    // The root in it is that of a beginning of the trail, for whoever keeps the letter.
    let kept = trailbox::ledger::verify::Anchor::read("letter", &String::from_utf8_lossy(&raw));
    let options = trailbox::ledger::verify::Options {
        anchors: vec![kept.unwrap()],
        ..Default::default()
    };
    let apply = trailbox::desk::apply;
    let report = trailbox::ledger::verify::verify(kit.home(), apply, &options).unwrap();
    assert!(
        report.is_clean() && report.anchors == 1,
        "{:?}",
        report.findings
    );
    let mail = trailbox::channels::email::parse(&raw).unwrap();
    let under = mail.email.passages.last().unwrap();
    assert!(under.text.contains("Maya, returns"), "{under:?}");
    let to = Mailbox {
        name: "Ana".into(),
        address: "ana@mail.example".into(),
    };
    let sent = kit
        .ask(|now| letters::newest(now, id, 1))
        .unwrap()
        .remove(0);
    assert_eq!((sent.email.to, sent.inbound), (vec![to], false));
}

//! Who is told what: by each fact, in the chosen ways, once, and quietly where they look anyway.

use crate::kit::{Kit, member};
use trailbox::desk::{self, conversations, notifications};
use trailbox::domain::actor::{Door, Who};
use trailbox::domain::id::{ConversationId, MemberId, Object};
use trailbox::domain::member::Role;
use trailbox::domain::moment::HOUR_MS;
use trailbox::domain::notification::{Kind, Ways};

fn tell(kit: &Kit, looks: Option<(MemberId, Object)>) {
    let due = kit.ask(notifications::to_tell).unwrap();
    let who = Who::system("notifications", Door::Timer);
    kit.done(&who, move |now| {
        notifications::tell(now, &due, |member, object| looks == Some((member, object)))
    });
}

fn told(kit: &Kit, who: &Who) -> Vec<(Kind, Ways, bool)> {
    let me = who.member().unwrap();
    let list = kit
        .ask(|now| notifications::list(now, me, None, false, 50))
        .unwrap();
    let told = list
        .into_iter()
        .map(|one| (one.kind, one.ways, one.read_at.is_none()));
    told.collect()
}

fn kinds(kit: &Kit, who: &Who) -> Vec<Kind> {
    told(kit, who).into_iter().map(|one| one.0).collect()
}

struct Shop {
    kit: Kit,
    lead: Who,
    ada: Who,
    ben: Who,
    talk: ConversationId,
}

fn shop() -> Shop {
    let kit = Kit::new();
    let lead = kit.member("Mar", Role::Lead);
    let ada = kit.member("Ada", Role::Agent);
    let ben = kit.member("Ben", Role::Agent);
    let channel = kit.channel("shop");
    let talk = kit.writes(channel, "34600111222", "Hello");
    Shop {
        kit,
        lead,
        ada,
        ben,
        talk,
    }
}

#[test]
fn members_are_told_of_what_concerns_them_and_not_of_what_they_did() {
    let Shop {
        kit,
        lead,
        ada,
        ben,
        talk,
    } = shop();
    let (a, b) = (ada.member().unwrap(), ben.member().unwrap());
    kit.done(&lead, move |now| conversations::assign(now, talk, a, ""));
    kit.done(&ada, move |now| {
        conversations::escalate(now, talk, 1, "asks for a lawyer")
    });
    kit.done(&ada, move |now| {
        conversations::assign(now, talk, b, "my shift ends")
    });
    kit.done(&lead, move |now| conversations::take(now, talk, "urgent"));
    tell(&kit, None);
    assert_eq!(kinds(&kit, &ada), [Kind::Assignment]);
    assert_eq!(kinds(&kit, &ben), [Kind::HandOver, Kind::HandOver]);
    assert_eq!(kinds(&kit, &lead), [Kind::Escalation]);
    assert!(kit.ask(notifications::to_tell).unwrap().is_empty(), "once");
}

#[test]
fn answers_ring_once_until_they_are_seen_and_not_while_somebody_looks() {
    let Shop { kit, ada, talk, .. } = shop();
    let channel = kit
        .ask(|now| conversations::get(now, talk))
        .unwrap()
        .channel;
    kit.done(&ada, move |now| conversations::take(now, talk, ""));
    let me = ada.member().unwrap();
    kit.writes(channel, "34600111222", "Are you there?");
    kit.writes(channel, "34600111222", "Hello?");
    tell(&kit, None);
    assert_eq!(kinds(&kit, &ada), [Kind::Reply]);
    let object = Object::Conversation(talk);
    kit.done(&ada, move |now| notifications::read(now, Some(object)));
    assert_eq!(kit.ask(|now| notifications::unread(now, me)).unwrap(), 0);
    kit.writes(channel, "34600111222", "Thanks");
    tell(&kit, Some((me, object)));
    let newest = told(&kit, &ada)[0];
    assert!(
        !newest.1.browser && !newest.2,
        "quiet, and seen: {newest:?}"
    );
    kit.writes(channel, "34600111222", "One more thing");
    kit.later(2 * HOUR_MS);
    tell(&kit, None);
    let newest = told(&kit, &ada)[0];
    assert!(!newest.1.browser && newest.2, "late, so only in the list");
}

#[test]
fn mentions_reach_members_and_groups_in_the_ways_they_chose() {
    let Shop {
        kit,
        lead,
        ada,
        ben,
        talk,
    } = shop();
    let (a, b) = (ada.member().unwrap(), ben.member().unwrap());
    kit.done(&Who::shell(), |now| desk::groups::add(now, "Returns"));
    let group = kit.ask(desk::groups::list).unwrap()[0].id;
    kit.done(&Who::shell(), move |now| {
        desk::groups::set_members(now, group, &[a, b])
    });
    let off = Ways {
        list: false,
        browser: false,
        email: false,
    };
    kit.done(&ben, move |now| {
        notifications::prefer(now, Kind::Mention, off)
    });
    let rings = Ways {
        list: false,
        browser: true,
        email: false,
    };
    kit.refused(&ben, move |now| {
        notifications::prefer(now, Kind::Reply, rings)
    });
    let object = Object::Conversation(talk);
    kit.done(&lead, move |now| {
        desk::articles::note(now, object, "@Returns please look")
    });
    tell(&kit, None);
    let ways = told(&kit, &ada)[0].1;
    assert!(ways.browser && !ways.email, "no mailbox is connected");
    assert_eq!(kinds(&kit, &ben), []);
    let away = member(a, "Ada", Role::Agent);
    kit.done(&away, |now| notifications::read(now, None));
    assert!(
        kit.done(&away, |now| notifications::read(now, None))
            .is_empty()
    );
}

#[test]
fn copies_by_email_are_wanted_bounded_tried_and_given_up() {
    use trailbox::desk::notifications::copies;
    use trailbox::desk::{mailboxes, settings};
    use trailbox::domain::mailbox::{MailConfig, MailSecret, Security};
    let kit = Kit::new();
    let owner = kit.member("Otti", Role::Owner);
    let agent = kit.member("Ada", Role::Agent);
    let me = agent.member().unwrap();
    let wanted = mailboxes::Wanted {
        name: "support".to_owned(),
        title: "Support".to_owned(),
        config: MailConfig {
            address: "support@shop.example".to_owned(),
            smtp_host: "127.0.0.1".to_owned(),
            smtp_port: 1,
            smtp_security: Security::None,
            ..MailConfig::default()
        },
        secret: MailSecret::default(),
        group: None,
    };
    kit.done(&owner, move |now| mailboxes::add(now, wanted));
    let channel = kit.channel("shop");
    let timer = Who::system("notifications", Door::Timer);
    let give = |n: u64| {
        let id = kit.writes(channel, &format!("34600111{n:03}"), "private words");
        kit.done(&owner, move |now| conversations::assign(now, id, me, ""));
        let due = kit.ask(notifications::to_tell).unwrap();
        kit.done(&timer, move |now| {
            notifications::tell(now, &due, |_, _| false)
        });
        kit.ask(copies::due).unwrap().len()
    };
    assert_eq!(give(1), 0, "off by default");
    let ways = Ways {
        list: true,
        browser: false,
        email: true,
    };
    kit.done(&agent, move |now| {
        notifications::prefer(now, Kind::Assignment, ways)
    });
    assert_eq!(give(2), 0, "no mailbox is chosen");
    kit.done(&owner, |now| {
        settings::set(now, "notification.mailbox", "support")
    });
    assert_eq!(give(3), 1);
    // Nobody listens there: it is tried again, later each time, and given up.
    for tries in 0..6 {
        let sent = trailbox::jobs::copies::send_due(&kit.ledger, "https://desk.example").unwrap();
        assert_eq!(sent, tries < 4, "try {tries}");
        assert!(
            kit.ask(copies::due).unwrap().is_empty(),
            "not before its time"
        );
        kit.later(2 * HOUR_MS);
    }
    for n in 4..4 + copies::PER_HOUR + 3 {
        let waiting = give(n) as u64;
        assert_eq!(waiting, (n - 3).min(copies::PER_HOUR), "bounded");
    }
}

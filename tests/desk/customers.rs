//! Customers: ways to reach them, what is written down, blocked ones, tables taken in.

use super::kit::Kit;
use trailbox::desk::contacts::view::View;
use trailbox::desk::contacts::{self, import, merging, profile};
use trailbox::desk::inbox::{self, Queue};
use trailbox::desk::{conversations, settings};
use trailbox::domain::actor::Who;
use trailbox::domain::conversation::Status;
use trailbox::domain::event::{ContactEvent, Event};
use trailbox::domain::id::{ChannelId, ContactId, ConversationId};
use trailbox::domain::member::Role;
use trailbox::domain::moment::Moment;

fn set(kit: &Kit, key: &'static str, value: &'static str) {
    kit.done(&Who::shell(), move |now| settings::set(now, key, value));
}

fn customer(kit: &Kit, talk: ConversationId) -> ContactId {
    kit.ask(|now| conversations::get(now, talk))
        .unwrap()
        .contact
}

#[test]
fn ways_to_reach_somebody_are_one_form_and_verified_by_traffic() {
    let kit = Kit::new();
    let ada = kit.member("Ada", Role::Agent);
    let channel = kit.channel("shop");
    let one = customer(&kit, kit.writes(channel, "447700900200", "hello"));
    set(&kit, "customers.country", "gb");
    let add = |kind: &'static str, value: &'static str| {
        move |now: &trailbox::ledger::Now<'_>| profile::add_identity(now, one, kind, value)
    };
    kit.done(&ada, add("phone", "020 7946 0018"));
    kit.done(&ada, add("email", "Ana@Shop.Example"));
    assert_eq!(kit.done(&ada, add("phone", "+44 20 7946 0018")).len(), 0);
    for (kind, value) in [
        ("phone", "12"),
        ("email", "ana at shop"),
        ("fax", "1"),
        ("wa_id", "x"),
    ] {
        kit.refused(&ada, add(kind, value));
    }
    let known = kit.ask(|now| contacts::get(now, one)).unwrap();
    assert_eq!(known.identity("phone"), Some("+442079460018"));
    assert_eq!(known.identity("email"), Some("ana@shop.example"));
    assert_eq!(
        known.verified,
        [("wa_id".to_owned(), "447700900200".to_owned())]
    );
    // Somebody writes from the number that was written down: the same person, and now verified.
    let again = customer(&kit, kit.writes(channel, "442079460018", "it is me"));
    assert_eq!(again, one);
    let known = kit.ask(|now| contacts::get(now, one)).unwrap();
    assert!(
        known
            .verified
            .contains(&("wa_id".to_owned(), "442079460018".to_owned()))
    );
    let two = customer(&kit, kit.writes(channel, "447700900201", "hello"));
    let taken = kit.refused(&ada, move |now| {
        profile::add_identity(now, two, "email", "ana@shop.example")
    });
    assert!(taken.text.contains(&one.to_string()), "{taken:?}");
    let gone = move |now: &trailbox::ledger::Now<'_>| {
        profile::remove_identity(now, one, "email", "ana@shop.example")
    };
    kit.done(&ada, gone);
    kit.refused(&ada, gone);
}

#[test]
fn what_is_written_down_is_typed_and_searchable() {
    let kit = Kit::new();
    let ada = kit.member("Ada", Role::Agent);
    let channel = kit.channel("shop");
    let one = customer(&kit, kit.writes(channel, "447700900200", "hello"));
    set(
        &kit,
        "customers.attributes",
        "tier: choice gold/silver, vip: yes/no",
    );
    let describe = |field: &'static str, value: &'static str| {
        let wanted = [(field.to_owned(), value.to_owned())].into();
        move |now: &trailbox::ledger::Now<'_>| profile::describe(now, one, &wanted)
    };
    for (field, value) in [
        ("name", "Ana Ruiz"),
        ("address", "1 Long Street\nTown"),
        ("tier", "GOLD"),
        ("vip", "true"),
    ] {
        let facts = kit.done(&ada, describe(field, value));
        let Event::Contact(ContactEvent::Described { fields, .. }) = &facts[0].1 else {
            panic!("{facts:?}")
        };
        assert_eq!(fields, &[field.to_owned()]);
        assert!(
            kit.done(&ada, describe(field, value)).is_empty(),
            "as it was"
        );
    }
    for (field, value) in [("tier", "bronze"), ("shoe", "42"), ("language", "x")] {
        let value = if field == "language" {
            Box::leak("x".repeat(41).into_boxed_str())
        } else {
            value
        };
        kit.refused(&ada, describe(field, value));
    }
    let known = kit.ask(|now| contacts::get(now, one)).unwrap();
    assert_eq!(known.title(), "Ana Ruiz");
    assert_eq!(known.fields["tier"], "gold");
    assert_eq!(known.fields["vip"], "yes");
    kit.done(&ada, describe("tier", ""));
    let known = kit.ask(|now| contacts::get(now, one)).unwrap();
    assert!(!known.fields.contains_key("tier"));
    let found = kit
        .ask(|now| contacts::search(now, "ruiz", None, 10))
        .unwrap();
    assert_eq!(found[0].1.id, one);
    let wrong =
        |now: &trailbox::ledger::Now<'_>| settings::set(now, "customers.attributes", "x: y");
    kit.refused(&Who::shell(), wrong);
    kit.refused(&Who::shell(), |now| {
        settings::set(now, "customers.country", "XX")
    });
}

#[test]
fn a_blocked_customer_is_heard_and_makes_no_work() {
    let kit = Kit::new();
    let ada = kit.member("Ada", Role::Agent);
    let channel = kit.channel("shop");
    let talk = kit.writes(channel, "447700900200", "buy gold");
    let one = customer(&kit, talk);
    kit.refused(&ada, move |now| profile::block(now, one, " "));
    kit.done(&ada, move |now| profile::block(now, one, "advertisements"));
    kit.refused(&ada, move |now| profile::block(now, one, "again"));
    let waiting = || kit.ask(inbox::counts).unwrap().into_iter();
    let work = |queue| waiting().find(|(have, _)| *have == queue).unwrap().1;
    assert_eq!(kit.writes(channel, "447700900200", "buy silver"), talk);
    kit.later(400 * 24 * 3_600_000);
    let late = kit.writes(channel, "447700900200", "buy bronze");
    let other = kit.channel("other");
    let there = kit.writes(other, "447700900200", "buy here");
    for talk in [talk, late, there] {
        let now = kit.ask(|now| conversations::get(now, talk)).unwrap();
        assert_eq!(
            (now.status, now.waiting_since),
            (Status::Closed, None),
            "{talk}"
        );
    }
    assert_eq!(work(Queue::Unassigned), Some(0));
    assert_eq!(kit.ask(|now| profile::since_blocked(now, one)).unwrap(), 3);
    assert_eq!(
        kit.ask(|now| contacts::list(now, View::Blocked, None, 9))
            .unwrap()
            .len(),
        1
    );
    kit.done(&ada, move |now| profile::unblock(now, one));
    kit.refused(&ada, move |now| profile::unblock(now, one));
    kit.writes(channel, "447700900200", "sorry, my order?");
    assert_eq!(work(Queue::Unassigned), Some(1));
}

/// When the provider tells that a customer has another number.
fn moves(kit: &Kit, channel: ChannelId, from: &str, to: &str, at: Moment) {
    let id = format!("wamid.MOVE{}", kit.number());
    let body = serde_json::json!({"object": "whatsapp_business_account", "entry": [{
        "id": "310987654321000",
        "changes": [{"field": "messages", "value": {
            "messaging_product": "whatsapp",
            "metadata": {"phone_number_id": "210987654321001"},
            "messages": [{"id": id, "from": from, "type": "system",
                "timestamp": (at.0 / 1000).to_string(),
                "system": {"type": "user_changed_number", "wa_id": to, "body": "moved"}}],
        }}],
    }]});
    kit.hears(channel, body.to_string().as_bytes());
}

#[test]
fn a_number_is_not_taken_from_who_writes_under_it() {
    let kit = Kit::new();
    let channel = kit.channel("shop");
    let old = customer(&kit, kit.writes(channel, "447700900200", "hello"));
    let known = |contact, number: &str| {
        let known = kit.ask(|now| contacts::get(now, contact)).unwrap();
        known
            .identities
            .contains(&("wa_id".to_owned(), number.to_owned()))
    };
    // They write under the new number before the provider tells of it.
    let moved_at = kit.clock.now();
    kit.later(60_000);
    let new = customer(&kit, kit.writes(channel, "447700900201", "it is me"));
    moves(&kit, channel, "447700900200", "447700900201", moved_at);
    assert!(new != old && known(new, "447700900201") && !known(old, "447700900201"));
    assert_eq!(
        customer(&kit, kit.writes(channel, "447700900201", "and?")),
        new
    );
    // A number that was somebody else's before is theirs from now on.
    kit.later(60_000);
    let moved_at = kit.clock.now().plus_ms(60_000);
    kit.later(120_000);
    moves(&kit, channel, "447700900200", "447700900201", moved_at);
    assert!(known(old, "447700900201") && !known(new, "447700900201"));
}

const TABLE: &str = "\u{feff}Name,Phone,E-mail,Tier,Shoe size\n\
    Ana Ruiz,+44 7911 123456,ana@shop.example,gold,39\n\
    Bilal,020 7946 0018,,silver,\n\
    ,,,,\n\
    Nobody,,,gold,\n\
    Wrong,12,,,\n\
    Twice,+442079460018,,,\n\
    Tier,+447911123457,,platinum,\n\
    Short,+447911123458\n";

#[test]
fn a_table_says_first_what_it_would_do_and_does_it_once() {
    let kit = Kit::new();
    let ada = kit.member("Ada", Role::Agent);
    let channel = kit.channel("shop");
    let ana = customer(&kit, kit.writes(channel, "447911123456", "hello"));
    set(&kit, "customers.country", "GB");
    set(&kit, "customers.attributes", "tier: choice gold/silver");
    let preview = kit
        .ask(|now| import::preview(now, TABLE.as_bytes()))
        .unwrap();
    assert_eq!(preview.counts(), (1, 1, 0, 5));
    assert_eq!(preview.unknown, ["Shoe size"]);
    let why: Vec<(usize, String)> = preview
        .lines
        .iter()
        .filter_map(|line| match &line.fate {
            import::Fate::Refused(why) => Some((line.number, why.clone())),
            _ => None,
        })
        .collect();
    for (at, words) in [
        (5, "neither a number"),
        (6, "12 is not a telephone number"),
        (7, "earlier line"),
        (8, "platinum"),
        (9, "2 columns, the head has 5"),
    ] {
        assert!(
            why.iter()
                .any(|(line, why)| *line == at && why.contains(words)),
            "{why:?}"
        );
    }
    let take = |now: &trailbox::ledger::Now<'_>| import::take(now, TABLE.as_bytes(), "d1");
    let facts = kit.done(&ada, take);
    assert!(
        matches!(
            facts[0].1,
            Event::Contact(ContactEvent::Imported {
                added: 1,
                changed: 1,
                same: 0,
                refused: 5,
                ..
            })
        ),
        "{facts:?}"
    );
    let known = kit.ask(|now| contacts::get(now, ana)).unwrap();
    assert_eq!(known.name.as_deref(), Some("Ana Ruiz"));
    assert_eq!(known.identity("email"), Some("ana@shop.example"));
    assert_eq!(
        known.identity("phone"),
        None,
        "her number is the one she writes from"
    );
    let again = kit.refused(&ada, take);
    assert!(
        again.text.contains("nothing in this file is new"),
        "{again:?}"
    );
    let preview = kit
        .ask(|now| import::preview(now, TABLE.as_bytes()))
        .unwrap();
    assert_eq!(preview.counts(), (0, 0, 2, 5));
}

#[test]
fn a_file_that_is_no_table_is_refused_whole() {
    let kit = Kit::new();
    let ada = kit.member("Ada", Role::Agent);
    let many = format!("phone\n{}", "+447911123456\n".repeat(import::LINES_MAX + 1));
    for (bytes, words) in [
        (&b"name,city\nAna,Rome\n"[..], "names no column"),
        (b"phone\n", "no lines"),
        (b"", "names no column"),
        (b"phone,name\n+447911123456,\xff\xfe\n", "not UTF-8"),
        (many.as_bytes(), "more than 5000 lines"),
    ] {
        let bytes = bytes.to_vec();
        let refusal = kit.refused(&ada, move |now| import::take(now, &bytes, "d"));
        assert!(refusal.text.contains(words), "{refusal:?}");
    }
    let cut = "phone;name\n+447911123456;\"Ana";
    let preview = kit.ask(|now| import::preview(now, cut.as_bytes())).unwrap();
    assert_eq!(
        preview.counts().0,
        1,
        "semicolons, and a quote that was cut off"
    );
}

#[test]
fn the_same_person_is_suggested_by_number_and_name() {
    let kit = Kit::new();
    let ada = kit.member("Ada", Role::Agent);
    let channel = kit.channel("shop");
    let table = "name,phone\nAna Ruiz,+442079460018\nANA RUIZ,+442079460019\n";
    kit.done(&ada, move |now| import::take(now, table.as_bytes(), "d"));
    let one = customer(&kit, kit.writes(channel, "447700900200", "hello"));
    let wanted = [("name".to_owned(), "Ana Ruiz".to_owned())].into();
    kit.done(&ada, move |now| profile::describe(now, one, &wanted));
    let alike = || {
        kit.ask(|now| merging::alike(now, &contacts::get(now, one)?))
            .unwrap()
    };
    let found = alike();
    assert_eq!(found.len(), 2);
    assert!(found.iter().all(|alike| alike.why == "name"));
    let other = found[0].contact.id;
    kit.done(&ada, move |now| merging::merge(now, other, one));
    assert_eq!(alike().len(), 1, "who is merged is not suggested again");
}

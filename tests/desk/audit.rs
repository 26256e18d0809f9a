//! Questions to the trail: what they find is what going through every event one by one finds, page by
//! page, counted rightly, and always out of an index.

use super::kit::Kit;
use trailbox::desk::audit::asked::{Asked, ask};
use trailbox::desk::audit::filter::{self, By, Count, Filter};
use trailbox::desk::audit::{self, Recorded, streams};
use trailbox::desk::{articles, conversations, tickets};
use trailbox::domain::calendar::Zone;
use trailbox::domain::id::{Object, Seq};
use trailbox::domain::member::Role;
use trailbox::ledger::Now;

fn desk() -> Kit {
    let kit = Kit::new();
    let maya = kit.member("Maya", Role::Lead);
    let omar = kit.member("Omar", Role::Agent);
    let channel = kit.channel("shop");
    for n in 0..12 {
        let talk = kit.writes(
            channel,
            &format!("44770090020{}", n % 4),
            "the courier was late",
        );
        kit.wish(&maya, move |now| conversations::take(now, talk, ""))
            .ok(); // hers already
        kit.done(&maya, move |now| conversations::tag(now, talk, "late"));
        if n % 3 == 0 {
            kit.later(86_400_000);
            kit.writes(
                channel,
                &format!("44770090020{}", n % 4),
                "nobody called me",
            );
            kit.done(&omar, move |now| conversations::view(now, talk));
        }
        let wanted = tickets::Wanted {
            title: format!("Parcel {n}"),
            kind: "complaint".to_owned(),
            conversation: Some(talk),
            ..tickets::Wanted::default()
        };
        kit.ticket(&omar, wanted);
    }
    kit
}

fn asked(kit: &Kit, text: &str) -> Asked {
    kit.ask(|now| ask(now, text, &Zone::utc())).unwrap()
}

fn filter_of(kit: &Kit, text: &str) -> Filter {
    let asked = asked(kit, text);
    assert_eq!(asked.mistakes, [], "{text}");
    asked.filter
}

/// Every place that is found, by small pages.
fn paged(now: &Now<'_>, filter: &Filter) -> Vec<u64> {
    let mut filter = filter.clone();
    let mut places = Vec::new();
    loop {
        let found = filter::find(now, &filter, 7).unwrap();
        places.extend(found.places.iter().map(|seq| seq.0));
        match found.places.last().filter(|_| found.places.len() == 7) {
            Some(last) => filter.before = Some(*last),
            None => return places,
        }
    }
}

#[test]
fn a_question_finds_what_looking_at_every_event_finds() {
    type Passes = fn(&Recorded) -> bool;
    let kit = desk();
    let questions: [(&str, Passes); 13] = [
        ("", |_| true),
        ("actor:maya", |e| e.entry.actor.id() == "M-1"),
        ("actor:omar,maya event:ticket", |e| {
            ["M-1", "M-2"].contains(&e.entry.actor.id().as_str())
                && e.entry.event.starts_with("ticket.")
        }),
        ("-kind:system,provider", |e| {
            !["system", "provider"].contains(&e.entry.actor.kind())
        }),
        ("is:handoff", |e| {
            e.entry.event.ends_with(".owner_changed") || e.entry.event.ends_with(".group_changed")
        }),
        ("about:C-1 -is:view", |e| {
            e.event.objects().iter().any(|o| o.to_string() == "C-1")
                && !e.entry.event.ends_with(".viewed")
        }),
        ("kind:member event:conversation.tagged actor:omar", |_| {
            false
        }),
        ("changed:owner became:Maya", |e| {
            e.entry.event.ends_with(".owner_changed")
                && e.bytes.contains("Maya")
                && e.entry.data["to"].to_string().contains("Maya")
        }),
        ("door:webhook", |e| e.entry.via.door.as_str() == "webhook"),
        ("around:30", |e| (20..=40).contains(&e.seq.0)),
        ("after:#10 before:#20", |e| (11..20).contains(&e.seq.0)),
        ("after:2026-11-23 before:2026-11-24", |e| {
            e.entry.at.to_string().starts_with("2026-11-23")
        }),
        (
            "kind:contact,provider event:article.received -about:K-1",
            |e| {
                e.entry.event == "article.received"
                    && !e.event.objects().iter().any(|o| o.to_string() == "K-1")
            },
        ),
    ];
    for (text, passes) in questions {
        let filter = filter_of(&kit, text);
        let (found, expected, count) = kit
            .ask(|now| {
                let mut expected = Vec::new();
                for seq in (0..now.next_seq().0).rev() {
                    if passes(&audit::get(now, Seq(seq))?) {
                        expected.push(seq);
                    }
                }
                let page = filter::find(now, &filter, 7)?;
                let on = filter::count(now, &filter, Some(&page), page.read)?;
                let count = filter::count(now, &filter, None, 0)?;
                assert_eq!(on, count, "{text}: counted on from the first page");
                Ok((paged(now, &filter), expected, count))
            })
            .unwrap();
        assert_eq!(found, expected, "{text}");
        assert_eq!(count, Count::Exactly(expected.len() as u64), "{text}");
    }
}

#[test]
fn words_and_phrases_are_found_in_what_was_said() {
    let kit = desk();
    let count = |text: &str| {
        let filter = filter_of(&kit, text);
        kit.ask(|now| Ok(paged(now, &filter).len())).unwrap()
    };
    assert_eq!(count("courier"), 12);
    assert_eq!(count("\"courier was late\""), 12);
    assert_eq!(count("\"was courier\""), 0);
    assert_eq!(count("late was event:article.received"), 12);
    assert_eq!(count("nobody actor:omar"), 0);
    assert_eq!(
        count("\"nobody called\" customer:K-1"),
        count("nobody customer:K-1")
    );
    assert!(count("nobody customer:K-1") < count("nobody"));
}

#[test]
fn what_is_not_known_is_pointed_at_with_the_nearest() {
    let kit = desk();
    for (text, words) in [
        ("actor:mara", "did you mean Maya?"),
        ("event:tickt", "did you mean ticket?"),
        ("event:ticket.opend", "did you mean ticket.opened?"),
        ("kind:robot", "there are member, bot"),
        ("is:hand-off", "there are view, read, handoff"),
        ("ticket:88", "ticket:T-1042"),
        ("channel:shp", "did you mean shop?"),
        ("customer:zzzz", "no customer is called zzzz"),
        ("changed:colour", "there are"),
        ("after:soon", "write a day"),
        ("on:24h", "a whole day"),
        ("cause:x", "not the number of an event"),
        ("-late", "words cannot be left out"),
        ("door:window", "there are web, api"),
    ] {
        let asked = asked(&kit, text);
        let mistake = asked
            .mistakes
            .first()
            .unwrap_or_else(|| panic!("{text} is taken"));
        assert!(mistake.text.contains(words), "{text}: {}", mistake.text);
        assert_eq!(asked.text, text, "nothing typed is lost");
    }
    // What can happen, but never did here, is no mistake.
    assert_eq!(asked(&kit, "event:macro.used event:sla").mistakes, []);
}

#[test]
fn no_stream_reads_a_table_from_end_to_end() {
    let kit = Kit::new();
    for sql in streams::QUESTIONS {
        let plan = kit.ask(|now| now.plan(sql)).unwrap().join("; ");
        assert!(
            !plan.contains("SCAN") && !plan.contains("TEMP B-TREE"),
            "{sql}: {plan}"
        );
        let covered = plan.contains("COVERING") || plan.contains("PRIMARY KEY");
        assert!(covered, "{sql}: {plan}");
    }
}

#[test]
fn events_are_sorted_into_groups() {
    let kit = desk();
    let filter = filter_of(&kit, "kind:member");
    let (groups, more) = kit
        .ask(|now| filter::groups(now, &filter, By::Actor))
        .unwrap();
    assert_eq!(groups.len(), 2);
    assert!(!more);
    let all = kit.ask(|now| Ok(paged(now, &filter).len() as u64)).unwrap();
    assert_eq!(groups.iter().map(|group| group.count).sum::<u64>(), all);
    let (cases, _) = kit
        .ask(|now| filter::groups(now, &filter, By::Case))
        .unwrap();
    let is_case =
        |key: &str| matches!(key.parse(), Ok(Object::Ticket(_) | Object::Conversation(_)));
    assert!(cases.iter().all(|group| is_case(&group.key)));
}

#[test]
fn words_are_found_to_the_last_text_however_many_are_looked_at_at_once() {
    let kit = Kit::new();
    let channel = kit.channel("shop");
    let id = kit.writes(channel, "15551230001", "hello");
    let maya = kit.member("Maya", Role::Lead);
    for n in 0..40 {
        let text = match n % 4 {
            0 => "a parcel late",
            1 => "the superparcel",
            2 => "parcel, late again",
            _ => "nothing",
        };
        kit.done(&maya, move |now| {
            articles::note(now, Object::Conversation(id), text)
        });
    }
    let told = |query: &'static str, block: u32| -> usize {
        let (mut below, mut all) = (u64::MAX >> 1, Vec::new());
        loop {
            let places = kit
                .ask(|now| trailbox::desk::search::places(now, query, below, block))
                .unwrap();
            assert!(
                places
                    .found
                    .iter()
                    .all(|at| *at >= places.down_to && *at < below)
            );
            all.extend(places.found);
            if places.down_to == 0 {
                assert!(all.windows(2).all(|two| two[0] > two[1]), "{all:?}");
                return all.len();
            }
            below = places.down_to;
        }
    };
    for block in [1, 3, 7, 64, 2_048] {
        assert_eq!(told("parcel", block), 30, "{block}");
        assert_eq!(told("late parcel", block), 20, "{block}");
        assert_eq!(told("la", block), 20, "{block}: begins words alone");
        assert_eq!(told("nowhere", block), 0, "{block}");
    }
    let filter = filter_of(&kit, "parcel");
    let count = kit.ask(|now| filter::count(now, &filter, None, 0)).unwrap();
    assert_eq!(count, Count::Exactly(30));
}

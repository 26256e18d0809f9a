//! Work that nobody owns is given out by the rule of its group, with the reason in the fact.

use crate::kit::Kit;
use trailbox::desk::sla::calendars;
use trailbox::desk::{self, assignment, conversations, groups, members, shifts, tickets};
use trailbox::domain::actor::{Actor, Door, Who};
use trailbox::domain::assignment::{Method, Rule};
use trailbox::domain::calendar::hours::Timetable;
use trailbox::domain::conversation::Owner;
use trailbox::domain::event::{ConversationEvent, Event};
use trailbox::domain::id::{ChannelId, ConversationId, GroupId, MemberId};
use trailbox::domain::member::Role;
use trailbox::domain::moment::{HOUR_MS, MINUTE_MS};

struct Team {
    kit: Kit,
    lead: Who,
    ada: Who,
    ben: Who,
    group: GroupId,
    channel: ChannelId,
}

fn team(rule: Rule) -> Team {
    let kit = Kit::new();
    let lead = kit.member("Mar", Role::Lead);
    let ada = kit.member("Ada", Role::Agent);
    let ben = kit.member("Ben", Role::Agent);
    let eve = kit.member("Eve", Role::Auditor);
    let all = [&ada, &ben, &eve].map(|who| who.member().unwrap());
    kit.done(&lead, |now| groups::add(now, "Support"));
    let group = kit.ask(groups::list).unwrap()[0].id;
    kit.done(&lead, move |now| groups::set_members(now, group, &all));
    let channel = kit.channel("shop");
    kit.done(&lead, move |now| assignment::set_rule(now, group, rule));
    Team {
        kit,
        lead,
        ada,
        ben,
        group,
        channel,
    }
}

impl Team {
    /// A customer writes, and it comes into the group's queue.
    fn talk(&self) -> ConversationId {
        let number = format!("3460011{:04}", self.kit.number());
        let id = self.kit.writes(self.channel, &number, "Hello");
        let group = self.group;
        self.kit.done(&self.lead, move |now| {
            conversations::change_group(now, id, Some(group))
        });
        id
    }

    fn owner(&self, id: ConversationId) -> Option<MemberId> {
        let found = self.kit.ask(|now| conversations::get(now, id)).unwrap();
        found.owner.member()
    }
}

fn rule(method: Method, cap: u32, away_min: u32) -> Rule {
    Rule {
        method,
        cap,
        away_min,
    }
}

#[test]
fn each_in_turn_with_the_reason_in_the_fact() {
    let team = team(rule(Method::RoundRobin, 0, 0));
    let (ada, ben) = (team.ada.member(), team.ben.member());
    let talks: Vec<_> = (0..4).map(|_| team.talk()).collect();
    let owners: Vec<_> = talks.iter().map(|id| team.owner(*id)).collect();
    assert_eq!(owners, [ada, ben, ada, ben]);
    let filter = desk::audit::Filter {
        event: Some("conversation.owner_changed".to_owned()),
        ..Default::default()
    };
    let newest = team
        .kit
        .ask(|now| desk::audit::list(now, &filter, 1))
        .unwrap()
        .pop()
        .unwrap();
    assert!(matches!(&newest.entry.actor, Actor::Rule { id, .. } if id == "assignment of G-1"));
    assert!(newest.entry.cause.is_some());
    let Event::Conversation(ConversationEvent::OwnerChanged {
        choice: Some(choice),
        ..
    }) = newest.event
    else {
        panic!("the choice stands in the fact");
    };
    assert_eq!((choice.able, choice.open), (2, 1));
    assert_eq!(choice.passed_over[0].why, "role");
}

#[test]
fn caps_presence_and_who_gave_it_back_are_kept_to() {
    let team = team(rule(Method::LeastLoaded, 1, 0));
    let (ada, ben) = (team.ada.member(), team.ben.member());
    let (a, kit) = (ada.unwrap(), &team.kit);
    kit.done(&team.ada, move |now| {
        members::change_presence(now, a, "away")
    });
    let first = team.talk();
    assert_eq!(team.owner(first), ben);
    let second = team.talk();
    assert_eq!(team.owner(second), None, "Ben has enough, Ada is away");
    kit.done(&team.ada, move |now| {
        members::change_presence(now, a, "online")
    });
    assert_eq!(team.owner(second), ada, "given out when somebody came");
    kit.done(&team.ada, move |now| {
        conversations::release(now, second, "not for me")
    });
    assert_eq!(team.owner(second), None, "not to who gave it back");
}

#[test]
fn by_hand_nothing_is_given_out_until_a_rule_is_set() {
    let team = team(Rule::default());
    let talks: Vec<_> = (0..12).map(|_| team.talk()).collect();
    assert!(talks.iter().all(|id| team.owner(*id).is_none()));
    let (group, kit) = (team.group, &team.kit);
    kit.refused(&team.lead, move |now| {
        assignment::set_rule(now, group, rule(Method::Manual, 9_999, 0))
    });
    kit.done(&team.lead, move |now| {
        assignment::set_rule(now, group, rule(Method::LeastLoaded, 0, 0))
    });
    let ada = talks
        .iter()
        .filter(|id| team.owner(**id) == team.ada.member());
    let ben = talks
        .iter()
        .filter(|id| team.owner(**id) == team.ben.member());
    assert_eq!((ada.count(), ben.count()), (6, 6));
}

#[test]
fn the_work_of_who_stays_away_returns_by_the_rule() {
    let team = team(rule(Method::RoundRobin, 0, 30));
    let (talk, kit) = (team.talk(), &team.kit);
    let ada = team.ada.member().unwrap();
    assert_eq!(team.owner(talk), Some(ada));
    let case = kit.ticket(
        &team.ada,
        tickets::Wanted {
            conversation: Some(talk),
            title: "Lamp".to_owned(),
            ..Default::default()
        },
    );
    kit.done(&team.ada, move |now| {
        members::change_presence(now, ada, "away")
    });
    kit.later(10 * MINUTE_MS);
    assert!(kit.ask(assignment::away).unwrap().is_empty(), "not yet");
    kit.later(21 * MINUTE_MS);
    let timer = Who::system("timer", trailbox::domain::actor::Door::Timer);
    kit.done(&timer, move |now| assignment::return_work(now, ada));
    let holder = kit.ask(|now| tickets::get(now, case)).unwrap().owner;
    assert_eq!(team.owner(talk), team.ben.member());
    assert!(matches!(holder, Owner::Member { id, .. } if Some(id) == team.ben.member()));
}

#[test]
fn who_is_off_shift_gets_nothing_until_the_shift_begins() {
    let team = team(rule(Method::LeastLoaded, 1, 0));
    let (ada, ben) = (team.ada.member(), team.ben.member());
    let (a, kit) = (ada.unwrap(), &team.kit);
    // It is three in the morning; her day is from six to noon.
    let mut hours = Timetable::always();
    for windows in hours.weekly.values_mut() {
        *windows = vec![["06:00".to_owned(), "12:00".to_owned()]];
    }
    kit.done(&team.lead, move |now| {
        calendars::set(now, None, "Mornings", hours)
    });
    kit.refused(&team.lead, move |now| shifts::set(now, a, Some(9)));
    kit.done(&team.lead, move |now| shifts::set(now, a, Some(1)));
    let first = team.talk();
    assert_eq!(team.owner(first), ben);
    let told = kit.ask(|now| {
        let filter = desk::audit::Filter {
            event: Some("conversation.owner_changed".to_owned()),
            ..Default::default()
        };
        Ok(desk::audit::list(now, &filter, 1)?.remove(0))
    });
    let Event::Conversation(ConversationEvent::OwnerChanged {
        choice: Some(choice),
        ..
    }) = told.unwrap().event
    else {
        panic!("the choice stands in the fact");
    };
    let over = choice.passed_over.iter().find(|one| one.member == a);
    assert_eq!(over.map(|one| one.why.as_str()), Some("off_shift"));
    let second = team.talk();
    assert_eq!(team.owner(second), None, "Ben has enough, Ada is off shift");
    let timer = Who::system("timer", Door::Timer);
    assert!(kit.done(&timer, shifts::turn).is_empty());
    kit.later(3 * HOUR_MS);
    assert_eq!(kit.done(&timer, shifts::turn).len(), 1);
    assert_eq!(team.owner(second), ada, "given out when her shift began");
    assert!(kit.done(&timer, shifts::turn).is_empty(), "told once");
    kit.later(7 * HOUR_MS);
    assert_eq!(kit.done(&timer, shifts::turn).len(), 1, "it ended");
    kit.done(&team.lead, move |now| shifts::set(now, a, None));
    let third = team.talk();
    assert_eq!(team.owner(third), None, "she has enough too");
}

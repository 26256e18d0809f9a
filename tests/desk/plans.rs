//! What is asked again and again is answered out of indexes, however much there is: the plans SQLite
//! makes for it, before and after it has counted its rows.

use crate::kit::Kit;
use crate::story::busy_desk;
use trailbox::desk::inbox::{self, Queue, Sort, Wish};
use trailbox::desk::{
    assignment, bot, calls, commitments, conversations, rules, statuses, webhooks,
};
use trailbox::domain::id::{ChannelId, ConversationId, GroupId};

fn plan(kit: &Kit, sql: &str) -> Vec<String> {
    kit.ask(|now| now.plan(sql)).unwrap()
}

/// Each with the small tables it may read whole: members and rules are few, cases are not.
const AGAIN: [(&str, &[&str]); 10] = [
    (conversations::TO_WAKE, &[]),
    (assignment::AWAY, &["member", "assignment_rule"]),
    (commitments::DUE, &[]),
    (calls::hear::LOST, &[]),
    (statuses::DUE, &[]),
    (bot::DUE, &[]),
    (rules::SILENT, &[]),
    (rules::UNANSWERED, &[]),
    (rules::UNCHANGED, &[]),
    (webhooks::AGAIN, &[]),
];

#[test]
fn what_the_clock_asks_again_and_again_reads_no_case_in_vain() {
    for kit in [Kit::new(), busy_desk(300)] {
        for (sql, small) in AGAIN {
            for step in plan(&kit, sql) {
                let whole = step.strip_prefix("SCAN ");
                let few = whole.is_none_or(|table| small.contains(&table));
                assert!(few && !step.contains("AUTOMATIC"), "{step}: {sql}");
            }
        }
    }
}

#[test]
fn a_page_of_a_queue_is_read_in_its_order() {
    let kit = Kit::new();
    let orders = [Sort::Waiting, Sort::Newest, Sort::Oldest, Sort::Due];
    // What is marked as spam is little, and looked up one by one.
    for queue in Queue::ALL.into_iter().filter(|queue| *queue != Queue::Spam) {
        for sort in orders {
            for after in [None, Some((7, ConversationId(3)))] {
                let wish = Wish {
                    queue,
                    group: None,
                    channel: None,
                    tag: None,
                    sort,
                    after,
                };
                let sql = inbox::question(&wish);
                let steps = plan(&kit, &sql);
                let first = steps.first().unwrap();
                assert!(
                    first.contains("conversation USING INDEX"),
                    "{wish:?}: {steps:?}"
                );
                if after.is_some() {
                    assert!(first.starts_with("SEARCH"), "{wish:?}: {first}");
                }
                let sorted = steps.iter().any(|step| step.contains("TEMP B-TREE"));
                assert!(!sorted, "{wish:?}: {steps:?}");
            }
        }
    }
}

#[test]
fn a_quiet_group_or_channel_is_not_looked_for_in_all_conversations() {
    let kit = Kit::new();
    let all = Wish {
        queue: Queue::All,
        group: None,
        channel: None,
        tag: None,
        sort: Sort::Newest,
        after: None,
    };
    let of_group = Wish {
        group: Some(GroupId(1)),
        ..all.clone()
    };
    let of_channel = Wish {
        channel: Some(ChannelId(1)),
        ..all
    };
    for (wish, index) in [
        (of_group, "conversation_by_group (group=?)"),
        (of_channel, "conversation_by_channel (channel=?)"),
    ] {
        let steps = plan(&kit, &inbox::question(&wish));
        assert!(steps[0].ends_with(index), "{steps:?}");
        assert!(
            !steps.iter().any(|step| step.contains("TEMP B-TREE")),
            "{steps:?}"
        );
    }
}

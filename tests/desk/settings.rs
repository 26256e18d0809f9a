//! Settings: each takes what the desk can act on and refuses the rest, saying what would be taken.

use super::checkpoints::seal;
use super::email::mailbox;
use super::kit::Kit;
use std::collections::BTreeSet;
use trailbox::desk::channels;
use trailbox::desk::settings::{self, SETTINGS};
use trailbox::domain::member::Role;

/// What a setting takes, each with how it is shown then, and what it refuses, each with words of
/// the refusal.
struct Row {
    key: &'static str,
    good: Vec<(String, String)>,
    bad: Vec<(&'static str, &'static str)>,
}

fn row(key: &'static str, good: &[(&str, &str)], bad: &[(&'static str, &'static str)]) -> Row {
    let good = good
        .iter()
        .map(|(given, shown)| ((*given).into(), (*shown).into()));
    Row {
        key,
        good: good.collect(),
        bad: bad.to_vec(),
    }
}

fn switch(key: &'static str) -> Row {
    let good = [
        ("off", "off"),
        ("yes", "on"),
        (" false ", "off"),
        ("on", "on"),
    ];
    row(
        key,
        &good,
        &[
            ("", "on or off"),
            ("maybe", "not maybe"),
            ("1", "on or off"),
        ],
    )
}

fn number(key: &'static str, least: &'static str, most: &'static str) -> Row {
    let below = "-1";
    let bad = [
        ("", least),
        (below, most),
        ("4.5", least),
        ("99999999", most),
        ("two", "not two"),
    ];
    row(key, &[(least, least), (most, most)], &bad)
}

fn table() -> Vec<Row> {
    let long = "x".repeat(101).leak() as &'static str;
    let vkey = seal().cosigner().text().leak() as &'static str;
    vec![
        row(
            "customers.country",
            &[("pk", "PK"), ("", "")],
            &[("XX", "such as PK"), ("Pakistan", "such as PK")],
        ),
        row(
            "customers.attributes",
            &[
                (
                    "tier: choice gold/silver, shoe: number",
                    "tier: choice gold/silver, shoe: number",
                ),
                ("", ""),
            ],
            &[
                ("name", "already"),
                ("tier: money", "types are"),
                ("a b", "letters and hyphens"),
            ],
        ),
        row(
            "desk.name",
            &[("Noor & Mar", "Noor & Mar")],
            &[
                ("", "1 to 100"),
                (long, "1 to 100"),
                ("two\nlines", "one line"),
            ],
        ),
        switch("audit.reads"),
        number("conversation.reopen_h", "0", "8760"),
        switch("conversation.summary_required"),
        switch("tag.closed_list"),
        row(
            "session.idle_h",
            &[("1", "1"), ("168", "168")],
            &[
                ("0", "1 to 720"),
                ("721", "1 to 720"),
                ("169", "raise session.absolute_h first"),
            ],
        ),
        row(
            "session.absolute_h",
            &[("2160", "2160"), ("168", "168")],
            &[("2161", "1 to 2160"), ("167", "lower session.idle_h first")],
        ),
        switch("whatsapp.read_marks"),
        number("outbox.doubt_s", "1", "86400"),
        row(
            "bot.order_pattern",
            &[("NM-#####, ######", "NM-#####, ######")],
            &[
                ("", "1 to 100"),
                ("orders", "NM-#####"),
                ("#", "two or more"),
            ],
        ),
        row(
            "bot.language",
            &[("ur-Latn", "ur-Latn"), ("es", "es")],
            &[("tlh", "en, es"), ("", "1 to 100")],
        ),
        row(
            "checkpoint.mail_to",
            &[("mar@noor.example, M-1", "mar@noor.example"), ("", "")],
            &[
                ("sana@noor.example", "may not read"),
                ("who@noor.example", "no member's address"),
            ],
        ),
        number("checkpoint.mail_hour", "0", "23"),
        row(
            "witness.url",
            &[
                (
                    "https://witness.example:8443",
                    "https://witness.example:8443",
                ),
                ("", ""),
            ],
            &[
                ("witness", "https"),
                ("http://witness.example", "https"),
                ("a\tb", "one line"),
            ],
        ),
        row(
            "witness.vkey",
            &[(vkey, vkey), ("", "")],
            &[("not a key", "verifier key")],
        ),
        number("witness.wait_s", "1", "60"),
        switch("privacy.second_person"),
        switch("webhook.allow_private"),
        row(
            "notification.mailbox",
            &[("support", "support"), ("", ""), (" support ", "support")],
            &[
                ("Support", "mailboxes are support"),
                ("shop", "mailboxes are support"),
                ("ana@mail.example", "mailboxes are support"),
            ],
        ),
        number("commitment.remind_h", "0", "720"),
        number("commitment.grace_h", "0", "720"),
    ]
}

#[test]
fn every_setting_refuses_what_makes_no_sense_and_says_what_does() {
    let kit = Kit::new();
    let lead = kit.member("Mar", Role::Lead);
    kit.member("Sana", Role::Agent);
    kit.channel("shop");
    mailbox(&kit, "");
    let table = table();
    let told: BTreeSet<&str> = table.iter().map(|row| row.key).collect();
    let all: BTreeSet<&str> = SETTINGS.iter().map(|setting| setting.key).collect();
    assert_eq!(told, all, "every setting has a row");
    for Row { key, good, bad } in table {
        for (given, shown) in good {
            kit.wish(&lead, move |now| settings::set(now, key, &given))
                .unwrap();
            let stands = kit.ask(|now| settings::shown(now, key)).unwrap();
            assert_eq!(stands, shown, "{key}");
        }
        let before = kit.ask(|now| settings::shown(now, key)).unwrap();
        for (given, words) in bad {
            let refusal = kit.refused(&lead, move |now| settings::set(now, key, given));
            assert!(
                refusal.text.contains(words),
                "{key} {given}: {}",
                refusal.text
            );
        }
        assert_eq!(
            kit.ask(|now| settings::shown(now, key)).unwrap(),
            before,
            "{key}"
        );
    }
    let unknown = kit.refused(&lead, |now| settings::set(now, "no.such", "1"));
    assert!(
        unknown.text.contains("notification.mailbox"),
        "{}",
        unknown.text
    );
}

#[test]
fn without_a_mailbox_in_use_the_refusal_says_to_connect_one() {
    let kit = Kit::new();
    let lead = kit.member("Mar", Role::Lead);
    let choose =
        |now: &trailbox::ledger::Now<'_>| settings::set(now, "notification.mailbox", "support");
    assert!(kit.refused(&lead, choose).text.contains("connect one"));
    let id = mailbox(&kit, "");
    kit.done(&lead, choose);
    kit.done(&lead, |now| settings::set(now, "notification.mailbox", ""));
    kit.done(&lead, move |now| channels::disable(now, id, "moved"));
    assert!(kit.refused(&lead, choose).text.contains("connect one"));
}

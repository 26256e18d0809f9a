//! Questions as typed, what is read, and what is pointed at.

use super::*;

#[test]
fn questions_are_read_and_written_back() {
    for (typed, back) in [
        ("", ""),
        ("  courier   late ", "courier late"),
        (
            "actor:maya event:ticket.status_changed after:2026-11-01 ticket:T-1042 \"courier\"",
            "actor:maya event:ticket.status_changed after:2026-11-01 ticket:T-1042 \"courier\"",
        ),
        ("Who:maya by:omar", "actor:maya actor:omar"),
        (
            "contact:K-1 from:7d to:today via:web",
            "customer:K-1 after:7d until:today door:web",
        ),
        ("-kind:system,bot", "-kind:system,bot"),
        (
            "customer:\"Ana Lopez\",K-3 x",
            "customer:\"Ana Lopez\",K-3 x",
        ),
        ("at 12:30 - ok", "at 12:30 - ok"),
        ("\"actor:maya\"", "\"actor:maya\""),
        ("أين طردي kind:contact", "أين طردي kind:contact"),
    ] {
        let terms = parse(typed).unwrap_or_else(|wrong| panic!("{typed}: {wrong:?}"));
        assert_eq!(joined(terms.iter()), back, "{typed}");
        assert_eq!(
            parse(back).map(|terms| joined(terms.iter())),
            Ok(back.to_owned())
        );
    }
}

#[test]
fn mistakes_are_pointed_at_with_what_to_do() {
    for (typed, from, to, words) in [
        ("evnt:ticket", 0, 4, "did you mean event:?"),
        ("x actr:maya y", 2, 6, "did you mean actor:?"),
        ("http://a.b", 0, 4, "quotation marks around"),
        (
            "actor: maya",
            6,
            6,
            "actor: needs a value, as in actor:maya",
        ),
        ("kind:bot,", 9, 9, "kind: needs a value"),
        ("late \"parcel", 5, 6, "never closed"),
        ("\"  \"", 0, 4, "nothing stands between"),
        ("after:2026-11-01,2026-11-02", 0, 27, "takes one value"),
        ("-before:today", 0, 13, "no minus"),
        ("émile nobdy:x", 6, 11, "quotation marks"),
    ] {
        let wrong = parse(typed).expect_err(typed);
        let first = wrong.first().unwrap();
        assert_eq!(
            (first.place.from, first.place.to),
            (from, to),
            "{typed}: {first:?}"
        );
        assert!(first.text.contains(words), "{typed}: {}", first.text);
    }
    let all = parse("evnt:a actr:b kind:bot").unwrap_err();
    assert_eq!(all.len(), 2, "all of them at once: {all:?}");
    assert_eq!(all[1].pointer(), "       ^^^^");
}

#[test]
fn limits_hold() {
    assert!(parse(&"a ".repeat(40)).is_err(), "too many conditions");
    assert!(parse(&"a".repeat(3001)).is_err(), "too long");
    let many = format!("kind:{}", vec!["bot"; 201].join(","));
    assert!(parse(&many).unwrap_err()[0].text.contains("at most 200"));
}

#[test]
fn what_is_added_by_a_form_reads_as_one_condition() {
    for (value, text) in [
        ("M-3", "actor:M-3"),
        ("Ana Lopez", "actor:\"Ana Lopez\""),
        ("a\"b", "actor:\"a b\""),
        ("a,b", "actor:\"a,b\""),
    ] {
        let written = written(Key::Actor, value);
        assert_eq!(written, text);
        assert_eq!(parse(&written).unwrap().len(), 1);
    }
}

//! Letters of our own writing, as programs in the wild write them.

use trailbox::channels::email::{Mail, parse, parts, token};
use trailbox::domain::letter::Fate;
use trailbox::domain::message::email::PassageSort;
use trailbox::domain::moment::Moment;

fn read_one(raw: &str) -> Mail {
    parse(raw.replace('\n', "\r\n").as_bytes()).unwrap()
}

fn check(raw: &str, subject: &str, said: &str) {
    let mail = read_one(raw);
    assert_eq!(mail.email.subject, subject, "{raw}");
    assert_eq!(mail.email.said(), said, "{raw}");
}

#[test]
fn words_and_names_come_out_in_every_coding() {
    check(
        "From: =?iso-8859-1?Q?J=F6rg_M=FCller?= <j@x.test>\nSubject: =?UTF-8?B?w4Q=?=\n =?UTF-8?B?w5Y=?= end\n\
         Content-Type: text/plain; charset=iso-8859-1\nContent-Transfer-Encoding: quoted-printable\n\nGr=FC=\n=DFe\n",
        "ÄÖ end",
        "Grüße",
    );
    check(
        "From: a@x.test\nSubject: koi\nContent-Type: text/plain; charset=koi8-r\n\
         Content-Transfer-Encoding: base64\n\n8NLJ18XU\n",
        "koi",
        "Привет",
    );
    check("From: a@x.test\nSubject: none\n\nplain\n", "none", "plain");
    check(
        "From: a@x.test\nSubject: odd\nContent-Type: text/plain; charset=x-martian\n\nstill read\n",
        "odd",
        "still read",
    );
    let mail = parse(b"From: a@x.test\r\nSubject: bare\r\n\r\ncaf\xe9\r\n").unwrap();
    assert_eq!(mail.email.said(), "café");
    let html =
        b"From: a@x.test\r\nContent-Type: text/html\r\n\r\n<meta charset=iso-8859-2><p>\xb1\r\n";
    assert_eq!(parse(html).unwrap().email.said(), "ą");
}

#[test]
fn the_plain_version_is_read_and_the_formatted_one_kept_at_hand() {
    let both = "From: a@x.test\nSubject: both\nContent-Type: multipart/alternative; boundary=b\n\n\
        --b\nContent-Type: text/plain\n\nplain words\n--b\nContent-Type: text/html\n\n\
        <p>formatted <b>words</b></p>\n--b--\n";
    check(both, "both", "plain words");
    assert!(read_one(both).email.formatted);
    let html = "From: a@x.test\nSubject: only\nContent-Type: text/html\n\n<p>one</p><p>two</p>\n";
    check(html, "only", "one\n\ntwo");
    let raw = both.replace('\n', "\r\n");
    let (formatted, _) = parts::formatted(raw.as_bytes()).unwrap();
    assert!(formatted.contains("<b>words</b>"));
    check(
        "From: a@x.test\nSubject: flow\nContent-Type: text/plain; format=flowed\n\none \ntwo\nthree\n",
        "flow",
        "one two\nthree",
    );
}

#[test]
fn files_are_listed_named_and_taken_out_again() {
    let raw = "From: a@x.test\nSubject: files\nContent-Type: multipart/mixed; boundary=\"b\"\n\n\
        --b\nContent-Type: text/plain\n\nsee files\n\
        --b\nContent-Type: application/pdf; name*0*=UTF-8''%C3%84; name*1=.pdf\n\
        Content-Disposition: attachment\nContent-Transfer-Encoding: base64\n\naGVsbG8=\n\
        --b\nContent-Type: text/plain\nContent-Disposition: attachment; filename=\"../../x.txt\"\n\nwords\n\
        --b\nContent-Type: application/ms-tnef; name=winmail.dat\nContent-Transfer-Encoding: base64\n\nAAAA\n\
        --b\nContent-Type: text/calendar; method=REQUEST\n\nBEGIN:VCALENDAR\nMETHOD:REQUEST\n\
        BEGIN:VEVENT\nSUMMARY:Fitting\nDTSTART:20260803T100000Z\nEND:VEVENT\nEND:VCALENDAR\n\
        --b\nContent-Type: message/rfc822\n\nFrom: b@x.test\nSubject: inner\n\ninner words\n--b--\n";
    let mail = read_one(raw);
    let files: Vec<_> = mail.email.attachments.iter().collect();
    let names: Vec<_> = files.iter().map(|file| file.name.as_str()).collect();
    assert!(names.contains(&"Ä.pdf"), "{names:?}");
    assert!(names.contains(&"x.txt"), "{names:?}");
    assert!(names.contains(&"inner.eml"), "{names:?}");
    let note = |name: &str| {
        let file = files.iter().find(|file| file.name.contains(name)).unwrap();
        file.note.clone().unwrap_or_default()
    };
    assert!(note("winmail").contains("Outlook"));
    assert_eq!(note("ics"), "an invitation: Fitting, 2026-08-03 10:00");
    let raw = raw.replace('\n', "\r\n");
    let pdf = files.iter().find(|file| file.name == "Ä.pdf").unwrap();
    assert_eq!(
        parts::take(raw.as_bytes(), pdf.part).unwrap().bytes,
        b"hello"
    );
    let inner = files.iter().find(|file| file.name == "inner.eml").unwrap();
    let inner = parts::take(raw.as_bytes(), inner.part).unwrap().bytes;
    assert!(String::from_utf8_lossy(&inner).contains("inner words"));
    assert_eq!(parts::take(raw.as_bytes(), 999), None);
}

#[test]
fn broken_letters_are_read_as_far_as_they_go() {
    for (raw, said) in [
        (
            "From: a@x.test\nContent-Type: multipart/mixed\n\nno boundary\n",
            "no boundary",
        ),
        (
            "From: a@x.test\nContent-Type: multipart/mixed; boundary=b\n\n--b\n\ncut off",
            "cut off",
        ),
        (
            "From: a@x.test\nContent-Transfer-Encoding: base64\n\n!!!not base64!!!\n",
            "!!!not base64!!!",
        ),
        ("From: a@x.test\nDate: the day after\nSubject:\n\nx\n", "x"),
        ("From: \nTo: undisclosed-recipients:;\n\nnobody\n", "nobody"),
        ("From: a@x.test\n\n", ""),
    ] {
        let mail = read_one(raw);
        assert_eq!(mail.email.said(), said, "{raw}");
    }
    for raw in [
        "",
        "\n\n\n",
        "just some words without any header",
        "\0\0\0\0",
    ] {
        assert!(parse(raw.as_bytes()).is_err(), "{raw}");
    }
    let cr = parse(b"From: a@x.test\nSubject: bare\n\nbare line ends\n").unwrap();
    assert_eq!(cr.email.said(), "bare line ends");
}

#[test]
fn bombs_are_bounded_and_named() {
    let begun = std::time::Instant::now();
    let mut nested = "From: a@x.test\r\nSubject: deep\r\n".to_owned();
    for n in 0..10_000 {
        nested.push_str(&format!(
            "Content-Type: multipart/mixed; boundary=b{n}\r\n\r\n--b{n}\r\n"
        ));
    }
    nested.push_str("\r\nbottom\r\n");
    assert_eq!(parse(nested.as_bytes()).unwrap().email.subject, "deep");
    let mut letters = "From: a@x.test\r\nSubject: dolls\r\n".to_owned();
    (0..10_000)
        .for_each(|_| letters.push_str("Content-Type: message/rfc822\r\n\r\nFrom: a@x.test\r\n"));
    let dolls = parse(letters.as_bytes()).unwrap().email;
    assert!(
        dolls
            .remarks
            .iter()
            .any(|remark| remark.contains("too deep")),
        "{dolls:?}"
    );
    let mut parts =
        "From: a@x.test\r\nContent-Type: multipart/mixed; boundary=b\r\n\r\n".to_owned();
    (0..10_000).for_each(|_| {
        parts.push_str("--b\r\nContent-Type: application/zip; name=\"../b.zip\"\r\n\r\nPK\r\n");
    });
    let many = parse(parts.as_bytes()).unwrap().email;
    assert_eq!(many.attachments.len(), parts::LISTED);
    assert!(
        many.remarks
            .iter()
            .any(|remark| remark.contains("9800 more")),
        "{:?}",
        many.remarks
    );
    let mut headers = "From: a@x.test\r\nSubject: bomb\r\nReferences: ".to_owned();
    (0..200_000).for_each(|n| headers.push_str(&format!("<{n}@x.test>\r\n ")));
    headers.push_str("\r\n\r\nwords\r\n");
    let bomb = parse(headers.as_bytes()).unwrap().email;
    assert!(bomb.answers.len() <= 50 && bomb.said() == "words");
    let to = format!(
        "From: a@x.test\r\nTo: {}\r\n\r\nx",
        "b@x.test, ".repeat(50_000)
    );
    assert_eq!(parse(to.as_bytes()).unwrap().email.to.len(), 100);
    let garbage: Vec<u8> = b"From: a@x.test\r\n\r\n"
        .iter()
        .copied()
        .chain((0..=255u8).cycle().take(1 << 20))
        .collect();
    assert!(parse(&garbage).is_ok());
    assert!(begun.elapsed().as_secs() < 60, "{:?}", begun.elapsed());
}

#[test]
fn what_no_person_wrote_is_told_apart() {
    for (header, answerable, automatic) in [
        ("X-Nothing: x", true, false),
        ("Auto-Submitted: no", true, false),
        ("Auto-Submitted: auto-generated", false, false),
        ("Auto-Submitted: auto-replied; owner=a", false, true),
        ("Precedence: bulk", false, false),
        ("List-Id: <l.x.test>", false, false),
        ("X-Auto-Response-Suppress: DR, OOF", false, false),
        ("X-Autoreply: yes", false, true),
        ("Return-Path: <>", false, false),
        ("X-Trailbox-Loop: yes", false, false),
    ] {
        let mail = read_one(&format!("From: a@x.test\n{header}\nSubject: s\n\nx\n"));
        assert_eq!(mail.unanswerable.is_none(), answerable, "{header}");
        assert_eq!(mail.email.automatic.is_some(), automatic, "{header}");
    }
    let robot = read_one("From: No-Reply@x.test\nSubject: s\n\nx\n");
    assert!(robot.unanswerable.is_some());
}

#[test]
fn a_bounce_names_the_letter_and_the_reason_without_an_address() {
    let raw = "From: MAILER-DAEMON@mx.test\nTo: desk@x.test\nSubject: Undelivered Mail Returned to Sender\n\
        Content-Type: multipart/report; report-type=delivery-status; boundary=b\n\n\
        --b\nContent-Type: text/plain\n\nsorry\n\
        --b\nContent-Type: message/delivery-status\n\nReporting-MTA: dns; mx.test\n\n\
        Final-Recipient: rfc822; gone@y.test\nAction: failed\nStatus: 5.1.1\n\
        Diagnostic-Code: smtp; 550 5.1.1 gone@y.test unknown\n\
        --b\nContent-Type: message/rfc822\n\nFrom: desk@x.test\nMessage-ID: <C-7.tag.mac@x.test>\n\
        Subject: hello\n\nhello\n--b--\n";
    let bounce = read_one(raw).bounce.unwrap();
    assert!(bounce.fate == Fate::Failed && bounce.status == "5.1.1");
    assert_eq!(bounce.text, "there is no such mailbox at that address");
    assert_eq!(bounce.about, ["C-7.tag.mac@x.test"]);
    let late = raw
        .replace("Action: failed", "Action: delayed")
        .replace("5.1.1", "4.4.1");
    assert_eq!(read_one(&late).bounce.unwrap().fate, Fate::Delayed);
    for (action, status, fate) in [
        ("delivered (to mailbox)", "2.0.0", Fate::Delivered),
        ("relayed", "2.1.9", Fate::Passed),
        ("failed", "4.4.7", Fate::Failed), // it was tried long enough
        ("puzzled", "5.0.0", Fate::Failed),
        (
            "delivered\nStatus: 2.0.0\n\nFinal-Recipient: rfc822; b@y.test\nAction: delayed",
            "4.4.1",
            Fate::Delayed,
        ),
    ] {
        let told = raw
            .replace("Action: failed", &format!("Action: {action}"))
            .replace("5.1.1", status);
        assert_eq!(read_one(&told).bounce.unwrap().fate, fate, "{action}");
    }
    let old = "From: MAILER-DAEMON@q.test\nSubject: failure notice\n\nSorry, 550 5.2.2 full\n\n\
        --- Below\nMessage-ID: <a@x.test>\n\nhello\n";
    let old = read_one(old).bounce.unwrap();
    assert_eq!(
        (old.text.as_str(), old.about),
        ("the mailbox is full", vec!["a@x.test".to_owned()])
    );
    assert_eq!(
        read_one("From: a@x.test\nSubject: failure notice\n\nmy parcel\n").bounce,
        None
    );
}

#[test]
fn encrypted_and_signed_letters_say_so() {
    let raw = "From: a@x.test\nContent-Type: multipart/encrypted; boundary=b\n\n\
        --b\nContent-Type: application/pgp-encrypted\n\nVersion: 1\n\
        --b\nContent-Type: application/octet-stream\n\nxxxx\n--b--\n";
    let mail = read_one(raw).email;
    assert!(
        mail.remarks
            .iter()
            .any(|remark| remark.contains("encrypted")),
        "{mail:?}"
    );
    assert_eq!(mail.attachments.len(), 2);
}

#[test]
fn a_letter_tells_what_it_answers_and_history_is_folded() {
    let mail = read_one(
        "From: Ana <Ana@Y.test>\nTo: desk+C-7.x@x.test\nSubject: Re: [T-12] hello\nMessage-ID: <n@y.test>\n\
         In-Reply-To: <b@x.test>\nReferences: <a@x.test>\n <b@x.test>\nDate: Mon, 3 Aug 2026 10:00:00 +0200\n\n\
         thanks\n\nOn 3 Aug 2026, Desk <desk@x.test> wrote:\n> hello\n",
    );
    assert_eq!(mail.email.answers, ["b@x.test", "a@x.test"]);
    let sorts: Vec<_> = mail
        .email
        .passages
        .iter()
        .map(|passage| passage.sort)
        .collect();
    assert_eq!(sorts, [PassageSort::Said, PassageSort::Quoted]);
    let letter = mail.letter("key", Moment(1_900_000_000_000));
    assert_eq!(letter.party.email.as_deref(), Some("ana@y.test"));
    assert_eq!(
        letter.ticket.map(|id| id.to_string()).as_deref(),
        Some("T-12")
    );
    assert_eq!(letter.answers.first(), Some(&token::known_by("b@x.test")));
    assert_eq!(letter.token, None);
    assert_eq!(letter.sent_at, Moment(1_785_744_000_000));
}

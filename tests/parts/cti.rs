//! A phone system in front of the real program: calls told out of order, twice, by JSON and by form.

use crate::kit::{Desk, agent};

const TOKEN: &str = "a-token-of-the-parts-1";

fn posts(desk: &Desk, token: &str, body: &str) -> (u16, String) {
    let url = desk.url(&format!("/hooks/cti/office?token={token}"));
    let kind = if body.starts_with('{') {
        "application/json"
    } else {
        "application/x-www-form-urlencoded"
    };
    let mut answer = agent()
        .post(&url)
        .header("content-type", kind)
        .send(body)
        .unwrap();
    let text = answer.body_mut().read_to_string().unwrap();
    (answer.status().as_u16(), text)
}

#[test]
fn a_phone_system_may_tell_in_any_order_and_twice() {
    let mut desk = Desk::make();
    let line = [
        "channel",
        "add",
        "phone",
        "office",
        "--number",
        "+92 42 35761234",
        "--cti-token",
        TOKEN,
    ];
    assert!(
        desk.refused(&["channel", "add", "phone", "x", "--number", "12"])
            .contains("12")
    );
    desk.granted(&line);
    desk.serve();
    assert_eq!(
        posts(&desk, "wrong", "event=newCall&direction=in&callId=1").0,
        401
    );
    assert_eq!(posts(&desk, TOKEN, "").0, 422);
    let (status, text) = posts(&desk, TOKEN, "event=hangup&direction=in");
    assert_eq!(
        (status, text.as_str()),
        (422, "{\"error\":\"callId is missing\"}")
    );
    let steps = ["hangup", "newCall", "answer", "newCall", "answer", "hangup"];
    for call in 0..12 {
        for (place, _) in steps.iter().enumerate() {
            // Every call begins somewhere else in the list: each order comes, and each step twice.
            let event = steps[(place + call) % steps.len()];
            let from = format!("+92300123450{}", call % 10);
            let body = if (place + call) % 2 == 0 {
                format!(
                    r#"{{"event":"{event}","direction":"in","callId":"p-{call}","from":"{from}"}}"#
                )
            } else {
                let from = from.replace('+', "%2B");
                format!("event={event}&direction=in&callId=p-{call}&from={from}")
            };
            assert_eq!(posts(&desk, TOKEN, &body), (200, "{}".to_owned()), "{body}");
        }
    }
    posts(
        &desk,
        TOKEN,
        "event=hangup&direction=in&callId=nobody&cause=cancel",
    );
    desk.wait_until_read();
    assert_eq!(desk.number("SELECT count(*) FROM call"), 12);
    let ended = "SELECT count(*) FROM call WHERE outcome = 'answered' AND ended_at IS NOT NULL";
    assert_eq!(desk.number(ended), 12);
    assert_eq!(desk.number("SELECT count(*) FROM contact"), 10);
    assert_eq!(desk.number("SELECT count(*) FROM article"), 12);
    desk.stop_and_verify();
}

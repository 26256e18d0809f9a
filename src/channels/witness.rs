//! The call to a witness: bounded in time and in bytes, never redirected; every answer is told in
//! words of our own.
//!
//! **Source:** C2SP tlog-witness, add-checkpoint.

use std::time::Duration;
use ureq::Agent;

/// The longest answer: some signature lines. **Unit:** bytes.
const ANSWER_MAX_BYTES: u64 = 16 * 1024;

/// What a witness answered.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Answer {
    /// It signed: what it says are signature lines.
    Signed(String),
    /// It goes on from a checkpoint of another size.
    Knows(u64),
    /// The proof does not show a continuation of what it signed.
    Inconsistent,
}

/// Hands a checkpoint to the witness at an address.
///
/// **Refuses:** in plain words, when there is no answer, none in time, or one that makes no sense.
pub fn add_checkpoint(url: &str, body: &str, within: Duration) -> Result<Answer, String> {
    let config = Agent::config_builder()
        .http_status_as_error(false)
        .max_redirects(0)
        .max_redirects_will_error(false)
        .max_idle_connections(0)
        .proxy(None)
        .timeout_global(Some(within))
        .user_agent(concat!("trailbox/", env!("CARGO_PKG_VERSION")))
        .build();
    let agent: Agent = config.into();
    let call = agent
        .post(format!("{url}/add-checkpoint"))
        .content_type("text/plain; charset=utf-8");
    let response = call
        .send(body)
        .map_err(|error| format!("the witness gave no answer: {error}"))?;
    let status = response.status().as_u16();
    let read = response
        .into_body()
        .into_with_config()
        .limit(ANSWER_MAX_BYTES)
        .read_to_vec();
    let bytes = read.map_err(|error| format!("the witness did not end its answer: {error}"))?;
    let text = String::from_utf8_lossy(&bytes);
    match status {
        200 => Ok(Answer::Signed(text.into_owned())),
        409 => match text.trim().parse() {
            Ok(size) => Ok(Answer::Knows(size)),
            Err(_) => Err(strange(status, &text)),
        },
        422 => Ok(Answer::Inconsistent),
        403 => Err(
            "the witness does not trust the key of this desk; start it with the key \
                    shown under Integrity"
                .to_owned(),
        ),
        404 => Err(
            "there is no witness of this desk at that address; start it with this desk's \
                    key, and look at the address"
                .to_owned(),
        ),
        _ => Err(strange(status, &text)),
    }
}

fn strange(status: u16, text: &str) -> String {
    let start = crate::domain::message::one_line(text, 100);
    format!("the witness answered with HTTP {status}: {start}")
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::io::{Read, Write};
    use std::net::TcpListener;
    use std::time::Instant;

    /// One that answers each call with these bytes, and then goes on as told.
    fn one_that(says: &'static [u8], goes_on: bool) -> String {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let url = format!("http://{}", listener.local_addr().unwrap());
        std::thread::spawn(move || {
            let (mut stream, _) = listener.accept().unwrap();
            let mut taken = [0; 4096];
            let read = stream.read(&mut taken).unwrap();
            assert!(taken[..read].starts_with(b"POST /add-checkpoint"));
            stream.write_all(says).unwrap();
            let until = Instant::now() + Duration::from_secs(5);
            while goes_on && Instant::now() < until {
                let drop = if says.is_empty() {
                    Ok(())
                } else {
                    stream.write_all(b"x")
                };
                if drop.is_err() {
                    return;
                }
                std::thread::sleep(Duration::from_millis(5));
            }
        });
        url
    }

    #[test]
    fn answers_are_told_and_rubbish_is_bounded() {
        let ask = |says, goes_on| {
            let url = one_that(says, goes_on);
            let begun = Instant::now();
            let told = add_checkpoint(&url, "old 0\n\nx\n", Duration::from_millis(400));
            assert!(begun.elapsed() < Duration::from_secs(3));
            told
        };
        let good: &[(&[u8], Answer)] = &[
            (
                b"HTTP/1.1 200 OK\r\ncontent-length: 2\r\n\r\nhi",
                Answer::Signed("hi".to_owned()),
            ),
            (
                b"HTTP/1.1 409 Conflict\r\ncontent-length: 3\r\n\r\n41\n",
                Answer::Knows(41),
            ),
            (
                b"HTTP/1.1 422 No\r\ncontent-length: 0\r\n\r\n",
                Answer::Inconsistent,
            ),
        ];
        for (says, answer) in good {
            assert_eq!(ask(says, false).as_ref(), Ok(answer));
        }
        let bad: &[(&[u8], bool, &str)] = &[
            (b"", false, "gave no answer"),
            (b"", true, "gave no answer"),
            (b"SSH-2.0-OpenSSH_9.2\r\n", false, "gave no answer"),
            (b"HTTP/1.1 200 OK\r\n\r\n", true, "did not end its answer"),
            (
                b"HTTP/1.1 200 OK\r\ncontent-length: 999999999\r\n\r\n",
                true,
                "did not end its answer",
            ),
            (
                b"HTTP/1.1 409 Conflict\r\ncontent-length: 5\r\n\r\nlarge",
                false,
                "HTTP 409: large",
            ),
            (
                b"HTTP/1.1 302 Found\r\nlocation: /x\r\ncontent-length: 0\r\n\r\n",
                false,
                "HTTP 302",
            ),
            (
                b"HTTP/1.1 403 Forbidden\r\ncontent-length: 0\r\n\r\n",
                false,
                "does not trust the key",
            ),
            (
                b"HTTP/1.1 404 Not Found\r\ncontent-length: 0\r\n\r\n",
                false,
                "no witness of this desk",
            ),
        ];
        for (says, goes_on, words) in bad {
            let why = ask(says, *goes_on).unwrap_err();
            assert!(why.contains(words), "{why}");
        }
    }
}

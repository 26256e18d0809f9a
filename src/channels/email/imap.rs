//! Reading a mailbox over IMAP: as much of the protocol as a desk needs, in plain blocking steps.
//!
//! **Source:** RFC 3501; RFC 2177 (IDLE); RFC 6851 (MOVE); RFC 4315 (UIDPLUS).

use super::line::{Line, open};
use crate::domain::mailbox::{MailConfig, MailSecret, Security};
use crate::domain::moment::{HOUR_MS, Moment};
use std::time::{Duration, Instant};

/// The largest letter fetched. **Unit:** bytes.
pub const LETTER_MAX: u64 = 128 * 1024 * 1024;
/// The longest line the server may send. **Unit:** bytes.
const LINE_MAX: usize = 1024 * 1024;
/// Lines of one answer at most.
const LINES: usize = 200_000;
/// How long the server may take to say something. **Unit:** seconds.
const PATIENCE: Duration = Duration::from_secs(60);

/// A signed-in line to a mailbox.
pub struct Imap {
    line: Line,
    tag: u32,
    capabilities: Vec<String>,
}

/// A chosen folder.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Folder {
    /// The server's name for this life of the folder.
    pub validity: u32,
    /// The number the next letter will get; 0 if the server does not tell.
    pub next: u32,
}

/// Why something did not work, in plain words.
pub type Trouble = String;

/// One line of an answer with the literals that stood in it.
struct Answer {
    text: String,
    literals: Vec<Vec<u8>>,
}

impl Imap {
    /// Connects and signs in.
    pub fn connect(config: &MailConfig, secret: &MailSecret) -> Result<Self, Trouble> {
        let tls = config.imap_security == Security::Tls;
        let line = open(&config.imap_host, config.imap_port, tls, &config.authority)?;
        let mut imap = Imap {
            line,
            tag: 0,
            capabilities: Vec::new(),
        };
        let greeting = imap.answer(PATIENCE)?.text;
        if !greeting.to_uppercase().starts_with("* OK") {
            return Err(format!("the server greets with {}", short(&greeting)));
        }
        if config.imap_security == Security::Starttls {
            imap.command("STARTTLS")?;
            imap.line = imap.line.guard(&config.imap_host, &config.authority)?;
        }
        let login = format!(
            "LOGIN {} {}",
            quoted(&config.user)?,
            quoted(&secret.password)?
        );
        imap.command(&login)
            .map_err(|trouble| format!("the server refuses the user or the password: {trouble}"))?;
        for answer in imap.command("CAPABILITY")? {
            if let Some(told) = answer.text.strip_prefix("* CAPABILITY ") {
                imap.capabilities = told.split(' ').map(str::to_uppercase).collect();
            }
        }
        Ok(imap)
    }

    /// Whether the server tells of new letters by itself.
    pub fn can_idle(&self) -> bool {
        self.can("IDLE")
    }

    fn can(&self, what: &str) -> bool {
        self.capabilities.iter().any(|known| known == what)
    }

    /// Chooses a folder.
    pub fn select(&mut self, folder: &str) -> Result<Folder, Trouble> {
        let mut chosen = Folder::default();
        for answer in self.command(&format!("SELECT {}", mailbox(folder)?))? {
            let number = |name: &str| {
                let (_, rest) = answer.text.split_once(name)?;
                rest.trim().split([']', ' ']).next()?.parse().ok()
            };
            chosen.validity = number("[UIDVALIDITY").unwrap_or(chosen.validity);
            chosen.next = number("[UIDNEXT").unwrap_or(chosen.next);
        }
        Ok(chosen)
    }

    /// Makes a folder if there is none of that name.
    pub fn make_folder(&mut self, folder: &str) -> Result<(), Trouble> {
        let name = mailbox(folder)?;
        let listed = self.command(&format!("LIST \"\" {name}"))?;
        if listed
            .iter()
            .any(|answer| answer.text.starts_with("* LIST"))
        {
            return Ok(());
        }
        self.command(&format!("CREATE {name}")).map(drop)
    }

    /// The numbers of the letters from one on, in order.
    pub fn numbers_from(&mut self, from: u32) -> Result<Vec<u32>, Trouble> {
        let mut found = self.search(&format!("UID {from}:*"))?;
        found.retain(|uid| *uid >= from); // `n:*` always names the newest, even if it is older
        Ok(found)
    }

    /// The numbers of the letters that came on the day of an instant or later, in order. The
    /// server's day may begin later than ours: half a day before it counts.
    pub fn numbers_since(&mut self, since: Moment) -> Result<Vec<u32>, Trouble> {
        let day = since.plus_ms(-12 * HOUR_MS).utc().date();
        let month = day.month().to_string();
        let month = month.get(..3).unwrap_or_default();
        self.search(&format!("SINCE {}-{month}-{}", day.day(), day.year()))
    }

    fn search(&mut self, what: &str) -> Result<Vec<u32>, Trouble> {
        let mut found = Vec::new();
        for answer in self.command(&format!("UID SEARCH {what}"))? {
            if let Some(told) = answer.text.strip_prefix("* SEARCH") {
                found.extend(
                    told.split(' ')
                        .filter_map(|uid| uid.trim().parse::<u32>().ok()),
                );
            }
        }
        found.sort_unstable();
        found.dedup();
        Ok(found)
    }

    /// A letter as it lies there, unread as it was; none if it is gone. The outer error is the
    /// line's, the inner the letter's.
    pub fn fetch(&mut self, uid: u32) -> Result<Result<Option<Vec<u8>>, Trouble>, Trouble> {
        let mut size = None;
        for answer in self.command(&format!("UID FETCH {uid} (UID RFC822.SIZE)"))? {
            if let Some((_, told)) = answer.text.split_once("RFC822.SIZE ") {
                size = told
                    .split([' ', ')'])
                    .next()
                    .and_then(|size| size.parse::<u64>().ok());
            }
        }
        if size.is_some_and(|size| size > LETTER_MAX) {
            let mb = LETTER_MAX / 1024 / 1024;
            return Ok(Err(format!(
                "it is larger than {mb} MB; it stays in the mailbox"
            )));
        }
        let (answers, end) = self.ask(&format!("UID FETCH {uid} (UID BODY.PEEK[])"))?;
        if let Err(trouble) = end {
            return Ok(Err(trouble));
        }
        let named = format!("UID {uid}");
        let body = answers.into_iter().find_map(|mut answer| {
            let fits = answer.text.contains("FETCH") && answer.text.contains(&named);
            fits.then(|| answer.literals.pop()).flatten()
        });
        Ok(Ok(body))
    }

    /// Puts read letters out of the way: moved to a folder, or marked where they lie.
    pub fn put_away(&mut self, uids: &[u32], folder: &str) -> Result<(), Trouble> {
        for some in uids.chunks(200) {
            let set: Vec<String> = some.iter().map(u32::to_string).collect();
            let set = set.join(",");
            if folder.is_empty() {
                self.command(&format!("UID STORE {set} +FLAGS.SILENT (\\Seen)"))?;
                continue;
            }
            let name = mailbox(folder)?;
            if self.can("MOVE") {
                self.command(&format!("UID MOVE {set} {name}"))?;
                continue;
            }
            self.command(&format!("UID COPY {set} {name}"))?;
            self.command(&format!("UID STORE {set} +FLAGS.SILENT (\\Seen \\Deleted)"))?;
            if self.can("UIDPLUS") {
                self.command(&format!("UID EXPUNGE {set}"))?;
            }
        }
        Ok(())
    }

    /// Waits until the server tells of something new, or so long, or until somebody says stop.
    pub fn idle(&mut self, most: Duration, stop: &dyn Fn() -> bool) -> Result<(), Trouble> {
        self.tag += 1;
        let tag = format!("A{}", self.tag);
        self.line.write(format!("{tag} IDLE\r\n").as_bytes())?;
        let until = Instant::now() + most;
        let mut news = false;
        while !news && Instant::now() < until && !stop() {
            if let Some(told) = self.line.read_line(Duration::from_millis(500), LINE_MAX)? {
                let told = String::from_utf8_lossy(&told).to_uppercase();
                if told.starts_with("* BYE") || told.starts_with(&tag) {
                    return Err(format!("the server ends the line: {}", short(&told)));
                }
                news = told.contains("EXISTS") || told.contains("RECENT");
            }
        }
        self.line.write(b"DONE\r\n")?;
        for _ in 0..LINES {
            if self.answer(PATIENCE)?.text.starts_with(&tag) {
                return Ok(());
            }
        }
        Err("the server does not come to an end".to_owned())
    }

    /// Says goodbye; whether it is heard does not matter.
    pub fn leave(mut self) {
        drop(self.line.write(b"ZZ LOGOUT\r\n"));
    }

    fn command(&mut self, command: &str) -> Result<Vec<Answer>, Trouble> {
        let (answers, end) = self.ask(command)?;
        end.map(|()| answers)
    }

    /// Asks; answers what came, and how it ended. The outer error means that the line is lost.
    fn ask(&mut self, command: &str) -> Result<(Vec<Answer>, Result<(), Trouble>), Trouble> {
        self.tag += 1;
        let tag = format!("A{} ", self.tag);
        self.line.write(format!("{tag}{command}\r\n").as_bytes())?;
        let mut answers = Vec::new();
        for _ in 0..LINES {
            let answer = self.answer(PATIENCE)?;
            if let Some(end) = answer.text.strip_prefix(&tag) {
                let good = end.to_uppercase().starts_with("OK");
                let end = if good { Ok(()) } else { Err(short(end)) };
                return Ok((answers, end));
            }
            if answer.text.to_uppercase().starts_with("* BYE") {
                return Err(format!("the server ends the line: {}", short(&answer.text)));
            }
            answers.push(answer);
        }
        Err("the server does not come to an end".to_owned())
    }

    fn answer(&mut self, patience: Duration) -> Result<Answer, Trouble> {
        let mut answer = Answer {
            text: String::new(),
            literals: Vec::new(),
        };
        loop {
            let line = self.line.read_line(patience, LINE_MAX)?;
            let line = line.ok_or_else(|| "the server does not answer".to_owned())?;
            let text = String::from_utf8_lossy(&line);
            let text = text.trim_end_matches(['\r', '\n']);
            answer.text.push_str(text);
            let literal = text
                .strip_suffix('}')
                .and_then(|text| text.rsplit_once('{'));
            let Some(length) = literal.and_then(|(_, length)| length.parse::<u64>().ok()) else {
                return Ok(answer);
            };
            if length > LETTER_MAX {
                return Err(format!("the server wants to send {length} bytes at once"));
            }
            answer
                .literals
                .push(self.line.read_exactly(length, patience)?);
        }
    }
}

/// A text as the protocol quotes it.
fn quoted(text: &str) -> Result<String, Trouble> {
    if text.contains(['\r', '\n', '\0']) {
        return Err("a user or password has no line breaks".to_owned());
    }
    let escaped = text.replace('\\', "\\\\").replace('"', "\\\"");
    Ok(format!("\"{escaped}\""))
}

/// A folder's name in the protocol's own coding. **Source:** RFC 3501, 5.1.3.
fn mailbox(name: &str) -> Result<String, Trouble> {
    let mut out = String::new();
    let mut wide: Vec<u8> = Vec::new();
    let flush = |wide: &mut Vec<u8>, out: &mut String| {
        if !wide.is_empty() {
            let coded = data_encoding::BASE64_NOPAD.encode(wide).replace('/', ",");
            out.push_str(&format!("&{coded}-"));
            wide.clear();
        }
    };
    for letter in name.chars() {
        if letter == '&' {
            flush(&mut wide, &mut out);
            out.push_str("&-");
        } else if letter.is_ascii() {
            flush(&mut wide, &mut out);
            out.push(letter);
        } else {
            let mut units = [0; 2];
            for unit in letter.encode_utf16(&mut units) {
                wide.extend(unit.to_be_bytes());
            }
        }
    }
    flush(&mut wide, &mut out);
    quoted(&out)
}

fn short(text: &str) -> String {
    super::text::line(text, 200)
}

#[cfg(test)]
mod tests {
    use super::mailbox;

    #[test]
    fn folders_are_named_in_the_servers_coding() {
        for (name, coded) in [
            ("INBOX", "\"INBOX\""),
            ("Entwürfe", "\"Entw&APw-rfe\""),
            ("A&B", "\"A&-B\""),
            ("日本語", "\"&ZeVnLIqe-\""),
        ] {
            assert_eq!(mailbox(name).unwrap(), coded);
        }
        assert!(mailbox("a\r\nb").is_err());
    }
}

//! What is new in a letter: its words told apart from the history below or between them and from
//! the signature. Nothing is dropped; what is not new is folded where it is shown.

use crate::domain::message::email::{Passage, PassageSort};

/// Lines of an attribution ("On … wrote:") at most.
const ATTRIBUTION: usize = 3;
/// How an attribution ends, before its colon.
const WROTE: [&str; 26] = [
    "wrote",
    "writes",
    "schrieb",
    "a écrit",
    "écrit",
    "escribió",
    "escreveu",
    "ha scritto",
    "schreef",
    "skrev",
    "kirjoitti",
    "napisał",
    "napisał(a)",
    "napsal",
    "napsal(a)",
    "написал",
    "написал(а)",
    "пишет",
    "yazdı",
    "şunları yazdı",
    "írta",
    "a scris",
    "كتب",
    "כתב",
    "写道",
    "のメール",
];
/// Lines that begin an appended message, whatever follows.
const DIVIDERS: [&str; 17] = [
    "original message",
    "forwarded message",
    "ursprüngliche nachricht",
    "originalnachricht",
    "weitergeleitete nachricht",
    "message d'origine",
    "message original",
    "message transféré",
    "mensaje original",
    "mensaje reenviado",
    "mensagem original",
    "messaggio originale",
    "oorspronkelijk bericht",
    "ursprungligt meddelande",
    "пересылаемое сообщение",
    "begin forwarded message",
    "reply above this line",
];
/// First words of the header block that Outlook puts before an appended message.
const FROM: [&str; 12] = [
    "from:",
    "von:",
    "de:",
    "da:",
    "van:",
    "från:",
    "fra:",
    "lähettäjä:",
    "od:",
    "от:",
    "kimden:",
    "من:",
];
/// Words of its further lines.
const SENT: [&str; 22] = [
    "sent:",
    "date:",
    "gesendet:",
    "datum:",
    "envoyé:",
    "envoyé :",
    "enviado:",
    "enviado el:",
    "fecha:",
    "data:",
    "inviato:",
    "verzonden:",
    "skickat:",
    "sendt:",
    "dato:",
    "wysłano:",
    "дата:",
    "отправлено:",
    "gönderilen:",
    "to:",
    "an:",
    "التاريخ:",
];
/// What telephones put under a letter.
const SENT_FROM: [&str; 11] = [
    "sent from my",
    "sent from outlook",
    "get outlook for",
    "von meinem",
    "gesendet von",
    "envoyé de mon",
    "envoyé depuis",
    "enviado desde mi",
    "enviado do meu",
    "inviato da",
    "verzonden vanaf",
];

/// The passages of a letter, in their order.
pub fn passages(text: &str) -> Vec<Passage> {
    let lines: Vec<&str> = text.lines().collect();
    let mut sorts: Vec<PassageSort> = Vec::with_capacity(lines.len());
    let mut signature = false;
    while let Some(line) = lines.get(sorts.len()) {
        let at = sorts.len();
        let rest = lines.get(at..).unwrap_or_default();
        if line.starts_with('>') {
            signature = false;
            sorts.push(PassageSort::Quoted);
        } else if divides(rest) {
            sorts.resize(lines.len(), PassageSort::Quoted);
        } else if let Some(length) = attribution(rest) {
            signature = false;
            let marked = rest
                .iter()
                .skip(length)
                .find(|line| !line.trim().is_empty());
            let end = match marked {
                Some(line) if !line.starts_with('>') => lines.len(),
                _ => at + length,
            };
            sorts.resize(end, PassageSort::Quoted);
        } else if signature || *line == "-- " || line.trim_end() == "--" && at > 0 {
            signature = true;
            sorts.push(PassageSort::Signature);
        } else if sent_from(line) && rest.iter().skip(1).take(3).all(|line| ends(line)) {
            sorts.push(PassageSort::Signature);
        } else if line.trim().is_empty() {
            sorts.push(sorts.last().copied().unwrap_or_default());
        } else {
            sorts.push(PassageSort::Said);
        }
    }
    let mut passages: Vec<Passage> = Vec::new();
    for (line, sort) in lines.into_iter().zip(sorts) {
        match passages.last_mut() {
            Some(last) if last.sort == sort => {
                last.text.push('\n');
                last.text.push_str(line);
            }
            _ => passages.push(Passage {
                sort,
                text: line.to_owned(),
            }),
        }
    }
    for passage in &mut passages {
        passage.text = passage.text.trim_matches('\n').trim_end().to_owned();
    }
    passages.retain(|passage| !passage.text.trim().is_empty());
    // A letter that is nothing but history is shown as it is: forwarded without a word.
    if passages
        .iter()
        .all(|passage| passage.sort == PassageSort::Quoted)
    {
        passages
            .iter_mut()
            .for_each(|passage| passage.sort = PassageSort::Said);
    }
    passages
}

fn ends(line: &str) -> bool {
    line.trim().is_empty() || line.starts_with('>') || divides(&[line])
}

fn sent_from(line: &str) -> bool {
    let line = line.trim().to_lowercase();
    line.len() < 80 && SENT_FROM.iter().any(|start| line.starts_with(start))
}

/// Whether an appended message begins here.
fn divides(lines: &[&str]) -> bool {
    let Some(first) = lines.first() else {
        return false;
    };
    let first = first.trim().trim_start_matches('*').to_lowercase();
    if first.len() > 200 {
        return false;
    }
    let framed = first.starts_with("--") || first.starts_with("##") || first.ends_with(':');
    if framed && DIVIDERS.iter().any(|words| first.contains(words)) {
        return true;
    }
    let starts = |line: &str, words: &[&str]| words.iter().any(|word| line.starts_with(word));
    let block = |lines: &[&str]| {
        lines.iter().take(3).any(|line| {
            let line = line.trim().trim_start_matches('*').to_lowercase();
            starts(&line, &SENT)
        })
    };
    if starts(&first, &FROM) {
        return block(lines.get(1..).unwrap_or_default());
    }
    let rule = first.len() >= 10 && first.chars().all(|letter| letter == '_');
    rule && lines
        .iter()
        .skip(1)
        .take(2)
        .any(|line| starts(&line.trim().trim_start_matches('*').to_lowercase(), &FROM))
}

/// How many lines the attribution that begins here has.
fn attribution(lines: &[&str]) -> Option<usize> {
    let mut whole = String::new();
    for (n, line) in lines.iter().take(ATTRIBUTION).enumerate() {
        let line = line.trim();
        if line.is_empty() || line.len() > 300 {
            return None;
        }
        whole.push(' ');
        whole.push_str(line);
        let Some(told) = whole.strip_suffix([':', '：']) else {
            continue;
        };
        let told = told.trim_end().to_lowercase();
        let dated = told.contains('@') || told.bytes().any(|byte| byte.is_ascii_digit());
        // Some languages put the verb first, after the date: "Am … schrieb Ana:".
        let wrote = WROTE.iter().any(|verb| {
            told.ends_with(verb)
                || told.contains(&format!(" {verb} ")) && told.contains(", ")
                || told.contains(&format!(" {verb} ")) && told.contains('@')
                || told.contains(&format!(" {verb} ")) && told.starts_with(" am ")
        });
        return (dated && wrote).then_some(n + 1);
    }
    None
}

#[cfg(test)]
mod tests {
    use super::passages;
    use crate::domain::message::email::PassageSort::{self, Quoted, Said, Signature};

    fn check(text: &str, expected: &[(PassageSort, &str)]) {
        let found = passages(text);
        let found: Vec<_> = found
            .iter()
            .map(|one| (one.sort, one.text.as_str()))
            .collect();
        assert_eq!(found, expected);
    }

    #[test]
    fn history_is_told_apart_in_many_hands() {
        check(
            "Thanks!\n\nOn Mon, 3 Aug 2026 at 10:00, Desk <d@x.test> wrote:\n> Hello\n> there\n",
            &[
                (Said, "Thanks!"),
                (
                    Quoted,
                    "On Mon, 3 Aug 2026 at 10:00, Desk <d@x.test> wrote:\n> Hello\n> there",
                ),
            ],
        );
        check(
            "Danke\n\nAm 3. August 2026 um 10:00 schrieb Desk\n<d@x.test>:\n\nHallo Ana",
            &[
                (Said, "Danke"),
                (
                    Quoted,
                    "Am 3. August 2026 um 10:00 schrieb Desk\n<d@x.test>:\n\nHallo Ana",
                ),
            ],
        );
        check(
            "ok\n\n-----Original Message-----\nFrom: Desk\nhello",
            &[
                (Said, "ok"),
                (Quoted, "-----Original Message-----\nFrom: Desk\nhello"),
            ],
        );
        check(
            "ok\n________________________________\nDe: Desk\nEnviado: lunes\nAsunto: x\nhola",
            &[
                (Said, "ok"),
                (
                    Quoted,
                    "________________________________\nDe: Desk\nEnviado: lunes\nAsunto: x\nhola",
                ),
            ],
        );
    }

    #[test]
    fn answers_between_quotes_stay_in_sight() {
        check(
            "> first?\nyes\n> second?\nno\n-- \nAna\nBakery",
            &[
                (Quoted, "> first?"),
                (Said, "yes"),
                (Quoted, "> second?"),
                (Said, "no"),
                (Signature, "-- \nAna\nBakery"),
            ],
        );
    }

    #[test]
    fn a_telephones_line_is_a_signature_and_ordinary_words_are_not() {
        check(
            "Where is it?\n\nSent from my iPhone",
            &[(Said, "Where is it?"), (Signature, "Sent from my iPhone")],
        );
        check(
            "As I wrote:\nit is late",
            &[(Said, "As I wrote:\nit is late")],
        );
        check("From: here to there", &[(Said, "From: here to there")]);
        check("> only a quote", &[(Said, "> only a quote")]);
        check("", &[]);
    }
}

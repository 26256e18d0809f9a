//! The text WhatsApp's app writes when a chat is exported, by Android and by iPhone: every order of
//! dates, 12 and 24 hours, other digits, direction marks, messages of several lines.

use crate::error::{Error, Refusal, Result};
use std::io::BufRead;

/// The longest line. **Unit:** bytes.
const LINE_MAX: usize = 1024 * 1024;
/// The longest message. **Unit:** bytes.
const MESSAGE_MAX: usize = 4 * 1024 * 1024;

/// One message as it stands in the file.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Line {
    /// The line it begins on, counted from 1.
    pub line: u64,
    /// The three numbers of its date, in the order of the file.
    pub date: [u32; 3],
    /// Hour, minute and second on a clock of 24 hours.
    pub time: [u32; 3],
    /// Who wrote it; none for a line of the app itself.
    pub author: Option<String>,
    /// What it says; lines of one message are joined.
    pub text: String,
}

/// In which order a date is written.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Order {
    /// 23/06/2018
    DayFirst,
    /// 06/23/2018
    MonthFirst,
}

/// What a file says about its own dates, line by line.
#[derive(Debug, Clone, Default)]
pub struct Dates {
    day_first: bool,
    month_first: bool,
    back: [u64; 2],
    last: [Option<[u32; 6]>; 2],
    differ: bool,
}

/// How a file ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum End {
    /// As it should.
    Whole,
    /// In the middle of the head of a message, on this line.
    Cut(u64),
}

impl Dates {
    /// Takes the date of one message in.
    pub fn take(&mut self, line: &Line) {
        let [a, b, _] = line.date;
        if a > 31 {
            return; // the year is first, and then nothing is in doubt
        }
        self.day_first |= a > 12;
        self.month_first |= b > 12;
        self.differ |= a != b;
        for (place, order) in [Order::DayFirst, Order::MonthFirst].into_iter().enumerate() {
            let Some([year, month, day]) = date(line.date, order) else {
                continue;
            };
            let [hour, minute, second] = line.time;
            let at = [year, month, day, hour, minute, second];
            if let (Some(last), Some(back)) = (self.last.get_mut(place), self.back.get_mut(place)) {
                if last.is_some_and(|last| at < last) {
                    *back += 1;
                }
                *last = Some(at);
            }
        }
    }

    /// The order the dates are in; none if both would do.
    pub fn order(&self) -> Option<Order> {
        match (self.day_first, self.month_first) {
            (true, false) => return Some(Order::DayFirst),
            (false, true) => return Some(Order::MonthFirst),
            (true, true) | (false, false) => {}
        }
        let [day, month] = self.back;
        match (day, month) {
            _ if !self.differ => Some(Order::DayFirst),
            (0, 1..) => Some(Order::DayFirst),
            (1.., 0) => Some(Order::MonthFirst),
            (_, _) => None,
        }
    }
}

/// Year, month and day of a date in an order; none if that is no date.
pub fn date(numbers: [u32; 3], order: Order) -> Option<[u32; 3]> {
    let [a, b, c] = numbers;
    let [year, month, day] = match order {
        _ if a > 31 => [a, b, c],
        Order::DayFirst => [c, b, a],
        Order::MonthFirst => [c, a, b],
    };
    let year = if year < 100 { year + 2000 } else { year };
    let fits = (1..=12).contains(&month) && (1..=31).contains(&day) && (1990..2100).contains(&year);
    fits.then_some([year, month, day])
}

/// Hands over each message in order; tells how the file ended.
///
/// **Refuses:** a line that is no UTF-8 or too long; a file whose first line is no message.
pub fn each(from: &mut dyn BufRead, each: &mut dyn FnMut(Line) -> Result<()>) -> Result<End> {
    let mut open: Option<Line> = None;
    let mut number = 0;
    loop {
        let mut bytes = Vec::new();
        let most = LINE_MAX as u64 + 1;
        let read = std::io::Read::take(&mut *from, most).read_until(b'\n', &mut bytes)?;
        if read == 0 {
            break;
        }
        number += 1;
        if bytes.len() > LINE_MAX {
            return Err(Refusal::invalid(format!("line {number} is over 1 MiB")).into());
        }
        let ended = bytes.ends_with(b"\n");
        let Ok(text) = String::from_utf8(bytes) else {
            if !ended {
                return finish(open, each, End::Cut(number));
            }
            return Err(Refusal::invalid(format!("line {number} is not UTF-8")).into());
        };
        let text = clean(&text);
        match head(&text, number) {
            Some(line) => {
                if let Some(whole) = open.replace(line) {
                    each(whole)?;
                }
            }
            None if !ended && begins_like_a_head(&text) => {
                return finish(open, each, End::Cut(number));
            }
            None => match &mut open {
                Some(line) => {
                    line.text.push('\n');
                    line.text.push_str(&text);
                    if line.text.len() > MESSAGE_MAX {
                        let text = format!("the message on line {} is over 4 MiB", line.line);
                        return Err(Refusal::invalid(text).into());
                    }
                }
                None if text.trim().is_empty() => {}
                None => {
                    let text = format!("line {number} is not the beginning of an exported chat");
                    return Err(Refusal::invalid(text).into());
                }
            },
        }
    }
    finish(open, each, End::Whole)
}

fn finish(
    open: Option<Line>,
    each: &mut dyn FnMut(Line) -> Result<()>,
    end: End,
) -> Result<End, Error> {
    if let Some(line) = open {
        each(line)?;
    }
    Ok(end)
}

/// The line without direction marks, with plain spaces and without its end.
fn clean(text: &str) -> String {
    text.trim_end_matches(['\n', '\r'])
        .chars()
        .filter(|c| {
            !matches!(c, '\u{200e}' | '\u{200f}' | '\u{202a}'..='\u{202e}'
                | '\u{2066}'..='\u{2069}' | '\u{feff}')
        })
        .map(|c| match c {
            '\u{a0}' | '\u{202f}' => ' ',
            c => c,
        })
        .collect()
}

/// Digits of other scripts as ours.
fn digit(c: char) -> Option<u32> {
    let start = match c {
        '0'..='9' => '0',
        '\u{660}'..='\u{669}' => '\u{660}',
        '\u{6f0}'..='\u{6f9}' => '\u{6f0}',
        '\u{966}'..='\u{96f}' => '\u{966}',
        '\u{9e6}'..='\u{9ef}' => '\u{9e6}',
        _ => return None, // no digit of a script WhatsApp writes dates in
    };
    Some(u32::from(c) - u32::from(start))
}

struct Eye<'a>(&'a str);

impl<'a> Eye<'a> {
    fn number(&mut self, most: usize) -> Option<u32> {
        let (mut value, mut count) = (0, 0);
        let mut rest = self.0;
        while count < most
            && let Some(c) = rest.chars().next()
            && let Some(digit) = digit(c)
        {
            value = value * 10 + digit;
            count += 1;
            rest = rest.get(c.len_utf8()..).unwrap_or_default();
        }
        if count == 0 || rest.chars().next().and_then(digit).is_some() {
            return None;
        }
        self.0 = rest;
        Some(value)
    }

    fn one_of(&mut self, letters: &str) -> Option<char> {
        let first = self.0.chars().next().filter(|c| letters.contains(*c))?;
        self.0 = self.0.get(first.len_utf8()..).unwrap_or_default();
        Some(first)
    }

    fn blank(&mut self) {
        self.0 = self.0.trim_start_matches(' ');
    }

    /// A mark of the half of the day: whether it is the second.
    fn half(&mut self) -> Option<bool> {
        const MARKS: [(&str, bool); 18] = [
            ("a. m.", false),
            ("p. m.", true),
            ("a.m.", false),
            ("p.m.", true),
            ("am", false),
            ("pm", true),
            ("上午", false),
            ("下午", true),
            ("오전", false),
            ("오후", true),
            ("午前", false),
            ("午後", true),
            ("ق.ظ.", false),
            ("ب.ظ.", true),
            ("ق.ظ", false),
            ("ب.ظ", true),
            ("ص", false),
            ("م", true),
        ];
        for (mark, second) in MARKS {
            let start = self.0.get(..mark.len());
            if start.is_some_and(|start| start.to_lowercase() == mark) {
                self.0 = self.0.get(mark.len()..).unwrap_or_default();
                return Some(second);
            }
        }
        None
    }
}

/// The message a line begins, if it begins one.
fn head(text: &str, line: u64) -> Option<Line> {
    let mut eye = Eye(text);
    let bracket = eye.one_of("[").is_some();
    let a = eye.number(4)?;
    let between = eye.one_of("/.-")?;
    let b = eye.number(2)?;
    (eye.one_of("/.-")? == between).then_some(())?;
    let c = eye.number(4)?;
    eye.one_of(".");
    eye.one_of(",،");
    eye.blank();
    let mut half = eye.half();
    if half.is_none() {
        // A word before the time, as `klo`.
        let letters = |c: char| c.is_alphabetic();
        let word = eye.0.chars().take_while(|c| letters(*c)).count();
        if word > 0 && word <= 5 {
            eye.0 = eye.0.trim_start_matches(letters);
        }
    }
    eye.blank();
    let hour = eye.number(2)?;
    let colon = eye.one_of(":.")?;
    let minute = eye.number(2)?;
    let mut second = 0;
    let before = eye.0;
    if eye.one_of(":.") == Some(colon) {
        match eye.number(2) {
            Some(found) => second = found,
            None => eye.0 = before,
        }
    } else {
        eye.0 = before;
    }
    eye.blank();
    half = half.or_else(|| eye.half());
    if bracket {
        eye.one_of("]")?;
    } else {
        eye.blank();
        eye.one_of("-–")?;
    }
    eye.blank();
    let hour = match half {
        Some(true) if hour < 12 => hour + 12,
        Some(false) if hour == 12 => 0,
        _ => hour, // a clock of 24 hours, or noon
    };
    let date = [a, b, c];
    let a_date = [Order::DayFirst, Order::MonthFirst]
        .into_iter()
        .any(|order| self::date(date, order).is_some());
    if !a_date || hour > 23 || minute > 59 || second > 60 {
        return None;
    }
    let (author, text) = match eye.0.split_once(": ") {
        Some((author, text)) if is_author(author) => (Some(author), text),
        Some(_) | None => match eye.0.strip_suffix(':').filter(|author| is_author(author)) {
            Some(author) => (Some(author), ""),
            None => (None, eye.0),
        },
    };
    Some(Line {
        line,
        date,
        time: [hour, minute, second.min(59)],
        author: author.map(str::to_owned),
        text: text.to_owned(),
    })
}

/// A sentence of the app may hold a colon; a name is short and holds no quotation.
fn is_author(text: &str) -> bool {
    !text.is_empty() && text.chars().count() <= 60 && !text.contains(['"', '“', '«', '\u{2018}'])
}

/// Whether a last line without end may be the front of a message that was cut off.
fn begins_like_a_head(text: &str) -> bool {
    let mut eye = Eye(text);
    let bracket = eye.one_of("[").is_some();
    if eye.0.is_empty() {
        return bracket;
    }
    let Some(_) = eye.number(4) else { return false };
    if eye.0.is_empty() {
        return bracket;
    }
    let Some(mark) = eye.one_of("/.-") else {
        return false;
    };
    if eye.0.is_empty() {
        return true;
    }
    let two = eye.number(2).is_some();
    two && (eye.0.is_empty() || eye.one_of("/.-") == Some(mark)) && text.chars().count() < 40
}

/// The names of files a message carries, and the words that are left; a file that was left out of
/// the export has no name.
pub fn files(text: &str) -> (Vec<String>, String) {
    let trimmed = text.trim();
    let whole = trimmed
        .strip_prefix('<')
        .and_then(|rest| rest.strip_suffix('>'));
    if let Some(inside) = whole.filter(|inside| !inside.contains(['<', '>', '\n'])) {
        return match inside.split_once(": ") {
            Some((_, name)) if name.contains('.') => (vec![name.to_owned()], String::new()),
            Some(_) | None => (vec!["not in the export".to_owned()], String::new()),
        };
    }
    let left_out = [
        "image",
        "video",
        "audio",
        "sticker",
        "document",
        "GIF",
        "Contact card",
    ];
    let mut words = trimmed.rsplitn(2, ' ');
    if words.next() == Some("omitted") && words.next().is_some_and(|what| left_out.contains(&what))
    {
        return (vec!["not in the export".to_owned()], String::new());
    }
    let (first, rest) = trimmed.split_once('\n').unwrap_or((trimmed, ""));
    if let Some((name, _)) = first
        .strip_suffix(')')
        .and_then(|text| text.split_once(" ("))
        && !name.contains(' ')
        && name
            .rsplit_once('.')
            .is_some_and(|(_, end)| (2..=5).contains(&end.len()))
    {
        return (vec![name.to_owned()], rest.to_owned());
    }
    (Vec::new(), trimmed.to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(text: &str) -> (Vec<Line>, Result<End>) {
        let mut found = Vec::new();
        let end = each(&mut text.as_bytes(), &mut |line| {
            found.push(line);
            Ok(())
        });
        (found, end)
    }

    #[test]
    fn every_way_of_writing_a_head_is_read() {
        for (text, date, time) in [
            (
                "23/06/2018, 01:55 p.m. - Ana: x",
                [23, 6, 2018],
                [13, 55, 0],
            ),
            ("1/20/19, 11:23 - Ana: x", [1, 20, 19], [11, 23, 0]),
            ("2019/01/30, 20:49 - Ana: x", [2019, 1, 30], [20, 49, 0]),
            ("13.06.18, 21:25 - Ana: x", [13, 6, 18], [21, 25, 0]),
            (
                "13.6.2018 klo 21.25.15 - Ana: x",
                [13, 6, 2018],
                [21, 25, 15],
            ),
            ("03-06-2018, 01.55 PM - Ana: x", [3, 6, 2018], [13, 55, 0]),
            ("3/6/2018 1:55 p. m. - Ana: x", [3, 6, 2018], [13, 55, 0]),
            ("[06.13.18 21:25:15] Ana: x", [6, 13, 18], [21, 25, 15]),
            ("[2018/06/13, 21:25:15] Ana: x", [2018, 6, 13], [21, 25, 15]),
            (
                "\u{200e}[3/6/18 1:55:00\u{202f}p. m.] Ana: \u{200e}x",
                [3, 6, 18],
                [13, 55, 0],
            ),
            ("12/11/20, 12:05 AM - Ana: x", [12, 11, 20], [0, 5, 0]),
            ("٢٣/٦/٢٠١٨، ١:٥٥ م - Ana: x", [23, 6, 2018], [13, 55, 0]),
            (
                "[2018/6/13 下午9:25:15] Ana: x",
                [2018, 6, 13],
                [21, 25, 15],
            ),
            ("২৩/৬/১৮, ১১:২৩ - Ana: x", [23, 6, 18], [11, 23, 0]),
        ] {
            let (found, end) = read(text);
            assert_eq!(end.unwrap(), End::Whole, "{text}");
            let [line] = found.as_slice() else {
                panic!("{text}: {found:?}")
            };
            assert_eq!((line.date, line.time), (date, time), "{text}");
            assert_eq!(
                (line.author.as_deref(), line.text.as_str()),
                (Some("Ana"), "x"),
                "{text}"
            );
        }
    }

    #[test]
    fn lines_of_a_message_stay_together_and_the_app_has_no_name() {
        let text = "06/03/2017, 00:45 - You created group \"Test: one\"\r\n\
            06/03/2017, 00:46 - +49 170 1234567: first\r\n12 eggs\r\n- and milk\r\n\
            06/03/2017, 00:47 - Ana:\r\n";
        let (found, _) = read(text);
        assert_eq!(found.len(), 3);
        assert_eq!(found[0].author, None);
        assert_eq!(found[1].author.as_deref(), Some("+49 170 1234567"));
        assert_eq!(found[1].text, "first\n12 eggs\n- and milk");
        assert_eq!((found[2].line, found[2].text.as_str()), (5, ""));
        assert!(read("hello\n").1.is_err());
    }

    #[test]
    fn the_order_of_dates_is_found_out_or_asked_for() {
        let order = |lines: &[&str]| {
            let mut dates = Dates::default();
            for line in lines {
                dates.take(&head(&format!("{line}, 10:00 - A: x"), 1).unwrap());
            }
            dates.order()
        };
        assert_eq!(order(&["23/06/2018"]), Some(Order::DayFirst));
        assert_eq!(order(&["06/23/2018"]), Some(Order::MonthFirst));
        assert_eq!(
            order(&["01/02/2018", "02/02/2018", "01/03/2018"]),
            Some(Order::DayFirst)
        );
        assert_eq!(
            order(&["01/02/2018", "01/03/2018", "02/01/2018"]),
            Some(Order::MonthFirst)
        );
        assert_eq!(order(&["01/02/2018", "02/03/2018"]), None);
        assert_eq!(order(&["2018/02/03"]), Some(Order::DayFirst));
        assert_eq!(date([1, 2, 18], Order::MonthFirst), Some([2018, 1, 2]));
        assert_eq!(date([13, 13, 18], Order::DayFirst), None);
    }

    #[test]
    fn a_chat_cut_in_a_head_is_noticed() {
        let text = "[06.12.18 21:25:15] Ana: hello\n[06.12.18 21:26:15] Ben: you\n";
        for cut in ["[", "[06", "[06.", "[06.12", "[06.12.18 21:2"] {
            let (found, end) = read(&format!("{text}{cut}"));
            assert_eq!(end.unwrap(), End::Cut(3), "{cut}");
            assert_eq!(found.len(), 2);
        }
        let mut bytes = text.as_bytes().to_vec();
        bytes.extend("[06.12.18 21:27:15] Ana: é".as_bytes());
        bytes.pop();
        let mut found = 0;
        let end = each(&mut bytes.as_slice(), &mut |_| {
            found += 1;
            Ok(())
        });
        assert_eq!((end.unwrap(), found), (End::Cut(3), 2));
    }

    #[test]
    fn files_are_named_or_known_to_be_missing() {
        for (text, files, words) in [
            ("<Media omitted>", vec!["not in the export"], ""),
            ("image omitted", vec!["not in the export"], ""),
            (
                "<attached: 00000042-PHOTO.jpg>",
                vec!["00000042-PHOTO.jpg"],
                "",
            ),
            ("IMG-1.jpg (file attached)\nlook", vec!["IMG-1.jpg"], "look"),
            ("DOC.pdf (Datei angehängt)", vec!["DOC.pdf"], ""),
            ("see you (soon)", vec![], "see you (soon)"),
            ("nothing omitted", vec![], "nothing omitted"),
        ] {
            let found = super::files(text);
            assert_eq!(
                found,
                (
                    files.iter().map(ToString::to_string).collect(),
                    words.to_owned()
                ),
                "{text}"
            );
        }
    }
}

//! Sentences about lists and reports that left the desk.

use super::Voice;
use crate::domain::event::export::ExportEvent;

pub(super) fn export(voice: &Voice<'_>, event: &ExportEvent) -> String {
    match event {
        ExportEvent::ListTaken {
            list,
            format,
            rows,
            sealed,
            ..
        } => {
            let pattern = match list.as_str() {
                "tickets" => "{who} exported {n} tickets as {format}",
                "contacts" => "{who} exported {n} customers as {format}",
                _ => "{who} exported {n} conversations as {format}", // the one other list
            };
            let (n, format) = (rows.to_string(), format.to_uppercase());
            let values = [("n", n.as_str()), ("format", format.as_str())];
            voice.because(pattern, &values, sealed.question.as_deref())
        }
        ExportEvent::Fetched { export, from_byte } => {
            let it = format!("#{export}");
            let n = from_byte.to_string();
            match from_byte {
                0 => voice.say(
                    "{who} fetched the file of export {it} again",
                    &[("it", &it)],
                ),
                _ => voice.say(
                    "{who} took up the download of export {it} again at byte {n}",
                    &[("it", &it), ("n", &n)],
                ),
            }
        }
        ExportEvent::Printed {
            object,
            pack,
            rows,
            sealed,
            ..
        } => {
            let n = rows.to_string();
            let pack = pack.map(|pack| format!("P-{pack}"));
            match pack.or(object.map(|object| object.to_string())) {
                Some(it) => voice.say(
                    "{who} made a report of {it} with {n} events for printing",
                    &[("it", &it), ("n", &n)],
                ),
                None => voice.because(
                    "{who} made a report of {n} events for printing",
                    &[("n", &n)],
                    sealed.question.as_deref(),
                ),
            }
        }
    }
}

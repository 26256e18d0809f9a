//! Sentences about lists that left the desk.

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
    }
}

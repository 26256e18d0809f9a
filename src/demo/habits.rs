//! What the team of the demo has set up to write and do again and again: canned replies and macros.

use crate::domain::action::Actions;
use crate::domain::ticket::Priority;
use std::collections::BTreeMap;

/// One of them: its name, what it does.
pub struct Habit {
    /// What it is called.
    pub name: &'static str,
    /// What it does.
    pub actions: Actions,
}

/// All of them.
pub fn habits() -> Vec<Habit> {
    let canned = |name, texts: &[(&str, &str)]| Habit {
        name,
        actions: Actions {
            reply: words(texts),
            ..Actions::default()
        },
    };
    let mut habits = vec![
        canned(
            "Ask for the order number",
            &[
                (
                    "",
                    "Hello {{contact.first_name|there}}, could you send me your order number? \
                     It begins with NM and stands in the confirmation.",
                ),
                (
                    "es",
                    "Hola {{contact.first_name|}}, ¿me envías el número de pedido? Empieza con NM \
                     y está en la confirmación.",
                ),
                (
                    "ur",
                    "السلام علیکم {{contact.first_name|}}، براہِ کرم اپنا آرڈر نمبر بھیج دیں۔ یہ \
                     NM سے شروع ہوتا ہے اور تصدیقی پیغام میں لکھا ہے۔",
                ),
            ],
        ),
        canned(
            "How a return works",
            &[(
                "",
                "You can send it back within 14 days, unworn and with its tag. Reply with \
                 \"return\" and I arrange a pickup; the refund follows within 5 working days after \
                 it has arrived.",
            )],
        ),
        canned(
            "Anything else?",
            &[(
                "",
                "Is there anything else I can do for you? Best wishes, {{agent.first_name}}",
            )],
        ),
    ];
    habits.push(Habit {
        name: "Courier is late",
        actions: Actions {
            reply: words(&[(
                "",
                "I am sorry, {{contact.first_name|and thank you for waiting}}: the courier is \
                 late. I have asked them and write to you by tomorrow noon.",
            )]),
            add_tags: vec!["courier-late".to_owned()],
            priority: Some(Priority::High),
            note: Some("Courier asked; answer the customer by tomorrow noon.".to_owned()),
            ..Actions::default()
        },
    });
    habits
}

fn words(texts: &[(&str, &str)]) -> BTreeMap<String, String> {
    let owned = |(language, text): &(&str, &str)| ((*language).to_owned(), (*text).to_owned());
    texts.iter().map(owned).collect()
}

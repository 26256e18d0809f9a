//! The inbox around a sample thread.

use super::ago;
use super::threads::*;
use crate::web::conversations::Thread;
use crate::web::inbox::*;

fn row(id: &str, contact: &str, last: (&'static str, &str), waiting: Option<i64>) -> Row {
    Row {
        id: id.into(),
        href: format!("/inbox?queue=mine&open={id}"),
        current: id == "C-88",
        contact: contact.into(),
        channel: "whatsapp".into(),
        last_kind: last.0,
        last_text: last.1.into(),
        last_at: ago(waiting.unwrap_or(33)),
        waiting_since: waiting.map(ago),
        due: waiting.map(|minutes| super::sla::due(30 - minutes)),
        overdue: waiting.is_some_and(|minutes| minutes > 60),
        status: open(),
        owner: Some(person("M-3", "Sana Malik", true)),
        escalated: false,
        tags: Vec::new(),
        writing: None,
        tickets: Vec::new(),
    }
}

/// The inbox with a thread, as far as it is open.
pub fn inbox(step: &'static str, thread: Option<Thread>) -> InboxPage {
    let queue = |name: &str, icon, count, overdue| Queue {
        name: name.into(),
        icon,
        href: format!("/inbox?queue={}", name.to_lowercase().replace(' ', "-")),
        count,
        overdue,
        current: name == "Mine",
    };
    let mut rows = vec![
        row(
            "C-91",
            "Hamza Qureshi",
            ("contact", "Koi hai? 2 ghante se wait kar raha hun yaar"),
            Some(131),
        ),
        row(
            "C-88",
            CUSTOMER,
            ("contact", "Ab main kya karun? Paise wapas ya naya shawl?"),
            Some(44),
        ),
        row(
            "C-102",
            "فاطمہ خان",
            ("contact", "السلام علیکم، کیا یہ شال نیلے رنگ میں دستیاب ہے؟"),
            Some(12),
        ),
        row(
            "C-97",
            "María Fernández",
            (
                "member",
                "Perfecto, le mando la etiqueta de devolución ahora mismo.",
            ),
            None,
        ),
        row(
            "C-95",
            "أحمد السيد",
            ("note", "يريد استرداد المبلغ، بانتظار موافقة زارا"),
            None,
        ),
        row(
            "C-84",
            "+92 300 0000219",
            (
                "bot",
                "Your order NM-20388 was delivered on Thursday. Anything else?",
            ),
            None,
        ),
        row("C-79", "João Pereira", ("contact", "obrigado! 🙏"), None),
    ];
    rows[0].escalated = true;
    rows[0].owner = None;
    rows[1].status = courier();
    rows[1].tickets = vec!["T-1042".into()];
    rows[1].tags = vec!["late".into(), "courier".into()];
    rows[2].writing = Some("Bilal Ahmed".into());
    rows[4].tags = vec!["refund".into()];
    rows[5].owner = Some(person("", "Noor assistant", false));
    InboxPage {
        kept: crate::web::views::Kept::default(),
        step,
        queues: vec![
            QueueSection {
                title: "",
                queues: vec![
                    queue("Mine", "person", 4, true),
                    queue("Unassigned", "inbox", 7, false),
                    queue("With the bot", "bot", 23, false),
                    queue("Escalated", "flag", 2, true),
                    queue("Waiting", "clock", 11, false),
                    queue("Closed", "check", 3912, false),
                    queue("All", "filter", 4180, false),
                ],
            },
            QueueSection {
                title: "Groups",
                queues: vec![
                    queue("Lahore shop", "group", 18, false),
                    queue("Returns", "group", 6, false),
                ],
            },
            QueueSection {
                title: "Channels",
                queues: vec![queue("Shop line", "whatsapp", 31, false)],
            },
        ],
        queue_name: "Mine".into(),
        list: InboxList {
            may_work: true,
            href: "/inbox?queue=mine".into(),
            rows,
            sorts: vec![
                ("Waiting longest", "/inbox?queue=mine".into(), true),
                ("Newest", "/inbox?queue=mine&sort=newest".into(), false),
                ("Oldest", "/inbox?queue=mine&sort=oldest".into(), false),
            ],
            chips: Vec::new(),
            newer: None,
            older: Some("/inbox?queue=mine&before=1".into()),
        },
        thread,
    }
}

//! Sample threads: the usual story, and one article of every kind.

use super::ago;
use crate::web::conversations::*;
use crate::web::thread::*;
use std::collections::BTreeMap;

pub fn status(id: &str, name: &str, category: &str) -> Status {
    Status {
        id: id.into(),
        name: name.into(),
        category: category.into(),
    }
}

pub fn open() -> Status {
    status("open", "Open", "open")
}

pub fn courier() -> Status {
    status("awaiting_courier", "Awaiting courier", "waiting")
}

pub fn person(id: &str, name: &str, me: bool) -> Person {
    Person {
        id: id.into(),
        name: name.into(),
        kind: if id.is_empty() { "bot" } else { "member" },
        me,
    }
}

pub fn article(id: u64, minutes: i64, side: Side, author: &str, content: Content) -> Article {
    Article {
        id,
        at: ago(minutes),
        side,
        author: author.into(),
        author_kind: match (side, author) {
            (Side::Them, _) => "contact".into(),
            (_, "Noor assistant") => "bot".into(),
            _ => "member".into(),
        },
        follows: false,
        channel: None,
        content,
        quoted: None,
        corrects: None,
        corrected_by: Vec::new(),
        split_into: Vec::new(),
        mentions: Vec::new(),
        forwarded: None,
        referral: None,
        reactions: Vec::new(),
        before: Vec::new(),
        taken_back_at: None,
        delivery: (side == Side::Us).then(|| Delivery {
            state: "read",
            at: ago(minutes - 1),
            reason: None,
            may_retry: false,
        }),
        quotable: side != Side::Note,
        correctable: side != Side::Them,
        raw: None,
    }
}

pub fn text(text: &str) -> Content {
    Content::Text { text: text.into() }
}

fn media(media: &'static str, name: &str, media_type: &str, caption: Option<&str>) -> Content {
    Content::Media {
        media,
        file: File {
            href: Some("/files/sample".into()),
            name: name.into(),
            media_type: media_type.into(),
            size_bytes: Some(182_400),
            state: "ready",
            reason: None,
        },
        caption: caption.map(Into::into),
    }
}

pub fn change(seq: u64, minutes: i64, icon: &'static str, sentence: &str) -> Change {
    Change {
        seq,
        at: ago(minutes),
        actor_kind: "member".into(),
        sentence: sentence.into(),
        icon,
        tone: "",
    }
}

pub const CUSTOMER: &str = "Ayesha Raza";

/// A timeline with the usual story: bot, take-over, note, courier.
pub fn story() -> Timeline {
    let mut entries = vec![
        Entry::Day { at: ago(1600) },
        Entry::Change(change(
            18_190,
            1600,
            "inbox",
            "Ayesha Raza started a conversation on Shop line",
        )),
        Entry::Article(Article {
            referral: Some(Referral {
                source: "ad".into(),
                headline: "Winter sale, up to 40 %".into(),
                body: "Shawls, throws and lamps, delivered in three days.".into(),
                href: Some("https://shop.example/winter".into()),
            }),
            ..article(
                18_191,
                1600,
                Side::Them,
                CUSTOMER,
                text("Salam! Mera order *NM-20417* kab tak aayega? 5 din ho gaye hain"),
            )
        }),
        Entry::Article(article(
            18_193,
            1599,
            Side::Us,
            "Noor assistant",
            text(
                "Wa alaikum salam Ayesha! Your order NM-20417 left Lahore on Friday. Is there anything else?",
            ),
        )),
        Entry::Article(Article {
            quoted: Some(Quoted {
                id: Some(18_193),
                author: "Noor assistant".into(),
                text: "Your order NM-20417 left Lahore on Friday.".into(),
            }),
            ..article(
                18_195,
                1597,
                Side::Them,
                CUSTOMER,
                text("nahi bhai, kisi insaan se baat karwao"),
            )
        }),
        Entry::Change(Change {
            tone: "warn",
            ..change(
                18_196,
                1597,
                "flag",
                "Noor assistant escalated: the customer asked for a person",
            )
        }),
        Entry::Day { at: ago(190) },
        Entry::Change(change(
            18_201,
            190,
            "hand",
            "Sana Malik took over from Noor assistant",
        )),
        Entry::Article(article(
            18_202,
            188,
            Side::Us,
            "Sana Malik",
            text(
                "Ayesha, Sana here from Noor & Mar. I am calling the courier right now and come back to you within the hour.",
            ),
        )),
        Entry::Article(article(
            18_204,
            170,
            Side::Note,
            "Sana Malik",
            text(
                "Leopards says the parcel is stuck in Multan since Saturday, ref LP-88213. Promised delivery *Tuesday*. Tell her only once they confirm.",
            ),
        )),
        Entry::Change(change(
            18_205,
            169,
            "clock",
            "Sana Malik changed status Open → Awaiting courier (Leopards, LP-88213, 24 Nov)",
        )),
        Entry::Article(Article {
            delivery: Some(Delivery {
                state: "delivered",
                at: ago(166),
                reason: None,
                may_retry: false,
            }),
            ..article(
                18_206,
                168,
                Side::Us,
                "Sana Malik",
                text(
                    "The parcel is in Multan with Leopards. They deliver on Tuesday; I stay on it: https://track.example/LP-88213",
                ),
            )
        }),
        Entry::Article(Article {
            reactions: vec![Reaction {
                emoji: "🙏".into(),
                author: CUSTOMER.into(),
            }],
            ..article(
                18_207,
                160,
                Side::Them,
                CUSTOMER,
                text("Shukriya, theek hai"),
            )
        }),
    ];
    entries.extend([
        Entry::Article(article(18_221, 44, Side::Them, CUSTOMER, media("image", "IMG-20261122.jpg", "image/jpeg", Some("Rider sent me this, box is open!!")))),
        Entry::Article(Article { follows: true, ..article(18_222, 43, Side::Them, CUSTOMER, media("voice", "voice.ogg", "audio/ogg", None)) }),
        Entry::Article(Article { follows: true, before: vec![Version { until: ago(41), text: "ab kya karun".into() }], ..article(18_223, 42, Side::Them, CUSTOMER, text("Ab main kya karun? Paise wapas ya naya shawl?")) }),
        Entry::Article(Article {
            delivery: Some(Delivery {
                state: "failed",
                at: ago(40),
                reason: Some("WhatsApp could not deliver it: the customer's phone refused the file type. Send it as a document.".into()),
                may_retry: true,
            }),
            ..article(18_226, 40, Side::Us, "Sana Malik", media("document", "return-label-NM-20417.pdf", "application/pdf", None))
        }),
    ]);
    Timeline {
        entries,
        older: Some("/conversations/C-88?before=18190".into()),
        shows: vec![
            Shows {
                label: "Messages",
                href: "/conversations/C-88?hide=messages".into(),
                on: true,
            },
            Shows {
                label: "Notes",
                href: "/conversations/C-88?hide=notes".into(),
                on: true,
            },
            Shows {
                label: "Changes",
                href: "/conversations/C-88?hide=changes".into(),
                on: true,
            },
        ],
        topic: "C-88".into(),
    }
}

/// One article of every kind there is.
pub fn zoo() -> Timeline {
    let them = |id, content| Entry::Article(article(id, 60, Side::Them, CUSTOMER, content));
    let mut gone = article(312, 50, Side::Them, CUSTOMER, text("I will find you"));
    gone.taken_back_at = Some(ago(48));
    let mut fetching = media("video", "VID-1.mp4", "video/mp4", None);
    if let Content::Media { file, .. } = &mut fetching {
        (file.state, file.href) = ("fetching", None);
    }
    let mut refused = media("document", "big.zip", "application/zip", Some("everything"));
    if let Content::Media { file, .. } = &mut refused {
        (file.state, file.reason) = ("failed", Some("larger than 100 MB".into()));
    }
    let mut unseen = article(311, 52, Side::Them, CUSTOMER, text("ہاں یہی والا"));
    unseen.quoted = Some(Quoted {
        id: None,
        author: "?".into(),
        text: String::new(),
    });
    unseen.forwarded = Some("often");
    Timeline {
        entries: vec![
            them(300, media("sticker", "sticker.webp", "image/webp", None)),
            them(301, media("audio", "song.mp3", "audio/mpeg", None)),
            them(302, fetching),
            them(303, refused),
            them(
                304,
                Content::Location {
                    name: Some("Liberty Market".into()),
                    address: Some("Gulberg III, Lahore".into()),
                    latitude: 31.5102,
                    longitude: 74.3441,
                },
            ),
            them(
                305,
                Content::Contacts {
                    cards: vec![Card {
                        name: "Bilal Ahmed".into(),
                        organisation: Some("Leopards".into()),
                        ways: vec!["+92 300 0000000".into()],
                    }],
                },
            ),
            them(
                306,
                Content::Choice {
                    title: "Track my order".into(),
                    description: Some("Where it is now".into()),
                },
            ),
            them(
                307,
                Content::Form {
                    fields: vec![
                        ("Size".into(), "M".into()),
                        ("Colour".into(), "Teal".into()),
                    ],
                },
            ),
            them(
                308,
                Content::Order {
                    text: Some("Cash on delivery please".into()),
                    items: vec![OrderItem {
                        product: "shawl-teal".into(),
                        quantity: "2".into(),
                        price: "PKR 2,450".into(),
                    }],
                    total: Some("PKR 4,900".into()),
                },
            ),
            them(
                309,
                Content::System {
                    text: "Ayesha Raza changed her number".into(),
                },
            ),
            them(
                310,
                Content::Unsupported {
                    what: "poll".into(),
                },
            ),
            Entry::Article(unseen),
            Entry::Article(gone),
            Entry::Article(article(
                313,
                40,
                Side::Us,
                "Sana Malik",
                Content::Template {
                    name: "order_update".into(),
                    language: "en".into(),
                    text: "Hello Ayesha, your order NM-20417 is on its way.".into(),
                    heading: None,
                },
            )),
            them(
                314,
                Content::Removed {
                    removed: crate::web::privacy::Removed {
                        seq: 320,
                        at: ago(10),
                        by: "Noor Mar".into(),
                        ground: "the person asked for it",
                    },
                },
            ),
        ],
        older: None,
        shows: Vec::new(),
        topic: "C-88".into(),
    }
}

/// A composer in its usual state.
pub fn composer() -> Composer {
    Composer {
        choices: None,
        offered: Vec::new(),
        canned: None,
        action: "/conversations/C-88".into(),
        mode: "reply",
        may_reply: true,
        bot_owns: false,
        transition: None,
        window: Some(Window {
            open: true,
            until: Some(ago(-1398)),
            closing: false,
        }),
        letter: None,
        draft: String::new(),
        draft_at: None,
        reply_to: None,
        corrects: None,
        mentionable: vec!["Sana Malik".into(), "Zara Khan".into()],
        seen: 18_226,
        moved_on: Vec::new(),
        statuses: vec![courier(), status("resolved", "Resolved", "done")],
        templates: Vec::new(),
        template: None,
        call: None,
        accept: "image/*,video/*,audio/*,.pdf,.txt,.docx,.xlsx".into(),
        wrong: BTreeMap::new(),
    }
}

/// A thread with everything in it.
pub fn thread() -> Thread {
    let pair = |id: &str, name: &str| (id.to_owned(), name.to_owned());
    Thread {
        id: "C-88".into(),
        holds: Vec::new(),
        unsent: None,
        href: "/conversations/C-88".into(),
        title: CUSTOMER.into(),
        here: "/inbox?queue=mine&open=C-88".into(),
        list: "/inbox?queue=mine".into(),
        details_href: "/inbox?queue=mine&open=C-88&pane=details".into(),
        status: courier(),
        owner: Some(person("M-3", "Sana Malik", true)),
        group: Some("Lahore shop".into()),
        channel: ChannelName {
            id: "H-1".into(),
            name: "Shop line".into(),
            kind: "whatsapp".into(),
        },
        escalation: Some(Escalation {
            level: 1,
            reason: "the customer asked for a person".into(),
            by: "Noor assistant".into(),
            at: ago(1597),
        }),
        tags: vec!["late".into(), "courier".into()],
        waiting_since: Some(ago(44)),
        sla: Some(super::sla::line()),
        snoozed_until: None,
        present: vec![Presence {
            name: "Bilal Ahmed".into(),
            writing: true,
        }],
        may: Actions {
            assign: true,
            members: vec![pair("M-4", "Omar Farooq"), pair("M-5", "Bilal Ahmed")],
            groups: vec![pair("G-1", "Lahore shop"), pair("G-2", "Returns")],
            statuses: vec![open(), courier(), status("resolved", "Resolved", "done")],
            tag: true,
            known_tags: vec!["late".into(), "refund".into()],
            types: vec![("order".into(), "Order".into())],
            escalate: true,
            snooze: true,
            close: true,
            open_ticket: true,
            ..Actions::default()
        },
        timeline: story(),
        composer: Some(composer()),
        selecting: false,
        details: Details {
            split_off: Vec::new(),
            tickets: vec![TicketLine {
                id: "T-1042".into(),
                title: "Parcel NM-20417 stuck in Multan".into(),
                status: courier(),
                owner: Some("Sana Malik".into()),
            }],
            summary: Some(Summary {
                issue: "Order NM-20417 five days late, arrived opened".into(),
                actions: "Courier called, LP-88213 opened".into(),
                ..Summary::default()
            }),
            contact: ContactPanel {
                id: "K-17".into(),
                name: CUSTOMER.into(),
                identities: vec![
                    pair("phone", "+92 300 0000417"),
                    pair("user id", "PK.13491208655302741918"),
                ],
                language: Some("Roman Urdu".into()),
                since: ago(60 * 24 * 90),
                earlier: vec![ConversationLine {
                    id: "C-31".into(),
                    text: "Exchange of a lamp".into(),
                    status: status("closed", "Closed", "final"),
                    at: ago(60 * 24 * 33),
                }],
            },
            audit: vec![
                change(18_226, 40, "send", "Sana Malik sent a document"),
                change(
                    18_205,
                    169,
                    "clock",
                    "Sana Malik changed status Open → Awaiting courier",
                ),
                change(
                    18_201,
                    190,
                    "hand",
                    "Sana Malik took over from Noor assistant",
                ),
            ],
            audit_href: "/audit?object=C-88".into(),
        },
    }
}

//! The inbox and the thread in each of their states.

use super::inbox::inbox;
use super::threads::*;
use super::{ago, shell, show};
use crate::web::conversations::*;
use crate::web::shell::{Banner, Flash};
use crate::web::text::Language;
use crate::web::thread::*;
use std::collections::BTreeMap;

#[test]
fn the_inbox_shows_each_of_its_states() {
    let here = shell("/inbox?queue=mine&open=C-88");
    show(
        "inbox",
        "inbox/index.html",
        &here,
        &inbox("thread", Some(thread())),
    );
    show(
        "inbox-details",
        "inbox/index.html",
        &here,
        &inbox("details", Some(thread())),
    );
    show(
        "inbox-list",
        "inbox/index.html",
        &shell("/inbox"),
        &inbox("list", None),
    );
    let mut bare = inbox("list", None);
    bare.list.rows.clear();
    let mut outside = shell("/inbox");
    outside.banners.push(Banner {
        tone: "warn",
        text: "This desk is read-only: the disk is full".into(),
        href: Some("/help/disk".into()),
    });
    outside.flash = Some(Flash {
        tone: "ok",
        text: "Closed C-91".into(),
        href: Some("/conversations/C-91".into()),
    });
    show("inbox-empty", "inbox/index.html", &outside, &bare);
}

#[test]
fn a_conversation_shows_each_of_its_states() {
    let here = shell("/conversations/C-88");
    let with = |change: &dyn Fn(&mut Thread)| {
        let mut thread = thread();
        change(&mut thread);
        ConversationPage { thread }
    };
    let page = "conversations/show.html";
    show("conversation", page, &here, &with(&|_| ()));
    show(
        "conversation-zoo",
        page,
        &here,
        &with(&|thread| thread.timeline = zoo()),
    );
    let mut dark = here.clone();
    dark.theme = "dark".into();
    show("conversation-dark", page, &dark, &with(&|_| ()));
    let mut urdu = here.clone();
    urdu.reader.language = Language::Urdu;
    show("conversation-rtl", page, &urdu, &with(&|_| ()));
    show(
        "conversation-note",
        page,
        &here,
        &with(&|thread| {
            thread.composer = Some(Composer {
                mode: "note",
                draft: "Ask Zara about the refund".into(),
                ..composer()
            });
        }),
    );
    show(
        "conversation-bot",
        page,
        &here,
        &with(&|thread| {
            thread.composer = Some(Composer {
                bot_owns: true,
                ..composer()
            });
            thread.owner = Some(person("", "Noor assistant", false));
            thread.may.take = true;
        }),
    );
    show(
        "conversation-guard",
        page,
        &here,
        &with(&|thread| {
            thread.composer = Some(Composer {
                draft: "You can choose either.".into(),
                moved_on: vec![article(
                    18_230,
                    1,
                    Side::Them,
                    CUSTOMER,
                    text("Naya shawl bhej dein please"),
                )],
                reply_to: Some(Quoted {
                    id: Some(18_223),
                    author: CUSTOMER.into(),
                    text: "Paise wapas ya naya shawl?".into(),
                }),
                ..composer()
            });
        }),
    );
    let choose = Composer {
        window: Some(Window {
            open: false,
            until: Some(ago(400)),
            closing: false,
        }),
        templates: vec![TemplateName {
            name: "order_update".into(),
            language: "en".into(),
            category: "utility".into(),
            text: "Hello {{1}}, your order {{2}} is on its way.".into(),
            href: "/conversations/C-88?template=order_update.en".into(),
        }],
        ..composer()
    };
    show(
        "conversation-shut",
        page,
        &here,
        &with(&|thread| thread.composer = Some(choose.clone())),
    );
    show(
        "conversation-template",
        page,
        &here,
        &with(&|thread| {
            thread.composer = Some(Composer {
                template: Some(TemplateForm {
                    name: "order_update".into(),
                    language: "en".into(),
                    heading: Some(Heading {
                        word: "Photo",
                        accept: "image/jpeg,image/png".into(),
                    }),
                    parameters: vec![
                        Parameter {
                            key: "1".into(),
                            value: "Ayesha".into(),
                            example: "Ali".into(),
                        },
                        Parameter {
                            key: "2".into(),
                            value: String::new(),
                            example: "NM-10001".into(),
                        },
                    ],
                    preview: "Hello Ayesha, your order {{2}} is on its way.".into(),
                }),
                wrong: BTreeMap::from([(
                    "p.2".to_owned(),
                    "the template needs a value here".to_owned(),
                )]),
                ..choose.clone()
            });
        }),
    );
    show(
        "conversation-refused",
        page,
        &here,
        &with(&|thread| {
            thread.may.refused = "closing".into();
            thread.may.wrong = BTreeMap::from([(
                "outcome".to_owned(),
                "say what came of it before closing".to_owned(),
            )]);
            thread.may.typed = BTreeMap::from([("issue".to_owned(), "Late parcel".to_owned())]);
        }),
    );
    show(
        "conversation-read-only",
        page,
        &here,
        &with(&|thread| {
            thread.composer = None;
            thread.may = Actions {
                reopen: true,
                ..Actions::default()
            };
            thread.owner = None;
            thread.escalation = None;
            thread.details.tickets.clear();
            thread.details.summary = None;
        }),
    );
}

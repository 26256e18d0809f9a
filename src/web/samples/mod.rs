//! Sample values for every view, and the test that renders each template with them. With
//! `TRAILBOX_PREVIEW=folder` the pages are also written there, to be looked at in a browser.

use crate::domain::{calendar::Zone, moment::Moment};
use crate::web::shell::*;
use crate::web::text::Language;
use crate::web::{assets, render};
use serde::Serialize;

mod audit;
mod calls;
mod inbox;
mod privacy;
mod rest;
mod sla;
mod threads;
mod threads_shown;
mod tickets;

/// The moment every sample page is looked at.
pub const NOW: i64 = 1_795_336_200_000;

/// The sample moment some minutes ago.
pub fn ago(minutes: i64) -> Moment {
    Moment(NOW - minutes * 60_000)
}

/// The frame a lead in Karachi sees.
pub fn shell(path: &str) -> Shell {
    let mut nav = Shell::nav(|_| true);
    if let Some(inbox) = nav.first_mut() {
        (inbox.count, inbox.overdue) = (4, true);
    }
    Shell {
        desk: "Noor & Mar".into(),
        me: Some(Me {
            id: "M-3".into(),
            name: "Sana Malik".into(),
            role: "lead".into(),
            online: true,
            exports: true,
        }),
        path: path.into(),
        csrf: "sample".into(),
        theme: "system".into(),
        density: "comfortable".into(),
        keys: true,
        folded: Vec::new(),
        nav,
        badge: Some(Badge {
            state: "clean",
            seq: 18_231,
            at: Some(ago(7)),
        }),
        bell: Some(Bell {
            unread: 3,
            seq: 18_230,
            rings: true,
            title: "Mention",
            text: "C-88 Maya Lind noted: @Sana look".into(),
            href: "/conversations/C-88".into(),
        }),
        banners: Vec::new(),
        rings: Vec::new(),
        flash: None,
        answers: false,
        newest: 18_231,
        reader: Reader {
            language: Language::English,
            zone: Zone::named("Asia/Karachi").unwrap(),
            now: Moment(NOW),
        },
    }
}

pub fn show(name: &str, template: &str, shell: &Shell, view: &impl Serialize) {
    let html = match render::page(template, shell, view) {
        Ok(html) => html,
        Err(error) => panic!("{template} as {name}: {error}"),
    };
    for inline in [" style=", " onclick=", "<style", "javascript:"] {
        assert!(
            !html.contains(inline),
            "{template} as {name} has inline code: {inline}"
        );
    }
    if let Some(folder) = std::env::var_os("TRAILBOX_PREVIEW") {
        let html = html.replace(assets::DIGEST, "preview");
        let path = std::path::PathBuf::from(folder).join(format!("{name}.html"));
        std::fs::write(path, html).unwrap();
    }
}

//! Sign-in, settings, customers, search and handbook in each of their states.

use super::threads::*;
use super::{ago, shell, show};
use crate::web::contacts::*;
use crate::web::conversations::TicketLine;
use crate::web::exports::{ExportMade, ExportsPage, KeptExport};
use crate::web::search::*;
use crate::web::settings::*;
use crate::web::shell::{Reader, Shell};
use crate::web::signin::*;
use crate::web::thread::Side;
use crate::web::{assets, help};
use std::collections::BTreeMap;

fn pairs<const N: usize>(pairs: [(&str, &str); N]) -> BTreeMap<String, String> {
    pairs
        .map(|(key, value)| (key.to_owned(), value.to_owned()))
        .into()
}

#[test]
fn signing_in_and_setting_up_show_each_of_their_states() {
    let outside = Shell::outside("Noor & Mar", "/login", Reader::default());
    let login = LoginPage {
        email: "sana@noor-mar.example".into(),
        wrong: pairs([("", "the e-mail or the password is wrong")]),
        ..LoginPage::default()
    };
    show("login", "signin/login.html", &outside, &login);
    let demo = LoginPage {
        demo: vec![(
            "Zara Haider, lead".into(),
            "zara@noor-mar.example".into(),
            "demo".into(),
        )],
        ..LoginPage::default()
    };
    show("login-demo", "signin/login.html", &outside, &demo);
    let setup = SetupPage {
        typed: pairs([("desk", "Noor & Mar")]),
        wrong: pairs([("code", "this is not the code on the terminal")]),
    };
    show("setup", "signin/setup.html", &outside, &setup);
    let key = KeyPage {
        vkey: "noor-mar/1f2e3d4c+8a5942b1+AbC0dEfGhIjKlMnOpQrStUvWxYz0123456789abcdefg".into(),
        fingerprint: "8a59 42b1 dc71 6150".into(),
    };
    show("key", "signin/key.html", &outside, &key);
}

#[test]
fn exports_show_how_far_they_are_and_where_they_are_kept() {
    let kept = KeptExport {
        href: "/exports/AbC0dEfGhIjKlMnOpQrStU/file".into(),
        name: "audit-2026-11-22T1130.csv".into(),
        size_bytes: 642_000_000,
        digest: "9f86d081884c7d659a2feaa0c55ad0159f86d081884c7d659a2feaa0c55ad015".into(),
        export: 18_231,
        by: "Sana Malik".into(),
        at: ago(40),
        until: ago(-1_400),
    };
    let making = |name: &str, step: &str, done, all| ExportMade {
        name: name.into(),
        step: step.into(),
        done,
        all,
        trouble: None,
    };
    let page = ExportsPage {
        making: vec![
            making("audit-2026-11-22T1209.xlsx", "", 412_000, 1_948_684),
            making("tickets-2026-11-22T1209.csv", "", 1_500, 0),
            making(
                "evidence-trail-2026-11-22T1210.zip",
                "writing sealed texts",
                98_000,
                182_000,
            ),
            ExportMade {
                trouble: Some("the disk is full".into()),
                ..making("audit-2026-11-22T1211.csv", "", 9, 20)
            },
        ],
        kept: vec![kept],
    };
    let here = shell("/exports");
    show("exports", "exports/index.html", &here, &page);
    let none = ExportsPage {
        making: Vec::new(),
        kept: Vec::new(),
    };
    show("exports-none", "exports/index.html", &here, &none);
}

#[test]
fn every_refusal_has_a_page() {
    let problem = |status, sentence: &str| ProblemPage {
        status,
        sentence: sentence.into(),
        right: None,
        incident: None,
        retry_after_s: None,
    };
    let here = shell("/settings/members");
    let forbidden = ProblemPage {
        right: Some("manage members".into()),
        ..problem(403, "")
    };
    show("problem-403", "problem/forbidden.html", &here, &forbidden);
    let missing = problem(404, "there is no conversation C-9999");
    show("problem-404", "problem/not_found.html", &here, &missing);
    let fault = ProblemPage {
        incident: Some("r-7f3a91".into()),
        ..problem(500, "")
    };
    let outside = Shell::outside("Trailbox", "/", Reader::default());
    show("problem-500", "problem/fault.html", &outside, &fault);
    for status in [409, 413, 429, 503] {
        let refused = ProblemPage {
            retry_after_s: Some(40),
            ..problem(status, "the disk is full")
        };
        show(
            &format!("problem-{status}"),
            "problem/refused.html",
            &here,
            &refused,
        );
    }
}

fn channel() -> ChannelRow {
    ChannelRow {
        kind: "whatsapp".into(),
        id: "H-1".into(),
        name: "Shop line".into(),
        address: "+92 300 0000001".into(),
        state: "active".into(),
        trouble: None,
        last_at: Some(ago(12)),
        unreadable: 1,
    }
}

fn member(id: &str, name: &str, role: &str) -> MemberRow {
    MemberRow {
        id: id.into(),
        name: name.into(),
        email: format!("{}@noor-mar.example", name.to_lowercase().replace(' ', ".")),
        role: role.into(),
        groups: vec!["Lahore shop".into()],
        active: true,
        last_at: Some(ago(3)),
        may_change: id != "M-3",
        me: id == "M-3",
    }
}

#[test]
fn settings_show_each_of_their_pages() {
    let item = |title, done| ChecklistItem {
        title,
        text: "Customers can write to you",
        href: "/settings/channels",
        done,
    };
    let area = |title, icon, href| SettingsArea {
        title,
        text: "What is there",
        icon,
        href,
    };
    let home = SettingsPage {
        checklist: vec![
            item("Write the verifier key down", true),
            item("Connect a WhatsApp number", false),
        ],
        areas: vec![
            area("Channels", "plug", "/settings/channels"),
            area("Members", "people", "/settings/members"),
        ],
    };
    show(
        "settings",
        "settings/index.html",
        &shell("/settings"),
        &home,
    );
    let here = shell("/settings/channels");
    let channels = ChannelsPage {
        channels: vec![channel()],
        groups: vec![("G-1".into(), "Lahore shop".into())],
        kind: "whatsapp",
        typed: BTreeMap::new(),
        wrong: pairs([("token", "an access token is needed")]),
    };
    show("channels", "settings/channels.html", &here, &channels);
    let page = ChannelPage {
        channel: channel(),
        webhook_url: "https://desk.noor-mar.example/hooks/whatsapp/shop".into(),
        verify_token: Some("h3-9sJ2kQ".into()),
        values: pairs([
            ("name", "shop"),
            ("title", "Shop line"),
            ("phone_number_id", "1065"),
            ("waba_id", "2201"),
        ]),
        groups: Vec::new(),
        test: Some((
            true,
            "WhatsApp knows the number +92 300 0000001".into(),
            ago(30),
        )),
        templates: vec![TemplateRow {
            name: "order_update".into(),
            language: "en".into(),
            category: "utility".into(),
            state: "APPROVED".into(),
            text: "Hello {{1}}".into(),
        }],
        synced_at: Some(ago(60)),
        payloads: vec![PayloadRow {
            seq: 812,
            at: ago(300),
            reason: "not JSON: unexpected end at byte 312".into(),
            href: "/payloads/812".into(),
            size_bytes: 312,
        }],
        wrong: BTreeMap::new(),
        history: vec![(
            120,
            "Zara Haider changed the access token of Shop line".into(),
            ago(3000),
        )],
    };
    show("channel", "settings/channel.html", &here, &page);
    let roles = vec![("agent", "Agent"), ("lead", "Lead")];
    let mut gone = member("M-9", "Former Member", "agent");
    (gone.active, gone.last_at) = (false, None);
    let members = MembersPage {
        members: vec![
            member("M-3", "Sana Malik", "lead"),
            member("M-4", "Omar Farooq", "agent"),
            gone.clone(),
        ],
        roles: roles.clone(),
        typed: BTreeMap::new(),
        wrong: BTreeMap::new(),
    };
    show(
        "members",
        "settings/members.html",
        &shell("/settings/members"),
        &members,
    );
    for (name, member) in [
        ("member", member("M-4", "Omar Farooq", "agent")),
        ("member-gone", gone),
    ] {
        let page = MemberPage {
            calendars: vec![("1".into(), "Evenings".into())],
            calendar: String::new(),
            member,
            roles: roles.clone(),
            wrong: BTreeMap::new(),
            audit_href: "/audit?actor=M-4".into(),
        };
        show(
            name,
            "settings/member.html",
            &shell("/settings/members/M-4"),
            &page,
        );
    }
    let groups = GroupsPage {
        groups: vec![GroupRow {
            id: "G-1".into(),
            name: "Lahore shop".into(),
            members: vec!["M-3".into()],
            method: "round_robin".into(),
            cap: "12".into(),
            away_min: "30".into(),
        }],
        methods: vec![("manual", "by hand"), ("round_robin", "each in turn")],
        members: vec![
            ("M-3".into(), "Sana Malik".into()),
            ("M-4".into(), "Omar Farooq".into()),
        ],
        wrong: pairs([("name", "there is a group Returns already")]),
        typed: pairs([("name", "Returns")]),
    };
    show(
        "groups",
        "settings/groups.html",
        &shell("/settings/groups"),
        &groups,
    );
    let setting = |key: &str, kind, value: &str| SettingRow {
        key: key.into(),
        title: "record who opens which conversation, ticket or customer".into(),
        kind,
        value: value.into(),
        choices: Vec::new(),
        changed: Some((88, "Zara Haider".into(), ago(9000))),
    };
    let desk = DeskPage {
        settings: vec![
            setting("audit.reads", "switch", "on"),
            setting("session.idle_h", "number", "12"),
            setting("desk.name", "text", "Noor & Mar"),
        ],
        wrong: pairs([("session.idle_h", "900 is more than 720")]),
    };
    show(
        "desk",
        "settings/desk.html",
        &shell("/settings/desk"),
        &desk,
    );
    let session = |this| SessionRow {
        id: "s1".into(),
        browser: "Firefox on Linux".into(),
        address: "203.0.113.9".into(),
        since: ago(400),
        last_at: ago(1),
        until: ago(-9000),
        this,
    };
    let sessions = SessionsPage {
        sessions: vec![session(true), session(false)],
    };
    show(
        "sessions",
        "settings/sessions.html",
        &shell("/settings/sessions"),
        &sessions,
    );
    let profile = ProfilePage {
        extension: "204".into(),
        name: "Sana Malik".into(),
        email: "sana@noor-mar.example".into(),
        language: "en".into(),
        languages: vec![("en", "English"), ("ur", "اردو")],
        zone: "Asia/Karachi".into(),
        zones: vec!["Asia/Karachi".into(), "Europe/Madrid".into()],
        wrong: pairs([("zone", "Asia/Karachy is not a time zone")]),
    };
    show(
        "profile",
        "settings/profile.html",
        &shell("/settings/profile"),
        &profile,
    );
}

#[test]
fn customers_search_and_handbook_show_their_pages() {
    let mut contacts = ContactsPage {
        q: String::new(),
        rows: vec![ContactRow {
            id: "K-17".into(),
            name: CUSTOMER.into(),
            identity: "+92 300 0000417".into(),
            conversations: 4,
            open: 1,
            last_at: Some(ago(44)),
            blocked: true,
        }],
        newer: None,
        older: Some("/contacts?before=17".into()),
        views: vec![("All", "/contacts", true)],
        may_import: true,
    };
    show(
        "contacts",
        "contacts/index.html",
        &shell("/contacts"),
        &contacts,
    );
    contacts.rows.clear();
    show(
        "contacts-empty",
        "contacts/index.html",
        &shell("/contacts"),
        &contacts,
    );
    let details = thread().details;
    let contact = ContactPage {
        id: "K-17".into(),
        holds: vec![super::privacy::hold("K-17")],
        removed: None,
        may_erase: true,
        may_copy: true,
        merged: None,
        merged_here: vec![Person {
            id: "K-9".into(),
            name: "Ayesha S.".into(),
            handle: "+92 300 0000418".into(),
        }],
        alike: vec![("K-31".into(), "Ayesha Siddiqui".into(), "name")],
        blocked_at: Some(ago(600)),
        kept: 3,
        name: CUSTOMER.into(),
        fields: vec![
            ("language".into(), "Urdu".into()),
            ("address".into(), "12 Canal Road\nMultan".into()),
        ],
        attributes: vec![
            AttributeRow {
                key: "tier".into(),
                kind: "choice",
                choices: vec!["gold".into(), "silver".into()],
                value: "gold".into(),
            },
            AttributeRow {
                key: "birthday".into(),
                kind: "date",
                choices: Vec::new(),
                value: String::new(),
            },
        ],
        ways: vec![Way {
            holder: "K-17".into(),
            kind: "phone".into(),
            word: "telephone",
            value: "+923000000417".into(),
            shown: "+92 300 0000417".into(),
            verified: false,
            ours: true,
        }],
        notes: vec![article(
            18_240,
            3,
            Side::Note,
            "Sana Malik",
            text("Prefers a call after six"),
        )],
        mentionable: vec!["Sana Malik".into()],
        may_change: true,
        contact: details.contact,
        tickets: vec![TicketLine {
            id: "T-1042".into(),
            title: "Parcel NM-20417 stuck".into(),
            status: courier(),
            owner: None,
        }],
        older: None,
        audit: details.audit,
        audit_href: "/audit?object=K-17".into(),
        view_recorded: true,
        refused: String::new(),
        typed: BTreeMap::new(),
        wrong: BTreeMap::new(),
    };
    let preview = ImportPage {
        counts: Some((1, 0, 0, 1)),
        unknown: vec!["shoe size".into()],
        lines: vec![ImportLine {
            number: 3,
            who: "Bilal".into(),
            fate: "refused",
            contact: None,
            what: "12 is not a telephone number".into(),
        }],
        ..ImportPage::default()
    };
    for (name, page) in [
        ("import", &ImportPage::default()),
        ("import-preview", &preview),
    ] {
        let here = shell("/contacts/import");
        show(name, "contacts/import.html", &here, page);
    }
    show(
        "contact",
        "contacts/show.html",
        &shell("/contacts/K-17"),
        &contact,
    );
    let mut search = SearchPage {
        q: "parcel".into(),
        kinds: vec![
            ("All", "/search?q=parcel".into(), Some(2), true),
            (
                "Tickets",
                "/search?q=parcel&kind=ticket".into(),
                None,
                false,
            ),
        ],
        hits: vec![HitRow {
            kind: "article",
            href: "/conversations/C-88#e18206".into(),
            title: CUSTOMER.into(),
            snippet: "The \u{E000}parcel\u{E001} is in Multan with Leopards".into(),
            author: Some("Sana Malik".into()),
            at: ago(168),
        }],
        wrong: None,
        older: None,
    };
    show(
        "search",
        "search/index.html",
        &shell("/search?q=parcel"),
        &search,
    );
    search.hits.clear();
    show(
        "search-none",
        "search/index.html",
        &shell("/search?q=parcel"),
        &search,
    );
    search.q.clear();
    show(
        "search-empty",
        "search/index.html",
        &shell("/search"),
        &search,
    );
    for (slug, _) in help::titles() {
        let html = help::show(&shell("/help"), Some(&slug)).unwrap();
        assert!(html.contains("<h1>"), "{slug}");
        if let Some(folder) = std::env::var_os("TRAILBOX_PREVIEW") {
            let path = std::path::PathBuf::from(folder).join(format!("help-{slug}.html"));
            std::fs::write(path, html.replace(assets::DIGEST, "preview")).unwrap();
        }
    }
    assert!(help::show(&shell("/help"), Some("nothing")).is_err());
}

//! Who may ask for what: one line for each address, with the right it needs. The table is written
//! again here on purpose: a right that is dropped in the site's map is missed here.

use crate::kit::Desk;
use trailbox::domain::member::{Right, Role};

/// Pages: address and right.
const PAGES: &[(&str, Right)] = &[
    ("/inbox", Right::Read),
    ("/inbox?queue=all&open=C-1", Right::Read),
    ("/conversations/C-1", Right::Read),
    ("/tickets", Right::Read),
    ("/tickets/T-1001", Right::Read),
    ("/calls", Right::Read),
    ("/calls/new", Right::Work),
    ("/contacts", Right::Read),
    ("/contacts/K-1", Right::Read),
    ("/contacts?view=blocked", Right::Read),
    ("/contacts/import", Right::Work),
    ("/search?q=parcel", Right::Read),
    ("/help", Right::Read),
    ("/help/start", Right::Read),
    ("/settings", Right::Read),
    ("/settings/profile", Right::Read),
    ("/settings/sessions", Right::Read),
    ("/settings/desk", Right::Settings),
    ("/settings/channels", Right::Settings),
    ("/settings/channels/H-1", Right::Settings),
    ("/settings/groups", Right::Settings),
    ("/settings/labels/tag", Right::Settings),
    ("/settings/webhooks", Right::Settings),
    ("/settings/webhooks/new", Right::Settings),
    ("/settings/statuses", Right::Settings),
    ("/settings/statuses/awaiting_courier", Right::Settings),
    ("/settings/statuses/_new", Right::Settings),
    ("/settings/fields", Right::Settings),
    ("/settings/fields/_new", Right::Settings),
    ("/settings/rules", Right::Settings),
    ("/settings/macros", Right::Work),
    ("/settings/macros/new", Right::Work),
    ("/settings/rules/new", Right::Settings),
    ("/settings/labels/type", Right::Settings),
    ("/settings/bot", Right::Settings),
    ("/settings/calendars", Right::Settings),
    ("/settings/sla", Right::Settings),
    ("/settings/sla/new", Right::Settings),
    ("/settings/mailboxes", Right::Settings),
    ("/settings/signatures", Right::Read),
    ("/notifications", Right::Read),
    ("/notifications/preferences", Right::Read),
    ("/settings/members", Right::Members),
    ("/settings/members/M-5", Right::Members),
    ("/audit", Right::Audit),
    ("/audit/integrity", Right::Audit),
    ("/conversations/C-1/case", Right::Audit),
    ("/tickets/T-1001/case", Right::Audit),
    ("/audit/evidence", Right::Export),
    ("/exports", Right::Export),
    ("/conversations/C-1?as_of=today", Right::Audit),
    ("/audit/configuration", Right::Audit),
    ("/packs", Right::Read),
    ("/me/recorded", Right::Read),
    ("/conversations/C-1/observing", Right::Audit),
    ("/tickets/T-1001/observing", Right::Audit),
    ("/audit/meaning", Right::Audit),
    ("/contacts/K-1/erasure", Right::Erase),
    ("/audit/9/erasure", Right::Erase),
    ("/settings/retention?try=now", Right::Erase),
    ("/holds/K-1", Right::Hold),
];

/// Pages of one event or payload: their places depend on the desk.
const PLACED: [(&str, Right); 3] = [
    ("/audit/3", Right::Audit),
    ("/audit/3/causes", Right::Audit),
    ("/payloads/14", Right::Raw),
];

/// Forms: address, right, and fields that make no sense, so that nothing much happens.
type Fields = &'static [(&'static str, &'static str)];
const FORMS: &[(&str, Right, Fields)] = &[
    ("/conversations/C-1/replies", Right::Work, &[("text", "")]),
    (
        "/conversations/C-1/template",
        Right::Work,
        &[("template", "")],
    ),
    ("/conversations/C-1/notes", Right::Work, &[("text", "")]),
    (
        "/conversations/C-1/draft",
        Right::Work,
        &[("text", ""), ("mode", "note")],
    ),
    (
        "/conversations/C-1/presence",
        Right::Work,
        &[("writing", "no")],
    ),
    (
        "/conversations/C-1/owner",
        Right::Work,
        &[("owner", "M-99")],
    ),
    (
        "/conversations/C-1/status",
        Right::Work,
        &[("status", "lost")],
    ),
    ("/conversations/C-1/closing", Right::Work, &[("issue", "")]),
    ("/conversations/C-1/reopening", Right::Work, &[]),
    ("/conversations/C-1/spam", Right::Work, &[("spam", "no")]),
    (
        "/conversations/C-1/snooze",
        Right::Work,
        &[("until", "never")],
    ),
    ("/conversations/C-1/tags", Right::Work, &[("tags", "")]),
    (
        "/conversations/C-1/escalation",
        Right::Work,
        &[("level", "9")],
    ),
    ("/conversations/C-1/tickets", Right::Work, &[("title", "")]),
    ("/articles/9/retry", Right::Work, &[]),
    (
        "/conversations/C-1/splitting",
        Right::Work,
        &[("title", "")],
    ),
    ("/tickets/T-1001/splitting", Right::Work, &[("title", "")]),
    ("/tickets/T-1001/rejoining", Right::Work, &[]),
    (
        "/tickets/T-1001/merging",
        Right::Work,
        &[("into", "T-1001")],
    ),
    ("/tickets/T-1001/unmerging", Right::Work, &[]),
    ("/tickets/T-1001/links", Right::Work, &[("to", "T-1001")]),
    ("/tickets/T-1001/unlinking", Right::Work, &[("to", "T-1")]),
    ("/contacts/K-1/notes", Right::Work, &[("text", "")]),
    ("/contacts/K-1/profile", Right::Work, &[("shoe", "42")]),
    ("/contacts/K-1/identities", Right::Work, &[("kind", "fax")]),
    (
        "/contacts/K-1/identity_removal",
        Right::Work,
        &[("kind", "fax")],
    ),
    ("/contacts/K-1/merging", Right::Work, &[("into", "K-1")]),
    ("/contacts/K-1/unmerging", Right::Work, &[]),
    ("/contacts/K-1/block", Right::Work, &[("reason", "")]),
    ("/contacts/K-1/unblock", Right::Work, &[]),
    ("/contacts/import", Right::Work, &[("text", "")]),
    ("/contacts/K-1/erasure", Right::Erase, &[("kind", "")]),
    ("/audit/9/erasure", Right::Erase, &[("kind", "")]),
    ("/privacy/requests/9/approval", Right::Erase, &[]),
    (
        "/settings/retention/messages",
        Right::Erase,
        &[("days", "x")],
    ),
    ("/holds/K-1", Right::Hold, &[("reason", "")]),
    ("/holds/K-1/release", Right::Hold, &[("reason", "")]),
    ("/contacts/K-1/copy", Right::Export, &[]),
    ("/tickets/T-1001/notes", Right::Work, &[("text", "")]),
    (
        "/tickets/T-1001/draft",
        Right::Work,
        &[("text", ""), ("mode", "note")],
    ),
    (
        "/tickets/T-1001/presence",
        Right::Work,
        &[("writing", "no")],
    ),
    ("/tickets/T-1001/owner", Right::Work, &[("owner", "M-99")]),
    ("/tickets/T-1001/status", Right::Work, &[("status", "lost")]),
    ("/tickets/T-1001/reopening", Right::Work, &[]),
    ("/tickets/T-1001/fields", Right::Work, &[("title", "")]),
    ("/tickets/T-1001/tags", Right::Work, &[("tags", "")]),
    ("/tickets/T-1001/escalation", Right::Work, &[("level", "9")]),
    ("/conversations/C-1/calls", Right::Work, &[("reason", "")]),
    ("/tickets/T-1001/calls", Right::Work, &[("reason", "")]),
    ("/calls", Right::Work, &[("reason", "")]),
    ("/commitments/3/missed", Right::Work, &[("reason", "")]),
    ("/audit/exports", Right::Export, &[("format", "stone")]),
    (
        "/exports/conversations",
        Right::Export,
        &[("format", "stone")],
    ),
    ("/exports/tickets", Right::Export, &[("format", "ocsf")]),
    (
        "/conversations/C-1/case/report",
        Right::Export,
        &[("paper", "stone")],
    ),
    (
        "/tickets/T-1001/case/report",
        Right::Export,
        &[("paper", "stone")],
    ),
    ("/packs/99/report", Right::Export, &[]),
    ("/audit/views", Right::Audit, &[("name", "")]),
    ("/packs", Right::Audit, &[("title", "")]),
    ("/packs/7/pins", Right::Audit, &[("event", "")]),
    ("/packs/7/answers", Right::Read, &[("answer", "")]),
    ("/audit/views/7/removal", Right::Audit, &[]),
    ("/inbox/views", Right::Read, &[("name", "")]),
    ("/inbox/views/7/removal", Right::Read, &[]),
    ("/tickets/views", Right::Read, &[("name", "")]),
    ("/tickets/views/7/removal", Right::Read, &[]),
    ("/audit/verification", Right::Audit, &[]),
    ("/audit/checkpoints", Right::Audit, &[]),
    ("/me/presence", Right::Read, &[("presence", "asleep")]),
    ("/me/theme", Right::Read, &[("theme", "loud")]),
    ("/settings/profile", Right::Read, &[("name", "")]),
    (
        "/settings/profile/password",
        Right::Read,
        &[("password", "")],
    ),
    ("/settings/sessions/nothing/end", Right::Read, &[]),
    ("/settings/desk/no.such", Right::Settings, &[("value", "1")]),
    ("/settings/channels", Right::Settings, &[("name", "")]),
    ("/settings/channels/H-1", Right::Settings, &[("title", "")]),
    (
        "/settings/channels/H-1/state",
        Right::Settings,
        &[("state", "odd")],
    ),
    ("/settings/channels/H-1/test", Right::Settings, &[]),
    ("/settings/channels/H-1/templates", Right::Settings, &[]),
    ("/settings/channels/H-1/rereading", Right::Raw, &[]),
    ("/settings/groups", Right::Settings, &[("name", "")]),
    ("/settings/labels/tag", Right::Settings, &[("label", "")]),
    ("/settings/rules", Right::Settings, &[("name", "")]),
    ("/settings/statuses/_new", Right::Settings, &[("label", "")]),
    ("/settings/webhooks/new", Right::Settings, &[("name", "")]),
    (
        "/settings/webhooks/9/state",
        Right::Settings,
        &[("state", "on")],
    ),
    (
        "/settings/webhooks/9/redelivery",
        Right::Settings,
        &[("about", "1")],
    ),
    (
        "/settings/statuses/gone/retirement",
        Right::Settings,
        &[("retired", "yes")],
    ),
    ("/settings/fields/_new", Right::Settings, &[("label", "")]),
    (
        "/settings/fields/gone/retirement",
        Right::Settings,
        &[("retired", "yes")],
    ),
    ("/tickets/T-1001/values", Right::Work, &[("own.gone", "x")]),
    ("/settings/macros", Right::Work, &[("name", "")]),
    ("/settings/macros/9", Right::Work, &[("name", "")]),
    (
        "/settings/macros/9/retirement",
        Right::Work,
        &[("retired", "yes")],
    ),
    ("/bulk", Right::Work, &[("object", "")]),
    ("/bulk/9/undoing", Right::Work, &[]),
    ("/conversations/C-1/macro", Right::Work, &[("macro", "")]),
    ("/tickets/T-1001/macro", Right::Work, &[("macro", "")]),
    ("/settings/rules/9", Right::Settings, &[("name", "")]),
    (
        "/settings/rules/9/state",
        Right::Settings,
        &[("state", "on")],
    ),
    (
        "/settings/labels/tag/gone",
        Right::Settings,
        &[("label", "")],
    ),
    (
        "/settings/labels/tag/gone/retirement",
        Right::Settings,
        &[("retired", "yes")],
    ),
    ("/settings/bot", Right::Settings, &[("pattern", "x")]),
    ("/settings/mailboxes", Right::Settings, &[("name", "")]),
    ("/settings/signatures/mine", Right::Read, &[("text", "x")]),
    (
        "/settings/signatures/G-99",
        Right::Settings,
        &[("text", "x")],
    ),
    (
        "/settings/groups/G-9/rule",
        Right::Settings,
        &[("method", "odd")],
    ),
    ("/notifications/read", Right::Read, &[]),
    ("/notifications/preferences", Right::Read, &[]),
    ("/settings/groups/G-9", Right::Settings, &[("name", "")]),
    ("/settings/calendars", Right::Settings, &[("name", "")]),
    ("/settings/calendars/9", Right::Settings, &[("name", "")]),
    (
        "/settings/calendars/assignment",
        Right::Settings,
        &[("calendar", "9")],
    ),
    ("/settings/sla/9", Right::Settings, &[("name", "")]),
    ("/settings/sla/9/retirement", Right::Settings, &[]),
    ("/settings/members", Right::Members, &[("email", "")]),
    (
        "/settings/members/M-5/role",
        Right::Members,
        &[("role", "king")],
    ),
    (
        "/settings/members/M-5/shift",
        Right::Members,
        &[("calendar", "9")],
    ),
    (
        "/settings/members/M-5/password",
        Right::Members,
        &[("password", "")],
    ),
    (
        "/settings/members/M-5/deactivation",
        Right::Members,
        &[("reason", "")],
    ),
    ("/settings/members/M-5/activation", Right::Members, &[]),
];

#[test]
fn who_lacks_the_right_is_refused_and_nothing_changes() {
    let desk = Desk::open();
    let mut findings = Vec::new();
    let mut expect = |what: String, status: u16, wanted: &[u16]| {
        if !wanted.contains(&status) {
            findings.push(format!("{what} answered {status}, not {wanted:?}"));
        }
    };
    let pages = || PAGES.iter().chain(&PLACED);
    for role in Role::ALL {
        for (path, _) in pages().filter(|(_, right)| !role.has(*right)) {
            let answer = desk.get(path, Some(role));
            expect(format!("GET {path} as {role}"), answer.status, &[403]);
        }
        for (path, _, fields) in FORMS.iter().filter(|(_, right, _)| !role.has(*right)) {
            let answer = desk.post(path, fields, Some(role));
            expect(format!("POST {path} as {role}"), answer.status, &[403]);
        }
    }
    for (path, _) in pages().chain(&[("/", Right::Read)]) {
        let answer = desk.get(path, None);
        expect(format!("GET {path} as nobody"), answer.status, &[303]);
        assert!(answer.location.starts_with("/login?next="), "{answer:?}");
    }
    for (path, _, fields) in FORMS {
        let nobody = desk.post(path, fields, None).status;
        expect(format!("POST {path} as nobody"), nobody, &[401, 403]);
        let forged = desk.post_as_is(
            path,
            &[*fields, &[("csrf", "x")]].concat(),
            Some(Role::Owner),
        );
        expect(
            format!("POST {path} with another's token"),
            forged.status,
            &[403],
        );
    }
    let open = desk.get("/live?topics=inbox", None).status;
    expect("GET /live as nobody".to_owned(), open, &[401]);
    let recorded = desk.close();
    let quiet = [
        "desk.",
        "member.access_refused",
        "audit.checkpoint_published",
    ];
    let loud = recorded
        .iter()
        .filter(|event| !quiet.iter().any(|start| event.starts_with(start)));
    let loud: Vec<_> = loud.collect();
    assert!(
        loud.is_empty(),
        "refused, and recorded all the same: {loud:?}"
    );
    assert!(recorded.contains(&"member.access_refused".to_owned()));
    assert!(findings.is_empty(), "{}", findings.join("\n"));
}

#[test]
fn who_has_the_right_gets_the_page_or_the_form_back() {
    let desk = Desk::open();
    let mut findings = Vec::new();
    for role in Role::ALL {
        for (path, _) in PAGES
            .iter()
            .chain(&PLACED)
            .filter(|(_, right)| role.has(*right))
        {
            let answer = desk.get(path, Some(role));
            if answer.status != 200 {
                findings.push(format!("GET {path} as {role} answered {}", answer.status));
            } else if path.starts_with("/payloads") || answer.body.contains("<main") {
            } else {
                findings.push(format!("GET {path} as {role} is no page"));
            }
        }
        for (path, _, fields) in FORMS.iter().filter(|(_, right, _)| role.has(*right)) {
            let answer = desk.post(path, fields, Some(role));
            // What a colleague holds takes another right, which depends on who holds it.
            let held = path.ends_with("/owner") && answer.status == 403;
            if !held && !matches!(answer.status, 200 | 204 | 303 | 404 | 409 | 422) {
                findings.push(format!("POST {path} as {role} answered {}", answer.status));
            }
        }
        let gone = desk.get("/tickets/T-9999", Some(role));
        assert!(
            gone.status == 404 && gone.body.contains("search"),
            "{gone:?}"
        );
        for none in [
            "/files/1",
            "/articles/1/letter",
            "/articles/1/parts/1",
            "/articles/1/original",
        ] {
            assert_eq!(desk.get(none, Some(role)).status, 404);
        }
    }
    assert!(findings.is_empty(), "{}", findings.join("\n"));
}

#[test]
fn what_is_open_to_all_is_open_and_sessions_end() {
    let desk = Desk::open();
    assert_eq!(desk.get("/healthz", None).status, 200);
    assert_eq!(desk.get("/readyz", None).status, 200);
    assert_eq!(desk.get("/login", None).status, 200);
    assert_eq!(desk.get("/setup", None).location, "/login");
    assert!(matches!(
        desk.post("/setup", &[("code", "1")], None).status,
        303 | 403 | 409 | 422
    ));
    assert!(matches!(
        desk.post("/login", &[("email", "x")], None).status,
        403 | 422
    ));
    assert_eq!(desk.get("/assets/none.css", None).status, 404);
    assert_eq!(desk.get("/hooks/whatsapp/none", None).status, 404);
    assert_eq!(desk.post("/hooks/whatsapp/main", &[], None).status, 401);

    assert_eq!(desk.get("/", Some(Role::Agent)).location, "/inbox");
    let others = desk.post("/settings/sessions/end", &[], Some(Role::Agent));
    assert_eq!(others.status, 303, "{others:?}");
    assert_eq!(desk.get("/inbox", Some(Role::Agent)).status, 200);
    assert_eq!(
        desk.post("/logout", &[], Some(Role::Agent)).location,
        "/login"
    );
    assert_eq!(desk.get("/inbox", Some(Role::Agent)).status, 303);
}

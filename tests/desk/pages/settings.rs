//! The settings: what the desk needs, and what is mine.

use super::House;
use trailbox::desk;
use trailbox::domain::conversation::Owner;
use trailbox::domain::member::Role;
use trailbox::web::exchange::Method;

const CHANNEL: [(&str, &str); 8] = [
    ("title", "Shop line"),
    ("name", "shop"),
    ("display_number", "+44 7700 900100"),
    ("phone_number_id", "210987654321001"),
    ("waba_id", "310987654321000"),
    ("token", "very-secret-token"),
    ("app_secret", "very-secret-key"),
    ("version", "v23.0"),
];

fn with_base(base: &str) -> Vec<(&str, &str)> {
    CHANNEL.into_iter().chain([("base_url", base)]).collect()
}

#[test]
fn an_agent_finds_only_what_is_theirs() {
    let house = House::new();
    let agent = house.member("Ada", Role::Agent);
    let home = house.shows(&agent, "/settings");
    assert!(home.contains("My profile") && !home.contains("href=\"/settings/members\""));
    for path in [
        "/settings/channels",
        "/settings/channels/H-1",
        "/settings/members",
        "/settings/members/M-1",
        "/settings/groups",
        "/settings/desk",
    ] {
        house.refused(&agent, Method::Get, path);
    }
    for path in [
        "/settings/channels",
        "/settings/channels/H-1",
        "/settings/channels/H-1/state",
        "/settings/channels/H-1/test",
        "/settings/channels/H-1/templates",
        "/settings/channels/H-1/rereading",
        "/settings/members",
        "/settings/members/M-1/role",
        "/settings/members/M-1/password",
        "/settings/members/M-1/deactivation",
        "/settings/members/M-1/activation",
        "/settings/groups",
        "/settings/groups/G-1",
        "/settings/desk/audit.reads",
    ] {
        house.refused(&agent, Method::Post, path);
    }
}

#[test]
fn a_channel_is_connected_changed_tried_and_switched() {
    let house = House::new();
    let admin = house.member("Adam", Role::Admin);
    assert!(
        house
            .shows(&admin, "/settings")
            .contains("Connect a WhatsApp number")
    );
    let wrong = house.again(&admin, "/settings/channels", &[("title", "Shop line")]);
    wrong.says("value=\"Shop line\"");
    // A closed port of this machine: nobody answers, at once.
    let place = house.done(
        &admin,
        "/settings/channels",
        &with_base("http://127.0.0.1:1"),
    );
    assert_eq!(place, "/settings/channels/H-1");
    let page = house.shows(&admin, &place);
    assert!(page.contains("https://desk.example/hooks/whatsapp/shop"));
    assert!(!page.contains("very-secret"), "secrets are write-only");
    let twice = with_base("http://127.0.0.1:1");
    let again = house.again(&admin, "/settings/channels", &twice);
    again.says("there is a channel shop already");
    again.says("name=\"back\" value=\"/settings\"");
    assert!(!again.text.contains("very-secret"));
    let mut fields = with_base("http://127.0.0.1:1");
    fields.retain(|(name, _)| !["title", "token", "app_secret"].contains(name));
    fields.push(("title", "Main line"));
    house.done(&admin, &place, &fields);
    assert!(
        house
            .shows(&admin, &place)
            .contains("title from Shop line to Main line")
    );
    fields.retain(|(name, _)| *name != "name");
    fields.push(("name", "other"));
    let page = house.again(&admin, &place, &fields);
    page.says("stands in the address");
    house.done(&admin, "/settings/channels/H-1/test", &[]);
    assert!(house.shows(&admin, &place).contains("and it does not work"));
    house.again(&admin, "/settings/channels/H-1/templates", &[]);
    house.done(
        &admin,
        "/settings/channels/H-1/state",
        &[("state", "disabled")],
    );
    house.again(
        &admin,
        "/settings/channels/H-1/state",
        &[("state", "disabled")],
    );
    house.again(&admin, "/settings/channels/H-1/state", &[("state", "gone")]);
    house.done(
        &admin,
        "/settings/channels/H-1/state",
        &[("state", "active")],
    );
    house
        .kit
        .hears(trailbox::domain::id::ChannelId(1), b"not json");
    let page = house.shows(&admin, &place);
    assert!(page.contains("/payloads/"), "{}", super::gist(&page));
    house.done(&admin, "/settings/channels/H-1/rereading", &[]);
    assert!(
        house
            .shows(&admin, "/settings/channels")
            .contains("Main line")
    );
    assert_eq!(house.get(&admin, "/settings/channels/H-9").status, 404);
}

#[test]
fn members_are_added_changed_and_leave_their_work_to_the_queue() {
    let house = House::new();
    let admin = house.member("Adam", Role::Admin);
    let short = [
        ("name", "Bea"),
        ("email", "bea@noor.example"),
        ("role", "agent"),
        ("password", "short"),
    ];
    let page = house.again(&admin, "/settings/members", &short);
    page.says("value=\"bea@noor.example\"");
    page.says("at least 10 characters");
    let mut good = short;
    good[3].1 = "a long password";
    house.done(&admin, "/settings/members", &good);
    house.again(&admin, "/settings/members", &good);
    let members = house.kit.ask(desk::members::list).unwrap();
    let bea = members.iter().find(|member| member.name == "Bea").unwrap();
    let base = format!("/settings/members/{}", bea.id);
    assert!(house.shows(&admin, &base).contains("bea@noor.example"));
    house.done(&admin, &format!("{base}/role"), &[("role", "lead")]);
    house.again(&admin, &format!("{base}/role"), &[("role", "king")]);
    let owner = house.post(&admin, &format!("{base}/role"), &[("role", "owner")]);
    assert_eq!(owner.status, 403, "only owners make owners");
    house.done(
        &admin,
        &format!("{base}/password"),
        &[("password", "another password")],
    );

    let who = super::super::kit::member(bea.id, "Bea", Role::Lead);
    let browser = house.sign_in(who.clone());
    let channel = house.kit.channel("shop");
    let talk = house.kit.writes(channel, "447700900300", "hello");
    house
        .kit
        .done(&who, move |now| desk::conversations::take(now, talk, ""));
    house.again(&admin, &format!("{base}/deactivation"), &[("reason", " ")]);
    house.done(
        &admin,
        &format!("{base}/deactivation"),
        &[("reason", "left the company")],
    );
    let held = house
        .kit
        .ask(|now| desk::conversations::get(now, talk))
        .unwrap();
    assert_eq!(
        held.owner,
        Owner::Nobody,
        "nobody waits for who does not come"
    );
    assert_eq!(
        house.get(&browser, "/inbox").status,
        303,
        "signed out at once"
    );
    house.done(&admin, &format!("{base}/activation"), &[]);
    house.again(&admin, &format!("{base}/activation"), &[]);
    assert!(house.shows(&admin, "/settings/members").contains("Bea"));
}

#[test]
fn groups_and_settings_of_the_desk_say_what_is_wrong() {
    let house = House::new();
    let admin = house.member("Adam", Role::Admin);
    house.done(&admin, "/settings/groups", &[("name", "Returns")]);
    house.again(&admin, "/settings/groups", &[("name", "returns")]);
    let me = admin.who.member().unwrap().to_string();
    let fields = [("name", "Returns and refunds"), ("member", me.as_str())];
    house.done(&admin, "/settings/groups/G-1", &fields);
    let page = house.again(&admin, "/settings/groups/G-1", &[("name", "")]);
    page.says("field__wrong");
    assert!(
        house
            .shows(&admin, "/settings/groups")
            .contains("Returns and refunds")
    );

    house.done(&admin, "/settings/desk/session.idle_h", &[("value", "24")]);
    let page = house.again(
        &admin,
        "/settings/desk/session.idle_h",
        &[("value", "9000")],
    );
    page.says("value=\"9000\"");
    let page = house.shows(&admin, "/settings/desk");
    assert!(page.contains("value=\"24\"") && page.contains("Adam"));
    assert_eq!(
        house
            .post(&admin, "/settings/desk/no.such", &[("value", "1")])
            .status,
        404
    );
}

#[test]
fn what_is_mine_can_be_changed_by_me() {
    let house = House::new();
    let agent = house.member("Ada", Role::Agent);
    let profile = [
        ("name", "Ada L."),
        ("email", "ada.l@noor.example"),
        ("language", "es"),
        ("zone", "Asia/Karachi"),
        ("theme", "dark"),
        ("density", "compact"),
    ];
    house.done(&agent, "/settings/profile", &profile);
    let page = house.shows(&agent, "/settings/profile");
    assert!(page.contains("lang=\"es\"") && page.contains("ada.l@noor.example"));
    let mut nowhere = profile;
    nowhere[3].1 = "Asia/Nowhere";
    house
        .again(&agent, "/settings/profile", &nowhere)
        .says("Asia/Nowhere");
    house.done(
        &agent,
        "/me/theme",
        &[("theme", "light"), ("back", "/inbox")],
    );
    house.done(&agent, "/me/presence", &[("presence", "away")]);
    assert!(
        house
            .shows(&agent, "/inbox")
            .contains("data-theme=\"light\"")
    );
}

#[test]
fn refusals_banners_and_results_speak_the_language_of_their_reader() {
    let house = House::new();
    let admin = house.member("Adam", Role::Admin);
    let mut profile = [
        ("name", "Adam"),
        ("email", "adam@noor.example"),
        ("language", "es"),
        ("zone", "Asia/Karachi"),
        ("theme", "dark"),
        ("density", "compact"),
    ];
    house.done(&admin, "/settings/profile", &profile);
    let mut nowhere = profile;
    nowhere[3].1 = "Asia/Nowhere";
    let refused = house.again(&admin, "/settings/profile", &nowhere);
    refused.says("Asia/Nowhere no es una zona horaria como Asia/Karachi");
    let long = "a".repeat(101);
    let refused = house.again(&admin, "/settings/desk/desk.name", &[("value", &long)]);
    refused.says("desk.name tiene de 1 a 100 caracteres");
    house
        .get(&admin, "/conversations/C-88")
        .says("no existe la conversación C-88");
    // From right to left a value keeps its own direction.
    profile[2].1 = "ar";
    house.done(&admin, "/settings/profile", &profile);
    let refused = house.again(&admin, "/settings/profile", &nowhere);
    refused.says("\u{2068}Asia/Nowhere\u{2069} ليس منطقة زمنية");
}

#[test]
fn a_password_is_changed_only_by_who_knows_the_present_one() {
    let house = House::new();
    let admin = house.member("Adam", Role::Admin);
    let base = format!("/settings/members/{}", {
        house.done(
            &admin,
            "/settings/members",
            &[
                ("name", "Bea"),
                ("email", "bea@noor.example"),
                ("role", "agent"),
                ("password", "the first password"),
            ],
        );
        let members = house.kit.ask(desk::members::list).unwrap();
        members
            .iter()
            .find(|member| member.name == "Bea")
            .unwrap()
            .id
    });
    let id = base.rsplit('/').next().unwrap().parse().unwrap();
    let bea = house.sign_in(super::super::kit::member(id, "Bea", Role::Agent));
    let other = house.sign_in(bea.who.clone());
    let before = house.kit.events();
    let wrong = [("present", "a guess"), ("password", "a new password")];
    let page = house.post(&bea, "/settings/profile/password", &wrong);
    assert_eq!(page.status, 422);
    page.says("this is not your present password");
    assert_eq!(house.kit.events(), before + 1, "a failed login is recorded");
    let right = [
        ("present", "the first password"),
        ("password", "a new password"),
    ];
    house.done(&bea, "/settings/profile/password", &right);
    assert_eq!(
        house.get(&other, "/inbox").status,
        303,
        "signed out elsewhere"
    );
    house.shows(&bea, "/settings/profile");
}

#[test]
fn sessions_are_listed_and_ended() {
    let house = House::new();
    let agent = house.member("Ada", Role::Agent);
    let second = house.sign_in(agent.who.clone());
    let third = house.sign_in(agent.who.clone());
    let page = house.shows(&agent, "/settings/sessions");
    assert!(page.contains("Firefox on Linux") && page.contains("this one"));
    let id = trailbox::web::visit::session_id(&second.token);
    house.done(&agent, &format!("/settings/sessions/{id}/end"), &[]);
    assert_eq!(house.get(&second, "/inbox").status, 303);
    house.done(&agent, "/settings/sessions/end", &[]);
    assert_eq!(house.get(&third, "/inbox").status, 303);
    let other = house.member("Bo", Role::Agent);
    let id = trailbox::web::visit::session_id(&agent.token);
    let theirs = house.post(&other, &format!("/settings/sessions/{id}/end"), &[]);
    assert_eq!(theirs.status, 404, "nobody ends somebody else's");
    house.done(&agent, &format!("/settings/sessions/{id}/end"), &[]);
    assert_eq!(house.get(&agent, "/inbox").status, 303);
}

#[test]
fn calendars_and_policies_are_set_previewed_and_refused_in_words() {
    let house = House::new();
    let admin = house.member("Ada", Role::Admin);
    assert!(
        house
            .shows(&admin, "/settings/sla")
            .contains("Nothing is measured yet")
    );
    house.done(&admin, "/settings/sla/start", &[]);
    let list = house.shows(&admin, "/settings/sla");
    assert!(
        list.contains("Conversations") && list.contains("30m"),
        "{list}"
    );
    let hours = [
        ("name", "Night"),
        ("tz", "Asia/Karachi"),
        ("mon", "22:00-06:00"),
    ];
    house.done(&admin, "/settings/calendars", &hours);
    let page = house.shows(&admin, "/settings/calendars/2");
    assert!(
        page.contains("22:00-06:00") && page.contains("Closed now"),
        "{page}"
    );
    let preview = "/settings/calendars/2?name=Night&tz=UTC&sun=00:00-24:00";
    assert!(house.shows(&admin, preview).contains("Open now"));
    for (field, value, sentence) in [
        ("tz", "Mars/Olympus", "Mars/Olympus is not a time zone"),
        ("mon", "09:00-13:00, 12:00-18:00", "overlap"),
        ("mon", "09:00-09:00", "is empty"),
        ("mon", "", "never open"),
        ("exceptions", "tomorrow closed", "tomorrow is not a date"),
    ] {
        let mut fields = hours.to_vec();
        fields.retain(|(name, _)| *name != field);
        fields.push((field, value));
        let page = house.again(&admin, "/settings/calendars/2", &fields).text;
        assert!(page.contains(sentence), "{sentence}: {page}");
    }
    house.done(
        &admin,
        "/settings/calendars/assignment",
        &[("group", ""), ("calendar", "2")],
    );
    let mut policy = vec![
        ("name", "Refunds"),
        ("position", "5"),
        ("applies", "tickets"),
        ("hours", "business"),
        ("warn_pct", "75"),
        ("escalate_to", "2"),
        ("resolution_normal", "soon"),
    ];
    let page = house.again(&admin, "/settings/sla/new", &policy).text;
    assert!(page.contains("soon is not a time like 45m"), "{page}");
    policy.pop();
    policy.push(("resolution_normal", "1h 30m"));
    house.done(&admin, "/settings/sla/new", &policy);
    let page = house.shows(&admin, "/settings/sla/3");
    assert!(
        page.contains("Refunds") && page.contains("1h 30m"),
        "{page}"
    );
    house.done(&admin, "/settings/sla/3/retirement", &[]);
    assert!(house.shows(&admin, "/settings/sla").contains("out of use"));
}

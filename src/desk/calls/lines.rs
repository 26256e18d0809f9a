//! Phone lines: channels of the kind `phone`. Their own number, the country they stand in, how a
//! browser dials, and the token of their phone system.

use crate::desk::channels::{self, Channel, changed::Changed};
use crate::domain::call::valid_dial;
use crate::domain::event::{ChannelEvent, Fact, SealedSecret};
use crate::domain::id::{ChannelId, GroupId};
use crate::domain::phone::{PhoneNumber, is_country};
use crate::error::{Error, Refusal, Result};
use crate::ledger::Now;
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};

/// The kind of these channels.
pub const KIND: &str = "phone";
/// The shortest token. **Unit:** characters.
const TOKEN_MIN: usize = 16;

/// What a phone line is.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(default)]
pub struct Line {
    /// Its number as E.164; empty if the desk does not know it.
    pub display_number: String,
    /// The two letters of the country it stands in.
    pub country: String,
    /// The address a browser dials by: `tel:`, `sip:{number}@pbx.example`.
    pub dial: String,
}

/// A line as it is to be added or changed; an empty token keeps the one there is.
#[derive(Debug, Clone, Default)]
pub struct Wanted {
    /// Its name in the hook's URL.
    pub name: String,
    /// Its name for people.
    pub title: String,
    /// Its number, however written.
    pub number: String,
    /// The country it stands in; found out from the number if empty.
    pub country: String,
    /// How to dial; `tel:` if empty.
    pub dial: String,
    /// The token the phone system shows.
    pub token: String,
    /// The group whose queue it fills.
    pub group: Option<GroupId>,
}

// Decide

/// Connects a phone line.
///
/// **Refuses:** a name that is taken or not fit for a URL; a number that is none; a line of which
/// neither number nor country is known; a dial template no browser knows; a short token.
pub fn add(now: &Now<'_>, wanted: Wanted) -> Result<Vec<Fact>> {
    let (name, title) = channels::valid_name(&wanted.name, &wanted.title)?;
    if channels::by_name(now, &name)?.is_some() {
        let text = format!("there is a channel {name} already");
        return Err(Refusal::conflict(text).at("name").into());
    }
    let line = valid_line(&wanted)?;
    let token = valid_token(&wanted.token)?;
    let channel = now.value("SELECT coalesce(max(id) + 1, 1) FROM channel", &[])?;
    let sealed = SealedSecret {
        secret: Some(serde_json::json!({ "token": token })),
    };
    let added = ChannelEvent::Added {
        channel,
        kind: KIND.to_owned(),
        name,
        title,
        config: fields(&line)?,
        group: wanted.group,
        sealed,
    };
    Ok(vec![added.into()])
}

/// Changes a line; an empty token stays as it is.
pub fn change(now: &Now<'_>, channel: ChannelId, wanted: Wanted) -> Result<Vec<Fact>> {
    let present = channels::get(now, channel)?;
    let (_, title) = channels::valid_name(&present.name, &wanted.title)?;
    let line = valid_line(&wanted)?;
    let mut changed = Changed::of(&present, title, wanted.group);
    changed.settings(&fields(&get(now, channel)?)?, fields(&line)?);
    let mut token = channels::secret(now, channel)?.token;
    let given = match wanted.token.is_empty() || wanted.token == token {
        true => String::new(),
        false => valid_token(&wanted.token)?,
    };
    changed.secret("token", &mut token, given);
    changed.facts(&present, &serde_json::json!({ "token": token }))
}

fn valid_line(wanted: &Wanted) -> Result<Line> {
    let country = wanted.country.trim().to_uppercase();
    if !country.is_empty() && !is_country(&country) {
        let text = format!("{country} is not a country; write two letters such as PK");
        return Err(Refusal::invalid(text).at("country").into());
    }
    let number = match wanted.number.trim() {
        "" => None,
        text => Some(
            PhoneNumber::parse(text, &country)
                .map_err(|error| Refusal::invalid(error).at("number"))?,
        ),
    };
    let found = number.as_ref().and_then(PhoneNumber::country);
    let country = if country.is_empty() {
        found.unwrap_or_default()
    } else {
        country
    };
    if country.is_empty() {
        let text = "say in which country the line stands, in two letters such as PK";
        return Err(Refusal::invalid(text).at("country").into());
    }
    let dial = valid_dial(&wanted.dial).map_err(|error| Refusal::invalid(error).at("dial"))?;
    Ok(Line {
        display_number: number.map(String::from).unwrap_or_default(),
        country,
        dial,
    })
}

fn valid_token(token: &str) -> Result<String> {
    let token = token.trim();
    let fit = |c: char| c.is_ascii_alphanumeric() || matches!(c, '-' | '_' | '.' | '~');
    if token.len() < TOKEN_MIN || token.len() > 200 || !token.chars().all(fit) {
        let text = format!(
            "a token has {TOKEN_MIN} to 200 letters, digits, hyphens and underscores; anybody who \
             knows it can tell the desk of calls"
        );
        return Err(Refusal::invalid(text).at("token").into());
    }
    Ok(token.to_owned())
}

fn fields(line: &Line) -> Result<Map<String, Value>> {
    match serde_json::to_value(line)? {
        Value::Object(fields) => Ok(fields),
        _ => Err(Error::fault("a line has no fields")),
    }
}

// Ask

/// What a channel is as a phone line.
///
/// **Refuses:** an unknown channel; one of another kind.
pub fn get(now: &Now<'_>, channel: ChannelId) -> Result<Line> {
    let missing = || Refusal::not_found(format!("{channel} is not a phone line"));
    let found: Line = now.one(
        "SELECT config FROM channel WHERE id = :id AND kind = 'phone'",
        &[(":id", &channel)],
        missing,
        |row| row.json("config"),
    )?;
    Ok(found)
}

/// The line members dial by: the first that is on.
pub fn to_dial(now: &Now<'_>) -> Result<Option<(Channel, Line)>> {
    let lines = channels::list(now)?;
    let first = lines
        .into_iter()
        .filter(|channel| channel.kind == KIND && channel.state == "active")
        .min_by_key(|channel| channel.id);
    first
        .map(|channel| {
            let line = get(now, channel.id)?;
            Ok((channel, line))
        })
        .transpose()
}

/// A number as a member writes it, read as dialled on the desk's line.
///
/// **Refuses:** what is no number.
pub fn number(now: &Now<'_>, text: &str) -> Result<PhoneNumber> {
    let country = to_dial(now)?.map(|(_, line)| line.country);
    PhoneNumber::parse(text, &country.unwrap_or_default())
        .map_err(|error| Refusal::invalid(error).at("number").into())
}

//! Plays the provider: posts one WhatsApp message, signed as Meta signs it, to a running desk.
//!
//! ```text
//! cargo run --example send_webhook -- http://127.0.0.1:8484/hooks/whatsapp/main APP-SECRET "Hi!"
//! ```
//!
//! The desk must have a WhatsApp channel with that app secret; the customer is invented. Without
//! arguments it prints the request it would send, to see what a signature is made of.

use data_encoding::HEXLOWER;
use hmac::{Hmac, KeyInit, Mac};
use serde_json::{Value, json};
use sha2::Sha256;
use std::{
    error::Error,
    time::{Duration, SystemTime, UNIX_EPOCH},
};

const CUSTOMER: &str = "15550102030";

fn main() -> Result<(), Box<dyn Error>> {
    let words: Vec<String> = std::env::args().skip(1).collect();
    let text = words.get(2).map_or("Where is my parcel?", String::as_str);
    let now_s = SystemTime::now().duration_since(UNIX_EPOCH)?.as_secs();
    let body = as_meta_writes(&message(text, now_s));

    let (Some(url), Some(secret)) = (words.first(), words.get(1)) else {
        println!("POST /hooks/whatsapp/CHANNEL\nContent-Type: application/json");
        println!("X-Hub-Signature-256: {}", signature("app secret", &body)?);
        println!("\n{body}\n\nto send it: send_webhook URL APP-SECRET [TEXT]");
        return Ok(());
    };
    let desk = ureq::Agent::config_builder()
        .timeout_global(Some(Duration::from_secs(10)))
        .http_status_as_error(false)
        .build()
        .new_agent();
    let mut answer = desk
        .post(url)
        .header("Content-Type", "application/json")
        .header("X-Hub-Signature-256", signature(secret, &body)?)
        .send(&body)?;
    let said = answer.body_mut().read_to_string()?;
    match answer.status().as_u16() {
        // 200 means that the message is on disk: the provider need not send it again.
        200 => println!("the desk has it: {CUSTOMER} wrote {text:?}"),
        401 => {
            return Err("the desk refused the signature: is it the channel's app secret?".into());
        }
        404 => return Err(format!("there is no such channel: {url}").into()),
        other => return Err(format!("the desk answered {other}: {said}").into()),
    }
    Ok(())
}

/// One text message in the provider's envelope. Its id is new each time: a known one is a repeat,
/// which the desk answers with 200 and does not record again.
fn message(text: &str, now_s: u64) -> Value {
    json!({
        "object": "whatsapp_business_account",
        "entry": [{"id": "200000000000001", "changes": [{"field": "messages", "value": {
            "messaging_product": "whatsapp",
            "metadata": {
                "display_phone_number": "15550100000",
                "phone_number_id": "100000000000001",
            },
            "contacts": [{"profile": {"name": "Inés Example"}, "wa_id": CUSTOMER}],
            "messages": [{
                "from": CUSTOMER,
                "id": format!("wamid.example-{now_s}-{}", std::process::id()),
                "timestamp": now_s.to_string(),
                "type": "text",
                "text": {"body": text},
            }],
        }}]}],
    })
}

/// JSON as the provider writes it: ASCII alone, slashes escaped. A receiver must check the
/// signature over these very bytes, before it reads them.
fn as_meta_writes(value: &Value) -> String {
    let mut ascii = String::new();
    for c in value.to_string().chars() {
        match c {
            '/' => ascii.push_str("\\/"),
            c if c.is_ascii() => ascii.push(c),
            c => {
                let units = c.encode_utf16(&mut [0; 2]).to_vec();
                ascii.extend(units.iter().map(|unit| format!("\\u{unit:04x}")));
            }
        }
    }
    ascii
}

/// The header's value: HMAC-SHA-256 over the body, under the app's secret.
fn signature(secret: &str, body: &str) -> Result<String, Box<dyn Error>> {
    let mut mac = Hmac::<Sha256>::new_from_slice(secret.as_bytes())?;
    mac.update(body.as_bytes());
    let digest = mac.finalize().into_bytes();
    Ok(format!("sha256={}", HEXLOWER.encode(&digest)))
}

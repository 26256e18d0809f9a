//! The line to webhooks: one signed POST, bounded in time, never redirected, and never to an
//! address inside the house unless that is allowed. The address is looked at after its name was
//! resolved, so that no name leads inside.

use crate::domain::moment::Moment;
use data_encoding::HEXLOWER;
use hmac::{Hmac, KeyInit, Mac};
use sha2::Sha256;
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};
use std::time::{Duration, Instant};
use ureq::Agent;
use ureq::config::Config;
use ureq::http::Uri;
use ureq::unversioned::resolver::{DefaultResolver, ResolvedSocketAddrs, Resolver};
use ureq::unversioned::transport::{DefaultConnector, NextTimeout};

/// How long a connection may take.
const CONNECT: Duration = Duration::from_secs(5);
/// How long the whole may take.
const WHOLE: Duration = Duration::from_secs(10);

/// Which addresses are sent to.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Reach {
    /// The open internet, by https alone.
    Public,
    /// This machine and the house's own network too, by http as well.
    Inside,
}

/// What came of a POST.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Came {
    /// The other side's answer; none if there was none.
    pub status: Option<u16>,
    /// **Unit:** milliseconds.
    pub took_ms: u64,
    /// Why it was not taken, in English; none if it was.
    pub trouble: Option<String>,
}

/// Resolves names, and forgets the addresses inside.
#[derive(Debug)]
struct Guard {
    inner: DefaultResolver,
    reach: Reach,
}

impl Resolver for Guard {
    fn resolve(
        &self,
        uri: &Uri,
        config: &Config,
        timeout: NextTimeout,
    ) -> Result<ResolvedSocketAddrs, ureq::Error> {
        let found = self.inner.resolve(uri, config, timeout)?;
        let mut kept = self.empty();
        for address in found.iter() {
            if self.reach == Reach::Inside || is_public(address.ip()) {
                kept.push(*address);
            }
        }
        match kept.is_empty() {
            true => Err(ureq::Error::Other(INSIDE.into())),
            false => Ok(kept),
        }
    }
}

const INSIDE: &str = "the address lies inside the house, and webhook.allow_private is off";

/// The signature of a body: when it was made, and HMAC-SHA256 over that and the body.
pub fn signature(secret: &str, at: Moment, body: &str) -> String {
    let at_s = at.0.div_euclid(1_000);
    let mut mac = Hmac::<Sha256>::new_from_slice(secret.as_bytes())
        // HMAC takes keys of every length (RFC 2104 §2).
        .expect("an HMAC key may have any length");
    mac.update(format!("{at_s}.").as_bytes());
    mac.update(body.as_bytes());
    let hex = HEXLOWER.encode(&mac.finalize().into_bytes());
    format!("t={at_s},v1={hex}")
}

/// Whether an address can be a webhook's: whole, without a name and password in it, by https unless
/// the house is open.
pub fn check(url: &str, reach: Reach) -> Result<String, String> {
    let uri: Uri = url
        .parse()
        .map_err(|_| format!("{url} is not an address"))?;
    let host = uri.host().unwrap_or_default().to_owned();
    let scheme = uri.scheme_str().unwrap_or_default();
    let named = uri
        .authority()
        .is_some_and(|part| part.as_str().contains('@'));
    if host.is_empty() || named || !matches!(scheme, "http" | "https") {
        return Err("write a whole address that begins with https://".to_owned());
    }
    if reach == Reach::Inside {
        return Ok(host);
    }
    if scheme != "https" {
        return Err("only https is sent to, unless webhook.allow_private is on".to_owned());
    }
    let literal = host.trim_matches(['[', ']']).parse();
    match literal {
        Ok(address) if !is_public(address) => Err(INSIDE.to_owned()),
        Ok(_) | Err(_) => Ok(host),
    }
}

/// Posts a body once.
pub fn post(url: &str, headers: &[(&str, String)], body: &str, reach: Reach) -> Came {
    let began = Instant::now();
    let config = Agent::config_builder()
        .http_status_as_error(false)
        .max_redirects(0)
        .max_redirects_will_error(false)
        .max_idle_connections(0)
        .proxy(None)
        .https_only(reach == Reach::Public)
        .timeout_resolve(Some(CONNECT))
        .timeout_connect(Some(CONNECT))
        .timeout_global(Some(WHOLE))
        .user_agent(concat!("trailbox/", env!("CARGO_PKG_VERSION")))
        .build();
    let guard = Guard {
        inner: DefaultResolver::default(),
        reach,
    };
    let agent = Agent::with_parts(config, DefaultConnector::new(), guard);
    let mut call = agent.post(url).content_type("application/json");
    for (name, value) in headers {
        call = call.header(*name, value);
    }
    let answer = call.send(body);
    let took_ms = u64::try_from(began.elapsed().as_millis()).unwrap_or(u64::MAX);
    match answer {
        Ok(answer) => {
            let status = answer.status().as_u16();
            let taken = (200..300).contains(&status);
            Came {
                status: Some(status),
                took_ms,
                trouble: (!taken).then(|| format!("it answered {status}")),
            }
        }
        Err(error) => Came {
            status: None,
            took_ms,
            trouble: Some(said(&error)),
        },
    }
}

/// What went wrong, in words that name no address: the trail keeps them in its open part.
fn said(error: &ureq::Error) -> String {
    let text = match error {
        ureq::Error::Timeout(_) => "it did not answer in time",
        ureq::Error::HostNotFound => "its name leads nowhere",
        ureq::Error::Other(inner) if inner.to_string() == INSIDE => INSIDE,
        ureq::Error::Tls(_) | ureq::Error::Rustls(_) => "its certificate or its TLS is not right",
        ureq::Error::Io(error) => return format!("the line broke: {}", error.kind()),
        ureq::Error::ConnectionFailed => "it takes no connection",
        ureq::Error::RequireHttpsOnly(_) => "only https is sent to",
        _ => "it gave no answer that could be read", // a foreign error, open-ended by design
    };
    text.to_owned()
}

/// Whether an address lies in the open internet: not this machine, not the house's own network, not
/// what is set aside for other purposes.
///
/// **Source:** IANA special-purpose address registries (RFC 6890 and its updates).
fn is_public(address: IpAddr) -> bool {
    match address {
        IpAddr::V4(address) => is_public_v4(address),
        IpAddr::V6(address) => is_public_v6(address),
    }
}

fn is_public_v4(address: Ipv4Addr) -> bool {
    let [a, b, c, _] = address.octets();
    let set_aside = matches!(
        (a, b, c),
        (0 | 10 | 127 | 224..=255, _, _)
            | (100, 64..=127, _)
            | (169, 254, _)
            | (172, 16..=31, _)
            | (192, 168, _)
            | (192, 0, 0 | 2)
            | (192, 88, 99)
            | (198, 18 | 19, _)
            | (198, 51, 100)
            | (203, 0, 113)
    );
    !set_aside
}

fn is_public_v6(address: Ipv6Addr) -> bool {
    let [a, b, c, d, e, f, g, h] = address.segments();
    let inner = |high: u16, low: u16| {
        let ([a, b], [c, d]) = (high.to_be_bytes(), low.to_be_bytes());
        is_public_v4(Ipv4Addr::new(a, b, c, d))
    };
    match (a, b, c, d, e, f) {
        (0, 0, 0, 0, 0, 0xffff) | (0x64, 0xff9b, 0, 0, 0, 0) => inner(g, h), // v4 in v6
        (0x2002, ..) => inner(b, c),
        (0x2001, 0 | 0xdb8, ..) => false, // Teredo, documentation
        _ => (0x2000..=0x3fff).contains(&a), // the global unicast space alone
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_signature_is_that_of_the_handbook() {
        let signed = signature("a secret", Moment(1_795_316_400_123), "{\"id\":1}");
        let (at, hex) = signed.split_once(",v1=").unwrap();
        assert_eq!(at, "t=1795316400");
        assert_eq!(hex.len(), 64);
        assert_ne!(
            signed,
            signature("b secret", Moment(1_795_316_400_123), "{\"id\":1}")
        );
    }

    #[test]
    fn addresses_inside_the_house_are_refused_by_name_and_by_number() {
        for bad in [
            "http://example.com/x",
            "https://",
            "ftp://example.com",
            "https://user:pw@example.com/",
            "https://127.0.0.1/x",
            "https://[::1]/x",
            "https://169.254.169.254/latest",
        ] {
            assert!(check(bad, Reach::Public).is_err(), "{bad}");
        }
        assert_eq!(
            check("https://example.com/x", Reach::Public).unwrap(),
            "example.com"
        );
        assert!(check("http://127.0.0.1:1/x", Reach::Inside).is_ok());
        let came = post("https://localhost:1/x", &[], "{}", Reach::Public);
        assert_eq!(came.status, None);
        assert!(came.trouble.unwrap().contains("inside the house"));
    }

    #[test]
    fn only_the_open_internet_is_public() {
        for inside in [
            "127.0.0.1",
            "10.1.2.3",
            "192.168.1.1",
            "172.20.0.1",
            "169.254.169.254",
            "0.0.0.0",
            "100.64.0.1",
            "224.0.0.1",
            "255.255.255.255",
            "::1",
            "::",
            "fe80::1",
            "fc00::1",
            "::ffff:10.0.0.1",
            "64:ff9b::a00:1",
            "2002:7f00:1::",
            "ff02::1",
            "2001:db8::1",
        ] {
            assert!(!is_public(inside.parse().unwrap()), "{inside}");
        }
        for outside in ["1.1.1.1", "172.32.0.1", "2606:4700::1111", "::ffff:8.8.8.8"] {
            assert!(is_public(outside.parse().unwrap()), "{outside}");
        }
    }
}

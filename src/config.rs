//! Every limit of the server with its unit and its default, read once at start.
//! What a desk decides for itself (hours, policies, texts) is a setting in the trail, not here.

use std::net::{IpAddr, Ipv4Addr, SocketAddr};
use std::path::PathBuf;
use std::str::FromStr;
use std::time::Duration;

/// One kibibyte. **Unit:** bytes.
pub const KIB: usize = 1024;
/// One mebibyte. **Unit:** bytes.
pub const MIB: usize = 1024 * KIB;

/// Where the server listens, whom it believes, and every limit it keeps.
#[derive(Debug, Clone, PartialEq)]
pub struct ServerConfig {
    /// The address to listen on; port 0 lets the system choose one.
    pub listen: SocketAddr,
    /// The certificate and key of HTTPS; plain HTTP without.
    pub tls: Option<TlsFiles>,
    /// The proxies whose `X-Forwarded-For` and `X-Forwarded-Proto` are believed; none by default.
    pub trusted_proxies: Vec<AddressRange>,
    /// The folder of uploads on their way in and of large answers on their way out; the system's
    /// temporary folder without. The files have no name and vanish with the process.
    pub spool_dir: Option<PathBuf>,
    /// What the front refuses, and when it loses patience.
    pub limits: Limits,
}

/// The files of HTTPS, both PEM; read again when they change.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TlsFiles {
    /// The certificate chain, the server's own first.
    pub certificate: PathBuf,
    /// The private key: PKCS#8, PKCS#1 or SEC1.
    pub key: PathBuf,
}

/// The limits of the front. **Source:** measured, see the figures beside `tests/front`.
#[derive(Debug, Clone, PartialEq)]
pub struct Limits {
    /// Open connections in all; the process's descriptor limit less 128 may be lower.
    pub connections: usize,
    /// Open connections of one address (IPv6: one /64); trusted proxies are exempt.
    pub connections_per_address: usize,
    /// Open live streams in all.
    pub live_streams: usize,
    /// One request's head, request line included. **Unit:** bytes.
    pub head_bytes: usize,
    /// Header lines of one request.
    pub headers: usize,
    /// From the first byte of a head (or the opening of the connection) to its end.
    pub head_time: Duration,
    /// A body on a route that takes none; read and thrown away. **Unit:** bytes.
    pub ignored_body_bytes: usize,
    /// A form's body, uploads excepted. **Unit:** bytes.
    pub form_body_bytes: usize,
    /// A webhook's body. **Unit:** bytes.
    pub webhook_body_bytes: usize,
    /// An upload's body; it goes to a temporary file. **Unit:** bytes.
    pub upload_body_bytes: usize,
    /// All bodies held in memory at once, those up to 16 KiB uncounted. **Unit:** bytes.
    pub bodies_in_memory_bytes: usize,
    /// All uploads in temporary files at once. **Unit:** bytes.
    pub spooled_bytes: usize,
    /// What a body may take before its pace counts.
    pub body_grace: Duration,
    /// The slowest acceptable body or answer, after its grace. **Unit:** bytes per second.
    pub pace_bytes_s: u64,
    /// A kept-alive connection without a request.
    pub idle_time: Duration,
    /// An answer of which the client takes nothing.
    pub answer_stall: Duration,
    /// All answers waiting in memory for their clients. **Unit:** bytes.
    pub answers_in_memory_bytes: usize,
    /// An answer above this goes to a temporary file. **Unit:** bytes.
    pub answer_in_memory_bytes: usize,
    /// Worker threads: also the largest number of wishes that can share one commit.
    pub workers: usize,
    /// Stack of one worker. **Unit:** bytes.
    pub worker_stack_bytes: usize,
    /// Requests that wait for a worker; beyond, 503 at once.
    pub queue: usize,
    /// What a refused client is told to wait. **Unit:** seconds.
    pub retry_after_s: u32,
    /// Dynamic text below this is not compressed. **Unit:** bytes.
    pub gzip_from_bytes: usize,
    /// Between two signs of life on a quiet live stream.
    pub heartbeat: Duration,
    /// What a live stream may fall behind before it is dropped. **Unit:** bytes.
    pub live_pending_bytes: usize,
    /// Events kept for streams that resume.
    pub live_ring: usize,
    /// Requests in flight get this long when the server stops.
    pub stop_time: Duration,
    /// Connections the system may hold before we accept them.
    pub backlog: i32,
    /// A dead peer is noticed after this without an acknowledgement.
    pub dead_peer: Duration,
    /// How often the certificate's files are looked at.
    pub tls_reload: Duration,
}

impl Default for ServerConfig {
    fn default() -> Self {
        ServerConfig {
            listen: SocketAddr::new(IpAddr::V4(Ipv4Addr::LOCALHOST), 8484),
            tls: None,
            trusted_proxies: Vec::new(),
            spool_dir: None,
            limits: Limits::default(),
        }
    }
}

impl Default for Limits {
    fn default() -> Self {
        Limits {
            connections: 4096,
            connections_per_address: 128,
            live_streams: 2048,
            head_bytes: 16 * KIB,
            headers: 64,
            head_time: Duration::from_secs(10),
            ignored_body_bytes: 64 * KIB,
            form_body_bytes: MIB,
            webhook_body_bytes: 4 * MIB,
            upload_body_bytes: 100 * MIB,
            bodies_in_memory_bytes: 64 * MIB,
            spooled_bytes: 1024 * MIB,
            body_grace: Duration::from_secs(10),
            pace_bytes_s: 4 * KIB as u64,
            idle_time: Duration::from_secs(60),
            answer_stall: Duration::from_secs(15),
            answers_in_memory_bytes: 64 * MIB,
            answer_in_memory_bytes: 256 * KIB,
            workers: 32,
            // Frames of a debug build are several times larger.
            worker_stack_bytes: if cfg!(debug_assertions) {
                2 * MIB
            } else {
                512 * KIB
            },
            queue: 512,
            retry_after_s: 2,
            gzip_from_bytes: KIB,
            heartbeat: Duration::from_secs(15),
            live_pending_bytes: 256 * KIB,
            live_ring: 4096,
            stop_time: Duration::from_secs(10),
            backlog: 4096,
            dead_peer: Duration::from_secs(20),
            tls_reload: Duration::from_secs(10),
        }
    }
}

/// A block of addresses: `10.0.0.0/8`, or one address alone.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct AddressRange {
    base: IpAddr,
    bits: u8,
}

impl AddressRange {
    /// Whether the address lies in the block.
    pub fn contains(&self, address: IpAddr) -> bool {
        match (self.base, address.to_canonical()) {
            (IpAddr::V4(base), IpAddr::V4(address)) => {
                let shift = 32 - u32::from(self.bits);
                u32::from(base).checked_shr(shift) == u32::from(address).checked_shr(shift)
            }
            (IpAddr::V6(base), IpAddr::V6(address)) => {
                let shift = 128 - u32::from(self.bits);
                u128::from(base).checked_shr(shift) == u128::from(address).checked_shr(shift)
            }
            (IpAddr::V4(_), IpAddr::V6(_)) | (IpAddr::V6(_), IpAddr::V4(_)) => false,
        }
    }
}

impl FromStr for AddressRange {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let wrong = || format!("{text} is neither an address nor a block like 10.0.0.0/8");
        let (address, bits) = match text.split_once('/') {
            Some((address, bits)) => (address, Some(bits.parse::<u8>().map_err(|_| wrong())?)),
            None => (text, None),
        };
        let base: IpAddr = address.parse().map_err(|_| wrong())?;
        let most = if base.is_ipv4() { 32 } else { 128 };
        match bits.unwrap_or(most) {
            bits if bits <= most => Ok(AddressRange { base, bits }),
            _ => Err(wrong()),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::AddressRange;

    #[test]
    fn a_block_contains_its_addresses_and_no_other() {
        let cases = [
            ("10.0.0.0/8", "10.200.3.4", true),
            ("10.0.0.0/8", "11.0.0.1", false),
            ("127.0.0.1", "127.0.0.1", true),
            ("127.0.0.1", "::ffff:127.0.0.1", true),
            ("127.0.0.1", "127.0.0.2", false),
            ("0.0.0.0/0", "8.8.8.8", true),
            ("0.0.0.0/0", "::1", false),
            ("fd00::/8", "fd12::1", true),
            ("::1", "::2", false),
        ];
        for (range, address, inside) in cases {
            let range: AddressRange = range.parse().unwrap();
            assert_eq!(
                range.contains(address.parse().unwrap()),
                inside,
                "{range:?} {address}"
            );
        }
        for wrong in ["10.0.0.0/33", "10.0.0/8", "::/129", "x", "10.0.0.0/"] {
            assert!(wrong.parse::<AddressRange>().is_err(), "{wrong}");
        }
    }
}

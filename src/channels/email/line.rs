//! A line to a mail server, plain or guarded, read by lines and by lengths, never longer than is
//! asked for and never waiting without end.

use rustls::pki_types::pem::PemObject;
use rustls::pki_types::{CertificateDer, ServerName};
use rustls::{ClientConfig, ClientConnection, RootCertStore, StreamOwned};
use std::io::{ErrorKind, Read, Write};
use std::net::{TcpStream, ToSocketAddrs};
use std::sync::Arc;
use std::time::{Duration, Instant};

/// How long connecting may take. **Unit:** seconds.
const CONNECT: Duration = Duration::from_secs(20);

/// See the module.
pub struct Line {
    stream: Stream,
    buffer: Vec<u8>,
}

enum Stream {
    Plain(TcpStream),
    Guarded(Box<StreamOwned<ClientConnection, TcpStream>>),
}

/// Opens a line.
pub fn open(host: &str, port: u16, guarded: bool, authority: &str) -> Result<Line, String> {
    let unreached = |error: std::io::Error| format!("{host} cannot be reached: {error}");
    let addresses = (host, port).to_socket_addrs().map_err(unreached)?;
    let mut last = format!("{host} has no address");
    for address in addresses.take(8) {
        match TcpStream::connect_timeout(&address, CONNECT) {
            Ok(stream) => {
                stream.set_write_timeout(Some(CONNECT)).map_err(unreached)?;
                let line = Line {
                    stream: Stream::Plain(stream),
                    buffer: Vec::new(),
                };
                return if guarded {
                    line.guard(host, authority)
                } else {
                    Ok(line)
                };
            }
            Err(error) => last = unreached(error),
        }
    }
    Err(last)
}

impl Line {
    /// The same line, guarded from here on; what was already read of it is thrown away.
    pub fn guard(self, host: &str, authority: &str) -> Result<Line, String> {
        let Stream::Plain(stream) = self.stream else {
            return Ok(self);
        };
        let mut roots = RootCertStore {
            roots: webpki_roots::TLS_SERVER_ROOTS.to_vec(),
        };
        for certificate in CertificateDer::pem_slice_iter(authority.as_bytes()) {
            let certificate =
                certificate.map_err(|error| format!("the authority's certificate: {error}"))?;
            let added = roots.add(certificate);
            added.map_err(|error| format!("the authority's certificate: {error}"))?;
        }
        let provider = Arc::new(rustls::crypto::ring::default_provider());
        let config = ClientConfig::builder_with_provider(provider)
            .with_safe_default_protocol_versions()
            .map_err(|error| error.to_string())?
            .with_root_certificates(roots)
            .with_no_client_auth();
        let name =
            ServerName::try_from(host.to_owned()).map_err(|_| format!("{host} is no host"))?;
        let connection =
            ClientConnection::new(Arc::new(config), name).map_err(|error| error.to_string())?;
        Ok(Line {
            stream: Stream::Guarded(Box::new(StreamOwned::new(connection, stream))),
            buffer: Vec::new(),
        })
    }

    /// Writes all of it.
    pub fn write(&mut self, bytes: &[u8]) -> Result<(), String> {
        let written = match &mut self.stream {
            Stream::Plain(stream) => stream.write_all(bytes),
            Stream::Guarded(stream) => stream.write_all(bytes).and_then(|()| stream.flush()),
        };
        written.map_err(|error| format!("the line is cut: {error}"))
    }

    /// A line with its end; none if there is none within the patience.
    pub fn read_line(
        &mut self,
        patience: Duration,
        most: usize,
    ) -> Result<Option<Vec<u8>>, String> {
        let until = Instant::now() + patience;
        let mut looked = 0;
        loop {
            let fresh = self.buffer.get(looked..).unwrap_or_default();
            if let Some(end) = fresh.iter().position(|byte| *byte == b'\n') {
                let rest = self.buffer.split_off(looked + end + 1);
                return Ok(Some(std::mem::replace(&mut self.buffer, rest)));
            }
            looked = self.buffer.len();
            if looked > most {
                return Err("the server sends a line without end".to_owned());
            }
            if !self.fill(until)? {
                return Ok(None);
            }
        }
    }

    /// So many bytes.
    pub fn read_exactly(&mut self, length: u64, patience: Duration) -> Result<Vec<u8>, String> {
        let length = usize::try_from(length).map_err(|error| error.to_string())?;
        while self.buffer.len() < length {
            if !self.fill(Instant::now() + patience)? {
                return Err("the server stopped in the middle".to_owned());
            }
        }
        let rest = self.buffer.split_off(length);
        Ok(std::mem::replace(&mut self.buffer, rest))
    }

    /// Reads some more; false if nothing came in time.
    fn fill(&mut self, until: Instant) -> Result<bool, String> {
        let left = until.saturating_duration_since(Instant::now());
        let socket = match &self.stream {
            Stream::Plain(stream) => stream,
            Stream::Guarded(stream) => &stream.sock,
        };
        let left = left.max(Duration::from_millis(10));
        let cut = |error: std::io::Error| format!("the line is cut: {error}");
        socket.set_read_timeout(Some(left)).map_err(cut)?;
        let mut some = [0; 16 * 1024];
        let read = match &mut self.stream {
            Stream::Plain(stream) => stream.read(&mut some),
            Stream::Guarded(stream) => stream.read(&mut some),
        };
        match read {
            Ok(0) => Err("the server hung up".to_owned()),
            Ok(n) => {
                self.buffer.extend(some.iter().take(n));
                Ok(true)
            }
            Err(error) if matches!(error.kind(), ErrorKind::WouldBlock | ErrorKind::TimedOut) => {
                Ok(false)
            }
            Err(error) if error.kind() == ErrorKind::Interrupted => Ok(true),
            Err(error) => Err(cut(error)),
        }
    }
}

//! HTTPS: rustls with ring, the files read again when they change.

use crate::config::TlsFiles;
use crate::error::{Doing, Error, Fault, Result};
use rustls::pki_types::pem::PemObject;
use rustls::pki_types::{CertificateDer, PrivateKeyDer};
use rustls::{ServerConfig, crypto};
use std::cell::RefCell;
use std::sync::Arc;
use std::time::{Duration, SystemTime};
use tokio::task::spawn_blocking;
use tokio_rustls::TlsAcceptor;

/// What completes handshakes, with the newest good files.
pub(super) struct Tls {
    files: TlsFiles,
    acceptor: RefCell<TlsAcceptor>,
    seen: RefCell<Seen>,
}

/// When the files were last changed.
type Seen = Option<(SystemTime, SystemTime)>;

impl Tls {
    /// Reads the files. **Refuses:** ones that cannot be read or do not belong together.
    pub(super) fn open(files: &TlsFiles) -> Result<Self> {
        Ok(Tls {
            seen: RefCell::new(changed_at(files)),
            acceptor: RefCell::new(read(files)?),
            files: files.clone(),
        })
    }

    /// The acceptor of now.
    pub(super) fn acceptor(&self) -> TlsAcceptor {
        self.acceptor.borrow().clone()
    }

    /// Looks at the files again and again; keeps what it has if the new ones are no good.
    pub(super) async fn reload(&self, every: Duration) {
        loop {
            tokio::time::sleep(every).await;
            let files = self.files.clone();
            let Ok(now) = spawn_blocking(move || changed_at(&files)).await else {
                return;
            };
            if now.is_none() || now == *self.seen.borrow() {
                continue;
            }
            let files = self.files.clone();
            match spawn_blocking(move || read(&files)).await {
                Ok(Ok(acceptor)) => {
                    *self.acceptor.borrow_mut() = acceptor;
                    tracing::info!("the certificate was read again");
                }
                Ok(Err(error)) => tracing::warn!(%error, "the certificate changed and is no good"),
                Err(_) => return,
            }
            *self.seen.borrow_mut() = now;
        }
    }
}

fn changed_at(files: &TlsFiles) -> Seen {
    let at = |path| {
        std::fs::metadata(path)
            .and_then(|file| file.modified())
            .ok()
    };
    Some((at(&files.certificate)?, at(&files.key)?))
}

fn read(files: &TlsFiles) -> Result<TlsAcceptor> {
    let fault = |error: rustls::pki_types::pem::Error| Error::Fault(Fault::from(error));
    let chain = CertificateDer::pem_file_iter(&files.certificate)
        .and_then(Iterator::collect::<std::result::Result<Vec<_>, _>>)
        .map_err(fault)
        .doing(format!(
            "reading the certificate {}",
            files.certificate.display()
        ))?;
    let key = PrivateKeyDer::from_pem_file(&files.key)
        .map_err(fault)
        .doing(format!("reading the key {}", files.key.display()))?;
    let of_tls = |error: rustls::Error| Error::Fault(Fault::from(error));
    let mut config =
        ServerConfig::builder_with_provider(Arc::new(crypto::ring::default_provider()))
            .with_safe_default_protocol_versions()
            .map_err(of_tls)?
            .with_no_client_auth()
            .with_single_cert(chain, key)
            .map_err(of_tls)
            .doing("using the certificate and its key")?;
    config.alpn_protocols = vec![b"http/1.1".to_vec()];
    Ok(TlsAcceptor::from(Arc::new(config)))
}

//! Fetching what an authority publishes: static files from one place, over HTTPS.
//!
//! The server is trusted with nothing. What it sends is held against digests and signatures by whoever asked;
//! here it is bounded: a file has a greatest length, each step has a time, a file that breaks off is taken up again a few
//! times where it broke off, and an answer that leads elsewhere is an error. What a server can learn is the file's name, when, and from
//! which address: a [`Client`] has no cookies, names no version, and begins each time with nothing that an earlier one was
//! told. An `ETag` is a word that the server chooses and gets back, so it would do for a cookie; whoever does not want to be
//! known again asks with [`get`](Client::get), which knows none.

mod address;
mod body;
mod error;

use std::time::Duration;

use ureq::Agent;
use ureq::http::{Response, StatusCode, header};
use ureq::tls::{Certificate, PemItem, RootCerts, TlsConfig, parse_pem};
use ureq::{Body, typestate::WithoutBody};

pub use address::Address;
pub use error::FetchError;

/// How often a file that broke off is taken up again.
const TRIES: u32 = 4;

/// How long a connection may take to be there.
const CONNECT: Duration = Duration::from_secs(20);

/// How long a server may take to begin its answer.
const ANSWER: Duration = Duration::from_secs(30);

/// How long one answer may take, whatever comes of it.
const BODY: Duration = Duration::from_secs(180);

/// The longest `ETag` that is sent back.
const ETAG: usize = 128;

/// What a server said to the question whether a file has changed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Changed {
    /// It is the one whose `ETag` was sent.
    No,
    /// It is another one.
    Yes {
        /// The file.
        bytes: Vec<u8>,
        /// What the server calls it, to ask with the next time.
        etag: Option<String>,
    },
}

/// Fetches files of one place.
#[derive(Debug)]
pub struct Client {
    address: Address,
    agent: Agent,
}

impl Client {
    /// A client for this place. Certificates in `authorities` (PEM) take the place of the usual ones.
    ///
    /// # Errors
    /// [`FetchError::Authorities`].
    pub fn new(address: Address, authorities: Option<&[u8]>) -> Result<Self, FetchError> {
        let roots = match authorities {
            None => RootCerts::WebPki,
            Some(pem) => RootCerts::new_with_certs(&certificates(pem)?),
        };
        let mut config = Agent::config_builder()
            .https_only(!address.is_loopback())
            .tls_config(TlsConfig::builder().root_certs(roots).build())
            .user_agent("veilpass")
            .max_redirects(0)
            .max_redirects_will_error(false)
            .http_status_as_error(false)
            .timeout_connect(Some(CONNECT))
            .timeout_recv_response(Some(ANSWER))
            .timeout_recv_body(Some(BODY));
        if address.is_loopback() {
            config = config.proxy(None);
        }
        Ok(Self {
            agent: config.build().into(),
            address,
        })
    }

    /// Where it fetches from.
    #[must_use]
    pub fn address(&self) -> &Address {
        &self.address
    }

    /// The file called `name`, which never changes, of at most `limit` bytes. Blocks. Where the connection breaks off it asks for
    /// the rest, a few times.
    ///
    /// # Errors
    /// [`FetchError`].
    pub fn get(&self, name: &str, limit: usize) -> Result<Vec<u8>, FetchError> {
        self.tried(name, limit, |_| {})
    }

    /// The same of a file that may have become another one meanwhile: where it breaks off it is asked for as a whole.
    ///
    /// # Errors
    /// [`FetchError`].
    pub fn get_whole(&self, name: &str, limit: usize) -> Result<Vec<u8>, FetchError> {
        self.tried(name, limit, |file| file.bytes.clear())
    }

    fn tried(
        &self,
        name: &str,
        limit: usize,
        before_each: impl Fn(&mut body::Partial),
    ) -> Result<Vec<u8>, FetchError> {
        let mut file = body::Partial::new(limit);
        let mut broken = 0;
        loop {
            before_each(&mut file);
            let tried = self.more(name, &mut file);
            match tried {
                Ok(()) => return Ok(file.bytes),
                Err(error) if error.is_passing() && broken + 1 < TRIES => broken += 1,
                Err(error) => return Err(error),
            }
        }
    }

    /// Asks for what is missing of a file, and takes what comes.
    fn more(&self, name: &str, file: &mut body::Partial) -> Result<(), FetchError> {
        let mut request = self.request(name);
        if !file.bytes.is_empty() {
            request = request.header(header::RANGE, format!("bytes={}-", file.bytes.len()));
        }
        let answer = request.call().map_err(|error| self.failed(name, error))?;
        match answer.status() {
            StatusCode::OK => file.bytes.clear(),
            StatusCode::PARTIAL_CONTENT if !file.bytes.is_empty() => {
                file.continues(name, &answer)?
            }
            // What there is was all of it, or is none of it.
            StatusCode::RANGE_NOT_SATISFIABLE => {
                file.bytes.clear();
                return Err(FetchError::broken(
                    name,
                    "the server does not know where it broke off",
                ));
            }
            _ => return Err(self.status(name, &answer)),
        }
        file.take(name, answer)
    }

    /// The file called `name` if it is no longer the one with this `ETag`. Only for whoever may be known again; it takes up
    /// nothing that broke off.
    ///
    /// # Errors
    /// [`FetchError`].
    pub fn get_if_changed(
        &self,
        name: &str,
        limit: usize,
        etag: Option<&str>,
    ) -> Result<Changed, FetchError> {
        let mut request = self.request(name);
        if let Some(etag) = etag.filter(|etag| is_etag(etag)) {
            request = request.header(header::IF_NONE_MATCH, etag);
        }
        let answer = request.call().map_err(|error| self.failed(name, error))?;
        match answer.status() {
            StatusCode::OK => {}
            StatusCode::NOT_MODIFIED if etag.is_some() => return Ok(Changed::No),
            _ => return Err(self.status(name, &answer)),
        }
        let etag = answer.headers().get(header::ETAG);
        let etag = etag.and_then(|etag| etag.to_str().ok()).map(str::to_owned);
        let mut file = body::Partial::new(limit);
        file.take(name, answer)?;
        Ok(Changed::Yes {
            bytes: file.bytes,
            etag: etag.filter(|etag| is_etag(etag)),
        })
    }

    fn request(&self, name: &str) -> ureq::RequestBuilder<WithoutBody> {
        (self.agent.get(self.address.of(name))).header(header::ACCEPT_ENCODING, "identity")
    }

    fn failed(&self, name: &str, error: ureq::Error) -> FetchError {
        FetchError::of(&self.address, name, error)
    }

    fn status(&self, name: &str, answer: &Response<Body>) -> FetchError {
        let status = answer.status();
        if status.is_redirection() {
            let to = answer.headers().get(header::LOCATION);
            let to = to.and_then(|to| to.to_str().ok()).unwrap_or("nowhere");
            return FetchError::Elsewhere {
                file: self.address.of(name),
                to: error::printable(to),
            };
        }
        FetchError::Status {
            file: self.address.of(name),
            status: status.as_u16(),
        }
    }
}

/// A word that may go into a header.
fn is_etag(word: &str) -> bool {
    word.len() <= ETAG && word.bytes().all(|byte| (0x21..0x7f).contains(&byte))
}

/// The certificates of a PEM file, of which there must be one at least.
fn certificates(pem: &[u8]) -> Result<Vec<Certificate<'static>>, FetchError> {
    let mut found = Vec::new();
    for item in parse_pem(pem) {
        match item {
            Ok(PemItem::Certificate(certificate)) => found.push(certificate),
            Ok(_) => {}
            Err(_) => return Err(FetchError::Authorities),
        }
    }
    if found.is_empty() {
        return Err(FetchError::Authorities);
    }
    Ok(found)
}

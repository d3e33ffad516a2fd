//! A server that says what a test tells it to, byte for byte.

use std::io::{BufRead, BufReader, Read, Write};
use std::net::{Shutdown, TcpListener, TcpStream};
use std::sync::{Arc, Mutex};

use rustls::{ServerConfig, ServerConnection, StreamOwned};
use veilpass_fetch::{Address, Client};

/// A request: its first line and its headers, in small letters.
#[derive(Clone, Debug)]
pub(crate) struct Request {
    pub(crate) line: String,
    pub(crate) headers: Vec<String>,
}

impl Request {
    pub(crate) fn header(&self, name: &str) -> Option<&str> {
        let mut headers = self.headers.iter();
        headers.find_map(|header| header.strip_prefix(name)?.strip_prefix(": "))
    }
}

/// What a server does with a request: writes bytes as it likes, and leaves.
type Answer = dyn Fn(&Request, &mut dyn Write) + Send + Sync;

/// A server on this machine.
pub(crate) struct Server {
    pub(crate) port: u16,
    seen: Arc<Mutex<Vec<Request>>>,
}

impl Server {
    /// Over plain TCP.
    pub(crate) fn plain(answer: impl Fn(&Request, &mut dyn Write) + Send + Sync + 'static) -> Self {
        Self::new(None, Box::new(answer))
    }

    /// Over TLS.
    pub(crate) fn tls(
        config: ServerConfig,
        answer: impl Fn(&Request, &mut dyn Write) + Send + Sync + 'static,
    ) -> Self {
        Self::new(Some(Arc::new(config)), Box::new(answer))
    }

    fn new(tls: Option<Arc<ServerConfig>>, answer: Box<Answer>) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let port = listener.local_addr().unwrap().port();
        let seen = Arc::new(Mutex::new(Vec::new()));
        let noted = Arc::clone(&seen);
        std::thread::spawn(move || {
            for connection in listener.incoming() {
                let connection = connection.unwrap();
                // Whoever is hung up on, or never gets through TLS, is of no interest here.
                let _ = match &tls {
                    None => serve(connection, &noted, &answer),
                    Some(config) => ServerConnection::new(Arc::clone(config))
                        .map_err(std::io::Error::other)
                        .and_then(|tls| serve(StreamOwned::new(tls, connection), &noted, &answer)),
                };
            }
        });
        Self { port, seen }
    }

    /// What was asked so far.
    pub(crate) fn seen(&self) -> Vec<Request> {
        self.seen.lock().unwrap().clone()
    }

    /// A client of it over plain TCP.
    pub(crate) fn client(&self) -> Client {
        let address = format!("http://127.0.0.1:{}/public", self.port);
        Client::new(Address::read(&address).unwrap(), None).unwrap()
    }
}

/// One request, one answer, then the connection ends.
fn serve(
    mut stream: impl Read + Write + Socket,
    seen: &Mutex<Vec<Request>>,
    answer: &Answer,
) -> std::io::Result<()> {
    let mut lines = BufReader::new(&mut stream).lines();
    let line = lines.next().transpose()?.unwrap_or_default();
    let mut headers = Vec::new();
    for header in lines.by_ref() {
        match header?.to_ascii_lowercase() {
            empty if empty.is_empty() => break,
            header => headers.push(header),
        }
    }
    drop(lines);
    let request = Request { line, headers };
    seen.lock().unwrap().push(request.clone());
    answer(&request, &mut stream);
    stream.flush()?;
    stream.end()
}

/// How a connection ends.
trait Socket {
    fn end(&mut self) -> std::io::Result<()>;
}

impl Socket for TcpStream {
    fn end(&mut self) -> std::io::Result<()> {
        self.shutdown(Shutdown::Both)
    }
}

impl Socket for StreamOwned<ServerConnection, TcpStream> {
    fn end(&mut self) -> std::io::Result<()> {
        self.conn.send_close_notify();
        self.flush()?;
        self.sock.shutdown(Shutdown::Both)
    }
}

/// An answer with these headers and this body.
pub(crate) fn reply(out: &mut dyn Write, status: &str, headers: &str, body: &[u8]) {
    let length = body.len();
    let head = format!(
        "HTTP/1.1 {status}\r\ncontent-length: {length}\r\nconnection: close\r\n{headers}\r\n"
    );
    let _ = out.write_all(head.as_bytes());
    let _ = out.write_all(body);
}

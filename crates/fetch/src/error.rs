//! Why something could not be fetched, and what to do.

use super::address::Address;

/// Why a file could not be fetched.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum FetchError {
    /// Not an address to fetch from.
    #[error("{address}: {why}")]
    Address {
        /// What was given.
        address: String,
        /// What is wrong with it, and what to do.
        why: &'static str,
    },
    /// A file that has no certificates of authorities.
    #[error("the file of certificate authorities has no certificate in PEM; name another one")]
    Authorities,
    /// The place cannot be reached.
    #[error("cannot reach {address}: {why}; check the network and the address, then try again")]
    Unreachable {
        /// The place.
        address: String,
        /// What the network said.
        why: String,
    },
    /// The server's certificate is not good.
    #[error(
        "{address} does not show a good certificate ({why}); do not go on: tell the authority, or name its own \
         certificate authority with --ca"
    )]
    Certificate {
        /// The place.
        address: String,
        /// What is wrong with it.
        why: String,
    },
    /// The server has no such file, or fails.
    #[error("{file}: the server answers {status}; check the address, or try again later")]
    Status {
        /// The file's address.
        file: String,
        /// The status of HTTP.
        status: u16,
    },
    /// The answer leads to another place.
    #[error(
        "{file} leads to {to}; nothing is followed: if that is the right place, name it yourself"
    )]
    Elsewhere {
        /// The file's address.
        file: String,
        /// Where it leads.
        to: String,
    },
    /// The file is longer than such a file can be.
    #[error("{file} is longer than {limit} bytes, which no such file is; tell the authority")]
    TooLong {
        /// The file's name.
        file: String,
        /// The most bytes.
        limit: usize,
    },
    /// The connection broke off, again and again.
    #[error("{file} broke off ({why}); try again: what was fetched is kept")]
    Broken {
        /// The file's name.
        file: String,
        /// What the network said.
        why: String,
    },
}

impl FetchError {
    pub(crate) fn broken(name: &str, why: &str) -> Self {
        Self::Broken {
            file: name.to_owned(),
            why: printable(why),
        }
    }

    /// What the client says.
    pub(crate) fn of(address: &Address, name: &str, error: ureq::Error) -> Self {
        let why = match &error {
            ureq::Error::Io(error) => in_words(error),
            other => other.to_string(),
        };
        let (address, why) = (address.to_string(), printable(&why));
        match error {
            ureq::Error::Rustls(_) | ureq::Error::Tls(_) => Self::Certificate { address, why },
            // TLS speaks through the connection.
            ureq::Error::Io(error) if error.kind() == std::io::ErrorKind::InvalidData => {
                Self::Certificate { address, why }
            }
            ureq::Error::HostNotFound | ureq::Error::ConnectionFailed => {
                Self::Unreachable { address, why }
            }
            ureq::Error::Io(error) if error.kind() == std::io::ErrorKind::ConnectionRefused => {
                Self::Unreachable { address, why }
            }
            _ => Self::broken(name, &why),
        }
    }

    /// Whether the same may succeed in a moment.
    pub(crate) fn is_passing(&self) -> bool {
        matches!(self, Self::Broken { .. })
    }
}

/// What the system says, without its numbers; what the client or TLS says through it, as it is.
pub(crate) fn in_words(error: &std::io::Error) -> String {
    match error.raw_os_error() {
        Some(_) => error.kind().to_string(),
        None => error.to_string(),
    }
}

/// What somebody else wrote, for a terminal: short, and nothing but letters.
pub(crate) fn printable(text: &str) -> String {
    let shown = |c: char| match c.is_ascii_graphic() || c == ' ' {
        true => c,
        false => '?',
    };
    text.chars().take(200).map(shown).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_system_s_numbers_are_told_to_nobody() {
        let reset = std::io::Error::from_raw_os_error(104);
        assert_eq!(in_words(&reset), "connection reset");
        assert_eq!(in_words(&std::io::Error::other("too slow")), "too slow");
    }

    #[test]
    fn what_others_wrote_cannot_act_on_a_terminal() {
        assert_eq!(printable("a\x1b[31m b\n\u{202e}"), "a?[31m b??");
        assert_eq!(printable(&"x".repeat(500)).len(), 200);
    }
}

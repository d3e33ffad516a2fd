//! Where an authority's public files are.

use std::fmt;
use std::net::IpAddr;

use ureq::http::Uri;

use super::error::FetchError;

/// An `https://` address of a folder; `http://` for this machine alone.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Address {
    /// Ends with a slash.
    text: String,
    loopback: bool,
}

impl Address {
    /// Whether a text is meant as an address, and not as the name of a folder.
    #[must_use]
    pub fn is_meant(text: &str) -> bool {
        text.contains("://")
    }

    /// Reads an address.
    ///
    /// # Errors
    /// [`FetchError::Address`] for anything but `https://host/…` with neither a user nor a question mark, or
    /// `http://` and a loopback address.
    pub fn read(text: &str) -> Result<Self, FetchError> {
        let wrong = |why| FetchError::Address {
            address: super::error::printable(text),
            why,
        };
        let uri: Uri = text
            .parse()
            .map_err(|_| wrong("it is no address; write https://HOST/FOLDER"))?;
        let authority = uri.authority().ok_or(wrong("it names no host"))?;
        if authority.as_str().contains('@') {
            return Err(wrong("it has a user name; leave that out"));
        }
        if uri.query().is_some() || text.contains('#') {
            return Err(wrong("it must be a folder; leave out what follows ? or #"));
        }
        let loopback = is_loopback(authority.host());
        match uri.scheme_str() {
            Some("https") => {}
            Some("http") if loopback => {}
            Some("http") => {
                return Err(wrong(
                    "without TLS only this machine may be asked, by its number as in http://127.0.0.1; write https://",
                ));
            }
            _ => return Err(wrong("write https://HOST/FOLDER, or the name of a folder")),
        }
        let text = text.trim_end_matches('/');
        Ok(Self {
            text: format!("{text}/"),
            loopback: loopback && uri.scheme_str() == Some("http"),
        })
    }

    /// Whether it is this machine, asked without TLS.
    pub(crate) fn is_loopback(&self) -> bool {
        self.loopback
    }

    /// The address of a file.
    pub(crate) fn of(&self, name: &str) -> String {
        format!("{}{name}", self.text)
    }
}

impl fmt::Display for Address {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.text)
    }
}

/// By its number: a name is whatever some resolver says.
fn is_loopback(host: &str) -> bool {
    let number = host.trim_start_matches('[').trim_end_matches(']');
    number.parse::<IpAddr>().is_ok_and(|ip| ip.is_loopback())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_address_is_https_or_this_machine() {
        for (text, whole) in [
            ("https://pass.example", "https://pass.example/"),
            ("https://pass.example/", "https://pass.example/"),
            (
                "https://pass.example:8443/a/b//",
                "https://pass.example:8443/a/b/",
            ),
            ("http://127.0.0.1:80", "http://127.0.0.1:80/"),
            ("http://[::1]:80/x", "http://[::1]:80/x/"),
        ] {
            assert_eq!(Address::read(text).unwrap().to_string(), whole);
        }
        for text in [
            "",
            "pass.example",
            "https://",
            "http://pass.example",
            "http://localhost:80",
            "http://128.0.0.1",
            "http://127.0.0.1.pass.example",
            "https://me@pass.example",
            "https://me:secret@pass.example",
            "https://pass.example/?a=b",
            "https://pass.example/#a",
            "ftp://pass.example",
            "file:///etc",
            "https://pass example",
        ] {
            assert!(Address::read(text).is_err(), "{text}");
        }
    }

    #[test]
    fn what_is_no_address_is_meant_as_a_folder() {
        assert!(Address::is_meant("https://x") && Address::is_meant("ftp://x"));
        assert!(!Address::is_meant("public") && !Address::is_meant("/srv/public"));
    }

    #[test]
    fn only_plain_loopback_goes_without_tls() {
        assert!(Address::read("http://127.0.0.1").unwrap().is_loopback());
        assert!(!Address::read("https://127.0.0.1").unwrap().is_loopback());
    }
}

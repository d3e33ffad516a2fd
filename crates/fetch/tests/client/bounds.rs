//! What comes is bounded, taken up again where it broke off, and never followed elsewhere.

use std::sync::atomic::{AtomicUsize, Ordering::SeqCst};

use super::server::{Server, reply};
use veilpass_fetch::{Changed, FetchError};

/// A file of so many bytes, none like its neighbour.
fn file(length: usize) -> Vec<u8> {
    (0..length).map(|i| (i * 7 % 251) as u8).collect()
}

#[test]
fn a_file_comes_as_it_is_and_the_request_tells_nothing_else() {
    let server = Server::plain(|_, out| {
        reply(
            out,
            "200 OK",
            "set-cookie: a=b\r\netag: \"x\"\r\n",
            &file(100_000),
        )
    });
    let client = server.client();
    for _ in 0..2 {
        assert_eq!(client.get("parts/ab", 100_000).unwrap(), file(100_000));
    }
    for request in server.seen() {
        assert_eq!(request.line, "GET /public/parts/ab HTTP/1.1");
        let mut headers = request.headers.clone();
        headers.retain(|header| !header.starts_with("host: "));
        headers.sort();
        let told = [
            "accept-encoding: identity",
            "accept: */*",
            "user-agent: veilpass",
        ];
        assert_eq!(headers, told);
    }
}

#[test]
fn a_file_that_is_too_long_is_refused_before_it_is_read() {
    let server = Server::plain(|_, out| {
        let _ = out.write_all(b"HTTP/1.1 200 OK\r\ncontent-length: 1001\r\n\r\n");
    });
    let refused = server.client().get("a", 1000);
    assert!(
        matches!(refused, Err(FetchError::TooLong { limit: 1000, .. })),
        "{refused:?}"
    );
}

#[test]
fn a_file_without_an_end_is_refused_where_it_is_too_long() {
    // Of no length, in pieces, for ever.
    let server = Server::plain(|_, out| {
        let _ = out.write_all(b"HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n");
        let piece = [b"1000\r\n".as_slice(), &[7; 0x1000], b"\r\n"].concat();
        while out.write_all(&piece).is_ok() {}
    });
    let refused = server.client().get("a", 100_000);
    assert!(
        matches!(refused, Err(FetchError::TooLong { .. })),
        "{refused:?}"
    );
    assert_eq!(server.seen().len(), 1);
}

#[test]
fn a_file_that_breaks_off_is_taken_up_where_it_broke_off() {
    let server = Server::plain(|request, out| {
        let whole = file(10_000);
        let range = request.header("range").map(str::to_owned);
        let begin = range.map_or(0, |range| {
            let begin = range.strip_prefix("bytes=").unwrap().strip_suffix('-');
            begin.unwrap().parse::<usize>().unwrap()
        });
        let status = if begin == 0 {
            "200 OK"
        } else {
            "206 Partial Content"
        };
        let _ = write!(
            out,
            "HTTP/1.1 {status}\r\ncontent-length: {}\r\ncontent-range: bytes {begin}-9999/10000\r\n\r\n",
            10_000 - begin
        );
        let end = (begin + 4000).min(10_000);
        let _ = out.write_all(&whole[begin..end]);
    });
    assert_eq!(server.client().get("a", 10_000).unwrap(), file(10_000));
    let ranges: Vec<_> = (server.seen().iter())
        .map(|request| request.header("range").map(str::to_owned))
        .collect();
    let asked = |range: &str| Some(range.to_owned());
    assert_eq!(ranges, [None, asked("bytes=4000-"), asked("bytes=8000-")]);
}

/// A bundle that is replaced meanwhile: its end must not be put behind the beginning of the one before.
#[test]
fn a_file_that_may_change_is_asked_for_as_a_whole() {
    let server = Server::plain(|request, out| {
        assert_eq!(request.header("range"), None);
        let first = ASKED.fetch_add(1, SeqCst) == 0;
        let (letter, sent) = if first { (b'a', 300) } else { (b'b', 1000) };
        let _ = out.write_all(b"HTTP/1.1 200 OK\r\ncontent-length: 1000\r\n\r\n");
        let _ = out.write_all(&vec![letter; sent]);
    });
    static ASKED: AtomicUsize = AtomicUsize::new(0);
    let whole = server.client().get_whole("bundle.vp", 1000).unwrap();
    assert_eq!(whole, vec![b'b'; 1000]);
}

#[test]
fn a_server_that_knows_no_ranges_is_asked_for_all_of_it_again() {
    let server = Server::plain(|request, out| {
        let whole = file(1000);
        let _ = out.write_all(b"HTTP/1.1 200 OK\r\ncontent-length: 1000\r\n\r\n");
        let end = if request.header("range").is_some() {
            1000
        } else {
            300
        };
        let _ = out.write_all(&whole[..end]);
    });
    assert_eq!(server.client().get("a", 1000).unwrap(), file(1000));
}

#[test]
fn a_server_that_always_breaks_off_is_asked_a_few_times() {
    let server = Server::plain(|_, out| {
        let _ = out.write_all(b"HTTP/1.1 200 OK\r\ncontent-length: 1000\r\n\r\nabc");
    });
    let refused = server.client().get("a", 1000);
    assert!(
        matches!(refused, Err(FetchError::Broken { .. })),
        "{refused:?}"
    );
    assert_eq!(server.seen().len(), 4);
}

#[test]
fn another_part_than_was_asked_for_is_not_put_behind_what_there_is() {
    for range in [
        "bytes 0-999/1000",
        "bytes 301-999/1000",
        "bytes */1000",
        "x",
    ] {
        let server = Server::plain(move |request, out| match request.header("range") {
            None => {
                let _ = out.write_all(b"HTTP/1.1 200 OK\r\ncontent-length: 1000\r\n\r\n");
                let _ = out.write_all(&file(300));
            }
            Some(_) => reply(
                out,
                "206 Partial Content",
                &format!("content-range: {range}\r\n"),
                &file(700),
            ),
        });
        let refused = server.client().get("a", 1000);
        assert!(
            matches!(refused, Err(FetchError::Broken { .. })),
            "{range}: {refused:?}"
        );
    }
}

#[test]
fn a_length_that_is_a_lie_gives_no_more_than_it_says() {
    // Shorter than what follows: what follows is not of this answer. Digests find that a part is short.
    let server = Server::plain(|_, out| {
        let _ = out.write_all(b"HTTP/1.1 200 OK\r\ncontent-length: 3\r\n\r\nabcdef");
    });
    assert_eq!(server.client().get("a", 1000).unwrap(), b"abc");
}

#[test]
fn nothing_is_followed() {
    for status in [
        "301 Moved Permanently",
        "302 Found",
        "307 Temporary Redirect",
        "308 Permanent Redirect",
    ] {
        let server = Server::plain(move |_, out| {
            reply(out, status, "location: https://elsewhere.example/\r\n", b"");
        });
        let refused = server.client().get("a", 1000).unwrap_err();
        let led = matches!(&refused, FetchError::Elsewhere { to, .. } if to == "https://elsewhere.example/");
        assert!(led, "{refused:?}");
        assert_eq!(server.seen().len(), 1);
    }
}

#[test]
fn a_file_that_is_not_there_is_named() {
    let server = Server::plain(|_, out| reply(out, "404 Not Found", "", b"no"));
    let refused = server.client().get("parts/ab", 1000).unwrap_err();
    assert!(
        matches!(refused, FetchError::Status { status: 404, .. }),
        "{refused:?}"
    );
    assert!(refused.to_string().contains("/public/parts/ab"));
    assert_eq!(server.seen().len(), 1);
}

#[test]
fn a_place_where_nobody_listens_is_named() {
    let server = Server::plain(|_, _| {});
    let port = server.port;
    let nobody = {
        let free = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
        free.local_addr().unwrap().port()
    };
    assert_ne!(port, nobody);
    let address = veilpass_fetch::Address::read(&format!("http://127.0.0.1:{nobody}")).unwrap();
    let client = veilpass_fetch::Client::new(address, None).unwrap();
    let refused = client.get("a", 1000);
    assert!(
        matches!(refused, Err(FetchError::Unreachable { .. })),
        "{refused:?}"
    );
    // Somebody who says nothing at all.
    let refused = server.client().get("a", 1000);
    assert!(
        matches!(refused, Err(FetchError::Broken { .. })),
        "{refused:?}"
    );
}

#[test]
fn what_has_not_changed_is_not_sent_again() {
    let server = Server::plain(|request, out| match request.header("if-none-match") {
        Some("\"one\"") => reply(out, "304 Not Modified", "", b""),
        _ => reply(out, "200 OK", "etag: \"one\"\r\n", b"bundle"),
    });
    let client = server.client();
    let first = client.get_if_changed("bundle.vp", 1000, None).unwrap();
    let etag = Some("\"one\"".to_owned());
    let bytes = b"bundle".to_vec();
    assert_eq!(
        first,
        Changed::Yes {
            bytes,
            etag: etag.clone()
        }
    );
    let again = client.get_if_changed("bundle.vp", 1000, etag.as_deref());
    assert_eq!(again, Ok(Changed::No));
    let other = client.get_if_changed("bundle.vp", 1000, Some("\"two\""));
    assert!(matches!(other, Ok(Changed::Yes { .. })));
    // Nothing that would not be a header, or says more than a header must, is sent or kept.
    for word in ["a\r\nx: y", "a b", &"a".repeat(129), "ä"] {
        let asked = client.get_if_changed("bundle.vp", 1000, Some(word));
        assert!(matches!(asked, Ok(Changed::Yes { .. })), "{word}");
        assert_eq!(server.seen().last().unwrap().header("if-none-match"), None);
    }
}

#[test]
fn an_unasked_not_modified_is_no_file() {
    let server = Server::plain(|_, out| {
        let _ = out.write_all(b"HTTP/1.1 304 Not Modified\r\n\r\n");
    });
    let refused = server.client().get_if_changed("bundle.vp", 1000, None);
    assert!(refused.is_err(), "{refused:?}");
    let refused = server.client().get("bundle.vp", 1000);
    assert!(refused.is_err(), "{refused:?}");
}

//! H under every label, with the fields that it has.

use veilpass::Transcript;
use veilpass::internals::trace;

use crate::json::{Group, Json, Test, VectorFile, bytes};
use crate::object;
use crate::world::World;

/// The scheme's fields as they stand in the bundle: from *random* to *venues*.
///
/// # Panics
/// If they are not found there.
#[must_use]
pub fn scheme_fields(world: &World) -> Vec<u8> {
    // Version, kind, signature, scheme_id; number, issued, expires.
    let fields = &world.bundle_bytes[2 + 64 + 32 + 20..];
    let id = world.city.scheme.id();
    let end = (33..fields.len())
        .find(|end| Transcript::new("scheme").field(&fields[..*end]).digest() == *id);
    fields[..end.unwrap()].to_vec()
}

/// How a hash is used.
#[derive(Clone, Copy)]
enum As {
    Digest,
    Scalar,
    Challenge,
    Tag,
    Code,
}

fn test(label: &str, comment: &str, fields: &[&[u8]], used: As) -> Test {
    let transcript = fields
        .iter()
        .fold(Transcript::new(label), |hash, field| hash.field(field));
    let digest = transcript.clone().digest();
    let (name, output) = match used {
        As::Digest => ("digest", bytes(digest)),
        As::Scalar => ("scalar", Json::from(&trace::to_scalar(&transcript))),
        As::Challenge => ("challenge", bytes(trace::challenge(transcript))),
        As::Tag => ("tag", bytes(&digest[..4])),
        As::Code => ("code", Json::Text(code(&digest))),
    };
    let fields: Vec<_> = fields.iter().map(bytes).collect();
    Test::valid(
        if comment.is_empty() { label } else { comment },
        object! {
            "label": label,
            "fields": fields,
            "digest": bytes(digest),
            "as": name,
            "output": output,
        },
    )
}

/// Eight digits: the number modulo 10^8.
fn code(digest: &[u8; 32]) -> String {
    let modulo = |number: u64, byte: &u8| (number * 256 + u64::from(*byte)) % 100_000_000;
    let number = digest.iter().fold(0, modulo);
    format!("{:04}-{:04}", number / 10_000, number % 10_000)
}

/// The file. Objects that have a meaning are in the other files; here bytes that stand for them, of the right lengths.
#[must_use]
pub fn file(world: &World) -> VectorFile {
    let scheme = scheme_fields(world);
    let id = world.city.scheme.id().as_slice();
    let stand = |length: usize, first: u8| -> Vec<u8> {
        (0..length)
            .map(|i| first.wrapping_add(u8::try_from(i % 251).unwrap()))
            .collect()
    };
    let (g1, g2, scalar) = (stand(48, 1), stand(96, 2), stand(32, 3));
    let (digest, nonce, artefact) = (stand(32, 4), stand(16, 5), stand(218, 6));
    let number = 7_u32.to_be_bytes();
    let name = "Anna";
    let points: Vec<u8> = stand(5 * 48, 9);
    let tests = vec![
        test(
            "scheme",
            "scheme_id of the bundle in bases.json",
            &[&scheme],
            As::Digest,
        ),
        test(
            "key set",
            "",
            &[id, &stand(4 + 96 + 96 + 2 + 96, 8), &g1],
            As::Digest,
        ),
        test(
            "signed",
            "what Ed25519 signs of a bundle",
            &[id, &[2], b"B", &artefact],
            As::Digest,
        ),
        test(
            "fingerprint",
            "of a scheme card",
            &[b"scheme card", &world.city.card().to_bytes()],
            As::Digest,
        ),
        test(
            "fingerprint",
            "of an issuer's key",
            &[b"issuer", &g2],
            As::Digest,
        ),
        test(
            "fingerprint",
            "of a venue's key",
            &[b"venue", &digest],
            As::Digest,
        ),
        test(
            "operators",
            "two operators",
            &[name.as_bytes(), &digest, b"Boris", &scalar],
            As::Digest,
        ),
        test("operators", "no operator", &[], As::Digest),
        test("tag", "tag of the scheme", &[b"scheme", id], As::Tag),
        test(
            "tag",
            "tag of a policy",
            &[b"policy", &stand(40, 1)],
            As::Tag,
        ),
        test(
            "tag",
            "tag of an audience",
            &[b"audience", &[&[0; 16], &[0, 4][..], b"Cafe"].concat()],
            As::Tag,
        ),
        test("tag", "tag of no audience", &[b"audience", b""], As::Tag),
        test("tag", "tag of a nonce", &[b"nonce", &nonce], As::Tag),
        test("pop", "", &[id, &g2, &g1, &stand(48, 7)], As::Challenge),
        test(
            "issuer statement",
            "",
            &[id, &g2, &g1, &artefact, &stand(48, 7)],
            As::Challenge,
        ),
        test("acc", "", &[&scalar, id, &number, &g2], As::Scalar),
        test("manifest", "", &[&artefact], As::Digest),
        test("part", "", &[&artefact], As::Digest),
        test("bucket", "", &[id, &scalar], As::Digest),
        test(
            "checkpoint tag",
            "",
            &[id, &scalar, &number, &number],
            As::Challenge,
        ),
        test(
            "checkpoint key",
            "",
            &[id, &scalar, &number, &number],
            As::Digest,
        ),
        test(
            "issuer attributes",
            "",
            &[&digest, &stand(18, 1)],
            As::Digest,
        ),
        test("draw", "", &[&nonce], As::Digest),
        test("offer", "", &[&artefact], As::Digest),
        test("request", "", &[&stand(258, 7)], As::Digest),
        test("card", "", &[&stand(174, 7)], As::Digest),
        test(
            "req",
            "",
            &[&digest, &scalar, &g1, &stand(48, 7)],
            As::Challenge,
        ),
        test("issuer entropy", "", &[&scalar, &stand(258, 7)], As::Scalar),
        test(
            "issuance",
            "",
            &[&artefact, &stand(258, 7), &nonce],
            As::Digest,
        ),
        test("code", "", &[&artefact, &stand(258, 7), &nonce], As::Code),
        test(
            "e",
            "",
            &[
                &stand(18, 1),
                &scalar,
                id,
                &nonce,
                &digest,
                &stand(32, 8),
                &stand(32, 9),
            ],
            As::Scalar,
        ),
        test("renewal", "", &[&digest, &scalar, &g1], As::Digest),
        test(
            "e renewal",
            "",
            &[&stand(8, 1), &scalar, id, &digest, &g1, &stand(300, 5)],
            As::Scalar,
        ),
        test(
            "venue question",
            "",
            &[
                id,
                &digest,
                &[0],
                &[0, 1],
                &nonce,
                &number,
                &18_806_i32.to_be_bytes(),
                &stand(8, 0),
            ],
            As::Digest,
        ),
        test(
            "present",
            "",
            &[
                &stand(300, 5),
                &[&g2[..], &g1].concat(),
                &points,
                &stand(5 * 48, 3),
                b"\x00\x04A.K.",
            ],
            As::Challenge,
        ),
        test(
            "present",
            "known issuer, nothing disclosed",
            &[&stand(300, 5), b"", &points, &stand(4 * 48, 3), b""],
            As::Challenge,
        ),
        test("bundle in parts", "", &[&artefact], As::Digest),
        test("claim", "", &[id, &stand(15, 7)], As::Digest),
        test("claim key", "", &[id, &stand(15, 7)], As::Digest),
        test("claim check", "", &[&stand(15, 7)], As::Digest),
        test("offer at rest", "", &[&scalar, &digest], As::Digest),
    ];
    VectorFile {
        name: "hashes",
        algorithm: "H(label; fields)",
        header: vec![
            "docs/protocol.md, 3.0: SHA-256 over `veilpass v2`, label and fields, each with its length in front as 8 bytes. `as` says how the digest is used, \
             and `output` what comes of it: all of it, a scalar, the first 16 bytes, the first 4 bytes, or eight digits.",
            "The fields of these tests stand for the objects of the table in docs/protocol.md, with their lengths; scheme, its card and its \
             scheme_id are real ones. Real ones of all others are in the other files.",
        ],
        notes: Vec::new(),
        worlds: Vec::new(),
        groups: vec![Group {
            kind: "Transcript",
            shared: object! {},
            tests,
        }],
    }
}

//! The table of artefacts: by which letter each is known, what people call it, and which parts it has with
//! which lengths. Encoders and decoders take their letter from here and nowhere else, and docs/format.md is
//! checked against it.
//!
//! An artefact begins with the version of its format and its letter, a byte each. The parts that follow
//! are in [`Artefact::layout`].

use crate::text::MAX_NAME_BYTES;

/// What can stand in a file, a QR code or a store of this project.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum Artefact {
    /// What everybody pins: the scheme's identifier and the authority's key.
    SchemeCard,
    /// An issuer's key on its way to the authority.
    Registration,
    /// What the authority lays down for an issuer.
    Accreditation,
    /// Revocation handles for an issuer's pool.
    Handles,
    /// How much an issuer issued.
    Count,
    /// What verifiers check with.
    Bundle,
    /// What holders show with.
    HolderBundle,
    /// Which static parts go with a bundle.
    Manifest,
    /// A piece of a verifiers' bundle, for a picture.
    BundlePart,
    /// What an issuer offers to sign.
    Offer,
    /// A holder's answer to an offer.
    Request,
    /// A holder's answer to an offer that renews a pass.
    RenewalRequest,
    /// What an issuer drew for an offer, revealed.
    Draw,
    /// An issuer's answer to a request.
    Response,
    /// What a verifier asks.
    Question,
    /// A holder's answer to a question.
    Pass,
    /// A venue's key on its way to the authority.
    VenueRegistration,
    /// By what wallets know that the authority vouches for a venue.
    VenueCard,
    /// A static part: the signed dates.
    DateTable,
    /// A static part: a segment of the log of removals.
    LogSegment,
    /// A static part: a bucket of a checkpoint.
    CheckpointBucket,
    /// A static part: new accreditations, sealed to the holders of each issuer.
    SealedAccreditations,
    /// In the wallet: what a holder shows.
    Credential,
    /// In the wallet: a request that waits for its response.
    PendingRequest,
    /// In the wallet: a renewal that waits for its response.
    PendingRenewal,
    /// In an issuer's store: an offer that waits for its request.
    PendingOffer,
    /// A holder's credentials, pending requests and pinned scheme.
    Wallet,
    /// No bytes of its own: the authority's signature of a rule file.
    RuleFile,
    /// No bytes of its own: an operator's signature of what two operators decide.
    Approval,
}

/// Where the letter of an artefact stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Place {
    /// At the head of what one role gives to another.
    Between,
    /// At the head of a part of something else, or of what a role stores.
    Within,
    /// In what is hashed for a signature, and in no bytes.
    Signed,
}

/// How long a part is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Length {
    /// So many bytes.
    Bytes(usize),
    /// A length in 2 bytes and so many bytes, at most this.
    Text(usize),
    /// A length in 2 bytes and so many bytes that are no text, at most this.
    Field(usize),
    /// A length in 4 bytes and so many bytes.
    Long,
    /// To the end, items of so many bytes each.
    Each(usize),
    /// To the end, at least so many bytes.
    Rest(usize),
}

/// A part by name. Of [`Length::Each`] the name is that of the items, in the plural.
pub(crate) type Field = (&'static str, Length);

/// What every pass has at least behind its header: of a known issuer, 5 points, the challenge, 7 responses.
pub(crate) const LEAST_PROOF: usize = 5 * 48 + 16 + 7 * 32;

use Length::{Bytes, Each, Field as Inner, Long, Rest, Text};
use Place::{Between, Signed, Within};

/// A line of the table.
struct Row {
    letter: u8,
    name: &'static str,
    place: Place,
    fields: &'static [Field],
}

const fn row(letter: u8, name: &'static str, place: Place, fields: &'static [Field]) -> Row {
    Row {
        letter,
        name,
        place,
        fields,
    }
}

const SIGNATURE: Field = ("Ed25519 signature", Bytes(64));
const SCHEME: Field = ("scheme_id", Bytes(32));
const X: Field = ("X", Bytes(96));

const CARD: &[Field] = &[SCHEME, ("authority's key", Bytes(32))];

const REGISTRATION: &[Field] = &[
    X,
    ("X1", Bytes(48)),
    ("challenge", Bytes(16)),
    ("response", Bytes(32)),
];

const ACCREDITATION: &[Field] = &[
    SIGNATURE,
    SCHEME,
    X,
    ("Acc", Bytes(48)),
    ("a", Bytes(32)),
    ("epoch", Bytes(4)),
    ("laid down", Bytes(8)),
    ("passes a day", Bytes(4)),
    ("operators", Bytes(1)),
    ("large register", Bytes(4)),
    ("digest of operators", Bytes(32)),
];

const HANDLES: &[Field] = &[SIGNATURE, SCHEME, X, ("handles", Each(88))];

const COUNT: &[Field] = &[
    ("challenge", Bytes(16)),
    ("response", Bytes(32)),
    SCHEME,
    X,
    ("at", Bytes(8)),
    ("flags", Bytes(1)),
    ("free handles", Bytes(4)),
    ("lines and root of the log", Bytes(40)),
    ("days, operators, proofs", Rest(8)),
];

const BUNDLE: &[Field] = &[SIGNATURE, SCHEME, ("body", Rest(1))];

const HOLDER_BUNDLE: &[Field] = &[
    ("signed bundle", Long),
    ("signed manifest", Long),
    ("parts and buckets", Rest(4)),
];

const BUNDLE_PART: &[Field] = &[
    ("digest of the bundle", Bytes(32)),
    ("number", Bytes(1)),
    ("of", Bytes(1)),
    ("bytes of the bundle", Rest(1)),
];

const OFFER: &[Field] = &[
    SCHEME,
    X,
    ("nonce", Bytes(16)),
    ("expires", Bytes(8)),
    ("renewal", Bytes(2)),
    ("digest of attributes", Bytes(32)),
    ("H(draw)", Bytes(32)),
];

const REQUEST: &[Field] = &[
    ("H(offer)", Bytes(32)),
    ("C", Bytes(48)),
    ("challenge", Bytes(16)),
    ("one-time key", Bytes(32)),
    ("responses", Each(32)),
];

const RENEWAL_REQUEST: &[Field] = &[
    ("H(offer)", Bytes(32)),
    ("C", Bytes(48)),
    ("one-time key", Bytes(32)),
    ("proof", Rest(LEAST_PROOF)),
];

const DRAW: &[Field] = &[("H(offer)", Bytes(32)), ("draw", Bytes(16))];

const RESPONSE: &[Field] = &[
    ("draw", Bytes(16)),
    ("encapsulated key", Bytes(32)),
    ("ciphertext and tag", Rest(16)),
];

const QUESTION: &[Field] = &[
    ("tag of the scheme", Bytes(4)),
    ("mode", Bytes(1)),
    ("flags", Bytes(1)),
    ("policy", Bytes(2)),
    ("audience", Text(MAX_NAME_BYTES)),
    ("card", Inner(MAX_CARD)),
    ("parts of a challenge", Each(24)),
];

/// The longest card of a venue: 64 policies, and the longest name.
const MAX_CARD: usize = 2 + 64 + 32 + 16 + 2 + MAX_NAME_BYTES + 2 + 2 * 64 + 32 + 8;

const VENUE_REGISTRATION: &[Field] = &[
    SIGNATURE,
    SCHEME,
    ("venue's key", Bytes(32)),
    ("name", Text(MAX_NAME_BYTES)),
];

const VENUE_CARD: &[Field] = &[
    SIGNATURE,
    SCHEME,
    ("id", Bytes(16)),
    ("name", Text(MAX_NAME_BYTES)),
    ("policies, venue's key, end", Rest(44)),
];

const PASS: &[Field] = &[
    ("tag of the scheme", Bytes(4)),
    ("mode", Bytes(1)),
    ("tag of the policy", Bytes(4)),
    ("tag of the audience", Bytes(4)),
    ("epoch or period", Bytes(4)),
    ("day", Bytes(4)),
    ("tag of the nonce, or bucket", Bytes(4)),
    ("proof", Rest(LEAST_PROOF)),
];

/// Of what a role stores under encryption, and shows nobody.
const STORED: &[Field] = &[("contents", Rest(0))];

impl Artefact {
    /// All of them.
    pub const ALL: [Self; 29] = [
        Self::SchemeCard,
        Self::Registration,
        Self::Accreditation,
        Self::Handles,
        Self::Count,
        Self::Bundle,
        Self::HolderBundle,
        Self::Manifest,
        Self::BundlePart,
        Self::Offer,
        Self::Request,
        Self::RenewalRequest,
        Self::Draw,
        Self::Response,
        Self::Question,
        Self::Pass,
        Self::VenueRegistration,
        Self::VenueCard,
        Self::DateTable,
        Self::LogSegment,
        Self::CheckpointBucket,
        Self::SealedAccreditations,
        Self::Credential,
        Self::PendingRequest,
        Self::PendingRenewal,
        Self::PendingOffer,
        Self::Wallet,
        Self::RuleFile,
        Self::Approval,
    ];

    const fn row(self) -> Row {
        match self {
            Self::SchemeCard => row(b'S', "a scheme card", Between, CARD),
            Self::Registration => row(b'I', "an issuer's registration", Between, REGISTRATION),
            Self::Accreditation => row(b'a', "an accreditation", Between, ACCREDITATION),
            Self::Handles => row(b'h', "a file of handles", Between, HANDLES),
            Self::Count => row(b'c', "an issuer's count", Between, COUNT),
            Self::Bundle => row(b'B', "a verifiers' bundle", Between, BUNDLE),
            Self::HolderBundle => row(b'H', "a holders' bundle", Between, HOLDER_BUNDLE),
            Self::Manifest => row(b'M', "a manifest", Between, BUNDLE),
            Self::BundlePart => row(b'b', "a part of a verifiers' bundle", Between, BUNDLE_PART),
            Self::Offer => row(b'O', "an offer", Between, OFFER),
            Self::Request => row(b'q', "a request", Between, REQUEST),
            Self::RenewalRequest => row(b'n', "a renewal request", Between, RENEWAL_REQUEST),
            Self::Draw => row(b'd', "a draw", Between, DRAW),
            Self::Response => row(b'r', "a response", Between, RESPONSE),
            Self::Question => row(b'Q', "a question", Between, QUESTION),
            Self::Pass => row(b'P', "a pass", Between, PASS),
            Self::VenueRegistration => {
                row(b'v', "a venue's registration", Between, VENUE_REGISTRATION)
            }
            Self::VenueCard => row(b'V', "a venue's card", Between, VENUE_CARD),
            Self::DateTable => row(b'T', "a date table", Within, &[("entries", Each(48))]),
            Self::LogSegment => row(
                b'L',
                "a segment of the removal log",
                Within,
                &[("removals", Each(128))],
            ),
            Self::CheckpointBucket => row(
                b'K',
                "a bucket of a checkpoint",
                Within,
                &[
                    ("bits", Bytes(1)),
                    ("hashes of the path, then halves of entries", Each(32)),
                ],
            ),
            Self::SealedAccreditations => row(
                b'A',
                "a list of sealed accreditations",
                Within,
                &[("places", Each(100))],
            ),
            Self::Credential => row(b'C', "a credential", Within, STORED),
            Self::PendingRequest => row(b'p', "a pending request", Within, STORED),
            Self::PendingRenewal => row(b'N', "a pending renewal", Within, STORED),
            Self::PendingOffer => row(b'o', "a pending offer", Within, STORED),
            Self::Wallet => row(b'w', "a wallet", Within, STORED),
            Self::RuleFile => row(b'E', "a rule file", Signed, &[]),
            Self::Approval => row(b'R', "an operator's approval", Signed, &[]),
        }
    }

    /// The letter, the second byte of the artefact; of what is only signed, the byte that is hashed.
    #[must_use]
    pub const fn letter(self) -> u8 {
        self.row().letter
    }

    /// Its name with the article, for sentences.
    #[must_use]
    pub const fn name(self) -> &'static str {
        self.row().name
    }

    /// What the bytes say they are, if that is something that one role gives to another. Nothing is
    /// verified, not even the version.
    #[must_use]
    pub fn of(bytes: &[u8]) -> Option<Self> {
        let letter = bytes.get(1)?;
        let mut between = Self::ALL.into_iter().filter(|one| one.place() == Between);
        between.find(|one| one.letter() == *letter)
    }

    pub(crate) const fn place(self) -> Place {
        self.row().place
    }

    /// The parts behind version and letter. Those of a pass depend on what it answers.
    pub(crate) const fn fields(self) -> &'static [Field] {
        self.row().fields
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::collections::HashSet;

    #[test]
    fn the_document_has_this_table() {
        let document = include_str!("../docs/format.md");
        let rows: Vec<_> = (document.lines())
            .skip_while(|line| !line.starts_with("| kind |"))
            .skip(2)
            .take_while(|line| line.starts_with('|'))
            .collect();
        assert_eq!(rows.len(), Artefact::ALL.len());
        for (row, artefact) in rows.iter().zip(Artefact::ALL) {
            let parts: Vec<_> = (artefact.fields().iter())
                .map(|(name, length)| match length {
                    Bytes(length) => format!("{name} {length}"),
                    Text(_) => format!("{name} `text`"),
                    Inner(_) => format!("{name} `bytes`"),
                    Long => format!("{name} `long`"),
                    Each(length) => format!("{name} {length} each"),
                    Rest(_) => format!("{name} to the end"),
                })
                .collect();
            let parts = match parts.is_empty() {
                true => "–".to_owned(),
                false => parts.join(", "),
            };
            let letter = char::from(artefact.letter());
            let wanted = format!("| `{letter}` | {} | {parts} | ", artefact.name());
            assert!(row.starts_with(&wanted), "{row}\nshould be\n{wanted}");
        }
    }

    #[test]
    fn no_two_artefacts_can_be_taken_for_each_other() {
        // By the byte at their head, and by the byte that the same Ed25519 key signs.
        let heads = Artefact::ALL.into_iter().filter(|a| a.place() != Signed);
        let signed = |a: &Artefact| a.place() == Signed || a.fields().first() == Some(&SIGNATURE);
        for group in [
            heads.collect::<Vec<_>>(),
            Artefact::ALL.into_iter().filter(signed).collect(),
        ] {
            let letters: HashSet<_> = group.iter().map(|a| a.letter()).collect();
            assert_eq!(letters.len(), group.len(), "{group:?}");
        }
        assert_eq!(Artefact::ALL.into_iter().collect::<HashSet<_>>().len(), 29);
    }

    #[test]
    fn only_what_one_role_gives_to_another_is_found_by_its_head() {
        for artefact in Artefact::ALL {
            let found = Artefact::of(&[2, artefact.letter()]);
            let expected = (artefact.place() == Between).then_some(artefact);
            assert_eq!(found, expected);
        }
        for nothing in [&[][..], &[1], &[1, b'!'], b"hello"] {
            assert_eq!(Artefact::of(nothing), None);
        }
    }
}

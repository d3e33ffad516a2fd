//! The scheme: what everybody who takes part agrees on before anybody meets.
//!
//! [`Scheme`] is constant for its whole life and pinned by wallets; the keys that rotate are in a
//! numbered [`KeySet`] of the signed bundle; what a door asks is a named [`Policy`] in it.

mod bases;
mod bundle;
mod card;
mod count;
mod day;
mod epoch;
mod fingerprint;
mod grant;
mod holder_bundle;
mod holder_files;
mod keys;
mod manifest;
mod offsets;
mod parts;
mod policy;
#[cfg(test)]
mod refused;
mod renewal;
mod schema;
#[cfg_attr(not(feature = "internals"), expect(unreachable_pub))]
pub(crate) mod sealed;
mod signing;
#[cfg_attr(not(feature = "internals"), expect(unreachable_pub))]
pub(crate) mod table;
mod time;
mod trust;
mod venue;
mod venue_card;

#[cfg(feature = "internals")]
pub(crate) use bases::accreditation_p1;
pub(crate) use bases::{bases, hashed_point};
pub(crate) use bundle::are_distinct;
pub use bundle::{Bundle, BundleError, ClockError, UnverifiedBundle};
pub use card::SchemeCard;
pub use count::{CountedOperator, DayCount, IssuerCount, LogProof, UnsignedCount, UnverifiedCount};
pub use day::{Day, Zone};
pub use epoch::{Epoch, Standing, StripEpoch};
pub use grant::{HandlePool, Limits, SignedAccreditation};
pub(crate) use holder_bundle::OfKeySet;
pub use holder_bundle::{HolderBundle, UnverifiedHolderBundle};
pub(crate) use holder_files::KeySetFiles;
pub use holder_files::{Announced, HolderFiles, PartsError};
pub use keys::{
    Accreditation, AccreditationKey, IssuerId, IssuerKey, IssuerPublic, UnverifiedIssuer,
};
pub use manifest::{KeySetParts, Manifest, ManifestError, PartDigest, Segment, WantedPart};
pub(crate) use offsets::Offsets;
pub use policy::{Accepts, MinimumAge, Mode, Policy};
pub use renewal::{Anew, RenewalPolicy};
pub use schema::{Attribute, AttributeKind, Schema, SchemaError, SetBy, Value};
pub(crate) use schema::{HANDLE, SECRET};
pub(crate) use sealed::{SealedAccreditations, SealedUnder};
pub use signing::{BundleKey, BundleVerifyingKey};
pub(crate) use table::DEFAULT_TABLE;
pub use table::DateTable;
pub use time::UnixTime;
#[cfg(test)]
pub(crate) use time::at;
pub use trust::Trust;
pub use venue::{UnverifiedVenue, VenueId, VenueKey, VenuePublic};
pub use venue_card::{UnverifiedVenueCard, VenueCard, VenueError, VenueTerms};

use crate::codec::{DecodeError, Reader, Writer};
use crate::curve::{FixedBase, G1Affine, G1Projective, G2Affine, G2Prepared, HashSuite, Scalar};
use crate::registry::RegistryKey;
use crate::text::{self, is_short};
use crate::transcript::Transcript;

/// Whether a pass shows who issued it. One mode for a whole scheme: if only closed clinics hid,
/// hiding would name them.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum IssuerMode {
    /// Any accredited issuer; a pass does not tell which.
    Hidden,
    /// One issuer, known to everybody.
    Known(IssuerId),
}

/// Whose challenges and posters a scheme takes. One rule for a whole scheme, and for ever: a wallet that took a card's
/// absence for a mistake would be asked without one.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Venues {
    /// Anybody's, and of venues with a card; the wallet says which.
    Open,
    /// Those of venues with a card.
    Registered,
}

/// The constants of a scheme.
#[derive(Clone, Debug)]
pub struct Scheme {
    random: [u8; 32],
    name: String,
    schema: Schema,
    issuer_mode: IssuerMode,
    zone: Zone,
    venues: Venues,
    /// SHA-256 of all fields: what wallets pin.
    id: [u8; 32],
    domain: Scalar,
    known_issuer: Option<G2Prepared>,
}

impl Scheme {
    /// A scheme with a random identifier of 32 bytes (equation (11)).
    ///
    /// # Errors
    /// [`SchemaError`] if the name is no text of the format, or not of 1 to 64 characters.
    pub fn new(
        random: [u8; 32],
        name: String,
        schema: Schema,
        issuer_mode: IssuerMode,
        zone: Zone,
        venues: Venues,
    ) -> Result<Self, SchemaError> {
        if name.is_empty() || !is_short(&name) {
            return Err(SchemaError("a scheme's name has 1 to 64 characters"));
        }
        if text::check(&name).is_err() {
            return Err(SchemaError(
                "a scheme's name is no text of the format; type it again",
            ));
        }
        let known_issuer = match &issuer_mode {
            IssuerMode::Hidden => None,
            IssuerMode::Known(issuer) => Some(issuer.0.into()),
        };
        let mut scheme = Self {
            known_issuer,
            random,
            name,
            schema,
            issuer_mode,
            zone,
            venues,
            id: [0; 32],
            domain: Scalar::zero(),
        };
        let fields = scheme.write(Writer::default()).finish();
        scheme.id = Transcript::new("scheme").field(&fields).digest();
        scheme.domain = scheme.compute_domain(&fields);
        Ok(scheme)
    }

    fn compute_domain(&self, fields: &[u8]) -> Scalar {
        let bases = bases();
        let mut input: Vec<&[u8]> = vec![fields, bases.q1.encoding(), bases.h_s.encoding()];
        input.extend(self.generators().map(|h| h.encoding().as_slice()));
        HashSuite::XmdSha256.hash_to_scalar(&input, b"VEILPASS_V2_DOMAIN")
    }

    /// All constants, for a store.
    #[must_use]
    pub fn to_bytes(&self) -> Vec<u8> {
        self.write(Writer::default()).finish()
    }

    /// Reads what [`to_bytes`](Self::to_bytes) wrote.
    ///
    /// # Errors
    /// Anything but a canonical encoding.
    pub fn from_bytes(bytes: &[u8]) -> Result<Self, DecodeError> {
        let mut reader = Reader::new("scheme", bytes);
        let scheme = Self::read(&mut reader)?;
        reader.finish()?;
        Ok(scheme)
    }

    /// The identifier that wallets pin.
    #[must_use]
    pub fn id(&self) -> &[u8; 32] {
        &self.id
    }

    /// What people call it.
    #[must_use]
    pub fn name(&self) -> &str {
        &self.name
    }

    /// What its credentials say.
    #[must_use]
    pub fn schema(&self) -> &Schema {
        &self.schema
    }

    /// Whether it hides issuers.
    #[must_use]
    pub fn issuer_mode(&self) -> &IssuerMode {
        &self.issuer_mode
    }

    /// Where its days begin.
    #[must_use]
    pub fn zone(&self) -> &Zone {
        &self.zone
    }

    /// Whose questions it takes.
    #[must_use]
    pub fn venues(&self) -> Venues {
        self.venues
    }

    pub(crate) fn domain(&self) -> &Scalar {
        &self.domain
    }

    /// X with its lines, in a scheme with one known issuer.
    pub(crate) fn known_issuer(&self) -> Option<&G2Prepared> {
        self.known_issuer.as_ref()
    }

    /// H_0, H_1, … for the attributes of the schema.
    pub(crate) fn generators(&self) -> impl Iterator<Item = &'static FixedBase> {
        let count = self.schema.attributes().len();
        bases().h.iter().map(AsRef::as_ref).take(count)
    }

    /// P1 + domain·Q1, the part of B that all credentials share. Public.
    pub(crate) fn base_of_b(&self) -> G1Projective {
        bases().q1.point() * self.domain + bases().p1.point()
    }

    pub(crate) fn write(&self, writer: Writer) -> Writer {
        let writer = writer.raw(&self.random).bytes(self.name.as_bytes());
        let writer = self.schema.write(writer);
        let writer = match &self.issuer_mode {
            IssuerMode::Hidden => writer.u8(0),
            IssuerMode::Known(issuer) => writer.u8(1).g2(&issuer.0),
        };
        writer
            .bytes(self.zone.name().as_bytes())
            .u8(u8::from(self.venues == Venues::Registered))
    }

    pub(crate) fn read(reader: &mut Reader<'_>) -> Result<Self, DecodeError> {
        let random = reader.array()?;
        let name = reader.text()?;
        let schema = Schema::read(reader)?;
        let issuer_mode = match reader.u8()? {
            0 => IssuerMode::Hidden,
            1 => IssuerMode::Known(IssuerId(reader.g2()?)),
            _ => return Err(reader.value_error("an unknown issuer mode")),
        };
        let zone = Zone::of_scheme(&reader.text()?);
        let venues = match reader.u8()? {
            0 => Venues::Open,
            1 => Venues::Registered,
            _ => return Err(reader.value_error("an unknown rule on venues")),
        };
        Self::new(random, name, schema, issuer_mode, zone, venues)
            .map_err(|SchemaError(why)| reader.value_error(why))
    }
}

/// The keys that rotate together: accreditation Γ, date table X_t with its length u, accumulator Q.
/// Its digest is in every question.
#[derive(Clone, Debug)]
pub struct KeySet {
    /// Rises with every rotation.
    pub(crate) number: u32,
    /// Γ = γ·g2.
    pub(crate) accreditation: G2Affine,
    /// X_t = x_t·g2.
    pub(crate) date: G2Affine,
    /// u: dates reach u − 1 days ahead.
    pub(crate) table: u16,
    /// Q = α·g2.
    pub(crate) registry: G2Affine,
    prepared: PreparedKeys,
    digest: [u8; 32],
}

/// The keys with their pairing lines.
#[derive(Clone, Debug)]
pub(crate) struct PreparedKeys {
    /// P1' of the scheme.
    pub(crate) accreditation_p1: G1Affine,
    pub(crate) accreditation: G2Prepared,
    pub(crate) date: G2Prepared,
    pub(crate) registry: G2Prepared,
}

impl KeySet {
    /// A key set of `scheme`.
    pub(crate) fn new(
        scheme: &Scheme,
        number: u32,
        accreditation: G2Affine,
        date: G2Affine,
        table: u16,
        registry: G2Affine,
    ) -> Self {
        let mut set = Self {
            number,
            accreditation,
            date,
            table,
            registry,
            prepared: PreparedKeys {
                accreditation_p1: bases::accreditation_p1(scheme.id()),
                accreditation: accreditation.into(),
                date: date.into(),
                registry: registry.into(),
            },
            digest: [0; 32],
        };
        let fields = set.write(Writer::default()).finish();
        let v0 = Self::first_accumulator(scheme, number);
        set.digest = Transcript::new("key set")
            .field(scheme.id())
            .field(&fields)
            .g1(&v0)
            .digest();
        set
    }

    /// V_0, the accumulator before any removal: hashed, so that nobody knows its logarithm.
    pub(crate) fn first_accumulator(scheme: &Scheme, number: u32) -> G1Affine {
        let message = Writer::default().raw(scheme.id()).u32(number).finish();
        hashed_point("ACCUMULATOR", &message)
    }

    /// All keys, for a store.
    #[must_use]
    pub fn to_bytes(&self) -> Vec<u8> {
        self.write(Writer::default()).finish()
    }

    /// Reads what [`to_bytes`](Self::to_bytes) wrote, for the same scheme.
    ///
    /// # Errors
    /// Anything but a canonical encoding.
    pub fn from_bytes(scheme: &Scheme, bytes: &[u8]) -> Result<Self, DecodeError> {
        let mut reader = Reader::new("key set", bytes);
        let keys = Self::read(scheme, &mut reader)?;
        reader.finish()?;
        Ok(keys)
    }

    /// The key set's number, which rises with every rotation.
    #[must_use]
    pub fn number(&self) -> u32 {
        self.number
    }

    /// u, the length of the date table: dates reach u − 1 days ahead.
    #[must_use]
    pub fn table(&self) -> u16 {
        self.table
    }

    /// Whether this is the accreditation key of the set.
    #[must_use]
    pub fn has_accreditation_key(&self, key: &AccreditationKey) -> bool {
        self.accreditation == *key.public()
    }

    /// Whether this is the registry key of the set.
    #[must_use]
    pub fn has_registry_key(&self, key: &RegistryKey) -> bool {
        self.registry == *key.public()
    }

    /// What names this key set in questions.
    #[must_use]
    pub fn digest(&self) -> &[u8; 32] {
        &self.digest
    }

    pub(crate) fn prepared(&self) -> &PreparedKeys {
        &self.prepared
    }

    pub(crate) fn write(&self, writer: Writer) -> Writer {
        writer
            .u32(self.number)
            .g2(&self.accreditation)
            .g2(&self.date)
            .u16(self.table)
            .g2(&self.registry)
    }

    pub(crate) fn read(scheme: &Scheme, reader: &mut Reader<'_>) -> Result<Self, DecodeError> {
        let number = reader.u32()?;
        let (accreditation, date) = (reader.g2()?, reader.g2()?);
        let table = reader.u16()?;
        if table < 2 {
            return Err(reader.value_error("a date table has at least two entries"));
        }
        let registry = reader.g2()?;
        Ok(Self::new(
            scheme,
            number,
            accreditation,
            date,
            table,
            registry,
        ))
    }
}

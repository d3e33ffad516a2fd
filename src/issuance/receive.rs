//! Receiving: the holder opens the response and stores nothing before everything in it is checked.
//! A check left out would let an issuer tag holders by what fails later.

use super::draw::{committed, issuance};
use super::issue::Response;
use super::offer::{Offer, digest};
use super::request::PendingRequest;
use super::seal::OneTimeKey;
use crate::codec::{DecodeError, Reader};
use crate::credential::{Credential, SyncError, UnverifiedCredential};
use crate::curve::{G1Affine, Scalar};
use crate::error::Error;
use crate::registry::Witness;
use crate::scheme::{
    Accreditation, ClockError, Day, HolderBundle, IssuerMode, IssuerPublic, Scheme, SetBy,
    UnixTime, Value,
};
use crate::secret::Secret;
use zeroize::Zeroizing;

/// Why a response was not accepted.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum ReceiveError {
    /// It cannot be opened, or what is in it does not verify. There is deliberately no detail.
    #[error("the response is not a valid answer to this request; ask the issuer to show it again")]
    Invalid,
    /// A date reaches further ahead than the scheme can show.
    #[error("the pass would end too far ahead for this scheme; ask the issuer for an earlier date")]
    TooFarAhead,
    /// A new date past the limit of the renewal.
    #[error(
        "the new dates reach further ahead than the authority lets this renewal; ask the issuer for earlier ones"
    )]
    PastLimit,
    /// The pass lasts longer from its first day on than the scheme can show.
    #[error(
        "the pass would begin too long before its end, or after it; ask the issuer for other dates"
    )]
    TooLong,
    /// The accreditation in the response is not under the keys in force.
    #[error(
        "the issuer's accreditation is not the current one; it must import the newest and sign again"
    )]
    OldAccreditation,
    /// A text that doors see has letters that could be taken for others: it could mark this holder.
    #[error(
        "{0} in the response has letters that look like others, by which doors could recognise you; ask the issuer to \
         write it in plain capitals and sign again"
    )]
    Hint(String),
    /// A birth date in the future or beyond the table.
    #[error("the birth date in the response cannot be right; ask the issuer to correct it")]
    NoBirthDate,
    /// The bundle cannot be relied on now.
    #[error(transparent)]
    Clock(#[from] ClockError),
    /// Witness or accreditation do not fit the bundle at hand.
    #[error(transparent)]
    Sync(#[from] SyncError),
}

/// What is in the envelope.
struct Envelope {
    values: Zeroizing<Vec<Value>>,
    salt: [u8; 32],
    k: Secret<Scalar>,
    witness: Witness,
    issued: Issued,
}

/// What an envelope has of the signature and of who signed: A and e, at its end X1 and the accreditation.
pub(super) struct Issued {
    pub(super) a: G1Affine,
    pub(super) e: Scalar,
    pub(super) x1: G1Affine,
    accreditation: Option<Accreditation>,
}

impl Issued {
    /// Reads the end of an envelope.
    pub(super) fn read(
        a: G1Affine,
        e: Scalar,
        mut reader: Reader<'_>,
    ) -> Result<Self, DecodeError> {
        let issued = Self {
            a,
            e,
            x1: reader.g1()?,
            accreditation: match reader.u8()? {
                0 => None,
                1 => Some(Accreditation::read(&mut reader)?),
                _ => return Err(reader.value_error("a flag is neither 0 nor 1")),
            },
        };
        reader.finish()?;
        Ok(issued)
    }

    /// The credential of these parts, if signature, accreditation and witness hold by the bundle.
    pub(super) fn into_credential(
        self,
        holder: &HolderBundle,
        parts: UnverifiedCredential,
    ) -> Result<Credential, ReceiveError> {
        let scheme = &holder.bundle.scheme;
        let mut credential = Credential::new(scheme, parts).map_err(invalid)?;
        if self.accreditation.is_some() != (*scheme.issuer_mode() == IssuerMode::Hidden) {
            return Err(ReceiveError::Invalid);
        }
        // What the issuer sent must be good in itself, not only what the sync puts in its place.
        if let Some(accreditation) = self.accreditation {
            (holder
                .bundle
                .verify_accreditation(&accreditation, &credential.issuer))
            .map_err(|_| ReceiveError::OldAccreditation)?;
            let key_sets = holder.bundle.key_sets.iter();
            let for_each = key_sets.map(|keys| (keys.number, accreditation));
            credential.accreditations = for_each.collect();
        }
        credential.sync_vartime(holder)?;
        Ok(credential)
    }
}

/// What is in an envelope, if it answers this request with the draw of its offer.
pub(super) fn open(
    offer: &Offer,
    request: &[u8],
    key: &OneTimeKey,
    response: &Response,
) -> Result<Zeroizing<Vec<u8>>, Error> {
    if committed(&response.draw) != offer.draw {
        return Err(Error::Invalid);
    }
    key.open(&response.sealed, &issuance(offer, request, &response.draw))
}

impl Envelope {
    fn read(scheme: &Scheme, plain: &[u8]) -> Result<Self, DecodeError> {
        let mut reader = Reader::new("response", plain);
        let values = (scheme.schema().set_by(SetBy::Issuer))
            .map(|(_, attribute)| Value::read(attribute.kind, &mut reader))
            .collect::<Result<_, _>>()?;
        let (values, salt) = (Zeroizing::new(values), reader.array()?);
        let k = Secret::new(reader.scalar()?);
        let (a, e) = (reader.g1()?, reader.nonzero_scalar()?);
        let witness = Witness::read(&mut reader)?;
        Ok(Self {
            values,
            salt,
            k,
            witness,
            issued: Issued::read(a, e, reader)?,
        })
    }
}

impl PendingRequest {
    /// Whether the response is sealed to this request; what is in it is not looked at.
    #[must_use]
    pub fn opens(&self, response: &Response) -> bool {
        self.plain(response).is_ok()
    }

    /// What is in the envelope, if it answers this request with the draw of its offer.
    fn plain(&self, response: &Response) -> Result<Zeroizing<Vec<u8>>, Error> {
        open(&self.offer, &self.request.to_bytes(), &self.key, response)
    }

    /// Step 4: opens and checks the response at `now`, against a verified bundle. Consumes
    /// the request's secrets: they answer one request only. Keep
    /// [`expose_bytes`](Self::expose_bytes) until this has succeeded: a clock or a bundle can be mended, and
    /// the same response then received. Variable-time in the handle, on the
    /// holder's own machine.
    ///
    /// # Errors
    /// [`ReceiveError`].
    pub fn receive(
        self,
        holder: &HolderBundle,
        response: &Response,
        now: UnixTime,
    ) -> Result<Credential, ReceiveError> {
        let scheme = &holder.bundle.scheme;
        if self.offer.scheme_id != *scheme.id() {
            return Err(ReceiveError::Invalid);
        }
        holder.bundle.check_clock(now)?;
        let plain = self.plain(response).map_err(invalid)?;
        let opened = Envelope::read(scheme, &plain).map_err(|_| ReceiveError::Invalid)?;
        if digest(&opened.values, &opened.salt) != self.offer.digest {
            return Err(ReceiveError::Invalid);
        }
        check_values(holder, &opened.values, now)?;
        let [s, m] = self.secrets.expose();
        let secret = Secret::new(m + opened.k.expose());
        let parts = UnverifiedCredential {
            issuer: IssuerPublic {
                x: self.offer.issuer,
                x1: opened.issued.x1,
            },
            a: opened.issued.a,
            e: opened.issued.e,
            s: Secret::new(*s),
            raw: Secret::new([*secret.expose(), *opened.witness.handle()]),
            values: merge(scheme, &self.values, &opened.values),
            accreditations: Vec::new(),
            witnesses: vec![opened.witness],
            bundle: 0,
        };
        opened.issued.into_credential(holder, parts)
    }
}

/// What an issuer set, in the order of the schema, must be what doors can take from anybody.
pub(super) fn check_values(
    holder: &HolderBundle,
    values: &[Value],
    now: UnixTime,
) -> Result<(), ReceiveError> {
    check_hints(&holder.bundle.scheme, values)?;
    check_dates(holder, values, now)
}

/// Every date that some policy compares must be within the tables' reach, or the pass could not be
/// shown, and whoever cannot show it stands out: less than u days ahead for an end, less than u days
/// from the first day to the end, in the past and less than u² − 2·u days ago for a birth.
fn check_dates(holder: &HolderBundle, values: &[Value], now: UnixTime) -> Result<(), ReceiveError> {
    let scheme = &holder.bundle.scheme;
    let today = (holder.bundle.day_of(now)).ok_or(ReceiveError::Invalid)?;
    let limit = today
        .plus(i32::from(holder.bundle.table()))
        .ok_or(ReceiveError::Invalid)?;
    let compared = |index: usize| {
        let mut policies = holder.bundle.policies.iter();
        policies.any(|policy| usize::from(policy.until) == index)
    };
    let is_birth = |index: usize| {
        let mut ages = (holder.bundle.policies.iter()).filter_map(|policy| policy.minimum_age);
        ages.any(|age| usize::from(age.attribute) == index)
    };
    let table = i64::from(holder.bundle.table());
    let own = scheme.schema().set_by(SetBy::Issuer).zip(values);
    for ((index, _), value) in own {
        let Value::Date(day) = value else { continue };
        let age = i64::from(today.0) - i64::from(day.0);
        if compared(index) && *day >= limit {
            return Err(ReceiveError::TooFarAhead);
        }
        if is_birth(index) && !(0..table * (table - 2)).contains(&age) {
            return Err(ReceiveError::NoBirthDate);
        }
    }
    check_lengths(holder, values)
}

/// What doors get to see of the issuer's texts has no letter that could be taken for another.
fn check_hints(scheme: &Scheme, values: &[Value]) -> Result<(), ReceiveError> {
    let mut own = scheme.schema().set_by(SetBy::Issuer).zip(values);
    match own.find(|((_, attribute), value)| !attribute.admits(value)) {
        Some(((_, attribute), _)) => Err(ReceiveError::Hint(attribute.name.clone())),
        None => Ok(()),
    }
}

/// From its first day to its end a pass lasts less than u days; whoever never meets a policy (an end on
/// [`Day::NEVER`]) has no length there.
fn check_lengths(holder: &HolderBundle, values: &[Value]) -> Result<(), ReceiveError> {
    let schema = holder.bundle.scheme.schema();
    let day = |wanted: u8| {
        let own = schema.set_by(SetBy::Issuer).zip(values);
        let mut found = own.filter(|((index, _), _)| *index == usize::from(wanted));
        match found.next() {
            Some((_, Value::Date(day))) => Some(*day),
            _ => None,
        }
    };
    for policy in &holder.bundle.policies {
        let (Some(from), Some(until)) = (policy.from.and_then(day), day(policy.until)) else {
            continue;
        };
        let length = i64::from(until.0) - i64::from(from.0);
        if until != Day::NEVER && !(0..i64::from(holder.bundle.table())).contains(&length) {
            return Err(ReceiveError::TooLong);
        }
    }
    Ok(())
}

/// The holder's and the issuer's attributes in the order of the schema.
fn merge(scheme: &Scheme, holder: &[Value], issuer: &[Value]) -> Vec<Value> {
    let (mut holder, mut issuer) = (holder.iter(), issuer.iter());
    (scheme.schema().attributes().iter().skip(2))
        .filter_map(|attribute| match attribute.set_by {
            SetBy::Holder => holder.next(),
            SetBy::Issuer => issuer.next(),
        })
        .cloned()
        .collect()
}

fn invalid(_: Error) -> ReceiveError {
    ReceiveError::Invalid
}

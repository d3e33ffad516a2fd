//! What a holder keeps: a signature by an issuer on its attributes, the issuer's accreditation, and
//! the witness that it is not revoked.

use std::cmp::Ordering;

use crate::artefact::Artefact;
use crate::codec::{DecodeError, Reader, Writer};
use crate::curve::{Curve, G1Affine, Scalar, msm, signed_pairing};
use crate::error::Error;
use crate::registry::{Witness, WitnessError};
use crate::scheme::{
    Accreditation, HANDLE, HolderBundle, IssuerMode, IssuerPublic, Scheme, Value, bases,
};
use crate::secret::Secret;
use zeroize::{Zeroize, Zeroizing};

/// A verified credential. It has no Debug and no Clone; its bytes are for an encrypted wallet.
pub struct Credential {
    pub(crate) issuer: IssuerPublic,
    pub(crate) a: Secret<G1Affine>,
    pub(crate) e: Secret<Scalar>,
    /// s, the blinding of issuance.
    pub(crate) s: Secret<Scalar>,
    /// B.
    pub(crate) b: Secret<G1Affine>,
    /// All attributes as scalars, in the order of the schema.
    pub(crate) scalars: Secret<Vec<Scalar>>,
    /// Dates and texts by value, for showing; `None` for secret and handle.
    pub(crate) values: Vec<Option<Value>>,
    pub(crate) accreditation: Option<Accreditation>,
    pub(crate) witness: Witness,
}

impl Drop for Credential {
    // Everything else wipes itself. Whose pass it was is what showing it hides.
    fn drop(&mut self) {
        self.values.zeroize();
        self.issuer.x.zeroize();
        self.issuer.x1.zeroize();
        if let Some(accreditation) = &mut self.accreditation {
            accreditation.point.zeroize();
            accreditation.exponent.zeroize();
        }
    }
}

/// The parts of a credential before anything is verified.
pub(crate) struct UnverifiedCredential {
    pub(crate) issuer: IssuerPublic,
    pub(crate) a: G1Affine,
    pub(crate) e: Scalar,
    pub(crate) s: Secret<Scalar>,
    /// The pseudonym secret and the handle.
    pub(crate) raw: Secret<[Scalar; 2]>,
    /// The other attributes.
    pub(crate) values: Vec<Value>,
    pub(crate) accreditation: Option<Accreditation>,
    pub(crate) witness: Witness,
}

/// B = P1 + domain·Q1 + s·H_s + Σ m_j·H_j (18). Constant-time.
pub(crate) fn point_b(scheme: &Scheme, s: &Scalar, scalars: &[Scalar]) -> G1Affine {
    let blinding = [(bases().h_s.as_ref().into(), *s)];
    let attributes = scheme
        .generators()
        .zip(scalars)
        .map(|(h, m)| (h.into(), *m));
    let hidden = msm(blinding.into_iter().chain(attributes));
    (scheme.base_of_b() + hidden).to_affine()
}

impl Credential {
    /// Checks the issuer's signature and that X1 belongs to X; the accreditation and the witness are
    /// checked against a bundle by [`check`](Self::check). Constant-time.
    pub(crate) fn new(scheme: &Scheme, parts: UnverifiedCredential) -> Result<Self, Error> {
        let schema = scheme.schema().attributes();
        let kinds = schema.iter().skip(2).map(|attribute| attribute.kind);
        if !kinds.eq(parts.values.iter().map(Value::kind)) {
            return Err(Error::Invalid);
        }
        let raw = parts.raw.expose().iter().copied();
        let scalars = raw.chain(parts.values.iter().map(Value::to_scalar));
        let scalars = Secret::gather(schema.len(), scalars);
        let b = Secret::new(point_b(scheme, parts.s.expose(), scalars.expose()));
        let key = parts.issuer.x.into();
        let signed = signed_pairing(&parts.a, &key, &parts.e, &(*b.expose()).into());
        let linked = parts.issuer.is_linked();
        let known = match scheme.issuer_mode() {
            IssuerMode::Hidden => true,
            IssuerMode::Known(issuer) => *issuer == parts.issuer.id(),
        };
        if !(signed && linked && known) {
            return Err(Error::Invalid);
        }
        let values = [None, None].into_iter();
        Ok(Self {
            issuer: parts.issuer,
            a: Secret::new(parts.a),
            e: Secret::new(parts.e),
            s: parts.s,
            b,
            scalars,
            values: values.chain(parts.values.into_iter().map(Some)).collect(),
            accreditation: parts.accreditation,
            witness: parts.witness,
        })
    }

    /// Checks accreditation and witness against a verified bundle: whatever came from an issuer or
    /// the network is checked here, or an issuer could tag holders by what fails later.
    pub(crate) fn check(&self, holder: &HolderBundle, accumulator: &G1Affine) -> Result<(), Error> {
        let keys = holder.bundle.keys.prepared();
        match (&self.accreditation, holder.bundle.scheme.issuer_mode()) {
            (Some(accreditation), IssuerMode::Hidden) => {
                accreditation.verify(keys, &self.issuer)?;
            }
            (None, IssuerMode::Known(_)) => {}
            _ => return Err(Error::Invalid),
        }
        if self.witness.holds(&keys.registry, accumulator) {
            Ok(())
        } else {
            Err(Error::Invalid)
        }
    }

    /// Brings the credential up to date with a newer bundle: the accreditation of the epoch in force
    /// and the witness at the newest accumulator, both checked. What this does over no network at
    /// all depends on no secret. Variable-time in the handle, on the holder's own machine.
    ///
    /// # Errors
    /// [`SyncError`]; the credential is then unchanged.
    pub fn sync_vartime(&mut self, holder: &HolderBundle) -> Result<(), SyncError> {
        let current = self.synced_vartime(holder)?;
        (self.accreditation, self.witness) = current;
        Ok(())
    }

    /// Whether [`sync_vartime`](Self::sync_vartime) with this bundle would succeed: a holder is told why a pass cannot be
    /// shown any more, also long after the bundle came.
    ///
    /// # Errors
    /// [`SyncError`].
    pub fn stands_vartime(&self, holder: &HolderBundle) -> Result<(), SyncError> {
        self.synced_vartime(holder).map(|_| ())
    }

    /// Accreditation and witness by this bundle.
    fn synced_vartime(
        &self,
        holder: &HolderBundle,
    ) -> Result<(Option<Accreditation>, Witness), SyncError> {
        let bundle = &holder.bundle;
        let newest = bundle.epochs.last().ok_or(SyncError::NoEpoch)?;
        let witness = self.witness_under(holder)?;
        let witness = (witness.as_ref().unwrap_or(&self.witness))
            .at_vartime(&holder.removals, newest.removals)?;
        if !witness.holds(&bundle.keys.prepared().registry, &newest.accumulator) {
            return Err(SyncError::Mismatch);
        }
        let epoch = bundle.accreditation_epoch;
        let keys = bundle.keys.prepared();
        // Kept only if it is for this epoch *and* under the key of this bundle.
        let current = self
            .accreditation
            .filter(|acc| acc.epoch() == epoch && acc.verify(keys, &self.issuer).is_ok());
        let list = &holder.accreditations;
        let renewed = match (bundle.scheme.issuer_mode(), current) {
            (IssuerMode::Known(_), _) => None,
            (IssuerMode::Hidden, Some(current)) => Some(current),
            (IssuerMode::Hidden, None) => Some(
                list.open(&bundle.scheme, bundle.sealed_under(), &self.issuer, epoch)
                    .ok_or(SyncError::NotAccredited)?,
            ),
        };
        Ok((renewed, witness))
    }

    /// The witness with which the bundle's key set began, if the credential's own is of an older one.
    fn witness_under(&self, holder: &HolderBundle) -> Result<Option<Witness>, SyncError> {
        let key_set = holder.bundle.keys.number;
        match self.witness.key_set().cmp(&key_set) {
            Ordering::Equal => Ok(None),
            Ordering::Greater => Err(SyncError::OlderKeys),
            // The list has every handle that stood.
            Ordering::Less => (holder.reissued.find(self.handle(), key_set))
                .map(Some)
                .ok_or(SyncError::Witness(WitnessError::Revoked)),
        }
    }

    /// The value of the attribute called `name`, for showing to its holder.
    #[must_use]
    pub fn value(&self, scheme: &Scheme, name: &str) -> Option<&Value> {
        let index = scheme.schema().index_of(name)?;
        self.values.get(index)?.as_ref()
    }

    pub(crate) fn handle(&self) -> &Scalar {
        // The constructor made sure of the length.
        self.scalars.expose().get(HANDLE).unwrap_or(&ZERO)
    }

    /// All of it, for an encrypted wallet.
    #[must_use]
    pub fn expose_bytes(&self) -> Zeroizing<Vec<u8>> {
        let secret = self.scalars.expose().first().unwrap_or(&ZERO);
        let writer = Writer::artefact(Artefact::Credential)
            .g2(&self.issuer.x)
            .g1(&self.issuer.x1)
            .g1(self.a.expose())
            .scalar(self.e.expose())
            .scalar(self.s.expose())
            .scalar(secret);
        let values: Vec<_> = self.values.iter().flatten().collect();
        let writer = values
            .iter()
            .fold(writer, |writer, value| value.write(writer));
        let writer = match &self.accreditation {
            Some(accreditation) => accreditation.write(writer.u8(1)),
            None => writer.u8(0),
        };
        Zeroizing::new(self.witness.write(writer).finish())
    }

    /// Reads what [`expose_bytes`](Self::expose_bytes) wrote and verifies the signature again.
    ///
    /// # Errors
    /// [`Error::Decode`] for anything but such bytes, [`Error::Invalid`] if it does not verify.
    pub fn from_bytes(scheme: &Scheme, bytes: &[u8]) -> Result<Self, Error> {
        let mut reader = Reader::new("credential", bytes);
        let parts = Self::read(scheme, &mut reader)?;
        reader.finish()?;
        Self::new(scheme, parts)
    }

    fn read(scheme: &Scheme, reader: &mut Reader<'_>) -> Result<UnverifiedCredential, DecodeError> {
        reader.header(Artefact::Credential)?;
        let issuer = IssuerPublic {
            x: reader.g2()?,
            x1: reader.g1()?,
        };
        let (a, e) = (reader.g1()?, reader.nonzero_scalar()?);
        let s = Secret::new(reader.scalar()?);
        let secret = Secret::new(reader.scalar()?);
        let own = scheme.schema().attributes().iter().skip(2);
        let values = own
            .map(|attribute| attribute.read_value(reader))
            .collect::<Result<_, _>>()?;
        let accreditation = match reader.u8()? {
            0 => None,
            1 => Some(Accreditation::read(reader)?),
            _ => return Err(reader.value_error("a flag is neither 0 nor 1")),
        };
        let witness = Witness::read(reader)?;
        Ok(UnverifiedCredential {
            raw: Secret::new([*secret.expose(), *witness.handle()]),
            issuer,
            a,
            e,
            s,
            values,
            accreditation,
            witness,
        })
    }
}

static ZERO: Scalar = Scalar::zero();

/// Why a credential could not be brought up to date.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum SyncError {
    /// The handle was removed, or the log is too short or damaged.
    #[error(transparent)]
    Witness(#[from] WitnessError),
    /// The bundle has no registry epoch.
    #[error("the bundle has no registry epoch; get another")]
    NoEpoch,
    /// The witness does not lead to the bundle's accumulator: a wrong log, or a witness that was never
    /// good.
    #[error("this pass does not fit the bundle's registry; get the newest bundle, else a new pass")]
    Mismatch,
    /// The bundle's key set is older than the credential's.
    #[error("this bundle has older keys than the pass; get the newest bundle")]
    OlderKeys,
    /// The issuer has no accreditation for the epoch in force.
    #[error("the issuer of this pass is no longer accredited; ask for a pass elsewhere")]
    NotAccredited,
}

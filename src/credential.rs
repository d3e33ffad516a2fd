//! What a holder keeps: a signature by an issuer on its attributes, the issuer's accreditations, and
//! the witnesses that it is not revoked, for each epoch of the newest bundle.

use crate::artefact::Artefact;
use crate::codec::{DecodeError, Reader, Writer};
use crate::curve::{Curve, G1Affine, Scalar, msm, signed_pairing};
use crate::error::Error;
use crate::registry::{BucketName, CheckpointError, Witness, WitnessError};
use crate::scheme::{
    Accreditation, Bundle, HANDLE, HolderBundle, IssuerMode, IssuerPublic, OfKeySet, SECRET,
    Scheme, Standing, Value, bases,
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
    /// For key sets and epochs of the newest bundle, rising; none under a known issuer.
    pub(crate) accreditations: Vec<(u32, Accreditation)>,
    /// At the places of the logs that the epochs of the newest bundle have, rising. None once the handle is removed:
    /// then it answers nothing ever again.
    pub(crate) witnesses: Vec<Witness>,
    /// The number of the bundle that these are for; 0 before the first.
    pub(crate) bundle: u32,
}

impl Drop for Credential {
    // Everything else wipes itself. Whose pass it was is what showing it hides.
    fn drop(&mut self) {
        self.values.zeroize();
        self.issuer.x.zeroize();
        self.issuer.x1.zeroize();
        wipe(&mut self.accreditations);
    }
}

/// Wipes accreditations: they tell the issuer.
fn wipe(accreditations: &mut [(u32, Accreditation)]) {
    for (_, accreditation) in accreditations {
        accreditation.point.zeroize();
        accreditation.exponent.zeroize();
    }
}

/// Whether the witness is for the key set and the removals of an epoch.
fn is_for(witness: &Witness, standing: &Standing) -> bool {
    (witness.key_set(), witness.removals()) == (standing.key_set, standing.removals)
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
    pub(crate) accreditations: Vec<(u32, Accreditation)>,
    pub(crate) witnesses: Vec<Witness>,
    pub(crate) bundle: u32,
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

/// The accreditation for an epoch.
fn accreditation_in<'a>(
    all: &'a [(u32, Accreditation)],
    standing: &Standing,
) -> Option<&'a Accreditation> {
    let (_, found) = all.iter().find(|(key_set, accreditation)| {
        *key_set == standing.key_set && accreditation.epoch() == standing.accreditation_epoch
    })?;
    Some(found)
}

/// Where the issuer is hidden, it has an accreditation for this epoch.
fn check_accredited(
    bundle: &Bundle,
    all: &[(u32, Accreditation)],
    standing: &Standing,
) -> Result<(), SyncError> {
    let hidden = *bundle.scheme.issuer_mode() == IssuerMode::Hidden;
    match hidden && accreditation_in(all, standing).is_none() {
        true => Err(SyncError::NotAccredited),
        false => Ok(()),
    }
}

impl Credential {
    /// Checks the issuer's signature and that X1 belongs to X; accreditations and witnesses are
    /// checked against a bundle by [`sync_vartime`](Self::sync_vartime). Constant-time.
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
            accreditations: parts.accreditations,
            witnesses: parts.witnesses,
            bundle: parts.bundle,
        })
    }

    /// Brings the credential up to date with a newer bundle: for each of its epochs, also those that have not begun,
    /// the accreditation and the witness, all checked: whatever came from an issuer or the network is checked here,
    /// or an issuer could tag holders by what fails later. So nothing is left to be made while a door waits. What this
    /// does over no network at all depends on no secret. Variable-time in the handle, on the holder's own machine.
    ///
    /// # Errors
    /// [`SyncError`]; the credential is then unchanged, but for two cases. Whoever is removed in any epoch of the bundle
    /// answers nothing from now on. With [`SyncError::NotAccredited`] it serves until the newest epoch begins.
    pub fn sync_vartime(&mut self, holder: &HolderBundle) -> Result<(), SyncError> {
        let bundle = &holder.bundle;
        if self.bundle > bundle.version {
            return Err(SyncError::OlderBundle);
        }
        let witnesses = match self.witnesses_vartime(holder) {
            Err(SyncError::Witness(WitnessError::Revoked)) => {
                self.witnesses.clear();
                self.bundle = bundle.version;
                return Err(WitnessError::Revoked.into());
            }
            made => made?,
        };
        let newest = bundle.epochs.last().ok_or(SyncError::NoEpoch)?;
        let accreditations = self.accreditations_in(holder);
        wipe(&mut self.accreditations);
        self.accreditations = accreditations;
        self.witnesses = witnesses;
        self.bundle = bundle.version;
        check_accredited(bundle, &self.accreditations, &newest.standing)
    }

    /// Whether [`sync_vartime`](Self::sync_vartime) with this bundle would succeed: a holder is told why a pass cannot be
    /// shown any more, also long after the bundle came.
    ///
    /// # Errors
    /// [`SyncError`].
    pub fn stands_vartime(&self, holder: &HolderBundle) -> Result<(), SyncError> {
        let bundle = &holder.bundle;
        if self.bundle > bundle.version {
            return Err(SyncError::OlderBundle);
        }
        self.witnesses_vartime(holder)?;
        let newest = bundle.epochs.last().ok_or(SyncError::NoEpoch)?;
        let mut accreditations = self.accreditations_in(holder);
        let accredited = check_accredited(bundle, &accreditations, &newest.standing);
        wipe(&mut accreditations);
        accredited
    }

    /// The witness for an epoch, if the handle was drawn under its key set or before.
    pub(crate) fn witness_for(&self, standing: &Standing) -> Option<&Witness> {
        self.witnesses
            .iter()
            .find(|witness| is_for(witness, standing))
    }

    /// The accreditation for an epoch.
    pub(crate) fn accreditation_for(&self, standing: &Standing) -> Option<&Accreditation> {
        accreditation_in(&self.accreditations, standing)
    }

    /// The witnesses for all epochs of a bundle.
    fn witnesses_vartime(&self, holder: &HolderBundle) -> Result<Vec<Witness>, SyncError> {
        let mut places: Vec<_> = holder.bundle.standings().collect();
        places.sort_by_key(|standing| (standing.key_set, standing.removals));
        let mut made: Vec<Witness> = Vec::with_capacity(places.len());
        for standing in places {
            if made.last().is_some_and(|last| is_for(last, standing)) {
                continue;
            }
            made.extend(self.witness_vartime(holder, made.last(), standing)?);
        }
        if made.is_empty() {
            return Err(match self.witnesses.is_empty() {
                true => WitnessError::Revoked.into(),
                false => SyncError::OlderBundle,
            });
        }
        Ok(made)
    }

    /// The witness for one of them, from one that was `made` before, or the credential's own, or that of the checkpoint;
    /// `None` if the handle was drawn under newer keys.
    fn witness_vartime(
        &self,
        holder: &HolderBundle,
        made: Option<&Witness>,
        standing: &Standing,
    ) -> Result<Option<Witness>, SyncError> {
        let known = |number| (holder.bundle.key_set(number)).zip(holder.of_key_set(number));
        let (keys, parts) = known(standing.key_set).ok_or(SyncError::NoEpoch)?;
        let from_checkpoint;
        let start = match self.start(parts, made, standing) {
            Start::Nowhere => return Ok(None),
            Start::Own(witness) => witness,
            Start::Checkpoint => {
                from_checkpoint = self.at_checkpoint(holder, parts)?;
                &from_checkpoint
            }
        };
        let witness = start.at_vartime(&parts.removals, standing.removals)?;
        if !witness.holds(&keys.prepared().registry, &standing.accumulator) {
            return Err(SyncError::Mismatch);
        }
        Ok(Some(witness))
    }

    /// Where the way to an epoch begins.
    fn start<'a>(
        &'a self,
        parts: &OfKeySet,
        made: Option<&'a Witness>,
        standing: &Standing,
    ) -> Start<'a> {
        let (key_set, removals) = (standing.key_set, standing.removals);
        let of_keys = (self.witnesses.iter().chain(made)).filter(|own| own.key_set() == key_set);
        let reached = (of_keys.clone()).filter(|own| parts.removals.reaches(own.removals()));
        // The shortest way.
        let nearest = reached.min_by_key(|own| own.removals().abs_diff(removals));
        // A handle that was drawn after the log at hand ends is in no checkpoint of it.
        let nearest = nearest.or_else(|| {
            let mut newer = of_keys.clone();
            newer.find(|own| own.removals() > parts.removals.len())
        });
        // Whoever stood when the keys were replaced is in each checkpoint of the newer ones, unless it was removed.
        let stood = self.witnesses.iter().any(|own| own.key_set() < key_set);
        match nearest {
            Some(witness) => Start::Own(witness),
            None if stood || of_keys.count() > 0 => Start::Checkpoint,
            None => Start::Nowhere,
        }
    }

    /// The witness in the bucket of the checkpoint, which has every handle that stood.
    fn at_checkpoint(&self, holder: &HolderBundle, parts: &OfKeySet) -> Result<Witness, SyncError> {
        let scheme = holder.bundle.scheme.id();
        let checkpoint = parts.checkpoint.ok_or(WitnessError::LogTooShort)?;
        let name = checkpoint.bucket_of(scheme, self.handle());
        let bucket = parts.bucket(name).ok_or(SyncError::NeedsBucket(name))?;
        bucket.find(self.handle()).map_err(|error| match error {
            CheckpointError::Revoked => WitnessError::Revoked.into(),
            CheckpointError::Damaged => SyncError::Mismatch,
        })
    }

    /// The buckets of checkpoints that are not at hand and without which this credential cannot follow `holder`: which
    /// they are tells a few bits of a hash of the handle (docs/security.md).
    #[must_use]
    pub fn needs(&self, holder: &HolderBundle) -> Vec<BucketName> {
        let mut names = Vec::new();
        for standing in holder.bundle.standings() {
            let Some(parts) = holder.of_key_set(standing.key_set) else {
                continue;
            };
            let start = self.start(parts, None, standing);
            if let (Start::Checkpoint, Some(checkpoint)) = (start, parts.checkpoint) {
                let name = checkpoint.bucket_of(holder.bundle.scheme.id(), self.handle());
                if parts.bucket(name).is_none() && !names.contains(&name) {
                    names.push(name);
                }
            }
        }
        names
    }

    /// The accreditations for all epochs of a bundle: those at hand that hold under its keys, or those of its lists.
    fn accreditations_in(&self, holder: &HolderBundle) -> Vec<(u32, Accreditation)> {
        let bundle = &holder.bundle;
        if *bundle.scheme.issuer_mode() != IssuerMode::Hidden {
            return Vec::new();
        }
        let mut found = Vec::with_capacity(bundle.epochs.len());
        for keys in &bundle.key_sets {
            for epoch in bundle.accreditation_epochs(keys.number) {
                let mut own = self.accreditations.iter().map(|(_, own)| own);
                let own = own.find(|own| {
                    own.epoch() == epoch && own.verify(keys.prepared(), &self.issuer).is_ok()
                });
                let current = (own.copied())
                    .or_else(|| holder.accreditation(&self.issuer, (keys.number, epoch)));
                found.extend(current.map(|current| (keys.number, current)));
            }
        }
        found
    }

    /// The value of the attribute called `name`, for showing to its holder.
    #[must_use]
    pub fn value(&self, scheme: &Scheme, name: &str) -> Option<&Value> {
        let index = scheme.schema().index_of(name)?;
        self.values.get(index)?.as_ref()
    }

    /// m_0.
    pub(crate) fn secret(&self) -> &Scalar {
        self.scalars.expose().get(SECRET).unwrap_or(&ZERO)
    }

    pub(crate) fn handle(&self) -> &Scalar {
        // The constructor made sure of the length.
        self.scalars.expose().get(HANDLE).unwrap_or(&ZERO)
    }

    /// All of it, for an encrypted wallet.
    #[must_use]
    pub fn expose_bytes(&self) -> Zeroizing<Vec<u8>> {
        let writer = Writer::artefact(Artefact::Credential)
            .g2(&self.issuer.x)
            .g1(&self.issuer.x1)
            .g1(self.a.expose())
            .scalar(self.e.expose())
            .scalar(self.s.expose())
            .scalar(self.secret())
            .scalar(self.handle());
        let values: Vec<_> = self.values.iter().flatten().collect();
        let writer = values
            .iter()
            .fold(writer, |writer, value| value.write(writer));
        let writer = writer
            .u32(self.bundle)
            .list(&self.accreditations, |writer, (key_set, accreditation)| {
                accreditation.write(writer.u32(*key_set))
            })
            .list(&self.witnesses, |writer, witness| {
                witness.write_place(writer)
            });
        Zeroizing::new(writer.finish())
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
        let raw = Secret::new([reader.scalar()?, reader.scalar()?]);
        let own = scheme.schema().attributes().iter().skip(2);
        let values = own
            .map(|attribute| attribute.read_value(reader))
            .collect::<Result<_, _>>()?;
        let bundle = reader.u32()?;
        let mut accreditations = Vec::new();
        for _ in 0..reader.u16()? {
            accreditations.push((reader.u32()?, Accreditation::read(reader)?));
        }
        let place = |(key_set, one): &(u32, Accreditation)| (*key_set, one.epoch());
        if !accreditations.is_sorted_by(|one, next| place(one) < place(next)) {
            return Err(reader.value_error("the accreditations do not rise"));
        }
        let [_, handle] = raw.expose();
        let mut witnesses = Vec::new();
        for _ in 0..reader.u16()? {
            witnesses.push(Witness::read_place(*handle, reader)?);
        }
        let place = |one: &Witness| (one.key_set(), one.removals());
        if !witnesses.is_sorted_by(|one, next| place(one) < place(next)) {
            return Err(reader.value_error("the witnesses do not rise"));
        }
        Ok(UnverifiedCredential {
            raw,
            issuer,
            a,
            e,
            s,
            values,
            accreditations,
            witnesses,
            bundle,
        })
    }
}

static ZERO: Scalar = Scalar::zero();

/// Where the way to the witness for an epoch begins.
enum Start<'a> {
    /// At one that is at hand.
    Own(&'a Witness),
    /// At the checkpoint.
    Checkpoint,
    /// The handle was drawn under newer keys.
    Nowhere,
}

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
    /// The log at hand does not reach back to the credential, or this is of older keys: a bucket of the checkpoint is
    /// needed.
    #[error(
        "this pass was away for too long for what is at hand; sync with the authority's public folder or address"
    )]
    NeedsBucket(BucketName),
    /// The bundle is older than the one that the credential is up to date with, or than its keys.
    #[error("this bundle is older than the pass; get the newest bundle")]
    OlderBundle,
    /// The issuer has no accreditation for the newest epoch.
    #[error(
        "the issuer of this pass is no longer accredited, or will not be when the next epoch begins; ask for a pass \
         elsewhere"
    )]
    NotAccredited,
}

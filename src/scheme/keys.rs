//! The keys of issuers and the authority's accreditation of them.
//!
//! ```text
//! (12) X = x·g2    X1 = x·h    with T = k·h, c = H(pop; scheme, X, X1, T), z = k + c·x
//!      accepted if T = z·h − c·X1 and e(h, X) = e(X1, g2)
//! (13) Acc = (P1' + ep·h_ep + X1) / (γ + a)      a = H(acc; γ, scheme, ep, X)
//!      accepted if e(Acc, Γ + a·g2) = e(P1' + ep·h_ep + X1, g2)
//! ```

use std::fmt;

use zeroize::Zeroizing;

use super::bases::accreditation_p1;
use super::fingerprint::fingerprint;
use super::{PreparedKeys, Scheme, bases};
use crate::artefact::Artefact;
use crate::codec::{DecodeError, Reader, Writer};
use crate::curve::{
    Base, CryptoRng, Curve, Field, G1Affine, G1Projective, G2Affine, Scalar, g2_generator_times,
    g2_to_bytes, msm, msm_vartime, msm_vartime_each, nonzero_random_scalar, pairing_equal,
    scalar_to_bytes, signed_pairing,
};
use crate::error::Error;
use crate::secret::Secret;
use crate::sigma::{Equation, Hedge, Nonces, Var, recompute_vartime};
use crate::text::hex;
use crate::transcript::{ProofChallenge, Transcript};

/// An issuer's secret key x.
pub struct IssuerKey {
    x: Secret<Scalar>,
    public: IssuerPublic,
}

/// An issuer's public key, proven: X = x·g2 and X1 = x·h. X stays between authority, issuer and the
/// issuer's own holders; nobody publishes it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct IssuerPublic {
    pub(crate) x: G2Affine,
    pub(crate) x1: G1Affine,
}

/// Which issuer: its public key X = x·g2, 96 bytes. X goes to the authority and to the issuer's own holders;
/// nobody publishes it, but for the one issuer of a scheme that hides none.
#[derive(Clone, Copy, PartialEq, Eq)]
pub struct IssuerId(pub(crate) G2Affine);

impl IssuerId {
    /// X, compressed.
    #[must_use]
    pub fn to_bytes(&self) -> [u8; 96] {
        g2_to_bytes(&self.0)
    }

    /// What issuer and authority compare before it is accredited: like `0A1B-2C3D-4E5F-6G7H-8J9K`.
    #[must_use]
    pub fn fingerprint(&self) -> String {
        fingerprint(b"issuer", &self.to_bytes())
    }

    /// Reads what [`to_bytes`](Self::to_bytes) wrote.
    ///
    /// # Errors
    /// Any other length than 96 bytes, or not a canonical point of the subgroup, or the identity.
    pub fn from_bytes(bytes: &[u8]) -> Result<Self, DecodeError> {
        let mut reader = Reader::new("issuer", bytes);
        let id = Self(reader.g2()?);
        reader.finish()?;
        Ok(id)
    }
}

impl fmt::Debug for IssuerId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "IssuerId({})", hex(&self.to_bytes()))
    }
}

/// An issuer's public key as it arrives, with its proof of possession.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct UnverifiedIssuer {
    x: G2Affine,
    x1: G1Affine,
    challenge: ProofChallenge,
    response: Scalar,
}

fn possession(x1: &G1Affine) -> [Equation<'static>; 1] {
    [Equation::new()
        .left(&bases().acc_issuer, Var(0))
        .right(*x1, Scalar::ONE)]
}

fn possession_challenge(
    scheme: &Scheme,
    x: &G2Affine,
    x1: &G1Affine,
    t: &[G1Affine],
) -> ProofChallenge {
    let transcript = Transcript::new("pop").field(scheme.id()).g2(x).g1(x1);
    t.iter().fold(transcript, Transcript::g1).challenge()
}

/// The same proof, of a statement that the issuer makes: a Schnorr signature.
fn statement_challenge(
    scheme: &[u8; 32],
    issuer: &IssuerPublic,
    statement: &[u8],
    t: &[G1Affine],
) -> ProofChallenge {
    let transcript = Transcript::new("issuer statement")
        .field(scheme)
        .g2(&issuer.x)
        .g1(&issuer.x1)
        .field(statement);
    t.iter().fold(transcript, Transcript::g1).challenge()
}

/// An issuer's signature on what it states to the authority.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct IssuerSignature {
    challenge: ProofChallenge,
    response: Scalar,
}

impl IssuerSignature {
    pub(super) fn write(&self, writer: Writer) -> Writer {
        writer.raw(&self.challenge.0).scalar(&self.response)
    }

    pub(super) fn read(reader: &mut Reader<'_>) -> Result<Self, DecodeError> {
        Ok(Self {
            challenge: ProofChallenge(reader.array()?),
            response: reader.scalar()?,
        })
    }
}

impl IssuerKey {
    /// A fresh key.
    pub fn generate<R: CryptoRng + ?Sized>(rng: &mut R) -> Self {
        Self::from_scalar(nonzero_random_scalar(rng))
    }

    fn from_scalar(x: Scalar) -> Self {
        let x1 = msm([(Base::Fixed(&bases().acc_issuer), x)]).to_affine();
        let public = IssuerPublic {
            x: g2_generator_times(&x),
            x1,
        };
        Self {
            x: Secret::new(x),
            public,
        }
    }

    /// What the issuer sends to the authority once: its public key with a proof of possession.
    /// Constant-time.
    pub fn register<R: CryptoRng + ?Sized>(
        &self,
        scheme: &Scheme,
        rng: &mut R,
    ) -> UnverifiedIssuer {
        let IssuerPublic { x, x1 } = self.public;
        let hedge = Hedge::new("veilpass pop", rng).bytes(scheme.id());
        let (challenge, response) = self.prove(hedge, |t| possession_challenge(scheme, &x, &x1, t));
        UnverifiedIssuer {
            x,
            x1,
            challenge,
            response,
        }
    }

    /// Signs what the issuer states to the authority of the scheme with this identifier.
    /// Constant-time.
    pub(super) fn sign_statement<R: CryptoRng + ?Sized>(
        &self,
        scheme: &[u8; 32],
        statement: &[u8],
        rng: &mut R,
    ) -> IssuerSignature {
        let hedge = Hedge::new("veilpass issuer statement", rng)
            .bytes(scheme)
            .bytes(statement);
        let (challenge, response) = self.prove(hedge, |t| {
            statement_challenge(scheme, &self.public, statement, t)
        });
        IssuerSignature {
            challenge,
            response,
        }
    }

    /// Proves that x is known.
    fn prove(
        &self,
        hedge: Hedge,
        challenge: impl FnOnce(&[G1Affine]) -> ProofChallenge,
    ) -> (ProofChallenge, Scalar) {
        let mut rng = hedge.scalars(&[*self.x.expose()]).finish();
        let nonces = Nonces::draw(1, &mut rng);
        let challenge = challenge(&nonces.commit(&possession(&self.public.x1)));
        let witness = Secret::new(vec![*self.x.expose()]);
        let responses = nonces.respond(&witness, &challenge.to_scalar());
        (challenge, responses.first().copied().unwrap_or_default())
    }

    /// The public key.
    #[must_use]
    pub fn public(&self) -> &IssuerPublic {
        &self.public
    }

    /// The key as 32 bytes, for storing it encrypted.
    #[must_use]
    pub fn expose_bytes(&self) -> Zeroizing<[u8; 32]> {
        Zeroizing::new(scalar_to_bytes(self.x.expose()))
    }

    /// Reads what [`expose_bytes`](Self::expose_bytes) wrote.
    ///
    /// # Errors
    /// Any other length than 32 bytes, zero, or a number not below the group order.
    pub fn from_bytes(bytes: &[u8]) -> Result<Self, DecodeError> {
        let mut reader = Reader::new("issuer key", bytes);
        let x = reader.nonzero_scalar()?;
        reader.finish()?;
        Ok(Self::from_scalar(x))
    }

    pub(crate) fn scalar(&self) -> &Scalar {
        self.x.expose()
    }

    /// The same key under the X1 of another, for forgers in tests.
    #[cfg(test)]
    pub(crate) fn with_foreign_x1(&self, other: &Self) -> Self {
        let mut key = Self::from_scalar(*self.x.expose());
        key.public.x1 = other.public.x1;
        key
    }

    /// The same key under the X of another, for forgers in tests.
    #[cfg(test)]
    pub(crate) fn with_foreign_x(&self, other: &Self) -> Self {
        let mut key = Self::from_scalar(*self.x.expose());
        key.public.x = other.public.x;
        key
    }
}

impl IssuerPublic {
    /// X ‖ X1, 144 bytes, for the authority's own store.
    #[must_use]
    pub fn to_bytes(&self) -> Vec<u8> {
        Writer::default().g2(&self.x).g1(&self.x1).finish()
    }

    /// Reads what [`to_bytes`](Self::to_bytes) wrote to the authority's own store. The proof of possession was
    /// verified before it was stored and is not here; for a key from anywhere else there is
    /// [`UnverifiedIssuer`].
    ///
    /// # Errors
    /// Anything but a canonical encoding.
    pub fn from_store(bytes: &[u8]) -> Result<Self, DecodeError> {
        let mut reader = Reader::new("issuer", bytes);
        let (x, x1) = (reader.g2()?, reader.g1()?);
        reader.finish()?;
        Ok(Self { x, x1 })
    }

    /// Which issuer it is: X.
    #[must_use]
    pub fn id(&self) -> IssuerId {
        IssuerId(self.x)
    }

    /// Checks what [`IssuerKey::sign_statement`] made.
    pub(super) fn verify_statement_vartime(
        &self,
        scheme: &[u8; 32],
        statement: &[u8],
        signature: &IssuerSignature,
    ) -> Result<(), Error> {
        let challenge = signature.challenge.to_scalar();
        let t = recompute_vartime(&possession(&self.x1), &[signature.response], &challenge);
        if statement_challenge(scheme, self, statement, &t) == signature.challenge {
            Ok(())
        } else {
            Err(Error::Invalid)
        }
    }

    /// e(h, X) = e(X1, g2): both are of the same x.
    pub(crate) fn is_linked(&self) -> bool {
        pairing_equal(bases().acc_issuer.point(), &self.x.into(), &self.x1)
    }
}

impl UnverifiedIssuer {
    /// The bytes that travel to the authority.
    #[must_use]
    pub fn to_bytes(&self) -> Vec<u8> {
        Writer::artefact(Artefact::Registration)
            .g2(&self.x)
            .g1(&self.x1)
            .raw(&self.challenge.0)
            .scalar(&self.response)
            .finish()
    }

    /// Reads them.
    ///
    /// # Errors
    /// Anything but a canonical encoding.
    pub fn from_bytes(bytes: &[u8]) -> Result<Self, DecodeError> {
        let mut reader = Reader::new("issuer registration", bytes);
        reader.header(Artefact::Registration)?;
        let issuer = Self {
            x: reader.g2()?,
            x1: reader.g1()?,
            challenge: ProofChallenge(reader.array()?),
            response: reader.scalar()?,
        };
        reader.finish()?;
        Ok(issuer)
    }

    /// Whose it says it is.
    #[must_use]
    pub fn id(&self) -> IssuerId {
        IssuerId(self.x)
    }

    /// Checks (12). The authority also refuses a key that it knows already.
    ///
    /// # Errors
    /// [`Error::Invalid`].
    pub fn verify(&self, scheme: &Scheme) -> Result<IssuerPublic, Error> {
        let challenge = self.challenge.to_scalar();
        let t = recompute_vartime(&possession(&self.x1), &[self.response], &challenge);
        let expected = possession_challenge(scheme, &self.x, &self.x1, &t);
        let issuer = IssuerPublic {
            x: self.x,
            x1: self.x1,
        };
        if expected == self.challenge && issuer.is_linked() {
            Ok(issuer)
        } else {
            Err(Error::Invalid)
        }
    }
}

/// The authority's accreditation key γ. Used once an epoch; kept cold.
pub struct AccreditationKey {
    gamma: Secret<Scalar>,
    public: G2Affine,
}

impl AccreditationKey {
    /// A fresh key.
    pub fn generate<R: CryptoRng + ?Sized>(rng: &mut R) -> Self {
        Self::from_scalar(nonzero_random_scalar(rng))
    }

    fn from_scalar(gamma: Scalar) -> Self {
        Self {
            public: g2_generator_times(&gamma),
            gamma: Secret::new(gamma),
        }
    }

    /// Γ = γ·g2.
    pub(crate) fn public(&self) -> &G2Affine {
        &self.public
    }

    /// The key as 32 bytes, for storing it encrypted.
    #[must_use]
    pub fn expose_bytes(&self) -> Zeroizing<[u8; 32]> {
        Zeroizing::new(scalar_to_bytes(self.gamma.expose()))
    }

    /// Reads what [`expose_bytes`](Self::expose_bytes) wrote.
    ///
    /// # Errors
    /// Any other length than 32 bytes, zero, or a number not below the group order.
    pub fn from_bytes(bytes: &[u8]) -> Result<Self, DecodeError> {
        let mut reader = Reader::new("accreditation key", bytes);
        let gamma = reader.nonzero_scalar()?;
        reader.finish()?;
        Ok(Self::from_scalar(gamma))
    }

    /// Accredits a verified issuer for one epoch, (13). The exponent is derived, so that doing it
    /// again, also from a restored backup, gives the same accreditation. Constant-time in γ.
    ///
    /// # Errors
    /// [`Error::Invalid`] if γ + a is zero (probability 2^-255).
    pub fn accredit(
        &self,
        scheme: &Scheme,
        issuer: &IssuerPublic,
        epoch: u32,
    ) -> Result<Accreditation, Error> {
        let a = Transcript::new("acc")
            .scalar(self.gamma.expose())
            .field(scheme.id())
            .field(&epoch.to_be_bytes())
            .g2(&issuer.x)
            .to_scalar();
        let exponent = Option::<Scalar>::from((self.gamma.expose() + a).invert());
        let exponent = Secret::new(exponent.ok_or(Error::Invalid)?);
        let p1 = accreditation_p1(scheme.id());
        let base = Accreditation::base_vartime(&p1, epoch, &issuer.x1).to_affine();
        Ok(Accreditation {
            point: msm([(Base::Point(base), *exponent.expose())]).to_affine(),
            exponent: a,
            epoch,
        })
    }
}

/// An issuer's accreditation for one epoch.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Accreditation {
    /// Acc.
    pub(crate) point: G1Affine,
    /// a.
    pub(crate) exponent: Scalar,
    /// ep.
    pub(crate) epoch: u32,
}

impl Accreditation {
    /// P1' + ep·h_ep + X1. Variable-time in the epoch, which is public.
    pub(crate) fn base_vartime(p1: &G1Affine, epoch: u32, x1: &G1Affine) -> G1Projective {
        let bases = bases();
        msm_vartime(&[((&bases.acc_epoch).into(), Scalar::from(u64::from(epoch)))]) + p1 + x1
    }

    /// The same in affine coordinates. Variable-time in X1, too: for X1', which is public.
    pub(crate) fn shown_base_vartime(p1: &G1Affine, epoch: u32, x1: &G1Affine) -> G1Affine {
        let bases = bases();
        let sums = msm_vartime_each(&[vec![
            ((&bases.acc_epoch).into(), Scalar::from(u64::from(epoch))),
            ((*p1).into(), Scalar::one()),
            ((*x1).into(), Scalar::one()),
        ]]);
        sums.first().copied().unwrap_or_default()
    }

    /// Checks (13).
    ///
    /// # Errors
    /// [`Error::Invalid`].
    pub(crate) fn verify(&self, keys: &PreparedKeys, issuer: &IssuerPublic) -> Result<(), Error> {
        let base = Self::base_vartime(&keys.accreditation_p1, self.epoch, &issuer.x1);
        if signed_pairing(&self.point, &keys.accreditation, &self.exponent, &base) {
            Ok(())
        } else {
            Err(Error::Invalid)
        }
    }

    /// The epoch it is for.
    #[must_use]
    pub fn epoch(&self) -> u32 {
        self.epoch
    }

    /// Acc ‖ a ‖ ep: 84 bytes.
    #[must_use]
    pub fn to_bytes(&self) -> Vec<u8> {
        self.write(Writer::default()).finish()
    }

    /// Reads what [`to_bytes`](Self::to_bytes) wrote. Whether it is good is told when it is used: a wallet
    /// verifies what it receives.
    ///
    /// # Errors
    /// Anything but a canonical encoding.
    pub fn from_bytes(bytes: &[u8]) -> Result<Self, DecodeError> {
        let mut reader = Reader::new("accreditation", bytes);
        let accreditation = Self::read(&mut reader)?;
        reader.finish()?;
        Ok(accreditation)
    }

    pub(crate) fn write(&self, writer: Writer) -> Writer {
        writer
            .g1(&self.point)
            .scalar(&self.exponent)
            .u32(self.epoch)
    }

    pub(crate) fn read(reader: &mut Reader<'_>) -> Result<Self, DecodeError> {
        Ok(Self {
            point: reader.g1()?,
            exponent: reader.nonzero_scalar()?,
            epoch: reader.u32()?,
        })
    }
}

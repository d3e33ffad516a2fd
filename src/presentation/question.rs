//! The question: all that a presentation is bound to, built by wallet and verifier each from its own
//! signed bundle.

use super::header::{AT_A_DOOR, Audience, Header};
use crate::codec::{VERSION, Writer};
use crate::curve::G1Affine;
use crate::scheme::{
    Attribute, Bundle, Day, Epoch, IssuerMode, KeySet, MinimumAge, Mode, Policy, RenewalPolicy,
    Standing, StripEpoch, UnixTime, Value,
};
use crate::statement::{
    Accredited, AtMostFarBack, Carried, IssuerKeys, Near, NotRevoked, Side, SignedBy, Statement,
    WithPseudonym,
};
use crate::transcript::tag;

/// What binds a presentation to its moment.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Moment {
    /// A nonce, the day when it was asked, and the epoch that was named then.
    Nonce([u8; 16], Day, u32),
    /// A time bucket of a day: how many windows have passed since the day began.
    Bucket(Day, u16),
    /// A day.
    Strip(Day),
    /// The day of a renewal, and what it is bound to: H(renewal; H(offer), one-time key, C).
    Renewal(Day, [u8; 32]),
}

impl Moment {
    fn mode(self) -> Mode {
        match self {
            Self::Nonce(..) => Mode::Challenge,
            Self::Bucket(..) => Mode::Poster,
            Self::Strip(_) => Mode::Strip,
            Self::Renewal(..) => Mode::Renewal,
        }
    }

    /// D, the day that dates are compared with.
    fn day(self) -> Day {
        match self {
            Self::Nonce(_, day, _)
            | Self::Bucket(day, _)
            | Self::Strip(day)
            | Self::Renewal(day, _) => day,
        }
    }

    /// What a header says of it beside the day.
    fn tag(self) -> [u8; 4] {
        match self {
            Self::Nonce(nonce, ..) => tag("nonce", &nonce),
            Self::Bucket(_, bucket) => u32::from(bucket).to_be_bytes(),
            Self::Strip(_) | Self::Renewal(..) => [0; 4],
        }
    }
}

/// Why a holder's dates do not meet a policy. Only the holder is told.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Unmet {
    /// The last day is over.
    #[error("the pass has ended on that day; ask for a new one")]
    Ended,
    /// There is no last day: this policy never applies to the pass.
    #[error("the pass is not good for what this door asks: its issuer gave it no day for that")]
    Never,
    /// The last day is beyond the date table.
    #[error("the pass ends too far ahead to be shown on that day")]
    EndsTooFarAhead,
    /// The first day has not come.
    #[error("the pass has not begun on that day")]
    NotBegun,
    /// The first day is beyond the date table.
    #[error("the pass began too long ago to be shown on that day; ask for a new one")]
    BeganTooLongAgo,
    /// Not old enough.
    #[error("the pass is of somebody younger than this door asks for")]
    TooYoung,
    /// A compared attribute is no date.
    #[error("the pass has no date where this door asks for one")]
    NoDate,
}

/// The epoch that a question names: of the registry, or of a strip that of its day's week.
#[derive(Clone, Copy, Debug)]
pub(super) enum Named<'a> {
    /// In force now, or within its grace.
    Registry(&'a Epoch),
    /// For the day on the strip.
    Strip(&'a StripEpoch),
}

impl<'a> Named<'a> {
    /// The number of the epoch, or the period, whose sign is in the first bit.
    fn number(self) -> u32 {
        match self {
            Self::Registry(epoch) => epoch.number,
            Self::Strip(epoch) => u32::from_be_bytes(epoch.period.to_be_bytes()),
        }
    }

    fn standing(self) -> &'a Standing {
        match self {
            Self::Registry(epoch) => &epoch.standing,
            Self::Strip(epoch) => &epoch.standing,
        }
    }

    /// Of the registry's epochs; posters alone ask for it.
    fn beacon(self) -> &'a [u8; 32] {
        match self {
            Self::Registry(epoch) => &epoch.beacon,
            Self::Strip(_) => &[0; 32],
        }
    }
}

/// A question in full.
pub(super) struct FullQuestion<'a> {
    pub(super) bundle: &'a Bundle,
    pub(super) policy: &'a Policy,
    /// Of a renewal, what is carried, and C.
    renewed: Option<(&'a RenewalPolicy, G1Affine)>,
    pub(super) audience: Audience<'a>,
    /// The key set of the epoch.
    pub(super) keys: &'a KeySet,
    pub(super) epoch: Named<'a>,
    pub(super) moment: Moment,
    /// D, the day that dates are compared with: of the bucket, of the strip, or of the challenge; never free.
    pub(super) day: Day,
    /// The channel: zeros at a door.
    pub(super) session: [u8; 32],
}

/// The bucket in which `now` falls: windows since its day began, so that no bucket spans midnight.
pub(super) fn bucket_of(bundle: &Bundle, policy: &Policy, now: UnixTime) -> Option<Moment> {
    let day = bundle.day_of(now)?;
    let passed = now.since(bundle.begin_of(day)?)?.as_secs();
    let bucket = passed.checked_div(u64::from(policy.window))?;
    Some(Moment::Bucket(day, u16::try_from(bucket).ok()?))
}

impl<'a> FullQuestion<'a> {
    /// The same question, bound to another moment of its day.
    pub(super) fn bound_to(&self, moment: Moment) -> Self {
        Self { moment, ..*self }
    }

    /// The question that `policy` asks for `audience` at a moment of `epoch`; `None` if the epoch is not of this bundle.
    pub(super) fn new(
        bundle: &'a Bundle,
        policy: &'a Policy,
        audience: impl Into<Audience<'a>>,
        epoch: Named<'a>,
        moment: Moment,
    ) -> Option<Self> {
        Some(Self {
            keys: bundle.key_set(epoch.standing().key_set)?,
            bundle,
            policy,
            renewed: None,
            audience: if policy.any_audience {
                Audience::default()
            } else {
                audience.into()
            },
            epoch,
            moment,
            day: moment.day(),
            session: AT_A_DOOR,
        })
    }

    /// The same question, whose answer carries the credential into `commitment`.
    pub(super) fn renewing(self, renewal: &'a RenewalPolicy, commitment: G1Affine) -> Self {
        Self {
            renewed: Some((renewal, commitment)),
            ..self
        }
    }

    /// Under what it is answered.
    pub(super) fn standing(&self) -> &'a Standing {
        self.epoch.standing()
    }

    /// The same question over the channel that `session` stands for.
    pub(super) fn over(self, session: [u8; 32]) -> Self {
        Self { session, ..self }
    }

    /// What the payload says about itself.
    pub(super) fn header(&self) -> Header {
        Header {
            scheme: tag("scheme", self.bundle.scheme.id()),
            mode: self.moment.mode(),
            policy: self.policy.tag(),
            audience: tag("audience", &self.audience_bytes()),
            epoch: self.epoch.number(),
            day: self.day,
            moment: self.moment.tag(),
        }
    }

    /// The question's canonical bytes, which the challenge hashes: docs/protocol.md has the table.
    pub(super) fn to_bytes(&self) -> Vec<u8> {
        let codes: Vec<_> = self.statements().iter().map(|s| s.code()).collect();
        let policy = match self.renewed {
            Some((renewal, _)) => renewal.write(Writer::default()),
            None => self.policy.write(Writer::default()),
        }
        .finish();
        let writer = Writer::default()
            .u8(VERSION)
            .u8(self.moment.mode().code())
            .u8(0)
            .raw(self.bundle.scheme.id())
            .raw(&self.session)
            .raw(self.keys.digest())
            .u32(self.standing().accreditation_epoch)
            .u32(self.epoch.number())
            .g1(&self.standing().accumulator)
            .i32(self.day.0)
            .u16(self.policy.number)
            .bytes(&policy)
            .bytes(&codes)
            .bytes(&self.audience_bytes());
        match self.moment {
            Moment::Nonce(nonce, ..) => writer.raw(&nonce),
            Moment::Bucket(_, bucket) => writer.u16(bucket).raw(self.epoch.beacon()),
            Moment::Strip(_) => writer,
            Moment::Renewal(_, binding) => writer.raw(&binding),
        }
        .finish()
    }

    /// The audience as it is hashed.
    pub(super) fn audience_bytes(&self) -> Vec<u8> {
        self.audience.to_bytes()
    }

    /// Whether the attribute is disclosed.
    pub(super) fn discloses(&self, index: usize) -> bool {
        (self.policy.disclose.iter()).any(|disclosed| usize::from(*disclosed) == index)
    }

    /// The disclosed attributes, in their order.
    pub(super) fn disclosed(&self) -> impl Iterator<Item = &Attribute> + '_ {
        let schema = self.bundle.scheme.schema().attributes();
        (schema.iter().enumerate())
            .filter(|(index, _)| self.discloses(*index))
            .map(|(_, attribute)| attribute)
    }

    /// The statements to prove, in order. A new statement is one more line here.
    pub(super) fn statements(&self) -> Vec<Box<dyn Statement + 'a>> {
        let (bundle, policy) = (self.bundle, self.policy);
        let (keys, standing) = (self.keys.prepared(), self.standing());
        let mut list: Vec<Box<dyn Statement + 'a>> = Vec::new();
        match (bundle.scheme.issuer_mode(), bundle.scheme.known_issuer()) {
            (IssuerMode::Known(_), Some(key)) => {
                list.push(Box::new(SignedBy(IssuerKeys::Known(key))));
            }
            _ => {
                list.push(Box::new(SignedBy(IssuerKeys::Hidden)));
                list.push(Box::new(Accredited {
                    keys,
                    epoch: standing.accreditation_epoch,
                }));
            }
        }
        let until = Some((policy.until, Side::AtLeast));
        let from = policy.from.map(|from| (from, Side::AtMost));
        for (attribute, side) in until.into_iter().chain(from) {
            let attribute = usize::from(attribute);
            if !self.discloses(attribute) {
                list.push(Box::new(Near {
                    key: &keys.date,
                    attribute,
                    side,
                    day: self.day,
                }));
            }
        }
        list.push(Box::new(NotRevoked {
            key: &keys.registry,
            accumulator: standing.accumulator,
        }));
        if let Some((attribute, day)) = self.oldest_birth()
            && !self.discloses(attribute)
        {
            list.push(Box::new(AtMostFarBack {
                key: &keys.date,
                table: self.keys.table,
                attribute,
                day,
            }));
        }
        if policy.once_a_day {
            list.push(Box::new(self.scope()));
        }
        if let Some((renewal, commitment)) = self.renewed {
            list.push(Box::new(Carried {
                renewal,
                commitment,
            }));
        }
        list
    }

    /// Where and when a guest is recognised, by a policy that does so.
    pub(super) fn scope(&self) -> WithPseudonym {
        WithPseudonym::new(&self.bundle.scheme, &self.audience_bytes(), self.day)
    }

    /// The attribute with the birth date and the last day that is old enough.
    fn oldest_birth(&self) -> Option<(usize, Day)> {
        let MinimumAge { attribute, years } = self.policy.minimum_age?;
        // Outside the calendar nobody is old enough: the first day of all.
        let day = self.day.years_before(years).unwrap_or(Day(i32::MIN));
        Some((usize::from(attribute), day))
    }

    /// Whether the holder's own dates meet the policy, hidden or not; the wallet says why before it
    /// proves anything. `dates` gives the day of an attribute.
    pub(super) fn met_by(&self, dates: impl Fn(usize) -> Option<Day>) -> Result<(), Unmet> {
        let table = i64::from(self.keys.table);
        let days_after = |later: Day, earlier: Day| i64::from(later.0) - i64::from(earlier.0);
        let date = |index: u8| dates(usize::from(index)).ok_or(Unmet::NoDate);
        let until = date(self.policy.until)?;
        if until < self.day {
            return Err(match until {
                Day::NEVER => Unmet::Never,
                _ => Unmet::Ended,
            });
        }
        let hidden = |index: u8| !self.discloses(usize::from(index));
        if hidden(self.policy.until) && days_after(until, self.day) >= table {
            return Err(Unmet::EndsTooFarAhead);
        }
        if let Some(index) = self.policy.from {
            let from = date(index)?;
            if from > self.day {
                return Err(Unmet::NotBegun);
            }
            if hidden(index) && days_after(self.day, from) >= table {
                return Err(Unmet::BeganTooLongAgo);
            }
        }
        match self.oldest_birth() {
            Some((index, latest)) if dates(index).ok_or(Unmet::NoDate)? > latest => {
                Err(Unmet::TooYoung)
            }
            _ => Ok(()),
        }
    }

    /// Whether disclosed dates meet the policy: what is seen is compared, not proven.
    pub(super) fn disclosed_dates_hold(&self, disclosed: &[Value]) -> bool {
        let schema = self.bundle.scheme.schema().attributes().len();
        let mut values = disclosed.iter();
        for index in (0..schema).filter(|index| self.discloses(*index)) {
            let Some(value) = values.next() else {
                return false;
            };
            let Value::Date(day) = value else { continue };
            let until_holds = index != usize::from(self.policy.until) || *day >= self.day;
            let is_from = self.policy.from.map(usize::from) == Some(index);
            let from_holds = !is_from || *day <= self.day;
            let age_holds = self
                .oldest_birth()
                .is_none_or(|(attribute, latest)| attribute != index || *day <= latest);
            if !(until_holds && from_holds && age_holds) {
                return false;
            }
        }
        true
    }
}

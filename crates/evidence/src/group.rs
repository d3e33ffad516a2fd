//! The three kinds of EU DCC, as its groups and as the extended key usage of signers.

use super::flaw::About;
use ciborium::Value;
use x509_cert::der::asn1::ObjectIdentifier;

/// What an EU DCC is about.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Group {
    Test,
    Vaccination,
    Recovery,
}

impl Group {
    const ALL: [Self; 3] = [Self::Test, Self::Vaccination, Self::Recovery];

    /// The certificate's field.
    fn field(self) -> &'static str {
        match self {
            Self::Test => "t",
            Self::Vaccination => "v",
            Self::Recovery => "r",
        }
    }

    /// What it is about.
    pub(super) fn about(self) -> About {
        match self {
            Self::Test => About::Test,
            Self::Vaccination => About::Vaccination,
            Self::Recovery => About::Recovery,
        }
    }

    /// The groups that a certificate has. Needs no valid schema.
    pub(super) fn of(certificate: &Value) -> Vec<Self> {
        let has = |group: &Self| {
            let mut entries = certificate.as_map().into_iter().flatten();
            entries.any(|(key, value)| key.as_text() == Some(group.field()) && !value.is_null())
        };
        Self::ALL.into_iter().filter(has).collect()
    }

    /// The group that an extended key usage allows to sign (EU eHealth Network, "Public Key Certificate
    /// Governance", Annex I): the last number of 1.3.6.1.4.1.1847.2021.1, or of the variant with a 0
    /// in it that the first signers were made with.
    pub(super) fn from_usage(oid: &ObjectIdentifier) -> Option<Self> {
        const ARCS: [ObjectIdentifier; 2] = [
            ObjectIdentifier::new_unwrap("1.3.6.1.4.1.1847.2021.1"),
            ObjectIdentifier::new_unwrap("1.3.6.1.4.1.0.1847.2021.1"),
        ];
        let is = |last| {
            ARCS.iter()
                .any(|arc| arc.push_arc(last).as_ref() == Ok(oid))
        };
        match [is(1), is(2), is(3)] {
            [true, ..] => Some(Self::Test),
            [_, true, _] => Some(Self::Vaccination),
            [.., true] => Some(Self::Recovery),
            _ => None,
        }
    }
}

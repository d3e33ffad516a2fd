//! Every message with its arguments: the one list that the catalogues are compared with. A message that nothing here
//! says is found by the compiler (a variant that is never made), one that a catalogue lacks or has in excess by the
//! tests.

use std::borrow::Cow;

use fluent_bundle::{FluentArgs, FluentValue};
use veilpass::presentation::Reason;

/// A catalogue's message for each variant, with its name there.
macro_rules! messages {
    ($($variant:ident { $($arg:ident),* } = $id:literal;)*) => {
        /// A message with its arguments.
        pub(crate) enum Message<'a> {
            /// Why a pass was refused: named after the reason.
            Refused(Reason),
            /// Why evidence was refused: a reason by its name, with its arguments in a language.
            Evidence(&'static str, Vec<(&'static str, FluentValue<'a>)>),
            $($variant { $($arg: FluentValue<'a>),* },)*
        }

        impl<'a> Message<'a> {
            /// Its name in the catalogues.
            pub(crate) fn id(&self) -> Cow<'static, str> {
                match self {
                    Self::Refused(reason) => format!("refused-{}", reason.name()).into(),
                    Self::Evidence(name, _) => (*name).into(),
                    $(Self::$variant { .. } => $id.into(),)*
                }
            }

            /// Its arguments by name.
            pub(crate) fn args(self) -> FluentArgs<'a> {
                let pairs: Vec<(&'static str, FluentValue<'a>)> = match self {
                    Self::Refused(_) => Vec::new(),
                    Self::Evidence(_, args) => args,
                    $(Self::$variant { $($arg),* } => vec![$((stringify!($arg), $arg)),*],)*
                };
                pairs.into_iter().collect()
            }

            /// One of each kind, with the number 1 for every argument.
            #[cfg(test)]
            pub(crate) fn all() -> Vec<Self> {
                let mut all: Vec<_> = Reason::ALL.into_iter().map(Self::Refused).collect();
                let reasons = veilpass_evidence::words::all().into_iter();
                all.extend(reasons.map(|(said, _)| {
                    let args = said.args.into_iter().map(|(name, _)| (name, FluentValue::from(1)));
                    Self::Evidence(said.name, args.collect())
                }));
                all.extend([$(Self::$variant { $($arg: FluentValue::from(1)),* }),*]);
                all
            }
        }
    };
}

messages! {
    GreenLabel {} = "verdict-green-label";
    Green {} = "verdict-green";
    Compare { name, value } = "verdict-compare";
    RedLabel {} = "verdict-red-label";
    Unread {} = "verdict-unread";
    Sum { green, red } = "verdict-sum";
    LetterBring {} = "letter-bring";
    LetterUntil { until } = "letter-until";
    PosterHeadline {} = "poster-headline";
    PosterAsked {} = "poster-asked";
    PosterValid { name } = "poster-valid";
    PosterAge { years } = "poster-age";
    PosterDisclosed { count, attributes } = "poster-disclosed";
    PosterLearnt {} = "poster-learnt";
    PosterLearnsAnswer {} = "poster-learns-answer";
    PosterLearnsValues {} = "poster-learns-values";
    PosterLearnsReturn {} = "poster-learns-return";
    PosterLearnsNoMore {} = "poster-learns-no-more";
    PosterSteps {} = "poster-steps";
    PosterStepScan {} = "poster-step-scan";
    PosterStepVouched {} = "poster-step-vouched";
    PosterStepAgree {} = "poster-step-agree";
    PosterStepShow {} = "poster-step-show";
    EveryStepHolds {} = "evidence-every-step-holds";
    NotEveryStepHolds {} = "evidence-not-every-step-holds";
    NobodySigned {} = "evidence-nobody-signed";
    Attribute { name } = "attribute";
    Day { year, month, day } = "day";
}

//! What a poster at a door says: what is asked, what is learnt, and how to answer.

use veilpass::scheme::{Policy, Schema};

use crate::catalogue::say;
use crate::language::Language;
use crate::message::Message;

/// A title and what is under it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Section {
    /// The title.
    pub title: String,
    /// Sentences.
    pub lines: Vec<String>,
}

/// A poster's words in one language.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Poster {
    /// What it is for.
    pub headline: String,
    /// What the policy asks.
    pub asked: Section,
    /// What the venue learns from an answer.
    pub learnt: Section,
    /// How to answer, step by step.
    pub steps: Section,
}

impl Poster {
    /// The words for a policy over this schema.
    #[must_use]
    pub fn new(language: Language, policy: &Policy, schema: &Schema) -> Self {
        let say = |message| say(language, message);
        let steps = [
            Message::PosterStepScan {},
            Message::PosterStepAgree {},
            Message::PosterStepShow {},
        ];
        Self {
            headline: say(Message::PosterHeadline {}),
            asked: Section {
                title: say(Message::PosterAsked {}),
                lines: asked(language, policy, schema),
            },
            learnt: Section {
                title: say(Message::PosterLearnt {}),
                lines: learnt(policy).into_iter().map(say).collect(),
            },
            steps: Section {
                title: say(Message::PosterSteps {}),
                lines: steps.into_iter().map(say).collect(),
            },
        }
    }

    /// The same for a registered venue: guests are told to look whether their phones say that the authority vouches for
    /// the name, so that they notice a poster that somebody else hung up.
    #[must_use]
    pub fn of_registered_venue(mut self, language: Language) -> Self {
        let after_scanning = self.steps.lines.len().min(1);
        let vouched = say(language, Message::PosterStepVouched {});
        self.steps.lines.insert(after_scanning, vouched);
        self
    }
}

/// That the pass is valid today stands for both of its days: that one has come, and the other has not passed.
fn asked(language: Language, policy: &Policy, schema: &Schema) -> Vec<String> {
    let name = |index: &u8| {
        let attribute = schema.attributes().get(usize::from(*index));
        let name = attribute.map_or("?", |attribute| attribute.name.as_str());
        say(language, Message::Attribute { name: name.into() })
    };
    let until = schema.attributes().get(usize::from(policy.until));
    let until = until.map_or("?", |attribute| attribute.name.as_str());
    let mut asked = vec![say(language, Message::PosterValid { name: until.into() })];
    asked.extend(policy.minimum_age.map(|age| {
        let years = age.years.into();
        say(language, Message::PosterAge { years })
    }));
    if !policy.disclose.is_empty() {
        let names: Vec<_> = policy.disclose.iter().map(name).collect();
        let message = Message::PosterDisclosed {
            count: names.len().into(),
            attributes: names.join(", ").into(),
        };
        asked.push(say(language, message));
    }
    asked
}

fn learnt(policy: &Policy) -> Vec<Message<'static>> {
    let values = !policy.disclose.is_empty();
    let mut learnt = vec![Message::PosterLearnsAnswer {}];
    learnt.extend(values.then_some(Message::PosterLearnsValues {}));
    learnt.extend((policy.once_a_day).then_some(Message::PosterLearnsReturn {}));
    learnt.push(Message::PosterLearnsNoMore {});
    learnt
}

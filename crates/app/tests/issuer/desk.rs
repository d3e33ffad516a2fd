//! The dialogue at a desk, step by step.

use veilpass::issuance::{ClaimCode, Offer};
use veilpass_app::issuer::AnyRequest;
use veilpass_app::issuer::IssuerError;
use veilpass_app::issuer::desk::{Desk, Input, Prompt, Reply, Scanned, Shown};
use veilpass_app::issuer::evidence::Judge;
use veilpass_app::store::memory::MemoryIssuer;
use veilpass_evidence::Trust;
use veilpass_fixture::city::NOW;
use veilpass_fixture::place::done;
use veilpass_fixture::roles::{Plan, World};

use crate::registers::{import, people};

/// Born in a month, not on a day: the certificate gives no birth date.
const CERTIFICATE: &str = r#"{"resourceType":"Bundle","entry":[
    {"resource":{"resourceType":"Patient","name":[{"family":"Kuznetsova","given":["Anna"]}],"birthDate":"1985-03"}},
    {"resource":{"resourceType":"Immunization","status":"completed","vaccineCode":{"coding":[{"system":"s","code":"c"}]},
     "occurrenceDateTime":"2021-06-01"}}]}"#;

/// A person at a front end.
struct Clerk {
    world: World,
    desk: Desk<MemoryIssuer>,
}

impl Clerk {
    fn new() -> Self {
        Self::with(World::new(&Plan::default()))
    }

    fn with(world: World) -> Self {
        let judge = Judge {
            rules: world.rules(),
            trust: Trust::default(),
        };
        let desk = Desk::open(world.issuer(), &world.keys, Some(judge), 900, NOW);
        let desk = done(desk).unwrap();
        Self { world, desk }
    }

    fn hands_in(&mut self, input: Input) -> Reply {
        done(self.desk.next(input, NOW, &mut self.world.rng))
    }

    /// What is shown, which must be one thing, and what is asked for then.
    fn gets(&mut self, input: Input) -> (Shown, Prompt) {
        let mut reply = self.hands_in(input);
        assert_eq!(reply.shown.len(), 1);
        (reply.shown.remove(0), reply.prompt)
    }

    /// Answers yes and has the guest's wallet scan the offer.
    fn offered(&mut self, input: Input) -> (Offer, AnyRequest) {
        let (Shown::Offer(bytes), Prompt::Request) = self.gets(input) else {
            panic!("no offer");
        };
        let offer = Offer::from_bytes(&bytes).unwrap();
        let request = self.world.request(&offer);
        (offer, request)
    }

    fn refused(&mut self, input: Input, then: &Prompt) -> IssuerError {
        let (Shown::Refused(error), prompt) = self.gets(input) else {
            panic!("not refused");
        };
        assert_eq!(prompt, *then);
        error
    }
}

fn code(text: &str) -> Input {
    Input::Evidence(Scanned::Code(text.into()))
}

fn file(content: &str) -> Input {
    Input::Evidence(Scanned::File(content.as_bytes().to_vec()))
}

fn scanned(request: &AnyRequest) -> Input {
    Input::Request(request.to_bytes())
}

#[test]
fn a_letter_becomes_a_pass() {
    let mut world = World::new(&Plan::default());
    let letters = import(&mut world, &people(1..=1), &[], NOW).unwrap();
    let letter = letters[0].code.expose_text();
    let mut clerk = Clerk::with(world);
    assert_eq!(clerk.desk.prompt(), Prompt::Evidence);
    let (Shown::Claim(stated), Prompt::Theirs) = clerk.gets(code(&letter)) else {
        panic!("no claim");
    };
    assert!(stated.iter().any(|(name, _)| name == "until"));
    let (_, request) = clerk.offered(Input::Answer(true));

    // A request for somebody else's offer, then no request at all.
    let other = clerk.world.offer();
    let stranger = clerk.world.request(&other);
    let error = clerk.refused(scanned(&stranger), &Prompt::Request);
    assert!(matches!(error, IssuerError::OtherOffer));
    let error = clerk.refused(Input::Request(b"nonsense".to_vec()), &Prompt::Request);
    assert!(matches!(error, IssuerError::Decode(_)));

    // The codes are compared; if they differ, the offer is closed, and the letter gives another one.
    let (Shown::Draw(_), Prompt::Code(_)) = clerk.gets(scanned(&request)) else {
        panic!("no draw");
    };
    let error = clerk.refused(Input::Answer(false), &Prompt::Evidence);
    assert!(matches!(error, IssuerError::CodesDiffer));
    let gone = done(clerk.world.issuer().answered(&request));
    assert!(gone.is_err(), "the offer is closed");
    clerk.hands_in(code(&letter));
    let (_, request) = clerk.offered(Input::Answer(true));
    let (Shown::Draw(_), Prompt::Code(_)) = clerk.gets(scanned(&request)) else {
        panic!("no draw");
    };
    let (Shown::Response(issued), Prompt::Received) = clerk.gets(Input::Answer(true)) else {
        panic!("no response");
    };
    let stored = done(clerk.world.issuer().answered(&request)).unwrap();
    assert_eq!(stored.map(|stored| stored.response), Some(issued.response));
    assert_eq!(clerk.hands_in(Input::Nothing).prompt, Prompt::Evidence);

    // The letter is used up.
    let error = clerk.refused(code(&letter), &Prompt::Evidence);
    assert!(error.to_string().contains("used already"), "{error}");
    assert_eq!(clerk.hands_in(Input::Nothing).prompt, Prompt::Closed);
    assert_eq!((clerk.desk.served(), clerk.desk.left()), (1, 2));
}

/// Whoever left could have taken the offer along.
#[test]
fn the_offer_of_a_guest_who_leaves_is_closed() {
    let mut clerk = Clerk::new();
    for step in 0..3 {
        clerk.gets(file(CERTIFICATE));
        clerk.hands_in(Input::Answer(true));
        clerk.hands_in(Input::Text("1985-03-08".into()));
        let (_, request) = clerk.offered(Input::Text("A.K.".into()));
        match step {
            0 => drop(clerk.hands_in(Input::Nothing)),
            1 => done(clerk.desk.leave(NOW)).unwrap(),
            _ => {
                clerk.hands_in(scanned(&request));
                done(clerk.desk.leave(NOW)).unwrap();
            }
        }
        assert_eq!(clerk.desk.prompt(), Prompt::Evidence);
        let gone = done(clerk.world.issuer().answered(&request));
        assert!(gone.is_err(), "{step}");
    }
    assert_eq!(clerk.desk.left(), 3);
}

#[test]
fn what_a_certificate_does_not_give_is_asked_for() {
    let mut clerk = Clerk::new();
    let water = CERTIFICATE.replace("\"c\"", "\"water\"");
    let error = clerk.refused(file(&water), &Prompt::Evidence);
    assert!(matches!(error, IssuerError::Rules(_)), "{error}");
    let (Shown::Certificate(judged), Prompt::Person) = clerk.gets(file(CERTIFICATE)) else {
        panic!("no certificate");
    };
    assert_eq!(judged.evidence().name.family, "Kuznetsova");
    let reply = clerk.hands_in(Input::Answer(true));
    assert_eq!(reply.prompt, Prompt::Attribute("birth_date".into()));
    let reply = clerk.hands_in(Input::Text("1985-03-08".into()));
    assert_eq!(reply.prompt, Prompt::Attribute("id_hint".into()));
    let (_, request) = clerk.offered(Input::Text("A.K.".into()));
    let reply = clerk.hands_in(scanned(&request));
    assert!(matches!(reply.prompt, Prompt::Code(_)));
    let (Shown::Response(_), Prompt::Received) = clerk.gets(Input::Answer(true)) else {
        panic!("no response");
    };
    clerk.hands_in(Input::Nothing);
    let audit = done(clerk.world.issuer().audit(None)).unwrap();
    assert_eq!(audit.days[0].kind, "vaccination");
}

#[test]
fn what_cannot_be_meant_and_what_cannot_be_read_end_the_guests_turn() {
    let mut clerk = Clerk::new();
    for born in ["yesterday", "2031-03-08"] {
        clerk.gets(file(CERTIFICATE));
        clerk.hands_in(Input::Answer(true));
        let mut reply = clerk.hands_in(Input::Text(born.into()));
        if reply.shown.is_empty() {
            reply = clerk.hands_in(Input::Text("A.K.".into()));
        }
        assert!(matches!(reply.shown[..], [Shown::Refused(_)]), "{born}");
        assert_eq!(reply.prompt, Prompt::Evidence);
    }
    // Text from a code is neither a file nor JSON.
    for scanned in ["/etc/passwd", CERTIFICATE] {
        let error = clerk.refused(code(scanned), &Prompt::Evidence);
        assert!(matches!(error, IssuerError::NoEvidence), "{error}");
    }
    let error = clerk.refused(code("HC1:nonsense"), &Prompt::Evidence);
    assert!(matches!(error, IssuerError::NotBelieved(_)), "{error}");
    let nobody = ClaimCode::generate(&mut clerk.world.rng).expose_text();
    let error = clerk.refused(code(&nobody), &Prompt::Evidence);
    assert!(error.to_string().contains("no letter from here"), "{error}");
    assert_eq!(clerk.desk.left(), 6);
    assert_eq!(clerk.desk.served(), 0);
}

#[test]
fn an_input_that_was_not_asked_for_changes_nothing() {
    let mut clerk = Clerk::new();
    let unmoved = |clerk: &mut Clerk, inputs: Vec<Input>| {
        let before = clerk.desk.prompt();
        for input in inputs {
            let reply = clerk.hands_in(input);
            assert!(reply.shown.is_empty());
            assert_eq!(reply.prompt, before);
        }
    };
    let text = || Input::Text("2021-01-01".into());
    let nonsense = || Input::Request(vec![1]);
    unmoved(&mut clerk, vec![Input::Answer(true), text(), nonsense()]);
    clerk.gets(file(CERTIFICATE));
    unmoved(
        &mut clerk,
        vec![Input::Nothing, text(), nonsense(), code("HC1:")],
    );
    clerk.hands_in(Input::Answer(true));
    unmoved(
        &mut clerk,
        vec![
            Input::Nothing,
            Input::Answer(true),
            nonsense(),
            code("HC1:"),
        ],
    );
    clerk.hands_in(Input::Text("1985-03-08".into()));
    let (_, request) = clerk.offered(Input::Text("A.K.".into()));
    unmoved(&mut clerk, vec![Input::Answer(true), text(), code("HC1:")]);
    clerk.hands_in(scanned(&request));
    unmoved(
        &mut clerk,
        vec![Input::Nothing, text(), nonsense(), code("HC1:")],
    );
    assert_eq!(clerk.desk.left(), 0);
}

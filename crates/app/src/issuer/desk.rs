//! The desk: one guest after another, as a dialogue without a screen.
//!
//! | the desk asks for | a front end hands in | then |
//! |---|---|---|
//! | [`Prompt::Evidence`] | [`Input::Evidence`]: a letter | what its claim states is shown; [`Prompt::Theirs`] |
//! | | [`Input::Evidence`]: a certificate | what it states and gives is shown; [`Prompt::Person`] |
//! | | [`Input::Nothing`] | [`Prompt::Closed`] |
//! | [`Prompt::Theirs`] | [`Input::Answer`] | yes: the offer is shown; [`Prompt::Request`] |
//! | [`Prompt::Person`] | [`Input::Answer`] | yes: [`Prompt::Attribute`] for each that the certificate does not give, then the offer |
//! | [`Prompt::Attribute`] | [`Input::Text`] | the next one, or the offer is shown; [`Prompt::Request`] |
//! | [`Prompt::Request`] | [`Input::Request`] | the draw is shown; [`Prompt::Code`] |
//! | | [`Input::Nothing`] | the offer is closed, and the guest leaves; [`Prompt::Evidence`] |
//! | [`Prompt::Code`] | [`Input::Answer`] | yes: the response is shown; [`Prompt::Received`]. No: the offer is closed, and the guest leaves; [`Prompt::Evidence`] |
//! | [`Prompt::Received`] | anything | the guest was served; [`Prompt::Evidence`] |
//!
//! Whatever fails is shown, and never ends the desk: while the guest's request is waited for, the next one is; else
//! the guest leaves. An input that the question does not ask for changes nothing.
//!
//! What a certificate says of a guest is on the screen while they stand there, and nowhere else. What they set
//! blindly (name, employer) never comes here.

use rand_core::CryptoRng;
use veilpass::issuance::{ClaimCode, Offer};
use veilpass::scheme::{IssuerKey, SetBy, Value};

use super::answer::{Drawn, Issued};
use super::evidence::{Judge, Judged};
use super::offer::{OfferTerms, OpenedClaim};
use super::{AnyRequest, Issuer, IssuerError};
use crate::log::Closing;
use crate::ports::Keys;
use crate::store::IssuerStore;
use crate::store::register::RegisterStore;

/// A desk that is open.
pub struct Desk<S> {
    issuer: Issuer<S>,
    key: IssuerKey,
    /// If certificates are taken.
    judge: Option<Judge>,
    /// How long a guest may take to answer an offer, in seconds.
    patience: i64,
    state: State,
    served: u32,
    left: u32,
}

/// Where the dialogue with a guest stands.
enum State {
    Evidence,
    /// With the second until which the offer can be answered: it is fixed when the evidence is scanned.
    Theirs(OpenedClaim, i64),
    Person(Judged, i64),
    /// With what is set already.
    Attribute(String, Vec<(String, Value)>, Judged, i64),
    /// The offer's name.
    Request([u8; 32]),
    Code(AnyRequest, String),
    Received,
    Closed,
}

/// What a front end hands in.
pub enum Input {
    /// What a guest brings.
    Evidence(Scanned),
    /// The bytes of the guest's request.
    Request(Vec<u8>),
    /// A person's yes or no.
    Answer(bool),
    /// A text that a person typed.
    Text(String),
    /// Nothing: the guest leaves, or has what they came for; nobody else comes.
    Nothing,
}

/// Evidence as it comes before the desk.
pub enum Scanned {
    /// The text of a guest's code. It could hold anything.
    Code(String),
    /// The content of a file that the issuer's own people chose, or of the code in such a picture.
    File(Vec<u8>),
}

/// What is to be shown.
pub enum Shown {
    /// What a claim states.
    Claim(Vec<(String, Value)>),
    /// What a certificate states and gives.
    Certificate(Box<Judged>),
    /// An offer, for the guest's wallet to scan.
    Offer(Vec<u8>),
    /// What was drawn, for the guest's wallet to scan: it shows the code then.
    Draw(Vec<u8>),
    /// A response, for the guest's wallet to scan, and the handle of the pass, with which it can be revoked.
    Response(Issued),
    /// Why something was refused.
    Refused(IssuerError),
}

/// What is asked for next.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Prompt {
    /// A certificate, or a claim's code. Nothing closes the desk.
    Evidence,
    /// Is the letter theirs, by their own identity card?
    Theirs,
    /// Is the person before the desk the one of the certificate, by their own identity card?
    Person,
    /// The value of this attribute, as people write it.
    Attribute(String),
    /// The guest's request.
    Request,
    /// Does the guest's wallet show this code?
    Code(String),
    /// To go on when the wallet has the response.
    Received,
    /// Nothing: the desk is closed.
    Closed,
}

/// What the desk shows, and asks for then.
pub struct Reply {
    /// What is shown, in this order.
    pub shown: Vec<Shown>,
    /// What is asked for then.
    pub prompt: Prompt,
}

impl<S: IssuerStore + RegisterStore> Desk<S> {
    /// What a claim states, as people write it.
    #[must_use]
    pub fn stated(&self, values: &[(String, Value)]) -> Vec<(String, String)> {
        self.issuer.stated(values)
    }

    /// Opens a desk, if the issuer is ready to offer. A guest may take `patience` seconds to answer an offer.
    ///
    /// # Errors
    /// As [`Issuer::today`] and [`Issuer::ready`].
    pub async fn open(
        issuer: Issuer<S>,
        keys: &impl Keys,
        judge: Option<Judge>,
        patience: i64,
        now: i64,
    ) -> Result<Self, IssuerError> {
        issuer.today(now)?;
        Ok(Self {
            key: issuer
                .ready_today(keys, veilpass::scheme::UnixTime::from_seconds(now))
                .await?,
            issuer,
            judge,
            patience,
            state: State::Evidence,
            served: 0,
            left: 0,
        })
    }

    /// Guests who were served.
    #[must_use]
    pub fn served(&self) -> u32 {
        self.served
    }

    /// Guests who left without a pass.
    #[must_use]
    pub fn left(&self) -> u32 {
        self.left
    }

    /// What is asked for now.
    #[must_use]
    pub fn prompt(&self) -> Prompt {
        match &self.state {
            State::Evidence => Prompt::Evidence,
            State::Theirs(..) => Prompt::Theirs,
            State::Person(..) => Prompt::Person,
            State::Attribute(name, ..) => Prompt::Attribute(name.clone()),
            State::Request(_) => Prompt::Request,
            State::Code(_, code) => Prompt::Code(code.clone()),
            State::Received => Prompt::Received,
            State::Closed => Prompt::Closed,
        }
    }

    /// The guest leaves, because the front end cannot go on with them. Their offer is closed: nobody else answers it.
    ///
    /// # Errors
    /// [`IssuerError::Store`]: the offer could not be closed, and ends by itself.
    pub async fn leave(&mut self, now: i64) -> Result<(), IssuerError> {
        let offer = self.offer_at_hand();
        self.go_away();
        match offer {
            Some(offer) => self.issuer.close(&offer, Closing::Left, now).await,
            None => Ok(()),
        }
    }

    fn go_away(&mut self) {
        self.state = State::Evidence;
        self.left += 1;
    }

    /// The offer that the guest was shown.
    fn offer_at_hand(&self) -> Option<[u8; 32]> {
        match &self.state {
            State::Request(offer) => Some(*offer),
            State::Code(request, _) => Some(*request.offer_id()),
            _ => None,
        }
    }

    /// Takes an input and says what is shown and asked for then.
    pub async fn next<R: CryptoRng + ?Sized>(
        &mut self,
        input: Input,
        now: i64,
        rng: &mut R,
    ) -> Reply {
        let offer = self.offer_at_hand();
        let state = std::mem::replace(&mut self.state, State::Evidence);
        let shown = match self.take(state, input, now, rng).await {
            Ok(shown) => shown,
            Err(error) => {
                match offer {
                    Some(offer) => self.state = State::Request(offer),
                    None => self.go_away(),
                }
                vec![Shown::Refused(error)]
            }
        };
        Reply {
            shown,
            prompt: self.prompt(),
        }
    }

    /// Goes from one state to the next.
    async fn take<R: CryptoRng + ?Sized>(
        &mut self,
        state: State,
        input: Input,
        now: i64,
        rng: &mut R,
    ) -> Result<Vec<Shown>, IssuerError> {
        match (state, input) {
            (State::Evidence, Input::Evidence(scanned)) => self.evidence(&scanned, now).await,
            (State::Evidence, Input::Nothing) => self.go(State::Closed),
            (State::Theirs(claim, expires), Input::Answer(true)) => {
                let made = (self.issuer).offer_claim(&self.key, claim, expires, now, rng);
                let offer = made.await?;
                self.offered(&offer)
            }
            (State::Person(judged, expires), Input::Answer(true)) => {
                let mut values = Vec::new();
                judged.complete(&mut values);
                self.ask_missing(values, judged, expires, now, rng).await
            }
            (State::Attribute(name, mut values, judged, expires), Input::Text(text)) => {
                let value = self.issuer.value(&name, &text)?;
                values.push((name, value));
                self.ask_missing(values, judged, expires, now, rng).await
            }
            (State::Request(offer), Input::Request(bytes)) => {
                self.request(offer, &bytes, now).await
            }
            (State::Code(request, _), Input::Answer(true)) => {
                let issued = self.issuer.answer_agreed(&self.key, request, now).await?;
                self.issued(issued)
            }
            (State::Code(request, _), Input::Answer(false)) => {
                let (offer, why) = (request.offer_id(), Closing::CodesDiffer);
                self.issuer.close(offer, why, now).await?;
                self.go_away();
                Ok(vec![Shown::Refused(IssuerError::CodesDiffer)])
            }
            (State::Received, _) => {
                self.served += 1;
                self.go(State::Evidence)
            }
            (State::Theirs(..) | State::Person(..), Input::Answer(false)) => {
                self.go_away();
                Ok(Vec::new())
            }
            (State::Request(offer), Input::Nothing) => {
                self.issuer.close(&offer, Closing::Left, now).await?;
                self.go_away();
                Ok(Vec::new())
            }
            (state, _) => self.go(state),
        }
    }

    fn go(&mut self, state: State) -> Result<Vec<Shown>, IssuerError> {
        self.state = state;
        Ok(Vec::new())
    }

    async fn evidence(&mut self, scanned: &Scanned, now: i64) -> Result<Vec<Shown>, IssuerError> {
        let expires = now + self.patience;
        let text = match scanned {
            Scanned::Code(text) => Some(text.as_str()),
            Scanned::File(content) => std::str::from_utf8(content).ok(),
        };
        if let Some(code) = text.and_then(|text| ClaimCode::from_text(text).ok()) {
            let claim = self.issuer.open_claim(&code, now).await?;
            let shown = vec![Shown::Claim(claim.values().to_vec())];
            self.state = State::Theirs(claim, expires);
            return Ok(shown);
        }
        let judge = self.judge.as_ref().ok_or(IssuerError::NoRules)?;
        let today = self.issuer.today(now)?;
        let content = match scanned {
            Scanned::Code(text) if text.starts_with("HC1:") || text.starts_with("shc:/") => {
                text.as_bytes()
            }
            Scanned::Code(_) => return Err(IssuerError::NoEvidence),
            Scanned::File(content) => content,
        };
        let judged = judge.judge(content, (now, today), self.issuer.scheme().schema())?;
        let shown = vec![Shown::Certificate(Box::new(judged.clone()))];
        self.state = State::Person(judged, expires);
        Ok(shown)
    }

    /// Asks for what the certificate did not give; makes the offer when nothing is missing.
    async fn ask_missing<R: CryptoRng + ?Sized>(
        &mut self,
        values: Vec<(String, Value)>,
        judged: Judged,
        expires: i64,
        now: i64,
        rng: &mut R,
    ) -> Result<Vec<Shown>, IssuerError> {
        let schema = self.issuer.scheme().schema();
        let set = |name: &String| values.iter().any(|(set, _)| set == name);
        let missing = (schema.set_by(SetBy::Issuer))
            .map(|(_, attribute)| &attribute.name)
            .find(|name| !set(name))
            .cloned();
        if let Some(name) = missing {
            return self.go(State::Attribute(name, values, judged, expires));
        }
        let (issuer, key) = (&self.issuer, &self.key);
        let terms = OfferTerms {
            kind: judged.kind(),
            expires,
            compared: true,
        };
        let made = issuer.offer(key, &values, terms, now, rng);
        let offer = made.await?;
        self.offered(&offer)
    }

    fn offered(&mut self, offer: &Offer) -> Result<Vec<Shown>, IssuerError> {
        self.state = State::Request(offer.id());
        Ok(vec![Shown::Offer(offer.to_bytes())])
    }

    /// Takes a request for this guest's offer, and for no other: what an offer says was checked with the guest
    /// before whom it was made.
    async fn request(
        &mut self,
        offer: [u8; 32],
        bytes: &[u8],
        now: i64,
    ) -> Result<Vec<Shown>, IssuerError> {
        let request = AnyRequest::from_bytes(self.issuer.scheme(), bytes)?;
        if *request.offer_id() != offer {
            return Err(IssuerError::OtherOffer);
        }
        if let Some(issued) = self.issuer.answered(&request).await? {
            return self.issued(issued);
        }
        let Drawn { draw, code } = self.issuer.draw(&self.key, &request, now).await?;
        self.state = State::Code(request, code);
        Ok(vec![Shown::Draw(draw)])
    }

    fn issued(&mut self, issued: Issued) -> Result<Vec<Shown>, IssuerError> {
        self.state = State::Received;
        Ok(vec![Shown::Response(issued)])
    }
}

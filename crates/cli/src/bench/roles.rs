//! What is measured of the roles: every step of a pass's life, from the bytes that arrive to the bytes that
//! leave, or to what its role then has in memory. All steps are one set: each runs in every round.

use super::Measuring;
use super::measure::{Case, Row, after, whole};
use super::passes::{DAY, check, make, usual};
use super::town::{Guest, Town, must, rng};
use crate::report::Failure;
use veilpass::Credential;
use veilpass::issuance::{Offer, PendingRequest, Request, Response};
use veilpass::qr::{Code, from_picture};
use veilpass::scheme::{SetBy, UnixTime};

pub(super) fn roles(measuring: &Measuring<'_>) -> Result<Vec<Row>, Failure> {
    let mut town = usual(measuring, false)?;
    let guest = town.guest()?;
    let handle = town.registry.draw(&mut rng())?.expose_bytes().to_vec();
    let issuing = Issuing::new(&town, &guest, handle)?;
    let showing = Showing::new(&guest)?;
    let mut cases = issuing.cases();
    cases.extend(issuing.bundles());
    cases.extend(showing.guest());
    cases.extend(showing.door());
    measuring.rounds("roles", cases, measuring.plan.rounds)
}

/// The bytes that a clinic and a guest exchange or keep, and the bundles.
struct Issuing<'a> {
    town: &'a Town,
    guest: &'a Guest,
    handle: Vec<u8>,
    offer: Vec<u8>,
    kept: Vec<u8>,
    request: Vec<u8>,
    pending: Vec<u8>,
    response: Vec<u8>,
    door_bundle: Vec<u8>,
    holder_bundle: Vec<u8>,
}

impl<'a> Issuing<'a> {
    fn new(town: &'a Town, guest: &'a Guest, handle: Vec<u8>) -> Result<Self, Failure> {
        let kept = town.offer()?;
        let offer = kept.offer().to_bytes();
        let pending = request(town, &offer)?;
        let (kept, asked) = (kept.to_bytes().to_vec(), pending.request().to_bytes());
        let issuing = Self {
            response: town.issue(&kept, &asked, &handle)?.to_bytes(),
            pending: pending.expose_bytes().to_vec(),
            door_bundle: town.door_bytes(),
            holder_bundle: town.holder_bytes(),
            request: asked,
            town,
            guest,
            handle,
            offer,
            kept,
        };
        issuing.rehearse()?;
        Ok(issuing)
    }

    /// The clinic signs a good request and no spoilt one; the guest takes a good response and no spoilt one;
    /// bundles are read under their signature alone.
    fn rehearse(&self) -> Result<(), Failure> {
        let (town, spoilt) = (self.town, spoil(&self.request));
        must(
            Request::from_bytes(&town.scheme, &spoilt).is_ok(),
            "a spoilt request is to be refused for its proof",
        )?;
        must(
            town.issue(&self.kept, &spoilt, &self.handle).is_err(),
            "a spoilt request was signed",
        )?;
        self.receive(&self.response)?;
        must(
            self.receive(&spoil(&self.response)).is_err(),
            "a spoilt response was received",
        )?;
        must(
            town.read_door(&spoil(&self.door_bundle)).is_err()
                && town.read_holder(&spoil(&self.holder_bundle)).is_err(),
            "a spoilt bundle was read",
        )
    }

    fn receive(&self, response: &[u8]) -> Result<Credential, Failure> {
        let pending = PendingRequest::from_bytes(&self.town.scheme, &self.pending)?;
        let response = Response::from_bytes(response)?;
        Ok(pending.receive(
            &self.guest.holder,
            &response,
            UnixTime::from_seconds(self.town.now),
        )?)
    }

    /// From an offer to a pass.
    fn cases(&self) -> Vec<Case<'_>> {
        let town = self.town;
        let offer = move || {
            let kept = town.offer()?;
            Ok((kept.to_bytes(), kept.offer().to_bytes()))
        };
        let ask = move || {
            let pending = request(town, &self.offer)?;
            Ok((pending.expose_bytes(), pending.request().to_bytes()))
        };
        let sign = move || Ok((town.issue(&self.kept, &self.request, &self.handle)?).to_bytes());
        vec![
            Case::new("clinic: offer", whole(offer)).bytes(self.offer.len()),
            Case::new("guest: request", whole(ask)).bytes(self.request.len()),
            Case::new("clinic: sign the request", whole(sign)).bytes(self.response.len()),
            Case::new(
                "guest: receive the pass",
                whole(|| self.receive(&self.response)),
            ),
        ]
    }

    /// What everybody downloads.
    fn bundles(&self) -> Vec<Case<'_>> {
        let town = self.town;
        let (holder, door) = (&self.holder_bundle, &self.door_bundle);
        vec![
            Case::new(
                "guest: read a new bundle, no removals",
                whole(move || town.read_holder(holder)),
            )
            .bytes(holder.len()),
            Case::new(
                "door: read a new bundle",
                whole(move || town.read_door(door)),
            )
            .bytes(door.len()),
        ]
    }
}

/// A guest's answer to an offer's bytes.
fn request(town: &Town, offer: &[u8]) -> Result<PendingRequest, Failure> {
    let mine = town.values(SetBy::Holder);
    let offer = Offer::from_bytes(offer)?;
    Ok(offer.request(
        &town.scheme,
        &mine,
        UnixTime::from_seconds(town.now),
        &mut rng(),
    )?)
}

fn spoil(bytes: &[u8]) -> Vec<u8> {
    let mut bytes = bytes.to_vec();
    if let Some(last) = bytes.last_mut() {
        *last ^= 1;
    }
    bytes
}

/// A guest before a poster, and the picture of the pass.
struct Showing<'a> {
    guest: &'a Guest,
    pass: Vec<u8>,
    png: Vec<u8>,
}

impl<'a> Showing<'a> {
    fn new(guest: &'a Guest) -> Result<Self, Failure> {
        let pass = guest.present(DAY)?;
        let (prepared, committed) = (guest.prepare(DAY)?, guest.commit(DAY)?);
        let prepared = guest.answer(DAY, prepared)?;
        let committed = guest.answer_committed(DAY, committed)?;
        for pass in [&pass, &prepared, &committed] {
            guest.rehearse(DAY, pass)?;
        }
        let png = Code::new(&pass)?.png(4)?;
        let other = Code::new(&guest.spoilt(&pass)?)?.png(4)?;
        must(
            from_picture(&png)? == pass && from_picture(&other)? != pass,
            "a picture was read as another pass",
        )?;
        Ok(Self { guest, pass, png })
    }

    /// From a question to a picture.
    fn guest(&self) -> Vec<Case<'_>> {
        let (guest, bytes) = (self.guest, self.pass.len());
        let prepare = move || guest.prepare(DAY);
        let answer = after(prepare, move |ready| guest.answer(DAY, ready));
        let commit = move || guest.commit(DAY);
        let committed = after(commit, move |ready| guest.answer_committed(DAY, ready));
        let draw = move || Ok(Code::new(&self.pass)?.png(4)?);
        vec![
            Case::new("guest: make a pass", make(guest, DAY)).bytes(bytes),
            Case::new("guest: prepare a pass ahead", whole(prepare)),
            Case::new("guest: answer with a prepared pass", answer).bytes(bytes),
            Case::new("guest: answer with commitments ready, too", committed).bytes(bytes),
            Case::new("guest: draw the QR code", whole(draw)).bytes(self.png.len()),
        ]
    }

    /// From a picture to a verdict.
    fn door(&self) -> Vec<Case<'_>> {
        let read = move || Ok(from_picture(&self.png)?);
        vec![
            Case::new("door: find and read the QR code", whole(read)),
            Case::new("door: check a pass", check(self.guest, DAY, &self.pass)),
        ]
    }
}

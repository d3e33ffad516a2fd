//! What is measured of the roles: every step of a pass's life, from the bytes that arrive to the bytes that
//! leave, or to what its role then has in memory. All steps are one set: each runs in every round.

use veilpass::Credential;
use veilpass::issuance::{Offer, PendingOffer, PendingRequest, Request, Response};
use veilpass::qr::Code;
use veilpass::registry::Handle;
use veilpass::scheme::Accreditation;
use veilpass_fixture::city::{City, HOUR, NOW, at};

use crate::Measuring;
use crate::error::{Fallible, must};
use crate::measure::{Case, Row, after, whole};
use crate::passes::{check, from_picture, make};
use crate::world::{Guest, RESTAURANT, own_values, read_door, read_holder, rng, usual, values};

pub(super) fn roles(measuring: &Measuring<'_>) -> Fallible<Vec<Row>> {
    let mut city = usual(&measuring.table, None);
    let guest = Guest::of(&mut city);
    let handle = city.registry.draw(&mut rng())?.expose_bytes().to_vec();
    let issuing = Issuing::new(&city, &guest, handle)?;
    let showing = Showing::new(&guest)?;
    let mut cases = issuing.cases();
    cases.extend(issuing.bundles());
    cases.extend(showing.guest());
    cases.extend(showing.door());
    measuring.rounds("roles", cases, measuring.plan.rounds)
}

/// The bytes that an issuer and a guest exchange or keep, and the bundles.
struct Issuing<'a> {
    city: &'a City,
    guest: &'a Guest,
    accreditation: Accreditation,
    handle: Vec<u8>,
    offer: Vec<u8>,
    pending_offer: Vec<u8>,
    request: Vec<u8>,
    pending_request: Vec<u8>,
    response: Vec<u8>,
    door_bundle: Vec<u8>,
    holder_bundle: Vec<u8>,
}

impl<'a> Issuing<'a> {
    fn new(city: &'a City, guest: &'a Guest, handle: Vec<u8>) -> Fallible<Self> {
        let pending_offer = offer(city)?;
        let offer = pending_offer.offer().to_bytes();
        let pending_request = request(city, &offer)?;
        let mut issuing = Self {
            accreditation: city.accredit(&city.portal),
            pending_offer: pending_offer.to_bytes().to_vec(),
            request: pending_request.request().to_bytes(),
            pending_request: pending_request.expose_bytes().to_vec(),
            response: Vec::new(),
            door_bundle: city.door_bytes(),
            holder_bundle: city.holder_bytes(),
            city,
            guest,
            handle,
            offer,
        };
        issuing.response = issuing.answer(&issuing.request)?;
        issuing.rehearse()?;
        Ok(issuing)
    }

    /// The issuer signs a good request and no spoilt one; the guest takes a good response and no spoilt one;
    /// bundles are read under their signature alone.
    fn rehearse(&self) -> Fallible<()> {
        let (city, spoilt) = (self.city, spoil(&self.request));
        must(
            Request::from_bytes(&city.scheme, &spoilt).is_ok(),
            "a spoilt request is to be refused for its proof",
        )?;
        must(self.answer(&spoilt).is_err(), "a spoilt request was signed")?;
        self.receive(&self.response)?;
        must(
            self.receive(&spoil(&self.response)).is_err(),
            "a spoilt response was received",
        )?;
        must(
            read_door(city, &spoil(&self.door_bundle)).is_err()
                && read_holder(city, &spoil(&self.holder_bundle)).is_err(),
            "a spoilt bundle was read",
        )
    }

    /// The issuer's answer to a request, all from bytes.
    fn answer(&self, request: &[u8]) -> Fallible<Vec<u8>> {
        let scheme = &self.city.scheme;
        let pending = PendingOffer::from_bytes(scheme, &self.pending_offer)?;
        let request = Request::from_bytes(scheme, request)?;
        let handle = Handle::from_bytes(&self.handle)?;
        let (issuer, accreditation) = (&self.city.portal, Some(&self.accreditation));
        let response = pending.issue(scheme, issuer, accreditation, &request, handle, at(NOW))?;
        Ok(response.to_bytes())
    }

    fn receive(&self, response: &[u8]) -> Fallible<Credential> {
        let pending = PendingRequest::from_bytes(&self.city.scheme, &self.pending_request)?;
        let response = Response::from_bytes(response)?;
        Ok(pending.receive(&self.guest.holder, &response, at(NOW))?)
    }

    /// From an offer to a pass.
    fn cases(&self) -> Vec<Case<'_>> {
        let city = self.city;
        let offer = move || {
            let pending = offer(city)?;
            Ok((pending.to_bytes(), pending.offer().to_bytes()))
        };
        let ask = move || {
            let pending = request(city, &self.offer)?;
            Ok((pending.expose_bytes(), pending.request().to_bytes()))
        };
        let sign = move || self.answer(&self.request);
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
        let city = self.city;
        let (holder, door) = (&self.holder_bundle, &self.door_bundle);
        vec![
            Case::new(
                "guest: read a new bundle, no removals",
                whole(move || read_holder(city, holder)),
            )
            .bytes(holder.len()),
            Case::new(
                "door: read a new bundle",
                whole(move || read_door(city, door)),
            )
            .bytes(door.len()),
        ]
    }
}

/// The issuer's offer of a pass.
fn offer(city: &City) -> Fallible<PendingOffer> {
    let (values, ends) = (values(city.scheme.schema()), at(NOW + HOUR));
    Ok((city.portal).offer(&city.scheme, &values, ends, &mut rng())?)
}

/// A guest's answer to an offer's bytes.
fn request(city: &City, offer: &[u8]) -> Fallible<PendingRequest> {
    let own = own_values(city.scheme.schema());
    let offer = Offer::from_bytes(offer)?;
    Ok(offer.request(&city.scheme, &own, at(NOW), &mut rng())?)
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
    fn new(guest: &'a Guest) -> Fallible<Self> {
        let pass = guest.present(RESTAURANT)?;
        let prepared = guest.answer(RESTAURANT, guest.prepare(RESTAURANT)?)?;
        for pass in [&pass, &prepared] {
            guest.rehearse(RESTAURANT, pass)?;
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
        let prepare = move || guest.prepare(RESTAURANT);
        let answer = after(prepare, move |ready| guest.answer(RESTAURANT, ready));
        let draw = move || Ok(Code::new(&self.pass)?.png(4)?);
        vec![
            Case::new("guest: make a pass", make(guest, RESTAURANT)).bytes(bytes),
            Case::new("guest: prepare a pass ahead", whole(prepare)),
            Case::new("guest: answer with a prepared pass", answer).bytes(bytes),
            Case::new("guest: draw the QR code", whole(draw)).bytes(self.png.len()),
        ]
    }

    /// From a picture to a verdict.
    fn door(&self) -> Vec<Case<'_>> {
        let read = move || from_picture(&self.png);
        vec![
            Case::new("door: find and read the QR code", whole(read)),
            Case::new(
                "door: check a pass",
                check(self.guest, RESTAURANT, &self.pass),
            ),
        ]
    }
}

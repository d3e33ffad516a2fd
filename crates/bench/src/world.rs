//! Whom and what is measured: the city of the tests, with the questions and the lists that the plots need. Every
//! artefact goes through its bytes.

use rand::rngs::ThreadRng;
use veilpass::Credential;
use veilpass::artefact::Artefact;
use veilpass::internals::DateTablePublic;
use veilpass::presentation::{Door, Expected, Prepared, Question, Reason};
use veilpass::scheme::{
    Attribute, AttributeKind, Bundle, DateTable, Day, HolderBundle, Mode, Policy, Schema, SetBy,
    Trust, UnverifiedBundle, UnverifiedHolderBundle, Value,
};
use veilpass_fixture::city::{self, City, DAY, NOW, at};

use crate::error::{Fallible, must};

/// The venue that asks.
pub(super) const VENUE: &str = "Cafe";

/// Its policy: the pass with five statements, everything hidden.
pub(super) const RESTAURANT: &str = "restaurant";

/// Days from now to the last day of the passes: the shortest table that is measured reaches it.
const AHEAD: i64 = 30;

/// Issuers that the sealed list has room for: as many as an authority's own list has.
const PLACES: u16 = 64;

/// A date table and its public key.
pub(super) type Table = (DateTable, DateTablePublic);

pub(super) fn rng() -> ThreadRng {
    rand::rng()
}

/// A city with the usual schema: its policies, and two that hide less: `signed` shows the last day and has no pseudonym,
/// `once` has one.
pub(super) fn usual(table: &Table, known: Option<()>) -> City {
    let mut city = founded(Schema::default(), table, known);
    city.policies = city::policies(city.scheme.schema());
    let once = Policy {
        number: 6,
        name: "once".into(),
        disclose: vec![until(&city)],
        ..city::restaurant(city.scheme.schema())
    };
    let signed = Policy {
        number: 7,
        name: "signed".into(),
        once_a_day: false,
        ..once.clone()
    };
    city.policies.extend([signed, once]);
    city
}

/// A city whose passes have `count` attributes, secret and handle and the last day among them; the rest are texts.
pub(super) fn with_attributes(count: u32, table: &Table) -> Fallible<City> {
    let attribute = |name: String, kind| Attribute {
        name,
        kind,
        set_by: SetBy::Issuer,
        may_disclose: false,
    };
    let last_day = attribute("until".into(), AttributeKind::Date);
    let texts = (3..count).map(|place| attribute(format!("text {place}"), AttributeKind::Text));
    let schema = Schema::new(std::iter::once(last_day).chain(texts).collect())?;
    Ok(with_one_policy(schema, table))
}

/// A city that asks only [`RESTAURANT`]'s question: no short table reaches an age.
pub(super) fn with_one_policy(schema: Schema, table: &Table) -> City {
    let mut city = founded(schema, table, None);
    city.policies = vec![city::restaurant(city.scheme.schema())];
    city
}

fn founded(schema: Schema, table: &Table, known: Option<()>) -> City {
    let mut city = City::with_table(1, schema, known, |_| table.clone());
    city.places = PLACES;
    city
}

fn until(city: &City) -> u8 {
    city::restaurant(city.scheme.schema()).until
}

/// What the issuer says of a guest, for whatever schema.
pub(super) fn values(schema: &Schema) -> Vec<(&str, Value)> {
    let last_day = Day(i32::try_from((NOW / DAY) + AHEAD).unwrap_or_default());
    let usual = City::issuer_values(last_day);
    let attributes = schema.attributes().iter().skip(2);
    let issuers = attributes.filter(|attribute| attribute.set_by == SetBy::Issuer);
    issuers
        .map(|attribute| {
            let value = usual.iter().find(|(name, _)| *name == attribute.name);
            let value = value.map(|(_, value)| value.clone());
            let text = || Value::Text("ANNA KUZNETSOVA".into());
            (attribute.name.as_str(), value.unwrap_or_else(text))
        })
        .collect()
}

/// What a guest says.
pub(super) fn own_values(schema: &Schema) -> Vec<(&'static str, Value)> {
    let mut own = City::holder_values();
    own.retain(|(name, _)| schema.index_of(name).is_some());
    own
}

pub(super) fn read_door(city: &City, bytes: &[u8]) -> Fallible<Bundle> {
    Ok(UnverifiedBundle::new(bytes).verify(&Trust::pinned(&city.card()))?)
}

pub(super) fn read_holder(city: &City, bytes: &[u8]) -> Fallible<HolderBundle> {
    let holder = UnverifiedHolderBundle::new(bytes);
    Ok(holder.verify(&Trust::pinned(&city.card()), &mut rng())?)
}

/// Somebody with a pass, and the door with the same bundle.
pub(super) struct Guest {
    pub(super) credential: Credential,
    pub(super) holder: HolderBundle,
    pub(super) bundle: Bundle,
}

impl Guest {
    /// Somebody with a pass from the city's portal.
    pub(super) fn of(city: &mut City) -> Self {
        let schema = city.scheme.schema().clone();
        let (credential, _) = city.issue_to(false, &values(&schema), &own_values(&schema));
        Self {
            credential,
            holder: city.holder_bundle(),
            bundle: city.door_bundle(),
        }
    }

    fn question(&self, policy: &str) -> Fallible<Question> {
        Ok(self.door(policy)?.poster(Mode::Poster))
    }

    pub(super) fn door(&self, policy: &str) -> Fallible<Door<'_>> {
        Ok(Door::new(&self.bundle, policy, VENUE)?)
    }

    pub(super) fn present(&self, policy: &str) -> Fallible<Vec<u8>> {
        let question = self.question(policy)?;
        let (holder, now) = (&self.holder, at(NOW));
        let made = (self.credential).present(holder, &question, None, now, &mut rng())?;
        Ok(made.as_bytes().to_vec())
    }

    pub(super) fn prepare(&self, policy: &str) -> Fallible<Prepared> {
        Ok((self.credential).prepare(&self.holder, policy, at(NOW), &mut rng())?)
    }

    pub(super) fn answer(&self, policy: &str, ready: Prepared) -> Fallible<Vec<u8>> {
        let (credential, holder) = (&self.credential, &self.holder);
        let question = self.question(policy)?;
        let made = ready.answer(credential, holder, &question, at(NOW), &mut rng())?;
        Ok(made.as_bytes().to_vec())
    }

    /// An error if the door does not accept the pass.
    pub(super) fn check(&self, policy: &str, pass: &[u8]) -> Fallible<()> {
        match self.refused(VENUE, policy, pass)? {
            None => Ok(()),
            Some(reason) => must(false, format!("a good pass was refused: {reason}")),
        }
    }

    /// Why a door at `venue` refuses the pass, if it does.
    fn refused(&self, venue: &str, policy: &str, pass: &[u8]) -> Fallible<Option<Reason>> {
        let door = Door::new(&self.bundle, policy, venue)?;
        Ok((door.verify(pass, Expected::posters(), at(NOW), &mut rng())).err())
    }

    /// The same pass with another challenge: every point and scalar still decodes, nothing verifies.
    pub(super) fn spoilt(&self, pass: &[u8]) -> Fallible<Vec<u8>> {
        let parts = Artefact::Pass.layout(pass, Some(&self.bundle))?;
        let before = parts.iter().take_while(|part| part.name != "challenge");
        let place: usize = before.map(|part| part.length).sum();
        let mut pass = pass.to_vec();
        must(place < pass.len(), "a pass has no challenge")?;
        if let Some(byte) = pass.get_mut(place) {
            *byte ^= 1;
        }
        Ok(pass)
    }

    /// Before a pass is measured: the door accepts it, and refuses it spoilt or at another venue.
    pub(super) fn rehearse(&self, policy: &str, pass: &[u8]) -> Fallible<()> {
        self.check(policy, pass)?;
        let spoilt = self.refused(VENUE, policy, &self.spoilt(pass)?)?;
        must(
            spoilt == Some(Reason::Invalid),
            "a spoilt pass was not refused",
        )?;
        must(
            self.refused("Elsewhere", policy, pass)? == Some(Reason::OtherVenue),
            "a pass for another venue was not refused",
        )
    }
}

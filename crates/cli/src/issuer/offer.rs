//! Offering a pass: by what a clerk sets, by a certificate, or by a claim from a letter.

use std::collections::HashSet;
use std::path::{Path, PathBuf};

use clap::{Args, ValueEnum};
use serde_json::{Value as Json, json};

use super::open;
use crate::artefact::{self, Output};
use crate::context::{Context, Dir};
use crate::evidence::Basis;
use crate::files::{self, Access};
use crate::language::Lang;
use crate::ports::KeyFiles;
use crate::public::not_public;
use crate::report::{Failure, Report, hex};
use crate::values::{self, Settings};
use veilpass::issuance::ClaimCode;
use veilpass::scheme::{IssuerKey, UnixTime, Value};
use veilpass_app::error::{Class, Classified};
use veilpass_app::issuer::Issuer;
use veilpass_app::issuer::offer::{AT_ONCE, OfferTerms, rests_on};
use veilpass_sqlite::SqliteIssuer;
use veilpass_words::evidence as words;

/// Handles left when a report begins to warn.
const FEW: u32 = 20;

/// A week, in minutes.
const WEEK: u32 = 10_080;

#[derive(Args)]
pub(crate) struct Offer {
    #[command(flatten)]
    dir: Dir,
    #[command(flatten)]
    settings: Settings,
    #[command(flatten)]
    basis: Basis,
    #[command(flatten)]
    lang: Lang,
    /// A claim from a letter of `register import`: its code, or - for what is typed or scanned into standard input.
    #[arg(long, value_name = "CODE", conflicts_with_all = ["evidence", "set", "set_file"])]
    claim: Option<String>,
    /// The same from a picture or text file of the code.
    #[arg(long, value_name = "FILE", conflicts_with_all = ["claim", "evidence", "set", "set_file"])]
    claim_file: Option<String>,
    /// Many claims: a claims file, or one with a code in each line; needs --to.
    #[arg(long, value_name = "FILE", requires = "to",
        conflicts_with_all = ["claim", "claim_file", "evidence", "set", "set_file", "out", "qr"])]
    claims: Option<String>,
    /// With --claims: the folder for the offers. offer-17.vp is for the claim that the claims file has for line 17 of the
    /// register; if it names no lines, for the 17th. Who has an offer can get its pass: keep it closed, and delete it when
    /// it is handed over.
    #[arg(long, value_name = "DIR", requires = "claims")]
    to: Option<PathBuf>,
    /// With --claims: pictures instead of files.
    #[arg(long, value_enum, default_value_t = OfferForm::Vp, requires = "claims")]
    form: OfferForm,
    /// Renew a pass by the renewal of this name in the bundle: --set gives the dates that come anew, and the guest answers
    /// with the pass. All else is carried over unseen.
    #[arg(long, value_name = "NAME", conflicts_with_all = ["claim", "claim_file", "claims", "evidence"])]
    renew: Option<String>,
    /// How long the guest may take to answer: up to 90 days; 15 minutes if not given, and a week for
    /// --claims.
    #[arg(long, value_parser = clap::value_parser!(u32).range(1..=129_600))]
    minutes: Option<u32>,
    #[command(flatten)]
    output: Output,
}

/// How each of many offers is written.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
enum OfferForm {
    /// A file.
    Vp,
    /// A picture of a QR code.
    Png,
    /// The same as a drawing.
    Svg,
    /// The text of the QR code.
    Txt,
}

impl OfferForm {
    fn extension(self) -> &'static str {
        match self {
            Self::Vp => "vp",
            Self::Png => "png",
            Self::Svg => "svg",
            Self::Txt => "txt",
        }
    }
}

impl Offer {
    pub(super) fn run(&self, context: &Context) -> Result<Report, Failure> {
        self.output.check()?;
        let issuer = open(context, &self.dir.dir)?;
        let today = issuer.today(context.now())?;
        if let (Some(claims), Some(to)) = (&self.claims, &self.to) {
            return self.many(context, &issuer, claims, to);
        }
        let minutes = self.minutes.unwrap_or(15);
        let now = context.now();
        let expires = now + i64::from(minutes) * 60;
        let keys = KeyFiles::issuer(context, &self.dir.dir);
        let mut rng = rand::rng();
        if let Some(code) = self.code()? {
            let key = context.wait(issuer.ready(&keys, context.time()))?;
            let claim = context.wait(issuer.open_claim(&code, now))?;
            let (again, values) = (claim.is_offered(), claim.values().to_vec());
            let offer = issuer.offer_claim(&key, claim, expires, now, &mut rng);
            let offer = context.wait(offer)?;
            let report = self.shown(context, &issuer, &offer, expires)?;
            let report = stating(report, &issuer, &values);
            return Ok(match again {
                true => report.line("NOTE the earlier offer for this letter is void now"),
                false => report,
            }
            .field("earlier_offer_void", again));
        }
        let mut values = (self.settings).read(|name, text| issuer.value(name, text))?;
        if let Some(renewal) = &self.renew {
            let key = context.wait(issuer.ready_to_renew(&keys, context.time()))?;
            let terms = (renewal.as_str(), values.as_slice());
            let offer = issuer.offer_renewal(&key, terms, (expires, true), now, &mut rng);
            let report = self.shown(context, &issuer, &context.wait(offer)?, expires)?;
            return Ok(report.field("renewal", json!(renewal)));
        }
        let judged = {
            let scheme = (issuer.card(), issuer.scheme().schema());
            self.basis.judged(context, scheme, today, self.lang.lang)?
        };
        if let Some(judged) = &judged {
            judged.complete(&mut values);
        }
        issuer.plausible(&values, today)?;
        let key = context.wait(issuer.ready(&keys, context.time()))?;
        let kind = rests_on(judged.as_ref(), &values);
        let terms = OfferTerms {
            kind,
            expires,
            compared: true,
        };
        let offer = issuer.offer(&key, &values, terms, now, &mut rng);
        let report = self.shown(context, &issuer, &context.wait(offer)?, expires)?;
        let mut report = stating(report, &issuer, &values);
        if let Some(granted) = judged.as_ref().map(|judged| judged.granted()) {
            report.lines.extend(words::granted(self.lang.lang, granted));
            report = report.field("granted", json!(granted));
        }
        Ok(report)
    }

    /// The code of the one claim, if there is one.
    fn code(&self) -> Result<Option<ClaimCode>, Failure> {
        let text = match (&self.claim, &self.claim_file) {
            (Some(code), _) if code == "-" => files::text(code)?,
            // A guest can have brought this: it is never the name of a file.
            (Some(code), _) => code.clone(),
            (None, Some(path)) => claim_in(path)?,
            (None, None) => return Ok(None),
        };
        Ok(Some(ClaimCode::from_text(&text)?))
    }

    fn shown(
        &self,
        context: &Context,
        issuer: &Issuer<SqliteIssuer>,
        offer: &veilpass::issuance::Offer,
        expires: i64,
    ) -> Result<Report, Failure> {
        let free = context.wait(issuer.free_handles())?;
        let moment = issuer.dated(context.time());
        let shown = self.output.put_dated(&offer.to_bytes(), moment)?;
        let mut report = Report::new(
            format!(
                "show this offer to one guest within {}",
                values::minutes(self.minutes.unwrap_or(15))
            ),
            json!({ "offer": hex(&offer.id()), "expires": expires, "free_handles": free, "out": self.output.out }),
        );
        report.lines.extend(shown);
        if free <= FEW && self.renew.is_none() {
            report = report.line(format!("only {free} handles are left; ask for more"));
        }
        Ok(report)
    }

    /// Offers for a whole file of claims.
    fn many(
        &self,
        context: &Context,
        issuer: &Issuer<SqliteIssuer>,
        claims: &str,
        to: &Path,
    ) -> Result<Report, Failure> {
        let codes = codes(claims)?;
        let form = self.form;
        let keys = KeyFiles::issuer(context, &self.dir.dir);
        let key = context.wait(issuer.ready(&keys, context.time()))?;
        not_public(to, None)?;
        files::make_folder(to)?;
        let least = context.now() + i64::from(self.minutes.unwrap_or(WEEK)) * 60;
        let expires = end_of_day(issuer, least);
        let mut offering = Offering {
            context,
            issuer,
            key,
            expires,
            to,
            form,
            made: 0,
            refused: Vec::new(),
        };
        let bar = context.progress(u64::try_from(codes.len()).unwrap_or(0), "offers");
        for some in codes.chunks(AT_ONCE) {
            offering.offer(some)?;
            bar.inc(u64::try_from(some.len()).unwrap_or(0));
        }
        bar.finish_and_clear();
        files::sync(to)?;
        let Offering { made, refused, .. } = offering;
        let mut report = Report::new(
            format!(
                "{}: {}, good for {} or as long as their letters",
                to.display(),
                values::counted(made, "offer", "offers"),
                values::minutes(self.minutes.unwrap_or(WEEK))
            ),
            json!({ "offers": made, "refused": refused, "to": to }),
        );
        report.refused = !refused.is_empty();
        report.lines.extend(refused);
        Ok(report)
    }
}

/// The end of the day that the moment is in: an offer that is kept would tell otherwise when it was made, to the second.
fn end_of_day(issuer: &Issuer<SqliteIssuer>, moment: i64) -> i64 {
    let zone = issuer.scheme().zone();
    let next = zone
        .day_of(UnixTime::from_seconds(moment))
        .and_then(|day| day.plus(1));
    let ends = next.and_then(|day| zone.begin_of(day));
    ends.map_or(moment, UnixTime::as_seconds)
}

/// With what will be signed: a hint, for example, is not written as it was typed.
fn stating(report: Report, issuer: &Issuer<SqliteIssuer>, values: &[(String, Value)]) -> Report {
    let stated = issuer.stated(values);
    let mut report = report;
    let lines = stated
        .iter()
        .map(|(name, value)| format!("  {name}: {value}"));
    report.lines.extend(lines);
    let later = issuer.later_ends(values).into_iter();
    report.lines.extend(later.map(|(name, first)| {
        format!("NOTE {name} is later than {first}: if that is a slip, make another offer")
    }));
    let stated = stated.into_iter().map(|(name, value)| (name, value.into()));
    report.field("stated", Json::Object(stated.collect()))
}

/// Offers for many claims, under way.
struct Offering<'a> {
    context: &'a Context,
    issuer: &'a Issuer<SqliteIssuer>,
    key: IssuerKey,
    expires: i64,
    to: &'a Path,
    form: OfferForm,
    made: u32,
    refused: Vec<String>,
}

impl Offering<'_> {
    fn offer(&mut self, codes: &[Listed]) -> Result<(), Failure> {
        let (mut numbers, mut claims) = (Vec::new(), Vec::with_capacity(codes.len()));
        let now = self.context.now();
        for Listed { number, code } in codes {
            match self.context.wait(self.issuer.open_claim(code, now)) {
                Ok(claim) => {
                    numbers.push(*number);
                    claims.push(claim);
                }
                Err(error) if error.class() == Class::Refused => self.refuse(*number, &error),
                Err(error) => return Err(error.into()),
            }
        }
        let (issuer, rng) = (self.issuer, &mut rand::rng());
        let offers = issuer.offer_claims(&self.key, &claims, self.expires, now, rng);
        for (number, offer) in numbers.into_iter().zip(self.context.wait(offers)?) {
            match offer {
                Ok(offer) => {
                    let name = format!("offer-{number}.{}", self.form.extension());
                    let path = self.to.join(name);
                    let bytes = artefact::drawn(&path, &offer.to_bytes())?;
                    let moment = issuer.dated(UnixTime::from_seconds(now));
                    files::write_fast(&path, &bytes, Access::Private, moment)?;
                    self.made += 1;
                }
                Err(error) => self.refuse(number, &error),
            }
        }
        Ok(())
    }

    fn refuse(&mut self, number: u64, why: &impl std::fmt::Display) {
        self.refused.push(format!("claim {number}: {why}"));
    }
}

/// The text of the claim in a picture or file.
fn claim_in(source: &str) -> Result<String, Failure> {
    let content = files::read(source)?;
    if veilpass_reader::is_picture(&content) {
        return veilpass_reader::text_in_file(&content)
            .map_err(|error| Failure::from(error).about(source));
    }
    String::from_utf8(content).map_err(|_| Failure::bad(format!("{source} is no text file")))
}

/// A code of a claims file.
struct Listed {
    /// The line of the register, if the file has it, else the code's place in the file.
    number: u64,
    code: ClaimCode,
}

/// The codes of a claims file (its columns `line` and `code`), or of a file with one in each line.
fn codes(path: &str) -> Result<Vec<Listed>, Failure> {
    let content = files::read(path)?;
    let mut reader = csv::ReaderBuilder::new()
        .has_headers(false)
        .flexible(true)
        .from_reader(content.as_slice());
    let (mut column, mut lines) = (0, None);
    let mut codes: Vec<Listed> = Vec::new();
    let mut numbers = HashSet::new();
    for (record, line) in reader.records().zip(1u64..) {
        let record = record.map_err(|error| Failure::bad(error).about(path))?;
        let place = |name: &str| record.iter().position(|column| column == name);
        if line == 1
            && let Some(place_of_code) = place("code")
        {
            (column, lines) = (place_of_code, place("line"));
            continue;
        }
        let about = |failure: Failure| failure.about(format!("{path}, line {line}"));
        let code = ClaimCode::from_text(record.get(column).unwrap_or(""));
        let code = code.map_err(|error| about(Failure::bad(error)))?;
        let number = match lines.map(|lines| record.get(lines).unwrap_or("").parse()) {
            Some(number) => {
                number.map_err(|_| about(Failure::bad("the register's line is no number")))?
            }
            None => u64::try_from(codes.len())
                .unwrap_or(u64::MAX)
                .saturating_add(1),
        };
        if !numbers.insert(number) {
            return Err(about(Failure::bad(
                "the register's line comes twice; give each claims file by itself",
            )));
        }
        codes.push(Listed { number, code });
    }
    if codes.is_empty() {
        return Err(Failure::bad(format!("{path} has no codes of claims")));
    }
    Ok(codes)
}

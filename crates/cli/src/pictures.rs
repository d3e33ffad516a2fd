//! A verifiers' bundle as pictures, and back.

use std::path::PathBuf;

use clap::Args;
use serde_json::json;

use super::artefact;
use super::files;
use super::report::{Failure, Report};
use veilpass::artefact::Artefact;
use veilpass::scheme::UnverifiedBundle;

#[derive(Args)]
pub(super) struct Pictures {
    /// The verifiers' bundle.
    bundle: String,
    /// Where the pictures go: a new folder.
    #[arg(long, value_name = "DIR")]
    to: PathBuf,
}

/// A bundle in one piece, or joined from parts.
pub(super) fn whole(sources: &[String]) -> Result<Vec<u8>, Failure> {
    let mut parts = Vec::new();
    for source in sources {
        let bytes = artefact::bytes(source)?;
        let is_part = Artefact::of(&bytes) == Some(Artefact::BundlePart);
        if sources.len() == 1 && !is_part {
            return artefact::expect(source, bytes, Artefact::Bundle);
        }
        parts.push(artefact::expect(source, bytes, Artefact::BundlePart)?);
    }
    Ok(UnverifiedBundle::join_parts(&parts)?)
}

impl Pictures {
    pub(super) fn run(&self) -> Result<Report, Failure> {
        let bundle = artefact::load(&self.bundle, Artefact::Bundle)?;
        let parts = UnverifiedBundle::new(&bundle).to_parts()?;
        files::check_new_folder(&self.to)?;
        files::make_public_folder(&self.to)?;
        let mut written = Vec::new();
        for (part, number) in parts.iter().zip(1..) {
            let path = self
                .to
                .join(format!("bundle-{number}-of-{}.png", parts.len()));
            artefact::draw(&path, part)?;
            written.push(path);
        }
        Ok(Report::new(
            match parts.len() {
                1 => format!("the bundle is in one picture in {}", self.to.display()),
                many => format!(
                    "the bundle is in {many} pictures in {}; a door takes all of them at once",
                    self.to.display()
                ),
            },
            json!({ "out": written }),
        ))
    }
}

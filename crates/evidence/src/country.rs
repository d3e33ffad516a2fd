//! Countries, compared one way everywhere: by ISO 3166-1 alpha-2 in capitals.

/// A code as it is compared and given out. Passports and ICAO seals have three letters, and Germany one (Doc 9303-3,
/// section 5); the institutions of the EU write EL for Greece and UK for the United Kingdom. What is no code of a
/// country stays what it is, in capitals.
pub(crate) fn normal(code: &str) -> String {
    let code = code.trim().to_ascii_uppercase();
    match code.as_str() {
        "EL" => "GR".into(),
        "UK" | "GBD" | "GBN" | "GBO" | "GBP" | "GBS" => "GB".into(),
        "D" => "DE".into(),
        three if three.len() == 3 => rust_iso3166::from_alpha3(three)
            .map_or_else(|| three.to_owned(), |country| country.alpha2.to_owned()),
        _ => code,
    }
}

/// The country that the issuer of an EU DCC names, if it names one: some states write a ministry's name there.
pub(crate) fn of_issuer(issuer: &str) -> Option<String> {
    let issuer = issuer.trim();
    let is_code = issuer.len() == 2 && issuer.bytes().all(|byte| byte.is_ascii_alphabetic());
    is_code.then(|| normal(issuer))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn one_country_has_one_code() {
        for (given, wanted) in [
            ("de", "DE"),
            ("D", "DE"),
            ("DEU", "DE"),
            ("aus", "AU"),
            ("EL", "GR"),
            ("uk", "GB"),
            ("XKX", "XKX"),
            ("UNHCR", "UNHCR"),
            ("UTO", "UTO"),
        ] {
            assert_eq!(normal(given), wanted, "{given}");
        }
        assert_eq!(of_issuer("el").as_deref(), Some("GR"));
        assert_eq!(of_issuer("Ministry of Health"), None);
        assert_eq!(of_issuer("ΕΛ"), None);
    }
}

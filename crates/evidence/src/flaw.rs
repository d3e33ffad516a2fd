//! Why a step did not hold.

use veilpass::scheme::Day;

use super::words::reasons;

reasons! {
    /// Why a step of a [`Report`](super::Report) did not hold, and what can be done.
    pub enum Flaw {
        /// None of the formats.
        Unknown = "evidence-unknown",
            "this is no certificate that is read here; it begins with HC1: or shc:/, or is a health card, a FHIR bundle or an ICAO seal in JSON";
        /// A certificate, but of a kind that is not read.
        Foreign {
            /// Which.
            kind: Foreign,
        } = "evidence-foreign", "this is {kind}, which is not read here; ask for an EU certificate, a SMART Health Card or an ICAO seal";
        /// `HC2:` and the like.
        Context = "evidence-context",
            "this certificate is of a later kind than HC1:, which this program does not read; update it";
        /// Longer than what the format can have.
        TooLong = "evidence-too-long", "this is too long for a certificate; give the text of one code, or one bundle";
        /// More than one text.
        Several = "evidence-several", "these are several certificates; give one at a time";
        /// Cards of several people in one file.
        SeveralPeople = "evidence-several-people",
            "these certificates are of several people; give those of one person";
        /// Some of several codes.
        Chunks {
            /// How many there are.
            have: u64,
            /// How many make the card.
            of: u64,
        } = "evidence-chunks",
            "this health card is in {of} codes, and {have} of them are here; put the texts of all of them into one file, one in each line";
        /// Codes that do not belong together.
        ChunksDiffer = "evidence-chunks-differ",
            "these codes are not the parts of one health card; scan all codes of one card again";
        /// The text is damaged.
        Transport {
            /// How.
            how: Broken,
        } = "evidence-transport", "the text is damaged: {how}; scan the code again";
        /// What should be compressed is not, or is damaged.
        Inflate = "evidence-inflate", "the certificate does not decompress; it is damaged or made wrongly; scan the code again";
        /// More than any certificate has comes out of the compression.
        Bomb {
            /// The most bytes.
            most: usize,
        } = "evidence-bomb", "the certificate decompresses to more than {most} bytes, and no real one does; do not believe it";
        /// The envelope is broken.
        Envelope {
            /// How.
            how: Broken,
        } = "evidence-envelope", "the certificate is made wrongly: {how}; its issuer must make it anew";
        /// A time in thousandths of a second.
        Milliseconds = "evidence-milliseconds",
            "the certificate gives its times in milliseconds, and they must be in seconds; its issuer must make it anew";
        /// A field breaks its schema.
        Field {
            /// Where it stands, by the names of fields.
            field: &'static str,
            /// What is wrong with it.
            wrong: Wrong,
        } = "evidence-field", "the field {field} {wrong}; the certificate's issuer must make it anew";
        /// No schema version 1.
        Version = "evidence-version",
            "the certificate does not state a schema version 1.x.y, the only one that is read here; ask for another certificate";
        /// None or several of the three groups.
        Groups = "evidence-groups",
            "the certificate must be about a vaccination, a test or a recovery, and about one of them only; ask for one for each";
        /// Not exactly one entry.
        Entries = "evidence-entries",
            "the certificate must have exactly one entry by its schema version; its issuer must make it anew";
        /// Nobody is named.
        Nameless = "evidence-nameless",
            "the certificate names nobody; the person's current name must be in it, so ask its issuer for a new one";
        /// No bundle.
        NotABundle = "evidence-not-a-bundle",
            "this is no FHIR bundle, or one of more than 256 resources; export one patient's immunisations";
        /// No patient.
        NoPatient = "evidence-no-patient",
            "the bundle has no patient; export it with the patient's record";
        /// Several patients who were vaccinated.
        SeveralPatients = "evidence-several-patients",
            "the bundle has doses of several patients; give one bundle for each person";
        /// No immunisation that was completed.
        NoDose = "evidence-no-dose", "the bundle has no completed immunisation; ask for one that has";
        /// Doses of somebody else.
        OthersDoses = "evidence-others-doses",
            "the doses are of another patient than the person of the bundle; ask for the bundle of the person who was vaccinated";
        /// No dose that says enough.
        IncompleteDoses = "evidence-incomplete-doses",
            "no dose has both a full date and a code of its vaccine; ask the issuer to add them";
        /// The signature names no key.
        NoKeyId = "evidence-no-key-id",
            "the certificate does not say by which key it is signed and cannot be checked; do not believe it";
        /// The signature names a key that is not trusted.
        UnknownSigner = "evidence-unknown-signer",
            "the signer is not in the trust list; update the list, or do not believe it";
        /// The signer's certificate is not in force.
        SignerNotInForce {
            /// Its first day.
            from: Day,
            /// Its last day.
            until: Day,
        } = "evidence-signer-not-in-force",
            "the signature is right, but the signer's own certificate is in force from {from} to {until} only, which is not now; look at the clock, else ask for a new certificate";
        /// Another country than the signer's.
        Country {
            /// What the certificate says.
            said: String,
            /// What the signer's certificate says.
            signer: String,
        } = "evidence-country",
            "the certificate says it is of {said}, but its signer is of {signer}; do not believe it";
        /// An algorithm that is not read or does not fit the key.
        Algorithm = "evidence-algorithm",
            "the signature is of a kind that is not read here or does not fit the signer's key; do not believe it";
        /// The signature is wrong.
        Signature = "evidence-signature",
            "the signature is wrong: the certificate was changed, or another signed it; do not believe it";
        /// Revoked.
        Revoked = "evidence-revoked", "the issuer has revoked this card; do not believe it";
        /// No times to judge by.
        NoTimes = "evidence-no-times",
            "the certificate does not say from when to when it may be used; ask its issuer for a new one";
        /// Before its time.
        NotYet {
            /// Its first day, in UTC.
            from: Day,
        } = "evidence-not-yet", "the certificate is valid from {from} on, not yet now; look at the clock";
        /// After its time.
        Expired {
            /// Its last day, in UTC.
            until: Day,
        } = "evidence-expired", "the certificate has expired on {until}; ask its issuer for a new one";
        /// Signed by somebody who may sign other things only.
        KeyUsage {
            /// What the certificate is about.
            about: About,
        } = "evidence-key-usage", "the signer may not sign certificates about a {about}; do not believe it";
        /// Signed by somebody whose key is for something else altogether.
        ForeignUsage = "evidence-foreign-usage",
            "the signer's key is not meant for health certificates, but for something else; do not believe it";
        /// No health card.
        NotACard = "evidence-not-a-card",
            "this is signed as a health card is, but does not say that it is one; ask for a SMART Health Card";
        /// Something that is still to come.
        ToCome {
            /// What.
            about: About,
        } = "evidence-to-come",
            "the {about} is dated later than today; look at the clock, else its issuer must make the certificate anew";
        /// Born after it happened.
        BornAfter {
            /// What happened.
            about: About,
        } = "evidence-born-after",
            "the {about} is dated before the person's birth; its issuer must make the certificate anew";
    }
}

reasons! {
    /// What a certificate is about.
    #[derive(Copy)]
    pub enum About {
        /// A vaccination.
        Vaccination = "about-vaccination", "vaccination";
        /// A recovery.
        Recovery = "about-recovery", "recovery";
        /// A test.
        Test = "about-test", "test";
        /// A birth.
        Birth = "about-birth", "birth";
    }
}

reasons! {
    /// Certificates that are known by their look and not read. docs/evidence.md says why.
    #[derive(Copy)]
    pub enum Foreign {
        /// DIVOC, in a ZIP or as JSON.
        Divoc = "foreign-divoc", "a certificate of the DIVOC kind (India, the Philippines, Sri Lanka)";
        /// NZCP.
        NewZealand = "foreign-new-zealand", "a New Zealand COVID Pass, made for doors in New Zealand";
        /// CoronaCheck.
        Dutch = "foreign-dutch", "a Dutch code for doors in the Netherlands, which names nobody";
        /// SMART Health Link.
        Link = "foreign-link", "a link to health records (SMART Health Link), not the records";
        /// An internet address.
        Address = "foreign-address", "an internet address, not a certificate";
        /// A pass of this program.
        Pass = "foreign-pass", "a signed document of another kind (JWT)";
    }
}

reasons! {
    /// How a text or an envelope is broken.
    #[derive(Copy)]
    pub enum Broken {
        /// Base45.
        Base45 = "broken-base45", "a character is not of base45, or one is missing";
        /// Pairs of digits.
        Digits = "broken-digits", "it is not made of pairs of digits";
        /// Parts of a JWS.
        Parts = "broken-parts", "it has not three parts";
        /// Base64url.
        Base64 = "broken-base64", "a part is no base64url";
        /// CBOR.
        Cbor = "broken-cbor", "a part is no CBOR or nests too deep";
        /// Leftover bytes.
        LeftOver = "broken-left-over", "bytes are left over behind the CBOR";
        /// COSE.
        Cose = "broken-cose", "it is no COSE_Sign1 message";
        /// No payload.
        NoContent = "broken-no-content", "the COSE message has no content";
        /// Claims.
        Claims = "broken-claims", "its claims are no map";
        /// A claim twice.
        Twice = "broken-twice", "a claim stands twice";
        /// No hcert.
        NoHcert = "broken-no-hcert", "it holds no health certificate (claim -260)";
        /// No EU DCC.
        NoDcc = "broken-no-dcc", "its health certificate holds no EU DCC";
        /// An EU DCC that is no map.
        DccMap = "broken-dcc-map", "its EU DCC is no map";
        /// An issuer that is no text.
        Issuer = "broken-issuer", "its issuer is no text";
        /// A time that is no number.
        Time = "broken-time", "a time is no number of seconds";
        /// JSON.
        Json = "broken-json", "it is no JSON or nests too deep";
        /// Header of a card.
        Header = "broken-header", "its header lacks alg, zip or kid";
        /// Uncompressed.
        Uncompressed = "broken-uncompressed", "its header does not say that it is compressed";
        /// Claims of a card.
        Card = "broken-card", "its claims lack iss, nbf or vc with a FHIR bundle";
        /// A certificate within.
        Signer = "broken-signer", "the signer's certificate in it cannot be read";
        /// A seal's version or type.
        Seal = "broken-seal", "it is no seal of type icao.vacc or icao.test, version 1";
    }
}

reasons! {
    /// What is wrong with a field.
    #[derive(Copy)]
    pub enum Wrong {
        /// Not there.
        Missing = "wrong-missing", "is missing";
        /// No text.
        NotText = "wrong-not-text", "is no text";
        /// Too long.
        TooLong {
            /// The most characters.
            most: usize,
        } = "wrong-too-long", "is longer than {most} characters";
        /// Not in capitals.
        NotCapitals = "wrong-not-capitals", "has other characters than A to Z and <";
        /// No country.
        NotACountry = "wrong-not-a-country", "is no code of a country in capital letters";
        /// No whole number.
        NotWhole = "wrong-not-whole", "is no whole number";
        /// Outside its range.
        Range {
            /// The least.
            least: u8,
            /// The most.
            most: u8,
        } = "wrong-range", "is not from {least} to {most}";
        /// No date.
        NotADate = "wrong-not-a-date", "is no date like 2021-06-01";
        /// No date of birth.
        NotABirth = "wrong-not-a-birth", "is no date of birth like 1985-03-08, as its schema version has it";
        /// No list.
        NotAList = "wrong-not-a-list", "is no list of 1 to 16 entries";
        /// No map.
        NotAMap = "wrong-not-a-map", "is no map";
        /// Twice.
        Twice = "wrong-twice", "stands twice";
    }
}

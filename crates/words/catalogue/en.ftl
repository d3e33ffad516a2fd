# English. A message has the same name and the same arguments in every file of this folder; src/message.rs names them
# all, and the tests compare.

## Verdicts at a door: what the staff reads. A refusal's message is named after the library's Reason.

verdict-green-label = GREEN
verdict-green = let them in
# $name: the attribute's name in the scheme. $value: what the pass discloses.
verdict-compare = { $name }: { $value } (compare with the guest's identity card)
verdict-red-label = RED
# What was shown is no code that can be read; why follows in brackets, in English.
verdict-unread = no pass could be read; show it again
# At the end of a long watch. $green, $red: how many passes were accepted and refused.
verdict-sum = { $green } green, { $red } red

refused-NotAPass = this is not a pass
refused-OtherScheme = this pass belongs to another scheme
refused-OtherQuestion = this pass answers another question; show the one for this door
refused-QuestionClosed = no question is open for this pass: it was answered, or is too old; ask again
refused-OtherVenue = this pass was made for another venue
refused-ClockOff = the door's clock is wrong; set it
refused-BundleStale = the door's bundle is out of date; update it
refused-DoorBehind = the pass is newer than the bundle of this door; update this door
refused-EpochTooOld = the pass was not updated for too long; sync it
refused-TooOld = the pass is too old; make a new one
refused-TooEarly = the pass is for a later time; check both clocks
refused-SeenBefore = this pass was already used here today
refused-CodeSeen = this code was shown already; the guest makes a new one, or takes another strip
refused-NoStrips = this door takes no paper strips; show a pass made for it
refused-NotRemembered = the door cannot remember passes now; nobody is let in until that is mended
refused-Invalid = the pass is not valid

## Claim letters: what a person takes to the issuer.

letter-bring = Bring this letter and your own identity document to the desk. Keep it secret: who has it has the pass.
# $until: a day, as the message `day` writes it.
letter-until = It is good for one pass, until { $until }.

## Posters at a door: what guests read.

poster-headline = Show your pass here
poster-asked = What is asked
# $name: the attribute's name whose day must not have passed.
poster-valid =
    { $name ->
        [until_strict] Whether your pass is valid today by the stricter rule.
       *[other] Whether your pass is valid today.
    }
poster-age =
    { $years ->
        [one] Whether you are at least { $years } year old.
       *[other] Whether you are at least { $years } years old.
    }
# $count: how many attributes. $attributes: their names, as the message `attribute` writes them, with commas.
poster-disclosed =
    { $count ->
        [one] This entry of your pass: { $attributes }.
       *[other] These { $count } entries of your pass: { $attributes }.
    }
poster-learnt = What this venue learns
poster-learns-answer = Whether this is so.
poster-learns-values = What the pass says there. Please have your identity card ready: the staff compares.
poster-learns-return = Whether your pass was used here today already. It lets you in once a day.
poster-learns-no-more = Nothing else about you.
poster-steps = How to use it
poster-step-scan = Scan this code with the pass on your phone.
poster-step-vouched = Your phone says that the authority vouches for the name above. If it does not, or says another name, stop.
poster-step-agree = Read what is asked, and agree.
poster-step-show = Show the code on your screen at the door. It is good only here and only for a short time.

## Certificates: why one is not believed. Reasons are named in crates/evidence, and here by the same names.

evidence-every-step-holds = every step holds
evidence-not-every-step-holds = not every step holds
evidence-nobody-signed = nobody signed this: it can be read, and it proves nothing
evidence-step-held = yes
evidence-step-failed = NO
evidence-no-country = no country named
evidence-no-product = no product named
evidence-stated = { $kind ->
    [vaccination] vaccination
    [recovery] recovery
   *[test] test
} of { $date } ({ $what })
evidence-dose-of = dose { $number } of { $series }
evidence-dose = dose { $number }
evidence-unknown = this is no certificate that is read here; it begins with HC1: or shc:/, or is a health card, a FHIR bundle or an ICAO seal in JSON
evidence-foreign = this is { $kind }, which is not read here; ask for an EU certificate, a SMART Health Card or an ICAO seal
evidence-context = this certificate is of a later kind than HC1:, which this program does not read; update it
evidence-too-long = this is too long for a certificate; give the text of one code, or one bundle
evidence-several = these are several certificates; give one at a time
evidence-several-people = these certificates are of several people; give those of one person
evidence-chunks = this health card is in { $of } codes, and { $have } of them are here; put the texts of all of them into one file, one in each line
evidence-chunks-differ = these codes are not the parts of one health card; scan all codes of one card again
evidence-transport = the text is damaged: { $how }; scan the code again
evidence-inflate = the certificate does not decompress; it is damaged or made wrongly; scan the code again
evidence-bomb = the certificate decompresses to more than { $most } bytes, and no real one does; do not believe it
evidence-envelope = the certificate is made wrongly: { $how }; its issuer must make it anew
evidence-milliseconds = the certificate gives its times in milliseconds, and they must be in seconds; its issuer must make it anew
evidence-field = the field { $field } { $wrong }; the certificate's issuer must make it anew
evidence-version = the certificate does not state a schema version 1.x.y, the only one that is read here; ask for another certificate
evidence-groups = the certificate must be about a vaccination, a test or a recovery, and about one of them only; ask for one for each
evidence-entries = the certificate must have exactly one entry by its schema version; its issuer must make it anew
evidence-nameless = the certificate names nobody; the person's current name must be in it, so ask its issuer for a new one
evidence-not-a-bundle = this is no FHIR bundle, or one of more than 256 resources; export one patient's immunisations
evidence-no-patient = the bundle has no patient; export it with the patient's record
evidence-several-patients = the bundle has doses of several patients; give one bundle for each person
evidence-no-dose = the bundle has no completed immunisation; ask for one that has
evidence-others-doses = the doses are of another patient than the person of the bundle; ask for the bundle of the person who was vaccinated
evidence-incomplete-doses = no dose has both a full date and a code of its vaccine; ask the issuer to add them
evidence-no-key-id = the certificate does not say by which key it is signed and cannot be checked; do not believe it
evidence-unknown-signer = the signer is not in the trust list; update the list, or do not believe it
evidence-signer-not-in-force = the signature is right, but the signer's own certificate is in force from { $from } to { $until } only, which is not now; look at the clock, else ask for a new certificate
evidence-country = the certificate says it is of { $said }, but its signer is of { $signer }; do not believe it
evidence-algorithm = the signature is of a kind that is not read here or does not fit the signer's key; do not believe it
evidence-signature = the signature is wrong: the certificate was changed, or another signed it; do not believe it
evidence-revoked = the issuer has revoked this card; do not believe it
evidence-no-times = the certificate does not say from when to when it may be used; ask its issuer for a new one
evidence-not-yet = the certificate is valid from { $from } on, not yet now; look at the clock
evidence-expired = the certificate has expired on { $until }; ask its issuer for a new one
evidence-key-usage = the signer may not sign certificates about a { $about }; do not believe it
evidence-foreign-usage = the signer's key is not meant for health certificates, but for something else; do not believe it
evidence-not-a-card = this is signed as a health card is, but does not say that it is one; ask for a SMART Health Card
evidence-to-come = the { $about } is dated later than today; look at the clock, else its issuer must make the certificate anew
evidence-born-after = the { $about } is dated before the person's birth; its issuer must make the certificate anew
# What a certificate is about: $about above.
about-vaccination = vaccination
about-recovery = recovery
about-test = test
about-birth = birth
# Kinds that are not read: $kind above.
foreign-divoc = a certificate of the DIVOC kind (India, the Philippines, Sri Lanka)
foreign-new-zealand = a New Zealand COVID Pass, made for doors in New Zealand
foreign-dutch = a Dutch code for doors in the Netherlands, which names nobody
foreign-link = a link to health records (SMART Health Link), not the records
foreign-address = an internet address, not a certificate
foreign-pass = a signed document of another kind (JWT)
# How a text or an envelope is broken: $how above.
broken-base45 = a character is not of base45, or one is missing
broken-digits = it is not made of pairs of digits
broken-parts = it has not three parts
broken-base64 = a part is no base64url
broken-cbor = a part is no CBOR or nests too deep
broken-left-over = bytes are left over behind the CBOR
broken-cose = it is no COSE_Sign1 message
broken-no-content = the COSE message has no content
broken-claims = its claims are no map
broken-twice = a claim stands twice
broken-no-hcert = it holds no health certificate (claim -260)
broken-no-dcc = its health certificate holds no EU DCC
broken-dcc-map = its EU DCC is no map
broken-issuer = its issuer is no text
broken-time = a time is no number of seconds
broken-json = it is no JSON or nests too deep
broken-header = its header lacks alg, zip or kid
broken-uncompressed = its header does not say that it is compressed
broken-card = its claims lack iss, nbf or vc with a FHIR bundle
broken-signer = the signer's certificate in it cannot be read
broken-seal = it is no seal of type icao.vacc or icao.test, version 1
# What is wrong with a field: $wrong above.
wrong-missing = is missing
wrong-not-text = is no text
wrong-too-long = is longer than { $most } characters
wrong-not-capitals = has other characters than A to Z and <
wrong-not-a-country = is no code of a country in capital letters
wrong-not-whole = is no whole number
wrong-range = is not from { $least } to { $most }
wrong-not-a-date = is no date like 2021-06-01
wrong-not-a-birth = is no date of birth like 1985-03-08, as its schema version has it
wrong-not-a-list = is no list of 1 to 16 entries
wrong-not-a-map = is no map
wrong-twice = stands twice

## Whom to believe: keys of card issuers, folders of signers
jwk-not-a-key-set = this is no JSON Web Key set, or larger than 1 MB; get it again from the issuer's address with /.well-known/jwks.json
jwk-no-keys = there is no key in it that health cards are signed with; get it again
jwk-private = the key set holds a private key; ask the issuer for the public one and warn it
jwk-kind = the key { $key } is not of kind EC on P-256, with which health cards must be signed, and is left out; if its cards are refused, ask the issuer
jwk-thumbprint = the key { $key } is not named by its own thumbprint and is left out; get the key set again
trust-not-a-certificate = this is no certificate in PEM or DER, and no list of signers; if it should be one, get it again
trust-key = the certificate's key is of a kind that is not read: P-256, P-384, or RSA from 2,048 to 4,096 bits is; leave it out
trust-private = this is a private key, which must not lie here; give it back to its owner and warn them
trust-unsigned = nobody signed this list of signers; take it as its publisher sends it, with the signature in its first line
trust-no-uplink = the publisher's public key is missing; put it as PEM (BEGIN PUBLIC KEY) into the same folder
trust-list-signature = none of the public keys in the folder signed this list; get the list and the publisher's key again
trust-not-a-list = this JSON is no list of signers that is read here: a DSC list with its signature, a directory snapshot (VCI) or a set of keys
trust-cms = this list is signed by CMS, which is not read here; take the list of another state, which has the same signers
trust-no-keys = this directory has addresses and no keys; take its snapshot, vci_snapshot.json
trust-no-address = this set of keys does not say whose cards it is for; name it with its address in the file of --cards
trust-too-large = this is larger than 16 MB, or one of too many files, which no list of signers is; take it out of the folder
trust-too-deep = this folder lies more than eight folders deep; move it up
trust-system = this cannot be read: { $words }; see who may read it
trust-key-set = { $why }

## Registers: their maps, and their rows
map-form = the map of the register is not of the right form: { $why }
map-delimiter = the map's delimiter must be one ASCII character, such as ; or , and no quotation mark or line break
map-dates = the map's dates `{ $form }` write no whole date; one like 31.12.2021 is %d.%m.%Y
map-needs-date = [columns] of the map needs `date`: the column with the day of the last dose, or of the test
map-needs-person = [columns] of the map needs `record`, or `family` or `given`: else two people would be one
map-column = the map names the column `{ $wanted }`, but the register has { $found }; write it as the register does
map-look-alike = the map's column `{ $wanted }` looks like one of the register and is not the same: from character { $place } on the map has { $in_map } and the register { $in_register }; copy the name from the register
map-no-column = none of the map's columns, such as `{ $wanted }`, is in the first line, which has { $columns } columns with `{ $delimiter }` between them; see that it lists the columns, and that the map has its delimiter
map-twice = two columns of the register are called `{ $column }`; rename one
map-header = the register is empty, or its first line is no list of columns in UTF-8; from a spreadsheet, save it as `CSV UTF-8`
row-quotes = its quotation marks do not fit; quote whole fields
row-quote-open = a quotation mark is not closed; close it
row-swallowed = a quoted field goes over several lines and has separators in it, as if a quotation mark were not closed; look at all of these lines
row-fields = { $have } fields, but there are { $columns } columns; compare it with the first line
row-too-long = longer than { $most } characters; shorten it
row-record-too-long = longer than { $most } bytes; look at the quotation marks
row-not-utf8 = not UTF-8; export the register again as UTF-8
row-invisible = control or invisible characters; type it anew
row-empty = empty; fill it in
row-nameless = no name at all; fill it in
row-no-such-day = there is no such day; write the one that is meant
row-not-a-date = no date of the form { $form }, from 1900 to 2099; write it so, or add its form to `dates` of the map
row-unknown-kind = a word that the map's [kinds] does not know; add it there
row-not-a-dose = no number of a dose; write it like 2 or 2/2
row-not-json = no JSON, or not whole; export the bundle again
row-bundle = { $why }

## Rules: why evidence gives nothing
refusal-unsigned = nobody signed this certificate, and the rules do not accept unsigned ones of its kind; ask for a signed one
refusal-country = certificates of { $country } are not accepted by the rules; ask for another certificate
refusal-no-country = the certificate does not say of which country it is, and the rules ask for that; ask for another certificate
refusal-disease = the certificate is about another disease (code { $code }); ask for one about COVID-19
refusal-age = the person is not known to be { $years } years old, which the rules ask for; ask for a certificate with the whole date of birth
refusal-product = the product { $code } is not accepted by the rules; ask for another certificate
refusal-no-product = no product is named, and the rules ask for one that they list; ask for another certificate
refusal-doses = { $needed } doses are needed, the certificate shows dose { $shown }; ask for the certificate of the last dose
refusal-antigen = only tests for nucleic acid (PCR) are accepted by the rules; ask for one
refusal-not-negative = the test does not say that nothing was detected; ask for one that does
refusal-not-yet = it counts from { $from } on, not yet today; come again then
refusal-no-longer = it counted until { $until }, no longer today; ask for a newer certificate
refusal-to-come = the { $about } is dated later than today; look at the date, and at the clock
refusal-calendar = its dates are outside the calendar; look at them

## Rules: what they grant, and why

rule-of = { $file }, version { $version }: { $part }
part-vaccination = vaccination with { $code }, dose { $shown } of { $needed } needed
part-recovery = recovery
part-test = test
bound-from = from
bound-until = until
bound-strict = strictly until
because-rule = { $bound } { $date }: { $event } and { $period }
because-own = { $bound } { $date }: the certificate's own date, narrower than { $period }
because-never-strict = strictly never: the rules have no stricter date for this
period-days = { $count ->
        [one] { $count } day
       *[other] { $count } days
    }
period-months = { $count ->
        [one] { $count } month
       *[other] { $count } months
    }

## Names and days

# $name: an attribute's name in the scheme. Schemes have their own; the default scheme's are here in words.
attribute =
    { $name ->
        [until] last day
        [until_strict] last day by the stricter rule
        [birth_date] date of birth
        [id_hint] initials
       *[other] { $name }
    }
# Each of them in digits: a year of four, a month and a day of two.
day = { $year }-{ $month }-{ $day }

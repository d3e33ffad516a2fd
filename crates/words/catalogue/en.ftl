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
refused-CodeSeen = this code was shown already; the guest makes a new one
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

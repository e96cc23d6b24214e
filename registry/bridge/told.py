"""Which facts the national service is told, and which of their members.

What is told of a registration names nobody: parties, objectors and signers stay behind, and so do hashes
of papers that only the parties have. Who applied for what data goes along once art. 24 has published it.
"""

from registry.facts import Fact
from registry.objections import facts as objections
from registry.registrations import facts as registrations
from registry.rights import facts as rights

# By fact: the members that go along. Those of every fact of its contract (`registration`, `right`,
# `objection`, `act`, `code`) have a place of their own in an event.
TOLD: dict[type[Fact], tuple[str, ...]] = {
    registrations.RegistrationFiled: ("applicants",),
    registrations.RegistrationAccepted: (),
    registrations.RegistrationDeemedAccepted: (),
    registrations.CorrectionRequested: ("until",),
    registrations.RegistrationCorrected: (),
    registrations.SupplementRequested: ("until",),
    registrations.RegistrationSupplemented: (),
    registrations.RegistrationPublished: ("until", "receipt", "effective"),
    registrations.ObjectionMade: (),
    registrations.ObjectionResolved: ("outcome", "decision"),
    registrations.RegistrationAttested: ("since", "expiry", "receipt", "effective"),
    registrations.RegistrationRefused: ("ground", "decision"),
    registrations.RegistrationTerminated: ("decision",),
    registrations.RegistrationWithdrawn: (),
    rights.RightAttested: ("rights", "since", "expiry"),
    rights.RightGiven: ("rights",),
    rights.RightAmended: ("rights",),
    rights.RenewalAnnounced: ("rights",),
    rights.RightRenewed: ("rights", "expiry"),
    rights.RightCancelled: ("rights", "ground", "decision"),
    rights.RightExecuted: ("rights", "instrument"),
    rights.RightReceived: ("rights", "since", "expiry"),
    rights.RightRemarked: ("serial", "kind", "instrument", "rights", "acts", "until"),
    rights.RemarkCarried: ("serial", "origin", "former", "rights"),
    rights.RemarkLifted: ("serial", "instrument"),
    objections.ObjectionFiled: (),
    objections.EvidenceRequested: ("until",),
    objections.EvidenceSupplied: (),
    objections.HolderNotified: ("until",),
    objections.ObjectionAnswered: ("answer",),
    objections.ObjectionConcluded: ("outcome", "decision", "until"),
    objections.ConclusionAccepted: (),
    objections.ConclusionRefused: (),
    objections.InstrumentRecorded: ("forum", "instrument", "outcome"),
    objections.ObjectionClosed: ("measure",),
    objections.ObjectionLapsed: ("decision",),
    objections.ObjectionDropped: (),
}
# Facts of the same contracts that are no step of anyone's registration, and why.
UNTOLD: dict[str, str] = {
    "ActSigned": "who signed: a key, and a person behind it; the act's digest goes along",
    "ActVoided": "an act that never took effect",
    "ProfileEnacted": "rules, named by each event with their hash",
    "FilingsHalted": "a measure of the operator",
    "SubjectNamed": "goes along with the filing, as `subject`",
    "ApplicantJoined": "a party; how many there are is told with the filing",
    "RegistrationSkipped": "nothing happened to the registration",
    "SourceAdmitted": "which contracts may change rights",
    "SourceRetired": "which contracts may change rights",
}

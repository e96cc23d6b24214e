// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {IGate} from "./IGate.sol";
import {ISigned} from "./ISigned.sol";

/// @notice Where a registration stands in the procedure (docs/states.md).
enum State {
    NONE,
    SUBMITTED,
    CORRECTION_REQUESTED,
    ACCEPTED,
    SUPPLEMENT_REQUESTED,
    PUBLISHED,
    ATTESTED,
    REFUSED,
    TERMINATED,
    WITHDRAWN
}

/// @notice Why an act on a registration cannot take effect.
enum Obstacle {
    NONE,
    STEP_PASSED,
    WRONG_STATE,
    OTHER_REGISTRAR,
    NOT_IN_PROFILE,
    TOO_EARLY,
    TOO_LATE,
    TOO_LONG,
    OBJECTION_OPEN,
    OBJECTION_UPHELD,
    REVIEWER_IS_APPROVER,
    REGISTRAR_IS_APPLICANT,
    NOT_THE_FILING,
    NOT_AN_APPLICANT,
    GATE_SHUT,
    SERIALS_SPENT,
    TOO_MANY_OBJECTIONS,
    SUBJECT_NOT_ATTESTED,
    NOT_HELD,
    BARRED,
    UNBALANCED,
    RENEWAL_PENDING,
    NOT_REVIEWED,
    TOO_SHORT
}

/// @notice How a registrar resolves an objection.
enum Outcome {
    NONE,
    DISMISSED,
    UPHELD
}

/// @notice The few numbers of a rule profile that the chain enforces, as floors and ceilings in calendar seconds.
/// @param prefix The two letters that certificate codes begin with: SJ, or XX where nothing is in earnest.
/// @param silence Shortest time from filing to deemed acceptance; the greatest number where silence accepts nothing.
/// @param notice Shortest public notice.
/// @param grace Shortest time from the end of the notice to attestation.
/// @param validity Longest validity from attestation, and from the end of the term that a renewal follows.
/// @param renewal Longest time before the end of a right at which its renewal may be filed.
/// @param kinds Bit k is set when the profile knows kind k.
/// @param noticed Bit k is set when kind k is published before it is attested.
/// @param coded Bit k is set when an attestation of kind k is given a certificate code.
/// @param bears The sum of the rights that may be claimed: HOLD 1, USE 2, OPERATE 4.
/// @param gate A further condition of attestation, or zero.
struct Profile {
    bytes2 prefix;
    uint32 silence;
    uint32 notice;
    uint32 grace;
    uint32 validity;
    uint32 renewal;
    uint16 kinds;
    uint16 noticed;
    uint16 coded;
    uint8 bears;
    IGate gate;
}

/// @notice One applicant and what it claims.
/// @param party The applicant.
/// @param rights The sum of HOLD 1, USE 2 and OPERATE 4; of the rights concerned, where the kind is another than
/// INITIAL. In a TRANSFER plus 8 for whoever gives them up.
struct Claim {
    bytes32 party;
    uint8 rights;
}

/// @notice Files an application of any kind. Its EIP-712 digest is the registration's id.
/// @param claims All applicants, in ascending order of party, each once; each signs this same message.
/// @param data The salted commitment to the fingerprint of the data and to the form.
/// @param subject The attested registration that this one concerns; zero for INITIAL alone.
/// @param registrar The number of the registrar asked.
/// @param profile The number of the rule profile that applies.
/// @param kind INITIAL 1, TRANSFER 2, AMENDMENT 3, RENEWAL 4, CANCELLATION 5, CORRECTION 6 (guide arts. 32 to 37).
/// @param deadline Unix seconds; the last second at which this message may be executed.
struct File {
    Claim[] claims;
    bytes32 data;
    bytes32 subject;
    uint16 registrar;
    uint16 profile;
    uint8 kind;
    uint40 deadline;
}

/// @notice Accepts filings (guide art. 17).
struct Accept {
    uint16 registrar;
    address officer;
    bytes32[] registrations;
    uint16[] steps;
    uint40 deadline;
}

/// @notice States that a filing counts as accepted because the registrar was silent (guide art. 17).
/// @param sender Whoever states it; no authority is needed.
struct DeemAccepted {
    address sender;
    bytes32 registration;
    uint16 step;
    uint40 deadline;
}

/// @notice Asks for corrections before acceptance (guide art. 17).
/// @param list The hash of the one list of all that must be corrected.
/// @param until Unix seconds; the last second at which the correction may be filed.
struct RequestCorrection {
    uint16 registrar;
    address officer;
    bytes32 registration;
    uint16 step;
    bytes32 list;
    uint40 until;
    uint40 deadline;
}

/// @notice Files the corrected papers.
/// @param party Any one of the applicants.
/// @param papers The salted commitment to what is filed.
struct Correct {
    bytes32 party;
    bytes32 registration;
    uint16 step;
    bytes32 papers;
    uint40 deadline;
}

/// @notice Asks for further evidence during review (guide art. 18).
/// @param list The hash of what is asked for.
/// @param until Unix seconds; the last second at which it may be filed.
struct RequestSupplement {
    uint16 registrar;
    address officer;
    bytes32 registration;
    uint16 step;
    bytes32 list;
    uint40 until;
    uint40 deadline;
}

/// @notice Files the further evidence.
/// @param party Any one of the applicants.
/// @param papers The salted commitment to what is filed.
struct Supplement {
    bytes32 party;
    bytes32 registration;
    uint16 step;
    bytes32 papers;
    uint40 deadline;
}

/// @notice Opens the public notice of reviewed filings (guide art. 24), also of one whose supplement never came, when
/// the registrar could verify by other lawful means (guide art. 18).
/// @param profile The rule profile of all of them.
/// @param until Unix seconds; the last second of the notice.
/// @param receipt The hash of the national system's receipt of publication; zero without one.
/// @param effective Unix seconds; the moment of national publication; zero without one.
struct Publish {
    uint16 registrar;
    address officer;
    uint16 profile;
    bytes32[] registrations;
    uint16[] steps;
    uint40 until;
    bytes32 receipt;
    uint40 effective;
    uint40 deadline;
}

/// @notice Objects to a published filing (guide art. 25).
/// @param objector Any party.
/// @param serial How many objections this party made to this registration before.
/// @param grounds The salted commitment to reasons and evidence.
struct Object {
    bytes32 objector;
    bytes32 registration;
    uint16 serial;
    bytes32 grounds;
    uint40 deadline;
}

/// @notice Decides objections, several under one signature.
/// @param objectors Whose objections.
/// @param serials The serial of each.
/// @param outcome DISMISSED 1 or UPHELD 2, for all of them.
/// @param decision The hash of the decision and its reasons.
struct Resolve {
    uint16 registrar;
    address officer;
    bytes32 registration;
    bytes32[] objectors;
    uint16[] serials;
    Outcome outcome;
    bytes32 decision;
    uint40 deadline;
}

/// @notice Attests filings: what they applied for takes effect from here (guide arts. 26, 27).
/// @param profile The rule profile of all of them.
/// @param expiry Unix seconds; the last second at which the rights stand that an INITIAL registration bears or a
/// RENEWAL extends; those that a TRANSFER moves stand no longer than that, nor than they stood before.
/// @param receipt The hash of the national system's receipt of attestation; zero without one.
/// @param effective Unix seconds; the moment of national attestation; zero without one.
struct Attest {
    uint16 registrar;
    address officer;
    uint16 profile;
    bytes32[] registrations;
    uint16[] steps;
    uint40 expiry;
    bytes32 receipt;
    uint40 effective;
    uint40 deadline;
}

/// @notice Refuses a filing (guide art. 22).
/// @param ground The number of the ground in the rule profile.
/// @param decision The hash of the written decision.
struct Refuse {
    uint16 registrar;
    address officer;
    bytes32 registration;
    uint16 step;
    uint8 ground;
    bytes32 decision;
    uint40 deadline;
}

/// @notice Ends a filing whose evidence was not supplemented (guide art. 18).
/// @param decision The hash of the written decision.
struct Terminate {
    uint16 registrar;
    address officer;
    bytes32 registration;
    uint16 step;
    bytes32 decision;
    uint40 deadline;
}

/// @notice Takes an application back; at step 0, before it was filed, it makes the filing impossible.
/// @param party Any one of the applicants: a joint application needs all of them.
struct Withdraw {
    bytes32 party;
    bytes32 registration;
    uint16 step;
    uint40 deadline;
}

/// @notice The procedure of registration, from filing to attestation (guide art. 14).
/// @dev Every later act names the `step` of the record it acts on, and every change raises it: an act signed for one
/// state of affairs dies with it. Acts on many records skip those that they cannot serve and say why; an act that
/// could serve none reverts and leaves its signature executable until its deadline.
interface IRegistrations is ISigned {
    /// @notice A rule profile applies to filings from now on, for good.
    /// @param profile Its number.
    /// @param version The hash of the rule file that it was taken from.
    event ProfileEnacted(
        uint16 indexed profile,
        bytes32 version,
        bytes2 prefix,
        uint32 silence,
        uint32 notice,
        uint32 grace,
        uint32 validity,
        uint32 renewal,
        uint16 kinds,
        uint16 noticed,
        uint16 coded,
        uint8 bears,
        address gate
    );

    /// @notice No filing is taken until a moment; all else goes on.
    /// @param by The role holder who halted them.
    /// @param until Unix seconds; the last second of the halt.
    event FilingsHalted(address indexed by, uint32 until);

    /// @notice A claim was filed. @param applicants How many; the first one is named here.
    event RegistrationFiled(
        bytes32 indexed registration,
        bytes32 data,
        uint16 registrar,
        uint16 profile,
        uint8 kind,
        uint8 applicants,
        bytes32 party,
        uint8 rights,
        uint40 deadline
    );

    /// @notice The filing concerns an attested registration. Said of every kind but INITIAL.
    event SubjectNamed(bytes32 indexed registration, bytes32 subject);

    /// @notice A further applicant of a joint filing, in the order of the message.
    event ApplicantJoined(bytes32 indexed registration, bytes32 party, uint8 rights);

    /// @notice The registrar accepted the filing. @param act The message's digest. @param step The new step.
    event RegistrationAccepted(bytes32 indexed registration, bytes32 act, uint16 step);

    /// @notice The filing counts as accepted because the registrar was silent.
    event RegistrationDeemedAccepted(bytes32 indexed registration, bytes32 act, uint16 step);

    /// @notice The registrar asked for corrections.
    event CorrectionRequested(bytes32 indexed registration, bytes32 act, uint16 step, bytes32 list, uint40 until);

    /// @notice The applicant corrected the filing.
    event RegistrationCorrected(bytes32 indexed registration, bytes32 act, uint16 step, bytes32 party, bytes32 papers);

    /// @notice The registrar asked for further evidence.
    event SupplementRequested(bytes32 indexed registration, bytes32 act, uint16 step, bytes32 list, uint40 until);

    /// @notice The applicant supplied further evidence.
    event RegistrationSupplemented(
        bytes32 indexed registration, bytes32 act, uint16 step, bytes32 party, bytes32 papers
    );

    /// @notice The public notice began.
    event RegistrationPublished(
        bytes32 indexed registration, bytes32 act, uint16 step, uint40 until, bytes32 receipt, uint40 effective
    );

    /// @notice Somebody objected.
    event ObjectionMade(
        bytes32 indexed registration, bytes32 act, uint16 step, bytes32 objector, uint16 serial, bytes32 grounds
    );

    /// @notice The registrar decided an objection.
    event ObjectionResolved(
        bytes32 indexed registration,
        bytes32 act,
        uint16 step,
        bytes32 objector,
        uint16 serial,
        Outcome outcome,
        bytes32 decision
    );

    /// @notice The registration is attested; Rights says in the same transaction what each applicant holds.
    /// @param code The certificate code, 15 characters (guide annex 6); zero for a kind that is given none.
    /// @param since Unix seconds; the moment of attestation.
    event RegistrationAttested(
        bytes32 indexed registration,
        bytes32 act,
        uint16 step,
        bytes15 code,
        uint40 since,
        uint40 expiry,
        bytes32 receipt,
        uint40 effective
    );

    /// @notice The registrar refused the filing.
    event RegistrationRefused(bytes32 indexed registration, bytes32 act, uint16 step, uint8 ground, bytes32 decision);

    /// @notice The registrar ended the filing for want of evidence.
    event RegistrationTerminated(bytes32 indexed registration, bytes32 act, uint16 step, bytes32 decision);

    /// @notice An applicant took the application back.
    event RegistrationWithdrawn(bytes32 indexed registration, bytes32 act, uint16 step, bytes32 party);

    /// @notice An act on many records could not serve this one. @param step The step that the act named.
    event RegistrationSkipped(bytes32 indexed registration, bytes32 act, uint16 step, Obstacle obstacle);

    /// @notice The registration is known already: the same act arrived before.
    error AlreadyFiled(bytes32 registration);

    /// @notice The act cannot take effect on this registration now.
    error Hindered(bytes32 registration, Obstacle obstacle);

    /// @notice Between 1 and 32 applicants, in ascending order, each claiming between 1 and 7, or 9 and 15 in a TRANSFER.
    error WrongClaims(uint256 place);

    /// @notice INITIAL names no subject, every other kind names one.
    error WrongSubject(uint8 kind, bytes32 subject);

    /// @notice There must be one signature for each applicant, one step for each registration.
    error WrongNumber(uint256 got, uint256 expected);

    /// @notice New filings are halted until then.
    error FilingsAreHalted(uint32 until);

    /// @notice A halt ends within thirty days.
    error HaltTooLong(uint32 until);

    /// @notice The key does not have this role at this registrar, or the registrar may not act.
    error NotAnOfficer(uint16 registrar, address officer, uint8 role);

    /// @notice A profile is enacted once; a new version of the law is a new number.
    error ProfileStands(uint16 profile);

    /// @notice The moment named lies where it cannot.
    error WrongMoment(uint40 moment);

    /// @notice DISMISSED or UPHELD, and a refusal names a ground.
    error NoDecision();

    /// @notice Enacts a rule profile.
    /// @dev Requirements: the caller's role; the number is free.
    /// Warning: cannot be undone or changed.
    /// @param profile Its number.
    /// @param version The hash of the rule file.
    /// @param terms What the chain enforces of it.
    function enact(uint16 profile, bytes32 version, Profile calldata terms) external;

    /// @notice Halts new filings until a moment at most thirty days ahead; all else goes on.
    /// @param until Unix seconds; in the past, to end a halt.
    function haltFilings(uint32 until) external;

    /// @notice Files an application.
    /// @dev Requirements: not halted; the deadline has not passed; the id is new; each applicant signed; a subject is
    /// attested, at the same registrar; a RENEWAL comes in its window, for rights that its applicants hold.
    /// Warning: that a filing stands says nothing of its truth; nobody has looked at it.
    /// @param message What all applicants sign.
    /// @param signatures One an applicant, in the order of the claims.
    /// @return registration The id, which is the digest of the message.
    function file(File calldata message, bytes[] calldata signatures) external returns (bytes32 registration);

    /// @notice Accepts filings. @dev Requirements a record: SUBMITTED; its profile knows its kind.
    function accept(Accept calldata message, bytes calldata signature) external;

    /// @notice States a deemed acceptance.
    /// @dev Requirements: SUBMITTED, and silence for as long as the profile says.
    function deemAccepted(DeemAccepted calldata message, bytes calldata signature) external;

    /// @notice Asks for corrections. @dev Requirements: SUBMITTED; `until` is ahead.
    function requestCorrection(RequestCorrection calldata message, bytes calldata signature) external;

    /// @notice Files corrected papers. @dev Requirements: asked for; in time; the signer is an applicant.
    /// @param filing The message that filed the registration, as a witness.
    function correct(Correct calldata message, File calldata filing, bytes calldata signature) external;

    /// @notice Asks for further evidence. @dev Requirements: ACCEPTED; `until` is ahead.
    function requestSupplement(RequestSupplement calldata message, bytes calldata signature) external;

    /// @notice Files further evidence, late as well, since ending the filing then is the registrar's choice.
    /// @dev Requirements: asked for; the signer is an applicant.
    /// @param filing The message that filed the registration, as a witness.
    function supplement(Supplement calldata message, File calldata filing, bytes calldata signature) external;

    /// @notice Opens the public notice. @dev Requirements a record: ACCEPTED or SUPPLEMENT_REQUESTED; the notice is as
    /// long as the profile says, counted from this block.
    function publish(Publish calldata message, bytes calldata signature) external;

    /// @notice Objects. @dev Requirements: PUBLISHED and not yet attested, even after the notice; the objector has no
    /// other objection open to it; fewer than 255 are open.
    function object(Object calldata message, bytes calldata signature) external;

    /// @notice Decides objections. @dev Requirements: each is open.
    /// Warning: an objection upheld bars attestation for good.
    function resolve(Resolve calldata message, bytes calldata signature) external;

    /// @notice Attests. @dev Requirements a record: PUBLISHED; notice and grace are over; no objection open or upheld;
    /// or ACCEPTED by a reviewer, for a kind that is not published; the approver is not that reviewer; no applicant's
    /// key is an officer of the registrar; rights and validity as the profile says; its gate is open; a serial is left
    /// this month; for later kinds those of IRights.alter.
    /// Warning: cannot be undone; what stands is changed by later registrations alone.
    /// @param filings The messages that filed the registrations, as witnesses, in the same order.
    function attest(Attest calldata message, File[] calldata filings, bytes calldata signature) external;

    /// @notice Refuses. @dev Requirements: not yet attested, refused, terminated or withdrawn.
    function refuse(Refuse calldata message, bytes calldata signature) external;

    /// @notice Ends a filing. @dev Requirements: a supplement was asked for and its time is over.
    function terminate(Terminate calldata message, bytes calldata signature) external;

    /// @notice Takes an application back. @dev Requirements: not yet attested, refused, terminated or withdrawn; the
    /// signer is an applicant.
    /// @param filing The message that filed, or would file, the registration, as a witness.
    function withdraw(Withdraw calldata message, File calldata filing, bytes calldata signature) external;

    /// @notice Whether a registration is still before its decision: filed and neither ended nor lapsed for want of a
    /// correction (guide art. 17).
    function isPending(bytes32 registration) external view returns (bool);

    /// @notice Where a registration stands.
    /// @return state The state.
    /// @return step How many changes it has seen.
    /// @return registrar The registrar's number.
    /// @return profile The number of its rule profile.
    /// @return kind The kind of registration.
    /// @return open How many objections are open.
    /// @return upheld Whether an objection was upheld.
    /// @return changed Unix seconds of the last change.
    /// @return until Unix seconds; the end of the notice, of a correction or of a supplement; of validity when attested.
    function record(bytes32 registration)
        external
        view
        returns (
            State state,
            uint16 step,
            uint16 registrar,
            uint16 profile,
            uint8 kind,
            uint8 open,
            bool upheld,
            uint40 changed,
            uint40 until
        );

    /// @notice The objection of a party to a registration. @return serial How many it made. @return open Whether the
    /// last of them is undecided.
    function objection(bytes32 registration, bytes32 objector) external view returns (uint16 serial, bool open);

    /// @notice The terms of a rule profile that the chain enforces.
    function profileOf(uint16 profile) external view returns (Profile memory);

    /// @notice How many codes a registrar has given in a month. @param month YYYYMM, Beijing time.
    function serials(bytes2 prefix, uint16 registrar, uint24 month) external view returns (uint16);
}

// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {Outcome} from "./IRegistrations.sol";
import {ISigned} from "./ISigned.sol";

/// @notice Where an objection to an attested registration stands (docs/objections.md).
enum ObjectionState {
    NONE,
    FILED,
    EVIDENCE_REQUESTED,
    NOTIFIED,
    ADMITTED,
    CONTESTED,
    CONCLUDED,
    SETTLED,
    REFERRED,
    DECIDED,
    CLOSED,
    LAPSED,
    DROPPED
}

/// @notice What a holder says to an objection.
enum Answer {
    NONE,
    ADMITTED,
    CONTESTED
}

/// @notice Where an effective instrument comes from.
enum Forum {
    NONE,
    ARBITRATION,
    COURT
}

/// @notice Why an act on an objection cannot take effect.
enum ObjectionObstacle {
    NONE,
    STEP_PASSED,
    WRONG_STATE,
    OTHER_REGISTRAR,
    TOO_EARLY,
    TOO_LATE,
    NOT_ATTESTED,
    ALREADY_OPEN,
    TOO_MANY,
    NOT_THE_OPENING,
    NOT_THE_OBJECTOR,
    NOT_A_HOLDER,
    NOT_A_SIDE,
    ALREADY_SAID,
    ALREADY_ASKED,
    NOT_ASKED
}

/// @notice Objects to an attested registration (guide art. 29). Its EIP-712 digest is the objection's id.
/// @param objector Any party.
/// @param registration The registration said to be wrong, or of what is another's.
/// @param registrar The number of the registrar that attested it.
/// @param grounds The salted commitment to the written application and the first evidence.
/// @param deadline Unix seconds; the last second at which this message may be executed.
struct Contest {
    bytes32 objector;
    bytes32 registration;
    uint16 registrar;
    bytes32 grounds;
    uint40 deadline;
}

/// @notice Asks the objector for what is missing; once proceedings are to follow, for proof of them.
/// @param list The hash of what is asked for.
/// @param until Unix seconds; the last second at which it may be supplied.
struct RequestEvidence {
    uint16 registrar;
    address officer;
    bytes32 objection;
    uint16 step;
    bytes32 list;
    uint40 until;
    uint40 deadline;
}

/// @notice Supplies what was asked for.
/// @param papers The salted commitment to what is supplied.
struct SupplyEvidence {
    bytes32 objector;
    bytes32 objection;
    uint16 step;
    bytes32 papers;
    uint40 deadline;
}

/// @notice Says that the holders were told in writing (guide art. 29 para. 2).
/// @param notice The hash of the written notice.
/// @param until Unix seconds; the last second of the time to answer.
struct NotifyHolder {
    uint16 registrar;
    address officer;
    bytes32 objection;
    uint16 step;
    bytes32 notice;
    uint40 until;
    uint40 deadline;
}

/// @notice A holder answers (guide art. 29 paras. 3, 4).
/// @param party Any one of the holders.
/// @param answer ADMITTED 1 or CONTESTED 2.
/// @param papers The salted commitment to the explanation and its evidence.
struct Respond {
    bytes32 party;
    bytes32 objection;
    uint16 step;
    Answer answer;
    bytes32 papers;
    uint40 deadline;
}

/// @notice The registrar's conclusion after its investigation (guide art. 29 para. 4).
/// @param outcome DISMISSED 1 or UPHELD 2.
/// @param decision The hash of the written conclusion and its reasons.
/// @param until Unix seconds; the last second of the time to say whether it is accepted.
struct Conclude {
    uint16 registrar;
    address officer;
    bytes32 objection;
    uint16 step;
    Outcome outcome;
    bytes32 decision;
    uint40 until;
    uint40 deadline;
}

/// @notice The objector or a holder accepts the conclusion (guide art. 29 para. 4).
struct AcceptConclusion {
    bytes32 party;
    bytes32 objection;
    uint16 step;
    uint40 deadline;
}

/// @notice The objector or a holder refuses it: arbitration by agreement, or a court (guide art. 29 para. 5).
struct RefuseConclusion {
    bytes32 party;
    bytes32 objection;
    uint16 step;
    uint40 deadline;
}

/// @notice An effective instrument arrived (guide art. 29 para. 5).
/// @param forum ARBITRATION 1 or COURT 2.
/// @param instrument The hash of the instrument.
/// @param outcome DISMISSED 1 or UPHELD 2: whether it leaves anything to be done to the entry.
struct RecordInstrument {
    uint16 registrar;
    address officer;
    bytes32 objection;
    uint16 step;
    Forum forum;
    bytes32 instrument;
    Outcome outcome;
    uint40 deadline;
}

/// @notice Says that what follows from the objection was done, and ends it.
/// @param measure The digest of the act that changed, cancelled or transferred the right; zero when nothing was to be
/// done.
struct CloseObjection {
    uint16 registrar;
    address officer;
    bytes32 objection;
    uint16 step;
    bytes32 measure;
    uint40 deadline;
}

/// @notice Ends an objection whose objector was asked for papers and stayed silent.
/// @param decision The hash of the written decision.
struct LapseObjection {
    uint16 registrar;
    address officer;
    bytes32 objection;
    uint16 step;
    bytes32 decision;
    uint40 deadline;
}

/// @notice Takes an objection back.
struct DropObjection {
    bytes32 objector;
    bytes32 objection;
    uint16 step;
    uint40 deadline;
}

/// @notice Objections to what stands registered (guide art. 29), without limit of time. Objections during the public
/// notice (art. 25) belong to the procedure of registration.
/// @dev Nothing here changes a right: what follows from an objection is done by an act of its own, whose digest closes
/// the objection. Every later act names the `step`, and every change raises it. A holder is whoever has an entry in
/// Rights from the registration, also one that is over, and is not the objector: nobody answers himself. Acts that
/// need to know objector or registration bring the opening message as a witness.
interface IObjections is ISigned {
    /// @notice Somebody objected; the members of the message.
    event ObjectionFiled(
        bytes32 indexed objection,
        bytes32 objector,
        bytes32 registration,
        uint16 registrar,
        bytes32 grounds,
        uint40 deadline
    );

    /// @notice The objector was asked for papers. @param act The message's digest. @param step The new step.
    /// @param reached The new state.
    event EvidenceRequested(
        bytes32 indexed objection, bytes32 act, uint16 step, ObjectionState reached, bytes32 list, uint40 until
    );

    /// @notice The objector supplied them.
    event EvidenceSupplied(bytes32 indexed objection, bytes32 act, uint16 step, ObjectionState reached, bytes32 papers);

    /// @notice The holders were told.
    event HolderNotified(
        bytes32 indexed objection, bytes32 act, uint16 step, ObjectionState reached, bytes32 notice, uint40 until
    );

    /// @notice A holder answered.
    event ObjectionAnswered(
        bytes32 indexed objection,
        bytes32 act,
        uint16 step,
        ObjectionState reached,
        bytes32 party,
        Answer answer,
        bytes32 papers
    );

    /// @notice The registrar concluded.
    event ObjectionConcluded(
        bytes32 indexed objection,
        bytes32 act,
        uint16 step,
        ObjectionState reached,
        Outcome outcome,
        bytes32 decision,
        uint40 until
    );

    /// @notice The objector or a holder accepted the conclusion; SETTLED once there is one of each.
    event ConclusionAccepted(bytes32 indexed objection, bytes32 act, uint16 step, ObjectionState reached, bytes32 party);

    /// @notice One side refused it.
    event ConclusionRefused(bytes32 indexed objection, bytes32 act, uint16 step, ObjectionState reached, bytes32 party);

    /// @notice An effective instrument arrived.
    event InstrumentRecorded(
        bytes32 indexed objection,
        bytes32 act,
        uint16 step,
        ObjectionState reached,
        Forum forum,
        bytes32 instrument,
        Outcome outcome
    );

    /// @notice What followed from the objection was done.
    event ObjectionClosed(bytes32 indexed objection, bytes32 act, uint16 step, ObjectionState reached, bytes32 measure);

    /// @notice The objector stayed silent.
    event ObjectionLapsed(bytes32 indexed objection, bytes32 act, uint16 step, ObjectionState reached, bytes32 decision);

    /// @notice The objector took the objection back.
    event ObjectionDropped(bytes32 indexed objection, bytes32 act, uint16 step, ObjectionState reached);

    /// @notice The objection is known already: the same act arrived before.
    error AlreadyContested(bytes32 objection);

    /// @notice The act cannot take effect on this objection now.
    error ObjectionHindered(bytes32 objection, ObjectionObstacle obstacle);

    /// @notice The key does not have this role at this registrar, or the registrar may not act.
    error NotAnOfficer(uint16 registrar, address officer, uint8 role);

    /// @notice The moment named lies where it cannot.
    error WrongMoment(uint40 moment);

    /// @notice A conclusion and an instrument are DISMISSED or UPHELD, an answer ADMITTED or CONTESTED, and an
    /// instrument has a forum.
    error NoDecision();

    /// @notice What is admitted or upheld is closed with the measure taken, all else with none.
    error WrongMeasure(bytes32 measure);

    /// @notice Objects.
    /// @dev Requirements: the registration is ATTESTED by this registrar; the objector has no other objection open to
    /// it; fewer than 255 are open; the id is new.
    function contest(Contest calldata message, bytes calldata signature) external returns (bytes32 id);

    /// @notice Asks the objector for papers.
    /// @dev Requirements: FILED, or REFERRED with nothing asked for; `until` is ahead.
    function requestEvidence(RequestEvidence calldata message, bytes calldata signature) external;

    /// @notice Supplies them. @dev Requirements: asked for; in time; by the objector.
    /// @param opening The message that opened the objection, as a witness.
    function supplyEvidence(SupplyEvidence calldata message, Contest calldata opening, bytes calldata signature)
        external;

    /// @notice Says that the holders were told. @dev Requirements: FILED; `until` is ahead.
    function notifyHolder(NotifyHolder calldata message, bytes calldata signature) external;

    /// @notice Answers.
    /// @dev Requirements: NOTIFIED, ADMITTED or CONTESTED, also after the time to answer; by a holder, once.
    /// @param opening The message that opened the objection, as a witness.
    function respond(Respond calldata message, Contest calldata opening, bytes calldata signature) external;

    /// @notice Concludes.
    /// @dev Requirements: CONTESTED; or NOTIFIED or ADMITTED once the time to answer is over; `until` is ahead.
    function conclude(Conclude calldata message, bytes calldata signature) external;

    /// @notice Accepts a conclusion.
    /// @dev Requirements: CONCLUDED, or SETTLED for a further holder; by the objector or a holder, each once.
    /// @param opening The message that opened the objection, as a witness.
    function acceptConclusion(AcceptConclusion calldata message, Contest calldata opening, bytes calldata signature)
        external;

    /// @notice Refuses a conclusion. @dev Requirements: CONCLUDED or SETTLED, so even after an acceptance, until it
    /// is acted upon; by the objector or a holder.
    /// @param opening The message that opened the objection, as a witness.
    function refuseConclusion(RefuseConclusion calldata message, Contest calldata opening, bytes calldata signature)
        external;

    /// @notice Records an effective instrument. @dev Requirements: the objection has not ended.
    /// Warning: from here on the objector cannot take the objection back.
    function recordInstrument(RecordInstrument calldata message, bytes calldata signature) external;

    /// @notice Closes an objection.
    /// @dev Requirements: ADMITTED, SETTLED or DECIDED; or CONCLUDED once the time to accept is over; by an approver;
    /// a measure just where one is owed.
    /// @param opening The message that opened the objection, as a witness.
    function closeObjection(CloseObjection calldata message, Contest calldata opening, bytes calldata signature)
        external;

    /// @notice Ends an objection for want of papers.
    /// @dev Requirements: EVIDENCE_REQUESTED or REFERRED; papers were asked for and the time for them is over.
    /// @param opening The message that opened the objection, as a witness.
    function lapseObjection(LapseObjection calldata message, Contest calldata opening, bytes calldata signature)
        external;

    /// @notice Takes an objection back. @dev Requirements: not ended and not DECIDED; by the objector.
    /// @param opening The message that opened the objection, as a witness.
    function dropObjection(DropObjection calldata message, Contest calldata opening, bytes calldata signature)
        external;

    /// @notice How many objections to a registration have not ended: while it is not zero a dispute is unresolved
    /// (guide art. 22(3)).
    function openObjections(bytes32 registration) external view returns (uint256);

    /// @notice Whether this party has an objection open to this registration.
    function isContesting(bytes32 registration, bytes32 objector) external view returns (bool);

    /// @notice What a party has said to an objection. @return answered It answered as a holder. @return accepted It
    /// accepted the conclusion.
    function said(bytes32 id, bytes32 party) external view returns (bool answered, bool accepted);

    /// @notice Where an objection stands.
    /// @return state The state.
    /// @return step How many changes it has seen.
    /// @return registrar The registrar's number.
    /// @return outcome That of the conclusion, or of the instrument after it.
    /// @return accepted The sum of the objector 1 and a holder 2, who accepted the conclusion.
    /// @return changed Unix seconds of the last change.
    /// @return until Unix seconds; the end of the time that was given last; zero when none runs.
    function objection(bytes32 id)
        external
        view
        returns (
            ObjectionState state,
            uint16 step,
            uint16 registrar,
            Outcome outcome,
            uint8 accepted,
            uint40 changed,
            uint40 until
        );
}

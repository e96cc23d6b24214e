// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {
    AcceptConclusion,
    Answer,
    CloseObjection,
    Conclude,
    Contest,
    DropObjection,
    Forum,
    IObjections,
    LapseObjection,
    NotifyHolder,
    ObjectionObstacle,
    ObjectionState,
    RecordInstrument,
    RefuseConclusion,
    RequestEvidence,
    Respond,
    SupplyEvidence
} from "./interfaces/IObjections.sol";
import {IParties} from "./interfaces/IParties.sol";
import {IRegistrars} from "./interfaces/IRegistrars.sol";
import {IRegistrations, Outcome, State} from "./interfaces/IRegistrations.sol";
import {IRights} from "./interfaces/IRights.sol";
import {ObjectionActs} from "./ObjectionActs.sol";
import {Objection, ObjectionLibrary} from "./types/Objection.sol";

/// @notice The procedure of objection to what stands registered; see IObjections.
contract Objections is IObjections, ObjectionActs {
    uint8 private constant REVIEWER = 1;
    uint8 private constant APPROVER = 2;
    uint8 private constant OBJECTOR_ACCEPTED = 1;
    uint8 private constant HOLDER_ACCEPTED = 2;
    uint8 private constant BOTH_ACCEPTED = 3;
    // What a party has said.
    uint8 private constant ANSWERED = 1;
    uint8 private constant ACCEPTED = 2;
    uint256 private constant MOST_OPEN = 255;

    // Sums of 1 << state.
    uint256 private constant ASKED = 1 << uint8(ObjectionState.EVIDENCE_REQUESTED) | 1 << uint8(ObjectionState.REFERRED);
    uint256 private constant ANSWERABLE = 1 << uint8(ObjectionState.NOTIFIED) | 1 << uint8(ObjectionState.ADMITTED)
        | 1 << uint8(ObjectionState.CONTESTED);
    uint256 private constant CONCLUSION_STANDS =
        1 << uint8(ObjectionState.CONCLUDED) | 1 << uint8(ObjectionState.SETTLED);
    uint256 private constant CLOSABLE = CONCLUSION_STANDS | 1 << uint8(ObjectionState.ADMITTED)
        | 1 << uint8(ObjectionState.DECIDED);
    uint256 private constant OPEN = (1 << uint8(ObjectionState.CLOSED)) - (1 << uint8(ObjectionState.FILED));

    IParties public immutable parties;
    IRegistrars public immutable registrars;
    IRights public immutable rights;
    IRegistrations public immutable registrations;

    mapping(bytes32 objection => Objection) private _objections;
    mapping(bytes32 objection => mapping(bytes32 party => uint8)) private _said;
    mapping(bytes32 registration => uint256) private _open;
    mapping(bytes32 registration => mapping(bytes32 objector => bool)) private _contesting;

    constructor(IParties parties_, IRegistrars registrars_, IRights rights_, IRegistrations registrations_) {
        parties = parties_;
        registrars = registrars_;
        rights = rights_;
        registrations = registrations_;
    }

    /// @inheritdoc IObjections
    function contest(Contest calldata message, bytes calldata signature) external returns (bytes32 id) {
        id = _digest(message);
        bytes32 registration = message.registration;
        bytes32 objector = message.objector;
        _requireParty(id, objector, message.deadline, signature);
        if (Objection.unwrap(_objections[id]) != 0) revert AlreadyContested(id);
        (State state,, uint16 registrar,,,,,,) = registrations.record(registration);
        if (state != State.ATTESTED) revert ObjectionHindered(id, ObjectionObstacle.NOT_ATTESTED);
        if (registrar != message.registrar) revert ObjectionHindered(id, ObjectionObstacle.OTHER_REGISTRAR);
        if (_contesting[registration][objector]) revert ObjectionHindered(id, ObjectionObstacle.ALREADY_OPEN);
        uint256 open = _open[registration];
        if (open == MOST_OPEN) revert ObjectionHindered(id, ObjectionObstacle.TOO_MANY);

        _objections[id] = ObjectionLibrary.filed(registrar, _now());
        _contesting[registration][objector] = true;
        _open[registration] = open + 1;

        _say(
            abi.encode(
                ObjectionFiled.selector,
                id,
                objector,
                registration,
                registrar,
                message.grounds,
                message.deadline
            )
        );
    }

    /// @inheritdoc IObjections
    function requestEvidence(RequestEvidence calldata message, bytes calldata signature) external {
        bytes32 act = _digest(message);
        bytes32 id = message.objection;
        Objection o = _objections[id];
        _requireOfficer(act, message.registrar, message.officer, REVIEWER, message.deadline, signature);
        ObjectionState to = o.state() == ObjectionState.REFERRED
            ? ObjectionState.REFERRED
            : ObjectionState.EVIDENCE_REQUESTED;
        _require(
            id,
            o,
            1 << uint8(ObjectionState.FILED) | 1 << uint8(ObjectionState.REFERRED),
            message.step,
            message.registrar
        );
        // One thing at a time: what was asked of the objector is supplied, or the objection lapses.
        if (o.until() != 0) revert ObjectionHindered(id, ObjectionObstacle.ALREADY_ASKED);
        _requireAhead(message.until);

        o = _move(id, o.withUntil(message.until), to);

        _say(abi.encode(EvidenceRequested.selector, id, act, o.step(), to, message.list, message.until));
    }

    /// @inheritdoc IObjections
    function supplyEvidence(SupplyEvidence calldata message, Contest calldata opening, bytes calldata signature)
        external
    {
        bytes32 act = _digest(message);
        bytes32 id = message.objection;
        Objection o = _objections[id];
        _requireOpening(id, opening);
        _requireObjector(id, opening, message.objector);
        _requireParty(act, message.objector, message.deadline, signature);
        _require(id, o, ASKED, message.step, o.registrar());
        if (o.until() == 0) revert ObjectionHindered(id, ObjectionObstacle.NOT_ASKED);
        if (_now() > o.until()) revert ObjectionHindered(id, ObjectionObstacle.TOO_LATE);

        ObjectionState to = o.state() == ObjectionState.REFERRED ? ObjectionState.REFERRED : ObjectionState.FILED;
        o = _move(id, o.withUntil(0), to);

        _say(abi.encode(EvidenceSupplied.selector, id, act, o.step(), to, message.papers));
    }

    /// @inheritdoc IObjections
    function notifyHolder(NotifyHolder calldata message, bytes calldata signature) external {
        bytes32 act = _digest(message);
        bytes32 id = message.objection;
        Objection o = _objections[id];
        _requireOfficer(act, message.registrar, message.officer, REVIEWER, message.deadline, signature);
        _require(id, o, 1 << uint8(ObjectionState.FILED), message.step, message.registrar);
        _requireAhead(message.until);

        o = _move(id, o.withUntil(message.until), ObjectionState.NOTIFIED);

        _say(abi.encode(HolderNotified.selector, id, act, o.step(), o.state(), message.notice, message.until));
    }

    /// @inheritdoc IObjections
    function respond(Respond calldata message, Contest calldata opening, bytes calldata signature) external {
        bytes32 act = _digest(message);
        bytes32 id = message.objection;
        bytes32 party = message.party;
        Objection o = _objections[id];
        _requireOpening(id, opening);
        if (!_isHolder(opening, party)) revert ObjectionHindered(id, ObjectionObstacle.NOT_A_HOLDER);
        _requireParty(act, party, message.deadline, signature);
        _require(id, o, ANSWERABLE, message.step, o.registrar());
        if (message.answer == Answer.NONE) revert NoDecision();
        _requireUnsaid(id, party, ANSWERED);

        // One holder who contests outweighs all who admit: nothing may be taken from it on another's word.
        bool isContested = message.answer == Answer.CONTESTED || o.state() == ObjectionState.CONTESTED;
        _said[id][party] |= ANSWERED;
        o = _move(id, o, isContested ? ObjectionState.CONTESTED : ObjectionState.ADMITTED);

        _say(
            abi.encode(
                ObjectionAnswered.selector, id, act, o.step(), o.state(), party, message.answer, message.papers
            )
        );
    }

    /// @inheritdoc IObjections
    function conclude(Conclude calldata message, bytes calldata signature) external {
        bytes32 act = _digest(message);
        bytes32 id = message.objection;
        Objection o = _objections[id];
        _requireOfficer(act, message.registrar, message.officer, REVIEWER, message.deadline, signature);
        _require(id, o, ANSWERABLE, message.step, message.registrar);
        if (o.state() != ObjectionState.CONTESTED) _requireOver(id, o);
        if (message.outcome == Outcome.NONE) revert NoDecision();
        _requireAhead(message.until);

        o = _move(id, o.withUntil(message.until).withOutcome(message.outcome), ObjectionState.CONCLUDED);

        _say(
            abi.encode(
                ObjectionConcluded.selector,
                id,
                act,
                o.step(),
                o.state(),
                message.outcome,
                message.decision,
                message.until
            )
        );
    }

    /// @inheritdoc IObjections
    function acceptConclusion(AcceptConclusion calldata message, Contest calldata opening, bytes calldata signature)
        external
    {
        bytes32 act = _digest(message);
        bytes32 id = message.objection;
        Objection o = _objections[id];
        _requireOpening(id, opening);
        uint8 side = _sideOf(id, opening, message.party);
        _requireParty(act, message.party, message.deadline, signature);
        _require(id, o, CONCLUSION_STANDS, message.step, o.registrar());
        _requireUnsaid(id, message.party, ACCEPTED);

        _said[id][message.party] |= ACCEPTED;
        o = o.withAcceptance(side);
        o = _move(id, o, o.accepted() == BOTH_ACCEPTED ? ObjectionState.SETTLED : ObjectionState.CONCLUDED);

        _say(abi.encode(ConclusionAccepted.selector, id, act, o.step(), o.state(), message.party));
    }

    /// @inheritdoc IObjections
    function refuseConclusion(RefuseConclusion calldata message, Contest calldata opening, bytes calldata signature)
        external
    {
        bytes32 act = _digest(message);
        bytes32 id = message.objection;
        Objection o = _objections[id];
        _requireOpening(id, opening);
        _sideOf(id, opening, message.party);
        _requireParty(act, message.party, message.deadline, signature);
        _require(id, o, CONCLUSION_STANDS, message.step, o.registrar());

        o = _move(id, o.withUntil(0), ObjectionState.REFERRED);

        _say(abi.encode(ConclusionRefused.selector, id, act, o.step(), o.state(), message.party));
    }

    /// @inheritdoc IObjections
    function recordInstrument(RecordInstrument calldata message, bytes calldata signature) external {
        bytes32 act = _digest(message);
        bytes32 id = message.objection;
        Objection o = _objections[id];
        _requireOfficer(act, message.registrar, message.officer, REVIEWER, message.deadline, signature);
        _require(id, o, OPEN, message.step, message.registrar);
        if (message.outcome == Outcome.NONE || message.forum == Forum.NONE) revert NoDecision();

        o = _move(id, o.withUntil(0).withOutcome(message.outcome), ObjectionState.DECIDED);

        _say(
            abi.encode(
                InstrumentRecorded.selector,
                id,
                act,
                o.step(),
                o.state(),
                message.forum,
                message.instrument,
                message.outcome
            )
        );
    }

    /// @inheritdoc IObjections
    function closeObjection(CloseObjection calldata message, Contest calldata opening, bytes calldata signature)
        external
    {
        bytes32 act = _digest(message);
        bytes32 id = message.objection;
        Objection o = _objections[id];
        _requireOpening(id, opening);
        _requireOfficer(act, message.registrar, message.officer, APPROVER, message.deadline, signature);
        _require(id, o, CLOSABLE, message.step, message.registrar);
        if (o.state() == ObjectionState.CONCLUDED) _requireOver(id, o);
        bool isOwed = o.state() == ObjectionState.ADMITTED || o.outcome() == Outcome.UPHELD;
        if (isOwed != (message.measure != 0)) revert WrongMeasure(message.measure);

        o = _end(id, o, opening, ObjectionState.CLOSED);

        _say(abi.encode(ObjectionClosed.selector, id, act, o.step(), o.state(), message.measure));
    }

    /// @inheritdoc IObjections
    function lapseObjection(LapseObjection calldata message, Contest calldata opening, bytes calldata signature)
        external
    {
        bytes32 act = _digest(message);
        bytes32 id = message.objection;
        Objection o = _objections[id];
        _requireOpening(id, opening);
        _requireOfficer(act, message.registrar, message.officer, REVIEWER, message.deadline, signature);
        _require(id, o, ASKED, message.step, message.registrar);
        if (o.until() == 0) revert ObjectionHindered(id, ObjectionObstacle.NOT_ASKED);
        _requireOver(id, o);

        o = _end(id, o, opening, ObjectionState.LAPSED);

        _say(abi.encode(ObjectionLapsed.selector, id, act, o.step(), o.state(), message.decision));
    }

    /// @inheritdoc IObjections
    function dropObjection(DropObjection calldata message, Contest calldata opening, bytes calldata signature)
        external
    {
        bytes32 act = _digest(message);
        bytes32 id = message.objection;
        Objection o = _objections[id];
        _requireOpening(id, opening);
        _requireObjector(id, opening, message.objector);
        _requireParty(act, message.objector, message.deadline, signature);
        _require(id, o, OPEN & ~(1 << uint8(ObjectionState.DECIDED)), message.step, o.registrar());

        o = _end(id, o, opening, ObjectionState.DROPPED);

        _say(abi.encode(ObjectionDropped.selector, id, act, o.step(), o.state()));
    }

    /// @inheritdoc IObjections
    function openObjections(bytes32 registration) external view returns (uint256) {
        return _open[registration];
    }

    /// @inheritdoc IObjections
    function isContesting(bytes32 registration, bytes32 objector) external view returns (bool) {
        return _contesting[registration][objector];
    }

    /// @inheritdoc IObjections
    function said(bytes32 id, bytes32 party) external view returns (bool answered, bool accepted) {
        uint8 flags = _said[id][party];
        return (flags & ANSWERED != 0, flags & ACCEPTED != 0);
    }

    /// @inheritdoc IObjections
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
        )
    {
        Objection o = _objections[id];
        return (o.state(), o.step(), o.registrar(), o.outcome(), o.accepted(), o.changed(), o.until());
    }

    function _move(bytes32 id, Objection o, ObjectionState to) private returns (Objection moved) {
        moved = o.moved(to, _now());
        _objections[id] = moved;
    }

    function _end(bytes32 id, Objection o, Contest calldata opening, ObjectionState to) private returns (Objection) {
        delete _contesting[opening.registration][opening.objector];
        --_open[opening.registration];
        return _move(id, o.withUntil(0), to);
    }

    /// @param states A sum of 1 << state.
    function _require(bytes32 id, Objection o, uint256 states, uint16 step, uint16 registrar) private pure {
        if (o.step() != step) revert ObjectionHindered(id, ObjectionObstacle.STEP_PASSED);
        if (!o.isIn(states)) revert ObjectionHindered(id, ObjectionObstacle.WRONG_STATE);
        if (o.registrar() != registrar) revert ObjectionHindered(id, ObjectionObstacle.OTHER_REGISTRAR);
    }

    function _requireAhead(uint40 until) private view {
        if (until <= _now()) revert WrongMoment(until);
    }

    function _requireOver(bytes32 id, Objection o) private view {
        if (_now() <= o.until()) revert ObjectionHindered(id, ObjectionObstacle.TOO_EARLY);
    }

    function _requireUnsaid(bytes32 id, bytes32 party, uint8 flag) private view {
        if (_said[id][party] & flag != 0) revert ObjectionHindered(id, ObjectionObstacle.ALREADY_SAID);
    }

    function _requireOpening(bytes32 id, Contest calldata opening) private view {
        if (_digest(opening) != id) revert ObjectionHindered(id, ObjectionObstacle.NOT_THE_OPENING);
    }

    function _requireObjector(bytes32 id, Contest calldata opening, bytes32 party) private pure {
        if (opening.objector != party) revert ObjectionHindered(id, ObjectionObstacle.NOT_THE_OBJECTOR);
    }

    /// @return side The objector 1, a holder 2.
    function _sideOf(bytes32 id, Contest calldata opening, bytes32 party) private view returns (uint8 side) {
        if (opening.objector == party) return OBJECTOR_ACCEPTED;
        if (_isHolder(opening, party)) return HOLDER_ACCEPTED;
        revert ObjectionHindered(id, ObjectionObstacle.NOT_A_SIDE);
    }

    /// @dev A holder that objects to what it holds with others cannot admit, or accept, on their side.
    function _isHolder(Contest calldata opening, bytes32 party) private view returns (bool) {
        if (party == opening.objector) return false;
        (uint40 since,,,,,) = rights.entry(rights.idOf(opening.registration, party));
        return since != 0;
    }

    /// @dev Requirements: as for any signed act; the officer has the role at a registrar that may act.
    function _requireOfficer(
        bytes32 act,
        uint16 registrar,
        address officer,
        uint8 role,
        uint40 deadline,
        bytes calldata signature
    ) private {
        if (registrars.roles(registrar, officer) & role == 0) revert NotAnOfficer(registrar, officer, role);
        _requireAct(act, officer, deadline, signature);

        _say(abi.encode(ActSigned.selector, act, officer));
    }

    /// @dev Requirements: as for any signed act, by the key behind the party.
    function _requireParty(bytes32 act, bytes32 party, uint40 deadline, bytes calldata signature) private {
        address signer = parties.keyOf(party);
        _requireAct(act, signer, deadline, signature);

        _say(abi.encode(ActSigned.selector, act, signer));
    }
}

// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {ICasework, Note, Report} from "./interfaces/ICasework.sol";
import {IObjections, ObjectionState} from "./interfaces/IObjections.sol";
import {IParties} from "./interfaces/IParties.sol";
import {IRegistrars} from "./interfaces/IRegistrars.sol";
import {IRegistrations, State} from "./interfaces/IRegistrations.sol";
import {Signed} from "./Signed.sol";

/// @notice The files of cases; see ICasework.
contract Casework is ICasework, Signed {
    uint8 private constant ANY_ROLE = 3;

    bytes32 private constant NOTE =
        keccak256("Note(uint16 registrar,address officer,bytes32 subject,uint16 serial,uint8 kind,bytes32 document,uint40 occurred,uint16 length,uint40 deadline)");
    bytes32 private constant REPORT =
        keccak256("Report(bytes32 issuer,bytes32 subject,uint16 serial,uint8 kind,bytes32 document,uint40 issued,uint40 deadline)");

    IParties public immutable parties;
    IRegistrars public immutable registrars;
    IRegistrations public immutable registrations;
    IObjections public immutable objections;

    /// @inheritdoc ICasework
    mapping(bytes32 subject => uint16) public notes;
    /// @inheritdoc ICasework
    /// @dev Counted for each issuer apart: whoever can sign could else make another's serial pass.
    mapping(bytes32 subject => mapping(bytes32 issuer => uint16)) public reports;

    constructor(IParties parties_, IRegistrars registrars_, IRegistrations registrations_, IObjections objections_) {
        parties = parties_;
        registrars = registrars_;
        registrations = registrations_;
        objections = objections_;
    }

    /// @inheritdoc ICasework
    function note(Note calldata message, bytes calldata signature) external {
        bytes32 act = _inPlace(NOTE, 9);
        bytes32 subject = message.subject;
        uint16 registrar = message.registrar;
        address officer = message.officer;
        if (registrars.roles(registrar, officer) & ANY_ROLE == 0) revert NotAnOfficer(registrar, officer, ANY_ROLE);
        _requireAct(act, officer, message.deadline, signature);
        if (_registrarOf(subject) != registrar) revert OtherRegistrar(subject, registrar);
        uint16 serial = notes[subject];
        if (message.serial != serial) revert SerialPassed(subject, serial);
        if (message.occurred > _now()) revert WrongMoment(message.occurred);

        notes[subject] = serial + 1;

        _say(abi.encode(ActSigned.selector, act, officer));
        _say(
            abi.encode(
                StepNoted.selector,
                subject,
                act,
                registrar,
                officer,
                serial,
                message.kind,
                message.document,
                message.occurred,
                message.length
            )
        );
    }

    /// @inheritdoc ICasework
    function report(Report calldata message, bytes calldata signature) external {
        bytes32 act = _inPlace(REPORT, 7);
        bytes32 subject = message.subject;
        bytes32 issuer = message.issuer;
        address signer = parties.keyOf(issuer);
        _requireAct(act, signer, message.deadline, signature);
        _registrarOf(subject);
        uint16 serial = reports[subject][issuer];
        if (message.serial != serial) revert SerialPassed(subject, serial);
        if (message.document == 0) revert NoDocument();
        if (message.issued > _now()) revert WrongMoment(message.issued);

        reports[subject][issuer] = serial + 1;

        _say(abi.encode(ActSigned.selector, act, signer));
        _say(
            abi.encode(
                ReportEntered.selector, subject, act, issuer, serial, message.kind, message.document, message.issued
            )
        );
    }

    /// @dev Requirements: there is such a case. What was withdrawn before it was filed counts as registrar 0's.
    function _registrarOf(bytes32 subject) private view returns (uint16 registrar) {
        State state;
        (state,, registrar,,,,,,) = registrations.record(subject);
        if (state != State.NONE) return registrar;
        ObjectionState reached;
        (reached,, registrar,,,,) = objections.objection(subject);
        if (reached == ObjectionState.NONE) revert NoSuchCase(subject);
    }
}

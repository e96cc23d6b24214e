// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {IObjections} from "./IObjections.sol";
import {IParties} from "./IParties.sol";
import {IRegistrars} from "./IRegistrars.sol";
import {IRegistrations} from "./IRegistrations.sol";
import {ISigned} from "./ISigned.sol";

/// @notice An officer's step in the file of a case.
/// @param registrar The registrar's number, the case's.
/// @param officer The key of one of its officers.
/// @param subject The registration, or the objection to what stands registered.
/// @param serial How many notes the file holds already.
/// @param kind The number of the kind of step in the rules; what it means is not enforced here.
/// @param document The hash of the paper that the step made or rests on, zero where there is none.
/// @param occurred Unix seconds, set by the officer; when the step was taken, not later than now.
/// @param length Of an extension, by how many units of the profile's clock; else zero.
/// @param deadline Unix seconds; the last second at which this message may be executed.
struct Note {
    uint16 registrar;
    address officer;
    bytes32 subject;
    uint16 serial;
    uint8 kind;
    bytes32 document;
    uint40 occurred;
    uint16 length;
    uint40 deadline;
}

/// @notice A third party's report on a case, signed by whoever issues it.
/// @param issuer Any party.
/// @param subject The registration, or the objection to what stands registered.
/// @param serial How many reports of this issuer the file holds already.
/// @param kind The number of the kind of report in the rules; what it means is not enforced here.
/// @param document The hash of the report.
/// @param issued Unix seconds, set by the issuer; the report's own date, not later than now.
/// @param deadline Unix seconds; the last second at which this message may be executed.
struct Report {
    bytes32 issuer;
    bytes32 subject;
    uint16 serial;
    uint8 kind;
    bytes32 document;
    uint40 issued;
    uint40 deadline;
}

/// @notice The files of cases: steps that change no state, and reports that the registrar can neither write nor leave
/// out. What is entered stays; a mistake is corrected by a further note.
interface ICasework is ISigned {
    /// @notice An officer entered a step.
    /// @param subject The registration or objection.
    /// @param act The digest of the message.
    /// @param registrar The registrar's number.
    /// @param officer The officer's key.
    /// @param serial How many notes the file held before.
    /// @param kind The kind of step.
    /// @param document The hash of its paper, or zero.
    /// @param occurred Unix seconds; when the step was taken, as the officer says.
    /// @param length Of an extension, by how many units.
    event StepNoted(
        bytes32 indexed subject,
        bytes32 act,
        uint16 registrar,
        address officer,
        uint16 serial,
        uint8 kind,
        bytes32 document,
        uint40 occurred,
        uint16 length
    );

    /// @notice A third party entered its report.
    /// @param subject The registration or objection.
    /// @param act The digest of the message.
    /// @param issuer The party that issued it.
    /// @param serial How many reports of this issuer the file held before.
    /// @param kind The kind of report.
    /// @param document The hash of the report.
    /// @param issued Unix seconds; the report's own date, as the issuer says.
    event ReportEntered(
        bytes32 indexed subject,
        bytes32 act,
        bytes32 issuer,
        uint16 serial,
        uint8 kind,
        bytes32 document,
        uint40 issued
    );

    /// @notice The subject is neither a registration that was filed nor an objection that was made.
    error NoSuchCase(bytes32 subject);

    /// @notice The case is with another registrar.
    error OtherRegistrar(bytes32 subject, uint16 registrar);

    /// @notice The key has no role at this registrar, or the registrar may not act.
    error NotAnOfficer(uint16 registrar, address officer, uint8 role);

    /// @notice The file holds `expected` entries of this author.
    error SerialPassed(bytes32 subject, uint16 expected);

    /// @notice The moment named lies ahead.
    error WrongMoment(uint40 moment);

    /// @notice A report is a document.
    error NoDocument();

    /// @notice Who signs for a party.
    function parties() external view returns (IParties);

    /// @notice Who is an officer of which registrar.
    function registrars() external view returns (IRegistrars);

    /// @notice Where registrations stand.
    function registrations() external view returns (IRegistrations);

    /// @notice Where objections to what stands registered stand.
    function objections() external view returns (IObjections);

    /// @notice How many notes a file holds.
    function notes(bytes32 subject) external view returns (uint16);

    /// @notice How many reports of an issuer a file holds.
    function reports(bytes32 subject, bytes32 issuer) external view returns (uint16);

    /// @notice Enters a step, in whatever state the case is, also once it has ended.
    /// @dev Requirements: the officer has a role at a registrar that may act; the case is that registrar's; the serial
    /// is the number of notes in the file; the moment does not lie ahead; signed by the officer.
    /// Warning: nothing is ever taken out of a file.
    /// @param message What is signed.
    /// @param signature By `message.officer`.
    function note(Note calldata message, bytes calldata signature) external;

    /// @notice Enters a third party's report; the registrar has no part in it.
    /// @dev Requirements: the case exists; the serial is the number of reports of this issuer in the file; a document
    /// is named; its date does not lie ahead; signed by the key behind the issuer.
    /// Warning: nothing is ever taken out of a file.
    /// @param message What is signed.
    /// @param signature By the key behind `message.issuer`.
    function report(Report calldata message, bytes calldata signature) external;
}

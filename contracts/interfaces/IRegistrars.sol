// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

/// @notice Whether a registrar may act (guide art. 38: suspension and removal).
enum Standing {
    NONE,
    ADMITTED,
    SUSPENDED
}

/// @notice The directory: registrars, their officers and the keys that sign checkpoints.
/// @dev A registrar's number is the three digits that its certificate codes bear: two of its region, one of its own
/// (guide annex 6). Officers are keys; who is behind a key is the registrar's own record.
/// Set by the roles of an AccessManager; granting and revoking are separate functions, since a delay hangs on a
/// function and only granting is delayed.
interface IRegistrars {
    /// @notice A registrar was admitted to the directory.
    event RegistrarAdmitted(uint16 indexed registrar);

    /// @notice A registrar was suspended under an instrument.
    /// @param registrar The registrar's number.
    /// @param instrument The hash of the decision.
    event RegistrarSuspended(uint16 indexed registrar, bytes32 instrument);

    /// @notice A suspended registrar may act again.
    event RegistrarResumed(uint16 indexed registrar, bytes32 instrument);

    /// @notice A key became an officer of a registrar, or its roles changed.
    /// @param registrar The registrar's number.
    /// @param officer The key.
    /// @param roles REVIEWER 1, APPROVER 2, or both.
    event OfficerAppointed(uint16 indexed registrar, address officer, uint8 roles);

    /// @notice A key is no longer an officer; acts it signed and nobody executed are dead.
    event OfficerDismissed(uint16 indexed registrar, address officer);

    /// @notice A key may sign checkpoints.
    event CheckpointKeyAuthorised(address indexed key);

    /// @notice A key may sign checkpoints no more.
    event CheckpointKeyRetired(address indexed key);

    /// @notice A registrar's number has three digits.
    error NotARegistrarNumber(uint16 registrar);

    /// @notice The registrar does not stand as the act requires.
    error WrongStanding(uint16 registrar, Standing standing);

    /// @notice There are no such roles.
    error NoSuchRoles(uint8 roles);

    /// @notice Admits a registrar. @param registrar Its three-digit number.
    function admit(uint16 registrar) external;

    /// @notice Suspends a registrar: none of its officers can act. @param instrument The hash of the decision.
    function suspend(uint16 registrar, bytes32 instrument) external;

    /// @notice Ends a suspension. @param instrument The hash of the decision.
    function resume(uint16 registrar, bytes32 instrument) external;

    /// @notice Gives a key its roles at a registrar. @param roles REVIEWER 1, APPROVER 2, or both.
    function appoint(uint16 registrar, address officer, uint8 roles) external;

    /// @notice Takes a key all its roles at a registrar.
    function dismiss(uint16 registrar, address officer) external;

    /// @notice Lets a key sign checkpoints.
    function authorise(address key) external;

    /// @notice Lets a key sign checkpoints no more; those it signed stay signed.
    function retire(address key) external;

    /// @notice How a registrar stands.
    function standing(uint16 registrar) external view returns (Standing);

    /// @notice The roles that a key may exercise now: none while its registrar is not admitted or suspended.
    function roles(uint16 registrar, address officer) external view returns (uint8);

    /// @notice Whether a key is an officer of a registrar, suspended or not.
    function isOfficer(uint16 registrar, address key) external view returns (bool);

    /// @notice Whether a key may sign checkpoints now.
    function isCheckpointKey(address key) external view returns (bool);
}

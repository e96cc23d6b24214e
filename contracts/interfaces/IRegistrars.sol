// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

/// @notice Whether a registrar may act (guide arts. 13 and 38: exit, suspension, expulsion from the directory).
/// @dev EXPELLED: nobody serves its records. EXITED: its successor does. Neither ever ends.
enum Standing {
    NONE,
    ADMITTED,
    SUSPENDED,
    EXPELLED,
    EXITED
}

/// @notice How far an exit has come (guide art. 13): reported to the province, agreed by it, forwarded to the national
/// body, consented to by it. The hand-over then ends it.
enum ExitStage {
    NONE,
    REPORTED,
    AGREED,
    FORWARDED,
    CONSENTED
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

    /// @notice A registrar was expelled from the directory for good (guide art. 38).
    /// @param registrar The registrar's number.
    /// @param instrument The hash of the decision.
    event RegistrarExpelled(uint16 indexed registrar, bytes32 instrument);

    /// @notice A registrar reported to its province that it will leave (guide art. 13).
    /// @param registrar The registrar's number.
    /// @param effective Unix seconds, the day in law, stated by the directory; 0 for that of the block.
    /// @param report The hash of the report.
    /// @param plan The hash of the exit plan.
    event ExitReported(uint16 indexed registrar, uint40 effective, bytes32 report, bytes32 plan);

    /// @notice An exit came one stage further.
    /// @param registrar The registrar's number.
    /// @param stage The stage reached.
    /// @param effective Unix seconds, the day in law, stated by the directory; 0 for that of the block.
    /// @param paper The hash of the decision, the report to the national body, or its consent.
    event ExitMoved(uint16 indexed registrar, ExitStage stage, uint40 effective, bytes32 paper);

    /// @notice An exit was refused or taken back; the registrar stands as before.
    /// @param registrar The registrar's number.
    /// @param effective Unix seconds, the day in law, stated by the directory; 0 for that of the block.
    /// @param paper The hash of the refusal, or of the withdrawal.
    event ExitCancelled(uint16 indexed registrar, uint40 effective, bytes32 paper);

    /// @notice A registrar handed all its records over; its successor's officers act for it from now on.
    /// @param registrar The registrar's number.
    /// @param successor The number of the registrar that serves its records.
    /// @param instrument The hash of the paper by which the province names the successor.
    /// @param manifest The hash of the manifest that lists all that was handed over.
    event RegistrarHandedOver(uint16 indexed registrar, uint16 successor, bytes32 instrument, bytes32 manifest);

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

    /// @notice The exit is at another stage.
    error WrongStage(uint16 registrar, ExitStage stage);

    /// @notice Nobody inherits from itself.
    error NotASuccessor(uint16 registrar);

    /// @notice So many hand-overs lie behind the successor or the registrar that one more would make reading too long.
    error TooManyGenerations(uint16 registrar);

    /// @notice A hand-over names the manifest of what was handed over.
    error NoManifest();

    /// @notice Admits a registrar. @param registrar Its three-digit number.
    function admit(uint16 registrar) external;

    /// @notice Suspends a registrar: none of its officers can act. @param instrument The hash of the decision.
    function suspend(uint16 registrar, bytes32 instrument) external;

    /// @notice Ends a suspension. @param instrument The hash of the decision.
    function resume(uint16 registrar, bytes32 instrument) external;

    /// @notice Expels a registrar from the directory at once: none of its officers can act ever again.
    /// @dev Requirements: it is admitted or suspended.
    /// Warning: its number is never given again. Its pending filings and standing rights wait for `handOver`.
    /// @param instrument The hash of the decision.
    function expel(uint16 registrar, bytes32 instrument) external;

    /// @notice Records that a registrar reported its exit. It acts as before until it hands over.
    /// @dev Requirements: it is admitted or suspended; no exit runs; both hashes name a paper.
    /// @param effective Unix seconds, when it was received in law; 0 for this block.
    /// @param report The hash of the report.
    /// @param plan The hash of the exit plan.
    function reportExit(uint16 registrar, uint40 effective, bytes32 report, bytes32 plan) external;

    /// @notice Records the next stage of an exit.
    /// @dev Requirements: it is admitted or suspended; the stage is the one after that reached.
    /// @param stage AGREED, FORWARDED or CONSENTED.
    /// @param effective Unix seconds, when it was taken in law; 0 for this block.
    /// @param paper The hash of the paper that made the stage.
    function moveExit(uint16 registrar, ExitStage stage, uint40 effective, bytes32 paper) external;

    /// @notice Records that an exit was refused or taken back; another may be reported.
    /// @dev Requirements: an exit runs.
    /// @param effective Unix seconds, when in law; 0 for this block.
    /// @param paper The hash of the paper.
    function cancelExit(uint16 registrar, uint40 effective, bytes32 paper) external;

    /// @notice Ends a registrar's exit, or completes an expulsion: the successor's officers act for it.
    /// @dev Requirements: the exit is CONSENTED, or the registrar EXPELLED; the successor is admitted and another; at most
    /// eight hand-overs follow one another; a manifest.
    /// Warning: cannot be undone.
    /// @param successor Its number.
    /// @param instrument The hash of the paper by which the province names the successor.
    /// @param manifest The hash of the manifest.
    function handOver(uint16 registrar, uint16 successor, bytes32 instrument, bytes32 manifest) external;

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

    /// @notice How far a registrar's exit has come, and who serves its records.
    /// @return stage The stage reached.
    /// @return office The number of the registrar that serves them: its own, until it handed them over.
    function exitOf(uint16 registrar) external view returns (ExitStage stage, uint16 office);

    /// @notice The roles that a key may exercise now in the records of a registrar: none while the one that serves them is
    /// not admitted, suspended or expelled.
    function roles(uint16 registrar, address officer) external view returns (uint8);

    /// @notice The roles that a key keeps for what even a suspended registrar must do: to record what others have ordered,
    /// as a court's freeze or its lifting (guide arts. 23, 29). None once it is expelled.
    function rolesKept(uint16 registrar, address officer) external view returns (uint8);

    /// @notice Whether a key is an officer of the registrar that serves a registrar's records, suspended or not.
    function isOfficer(uint16 registrar, address key) external view returns (bool);

    /// @notice Whether a key may sign checkpoints now.
    function isCheckpointKey(address key) external view returns (bool);
}

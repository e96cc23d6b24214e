// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {IRegistrars} from "./IRegistrars.sol";
import {ISigned} from "./ISigned.sol";

/// @notice Puts another key behind a party.
/// @param party The party, `bytes32` of its first address.
/// @param key The address that shall sign for the party from now on.
/// @param step The party's step, 0 before its first change.
/// @param deadline Unix seconds; the last second at which this message may be executed.
struct ReplaceKey {
    bytes32 party;
    address key;
    uint16 step;
    uint40 deadline;
}

/// @notice A registrar proposes another key for a party that says it lost its own.
/// @param registrar The registrar's number.
/// @param officer The approver's key.
/// @param party The party.
/// @param step The party's step.
/// @param instrument The hash of what the party proved itself by.
/// @param until Unix seconds, set by the registrar; the last second of the notice.
/// @param key The address that shall sign for the party once the notice has passed.
/// @param deadline Unix seconds; the last second at which this message may be executed.
struct ProposeKey {
    uint16 registrar;
    address officer;
    bytes32 party;
    uint16 step;
    bytes32 instrument;
    uint40 until;
    address key;
    uint40 deadline;
}

/// @notice A proposal shall not be concluded: the key is not lost, or the registrar was mistaken.
/// @param party The party.
/// @param signer The party's key of today, or an approver of the registrar that proposed another.
/// @param instrument The hash of the reason, where there is one.
/// @param step The party's step.
/// @param deadline Unix seconds; the last second at which this message may be executed.
struct KeepKey {
    bytes32 party;
    address signer;
    bytes32 instrument;
    uint16 step;
    uint40 deadline;
}

/// @notice Anyone states that the notice of a proposed key has passed.
/// @param sender The key that signs this, anyone's.
/// @param party The party.
/// @param step The party's step.
/// @param deadline Unix seconds; the last second at which this message may be executed.
struct ConcludeKey {
    address sender;
    bytes32 party;
    uint16 step;
    uint40 deadline;
}

/// @notice Who stands behind a party's id today. A party is named by its first address, its key may change: by its own
/// word at once, or without it by a registrar's, after a public notice in which the old key can still object.
interface IParties is ISigned {
    /// @notice A party signs with another key from now on.
    /// @param party The party.
    /// @param act The digest of the message that both keys signed, or that concluded the notice.
    /// @param step The party's new step.
    /// @param key The new key.
    event KeyReplaced(bytes32 indexed party, bytes32 act, uint16 step, address key);

    /// @notice A registrar proposed another key for a party; the notice has begun.
    /// @param party The party.
    /// @param act The digest of the message that the officer and the new key signed.
    /// @param step The party's new step.
    /// @param registrar The registrar's number.
    /// @param officer The approver's key.
    /// @param key The key proposed.
    /// @param instrument The hash of what the party proved itself by.
    /// @param until Unix seconds; the last second of the notice.
    event KeyProposed(
        bytes32 indexed party,
        bytes32 act,
        uint16 step,
        uint16 registrar,
        address officer,
        address key,
        bytes32 instrument,
        uint40 until
    );

    /// @notice A proposal ended and the party's key stays: the key spoke up, or the registrar took the proposal back.
    /// @param party The party.
    /// @param act The digest of the message, whose signer `ActSigned` names.
    /// @param step The party's new step.
    /// @param instrument The hash of the reason, zero where there is none.
    event KeyKept(bytes32 indexed party, bytes32 act, uint16 step, bytes32 instrument);

    /// @notice The id has bits above its 160: it would be a second name for the same key.
    error NotAParty(bytes32 party);

    /// @notice Two keys sign: the old one and the new one, or the officer's and the new one.
    error TwoSignatures();

    /// @notice The party's step is another one.
    error PartyStepPassed(bytes32 party, uint16 step);

    /// @notice The key is no approver of this registrar, or the registrar may not act.
    error NotAnApprover(uint16 registrar, address officer);

    /// @notice A notice ends between `earliest` and `latest`, in Unix seconds.
    error WrongNotice(uint40 until, uint40 earliest, uint40 latest);

    /// @notice Another registrar's proposal runs.
    error KeyIsProposed(bytes32 party, uint40 until);

    /// @notice No key is proposed for the party.
    error NoKeyProposed(bytes32 party);

    /// @notice The notice has not passed; its last second is `until`, in Unix seconds.
    error NoticeRuns(bytes32 party, uint40 until);

    /// @notice The party's steps above this one are kept for its own key.
    error TooManyProposals(bytes32 party);

    /// @notice The directory whose approvers may propose keys.
    function registrars() external view returns (IRegistrars);

    /// @notice The address that signs for a party.
    function keyOf(bytes32 party) external view returns (address);

    /// @notice How often the party's key was replaced, proposed for replacement, or kept.
    function stepOf(bytes32 party) external view returns (uint16);

    /// @notice The key proposed for a party; all zero when there is none.
    /// @return key The key.
    /// @return until Unix seconds; the last second of the notice.
    /// @return registrar The number of the registrar that proposed it.
    /// @return officer The approver's key.
    function proposalOf(bytes32 party)
        external
        view
        returns (address key, uint40 until, uint16 registrar, address officer);

    /// @notice Puts another key behind a party; a proposal that runs ends with it.
    /// @dev Requirements: the step is the party's; signed by the old key and by the new one.
    /// Warning: the old key cannot take it back.
    /// @param message What both sign.
    /// @param signatures Two: by the key that the party has, and by `message.key`.
    function replaceKey(ReplaceKey calldata message, bytes[] calldata signatures) external;

    /// @notice Begins the notice after which another key stands behind a party.
    /// @dev Requirements: the step is the party's, at most 60,000; the officer is an approver of a registrar that may
    /// act; the notice is neither too short nor too long, counted from this block; no other registrar's proposal runs
    /// whose officer is still an approver; signed by the officer and by the new key.
    /// @param message What both sign.
    /// @param signatures Two: by `message.officer`, and by `message.key`.
    function proposeKey(ProposeKey calldata message, bytes[] calldata signatures) external;

    /// @notice Ends a proposal; the party keeps its key.
    /// @dev Requirements: the step is the party's; a key is proposed; the signer is the key that the party has, or an
    /// approver of the registrar that proposed, or of the one that serves its records. That the notice has passed does
    /// not matter while nobody has concluded it.
    function keepKey(KeepKey calldata message, bytes calldata signature) external;

    /// @notice Puts the proposed key behind a party.
    /// @dev Requirements: the step is the party's; the notice has passed; the officer who proposed is still an approver
    /// of a registrar that may act, so that suspending the one or dismissing the other stops what they began.
    /// Warning: the old key cannot take it back.
    function concludeKey(ConcludeKey calldata message, bytes calldata signature) external;
}

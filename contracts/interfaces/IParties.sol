// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {ISigned} from "./ISigned.sol";

/// @notice Puts another key behind a party.
/// @param party The party, `bytes32` of its first address.
/// @param key The address that shall sign for the party from now on.
/// @param step The party's step, 0 before its first replacement.
/// @param deadline Unix seconds; the last second at which this message may be executed.
struct ReplaceKey {
    bytes32 party;
    address key;
    uint16 step;
    uint40 deadline;
}

/// @notice Who stands behind a party's id today. A party is named by its first address, its key may change.
interface IParties is ISigned {
    /// @notice A party signs with another key from now on.
    /// @param party The party.
    /// @param act The digest of the message that both keys signed.
    /// @param step The party's new step.
    /// @param key The new key.
    event KeyReplaced(bytes32 indexed party, bytes32 act, uint16 step, address key);

    /// @notice The id has bits above its 160: it would be a second name for the same key.
    error NotAParty(bytes32 party);

    /// @notice The old key and the new one both sign.
    error TwoSignatures();

    /// @notice The party's step is another one.
    error PartyStepPassed(bytes32 party, uint16 step);

    /// @notice The address that signs for a party.
    function keyOf(bytes32 party) external view returns (address);

    /// @notice How often the party's key was replaced.
    function stepOf(bytes32 party) external view returns (uint16);

    /// @notice Puts another key behind a party.
    /// @dev Requirements: the step is the party's; signed by the old key and by the new one.
    /// Warning: the old key cannot take it back.
    /// @param message What both sign.
    /// @param signatures Two: by the key that the party has, and by `message.key`.
    function replaceKey(ReplaceKey calldata message, bytes[] calldata signatures) external;
}

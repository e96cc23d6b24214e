// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

/// @notice Signs that an act shall never be executed.
/// @param act The EIP-712 digest of the act.
/// @param signer The key that signed, or might have signed, the act.
/// @param deadline Unix seconds; the last second at which this message may be executed.
struct Void {
    bytes32 act;
    address signer;
    uint40 deadline;
}

/// @notice Acts are EIP-712 messages that anyone may relay; who sends the transaction means nothing.
interface ISigned {
    /// @notice A signed act took effect; the facts that name it follow.
    /// @param act The EIP-712 digest of the message.
    /// @param signer The key that signed it.
    event ActSigned(bytes32 indexed act, address signer);

    /// @notice A signer took an act back before it was executed.
    /// @param act The EIP-712 digest of the act that is void.
    /// @param signer The key that signed the voiding.
    event ActVoided(bytes32 indexed act, address signer);

    /// @notice The message's last second has passed.
    error DeadlinePassed(uint40 deadline);

    /// @notice The signature is neither the key's canonical ECDSA signature nor accepted by its contract (ERC-1271).
    error SignatureRefused(address signer);

    /// @notice The signer has voided this act.
    error ActIsVoid(bytes32 act);

    /// @notice Makes an act that was not executed yet impossible for good.
    /// @dev A filing is taken back by withdrawing it at step 0 instead.
    /// Warning: what was executed before stays executed.
    /// @param message What is signed.
    /// @param signature By `message.signer`.
    function void(Void calldata message, bytes calldata signature) external;
}

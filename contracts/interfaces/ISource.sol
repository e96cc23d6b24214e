// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

/// @notice A procedure whose registrations give birth to rights and change them.
interface ISource {
    /// @notice Whether a registration is still before its decision.
    function isPending(bytes32 registration) external view returns (bool);
}

// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {Claim} from "./IRegistrations.sol";

/// @notice A further condition of attestation that a profile may name. Gates compose, see AllOf.
interface IGate {
    /// @notice Whether the gate stays shut for a claim.
    /// @dev Answers by its return value alone; a gate that reverts counts as shut.
    /// @param registration The registration about to be attested.
    /// @param claim Who would hold what.
    /// @param moment Unix seconds; the moment of attestation, from the one contract that knows the unit of the clock.
    /// @return shut True when the claim may not be attested now.
    function isShut(bytes32 registration, Claim calldata claim, uint40 moment) external view returns (bool shut);
}
